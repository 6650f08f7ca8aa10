"""Bad input: each gets a clear answer and a record, and meanwhile a healthy deal is booked as if nothing were."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select

from models.records.database import OPERATOR
from models.records.events import events, refusals
from sandbox import notifications as told
from tests.makers import line, notification, raw, won
from tests.pauses import Watch, until
from tests.stack import VERIFIER, Stack
from tests.webhooks.test_receivers import a_changed_deal
from webhooks.app import create_app
from webhooks.listening import listening_at
from webhooks.receivers import LARGEST_CRM_BODY, LARGEST_QUICKBOOKS_BODY
from webhooks.server import Server
from worker.broker import InProcessBroker, Ring
from worker.crm import generic
from worker.running import Work

Json = dict[str, Any]
DOOR, BOOKS_DOOR = "/webhooks/crm/acme", "/webhooks/quickbooks"
QUOTED = 'O\'Brien & Söhne "Ltd"\\'


# ---------------------------------------------------------------- a whole dealbooks at work


@dataclass
class Office:
    """The stack with a real server in front of it and worker threads behind it."""

    stack: Stack
    url: str

    @contextmanager
    def sender(self, path: str, headers: Mapping[str, Any], length: int | None) -> Iterator[http.client.HTTPConnection]:
        """Somebody who has sent the head of a request; without a length the body follows in chunks."""
        address = urlsplit(self.url)
        with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)) as connection:
            connection.putrequest("POST", path)
            for name, value in headers.items():
                connection.putheader(name, value)
            if length is None:
                connection.putheader("Transfer-Encoding", "chunked")
            else:
                connection.putheader("Content-Length", str(length))
            connection.endheaders()
            yield connection

    def post(self, event: Json) -> tuple[int, Json]:
        body = raw(event)
        headers = self.signed(body, event["id"])
        with self.sender(DOOR, headers, len(body)) as connection:
            connection.send(body)
            return answer_of(connection)

    def signed(self, body: bytes, delivery_id: str, **at: float) -> dict[str, str]:
        return generic.sign(body, delivery_id, int(at.get("at", time.time())), self.stack.secret)

    def books_a_healthy_deal(self) -> None:
        """Post a deal that is well, and wait for its invoice in the books; says how long that took."""
        began = time.monotonic()
        event = won("healthy")
        assert self.post(event)[0] == 202
        until(lambda: self.is_booked("healthy"))
        print(f"a healthy deal beside it was booked after {time.monotonic() - began:.2f} s")

    def is_booked(self, deal_id: str) -> bool:
        rows = [row for row in self.stack.view("crm_invoices") if row["deal_id"] == deal_id]
        return any(self.stack.books.company(self.stack.realm).find("Invoice", row["invoice_id"]) for row in rows)

    def state_of(self, event: Json) -> str:
        (state,) = [row.state for row in self.stack.events() if row.delivery_id == event["id"]]
        return str(state)

    def settles(self, event: Json) -> str:
        """Wait until an event waits no more; gives its state."""
        until(lambda: self.state_of(event) != "waiting")
        return self.state_of(event)

    def booked(self, deal_id: str) -> Json:
        """The invoice in the books of a deal."""
        (row,) = [row for row in self.stack.view("crm_invoices") if row["deal_id"] == deal_id]
        found = self.stack.books.company(self.stack.realm).find("Invoice", row["invoice_id"])
        assert found is not None
        return found

    def customer_of(self, deal_id: str) -> Json:
        customer_id = self.booked(deal_id)["CustomerRef"]["value"]
        found = self.stack.books.company(self.stack.realm).find("Customer", customer_id)
        assert found is not None
        return found

    def number_of(self, table: Any) -> int:
        with self.stack.database.reading(OPERATOR) as session:
            return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def answer_of(connection: http.client.HTTPConnection) -> tuple[int, Json]:
    answer = connection.getresponse()
    body: Json = json.loads(answer.read())
    kind = "application/json" if answer.status < 300 else "application/problem+json"
    assert answer.headers["Content-Type"] == kind
    assert answer.status < 300 or {"status", "code", "detail"} <= set(body)
    return answer.status, body


def a_chunk(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)


@pytest.fixture
def office(stack: Stack) -> Iterator[Office]:
    broker = InProcessBroker(middleware=[])
    ring = Ring(broker)
    work = Work(replace(stack.worker, ring=ring), broker, threads=4)
    with listening_at("127.0.0.1", 0) as at:
        server = Server(create_app(replace(stack.door, ring=ring)), at, threads=4)
        server.start()
        work.start()
        yield Office(stack, server.url)
        server.stop()
        work.stop()


# ---------------------------------------------------------------- what the doors refuse


@dataclass(frozen=True)
class Refused:
    """Something bad, and what it is to get. `kept`: how many refusals are stored of it."""

    body: bytes
    status: int
    code: str = ""
    kept: int = 0
    events: int = 0
    path: str = DOOR
    at: float = 0.0
    is_forged: bool = False
    is_chunked: bool = False


def malformed(body: bytes) -> Refused:
    return Refused(body, 422, "malformed", kept=1)


def notified(body: bytes, **more: Any) -> Refused:
    return Refused(body, 200, path=BOOKS_DOOR, **more)


GOOD = raw(won("bad"))
HINT = notification("9130357", "invoice", "1", "updated")
REFUSED: Mapping[str, Refused] = {
    "forged": Refused(GOOD, 401, "not_signed", is_forged=True),
    "stale": Refused(GOOD, 401, "not_signed", at=-360),
    "from the future": Refused(GOOD, 401, "not_signed", at=360),
    "oversized": Refused(GOOD.ljust(LARGEST_CRM_BODY + 1), 413, "too_large"),
    "chunked": Refused(GOOD, 411, "length_required", is_chunked=True),
    "half a JSON": malformed(GOOD[:-1]),
    "deep": malformed(b"[" * 100_000),
    "not UTF-8": malformed('{"name": "Söhne"}'.encode("latin-1")),
    "a negative quantity": malformed(raw(won("bad", lines=[line(quantity="-1")]))),
    "an unknown currency": malformed(raw(won("bad", deal={"currency": "XYZ"}))),
    "a 4,000-character product": malformed(
        raw(won("bad", lines=[{**line(), "product": {"id": "1", "name": "n" * 4_000}}]))
    ),
    "a forged notification": Refused(raw([HINT]), 403, "not_signed", path=BOOKS_DOOR, is_forged=True),
    "an oversized notification": Refused(
        raw([HINT]).ljust(LARGEST_QUICKBOOKS_BODY + 1), 413, "too_large", path=BOOKS_DOOR
    ),
    "a malformed notification": notified(b"[{", kept=1),
    "an unknown realm": notified(raw([HINT]), events=1),
    "250 events": notified(raw([{**HINT, "id": f"n{number}"} for number in range(250)]), events=250),
    "good and bad events": notified(raw([HINT, None, 7, {**HINT, "id": "n2"}]), events=2, kept=2),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_doors_refuse_is_answered_and_stops_nobody(office: Office, what: str) -> None:
    bad = REFUSED[what]
    delivery_id = json.loads(bad.body)["id"] if bad.code == "malformed" and what[0] == "a" else "evt-bad"
    if bad.path == BOOKS_DOOR:
        headers = {"intuit-signature": told.signature("forged" if bad.is_forged else VERIFIER, bad.body)}
    else:
        headers = office.signed(bad.body + b"!" * bad.is_forged, delivery_id, at=time.time() + bad.at)
    events_before, refusals_before = office.number_of(events), office.number_of(refusals)
    half = len(bad.body) // 2
    with office.sender(bad.path, headers, None if bad.is_chunked else len(bad.body)) as connection:
        connection.send(a_chunk(bad.body[:half]) if bad.is_chunked else bad.body[:half])
        office.books_a_healthy_deal()  # while this one is still being sent
        connection.send(a_chunk(bad.body[half:]) + b"0\r\n\r\n" if bad.is_chunked else bad.body[half:])
        status, answer = answer_of(connection)
    assert (status, answer.get("code", "")) == (bad.status, bad.code), answer
    assert office.number_of(refusals) == refusals_before + bad.kept
    assert office.number_of(events) == events_before + bad.events + 1  # the healthy one


def test_who_hangs_up_in_the_middle_stops_nobody(office: Office) -> None:
    before = office.number_of(events)
    with office.sender(DOOR, office.signed(GOOD, "evt-bad"), len(GOOD)) as connection:
        connection.send(GOOD[:50])
    office.books_a_healthy_deal()
    assert (office.number_of(events), office.number_of(refusals)) == (before + 1, 0)


def test_the_same_id_with_another_body_is_a_conflict_that_stops_nobody(office: Office) -> None:
    first = won("first")
    assert office.post(first)[0] == 202
    other = {**won("other"), "id": first["id"]}
    body = raw(other)
    with office.sender(DOOR, office.signed(body, other["id"]), len(body)) as connection:
        office.books_a_healthy_deal()
        connection.send(body)
        status, answer = answer_of(connection)
    assert (status, answer["code"], office.number_of(refusals)) == (409, "id_used_before", 1)
    assert office.settles(first) == "done"
    assert not office.is_booked("other")


# ---------------------------------------------------------------- what is taken, and then parked or booked


def put_in(office: Office, watch: Watch, event: Json) -> str:
    """Post an event, book a healthy deal while a worker has it in hand, and wait until it is settled."""
    with watch.pause_at("events.read") as stop:
        status, answer = office.post(event)
        assert status == 202, answer
        stop.wait()
        office.books_a_healthy_deal()
        assert office.state_of(event) == "waiting"
    return office.settles(event)


def sold(number: int, **more: Any) -> list[Json]:
    return [{**line(unit_price="1.00"), "id": str(place), **more} for place in range(1, number + 1)]


PARKED: Mapping[str, tuple[Json, str]] = {
    "no lines": (won("bad", lines=[]), "no_lines"),
    "two currencies": (won("bad", lines=[line(), line(currency="EUR")]), "two_currencies"),
    "a currency the books do not know": (won("bad", deal={"currency": "EUR"}), "currency_not_available"),
    "a name of 501": (won("bad", person={"id": "p", "name": "n" * 501}), "customer_name_too_long"),
    "a name of control characters": (won("bad", person={"id": "p", "name": "\x01\x02"}), "recipient_missing"),
    "a product nobody knows": (won("bad", lines=[line(product="🙂" * 63)]), "product_not_linked"),
    "5,000 taxed lines": (won("bad", lines=sold(5_000, tax={"percent": "8"})), "too_many_lines"),
    "a due date beyond the calendar": (
        won("bad", invoice={"issue_date": "9999-12-31", "due_in_days": 30}),
        "due_date_unusable",
    ),
}


@pytest.mark.parametrize("what", PARKED)
def test_what_cannot_be_booked_waits_for_a_person_and_for_nobody_else(office: Office, watch: Watch, what: str) -> None:
    event, reason = PARKED[what]
    assert put_in(office, watch, event) == "needs_attention"
    point = office.stack.point()
    assert (point["reason"], point["deal_id"]) == (reason, "bad")
    assert point["message"].endswith(".")
    assert point["remedy"].endswith(".")
    assert len(point["message"]) < 1_000
    assert not office.is_booked("bad")


def test_5000_lines_are_5000_lines_in_the_books(office: Office, watch: Watch) -> None:
    assert put_in(office, watch, won("bad", lines=sold(5_000))) == "done"
    invoice = office.booked("bad")
    lines = [each for each in invoice["Line"] if each["DetailType"] == "SalesItemLineDetail"]
    assert (len(lines), invoice["TotalAmt"]) == (5_000, Decimal("5000.00"))


NAMES = {
    "emoji": "Zoë 🙂👩‍👩‍👧 & 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
    "right to left": "חברת שלום בע״מ \u200f(٢٠٢٦)",
    "Arabic": "شركة السلام ﷺ",
    "quotes and a backslash": QUOTED,
    "a name of 500": "n" * 500,
    "a name that folds to more": "".join(chr(0x3300 + number**3 % 88) for number in range(500)),
    "an injection": "'; DROP TABLE customers; --",
    "markup": "<script>alert(1)</script> &amp; %s {0}",
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_name_stands_in_the_books_as_it_was_told_and_is_found_again(office: Office, watch: Watch, kind: str) -> None:
    name = NAMES[kind]
    assert put_in(office, watch, won("bad", person={"id": "p1", "name": name})) == "done"
    assert office.customer_of("bad")["DisplayName"] == name
    again = won("again", person={"id": "p2", "name": name})
    assert office.post(again)[0] == 202
    assert office.settles(again) == "done"
    assert office.customer_of("again")["Id"] == office.customer_of("bad")["Id"]


@pytest.mark.parametrize("kind", NAMES)
def test_a_customer_only_the_books_know_is_found_by_such_a_name(office: Office, kind: str) -> None:
    """Not told of yet, so that only the query for the name can find it."""
    created = office.stack.books.act(office.stack.realm, create={"Customer": {"DisplayName": NAMES[kind]}})
    event = won("bad", person={"id": "p1", "name": NAMES[kind]})
    assert office.post(event)[0] == 202
    assert office.settles(event) == "done"
    assert office.customer_of("bad")["Id"] == created["Customer"]["Id"]


def test_names_that_differ_in_case_only_are_one_customer(office: Office, watch: Watch) -> None:
    names = ["Söhne LTD", "SÖHNE Ltd", "söhne ltd"]
    deals = [won(f"d{number}", organization={"id": f"o{number}", "name": name}) for number, name in enumerate(names)]
    assert put_in(office, watch, deals[0]) == "done"
    for event in deals[1:]:
        assert office.post(event)[0] == 202
        assert office.settles(event) == "done"
    assert len({office.customer_of(f"d{number}")["Id"] for number in range(3)}) == 1


def test_contacts_without_an_id_are_never_taken_for_each_other(office: Office) -> None:
    for number in range(2):
        event = won(f"d{number}", person={"name": f"Ann {number}"})
        status, answer = office.post(event)
        assert status == 202, answer
        assert office.settles(event) == "done"
    assert [office.customer_of(f"d{number}")["DisplayName"] for number in range(2)] == ["Ann 0", "Ann 1"]


def test_a_long_description_stands_on_the_invoice(office: Office, watch: Watch) -> None:
    described = "d" * 3_999 + "🙂"
    assert put_in(office, watch, won("bad", lines=[{**line(), "description": described}])) == "done"
    assert office.booked("bad")["Line"][0]["Description"] == described


def test_ids_of_255_bytes_of_emoji_are_ids(office: Office, watch: Watch) -> None:
    longest = "🙂" * 63 + "abc"
    office.stack.books.act(
        office.stack.realm,
        create={"Item": {"Name": "Odd", "Sku": "ODD", "Type": "Service", "IncomeAccountRef": {"value": "1"}}},
    )
    office.stack.deliver()
    until(lambda: {row.state for row in office.stack.events("quickbooks.item")} == {"done"})
    odd = {**line(), "id": longest, "product": {"id": longest, "sku": "ODD"}}
    event = won(
        longest,
        organization={"id": longest, "name": "Odd Ltd"},
        person={"id": longest, "name": "Odd"},
        lines=[odd],
        invoice={"slot": longest},
    )
    event["source"], event["subject"] = "🙂" * 255, "🙂" * 255
    assert put_in(office, watch, event) == "done", office.stack.reasons()
    (row,) = [row for row in office.stack.view("crm_invoices") if row["deal_id"] == longest]
    assert row["slot"] == longest


def test_a_time_that_is_none_stops_nobody(office: Office, watch: Watch) -> None:
    event = {**won("bad"), "time": "0001-01-01T00:00:00Z"}
    assert put_in(office, watch, event) == "done"
    assert office.is_booked("bad")


# ---------------------------------------------------------------- whatever gets through the door


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(event=a_changed_deal)
def test_whatever_the_door_takes_is_settled(stack: Stack, event: Json) -> None:
    """Worked by the test's own thread: an action that fails leaves its event waiting."""
    seen = len(stack.events())
    if not isinstance(event.get("id"), str):
        return
    event["id"] = f"fuzz-{seen}"
    if stack.post(event).status_code != 202:
        return
    stack.drain()
    assert stack.events()[-1].state in ("done", "ignored", "needs_attention"), event
