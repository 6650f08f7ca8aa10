"""What the CRM told us last: deals, products, contacts, quotes, with snapshot and the teller's own order (R23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, Table, Text, and_, or_, select, update

from models.records.database import Json, Ordered, Session, Time, insert_if_new, metadata, now

deals = Table(
    "deals",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("crm", Text, primary_key=True),
    Column("deal_id", Text, primary_key=True),
    Column("snapshot", Json, nullable=False),
    Column("told_order", Ordered, nullable=False),
    Column("trigger", Text, nullable=False),  # the last of won, lost, reopened, deleted; '' before any
    Column("trigger_order", Ordered, nullable=False),
    Column("connection_id", Text),  # the route, chosen once
    Column("updated_at", Time, nullable=False),
)


def _snapshots(name: str, *key: str) -> Table:
    return Table(
        name,
        metadata,
        Column("company_id", Text, primary_key=True),
        Column("crm", Text, primary_key=True),
        *(Column(part, Text, primary_key=True) for part in key),
        Column("snapshot", Json, nullable=False),
        Column("told_order", Ordered, nullable=False),
        Column("trigger", Text, nullable=False),
        Column("updated_at", Time, nullable=False),
    )


products = _snapshots("products", "product_id")
contacts = _snapshots("contacts", "contact_type", "contact_id")
quotes = _snapshots("quotes", "quote_id")


@dataclass(frozen=True)
class KnownDeal:
    """A deal as last told: `trigger` says whether it is won, lost, reopened or deleted now."""

    company_id: str
    crm: str
    deal_id: str
    snapshot: Mapping[str, Any]
    told_order: str
    trigger: str
    trigger_order: str
    connection_id: str | None


def find(session: Session, company_id: str, crm: str, deal_id: str) -> KnownDeal | None:
    row = session.execute(select(deals).where(_is_deal(company_id, crm, deal_id))).one_or_none()
    return _known(row) if row else None


def told(
    session: Session,
    *,
    company_id: str,
    crm: str,
    deal_id: str,
    snapshot: Mapping[str, Any],
    order: str,
    trigger: str,
) -> KnownDeal:
    """Record what was told of a deal: a stale snapshot is ignored, a newer trigger is not (R16)."""
    session.execute(
        insert_if_new(deals).values(
            company_id=company_id,
            crm=crm,
            deal_id=deal_id,
            snapshot={},
            told_order="",
            trigger="",
            trigger_order="",
            updated_at=now(),
        )
    )
    mine = _is_deal(company_id, crm, deal_id)
    if snapshot:
        session.execute(
            update(deals)
            .where(mine, or_(deals.c.told_order <= order, deals.c.told_order == ""))
            .values(snapshot=dict(snapshot), told_order=order, updated_at=now())
        )
    if trigger:
        session.execute(
            update(deals)
            .where(mine, or_(deals.c.trigger_order <= order, deals.c.trigger == ""))
            .values(trigger=trigger, trigger_order=order, updated_at=now())
        )
    return _known(session.execute(select(deals).where(mine)).one())


def route(session: Session, deal: KnownDeal, connection_id: str) -> None:
    """Remember the connection a deal's invoices go to; chosen once (R6)."""
    session.execute(
        update(deals)
        .where(_is_deal(deal.company_id, deal.crm, deal.deal_id), deals.c.connection_id.is_(None))
        .values(connection_id=connection_id)
    )


def told_of(
    session: Session, table: Table, key: Mapping[str, str], snapshot: Mapping[str, Any], order: str, trigger: str
) -> None:
    """Record what was told of a product, a contact or a quote, unless something newer is known."""
    session.execute(insert_if_new(table).values(**key, snapshot={}, told_order="", trigger="", updated_at=now()))
    same = and_(*(table.c[name] == value for name, value in key.items()))
    session.execute(
        update(table)
        .where(same, table.c.told_order <= order)
        .values(snapshot=dict(snapshot), told_order=order, trigger=trigger, updated_at=now())
    )


def _is_deal(company_id: str, crm: str, deal_id: str) -> Any:
    return and_(deals.c.company_id == company_id, deals.c.crm == crm, deals.c.deal_id == deal_id)


def _known(row: Row[Any]) -> KnownDeal:
    fields = {name: value for name, value in row._mapping.items() if name != "updated_at"}
    return KnownDeal(**fields)
