"""Invoice numbers where the books want them from us: one after the other, kept over refusals, none taken twice."""

from __future__ import annotations

import pytest

from tests.makers import notification, person_of, won
from tests.stack import Json, Stack

ANN = person_of("ann")


@pytest.fixture
def numbered(stack: Stack) -> Stack:
    """Books with custom numbers, each given once, in which invoice 1041 stands; Ann is known."""
    stack.books.world.switches.turn({"duplicate_docnumber": "refuse"})
    stack.books.company(stack.realm).preferences["SalesFormsPrefs"]["CustomTxnNumbers"] = True
    stack.tell(notification(stack.realm, "preferences", "1", "updated"))
    stack.drain()
    stack.post(won("d0", person=ANN, invoice={"number": "1041"}))
    stack.work()
    assert [row["DocNumber"] for row in stack.booked()] == ["1041"]
    return stack


def numbers(stack: Stack) -> list[str]:
    return [str(row.get("DocNumber")) for row in stack.booked()]


def book(stack: Stack, number: str) -> None:
    """A bookkeeper makes an invoice of that number, and nobody tells us."""
    item, customer = stack.booked("Item")[0]["Id"], stack.booked("Customer")[0]["Id"]
    sold: Json = {
        "DetailType": "SalesItemLineDetail",
        "Amount": "5",
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    body = {"CustomerRef": {"value": customer}, "DocNumber": number, "Line": [sold]}
    stack.books.act(stack.realm, create={"Invoice": body})
    stack.held.clear()


def test_numbers_follow_the_highest_in_the_books(numbered: Stack) -> None:
    for deal_id in ("d1", "d2"):
        numbered.post(won(deal_id, person=ANN))
        numbered.work()
    assert numbers(numbered) == ["1041", "1042", "1043"]


def test_a_number_told_by_the_crm_is_taken_as_it_is(numbered: Stack) -> None:
    numbered.post(won("d1", person=ANN, invoice={"number": "R-7"}))
    numbered.work()
    assert numbers(numbered) == ["1041", "R-7"]


def test_a_number_moves_on_to_the_next_generation(numbered: Stack) -> None:
    customer = numbered.booked("Customer")[0]["Id"]
    numbered.books.act(numbered.realm, delete={"customer": customer})
    numbered.held.clear()
    numbered.post(won("d1", person=ANN))
    numbered.work()
    assert numbered.reasons() == ["inactive_in_books"]
    numbered.books.act(numbered.realm, edit={"customer": customer, "set": {"Active": True}})
    numbered.decide("retry")
    numbered.work()
    assert numbers(numbered) == ["1041", "1042"]
    assert [intent.decision["number"] for intent in numbered.intents("create_invoice")[1:]] == ["1042", "1042"]


def test_after_a_number_was_taken_the_next_generation_has_another(numbered: Stack) -> None:
    book(numbered, "1042")
    numbered.post(won("d1", person=ANN))
    numbered.work()
    assert numbered.reasons() == ["number_taken"]
    numbered.decide("retry")
    numbered.work()
    assert numbers(numbered) == ["1041", "1042", "1043"]
    assert numbered.reasons() == []


def test_a_repeat_has_the_number_of_the_first_call(numbered: Stack) -> None:
    numbered.goes_wrong("timeout_before_commit")
    numbered.post(won("d1", person=ANN))
    numbered.drain()
    numbered.post(won("d2", person=ANN))
    numbered.drain()
    numbered.time_passes(6)
    numbered.work()
    assert sorted(numbers(numbered)) == ["1041", "1042", "1043"]
    assert {row["deal_id"]: row["number"] for row in numbered.view("crm_invoices")}["d1"] == "1042"
