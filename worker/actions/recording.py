"""What several actions write down alike: objects just read from the books, in transactions of a bounded size (R15)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from models.domain.books import BookCustomer, BookInvoice, BookItem, BookPayment
from models.domain.statuses import today_in
from models.records import customers, invoices, items, payments
from models.records.connections import Connection
from models.records.database import Session, database_now
from models.records.invoices import Reading
from worker import steps
from worker.desk import Desk
from worker.ports import Read
from worker.waking import wake_reason

T = TypeVar("T")
ITEM_REASONS = ("product_not_linked", "product_ambiguous", "item_inactive")
CUSTOMER_REASONS = ("customer_ambiguous", "customer_inactive", "customer_name_taken")
"""What may be settled by a change of items, or of customers, in the books."""
ROWS_AT_ONCE = 40
"""So many objects in one transaction; an invoice may take five rows, and SQLite shall not write more than 200."""


def in_portions(found: Iterable[T], at_once: int = ROWS_AT_ONCE) -> Iterable[Sequence[T]]:
    rest = iter(found)
    while portion := list(islice(rest, at_once)):
        yield portion


def record_invoices(
    desk: Desk, connection: Connection, read: Read[BookInvoice], told_void: Collection[str] = ()
) -> list[str]:
    """Record invoices as read; gives the ids of those that need one fresh read (R10)."""
    steps.reached("invoices.read")
    stale: list[str] = []
    zone = str(connection.books.get("time_zone", "UTC"))

    def one(session: Session, found: BookInvoice) -> None:
        reading = Reading(
            company_id=desk.company_id,
            connection_id=connection.connection_id,
            began=read.began,
            today=today_in(zone, database_now(session)),
            told_void=found.invoice_id in told_void,
            paid_on=payments.last_paid_on(session, connection.connection_id, found.invoice_id),
        )
        if invoices.record(session, found, reading).stale:
            stale.append(found.invoice_id)

    _record(desk, sorted(read.found, key=lambda found: found.invoice_id), one)
    return stale


def record_payments(desk: Desk, connection: Connection, read: Read[BookPayment]) -> None:
    def one(session: Session, found: BookPayment) -> None:
        payments.record(session, desk.company_id, connection.connection_id, found, read.began)

    _record(desk, sorted(read.found, key=lambda found: found.payment_id), one)


def record_customers(desk: Desk, connection: Connection, read: Read[BookCustomer]) -> None:
    """Record customers as read; one that is new, or named anew, may settle which one a deal's contact is."""
    found = sorted(read.found, key=lambda found: found.customer_id)
    if _record_named(desk, connection, found, read.began, customers.is_known_so, customers.record):
        wake_reason(desk.wiring, desk.company_id, *CUSTOMER_REASONS)


def record_items(desk: Desk, connection: Connection, read: Read[BookItem]) -> None:
    """Record items as read; one that is new, or named anew, may be what an unlinked product waits for."""
    found = sorted(read.found, key=lambda found: found.item_id)
    if _record_named(desk, connection, found, read.began, items.is_known_so, items.record):
        wake_reason(desk.wiring, desk.company_id, *ITEM_REASONS)


def _record_named(
    desk: Desk,
    connection: Connection,
    found: Sequence[T],
    began: datetime,
    is_known_so: Callable[[Session, str, T], bool],
    record: Callable[[Session, str, str, T, datetime], bool],
) -> bool:
    """Record what is found by name; says whether any of it is known otherwise than before."""
    is_news = False

    def one(session: Session, each: T) -> None:
        nonlocal is_news
        is_as_before = is_known_so(session, connection.connection_id, each)
        if record(session, desk.company_id, connection.connection_id, each, began):
            is_news = is_news or not is_as_before

    _record(desk, found, one)
    return is_news


def record_deleted_invoices(desk: Desk, connection: Connection, invoice_ids: Iterable[str]) -> None:
    zone = str(connection.books.get("time_zone", "UTC"))

    def one(session: Session, invoice_id: str) -> None:
        at = database_now(session)
        reading = Reading(desk.company_id, connection.connection_id, at, today_in(zone, at))
        invoices.record_deleted(session, reading, invoice_id)

    _record(desk, sorted(set(invoice_ids)), one)


def _record(desk: Desk, found: Sequence[T], one: Callable[[Session, T], None]) -> None:
    for portion in in_portions(found):
        with desk.recording() as session:
            for each in portion:
                one(session, each)
