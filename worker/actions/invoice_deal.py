"""A deal was won or changed: invoice it once, or say what stands in the way; never change an invoice by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models.domain import keys
from models.domain.customers import (
    CustomerMatch,
    Recipient,
    display_name,
    email_key,
    match_customer,
    name_key,
    recipient_of,
)
from models.domain.deals import Change, Deal, deal_from, difference
from models.domain.errors import NeedsAttention, Problem, TryLater
from models.domain.events import Event
from models.domain.invoices import BooksSettings, Draft, draft_invoice
from models.domain.items import ItemMatch, match_item
from models.domain.mappings import InvoiceMapping
from models.domain.statuses import today_in
from models.records import (
    companies,
    connections,
    customers,
    deals,
    intents,
    invoices,
    items,
    lanes,
    links,
    reference,
    streams,
)
from models.records.connections import Connection
from models.records.database import Session, database_now
from models.records.deals import KnownDeal
from models.records.intents import Intent, Plan
from models.records.links import Record
from worker import steps
from worker.actions.recording import in_portions
from worker.crm import crm_of
from worker.desk import Desk, Outcome
from worker.quickbooks import translation

TRIGGERS = ("won", "lost", "reopened", "deleted")
LOADING_S = 1.0


@dataclass(frozen=True)
class Known:
    """Everything a decision about an invoice rests on, read in one transaction."""

    match: CustomerMatch
    items: Mapping[str, ItemMatch]
    recipient: Recipient
    draft: Draft | None
    problems: tuple[Problem, ...]
    settings: BooksSettings


def invoice_deal(told: Sequence[Event], desk: Desk) -> Outcome:
    """Record what was told of a deal; if it is won and not invoiced, invoice it; if it is, compare.

    Raises NeedsAttention with every problem at once: no invoice is ever made in part.
    """
    deal = _record(told, desk)
    steps.reached("invoice_deal.recorded")
    if not deal.trigger:
        return {"deal": deal.deal_id, "recorded": True}
    slot = _slot(deal)
    _settle_earlier_asks(desk, deal)
    standing = _standing(desk, deal)
    if standing:
        return _compare(told, deal, standing)
    if deal.trigger != "won":
        return {"deal": deal.deal_id, "recorded": True}
    return invoice_slot(desk, deal, slot, cause=told[-1].event_id)


def invoice_slot(desk: Desk, deal: KnownDeal, slot: str, *, cause: str, released: bool = False) -> Outcome:
    """Make one of a deal's invoices, once."""
    connection = _route(desk, deal)
    books = desk.books_of(connection)
    subject = keys.joined(deal.crm, deal.deal_id)
    done = books.finish(kind="create_invoice", subject=subject, slot=slot) or _made(desk, subject, slot)
    if done is None:
        told = deal_from(deal.crm, deal.snapshot)
        known = _gather(desk, connection, told)
        if known.problems:
            raise NeedsAttention(*known.problems)
        assert known.draft is not None
        if told.wish.draft and not released:
            raise NeedsAttention(_draft_waits(deal))
        customer_id = _customer(desk, connection, known, cause)
        _remember(desk, connection, known, customer_id)
        done = books.perform(_plan(desk, connection, deal, slot, known, customer_id, cause))
    return {"deal": deal.deal_id, "slot": slot, "connection": connection.connection_id, "invoice": done.book_id}


# ---------------------------------------------------------------- what was told


def _record(told: Sequence[Event], desk: Desk) -> KnownDeal:
    """Record each snapshot and each trigger, the older ones where nothing newer is known."""
    with desk.starting() as session:
        for event in told:
            data = event.payload["data"]
            verb = event.kind.rsplit(".", 1)[1]
            deal = deals.told(
                session,
                company_id=desk.company_id,
                crm=crm_of(event.payload),
                deal_id=str(data["deal"]["id"]),
                snapshot=data,
                order=event.order,
                trigger=verb if verb in TRIGGERS else "",
            )
        return deal


def _slot(deal: KnownDeal) -> str:
    return deal_from(deal.crm, deal.snapshot).wish.slot


