"""Every table of the shared database, gathered so that migrations can be compared with them."""

from __future__ import annotations

from models.records import (
    attention,
    companies,
    connections,
    customers,
    deals,
    events,
    history,
    intents,
    invoices,
    items,
    lanes,
    links,
    notices,
    payments,
    readers,
    reference,
    streams,
    usage,
)
from models.records.database import metadata

MODULES = (
    attention, companies, connections, customers, deals, events, history, intents, invoices, items, lanes, links,
    notices, payments, readers, reference, streams, usage,
)  # fmt: skip

__all__ = ["MODULES", "metadata"]
