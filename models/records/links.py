"""Links: remembered pairs of a CRM record and something in the books (contact-customer, product-item, deal-invoice)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index, Table, Text, select, update

from models.records.database import Session, Time, insert_if_new, metadata, now

links = Table(
    "links",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("crm", Text, primary_key=True),
    Column("record_type", Text, primary_key=True),  # deal, organization, person, product, or any the CRM has
    Column("record_id", Text, primary_key=True),
    Column("slot", Text, primary_key=True),  # which of a deal's invoices; '' for customers and items
    Column("kind", Text, primary_key=True),  # invoice, customer, item
    Column("connection_id", Text, primary_key=True),
    Column("book_id", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("made_at", Time, nullable=False),
)
Index("ix_links_book_id", links.c.connection_id, links.c.kind, links.c.book_id)


@dataclass(frozen=True)
class Record:
    """A record of a CRM: its type and id."""

    crm: str
    record_type: str
    record_id: str


def make(
    session: Session,
    *,
    company_id: str,
    record: Record,
    kind: str,
    connection_id: str,
    book_id: str,
    by: str,
    slot: str = "",
) -> None:
    """Remember a pair, unless just this one is known; one that a later decision replaces points to the new id."""
    values = {"book_id": book_id, "by": by, "made_at": now()}
    session.execute(
        insert_if_new(links, or_set=values, where=links.c.book_id != book_id).values(
            company_id=company_id,
            crm=record.crm,
            record_type=record.record_type,
            record_id=record.record_id,
            slot=slot,
            kind=kind,
            connection_id=connection_id,
            **values,
        )
    )


def of_record(
    session: Session, *, company_id: str, record: Record, kind: str, connection_id: str, slot: str = ""
) -> str | None:
    """The id in the books that a record is linked to, or None."""
    return session.execute(
        select(links.c.book_id).where(
            links.c.company_id == company_id,
            links.c.crm == record.crm,
            links.c.record_type == record.record_type,
            links.c.record_id == record.record_id,
            links.c.slot == slot,
            links.c.kind == kind,
            links.c.connection_id == connection_id,
        )
    ).scalar_one_or_none()


def of_records(
    session: Session,
    *,
    company_id: str,
    crm: str,
    record_type: str,
    record_ids: Collection[str],
    kind: str,
    connection_id: str,
) -> dict[str, str]:
    """The ids in the books that many records of one type are linked to."""
    rows = session.execute(
        select(links.c.record_id, links.c.book_id).where(
            links.c.company_id == company_id,
            links.c.crm == crm,
            links.c.record_type == record_type,
            links.c.record_id.in_(sorted(record_ids)),
            links.c.kind == kind,
            links.c.connection_id == connection_id,
        )
    )
    return {row.record_id: row.book_id for row in rows}


def invoices_of(session: Session, *, company_id: str, crm: str, deal_id: str) -> list[Any]:
    """The links to a deal's invoices: rows with slot, connection_id, book_id."""
    return list(
        session.execute(
            select(links.c.slot, links.c.connection_id, links.c.book_id)
            .where(
                links.c.company_id == company_id,
                links.c.crm == crm,
                links.c.record_type == "deal",
                links.c.record_id == deal_id,
                links.c.kind == "invoice",
            )
            .order_by(links.c.slot)
        )
    )


def deal_of(session: Session, connection_id: str, invoice_id: str) -> Any | None:
    """The link from an invoice to its deal: a row with crm, record_id, slot."""
    return session.execute(
        select(links.c.crm, links.c.record_id, links.c.slot)
        .where(
            links.c.connection_id == connection_id,
            links.c.kind == "invoice",
            links.c.book_id == invoice_id,
            links.c.record_type == "deal",
        )
        .order_by(links.c.made_at)
        .limit(1)
    ).one_or_none()


def follow_merge(session: Session, connection_id: str, kind: str, loser: str, survivor: str) -> None:
    """Two were merged in the books: whatever was linked to the one that is gone is linked to the one that stays."""
    gone = (links.c.connection_id == connection_id) & (links.c.kind == kind) & (links.c.book_id == loser)
    session.execute(update(links).where(gone).values(book_id=survivor))
