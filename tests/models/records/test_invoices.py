"""Invoices: only newer is recorded, and history always names where a row stands and adds up to what is paid (R10)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from models.domain.books import BookInvoice
from models.records import invoices
from models.records.database import Database, database_now
from models.records.history import LinkedDeal, history
from models.records.invoices import Reading, Recorded
from tests.makers import book_invoice
from tests.pauses import Background, until, waiting_for_locks

TODAY = date(2026, 3, 13)
BEGAN = datetime(2026, 3, 13, 10, tzinfo=UTC)


def record(acme: Database, found: BookInvoice, *, after_s: float = 0.0, **reading: Any) -> Recorded:
    given = {"company_id": "acme", "connection_id": "a", "began": BEGAN + timedelta(seconds=after_s), "today": TODAY}
    made_here = bool(reading.pop("made_here", False))
    with acme.writing("acme") as session:
        return invoices.record(session, found, Reading(**{**given, **reading}), made_here=made_here)


def delete(acme: Database, invoice_id: str = "1") -> bool:
    with acme.writing("acme") as session:
        return invoices.record_deleted(session, Reading("acme", "a", BEGAN, TODAY), invoice_id)


def row(acme: Database, invoice_id: str = "1") -> Any:
    with acme.reading("acme") as session:
        return invoices.find(session, "a", invoice_id)


def told(acme: Database, invoice_id: str = "1") -> list[Any]:
    """The invoice's history, oldest first."""
    with acme.reading("acme") as session:
        mine = select(history).where(history.c.invoice_id == invoice_id).order_by(history.c.history_id)
        return list(session.execute(mine))


def agrees(acme: Database) -> None:
    """The newest line names the row's status and balance; the payments add up to what is paid."""
    stands, lines = row(acme), told(acme)
    assert (lines[-1].status, lines[-1].balance_minor) == (stands.status, stands.balance_minor)
    paid = sum(line.amount_minor for line in lines if line.what in ("payment_applied", "payment_removed"))
    assert paid == stands.total_minor - stands.balance_minor


def whats(acme: Database) -> list[str]:
    return [line.what for line in told(acme)]


# ---------------------------------------------------------------- only newer


def test_an_older_version_changes_nothing(acme: Database) -> None:
    record(acme, book_invoice(token=2, balance="0.00"))
    result = record(acme, book_invoice(token=1), after_s=60)
    assert result == Recorded(changed=False, stale=False, status="paid")
    assert (row(acme).balance_minor, len(told(acme))) == (0, 2)


def test_the_same_version_with_the_same_content_is_no_change(acme: Database) -> None:
    record(acme, book_invoice())
    result = record(acme, book_invoice(), after_s=60)
    assert (result.changed, result.stale, row(acme).version) == (False, False, 1)


def test_the_same_version_with_another_content_from_a_later_read_is_taken(acme: Database) -> None:
    record(acme, book_invoice())
    assert record(acme, book_invoice(is_sent=True), after_s=1).changed
    assert row(acme).version == 2


def test_the_same_version_with_another_content_from_an_earlier_read_asks_for_a_fresh_one(acme: Database) -> None:
    record(acme, book_invoice(is_sent=True), after_s=10)
    result = record(acme, book_invoice(balance="50.00"), after_s=5)
    assert (result.changed, result.stale) == (False, True)
    assert row(acme).balance_minor == 10000


def test_a_younger_time_under_the_same_token_is_newer(acme: Database) -> None:
    from models.domain.books import Version

    record(acme, book_invoice())
    later = Version(sync_token=0, last_updated=datetime(2026, 2, 1, tzinfo=UTC))
    assert record(acme, book_invoice(version=later, balance="0.00"), after_s=-60).changed


def test_a_deleted_invoice_stays_deleted(acme: Database) -> None:
    record(acme, book_invoice())
    assert delete(acme)
    assert not delete(acme)
    result = record(acme, book_invoice(token=9), after_s=60)
    assert result == Recorded(changed=False, stale=False, status="deleted")
    assert row(acme).deleted
    agrees(acme)


def test_an_unknown_invoice_that_is_deleted_leaves_nothing(acme: Database) -> None:
    assert not delete(acme, "99")


# ---------------------------------------------------------------- history


def test_the_first_line_says_whether_we_made_it_or_found_it(acme: Database) -> None:
    record(acme, book_invoice("1"), made_here=True, by="dealbooks", deal=LinkedDeal("generic", "d1", "1"))
    record(acme, book_invoice("2"))
    assert [(line.what, line.by, line.deal_id) for line in told(acme, "1")] == [("created", "dealbooks", "d1")]
    assert [(line.what, line.by, line.deal_id) for line in told(acme, "2")] == [("found", "quickbooks", None)]


def test_each_thing_that_happens_is_a_line(acme: Database) -> None:
    sent = {"is_sent": True, "sent_at": BEGAN}
    steps = [
        (book_invoice(token=0), ["found"]),
        (book_invoice(token=1, **sent), ["sent"]),
        (book_invoice(token=2, balance="60.00", **sent), ["payment_applied"]),
        (book_invoice(token=3, balance="100.00", **sent), ["payment_removed"]),
        (book_invoice(token=4, total="120.00", **sent), ["amount_changed"]),
        (book_invoice(token=5, total="120.00", balance="0.00", **sent), ["payment_applied"]),
        (book_invoice(token=6, total="120.00", due_on=date(2026, 1, 1), **sent), ["payment_removed", "overdue"]),
        (book_invoice(token=7, total="120.00", number="X", due_on=date(2026, 1, 1), **sent), ["updated"]),
        (book_invoice(token=8, total="0.00", balance="0.00", private_note="Voided - x", **sent), ["voided"]),
    ]
    for found, lines in steps:
        before = len(whats(acme))
        record(acme, found)
        assert whats(acme)[before:] == lines
        agrees(acme)


