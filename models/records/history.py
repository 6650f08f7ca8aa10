"""History: everything that happened to a deal or an invoice, one line each, never changed; unique by cause and what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Row, Table, Text, UniqueConstraint

from models.records import links
from models.records.database import BigId, Json, Session, Time, insert_if_new, metadata, now

history = Table(
    "history",
    metadata,
    Column("history_id", BigId, primary_key=True, autoincrement=True),
    Column("company_id", Text, nullable=False),
    Column("about", Text, nullable=False),  # invoice:<connection>:<id> or the deal's stream
    Column("cause", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("crm", Text),
    Column("deal_id", Text),
    Column("slot", Text),
    Column("connection_id", Text),
    Column("invoice_id", Text),
    Column("at", Time, nullable=False),
    Column("amount_minor", BigInteger),
    Column("currency", Text),
    Column("status", Text),
    Column("balance_minor", BigInteger),
    Column("by", Text, nullable=False),
    Column("detail", Json, nullable=False),
    UniqueConstraint("company_id", "about", "cause", "what"),
    sqlite_autoincrement=True,
)
Index("ix_history_invoice", history.c.connection_id, history.c.invoice_id, history.c.history_id)
Index("ix_history_deal", history.c.company_id, history.c.crm, history.c.deal_id, history.c.history_id)


@dataclass(frozen=True)
class LinkedDeal:
    """The deal an invoice belongs to, and which of its invoices it is."""

    crm: str
    deal_id: str
    slot: str


def of_deal(
    session: Session,
    *,
    company_id: str,
    stream: str,
    crm: str,
    deal_id: str,
    cause: str,
    what: str,
    by: str,
    detail: Mapping[str, Any],
) -> None:
    """A line about a deal that concerns no invoice yet."""
    session.execute(
        insert_if_new(history).values(
            company_id=company_id,
            about=stream,
            cause=cause,
            what=what,
            crm=crm,
            deal_id=deal_id,
            at=now(),
            by=by,
            detail=dict(detail),
        )
    )


def of_invoice(
    session: Session,
    before: Row[Any] | None,
    after: Row[Any],
    *,
    by: str,
    deal: LinkedDeal | None = None,
    first: str = "found",
) -> None:
    """The lines that tell how an invoice came from one version to the next; each names the status and balance after.

    The payments in history (`payment_applied`, `payment_removed`, signed) always add up to what is paid.
    """
    deal = deal or _linked_deal(session, after)
    for what, amount_minor, detail in _changes(before, after, first):
        session.execute(
            insert_if_new(history).values(
                company_id=after.company_id,
                about=f"invoice:{after.connection_id}:{after.invoice_id}",
                cause=f"version {after.version}",
                what=what,
                crm=deal.crm if deal else None,
                deal_id=deal.deal_id if deal else None,
                slot=deal.slot if deal else None,
                connection_id=after.connection_id,
                invoice_id=after.invoice_id,
                at=now(),
                amount_minor=amount_minor,
                currency=after.currency,
                status=after.status,
                balance_minor=after.balance_minor,
                by=by,
                detail=detail,
            )
        )


def of_link(session: Session, invoice: Row[Any] | None, deal: LinkedDeal | None) -> None:
    """An invoice that was known already turned out to be a deal's: one line that repeats where it stands."""
    if invoice is None or deal is None:
        return
    session.execute(
        insert_if_new(history).values(
            company_id=invoice.company_id,
            about=f"invoice:{invoice.connection_id}:{invoice.invoice_id}",
            cause=f"version {invoice.version}",
            what="linked",
            crm=deal.crm,
            deal_id=deal.deal_id,
            slot=deal.slot,
            connection_id=invoice.connection_id,
            invoice_id=invoice.invoice_id,
            at=now(),
            currency=invoice.currency,
            status=invoice.status,
            balance_minor=invoice.balance_minor,
            by="dealbooks",
            detail={},
        )
    )


def _linked_deal(session: Session, invoice: Row[Any]) -> LinkedDeal | None:
    link = links.deal_of(session, invoice.connection_id, invoice.invoice_id)
    return LinkedDeal(link.crm, link.record_id, link.slot) if link else None


def _changes(before: Row[Any] | None, after: Row[Any], first: str) -> Iterator[tuple[str, int | None, dict[str, Any]]]:
    told = False
    for change in _specific_changes(before, after, first):
        told = True
        yield change
    if not told:
        yield "status_changed" if before is None or before.status != after.status else "updated", None, {}


def _specific_changes(
    before: Row[Any] | None, after: Row[Any], first: str
) -> Iterator[tuple[str, int | None, dict[str, Any]]]:
    if before is None:
        yield first, after.total_minor, {}
    elif before.total_minor != after.total_minor and after.status not in ("void", "deleted"):
        yield "amount_changed", after.total_minor, {"total_minor_before": before.total_minor}
    paid_before = before.total_minor - before.balance_minor if before is not None else 0
    paid = after.total_minor - after.balance_minor
    if paid > paid_before:
        yield "payment_applied", paid - paid_before, {}
    elif paid < paid_before:
        yield "payment_removed", paid - paid_before, {}
    if after.is_sent and not (before is not None and before.is_sent):
        yield "sent", None, {}
    for status, what in (("void", "voided"), ("deleted", "deleted"), ("overdue", "overdue")):
        if after.status == status and (before is None or before.status != status):
            yield what, None, {}
