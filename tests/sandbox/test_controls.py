"""The controls: realms, clock, switches, meter, log, reset, and what they refuse."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import requests

from sandbox.server import Sandbox
from sandbox.switches import SETTINGS


def test_a_realm_is_opened_with_its_tokens(books):
    answer = requests.post(f"{books.url}/sandbox/realms", json={"country": "GB", "empty": True}, timeout=10)
    assert answer.status_code == 201
    grant = answer.json()
    assert (len(grant["realm"]), grant["realm"][:4]) == (16, "9130")
    assert {"access_token", "refresh_token"} <= set(grant)
    again = requests.post(f"{books.url}/sandbox/realms", json={"realm": grant["realm"]}, timeout=10)
    assert (again.status_code, again.json()["realm"]) == (201, grant["realm"])
    assert books.company(grant["realm"]).country.code == "GB"


def test_a_realm_tells_what_it_holds(app):
    invoice = app.invoice(100)
    app.pay(invoice, 30)
    found = app.control("GET", f"/realms/{app.realm}").json()
    assert {kind: found["counts"][kind] for kind in ("Customer", "Item", "Invoice", "Payment")} == {
        "Customer": 1,
        "Item": 1,
        "Invoice": 1,
        "Payment": 1,
    }
    assert found["sums"] == {
        "invoice_total": "100.00",
        "invoice_balance": "70.00",
        "payment_total": "30.00",
        "payment_unapplied": "0.00",
    }
    assert found["active"]["Customer"] == 1


@pytest.mark.behaviour(
    "Store", "What was exported can be imported whole, with request ids, deletions and sequences.", "assumed"
)
def test_what_was_exported_can_be_imported_whole(app, line):
    app.post("/invoice", app.invoice_body(12345678901.23), requestid="one")
    gone = app.invoice()
    app.post("/invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    held = app.control("GET", f"/realms/{app.realm}/export")
    url = f"{app.books.url}/sandbox/realms/{app.realm}/import"
    before = app.read("Invoice", "1")
    app.post("/invoice", {"Id": "1", "SyncToken": "0"}, operation="delete")
    assert requests.post(url, data=held.content, timeout=10).status_code == 200
    assert app.read("Invoice", "1") == before
    assert app.post("/invoice", {}, requestid="one")["Invoice"]["Id"] == "1"
    assert app.invoice()["Id"] == "3"
    assert app.refused("/customer", {"DisplayName": "ann's shop"})["code"] == "6240"
    assert app.control("GET", f"/realms/{app.realm}/export").json()["deletions"] == held.json()["deletions"]


def test_a_bad_import_is_refused(app):
    answer = app.control("POST", f"/realms/{app.realm}/import", {"realm": "1"})
    assert answer.status_code == 400
    assert app.get("/preferences")


@pytest.mark.behaviour("Meter", "What a person does in QuickBooks is not metered.", "documented")
def test_a_bookkeeper_acts_in_the_books_and_is_not_metered(app):
    invoice = app.invoice(100)
    meter = app.control("GET", "/meter").json()
    act = f"/realms/{app.realm}/act"
    paid = app.control("POST", act, {"pay": {"invoice": invoice["Id"], "amount": "10.00"}}).json()
    assert paid["Invoice"]["Balance"] == 90
    edited = app.control("POST", act, {"edit": {"invoice": invoice["Id"], "set": {"PrivateNote": "seen"}}}).json()
    assert (edited["Invoice"]["PrivateNote"], edited["Invoice"]["SyncToken"]) == ("seen", "2")
    sent = app.control("POST", act, {"send": {"invoice": invoice["Id"], "to": "a@example.com"}}).json()
    assert sent["Invoice"]["EmailStatus"] == "EmailSent"
    assert app.control("POST", act, {"void": {"invoice": invoice["Id"]}}).json()["Invoice"]["TotalAmt"] == 0
    assert app.control("POST", act, {"delete": {"invoice": invoice["Id"]}}).status_code == 200
    assert app.control("POST", act, {"delete": {"customer": "1"}}).json()["Customer"]["Active"] is False
    assert app.control("POST", act, {"create": {"Customer": {"DisplayName": "New"}}}).status_code == 200
    assert app.control("GET", "/meter").json() == meter


@pytest.mark.parametrize(
    "act",
    [
        {},
        {"dance": {}},
        {"void": {}},
        {"void": {"invoice": "99"}},
        {"pay": {"invoice": "1", "amount": "x"}},
        {"pay": 1},
        {"create": {}},
    ],
)
def test_an_act_that_makes_no_sense_is_refused(app, act):
    app.invoice()
    answer = app.control("POST", f"/realms/{app.realm}/act", act)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_the_clock_can_be_set_moved_and_run_faster(app):
    set_to = app.control("POST", "/clock", {"now": "2030-01-01T00:00:00Z", "rate": 0}).json()
    assert set_to == {"now": "2030-01-01T00:00:00+00:00", "rate": 0}
    moved = app.control("POST", "/clock", {"advance_s": 90}).json()
    assert moved["now"] == "2030-01-01T00:01:30+00:00"
    made = app.books.open_realm(empty=True)
    assert made["expires_in"] == 3600
    app.access_token, app.realm = made["access_token"], made["realm"]
    assert app.customer()["MetaData"]["CreateTime"] == "2029-12-31T16:01:30-08:00"


def test_a_faster_clock_gains_on_the_machines(app):
    app.control("POST", "/clock", {"rate": 1000000})
    first = datetime.fromisoformat(app.control("GET", "/clock").json()["now"])
    second = datetime.fromisoformat(app.control("GET", "/clock").json()["now"])
    assert second > first


def test_switches_are_listed_and_turned_all_or_none(app):
    assert app.control("GET", "/switches").json()["void_paid"] == "refuse"
    turned = app.control("POST", "/switches", {"void_paid": "unlink", "replay_faults": True}).json()
    assert (turned["void_paid"], turned["replay_faults"]) == ("unlink", "on")
    for wrong in ({"void_paid": "maybe"}, {"no_such": "on"}, {"rotate": "daily", "limits": 7}, [1]):
        answer = app.control("POST", "/switches", wrong)
        assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")
    assert app.control("GET", "/switches").json() == turned


@pytest.mark.behaviour(
    "Meter",
    "Single-entity writes are core; reads, queries, batches, changes and PDFs are coreplus; only successes count.",
    "documented",
)
def test_the_meter_counts_successful_calls_by_what_intuit_bills(app):
    made = app.invoice()
    before = app.control("GET", "/meter").json()[app.realm]
    app.get("/preferences")
    app.query("select * from Invoice")
    app.call("POST", "/query", data=b"select * from Item", headers={"Content-Type": "application/text"})
    app.get("/cdc", entities="Invoice", changedSince="2026-01-01")
    app.post("/batch", {"BatchItemRequest": [{"bId": "1", "operation": "create", "Customer": {"DisplayName": "B"}}]})
    app.call("GET", f"/invoice/{made['Id']}/pdf")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    app.post(f"/invoice/{made['Id']}/send", sendTo="a@example.com")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "1"}, operation="void")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "2"}, operation="delete")
    app.refused("/customer", {})
    app.call("GET", "/invoice/99")
    after = app.control("GET", "/meter").json()[app.realm]

    def grown(kind):
        return {k: n - before[kind].get(k, 0) for k, n in after[kind].items() if n != before[kind].get(k, 0)}

    assert grown("core") == {"update": 1, "send": 1, "void": 1, "delete": 1}
    assert grown("coreplus") == {"read": 1, "query": 2, "cdc": 1, "batch": 1, "pdf": 1}


def test_the_log_keeps_what_came_in_newest_first(app):
    app.post("/customer", {"DisplayName": "A"}, requestid="one")
    app.call("GET", "/invoice/99")
    newest, earlier = app.control("GET", "/requests?limit=2").json()
    assert (newest["method"], newest["path"], newest["status"]) == ("GET", f"/v3/company/{app.realm}/invoice/99", 400)
    assert (earlier["query"], earlier["body"]) == ("requestid=one", '{"DisplayName": "A"}')
    assert earlier["headers"]["accept"] == "application/json"
    assert (earlier["realm"], earlier["fault"], earlier["replayed"]) == (app.realm, None, False)


def test_a_reset_leaves_it_as_just_started(app):
    app.control("POST", "/switches", {"void_paid": "unlink"})
    app.control("POST", "/faults", {"then": {"kind": "status"}})
    assert app.control("POST", "/reset").status_code == 200
    assert app.call("GET", "/preferences").status_code == 401
    assert app.control("GET", "/realms").json() == app.control("GET", "/faults").json() == []
    assert app.control("GET", "/switches").json()["void_paid"] == "refuse"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/realms", {"country": "XX"}),
        ("/realms", {"currency": "XXX"}),
        ("/realms", {"empty": "yes"}),
        ("/realms", {"colour": "red"}),
        ("/realms", {"realm": "../x"}),
        ("/realms", [1]),
        ("/clock", {}),
        ("/clock", {"now": "soon"}),
        ("/clock", {"rate": -1}),
        ("/clock", {"advance_s": "x"}),
    ],
)
def test_a_control_used_wrongly_says_how_to_use_it(books, path, body):
    answer = requests.post(f"{books.url}/sandbox{path}", json=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_a_body_that_is_not_json_is_refused(books):
    answer = requests.post(f"{books.url}/sandbox/clock", data=b"{", timeout=10)
    assert (answer.status_code, answer.json()) == (400, {"error": "The body is not JSON."})


def test_an_unknown_control_is_404_and_a_wrong_method_405(books):
    assert requests.get(f"{books.url}/sandbox/nothing", timeout=10).status_code == 404
    assert requests.delete(f"{books.url}/sandbox/clock", timeout=10).status_code == 405
    assert requests.get(f"{books.url}/sandbox/realms/1", timeout=10).status_code == 404


@pytest.mark.behaviour("Store", "A file carries realms and grants over a restart.", "assumed")
def test_a_file_carries_realms_and_grants_over_a_restart(tmp_path):
    file = tmp_path / "books.json"
    with Sandbox(file=file) as books:
        grant = books.open_realm()
        held = books.company(grant["realm"]).export()
    with Sandbox(file=file) as books:
        assert books.company(grant["realm"]).export() == held
        form = {"grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
        url = f"{books.url}/oauth2/v1/tokens/bearer"
        assert requests.post(url, data=form, auth=("a", "b"), timeout=10).status_code == 200


@pytest.mark.behaviour("Sample business", "The same seed gives the same books.", "assumed")
def test_the_same_seed_gives_the_same_books():
    def held():
        with Sandbox(seed=7) as books:
            books.clock.run_at(0)
            grant = books.open_realm()
            return grant["realm"], [one["TotalAmt"] for one in books.company(grant["realm"]).all("Invoice")]

    assert held() == held()


def test_a_seeded_sandbox_opens_a_new_realm_beside_one_that_took_its_number():
    with Sandbox(seed=7, empty=True) as first:
        second_number = [first.open_realm()["realm"] for _ in range(2)][1]
    with Sandbox(seed=7, empty=True) as books:
        books.open_realm(realm=second_number)
        with ThreadPoolExecutor(1) as pool:
            opened = pool.submit(books.open_realm).result(timeout=10)
        assert opened["realm"] not in ("", second_number)


@pytest.mark.parametrize("limit", ["-1", "x", "", "1.5", "9" * 5000, "\u0663"], ids=range(6))
def test_the_log_takes_only_a_whole_number(books, limit):
    answer = requests.get(f"{books.url}/sandbox/requests", params={"limit": limit}, timeout=10)
    assert (answer.status_code, answer.json()["error"][-1]) == (400, ".")


def test_the_log_shows_as_many_as_there_are(app):
    app.get("/preferences")
    assert len(app.control("GET", "/requests?limit=999999999").json()) == 1
    assert app.control("GET", "/requests?limit=0").json() == []


def test_every_switch_is_listed_with_the_setting_it_starts_with(books):
    listed = requests.get(f"{books.url}/sandbox/switches", timeout=10).json()
    assert {name: listed[name] for name in SETTINGS} == {name: settings[0] for name, settings in SETTINGS.items()}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_switch_can_be_turned_to_each_of_its_settings_and_back(books, name):
    for setting in (*SETTINGS[name], SETTINGS[name][0]):
        answer = requests.post(f"{books.url}/sandbox/switches", json={name: setting}, timeout=10)
        assert answer.json()[name] == setting


@pytest.mark.parametrize("path", ["/realms", "/faults", "/clock", "/switches", "/webhooks", "/webhooks/test"])
@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"x": 1e999999999999}',
    ],
    ids=range(8),
)
def test_a_control_given_nonsense_answers_with_a_sentence(books, path, body):
    answer = requests.post(f"{books.url}/sandbox{path}", data=body, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


@pytest.mark.parametrize(
    "held",
    [
        [],
        {},
        {"records": {}},
        {"records": {"Invoice": 7}, "country": "US", "currency": "USD"},
        {"records": {"Invoice": [7]}, "country": "US", "currency": "USD"},
        {"records": {"Spaceship": [{"Id": "1"}]}, "country": "US", "currency": "USD"},
        {"records": {}, "country": "US", "currency": "USD", "deletions": [1]},
        {"records": {}, "country": ["US"], "currency": "USD"},
        {"records": {}, "country": "US", "currency": "USD", "sequences": {"x": "y"}},
        {"records": {}, "country": "US", "currency": "USD", "requestids": {"x": {"at": "never"}}},
    ],
)
def test_an_import_that_is_no_export_is_refused_and_changes_nothing(app, held):
    made = app.customer()
    assert app.control("POST", f"/realms/{app.realm}/import", held).status_code == 400
    assert app.read("Customer", made["Id"])["DisplayName"] == "Ann's Shop"
    assert app.query("select count(*) from Customer")["totalCount"] == 1
