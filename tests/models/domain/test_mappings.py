"""Which CRM field fills which part of an invoice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from models.domain.deals import Address, Deal, InvoiceWish, Organization, Person
from models.domain.errors import NeedsAttention
from models.domain.mappings import (
    PARTS,
    InvoiceMapping,
    mapping_problems,
    recipient_address,
    recipient_email,
    recipient_name,
    recipient_tax_id,
    value_at,
    wished_due_date,
    wished_memo,
    wished_number,
)

DEFAULTS = InvoiceMapping()
OFFICE, HOME = Address(line1="1 Office Road"), Address(line1="2 Home Lane")
ORGANIZATION = Organization(
    id="1", name="Example Ltd", tax_id="EX-1", address=OFFICE, emails=("office@example.com", "tax@example.com")
)
PERSON = Person(id="2", name="Pat Example", emails=("pat@example.com",), phones=("555 0100",), address=HOME)


def deal(
    organization: Organization | None = ORGANIZATION,
    person: Person | None = PERSON,
    wish: InvoiceWish | None = None,
    **custom: Any,
) -> Deal:
    wish = wish or InvoiceWish()
    return Deal(
        crm="generic", id="7", title="Pencils", organization=organization, person=person, wish=wish, custom=custom
    )


@pytest.mark.parametrize(
    ("told", "name", "address", "email", "tax_id"),
    [
        (deal(), "Example Ltd", OFFICE, "pat@example.com", "EX-1"),
        (deal(organization=None), "Pat Example", HOME, "pat@example.com", ""),
        (deal(person=None), "Example Ltd", OFFICE, "office@example.com", "EX-1"),
        (deal(organization=Organization(id="1")), "Pat Example", HOME, "pat@example.com", ""),
        (deal(person=Person(id="2")), "Example Ltd", OFFICE, "office@example.com", "EX-1"),
        (deal(organization=None, person=None), "", Address(), "", ""),
    ],
)
def test_without_a_mapping_the_organization_is_named_and_the_person_is_written_to(
    told: Deal, name: str, address: Address, email: str, tax_id: str
) -> None:
    assert recipient_name(told, DEFAULTS) == name
    assert recipient_address(told, DEFAULTS) == address
    assert recipient_email(told, DEFAULTS) == email
    assert recipient_tax_id(told, DEFAULTS) == tax_id


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("organization.name", "Example Ltd"),
        ("organization.tax_id", "EX-1"),
        ("organization.emails.1", "tax@example.com"),
        ("organization.emails.2", None),
        ("organization.address", OFFICE),
        ("organization.address.line1", "1 Office Road"),
        ("person.emails.0", "pat@example.com"),
        ("person.phones.0", "555 0100"),
        ("deal.title", "Pencils"),
        ("deal.id", "7"),
        ("invoice.memo", "Thanks"),
        ("invoice.due_date", None),
        ("custom.billing_email", "accounts@example.com"),
        ("custom.nothing", None),
        ("custom.nothing.deeper", None),
        ("custom.nested.list.1.email", "second@example.com"),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: object) -> None:
    nested = {"list": [{"email": "first@example.com"}, {"email": "second@example.com"}]}
    told = deal(wish=InvoiceWish(memo="Thanks"), billing_email="accounts@example.com", nothing=None, nested=nested)
    assert value_at(told, path) == value


@pytest.mark.parametrize(
    "path", ["organization.name", "organization.address.city", "person.emails.0", "person.address", "person.phones.3"]
)
def test_a_known_field_of_nobody_is_empty_not_broken(path: str) -> None:
    assert value_at(deal(organization=None, person=None), path) is None


@pytest.mark.parametrize(
    "path",
    [
        "billing_email",
        "custom",
        "custom.gone",
        "custom.text.deeper",
        "custom.list.x",
        "organization.nme",
        "organization",
        "person.emails.first",
        "person.emails.-1",
        "person.tax_id",
        "deal.lines",
        "deal.custom",
        "deal.nothing",
        "",
        ".",
        "organization.__class__",
        "person.address.planet",
        "custom.list.0.deeper",
        "organization.name.first",
    ],
)
def test_a_path_that_names_no_field_asks_a_person(path: str) -> None:
    with pytest.raises(NeedsAttention) as needs:
        value_at(deal(text="x", list=["y"]), path)
    (problem,) = needs.value.problems
    assert problem.reason == "mapping_broken"
    assert problem.cause == f"mapping:{path} broken"


def test_mapped_fields_go_before_the_defaults() -> None:
    told = deal(
        wish=InvoiceWish(memo="Thanks", number="A-1", due_date=date(2026, 1, 1)),
        name=" Example Billing ",
        email="accounts@example.com",
        address="3 Billing Street\nSampletown\n90000",
        vat="EX-9",
        due="2026-03-20T00:00:00Z",
        memo="Order 12",
        number=1042,
    )
    mapping = InvoiceMapping(
        recipient_name="custom.name",
        address="custom.address",
        email="custom.email",
        tax_id="custom.vat",
        due_date="custom.due",
        memo="custom.memo",
        number="custom.number",
    )
    assert recipient_name(told, mapping) == "Example Billing"
    assert recipient_address(told, mapping) == Address(line1="3 Billing Street", line2="Sampletown, 90000")
    assert recipient_email(told, mapping) == "accounts@example.com"
    assert recipient_tax_id(told, mapping) == "EX-9"
    assert wished_due_date(told, mapping) == date(2026, 3, 20)
    assert wished_memo(told, mapping) == "Order 12"
    assert wished_number(told, mapping) == "1042"


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_mapped_field_leaves_the_default(empty: str | None) -> None:
    told = deal(wish=InvoiceWish(memo="Thanks", due_date=date(2026, 1, 1)), empty=empty)
    mapping = InvoiceMapping(**dict.fromkeys(PARTS, "custom.empty"))
    assert recipient_name(told, mapping) == "Example Ltd"
    assert recipient_address(told, mapping) == OFFICE
    assert recipient_email(told, mapping) == "pat@example.com"
    assert wished_due_date(told, mapping) == date(2026, 1, 1)
    assert wished_memo(told, mapping) == "Thanks"
    assert mapping_problems(told, mapping) == ()


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (
            {"line1": "3 Billing Street", "postal_code": 90000, "planet": "Earth"},
            Address(line1="3 Billing Street", postal_code="90000"),
        ),
        ("3 Billing Street", Address(line1="3 Billing Street")),
        ({}, OFFICE),
    ],
)
def test_an_address_is_mapped_from_members_or_from_one_text(value: object, address: Address) -> None:
    assert recipient_address(deal(place=value), InvoiceMapping(address="custom.place")) == address


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("memo", ["a"]),
        ("email", {"value": "a@example.com"}),
        ("number", True),
        ("due_date", "soon"),
        ("due_date", 7),
        ("address", 3),
        ("recipient_name", 1.5),
    ],
)
def test_a_field_of_the_wrong_kind_is_broken(part: str, value: object) -> None:
    (problem,) = mapping_problems(deal(field=value), InvoiceMapping(**{part: "custom.field"}))
    assert (problem.reason, problem.cause) == ("mapping_broken", "mapping:custom.field broken")


def test_a_decimal_is_mapped_as_it_is_written() -> None:
    assert wished_number(deal(number=Decimal("1E+3")), InvoiceMapping(number="custom.number")) == "1000"


def test_every_broken_part_is_named_at_once() -> None:
    mapping = InvoiceMapping(email="custom.gone", memo="custom.also_gone", recipient_name="organization.name")
    assert [problem.detail["path"] for problem in mapping_problems(deal(), mapping)] == [
        "custom.gone",
        "custom.also_gone",
    ]
