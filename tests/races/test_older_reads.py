"""A read that began before something newer was recorded never overrides it (R10)."""

from __future__ import annotations

from tests.makers import asks, notification, won
from tests.pauses import Background, Watch
from tests.stack import Stack


def test_a_read_from_before_the_void_does_not_bring_the_invoice_back(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.post(won("d1"))
    stack.work()
    invoice_id = stack.invoice()["invoice_id"]
    stack.tell(notification(stack.realm, "invoice", invoice_id, "updated"))
    with watch.pause_at("invoices.read") as read:
        reading = background(lambda: stack.drain("books"))
        read.wait()
        stack.post(asks("void", deal={"id": "d1"}))
        stack.drain("deals", crew=stack.another_crew())
        assert stack.invoice()["status"] == "void"
        read.release()
        reading.result(20)
    row = stack.invoice()
    assert (row["status"], row["total_minor"], row["version"]) == ("void", 0, 2)
    assert [line["what"] for line in stack.view("crm_history")][-1] == "voided"


def test_a_read_from_before_a_payment_does_not_reopen_the_balance(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.post(won("d1"))
    stack.work()
    invoice_id = stack.invoice()["invoice_id"]
    stack.tell(notification(stack.realm, "invoice", invoice_id, "updated"))
    with watch.pause_at("invoices.read") as read:
        reading = background(lambda: stack.drain("books"))
        read.wait()
        stack.books.act(stack.realm, pay={"invoice": invoice_id, "amount": "100.00"})
        with stack.database.writing("*") as session:  # a catch-up is a stream of its own and may run beside it
            from models.records import streams

            assert streams.make_due(session, f"catch-up:{stack.connection}")
        stack.drain("books", crew=stack.another_crew())
        assert stack.invoice()["status"] == "paid"
        read.release()
        reading.result(20)
    assert stack.invoice()["status"] == "paid"
