"""A deal was won or changed: it is invoiced once, or a person is told everything that stands in the way (R16)."""

from __future__ import annotations

from tests.makers import asks, deal_event, line, person_of, won
from tests.stack import Stack


def invoiced(stack: Stack, **more: object) -> str:
    """A won deal's invoice."""
    stack.post(won("d1", **more))  # type: ignore[arg-type]
    stack.work()
    return str(stack.invoice()["invoice_id"])


# ---------------------------------------------------------------- before an invoice stands


def test_a_deal_that_is_not_won_is_recorded_and_nothing_more(stack: Stack) -> None:
    stack.post(deal_event("created"))
    stack.post(deal_event("updated"))
    stack.work()
    assert stack.states() == ["done", "done"]
    assert stack.intents() == []
    (deal,) = stack.view("crm_deals")
    assert (deal["deal_id"], deal["invoice_count"], deal["amount_due"]) == ("d1", 0, None)


def test_the_same_event_again_makes_no_second_invoice(stack: Stack) -> None:
    event = won("d1")
    for _ in range(3):
        assert stack.post(event).status_code == 202
        stack.work()
    assert len(stack.booked()) == 1
    assert len(stack.events("crm.deal")) == 1


def test_a_deal_won_again_in_another_event_makes_no_second_invoice(stack: Stack) -> None:
    invoiced(stack)
    stack.post(won("d1"))
    stack.work()
    assert len(stack.posts_of("invoice")) == 1
    assert stack.states() == ["done", "done"]


def test_an_older_snapshot_that_comes_late_does_not_count_but_its_trigger_does(stack: Stack) -> None:
    stack.post(deal_event("updated", sequence=20, lines=[line(unit_price="70.00")]))
    stack.post(won("d1", sequence=10, lines=[line(unit_price="100.00")]))
    stack.work()
    assert stack.invoice()["total_minor"] == 7000


