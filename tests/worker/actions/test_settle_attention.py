"""A person decides: what was chosen is done, and everything that waited for the same thing goes on (R16)."""

from __future__ import annotations

import pytest

from tests.makers import asks, deal_event, line, person_of, won
from tests.stack import Stack


def test_linking_a_product_lets_every_deal_with_it_go_on(stack: Stack) -> None:
    for number in (1, 2, 3):
        stack.post(won(f"d{number}", lines=[line("Pencil")]))
    stack.post(won("d4", lines=[line("Paper")]))
    stack.work()
    assert stack.reasons() == ["product_not_linked"] * 4
    item = stack.add_item("Graphite")
    stack.work()
    point = next(row for row in stack.view("crm_attention") if row["deal_id"] == "d1")
    assert point["cause"] == "product:Pencil not linked"
    stack.decide("item", value=item, deal_id="d1")
    stack.work()
    assert stack.reasons() == ["product_not_linked"]
    assert len(stack.booked()) == 3
    assert stack.states("crm.") == ["done", "done", "done", "needs_attention"]


def test_a_deal_with_two_open_points_waits_for_both(stack: Stack) -> None:
    stack.post(won("d1", lines=[line("Pencil"), line("Paper")]))
    stack.work()
    item = stack.add_item("Graphite")
    stack.work()
    stack.decide("item", value=item, cause="product:Pencil not linked")
    stack.work()
    assert [row["cause"] for row in stack.view("crm_attention")] == ["product:Paper not linked"]
    assert stack.booked() == []
    stack.decide("item", value=item)
    stack.work()
    assert len(stack.booked()) == 1
    assert stack.reasons() == []


def test_a_missing_item_can_be_made(stack: Stack) -> None:
    stack.post(won("d1", lines=[line("Pencil")]))
    stack.work()
    stack.decide("create")
    stack.work()
    assert sorted(row["Name"] for row in stack.booked("Item")) == ["Hour of work", "Pencil"]
    assert len(stack.booked()) == 1
    stack.post(won("d2", lines=[line("Pencil")]))
    stack.work()
    assert len(stack.posts_of("item")) == 1


def test_a_customer_can_be_chosen_among_several(stack: Stack) -> None:
    email = {"PrimaryEmailAddr": {"Address": "ann@buyer.example"}}
    first = stack.books.act(stack.realm, create={"Customer": {"DisplayName": "Ann One", **email}})["Customer"]["Id"]
    stack.books.act(stack.realm, create={"Customer": {"DisplayName": "Ann Two", **email}})
    stack.work()
    stack.post(won("d1", person=person_of("ann")))
    stack.work()
    assert len(stack.reasons()) == 1
    assert stack.booked() == []
    stack.decide("customer", value=first)
    stack.work()
    assert stack.invoice()["customer_id"] == first
    stack.post(won("d2", person=person_of("ann")))
    stack.work()
    assert len(stack.booked()) == 2, "the choice is remembered"


def test_a_new_customer_can_be_made_although_one_is_alike(stack: Stack) -> None:
    email = {"PrimaryEmailAddr": {"Address": "ann@buyer.example"}}
    for name in ("Ann One", "Ann Two"):
        stack.books.act(stack.realm, create={"Customer": {"DisplayName": name, **email}})
    stack.work()
    stack.post(won("d1", person=person_of("ann")))
    stack.work()
    stack.decide("create")
    stack.work()
    assert len(stack.booked("Customer")) == 3
    assert stack.invoice()["customer_name"].startswith("Ann ann")


@pytest.mark.parametrize("choice", ["dismiss"])
def test_what_is_dismissed_is_over(stack: Stack, choice: str) -> None:
    stack.post(won("d1", lines=[line("Pencil")]))
    stack.work()
    stack.decide(choice)
    stack.work()
    assert stack.reasons() == []
    assert stack.states("crm.") == ["ignored"]


def test_a_decision_posted_twice_is_carried_out_once(stack: Stack) -> None:
    stack.post(won("d1", invoice={"draft": True}))
    stack.work()
    stack.decide("create")
    stack.decide("create")
    stack.work()
    assert len(stack.booked()) == 1
    assert stack.states("attention.resolved") == ["done", "done"]


def test_a_new_event_takes_the_parked_one_with_it(stack: Stack) -> None:
    stack.post(won("d1", lines=[line("Pencil")]))
    stack.work()
    stack.post(won("d1", lines=[line("Hour of work")]))
    stack.work()
    assert stack.states("crm.") == ["done", "done"]
    assert stack.reasons() == []
    assert len(stack.booked()) == 1


def test_a_question_about_one_event_stays_open_when_another_of_its_deal_is_done(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, pay={"invoice": stack.invoice()["invoice_id"], "amount": "1.00"})
    stack.work()
    stack.post(asks("void", deal={"id": "d1"}))
    stack.work()
    assert stack.reasons() == ["invoice_has_payment"]
    stack.post(deal_event("updated", "d1"))
    stack.work()
    assert stack.reasons() == ["invoice_has_payment"]
    stack.post(deal_event("updated", "d1", lines=[line(unit_price="5.00")]))
    stack.work()
    assert stack.reasons() == ["deal_changed_after_invoice", "invoice_has_payment"]
