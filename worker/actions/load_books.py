"""A connection was made: read its settings, customers and items once, before any of its deals is decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from models.domain.events import Event
from models.records import connections, reference, streams
from models.records.connections import Connection
from worker.actions.recording import record_customers, record_items
from worker.desk import Desk, Outcome
from worker.ports import Read
from worker.schedule import set_timers
from worker.waking import wake_cause

T = TypeVar("T")
PAGE = 1000


def load_books(event: Event, desk: Desk) -> Outcome:
    """Read what a decision needs (one billed read for each 1,000 customers or items), then let the deals go on."""
    connection = desk.connection(str(event.payload["connection"]))
    began = _read_settings(desk, connection)
    books = desk.books_of(connection)
    customers = _read_all(books.page_of_customers, lambda read: record_customers(desk, connection, read))
    items = _read_all(books.page_of_items, lambda read: record_items(desk, connection, read))
    with desk.starting() as session:
        streams.wake_lane(session, connection.lane)
        if connection.caught_up_to is None:
            connections.loaded(session, connection.connection_id, began)
        set_timers(session, connection)
    wake_cause(desk.wiring, desk.company_id, "connection:none")
    return {"customers": customers, "items": items}


def _read_settings(desk: Desk, connection: Connection) -> str:
    """Record the books' settings, terms and tax codes; gives the books' own time before anything was read."""
    books = desk.books_of(connection)
    settings = books.settings()
    began = books.server_time
    terms, tax_codes = books.terms(), books.tax_codes()
    at = desk.now()
    with desk.recording() as session:
        connections.know_books(session, connection.connection_id, settings)
        reference.record_terms(session, desk.company_id, connection.connection_id, terms, at)
        reference.record_tax_codes(session, desk.company_id, connection.connection_id, tax_codes, at)
    return began


def _read_all(read_page: Callable[[int], Read[T]], record: Callable[[Read[T]], None]) -> int:
    """Read and record page after page; gives how many rows there were."""
    first = 1
    while True:
        read = read_page(first)
        record(read)
        first += len(read.found)
        if len(read.found) < PAGE:
            return first - 1
