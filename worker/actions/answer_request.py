"""Somebody asked for something to be done with an invoice: do what was asked, or say why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from models.domain import keys
from models.domain.errors import NeedsAttention, Problem
from models.domain.events import Event
from models.records import connections, deals, links
from models.records.connections import Connection
from models.records.deals import KnownDeal
from worker.actions.invoice_deal import invoice_slot
from worker.actions.void_invoice import void_invoice
from worker.crm import crm_of
from worker.desk import Desk, Outcome


def answer_request(event: Event, desk: Desk) -> Outcome:
    """Do what `crm.invoice.requested` asks. Raises NeedsAttention where it cannot be done."""
    ask = str(event.payload["data"]["ask"])
    answer = ASKS.get(ask)
    if answer is None:
        raise NeedsAttention(_not_available(ask))
    return answer(event, desk)


def _create(event: Event, desk: Desk) -> Outcome:
    """Make one of the deal's invoices, also where the CRM asked to keep it as a draft before."""
    data = event.payload["data"]
    deal = _deal(event, desk)
    if deal is None or not deal.snapshot:
        raise NeedsAttention(_deal_unknown(data))
    return invoice_slot(desk, deal, str(data.get("slot") or "1"), cause=event.event_id, released=True)


def _void(event: Event, desk: Desk) -> Outcome:
    """Void the invoice named by its id, or the one in the named slot of the deal."""
    connection, invoice_id = _invoice(event, desk)
    return void_invoice(desk, connection, invoice_id, event.event_id)


ASKS: Mapping[str, Callable[[Event, Desk], Outcome]] = {"create": _create, "release": _create, "void": _void}
"""What can be asked for; every other ask of the contract becomes attention until it is brought."""


def _deal(event: Event, desk: Desk) -> KnownDeal | None:
    told = event.payload["data"].get("deal") or {}
    if not told.get("id"):
        return None
    with desk.reading() as session:
        return deals.find(session, desk.company_id, crm_of(event.payload), str(told["id"]))


def _invoice(event: Event, desk: Desk) -> tuple[Connection, str]:
    """Which invoice is meant, and in which books."""
    data: Mapping[str, Any] = event.payload["data"]
    deal_id = (data.get("deal") or {}).get("id")
    slot = str(data.get("slot") or "1")
    named = data.get("connection")
    with desk.reading() as session:
        if data.get("invoice_id"):
            connection = (
                connections.find(session, str(named)) if named else connections.default_of(session, desk.company_id)
            )
            if connection is not None and connection.company_id == desk.company_id:
                return connection, str(data["invoice_id"])
        elif deal_id:
            linked = links.invoices_of(
                session, company_id=desk.company_id, crm=crm_of(event.payload), deal_id=str(deal_id)
            )
            for link in linked:
                connection = connections.find(session, link.connection_id)
                if link.slot == slot and connection is not None:
                    return connection, str(link.book_id)
    raise NeedsAttention(_no_invoice(data))


def _deal_unknown(data: Mapping[str, Any]) -> Problem:
    deal_id = (data.get("deal") or {}).get("id") or "(none named)"
    return Problem(
        reason="deal_unknown",
        cause=f"deal:{keys.joined(str(deal_id))} unknown",
        message=f"Nothing was told of deal {deal_id} yet, so it cannot be invoiced.",
        remedy="Post the deal (crm.deal.created or crm.deal.updated) and retry.",
    )


def _no_invoice(data: Mapping[str, Any]) -> Problem:
    named = data.get("invoice_id") or f"in slot {data.get('slot') or '1'} of deal {(data.get('deal') or {}).get('id')}"
    return Problem(
        reason="invoice_unknown",
        cause=f"invoice:{keys.joined(str(named))} unknown",
        message=f"There is no invoice {named} to do this with.",
        remedy="Check the deal, the slot, the invoice's id and the connection, then ask again.",
        choices=("retry", "dismiss"),
    )


def _not_available(ask: str) -> Problem:
    return Problem(
        reason="ask_not_available",
        cause=f"ask:{ask} not available",
        message=f"This version of dealbooks cannot {ask.replace('_', ' ')} an invoice when asked.",
        remedy="Do it in QuickBooks; the change arrives here by itself.",
        choices=("dismiss",),
    )
