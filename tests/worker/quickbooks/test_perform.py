"""The one door to a write: whatever happens to a call, one change is made in the books (R6 to R9)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.records import connections
from models.records.database import OPERATOR
from tests.makers import deal_event, person_of, won
from tests.pauses import Died, Watch
from tests.stack import COMPANY, Stack
from webhooks.connecting import connect
from worker.quickbooks.oauth import Tokens

REFRESH = "/oauth2/v1/tokens/bearer"
HOURS = 3600.0


def only_invoice_intents(stack: Stack) -> list[tuple[str, int, int]]:
    """State, generation and attempts of each."""
    return [(row.state, row.generation, row.attempts) for row in stack.intents("create_invoice")]


# ---------------------------------------------------------------- outcomes nobody knows


@pytest.mark.parametrize("concurrent", ["serialise", "both"])
@pytest.mark.parametrize("kind", ["timeout_after_commit", "reset_after_commit"])
def test_a_lost_answer_makes_no_second_invoice(stack: Stack, concurrent: str, kind: str) -> None:
    stack.books.world.switches.turn({"concurrent_requestid": concurrent})
    stack.goes_wrong(kind)
    stack.post(won("d1"))
    stack.drain()
    assert only_invoice_intents(stack) == [("uncertain", 1, 1)]
    assert stack.states() == ["waiting"]
    stack.time_passes(6)
    stack.work()
    first, repeat = stack.posts_of("invoice")
    assert (first["query"], first["body"]) == (repeat["query"], repeat["body"])
    assert len(stack.booked()) == 1
    assert only_invoice_intents(stack) == [("done", 1, 2)]
    assert stack.states() == ["done"]
    assert stack.reasons() == []
    assert [line["what"] for line in stack.view("crm_history")] == ["created"]


@pytest.mark.parametrize(
    ("kind", "then"),
    [
        ("timeout_before_commit", {}),
        ("reset_before_commit", {}),
        ("empty_200", {}),
        ("status", {"status": 500, "body": "html"}),
        ("status", {"status": 503, "body": "xml"}),
        ("status", {"status": 504, "body": "json"}),
    ],
)
def test_what_may_not_have_happened_is_asked_again_under_the_same_id(
    stack: Stack, kind: str, then: dict[str, Any]
) -> None:
    stack.goes_wrong(kind, **then)
    stack.post(won("d1"))
    stack.drain()
    assert only_invoice_intents(stack) == [("uncertain", 1, 1)]
    stack.time_passes(6)
    stack.work()
    first, repeat = stack.posts_of("invoice")
    assert (first["query"], first["body"]) == (repeat["query"], repeat["body"])
    assert len(stack.booked()) == 1
    assert stack.states() == ["done"]


@pytest.mark.parametrize("verb", ["lost", "reopened", "deleted"])
def test_an_invoice_whose_answer_was_lost_is_found_though_the_deal_was_lost_since(stack: Stack, verb: str) -> None:
    stack.goes_wrong("timeout_after_commit")
    stack.post(won("d1"))
    stack.drain()
    stack.post(deal_event(verb, "d1"))
    stack.drain()
    stack.time_passes(6)
    stack.work()
    assert only_invoice_intents(stack) == [("done", 1, 2)]
    assert stack.invoice()["deal_id"] == "d1"
    assert stack.reasons() == ["deal_changed_after_invoice"]


def test_a_repeat_keeps_its_distance(stack: Stack) -> None:
    stack.goes_wrong("timeout_after_commit")
    stack.post(won("d1"))
    stack.drain()
    for _ in range(4):
        stack.time_passes(1)
        stack.drain()
    assert len(stack.posts_of("invoice")) == 1
    stack.time_passes(2)
    stack.drain()
    assert len(stack.posts_of("invoice")) == 2


@pytest.mark.parametrize("step", ["intent.asked", "quickbooks.call", "quickbooks.answered", "intent.before_outcome"])
def test_a_process_that_dies_during_a_call_leaves_one_invoice(stack: Stack, watch: Watch, step: str) -> None:
    stack.post(won("d0", person=person_of("ann")))
    stack.work()
    stack.post(won("d1", person=person_of("ann")))
    watch.die_at(step)
    with pytest.raises(Died):
        stack.drain("deals")
    stack.time_passes(7)
    stack.sweep()
    stack.work()
    assert len(stack.booked()) == 2
    assert stack.states() == ["done", "done"]
    posts = [post["query"] for post in stack.posts_of("invoice")[1:]]
    assert len(set(posts)) == 1


def test_a_process_that_dies_after_the_outcome_asks_no_more(stack: Stack, watch: Watch) -> None:
    stack.post(won("d0", person=person_of("ann")))
    stack.work()
    stack.post(won("d1", person=person_of("ann")))
    watch.die_at("intent.done")
    with pytest.raises(Died):
        stack.drain("deals")
    stack.time_passes(7)
    stack.sweep()
    stack.work()
    assert len(stack.posts_of("invoice")) == 2
    assert stack.states() == ["done", "done"]


# ---------------------------------------------------------------- evidence


def test_after_the_window_what_was_made_is_found_by_its_marker_and_adopted(stack: Stack) -> None:
    stack.goes_wrong("timeout_after_commit")
    stack.post(won("d1"))
    stack.drain()
    stack.time_passes(13 * HOURS)
    stack.work()
    assert len(stack.posts_of("invoice")) == 1
    assert only_invoice_intents(stack) == [("done", 1, 1)]
    assert stack.invoice()["invoice_id"] == stack.booked()[0]["Id"]
    assert stack.states() == ["done"]


def test_after_the_window_what_was_not_made_is_made_by_the_next_generation(stack: Stack) -> None:
    stack.goes_wrong("timeout_before_commit")
    stack.post(won("d1"))
    stack.drain()
    stack.time_passes(13 * HOURS)
    stack.work()
    first, second = stack.posts_of("invoice")
    assert first["query"] != second["query"]
    assert only_invoice_intents(stack) == [("refused", 1, 1), ("done", 2, 1)]
    assert len(stack.booked()) == 1


def test_nothing_found_right_after_the_last_ask_proves_nothing(stack: Stack) -> None:
    """The window ends while QuickBooks is still at the last repeat, which it books in the end."""
    stack.goes_wrong("timeout_before_commit", times=2)
    stack.post(won("d1"))
    stack.drain()
    stack.time_passes(12 * HOURS - 30)
    stack.drain()
    assert only_invoice_intents(stack) == [("uncertain", 1, 2)]
    stack.time_passes(40)
    stack.drain()
    assert only_invoice_intents(stack) == [("uncertain", 1, 2)]
    (asked,) = stack.intents("create_invoice")
    stack.books.act(stack.realm, create={"Invoice": json.loads(asked.body)})
    stack.time_passes(30)
    stack.drain()
    assert only_invoice_intents(stack) == [("done", 1, 2)]
    assert len(stack.booked()) == 1


def test_a_fault_on_a_repeat_is_no_refusal_where_the_first_call_was_booked(stack: Stack) -> None:
    """QuickBooks forgot the request id, and would refuse the same thing now."""
    stack.books.world.switches.turn({"requestid_lifetime_s": 0})
    stack.goes_wrong("timeout_after_commit")
    stack.post(won("d1"))
    stack.drain()
    stack.books.act(stack.realm, delete={"customer": stack.booked("Customer")[0]["Id"]})
    stack.books.clock.advance(6)
    stack.time_passes(6)
    stack.work()
    assert [post["status"] for post in stack.posts_of("invoice")] == [None, 400]
    assert only_invoice_intents(stack) == [("done", 1, 2)]
    assert stack.invoice()["invoice_id"] == stack.booked()[0]["Id"]
    assert stack.reasons() == []


def test_a_fault_on_a_repeat_proves_nothing_where_nothing_is_found(stack: Stack) -> None:
    stack.books.world.switches.turn({"replay_faults": "off"})
    stack.goes_wrong("timeout_before_commit")
    stack.post(won("d1"))
    stack.drain()
    customer = stack.booked("Customer")[0]["Id"]
    stack.books.act(stack.realm, delete={"customer": customer})
    stack.time_passes(6)
    stack.drain()
    assert [post["status"] for post in stack.posts_of("invoice")] == [None, 400]
    assert only_invoice_intents(stack) == [("uncertain", 1, 2)]
    assert stack.reasons() == []
    stack.books.act(stack.realm, edit={"customer": customer, "set": {"Active": True}})
    stack.time_passes(60)
    stack.work()
    assert only_invoice_intents(stack) == [("done", 1, 3)]
    assert len(stack.booked()) == 1


def test_two_in_the_books_become_a_question(stack: Stack) -> None:
    """QuickBooks forgot the request id, so the repeat made a second one."""
    stack.books.world.switches.turn({"requestid_lifetime_s": 0})
    stack.goes_wrong("timeout_after_commit")
    stack.post(won("d1"))
    stack.drain()
    stack.books.clock.advance(6)
    stack.time_passes(6)
    stack.work()
    assert len(stack.booked()) == 2
    assert stack.reasons() == ["two_in_the_books"]
    assert all(f" {row['Id']} " in stack.point()["remedy"].replace("(", " ") for row in stack.booked())


def test_a_lost_answer_about_a_new_customer_makes_no_second_one_and_is_settled(stack: Stack) -> None:
    stack.goes_wrong("timeout_after_commit", path="/customer")
    stack.post(won("d1"))
    stack.drain()
    stack.deliver()
    stack.drain("books")
    stack.time_passes(6)
    stack.work()
    assert [(row.kind, row.state) for row in stack.intents()] == [
        ("create_customer", "done"),
        ("create_invoice", "done"),
    ]
    assert len(stack.booked("Customer")) == 1
    assert len(stack.booked()) == 1


def test_a_customer_that_the_bookkeeper_made_meanwhile_is_used_instead_of_asking_for_hours(stack: Stack) -> None:
    stack.goes_wrong("timeout_before_commit", path="/customer")
    ann = person_of("ann")
    stack.post(won("d1", person={**ann, "id": "p1"}))
    stack.drain()
    made = {"DisplayName": ann["name"], "PrimaryEmailAddr": {"Address": ann["emails"][0]["value"]}}
    stack.books.act(stack.realm, create={"Customer": made})
    stack.time_passes(6)
    stack.drain()
    stack.time_passes(1)
    stack.work()
    assert stack.states() == ["done"]
    assert len(stack.booked("Customer")) == 1
    assert [row.state for row in stack.intents("create_customer")] == ["refused"]


def test_while_it_is_not_known_whether_a_customer_was_made_nobody_makes_the_same(stack: Stack) -> None:
    stack.goes_wrong("timeout_before_commit", path="/customer")
    stack.post(won("d1", person={**person_of("ann"), "id": "p1"}))
    stack.drain()
    stack.post(won("d2", person={**person_of("ann"), "id": "p2"}))
    stack.work()
    assert stack.states() == ["waiting", "waiting"]
    assert stack.booked("Customer") == []
    stack.time_passes(6)
    stack.work()
    stack.time_passes(1)
    stack.work()
    assert stack.states() == ["done", "done"]
    assert len(stack.booked("Customer")) == 1


# ---------------------------------------------------------------- refusals


def test_after_a_refusal_the_next_generation_follows_by_itself(stack: Stack) -> None:
    vendor = stack.books.act(stack.realm, create={"Vendor": {"DisplayName": "Ann d1"}})["Vendor"]["Id"]
    stack.post(won("d1"))
    stack.work()
    assert stack.reasons() == ["customer_name_taken"]
    assert [(row.state, row.generation) for row in stack.intents()] == [("refused", 1)]
    stack.books.act(stack.realm, edit={"vendor": vendor, "set": {"DisplayName": "Somebody else"}})
    stack.decide("retry")
    stack.work()
    assert [(row.kind, row.state, row.generation) for row in stack.intents()] == [
        ("create_customer", "refused", 1),
        ("create_customer", "done", 2),
        ("create_invoice", "done", 1),
    ]
    assert stack.reasons() == []
    assert stack.states() == ["done"]


def test_a_repeat_is_sent_as_it_was_frozen_though_the_deal_changed(stack: Stack) -> None:
    stack.goes_wrong("timeout_after_commit")
    stack.post(won("d1"))
    stack.drain()
    stack.post(won("d1", lines=[{"product": {"id": "h", "name": "Hour of work"}, "quantity": "9", "unit_price": "1"}]))
    stack.time_passes(6)
    stack.work()
    first, repeat = stack.posts_of("invoice")
    assert first["body"] == repeat["body"]
    assert len(stack.booked()) == 1


def test_the_body_carries_the_marker_of_its_request_id(stack: Stack) -> None:
    stack.post(won("d1"))
    stack.work()
    for intent in stack.intents():
        note = json.loads(intent.body)["Notes" if intent.kind == "create_customer" else "PrivateNote"]
        assert note.endswith(intent.marker)
        assert intent.marker == f"[db:{intent.request_id[:16]}]"
    assert [
        post["query"].count(intent.request_id)
        for post, intent in zip(stack.posts_of("invoice"), stack.intents("create_invoice"), strict=True)
    ] == [1]


# ---------------------------------------------------------------- what certainly did not happen


def test_a_refused_token_is_refreshed_once_and_the_call_made_again(stack: Stack) -> None:
    stack.goes_wrong("status", status=401)
    stack.post(won("d1"))
    stack.drain()
    assert stack.states() == ["done"]
    assert len(stack.calls(REFRESH)) == 1
    assert only_invoice_intents(stack) == [("done", 1, 1)]
    with stack.database.reading(OPERATOR) as session:
        grant = connections.grant_of(session, stack.connection)
    assert grant is not None
    assert grant.generation == 2


def test_a_connection_that_was_taken_away_parks_its_lane_and_goes_on_when_reconnected(stack: Stack) -> None:
    stack.books.act(stack.realm, disconnect={})
    stack.post(won("d1"))
    stack.post(won("d2"))
    stack.drain()
    assert stack.lane().parked == "disconnected"
    assert stack.states() == ["waiting", "waiting"]
    calls = len(stack.calls("/v3/"))
    stack.time_passes(600)
    stack.sweep()
    stack.drain()
    assert len(stack.calls("/v3/")) == calls, "nothing is claimed on a parked lane"
    stack.books.act(stack.realm, reconnect={})
    new = stack.books.world.oauth.grant(stack.realm)
    tokens = Tokens(str(new["access_token"]), str(new["refresh_token"]), 3600, 1000)
    again = connect(stack.worker, company_id=COMPANY, realm=stack.realm, tokens=tokens)
    assert (again.connection_id, again.is_new) == (stack.connection, False)
    stack.work()
    assert stack.states() == ["done", "done"]
    assert len(stack.booked()) == 2


def test_an_invalid_grant_parks_the_lane(stack: Stack) -> None:
    stack.goes_wrong("status", status=401, times=5, path="/v3/")
    stack.goes_wrong("invalid_grant", path="")
    stack.post(won("d1"))
    stack.drain()
    assert stack.lane().parked == "disconnected"
    assert stack.states() == ["waiting"]


@pytest.mark.parametrize("body", ["xml", "json"])
def test_a_throttle_pauses_the_lane_and_costs_no_attempt(stack: Stack, body: str) -> None:
    stack.goes_wrong("throttle", body=body, retry_after="90")
    stack.post(won("d1"))
    stack.drain()
    (intent,) = stack.intents("create_invoice")
    assert (intent.state, intent.attempts) == ("planned", 0)
    calls = len(stack.calls("/v3/"))
    stack.time_passes(80)
    stack.post(won("d2"))
    stack.sweep()
    stack.drain("deals")
    assert len(stack.calls("/v3/")) == calls
    stack.time_passes(11)
    stack.sweep()
    stack.work()
    assert stack.states() == ["done", "done"]
    assert only_invoice_intents(stack) == [("done", 1, 1), ("done", 1, 1)]


def test_books_that_cannot_be_reached_leave_the_intent_as_planned(stack: Stack) -> None:
    stack.post(won("d0", person=person_of("ann")))
    stack.work()
    stack.books.stop()
    try:
        stack.post(won("d1", person=person_of("ann")))
        stack.drain("deals")
        assert only_invoice_intents(stack)[1:] == [("planned", 1, 0)]
    finally:
        world = stack.books.world
        stack.books.start()
        assert stack.books.world is world
    stack.time_passes(6)
    stack.drain("deals")
    assert only_invoice_intents(stack)[1:] == [("done", 1, 1)]


def reconnect(stack: Stack) -> None:
    new = stack.books.world.oauth.grant(stack.realm)
    tokens = Tokens(str(new["access_token"]), str(new["refresh_token"]), 3600, 1000 * HOURS)
    connect(stack.worker, company_id=COMPANY, realm=stack.realm, tokens=tokens)


def ask_in_vain(stack: Stack, how: str) -> None:
    """The call to make the invoice certainly does not reach the books."""
    if how == "unreached":
        stack.books.stop()
        try:
            stack.drain("deals")
        finally:
            stack.books.start()
        return
    if how == "no_other_token":
        stack.goes_wrong("status", status=401)
        stack.goes_wrong("status", path=REFRESH, status=503)
    elif how == "grant_over":
        stack.goes_wrong("status", status=401)
        stack.goes_wrong("invalid_grant", path="")
    elif how == "throttled":
        stack.goes_wrong("throttle")
    else:
        stack.goes_wrong("status", status=403)
    stack.drain("deals")


@pytest.mark.parametrize("how", ["throttled", "refused", "unreached", "no_other_token", "grant_over"])
def test_an_ask_that_did_not_happen_begins_no_window(stack: Stack, how: str) -> None:
    """Else an answer that is lost much later would count as long out of the window, and would not be repeated."""
    stack.post(won("d0", person=person_of("ann")))
    stack.work()
    stack.post(won("d1", person=person_of("ann")))
    ask_in_vain(stack, how)
    assert only_invoice_intents(stack)[1:] == [("planned", 1, 0)]
    assert stack.intents("create_invoice")[1].first_asked_at is None
    assert len(stack.booked()) == 1
    stack.time_passes(13 * HOURS)
    reconnect(stack)
    stack.drain("books")
    stack.goes_wrong("timeout_before_commit")
    stack.drain("deals")
    assert only_invoice_intents(stack)[1:] == [("uncertain", 1, 1)]
    stack.time_passes(6)
    stack.work()
    assert only_invoice_intents(stack)[1:] == [("done", 1, 2)]
    lost, repeat = stack.posts_of("invoice")[-2:]
    assert (lost["query"], lost["body"]) == (repeat["query"], repeat["body"])
    assert len(stack.booked()) == 2


def test_without_a_token_nothing_is_asked(stack: Stack) -> None:
    stack.post(won("d0", person=person_of("ann")))
    stack.work()
    stack.time_passes(HOURS)
    stack.goes_wrong("status", path=REFRESH, status=503, times=2)
    stack.post(won("d1", person=person_of("ann")))
    for _ in range(2):
        stack.drain("deals")
        stack.time_passes(6)
    assert only_invoice_intents(stack) == [("done", 1, 1)]
    assert len(stack.posts_of("invoice")) == 1
    stack.drain("deals")
    assert only_invoice_intents(stack) == [("done", 1, 1), ("done", 1, 1)]
