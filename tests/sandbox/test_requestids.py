"""Request ids: the first answer again, for as long as it is remembered; and what concurrent calls do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests

from sandbox.answers import Answer
from sandbox.requestids import FIRST_CLEARING


@pytest.mark.behaviour("Request ids", "A repeated request id gets the first answer again, to the byte.", "documented")
def test_a_repeat_gets_the_first_answer_to_the_byte(app):
    body = app.invoice_body()
    first = app.call("POST", "/invoice", body, params={"requestid": "one"})
    again = app.call("POST", "/invoice", {**body, "PrivateNote": "another body"}, params={"requestid": "one"})
    assert (again.status_code, again.content) == (200, first.content)
    assert app.query("select count(*) from Invoice") == {"totalCount": 1}
    assert [entry["replayed"] for entry in app.books.world.journal.newest(3)] == [False, True, False]


def test_without_a_request_id_a_repeat_makes_a_second_one(app):
    body = app.invoice_body()
    assert app.post("/invoice", body)["Invoice"]["Id"] != app.post("/invoice", body)["Invoice"]["Id"]


@pytest.mark.behaviour("Request ids", "A repeat after the object was deleted still gets the old answer.", "reported")
def test_a_repeat_after_the_deletion_still_gets_the_dead_invoice(app):
    body = app.invoice_body()
    made = app.post("/invoice", body, requestid="one")["Invoice"]
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert app.post("/invoice", body, requestid="one")["Invoice"] == made
    assert app.query("select * from Invoice") == {}


@pytest.mark.behaviour("Request ids", "The same request id on another realm is another one.", "documented")
def test_request_ids_of_two_realms_do_not_meet(connect):
    one, other = connect(), connect()
    one.post("/customer", {"DisplayName": "A"}, requestid="same")
    assert other.post("/customer", {"DisplayName": "B"}, requestid="same")["Customer"]["DisplayName"] == "B"


@pytest.mark.behaviour("Request ids", "A fault is not remembered.", "assumed", switch="replay_faults")
def test_a_fault_is_not_remembered_unless_switched(app):
    app.refused("/customer", {}, requestid="one")
    assert app.post("/customer", {"DisplayName": "A"}, requestid="one")["Customer"]["Id"] == "1"
    app.books.world.switches.turn({"replay_faults": "on"})
    first = app.refused("/customer", {}, requestid="two")
    assert app.refused("/customer", {"DisplayName": "B"}, requestid="two") == first


@pytest.mark.behaviour("Request ids", "A request id has 50 characters at most.", "documented")
@pytest.mark.parametrize(("length", "status"), [(50, 200), (51, 400)])
def test_a_request_id_has_fifty_characters_at_most(app, length, status):
    answer = app.call("POST", "/customer", {"DisplayName": "A"}, params={"requestid": "x" * length})
    assert answer.status_code == status


@pytest.mark.behaviour(
    "Request ids", "A request id is remembered for a day.", "reported", switch="requestid_lifetime_s"
)
def test_it_is_forgotten_after_its_lifetime(app):
    app.books.world.switches.turn({"requestid_lifetime_s": 60})
    app.post("/item", {"Name": "A", "Type": "Service", "IncomeAccountRef": {"value": "1"}}, requestid="one")
    app.books.clock.advance(61)
    body = {"Name": "A", "Type": "Service", "IncomeAccountRef": {"value": "1"}}
    assert app.refused("/item", body, requestid="one")["code"] == "6240"


@pytest.mark.behaviour(
    "Request ids", "Voids, sends and deletes honour request ids too.", "assumed", switch="requestid_void_send"
)
def test_voids_sends_and_deletes_honour_it_unless_switched_off(app):
    first, second, third = app.invoice(), app.invoice(), app.invoice()
    void = {"Id": first["Id"], "SyncToken": "0"}
    answers = [app.post("/invoice", void, operation="void", requestid="v") for _ in range(2)]
    assert answers[0] == answers[1]
    delete = {"Id": second["Id"], "SyncToken": "0"}
    answers = [app.post("/invoice", delete, operation="delete", requestid="d") for _ in range(2)]
    assert answers[0] == answers[1]
    send = f"/invoice/{third['Id']}/send"
    answers = [app.post(send, sendTo="a@example.com", requestid="s") for _ in range(2)]
    assert answers[0] == answers[1]
    app.books.world.switches.turn({"requestid_void_send": "off"})
    assert app.refused("/invoice", void, operation="void", requestid="v")["code"] == "5010"


def two_at_once(app, seen):
    """Two calls with one request id; the books are held until `seen` of them have begun and both have arrived."""
    company = app.books.company(app.realm)

    def call(name):
        return app.call("POST", "/customer", {"DisplayName": name}, params={"requestid": "same"})

    with ThreadPoolExecutor(2) as pool:
        with company.lock:
            futures = [pool.submit(call, name) for name in ("A", "B")]
            assert company.memory.wait_until_under_way("same", seen, 10)
        answers = [future.result(timeout=10) for future in futures]
    return [answer.json()["Customer"]["Id"] for answer in answers]


@pytest.mark.behaviour(
    "Request ids",
    "A repeat that comes while the first is under way waits for its answer.",
    "assumed",
    switch="concurrent_requestid",
)
def test_a_concurrent_repeat_waits_for_the_first_and_gets_its_answer(app):
    assert two_at_once(app, seen=1) == ["1", "1"]
    assert app.query("select count(*) from Customer") == {"totalCount": 1}


def test_concurrent_calls_may_not_see_each_other(app):
    app.books.world.switches.turn({"concurrent_requestid": "both"})
    assert sorted(two_at_once(app, seen=2)) == ["1", "2"]


@pytest.mark.behaviour("Request ids", "A batch is the same when its request id and all its bIds are.", "documented")
def test_a_batch_is_the_same_when_its_request_id_and_all_its_bids_are(app):
    def batch(bid, name):
        return {"BatchItemRequest": [{"bId": bid, "operation": "create", "Customer": {"DisplayName": name}}]}

    first = app.post("/batch", batch("a", "A"), requestid="one")
    assert app.post("/batch", batch("a", "B"), requestid="one") == first
    assert app.post("/batch", batch("b", "B"), requestid="one") != first
    assert app.query("select count(*) from Customer") == {"totalCount": 2}


@pytest.mark.behaviour("Request ids", "The request id of a batch has 36 characters at most.", "documented")
@pytest.mark.parametrize(("length", "status"), [(36, 200), (37, 400)])
def test_the_request_id_of_a_batch_has_thirty_six_characters_at_most(app, length, status):
    body = {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"DisplayName": "A"}}]}
    assert app.call("POST", "/batch", body, params={"requestid": "x" * length}).status_code == status


@pytest.mark.behaviour("Request ids", "With a request id, each bId of a batch has 10 characters at most.", "documented")
def test_a_batch_with_a_request_id_has_short_bids(app):
    body = {"BatchItemRequest": [{"bId": "elevenmarks", "operation": "create", "Customer": {"DisplayName": "A"}}]}
    assert app.refused("/batch", body, requestid="one")["code"] == "2050"
    assert app.post("/batch", body)["BatchItemResponse"][0]["Customer"]["Id"] == "1"


def thirty_creates(app):
    """The answers to thirty creates with one request id, each over its own connection, slow inside."""
    body = app.invoice_body()
    slow = {"match": {"entity": "invoice", "method": "POST"}, "then": {"kind": "delay", "delay_ms": 300}}
    app.control("POST", "/faults", slow)

    def create(_n):
        own = replace(app, session=requests.Session())
        return own.call("POST", "/invoice", body, params={"requestid": "same"})

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(create, range(30)))
    assert {answer.status_code for answer in answers} == {200}
    return answers


@pytest.mark.behaviour(
    "Request ids",
    "Thirty creates at once with one request id make one object and get thirty equal answers.",
    "assumed",
    switch="concurrent_requestid",
)
def test_thirty_creates_at_once_with_one_id_make_one_invoice(app):
    assert len({answer.content for answer in thirty_creates(app)}) == 1
    assert app.query("select count(*) from Invoice") == {"totalCount": 1}


def test_thirty_creates_at_once_make_several_when_calls_do_not_see_each_other(app):
    app.books.world.switches.turn({"concurrent_requestid": "both"})
    made = {answer.json()["Invoice"]["Id"] for answer in thirty_creates(app)}
    assert app.query("select count(*) from Invoice") == {"totalCount": len(made)}
    assert len(made) >= 2


@pytest.mark.behaviour(
    "Request ids", "A call that timed out after its commit is found again by its request id.", "documented"
)
@pytest.mark.parametrize("lost", ["timeout_after_commit", "reset_after_commit"])
def test_a_repeat_after_a_lost_answer_makes_no_second_invoice(app, lost):
    body = app.invoice_body()
    app.control(
        "POST", "/faults", {"match": {"entity": "invoice", "method": "POST"}, "next": 1, "then": {"kind": lost}}
    )
    with pytest.raises(requests.ConnectionError):
        app.call("POST", "/invoice", body, params={"requestid": "one"})
    made = app.post("/invoice", body, requestid="one")["Invoice"]
    assert app.query("select * from Invoice")["Invoice"] == [made]


def test_a_repeat_after_a_call_lost_before_its_commit_makes_the_invoice(app):
    body = app.invoice_body()
    rule = {"match": {"entity": "invoice"}, "next": 1, "then": {"kind": "timeout_before_commit"}}
    app.control("POST", "/faults", rule)
    with pytest.raises(requests.ConnectionError):
        app.call("POST", "/invoice", body, params={"requestid": "one"})
    assert app.post("/invoice", body, requestid="one")["Invoice"]["Id"] == "1"


@pytest.mark.behaviour("Request ids", "A repeat gets the first answer whatever its own body holds.", "assumed")
@pytest.mark.parametrize("body", ['{"Id"', '"Id"', '[{"Id": 1}]', '{"Id": ' + "[" * 3000], ids=range(4))
def test_a_repeat_gets_the_first_answer_whatever_it_holds(app, body):
    first = app.post("/customer", {"DisplayName": "A"}, requestid="r")
    again = app.call("POST", "/customer", params={"requestid": "r"}, data=body)
    assert (again.status_code, again.json()) == (200, first)


def test_a_repeat_does_not_prolong_the_memory(app):
    app.books.world.switches.turn({"requestid_lifetime_s": 60})
    first = app.post("/customer", {"DisplayName": "A"}, requestid="one")
    app.books.clock.advance(40)
    assert app.post("/customer", {"DisplayName": "B"}, requestid="one") == first
    app.books.clock.advance(40)
    assert app.post("/customer", {"DisplayName": "B"}, requestid="one") != first


def test_answers_out_of_date_are_dropped_from_memory(app):
    app.books.world.switches.turn({"requestid_lifetime_s": 60})
    memory = app.books.company(app.realm).memory
    app.post("/customer", {"DisplayName": "A"}, requestid="old")
    app.books.clock.advance(61)
    now, answer = app.books.clock.now(), Answer(200, b"{}")
    for n in range(FIRST_CLEARING):
        with memory.claim(str(n), now, 60, one_at_a_time=True) as claim:
            claim.keep(answer)
    assert "old" not in memory.kept()
    assert len(memory.kept()) == FIRST_CLEARING
