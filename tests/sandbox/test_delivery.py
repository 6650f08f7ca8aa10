"""How notifications travel: gathered and repeated by the sandbox's clock, in the shapes that Intuit may send."""

import json
import threading
from datetime import datetime
from itertools import pairwise

import pytest

from sandbox.entities import KINDS
from sandbox.events import BOXES, TEST_REALM
from sandbox.notifications import RETRY_AFTER_S

TOKEN = "verifier-token"


def subscribe(app, subscriber, **wishes):
    answer = app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": TOKEN, **wishes})
    assert answer.status_code == 201, answer.text


def told(app):
    assert app.books.wait_until_notified(10)


def only_event(subscriber):
    (event,) = subscriber.events
    return event


def older_entities(subscriber):
    posts = [json.loads(body)["eventNotifications"] for _, body in subscriber.posts]
    return [entity for post in posts for part in post for entity in part["dataChangeEvent"]["entities"]]


def turn(app, **switches):
    app.books.world.switches.turn(switches)


@pytest.mark.behaviour(
    "Notifications", "Events are gathered for a while, by the sandbox's clock, into one post.", "documented"
)
def test_events_are_gathered_by_the_sandboxs_clock(app, subscriber):
    app.books.clock.run_at(0)
    subscribe(app, subscriber, delay_ms=60_000)
    app.customer("A")
    app.books.clock.advance(59)
    app.customer("B")
    app.books.clock.advance(1)
    told(app)
    assert [len(json.loads(body)) for _, body in subscriber.posts] == [2]


def test_a_clock_that_is_set_back_holds_nothing_back(app, subscriber):
    app.books.clock.run_at(0)
    subscriber.answers = [500]
    subscribe(app, subscriber)
    app.customer("A")
    subscriber.wait_for(1)
    app.customer("B")
    app.books.clock.advance(10)
    subscriber.wait_for(2)
    app.books.clock.advance(-86_400)
    told(app)
    assert subscriber.types[-1] == "qbo.customer.created.v1 2"


@pytest.mark.behaviour(
    "Notifications", "Repeats follow after 10, 20, 30 s, 5, 20 min, 2, 4, 6 h, then every 6 h for ever.", "documented"
)
def test_repeats_climb_intuits_ladder_and_stay_on_its_last_step(app, subscriber):
    app.books.clock.run_at(30_000)
    subscriber.answers = [500] * (len(RETRY_AFTER_S) + 1)
    subscribe(app, subscriber)
    app.customer("A")
    told(app)
    sent = [datetime.strptime(headers["intuit-created-time"], "%Y-%m-%dT%H:%M:%S%z") for headers, _ in subscriber.posts]
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(sent)]
    steps = [10, 20, 30, 300, 1200, 7200, 14400, 21600, 21600]
    assert len(waits) == len(steps)
    # A second less for whole seconds in the header; more for what the machine takes at this rate.
    assert all(step - 1 <= wait for wait, step in zip(waits, steps, strict=True))


@pytest.mark.behaviour("Notifications", "A repeat has the same event ids.", "documented")
def test_a_repeat_has_the_same_event_ids(app, subscriber):
    app.books.clock.run_at(0)
    subscriber.answers = [500]
    subscribe(app, subscriber)
    app.customer("A")
    subscriber.wait_for(1)
    app.books.clock.advance(10)
    told(app)
    (first, body), (second, again) = subscriber.posts
    assert body == again
    assert first["intuit-t-id"] != second["intuit-t-id"]


@pytest.mark.behaviour("Notifications", "A subscriber that takes longer than 3 s is told again.", "documented")
def test_a_slow_subscriber_is_told_again(app, subscriber):
    app.books.clock.run_at(0)
    answered = threading.Event()
    quick = subscriber.note

    def slow_at_first(headers, body):
        status = quick(headers, body)
        if len(subscriber.posts) == 1:
            answered.wait(10)
        return status

    subscriber.note = slow_at_first
    subscribe(app, subscriber, answer_within_ms=100)
    app.customer("A")
    subscriber.wait_for(1)
    app.books.clock.advance(10)
    subscriber.wait_for(2)
    answered.set()
    told(app)
    assert subscriber.types == ["qbo.customer.created.v1 1"] * 2


