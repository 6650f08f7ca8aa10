"""Two hundred won deals on PostgreSQL and Redis with the production processes, counted by others than ourselves."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import pytest

from tests.journeys.deals import PRODUCTS, line, product, two_hundred, won_deal
from tests.journeys.fleet import Fleet, free_port, wait_until

DEALS, PEOPLE = 200, 160
pytestmark = pytest.mark.timeout(300)


@contextmanager
def connected_fleet(**settings: str) -> Iterator[Fleet]:
    """A fleet whose books hold the 120 items that the CRM's products are sold as."""
    broker_url = settings.pop("broker_url", None)
    with Fleet(broker_url=broker_url, **settings) as fleet:
        fleet.open_realm()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: make_item(fleet, number), range(1, PRODUCTS + 1)))
        fleet.connect()
        yield fleet


def make_item(fleet: Fleet, number: int) -> None:
    sold = product(number)
    fleet.book(
        "item",
        {"Name": sold["name"], "Sku": sold["sku"], "Type": "Service", "IncomeAccountRef": {"value": "1"}},
    )


def all_booked(fleet: Fleet, deals: int = DEALS, within_s: float = 60.0) -> float:
    counted = "SELECT count(*) FROM crm_invoices"
    return wait_until(lambda: fleet.psql(counted) == str(deals), within_s, f"{deals} invoices in crm_invoices")


