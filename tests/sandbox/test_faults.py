"""Injected faults: each kind, which calls they hit, and what is committed."""

import time
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import pytest
import requests


def rule(app, then, **more):
    answer = app.control("POST", "/faults", {"then": then, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def create(app, name="A", **params):
    return app.call("POST", "/customer", {"DisplayName": name}, params=params)


def count(app):
    app.control("DELETE", "/faults")
    return app.query("select count(*) from Customer")["totalCount"]


@pytest.mark.parametrize(
    ("kind", "committed"),
    [
        ("timeout_before_commit", 0),
        ("timeout_after_commit", 1),
        ("reset_before_commit", 0),
        ("reset_after_commit", 1),
    ],
)
@pytest.mark.behaviour(
    "Faults on demand", "The answer can be lost by a close or a reset, before or after the commit.", "assumed"
)
def test_no_answer_comes_and_the_commit_is_as_said(app, kind, committed):
    rule(app, {"kind": kind})
    with pytest.raises(requests.ConnectionError) as raised:
        create(app)
    assert ("reset by peer" in str(raised.value)) is kind.startswith("reset")
    entry = app.books.world.journal.newest(1)[0]
    assert (entry["status"], entry["fault"]["kind"]) == (None, kind)
    assert count(app) == committed


@pytest.mark.behaviour(
    "Request ids", "A write whose answer was lost is answered again by its request id and made once.", "documented"
)
def test_a_lost_answer_is_found_again_with_the_request_id(app):
    rule(app, {"kind": "timeout_after_commit"}, next=1, match={"method": "POST", "path": "/customer"})
    with pytest.raises(requests.ConnectionError):
        create(app, requestid="one")
    assert create(app, requestid="one").json()["Customer"]["Id"] == "1"
    assert count(app) == 1


@pytest.mark.behaviour(
    "Faults on demand",
    "Any status can come as JSON, XML or a gateway's HTML, with Retry-After if wanted; nothing is done.",
    "assumed",
)
def test_a_status_comes_as_json_xml_or_html_and_nothing_is_done(app):
    for body, kind in (("json", "application/json"), ("xml", "application/xml"), ("html", "text/html")):
        rule(app, {"kind": "status", "status": 503, "body": body, "retry_after": 7}, next=1)
        answer = create(app)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
        assert answer.headers["content-type"].startswith(kind)
    assert count(app) == 0


@pytest.mark.behaviour(
    "Faults on demand", "A 200 can carry a Fault or an empty BatchItemResponse, with nothing done.", "reported"
)
def test_two_hundred_can_mean_nothing_was_done(app):
    rule(app, {"kind": "empty_200"}, next=1)
    assert create(app).json()["BatchItemResponse"] == []
    rule(app, {"kind": "fault_200"}, next=1)
    answer = create(app)
    assert (answer.status_code, answer.json()["Fault"]["type"]) == (200, "SystemFault")
    assert count(app) == 0


@pytest.mark.behaviour(
    "Faults on demand",
    "Throttling is 429 with code 3001, in XML and without Retry-After unless asked otherwise.",
    "reported",
)
def test_throttling_comes_as_xml_without_retry_after_unless_asked(app):
    rule(app, {"kind": "throttle"}, next=1)
    answer = create(app)
    assert (answer.status_code, answer.headers["content-type"]) == (429, "application/xml")
    assert "retry-after" not in answer.headers
    assert 'code="3001"' in answer.text
    rule(app, {"kind": "throttle", "body": "json", "retry_after": 60}, next=1)
    answer = create(app)
    assert answer.json()["Fault"]["Error"][0]["code"] == "3001"
    assert answer.headers["retry-after"] == "60"


@pytest.mark.behaviour("Faults on demand", "invalid_grant hits calls to the token endpoint only.", "assumed")
def test_invalid_grant_hits_the_token_endpoint_only(app):
    rule(app, {"kind": "invalid_grant"})
    assert create(app).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}
    url = f"{app.books.url}/oauth2/v1/tokens/bearer"
    answer = requests.post(url, data=form, auth=("id", "secret"), timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.behaviour("Faults on demand", "A rule for a realm also hits the refreshes of its tokens.", "assumed")
def test_a_rule_for_a_realm_also_hits_its_refreshes(connect):
    one, other = connect(), connect()
    rule(one, {"kind": "status", "status": 500}, match={"realm": one.realm})
    url = f"{one.books.url}/oauth2/v1/tokens/bearer"
    statuses = [
        requests.post(
            url,
            data={"grant_type": "refresh_token", "refresh_token": app.refresh_token},
            auth=("id", "secret"),
            timeout=10,
        ).status_code
        for app in (one, other)
    ]
    assert statuses == [500, 200]


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({"method": "POST"}, True),
        ({"method": "GET"}, False),
        ({"path": "/customer"}, True),
        ({"path": "/v3/company/*/customer"}, True),
        ({"path": "/v3/*/invoice"}, False),
        ({"path": "requestid=one"}, True),
        ({"entity": "Customer"}, True),
        ({"entity": "Invoice"}, False),
        ({"realm": "1"}, False),
        ({"method": "post", "entity": "customer", "path": "/customer?requestid=one"}, True),
        ({"method": "POST", "entity": "customer", "path": "/invoice"}, False),
        ({}, True),
    ],
)
@pytest.mark.behaviour("Faults on demand", "A rule matches by realm, method, path or pattern, and entity.", "assumed")
def test_a_rule_says_which_calls_it_hits(app, match, hit):
    rule(app, {"kind": "status", "status": 500}, match=match)
    assert (create(app, requestid="one").status_code == 500) is hit


