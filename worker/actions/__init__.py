"""What we do about each kind of event: one file for each thing, registered here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from worker.actions.age_invoices import age_invoices
from worker.actions.answer_request import answer_request
from worker.actions.catch_up import catch_up, catch_up_when_asked
from worker.actions.invoice_deal import invoice_deal
from worker.actions.load_books import load_books
from worker.actions.record_contact import record_contact
from worker.actions.record_product import record_product
from worker.actions.record_quote import record_quote
from worker.actions.refresh_books import refresh_books
from worker.actions.settle_attention import settle_attention
from worker.desk import Desk


@dataclass(frozen=True)
class Action:
    """What is run for an event: `run(event, desk)`, or `run(events, desk)` where it takes all that wait at once."""

    run: Callable[[Any, Desk], Any]
    batch: bool = False


DECISION = "attention.resolved"

_deal = Action(invoice_deal, batch=True)
_refresh = Action(refresh_books, batch=True)

ACTIONS: Mapping[str, Action] = {
    "crm.deal.created": _deal,
    "crm.deal.updated": _deal,
    "crm.deal.won": _deal,
    "crm.deal.lost": _deal,
    "crm.deal.reopened": _deal,
    "crm.deal.deleted": _deal,
    "crm.invoice.requested": Action(answer_request),
    "crm.product.upserted": Action(record_product),
    "crm.product.deleted": Action(record_product),
    "crm.organization.upserted": Action(record_contact),
    "crm.organization.deleted": Action(record_contact),
    "crm.person.upserted": Action(record_contact),
    "crm.person.deleted": Action(record_contact),
    "crm.quote.published": Action(record_quote),
    "crm.quote.accepted": Action(record_quote),
    "crm.quote.expired": Action(record_quote),
    DECISION: Action(settle_attention),
    "connection.made": Action(load_books),
    "catch_up.requested": Action(catch_up_when_asked),
    **{
        f"quickbooks.{entity}.{operation}": _refresh
        for entity in ("invoice", "payment", "customer", "item", "preferences", "term")
        for operation in ("created", "updated", "deleted", "merged", "void", "emailed")
    },
}

TIMERS: Mapping[str, Callable[[Desk], Any]] = {"catch-up": catch_up, "overdue": age_invoices}
"""What is run when a timer is due, by the first part of its stream's key; how often is in worker/schedule.py."""