def pay_half(fleet: Fleet) -> None:
    """Pay the first hundred invoices in full, by the books' own API."""
    invoices = sorted(fleet.holds("Invoice"), key=lambda invoice: int(invoice["Id"]))[: DEALS // 2]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda invoice: pay(fleet, invoice), invoices))


def pay(fleet: Fleet, invoice: dict[str, object]) -> None:
    linked = {"TxnId": invoice["Id"], "TxnType": "Invoice"}
    amount = float(str(invoice["TotalAmt"]))
    fleet.book(
        "payment",
        {
            "CustomerRef": invoice["CustomerRef"],
            "TotalAmt": amount,
            "Line": [{"Amount": amount, "LinkedTxn": [linked]}],
        },
    )


def statuses_agree(fleet: Fleet) -> bool:
    """Whether each row of crm_invoices says what follows from the sandbox's own figures."""
    told = {row[0]: (row[1], Decimal(row[2]), Decimal(row[3])) for row in fleet.rows(
        "SELECT invoice_id, status, total, balance FROM crm_invoices")}  # fmt: skip
    held = {}
    for invoice in fleet.holds("Invoice"):
        total, balance = Decimal(str(invoice["TotalAmt"])), Decimal(str(invoice["Balance"]))
        status = "paid" if balance == 0 else "partially_paid" if balance < total else "ready_to_send"
        held[str(invoice["Id"])] = (status, total, balance)
    return told == held


def test_two_hundred_deals_of_fewer_people_become_two_hundred_invoices_and_half_are_paid() -> None:
    with connected_fleet() as fleet:
        events = two_hundred(DEALS, PEOPLE)
        answers = fleet.post_all(events, clients=32)
        assert {answer.status_code for answer in answers} == {202}
        took = all_booked(fleet)
        assert fleet.invoice_count() == DEALS
        assert fleet.counts()["Customer"] == PEOPLE
        assert fleet.psql("SELECT count(DISTINCT customer_id) FROM crm_invoices") == str(PEOPLE)

        pay_half(fleet)
        settled = wait_until(lambda: statuses_agree(fleet), 10, "every status within 10 s of the last payment")
        paid = fleet.psql("SELECT count(*) FROM crm_invoices WHERE status = 'paid'")
        assert paid == str(DEALS // 2)
        history_is_consistent(fleet)
        print(f"booked in {took:.1f} s, statuses {settled:.1f} s after the last payment")

        again = [event for event in events for _ in range(3)]
        random.Random(4).shuffle(again)
        duplicates = [answer.json() for answer in fleet.post_all(again, clients=8)]
        assert sum(answer["duplicate"] for answer in duplicates) == 3 * DEALS
        wait_until(lambda: fleet.psql("SELECT count(*) FROM events WHERE state = 'waiting'") == "0")
        assert fleet.invoice_count() == DEALS


def history_is_consistent(fleet: Fleet) -> None:
    """The newest line of each invoice names its status and balance; the payments in history add up to what is paid."""
    wrong_ends = fleet.psql("""
        SELECT count(*) FROM crm_invoices i JOIN LATERAL (
            SELECT status, balance FROM crm_history h WHERE h.invoice_id = i.invoice_id AND h.connection = i.connection
            ORDER BY h.at DESC, h.history_id DESC LIMIT 1) newest ON true
        WHERE newest.status <> i.status OR newest.balance <> i.balance""")
    wrong_sums = fleet.psql("""
        SELECT count(*) FROM crm_invoices i WHERE i.paid <> coalesce((
            SELECT sum(amount) FROM crm_history h WHERE h.invoice_id = i.invoice_id AND h.connection = i.connection
            AND h.what IN ('payment_applied', 'payment_removed')), 0)""")
    assert (wrong_ends, wrong_sums) == ("0", "0")


def test_the_same_event_posted_three_times_by_eight_clients_counts_once() -> None:
    with connected_fleet() as fleet:
        events = [event for event in two_hundred(DEALS, PEOPLE) for _ in range(3)]
        random.Random(3).shuffle(events)
        answers = [answer.json() for answer in fleet.post_all(events, clients=8)]
        assert Counter(answer["duplicate"] for answer in answers) == {False: DEALS, True: 2 * DEALS}
        all_booked(fleet)
        assert (fleet.invoice_count(), fleet.counts()["Customer"]) == (DEALS, PEOPLE)


def test_redis_emptied_every_second_loses_nothing() -> None:
    with connected_fleet() as fleet, flushing(fleet) as flushes:
        fleet.post_all(two_hundred(DEALS, PEOPLE))
        all_booked(fleet)
        wait_until(lambda: flushes() >= 3, 10)
        assert (fleet.invoice_count(), fleet.counts()["Customer"]) == (DEALS, PEOPLE)


@contextmanager
def flushing(fleet: Fleet) -> Iterator[object]:
    stop, times = threading.Event(), []

    def flush() -> None:
        while True:
            fleet.redis.flushall()
            times.append(time.monotonic())
            if stop.wait(1.0):
                return

    thread = threading.Thread(target=flush)
    thread.start()
    try:
        yield lambda: len(times)
    finally:
        stop.set()
        thread.join()


def test_a_ring_that_points_at_a_closed_port_delays_and_never_stops() -> None:
    with connected_fleet(broker_url=f"redis://127.0.0.1:{free_port()}/0") as fleet:
        fleet.post_all(two_hundred(DEALS, PEOPLE))
        all_booked(fleet)
        assert (fleet.invoice_count(), fleet.counts()["Customer"]) == (DEALS, PEOPLE)


@pytest.mark.parametrize("concurrent", ["serialise", "both"])
def test_a_lost_answer_on_every_tenth_invoice_makes_no_second_one(concurrent: str) -> None:
    with connected_fleet() as fleet:
        fleet.control("POST", "/sandbox/switches", {"concurrent_requestid": concurrent})
        lost = {"match": {"method": "POST", "path": "/invoice"}, "every": 10, "then": {"kind": "timeout_after_commit"}}
        fleet.control("POST", "/sandbox/faults", lost)
        deals = DEALS + 40  # every tenth post counts repeats too; at least twenty different invoices shall be hit
        fleet.post_all(two_hundred(deals, PEOPLE))
        all_booked(fleet, deals)
        assert fleet.invoice_count() == deals
        posts = [
            (request["query"]["requestid"] if isinstance(request["query"], dict) else request["query"], request)
            for request in fleet.control("GET", "/sandbox/requests?limit=20000")
            if request["method"] == "POST" and request["path"].endswith("/invoice")
        ]
        by_id = Counter(request_id for request_id, _ in posts)
        lost_ids = {request_id for request_id, request in posts if request.get("fault")}
        assert len(lost_ids) >= 20
        assert all(by_id[request_id] >= 2 for request_id in lost_ids)
        assert all(number == 1 for request_id, number in by_id.items() if request_id not in lost_ids)
        assert len(by_id) == deals
        if concurrent == "both":  # then a repeat that overlapped its first call would have made a second invoice
            assert fleet.psql("SELECT count(DISTINCT book_id) FROM intents WHERE kind = 'create_invoice'") == str(deals)


def test_notifications_of_many_invoices_cost_few_reads() -> None:
    with connected_fleet() as fleet:
        customer = fleet.book("customer", {"DisplayName": "Somebody"})
        ours = 90
        fleet.post_all(two_hundred(ours, ours))
        wait_until(lambda: fleet.psql("SELECT count(*) FROM crm_invoices") == str(ours))
        fleet.control("POST", "/sandbox/webhooks", webhook(fleet, delay_ms=400))
        theirs = [make_invoice(fleet, customer["Id"]) for _ in range(10)]
        quiet(fleet)
        assert fleet.psql("SELECT count(*) FROM invoices") == "100"

        def touch(number: int) -> None:
            fleet.control("POST", f"/sandbox/realms/{fleet.realm}/act", {"edit": {"invoice": ids[number], "set": note}})

        note = {"CustomerMemo": {"value": "Thank you"}}
        ids = [str(invoice["Id"]) for invoice in fleet.holds("Invoice")]
        assert len(ids) == 100
        assert set(theirs) <= set(ids)
        before = fleet.reads()
        events_before = int(fleet.psql("SELECT count(*) FROM events"))
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(touch, range(100)))
        quiet(fleet)
        assert int(fleet.psql("SELECT count(*) FROM events")) - events_before == 100
        stale = fleet.psql("SELECT count(*) FROM invoices WHERE sync_token <> 1 AND sync_token <> 2")
        assert stale == "0"
        assert fleet.reads() - before <= 2


def test_a_post_about_ninety_invoices_of_ours_and_ten_of_others_costs_two_reads_at_most() -> None:
    with Fleet() as fleet:
        fleet.open_realm()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: make_item(fleet, number), range(1, PRODUCTS + 1)))
        customer = fleet.book("customer", {"DisplayName": "Somebody"})
        theirs = [make_invoice(fleet, customer["Id"]) for _ in range(10)]  # before anybody notifies us
        fleet.connect()
        fleet.post_all(two_hundred(90, 90))
        wait_until(lambda: fleet.psql("SELECT count(*) FROM crm_invoices") == "90", why="ninety of ours")
        quiet(fleet)
        assert fleet.psql("SELECT count(*) FROM invoices") == "90"

        ids = [str(invoice["Id"]) for invoice in fleet.holds("Invoice")]
        assert (len(ids), set(theirs) <= set(ids)) == (100, True)
        before, events = fleet.reads(), int(fleet.psql("SELECT count(*) FROM events"))
        assert fleet.notify(ids).status_code == 200
        quiet(fleet)
        assert int(fleet.psql("SELECT count(*) FROM events")) - events == 100
        assert fleet.psql("SELECT count(*) FROM invoices") == "100"
        assert fleet.reads() - before <= 2
        print(f"reads for one post about 90 of ours and 10 of others: {fleet.reads() - before}")


