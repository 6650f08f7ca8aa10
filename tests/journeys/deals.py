"""Deals as a CRM tells them, for journeys: people who come twice, products by their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PRODUCTS = 120


def product(number: int) -> dict[str, Any]:
    return {"id": str(number), "sku": f"SKU-{number:03d}", "name": f"Product {number:03d}"}


def won_deal(
    number: int, *, person_id: str, name: str, email: str, lines: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A `crm.deal.won` as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": f"evt-won-{number}",
        "source": "https://crm.example/acme",
        "type": "crm.deal.won",
        "subject": f"deal/{number}",
        "time": "2026-11-21T10:00:00Z",
        "sequence": f"{number:020d}",
        "data": {
            "deal": {"id": str(number), "title": f"Deal {number}", "status": "won", "currency": "USD"},
            "person": {"id": person_id, "name": name, "emails": [{"value": email, "primary": True}]},
            "lines": list(lines),
            "invoice": {"slot": "1", "due_in_days": 30},
        },
    }


def line(number: int, *, quantity: str = "1", price: str = "10.00") -> dict[str, Any]:
    return {
        "id": str(number),
        "position": number,
        "product": product(number % PRODUCTS + 1),
        "quantity": quantity,
        "unit_price": price,
    }


def two_hundred(deals: int = 200, people: int = 160) -> list[dict[str, Any]]:
    """Deals of fewer people than deals: the last ones come again, under another contact id with the same e-mail."""
    events = []
    for number in range(1, deals + 1):
        person = (number - 1) % people + 1
        again = number > people
        events.append(
            won_deal(
                number,
                person_id=f"{'again-' if again else ''}{person}",
                name=f"Person {person}",
                email=f"person{person}@example.com",
                lines=[
                    line(number * 3 + place, quantity=str(place + 1), price=f"{number}.{place}5")
                    for place in range(number % 3 + 1)
                ],
            )
        )
    return events
