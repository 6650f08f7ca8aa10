"""`dealbooks intents`: every change we meant to make in the books, and settling by hand what nobody knows."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import click

from models.domain import keys
from models.domain.books import BookInvoice
from models.domain.errors import Disconnected, TryLater
from models.domain.statuses import today_in
from models.records import connections, customers, events, history, invoices, items, links, streams
from models.records import intents as records
from models.records.connections import Connection
from models.records.database import OPERATOR, Session, database_now
from models.records.history import LinkedDeal
from models.records.intents import Intent
from models.records.invoices import Reading
from models.records.links import Record
from models.records.streams import Lease
from webhooks.cli import asking, looking
from webhooks.cli.common import Refused, data_option, json_option, list_options, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import plain, show_one, show_rows
from worker.desk import Desk
from worker.waking import make_due
from worker.wiring import Wiring

COLUMNS = ("intent_id", "planned_at", "company_id", "kind", "subject", "state", "attempts", "book_id")
UNKNOWN = (records.ASKED, records.UNCERTAIN)
HOLD_S = 60.0
"""Reading the object may take a whole call; nobody else decides about the stream meanwhile."""


@click.group()
def intents() -> None:
    """Intents: each change we meant to make in the books, its exact body and what came of it."""


@intents.command("list")
@list_options
def list_intents(
    company: str | None, state: str | None, since: datetime | None, limit: int, data: str | None, as_json: bool
) -> None:
    """The newest first. States: planned, asked, done, refused, uncertain."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        rows = records.listed(session, company_id=company, state=state, since=since, limit=limit)
    show_rows(rows, as_json, COLUMNS)


@intents.command("show")
@click.argument("intent_id")
@data_option
@json_option
def show_intent(intent_id: str, data: str | None, as_json: bool) -> None:
    """One intent: the body to the letter, request id, marker, attempts, evidence or answer, and Intuit's trace id."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        intent = _intent(session, intent_id)
    show_one(plain(intent), as_json)


@intents.command("settle")
@click.argument("intent_id")
@click.option("--done", "book_id", metavar="ID", help="It was made after all: this is its id in the books.")
@click.option("--refused", "is_refused", is_flag=True, help="It is not in the books; the next attempt is a new one.")
@click.option("--by", metavar="NAME", default=None, help="Who decides; the user logged in here unless told.")
@data_option
@json_option
def settle_intent(
    intent_id: str, book_id: str | None, is_refused: bool, by: str | None, data: str | None, as_json: bool
) -> None:
    """Settle by hand an intent of which nobody knows whether the books have it.

    With --done the object is read from the books first (one billed read) and must be there. Look there before you say
    --refused: what waits for the intent then makes it anew, under a new request id.
    """
    if (book_id is None) == (not is_refused):
        raise click.UsageError("Say --done ID or --refused, one of the two.")
    with opened(data) as wiring:
        settled = settle(wiring, intent_id, book_id, by or asking.whoever_types())
    show_one(plain(settled), as_json)


def settle(wiring: Wiring, intent_id: str, book_id: str | None, by: str) -> Intent:
    """Write down what a person knows: the id in the books, or (None) that it is not there. Raises Refused."""
    with wiring.database.reading(OPERATOR) as session:
        intent = _intent(session, intent_id)
        stream = _stream_of(session, intent)
        connection = connections.find(session, intent.connection_id)
    if connection is None:
        raise Refused(f"The connection {intent.connection_id} is gone, so its books cannot be looked at.")
    with _alone_with(wiring, intent, stream) as desk:
        found = _read(desk, connection, intent, book_id) if book_id is not None else None
        with desk.starting() as session:
            _refuse_settled(session, intent)
            _write(session, intent, found, by)
            desk.count_calls(session)
    with wiring.database.reading(OPERATOR) as session:
        queues = {key: known.queue for key, known in looking.streams_of(session, [stream]).items()}
    make_due(wiring, queues, OPERATOR)
    with wiring.database.reading(OPERATOR) as session:
        return _intent(session, intent_id)


def _intent(session: Session, intent_id: str) -> Intent:
    found = records.find(session, intent_id)
    if found is None:
        raise not_found("intent", intent_id, "`dealbooks intents list` shows the newest")
    return found


# ---------------------------------------------------------------- nobody else may decide meanwhile (R5)


def _stream_of(session: Session, intent: Intent) -> str:
    """The stream in which the intent is decided: its cause's."""
    cause = events.row_of(session, intent.cause)
    return str(cause.stream) if cause is not None else f"intent:{intent.intent_id}"


@contextmanager
def _alone_with(wiring: Wiring, intent: Intent, stream: str) -> Iterator[Desk]:
    """A desk with the lease of the intent's stream. Raises Refused where somebody works on it now."""
    _refuse_known(intent)
    token = f"settle-{secrets.token_hex(8)}"
    with wiring.database.writing(intent.company_id) as session:
        taken = streams.take_holds(session, [stream], company_id=intent.company_id, token=token, for_s=HOLD_S)
    if not taken:
        raise _busy(intent)
    lease = Lease(stream, "", "", intent.company_id, token, 0, False)
    try:
        yield Desk(wiring, lease, intent.company_id)
    finally:
        with wiring.database.writing(intent.company_id) as session:
            streams.drop_holds(session, token)
            streams.release(session, lease, due_in_s=None, keep_attempts=True, give_back=False)


def _refuse_known(intent: Intent) -> None:
    if intent.state not in UNKNOWN:
        raise Refused(
            f"Intent {intent.intent_id} is {intent.state}; only one whose outcome is unknown ({' or '.join(UNKNOWN)}) "
            "can be settled by hand.",
            code="already_settled",
        )


