"""Streams: claims in fair order, leases, releases, holds, timers, and the sweep (R1, R2, R5, R12, R17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from models.records import events, lanes, streams
from models.records.database import OPERATOR, Database, database_now
from models.records.streams import Lease, NewStream
from tests.makers import delivery

Claim = Callable[..., Lease | None]
Due = Callable[..., None]
Passes = Callable[[float], None]
Row = Callable[[str], Any]


def claimed(claim: Claim, **more: Any) -> str | None:
    lease = claim(**more)
    return lease.key if lease else None


# ---------------------------------------------------------------- claims in fair order


def test_lanes_take_turns_however_much_one_of_them_has(due: Due, claim: Claim) -> None:
    due("a", "a1", "a2", "a3")
    due("b", "b1")
    due("c", "c1", "c2")
    order = [claimed(claim) for _ in range(6)]
    assert order == ["a1", "b1", "c1", "a2", "c2", "a3"]
    assert claim() is None


def test_within_a_lane_who_waits_longest_is_first(due: Due, claim: Claim) -> None:
    due("a", "z", "y", "x")
    assert [claimed(claim) for _ in range(3)] == ["z", "y", "x"]


def test_a_full_lane_is_passed_over_and_a_crowded_one_only_while_others_wait(due: Due, claim: Claim) -> None:
    due("a", "a1", "a2")
    due("b", "b1")
    assert claimed(claim, crowded=["a"]) == "b1"
    assert claimed(claim, full=["a"]) is None
    assert claimed(claim, crowded=["a"]) == "a1"


def test_a_queue_has_its_own_claims(due: Due, claim: Claim) -> None:
    due("a", "a1", queue="books")
    assert claim("deals") is None
    assert claimed(claim, queue="books") == "a1"


@pytest.mark.parametrize("state", ["parked", "paused"])
def test_nothing_is_claimed_on_a_lane_that_is_closed(
    acme: Database, due: Due, claim: Claim, passes: Passes, state: str
) -> None:
    due("a", "a1")
    with acme.writing(OPERATOR) as session:
        if state == "parked":
            lanes.park(session, "a", "disconnected")
        else:
            lanes.pause(session, "a", 60)
        assert not lanes.is_open_now(session, "a")
    assert claim() is None
    passes(61)
    assert (claimed(claim) == "a1") == (state == "paused")


def test_a_stream_of_nobody_yet_is_not_claimed(acme: Database, claim: Claim, row: Row) -> None:
    with acme.writing(OPERATOR) as session:
        streams.create(session, [NewStream("books:x", "books")])
        streams.make_due(session, "books:x")
    assert claim("books") is None
    with acme.writing(OPERATOR) as session:
        streams.adopt(session, "books:x", "acme", "a")
    assert claimed(claim, queue="books") == "books:x"


# ---------------------------------------------------------------- the lease


def test_a_claim_takes_the_flag_away_and_counts_an_attempt(due: Due, claim: Claim, row: Row) -> None:
    due("a", "a1")
    lease = claim()
    assert lease is not None
    assert (lease.attempts, lease.is_timer, lease.company_id, lease.lane) == (1, False, "acme", "a")
    assert row("a1").due_at is None
    assert row("a1").lease_token == lease.token


def test_a_leased_stream_is_not_claimed_before_its_lease_ran_out(due: Due, claim: Claim, passes: Passes) -> None:
    due("a", "a1")
    assert claimed(claim) == "a1"
    due("a", "a1")
    assert claim() is None
    passes(7)
    second = claim()
    assert second is not None
    assert second.attempts == 2


def test_a_lease_is_replaced_by_the_next_claim_only(acme: Database, due: Due, claim: Claim, passes: Passes) -> None:
    due("a", "a1")
    first = claim()
    assert first is not None
    passes(7)
    with acme.writing(OPERATOR) as session:
        assert streams.still_mine(session, first)
        assert not streams.is_leased(session, first.token)
    due("a", "a1")
    second = claim()
    assert second is not None
    with acme.writing(OPERATOR) as session:
        assert not streams.still_mine(session, first)
        assert streams.still_mine(session, second)


def test_leases_are_renewed_by_their_tokens(acme: Database, due: Due, claim: Claim, passes: Passes) -> None:
    due("a", "a1", "a2")
    kept, left = claim(), claim()
    assert kept is not None
    assert left is not None
    passes(4)
    with acme.writing(OPERATOR) as session:
        streams.renew(session, [kept.token])
    passes(4)
    with acme.reading(OPERATOR) as session:
        assert streams.is_leased(session, kept.token)
        assert not streams.is_leased(session, left.token)


@pytest.mark.parametrize(("keep", "give_back", "attempts"), [(False, False, 0), (True, False, 1), (False, True, 0)])
def test_a_release_resets_keeps_or_gives_back_attempts(
    acme: Database, due: Due, claim: Claim, row: Row, keep: bool, give_back: bool, attempts: int
) -> None:
    due("a", "a1")
    lease = claim()
    assert lease is not None
    with acme.writing(OPERATOR) as session:
        streams.release(session, lease, due_in_s=None, keep_attempts=keep, give_back=give_back)
    left = row("a1")
    assert (left.attempts, left.lease_token, left.lease_until, left.due_at) == (attempts, None, None, None)


def test_who_lost_a_lease_does_not_release_the_next_ones(
    acme: Database, due: Due, claim: Claim, passes: Passes, row: Row
) -> None:
    due("a", "a1")
    late = claim()
    passes(7)
    due("a", "a1")
    owner = claim()
    assert late is not None
    assert owner is not None
    with acme.writing(OPERATOR) as session:
        streams.release(session, late, due_in_s=0.0, keep_attempts=False, give_back=False)
    assert row("a1").lease_token == owner.token


def test_a_release_never_puts_off_what_is_due_earlier(acme: Database, due: Due, claim: Claim, row: Row) -> None:
    due("a", "a1")
    lease = claim()
    assert lease is not None
    due("a", "a1")  # the door's flag, during the lease
    flagged = row("a1").due_at
    with acme.writing(OPERATOR) as session:
        streams.release(session, lease, due_in_s=60.0, keep_attempts=False, give_back=True)
    assert row("a1").due_at == flagged


def test_a_flag_is_set_once_and_pulls_forward_what_waits_for_later(acme: Database, due: Due, claim: Claim) -> None:
    due("a", "a1")
    with acme.writing(OPERATOR) as session:
        assert not streams.make_due(session, "a1")
    lease = claim()
    assert lease is not None
    with acme.writing(OPERATOR) as session:
        streams.release(session, lease, due_in_s=60.0, keep_attempts=False, give_back=False)
    assert claim() is None
    with acme.writing(OPERATOR) as session:
        assert streams.make_due(session, "a1")
        assert not streams.make_due(session, "unknown")
    assert claimed(claim) == "a1"


@pytest.mark.usefixtures("only_postgresql")
def test_two_claims_at_once_pass_over_what_the_other_has_in_hand(acme: Database, due: Due) -> None:
    due("a", "a1", "a2")
    with acme.writing(OPERATOR) as one, acme.writing(OPERATOR) as other:
        first = streams.claim(one, "deals", "t1", [], [])
        second = streams.claim(other, "deals", "t2", [], [])
    assert first is not None
    assert second is not None
    assert {first.key, second.key} == {"a1", "a2"}


# ---------------------------------------------------------------- timers and lanes


def test_a_timers_next_time_is_set_by_its_claim(acme: Database, claim: Claim, passes: Passes, row: Row) -> None:
    with acme.writing(OPERATOR) as session:
        streams.set_timer(session, NewStream("catch-up:a", "books", "acme", "a"), 900.0, first_in_s=900.0)
    assert claim("books") is None
    passes(901)
    lease = claim("books")
    assert lease is not None
    assert lease.is_timer
    with acme.reading(OPERATOR) as session:
        at = database_now(session)
    assert 890 < (row("catch-up:a").due_at - at).total_seconds() <= 900
    passes(7)  # killed
    assert claim("books") is None
    passes(900)
    assert claimed(claim, queue="books") == "catch-up:a"


def test_a_lane_that_opens_wakes_what_waits_for_later_but_no_timer(
    acme: Database, due: Due, claim: Claim, row: Row
) -> None:
    due("a", "a1")
    lease = claim()
    assert lease is not None
    with acme.writing(OPERATOR) as session:
        streams.release(session, lease, due_in_s=600.0, keep_attempts=False, give_back=True)
        streams.set_timer(session, NewStream("catch-up:a", "books", "acme", "a"), 900.0, first_in_s=900.0)
        streams.wake_lane(session, "a")
    assert claimed(claim) == "a1"
    assert claim("books") is None


# ---------------------------------------------------------------- holds


def take(acme: Database, token: str, *keys: str, for_s: float = 6.0) -> bool:
    with acme.writing("acme") as session:
        return streams.take_holds(session, keys, company_id="acme", token=token, for_s=for_s)


def test_holds_are_taken_all_or_none(acme: Database, row: Row) -> None:
    assert take(acme, "one", "name:x")
    assert not take(acme, "other", "name:x", "email:y")
    assert row("email:y").lease_token is None
    assert take(acme, "third", "email:y")


def test_a_hold_is_its_owners_to_take_again(acme: Database) -> None:
    assert take(acme, "one", "name:x")
    assert take(acme, "one", "name:x", "email:y")


def test_a_dropped_hold_leaves_nothing_behind(acme: Database, row: Row) -> None:
    take(acme, "one", "name:x", "email:y")
    with acme.writing("acme") as session:
        streams.drop_holds(session, "one")
    assert row("name:x") is None
    assert take(acme, "other", "email:y")


def test_the_hold_of_one_who_died_runs_out(acme: Database, passes: Passes) -> None:
    take(acme, "one", "name:x")
    passes(5)
    assert not take(acme, "other", "name:x")
    passes(2)
    assert take(acme, "other", "name:x")


def test_to_drop_holds_is_not_to_release_the_stream(acme: Database, due: Due, claim: Claim, row: Row) -> None:
    due("a", "a1")
    lease = claim()
    assert lease is not None
    take(acme, lease.token, "name:x")
    with acme.writing("acme") as session:
        streams.drop_holds(session, lease.token)
    assert row("a1").lease_token == lease.token


# ---------------------------------------------------------------- the sweep


def sweep(acme: Database) -> dict[str, int]:
    with acme.writing(OPERATOR) as session:
        return streams.sweep(session, events.streams_waiting())


def told(acme: Database, *keys: str, lane: str | None = "a") -> None:
    """An event on each of these streams, whose flag was missed."""
    company = "acme" if lane else None
    with acme.writing(OPERATOR) as session:
        events.insert_new(session, [delivery(stream=key, lane=lane, company_id=company) for key in keys])


def test_the_sweep_believes_events_of_more_than_two_seconds(acme: Database, passes: Passes, claim: Claim) -> None:
    told(acme, "s1")
    assert sweep(acme) == {}
    passes(2.5)
    assert sweep(acme) == {"deals": 1}
    assert claimed(claim) == "s1"


def test_the_sweep_finds_what_is_due_on_each_queue_and_writes_no_lease(acme: Database, due: Due, row: Row) -> None:
    due("a", "a1", "a2")
    due("b", "b1", queue="books")
    assert sweep(acme) == {"deals": 2, "books": 1}
    assert row("a1").lease_token is None
    assert row("a1").rung_at is not None


def test_the_sweep_rings_nothing_twice_within_ten_seconds(acme: Database, due: Due, passes: Passes) -> None:
    due("a", "a1")
    assert sweep(acme) == {"deals": 1}
    assert sweep(acme) == {}
    passes(9)
    assert sweep(acme) == {}
    passes(2)
    assert sweep(acme) == {"deals": 1}


def test_a_claim_lets_the_sweep_ring_again(acme: Database, due: Due, claim: Claim) -> None:
    due("a", "a1")
    sweep(acme)
    lease = claim()
    assert lease is not None
    with acme.writing(OPERATOR) as session:
        streams.release(session, lease, due_in_s=0.0, keep_attempts=False, give_back=False)
    assert sweep(acme) == {"deals": 1}


def test_the_sweep_leaves_alone_what_is_leased_closed_or_nobodys(
    acme: Database, due: Due, claim: Claim, passes: Passes
) -> None:
    told(acme, "of nobody", lane=None)
    told(acme, "parked", lane="b")
    told(acme, "leased", lane="a")
    passes(3)
    due("a", "leased")
    with acme.writing(OPERATOR) as session:
        lanes.park(session, "b", "disconnected")
    assert claimed(claim) == "leased"
    assert sweep(acme) == {}
    with acme.writing(OPERATOR) as session:
        lanes.unpark(session, "b")
    assert sweep(acme) == {"deals": 1}


def test_the_sweep_takes_at_most_five_hundred(acme: Database, passes: Passes) -> None:
    for start in range(0, 510, 102):
        told(acme, *(f"s{number:03d}" for number in range(start, start + 102)))
    passes(3)
    assert sweep(acme) == {"deals": 500}
    assert sweep(acme) == {"deals": 10}
