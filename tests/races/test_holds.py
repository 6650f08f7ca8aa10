"""Two deals of one new person make one customer: the second waits for the first one's outcome (R12)."""

from __future__ import annotations

from tests.makers import person_of, won
from tests.pauses import Background, Watch
from tests.stack import Stack


def test_two_deals_of_one_new_person_make_one_customer(stack: Stack, watch: Watch, background: Background) -> None:
    stack.post(won("d1", person=person_of("one", "p1", "ann@buyer.example")))
    with watch.pause_at("intent.asked") as asked:
        first = background(lambda: stack.drain("deals"))
        asked.wait()
        stack.post(won("d2", person=person_of("two", "p2", "Ann@Buyer.example")))
        stack.drain("deals", crew=stack.another_crew())
        assert stack.states() == ["waiting", "waiting"]
        asked.release()
        first.result(20)
    stack.time_passes(1)
    stack.work()
    assert stack.states() == ["done", "done"]
    assert len(stack.booked("Customer")) == 1
    assert len(stack.booked()) == 2


def test_two_names_that_differ_in_case_only_make_one_customer(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.post(won("d1", person={"id": "p1", "name": "Ann Smith"}))
    with watch.pause_at("intent.asked") as asked:
        first = background(lambda: stack.drain("deals"))
        asked.wait()
        stack.post(won("d2", person={"id": "p2", "name": "ANN SMITH"}))
        stack.drain("deals", crew=stack.another_crew())
        asked.release()
        first.result(20)
    stack.time_passes(1)
    stack.work()
    assert len(stack.booked("Customer")) == 1


def test_a_hold_is_given_up_with_the_outcome(stack: Stack, watch: Watch, background: Background) -> None:
    stack.post(won("d1", person=person_of("one", "p1", "ann@buyer.example")))
    with watch.pause_at("intent.done") as made:
        first = background(lambda: stack.drain("deals"))
        made.wait()  # the customer stands; the first deal's invoice does not yet
        stack.post(won("d2", person=person_of("two", "p2", "ann@buyer.example")))
        stack.drain("deals", crew=stack.another_crew())
        assert stack.states() == ["waiting", "done"]
        made.release()
        first.result(20)
    assert stack.states() == ["done", "done"]
    assert len(stack.booked("Customer")) == 1


def test_deals_of_different_people_do_not_wait_for_each_other(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.post(won("d1", person=person_of("one")))
    with watch.pause_at("intent.asked") as asked:
        first = background(lambda: stack.drain("deals"))
        asked.wait()
        stack.post(won("d2", person=person_of("two")))
        stack.drain("deals", crew=stack.another_crew())
        assert stack.states() == ["waiting", "done"]
        asked.release()
        first.result(20)
