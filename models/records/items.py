"""Items of the books as last read: what a deal's products are sold as."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Row, Table, Text, func, or_, select, update

from models.domain.books import BookItem
from models.domain.customers import name_key
from models.domain.items import Item
from models.records.database import Exact, Session, Time, insert_if_new, metadata, now
from models.records.versions import newer

items = Table(
    "items",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("item_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("taxable", Boolean, nullable=False),
    Column("unit_price", Exact),
    Column("income_account_id", Text, nullable=False),
    Column("sync_token", Integer, nullable=False),
    Column("last_updated", Time, nullable=False),
    Column("read_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
)
Index("ix_items_name_key", items.c.connection_id, items.c.name_key)
Index("ix_items_sku", items.c.connection_id, items.c.sku)


def record(session: Session, company_id: str, connection_id: str, found: BookItem, began: datetime) -> bool:
    """Write down what the books say of an item unless something newer is known (R10)."""
    values: dict[str, Any] = {
        "company_id": company_id,
        "name": found.name,
        "name_key": name_key(found.name),
        "sku": found.sku,
        "type": found.type,
        "active": found.active,
        "taxable": found.taxable,
        "unit_price": found.unit_price,
        "income_account_id": found.income_account_id,
        "sync_token": found.version.sync_token,
        "last_updated": found.version.last_updated,
        "read_at": began,
        "updated_at": now(),
    }
    key = {"connection_id": connection_id, "item_id": found.item_id}
    if session.execute(insert_if_new(items).values(**key, **values)).rowcount:
        return True
    same = (items.c.connection_id == connection_id) & (items.c.item_id == found.item_id)
    guarded = update(items).where(same, newer(items, found.version, began))
    return session.execute(guarded.values(**values)).rowcount > 0


def is_known_so(session: Session, connection_id: str, found: BookItem) -> bool:
    """Whether an item is known by the same name and SKU, and as active, already."""
    row = session.execute(
        select(items.c.name, items.c.sku, items.c.active).where(
            items.c.connection_id == connection_id, items.c.item_id == found.item_id
        )
    ).one_or_none()
    return row is not None and tuple(row) == (found.name, found.sku, found.active)


def alike(session: Session, connection_id: str, skus: Collection[str], names: Collection[str]) -> list[Item]:
    """The active items that have one of these SKUs or names."""
    rows = session.execute(
        select(items)
        .where(
            items.c.connection_id == connection_id,
            items.c.active,
            items.c.type != "Category",
            or_(
                items.c.sku.in_(sorted(sku for sku in skus if sku)),
                items.c.name_key.in_(sorted(name_key(name) for name in names if name)),
            ),
        )
        .order_by(items.c.item_id)
    )
    return [_item(row) for row in rows]


def of_ids(session: Session, connection_id: str, item_ids: Collection[str]) -> dict[str, Item]:
    rows = session.execute(
        select(items).where(items.c.connection_id == connection_id, items.c.item_id.in_(sorted(item_ids)))
    )
    return {row.item_id: _item(row) for row in rows}


def usual_income_account(session: Session, connection_id: str) -> str | None:
    """The income account that most of the books' items are sold under."""
    row = session.execute(
        select(items.c.income_account_id)
        .where(items.c.connection_id == connection_id, items.c.income_account_id != "")
        .group_by(items.c.income_account_id)
        .order_by(func.count().desc(), items.c.income_account_id)
        .limit(1)
    ).one_or_none()
    return row[0] if row else None


def _item(row: Row[Any]) -> Item:
    return Item(item_id=row.item_id, name=row.name, sku=row.sku, active=row.active, taxable=row.taxable, type=row.type)


def known_of(session: Session, connection_id: str, ids: Collection[str]) -> set[str]:
    """Which of these ids we have a row of."""
    mine = (items.c.connection_id == connection_id) & items.c.item_id.in_(sorted(ids))
    return set(session.scalars(select(items.c.item_id).where(mine)))
