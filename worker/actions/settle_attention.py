"""A person decided about a point of attention: do what was chosen, and wake everything that waited for the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.domain import keys
from models.domain.customers import Recipient, display_name, recipient_of
from models.domain.deals import deal_from
from models.domain.errors import NeedsAttention, Problem
from models.domain.events import Event
from models.domain.invoices import BooksSettings
from models.domain.mappings import InvoiceMapping
from models.records import attention, companies, connections, deals, events, intents, items, links
from models.records.connections import Connection
from models.records.deals import KnownDeal
from models.records.intents import Plan
from models.records.links import Record
from worker.actions.invoice_deal import invoice_slot
from worker.actions.void_invoice import void_invoice
from worker.desk import Desk, Outcome
from worker.quickbooks import translation
from worker.waking import count_wake, make_due


def settle_attention(event: Event, desk: Desk) -> Outcome:
    """Carry out `attention resolve`. A point that is settled already is left as it is."""
    chosen = event.payload
    with desk.reading() as session:
        point = attention.find(session, str(chosen["attention"]))
    if point is None or point.state != "open" or point.company_id != desk.company_id:
        return {"attention": chosen["attention"], "already": "settled"}
    CHOICES[str(chosen["choice"])](point, event, desk)
    return {"attention": point.attention_id, "choice": chosen["choice"]}


# ---------------------------------------------------------------- the choices


def _link_item(point: Any, event: Event, desk: Desk) -> None:
    """This product is that item."""
    product = Record(point.crm, "product", _product_id(point))
    _link(point, desk, product, str(event.payload["value"]), "item", str(event.payload["by"]))
    _wake(point, event, desk)


def _link_customer(point: Any, event: Event, desk: Desk) -> None:
    """This contact is that customer."""
    recipient = _recipient(point, desk)
    contact = Record(recipient.crm, recipient.contact_type, recipient.contact_id)
    _link(point, desk, contact, str(event.payload["value"]), "customer", str(event.payload["by"]))
    _wake(point, event, desk)


def _create(point: Any, event: Event, desk: Desk) -> None:
    """Make what is missing: the item, the customer, or the drafted invoice."""
    if point.cause.startswith("product:"):
        _create_item(point, event, desk)
    elif point.reason == "draft_waits":
        deal = _deal(point, desk)
        slot = deal_from(deal.crm, deal.snapshot).wish.slot
        invoice_slot(desk, deal, slot, cause=event.event_id, released=True)
        _close(point, event, desk, events.DONE)
        return
    else:
        _create_customer(point, event, desk)
    _wake(point, event, desk)


def _keep(point: Any, event: Event, desk: Desk) -> None:
    """The invoice stays as it is; from now on the deal is compared with how it is now."""
    deal = _deal(point, desk)
    subject = keys.joined(deal.crm, deal.deal_id)
    with desk.starting() as session:
        for link in links.invoices_of(session, company_id=desk.company_id, crm=deal.crm, deal_id=deal.deal_id):
            intent = intents.newest(
                session, company_id=desk.company_id, kind="create_invoice", subject=subject, slot=link.slot
            )
            if intent is not None:
                accepted = {**intent.decision, "deal": dict(deal.snapshot), "trigger": deal.trigger or "won"}
                intents.accept(session, intent, accepted)
    _close(point, event, desk, events.DONE)


def _void(point: Any, event: Event, desk: Desk) -> None:
    """Void the invoice that the point is about."""
    connection = desk.connection(str(point.detail["connection"]))
    void_invoice(desk, connection, str(point.detail["invoice"]), event.event_id)
    _close(point, event, desk, events.DONE)


def _edit(point: Any, event: Event, desk: Desk) -> None:
    """A person edits the invoice in QuickBooks; what they change there arrives by itself."""
    _keep(point, event, desk)


def _retry(point: Any, event: Event, desk: Desk) -> None:
    """Try once more as things are now."""
    _wake(point, event, desk)


def _dismiss(point: Any, event: Event, desk: Desk) -> None:
    """Nothing is to be done about it."""
    _close(point, event, desk, events.IGNORED)


CHOICES: Mapping[str, Callable[[Any, Event, Desk], None]] = {
    "item": _link_item,
    "customer": _link_customer,
    "create": _create,
    "keep": _keep,
    "edit": _edit,
    "void": _void,
    "retry": _retry,
    "dismiss": _dismiss,
}


# ---------------------------------------------------------------- how a point ends


def _wake(point: Any, event: Event, desk: Desk) -> None:
    """Let everything that waited for the same cause be decided again."""
    count_wake(desk.wiring, desk.company_id)
    with desk.starting() as session:
        waiting = {point.stream, *attention.streams_with_cause(session, desk.company_id, point.cause)}
        for stream in sorted(waiting):
            events.replay(session, [parked.event_id for parked in events.parked(session, stream)])
            for row in attention.open_of_stream(session, desk.company_id, stream):
                if row.cause == point.cause:
                    _resolve(session, row, event)
    make_due(desk.wiring, dict.fromkeys(waiting, "deals"), desk.company_id)


def _close(point: Any, event: Event, desk: Desk, state: str) -> None:
    """Settle this point and what was parked for it; other points of the stream keep their events parked."""
    with desk.starting() as session:
        _resolve(session, point, event)
        if not attention.open_of_stream(session, desk.company_id, point.stream):
            parked = [parked.event_id for parked in events.parked(session, point.stream)]
            events.settle(session, parked, state, {"attention": point.attention_id, "choice": event.payload["choice"]})


def _resolve(session: Any, point: Any, event: Event) -> None:
    attention.resolve(session, point.attention_id, by=str(event.payload["by"]), resolution=str(event.payload["choice"]))


# ---------------------------------------------------------------- what the choices need


def _deal(point: Any, desk: Desk) -> KnownDeal:
    with desk.reading() as session:
        deal = deals.find(session, desk.company_id, point.crm or "", point.deal_id or "")
    if deal is None:
        raise NeedsAttention(_not_for_this(point))
    return deal


def _connection(point: Any, desk: Desk) -> Connection:
    """The connection the point's deal goes to."""
    deal = _deal(point, desk)
    with desk.reading() as session:
        found = (
            connections.find(session, deal.connection_id)
            if deal.connection_id
            else connections.default_of(session, desk.company_id)
        )
    if found is None:
        raise NeedsAttention(_not_for_this(point))
    return found


