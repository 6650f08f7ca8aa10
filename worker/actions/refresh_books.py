"""QuickBooks told of changes: read what they are about, all that wait at once, and record what is newer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.domain import keys
from models.domain.events import Event
from models.domain.invoices import DISCOUNTS_OFF, MULTICURRENCY_OFF
from models.domain.taxes import SALES_TAX_OFF
from models.records import connections, customers, intents, invoices, items, links, payments
from models.records.connections import Connection
from models.records.database import Session
from worker import steps
from worker.actions.recording import (
    record_customers,
    record_deleted_invoices,
    record_invoices,
    record_items,
    record_payments,
)
from worker.desk import Desk, Outcome
from worker.waking import wake_cause

WAIT_FOR_OUR_ANSWER_S = 60.0
"""How long a notification of something unknown waits while an answer of ours that may explain it is under way (R11)."""
LOOK_AGAIN_S = 1.0
OUR_KIND = {"invoice": "create_invoice", "customer": "create_customer", "item": "create_item"}


@dataclass(frozen=True)
class Hint:
    """What a notification says: what happened to which object."""

    event: Event
    entity: str
    book_id: str
    operation: str


def refresh_books(told: Sequence[Event], desk: Desk) -> Outcome:
    """One read for all invoices that notifications are about; echoes of our own changes cost none (R11)."""
    connection = _connection(desk)
    hints = [_hint(event) for event in told]
    fresh = _without_echoes(desk, connection, hints)
    fresh = _without_unexplained(desk, connection, fresh)
    _follow_merges(desk, connection, fresh)
    _reload_settings(desk, connection, fresh)
    _refresh_names(desk, connection, fresh)
    paid = _refresh_payments(desk, connection, fresh)
    wanted = _ids(fresh, "invoice", without="deleted") | paid
    deleted = _ids(fresh, "invoice", only="deleted")
    if wanted - deleted:
        books = desk.books_of(connection)
        told_void = _ids(fresh, "invoice", only="void")
        stale = record_invoices(desk, connection, books.invoices(wanted - deleted), told_void)
        if stale:
            record_invoices(desk, connection, books.invoices(stale), told_void)
    record_deleted_invoices(desk, connection, deleted)
    return {"read": len(wanted - deleted), "echoes": len(hints) - len(fresh)}


def _connection(desk: Desk) -> Connection:
    _, environment, fingerprint = keys.parts_of(desk.lease.key)
    with desk.reading() as session:
        found = connections.of_realm(session, environment, fingerprint)
    if found is None:
        raise LookupError("a stream of books without a connection")
    return found


def _hint(event: Event) -> Hint:
    payload = event.payload
    return Hint(event, str(payload["entity"]), str(payload["id"]), str(payload["operation"]))


# ---------------------------------------------------------------- which of them need no read


def _without_echoes(desk: Desk, connection: Connection, hints: Sequence[Hint]) -> list[Hint]:
    """Drop what only repeats our own answers, known by what it says: the `created` of an id that our answer gave us,
    the `void` of an invoice we voided. `updated` is always read (R11)."""
    with desk.reading() as session:
        made = {
            entity: intents.made(session, connection.connection_id, kind, _list(hints, entity, "created"))
            for entity, kind in OUR_KIND.items()
        }
        voided = intents.made(session, connection.connection_id, "void_invoice", _list(hints, "invoice", "void"))

    def is_echo(hint: Hint) -> bool:
        if hint.operation == "created":
            return hint.book_id in made.get(hint.entity, ())
        return hint.operation == "void" and hint.book_id in voided

    return [hint for hint in hints if not is_echo(hint)]


def _without_unexplained(desk: Desk, connection: Connection, hints: Sequence[Hint]) -> list[Hint]:
    """Let wait what is about an unknown id while an answer of ours is under way that may make it known (R11)."""
    at = desk.now()
    steps.reached("refresh.before_known")
    with desk.reading() as session:
        unknown = {entity: _unknown(session, connection, entity, hints) for entity in OUR_KIND}
    settled: list[Hint] = []
    for hint in hints:
        is_young = (at - hint.event.received_at).total_seconds() < WAIT_FOR_OUR_ANSWER_S
        if is_young and hint.book_id in unknown.get(hint.entity, ()):
            desk.defer(hint.event.event_id, LOOK_AGAIN_S)
        else:
            settled.append(hint)
    return settled


def _unknown(session: Session, connection: Connection, entity: str, hints: Sequence[Hint]) -> set[str]:
    ids = {hint.book_id for hint in hints if hint.entity == entity}
    if not ids or not intents.any_under_way(session, connection.connection_id, OUR_KIND[entity]):
        return set()
    known = {"invoice": invoices.known_of, "customer": customers.known_of, "item": items.known_of}[entity]
    return ids - known(session, connection.connection_id, ids)


# ---------------------------------------------------------------- what is read


def _refresh_payments(desk: Desk, connection: Connection, hints: Sequence[Hint]) -> set[str]:
    """Record the payments told of; gives the invoices that they were or are applied to."""
    told = _ids(hints, "payment")
    if not told:
        return set()
    gone = _ids(hints, "payment", only="deleted")
    with desk.reading() as session:
        touched = payments.invoices_of(session, connection.connection_id, told)
    if told - gone:
        read = desk.books_of(connection).payments(told - gone)
        record_payments(desk, connection, read)
        touched |= {invoice_id for found in read.found for invoice_id in found.applied}
    if gone:
        with desk.recording() as session:
            for payment_id in sorted(gone):
                payments.record_deleted(session, connection.connection_id, payment_id)
    return touched


def _refresh_names(desk: Desk, connection: Connection, hints: Sequence[Hint]) -> None:
    books = desk.books_of(connection)
    if wanted := _ids(hints, "customer"):
        record_customers(desk, connection, books.customers(wanted))
    if wanted := _ids(hints, "item"):
        record_items(desk, connection, books.items(wanted))


def _follow_merges(desk: Desk, connection: Connection, hints: Sequence[Hint]) -> None:
    merged = [hint for hint in hints if hint.operation == "merged" and hint.event.payload.get("deleted_id")]
    for hint in merged:
        loser = str(hint.event.payload["deleted_id"])
        with desk.recording() as session:
            if hint.entity == "customer":
                customers.merged(session, connection.connection_id, loser, hint.book_id)
            links.follow_merge(session, connection.connection_id, hint.entity, loser, hint.book_id)


def _reload_settings(desk: Desk, connection: Connection, hints: Sequence[Hint]) -> None:
    if any(hint.entity == "preferences" for hint in hints):
        settings: Mapping[str, object] = desk.books_of(connection).settings()
        with desk.recording() as session:
            connections.know_books(session, connection.connection_id, settings)
        wake_cause(desk.wiring, desk.company_id, DISCOUNTS_OFF, MULTICURRENCY_OFF, SALES_TAX_OFF)


def _ids(hints: Iterable[Hint], entity: str, *, only: str = "", without: str = "") -> set[str]:
    return {
        hint.book_id
        for hint in hints
        if hint.entity == entity and (not only or hint.operation == only) and hint.operation != without
    }


def _list(hints: Iterable[Hint], entity: str, operation: str) -> list[str]:
    return sorted(_ids(hints, entity, only=operation))
