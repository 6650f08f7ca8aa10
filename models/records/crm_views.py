"""The views that a CRM reads: their names, and plain queries over them for our own command line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, column, select, table

from models.records.database import Session

VIEWS = ("crm_invoices", "crm_deals", "crm_attention", "crm_history")


def rows_of(session: Session, view: str, company_id: str | None, order: str, limit: int) -> list[Row[Any]]:
    """Rows of one view, newest first by one of its columns."""
    if view not in VIEWS:
        raise ValueError(f"{view} is none of the views")
    query = select("*").select_from(table(view)).order_by(column(order).desc()).limit(limit)
    if company_id is not None:
        query = query.where(column("company") == company_id)
    return list(session.execute(query))
