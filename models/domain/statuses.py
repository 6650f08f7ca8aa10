"""Statuses: where an invoice stands, derived from what the books say of it (QuickBooks has no status field)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.domain.money import Money


class Status(StrEnum):
    """Where an invoice stands, in the words that the CRM reads."""

    READY_TO_SEND = "ready_to_send"
    OPEN = "open"
    AWAITING_PAYMENT = "awaiting_payment"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    OVERDUE = "overdue"
    VOID = "void"
    DELETED = "deleted"


@dataclass(frozen=True, kw_only=True)
class InvoiceFacts:
    """What a status is derived from. `told_void` and `deleted` are what a notification or a look-up told us."""

    total: Money
    balance: Money
    due_on: date | None
    is_sent: bool
    billing_email: str
    private_note: str
    told_void: bool = False
    deleted: bool = False


def status_of(invoice: InvoiceFacts, today: date) -> Status:
    """The first that holds, from the most final to the least; `today` is the day in the books' own time zone."""
    if invoice.deleted:
        return Status.DELETED
    if is_void(invoice):
        return Status.VOID
    if not _owed(invoice):
        return Status.PAID
    if is_overdue(invoice, today):
        return Status.OVERDUE
    if invoice.balance < invoice.total:
        return Status.PARTIALLY_PAID
    if invoice.is_sent:
        return Status.AWAITING_PAYMENT
    return Status.READY_TO_SEND if invoice.billing_email.strip() else Status.OPEN


def is_overdue(invoice: InvoiceFacts, today: date) -> bool:
    """Something is still owed and the due date has passed; due today is not overdue."""
    if invoice.deleted or is_void(invoice) or invoice.due_on is None:
        return False
    return _owed(invoice) and invoice.due_on < today


def is_void(invoice: InvoiceFacts) -> bool:
    """QuickBooks marks a void invoice only by zero amounts and a private note that begins with "Voided".

    https://github.com/intuit/QuickBooks-V3-PHP-SDK/issues/167
    """
    emptied = invoice.total.amount == 0 and invoice.balance.amount == 0
    return invoice.told_void or (emptied and invoice.private_note.startswith("Voided"))


def today_in(time_zone: str, now: datetime) -> date:
    """The date that the calendar on the wall shows there (`America/Los_Angeles`) at an aware moment.

    ValueError for a moment without a time zone, and for a time zone that is none.
    """
    if now.tzinfo is None:
        raise ValueError("the moment has no time zone")
    try:
        return now.astimezone(ZoneInfo(time_zone)).date()
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise ValueError(f"{time_zone!r} is not a time zone") from None


def _owed(invoice: InvoiceFacts) -> bool:
    return invoice.balance.amount > 0
