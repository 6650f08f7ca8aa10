"""The stack: the whole of dealbooks in one process around a sandbox, worked by the test's own thread."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from models.domain.events import Delivery
from models.records import attention, companies, crm_views, events, intents, lanes, streams
from models.records.connections import grants
from models.records.database import OPERATOR, Database, time_plus
from sandbox import notifications as told
from sandbox.server import Sandbox
from webhooks import inbox
from webhooks.app import create_app
from webhooks.connecting import connect
from worker import jobs
from worker.broker import QUEUES
from worker.crm import generic
from worker.handling import Crew
from worker.quickbooks.oauth import Tokens
from worker.wiring import Wiring

COMPANY = "acme"
VERIFIER = "v" * 20
ORDER = {"crm_history": "history_id", "crm_attention": "since"}

Json = dict[str, Any]


@dataclass
class Stack:
    """A company `acme`, connected to one realm. `door` and `worker` are wired as their processes are."""

    books: Sandbox
    door: Wiring
    worker: Wiring
    secret: str = field(init=False)
    realm: str = ""
    connection: str = ""
    app: Flask = field(init=False)
    crew: Crew = field(init=False)
    held: list[told.Event] = field(default_factory=list)
    """What the sandbox would tell its subscribers; `deliver` posts it."""

    def __post_init__(self) -> None:
        self.app = create_app(self.door)
        self.crew = Crew(self.worker, threads=8)
        self.books.world.notifications.tell = self.held.extend  # type: ignore[method-assign]
        self.secret = self.add_company(COMPANY)

    # ------------------------------------------------------------ companies and connections

    @property
    def database(self) -> Database:
        return self.worker.database

    def add_company(self, company: str) -> str:
        """A new company; gives the secret that its CRM signs with."""
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        with self.database.writing(OPERATOR) as session:
            companies.add(
                session,
                company_id=company,
                title=company.title(),
                sealed_secret=self.worker.sealer.seal(secret),
                api_key_hash=secrets.token_hex(16),
                public_url="https://dealbooks.example",
            )
        return secret

    def connect(self, company: str = COMPANY, *, load: bool = True, **realm: Any) -> str:
        """Tie a company to a new, empty realm, and read its books; gives the connection."""
        grant = self.books.open_realm(**{"empty": True, **realm})
        made = connect(
            self.worker,
            company_id=company,
            realm=str(grant["realm"]),
            tokens=Tokens(str(grant["access_token"]), str(grant["refresh_token"]), 3600, 8_726_400),
        )
        if not self.connection:
            self.realm, self.connection = str(grant["realm"]), made.connection_id
        if load:
            self.work()
        return made.connection_id

    def add_item(self, name: str = "Hour of work", realm: str = "") -> str:
        """A service in the books, as a bookkeeper would add it; known here once told or read."""
        body = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "1"}}
        return str(self.books.act(realm or self.realm, create={"Item": body})["Item"]["Id"])

    # ------------------------------------------------------------ the doors

    def post(self, event: Mapping[str, Any], *, company: str = COMPANY, secret: str = "") -> TestResponse:
        """A CRM's event, signed."""
        body = json.dumps(event).encode()
        headers = generic.sign(body, str(event["id"]), int(time.time()), secret or self.secret)
        with self.app.test_client() as caller:
            return caller.post(f"/webhooks/crm/{company}", data=body, headers=headers)

    def tell(self, *notifications: Mapping[str, Any]) -> TestResponse:
        """Notifications of QuickBooks in one signed post."""
        return self.post_notification(json.dumps(notifications).encode())

    def post_notification(self, body: bytes) -> TestResponse:
        headers = {"intuit-signature": told.signature(VERIFIER, body)}
        with self.app.test_client() as caller:
            return caller.post("/webhooks/quickbooks", data=body, headers=headers)

    def deliver(self) -> int:
        """Post everything the sandbox has to tell, in its own words; says how many events there were."""
        waiting, self.held[:] = list(self.held), []
        for start in range(0, len(waiting), told.MOST_EVENTS):
            told_at_once = waiting[start : start + told.MOST_EVENTS]
            answer = self.post_notification(told.cloudevents(told_at_once, self.books.world.switches))
            assert answer.status_code == 200, answer.text
        return len(waiting)

    # ------------------------------------------------------------ work and time

    def drain(self, *queues: str, crew: Crew | None = None) -> None:
        """Handle what is due now, in this thread, without the sweep."""
        for _ in range(20):
            before = (crew or self.crew)._claims
            for queue in queues or QUEUES:
                (crew or self.crew).drain(queue)
            if (crew or self.crew)._claims - before <= len(queues or QUEUES):  # every claim found nothing
                return
        raise AssertionError("the work never ends")

    def sweep(self) -> None:
        jobs.sweep(self.worker)

    def work(self) -> None:
        """Everything that is due, and what becomes due by that; then what the sandbox tells of it."""
        self.drain()
        for _ in range(5):
            if not self.deliver():
                return
            self.drain()

    def another_crew(self) -> Crew:
        """A second worker process, as far as leases are concerned."""
        return Crew(self.worker, threads=8)

    def time_passes(self, seconds: float) -> None:
        """Everything stored with a time becomes so much older; nobody has to wait for real."""
        columns = {
            streams.streams: ("due_at", "lease_until", "leased_at", "rung_at"),
            events.events: ("received_at",),
            events.event_payloads: ("received_at",),
            intents.intents: ("first_asked_at", "asked_at", "planned_at"),
            lanes.lanes: ("paused_until", "next_call_at", "served_at"),
            grants: ("access_until", "refresh_until"),
        }
        with self.database.writing(OPERATOR) as session:
            for table, names in columns.items():
                session.execute(update(table).values({name: time_plus(table.c[name], -seconds) for name in names}))

    # ------------------------------------------------------------ what came of it

    def view(self, name: str) -> list[Json]:
        """A view's rows, the oldest first."""
        with self.database.reading(OPERATOR) as session:
            rows = crm_views.rows_of(session, name, None, ORDER.get(name, "updated_at"), 1000)
        return [dict(row._mapping) for row in reversed(rows)]

    def invoice(self) -> Json:
        """The only invoice in the view."""
        (row,) = self.view("crm_invoices")
        return row

    def point(self) -> Json:
        """The only point of attention."""
        (row,) = self.view("crm_attention")
        return row

    def reasons(self) -> list[str]:
        return sorted(str(row["reason"]) for row in self.view("crm_attention"))

    def events(self, kind: str = "") -> list[Any]:
        """The stored events, the oldest first."""
        with self.database.reading(OPERATOR) as session:
            rows = events.listed(session, company_id=None, state=None, since=None, limit=10_000)
        return [row for row in reversed(rows) if row.kind.startswith(kind)]

    def states(self, kind: str = "crm.") -> list[str]:
        return [str(row.state) for row in self.events(kind)]

    def intents(self, kind: str = "") -> list[Any]:
        """The intents, in the order they were asked."""
        with self.database.reading(OPERATOR) as session:
            rows = session.execute(
                select(intents.intents).order_by(intents.intents.c.planned_at, intents.intents.c.generation)
            ).all()
        return [row for row in rows if row.kind.startswith(kind)]

    def stream(self, key: str) -> Any:
        with self.database.reading(OPERATOR) as session:
            return session.execute(select(streams.streams).where(streams.streams.c.key == key)).one_or_none()

    def lane(self) -> Any:
        with self.database.reading(OPERATOR) as session:
            return lanes.find(session, self.connection)

    def decide(self, choice: str, *, value: str = "", **which: str) -> None:
        """A person resolves a point, as `attention resolve` does; `which` tells it apart from others."""
        with self.database.reading(OPERATOR) as session:
            points = attention.listed(session, company_id=COMPANY, state="open", since=None, limit=100)
        (point,) = [each for each in points if all(getattr(each, name) == told for name, told in which.items())]
        delivery = Delivery(
            source="command",
            delivery_id=secrets.token_hex(8),
            kind="attention.resolved",
            stream=point.stream,
            queue="deals",
            company_id=COMPANY,
            payload={"attention": point.attention_id, "choice": choice, "value": value, "by": "tester"},
            occurred_at=point.since,
        )
        inbox.accept(self.worker, [delivery], OPERATOR)

    # ------------------------------------------------------------ what the books saw

    def booked(self, kind: str = "Invoice") -> list[Json]:
        return list(self.books.company(self.realm).all(kind))

    def calls(self, piece: str) -> list[Json]:
        """The calls that the sandbox saw whose path holds this, the oldest first."""
        return [each for each in reversed(self.books.world.journal.newest(10_000)) if piece in str(each["path"])]

    def posts_of(self, entity: str) -> list[Json]:
        """The posts of one kind of entity, each with its request id in `query`."""
        return [
            each for each in self.calls(f"/{entity}") if each["method"] == "POST" and "requestid" in str(each["query"])
        ]

    def reads(self) -> int:
        """How many billed reads there were so far."""
        return sum(self.books.world.meter.as_json().get(self.realm, {}).get("coreplus", {}).values())

    def goes_wrong(
        self, kind: str, *, path: str = "/invoice", times: int = 1, method: str = "POST", **then: Any
    ) -> None:
        """The next calls of that path go wrong in that way."""
        rule = {"match": {"method": method, "path": path}, "next": times, "then": {"kind": kind, **then}}
        self.books.world.faults.add(rule)


def ids(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return sorted(str(row["Id"]) for row in rows)