def _settle_earlier_asks(desk: Desk, deal: KnownDeal) -> None:
    """An invoice that was asked for may stand although its answer was lost, also when the deal was lost since."""
    subject = keys.joined(deal.crm, deal.deal_id)
    with desk.reading() as session:
        asked = intents.unsettled(session, desk.company_id, "create_invoice", subject)
    for intent in asked:
        books = desk.books_of(desk.connection(intent.connection_id))
        books.finish(kind="create_invoice", subject=subject, slot=intent.slot)


def _made(desk: Desk, subject: str, slot: str) -> Intent | None:
    """The intent that made the invoice already, if one did."""
    with desk.reading() as session:
        newest = intents.newest(session, company_id=desk.company_id, kind="create_invoice", subject=subject, slot=slot)
    return newest if newest is not None and newest.state == intents.DONE else None


def _standing(desk: Desk, deal: KnownDeal) -> list[tuple[Any, Intent | None]]:
    """The deal's invoices that we made or that were linked, each with the intent it came from."""
    subject = keys.joined(deal.crm, deal.deal_id)
    with desk.reading() as session:
        linked = links.invoices_of(session, company_id=desk.company_id, crm=deal.crm, deal_id=deal.deal_id)
        return [
            (
                invoices.find(session, link.connection_id, link.book_id),
                intents.newest(
                    session, company_id=desk.company_id, kind="create_invoice", subject=subject, slot=link.slot
                ),
            )
            for link in linked
        ]


def _compare(told: Sequence[Event], deal: KnownDeal, standing: Sequence[tuple[Any, Intent | None]]) -> Outcome:
    """An invoice stands: what changed since becomes a question for a person, never a change of the books (R16)."""
    problems = []
    worthless = [row for row, _ in standing if row is not None and row.status in ("void", "deleted")]
    if len(worthless) == len(standing) and any(event.kind == "crm.deal.won" for event in told):
        raise NeedsAttention(_won_after_void(deal, worthless[0]))
    for row, intent in standing:
        if intent is None or row is None or row in worthless:
            continue
        changes = _changes_since(deal, intent)
        if changes:
            problems.append(_changed_after_invoice(deal, row, changes))
    if problems:
        raise NeedsAttention(*problems)
    return {"deal": deal.deal_id, "unchanged": True}


def _changes_since(deal: KnownDeal, intent: Intent) -> list[Change]:
    """How the deal differs from what was invoiced, or from what a person accepted since."""
    invoiced = intent.decision.get("deal", {})
    changes = list(difference(deal_from(deal.crm, invoiced), deal_from(deal.crm, deal.snapshot))) if invoiced else []
    trigger = str(intent.decision.get("trigger", "won"))
    if deal.trigger not in ("", trigger):
        changes.insert(0, Change("deal", trigger, deal.trigger))
    return changes


# ---------------------------------------------------------------- where it goes


def _route(desk: Desk, deal: KnownDeal) -> Connection:
    """The connection of a deal's invoices: chosen once and kept (R6). Its deals wait until it is loaded."""
    with desk.starting() as session:
        connection = (
            connections.find(session, deal.connection_id)
            if deal.connection_id
            else connections.default_of(session, desk.company_id)
        )
        if connection is not None:
            deals.route(session, deal, connection.connection_id)
            streams.route(session, desk.lease.key, connection.lane)
            is_open = lanes.is_open_now(session, connection.lane)
    if connection is None:
        raise NeedsAttention(_no_connection(deal))
    if not is_open:  # this deal came by the company's own lane; from now on it waits on the connection's
        raise TryLater(0.0, "the connection's lane is paused or parked")
    if connection.loaded_at is None:
        raise TryLater(LOADING_S, "the connection's customers and items are still being read")
    return connection


# ---------------------------------------------------------------- gather and decide