def _link(point: Any, desk: Desk, record: Record, book_id: str, kind: str, by: str) -> None:
    connection = _connection(point, desk)
    with desk.starting() as session:
        links.make(
            session,
            company_id=desk.company_id,
            record=record,
            kind=kind,
            connection_id=connection.connection_id,
            book_id=book_id,
            by=by,
        )


def _recipient(point: Any, desk: Desk) -> Recipient:
    """Whom the point's deal is to be invoiced to."""
    deal = _deal(point, desk)
    with desk.reading() as session:
        company = companies.find(session, desk.company_id)
    mapping = InvoiceMapping(**(company.settings.get("mapping", {}) if company else {}))
    return recipient_of(deal_from(deal.crm, deal.snapshot), mapping)


def _product_id(point: Any) -> str:
    """The CRM's id in a cause such as `product:77 not linked`."""
    return str(point.cause).partition(":")[2].removesuffix(" not linked")


def _create_item(point: Any, event: Event, desk: Desk) -> None:
    """Make an item named as the product; what sells most in the books tells the account it is booked to."""
    connection = _connection(point, desk)
    deal = _deal(point, desk)
    product_id = _product_id(point)
    lines = deal_from(deal.crm, deal.snapshot).lines
    product = next(line.product for line in lines if line.product is not None and line.product.id == product_id)
    books = desk.books_of(connection)
    with desk.reading() as session:
        account = items.usual_income_account(session, connection.connection_id)
    account = account or books.income_account()
    if account is None:
        raise NeedsAttention(_no_income_account(product_id))
    name = " ".join(product.name.replace(":", "-").split())[:100] or product.sku or product_id
    hashed = desk.wiring.sealer.keyed_hash(name.casefold())
    desk.hold(keys.hold_key("item", connection.connection_id, "name", hashed))
    books.perform(
        Plan(
            desk.company_id,
            connection.connection_id,
            "create_item",
            keys.joined(connection.connection_id, deal.crm, product_id),
            event.event_id,
            translation.item_body(name, product.sku, account),
            again=True,
        )
    )


def _create_customer(point: Any, event: Event, desk: Desk) -> None:
    """Make a new customer although one is alike: the contact's id behind the name tells them apart."""
    connection = _connection(point, desk)
    deal = _deal(point, desk)
    recipient = _recipient(point, desk)
    settings = BooksSettings(**connection.books)
    body = translation.customer_body(recipient, deal_from(deal.crm, deal.snapshot).currency, settings)
    body["DisplayName"] = f"{display_name(recipient)[:450]} ({recipient.contact_id})"
    hashed = desk.wiring.sealer.keyed_hash(body["DisplayName"].casefold())
    desk.hold(keys.hold_key("customer", connection.connection_id, "name", hashed))
    subject = keys.joined(connection.connection_id, recipient.crm, recipient.contact_type, recipient.contact_id)
    desk.books_of(connection).perform(
        Plan(desk.company_id, connection.connection_id, "create_customer", subject, event.event_id, body, again=True)
    )


def _not_for_this(point: Any) -> Problem:
    return Problem(
        reason=point.reason,
        cause=point.cause,
        message=point.message,
        remedy=f"This choice does not fit this point. {point.remedy}",
        choices=tuple(point.choices),
        detail=point.detail,
    )


def _no_income_account(product_id: str) -> Problem:
    return Problem(
        reason="product_not_linked",
        cause=f"product:{product_id} not linked",
        message=f"No item can be made for product {product_id}: the books have no income account.",
        remedy="Add an income account or the item in QuickBooks, then link it.",
        choices=("item", "create", "dismiss"),
    )
