"""The CRM told of a product: keep what it told last."""

from __future__ import annotations

from models.domain.events import Event
from models.records import deals
from worker.crm import crm_of
from worker.desk import Desk, Outcome


def record_product(event: Event, desk: Desk) -> Outcome:
    """Record the product's snapshot, or that it was deleted."""
    data = event.payload["data"]
    key = {"company_id": desk.company_id, "crm": crm_of(event.payload), "product_id": str(data["product"]["id"])}
    trigger = "deleted" if event.kind.endswith(".deleted") else ""
    with desk.starting() as session:
        deals.told_of(session, deals.products, key, data, event.order, trigger)
    return None
