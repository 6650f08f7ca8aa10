"""Several workers, lost answers and deaths at once: in any order, one invoice for each deal and nothing undone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.makers import person_of, won
from tests.pauses import Died, Watch
from tests.stack import Stack
from worker.handling import Crew

STEPS = ("events.read", "intent.asked", "quickbooks.answered", "intent.before_outcome", "intent.done", "events.settled")
DEALS, PEOPLE, ROUNDS = 24, 9, 60


@pytest.mark.parametrize("concurrent", ["serialise", "both"])
def test_one_invoice_for_each_deal_and_one_customer_for_each_person(
    stack: Stack, watch: Watch, concurrent: str
) -> None:
    chance = random.Random(7)
    stack.books.world.switches.turn({"concurrent_requestid": concurrent})
    for kind, every in (("timeout_after_commit", 4), ("reset_before_commit", 7)):
        rule = {"match": {"method": "POST", "path": "requestid"}, "every": every, "then": {"kind": kind}}
        stack.books.world.faults.add(rule)
    people = [person_of(f"n{number}", email=f"n{number}@buyer.example") for number in range(PEOPLE)]
    for number in range(DEALS):
        stack.post(won(f"d{number}", person={**people[number % PEOPLE], "id": f"p{number}"}))

    def work(crew: Crew) -> None:
        try:
            crew.drain("deals")
            crew.drain("books")
        except Died:
            pass

    with ThreadPoolExecutor(max_workers=3) as workers:
        for _ in range(ROUNDS):
            if chance.random() < 0.5:
                watch.die_at(chance.choice(STEPS))
            list(workers.map(work, [stack.another_crew() for _ in range(3)]))
            stack.deliver()
            stack.time_passes(7)
            stack.sweep()
            if set(stack.states()) == {"done"}:
                break
    stack.work()
    assert set(stack.states()) == {"done"}
    assert len(stack.booked()) == DEALS
    assert len(stack.booked("Customer")) == PEOPLE
    assert len(stack.view("crm_invoices")) == DEALS
    assert {intent.state for intent in stack.intents("create_invoice")} == {"done"}
    assert {intent.state for intent in stack.intents()} <= {"done", "refused"}
    assert stack.reasons() == []
