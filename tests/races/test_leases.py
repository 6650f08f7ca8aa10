"""A lease that ran out: its late owner starts nothing more, and what it brings home is a fact all the same (R5, R8)."""

from __future__ import annotations

from models.records import links
from models.records.database import OPERATOR
from tests.makers import deal_event, person_of, won
from tests.pauses import Background, Watch
from tests.stack import COMPANY, Stack

ANN = person_of("ann")


def known_customer(stack: Stack) -> None:
    """Ann has an invoice already, so the next one of hers is one call only."""
    stack.post(won("d0", person=ANN))
    stack.work()
    assert len(stack.booked()) == 1


def test_a_lease_that_ran_out_and_was_not_taken_is_still_its_owners(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.post(won("d1"))
    with watch.pause_at("events.read") as reading:
        working = background(lambda: stack.drain("deals"))
        reading.wait()
        stack.time_passes(7)
        reading.release()
        working.result(20)
    assert stack.states() == ["done"]
    assert len(stack.booked()) == 1


def test_who_lost_the_lease_starts_nothing_more(stack: Stack, watch: Watch, background: Background) -> None:
    known_customer(stack)
    stack.post(won("d1", person=ANN))
    with watch.pause_at("invoice_deal.recorded") as decided:
        late = background(lambda: stack.drain("deals"))
        decided.wait()
        stack.time_passes(7)
        stack.post(deal_event("lost", "d1", person=ANN))
        stack.drain("deals", crew=stack.another_crew())
        assert stack.states()[1:] == ["done", "done"]
        decided.release()
        late.result(20)
    assert len(stack.booked()) == 1, "the deal was lost before anything was asked for it"


def test_the_answer_of_who_lost_the_lease_is_recorded_and_nobody_asks_again(
    stack: Stack, watch: Watch, background: Background
) -> None:
    known_customer(stack)
    stack.post(won("d1", person=ANN))
    with watch.pause_at("quickbooks.answered") as answered, watch.pause_at("events.read") as taken:
        first_read = background(lambda: (taken.wait(), taken.release()))
        late = background(lambda: stack.drain("deals"))
        first_read.result(20)
        answered.wait()
        stack.time_passes(7)
        stack.sweep()
        with watch.pause_at("events.read") as taken_over:
            other = background(lambda: stack.drain("deals", crew=stack.another_crew()))
            taken_over.wait()
            answered.release()
            late.result(20)
            assert [intent.state for intent in stack.intents("create_invoice")] == ["done", "done"]
            assert len(stack.view("crm_invoices")) == 2
            assert stack.states() == ["done", "waiting"]
            taken_over.release()
            other.result(20)
    assert stack.states() == ["done", "done"]
    assert len(stack.posts_of("invoice")) == 2, "one for each deal"


def test_who_takes_over_asks_again_only_after_the_distance_and_under_the_same_request_id(
    stack: Stack, watch: Watch, background: Background
) -> None:
    known_customer(stack)
    stack.post(won("d1", person=ANN))
    with watch.pause_at("events.read") as reading, watch.pause_at("quickbooks.answered") as answered:
        late = background(lambda: stack.drain("deals"))
        reading.wait()
        stack.time_passes(4)
        reading.release()
        answered.wait()
        stack.time_passes(3)  # claimed 7 s ago, asked 3 s ago
        stack.sweep()
        other = stack.another_crew()
        stack.drain("deals", crew=other)
        assert len(stack.posts_of("invoice")) == 2, "too near to the first call"
        stack.time_passes(3)
        stack.drain("deals", crew=other)
        assert stack.states() == ["done", "done"]
        answered.release()
        late.result(20)
    first, repeat = stack.posts_of("invoice")[1:]
    assert first["query"] == repeat["query"]
    assert first["body"] == repeat["body"]
    assert len(stack.booked()) == 2
    assert stack.reasons() == []


def test_an_answer_that_comes_second_with_another_id_does_not_take_the_deal_over(
    stack: Stack, watch: Watch, background: Background
) -> None:
    """QuickBooks forgot the request id, so that the repeat made a second invoice, and was answered first."""
    stack.books.world.switches.turn({"requestid_lifetime_s": 0})
    known_customer(stack)
    stack.post(won("d1", person=ANN))
    with watch.pause_at("quickbooks.answered") as answered:
        late = background(lambda: stack.drain("deals"))
        answered.wait()
        stack.books.clock.advance(7)
        stack.time_passes(7)
        stack.sweep()
        stack.drain("deals", crew=stack.another_crew())
        assert stack.states() == ["done", "done"]
        (repeat,) = [intent.book_id for intent in stack.intents("create_invoice") if intent.subject.endswith("d1")]
        answered.release()
        late.result(20)
    assert len(stack.booked()) == 3
    (intent,) = [intent for intent in stack.intents("create_invoice") if intent.subject.endswith("d1")]
    assert (intent.state, intent.book_id) == ("done", repeat)
    with stack.database.reading(OPERATOR) as session:
        linked = links.invoices_of(session, company_id=COMPANY, crm="generic", deal_id="d1")
    assert [link.book_id for link in linked] == [repeat]
    assert [row["invoice_id"] for row in stack.view("crm_invoices") if row["deal_id"] == "d1"] == [repeat]
    assert stack.reasons() == ["two_in_the_books"]


def test_nobody_asks_the_same_while_an_earlier_call_is_under_way(
    stack: Stack, watch: Watch, background: Background
) -> None:
    """Two deals of one new person need one customer; the first one's call is slow, and its lease is renewed."""
    stack.post(won("d1", person=ANN))
    with watch.pause_at("quickbooks.call") as looking:
        slow = background(lambda: stack.drain("deals"))
        looking.wait()
        with watch.pause_at("quickbooks.call") as asking:
            looking.release()
            asking.wait()
            stack.post(won("d2", person=ANN))
            for _ in range(2):
                stack.time_passes(3)
                stack.crew.renew()
            assert [intent.state for intent in stack.intents()] == ["asked"]
            stack.drain("deals", crew=stack.another_crew())
            assert stack.posts_of("customer") == []
            asking.release()
            slow.result(20)
    stack.time_passes(6)
    stack.drain("deals")
    assert stack.states() == ["done", "done"]
    assert len(stack.posts_of("customer")) == 1
