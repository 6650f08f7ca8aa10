"""Attention: a point for each cause, closed by itself when it is no problem any more (R16)."""

from __future__ import annotations

from models.domain.errors import Problem
from models.records import attention
from models.records.database import Database

STREAM = "deal:acme:generic:d1"


def problem(cause: str, reason: str = "product_not_linked") -> Problem:
    return Problem(reason=reason, cause=cause, message=f"{cause}.", remedy="Link it.", choices=("item", "dismiss"))


def raised(acme: Database, *causes: str, stream: str = STREAM, events: tuple[str, ...] = ("ev_1",)) -> None:
    with acme.writing("acme") as session:
        attention.raise_all(
            session,
            [problem(cause) for cause in causes],
            company_id="acme",
            stream=stream,
            event_ids=events,
            crm="generic",
            deal_id="d1",
            slot=None,
            connection_id=None,
        )


def open_causes(acme: Database, stream: str = STREAM) -> list[str]:
    with acme.reading("acme") as session:
        return sorted(row.cause for row in attention.open_of_stream(session, "acme", stream))


def test_the_same_cause_is_one_point_however_often_it_is_raised(acme: Database) -> None:
    for _ in range(3):
        raised(acme, "x", "y")
    assert open_causes(acme) == ["x", "y"]


def test_what_is_no_problem_any_more_is_closed(acme: Database) -> None:
    raised(acme, "x", "y")
    raised(acme, "y", "z")
    assert open_causes(acme) == ["y", "z"]


def test_the_points_of_other_events_stay(acme: Database) -> None:
    raised(acme, "x", events=("ev_1",))
    raised(acme, "y", events=("ev_2",))
    assert open_causes(acme) == ["x", "y"]
    with acme.writing("acme") as session:
        attention.close_of(session, "acme", STREAM, ["ev_2"], by="dealbooks", resolution="gone")
    assert open_causes(acme) == ["x"]


def test_a_point_that_was_closed_opens_again_as_a_new_one(acme: Database) -> None:
    raised(acme, "x")
    with acme.writing("acme") as session:
        (point,) = attention.open_of_stream(session, "acme", STREAM)
        assert attention.resolve(session, point.attention_id, by="ann", resolution="item")
        assert not attention.resolve(session, point.attention_id, by="bob", resolution="item")
    raised(acme, "x")
    with acme.reading("acme") as session:
        points = attention.listed(session, company_id="acme", state=None, since=None, limit=10)
    assert sorted(row.state for row in points) == ["open", "resolved"]
    assert {row.by for row in points} == {None, "ann"}


def test_every_stream_that_waits_for_a_cause_is_found(acme: Database) -> None:
    raised(acme, "x", stream="s1")
    raised(acme, "x", "y", stream="s2")
    raised(acme, "y", stream="s3")
    with acme.reading("acme") as session:
        assert attention.streams_with_cause(session, "acme", "x") == ["s1", "s2"]
        assert attention.count_open(session) == 4
