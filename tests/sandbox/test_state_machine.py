"""Random bookkeeping, thousands of steps of it: whatever is done in whatever order, the books stay sound.

`DEALBOOKS_TEST_STEPS=10000` makes it as long as that; `DEALBOOKS_TEST_SEED=8` takes other steps than usual.
"""

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from sandbox.server import Sandbox
from tests.sandbox.machine import Bookkeeping

STEPS = int(os.environ.get("DEALBOOKS_TEST_STEPS", "1500"))
SEED = int(os.environ.get("DEALBOOKS_TEST_SEED", "7"))
ROUND = settings(
    max_examples=10,
    stateful_step_count=100,
    deadline=None,
    database=None,
    phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def machine_at(books: Sandbox, seed: int) -> type[Bookkeeping]:
    host, _, port = books.url.removeprefix("http://").partition(":")
    here = type("Bookkeeping", (Bookkeeping,), {"address": (host, int(port)), "steps": 0})
    return hypothesis.seed(seed)(here)


@pytest.mark.timeout(900)
@pytest.mark.behaviour(
    "The wire",
    "Whatever is done in whatever order: sums, links, Ids, versions, queries, changes and the meter agree.",
    "assumed",
)
def test_random_bookkeeping_keeps_the_books_sound(books):
    steps, seed = 0, SEED
    while steps < STEPS:
        machine = machine_at(books, seed)
        print(f"seed {seed}, {steps} steps before")  # shown when it fails
        run_state_machine_as_test(machine, settings=ROUND)
        steps, seed = steps + machine.steps, seed + 1


def test_the_machine_sees_a_forgotten_balance(books, monkeypatch):
    monkeypatch.setattr("sandbox.changes.Change.owes", lambda *_: None)
    with pytest.raises(AssertionError, match="balance of a customer"):
        run_state_machine_as_test(machine_at(books, SEED), settings=settings(ROUND, phases=[hypothesis.Phase.generate]))


def test_the_machine_sees_a_request_that_is_done_twice(books, monkeypatch):
    monkeypatch.setattr("sandbox.requestids.RequestMemory._remembered", lambda *_: None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine_at(books, SEED), settings=settings(ROUND, phases=[hypothesis.Phase.generate]))
