"""Request ids: the first answer again, for as long as it is remembered; and what concurrent calls do."""

from concurrent.futures import ThreadPoolExecutor

import pytest


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


def test_a_repeat_after_the_deletion_still_gets_the_dead_invoice(app):
    body = app.invoice_body()
    made = app.post("/invoice", body, requestid="one")["Invoice"]
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert app.post("/invoice", body, requestid="one")["Invoice"] == made
    assert app.query("select * from Invoice") == {}


def test_request_ids_of_two_realms_do_not_meet(connect):
    one, other = connect(), connect()
    one.post("/customer", {"DisplayName": "A"}, requestid="same")
    assert other.post("/customer", {"DisplayName": "B"}, requestid="same")["Customer"]["DisplayName"] == "B"


def test_a_fault_is_not_remembered_unless_switched(app):
    app.refused("/customer", {}, requestid="one")
    assert app.post("/customer", {"DisplayName": "A"}, requestid="one")["Customer"]["Id"] == "1"
    app.books.world.switches.turn({"replay_faults": "on"})
    app.refused("/customer", {}, requestid="two")
    assert app.refused("/customer", {"DisplayName": "B"}, requestid="two")["code"] == "2020"


@pytest.mark.parametrize(("length", "status"), [(50, 200), (51, 400)])
def test_a_request_id_has_fifty_characters_at_most(app, length, status):
    answer = app.call("POST", "/customer", {"DisplayName": "A"}, params={"requestid": "x" * length})
    assert answer.status_code == status


def test_it_is_forgotten_after_its_lifetime(app):
    app.books.world.switches.turn({"requestid_lifetime_s": 60})
    app.post("/item", {"Name": "A", "Type": "Service", "IncomeAccountRef": {"value": "1"}}, requestid="one")
    app.books.clock.advance(61)
    body = {"Name": "A", "Type": "Service", "IncomeAccountRef": {"value": "1"}}
    assert app.refused("/item", body, requestid="one")["code"] == "6240"


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


def test_a_concurrent_repeat_waits_for_the_first_and_gets_its_answer(app):
    assert two_at_once(app, seen=1) == ["1", "1"]
    assert app.query("select count(*) from Customer") == {"totalCount": 1}


def test_concurrent_calls_may_not_see_each_other(app):
    app.books.world.switches.turn({"concurrent_requestid": "both"})
    assert sorted(two_at_once(app, seen=2)) == ["1", "2"]


def test_a_batch_is_the_same_when_its_request_id_and_all_its_bids_are(app):
    def batch(bid, name):
        return {"BatchItemRequest": [{"bId": bid, "operation": "create", "Customer": {"DisplayName": name}}]}

    first = app.post("/batch", batch("a", "A"), requestid="one")
    assert app.post("/batch", batch("a", "B"), requestid="one") == first
    assert app.post("/batch", batch("b", "B"), requestid="one") != first
    assert app.query("select count(*) from Customer") == {"totalCount": 2}
