"""What the sandbox holds: orders and indexes of many records, the file that outlives it, exports and imports."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from sandbox.calls import Call
from sandbox.entities import KINDS
from sandbox.journal import Entry, Journal
from sandbox.server import Sandbox
from sandbox.table import Table

ROOT = Path(__file__).parents[2]


def add_invoices(app, count, **fields):
    """So many invoices, thirty in a call; their Ids."""
    body = app.invoice_body(**fields)
    made = []
    for first in range(0, count, 30):
        numbers = range(first, min(first + 30, count))
        items = [{"bId": str(n), "operation": "create", "Invoice": body} for n in numbers]
        made += app.post("/batch", {"BatchItemRequest": items})["BatchItemResponse"]
    return [one["Invoice"]["Id"] for one in made]


def ids(found):
    return [row["Id"] for rows in found.values() if isinstance(rows, list) for row in rows]


def everything(app):
    """The answers that show what a realm holds, without the moment they were given."""
    began = app.books.clock.now() - timedelta(days=29)
    texts = ("Invoice", "Payment", "Customer", "Item", "Term", "TaxCode", "Preferences")
    answers = [app.query(f"select * from {name} maxresults 1000") for name in texts]
    changes = app.get("/cdc", entities="Invoice,Payment,Customer", changedSince=began.isoformat())
    return [*answers, changes["CDCResponse"]]


@pytest.fixture
def traded(app):
    """Books with a payment, a deletion, a void, an inactive customer and a remembered request id."""
    paid = app.invoice(120.5)
    app.pay(paid, 20.25)
    gone, void = app.invoice(30), app.invoice(0.1 + 40)
    app.post("/invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    app.post("/invoice", {"Id": void["Id"], "SyncToken": "0"}, operation="void")
    app.customer("Leaving")
    app.post("/customer", {"Id": "2", "SyncToken": "0", "sparse": True, "Active": False})
    app.post("/customer", {"DisplayName": "Once"}, requestid="once")
    return app


def test_a_record_is_read_as_it_was_answered_when_it_was_written(app):
    made = app.invoice(1234.56, PrivateNote="Zażółć 漢字 \ud83d\ude00 \u0000", DocNumber="A\\'1")
    answer = app.call("GET", f"/invoice/{made['Id']}")
    assert json.loads(answer.content)["Invoice"] == made
    assert app.query("select * from Invoice")["Invoice"] == [made]


def test_half_of_a_character_is_kept_and_read_as_a_question_mark(app):
    made = app.invoice(PrivateNote="\ud800", DocNumber="\udfff")
    assert app.read("Invoice", made["Id"]) == made
    assert (made["PrivateNote"], made["DocNumber"]) == ("?", "?")


def test_whole_amounts_stay_decimals_inside(app):
    made = app.invoice(100)
    kept = app.books.company(app.realm).find("Invoice", made["Id"])
    assert {type(kept[name]) for name in ("TotalAmt", "Balance")} == {Decimal}


def test_changed_values_are_found_and_former_ones_are_not(app):
    made = app.invoice(DocNumber="first")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DocNumber": "second"})
    assert app.query("select * from Invoice where DocNumber = 'first'") == {}
    assert ids(app.query("select * from Invoice where DocNumber = 'SECOND'")) == [made["Id"]]
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")
    assert app.query("select * from Invoice where DocNumber = 'second'") == {}
    table = app.books.company(app.realm).table(KINDS["Invoice"])
    assert table.having("DocNumber", ["first", "second"]) == []


def test_values_shared_by_several_records_find_all_that_are_left(app):
    made = add_invoices(app, 4, TxnDate="2026-05-05")
    app.post("/invoice", {"Id": made[1], "SyncToken": "0"}, operation="delete")
    app.post("/invoice", {"Id": made[2], "SyncToken": "0", "sparse": True, "TxnDate": "2026-05-06"})
    assert ids(app.query("select * from Invoice where TxnDate = '2026-05-05' orderby Id")) == [made[0], made[3]]
    found = app.query("select * from Invoice where TxnDate in ('2026-05-06', '2026-05-05') orderby Id")
    assert ids(found) == [made[0], made[2], made[3]]


def test_pages_by_id_show_every_record_once(app):
    made = add_invoices(app, 75)
    pages = [app.query(f"select * from Invoice orderby Id startposition {n} maxresults 20") for n in (1, 21, 41, 61)]
    assert [id for page in pages for id in ids(page)] == made
    assert {page["totalCount"] for page in pages} == {75}
    assert app.query("select count(*) from Invoice") == {"totalCount": 75}


def test_ids_are_ordered_as_numbers_forwards_and_backwards(app):
    made = add_invoices(app, 12)
    assert made[-1] == "12"
    assert ids(app.query("select * from Invoice orderby Id desc")) == made[::-1]
    assert ids(app.query("select * from Invoice where TotalAmt > '0' orderby Id desc")) == made[::-1]


def test_the_order_of_changes_follows_each_change(app):
    made = add_invoices(app, 4)
    app.books.clock.advance(60)
    app.post("/invoice", {"Id": made[1], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    newest_first = [made[1], made[3], made[2], made[0]]
    assert ids(app.query("select * from Invoice")) == newest_first
    assert ids(app.query("select * from Invoice where CustomerRef = '1'")) == newest_first
    assert ids(app.query("select * from Invoice orderby MetaData.LastUpdatedTime desc")) == newest_first
    assert ids(app.query("select * from Invoice orderby MetaData.LastUpdatedTime")) == newest_first[::-1]


def test_changes_stay_in_the_order_of_their_times_when_the_clock_is_set_back(app):
    first = app.invoice()
    app.books.clock.advance(-3600)
    second = app.invoice()
    since = first["MetaData"]["LastUpdatedTime"]
    assert ids(app.query("select * from Invoice")) == [first["Id"], second["Id"]]
    assert ids(app.query(f"select * from Invoice where MetaData.LastUpdatedTime >= '{since}'")) == [first["Id"]]
    found = app.get("/cdc", entities="Invoice", changedSince=since)["CDCResponse"][0]["QueryResponse"][0]
    assert ids(found) == [first["Id"]]


@pytest.mark.behaviour("Queries", "Rows changed since a moment are found by MetaData.LastUpdatedTime.", "documented")
@pytest.mark.parametrize(("operator", "found"), [(">=", ["3", "2"]), (">", ["3"]), ("=", ["2"])])
def test_what_changed_since_a_moment_is_found(app, operator, found):
    made = []
    body = app.invoice_body()
    for _ in range(3):
        app.books.clock.advance(60)
        made.append(app.post("/invoice", body)["Invoice"])
    moment = made[1]["MetaData"]["LastUpdatedTime"]
    assert ids(app.query(f"select * from Invoice where MetaData.LastUpdatedTime {operator} '{moment}'")) == found


def test_inactive_names_are_not_counted_unless_asked_for(app):
    for name in "ABC":
        app.customer(name)
    app.post("/customer", {"Id": "2", "SyncToken": "0", "sparse": True, "Active": False})
    assert app.query("select count(*) from Customer") == {"totalCount": 2}
    assert app.query("select count(*) from Customer where Active in (true, false)") == {"totalCount": 3}
    app.post("/customer", {"Id": "2", "SyncToken": "1", "sparse": True, "Active": True})
    assert app.query("select count(*) from Customer") == {"totalCount": 3}


def test_readers_beside_writers_see_whole_records_in_order(app):
    """Twenty threads: whoever reads finds each record, with lines that add up, and pages without gaps."""
    made = add_invoices(app, 60)
    stop, troubles = threading.Event(), []

    def write(n):
        for turn in range(5):
            body = {"Id": made[n], "SyncToken": str(turn), "sparse": True, "PrivateNote": f"turn {turn}"}
            app.post("/invoice", body)
            new = app.post("/invoice", app.invoice_body(5))["Invoice"]
            app.post("/invoice", {"Id": new["Id"], "SyncToken": "0"}, operation="delete")

    def read(n):
        while not stop.is_set():
            one = app.read("Invoice", made[n])
            page = ids(app.query("select * from Invoice where TotalAmt = '100' orderby Id maxresults 1000"))
            newest = ids(app.query("select * from Invoice maxresults 1000"))
            if one["TotalAmt"] != one["Line"][0]["Amount"] or page != made or not set(made) <= set(newest):
                troubles.append((one, page, newest))

    with ThreadPoolExecutor(20) as pool:
        readers = [pool.submit(read, n) for n in range(12)]
        writers = [pool.submit(write, n) for n in range(8)]
        for writer in writers:
            writer.result(timeout=30)
        stop.set()
        for reader in readers:
            reader.result(timeout=30)
    assert troubles == []
    assert app.query("select count(*) from Invoice") == {"totalCount": 60}


def test_transactions_are_packed_and_lists_are_not(app):
    app.invoice()
    company = app.books.company(app.realm)
    assert isinstance(company.table(KINDS["Invoice"]).held("1"), bytes)
    assert isinstance(company.table(KINDS["Customer"]).held("1"), dict)


def test_an_empty_table_has_nothing_and_nobody():
    table = Table(KINDS["Invoice"])
    assert (table.all(), table.by_change(), table.having("DocNumber", ["1"]), table.active()) == ([], [], [], 0)


def test_old_deletions_are_forgotten_in_time(app):
    body = app.invoice_body()
    for days in (0, 41, 41):
        app.books.clock.advance(days * 86400)
        app.access_token = app.books.open_realm(realm=app.realm)["access_token"]
        made = app.post("/invoice", body)["Invoice"]
        app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert len(app.books.company(app.realm).deletions) == 1


@pytest.mark.parametrize(
    "long", [{"body": bytes(30 * 1024 * 1024)}, {"query": "x" * 30 * 1024 * 1024}], ids=["body", "query"]
)
def test_the_log_keeps_fewer_calls_when_they_are_very_long(long):
    journal = Journal()
    for n in range(5):
        journal.enter(Entry(str(n), "1", Call("POST", "/", **long)))
    assert [one["at"] for one in journal.newest(9)] == ["4", "3"]


@pytest.mark.behaviour("Store", "An export imported under another realm gives the same answers.", "assumed")
def test_an_export_imported_under_another_realm_gives_the_same_answers(traded, connect):
    before = everything(traded)
    held = traded.control("GET", f"/realms/{traded.realm}/export").json()
    other = connect()
    assert traded.control("POST", f"/realms/{other.realm}/import", held).status_code == 200
    assert everything(other) == before
    again = traded.control("GET", f"/realms/{other.realm}/export").json()
    assert {**again, "realm": held["realm"]} == held


def test_an_imported_realm_goes_on_where_the_exported_one_was(traded, connect):
    held = traded.control("GET", f"/realms/{traded.realm}/export").json()
    other = connect()
    traded.control("POST", f"/realms/{other.realm}/import", held)
    new, mine = other.invoice(), traded.invoice()
    assert (new["Id"], new["DocNumber"]) == (mine["Id"], mine["DocNumber"])
    assert other.refused("/customer", {"DisplayName": "once"})["code"] == "6240"
    assert other.post("/customer", {"DisplayName": "Another"}, requestid="once")["Customer"]["DisplayName"] == "Once"
    paid = other.query("select * from Invoice where Balance = '100.25'")["Invoice"][0]
    other.pay(paid, 100.25)
    assert other.read("Invoice", paid["Id"])["Balance"] == 0


def test_an_imported_realm_knows_the_order_of_ids_and_that_of_changes(app, connect):
    made = add_invoices(app, 4)
    app.post("/invoice", {"Id": made[0], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    other = connect()
    other.control("POST", f"/realms/{other.realm}/import", app.control("GET", f"/realms/{app.realm}/export").json())
    table = other.books.company(other.realm).table(KINDS["Invoice"])
    assert (table.ids(), table.ids_ascend) == (made, True)
    assert table.by_change() == [*made[1:], made[0]]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"country": "US", "currency": "USD", "records": {"Invoice": [{}]}},
        {"country": "US", "currency": "USD", "records": {"Nonsense": []}},
        {"country": "US", "currency": "USD", "records": {}},
        {"country": "US", "currency": "USD", "records": {"Preferences": [{"Id": "1"}]}},
        {"country": "US", "currency": "USD", "records": {}, "deletions": [["Invoice"]]},
    ],
)
def test_what_is_no_export_is_refused_and_changes_nothing(app, broken):
    app.customer()
    answer = app.control("POST", f"/realms/{app.realm}/import", broken)
    assert answer.status_code == 400
    assert "This is not an export of a realm" in answer.json()["error"]
    assert app.query("select count(*) from Customer") == {"totalCount": 1}


def test_an_export_nested_too_deeply_is_refused(app):
    held = json.loads(app.control("GET", f"/realms/{app.realm}/export").text)
    deep = []
    for _ in range(5000):
        deep = [deep]
    held["records"]["Preferences"][0]["x"] = deep
    with pytest.raises(ValueError, match="This is not an export of a realm"):
        app.books.world.import_realm(app.realm, held)


@pytest.mark.behaviour("Store", "With a file, everything outlives a restart: tokens and request ids too.", "assumed")
def test_a_restart_with_a_file_changes_no_answer(tmp_path, app):
    file = tmp_path / "books.json"
    with Sandbox(file=file) as books:
        grant = books.open_realm(empty=True)
        first = _moved(app, books, grant)
        made = first.invoice(19.9)
        first.pay(made, 9.9)
        first.post("/customer", {"DisplayName": "Once"}, requestid="once")
        gone = first.invoice()
        first.post("/invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
        before = everything(first)
    with Sandbox(file=file) as books:
        second = _moved(app, books, grant)
        assert everything(second) == before
        again = second.post("/customer", {"DisplayName": "Twice"}, requestid="once")["Customer"]
        assert again["DisplayName"] == "Once"
        assert int(second.invoice()["Id"]) == int(gone["Id"]) + 1


def _moved(app, books, grant):
    """The same app, connected to other books."""
    return replace(app, books=books, realm=grant["realm"], access_token=grant["access_token"])


@pytest.mark.behaviour("Store", "A killed sandbox finds what was saved, at most a few seconds old.", "assumed")
def test_a_killed_sandbox_has_what_was_saved_and_the_answers_to_it(tmp_path):
    file = tmp_path / "books.json"
    process, url = _started(file)
    try:
        grant = requests.post(f"{url}/sandbox/realms", json={"empty": True}, timeout=10).json()
        _wait_for(lambda: file.exists() and grant["realm"] in file.read_text("utf-8"))
        made = _create(url, grant, "Once", "same")
        _wait_for(lambda: "Once" in file.read_text("utf-8"))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert file.stat().st_mode & 0o077 == 0
    process, url = _started(file)
    try:
        assert _create(url, grant, "Twice", "same") == made
        assert _create(url, grant, "Other", "new")["Id"] == "2"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def _started(file):
    code = (
        "import sys, threading; from sandbox import server; server.SAVE_EVERY_S = 0.1\n"
        "print(server.Sandbox(file=sys.argv[1]).start().url, flush=True); threading.Event().wait(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ}
    )
    return process, process.stdout.readline().strip()


def _create(url, grant, name, request_id):
    headers = {"Authorization": f"Bearer {grant['access_token']}", "Accept": "application/json"}
    path = f"{url}/v3/company/{grant['realm']}/customer?requestid={request_id}"
    return requests.post(path, json={"DisplayName": name}, headers=headers, timeout=10).json()["Customer"]


def _wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "it was not saved"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "written",
    [b"", b"{", b"[]", b"{}", b'{"realms": [{}]}', b'{"realms": ["x"]}', b"\xff\xfe\x00", b"[" * 200_000],
    ids=["empty", "cut", "list", "object", "no realm", "text", "bytes", "deep"],
)
def test_a_broken_file_is_refused_in_a_sentence_and_left_alone(tmp_path, written):
    file = tmp_path / "books.json"
    file.write_bytes(written)
    with pytest.raises(ValueError, match=r"export|JSON"), Sandbox(file=file):
        pass
    assert file.read_bytes() == written


def test_what_a_killed_process_left_half_written_is_removed_and_nothing_else(tmp_path):
    file = tmp_path / "books.json"
    left, other = tmp_path / ".books.json.0123abcd", tmp_path / ".books.json.keep"
    left.write_text("{")
    other.write_text("{")
    with Sandbox(file=file):
        assert (left.exists(), other.exists()) == (False, True)


def test_a_file_in_no_folder_is_refused_at_the_start(tmp_path):
    with pytest.raises(FileNotFoundError), Sandbox(file=tmp_path / "nowhere" / "books.json"):
        pass
