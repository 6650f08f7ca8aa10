"""Invoices of the books as last read, whoever made them: the guarded update and what each change adds to history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Row, Table, Text, and_, select, update

from models.domain.books import BookInvoice
from models.domain.statuses import InvoiceFacts, Status, is_overdue, status_of
from models.records import history
from models.records.database import Day, Session, Time, insert_if_new, metadata, now
from models.records.history import LinkedDeal
from models.records.versions import newer

invoices = Table(
    "invoices",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("invoice_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("customer_name", Text, nullable=False),
    Column("billing_email", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("balance_minor", BigInteger, nullable=False),
    Column("issued_on", Day),
    Column("due_on", Day),
    Column("is_sent", Boolean, nullable=False),
    Column("sent_at", Time),
    Column("paid_on", Day),
    Column("note_says_void", Boolean, nullable=False),
    Column("told_void", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("is_overdue", Boolean, nullable=False),
    Column("sync_token", Integer, nullable=False),
    Column("last_updated", Time, nullable=False),
    Column("read_at", Time, nullable=False),  # when the read or the answer began that this row is from
    Column("version", Integer, nullable=False),
    Column("updated_at", Time, nullable=False),
)
Index("ix_invoices_due", invoices.c.connection_id, invoices.c.due_on)
Index("ix_invoices_updated", invoices.c.company_id, invoices.c.updated_at)

_SHOWN = (
    "number", "customer_id", "customer_name", "billing_email", "currency", "total_minor", "balance_minor",
    "issued_on", "due_on", "is_sent", "sent_at", "paid_on", "deleted", "status", "is_overdue",
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """Under which circumstances an invoice was read: for whom, when it began, what day it is there, and by whom."""

    company_id: str
    connection_id: str
    began: datetime
    today: date
    by: str = "quickbooks"
    told_void: bool = False
    paid_on: date | None = None
    deal: LinkedDeal | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of a read: `changed` if the row is different now, `stale` if something newer stands there."""

    changed: bool
    stale: bool
    status: str


def record(session: Session, found: BookInvoice, reading: Reading, *, made_here: bool = False) -> Recorded:
    """Write down what the books say of an invoice, unless something newer is known, with history (R10).

    A row whose version equals what was read but whose content differs is replaced only by a read that began after it
    was last known; otherwise the result is `stale`, and the caller asks for one fresh read.
    """
    before = _lock(session, reading.connection_id, found.invoice_id)
    values = _values(found, reading, before)
    if before is None:
        return _record_first(session, found, reading, values, made_here)
    same = _is(reading.connection_id, found.invoice_id)
    guarded = update(invoices).where(same, invoices.c.deleted.is_(False), newer(invoices, found.version, reading.began))
    changed = any(getattr(before, name) != values[name] for name in _SHOWN)
    if changed:
        guarded = guarded.values(**values, version=invoices.c.version + 1, updated_at=now())
    else:
        guarded = guarded.values(**values)
    after = session.execute(guarded.returning(invoices)).one_or_none()
    if after is None:
        return Recorded(False, changed and not before.deleted and _ties(before, found), before.status)
    if changed:
        history.of_invoice(session, before, after, by=reading.by, deal=reading.deal)
    return Recorded(changed, False, after.status)


def _record_first(
    session: Session, found: BookInvoice, reading: Reading, values: dict[str, Any], made_here: bool
) -> Recorded:
    row = session.execute(
        insert_if_new(invoices)
        .values(
            **values,
            connection_id=reading.connection_id,
            invoice_id=found.invoice_id,
            company_id=reading.company_id,
            version=1,
            updated_at=now(),
        )
        .returning(invoices)
    ).one_or_none()
    if row is None:  # another recorded it between our look and our insert
        return record(session, found, reading, made_here=made_here)
    history.of_invoice(session, None, row, by=reading.by, deal=reading.deal, first="created" if made_here else "found")
    return Recorded(True, False, row.status)


def _lock(session: Session, connection_id: str, invoice_id: str) -> Row[Any] | None:
    """The row as it stands, held to the end of the transaction."""
    query = select(invoices).where(_is(connection_id, invoice_id)).with_for_update(key_share=True)
    return session.execute(query).one_or_none()


