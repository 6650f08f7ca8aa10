"""Usage: calls to QuickBooks by connection, kind and feature; rows are only ever added, never a counter updated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, Table, Text, func, insert, select

from models.records.database import BigId, Session, Time, metadata, now

usage = Table(
    "usage",
    metadata,
    Column("usage_id", BigId, primary_key=True, autoincrement=True),
    Column("company_id", Text, nullable=False),
    Column("connection_id", Text, nullable=False),
    Column("at", Time, nullable=False),
    Column("kind", Text, nullable=False),  # core (free writes), coreplus (billed reads)
    Column("feature", Text, nullable=False),
    Column("calls", Integer, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_usage_connection_at", usage.c.connection_id, usage.c.at)


def add(session: Session, company_id: str, connection_id: str, calls: Mapping[tuple[str, str], int]) -> None:
    """Count calls, given as (kind, feature) to a number."""
    rows = [
        {"company_id": company_id, "connection_id": connection_id, "kind": kind, "feature": feature, "calls": number}
        for (kind, feature), number in sorted(calls.items())
    ]
    if rows:
        session.execute(insert(usage).values(at=now()), rows)


def summed(session: Session, company_id: str | None, since: datetime | None) -> list[Row[Any]]:
    """Calls per connection, kind and feature."""
    query = select(
        usage.c.company_id, usage.c.connection_id, usage.c.kind, usage.c.feature, func.sum(usage.c.calls).label("calls")
    ).group_by(usage.c.company_id, usage.c.connection_id, usage.c.kind, usage.c.feature)
    if company_id is not None:
        query = query.where(usage.c.company_id == company_id)
    if since is not None:
        query = query.where(usage.c.at >= since)
    return list(session.execute(query.order_by(usage.c.connection_id, usage.c.kind, usage.c.feature)))