def test_a_query_belongs_to_the_entity_it_asks_for(app):
    rule(app, {"kind": "status", "status": 500}, match={"entity": "term"})
    assert app.call("GET", "/query", params={"query": "select * from Term"}).status_code == 500
    assert app.call("GET", "/query", params={"query": "select * from Item"}).status_code == 200


@pytest.mark.behaviour("Faults on demand", "A rule can hit every n-th call.", "assumed")
def test_every_nth_call_is_hit(app):
    rule(app, {"kind": "status", "status": 500}, every=3)
    statuses = [app.call("GET", "/preferences").status_code for _ in range(7)]
    assert statuses == [200, 200, 500, 200, 200, 500, 200]


@pytest.mark.behaviour("Faults on demand", "A rule by chance hits the same calls for the same seed.", "assumed")
def test_chance_with_a_seed_is_always_the_same(connect):
    def run():
        app = connect()
        app.control("DELETE", "/faults")
        rule(app, {"kind": "status", "status": 500}, probability=0.5, seed=7)
        return [app.call("GET", "/preferences").status_code for _ in range(20)]

    first = run()
    assert first == run()
    assert set(first) == {200, 500}


@pytest.mark.behaviour("Faults on demand", "Repeats of a call that was hit can be spared.", "assumed")
def test_repeats_of_a_hit_call_can_be_spared(app):
    rule(app, {"kind": "timeout_after_commit"}, every=1, repeats=False, match={"entity": "customer"})
    with pytest.raises(requests.ConnectionError):
        create(app, requestid="one")
    assert create(app, requestid="one").status_code == 200
    with pytest.raises(requests.ConnectionError):
        create(app, "B", requestid="two")


@pytest.mark.behaviour(
    "Faults on demand",
    "Rules compose in their order: delays add up, the first that ends the call hides the later.",
    "assumed",
)
def test_rules_compose_in_their_order(app):
    rule(app, {"kind": "delay", "delay_ms": 1})
    rule(app, {"kind": "status", "status": 502, "body": "html"}, next=1)
    rule(app, {"kind": "status", "status": 503}, next=1)
    assert [create(app).status_code for _ in range(3)] == [502, 503, 200]
    assert app.books.world.journal.newest(1)[0]["fault"]["kind"] == "delay"


