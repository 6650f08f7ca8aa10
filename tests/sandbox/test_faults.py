"""Injected faults: each kind, which calls they hit, and what is committed."""

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
def test_no_answer_comes_and_the_commit_is_as_said(app, kind, committed):
    rule(app, {"kind": kind})
    with pytest.raises(requests.ConnectionError) as raised:
        create(app)
    assert ("reset by peer" in str(raised.value)) is kind.startswith("reset")
    entry = app.books.world.journal.newest(1)[0]
    assert (entry["status"], entry["fault"]["kind"]) == (None, kind)
    assert count(app) == committed


def test_a_lost_answer_is_found_again_with_the_request_id(app):
    rule(app, {"kind": "timeout_after_commit"}, next=1, match={"method": "POST", "path": "/customer"})
    with pytest.raises(requests.ConnectionError):
        create(app, requestid="one")
    assert create(app, requestid="one").json()["Customer"]["Id"] == "1"
    assert count(app) == 1


def test_a_status_comes_as_json_xml_or_html_and_nothing_is_done(app):
    for body, kind in (("json", "application/json"), ("xml", "application/xml"), ("html", "text/html")):
        rule(app, {"kind": "status", "status": 503, "body": body, "retry_after": 7}, next=1)
        answer = create(app)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
        assert answer.headers["content-type"].startswith(kind)
    assert count(app) == 0


def test_two_hundred_can_mean_nothing_was_done(app):
    rule(app, {"kind": "empty_200"}, next=1)
    assert create(app).json()["BatchItemResponse"] == []
    rule(app, {"kind": "fault_200"}, next=1)
    answer = create(app)
    assert (answer.status_code, answer.json()["Fault"]["type"]) == (200, "SystemFault")
    assert count(app) == 0


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


def test_invalid_grant_hits_the_token_endpoint_only(app):
    rule(app, {"kind": "invalid_grant"})
    assert create(app).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}
    url = f"{app.books.url}/oauth2/v1/tokens/bearer"
    answer = requests.post(url, data=form, auth=("id", "secret"), timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


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
    ],
)
def test_a_rule_says_which_calls_it_hits(app, match, hit):
    rule(app, {"kind": "status", "status": 500}, match=match)
    assert (create(app, requestid="one").status_code == 500) is hit


def test_a_query_belongs_to_the_entity_it_asks_for(app):
    rule(app, {"kind": "status", "status": 500}, match={"entity": "term"})
    assert app.call("GET", "/query", params={"query": "select * from Term"}).status_code == 500
    assert app.call("GET", "/query", params={"query": "select * from Item"}).status_code == 200


def test_every_nth_call_is_hit(app):
    rule(app, {"kind": "status", "status": 500}, every=3)
    statuses = [app.call("GET", "/preferences").status_code for _ in range(7)]
    assert statuses == [200, 200, 500, 200, 200, 500, 200]


def test_chance_with_a_seed_is_always_the_same(connect):
    def run():
        app = connect()
        app.control("DELETE", "/faults")
        rule(app, {"kind": "status", "status": 500}, probability=0.5, seed=7)
        return [app.call("GET", "/preferences").status_code for _ in range(20)]

    first = run()
    assert first == run()
    assert set(first) == {200, 500}


def test_repeats_of_a_hit_call_can_be_spared(app):
    rule(app, {"kind": "timeout_after_commit"}, every=1, repeats=False, match={"entity": "customer"})
    with pytest.raises(requests.ConnectionError):
        create(app, requestid="one")
    assert create(app, requestid="one").status_code == 200
    with pytest.raises(requests.ConnectionError):
        create(app, "B", requestid="two")


def test_rules_compose_in_their_order(app):
    rule(app, {"kind": "delay", "delay_ms": 1})
    rule(app, {"kind": "status", "status": 502, "body": "html"}, next=1)
    rule(app, {"kind": "status", "status": 503}, next=1)
    assert [create(app).status_code for _ in range(3)] == [502, 503, 200]
    assert app.books.world.journal.newest(1)[0]["fault"]["kind"] == "delay"


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
        [],
    ],
)
def test_a_bad_rule_is_refused_with_a_sentence(app, body):
    answer = app.control("POST", "/faults", body)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
