"""QuickBooks told of changes: all that wait at once cost one read, and what they say is recorded (R11, R18)."""

from __future__ import annotations

from tests.makers import line, notification, person_of, won
from tests.pauses import Background, Watch
from tests.stack import Json, Stack


def book_invoices(stack: Stack, number: int) -> list[str]:
    """Invoices that a bookkeeper made."""
    customer = stack.books.act(stack.realm, create={"Customer": {"DisplayName": "Walk-in"}})["Customer"]["Id"]
    item = str(stack.booked("Item")[0]["Id"])
    stack.work()
    sold: Json = {
        "DetailType": "SalesItemLineDetail",
        "Amount": "5",
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    body = {"CustomerRef": {"value": customer}, "Line": [sold]}
    made = [str(stack.books.act(stack.realm, create={"Invoice": body})["Invoice"]["Id"]) for _ in range(number)]
    stack.held.clear()
    return made


def known(stack: Stack, invoice_id: str) -> Json | None:
    from models.records import invoices

    with stack.database.reading("*") as session:
        row = invoices.find(session, stack.connection, invoice_id)
    return dict(row._mapping) if row is not None else None


def known_ids(stack: Stack) -> set[str]:
    from sqlalchemy import select

    from models.records.invoices import invoices

    with stack.database.reading("*") as session:
        return set(session.scalars(select(invoices.c.invoice_id)))


def test_a_hundred_notifications_cost_one_read_and_unknown_invoices_are_recorded_too(stack: Stack) -> None:
    made = book_invoices(stack, 100)
    before = stack.reads()
    stack.tell(*(notification(stack.realm, "invoice", each, "updated") for each in made))
    stack.drain("books")
    assert stack.reads() - before == 1
    assert set(made) <= known_ids(stack)
    assert set(stack.states("quickbooks.invoice")) == {"done"}


def test_ten_posts_that_wait_are_one_read(stack: Stack) -> None:
    made = book_invoices(stack, 30)
    before = stack.reads()
    for start in range(0, 30, 3):
        stack.tell(*(notification(stack.realm, "invoice", each, "updated") for each in made[start : start + 3]))
    stack.drain("books")
    assert stack.reads() - before == 1
    assert set(made) <= known_ids(stack)


def test_250_in_one_post_are_all_stored_and_recorded(stack: Stack) -> None:
    made = book_invoices(stack, 250)
    assert stack.tell(*(notification(stack.realm, "invoice", each, "updated") for each in made)).status_code == 200
    stack.drain("books")
    assert set(made) <= known_ids(stack)


def test_echoes_of_our_own_writes_cost_no_read(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.drain("deals")
    before = stack.reads()
    assert stack.deliver() >= 2
    stack.drain("books")
    assert stack.reads() == before
    assert set(stack.states("quickbooks.")) == {"done"}


def test_a_payment_is_recorded_with_its_day(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, pay={"invoice": stack.invoice()["invoice_id"]})
    stack.work()
    row = stack.invoice()
    assert (row["status"], row["balance_minor"], row["paid_minor"]) == ("paid", 0, 10000)
    assert row["paid_on"] is not None


def test_a_deleted_payment_brings_the_balance_back(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    paid = stack.books.act(stack.realm, pay={"invoice": stack.invoice()["invoice_id"], "amount": "30.00"})
    stack.work()
    stack.books.act(stack.realm, delete={"payment": paid["Payment"]["Id"]})
    stack.work()
    assert stack.invoice()["balance_minor"] == 10000
    lines = [(line["what"], line["amount_minor"]) for line in stack.view("crm_history")]
    assert lines[1:] == [("payment_applied", 3000), ("payment_removed", -3000)]


def test_an_invoice_voided_in_the_books_is_void_here(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, void={"invoice": stack.invoice()["invoice_id"]})
    stack.work()
    row = stack.invoice()
    assert (row["status"], row["total_minor"]) == ("void", 0)


def test_a_deleted_invoice_keeps_its_row(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, delete={"invoice": stack.invoice()["invoice_id"]})
    stack.work()
    assert stack.invoice()["status"] == "deleted"
    assert stack.invoice()["total_minor"] == 10000


def test_an_invoice_sent_from_the_books_awaits_payment(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    stack.books.act(stack.realm, send={"invoice": stack.invoice()["invoice_id"]})
    stack.work()
    row = stack.invoice()
    assert (row["status"], bool(row["is_sent"])) == ("awaiting_payment", True)
    assert row["sent_at"] is not None


def test_after_a_merge_the_contact_belongs_to_the_customer_that_stays(stack: Stack) -> None:
    stack.post(won("d1", person=person_of("ann")))
    stack.work()
    loser = stack.invoice()["customer_id"]
    stays = stack.books.act(stack.realm, create={"Customer": {"DisplayName": "Ann & Sons"}})["Customer"]["Id"]
    stack.books.act(stack.realm, delete={"customer": loser})
    stack.held.clear()
    stack.tell(notification(stack.realm, "customer", stays, "merged", data={"deletedid": loser}))
    stack.drain()
    stack.post(won("d2", person=person_of("ann")))
    stack.work()
    assert sorted(row["customer_id"] for row in stack.view("crm_invoices")) == sorted([loser, stays])


def test_an_unknown_realms_notifications_wait_for_its_connection(stack: Stack) -> None:
    grant = stack.books.open_realm(empty=True)
    realm = str(grant["realm"])
    customer = stack.books.act(realm, create={"Customer": {"DisplayName": "Ann"}})["Customer"]["Id"]
    stack.held.clear()
    assert stack.tell(notification(realm, "customer", customer, "created")).status_code == 200
    stack.time_passes(10)
    stack.sweep()
    stack.drain()
    assert stack.states("quickbooks.customer") == ["waiting"]
    from webhooks.connecting import connect
    from worker.quickbooks.oauth import Tokens

    tokens = Tokens(str(grant["access_token"]), str(grant["refresh_token"]), 3600, 1000)
    connect(stack.worker, company_id="acme", realm=realm, tokens=tokens)
    stack.drain()
    assert stack.states("quickbooks.customer") == ["done"]
    (event,) = stack.events("quickbooks.customer")
    assert event.company_id == "acme"


def test_a_hint_without_an_id_of_its_own_is_due_again_when_told_again(stack: Stack) -> None:
    """Intuit's older format: the same content again after it was done may well be a second change."""
    import json

    stack.post(won("d1"))
    stack.work()
    invoice_id = stack.invoice()["invoice_id"]
    told = {"name": "Invoice", "id": invoice_id, "operation": "Update", "lastUpdated": "2026-03-13T10:00:00.000Z"}
    body = json.dumps(
        {"eventNotifications": [{"realmId": stack.realm, "dataChangeEvent": {"entities": [told]}}]}
    ).encode()
    stack.post_notification(body)
    stack.drain("books")
    stack.books.act(stack.realm, pay={"invoice": invoice_id})
    stack.held.clear()
    stack.post_notification(body)
    stack.drain("books")
    assert stack.invoice()["status"] == "paid"
    assert len(stack.events("quickbooks.invoice.updated")) == 1


def test_what_comes_in_while_the_worker_is_busy_is_read_together_afterwards(
    stack: Stack, watch: Watch, background: Background
) -> None:
    made = book_invoices(stack, 200)
    before = stack.reads()
    stack.tell(notification(stack.realm, "invoice", made[0], "updated"))
    with watch.pause_at("invoices.read") as read:
        working = background(lambda: stack.drain("books"))
        read.wait()
        for start in range(0, 200, 20):
            posted = (notification(stack.realm, "invoice", each, "updated") for each in made[start : start + 20])
            stack.tell(*(again for one in posted for again in [one] * 5))
        read.release()
        working.result(20)
    assert stack.reads() - before == 2
    assert set(made) <= known_ids(stack)


def test_an_item_added_in_the_books_lets_the_deals_with_that_product_go_on(stack: Stack) -> None:
    stack.post(won("d1", lines=[line("Pencil")]))
    stack.work()
    assert stack.reasons() == ["product_not_linked"]
    stack.add_item("Pencil")
    stack.work()
    assert stack.reasons() == []
    assert len(stack.booked()) == 1


def test_each_company_sees_its_own_books_only(stack: Stack) -> None:
    secret = stack.add_company("other")
    second = stack.connect("other")
    realm = list(stack.books.world.companies)[-1]
    stack.add_item(realm=realm)
    stack.work()
    stack.post(won("d1"))
    stack.post(won("d1"), company="other", secret=secret)
    stack.work()
    assert {(row["company"], row["connection"]) for row in stack.view("crm_invoices")} == {
        ("acme", stack.connection),
        ("other", second),
    }
    assert [len(stack.books.company(each).all("Invoice")) for each in (stack.realm, realm)] == [1, 1]
