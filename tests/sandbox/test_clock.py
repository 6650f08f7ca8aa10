"""The sandbox's clock, stood still, moved and run faster; and that everything dated follows it."""

import threading
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests

from sandbox.clock import LAST, Clock, day, read_moment, stamp, stamp_ms

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TOKEN = "verifier-token"


@pytest.fixture
def still(app):
    """An app whose clock stands at noon, Greenwich, which is five in the morning for the books."""
    app.books.clock.run_at(0)
    later(app, moment=NOON)
    return app


def later(app, seconds=0.0, moment=None):
    """Move the clock, and take a fresh token as an app would."""
    app.books.clock.turn(moment=moment, seconds=seconds)
    app.access_token = app.books.world.oauth.grant(app.realm)["access_token"]


@pytest.mark.behaviour("Clock", "The clock can stand still and be moved by as much as is said.", "assumed")
def test_a_still_clock_moves_only_when_moved():
    clock = Clock()
    clock.turn(moment=NOON, rate=0)
    assert clock.now() == clock.now() == NOON
    clock.advance(90.5)
    assert clock.now() == NOON + timedelta(seconds=90.5)
    clock.set(NOON)
    assert clock.now() == NOON


def test_a_fast_clock_gains_as_much_as_its_rate():
    clock = Clock()
    began, real = clock.now(), time.monotonic()
    clock.run_at(1000)
    while time.monotonic() - real < 0.05:
        pass
    gained, gone = (clock.now() - began).total_seconds(), time.monotonic() - real
    assert 50 <= gained <= gone * 1000 + 1


def test_waiting_ends_as_soon_as_the_clock_is_moved_there():
    clock, ended = Clock(), threading.Event()
    clock.run_at(0)
    moment = clock.now() + timedelta(days=1)
    waiting = threading.Thread(target=lambda: clock.wait_until(moment, threading.Event()) and ended.set())
    waiting.start()
    assert not ended.wait(0.05)
    clock.advance(86400)
    assert ended.wait(5)
    waiting.join(timeout=5)


@pytest.mark.parametrize("rate", [0, 1e-12, 1.0])
def test_waiting_ends_when_stopped_however_slow_the_clock(rate):
    clock, stopping = Clock(), threading.Event()
    clock.run_at(rate)
    answers = []
    moment = clock.now() + timedelta(days=36500)
    waiting = threading.Thread(target=lambda: answers.append(clock.wait_until(moment, stopping)))
    waiting.start()
    stopping.set()
    clock.wake()
    waiting.join(timeout=5)
    assert answers == [False]


def test_the_clock_never_leaves_the_calendar():
    clock = Clock()
    clock.run_at(1e9)
    clock.turn(moment=LAST - timedelta(days=1))
    real = time.monotonic()
    while time.monotonic() - real < 0.01:
        pass
    assert clock.now() == LAST
    for seconds in (1e9, -1e12):
        with pytest.raises(OverflowError):
            clock.advance(seconds)
    with pytest.raises(ValueError, match="0 or more"):
        clock.run_at(-1)


@pytest.mark.parametrize("body", [{"advance_s": 1e9}, {"advance_s": -1e9}])
def test_a_clock_that_is_moved_too_far_says_so_and_stays(books, body):
    def turn():
        return requests.post(f"{books.url}/sandbox/clock", json=body, timeout=10)

    refused = next(answer for answer in (turn() for _ in range(500)) if answer.status_code == 400)
    assert refused.json() == {"error": "The clock cannot go that far."}
    assert requests.get(f"{books.url}/sandbox/clock", timeout=10).status_code == 200


def test_times_are_written_in_the_companys_zone_and_read_leniently():
    zone = ZoneInfo("America/Los_Angeles")
    moment = datetime(2026, 1, 1, 7, 30, 15, 123456, tzinfo=UTC)
    assert stamp(moment, zone) == "2025-12-31T23:30:15-08:00"
    assert stamp_ms(moment, zone) == "2025-12-31T23:30:15.123-08:00"
    assert day(moment, zone).isoformat() == "2025-12-31"
    for written in (
        "2026-01-01T07:30:15Z",
        "2026-01-01T07:30:15-0000",
        "2025-12-31T23:30:15",
        " 2025-12-31T23:30:15-08:00 ",
    ):
        assert read_moment(written, zone) == moment.replace(microsecond=0)
    with pytest.raises(ValueError, match="soon"):
        read_moment("soon", zone)


