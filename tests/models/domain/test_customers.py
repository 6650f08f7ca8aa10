"""To whom an invoice goes, and which customer in the books that is: never a guess between two."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.customers import (
    Customer,
    CustomerMatch,
    Recipient,
    display_name,
    email_key,
    match_customer,
    name_key,
    recipient_of,
)
from models.domain.deals import Address, Deal, Organization, Person
from models.domain.errors import NeedsAttention
from models.domain.mappings import InvoiceMapping


def organization(name: str = "Example Ltd", email: str = "office@example.com") -> Recipient:
    return Recipient(crm="generic", contact_type="organization", contact_id="5063", name=name, email=email)


def person(name: str = "Pat Example", email: str = "pat@example.com") -> Recipient:
    return Recipient(crm="generic", contact_type="person", contact_id="7", name=name, email=email)


def customer(customer_id: str, name: str, email: str = "", *, active: bool = True) -> Customer:
    return Customer(customer_id=customer_id, display_name=name, email=email, currency="USD", active=active)


def outcome(match: CustomerMatch) -> str:
    """The id of the customer, else `new`, else the reasons that a person is asked for."""
    if match.problems:
        return ", ".join(problem.reason for problem in match.problems)
    return match.customer.customer_id if match.customer else "new"


@pytest.mark.parametrize(
    ("recipient", "candidates", "expected"),
    [
        (organization(), [], "new"),
        (organization(email=""), [], "new"),
        (organization(), [customer("1", "Somebody Else", "else@example.com")], "new"),
        # by e-mail
        (organization(), [customer("1", "Example Limited", "office@example.com")], "1"),
        (organization(), [customer("1", "Example Limited", " OFFICE@Example.com ")], "1"),
        (organization(), [customer("1", "Example Limited", "a@example.com, office@example.com")], "1"),
        (organization(), [customer("1", "Example Ltd", "office@example.com")], "1"),
        (organization(), [customer("1", "X", "office@example.com"), customer("2", "Y", "b@example.com")], "1"),
        (
            organization(),
            [customer("1", "X", "office@example.com"), customer("2", "Example Ltd")],
            "customer_ambiguous",
        ),
        (organization(), [customer("1", "X", "office@example.com"), customer("2", "Example Ltd", active=False)], "1"),
        (
            organization(),
            [customer("1", "X", "office@example.com"), customer("2", "example LTD", "office@example.com")],
            "2",
        ),
        (
            organization(),
            [customer("1", "X", "office@example.com"), customer("2", "Y", "office@example.com")],
            "customer_ambiguous",
        ),
        (organization(), [customer("1", "X", "office@example.com", active=False)], "new"),
        (organization(), [customer("1", "X", "office@example.com")] * 2, "1"),
        # by name
        (organization(), [customer("1", "EXAMPLE  ltd")], "1"),
        (organization(), [customer("1", "Example Ltd", "other@example.com")], "1"),
        (organization(email=""), [customer("1", "Example Ltd", "other@example.com")], "1"),
        (organization(name="Example: Ltd"), [customer("1", "Example- Ltd")], "1"),
        (organization(), [customer("1", "Example Ltd"), customer("2", "EXAMPLE LTD")], "customer_ambiguous"),
        (person(), [customer("1", "Pat Example")], "1"),
        (person(email=""), [customer("1", "Pat Example", "pat@example.com")], "1"),
        (person(), [customer("1", "Pat Example", "another@example.com")], "customer_ambiguous"),
        (person(), [customer("1", "Pat Example", "pat@example.com")], "1"),
    ],
)
def test_an_unlinked_recipient_is_known_by_email_then_by_name(
    recipient: Recipient, candidates: list[Customer], expected: str
) -> None:
    assert outcome(match_customer(recipient, candidates, None)) == expected


def test_a_link_goes_before_everything() -> None:
    linked, namesake = customer("9", "Quite Another"), customer("1", "Example Ltd", "office@example.com")
    assert match_customer(organization(), [namesake], linked).customer == linked
    assert match_customer(organization(name=""), [namesake], linked).customer == linked
    assert match_customer(organization(name="x" * 501), [namesake], linked) == CustomerMatch(customer=linked)


def test_a_link_to_an_inactive_customer_asks_even_when_another_would_fit() -> None:
    match = match_customer(organization(), [customer("1", "Example Ltd")], customer("9", "Old (deleted)", active=False))
    assert match.customer is None
    (problem,) = match.problems
    assert (problem.reason, problem.cause) == ("customer_inactive", "organization:5063 not linked")
    assert problem.choices == ("customer", "create", "retry", "dismiss")


def test_an_ambiguous_recipient_lists_the_candidates_and_the_choices() -> None:
    match = match_customer(
        organization(), [customer("1", "X", "office@example.com"), customer("2", "Example Ltd")], None
    )
    (problem,) = match.problems
    assert problem.detail == {
        "candidates": [{"customer_id": "1", "name": "X"}, {"customer_id": "2", "name": "Example Ltd"}]
    }
    assert problem.choices == ("customer", "create", "dismiss")
    assert problem.cause == "organization:5063 not linked"
    assert "Example" not in problem.message


@pytest.mark.parametrize(
    ("recipient", "reasons"),
    [
        (organization(name=""), "recipient_missing"),
        (organization(name=" \t"), "recipient_missing"),
        (organization(name="x" * 501), "customer_name_too_long"),
        (organization(name="x" * 500), "new"),
        (organization(email="nobody"), "email_invalid"),
        (organization(email="nobody@localhost"), "email_invalid"),
        (organization(email="nobody.example.com"), "email_invalid"),
        (organization(email="x" * 89 + "@example.com"), "email_invalid"),
        (organization(email="x" * 88 + "@example.com"), "new"),
        (organization(name="", email="nobody"), "recipient_missing, email_invalid"),
        (organization(name="x" * 501, email="nobody"), "customer_name_too_long, email_invalid"),
    ],
)
def test_what_quickbooks_would_refuse_is_said_before_it_is_asked(recipient: Recipient, reasons: str) -> None:
    assert outcome(match_customer(recipient, [], None)) == reasons


def test_a_bad_email_is_a_problem_for_a_linked_customer_too() -> None:
    linked = customer("9", "Quite Another")
    match = match_customer(organization(email="nobody"), [], linked)
    assert match.customer == linked
    assert outcome(match) == "email_invalid"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Example: North", "Example- North"),
        ("Example\tNorth\r\n", "Example North"),
        ("  Example   North ", "Example North"),
        ("Größe & Söhne 🖋", "Größe & Söhne 🖋"),
        ("דוגמה בע״מ", "דוגמה בע״מ"),
        ("\x00Example", "Example"),
    ],
)
def test_a_new_customer_has_a_name_that_quickbooks_takes(name: str, sent: str) -> None:
    assert display_name(organization(name=name)) == sent


@given(st.text())
def test_no_name_we_send_has_a_colon_a_tab_or_a_newline(name: str) -> None:
    sent = display_name(organization(name=name))
    assert not set(sent) & set(":\t\r\n")
    assert sent == display_name(organization(name=sent))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Example Ltd", "EXAMPLE  LTD "),
        ("Straße", "STRASSE"),
        ("Ｅｘａｍｐｌｅ", "example"),
        ("Cafe\u0301", "Café"),
        ("A\u00a0B", "a b"),
    ],
)
def test_names_that_read_the_same_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_other_names_stay_other_names() -> None:
    assert name_key("Example Ltd") != name_key("Example Inc")
    assert email_key("a@example.com") != email_key("a+b@example.com")


@given(st.text())
def test_the_key_of_a_name_is_its_own_key(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)


candidates = st.lists(
    st.builds(
        customer,
        st.sampled_from("12345"),
        st.sampled_from(["Example Ltd", "EXAMPLE LTD", "Other"]),
        st.sampled_from(["", "office@example.com", "other@example.com"]),
        active=st.booleans(),
    ),
    unique_by=lambda each: each.customer_id,
)


@given(
    st.sampled_from([organization(), person("Example Ltd", "office@example.com"), organization(email="")]), candidates
)
def test_nobody_is_matched_who_shares_neither_name_nor_email(recipient: Recipient, known: list[Customer]) -> None:
    match = match_customer(recipient, known, None)
    if match.customer:
        same_name = name_key(match.customer.display_name) == name_key(recipient.name)
        assert match.customer.active
        assert same_name or match.customer.email == recipient.email
        assert not match.problems
    elif not match.problems:
        namesakes = [each for each in known if each.active and name_key(each.display_name) == name_key(recipient.name)]
        assert not namesakes


DEAL = Deal(
    crm="generic",
    id="1",
    organization=Organization(id="5063", name="Example Ltd", tax_id="EX-1", emails=("office@example.com",)),
    person=Person(
        id="7",
        name="Pat Example",
        emails=("pat@example.com",),
        phones=("555 0100", "555 0199"),
        address=Address(line1="2 Home Lane"),
    ),
    custom={"billing_email": "accounts@example.com"},
)


def test_the_recipient_is_the_organization_with_the_person_as_its_contact() -> None:
    assert recipient_of(DEAL, InvoiceMapping(email="custom.billing_email")) == Recipient(
        crm="generic",
        contact_type="organization",
        contact_id="5063",
        name="Example Ltd",
        email="accounts@example.com",
        address=Address(line1="2 Home Lane"),
        tax_id="EX-1",
        person_name="Pat Example",
        phone="555 0100",
    )


@pytest.mark.parametrize(
    ("told", "contact"),
    [
        ({"organization": None}, ("person", "7", "Pat Example")),
        ({"person": None}, ("organization", "5063", "Example Ltd")),
    ],
)
def test_without_an_organization_the_person_is_invoiced(
    told: dict[str, Any], contact: tuple[Literal["organization", "person"], str, str]
) -> None:
    parts = {"organization": DEAL.organization, "person": DEAL.person, **told}
    recipient = recipient_of(Deal(crm="generic", id="1", **parts), InvoiceMapping())
    assert (recipient.contact_type, recipient.contact_id, recipient.name) == contact


def test_contacts_without_an_id_are_told_apart_by_name_and_email_and_those_without_either_by_their_deals() -> None:
    def contact_id(deal_id: str, *, name: str = "", email: str = "") -> str:
        person = Person(id="", name=name, emails=(email,) if email else ())
        deal = Deal(crm="generic", id=deal_id, person=person if name or email else None)
        return recipient_of(deal, InvoiceMapping()).contact_id

    assert contact_id("1", name="Ann", email="ann@x.example") == contact_id("2", name="ANN", email="Ann@x.example")
    told_apart = {
        contact_id("1", name="Ann"),
        contact_id("1", name="Bob"),
        contact_id("1", name="Ann", email="ann@x.example"),
        contact_id("1", email="ann@x.example"),
        contact_id("1"),
        contact_id("2"),
    }
    assert len(told_apart) == 6


def test_a_broken_mapping_never_lets_somebody_stand_in() -> None:
    with pytest.raises(NeedsAttention) as needs:
        recipient_of(DEAL, InvoiceMapping(email="custom.gone", memo="custom.also_gone"))
    assert [problem.cause for problem in needs.value.problems] == [
        "mapping:custom.gone broken",
        "mapping:custom.also_gone broken",
    ]