@pytest.mark.behaviour("Faults on demand", "A delayed call holds up nobody else.", "assumed")
def test_a_delay_holds_no_lock(app):
    rule(app, {"kind": "delay", "delay_ms": 30000}, next=1, match={"entity": "customer"})
    with pytest.raises(requests.ReadTimeout):
        app.session.post(
            f"{app.base}/customer",
            json={"DisplayName": "Slow"},
            headers={"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"},
            timeout=0.2,
        )
    assert create(app, "Quick").json()["Customer"]["Id"] == "1"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"then": {"kind": "explode"}},
        {"then": {"kind": "delay", "delay_ms": -1}},
        {"then": {"kind": "delay", "delay_ms": "soon"}},
        {"then": {"kind": "status", "status": "bad"}},
        {"then": {"kind": "status", "body": "yaml"}},
        {"then": {"kind": "status"}, "every": 0},
        {"then": {"kind": "status"}, "every": 1, "next": 1},
        {"then": {"kind": "status"}, "probability": 2},
        {"then": {"kind": "status"}, "match": {"colour": "red"}},
        {"then": {"kind": "status"}, "often": True},
        {"then": {"kind": "status"}, "after": -1},
        {"then": {"kind": "status", "status": 99}},
        {"then": {"kind": "status", "status": 999}},
        {"then": {"kind": "status", "retry_after": "1\r\nx: y"}},
        {"then": {"kind": "status", "code": "120"}},
        {"then": {"kind": "fault"}},
        {"then": {"kind": "fault", "code": "999"}},
        {"then": {"kind": "fault", "code": "120", "body": "html"}},
        [],
    ],
)
def test_a_bad_rule_is_refused_with_a_sentence(app, body):
    answer = app.control("POST", "/faults", body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@pytest.mark.behaviour("Faults on demand", "A rule can let the first n calls pass.", "assumed")
def test_a_rule_can_let_the_first_calls_pass(app):
    rule(app, {"kind": "status", "status": 500}, after=2, next=2)
    assert [app.call("GET", "/preferences").status_code for _ in range(6)] == [200, 200, 500, 500, 200, 200]


@pytest.mark.behaviour("Faults on demand", "An answer can come late although the commit was made at once.", "assumed")
def test_an_answer_can_come_late_after_the_commit(app):
    rule(app, {"kind": "delay_after_commit", "delay_ms": 30_000}, next=1)
    with pytest.raises(requests.ReadTimeout):
        app.session.post(
            f"{app.base}/customer?requestid=one",
            json={"DisplayName": "A"},
            headers={"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"},
            timeout=0.2,
        )
    assert create(app, requestid="one").json()["Customer"]["Id"] == "1"
    assert count(app) == 1


@pytest.mark.parametrize(
    "then",
    [
        {"kind": "status", "status": 503},
        {"kind": "throttle"},
        {"kind": "empty_200"},
        {"kind": "delay"},
        {"kind": "delay_after_commit"},
    ],
)
def test_every_kind_waits_as_long_as_it_says(app, then):
    rule(app, {**then, "delay_ms": 80}, next=1)
    began = time.monotonic()
    create(app)
    assert time.monotonic() - began >= 0.08


@pytest.mark.parametrize(("code", "status"), [("120", 401), ("4002", 400), ("6190", 400), ("6210", 400), ("7001", 400)])
@pytest.mark.behaviour(
    "Faults on demand",
    "A company that is closed, read-only or without its administrator is a fault by its code.",
    "reported",
)
def test_a_fault_of_the_companys_state_comes_by_its_code(app, code, status):
    rule(app, {"kind": "fault", "code": code}, next=2)
    answer = create(app)
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (status, code)
    assert answer.json()["Fault"]["Error"][0]["Message"]
    create(app)
    assert count(app) == 0


def test_a_fault_can_say_anything_in_json_or_xml(app):
    said = {"code": "6000", "message": "No & never", "detail": "<why>", "type": "ValidationFault", "status": 400}
    rule(app, {"kind": "fault", **said}, next=1)
    assert create(app).json()["Fault"] == {
        "Error": [{"Message": "No & never", "Detail": "<why>", "code": "6000"}],
        "type": "ValidationFault",
    }
    rule(app, {"kind": "fault", "body": "xml", **said}, next=1)
    fault = ElementTree.fromstring(create(app).content)[0]
    assert (fault.get("type"), fault[0].get("code"), fault[0][0].text, fault[0][1].text) == (
        "ValidationFault",
        "6000",
        "No & never",
        "<why>",
    )


@pytest.mark.parametrize(
    ("status", "code"), [(401, "3200"), (403, "3100"), (429, "3001"), (500, "10000"), (502, "10000"), (504, "10000")]
)
@pytest.mark.behaviour("Faults on demand", "A status comes with the fault that QuickBooks sends with it.", "reported")
def test_a_status_comes_with_its_own_fault(app, status, code):
    rule(app, {"kind": "status", "status": status}, next=1)
    answer = create(app)
    told = answer.json()
    errors = told["fault"]["error"] if "fault" in told else told["Fault"]["Error"]
    assert (answer.status_code, errors[0]["code"]) == (status, code)
    assert answer.headers["intuit_tid"]


def test_one_rule_can_be_taken_away(app):
    first = rule(app, {"kind": "status", "status": 500})
    second = rule(app, {"kind": "status", "status": 503})
    assert app.control("DELETE", f"/faults/{first}").status_code == 200
    assert create(app).status_code == 503
    assert app.control("DELETE", f"/faults/{first}").status_code == 404
    assert [one["id"] for one in app.control("GET", "/faults").json()] == [second]


@pytest.mark.behaviour("Faults on demand", "Of calls at once, a rule hits exactly as many as it says.", "assumed")
def test_of_calls_at_once_exactly_the_next_n_are_hit(app):
    rule(app, {"kind": "status", "status": 503}, next=10)
    rule(app, {"kind": "status", "status": 500}, every=3)

    def ask(_):
        headers = {"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"}
        return requests.get(f"{app.base}/preferences", headers=headers, timeout=20).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(40)))
    assert (statuses.count(503), statuses.count(500), statuses.count(200)) == (10, 10, 20)


