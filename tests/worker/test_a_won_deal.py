"""A won deal becomes an invoice in the books, once, and what happens to it there comes back."""

from __future__ import annotations

from decimal import Decimal

from tests.makers import won
from tests.stack import Stack


def test_a_won_deal_is_invoiced_and_its_payments_come_back(stack: Stack) -> None:
    assert (
        stack.post(
            won("d1", lines=[{"product": {"id": "1", "name": "Hour of work"}, "quantity": "2", "unit_price": "50.00"}])
        ).status_code
        == 202
    )
    stack.work()
    row = stack.invoice()
    assert (row["status"], Decimal(row["balance"])) == ("ready_to_send", Decimal("100.00"))
    stack.books.act(stack.realm, pay={"invoice": row["invoice_id"], "amount": "40.00"})
    stack.work()
    assert stack.invoice()["status"] == "partially_paid"
    stack.books.act(stack.realm, pay={"invoice": row["invoice_id"], "amount": "60.00"})
    stack.work()
    assert stack.invoice()["status"] == "paid"
    assert [line["what"] for line in stack.view("crm_history")] == ["created", "payment_applied", "payment_applied"]