def test_voiding_a_paid_invoice_takes_its_payments_out_of_the_sum(acme: Database) -> None:
    record(acme, book_invoice(token=0, balance="40.00"))
    record(acme, book_invoice(token=1, total="0.00", balance="0.00", private_note="Voided"))
    agrees(acme)
    assert whats(acme) == ["found", "payment_applied", "payment_removed", "voided"]


def test_a_void_told_by_a_notification_is_void_without_its_note(acme: Database) -> None:
    record(acme, book_invoice())
    record(acme, book_invoice(token=1, total="0.00", balance="0.00"), told_void=True)
    assert row(acme).status == "void"
    record(acme, book_invoice(token=2, total="0.00", balance="0.00"))
    assert row(acme).status == "void", "once told, it stays told"


def test_a_sent_invoice_stays_sent(acme: Database) -> None:
    record(acme, book_invoice(token=0, is_sent=True, sent_at=BEGAN))
    record(acme, book_invoice(token=1, is_sent=False, number="2"))
    assert (row(acme).is_sent, row(acme).sent_at) == (True, BEGAN)


@pytest.mark.parametrize("seed", range(12))
def test_history_agrees_with_the_row_whatever_comes_in_whatever_order(acme: Database, seed: int) -> None:
    chance = random.Random(seed)
    told_of = []
    for token in range(12):
        total = chance.choice(["100.00", "80.00", "0.00"])
        balance = chance.choice([total, "0.00", str(Decimal(total) / 2)])
        told_of.append(
            book_invoice(
                token=token,
                total=total,
                balance=balance,
                due_on=chance.choice([None, TODAY - timedelta(days=1), TODAY + timedelta(days=1)]),
                is_sent=chance.random() < 0.3,
                private_note="Voided" if total == "0.00" else "",
            )
        )
    chance.shuffle(told_of)
    for found in told_of:
        record(acme, found, after_s=chance.random() * 100)
        agrees(acme)
    assert row(acme).sync_token == 11
    versions = [line.cause for line in told(acme)]
    assert versions == sorted(versions, key=lambda cause: int(cause.split()[1]))


def test_the_same_line_is_never_written_twice(acme: Database) -> None:
    from models.records import history as lines

    record(acme, book_invoice())
    with acme.writing("acme") as session:
        stands = invoices.find(session, "a", "1")
        assert stands is not None
        lines.of_invoice(session, None, stands, by="quickbooks")
    assert whats(acme) == ["found"]


# ---------------------------------------------------------------- the clock


def age(acme: Database, today: date) -> int:
    with acme.writing("acme") as session:
        return invoices.age(session, "a", today)


def test_days_that_pass_make_an_open_invoice_overdue_once(acme: Database) -> None:
    record(acme, book_invoice("1", due_on=TODAY))
    record(acme, book_invoice("2", due_on=TODAY, balance="0.00"))
    record(acme, book_invoice("3", due_on=TODAY, balance="30.00"))
    record(acme, book_invoice("4"))
    assert age(acme, TODAY) == 0, "due today is not overdue"
    assert age(acme, TODAY + timedelta(days=1)) == 2
    assert age(acme, TODAY + timedelta(days=1)) == 0
    assert [row(acme, each).status for each in "1234"] == ["overdue", "paid", "overdue", "ready_to_send"]
    assert [line.what for line in told(acme, "1")] == ["found", "overdue"]
    assert told(acme, "1")[-1].by == "clock"
    agrees(acme)


@pytest.mark.usefixtures("only_postgresql")
def test_an_invoice_that_is_paid_while_the_clock_looks_is_not_overdue(acme: Database, background: Background) -> None:
    record(acme, book_invoice(token=0, due_on=TODAY))
    paid = book_invoice(token=1, due_on=TODAY, balance="0.00")
    with acme.writing("acme") as session:
        assert invoices.record(session, paid, Reading("acme", "a", BEGAN, TODAY)).status == "paid"
        aged = background(lambda: age(acme, TODAY + timedelta(days=1)))  # it looks before the payment is committed
        until(lambda: waiting_for_locks(acme) == 1)
    assert aged.result(20) == 0
    assert (row(acme).status, row(acme).is_overdue) == ("paid", False)
    assert whats(acme) == ["found", "payment_applied"]
    agrees(acme)


def test_the_highest_number_is_the_highest_whole_one(acme: Database) -> None:
    for place, number in enumerate(["7", "1010", "INV-9999", "", "0042"]):
        record(acme, book_invoice(str(place), number=number))
    with acme.reading("acme") as session:
        assert invoices.highest_number(session, "a") == 1010
        assert invoices.highest_number(session, "b") == 0


def test_times_come_back_aware_and_exact_to_the_millisecond(acme: Database) -> None:
    with acme.reading("acme") as session:
        at = database_now(session)
    assert at.tzinfo is not None
    assert at.utcoffset() == timedelta(0)