@pytest.mark.behaviour(
    "Notifications",
    "Only 200 acknowledges; whether other 2xx do is not documented.",
    "documented",
    switch="webhook_ack",
)
def test_only_200_acknowledges(app, subscriber):
    app.books.clock.run_at(0)
    subscriber.answers = [204, 302]
    subscribe(app, subscriber)
    app.customer("A")
    subscriber.wait_for(1)
    app.books.clock.advance(10)
    subscriber.wait_for(2)
    app.books.clock.advance(20)
    told(app)
    assert len(subscriber.posts) == 3
    turn(app, webhook_ack="2xx")
    subscriber.answers = [204]
    app.customer("B")
    told(app)
    assert len(subscriber.posts) == 4


@pytest.mark.behaviour("Notifications", "Each entity and operation is a box that is ticked or not.", "documented")
def test_only_ticked_boxes_are_told(app, subscriber):
    made = app.invoice(10)
    subscribe(app, subscriber, events=["invoice.void", "Customer"])
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    app.customer("B")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "1"}, operation="void")
    told(app)
    assert subscriber.types == ["qbo.customer.created.v1 2", "qbo.invoice.void.v1 1"]


@pytest.mark.parametrize("events", [["invoice.voided"], ["taxcode"], "invoice", [1]])
def test_a_box_that_intuit_does_not_have_is_refused(app, events):
    body = {"url": "http://127.0.0.1:9/", "verifier_token": TOKEN, "events": events}
    answer = app.control("POST", "/webhooks", body)
    assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")


@pytest.mark.behaviour("Notifications", "An operation that Intuit's table does not have is not told.", "documented")
def test_what_intuit_does_not_notify_is_not_told(app, subscriber):
    subscribe(app, subscriber)
    world = app.books.world
    company = app.books.company(app.realm)
    with company.lock:
        change = world.change(company)
        for kind, operation in (("TaxCode", "created"), ("TaxRate", "created"), ("CompanyInfo", "updated")):
            change.happened(KINDS[kind], "2", operation)
        change.happened(KINDS["Customer"], "1", "emailed")
        change.happened(KINDS["Item"], "1", "deleted")
        world.commit(change)
    told(app)
    assert subscriber.types == ["qbo.item.deleted.v1 1"]


def test_every_box_is_of_an_entity_that_has_a_webhook():
    without = {"taxcode", "taxrate", "companyinfo"}
    assert without & {box.partition(".")[0] for box in BOXES} == set()
    assert {"invoice.void", "invoice.emailed", "term.updated", "preferences.updated", "customer.merged"} <= BOXES
    assert not {"term.deleted", "estimate.void", "preferences.created", "payment.merged"} & BOXES


@pytest.mark.behaviour("Notifications", "The older format writes each entity's name as its schema does.", "documented")
def test_the_older_format_has_the_entitys_own_name(app, subscriber):
    subscribe(app, subscriber, format="legacy")
    app.post("/paymentmethod", {"Name": "Barter"})
    app.post("/term", {"Name": "Net 7", "DueDays": 7})
    told(app)
    assert [(one["name"], one["operation"]) for one in older_entities(subscriber)] == [
        ("PaymentMethod", "Create"),
        ("Term", "Create"),
    ]
    assert "intuit-notification-schema-version" in subscriber.posts[0][0]


@pytest.mark.behaviour(
    "Notifications", "A merge names the survivor, and the record that ended in `deletedid`.", "documented"
)
@pytest.mark.parametrize("format", ["cloudevents", "legacy"])
def test_a_merge_names_both(app, subscriber, format):
    app.customer("The one that stays")
    app.customer("The one that goes")
    subscribe(app, subscriber, format=format, events=["customer.merged"])
    app.books.act(app.realm, merge={"customer": "2", "into": "1"})
    told(app)
    if format == "legacy":
        (entity,) = older_entities(subscriber)
        assert (entity["operation"], entity["id"], entity["deletedId"]) == ("Merge", "1", "2")
    else:
        event = only_event(subscriber)
        assert (event["type"], event["intuitentityid"]) == ("qbo.customer.merged.v1", "1")
        assert event["data"] == {"deletedid": "2"}


@pytest.mark.behaviour("Notifications", "Events of employees and classes carry a newer id besides.", "documented")
def test_an_employee_has_an_alternative_id(app, subscriber):
    subscribe(app, subscriber)
    app.post("/employee", {"GivenName": "Ann", "FamilyName": "Example"})
    told(app)
    (other,) = only_event(subscriber)["data"]["alternative_ids"]
    assert other["namespace"] == "Intuit.sbseg.v4"
    assert other["id"].endswith(":1")


@pytest.mark.behaviour(
    "Notifications",
    "CloudEvents may come as application/cloudevents+json.",
    "documented",
    switch="webhook_content_type",
)
def test_the_content_type_can_be_that_of_cloudevents(app, subscriber):
    subscribe(app, subscriber)
    app.customer("A")
    told(app)
    turn(app, webhook_content_type="cloudevents")
    app.customer("B")
    told(app)
    types = [headers["content-type"] for headers, _ in subscriber.posts]
    assert types == ["application/json; charset=utf-8", "application/cloudevents+json"]


