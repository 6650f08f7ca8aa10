"""Notifications: their shape, signature, gathering, repeats and order."""

import base64
import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.notifications import signature

TOKEN = "verifier-token"


def subscribe(app, subscriber, **wishes):
    answer = app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": TOKEN, **wishes})
    assert answer.status_code == 201, answer.text


def held_back(app, subscriber, **wishes):
    """A subscription whose first post is refused, so that what follows waits until `let_go`."""
    app.books.clock.run_at(0)
    subscriber.answers = [500]
    subscribe(app, subscriber, **wishes)
    app.customer("The first")
    subscriber.wait_for(1)


def let_go(app):
    app.books.clock.advance(10)
    told(app)


def told(app):
    assert app.books.wait_until_notified(10)


@pytest.mark.behaviour("Notifications", "The signature is base64 of HMAC-SHA256 over the raw body.", "documented")
def test_the_signature_is_intuits():
    body = (
        b'[{"specversion":"1.0","id":"a1b2","source":"intuit.qbo","type":"qbo.invoice.updated.v1",'
        b'"datacontenttype":"application/json","time":"2026-10-10T12:00:00Z","intuitentityid":"130",'
        b'"intuitaccountid":"9130000000000772","data":{}}]'
    )
    known = "aJHOXGKRlLapTI97VRXYtkVvbDmVmn8M/SCQwUgw3YA="
    assert signature("kat-verifier-token-0123456789", body) == known


