"""Customers of the books as last read, whoever made them; found by name and by e-mail without asking QuickBooks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Row, Table, Text, or_, select, update

from models.domain.books import BookCustomer
from models.domain.customers import Customer, email_key, name_key
from models.records.database import Session, Time, insert_if_new, metadata, now
from models.records.versions import newer

customers = Table(
    "customers",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("merged_into", Text),
    Column("sync_token", Integer, nullable=False),
    Column("last_updated", Time, nullable=False),
    Column("read_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
)
Index("ix_customers_name_key", customers.c.connection_id, customers.c.name_key)
Index("ix_customers_email_key", customers.c.connection_id, customers.c.email_key)


def record(session: Session, company_id: str, connection_id: str, found: BookCustomer, began: datetime) -> bool:
    """Write down what the books say of a customer unless something newer is known (R10)."""
    values: dict[str, Any] = {
        "company_id": company_id,
        "display_name": found.display_name,
        "name_key": name_key(found.display_name),
        "email": found.email,
        "email_key": email_key(found.email),
        "currency": found.currency,
        "active": found.active,
        "sync_token": found.version.sync_token,
        "last_updated": found.version.last_updated,
        "read_at": began,
        "updated_at": now(),
    }
    key = {"connection_id": connection_id, "customer_id": found.customer_id}
    if session.execute(insert_if_new(customers).values(**key, **values)).rowcount:
        return True
    same = (customers.c.connection_id == connection_id) & (customers.c.customer_id == found.customer_id)
    guarded = update(customers).where(same, newer(customers, found.version, began))
    return session.execute(guarded.values(**values)).rowcount > 0


def is_known_so(session: Session, connection_id: str, found: BookCustomer) -> bool:
    """Whether a customer is known by the same name and e-mail, and as active, already."""
    row = session.execute(
        select(customers.c.display_name, customers.c.email, customers.c.active).where(
            customers.c.connection_id == connection_id, customers.c.customer_id == found.customer_id
        )
    ).one_or_none()
    return row is not None and tuple(row) == (found.display_name, found.email, found.active)


def candidates(session: Session, connection_id: str, name: str, email: str) -> list[Customer]:
    """The active customers with this name or this e-mail."""
    alike = [customers.c.name_key == name_key(name)]
    if email:
        alike.append(customers.c.email_key == email_key(email))
    rows = session.execute(
        select(customers)
        .where(customers.c.connection_id == connection_id, customers.c.active, or_(*alike))
        .order_by(customers.c.customer_id)
    )
    return [_customer(row) for row in rows]


def find(session: Session, connection_id: str, customer_id: str) -> Customer | None:
    row = session.execute(
        select(customers).where(customers.c.connection_id == connection_id, customers.c.customer_id == customer_id)
    ).one_or_none()
    return _customer(row) if row else None


def merged(session: Session, connection_id: str, loser: str, survivor: str) -> None:
    gone = (customers.c.connection_id == connection_id) & (customers.c.customer_id == loser)
    session.execute(update(customers).where(gone).values(active=False, merged_into=survivor, updated_at=now()))


def _customer(row: Row[Any]) -> Customer:
    return Customer(
        customer_id=row.customer_id,
        display_name=row.display_name,
        email=row.email,
        currency=row.currency,
        active=row.active,
    )


def known_of(session: Session, connection_id: str, ids: Collection[str]) -> set[str]:
    """Which of these ids we have a row of."""
    mine = (customers.c.connection_id == connection_id) & customers.c.customer_id.in_(sorted(ids))
    return set(session.scalars(select(customers.c.customer_id).where(mine)))
