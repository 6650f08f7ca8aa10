"""A notification of our own change costs no read, whether it comes before our answer is committed or after (R11)."""

from __future__ import annotations

from tests.makers import person_of, won
from tests.pauses import Background, Watch
from tests.stack import Stack

ANN = person_of("ann")


def known_customer(stack: Stack) -> None:
    stack.post(won("d0", person=ANN))
    stack.work()


def test_a_notification_that_overtakes_our_own_answer_waits_for_it(
    stack: Stack, watch: Watch, background: Background
) -> None:
    known_customer(stack)
    before = stack.reads()
    stack.post(won("d1", person=ANN))
    with watch.pause_at("intent.before_outcome") as answered:
        asking = background(lambda: stack.drain("deals"))
        answered.wait()
        assert stack.deliver() > 0
        stack.drain("books", crew=stack.another_crew())
        assert stack.states("quickbooks.invoice.created") == ["done", "waiting"]
        answered.release()
        asking.result(20)
    stack.time_passes(2)
    stack.drain("books")
    assert stack.states("quickbooks.invoice.created") == ["done", "done"]
    assert stack.reads() == before, "our answer said everything that the notification was about"
    assert [line["what"] for line in stack.view("crm_history")] == ["created", "created"]


def test_a_notification_of_something_unknown_waits_no_longer_than_a_minute(
    stack: Stack, watch: Watch, background: Background
) -> None:
    known_customer(stack)
    other = str(
        stack.books.act(
            stack.realm,
            create={
                "Invoice": {
                    "CustomerRef": {"value": stack.booked("Customer")[0]["Id"]},
                    "Line": [
                        {
                            "DetailType": "SalesItemLineDetail",
                            "Amount": "5",
                            "SalesItemLineDetail": {"ItemRef": {"value": stack.booked("Item")[0]["Id"]}},
                        }
                    ],
                }
            },
        )["Invoice"]["Id"]
    )
    stack.post(won("d1", person=ANN))
    with watch.pause_at("intent.before_outcome") as answered:
        asking = background(lambda: stack.drain("deals"))
        answered.wait()
        stack.deliver()
        stack.drain("books", crew=stack.another_crew())
        assert not _is_known(stack, other)
        stack.time_passes(61)
        stack.drain("books", crew=stack.another_crew())
        assert _is_known(stack, other)
        answered.release()
        asking.result(20)


def _is_known(stack: Stack, invoice_id: str) -> bool:
    from models.records import invoices

    with stack.database.reading("*") as session:
        return invoices.find(session, stack.connection, invoice_id) is not None