@pytest.mark.behaviour("Clock", "Dates follow the company's day, not Greenwich's, nor the machine's.", "recorded")
def test_dates_are_of_the_companys_day(still):
    later(still, moment=datetime(2026, 7, 2, 3, tzinfo=UTC))
    made = still.invoice()
    assert (made["TxnDate"], made["MetaData"]["CreateTime"]) == ("2026-07-01", "2026-07-01T20:00:00-07:00")
    later(still, seconds=5 * 3600)
    changed = still.post("/invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})[
        "Invoice"
    ]
    assert changed["TxnDate"] == "2026-07-01"
    assert changed["MetaData"]["LastUpdatedTime"] == "2026-07-02T01:00:00-07:00"


@pytest.mark.behaviour("Clock", "What is overdue follows the clock; nothing is told when it becomes so.", "documented")
def test_an_invoice_becomes_overdue_by_the_clock_and_silently(still, subscriber):
    made = still.invoice(DueDate="2026-07-10")
    still.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": TOKEN})

    def overdue():
        found = still.query("select * from Invoice where DueDate < CURRENT_DATE and Balance > '0'")
        return [one["Id"] for one in found.get("Invoice", [])]

    assert overdue() == []
    later(still, seconds=9 * 86400)
    assert overdue() == []
    later(still, seconds=86400)
    assert overdue() == [made["Id"]]
    assert still.read("Invoice", made["Id"])["SyncToken"] == "0"
    assert still.books.wait_until_notified(5)
    assert subscriber.posts == []


@pytest.mark.behaviour("Clock", "The 30 days of change data capture are days of the clock.", "documented")
def test_the_thirty_days_of_changes_are_the_clocks(still):
    gone = still.invoice()
    still.post("/invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")

    def changes():
        since = (still.books.clock.now() - timedelta(days=29)).isoformat()
        return still.get("/cdc", entities="Invoice", changedSince=since)["CDCResponse"][0]["QueryResponse"][0]

    later(still, seconds=28 * 86400)
    assert changes()["Invoice"][0]["status"] == "Deleted"
    later(still, seconds=3 * 86400)
    assert changes() == {}


@pytest.mark.behaviour(
    "Clock",
    "A request id is remembered as long by the clock as the switch says.",
    "assumed",
    switch="requestid_lifetime_s",
)
def test_a_request_id_is_forgotten_by_the_clock(still):
    still.control("POST", "/switches", {"requestid_lifetime_s": 3600})
    first = still.post("/customer", {"DisplayName": "A"}, requestid="one")["Customer"]["Id"]
    later(still, seconds=3600)
    assert still.post("/customer", {"DisplayName": "B"}, requestid="one")["Customer"]["Id"] == first
    later(still, seconds=1)
    assert still.post("/customer", {"DisplayName": "B"}, requestid="one")["Customer"]["Id"] != first


@pytest.mark.behaviour("Clock", "Notifications are repeated on Intuit's ladder by the clock.", "documented")
def test_notifications_are_repeated_by_the_clock(still, subscriber):
    subscriber.answers = [500, 500, 500]
    still.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": TOKEN})
    still.customer()
    for attempt, wait in enumerate((0, 10, 20, 30), start=1):
        if wait:
            assert not still.books.wait_until_notified(0.05)
            assert len(subscriber.posts) == attempt - 1
            later(still, seconds=wait)
        subscriber.wait_for(attempt)
    assert still.books.wait_until_notified(5)
    assert len({body for _, body in subscriber.posts}) == 1


@pytest.mark.behaviour("Clock", "A faster clock shortens every wait.", "assumed")
def test_hours_of_repeats_pass_in_a_moment_on_a_fast_clock(app, subscriber):
    app.books.clock.run_at(1_000_000)
    subscriber.answers = [500] * 8
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": TOKEN})
    began = app.books.clock.now()
    later(app)
    # A token lasts 3.6 milliseconds on this clock, so the bookkeeper does it.
    app.books.act(app.realm, create={"Customer": {"DisplayName": "A"}})
    subscriber.wait_for(9)
    assert app.books.wait_until_notified(10)
    assert app.books.clock.now() - began > timedelta(hours=12)


@pytest.mark.behaviour("Clock", "Tokens end by the clock, also when it jumps.", "assumed")
def test_a_token_from_before_a_jump_has_ended_and_lives_again_when_the_clock_is_set_back(still):
    assert still.call("GET", "/preferences").status_code == 200
    token = still.access_token
    later(still, seconds=7200)
    still.access_token, fresh = token, still.access_token
    assert still.call("GET", "/preferences").status_code == 401
    still.books.clock.set(NOON)
    assert still.call("GET", "/preferences").status_code == 200
    still.access_token = fresh
    assert still.call("GET", "/preferences").status_code == 200
