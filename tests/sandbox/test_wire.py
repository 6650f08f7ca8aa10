"""The wire: headers, content types, methods, odd requests, and numbers without loss."""

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from sandbox.numbers import read_json, write_json

ODD_BYTES = [
    (b"nonsense\r\n\r\n", b"400"),
    (b"GET / HTTP/9\r\n\r\n", b"505"),
    (b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b"400"),
    (b"POST / HTTP/1.1\r\ncontent-length: 99999999999\r\n\r\n", b"413"),
    (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n", b"431"),
    (b"POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nshort", b"400"),
    (b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n", b"400"),
    (b"POST / HTTP/1.1\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n", b"400"),
    (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n", b"400"),
    (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", b"400"),
    (b"GET /" + b"a" * 20_000_000 + b" HTTP/1.1\r\n\r\n", b"414"),
    (b"GET / HTTP/1.1\r\nx: " + b"a" * 1_000_000 + b"\r\n\r\n", b"431"),
    (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
]
ODD_BODIES = [
    (b'{"DisplayName": "A", "Job": ' + b"[" * 100 + b"]" * 100 + b"}", "2180"),
    (b'{"DisplayName": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "2010"),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "2010"),
    (b'{"DisplayName": "A\xff\xfe"}', "2010"),
    (b'{"DisplayName": "A", "CreditLimit": NaN}', "2010"),
    (b'{"DisplayName": "A", "CreditLimit": Infinity}', "2010"),
    (b'{"DisplayName": "A", "CreditLimit": 1e400}', "2080"),
    (b'{"DisplayName": "A", "CreditLimit": 1' + b"0" * 5000 + b"}", "2010"),
    (b'{"DisplayName": "A", "CreditLimit": "1,000"}', "2080"),
    (b'{"DisplayName": "A", "CreditLimit": 01}', "2010"),
    (b'{"DisplayName": "A"', "2010"),
    (b'{"DisplayName": "A"} {}', "2010"),
    (b"\xef\xbb\xbf{}", "2010"),
    (b"\x00", "2010"),
    (b"<Customer><DisplayName>A</DisplayName></Customer>", "2010"),
]
INTUIT = "{http://schema.intuit.com/finance/v3}"


def raw(books, sent):
    """What comes back for these bytes, until the server closes."""
    host, port = books.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.behaviour(
    "The wire",
    "Every answer carries intuit_tid (new each time), qbo-version, service-time and no-store headers.",
    "recorded",
)
def test_an_answer_carries_intuits_headers(app):
    first, second = app.call("GET", "/preferences"), app.call("GET", "/invoice/99")
    for answer in (first, second):
        assert answer.headers["content-type"] == "application/json;charset=UTF-8"
        assert answer.headers["qbo-version"]
        assert answer.headers["service-time"].startswith("total=")
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["intuit_tid"].startswith("1-")
    assert first.headers["intuit_tid"] != second.headers["intuit_tid"]


@pytest.mark.behaviour(
    "The wire", "Faults are XML for a caller that does not ask for JSON.", "documented", switch="default_format"
)
def test_a_caller_that_does_not_ask_for_json_gets_faults_in_xml(app):
    for accept in ("*/*", "application/xml", ""):
        answer = app.call("GET", "/invoice/99", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/xml"
        fault = ElementTree.fromstring(answer.text)[0]
        assert (fault.get("type"), fault[0].attrib) == ("ValidationFault", {"code": "610"})


@pytest.mark.behaviour(
    "The wire", "Answers are XML for a caller that does not ask for JSON.", "documented", switch="default_format"
)
def test_a_caller_that_does_not_ask_for_json_gets_xml(app):
    made = app.invoice(12.5, PrivateNote="Fish & <chips>", CustomerMemo={"value": "Thanks"})
    for accept in ("*/*", "application/xml", "text/html"):
        answer = app.call("GET", f"/invoice/{made['Id']}", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/xml"
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{INTUIT}IntuitResponse"
    assert datetime.fromisoformat(root.get("time")).tzinfo
    invoice = root[0]
    assert (invoice.get("domain"), invoice.get("sparse")) == ("QBO", "false")
    assert [element.tag.removeprefix(INTUIT) for element in invoice[:3]] == ["Id", "SyncToken", "MetaData"]
    customer = invoice.find(f"{INTUIT}CustomerRef")
    assert (customer.get("name"), customer.text) == ("Ann's Shop", made["CustomerRef"]["value"])
    assert invoice.find(f"{INTUIT}CustomerMemo").text == "Thanks"
    assert invoice.find(f"{INTUIT}PrivateNote").text == "Fish & <chips>"
    assert len(invoice.findall(f"{INTUIT}Line")) == len(made["Line"]) == 2
    assert invoice.find(f"{INTUIT}Line/{INTUIT}Amount").text == "12.5"


@pytest.mark.behaviour(
    "The wire", "In XML, places and counts of a query and the bId of a batch are attributes.", "documented"
)
def test_queries_changes_and_batches_come_in_xml_too(app):
    app.customer()
    gone = app.invoice()
    app.post("/invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    xml = {"Accept": "application/xml"}
    answer = app.call("GET", "/query", params={"query": "select * from Customer"}, headers=xml)
    found = ElementTree.fromstring(answer.content)[0]
    assert (found.tag, found.get("startPosition"), found.get("maxResults")) == (f"{INTUIT}QueryResponse", "1", "1")
    assert found[0].find(f"{INTUIT}DisplayName").text == "Ann's Shop"
    since = {"entities": "Customer,Invoice", "changedSince": "2020-01-01"}
    changes = ElementTree.fromstring(app.call("GET", "/cdc", params=since, headers=xml).content)[0]
    deleted = changes.find(f".//{INTUIT}Invoice")
    assert (deleted.get("status"), deleted.find(f"{INTUIT}Id").text) == ("Deleted", gone["Id"])
    items = [{"bId": "b1", "operation": "create", "Customer": {}}, {"bId": "b2", "Query": "select * from Item"}]
    batch = ElementTree.fromstring(app.call("POST", "/batch", {"BatchItemRequest": items}, headers=xml).content)
    assert [one.get("bId") for one in batch] == ["b1", "b2"]
    assert batch[0].find(f"{INTUIT}Fault/{INTUIT}Error").get("code")


@pytest.mark.parametrize(
    ("accept", "setting", "kind"),
    [
        ("application/json", "xml", "json"),
        ("application/json, application/xml", "xml", "json"),
        ("Application/JSON;q=0.9", "xml", "json"),
        ("", "xml", "xml"),
        ("", "json", "json"),
        ("*/*", "json", "json"),
        ("text/xml", "json", "xml"),
    ],
)
@pytest.mark.behaviour(
    "The wire", "What callers get who name no format is a switch.", "assumed", switch="default_format"
)
def test_the_format_follows_accept_and_else_the_switch(app, accept, setting, kind):
    app.control("POST", "/switches", {"default_format": setting})
    for path in ("/preferences", "/invoice/99"):
        assert kind in app.call("GET", path, headers={"Accept": accept}).headers["content-type"]


@pytest.mark.behaviour("Request ids", "A repeat gets the first answer in the format it asks for.", "assumed")
def test_a_repeat_is_answered_in_the_format_it_asks_for(app):
    made = app.post("/customer", {"DisplayName": "A"}, requestid="one")["Customer"]
    again = app.call("POST", "/customer", {}, params={"requestid": "one"}, headers={"Accept": "application/xml"})
    assert ElementTree.fromstring(again.content)[0].find(f"{INTUIT}Id").text == made["Id"]


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer garbage", "Basic aWQ6c2VjcmV0", "bearer x y"])
@pytest.mark.behaviour(
    "Tokens and consent", "A missing or garbled token is 401, code 3200, in the lower-case envelope.", "reported"
)
def test_a_missing_or_garbled_token_is_401(app, header):
    answer = app.call("GET", "/preferences", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    told = answer.json()
    assert told["fault"]["type"] == "AUTHENTICATION"
    assert told["fault"]["error"][0] == {
        "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        "detail": "Malformed bearer token: too short or too long",
        "code": "3200",
        "element": None,
    }
    assert {"warnings", "intuitObject", "report", "requestId", "time", "status", "cdcresponse"} <= set(told)


@pytest.mark.behaviour(
    "Tokens and consent", "A realm that there is not is 403, code 3100, like a foreign one.", "reported"
)
def test_an_unknown_realm_is_403(app):
    app.realm = "123"
    answer = app.call("GET", "/preferences")
    assert (answer.status_code, answer.json()["fault"]["error"][0]["code"]) == (403, "3100")


@pytest.mark.behaviour("Validation", "A body that is no JSON object is 2010.", "assumed")
@pytest.mark.parametrize("body", [b"{", b"", b"\xff\xfe", b"[1]", b'"text"', b"NaN", b"[" * 50_000], ids=range(7))
def test_a_body_that_is_no_entity_is_2010(app, body):
    answer = app.call("POST", "/invoice", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "2010")


@pytest.mark.behaviour(
    "Validation",
    "A property of the wrong sort is refused with a validation code, never with a system fault.",
    "assumed",
)
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


@pytest.mark.behaviour(
    "The wire", "An unknown entity or operation is 400, code 500, Unsupported Operation.", "reported"
)
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


@pytest.mark.parametrize(("sent", "status"), ODD_BYTES, ids=range(len(ODD_BYTES)))
def test_odd_bytes_get_a_plain_answer(books, sent, status):
    assert raw(books, sent).startswith(b"HTTP/1.1 " + status)


@pytest.mark.behaviour("The wire", "A body may come in chunks.", "assumed")
def test_a_body_may_come_in_chunks(app):
    body = json.dumps({"DisplayName": "Chunked"}).encode()
    answer = app.call("POST", "/customer", data=iter([body[:5], body[5:]]))
    assert answer.json()["Customer"]["DisplayName"] == "Chunked"


@pytest.mark.behaviour("The wire", "Text beyond Latin-1 is kept, also in US companies.", "assumed")
def test_text_beyond_latin_1_is_kept(app):
    assert app.read("Customer", app.customer("Ännchen ☂ 商店")["Id"])["DisplayName"] == "Ännchen ☂ 商店"


@pytest.mark.parametrize("text", ["12345678901234567.89", "0.1", "240", "0.0000001", "-7.10"])
def test_numbers_keep_every_digit(text):
    assert read_json(write_json({"n": Decimal(text)}))["n"] == Decimal(text)
    assert '"' not in write_json([Decimal(text)])


@pytest.mark.behaviour(
    "The wire", "Writes of many callers at once are all kept; no Id and no number is given twice.", "assumed"
)
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


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.behaviour("The wire", "Only GET and POST are methods of the accounting API; others are 405.", "assumed")
def test_other_methods_are_405_and_do_nothing(app, method):
    made = app.customer()
    answer = app.call(method, f"/customer/{made['Id']}", {"DisplayName": "B"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert app.read("Customer", made["Id"])["DisplayName"] == "Ann's Shop"


def test_an_answer_to_head_has_no_body(app):
    sent = b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\nGET /nothing HTTP/1.1\r\nconnection: close\r\n\r\n"
    first, second = raw(app.books, sent).split(b"\r\n\r\n", 1)
    assert first.startswith(b"HTTP/1.1 200")
    assert second.startswith(b"HTTP/1.1 404")


def conversation(app, *bodies, ask="POST"):
    """Calls to create customers, written one after the other."""
    pieces = []
    for body in bodies:
        head = (
            f"{ask} /v3/company/{app.realm}/customer HTTP/1.1\r\nhost: x\r\naccept: application/json\r\n"
            f"authorization: Bearer {app.access_token}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        pieces.append(head.encode() + body)
    return b"".join(pieces)


def test_calls_sent_at_once_are_answered_in_their_order(app):
    names = [f"Customer {n}" for n in range(20)]
    answers = raw(app.books, conversation(app, *(json.dumps({"DisplayName": name}).encode() for name in names)))
    places = [answers.index(f'"DisplayName":"{name}"'.encode()) for name in names]
    assert places == sorted(places)
    assert answers.count(b"HTTP/1.1 200") == 20


def test_a_caller_that_waits_for_continue_is_told_to_go_on(app):
    sent = conversation(app, b'{"DisplayName":"A"}').replace(b"host: x", b"expect: 100-continue")
    head, _, body = sent.partition(b"\r\n\r\n")
    host, port = app.books.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_slow_caller_is_waited_for_while_others_are_served(app):
    sent = conversation(app, b'{"DisplayName":"Slow"}')
    host, port = app.books.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(sent) - 1, 40):
            slow.sendall(sent[at : min(at + 40, len(sent) - 1)])
            assert app.get("/preferences")
        assert app.customer("Quick")["Id"] == "1"
        slow.sendall(sent[-1:])
        assert b'"DisplayName":"Slow"' in slow.recv(65536)


@pytest.mark.parametrize("cut", [10, 60, -1])
@pytest.mark.behaviour("The wire", "A call that breaks off does nothing.", "assumed")
def test_a_call_that_breaks_off_does_nothing(app, cut):
    raw(app.books, conversation(app, b'{"DisplayName":"Half"}')[:cut])
    assert app.query("select count(*) from Customer")["totalCount"] == 0


@pytest.mark.parametrize("cut", ["", "Host: x", "Host: x\r\n"])
def test_a_call_that_breaks_off_before_its_headers_end_does_nothing(app, cut):
    app.control("POST", "/faults", {"match": {"realm": "none"}, "then": {"kind": "delay"}})
    assert raw(app.books, f"DELETE /sandbox/faults HTTP/1.1\r\n{cut}".encode()).startswith(b"HTTP/1.1 400")
    assert len(app.control("GET", "/faults").json()) == 1


def test_a_caller_that_leaves_without_reading_disturbs_nobody(app):
    host, port = app.books.url.removeprefix("http://").split(":")
    for n in range(20):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(conversation(app, json.dumps({"DisplayName": f"Gone {n}"}).encode()))
    assert app.customer("Still here")
    until = threading.Event()
    for _ in range(500):
        if app.query("select count(*) from Customer")["totalCount"] == 21:
            break
        until.wait(0.01)
    assert app.query("select count(*) from Customer")["totalCount"] == 21


def test_ten_megabytes_are_taken_and_refused_for_what_they_say(app):
    body = b'{"DisplayName": "' + b"x" * 10_000_000 + b'"}'
    answer = app.call("POST", "/customer", data=body)
    assert answer.json()["Fault"]["Error"][0]["code"] == "2050"
    assert app.query("select count(*) from Customer")["totalCount"] == 0


@pytest.mark.parametrize(("body", "code"), ODD_BODIES, ids=range(len(ODD_BODIES)))
@pytest.mark.behaviour(
    "Validation", "Odd numbers, bytes, depths and texts get a validation fault and change nothing.", "assumed"
)
def test_odd_bodies_are_refused_and_change_nothing(app, body, code):
    answer = app.call("POST", "/customer", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)
    assert app.query("select count(*) from Customer")["totalCount"] == 0


@pytest.mark.behaviour("Leniency", "Of a property that comes twice the last counts.", "assumed")
def test_of_a_property_that_comes_twice_the_last_counts(app):
    answer = app.call("POST", "/customer", data=b'{"DisplayName": "A", "DisplayName": "B"}')
    assert answer.json()["Customer"]["DisplayName"] == "B"


@pytest.mark.behaviour(
    "Leniency", "Null bytes and lone surrogates in a text do not break the answers it is in.", "assumed"
)
def test_null_bytes_and_lone_surrogates_are_carried(app):
    answer = app.call("POST", "/customer", data=b'{"DisplayName": "A", "Notes": "x\\u0000y\\ud800z"}')
    assert answer.json()["Customer"]["Notes"] == "x\x00y?z"
    assert app.query("select * from Customer where DisplayName = 'A'")["Customer"][0]["Notes"] == "x\x00y?z"


def test_a_very_long_address_is_answered(app):
    answer = app.call("GET", "/query", params={"query": "select * from Customer -- " + "x" * 30_000})
    assert answer.json()["Fault"]["Error"][0]["code"] == "4000"
    assert app.call("GET", "/" + "x/" * 20_000).json()["Fault"]["Error"][0]["code"] == "500"


def test_no_thread_stays_when_everybody_has_gone(app):
    def serving():
        return [one for one in threading.enumerate() if one.name == "sandbox-call"]

    host, port = app.books.url.removeprefix("http://").split(":")
    many = [socket.create_connection((host, int(port)), timeout=10) for _ in range(30)]
    for one in many:
        one.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert one.recv(65536).startswith(b"HTTP/1.1 200")
    assert len(serving()) >= 30
    for one in many:
        one.close()
    app.session.close()
    for one in serving():
        one.join(timeout=10)
    assert not serving()
