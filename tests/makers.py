"""Makers: CRM events, notifications and objects of the books, as small as they can be and as odd as a test wants."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from models.domain.books import BookInvoice, BookPayment, Version
from models.domain.events import Delivery
from models.domain.money import Money

Json = dict[str, Any]

_numbers = itertools.count(1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def line(product: str | None = "Hour of work", quantity: str = "1", unit_price: str = "100.00", **more: Any) -> Json:
    """A line of a deal; the product's id is its name without blanks."""
    sold: Json = {"quantity": quantity, "unit_price": unit_price, **more}
    if product is not None:
        sold["product"] = {"id": product.replace(" ", "-"), "name": product}
    return sold


def deal_event(
    verb: str,
    deal_id: str = "d1",
    *,
    number: int | None = None,
    sequence: int | None = None,
    person: Mapping[str, Any] | None = None,
    lines: Sequence[Mapping[str, Any]] | None = None,
    invoice: Mapping[str, Any] | None = None,
    deal: Mapping[str, Any] | None = None,
    organization: Mapping[str, Any] | None = None,
) -> Json:
    """A `crm.deal.<verb>` of a deal worth 100.00 USD, of one person; every event has an id and an order of its own."""
    number = number or next(_numbers)
    body: Json = {
        "specversion": "1.0",
        "id": f"evt-{number}",
        "source": "https://crm.example/acme",
        "type": f"crm.deal.{verb}",
        "subject": f"deal/{deal_id}",
        "time": "2026-03-13T10:00:00Z",
        "sequence": f"{sequence if sequence is not None else number:020d}",
        "data": {
            "deal": {"id": deal_id, "title": "T", "status": "won", "currency": "USD", **(deal or {})},
            "person": person or person_of(deal_id),
            "lines": [dict(each) for each in (lines if lines is not None else [line()])],
            "invoice": {"slot": "1", "due_in_days": 30, **(invoice or {})},
        },
    }
    if organization is not None:
        body["data"]["organization"] = dict(organization)
    return body


def won(deal_id: str = "d1", **more: Any) -> Json:
    return deal_event("won", deal_id, **more)


def asks(ask: str, *, number: int | None = None, **data: Any) -> Json:
    """A `crm.invoice.requested`."""
    number = number or next(_numbers)
    return {
        "specversion": "1.0",
        "id": f"evt-{number}",
        "source": "https://crm.example/acme",
        "type": "crm.invoice.requested",
        "time": "2026-03-13T10:00:00Z",
        "sequence": f"{number:020d}",
        "data": {"ask": ask, **data},
    }


def person_of(name: str, contact_id: str = "", email: str = "") -> Json:
    address = email or f"{name}@buyer.example".lower()
    return {"id": contact_id or f"p-{name}", "name": f"Ann {name}", "emails": [{"value": address, "primary": True}]}


def notification(realm: str, entity: str, book_id: str, operation: str, **more: Any) -> Json:
    """One of Intuit's CloudEvents; each with an id of its own unless one is given."""
    return {
        "specversion": "1.0",
        "id": f"note-{next(_numbers)}",
        "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
        "type": f"qbo.{entity}.{operation}.v1",
        "time": "2026-03-13T10:00:00.123456789Z",
        "intuitentityid": book_id,
        "intuitaccountid": realm,
        "data": {},
        **more,
    }


def raw(event: Any) -> bytes:
    return json.dumps(event).encode()


def delivery(delivery_id: str = "", **more: Any) -> Delivery:
    """A parsed delivery of a deal's event."""
    given: Json = {
        "source": "crm:acme:test",
        "delivery_id": delivery_id or f"d-{next(_numbers)}",
        "kind": "crm.deal.updated",
        "stream": "deal:acme:generic:d1",
        "queue": "deals",
        "payload": {"told": True},
        "occurred_at": LONG_AGO,
        "company_id": "acme",
        "lane": "company:acme",
        "content_hash": "h",
    }
    return Delivery(**{**given, **more})


def book_invoice(
    invoice_id: str = "1", token: int = 0, *, total: str = "100.00", balance: str | None = None, **more: Any
) -> BookInvoice:
    """An invoice as read; each sync token is a minute younger than the one before."""
    currency = more.pop("currency", "USD")
    given: Json = {
        "invoice_id": invoice_id,
        "version": version(token),
        "created_at": LONG_AGO,
        "number": "1001",
        "customer_id": "7",
        "customer_name": "Ann",
        "billing_email": "ann@buyer.example",
        "total": Money(total, currency),
        "balance": Money(balance if balance is not None else total, currency),
        "issued_on": None,
        "due_on": None,
        "is_sent": False,
        "sent_at": None,
        "private_note": "",
    }
    return BookInvoice(**{**given, **more})


def book_payment(payment_id: str, applied: Mapping[str, str], token: int = 0, **more: Any) -> BookPayment:
    total = sum((Decimal(amount) for amount in applied.values()), Decimal(0))
    given: Json = {
        "payment_id": payment_id,
        "version": version(token),
        "customer_id": "7",
        "total": Money(total, "USD"),
        "unapplied": Money("0.00", "USD"),
        "paid_on": None,
        "applied": {invoice_id: Money(amount, "USD") for invoice_id, amount in applied.items()},
    }
    return BookPayment(**{**given, **more})


def version(token: int) -> Version:
    return Version(sync_token=token, last_updated=LONG_AGO.replace(minute=token % 60, hour=token // 60))
