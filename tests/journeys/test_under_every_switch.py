"""One story under every setting of every switch: what nobody knows of QuickBooks must not decide what becomes true."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.switches import SETTINGS
from tests.makers import asks, person_of, won
from tests.stack import Stack

MINUTE, HOURS = 61.0, 3600.0
QUARTER = 15 * 60.0 + 1
EVERY_SETTING = [(switch, setting) for switch, settings in SETTINGS.items() for setting in settings]


@pytest.fixture
def backend() -> str:
    """The switches are about QuickBooks, so one kind of database is enough."""
    return "sqlite"


@pytest.fixture(params=EVERY_SETTING, ids=[f"{switch}={setting}" for switch, setting in EVERY_SETTING])
def switched(request: pytest.FixtureRequest, stack: Stack) -> Stack:
    switch, setting = request.param
    stack.books.world.switches.turn({switch: setting})
    return stack


def invoices_by_deal(stack: Stack) -> dict[str, str]:
    return {row["deal_id"]: row["invoice_id"] for row in stack.view("crm_invoices")}


def what_the_books_say(stack: Stack) -> dict[str, tuple[int, int]]:
    """Total and open balance in cents, by invoice."""
    return {row["Id"]: (cents(row["TotalAmt"]), cents(row["Balance"])) for row in stack.booked()}


def what_the_crm_reads(stack: Stack) -> dict[str, tuple[int, int]]:
    rows = stack.view("crm_invoices")
    return {row["invoice_id"]: (row["total_minor"], row["balance_minor"]) for row in rows if row["status"] != "deleted"}


def cents(amount: Decimal | int) -> int:
    return int(Decimal(amount) * 100)


def work_through(stack: Stack) -> None:
    """All that is due; a minute later also what QuickBooks throttled, for our pace is off."""
    stack.work()
    stack.books.clock.advance(MINUTE)
    stack.time_passes(MINUTE)
    stack.work()


def test_every_deal_is_invoiced_once_and_its_row_is_true(switched: Stack) -> None:
    stack = switched
    ann = person_of("ann")
    for deal in ("lost-answer", "paid-in-parts", "voided-by-hand", "voided-by-us", "deleted"):
        stack.post(won(deal, person=ann))
        if deal == "lost-answer":
            stack.goes_wrong("timeout_after_commit")
            stack.drain()
            stack.time_passes(6)
        stack.work()
    stack.work()
    of = invoices_by_deal(stack)
    assert len(of) == len(stack.booked()) == 5
    assert len(stack.booked("Customer")) == 1

    stack.books.act(stack.realm, pay={"invoice": of["paid-in-parts"], "amount": "40.00"})
    stack.books.act(stack.realm, void={"invoice": of["voided-by-hand"]})
    stack.books.act(stack.realm, send={"invoice": of["lost-answer"], "to": "ann@buyer.example"})
    stack.post(asks("void", deal={"id": "voided-by-us"}))
    work_through(stack)
    assert what_the_crm_reads(stack) == what_the_books_say(stack)

    # Nothing is told any more; tokens run out; the catch-up finds the rest.
    stack.books.act(stack.realm, pay={"invoice": of["paid-in-parts"]})
    stack.books.act(stack.realm, delete={"invoice": of["deleted"]})
    stack.held.clear()
    stack.books.clock.advance(HOURS)
    stack.time_passes(HOURS + QUARTER)
    work_through(stack)
    assert what_the_crm_reads(stack) == what_the_books_say(stack)
    status = {row["deal_id"]: row["status"] for row in stack.view("crm_deals")}
    assert status["paid-in-parts"] == "paid"
    assert status["voided-by-hand"] == status["voided-by-us"] == "void"
    assert status["deleted"] == "deleted"
    assert [row.state for row in stack.intents() if row.state not in ("done", "refused")] == []
    assert stack.reasons() == []