def _gather(desk: Desk, connection: Connection, deal: Deal) -> Known:
    """Read what is known and decide by it: the customer, the items, the draft, or everything that stands in the way."""
    with desk.reading() as session:
        company = companies.find(session, desk.company_id)
        mapping = InvoiceMapping(**(company.settings.get("mapping", {}) if company else {}))
        recipient = recipient_of(deal, mapping)
        match = _match_customer(session, desk.company_id, connection, recipient)
        matches = _match_items(session, desk.company_id, connection, deal)
        tax_codes = reference.tax_codes_of(session, connection.connection_id)
        settings = BooksSettings(**connection.books)
        today = today_in(settings.time_zone, database_now(session))
    issued_on = deal.wish.issue_date or today
    try:
        draft = draft_invoice(
            deal,
            match=match,
            recipient=recipient,
            items=matches,
            tax_codes=tax_codes,
            settings=settings,
            mapping=mapping,
            issued_on=issued_on,
        )
    except NeedsAttention as needed:
        return Known(match, matches, recipient, None, needed.problems, settings)
    return Known(match, matches, recipient, draft, (), settings)


def _match_customer(session: Session, company_id: str, connection: Connection, recipient: Recipient) -> CustomerMatch:
    customer_id = links.of_record(
        session,
        company_id=company_id,
        record=Record(recipient.crm, recipient.contact_type, recipient.contact_id),
        kind="customer",
        connection_id=connection.connection_id,
    )
    linked = customers.find(session, connection.connection_id, customer_id) if customer_id else None
    candidates = customers.candidates(session, connection.connection_id, display_name(recipient), recipient.email)
    return match_customer(recipient, candidates, linked)


def _match_items(session: Session, company_id: str, connection: Connection, deal: Deal) -> dict[str, ItemMatch]:
    products = {line.product.id: line.product for line in deal.lines if line.product is not None}
    linked_ids = links.of_records(
        session,
        company_id=company_id,
        crm=deal.crm,
        record_type="product",
        record_ids=products.keys(),
        kind="item",
        connection_id=connection.connection_id,
    )
    linked = items.of_ids(session, connection.connection_id, linked_ids.values())
    candidates = items.alike(
        session,
        connection.connection_id,
        {product.sku for product in products.values()},
        {product.name for product in products.values()},
    )
    return {
        product_id: match_item(product, candidates, linked.get(linked_ids.get(product_id, "")))
        for product_id, product in products.items()
    }


# ---------------------------------------------------------------- act


def _customer(desk: Desk, connection: Connection, known: Known, cause: str) -> str:
    """The customer to invoice: the matched one, else a new one, made under a hold after a second look (R12)."""
    recipient = known.recipient
    subject = keys.joined(connection.connection_id, recipient.crm, recipient.contact_type, recipient.contact_id)
    books = desk.books_of(connection)
    asked_before = books.finish(kind="create_customer", subject=subject, slot="1")
    if asked_before is not None:
        return str(asked_before.book_id)
    if known.match.customer is not None:
        return known.match.customer.customer_id
    hashed = desk.wiring.sealer.keyed_hash
    holds = [keys.hold_key("customer", connection.connection_id, "name", hashed(name_key(display_name(recipient))))]
    if recipient.email:
        holds.append(keys.hold_key("customer", connection.connection_id, "email", hashed(email_key(recipient.email))))
    desk.hold(*holds)
    steps.reached("customer.held")
    found = _look_again(desk, connection, recipient)
    if found is not None:
        return found
    assert known.draft is not None
    plan = Plan(
        desk.company_id,
        connection.connection_id,
        "create_customer",
        subject,
        cause,
        translation.customer_body(recipient, known.draft.currency, known.settings),
    )
    return str(books.perform(plan).book_id)


def _look_again(desk: Desk, connection: Connection, recipient: Recipient) -> str | None:
    """A second match under the hold: first in our own records, then one fresh look at the books (one billed read)."""
    with desk.reading() as session:
        match = _match_customer(session, desk.company_id, connection, recipient)
    if match.customer is None and not match.problems:
        read = desk.books_of(connection).customers_like(display_name(recipient), recipient.email)
        with desk.recording() as session:
            for found in read.found:
                customers.record(session, desk.company_id, connection.connection_id, found, read.began)
        with desk.reading() as session:
            match = _match_customer(session, desk.company_id, connection, recipient)
    if match.problems:
        raise NeedsAttention(*match.problems)
    return match.customer.customer_id if match.customer else None


