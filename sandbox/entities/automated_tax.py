"""Automated sales tax: the code of the state a US sale goes to, made when the first sale goes there."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.countries import STATE_RATES
from sandbox.entities.kind import ENTITY_MARKS
from sandbox.entities.tax import rate_of, tax_code, tax_rate
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


def code_of_place(change: "Change", sent: Json) -> Json | None:
    """The tax code of the place of delivery, else of the company's own; None where neither names a state."""
    state = _state_of(change, sent)
    if state is None:
        return None
    name = f"{state} state tax"
    known = next((code for code in change.company.all("TaxCode") if code["Name"] == name), None)
    return known or _make(change, name, STATE_RATES[state])


def buyer_of(change: "Change", sent: Json) -> Json:
    """The customer of a sale; empty for one over the counter."""
    return change.find("Customer", sent.get("CustomerRef", {}).get("value", "")) or {}


def _state_of(change: "Change", sent: Json) -> str | None:
    customer = buyer_of(change, sent)
    card = change.company.find("CompanyInfo", "1") or {}
    delivery = sent.get("ShipAddr") or customer.get("ShipAddr") or customer.get("BillAddr") or {}
    for address in (delivery, card.get("CompanyAddr") or {}):
        state = str(address.get("CountrySubDivisionCode", "")).strip().upper()
        if state in STATE_RATES:
            return state
    return None


def _make(change: "Change", name: str, percent: Decimal) -> Json:
    rate = change.add(change.kinds["TaxRate"], {**tax_rate(name, percent, agency="1"), **ENTITY_MARKS})
    code = tax_code(name, sold=[rate_of(rate["Id"], name)], bought=[])
    return change.add(change.kinds["TaxCode"], {**code, "TaxCodeConfigType": "SYSTEM_GENERATED", **ENTITY_MARKS})
