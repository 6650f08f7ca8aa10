"""How a stream is handled: what costs an attempt, and how a process looks, shares and stops (R3, R5, R17)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from models.domain.errors import TryLater
from models.records import connections, events
from models.records.database import OPERATOR, database_now
from models.records.streams import Lease
from tests.makers import deal_event, won
from tests.pauses import Background, Watch, until
from tests.stack import Stack
from worker import handling
from worker.actions import ACTIONS, Action
from worker.broker import QUEUES, InProcessBroker
from worker.handling import Crew
from worker.running import Work

DEAL = "deal:acme:generic:d1"


def seconds_until_due(stack: Stack) -> float:
    with stack.database.reading(OPERATOR) as session:
        at = database_now(session)
    return float((stack.stream(DEAL).due_at - at).total_seconds())


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deal's action has a bug."""

    def fails(_told: Any, _desk: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(ACTIONS, "crm.deal.created", Action(fails, batch=True))  # type: ignore[arg-type]


# ---------------------------------------------------------------- attempts


@pytest.mark.usefixtures("broken")
def test_a_bug_is_tried_again_with_growing_distance_and_set_aside_after_eight_times(stack: Stack) -> None:
    stack.post(deal_event("created"))
    waits = []
    for _ in range(7):
        stack.drain("deals")
        waits.append(round(seconds_until_due(stack)))
        stack.time_passes(301)
    assert waits == [2, 4, 8, 16, 32, 64, 128]
    assert stack.states() == ["waiting"]
    stack.drain("deals")
    assert stack.states() == ["failed"]
    assert stack.stream(DEAL).due_at is None


@pytest.mark.usefixtures("broken")
def test_what_failed_can_be_replayed_after_the_bug_is_gone(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.post(deal_event("created"))
    for _ in range(8):
        stack.drain("deals")
        stack.time_passes(301)
    (failed,) = [event.event_id for event in stack.events("crm.") if event.state == "failed"]
    monkeypatch.undo()
    with stack.database.writing(OPERATOR) as session:
        assert events.replay(session, [failed]) == [DEAL]
    stack.sweep()
    stack.drain("deals")
    assert stack.states() == ["done"]


def test_to_try_later_costs_no_attempt(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_told: Any, _desk: Any) -> Any:
        raise TryLater(30.0, "busy")

    monkeypatch.setitem(ACTIONS, "crm.deal.created", Action(busy, batch=True))  # type: ignore[arg-type]
    stack.post(deal_event("created"))
    for _ in range(12):
        stack.drain("deals")
        assert 28 < seconds_until_due(stack) <= 30
        stack.time_passes(31)
    assert stack.stream(DEAL).attempts == 0
    assert stack.states() == ["waiting"]


@pytest.mark.usefixtures("broken")
def test_one_broken_deal_does_not_stand_before_the_others(stack: Stack) -> None:
    stack.post(deal_event("created", "d1"))
    stack.post(won("d2"))
    stack.drain("deals")
    assert stack.states() == ["waiting", "done"]


def test_an_event_nobody_acts_on_is_kept_and_ignored(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ACTIONS, "crm.deal.created")  # type: ignore[arg-type]
    stack.post(deal_event("created"))
    stack.drain("deals")
    assert stack.states() == ["ignored"]


# ---------------------------------------------------------------- looking, sharing, stopping


def test_a_queue_that_was_not_heard_of_is_looked_into(stack: Stack) -> None:
    crew = stack.another_crew()
    crew.hear("deals")
    looked: list[str] = []
    crew.look(QUEUES, looked.append)
    assert looked == ["books", "notices"]
    crew.look(QUEUES, looked.append)
    assert looked == ["books", "notices"], "not again within the silence"


def test_work_goes_on_where_nobody_hears_the_bell(stack: Stack) -> None:
    work = Work(stack.worker, InProcessBroker(middleware=[]), threads=2)
    stack.post(deal_event("created"))
    work.start()
    try:
        until(lambda: stack.states() == ["done"])
    finally:
        work.stop()


def test_a_stop_lets_what_is_in_hand_end_and_takes_nothing_new(
    stack: Stack, watch: Watch, background: Background
) -> None:
    work = Work(stack.worker, InProcessBroker(middleware=[]), threads=2)
    stack.post(won("d1"))
    with watch.pause_at("intent.asked") as asked:
        work.start()
        asked.wait()
        stopping = background(work.stop)
        until(work.crew.stopping.is_set)
        stack.post(won("d2"))
        assert not stopping.done()
        asked.release()
        stopping.result(20)
    assert stack.states() == ["done", "waiting"]
    assert work.crew.busy == 0


def test_a_drain_that_takes_long_rings_again_instead_of_going_on(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handling, "DRAIN_FOR_S", -1.0)
    stack.post(deal_event("created"))
    broker = stack.worker.ring._broker
    before = broker.queues["deals"].qsize()  # type: ignore[attr-defined]
    stack.crew.drain("deals")
    assert stack.states() == ["waiting"]
    assert broker.queues["deals"].qsize() == before + 1  # type: ignore[attr-defined]


def in_hand(crew: Crew, *lanes: str) -> Crew:
    for number, lane in enumerate(lanes):
        crew._in_hand[f"t{number}"] = Lease(f"s{number}", "deals", lane, "acme", f"t{number}", 1, False)
    return crew


@pytest.mark.parametrize(
    ("threads", "held", "full", "crowded"),
    [
        (1, ["a"], [], []),
        (8, [], [], []),
        (8, ["a"], [], []),
        (8, ["a", "a"], [], ["a"]),
        (8, ["a"] * 7, ["a"], ["a"]),
        (8, ["a", "a", "b", "c"], [], ["a"]),
        (2, ["a"], ["a"], ["a"]),
        (4, ["a", "b"], [], ["a", "b"]),
    ],
)
def test_a_lane_has_a_quarter_of_the_threads_and_never_the_last(
    stack: Stack, threads: int, held: list[str], full: list[str], crowded: list[str]
) -> None:
    crew = in_hand(Crew(stack.worker, threads), *held)
    assert tuple(sorted(each) for each in crew._shares()) == (full, crowded)


def test_a_crew_with_all_hands_full_claims_nothing(stack: Stack) -> None:
    stack.post(deal_event("created"))
    crew = in_hand(Crew(stack.worker, 2), "a", "b")
    crew.drain("deals")
    assert stack.states() == ["waiting"]


def test_leases_in_hand_are_renewed(stack: Stack, watch: Watch, background: Background) -> None:
    stack.post(won("d1"))
    with watch.pause_at("intent.asked") as asked:
        working = background(lambda: stack.drain("deals"))
        asked.wait()
        for _ in range(3):
            stack.time_passes(4)
            stack.crew.renew()
        stack.sweep()
        other = stack.another_crew()
        stack.drain("deals", crew=other)
        assert other._claims > 0
        assert len(stack.posts_of("customer")) == 0
        asked.release()
        working.result(20)
    assert stack.states() == ["done"]


def test_a_handling_of_more_than_five_minutes_is_renewed_no_more(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.post(won("d1"))
    with watch.pause_at("events.read") as reading:
        working = background(lambda: stack.drain("deals"))
        reading.wait()
        stack.time_passes(301)
        stack.crew.renew()
        stack.sweep()
        stack.drain("deals", crew=stack.another_crew())
        assert stack.states() == ["done"]
        reading.release()
        working.result(20)
    assert len(stack.booked()) == 1


def test_a_connection_of_another_environment_is_left_alone_for_a_while(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tokens are good elsewhere only; a settings file that is put right needs no more than the next look."""
    monkeypatch.setattr(handling, "DRAIN_FOR_S", 0.5)
    set_environment(stack, "http://127.0.0.1:1")
    calls, claims = len(stack.calls("")), stack.crew._claims
    stack.post(won("d1"))
    stack.drain("deals")
    assert stack.crew._claims - claims <= 5, "a claim or two, and none for it after that"
    assert len(stack.calls("")) == calls
    assert (stack.states(), stack.lane().parked) == (["waiting"], None)
    assert seconds_until_due(stack) > 50
    set_environment(stack, stack.worker.settings.environment_name)
    stack.time_passes(61)
    stack.drain("deals")
    assert stack.states() == ["done"]


def set_environment(stack: Stack, environment: str) -> None:
    with stack.database.writing(OPERATOR) as session:
        session.execute(update(connections.connections).values(environment=environment))