def test_a_deal_that_was_lost_before_it_was_handled_is_not_invoiced(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.post(deal_event("lost", "d1"))
    stack.work()
    assert stack.intents() == []


def test_every_problem_is_told_at_once_and_nothing_is_made_in_part(stack: Stack) -> None:
    stack.post(
        won(
            "d1",
            lines=[line("Hour of work"), line("Pencil"), line("Paper"), line(None)],
            deal={"currency": "EUR"},
        )
    )
    stack.work()
    told = ["currency_not_available", "line_without_product", "product_not_linked", "product_not_linked"]
    assert stack.reasons() == told
    assert stack.intents() == []
    assert stack.states() == ["needs_attention"]
    assert stack.view("crm_deals")[0]["attention"] == 4


def test_a_person_already_in_the_books_is_found_by_e_mail(stack: Stack) -> None:
    body = {"DisplayName": "Ann & Sons", "PrimaryEmailAddr": {"Address": "Ann@Buyer.example"}}
    known = stack.books.act(stack.realm, create={"Customer": body})["Customer"]["Id"]
    stack.work()
    invoiced(stack, person=person_of("ann"))
    assert stack.invoice()["customer_id"] == known
    assert len(stack.booked("Customer")) == 1


def test_a_customer_nobody_told_us_of_is_found_by_one_fresh_look(stack: Stack) -> None:
    body = {"DisplayName": "Ann & Sons", "PrimaryEmailAddr": {"Address": "ann@buyer.example"}}
    known = stack.books.act(stack.realm, create={"Customer": body})["Customer"]["Id"]
    stack.held.clear()
    before = stack.reads()
    stack.post(won("d1", person=person_of("ann")))
    stack.drain()
    assert stack.invoice()["customer_id"] == known
    assert stack.reads() - before == 1


def test_a_known_customer_costs_no_read(stack: Stack) -> None:
    stack.post(won("d1", person=person_of("ann")))
    stack.work()
    before = stack.reads()
    stack.post(won("d2", person=person_of("ann")))
    stack.work()
    assert stack.states() == ["done", "done"]
    assert stack.reads() == before


def test_a_company_without_a_connection_parks_its_deals_which_go_on_once_there_is_one(bare_stack: Stack) -> None:
    bare_stack.post(won("d1"))
    bare_stack.drain()
    assert bare_stack.reasons() == ["no_connection"]
    bare_stack.connect(load=False)
    bare_stack.add_item()
    bare_stack.work()
    bare_stack.time_passes(6)  # the deal looked while the books were still being read
    bare_stack.work()
    assert bare_stack.states("crm.deal") == ["done"]
    assert len(bare_stack.booked()) == 1
    assert bare_stack.reasons() == []


def test_deals_wait_until_the_books_were_read_once_and_go_on_at_once_then(bare_stack: Stack) -> None:
    bare_stack.connect(load=False)
    bare_stack.add_item()
    bare_stack.post(won("d1"))
    bare_stack.drain("deals")
    assert bare_stack.states("crm.deal") == ["waiting"]
    bare_stack.drain("books")
    bare_stack.drain("deals")
    assert bare_stack.states("crm.deal") == ["done"]


def test_each_slot_of_a_deal_is_an_invoice_of_its_own(stack: Stack) -> None:
    invoiced(stack)
    stack.post(asks("create", deal={"id": "d1"}, slot="2"))
    stack.work()
    assert sorted(row["slot"] for row in stack.view("crm_invoices")) == ["1", "2"]
    assert stack.view("crm_deals")[0]["amount_due_all_minor"] == 20000
    assert stack.view("crm_deals")[0]["invoice_count"] == 2


# ---------------------------------------------------------------- drafts


def test_a_draft_waits_for_a_person_who_creates_it(stack: Stack) -> None:
    stack.post(won("d1", invoice={"draft": True}))
    stack.work()
    assert stack.reasons() == ["draft_waits"]
    assert stack.booked() == []
    stack.decide("create")
    stack.work()
    assert len(stack.booked()) == 1
    assert stack.reasons() == []
    assert stack.states() == ["done"]


def test_a_draft_can_be_released_by_the_crm(stack: Stack) -> None:
    stack.post(won("d1", invoice={"draft": True}))
    stack.work()
    stack.post(asks("release", deal={"id": "d1"}))
    stack.work()
    assert len(stack.booked()) == 1
    assert stack.reasons() == []


# ---------------------------------------------------------------- after an invoice stands


def test_a_deal_that_changed_after_its_invoice_becomes_a_question_with_the_difference(stack: Stack) -> None:
    invoice_id = invoiced(stack)
    stack.post(deal_event("updated", "d1", lines=[line(unit_price="120.00")]))
    stack.work()
    point = stack.point()
    assert point["reason"] == "deal_changed_after_invoice"
    assert "100" in point["message"]
    assert "120" in point["message"]
    assert stack.booked()[0]["Id"] == invoice_id
    assert len(stack.posts_of("invoice")) == 1


def test_a_deal_told_again_as_it_was_invoiced_is_no_question(stack: Stack) -> None:
    invoiced(stack)
    stack.post(deal_event("updated", "d1"))
    stack.work()
    assert stack.reasons() == []
    assert stack.states() == ["done", "done"]


def test_a_change_taken_back_closes_the_question(stack: Stack) -> None:
    invoiced(stack)
    stack.post(deal_event("updated", "d1", lines=[line(unit_price="120.00")]))
    stack.work()
    stack.post(deal_event("updated", "d1"))
    stack.work()
    assert stack.reasons() == []
    assert stack.states() == ["done", "done", "done"]


def test_a_lost_reopened_or_deleted_deal_leaves_the_invoice_and_asks(stack: Stack) -> None:
    for number, verb in enumerate(("lost", "reopened", "deleted")):
        deal_id = f"d{number}"
        stack.post(won(deal_id))
        stack.work()
        stack.post(deal_event(verb, deal_id))
        stack.work()
    assert stack.reasons() == ["deal_changed_after_invoice"] * 3
    assert {row["status"] for row in stack.view("crm_invoices")} == {"ready_to_send"}


def test_after_keep_the_difference_counts_from_there(stack: Stack) -> None:
    invoiced(stack)
    stack.post(deal_event("updated", "d1", lines=[line(unit_price="120.00")]))
    stack.work()
    stack.decide("keep")
    stack.work()
    assert stack.reasons() == []
    stack.post(deal_event("updated", "d1", lines=[line(unit_price="120.00")]))
    stack.work()
    assert stack.reasons() == []
    stack.post(deal_event("updated", "d1", lines=[line(unit_price="130.00")]))
    stack.work()
    assert stack.reasons() == ["deal_changed_after_invoice"]


def test_the_question_can_be_answered_by_voiding(stack: Stack) -> None:
    invoiced(stack)
    stack.post(deal_event("lost", "d1"))
    stack.work()
    stack.decide("void")
    stack.work()
    assert stack.invoice()["status"] == "void"
    assert stack.reasons() == []
    assert stack.states("crm.") == ["done", "done"]


def test_a_voided_invoice_raises_no_question_any_more(stack: Stack) -> None:
    invoiced(stack)
    stack.post(asks("void", deal={"id": "d1"}))
    stack.work()
    stack.post(deal_event("lost", "d1"))
    stack.work()
    assert stack.reasons() == []


def test_a_dismissed_question_is_not_asked_again_for_the_same_event(stack: Stack) -> None:
    invoiced(stack)
    stack.post(deal_event("updated", "d1", lines=[line(unit_price="120.00")]))
    stack.work()
    stack.decide("dismiss")
    stack.work()
    assert stack.reasons() == []
    assert stack.states("crm.") == ["done", "ignored"]
