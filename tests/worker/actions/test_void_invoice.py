"""Someone asked to void an invoice: once, never with a payment on it, and against the newest version."""

from __future__ import annotations

import pytest

from tests.makers import asks, won
from tests.stack import Stack


@pytest.fixture
def invoice_id(stack: Stack) -> str:
    stack.post(won("d1"))
    stack.work()
    return str(stack.invoice()["invoice_id"])


def test_an_invoice_is_voided_when_asked(stack: Stack, invoice_id: str) -> None:
    stack.post(asks("void", deal={"id": "d1"}))
    stack.work()
    row = stack.invoice()
    assert (row["status"], row["total_minor"], row["balance_minor"]) == ("void", 0, 0)
    assert stack.booked()[0]["TotalAmt"] == 0


def test_an_invoice_can_be_named_by_its_id(stack: Stack, invoice_id: str) -> None:
    stack.post(asks("void", invoice_id=invoice_id))
    stack.work()
    assert stack.invoice()["status"] == "void"


def test_asked_twice_it_is_voided_once(stack: Stack, invoice_id: str) -> None:
    for _ in range(2):
        stack.post(asks("void", deal={"id": "d1"}))
        stack.work()
    assert [row.kind for row in stack.intents()].count("void_invoice") == 1
    assert stack.states("crm.invoice") == ["done", "done"]


def test_a_paid_invoice_is_never_voided(stack: Stack, invoice_id: str) -> None:
    stack.books.act(stack.realm, pay={"invoice": invoice_id, "amount": "1.00"})
    stack.work()
    stack.post(asks("void", deal={"id": "d1"}))
    stack.work()
    assert stack.reasons() == ["invoice_has_payment"]
    assert [post for post in stack.posts_of("invoice") if "operation=void" in post["query"]] == []


def test_a_change_in_the_books_that_we_have_not_heard_of_is_read_before_the_void(stack: Stack, invoice_id: str) -> None:
    stack.books.act(stack.realm, edit={"invoice": invoice_id, "set": {"CustomerMemo": {"value": "thanks"}}})
    stack.held.clear()
    stack.post(asks("void", deal={"id": "d1"}))
    stack.work()
    assert stack.invoice()["status"] == "void"
    assert [row.state for row in stack.intents("void_invoice")] == ["refused", "done"]


def test_a_payment_we_have_not_heard_of_is_not_lost_by_a_void(stack: Stack, invoice_id: str) -> None:
    stack.books.act(stack.realm, pay={"invoice": invoice_id, "amount": "1.00"})
    stack.held.clear()
    stack.post(asks("void", deal={"id": "d1"}))
    stack.work()
    assert stack.reasons() == ["invoice_has_payment"]
    assert stack.invoice()["status"] == "partially_paid"


@pytest.mark.parametrize("honoured", ["on", "off"])
def test_a_lost_answer_to_a_void_is_settled(stack: Stack, invoice_id: str, honoured: str) -> None:
    stack.books.world.switches.turn({"requestid_void_send": honoured})
    stack.goes_wrong("timeout_after_commit", path="operation=void")
    stack.post(asks("void", deal={"id": "d1"}))
    stack.drain()
    assert [row.state for row in stack.intents("void_invoice")] == ["uncertain"]
    stack.time_passes(6)
    stack.work()
    assert stack.invoice()["status"] == "void"
    assert [row.state for row in stack.intents("void_invoice")] == ["done"]
    assert stack.states("crm.invoice") == ["done"]


def test_an_unknown_invoice_is_a_question(stack: Stack) -> None:
    stack.post(asks("void", invoice_id="4711"))
    stack.work()
    assert stack.reasons() == ["invoice_unknown"]


def test_a_deleted_invoice_cannot_be_voided(stack: Stack, invoice_id: str) -> None:
    stack.books.act(stack.realm, delete={"invoice": invoice_id})
    stack.work()
    stack.post(asks("void", deal={"id": "d1"}))
    stack.work()
    assert stack.reasons() == ["invoice_deleted"]


def test_an_ask_that_we_do_not_know_yet_is_a_question(stack: Stack, invoice_id: str) -> None:
    stack.post(asks("send", deal={"id": "d1"}))
    stack.work()
    assert stack.reasons() == ["ask_not_available"]
