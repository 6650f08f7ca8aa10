"""What the records' tests share: a company with a few lanes in an otherwise empty database."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest
from sqlalchemy import select, update
from sqlalchemy.sql.schema import Table

from models.records import companies, events, lanes, streams
from models.records.database import OPERATOR, Database, time_plus
from models.records.streams import Lease, NewStream

LANES = ("a", "b", "c")


@pytest.fixture
def acme(database: Database) -> Database:
    """The database, with the company `acme` and the lanes a, b and c."""
    with database.writing(OPERATOR) as session:
        companies.add(
            session,
            company_id="acme",
            title="Acme",
            sealed_secret="sealed",
            api_key_hash="hash",
            public_url="https://dealbooks.example",
        )
        for lane in LANES:
            lanes.add(session, lane=lane, company_id="acme")
    return database


@pytest.fixture
def due(acme: Database) -> Callable[..., None]:
    """Make streams due, each a little later than the one before."""

    def make(lane: str, *keys: str, queue: str = "deals") -> None:
        for key in keys:
            with acme.writing(OPERATOR) as session:
                streams.create(session, [NewStream(key, queue, "acme", lane)])
                streams.make_due(session, key)

    return make


@pytest.fixture
def claim(acme: Database) -> Callable[..., Lease | None]:
    """Claim the next stream of a queue."""
    taken = iter(range(1000))

    def take(queue: str = "deals", full: Collection[str] = (), crowded: Collection[str] = ()) -> Lease | None:
        with acme.writing(OPERATOR) as session:
            return streams.claim(session, queue, f"token{next(taken)}", list(full), list(crowded))

    return take


@pytest.fixture
def passes(acme: Database) -> Callable[[float], None]:
    """Let time pass: whatever is stored with a time becomes older."""
    columns: dict[Table, tuple[str, ...]] = {
        streams.streams: ("due_at", "lease_until", "leased_at", "rung_at"),
        events.events: ("received_at",),
        events.event_payloads: ("received_at",),
        lanes.lanes: ("paused_until", "next_call_at", "served_at"),
    }

    def pass_by(seconds: float) -> None:
        with acme.writing(OPERATOR) as session:
            for table, names in columns.items():
                session.execute(update(table).values({name: time_plus(table.c[name], -seconds) for name in names}))

    return pass_by


@pytest.fixture
def row(acme: Database) -> Callable[[str], object]:
    """A stream as it stands."""

    def of(key: str) -> object:
        with acme.reading(OPERATOR) as session:
            return session.execute(select(streams.streams).where(streams.streams.c.key == key)).one_or_none()

    return of
