"""Intuit's limits, which are off unless switched on; all by the sandbox's clock."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox.limits import Limits

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def limited(app):
    """An app under limits, while the clock stands still."""
    app.books.clock.run_at(0)
    app.control("POST", "/switches", {"limits": "on"})
    return app


def statuses(app, calls, step_s=0.0):
    """Of so many reads, the clock moved by as much before each."""
    seen = []
    for _ in range(calls):
        app.books.clock.advance(step_s)
        seen.append(app.call("GET", "/preferences").status_code)
    return seen


@pytest.mark.behaviour("Limits", "Limits are off unless switched on.", "assumed", switch="limits")
def test_limits_are_off_unless_switched_on(app):
    app.books.clock.run_at(0)
    assert statuses(app, 30) == [200] * 30


@pytest.mark.behaviour("Limits", "A realm may call ten times in a second.", "documented", switch="limits")
def test_ten_calls_in_a_second(connect, limited):
    assert statuses(limited, 11) == [200] * 10 + [429]
    assert connect().call("GET", "/preferences").status_code == 200
    limited.books.clock.advance(1)
    assert statuses(limited, 11) == [200] * 10 + [429]


@pytest.mark.behaviour("Limits", "A realm may call 500 times in a minute.", "documented", switch="limits")
def test_five_hundred_calls_in_a_minute(limited):
    assert statuses(limited, 505, step_s=0.101).count(429) == 5
    limited.books.clock.advance(60)
    assert statuses(limited, 1) == [200]


@pytest.mark.behaviour("Limits", "A realm may send 40 batches in a minute.", "documented", switch="limits")
def test_forty_batches_in_a_minute(limited):
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select count(*) from Customer"}]}

    def batch():
        limited.books.clock.advance(0.5)
        return limited.call("POST", "/batch", body).status_code

    assert [batch() for _ in range(41)] == [200] * 40 + [429]
    assert statuses(limited, 1, step_s=1) == [200]


@pytest.mark.behaviour("Limits", "A refused call does not count.", "assumed", switch="limits")
def test_a_refused_call_does_not_count(limited):
    statuses(limited, 10)
    for _ in range(20):
        limited.books.clock.advance(0.04)
        assert limited.call("GET", "/preferences").status_code == 429
    limited.books.clock.advance(0.2)
    assert statuses(limited, 10) == [200] * 10


@pytest.mark.behaviour("Limits", "A batch has at most 30 items.", "documented")
def test_thirty_items_in_a_batch(app):
    def batch(items):
        asked = [{"bId": str(n), "Query": "select count(*) from Customer"} for n in range(items)]
        return app.call("POST", "/batch", {"BatchItemRequest": asked})

    assert len(batch(30).json()["BatchItemResponse"]) == 30
    assert batch(31).status_code == 400


@pytest.mark.behaviour("Limits", "A query gives at most 1000 rows.", "documented")
def test_a_thousand_rows_in_a_query(app):
    app.customer()
    assert app.query("select * from Customer maxresults 1000")["maxResults"] == 1
    assert app.query_error("select * from Customer maxresults 1001")["code"] == "4001"


@pytest.mark.behaviour("Limits", "A realm may send 40 e-mails in a day.", "documented", switch="limits")
def test_forty_emails_in_a_day(limited):
    limited.control("POST", "/switches", {"limits": "off"})
    invoice = limited.invoice()
    limited.control("POST", "/switches", {"limits": "on"})

    def send():
        limited.books.clock.advance(1)
        return limited.call("POST", f"/invoice/{invoice['Id']}/send", params={"sendTo": "a@example.com"})

    assert [send().status_code for _ in range(40)] == [200] * 40
    refused = send()
    assert (refused.status_code, refused.json()["Fault"]["Error"][0]["code"]) == (400, "6000")
    limited.books.clock.advance(86400)
    fresh = limited.books.world.oauth.grant(limited.realm)
    limited.access_token = fresh["access_token"]
    assert send().status_code == 200


@pytest.mark.behaviour("Limits", "A refused sending uses up none of the day's e-mails.", "assumed", switch="limits")
def test_a_refused_sending_uses_up_no_email(limited):
    limited.control("POST", "/switches", {"limits": "off"})
    invoice = limited.invoice()
    limited.control("POST", "/switches", {"limits": "on"})

    def send(id):
        limited.books.clock.advance(1)
        return limited.call("POST", f"/invoice/{id}/send", params={"sendTo": "a@example.com"}).status_code

    assert [send("999") for _ in range(40)] == [400] * 40
    assert send(invoice["Id"]) == 200


@pytest.mark.parametrize(("setting", "expected"), [("on", 429), ("off", 200)])
@pytest.mark.behaviour("Limits", "An eleventh call at once can be throttled.", "documented", switch="concurrent_calls")
def test_ten_calls_at_once(app, setting, expected):
    app.control("POST", "/switches", {"limits": "on", "concurrent_calls": setting})
    app.control("POST", "/faults", {"then": {"kind": "delay", "delay_ms": 60_000}, "next": 10})
    headers = {"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"}
    limits = app.books.world.limits

    def ask(_):
        try:
            return requests.get(f"{app.base}/preferences", headers=headers, timeout=20).status_code
        except requests.ConnectionError:
            return None

    with ThreadPoolExecutor(10) as pool:
        waiting = [pool.submit(ask, n) for n in range(10)]
        while len(app.books.world.journal.newest(20)) < 10:
            threading.Event().wait(0.005)
        assert not limits.crowded(app.realm)
        # The second in which the ten began is over.
        app.books.clock.advance(2)
        assert app.call("GET", "/preferences").status_code == expected
        app.books.stop()
        for one in waiting:
            one.result(timeout=10)


def test_calls_that_ended_no_longer_count_as_under_way(app):
    app.control("POST", "/switches", {"limits": "on"})
    for _ in range(15):
        app.books.clock.advance(1)
        app.call("GET", "/invoice/99")
    app.control("POST", "/faults", {"then": {"kind": "reset_after_commit"}})
    for _ in range(12):
        app.books.clock.advance(1)
        with pytest.raises(requests.ConnectionError):
            app.call("GET", "/preferences")
    app.control("DELETE", "/faults")
    app.books.clock.advance(1)
    assert app.call("GET", "/preferences").status_code == 200


@pytest.mark.parametrize(("body", "kind"), [("xml", "application/xml"), ("json", "application/json;charset=UTF-8")])
@pytest.mark.behaviour(
    "Limits", "429 comes as XML even to callers who ask for JSON.", "reported", switch="throttle_body"
)
def test_the_throttle_comes_in_the_switched_format(limited, body, kind):
    limited.control("POST", "/switches", {"throttle_body": body})
    statuses(limited, 10)
    answer = limited.call("GET", "/preferences")
    assert (answer.status_code, answer.headers["content-type"]) == (429, kind)
    assert "ThrottleExceeded" in answer.text
    assert "The request limit was reached.  Try again later" in answer.text


@pytest.mark.parametrize(("setting", "told"), [("off", None), ("on", "60")])
@pytest.mark.behaviour(
    "Limits", "429 says nothing about when to come again, unless switched.", "reported", switch="throttle_retry_after"
)
def test_retry_after_comes_only_when_switched(limited, setting, told):
    limited.control("POST", "/switches", {"throttle_retry_after": setting})
    statuses(limited, 10)
    assert limited.call("GET", "/preferences").headers.get("retry-after") == told


@pytest.mark.behaviour("Limits", "Throttled calls are neither done nor metered.", "documented", switch="limits")
def test_a_throttled_write_is_not_done(limited):
    statuses(limited, 10)
    assert limited.call("POST", "/customer", {"DisplayName": "A"}).status_code == 429
    assert limited.control("GET", "/meter").json()[limited.realm]["core"] == {}
    assert limited.books.company(limited.realm).all("Customer") == []


def test_a_clock_that_is_set_back_does_not_lock_anybody_out():
    limits = Limits()
    assert all(limits.allow_call("1", False, NOW) for _ in range(10))
    assert not limits.allow_call("1", False, NOW)
    assert limits.allow_call("1", False, NOW - timedelta(days=365))


@pytest.mark.parametrize("after_s", [0.999, 1.0])
def test_the_window_slides(after_s):
    limits = Limits()
    assert all(limits.allow_call("1", False, NOW) for _ in range(10))
    assert limits.allow_call("1", False, NOW + timedelta(seconds=after_s)) is (after_s >= 1)
