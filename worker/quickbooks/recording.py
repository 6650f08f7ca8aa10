"""What each kind of change writes down in the commit of its outcome, from the intent and the answer alone (R7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from models.domain import keys
from models.domain.statuses import today_in
from models.records import customers, history, invoices, items, links
from models.records.database import Session, database_now
from models.records.history import LinkedDeal
from models.records.intents import Intent
from models.records.invoices import Reading
from models.records.links import Record
from worker.quickbooks import translation

Recorder = Callable[[Session, Intent, Mapping[str, Any], datetime, str], None]
"""(session, intent, the object as answered, when the ask began, the books' time zone)"""


def customer_created(session: Session, intent: Intent, told: Mapping[str, Any], began: datetime, _zone: str) -> None:
    """The customer's row, and the link from the contact it was made for."""
    found = translation.customer_of(told)
    customers.record(session, intent.company_id, intent.connection_id, found, began)
    _connection, crm, contact_type, contact_id = keys.parts_of(intent.subject)
    links.make(
        session,
        company_id=intent.company_id,
        record=Record(crm, contact_type, contact_id),
        kind="customer",
        connection_id=intent.connection_id,
        book_id=found.customer_id,
        by="dealbooks",
    )


def item_created(session: Session, intent: Intent, told: Mapping[str, Any], began: datetime, _zone: str) -> None:
    """The item's row, and the link from the product it was made for."""
    found = translation.item_of(told)
    items.record(session, intent.company_id, intent.connection_id, found, began)
    _connection, crm, product_id = keys.parts_of(intent.subject)
    links.make(
        session,
        company_id=intent.company_id,
        record=Record(crm, "product", product_id),
        kind="item",
        connection_id=intent.connection_id,
        book_id=found.item_id,
        by="dealbooks",
    )


def invoice_created(session: Session, intent: Intent, told: Mapping[str, Any], began: datetime, zone: str) -> None:
    """The invoice's row with its first line of history, and the link from the deal."""
    found = translation.invoice_of(told)
    crm, deal_id = keys.parts_of(intent.subject)
    reading = _reading(session, intent, began, zone, LinkedDeal(crm, deal_id, intent.slot))
    recorded = invoices.record(session, found, reading, made_here=True)
    links.make(
        session,
        company_id=intent.company_id,
        record=Record(crm, "deal", deal_id),
        kind="invoice",
        connection_id=intent.connection_id,
        book_id=found.invoice_id,
        by="dealbooks",
        slot=intent.slot,
    )
    if not recorded.changed:  # a catch-up was quicker than our own answer: the line that says whose it is
        history.of_link(session, invoices.find(session, intent.connection_id, found.invoice_id), reading.deal)


def invoice_voided(session: Session, intent: Intent, told: Mapping[str, Any], began: datetime, zone: str) -> None:
    """The invoice's row as void, with its line of history."""
    reading = _reading(session, intent, began, zone, None, told_void=True)
    invoices.record(session, translation.invoice_of(told), reading)


def _reading(
    session: Session, intent: Intent, began: datetime, zone: str, deal: LinkedDeal | None, *, told_void: bool = False
) -> Reading:
    return Reading(
        company_id=intent.company_id,
        connection_id=intent.connection_id,
        began=began,
        today=today_in(zone, database_now(session)),
        by="dealbooks",
        told_void=told_void,
        deal=deal,
    )


RECORDERS: Mapping[str, Recorder] = {
    "create_customer": customer_created,
    "create_item": item_created,
    "create_invoice": invoice_created,
    "void_invoice": invoice_voided,
}
