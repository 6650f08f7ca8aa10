"""What no notification told is found by asking what changed, and the first load reads everything once (R17, R18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, select

from models.records import connections, customers, invoices, payments
from models.records.database import OPERATOR
from tests.makers import won
from tests.stack import Stack

QUARTER = 15 * 60.0 + 1
DAYS = 86_400.0


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


def known_invoices(stack: Stack, *which: ColumnElement[bool]) -> set[str]:
    with stack.database.reading(OPERATOR) as session:
        return set(session.scalars(select(invoices.invoices.c.invoice_id).where(*which)))


def invoice_by_hand(stack: Stack, customer: str, item: str) -> str:
    """An invoice that a bookkeeper made."""
    line = {"DetailType": "SalesItemLineDetail", "Amount": 1, "SalesItemLineDetail": {"ItemRef": {"value": item}}}
    body = {"CustomerRef": {"value": customer}, "Line": [line]}
    return str(stack.books.act(stack.realm, create={"Invoice": body})["Invoice"]["Id"])


def customer_by_hand(stack: Stack) -> str:
    return str(stack.books.act(stack.realm, create={"Customer": {"DisplayName": "Ann"}})["Customer"]["Id"])


def test_more_changes_than_one_answer_holds_are_all_found(stack: Stack) -> None:
    customer, item = customer_by_hand(stack), str(stack.booked("Item")[0]["Id"])
    made = {invoice_by_hand(stack, customer, item) for _ in range(1050)}
    paid = max(made, key=int)
    stack.books.act(stack.realm, pay={"invoice": paid})
    unheard(stack)
    stack.time_passes(QUARTER)
    stack.drain("books")
    assert known_invoices(stack) == made
    assert known_invoices(stack, invoices.invoices.c.status == "paid") == {paid}


def test_what_changed_longer_ago_than_quickbooks_remembers_is_found(stack: Stack) -> None:
    """Change data capture looks back 30 days, and here refuses to look further; we were away for 40."""
    stack.books.world.switches.turn({"cdc_beyond_30_days": "refuse"})
    stack.books.clock.advance(-DAYS * 35)
    made = invoice_by_hand(stack, customer_by_hand(stack), str(stack.booked("Item")[0]["Id"]))
    stack.books.clock.advance(DAYS * 35)
    unheard(stack)
    away_since = (datetime.now(UTC) - timedelta(days=40)).isoformat(timespec="milliseconds")
    with stack.database.writing(OPERATOR) as session:
        connections.caught_up(session, stack.connection, away_since)
    stack.time_passes(QUARTER)
    stack.drain("books")
    assert known_invoices(stack) == {made}
    with stack.database.reading(OPERATOR) as session:
        connection = connections.find(session, stack.connection)
    assert connection is not None
    assert str(connection.caught_up_to) > away_since


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
