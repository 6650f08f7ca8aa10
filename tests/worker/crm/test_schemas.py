"""The published JSON Schemas and the parser agree on what an event is."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from models.domain.errors import Malformed
from models.domain.money import DECIMALS
from tests.worker.crm.examples import Json, cloud_event, every_example, plain, won
from worker.crm.generic import ASKS, TYPES, parse

FOLDER = Path(__file__).parents[3] / "docs" / "schemas"
SCHEMAS = {path.name.removesuffix(".json"): json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
DEAL: Json = {"deal": {"id": "1"}}


def schema_of(kind: str) -> str:
    family = kind.split(".")[1].replace("organization", "contact").replace("person", "contact")
    return "crm.invoice.requested.v1" if family == "invoice" else f"crm.{family}.v1"


def fits_the_schema(told: Json) -> bool:
    return Draft202012Validator(SCHEMAS[schema_of(told["type"])]).is_valid(told)


def is_read(told: Json) -> bool:
    try:
        parse(
            json.dumps(told).encode(),
            delivery_id="evt_1",
            company_id="acme",
            received_at=datetime(2026, 9, 24, tzinfo=UTC),
        )
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$id"] == f"{name}.json"


def test_the_schemas_name_every_type_once() -> None:
    named = [kind for schema in SCHEMAS.values() for kind in schema["properties"]["type"]["enum"]]
    assert sorted(named) == sorted(TYPES)
    assert all(kind in SCHEMAS[schema_of(kind)]["properties"]["type"]["enum"] for kind in TYPES)


def test_the_schema_names_every_ask() -> None:
    data = SCHEMAS["crm.invoice.requested.v1"]["$defs"]["data"]
    assert data["properties"]["ask"]["enum"] == list(ASKS)


@pytest.mark.parametrize("told", every_example(), ids=lambda told: str(told["type"]))
def test_a_good_example_fits_both(told: Json) -> None:
    assert fits_the_schema(told)
    assert is_read(told)


@pytest.mark.parametrize("currency", DECIMALS)
def test_every_currency_fits_the_schema(currency: str) -> None:
    assert fits_the_schema(cloud_event("crm.deal.won", {"deal": {"id": "1", "currency": currency}}))


def changed(place: tuple[str | int, ...], value: object) -> Json:
    told: Any = copy.deepcopy(won())
    inner = told
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return dict(told)


@pytest.mark.parametrize(
    "told",
    [
        changed(("specversion",), "0.3"),
        changed(("id",), ""),
        changed(("id",), 5),
        changed(("source",), ""),
        changed(("subject",), 5),
        changed(("time",), "2026-09-24T10:00:00"),
        changed(("time",), "yesterday"),
        changed(("sequence",), "9" * 21),
        changed(("sequence",), -1),
        changed(("data",), None),
        changed(("data",), []),
        changed(("data", "crm"), "Pipe Drive"),
        changed(("data", "deal"), None),
        changed(("data", "deal", "id"), None),
        changed(("data", "deal", "id"), ""),
        changed(("data", "deal", "id"), True),
        changed(("data", "deal", "currency"), "usd"),
        changed(("data", "deal", "value"), 19.9),
        changed(("data", "deal", "value"), True),
        changed(("data", "deal", "value"), "1e3"),
        changed(("data", "deal", "value"), "NaN"),
        changed(("data", "deal", "value"), 10**15),
        changed(("data", "deal", "won_at"), "2026-09-24"),
        changed(("data", "lines"), {}),
        changed(("data", "lines", 0), 5),
        changed(("data", "lines", 0, "quantity"), "0"),
        changed(("data", "lines", 0, "quantity"), "0.000"),
        changed(("data", "lines", 0, "quantity"), 0),
        changed(("data", "lines", 0, "quantity"), -1),
        changed(("data", "lines", 0, "quantity"), "-1"),
        changed(("data", "lines", 0, "quantity"), None),
        changed(("data", "lines", 0, "unit_price"), None),
        changed(("data", "lines", 0, "position"), "1"),
        changed(("data", "lines", 0, "product"), "1"),
        changed(("data", "lines", 0, "discount", "type"), "gift"),
        changed(("data", "lines", 0, "discount", "value"), "-0.01"),
        changed(("data", "lines", 0, "tax", "method"), "both"),
        changed(("data", "lines", 0, "service_date"), "24.09.2026"),
        changed(("data", "organization", "name"), 5),
        changed(("data", "organization", "name"), "n" * 1_001),
        changed(("data", "organization", "address"), "1 Main St"),
        changed(("data", "person", "emails"), "sam@buyer.example"),
        changed(("data", "person", "emails", 0), {"primary": True}),
        changed(("data", "person", "emails", 0), {"value": "x", "primary": "yes"}),
        changed(("data", "discounts", 0, "value"), None),
        changed(("data", "invoice", "draft"), "true"),
        changed(("data", "invoice", "due_in_days"), -1),
        changed(("data", "invoice", "due_in_days"), "30"),
        changed(("data", "custom"), []),
        cloud_event("crm.product.upserted", {"product": {"name": "x"}}),
        cloud_event("crm.product.upserted", {"product": {"id": "1", "active": "yes"}}),
        cloud_event("crm.organization.upserted", {"person": {"id": "1"}}),
        cloud_event("crm.person.upserted", {"organization": {"id": "1"}}),
        cloud_event("crm.person.upserted", {"person": {"name": "x"}}),
        cloud_event("crm.quote.published", {"quote": {"title": "x"}}),
        cloud_event("crm.quote.published", {}),
        cloud_event("crm.invoice.requested", DEAL),
        cloud_event("crm.invoice.requested", {"ask": "pay", **DEAL}),
        cloud_event("crm.invoice.requested", {"ask": "send"}),
        cloud_event("crm.invoice.requested", {"ask": "send", "deal": None, "invoice_id": None}),
        {**plain("crm.deal.won", DEAL), "timestamp": 1790244000},
        {"type": "crm.deal.won", "data": DEAL},
    ],
)
def test_a_bad_example_fits_neither(told: Json) -> None:
    assert not fits_the_schema(told)
    assert not is_read(told)


@pytest.mark.parametrize("quantity", ["0.1", "1", "10", "007", "1.50", 1, "0.0000001"])
@pytest.mark.parametrize("value", ["0", "0.00", "-0", "1.10", 0, 5])
def test_both_agree_on_good_numbers(quantity: object, value: object) -> None:
    line = {"quantity": quantity, "unit_price": value, "discount": {"type": "amount", "value": value}}
    told = cloud_event("crm.deal.won", {**DEAL, "lines": [line]})
    assert fits_the_schema(told)
    assert is_read(told)
