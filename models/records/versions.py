"""The version guard: only newer is recorded, compared in the UPDATE's own WHERE (R10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, literal, or_, tuple_

from models.domain.books import Version
from models.records.database import Time


def newer(table: Table, version: Version, began: datetime) -> ColumnElement[bool]:
    """Whether a row may be replaced: its version is older, or it is the same and this read began after it was known.

    A read that began before the row's last recorded answer must not override it on a tie.
    """
    stored = tuple_(table.c.sync_token, table.c.last_updated)
    read: Any = tuple_(literal(version.sync_token), literal(version.last_updated, Time()))
    return or_(stored < read, and_(stored == read, table.c.read_at <= literal(began, Time())))
