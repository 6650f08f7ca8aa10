"""Payments of the books as last read, and the invoices they were applied to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, delete, func, insert, select, update

from models.domain.books import BookPayment
from models.records.database import Day, Session, Time, insert_if_new, metadata, now
from models.records.versions import newer

payments = Table(
    "payments",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("payment_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("unapplied_minor", BigInteger, nullable=False),
    Column("paid_on", Day),
    Column("deleted", Boolean, nullable=False),
    Column("sync_token", Integer, nullable=False),
    Column("last_updated", Time, nullable=False),
    Column("read_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
)

applications = Table(
    "payment_applications",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("payment_id", Text, primary_key=True),
    Column("invoice_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
)
Index("ix_payment_applications_invoice", applications.c.connection_id, applications.c.invoice_id)


def record(session: Session, company_id: str, connection_id: str, found: BookPayment, began: datetime) -> bool:
    """Write down what the books say of a payment and where it was applied, unless something newer is known (R10)."""
    values: dict[str, Any] = {
        "company_id": company_id,
        "customer_id": found.customer_id,
        "currency": found.total.currency,
        "total_minor": found.total.minor,
        "unapplied_minor": found.unapplied.minor,
        "paid_on": found.paid_on,
        "deleted": False,
        "sync_token": found.version.sync_token,
        "last_updated": found.version.last_updated,
        "read_at": began,
        "updated_at": now(),
    }
    key = {"connection_id": connection_id, "payment_id": found.payment_id}
    same = _is(connection_id, found.payment_id)
    is_new = session.execute(insert_if_new(payments).values(**key, **values)).rowcount > 0
    if not is_new:
        guarded = update(payments).where(same, payments.c.deleted.is_(False), newer(payments, found.version, began))
        if not session.execute(guarded.values(**values)).rowcount:
            return False
        session.execute(
            delete(applications).where(
                applications.c.connection_id == connection_id, applications.c.payment_id == found.payment_id
            )
        )
    rows = [
        {**key, "invoice_id": invoice_id, "company_id": company_id, "amount_minor": amount.minor}
        for invoice_id, amount in sorted(found.applied.items())
    ]
    if rows:
        session.execute(insert(applications), rows)
    return True


def record_deleted(session: Session, connection_id: str, payment_id: str) -> None:
    session.execute(update(payments).where(_is(connection_id, payment_id)).values(deleted=True, updated_at=now()))


def invoices_of(session: Session, connection_id: str, payment_ids: Collection[str]) -> set[str]:
    """The invoices that these payments were applied to, as last known."""
    return set(
        session.scalars(
            select(applications.c.invoice_id).where(
                applications.c.connection_id == connection_id, applications.c.payment_id.in_(sorted(payment_ids))
            )
        )
    )


def last_paid_on(session: Session, connection_id: str, invoice_id: str) -> date | None:
    """The date of the latest payment known to be applied to an invoice."""
    joined = payments.join(
        applications,
        (applications.c.connection_id == payments.c.connection_id)
        & (applications.c.payment_id == payments.c.payment_id),
    )
    found: date | None = session.execute(
        select(func.max(payments.c.paid_on))
        .select_from(joined)
        .where(
            applications.c.connection_id == connection_id,
            applications.c.invoice_id == invoice_id,
            payments.c.deleted.is_(False),
        )
    ).scalar_one()
    return found


def _is(connection_id: str, payment_id: str) -> Any:
    return (payments.c.connection_id == connection_id) & (payments.c.payment_id == payment_id)
