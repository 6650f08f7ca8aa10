"""The receivers: what is answered to whatever is posted, and what is stored of it."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Row, func, select
from werkzeug.test import TestResponse

from models.records.database import OPERATOR
from models.records.events import event_payloads, events, refusals
from sandbox import notifications as told
from tests.makers import deal_event, line, notification, raw, won
from tests.stack import VERIFIER, Stack
from webhooks.listening import listening_at
from webhooks.metrics import REGISTRY
from webhooks.receivers import LARGEST_CRM_BODY, LARGEST_QUICKBOOKS_BODY
from webhooks.server import LARGEST_BODY, Server
from worker.crm import generic

Json = dict[str, Any]
DOOR, BOOKS_DOOR = "/webhooks/crm/acme", "/webhooks/quickbooks"
SOMEBODY_ELSES = "whsec_" + base64.b64encode(b"s" * 32).decode()
numbers = itertools.count(1)


@pytest.fixture
def server(bare_stack: Stack) -> Iterator[Server]:
    with listening_at("127.0.0.1", 0) as at:
        running = Server(bare_stack.app, at, threads=2)
        running.start()
        yield running
        running.stop()


# ---------------------------------------------------------------- posting and looking


def signed(stack: Stack, body: bytes, delivery_id: str, *, at: float | None = None, secret: str = "") -> dict[str, str]:
    return generic.sign(body, delivery_id, int(time.time() if at is None else at), secret or stack.secret)


def post(
    stack: Stack, body: bytes, *, path: str = DOOR, headers: Mapping[str, str] | None = None, delivery_id: str = ""
) -> TestResponse:
    """A body at the CRM's door; signed as the company's CRM does unless it has headers of its own."""
    with stack.app.test_client() as caller:
        told_by = signed(stack, body, delivery_id or f"post-{next(numbers)}") if headers is None else headers
        return caller.post(path, data=body, headers=dict(told_by))


def over_the_wire(server: Server, path: str, body: Any, headers: Mapping[str, Any]) -> tuple[int, str, Json]:
    """Post to the real server: the status, the content type and the parsed answer. A body of parts goes chunked."""
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)) as connection:
        connection.request("POST", path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], json.loads(answer.read())


def stored(stack: Stack) -> int:
    with stack.database.reading(OPERATOR) as session:
        kept = session.execute(select(func.count()).select_from(event_payloads)).scalar_one()
        number = session.execute(select(func.count()).select_from(events)).scalar_one()
    assert kept == number, "an event without its payload, or a payload without its event"
    return int(number)


def refused(stack: Stack) -> list[Row[Any]]:
    """The refusals, the oldest first."""
    with stack.database.reading(OPERATOR) as session:
        return list(session.execute(select(refusals).order_by(refusals.c.refusal_id)))


def records(stack: Stack) -> int:
    return stored(stack) + len(refused(stack))


def turned_away(door: str, status: int) -> float:
    labels = {"door": door, "status": str(status)}
    return REGISTRY.get_sample_value("dealbooks_deliveries_turned_away_total", labels) or 0.0


def assert_problem(answer: TestResponse, status: int, code: str) -> Json:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    told_back: Json = answer.get_json(force=True)
    assert (told_back["status"], told_back["code"]) == (status, code)
    assert told_back["detail"].endswith(".")
    return told_back


# ---------------------------------------------------------------- the CRM's door, before the signature holds

FORGERIES: Mapping[str, Callable[[Stack, bytes], dict[str, str]]] = {
    "without headers": lambda stack, body: {},
    "by another's secret": lambda stack, body: signed(stack, body, "evt-1", secret=SOMEBODY_ELSES),
    "of another body": lambda stack, body: signed(stack, body + b" ", "evt-1"),
    "of another id": lambda stack, body: {**signed(stack, body, "evt-1"), "webhook-id": "evt-2"},
    "six minutes old": lambda stack, body: signed(stack, body, "evt-1", at=time.time() - 360),
    "six minutes ahead": lambda stack, body: signed(stack, body, "evt-1", at=time.time() + 360),
    "without a time": lambda stack, body: {**signed(stack, body, "evt-1"), "webhook-timestamp": "soon"},
    "no base64": lambda stack, body: {**signed(stack, body, "evt-1"), "webhook-signature": "v1,é"},
    "very long": lambda stack, body: {**signed(stack, body, "evt-1"), "webhook-signature": "v1,QUJD " * 500},
}


@pytest.mark.parametrize("forged", FORGERIES)
def test_a_delivery_that_is_not_signed_leaves_a_counter_and_nothing_else(bare_stack: Stack, forged: str) -> None:
    body, before = raw(won(number=1)), turned_away("crm", 401)
    answer = post(bare_stack, body, headers=FORGERIES[forged](bare_stack, body))
    assert_problem(answer, 401, "not_signed")
    assert turned_away("crm", 401) == before + 1
    assert records(bare_stack) == 0


@pytest.mark.parametrize(
    "path",
    ["nobody", "acme%00", "%00", "%ff", "%ed%a0%80", "%F0%9F%99%82", "acme%20", "ACME", "x" * 5_000, "'; DROP TABLE"],
)
def test_a_company_nobody_knows_is_answered_as_a_wrong_signature_is(bare_stack: Stack, path: str) -> None:
    body = raw(won(number=1))
    unknown = post(bare_stack, body, path=f"/webhooks/crm/{path}", delivery_id="evt-1")
    unsigned = post(bare_stack, body, headers={})
    assert (unknown.status_code, unknown.data) == (unsigned.status_code, unsigned.data)
    assert records(bare_stack) == 0


def test_a_company_that_was_removed_is_not_known(bare_stack: Stack) -> None:
    from models.records import companies

    with bare_stack.database.writing(OPERATOR) as session:
        companies.remove(session, "acme")
    assert_problem(bare_stack.post(won()), 401, "not_signed")


def test_a_chunked_body_asks_for_its_length(bare_stack: Stack, server: Server) -> None:
    body, before = raw(won(number=1)), turned_away("crm", 411)
    status, kind, answer = over_the_wire(server, DOOR, iter([body[:9], body[9:]]), signed(bare_stack, body, "evt-1"))
    assert (status, kind, answer["code"]) == (411, "application/problem+json", "length_required")
    assert turned_away("crm", 411) == before + 1
    assert records(bare_stack) == 0


def test_a_body_may_have_a_mebibyte_and_not_a_byte_more(bare_stack: Stack, server: Server) -> None:
    body, before = raw(won(number=1)).ljust(LARGEST_CRM_BODY + 1), turned_away("crm", 413)
    status, kind, answer = over_the_wire(server, DOOR, body, signed(bare_stack, body, "evt-1"))
    assert (status, kind, answer["code"]) == (413, "application/problem+json", "too_large")
    assert turned_away("crm", 413) == before + 1
    assert records(bare_stack) == 0
    just_so = body[:-1]
    assert over_the_wire(server, DOOR, just_so, signed(bare_stack, just_so, "evt-1"))[0] == 202


@pytest.mark.parametrize("path", [DOOR, BOOKS_DOOR])
def test_what_even_the_server_does_not_take_gets_the_same_answer(server: Server, path: str) -> None:
    """The server answers by itself, before there is a body; so the head alone is sent."""
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(LARGEST_BODY + 1))
        connection.endheaders()
        answer = connection.getresponse()
        said = json.loads(answer.read())
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
    assert (said["status"], said["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", [DOOR, BOOKS_DOOR])
def test_who_hangs_up_in_the_middle_was_never_there(bare_stack: Stack, server: Server, path: str) -> None:
    address = urlsplit(server.url)
    body = raw(won(number=1))
    head = "".join(f"{name}: {value}\r\n" for name, value in signed(bare_stack, body, "evt-1").items())
    with socket.create_connection((address.hostname, address.port), timeout=20) as caller:
        caller.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode())
        caller.sendall(body[:20])
    status, _, _ = over_the_wire(server, DOOR, body, signed(bare_stack, body, "evt-1"))
    assert (status, records(bare_stack)) == (202, 1)


# ---------------------------------------------------------------- the CRM's door, once it holds


def test_a_signed_event_is_stored_once_however_often_it_is_told(bare_stack: Stack) -> None:
    event = won(number=1)
    first = bare_stack.post(event).get_json()
    assert (first["accepted"], first["duplicate"]) == (True, False)
    spaced = json.dumps(dict(reversed(event.items())), indent=2).encode()
    again = post(bare_stack, spaced, delivery_id="evt-1")
    assert again.status_code == 202
    assert again.get_json() == {"accepted": True, "event": first["event"], "duplicate": True}
    assert (stored(bare_stack), refused(bare_stack)) == (1, [])


def test_the_same_id_for_something_else_is_a_conflict_that_is_kept(bare_stack: Stack) -> None:
    bare_stack.post(won("d1", number=1))
    before = turned_away("crm", 409)
    other = won("d2", number=1)
    answer = assert_problem(bare_stack.post(other), 409, "id_used_before")
    (event,), (refusal,) = bare_stack.events(), refused(bare_stack)
    assert answer["event"] == event.event_id
    assert (event.kind, event.stream.rsplit(":", 1)[1]) == ("crm.deal.won", "d1")
    assert (refusal.company_id, refusal.delivery_id, refusal.reason) == ("acme", "evt-1", "conflict")
    assert refusal.body == raw(other)
    assert turned_away("crm", 409) == before + 1


def nested(levels: int) -> bytes:
    return b'{"data":' * levels + b"1" + b"}" * levels


UNREADABLE: Mapping[str, tuple[bytes, str]] = {
    "blanks": (b" \r\n", "not_json"),
    "half of it": (raw(won(number=1))[:-1], "not_json"),
    "two of them": (raw(won(number=1)) * 2, "not_json"),
    "not a number": (b'{"specversion": NaN}', "not_json"),
    "a number without end": (b'{"specversion": ' + b"9" * 5_000 + b"}", "not_json"),
    "a list": (b"[]", "not_an_object"),
    "text": (b'"crm.deal.won"', "not_an_object"),
    "deep": (nested(100), "too_deep"),
    "very deep": (nested(100_000), "too_deep"),
    "deep in lists": (b"[" * 100_000, "too_deep"),
    "Latin-1": ('{"name": "Söhne"}'.encode("latin-1"), "not_utf8"),
    "UTF-16": ('{"name": "x"}'.encode("utf-16"), "not_utf8"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "not_json"),
    "a NUL": (rb'{"type": "a\u0000b"}', "unstorable_text"),
    "half of a pair": (rb'{"type": "\ud83d"}', "unstorable_text"),
}


@pytest.mark.parametrize("how", UNREADABLE)
def test_what_cannot_be_read_is_refused_with_its_reason_and_kept(bare_stack: Stack, how: str) -> None:
    body, code = UNREADABLE[how]
    before = turned_away("crm", 422)
    answer = assert_problem(post(bare_stack, body, delivery_id="evt-1"), 422, "malformed")
    assert [fault["code"] for fault in answer["faults"]] == [code]
    assert all(set(fault) == {"pointer", "code", "message"} for fault in answer["faults"])
    (refusal,) = refused(bare_stack)
    assert (refusal.company_id, refusal.source, refusal.delivery_id) == ("acme", "crm", "evt-1")
    assert (refusal.reason, refusal.body, refusal.faults) == ("malformed", body, answer["faults"])
    assert (stored(bare_stack), turned_away("crm", 422)) == (0, before + 1)


def test_an_empty_body_has_a_length_and_is_refused(bare_stack: Stack, server: Server) -> None:
    status, _, answer = over_the_wire(server, DOOR, b"", signed(bare_stack, b"", "evt-1"))
    assert (status, [fault["code"] for fault in answer["faults"]]) == (422, ["not_json"])
    assert [row.body for row in refused(bare_stack)] == [b""]


def test_a_refusal_does_not_use_up_its_id(bare_stack: Stack) -> None:
    assert post(bare_stack, b"{", delivery_id="evt-1").status_code == 422
    answer = bare_stack.post(won(number=1))
    assert (answer.status_code, answer.get_json()["duplicate"]) == (202, False)


MISUSED: Mapping[str, tuple[Json, str, str]] = {
    "a negative quantity": (won(lines=[line(quantity="-1")]), "/data/lines/0/quantity", "not_positive"),
    "no quantity at all": (won(lines=[line(), line(quantity="0")]), "/data/lines/1/quantity", "not_positive"),
    "a quantity in words": (won(lines=[line(quantity="two")]), "/data/lines/0/quantity", "not_a_decimal"),
    "a price as a fraction": (
        won(lines=[{**line(), "unit_price": 19.9}]),
        "/data/lines/0/unit_price",
        "number_not_exact",
    ),
    "an unknown currency": (won(deal={"currency": "XYZ"}), "/data/deal/currency", "unknown_currency"),
    "a currency in small letters": (won(deal={"currency": "usd"}), "/data/deal/currency", "unknown_currency"),
    "a line's unknown currency": (won(lines=[line(currency="€")]), "/data/lines/0/currency", "unknown_currency"),
    "a product's name of 4,000": (
        won(lines=[line(product="n" * 4_000) | {"product": {"id": "1", "name": "n" * 4_000}}]),
        "/data/lines/0/product/name",
        "too_long",
    ),
    "an id of 256 bytes": (won(deal={"id": "🙂" * 64}), "/data/deal/id", "id_length"),
    "lines that are none": (
        deal_event("won", lines=[]) | {"data": {"deal": {"id": "1"}, "lines": {}}},
        "/data/lines",
        "not_a_list",
    ),
    "10,001 lines": (won(lines=[line()] * 10_001), "/data/lines", "too_many"),
    "a due date far away": (won(invoice={"due_in_days": 10**9}), "/data/invoice/due_in_days", "out_of_range"),
    "another id in the headers": ({**won(), "id": "other"}, "/id", "id_mismatch"),
}


@pytest.mark.parametrize("what", MISUSED)
def test_what_says_the_wrong_thing_is_refused_at_its_place(bare_stack: Stack, what: str) -> None:
    event, pointer, code = MISUSED[what]
    delivery_id = "evt-1" if code == "id_mismatch" else str(event["id"])
    answer = assert_problem(post(bare_stack, raw(event), delivery_id=delivery_id), 422, "malformed")
    assert [(fault["pointer"], fault["code"]) for fault in answer["faults"]] == [(pointer, code)]
    assert all(fault["message"].endswith(".") for fault in answer["faults"])
    (refusal,) = refused(bare_stack)
    assert (refusal.reason, refusal.delivery_id, refusal.faults) == ("malformed", delivery_id, answer["faults"])
    assert stored(bare_stack) == 0


def test_every_fault_is_told_at_once(bare_stack: Stack) -> None:
    event = won(deal={"currency": "XYZ"}, lines=[line(quantity="-1"), line(unit_price="dear")])
    answer = bare_stack.post(event).get_json(force=True)
    assert {fault["pointer"] for fault in answer["faults"]} == {
        "/data/deal/currency",
        "/data/lines/0/quantity",
        "/data/lines/1/unit_price",
    }


def test_a_type_nobody_knows_is_stored_and_ignored(bare_stack: Stack) -> None:
    answer = bare_stack.post({**won(), "type": "crm.deal.sneezed"})
    assert answer.status_code == 202
    assert bare_stack.states() == ["ignored"]


def test_an_id_may_have_every_character_there_is(bare_stack: Stack, server: Server) -> None:
    """A header is bytes on the wire; whoever signs an id that is not ASCII signs its UTF-8."""
    event = {**won(), "id": "Søhne-🙂-שלום"}
    body = raw(event)
    headers = {name: value.encode() for name, value in signed(bare_stack, body, event["id"]).items()}
    status, _, answer = over_the_wire(server, DOOR, body, headers)
    assert (status, [row.delivery_id for row in bare_stack.events()]) == (202, [event["id"]]), answer


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "0987-06-05T04:03:02.001Z", "9999-12-31T23:59:59Z"])
def test_a_time_before_or_after_all_others_is_kept(bare_stack: Stack, at: str) -> None:
    """The first is what some languages write for no time at all."""
    event = {**won(), "time": at}
    event["data"]["deal"]["updated_at"] = at
    assert bare_stack.post(event).status_code == 202
    (row,) = bare_stack.events()
    assert row.occurred_at.isoformat(timespec="milliseconds")[:19] == at[:19]


# ---------------------------------------------------------------- QuickBooks' door


@pytest.mark.parametrize("signature", [None, "", "!", "é", base64.b64encode(b"x" * 32).decode(), "QUJD"])
def test_a_notification_that_is_not_signed_is_not_kept(bare_stack: Stack, signature: str | None) -> None:
    body, before = raw([notification("9", "invoice", "1", "created")]), turned_away("quickbooks", 403)
    with bare_stack.app.test_client() as caller:
        headers = {} if signature is None else {"intuit-signature": signature}
        answer = caller.post(BOOKS_DOOR, data=body, headers=headers)
    assert_problem(answer, 403, "not_signed")
    assert (records(bare_stack), turned_away("quickbooks", 403)) == (0, before + 1)


def test_a_notification_may_have_eight_mebibytes(bare_stack: Stack, server: Server) -> None:
    body = raw([notification("9", "invoice", "1", "created")]).ljust(LARGEST_QUICKBOOKS_BODY + 1)
    before = turned_away("quickbooks", 413)
    for sent in (body, iter([body[:1000], body[1000:]])):  # with its length, and chunked
        status, kind, answer = over_the_wire(
            server, BOOKS_DOOR, sent, {"intuit-signature": told.signature(VERIFIER, body)}
        )
        assert (status, kind, answer["code"]) == (413, "application/problem+json", "too_large")
    assert (records(bare_stack), turned_away("quickbooks", 413)) == (0, before + 2)
    just_so = body[:-1]
    headers = {"intuit-signature": told.signature(VERIFIER, just_so)}
    assert over_the_wire(server, BOOKS_DOOR, just_so, headers)[0] == 200
    assert stored(bare_stack) == 1


def test_a_notification_may_come_in_chunks(bare_stack: Stack, server: Server) -> None:
    body = raw([notification("9", "invoice", "1", "created")])
    headers = {"intuit-signature": told.signature(VERIFIER, body)}
    assert over_the_wire(server, BOOKS_DOOR, iter([body[:9], body[9:]]), headers)[0] == 200
    assert stored(bare_stack) == 1


NO_NOTIFICATION: Mapping[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "half of it": (b'[{"intuitaccountid": "9130357"', "not_json"),
    "text": (b'"9130357"', "unknown_shape"),
    "a number": (b"9130357", "unknown_shape"),
    "deep": (nested(100), "too_deep"),
    "very deep": (nested(100_000), "too_deep"),
    "Latin-1": ('["9130357 Söhne"]'.encode("latin-1"), "not_utf8"),
    "no realm": (raw([{**notification("", "invoice", "1", "created")}]), "no_realm"),
    "an unknown type": (raw([{**notification("9130357", "x", "1", "y"), "type": "9130357"}]), "unknown_type"),
    "an id with a NUL": (raw([{**notification("9130357", "invoice", "1\x00", "created")}]), "no_entity_id"),
    "half of a pair": (raw([{**notification("9130357", "invoice", "\ud800", "created")}]), "no_entity_id"),
}


@pytest.mark.parametrize("how", NO_NOTIFICATION)
def test_a_signed_notification_that_says_nothing_is_acknowledged_and_kept_sealed(bare_stack: Stack, how: str) -> None:
    body, reason = NO_NOTIFICATION[how]
    answer = bare_stack.post_notification(body)
    assert (answer.status_code, answer.get_json()) == (200, {"stored": 0, "refused": 1})
    (refusal,) = refused(bare_stack)
    assert (refusal.source, refusal.reason, refusal.company_id) == ("quickbooks", reason, None)
    assert b"9130357" not in refusal.body
    opened = bare_stack.door.sealer.open(refusal.body.decode()).encode("latin-1")
    assert opened == body or [json.loads(opened)] == json.loads(body)
    assert stored(bare_stack) == 0


def test_a_realm_nobody_connected_is_kept_for_whoever_connects_it(bare_stack: Stack) -> None:
    answer = bare_stack.tell(notification("9130357", "invoice", "1", "created"))
    assert (answer.status_code, answer.get_json()) == (200, {"stored": 1, "refused": 0})
    (event,) = bare_stack.events()
    assert (event.company_id, event.state) == (None, "waiting")
    assert "9130357" not in repr(event)


def test_250_events_in_one_post_are_all_kept(bare_stack: Stack) -> None:
    many = [notification("9130357", "invoice", str(number), "updated") for number in range(250)]
    answer = bare_stack.tell(*many)
    assert (answer.status_code, answer.get_json()) == (200, {"stored": 250, "refused": 0})
    assert {row.delivery_id for row in bare_stack.events()} == {each["id"] for each in many}
    assert bare_stack.tell(*many).status_code == 200
    assert stored(bare_stack) == 250


def test_a_good_event_never_suffers_from_a_bad_one_beside_it(bare_stack: Stack) -> None:
    good = [notification("9130357", "invoice", str(number), "updated") for number in range(3)]
    bad: list[Any] = [None, 7, "9130357", {}, {**notification("9130357", "invoice", "1", "x"), "id": None}]
    answer = bare_stack.post_notification(raw([good[0], *bad[:2], good[1], *bad[2:], good[2]]))
    assert (answer.status_code, answer.get_json()) == (200, {"stored": 3, "refused": 5})
    assert {row.delivery_id for row in bare_stack.events()} == {each["id"] for each in good}
    assert sorted(row.reason for row in refused(bare_stack)) == ["no_id"] + ["unknown_shape"] * 4


def test_a_post_of_bad_events_only_is_no_trouble_either(bare_stack: Stack) -> None:
    began = time.monotonic()
    answer = bare_stack.post_notification(raw([None] * 1_000))
    print(f"1,000 bad events in one post: {time.monotonic() - began:.2f} s")
    assert (answer.status_code, answer.get_json()) == (200, {"stored": 0, "refused": 1_000})
    assert len(refused(bare_stack)) == 1_000


# ---------------------------------------------------------------- whatever is signed

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["USD", "9130357", "-1", "1e5", "0001-01-01T00:00:00Z", "9999-12-31", "\x00", "🙂" * 64]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to everything within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name)
        yield from places(each, (*path, name))


def altered(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    """A copy with something else at one place."""
    copied = json.loads(json.dumps(value))
    within = copied
    for name in path[:-1]:
        within = within[name]
    within[path[-1]] = to
    return copied


DEAL = won(
    "d1",
    organization={"id": "o1", "name": "Söhne", "address": {"line1": "1 Main St"}, "emails": ["a@buyer.example"]},
    lines=[line(discount={"type": "percent", "value": "5"}, tax={"code": "2", "percent": "8"}, position=1)],
    deal={"updated_at": "2026-03-13T10:00:00Z", "value": "1"},
)
HINTS = (
    notification("9130357", "invoice", "1", "created"),
    {
        "eventNotifications": [
            {
                "realmId": "9130357",
                "dataChangeEvent": {
                    "entities": [
                        {
                            "name": "Customer",
                            "id": "1",
                            "operation": "Merge",
                            "deletedId": "2",
                            "lastUpdated": "2026-03-13",
                        }
                    ]
                },
            }
        ]
    },
)
a_changed_deal = st.builds(lambda path, to: altered(DEAL, path, to), st.sampled_from(list(places(DEAL))), anything)
a_changed_hint = st.sampled_from(HINTS).flatmap(
    lambda hint: st.builds(lambda path, to: altered(hint, path, to), st.sampled_from(list(places(hint))), anything)
)
bounded = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@bounded
@given(content=anything | a_changed_deal, noise=st.binary(max_size=3))
def test_whatever_a_crm_signs_is_stored_exactly_once_and_never_our_fault(
    bare_stack: Stack, content: Any, noise: bytes
) -> None:
    delivery_id = f"fuzz-{next(numbers)}"
    if isinstance(content, dict) and content.get("id") == DEAL["id"]:
        content["id"] = delivery_id
    body, before = json.dumps(content).encode() + noise, records(bare_stack)
    answer = post(bare_stack, body, delivery_id=delivery_id)
    assert answer.status_code in (202, 422), answer.text
    assert records(bare_stack) == before + 1


@bounded
@given(content=anything.filter(lambda told: not isinstance(told, list)) | a_changed_hint, noise=st.binary(max_size=3))
def test_whatever_quickbooks_signs_is_acknowledged_and_stored_once(
    bare_stack: Stack, content: Any, noise: bytes
) -> None:
    is_new = isinstance(content, dict) and content.get("id") == HINTS[0]["id"]
    if is_new:
        content["id"] = f"fuzz-{next(numbers)}"
    body = json.dumps(content).encode() + noise
    events_before, refusals_before = stored(bare_stack), len(refused(bare_stack))
    answer = bare_stack.post_notification(body)
    assert answer.status_code == 200, answer.text
    taken = answer.get_json()
    assert taken["stored"] + taken["refused"] == 1 or "eventNotifications" in content
    assert len(refused(bare_stack)) == refusals_before + taken["refused"]
    assert stored(bare_stack) - events_before in ([taken["stored"]] if is_new else range(taken["stored"] + 1))
