"""Events as a CRM posts them, for the tests of the parser and of the schemas."""

from __future__ import annotations

import copy
from typing import Any

Json = dict[str, Any]


def cloud_event(kind: str, content: object, **attributes: object) -> Json:
    return {
        "specversion": "1.0",
        "id": "evt_1",
        "source": "https://crm.example/acme",
        "type": kind,
        "time": "2026-09-24T10:00:00.123Z",
        "datacontenttype": "application/json",
        "data": content,
        **attributes,
    }


_WON: Json = {
    "deal": {
        "id": "213973",
        "title": "Pencils",
        "status": "won",
        "currency": "USD",
        "value": "362.07",
        "pipeline_id": "50",
        "stage_id": 428,
        "won_at": "2026-09-24T10:00:00Z",
        "updated_at": "2026-09-24T09:59:58+02:00",
        "owner": {"id": "1", "email": "seller@crm.example"},
    },
    "organization": {
        "id": "5063",
        "name": "Example Ltd",
        "tax_id": "XX1",
        "address": {
            "line1": "1 Main St",
            "city": "Sample",
            "region": "CA",
            "postal_code": "00000",
            "country": "US",
        },
        "emails": ["books@buyer.example"],
    },
    "person": {
        "id": "176578",
        "name": "Sam Sample",
        "emails": [{"value": "sam@buyer.example", "primary": True}],
        "phones": [],
    },
    "lines": [
        {
            "id": "3",
            "position": 1,
            "product": {"id": "1", "sku": "MPENCIL", "name": "Pencil"},
            "description": "Red",
            "quantity": "1",
            "unit_price": "90.00",
            "discount": {"type": "percent", "value": "0"},
            "tax": {"code": None, "percent": "0", "method": "inclusive"},
            "service_date": None,
        },
        {"id": 4, "quantity": "2.5", "unit_price": 10},
    ],
    "discounts": [{"type": "percent", "value": "10", "description": "10%"}],
    "invoice": {
        "slot": "1",
        "issue_date": None,
        "due_date": "2026-10-24",
        "due_in_days": 30,
        "number": None,
        "memo": None,
        "draft": True,
    },
    "custom": {"po": 7, "weight": "1.5"},
}


def won(**attributes: object) -> Json:
    return cloud_event("crm.deal.won", copy.deepcopy(_WON), subject="deal/213973", **attributes)


def plain(kind: str, content: object) -> Json:
    return {"type": kind, "timestamp": "2026-09-24T10:00:00Z", "data": content}


def every_example() -> list[Json]:
    """At least one good event of every type, in both forms."""
    deal = {"deal": {"id": "1"}}
    return [
        won(),
        won(sequence="42", resourceversion="7", correlationid="c-1", partitionkey="kept"),
        *(cloud_event(f"crm.deal.{what}", deal) for what in ("created", "updated", "lost", "reopened", "deleted")),
        cloud_event(
            "crm.product.upserted",
            {"product": {"id": 1, "sku": "S", "name": "N", "unit_price": "1.10", "currency": "JPY", "active": True}},
        ),
        cloud_event("crm.product.deleted", {"product": {"id": "1"}, "crm": "pipedrive"}),
        cloud_event("crm.organization.upserted", {"organization": copy.deepcopy(_WON["organization"])}),
        cloud_event("crm.organization.deleted", {"organization": {"id": "5063"}}),
        cloud_event("crm.person.upserted", {"person": copy.deepcopy(_WON["person"])}),
        cloud_event("crm.person.deleted", {"person": {"id": 176578}}),
        cloud_event("crm.quote.published", {"quote": {"id": "9", "valid_until": "2026-12-31"}}),
        cloud_event("crm.quote.accepted", {"quote": {"id": "9"}, "deal": {"id": "1"}}),
        cloud_event("crm.quote.expired", deal),
        cloud_event("crm.invoice.requested", {"ask": "create", **copy.deepcopy(_WON), "slot": "2"}),
        cloud_event("crm.invoice.requested", {"ask": "void", "invoice_id": 130, "connection": "con_1"}),
        cloud_event("crm.invoice.requested", {"ask": "send", "invoice_id": "130", "deal": None}),
        plain("crm.deal.won", copy.deepcopy(_WON)),
        plain("crm.deal.lost", deal),
    ]