def _values(found: BookInvoice, reading: Reading, before: Row[Any] | None) -> dict[str, Any]:
    note_says_void = found.private_note.startswith("Voided")
    told_void = reading.told_void or bool(before and before.told_void)
    is_sent = found.is_sent or bool(before and before.is_sent)
    facts = InvoiceFacts(
        total=found.total,
        balance=found.balance,
        due_on=found.due_on,
        is_sent=is_sent,
        billing_email=found.billing_email,
        private_note=found.private_note,
        told_void=told_void,
        deleted=False,
    )
    status = status_of(facts, reading.today)
    return {
        "number": found.number,
        "customer_id": found.customer_id,
        "customer_name": found.customer_name,
        "billing_email": found.billing_email,
        "currency": found.total.currency,
        "total_minor": found.total.minor,
        "balance_minor": found.balance.minor,
        "issued_on": found.issued_on,
        "due_on": found.due_on,
        "is_sent": is_sent,
        "sent_at": found.sent_at or (before.sent_at if before else None),
        "paid_on": _paid_on(status, reading, before),
        "note_says_void": note_says_void,
        "told_void": told_void,
        "deleted": False,
        "status": str(status),
        "is_overdue": is_overdue(facts, reading.today),
        "sync_token": found.version.sync_token,
        "last_updated": found.version.last_updated,
        "read_at": reading.began,
    }


def _paid_on(status: Status, reading: Reading, before: Row[Any] | None) -> date | None:
    if status != Status.PAID:
        return None
    if reading.paid_on is not None:
        return reading.paid_on
    return before.paid_on if before is not None and before.paid_on is not None else reading.today


def _ties(before: Row[Any], found: BookInvoice) -> bool:
    return (before.sync_token, before.last_updated) == (found.version.sync_token, found.version.last_updated)


def record_deleted(session: Session, reading: Reading, invoice_id: str) -> bool:
    """The invoice is gone from the books for good; its row stays (deleted is final, R10)."""
    before = _lock(session, reading.connection_id, invoice_id)
    if before is None or before.deleted:
        return False
    after = session.execute(
        update(invoices)
        .where(_is(reading.connection_id, invoice_id), invoices.c.deleted.is_(False))
        .values(
            deleted=True,
            status=str(Status.DELETED),
            is_overdue=False,
            version=invoices.c.version + 1,
            updated_at=now(),
        )
        .returning(invoices)
    ).one()
    history.of_invoice(session, before, after, by=reading.by, deal=reading.deal)
    return True


def age(session: Session, connection_id: str, today: date, at_most: int = 50) -> int:
    """Mark invoices as overdue whose due date has passed; no notification tells of that. Says how many."""
    is_late = and_(
        invoices.c.due_on < today,
        invoices.c.balance_minor > 0,
        invoices.c.is_overdue.is_(False),
        invoices.c.deleted.is_(False),
        invoices.c.status.not_in((str(Status.VOID), str(Status.PAID))),
    )
    late = (
        select(invoices.c.connection_id, invoices.c.invoice_id)
        .where(invoices.c.connection_id == connection_id, is_late)
        .order_by(invoices.c.invoice_id)
        .limit(at_most)
    )
    flipped = 0
    for row in session.execute(late).all():
        before = _lock(session, row.connection_id, row.invoice_id)
        after = session.execute(
            update(invoices)
            .where(_is(row.connection_id, row.invoice_id), is_late)
            .values(status=str(Status.OVERDUE), is_overdue=True, version=invoices.c.version + 1, updated_at=now())
            .returning(invoices)
        ).one_or_none()
        if after is not None:
            history.of_invoice(session, before, after, by="clock")
            flipped += 1
    return flipped


def find(session: Session, connection_id: str, invoice_id: str) -> Row[Any] | None:
    return session.execute(select(invoices).where(_is(connection_id, invoice_id))).one_or_none()


def known_of(session: Session, connection_id: str, invoice_ids: Collection[str]) -> set[str]:
    """Which of these invoices we have a row of."""
    return set(
        session.scalars(
            select(invoices.c.invoice_id).where(
                invoices.c.connection_id == connection_id, invoices.c.invoice_id.in_(sorted(invoice_ids))
            )
        )
    )


def highest_number(session: Session, connection_id: str) -> int:
    """The highest whole number that any invoice of the books is known to carry; 0 without any."""
    numbers = session.scalars(select(invoices.c.number).where(invoices.c.connection_id == connection_id))
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _is(connection_id: str, invoice_id: str) -> Any:
    return and_(invoices.c.connection_id == connection_id, invoices.c.invoice_id == invoice_id)
