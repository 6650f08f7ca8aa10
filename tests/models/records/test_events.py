"""Events: each delivery stored once, payloads apart, and what waits, is parked, replayed or adopted (R1, R11, R24)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from models.records import events
from models.records.database import OPERATOR, Database
from models.records.events import Accepted
from tests.makers import delivery

DEAL = "deal:acme:generic:d1"


def store(acme: Database, *deliveries: Any) -> list[Accepted]:
    with acme.writing(OPERATOR) as session:
        return events.insert_new(session, deliveries)


def settle(acme: Database, state: str, *event_ids: str) -> None:
    with acme.writing(OPERATOR) as session:
        events.settle(session, event_ids, state)


def waiting(acme: Database) -> list[str]:
    with acme.reading(OPERATOR) as session:
        return [event.delivery_id for event in events.waiting(session, DEAL)]


def test_a_delivery_is_stored_once_by_source_and_id(acme: Database) -> None:
    (first,) = store(acme, delivery("one"))
    (again,) = store(acme, delivery("one"))
    (elsewhere,) = store(acme, delivery("one", source="crm:acme:other"))
    assert (first.is_new, first.is_due) == (True, True)
    assert (again.is_new, again.is_due, again.conflicts) == (False, False, False)
    assert again.event_id == first.event_id
    assert elsewhere.event_id != first.event_id


def test_the_same_delivery_twice_in_one_post_is_stored_once(acme: Database) -> None:
    first, again = store(acme, delivery("one"), delivery("one"))
    assert first.event_id == again.event_id
    assert waiting(acme) == ["one"]


def test_another_content_under_the_same_id_is_a_conflict(acme: Database) -> None:
    store(acme, delivery("one", content_hash="a"))
    (again,) = store(acme, delivery("one", content_hash="b"))
    assert again.conflicts
    (uncompared,) = store(acme, delivery("one", content_hash=""))
    assert not uncompared.conflicts


def test_what_nobody_acts_on_is_kept_but_never_due(acme: Database) -> None:
    (told,) = store(acme, delivery("one", ignored=True, stream="other"))
    assert not told.is_due
    with acme.reading(OPERATOR) as session:
        row = events.row_of(session, told.event_id)
    assert row is not None
    assert (row.state, row.settled_at is not None) == ("ignored", True)


def test_a_hint_without_an_id_waits_again_only_after_it_was_done(acme: Database) -> None:
    (first,) = store(acme, delivery("one", rearms=True))
    (meanwhile,) = store(acme, delivery("one", rearms=True))
    assert not meanwhile.is_due
    settle(acme, "done", first.event_id)
    (later,) = store(acme, delivery("one", rearms=True))
    assert (later.is_new, later.is_due) == (False, True)
    assert waiting(acme) == ["one"]


def test_an_event_with_an_id_of_its_own_never_waits_again_by_itself(acme: Database) -> None:
    (first,) = store(acme, delivery("one"))
    settle(acme, "done", first.event_id)
    (again,) = store(acme, delivery("one"))
    assert not again.is_due
    assert waiting(acme) == []


def test_events_are_read_in_the_order_they_were_stored_with_their_payloads(acme: Database) -> None:
    for name in ("z", "a", "m"):
        store(acme, delivery(name, payload={"said": name}))
    with acme.reading(OPERATOR) as session:
        found = events.waiting(session, DEAL)
        assert events.waiting(session, DEAL, at_most=2) == found[:2]
    assert [(event.delivery_id, event.payload) for event in found] == [
        (name, {"said": name}) for name in ("z", "a", "m")
    ]
    assert all(event.received_at.tzinfo is not None for event in found)


def test_parked_events_do_not_wait(acme: Database) -> None:
    (first,) = store(acme, delivery("one"))
    settle(acme, "needs_attention", first.event_id)
    with acme.reading(OPERATOR) as session:
        assert [event.delivery_id for event in events.parked(session, DEAL)] == ["one"]
        assert not events.any_waiting(session, DEAL)


@pytest.mark.parametrize("state", ["done", "ignored", "needs_attention", "failed"])
def test_a_replayed_event_waits_again_without_its_outcome(acme: Database, state: str) -> None:
    (first,) = store(acme, delivery("one"))
    with acme.writing(OPERATOR) as session:
        events.settle(session, [first.event_id], state, {"said": "x"})
        assert events.replay(session, [first.event_id]) == [DEAL]
        assert events.replay(session, [first.event_id]) == []
        row = events.row_of(session, first.event_id)
    assert row is not None
    assert (row.state, row.outcome, row.settled_at) == ("waiting", None, None)


def test_events_of_an_unknown_realm_get_their_company_with_their_payloads(acme: Database) -> None:
    (told,) = store(acme, delivery("one", company_id=None, lane=None, stream="books:x"))
    with acme.writing(OPERATOR) as session:
        events.adopt(session, "books:x", "acme")
    with acme.reading(OPERATOR) as session:
        found = events.find(session, told.event_id)
        owner = session.execute(select(events.event_payloads.c.company_id)).scalar_one()
    assert found is not None
    assert (found.company_id, owner) == ("acme", "acme")


def test_later_events_of_a_stream_that_has_an_owner_are_its_owners(acme: Database) -> None:
    from models.records import streams

    store(acme, delivery("one", company_id=None, lane=None, stream="books:x"))
    with acme.writing(OPERATOR) as session:
        streams.adopt(session, "books:x", "acme", "a")
    (later,) = store(acme, delivery("two", company_id=None, lane=None, stream="books:x"))
    with acme.reading(OPERATOR) as session:
        found = events.find(session, later.event_id)
    assert found is not None
    assert found.company_id == "acme"


def test_streams_with_an_event_older_than_two_seconds_are_found(
    acme: Database, passes: Callable[[float], None]
) -> None:
    store(acme, delivery("one"), delivery("two"))
    with acme.reading(OPERATOR) as session:
        assert session.scalars(events.streams_waiting()).all() == []
    passes(2.5)
    with acme.reading(OPERATOR) as session:
        assert session.scalars(events.streams_waiting()).all() == [DEAL]
        assert events.backlog(session)[0] == 2


def test_a_refused_delivery_is_kept_and_does_not_use_up_its_id(acme: Database) -> None:
    with acme.writing("acme") as session:
        events.refuse(
            session,
            company_id="acme",
            source="crm",
            delivery_id="one",
            reason="malformed",
            faults=[],
            body=b"\xff\x00",
        )
    (later,) = store(acme, delivery("one"))
    assert later.is_new
    with acme.reading(OPERATOR) as session:
        assert session.execute(select(func.count()).select_from(events.refusals)).scalar_one() == 1


def test_five_hundred_deliveries_in_one_statement(acme: Database) -> None:
    accepted = store(acme, *(delivery(f"n{number}") for number in range(500)))
    assert all(each.is_new for each in accepted)
    assert len({each.event_id for each in accepted}) == 500
