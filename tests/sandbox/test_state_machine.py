"""Random bookkeeping, thousands of steps of it: whatever is done in whatever order, the books stay sound.

`DEALBOOKS_TEST_STEPS=10000` makes it as long as that; `DEALBOOKS_TEST_SEED=7` takes other steps than usual.
"""

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from sandbox.server import Sandbox
from tests.sandbox.machine import Bookkeeping

STEPS = int(os.environ.get("DEALBOOKS_TEST_STEPS", "1500"))
SEED = os.environ.get("DEALBOOKS_TEST_SEED")
STEPS_PER_REALM = 50
# Some runs end early: so many steps are made in a realm on average, at least.
USUAL_STEPS = 28


def machine_at(books: Sandbox) -> type[Bookkeeping]:
    host, _, port = books.url.removeprefix("http://").partition(":")
    here = type("Bookkeeping", (Bookkeeping,), {"address": (host, int(port)), "steps": 0})
    return hypothesis.seed(int(SEED))(here) if SEED else here


def run(machine: type[Bookkeeping], steps: int) -> None:
    chosen = settings(
        max_examples=-(-steps // USUAL_STEPS),
        stateful_step_count=STEPS_PER_REALM,
        deadline=None,
        database=None,
        derandomize=SEED is None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.timeout(900)
@pytest.mark.behaviour(
    "The wire",
    "Whatever is done in whatever order: sums, links, Ids, versions, queries, changes and the meter agree.",
    "assumed",
)
def test_random_bookkeeping_keeps_the_books_sound(books):
    machine = machine_at(books)
    run(machine, STEPS)
    assert machine.steps >= STEPS