def test_many_notifications_of_invoices_nobody_here_made_are_all_recorded_with_few_reads() -> None:
    with Fleet() as fleet:
        fleet.open_realm()
        item = fleet.book("item", {"Name": "Thing", "Type": "Service", "IncomeAccountRef": {"value": "1"}})
        customer = fleet.book("customer", {"DisplayName": "Somebody"})
        assert item["Id"] == "1"
        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(lambda _: make_invoice(fleet, customer["Id"]), range(1250)))
        fleet.connect()

        before = fleet.reads()
        assert fleet.notify(ids[:250]).status_code == 200
        wait_until(lambda: fleet.psql("SELECT count(*) FROM invoices") == "250", why="250 in one post")
        assert fleet.reads() - before <= 2

        before = fleet.reads()
        slow = {"match": {"path": "/query"}, "next": 1, "then": {"kind": "delay", "delay_ms": 3000}}
        fleet.control("POST", "/sandbox/faults", slow)  # the worker is busy with the first read meanwhile
        with ThreadPoolExecutor(4) as pool:
            portions = [ids[250 + 100 * place : 350 + 100 * place] for place in range(10)]
            answers = list(pool.map(fleet.notify, portions))
        assert {answer.status_code for answer in answers} == {200}
        wait_until(lambda: fleet.psql("SELECT count(*) FROM invoices") == "1250", why="1,000 in ten posts")
        quiet(fleet)
        assert fleet.psql("SELECT count(*) FROM events WHERE kind = 'quickbooks.invoice.updated'") == "1250"
        assert fleet.reads() - before <= 6
        print(f"reads for 1,000 notifications in ten posts: {fleet.reads() - before}")


def webhook(fleet: Fleet, delay_ms: int) -> dict[str, object]:
    token = fleet._environment["DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS"]
    return {
        "url": f"{fleet.url}/webhooks/quickbooks",
        "verifier_token": token,
        "format": "cloudevents",
        "delay_ms": delay_ms,
    }


def make_invoice(fleet: Fleet, customer_id: str) -> str:
    body = {
        "CustomerRef": {"value": customer_id},
        "Line": [
            {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
        ],
    }
    return str(fleet.book("invoice", body)["Id"])


def quiet(fleet: Fleet) -> None:
    """Wait until the sandbox has told everything and everything told is settled."""

    def settled() -> bool:
        told = fleet.control("GET", "/sandbox/webhooks")
        pending = sum(each.get("pending", 0) for each in (told if isinstance(told, list) else told["subscriptions"]))
        return pending == 0 and fleet.psql("SELECT count(*) FROM events WHERE state = 'waiting'") == "0"

    wait_until(settled, why="quiet")


def test_a_healthy_deal_is_booked_soon_after_a_bad_one() -> None:
    person = {"person_id": "1", "name": "Person 1", "email": "person1@example.com"}
    with connected_fleet() as fleet:
        bad = won_deal(1, **person, lines=[])
        bad["data"]["deal"]["currency"] = "QQQ"
        assert fleet.post(bad).status_code == 422
        assert fleet.post(won_deal(2, **person, lines=[line(1)])).status_code == 202
        wait_until(lambda: fleet.psql("SELECT count(*) FROM crm_invoices") == "1", 5, "a healthy deal")
        assert json.loads(fleet.psql("SELECT faults FROM refusals LIMIT 1"))