def test_rules_with_seeds_give_the_same_story_every_time(connect):
    def story():
        app = connect()
        app.control("DELETE", "/faults")
        rule(app, {"kind": "empty_200"}, probability=0.2, seed="a")
        rule(app, {"kind": "status", "status": 502, "body": "html"}, probability=0.3, seed=2, match={"method": "POST"})
        rule(app, {"kind": "throttle"}, every=5)
        answers = [create(app, f"Customer {n}") for n in range(30)]
        told = ["nothing" if "BatchItemResponse" in one.text else one.status_code for one in answers]
        assert count(app) == told.count(200)
        return told

    first = story()
    assert first == story()
    assert set(first) == {200, 429, 502, "nothing"}


@pytest.mark.behaviour(
    "Faults on demand", "A fault after the commit is neither undone nor remembered as a failure.", "assumed"
)
def test_a_reset_after_commit_tells_the_subscribers_all_the_same(app, subscriber):
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": "v"})
    rule(app, {"kind": "reset_after_commit"}, next=1)
    with pytest.raises(requests.ConnectionError):
        create(app)
    subscriber.wait_for(1)
    assert subscriber.types == ["qbo.customer.created.v1 1"]


def test_a_fault_before_the_commit_is_not_remembered_for_the_request_id(app):
    rule(app, {"kind": "timeout_before_commit"}, next=1)
    with pytest.raises(requests.ConnectionError):
        create(app, requestid="one")
    assert create(app, requestid="one").status_code == 200
    assert app.books.world.journal.newest(1)[0]["replayed"] is False


def test_a_spoiled_call_is_not_metered_but_a_lost_answer_is(app):
    rule(app, {"kind": "status", "status": 500}, next=1)
    rule(app, {"kind": "timeout_after_commit"}, next=1)
    create(app)
    with pytest.raises(requests.ConnectionError):
        create(app)
    assert app.control("GET", "/meter").json()[app.realm] == {"core": {"create": 1}, "coreplus": {}}


@pytest.mark.parametrize("kind", ["timeout_before_commit", "reset_after_commit", "status", "fault"])
def test_the_token_endpoint_can_fail_in_the_same_ways(app, kind):
    then = {"kind": kind} | ({"code": "120"} if kind == "fault" else {})
    rule(app, then, next=1, match={"path": "/oauth2/v1/tokens/bearer"})

    def refreshed():
        form = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}
        url = f"{app.books.url}/oauth2/v1/tokens/bearer"
        return requests.post(url, data=form, auth=("id", "secret"), timeout=10).status_code

    if kind in ("status", "fault"):
        assert refreshed() in (500, 401)
    else:
        with pytest.raises(requests.ConnectionError):
            refreshed()
    assert refreshed() == 200


def test_a_sandbox_started_again_delays_as_before(app):
    rule(app, {"kind": "delay", "delay_ms": 300})
    app.books.stop()
    app.books.start()
    began = time.monotonic()
    assert create(app).status_code == 200
    assert time.monotonic() - began >= 0.3


def test_only_a_rule_that_spares_repeats_remembers_request_ids(app):
    rule(app, {"kind": "delay"})
    rule(app, {"kind": "delay"}, repeats=False)
    for n in range(3):
        create(app, f"C{n}", requestid=f"r{n}")
    assert [one.hit for one in app.books.world.faults._rules] == [set(), {"r0", "r1", "r2"}]


def test_a_delay_ends_when_the_sandbox_stops(app):
    rule(app, {"kind": "delay", "delay_ms": 60_000})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(create, app)
        while not app.books.world.journal.newest(1):
            time.sleep(0.001)
        began = time.monotonic()
        app.books.stop()
        with pytest.raises(requests.ConnectionError):
            waiting.result(timeout=10)
    assert time.monotonic() - began < 10