def _remember(desk: Desk, connection: Connection, known: Known, customer_id: str) -> None:
    """Keep the pairs that were found by name, number or e-mail, so that a later change of those changes nothing."""
    recipient = known.recipient
    found = [(Record(recipient.crm, recipient.contact_type, recipient.contact_id), "customer", customer_id)]
    found += [
        (Record(recipient.crm, "product", product_id), "item", match.item.item_id)
        for product_id, match in sorted(known.items.items())
        if match.item is not None
    ]
    for portion in in_portions(found, 100):
        with desk.starting() as session:
            for record, kind, book_id in portion:
                links.make(
                    session,
                    company_id=desk.company_id,
                    record=record,
                    kind=kind,
                    connection_id=connection.connection_id,
                    book_id=book_id,
                    by="dealbooks",
                )


def _plan(
    desk: Desk, connection: Connection, deal: KnownDeal, slot: str, known: Known, customer_id: str, cause: str
) -> Plan:
    draft, settings = known.draft, known.settings
    assert draft is not None
    return Plan(
        desk.company_id,
        connection.connection_id,
        "create_invoice",
        keys.joined(deal.crm, deal.deal_id),
        cause,
        translation.invoice_body(draft, customer_id, settings, _exchange_rate(desk, connection, draft, settings)),
        slot=slot,
        decision={"deal": dict(deal.snapshot), "trigger": "won"},
        numbered=settings.custom_numbers and not draft.number,
    )


def _exchange_rate(desk: Desk, connection: Connection, draft: Draft, settings: BooksSettings) -> Decimal | None:
    if draft.currency == settings.home_currency:
        return None
    return desk.books_of(connection).exchange_rate(draft.currency, draft.issued_on.isoformat())


# ---------------------------------------------------------------- what a person must know


def _no_connection(deal: KnownDeal) -> Problem:
    return Problem(
        reason="no_connection",
        cause="connection:none",
        message=f"Deal {deal.deal_id} was won, but this company is connected to no QuickBooks yet.",
        remedy="Connect the company with `dealbooks connections add`; the deal goes on by itself.",
        choices=("retry", "dismiss"),
    )


def _won_after_void(deal: KnownDeal, row: Any) -> Problem:
    return Problem(
        reason="invoice_void_deal_won",
        cause=f"deal:{deal.deal_id} won after invoice {row.invoice_id} was {row.status}",
        message=f"Deal {deal.deal_id} was won, but its invoice {row.number or row.invoice_id} is {row.status} already.",
        remedy="If it is to be invoiced once more, ask for an invoice in another slot (crm.invoice.requested, create).",
        choices=("dismiss",),
    )


def _draft_waits(deal: KnownDeal) -> Problem:
    return Problem(
        reason="draft_waits",
        cause=f"deal:{deal.deal_id} is a draft",
        message=f"The invoice of deal {deal.deal_id} is drafted and complete; the CRM asked to keep it for a person.",
        remedy="Create it with `dealbooks attention resolve <ID> --create`, or dismiss it.",
        choices=("create", "dismiss"),
    )


def _changed_after_invoice(deal: KnownDeal, row: Any, changes: Sequence[Change]) -> Problem:
    said = "; ".join(f"{change.what}: {change.before or 'none'} -> {change.after or 'none'}" for change in changes[:10])
    return Problem(
        reason="deal_changed_after_invoice",
        cause=f"deal:{deal.deal_id} differs from invoice {row.invoice_id}",
        message=f"Deal {deal.deal_id} changed after invoice {row.number or row.invoice_id} was made: {said}.",
        remedy="Keep the invoice as it is, edit it in QuickBooks, or void it.",
        choices=("keep", "edit", "void", "dismiss"),
        detail={
            "connection": row.connection_id,
            "invoice": row.invoice_id,
            "changes": [vars(change) for change in changes],
        },
    )
