"""Lanes' pauses and pacing; the two kinds of transaction, exact columns and the writers' queue (R5, R15, R17)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy.exc import StatementError

from models.records import items, lanes, reference
from models.records.database import OPERATOR, Database, DatabaseBusy, FifoLock, database_now
from tests.pauses import until

Passes = Callable[[float], None]


def test_a_longer_pause_stays_when_a_shorter_one_is_asked_for(acme: Database) -> None:
    with acme.writing(OPERATOR) as session:
        lanes.pause(session, "a", 60)
        lanes.pause(session, "a", 5)
        left = lanes.find(session, "a").paused_until - database_now(session)  # type: ignore[union-attr]
    assert left.total_seconds() > 50


def test_a_lane_is_parked_once_and_unparking_ends_its_pause_too(acme: Database) -> None:
    with acme.writing(OPERATOR) as session:
        assert lanes.park(session, "a", "disconnected")
        assert not lanes.park(session, "a", "budget")
        lanes.pause(session, "a", 60)
        lanes.unpark(session, "a")
        assert lanes.is_open_now(session, "a")


def test_calls_are_spaced_and_too_long_a_wait_takes_no_place(acme: Database, passes: Passes) -> None:
    def reserve() -> float | None:
        with acme.writing("acme") as session:
            return lanes.reserve_call(session, "a", 1.0, 2.0)

    waits = [reserve() for _ in range(5)]
    assert waits[0] == 0.0
    assert [round(wait) for wait in waits[1:3] if wait is not None] == [1, 2]
    assert waits[3:] == [None, None]
    passes(3)
    assert reserve() == 0.0


def test_a_transaction_says_for_whom_it_works(database: Database) -> None:
    with pytest.raises(ValueError, match="for whom"), database.reading(""):
        pass


def test_a_time_without_a_zone_is_not_stored(acme: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), acme.writing("acme") as session:
        reference.record_terms(session, "acme", "a", [("1", "Net 30", 30, True)], datetime(2026, 1, 1))  # noqa: DTZ001


@pytest.mark.parametrize("price", ["0.1", "1234567890123456789.1234567", "1E+3", "-0.005"])
def test_prices_are_stored_digit_for_digit(acme: Database, price: str) -> None:
    from datetime import UTC

    from models.domain.books import BookItem, Version

    found = BookItem(
        item_id="1",
        version=Version(sync_token=0, last_updated=datetime(2026, 1, 1, tzinfo=UTC)),
        name="N",
        sku="",
        type="Service",
        active=True,
        taxable=False,
        unit_price=Decimal(price),
        income_account_id="1",
    )
    with acme.writing("acme") as session:
        assert items.record(session, "acme", "a", found, datetime(2026, 1, 1, tzinfo=UTC))
        stored = session.execute(items.items.select()).one().unit_price
    assert stored == Decimal(price)


def test_numbers_are_allotted_without_gaps_and_never_below_what_the_books_carry(acme: Database) -> None:
    def allot(at_least: int) -> int:
        with acme.writing("acme") as session:
            return reference.allot_number(session, "acme", "a", "invoice", at_least)

    assert [allot(1001), allot(1001), allot(1001), allot(2000), allot(1)] == [1001, 1002, 1003, 2000, 2001]


def test_writers_have_their_turn_in_the_order_they_asked(background: Callable[..., object]) -> None:
    lock, order = FifoLock(), []
    assert lock.acquire(1)

    def write(number: int) -> None:
        assert lock.acquire(20)
        order.append(number)
        lock.release()

    for number in range(5):
        background(lambda number=number: write(number))
        until(lambda number=number: len(lock._waiting) == number + 1)  # type: ignore[misc]
    lock.release()
    until(lambda: len(order) == 5)
    assert order == [0, 1, 2, 3, 4]


def test_who_gives_up_waiting_leaves_the_queue(background: Callable[..., object]) -> None:
    lock = FifoLock()
    assert lock.acquire(1)
    assert not lock.acquire(0.01)
    assert len(lock._waiting) == 0
    lock.release()
    assert lock.acquire(0.01)


def test_a_door_that_gets_no_turn_says_so(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.sqlite3")
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.writing(OPERATOR):
            inside.set()
            done.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert inside.wait(20)
    with pytest.raises(DatabaseBusy), database.writing(OPERATOR, wait=0.01):
        pass
    done.set()
    holder.join(20)
    with database.writing(OPERATOR, wait=5):
        pass
    database.dispose()
