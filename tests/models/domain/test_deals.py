"""A deal is what the CRM told, every line of it; and two tellings differ in what an invoice would show."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.deals import (
    Address,
    Change,
    Deal,
    DealLine,
    Discount,
    InvoiceWish,
    Organization,
    Person,
    Product,
    Tax,
    billing_email,
    deal_from,
    difference,
)

TOLD: dict[str, Any] = {
    "deal": {
        "id": "213973",
        "title": "Pencils",
        "status": "won",
        "currency": "USD",
        "value": "362.07",
        "stage_id": "428",
        "updated_at": "2026-09-24T10:00:00.123Z",
    },
    "organization": {
        "id": "5063",
        "name": "Example Ltd",
        "tax_id": "EX-1",
        "address": {"line1": "1 Sample Street", "city": "Sampletown", "region": "CA", "country": "US"},
        "emails": ["office@example.com"],
    },
    "person": {
        "id": 176578,
        "name": "Pat Example",
        "emails": [{"value": "old@example.com"}, {"value": "pat@example.com", "primary": True}],
        "phones": ["555 0100"],
    },
    "lines": [
        {
            "id": "3",
            "position": 1,
            "product": {"id": "1", "sku": "MPENCIL", "name": "Mechanical Pencil"},
            "description": "HB",
            "quantity": "1",
            "unit_price": "90.00",
            "discount": {"type": "percent", "value": "0"},
            "tax": {"code": None, "percent": "0", "method": "inclusive"},
            "service_date": None,
        }
    ],
    "discounts": [{"type": "percent", "value": "10", "description": "10%"}],
    "invoice": {
        "slot": "2",
        "issue_date": None,
        "due_date": "2026-10-24",
        "due_in_days": 30,
        "memo": "Thanks",
        "draft": True,
    },
    "custom": {"billing_email": "accounts@example.com"},
}


def test_every_member_of_the_canonical_event_is_read() -> None:
    assert deal_from("generic", TOLD) == Deal(
        crm="generic",
        id="213973",
        title="Pencils",
        status="won",
        currency="USD",
        value=Decimal("362.07"),
        organization=Organization(
            id="5063",
            name="Example Ltd",
            tax_id="EX-1",
            address=Address(line1="1 Sample Street", city="Sampletown", region="CA", country="US"),
            emails=("office@example.com",),
        ),
        person=Person(
            id="176578", name="Pat Example", emails=("pat@example.com", "old@example.com"), phones=("555 0100",)
        ),
        lines=(
            DealLine(
                id="3",
                position=1,
                product=Product(id="1", sku="MPENCIL", name="Mechanical Pencil"),
                description="HB",
                quantity=Decimal(1),
                unit_price=Decimal("90.00"),
                discount=Discount(kind="percent", value=Decimal(0)),
                tax=Tax(percent=Decimal(0), method="inclusive"),
            ),
        ),
        discounts=(Discount(kind="percent", value=Decimal(10), description="10%"),),
        wish=InvoiceWish(slot="2", due_date=date(2026, 10, 24), due_in_days=30, memo="Thanks", draft=True),
        custom={"billing_email": "accounts@example.com"},
        updated_at=datetime(2026, 9, 24, 10, 0, 0, 123000, tzinfo=UTC),
    )


def test_what_the_crm_does_not_tell_is_empty() -> None:
    assert deal_from("generic", {"deal": {"id": 7}}) == Deal(crm="generic", id="7")
    sparse = {
        "deal": {"id": "7"},
        "organization": None,
        "person": {"id": "1"},
        "lines": None,
        "invoice": {},
        "custom": None,
    }
    assert deal_from("generic", sparse) == Deal(crm="generic", id="7", person=Person(id="1"))


@pytest.mark.parametrize(
    ("told", "tax"),
    [
        (None, None),
        ({}, None),
        ({"code": None, "percent": None, "method": "inclusive"}, None),
        ({"percent": "20"}, Tax(percent=Decimal(20), method="exclusive")),
        ({"code": "S", "method": None}, Tax(code="S", method="exclusive")),
        ({"percent": "20", "method": "none"}, Tax(percent=Decimal(20), method="none")),
        ({"percent": 0, "method": "exclusive"}, Tax(percent=Decimal(0), method="exclusive")),
    ],
)
def test_a_tax_that_says_nothing_is_none(told: dict[str, Any] | None, tax: Tax | None) -> None:
    line = {"id": "1", "quantity": 1, "unit_price": "1", "tax": told}
    assert deal_from("generic", {"deal": {"id": "1"}, "lines": [line]}).lines[0].tax == tax


def test_a_product_without_an_id_is_no_product() -> None:
    line = {"id": "1", "quantity": 1, "unit_price": "1", "product": {"name": "Nameless"}}
    assert deal_from("generic", {"deal": {"id": "1"}, "lines": [line]}).lines[0].product is None


@pytest.mark.parametrize("member", ["quantity", "unit_price"])
def test_a_float_never_becomes_a_quantity_or_a_price(member: str) -> None:
    line = {"id": "1", "quantity": 1, "unit_price": "1", member: 1.5}
    with pytest.raises(TypeError):
        deal_from("generic", {"deal": {"id": "1"}, "lines": [line]})


def test_a_line_without_a_price_is_not_a_gift() -> None:
    with pytest.raises(ValueError, match="no unit price"):
        deal_from("generic", {"deal": {"id": "1"}, "lines": [{"id": "1", "quantity": 1}]})


def test_lines_stand_in_the_order_of_their_positions_then_of_their_ids() -> None:
    told = [("b", 1), ("10", 1), ("9", 1), ("1", 2), ("7", None), ("x", 0)]
    lines = [{"id": key, "position": place, "quantity": 1, "unit_price": "1"} for key, place in told]
    deal = deal_from("generic", {"deal": {"id": "1"}, "lines": lines})
    assert [line.id for line in deal.lines] == ["x", "9", "10", "b", "1", "7"]


@given(st.lists(st.tuples(st.sampled_from(["", "1", "2", "10", "a"]), st.one_of(st.none(), st.integers(-3, 3)))))
def test_no_line_is_ever_lost_by_ordering(told: list[tuple[str, int | None]]) -> None:
    lines = [
        {"id": key, "position": place, "quantity": number + 1, "unit_price": "1"}
        for number, (key, place) in enumerate(told)
    ]
    deal = deal_from("generic", {"deal": {"id": "1"}, "lines": lines})
    assert sorted(line.quantity for line in deal.lines) == [number + 1 for number in range(len(told))]
    assert [line.position for line in deal.lines] == sorted(line.position for line in deal.lines)


@pytest.mark.parametrize(
    ("of_person", "of_organization", "email"),
    [
        (("p@example.com", "q@example.com"), ("o@example.com",), "p@example.com"),
        ((), ("o@example.com",), "o@example.com"),
        ((), (), ""),
    ],
)
def test_an_invoice_goes_to_the_person_before_the_organization(
    of_person: tuple[str, ...], of_organization: tuple[str, ...], email: str
) -> None:
    person, organization = Person(id="1", emails=of_person), Organization(id="2", emails=of_organization)
    assert billing_email(Deal(crm="generic", id="1", person=person, organization=organization)) == email
    assert billing_email(Deal(crm="generic", id="1", organization=organization)) == next(iter(of_organization), "")


DEAL = deal_from("generic", TOLD)
LINE = DEAL.lines[0]


def with_line(**changes: Any) -> Deal:
    return replace(DEAL, lines=(replace(LINE, **changes),))


def person_with(**changes: Any) -> Deal:
    assert DEAL.person
    return replace(DEAL, person=replace(DEAL.person, **changes))


@pytest.mark.parametrize(
    ("current", "changes"),
    [
        (
            replace(DEAL, currency="EUR"),
            [("currency", "USD", "EUR"), ("unit price of Mechanical Pencil", "90.00 USD", "90.00 EUR")],
        ),
        (person_with(name="Sam Example"), [("person", "Pat Example", "Sam Example")]),
        (person_with(emails=("sam@example.com",)), [("billing e-mail", "pat@example.com", "sam@example.com")]),
        (
            replace(DEAL, organization=None),
            [("organization", "Example Ltd", ""), ("organization's id", "5063", "")],
        ),
        (with_line(quantity=Decimal(2)), [("quantity of Mechanical Pencil", "1", "2")]),
        (with_line(unit_price=Decimal("91.5")), [("unit price of Mechanical Pencil", "90.00 USD", "91.50 USD")]),
        (with_line(unit_price=Decimal("0.0001")), [("unit price of Mechanical Pencil", "90.00 USD", "0.0001 USD")]),
        (with_line(description="2B"), [("description of Mechanical Pencil", "HB", "2B")]),
        (
            with_line(product=Product(id="2", name="Pen")),
            [
                ("product of Mechanical Pencil", "Mechanical Pencil", "Pen"),
                ("product id of Mechanical Pencil", "1", "2"),
            ],
        ),
        (
            with_line(discount=Discount(kind="percent", value=Decimal("5.0"))),
            [("discount of Mechanical Pencil", "", "5%")],
        ),
        (
            with_line(discount=Discount(kind="amount", value=Decimal(5))),
            [("discount of Mechanical Pencil", "", "5.00")],
        ),
        (
            with_line(tax=Tax(code="S", percent=Decimal(20), method="exclusive")),
            [("tax of Mechanical Pencil", "0% included", "S 20% added")],
        ),
        (replace(DEAL, lines=()), [("line removed", "1 x Mechanical Pencil at 90.00 USD", "")]),
        (
            replace(DEAL, lines=(LINE, DealLine(id="4", position=2, quantity=Decimal("2.50"), unit_price=Decimal(1)))),
            [("line added", "", "2.5 x line 4 at 1.00 USD")],
        ),
        (replace(DEAL, discounts=()), [("discount on the deal", "10%", "")]),
        (
            replace(DEAL, wish=InvoiceWish(number="A-1")),
            [
                ("invoice number", "", "A-1"),
                ("memo", "Thanks", ""),
                ("due date", "2026-10-24", ""),
                ("days until due", "30", ""),
            ],
        ),
    ],
)
def test_what_would_change_the_invoice_is_a_difference(current: Deal, changes: list[tuple[str, str, str]]) -> None:
    assert difference(DEAL, current) == tuple(Change(*change) for change in changes)


@pytest.mark.parametrize(
    "change",
    [
        lambda deal: deal,
        lambda deal: replace(deal, title="Pens", status="lost", value=Decimal(1), updated_at=None, custom={}),
        lambda deal: replace(deal, lines=(replace(deal.lines[0], quantity=Decimal("1.000"), unit_price=Decimal(90)),)),
        lambda deal: replace(deal, lines=(replace(deal.lines[0], discount=None, currency="USD", position=9),)),
        lambda deal: replace(deal, discounts=(*deal.discounts, Discount(kind="amount", value=Decimal(0)))),
        lambda deal: replace(deal, wish=replace(deal.wish, draft=False)),
    ],
)
def test_what_no_invoice_shows_is_no_difference(change: Callable[[Deal], Deal]) -> None:
    assert difference(DEAL, change(DEAL)) == ()


def test_another_order_of_the_lines_is_no_difference() -> None:
    lines = (LINE, replace(LINE, id="4", position=2), replace(LINE, id="4", position=3, quantity=Decimal(7)))
    moved = (lines[1], lines[2], replace(LINE, position=9))
    assert difference(replace(DEAL, lines=lines), replace(DEAL, lines=moved)) == ()


def test_a_second_line_under_one_id_is_not_hidden_by_the_first() -> None:
    twice = replace(DEAL, lines=(LINE, replace(LINE, quantity=Decimal(5))))
    assert difference(DEAL, twice) == (Change("line added", "", "5 x Mechanical Pencil at 90.00 USD"),)
    assert difference(twice, DEAL) == (Change("line removed", "5 x Mechanical Pencil at 90.00 USD", ""),)