@pytest.mark.behaviour(
    "Notifications", "`time` has nine digits of a second, or none.", "documented", switch="webhook_time"
)
def test_the_time_may_have_no_fraction(app, subscriber):
    turn(app, webhook_time="seconds")
    subscribe(app, subscriber)
    app.customer()
    told(app)
    assert len(only_event(subscriber)["time"]) == len("2026-01-01T00:00:00Z")


@pytest.mark.behaviour(
    "Notifications", "`datacontenttype` may be missing.", "documented", switch="webhook_datacontenttype"
)
def test_the_content_type_of_the_data_may_be_missing(app, subscriber):
    turn(app, webhook_datacontenttype="off")
    subscribe(app, subscriber)
    app.customer()
    told(app)
    assert "datacontenttype" not in only_event(subscriber)


@pytest.mark.behaviour(
    "Notifications", "An event's id need not be a bare UUID.", "documented", switch="webhook_event_id"
)
def test_an_events_id_may_end_in_the_entity(app, subscriber):
    turn(app, webhook_event_id="named")
    subscribe(app, subscriber)
    app.customer()
    told(app)
    assert only_event(subscriber)["id"].endswith("-Customer-1")


@pytest.mark.behaviour(
    "Notifications",
    "A name made inactive is told as updated, as deleted, or as both.",
    "assumed",
    switch="deactivated_told",
)
@pytest.mark.parametrize(
    ("how", "words"), [("updated", ["updated"]), ("deleted", ["deleted"]), ("both", ["updated", "deleted"])]
)
def test_a_name_made_inactive_is_told_by_the_switchs_word(app, subscriber, how, words):
    app.customer()
    turn(app, deactivated_told=how)
    subscribe(app, subscriber)
    app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "still here"})
    app.post("/customer", {"Id": "1", "SyncToken": "1", "sparse": True, "Active": False})
    told(app)
    assert subscriber.types == [f"qbo.customer.{word}.v1 1" for word in ["updated", *words]]


@pytest.mark.behaviour(
    "Notifications", "Nothing is told of a company while the app is disconnected from it.", "documented"
)
def test_a_disconnected_company_is_not_told_of(app, subscriber):
    subscribe(app, subscriber)
    app.books.act(app.realm, disconnect={})
    app.books.act(app.realm, create={"Customer": {"DisplayName": "Unheard of"}})
    app.books.act(app.realm, reconnect={})
    app.books.act(app.realm, create={"Customer": {"DisplayName": "Heard of"}})
    told(app)
    assert subscriber.types == ["qbo.customer.created.v1 2"]


@pytest.mark.behaviour("Notifications", "Test events tell of a company that is not connected.", "reported")
def test_test_events_are_of_an_unknown_company_and_partly_of_unknown_types(app, subscriber):
    subscribe(app, subscriber, events=["payment"])
    assert app.control("POST", "/webhooks/test", {"count": 6}).json() == {"events": 6}
    told(app)
    assert {event["intuitaccountid"] for event in subscriber.events} == {TEST_REALM}
    boxes = [event["type"].removeprefix("qbo.").removesuffix(".v1") for event in subscriber.events]
    assert len(boxes) == 6
    assert [box for box in boxes if box not in BOXES] == ["changeorder.updated", "invoice.archived"]


def test_test_events_can_be_of_the_older_format(app, subscriber):
    subscribe(app, subscriber, format="legacy")
    app.control("POST", "/webhooks/test")
    told(app)
    (post,) = [json.loads(body)["eventNotifications"] for _, body in subscriber.posts]
    assert post[0]["realmId"] == TEST_REALM


@pytest.mark.parametrize("body", [{"count": 0}, {"count": "5"}, {"count": 1.5}, {"count": 100_000}, {"realm": "1"}])
def test_a_bad_wish_for_test_events_is_refused(app, body):
    answer = app.control("POST", "/webhooks/test", body)
    assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")


@pytest.mark.behaviour("Notifications", "A post is far below 1 MB.", "documented")
def test_a_full_post_is_small(app, subscriber):
    subscribe(app, subscriber, format="both")
    app.control("POST", "/webhooks/test", {"count": 250})
    told(app)
    sizes = [len(body) for _, body in subscriber.posts]
    assert len(sizes) == 2 * 3
    assert max(sizes) < 100_000