@pytest.mark.behaviour("Notifications", "A notification is an array of CloudEvents with empty data.", "documented")
def test_a_cloud_event_says_what_happened_to_whom(app, subscriber):
    subscribe(app, subscriber)
    app.customer()
    told(app)
    headers, body = subscriber.posts[0]
    wanted = base64.b64encode(hmac.new(TOKEN.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["intuit-signature"] == wanted
    (event,) = json.loads(body)
    assert (event["type"], event["intuitentityid"], event["intuitaccountid"]) == (
        "qbo.customer.created.v1",
        "1",
        app.realm,
    )
    assert (event["specversion"], event["data"]) == ("1.0", {})
    assert len(event["time"].partition(".")[2]) == len("123456789Z")


@pytest.mark.behaviour("Notifications", "The older format groups events by company.", "documented")
def test_the_older_format_groups_by_realm(connect, subscriber):
    one, other = connect(), connect()
    subscribe(one, subscriber, format="legacy", delay_ms=100)
    one.customer()
    other.customer()
    told(one)
    told_realms = [json.loads(body)["eventNotifications"] for _, body in subscriber.posts]
    assert {part["realmId"] for post in told_realms for part in post} == {one.realm, other.realm}
    entity = told_realms[0][0]["dataChangeEvent"]["entities"][0]
    assert (entity["name"], entity["id"], entity["operation"]) == ("Customer", "1", "Create")


def test_both_formats_can_be_sent(app, subscriber):
    subscribe(app, subscriber, format="both")
    app.customer()
    told(app)
    assert sorted(type(json.loads(body)).__name__ for _, body in subscriber.posts) == ["dict", "list"]


@pytest.mark.behaviour(
    "Notifications",
    "A void is told as `void`; a payment also as `updated` of its invoice.",
    "reported",
    switch="companion_updated",
)
def test_what_happens_to_an_invoice_is_told_by_its_own_word(app, subscriber):
    app.invoice_body()
    subscribe(app, subscriber)
    made = app.invoice(10)
    app.post(f"/invoice/{made['Id']}/send", sendTo="a@example.com")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    payment = app.pay(made, 5)
    app.post("/payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "3"}, operation="void")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "4"}, operation="delete")
    told(app)
    assert subscriber.types == [
        "qbo.invoice.created.v1 1",
        "qbo.invoice.emailed.v1 1",
        "qbo.invoice.updated.v1 1",
        "qbo.payment.created.v1 2",
        "qbo.invoice.updated.v1 1",
        "qbo.invoice.updated.v1 1",
        "qbo.payment.deleted.v1 2",
        "qbo.invoice.void.v1 1",
        "qbo.invoice.deleted.v1 1",
    ]


@pytest.mark.behaviour(
    "Notifications",
    "Whether an invoice is told of beside its payment is not documented.",
    "assumed",
    switch="companion_updated",
)
def test_the_invoice_of_a_payment_may_stay_untold(app, subscriber):
    made = app.invoice(10)
    app.books.world.switches.turn({"companion_updated": "off"})
    subscribe(app, subscriber)
    app.pay(made, 5)
    told(app)
    assert subscriber.types == ["qbo.payment.created.v1 2"]


@pytest.mark.behaviour(
    "Notifications", "Whether a void is told as `updated` too is not documented.", "assumed", switch="void_updated"
)
def test_a_void_may_also_be_told_as_an_update(app, subscriber):
    made = app.invoice(10)
    app.control("POST", "/switches", {"void_updated": "on"})
    subscribe(app, subscriber)
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    told(app)
    assert subscriber.types == ["qbo.invoice.void.v1 1", "qbo.invoice.updated.v1 1"]


@pytest.mark.behaviour(
    "Notifications", "Whether a sending is told as `updated` too is not documented.", "assumed", switch="email_updated"
)
def test_a_sending_may_also_be_told_as_an_update(app, subscriber):
    made = app.invoice(10)
    app.control("POST", "/switches", {"email_updated": "on"})
    subscribe(app, subscriber)
    app.post(f"/invoice/{made['Id']}/send", sendTo="a@example.com")
    told(app)
    assert subscriber.types == ["qbo.invoice.emailed.v1 1", "qbo.invoice.updated.v1 1"]


@pytest.mark.behaviour("Notifications", "An app hears of its own writes too.", "assumed")
def test_without_echo_only_a_persons_acts_are_told(app, subscriber):
    subscribe(app, subscriber, echo=False)
    made = app.invoice(10)
    app.books.act(app.realm, pay={"invoice": made["Id"], "amount": "4.00"})
    told(app)
    assert subscriber.types == ["qbo.payment.created.v1 2", "qbo.invoice.updated.v1 1"]


@pytest.mark.behaviour("Notifications", "One post may hold events of several companies.", "documented")
def test_events_of_several_realms_are_gathered_in_one_post(connect, subscriber):
    apps = [connect(), connect()]
    held_back(apps[0], subscriber)
    for app in apps:
        app.customer("Later")
    let_go(apps[0])
    assert {event["intuitaccountid"] for event in json.loads(subscriber.posts[-1][1])} == {app.realm for app in apps}


@pytest.mark.behaviour("Notifications", "A post has at most 100 events.", "documented")
def test_a_hundred_events_go_in_one_post_at_most(app, subscriber):
    held_back(app, subscriber)
    for batch in range(5):
        items = [
            {"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"C {batch} {n}"}} for n in range(29)
        ]
        app.post("/batch", {"BatchItemRequest": items})
    let_go(app)
    assert [len(json.loads(body)) for _, body in subscriber.posts] == [1, 1, 100, 45]


@pytest.mark.behaviour("Notifications", "Later events wait until the earlier post is acknowledged.", "documented")
def test_a_refused_post_is_repeated_as_it_was_and_holds_back_the_later_ones(app, subscriber):
    app.books.clock.run_at(0)
    subscriber.answers = [500, 503]
    subscribe(app, subscriber)
    app.customer("A")
    subscriber.wait_for(1)
    app.customer("B")
    app.books.clock.advance(10)
    subscriber.wait_for(2)
    app.books.clock.advance(20)
    told(app)
    bodies = [body for _, body in subscriber.posts]
    assert bodies[0] == bodies[1] == bodies[2]
    assert len(bodies) == 4
    assert subscriber.types[-1] == "qbo.customer.created.v1 2"


def test_the_ladder_follows_the_sandboxs_clock(app, subscriber):
    app.books.clock.run_at(1000)
    subscriber.answers = [500, 500, 500]
    subscribe(app, subscriber)
    app.customer("A")
    told(app)
    assert len(subscriber.posts) == 4


@pytest.mark.behaviour("Notifications", "A post may come twice.", "documented")
def test_every_post_can_come_twice(app, subscriber):
    subscribe(app, subscriber, duplicate=1.0)
    app.customer()
    told(app)
    assert [event["id"] for event in subscriber.events] == [subscriber.events[0]["id"]] * 2


@pytest.mark.behaviour("Notifications", "Events may come out of order.", "documented")
def test_events_can_come_out_of_order(app, subscriber):
    held_back(app, subscriber, shuffle=True, seed=1)
    items = [{"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"C{n}"}} for n in range(20)]
    app.post("/batch", {"BatchItemRequest": items})
    let_go(app)
    ids = [event["intuitentityid"] for event in json.loads(subscriber.posts[-1][1])]
    assert sorted(ids, key=int) == [str(n) for n in range(2, 22)]
    assert ids != sorted(ids, key=int)


def test_the_same_url_replaces_its_subscription_and_others_stand_beside(app, subscriber):
    subscribe(app, subscriber, format="legacy")
    subscribe(app, subscriber)
    app.control("POST", "/webhooks", {"url": subscriber.url + "?second", "verifier_token": "other"})
    assert len(app.control("GET", "/webhooks").json()) == 2
    app.customer()
    told(app)
    assert len(subscriber.posts) == 2
    assert len({headers["intuit-signature"] for headers, _ in subscriber.posts}) == 2


def test_a_replaced_subscription_hands_over_what_was_not_acknowledged(app, subscriber):
    held_back(app, subscriber)
    app.customer("Later")
    subscribe(app, subscriber, echo=False)
    told(app)
    assert subscriber.types[-2:] == ["qbo.customer.created.v1 1", "qbo.customer.created.v1 2"]


def test_subscriptions_of_one_url_at_once_leave_one_that_tells_all(app, subscriber):
    held_back(app, subscriber)

    def again(n):
        wishes = {"url": subscriber.url, "verifier_token": f"token {n}"}
        return app.control("POST", "/webhooks", wishes).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(again, range(24))) == [201] * 24
    app.customer("Later")
    told(app)
    assert len(app.control("GET", "/webhooks").json()) == 1
    assert subscriber.types[-1] == "qbo.customer.created.v1 2"
    assert "qbo.customer.created.v1 1" in subscriber.types[1:]


def test_a_refused_write_tells_nobody(app, subscriber):
    subscribe(app, subscriber)
    app.refused("/customer", {})
    app.customer()
    told(app)
    assert subscriber.types == ["qbo.customer.created.v1 1"]


def test_a_waiting_repeat_does_not_keep_the_sandbox_from_stopping(app, subscriber):
    subscriber.answers = [500]
    subscribe(app, subscriber)
    app.customer()
    subscriber.wait_for(1)
    subscription = app.books.world.notifications._subscriptions[subscriber.url]
    app.books.stop()
    assert not subscription._thread.is_alive()


@pytest.mark.parametrize(
    "body",
    [
        {"verifier_token": "x"},
        {"url": "ftp://example.com", "verifier_token": "x"},
        {"url": "http://example.com/"},
        {"url": "http://example.com/", "verifier_token": "x", "format": "atom"},
        {"url": "http://example.com/", "verifier_token": "x", "format": []},
        {"url": "http://example.com/", "verifier_token": "x", "delay_ms": True},
        {"url": "http://example.com/", "verifier_token": "x", "delay_ms": -1},
        {"url": "http://example.com/", "verifier_token": "x", "duplicate": 2},
        {"url": "http://example.com/", "verifier_token": "x", "echo": "no"},
        {"url": "http://example.com/", "verifier_token": "x", "colour": "red"},
    ],
)
def test_a_bad_subscription_is_refused_with_a_sentence(app, body):
    answer = app.control("POST", "/webhooks", body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
