"""Notices: what we owe the CRM, to be delivered until acknowledged (the outbox)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from models.records.database import BigId, Json, Time, metadata

notices = Table(
    "notices",
    metadata,
    Column("notice_id", BigId, primary_key=True, autoincrement=True),
    Column("company_id", Text, nullable=False),
    Column("subscription", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sequence", BigInteger),  # given by the one who delivers (R20)
    Column("state", Text, nullable=False),
    Column("payload", Json, nullable=False),
    Column("made_at", Time, nullable=False),
    Column("delivered_at", Time),
    UniqueConstraint("company_id", "subscription", "about", "cause", "kind"),
    sqlite_autoincrement=True,
)
