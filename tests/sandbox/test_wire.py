"""The wire: headers, content types, methods, odd requests, and numbers without loss."""

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from sandbox.numbers import read_json, write_json


def raw(books, sent):
    """What comes back for these bytes, until the server closes."""
    host, port = books.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_an_answer_carries_intuits_headers(app):
    first, second = app.call("GET", "/preferences"), app.call("GET", "/invoice/99")
    for answer in (first, second):
        assert answer.headers["content-type"] == "application/json;charset=UTF-8"
        assert answer.headers["qbo-version"]
    assert first.headers["intuit_tid"] != second.headers["intuit_tid"]


def test_a_caller_that_does_not_ask_for_json_gets_faults_in_xml(app):
    for accept in ("*/*", "application/xml"):
        answer = app.call("GET", "/invoice/99", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/xml"
        fault = ElementTree.fromstring(answer.text)[0]
        assert (fault.get("type"), fault[0].get("code")) == ("ValidationFault", "610")


@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[1]", b'"text"', b"NaN", b"[" * 50_000])
def test_a_body_that_is_no_entity_is_2010(app, body):
    answer = app.call("POST", "/invoice", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "2010")


@pytest.mark.parametrize(
    "body",
    [
        {"CustomerRef": "1"},
        {"CustomerRef": {"value": {"a": 1}}, "Line": [1]},
        {"Line": {}},
        {"Line": [{"DetailType": "SalesItemLineDetail", "Amount": "much"}], "CustomerRef": {"value": "1"}},
        {"TxnTaxDetail": {"TaxLine": 7, "TxnTaxCodeRef": {"value": "2"}}, "CustomerRef": {"value": "1"}},
        {"CustomField": "x"},
        {"BillEmail": {"Address": {"a": 1}}},
        {"Id": ["1"], "SyncToken": {}},
    ],
)
def test_no_body_makes_it_fail(app, body):
    app.customer()
    answer = app.call("POST", "/invoice", body)
    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] != "10000"


def test_unknown_paths_methods_and_operations_are_refused(app):
    assert app.session.get(f"{app.books.url}/nothing", timeout=10).status_code == 404
    assert app.call("DELETE", "/invoice/1").status_code == 405
    assert app.refused("/spaceship", {})["code"] == "500"
    assert app.refused("/invoice", {"Id": "1"}, operation="merge")["Detail"] == "Operation merge is not supported."
    assert app.refused("/taxcode", {"Name": "x"})["code"] == "500"


def test_the_root_answers(books):
    assert raw(books, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_connection_is_kept_for_many_calls(app):
    connection = http.client.HTTPConnection(app.books.url.removeprefix("http://"), timeout=10)
    connection.connect()
    first = connection.sock
    for _ in range(3):
        connection.request("GET", "/")
        connection.getresponse().read()
        assert connection.sock is first
    connection.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/9\r\n\r\n", b"505"),
        (b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n", b"431"),
        (b"POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nshort", b"400"),
    ],
)
def test_odd_bytes_get_a_plain_answer(books, sent, status):
    assert raw(books, sent).startswith(b"HTTP/1.1 " + status)


def test_a_body_may_come_in_chunks(app):
    body = json.dumps({"DisplayName": "Chunked"}).encode()
    answer = app.call("POST", "/customer", data=iter([body[:5], body[5:]]))
    assert answer.json()["Customer"]["DisplayName"] == "Chunked"


def test_text_beyond_latin_1_is_kept(app):
    assert app.read("Customer", app.customer("Ännchen ☂ 商店")["Id"])["DisplayName"] == "Ännchen ☂ 商店"


@pytest.mark.parametrize("text", ["12345678901234567.89", "0.1", "240", "0.0000001", "-7.10"])
def test_numbers_keep_every_digit(text):
    assert read_json(write_json({"n": Decimal(text)}))["n"] == Decimal(text)
    assert '"' not in write_json([Decimal(text)])


def test_writes_of_many_callers_are_all_kept_and_numbered_once(app):
    body = app.invoice_body(10)
    company = app.books.company(app.realm)
    barrier = threading.Barrier(8)

    def create(_):
        barrier.wait(timeout=10)
        headers = {"Authorization": f"Bearer {app.access_token}", "Accept": "application/json"}
        connection = http.client.HTTPConnection(app.books.url.removeprefix("http://"), timeout=20)
        made = []
        for _ in range(10):
            connection.request("POST", f"/v3/company/{app.realm}/invoice", json.dumps(body), headers)
            made.append(json.loads(connection.getresponse().read())["Invoice"])
        connection.close()
        return made

    with ThreadPoolExecutor(8) as pool:
        made = [one for some in pool.map(create, range(8)) for one in some]
    assert len({one["Id"] for one in made}) == len({one["DocNumber"] for one in made}) == 80
    assert company.find("Customer", "1")["Balance"] == 800
