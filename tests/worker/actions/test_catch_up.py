"""What no notification told is found by asking what changed, and the first load reads everything once (R17, R18)."""

from __future__ import annotations

from models.records import customers, payments
from models.records.database import OPERATOR
from tests.makers import won
from tests.stack import Stack

QUARTER = 15 * 60.0 + 1


def unheard(stack: Stack) -> None:
    """What the sandbox had to tell is lost."""
    stack.held.clear()


def test_a_payment_nobody_told_of_is_found(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, pay={"invoice": stack.invoice()["invoice_id"]})
    unheard(stack)
    before = stack.reads()
    stack.time_passes(QUARTER)
    stack.drain()
    assert stack.invoice()["status"] == "paid"
    assert stack.reads() - before == 1


def test_a_deletion_nobody_told_of_is_found(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, delete={"invoice": stack.invoice()["invoice_id"]})
    unheard(stack)
    stack.time_passes(QUARTER)
    stack.drain()
    assert stack.invoice()["status"] == "deleted"


def test_a_deleted_payment_nobody_told_of_is_found(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    invoice_id = stack.invoice()["invoice_id"]
    paid = stack.books.act(stack.realm, pay={"invoice": invoice_id})
    stack.work()
    stack.books.act(stack.realm, delete={"payment": paid["Payment"]["Id"]})
    unheard(stack)
    stack.time_passes(QUARTER)
    stack.drain()
    assert stack.invoice()["balance_minor"] == 10000
    with stack.database.reading(OPERATOR) as session:
        assert payments.last_paid_on(session, stack.connection, invoice_id) is None


def test_a_catch_up_that_fails_is_made_again_from_the_same_time(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, pay={"invoice": stack.invoice()["invoice_id"]})
    unheard(stack)
    stack.goes_wrong("status", path="/cdc", method="GET")
    stack.time_passes(QUARTER)
    stack.drain()
    assert stack.invoice()["status"] != "paid"
    stack.time_passes(QUARTER)
    stack.drain()
    assert stack.invoice()["status"] == "paid"


def test_the_timers_next_time_stands_as_soon_as_it_is_claimed(stack: Stack) -> None:
    stack.time_passes(QUARTER)
    key = f"catch-up:{stack.connection}"
    with stack.database.reading(OPERATOR) as session:
        from models.records.database import database_now

        at = database_now(session)
    assert stack.stream(key).due_at < at
    stack.drain()
    assert (stack.stream(key).due_at - at).total_seconds() > 800


def test_the_first_load_reads_page_after_page(bare_stack: Stack) -> None:
    bare_stack.connect(load=False)
    for number in range(1001):
        bare_stack.books.act(bare_stack.realm, create={"Customer": {"DisplayName": f"Customer {number}"}})
    bare_stack.held.clear()
    bare_stack.drain()
    queries = [call for call in bare_stack.calls("/query") if "from customer" in str(call["body"]).lower()]
    assert len(queries) == 2
    with bare_stack.database.reading(OPERATOR) as session:
        known = customers.known_of(
            session, bare_stack.connection, [str(row["Id"]) for row in bare_stack.booked("Customer")]
        )
    assert len(known) == 1001
    (made,) = bare_stack.events("connection.made")
    assert (made.state, made.outcome["customers"]) == ("done", 1001)


def test_a_load_that_was_interrupted_begins_again(bare_stack: Stack) -> None:
    bare_stack.connect(load=False)
    bare_stack.add_item()
    bare_stack.goes_wrong("status", path="/query", times=1)
    bare_stack.post(won("d1"))
    bare_stack.drain()
    assert bare_stack.states("connection.made") == ["waiting"]
    bare_stack.time_passes(6)
    bare_stack.drain()
    assert bare_stack.states("connection.made") == ["done"]
    assert bare_stack.states("crm.deal") == ["done"]
