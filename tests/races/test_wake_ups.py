"""A wake-up is never lost: the door publishes before it flags, a worker clears the flag before it looks (R1, R2)."""

from __future__ import annotations

import pytest

from tests.makers import deal_event, line, won
from tests.pauses import Background, Died, Watch
from tests.stack import Stack


def known_deal(stack: Stack) -> None:
    """A deal whose stream stands already, neither due nor leased."""
    assert stack.post(deal_event("created")).status_code == 202
    stack.drain()
    assert stack.states() == ["done"]


def test_whoever_sees_the_flag_sees_the_event(stack: Stack, watch: Watch, background: Background) -> None:
    known_deal(stack)
    with watch.pause_at("door.flagged") as flagged:
        posted = background(lambda: stack.post(deal_event("updated")))
        flagged.wait()
        stack.drain()
        flagged.release()
        assert posted.result(20).status_code == 202
    stack.drain()
    assert stack.states() == ["done", "done"]


def test_an_event_that_comes_while_another_is_settled_is_handled_next(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.post(deal_event("created"))
    with watch.pause_at("events.before_settle") as settling:
        working = background(lambda: stack.drain("deals"))
        settling.wait()
        stack.post(deal_event("updated"))
        assert stack.states() == ["waiting", "waiting"]
        settling.release()
        working.result(20)
    assert stack.states() == ["done", "done"]


@pytest.mark.usefixtures("only_postgresql")
def test_a_flag_set_between_the_last_look_and_the_release_stays(
    stack: Stack, watch: Watch, background: Background
) -> None:
    known_deal(stack)
    stack.post(deal_event("updated"))
    with watch.pause_at("release.looked") as looked:
        working = background(lambda: stack.drain("deals"))
        looked.wait()
        stack.post(deal_event("updated"))
        looked.release()
        working.result(20)
    stack.drain()
    assert stack.states() == ["done", "done", "done"]


def test_a_flag_that_was_missed_during_a_lease_is_made_good_at_its_release(
    stack: Stack, watch: Watch, background: Background
) -> None:
    known_deal(stack)
    stack.post(deal_event("updated"))
    with watch.pause_at("events.before_settle") as settling:
        working = background(lambda: stack.drain("deals"))
        settling.wait()
        watch.die_at("door.committed")
        with pytest.raises(Died):
            stack.post(deal_event("updated"))
        settling.release()
        working.result(20)
    assert stack.states() == ["done", "done", "done"]


def test_what_the_door_committed_and_never_flagged_is_found_by_the_sweep(stack: Stack, watch: Watch) -> None:
    known_deal(stack)
    watch.die_at("door.committed")
    with pytest.raises(Died):
        stack.post(deal_event("updated"))
    stack.drain()
    assert stack.states() == ["done", "waiting"]
    stack.sweep()
    stack.drain()
    assert stack.states() == ["done", "waiting"], "too young: the door may still be about to flag it"
    stack.time_passes(3)
    stack.sweep()
    stack.drain()
    assert stack.states() == ["done", "done"]


def test_a_worker_that_dies_leaves_nothing_undone(stack: Stack, watch: Watch) -> None:
    stack.post(deal_event("created"))
    watch.die_at("events.read")
    with pytest.raises(Died):
        stack.drain("deals")
    stack.time_passes(3)
    stack.sweep()
    stack.drain("deals")
    assert stack.states() == ["waiting"], "the dead one's lease is still valid"
    stack.time_passes(4)
    stack.sweep()
    stack.drain("deals")
    assert stack.states() == ["done"]


def test_what_becomes_known_between_a_decision_and_its_parking_is_not_missed(
    stack: Stack, watch: Watch, background: Background
) -> None:
    """Nothing is parked yet when the item comes, so its coming finds nobody to wake."""
    stack.post(won("d1", lines=[line("Widget")]))
    with watch.pause_at("events.before_park") as parking:
        deciding = background(lambda: stack.drain("deals"))
        parking.wait()
        stack.add_item("Widget")
        stack.deliver()
        stack.drain("books", crew=stack.another_crew())
        assert stack.states() == ["waiting"]
        parking.release()
        deciding.result(20)
    stack.drain("deals")
    assert stack.states() == ["done"]
    assert stack.reasons() == []
    assert len(stack.booked()) == 1
