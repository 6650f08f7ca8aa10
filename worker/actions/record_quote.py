"""The CRM told of a quote: keep what it told last."""

from __future__ import annotations

from models.domain.events import Event
from models.records import deals
from worker.crm import crm_of
from worker.desk import Desk, Outcome


def record_quote(event: Event, desk: Desk) -> Outcome:
    """Record the quote's snapshot and where it stands: published, accepted, expired."""
    data = event.payload["data"]
    quote_id = (data.get("quote") or {}).get("id") or f"deal/{data['deal']['id']}"  # some CRMs name the deal alone
    key = {"company_id": desk.company_id, "crm": crm_of(event.payload), "quote_id": str(quote_id)}
    with desk.starting() as session:
        deals.told_of(session, deals.quotes, key, data, event.order, event.kind.rsplit(".", 1)[1])
    return None