def _refuse_settled(session: Session, seen: Intent) -> None:
    """Between our look and this commit nobody may have asked again or learned the outcome."""
    now_stands = looking.hold_intent(session, seen.intent_id)
    assert now_stands is not None
    _refuse_known(now_stands)
    if now_stands.attempts != seen.attempts or (now_stands.asker and streams.is_leased(session, now_stands.asker)):
        raise _busy(seen)


def _busy(intent: Intent) -> Refused:
    return Refused(
        f"Somebody is asking for {intent.intent_id} just now: wait half a minute and see `dealbooks intents show "
        f"{intent.intent_id}`.",
        code="in_progress",
    )


# ---------------------------------------------------------------- what the books say, and what is written down


@dataclass(frozen=True)
class Found:
    """The object a person named, as the books gave it, and whether it proves by itself that it is ours."""

    book_id: str
    has_marker: bool
    record: Callable[[Session], None]


def _read(desk: Desk, connection: Connection, intent: Intent, book_id: str) -> Found:
    """Read the named object. Raises Refused where it is not there, is not what was asked for, or cannot be read."""
    try:
        found = READERS[intent.kind](desk, connection, intent, book_id)
    except (TryLater, Disconnected) as error:
        raise Refused(f"The books cannot be read now ({error}): nothing was settled.", status=503) from None
    if found is None:
        raise Refused(
            f"The books hold no {intent.kind.rpartition('_')[2]} {book_id}: check the id there; nothing was settled.",
            code="not_in_the_books",
            status=404,
        )
    return found


def _invoice(desk: Desk, connection: Connection, intent: Intent, book_id: str) -> Found | None:
    read = desk.books_of(connection).invoices([book_id])
    found = next(iter(read.found), None)
    if found is None:
        return None

    def record(session: Session) -> None:
        crm, deal_id = keys.parts_of(intent.subject)
        deal = LinkedDeal(crm, deal_id, intent.slot)
        reading = _reading(session, connection, read.began, deal)
        recorded = invoices.record(session, found, reading, made_here=True)
        _link(session, intent, Record(crm, "deal", deal_id), "invoice", book_id, intent.slot)
        if not recorded.changed:
            history.of_link(session, invoices.find(session, connection.connection_id, book_id), deal)

    return Found(book_id, intent.marker in found.private_note, record)


def _voided(desk: Desk, connection: Connection, intent: Intent, book_id: str) -> Found | None:
    read = desk.books_of(connection).invoices([book_id])
    found = next(iter(read.found), None)
    if found is None:
        return None
    _refuse_not_void(intent, found)

    def record(session: Session) -> None:
        invoices.record(session, found, _reading(session, connection, read.began, None))

    return Found(book_id, True, record)


def _customer(desk: Desk, connection: Connection, intent: Intent, book_id: str) -> Found | None:
    read = desk.books_of(connection).customers([book_id])
    found = next(iter(read.found), None)
    if found is None:
        return None

    def record(session: Session) -> None:
        customers.record(session, intent.company_id, connection.connection_id, found, read.began)
        _, crm, contact_type, contact_id = keys.parts_of(intent.subject)
        _link(session, intent, Record(crm, contact_type, contact_id), "customer", book_id)

    return Found(book_id, intent.marker in found.notes, record)


def _item(desk: Desk, connection: Connection, intent: Intent, book_id: str) -> Found | None:
    read = desk.books_of(connection).items([book_id])
    found = next(iter(read.found), None)
    if found is None:
        return None

    def record(session: Session) -> None:
        items.record(session, intent.company_id, connection.connection_id, found, read.began)
        _, crm, product_id = keys.parts_of(intent.subject)
        _link(session, intent, Record(crm, "product", product_id), "item", book_id)

    return Found(book_id, False, record)


READERS: Mapping[str, Callable[[Desk, Connection, Intent, str], Found | None]] = {
    "create_invoice": _invoice,
    "void_invoice": _voided,
    "create_customer": _customer,
    "create_item": _item,
}


def _refuse_not_void(intent: Intent, found: BookInvoice) -> None:
    named = str(json.loads(intent.body).get("Id"))
    if found.invoice_id != named or found.total or not found.private_note.startswith("Voided"):
        raise Refused(
            f"Invoice {found.invoice_id} is not the void one that was asked for ({named}); nothing was settled.",
            code="not_in_the_books",
        )


def _write(session: Session, intent: Intent, found: Found | None, by: str) -> None:
    """The outcome together with the row, the link and the history line that follow from it (R7)."""
    if found is None:
        records.settle(
            session, intent, records.REFUSED, outcome={"by": by, "evidence": "a person says it is not there"}
        )
        return
    evidence = "a person named it" + (", and it carries our marker" if found.has_marker else "")
    outcome = {"by": by, "evidence": evidence}
    records.settle(session, intent, records.DONE, outcome=outcome, book_id=found.book_id, intuit_tid=intent.intuit_tid)
    found.record(session)


def _reading(session: Session, connection: Connection, began: datetime, deal: LinkedDeal | None) -> Reading:
    return Reading(
        company_id=connection.company_id,
        connection_id=connection.connection_id,
        began=began,
        today=today_in(str(connection.books.get("time_zone", "UTC")), database_now(session)),
        told_void=deal is None,
        deal=deal,
    )


def _link(session: Session, intent: Intent, record: Record, kind: str, book_id: str, slot: str = "") -> None:
    links.make(
        session,
        company_id=intent.company_id,
        record=record,
        kind=kind,
        connection_id=intent.connection_id,
        book_id=book_id,
        by="command",
        slot=slot,
    )
