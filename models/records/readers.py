"""Readers: which database role may read which company's rows through the `crm_*` views."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text, UniqueConstraint

from models.records.database import metadata

readers = Table(
    "readers",
    metadata,
    Column("role", Text, nullable=False),
    Column("company_id", Text),  # null: every company
    UniqueConstraint("role", "company_id", postgresql_nulls_not_distinct=True),
)
