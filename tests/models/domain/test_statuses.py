"""Where an invoice stands: the first status that holds."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.money import Money
from models.domain.statuses import InvoiceFacts, Status, is_overdue, status_of, today_in

TODAY = date(2026, 3, 13)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def invoice(
    total: str = "100.00",
    balance: str = "100.00",
    *,
    due_on: date | None = TOMORROW,
    is_sent: bool = False,
    billing_email: str = "",
    private_note: str = "",
    told_void: bool = False,
    deleted: bool = False,
) -> InvoiceFacts:
    return InvoiceFacts(
        total=Money(total, "USD"),
        balance=Money(balance, "USD"),
        due_on=due_on,
        is_sent=is_sent,
        billing_email=billing_email,
        private_note=private_note,
        told_void=told_void,
        deleted=deleted,
    )


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (invoice(), "open"),
        (invoice(billing_email="pat@example.com"), "ready_to_send"),
        (invoice(billing_email="  "), "open"),
        (invoice(is_sent=True, billing_email="pat@example.com"), "awaiting_payment"),
        (invoice(is_sent=True, due_on=None), "awaiting_payment"),
        (invoice(balance="40.00"), "partially_paid"),
        (invoice(balance="40.00", is_sent=True), "partially_paid"),
        (invoice(balance="99.99"), "partially_paid"),
        (invoice(balance="40.00", due_on=YESTERDAY), "overdue"),
        (invoice(due_on=YESTERDAY), "overdue"),
        (invoice(due_on=YESTERDAY, is_sent=True), "overdue"),
        (invoice(due_on=TODAY), "open"),
        (invoice(balance="0.00", due_on=YESTERDAY), "paid"),
        (invoice(balance="0"), "paid"),
        (invoice("0", "0"), "paid"),
        (invoice("0", "0", private_note="Voided"), "void"),
        (invoice("0", "0", private_note="Voided - made by mistake"), "void"),
        (invoice("0", "0", private_note="voided"), "paid"),
        (invoice("0", "0", private_note="Not Voided"), "paid"),
        (invoice(private_note="Voided once, then made anew"), "open"),
        (invoice(balance="0", private_note="Voided"), "paid"),
        (invoice(told_void=True), "void"),
        (invoice(told_void=True, due_on=YESTERDAY), "void"),
        (invoice(deleted=True), "deleted"),
        (invoice("0", "0", private_note="Voided", told_void=True, deleted=True), "deleted"),
    ],
)
def test_the_first_status_that_holds_is_the_status(facts: InvoiceFacts, status: str) -> None:
    assert status_of(facts, TODAY) == status


@pytest.mark.parametrize(
    ("facts", "overdue"),
    [
        (invoice(due_on=YESTERDAY), True),
        (invoice(balance="0.01", due_on=YESTERDAY), True),
        (invoice(due_on=TODAY), False),
        (invoice(due_on=None), False),
        (invoice(balance="0", due_on=YESTERDAY), False),
        (invoice(due_on=YESTERDAY, told_void=True), False),
        (invoice(due_on=YESTERDAY, deleted=True), False),
    ],
)
def test_overdue_is_what_is_owed_after_its_day(facts: InvoiceFacts, overdue: bool) -> None:
    assert is_overdue(facts, TODAY) is overdue


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from([None, YESTERDAY, TODAY, TOMORROW]),
    st.booleans(),
    st.booleans(),
)
def test_the_flag_and_the_status_overdue_are_one_for_whatever_is_still_owed(
    total: int, paid: int, due: date | None, sent: bool, void: bool
) -> None:
    facts = replace(
        invoice(due_on=due, is_sent=sent, told_void=void),
        total=Money.from_minor(total, "USD"),
        balance=Money.from_minor(max(0, total - paid), "USD"),
    )
    assert (status_of(facts, TODAY) == Status.OVERDUE) is is_overdue(facts, TODAY)


@pytest.mark.parametrize(
    ("time_zone", "now", "today"),
    [
        ("America/Los_Angeles", datetime(2026, 3, 13, 6, 59, tzinfo=UTC), date(2026, 3, 12)),
        ("America/Los_Angeles", datetime(2026, 3, 13, 7, 0, tzinfo=UTC), date(2026, 3, 13)),
        ("America/Los_Angeles", datetime(2026, 1, 13, 7, 59, tzinfo=UTC), date(2026, 1, 12)),
        ("Pacific/Auckland", datetime(2026, 3, 13, 12, 0, tzinfo=UTC), date(2026, 3, 14)),
        ("UTC", datetime(2026, 3, 13, 23, 30, tzinfo=timezone(timedelta(hours=-2))), date(2026, 3, 14)),
    ],
)
def test_today_is_what_the_calendar_of_the_books_shows(time_zone: str, now: datetime, today: date) -> None:
    assert today_in(time_zone, now) == today


def test_a_moment_without_a_time_zone_has_no_today() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        today_in("UTC", datetime(2026, 3, 13))  # noqa: DTZ001


@pytest.mark.parametrize("time_zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "America"])
def test_what_is_no_time_zone_is_said_so(time_zone: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        today_in(time_zone, datetime(2026, 3, 13, tzinfo=UTC))
