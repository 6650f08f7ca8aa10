"""The CRM told of an organisation or a person: keep what it told last."""

from __future__ import annotations

from models.domain.events import Event
from models.records import deals
from worker.crm import crm_of
from worker.desk import Desk, Outcome


def record_contact(event: Event, desk: Desk) -> Outcome:
    """Record the contact's snapshot, or that it was deleted. Customers in the books are not changed by it."""
    _, contact_type, verb = event.kind.split(".")
    data = event.payload["data"]
    key = {
        "company_id": desk.company_id,
        "crm": crm_of(event.payload),
        "contact_type": contact_type,
        "contact_id": str(data[contact_type]["id"]),
    }
    with desk.starting() as session:
        deals.told_of(session, deals.contacts, key, data, event.order, "deleted" if verb == "deleted" else "")
    return None
