"""Asking the books what changed since we last looked, so that what no notification told us does not stay missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from models.domain import keys
from models.domain.events import Event
from models.records import connections, payments
from models.records.connections import Connection
from worker.actions.recording import (
    record_customers,
    record_deleted_invoices,
    record_invoices,
    record_items,
    record_payments,
)
from worker.desk import Desk, Outcome
from worker.ports import Changes, Read

REMEMBERED = timedelta(days=30) - timedelta(hours=1)
"""Intuit's change data capture looks back 30 days."""
OVERLAP = timedelta(minutes=5)
"""Intuit does not say whether `changedSince` is inclusive, nor when a change becomes visible to it."""


def catch_up_when_asked(_event: Event, desk: Desk) -> Outcome:
    """Somebody asked for a catch-up."""
    return catch_up(desk)


def catch_up(desk: Desk) -> Outcome:
    """The changes since the books' own time of the last catch-up; the cursor moves when all of them are recorded.

    One billed read. Where that is cut off at the most that one answer holds, or where the last catch-up is further
    back than Intuit remembers, what changed is asked for kind by kind and page by page; only what was deleted in such
    a gap without a notification stays unknown.
    """
    connection = desk.connection(keys.parts_of(desk.lease.key)[1])
    if connection.caught_up_to is None:
        return {"skipped": "the first load is not complete"}
    since = datetime.fromisoformat(connection.caught_up_to) - OVERLAP
    books = desk.books_of(connection)
    changes = books.changes_since(max(since, desk.now() - REMEMBERED).isoformat(timespec="milliseconds"))
    _record(desk, connection, changes)
    if changes.is_full or since < desk.now() - REMEMBERED:
        for page in books.pages_changed_since(since.isoformat(timespec="milliseconds")):
            _record(desk, connection, page)
    with desk.starting() as session:
        connections.caught_up(session, connection.connection_id, changes.until)
    return {"invoices": len(changes.invoices), "full": changes.is_full}


def _record(desk: Desk, connection: Connection, changes: Changes) -> None:
    books = desk.books_of(connection)
    record_customers(desk, connection, Read(changes.customers, changes.began))
    record_items(desk, connection, Read(changes.items, changes.began))
    record_payments(desk, connection, Read(changes.payments, changes.began))
    stale = record_invoices(desk, connection, Read(changes.invoices, changes.began))
    if stale:
        record_invoices(desk, connection, books.invoices(stale))
    record_deleted_invoices(desk, connection, changes.deleted.get("invoice", ()))
    _record_deleted_payments(desk, connection, changes.deleted.get("payment", ()))


def _record_deleted_payments(desk: Desk, connection: Connection, payment_ids: Iterable[str]) -> None:
    with desk.recording() as session:
        for payment_id in sorted(payment_ids):
            payments.record_deleted(session, connection.connection_id, payment_id)
