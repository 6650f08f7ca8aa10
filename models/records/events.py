"""Events: the log of what was told, stored once by source and delivery id, and the payloads apart from it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    LargeBinary,
    Row,
    Select,
    Table,
    Text,
    UniqueConstraint,
    and_,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from models.domain.errors import Fault
from models.domain.events import Delivery, Event
from models.records import streams
from models.records.database import BigId, Json, Ordered, Session, Time, insert_if_new, metadata, now, now_plus

WAITING, DONE, IGNORED, NEEDS_ATTENTION, FAILED = "waiting", "done", "ignored", "needs_attention", "failed"

events = Table(
    "events",
    metadata,
    Column("sequence", BigId, primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("company_id", Text),  # null until the connection of a realm is known (R24)
    Column("source", Text, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("told_order", Ordered, nullable=False),
    Column("occurred_at", Time, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("settled_at", Time),
    Column("correlation_id", Text, nullable=False),
    Column("cause_id", Text),
    Column("content_hash", Text, nullable=False),
    Column("outcome", Json),
    UniqueConstraint("source", "delivery_id"),
    sqlite_autoincrement=True,
)
_is_waiting = events.c.state == WAITING
Index("ix_events_waiting", events.c.stream, events.c.sequence, postgresql_where=_is_waiting, sqlite_where=_is_waiting)
Index("ix_events_waiting_since", events.c.received_at, postgresql_where=_is_waiting, sqlite_where=_is_waiting)
Index("ix_events_stream", events.c.stream, events.c.sequence)
Index("ix_events_received", events.c.company_id, events.c.received_at)

event_payloads = Table(
    "event_payloads",
    metadata,
    Column("received_at", Time, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("company_id", Text),
    Column("payload", Json, nullable=False),
    postgresql_partition_by="RANGE (received_at)",
)

refusals = Table(
    "refusals",
    metadata,
    Column("refusal_id", BigId, primary_key=True, autoincrement=True),
    Column("company_id", Text),
    Column("source", Text, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("faults", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Time, nullable=False),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True)
class Accepted:
    """What became of a delivery: its event, whether it was known already, and whether it says something else now."""

    event_id: str
    stream: str
    queue: str
    is_new: bool
    is_due: bool
    conflicts: bool


def new_event_id() -> str:
    """`ev_` and 26 characters that sort by time, so that indexes grow at one end."""
    stamp = time.time_ns() // 1_000_000  # only to sort by; every time that means something is the database's
    return f"ev_{stamp:012x}{secrets.token_hex(7)}"


def insert_new(session: Session, deliveries: Sequence[Delivery]) -> list[Accepted]:
    """Store what is new, sorted by its unique key (R4), in one statement per table; tells about each delivery.

    A hint that re-arms (R11) and was done before waits again. Company and lane of a stream that is known already
    fill what the delivery could not say.
    """
    streams.create(session, {_stream_of(delivery) for delivery in deliveries if not delivery.ignored})
    owners = streams.owners_of(session, {delivery.stream for delivery in deliveries})
    at = session.execute(select(now())).scalar_one()
    unique = {(delivery.source, delivery.delivery_id): delivery for delivery in deliveries}
    rows = [_row(unique[key], owners, at) for key in sorted(unique)]
    fresh = set(session.scalars(insert_if_new(events).returning(events.c.event_id), rows))
    payloads = [
        {"received_at": at, "event_id": row["event_id"], "company_id": row["company_id"], "payload": delivery.payload}
        for row, delivery in zip(rows, (unique[key] for key in sorted(unique)), strict=True)
        if row["event_id"] in fresh
    ]
    if payloads:
        session.execute(insert(event_payloads), payloads)
    known = _known(session, [row for row in rows if row["event_id"] not in fresh])
    by_key = rows_by_key(rows)
    again = _wait_again(
        session, [known[key].event_id for key, told in sorted(unique.items()) if _rearms(told, known.get(key))]
    )
    return [_accepted(delivery, by_key, fresh, known, again) for delivery in deliveries]


def rows_by_key(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["source"], row["delivery_id"]): row for row in rows}


def _stream_of(delivery: Delivery) -> streams.NewStream:
    return streams.NewStream(delivery.stream, delivery.queue, delivery.company_id, delivery.lane)


def _row(delivery: Delivery, owners: dict[str, tuple[str | None, str | None]], at: datetime) -> dict[str, Any]:
    company_id = delivery.company_id or owners.get(delivery.stream, (None, None))[0]
    return {
        "event_id": new_event_id(),
        "company_id": company_id,
        "source": delivery.source,
        "delivery_id": delivery.delivery_id,
        "kind": delivery.kind,
        "stream": delivery.stream,
        "state": IGNORED if delivery.ignored else WAITING,
        "told_order": delivery.order,
        "occurred_at": delivery.occurred_at,
        "received_at": at,
        "settled_at": at if delivery.ignored else None,
        "correlation_id": delivery.correlation_id or delivery.delivery_id,
        "cause_id": delivery.cause_id,
        "content_hash": delivery.content_hash,
    }


def _known(session: Session, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], Row[Any]]:
    if not rows:
        return {}
    keys = [(row["source"], row["delivery_id"]) for row in rows]
    found: Any = session.execute(
        select(events.c.source, events.c.delivery_id, events.c.event_id, events.c.state, events.c.content_hash).where(
            tuple_(events.c.source, events.c.delivery_id).in_(keys)
        )
    )
    return {(row.source, row.delivery_id): row for row in found}


def _accepted(
    delivery: Delivery,
    rows: dict[tuple[str, str], dict[str, Any]],
    fresh: set[str],
    known: dict[tuple[str, str], Row[Any]],
    again: set[str],
) -> Accepted:
    key = (delivery.source, delivery.delivery_id)
    if key not in known:
        event_id = rows[key]["event_id"]
        return Accepted(event_id, delivery.stream, delivery.queue, event_id in fresh, not delivery.ignored, False)
    before = known[key]
    conflicts = bool(delivery.content_hash) and before.content_hash != delivery.content_hash
    return Accepted(before.event_id, delivery.stream, delivery.queue, False, before.event_id in again, conflicts)


def _rearms(delivery: Delivery, before: Row[Any] | None) -> bool:
    """Whether a hint without an id of its own is told again after it was done (R11)."""
    return delivery.rearms and before is not None and before.state == DONE


def _wait_again(session: Session, event_ids: Sequence[str]) -> set[str]:
    """Let hints wait again, locked in the order given (R4); gives those that do."""
    if not event_ids:
        return set()
    mine = events.c.event_id.in_(event_ids) & (events.c.state == DONE)
    session.execute(
        select(events.c.event_id)
        .where(mine)
        .order_by(events.c.source, events.c.delivery_id)
        .with_for_update(key_share=True)
    ).all()
    waits = update(events).where(mine).values(state=WAITING, settled_at=None, outcome=None)
    return set(session.scalars(waits.returning(events.c.event_id)))


def refuse(
    session: Session,
    *,
    company_id: str | None,
    source: str,
    delivery_id: str,
    reason: str,
    faults: Sequence[Fault],
    body: bytes,
) -> None:
    """Keep a signed delivery that we could not use; it does not use up its id."""
    session.execute(
        insert(refusals).values(
            company_id=company_id,
            source=source,
            delivery_id=delivery_id,
            reason=reason,
            faults=[{"pointer": f.pointer, "code": f.code, "message": f.message} for f in faults],
            body=body,
            received_at=now(),
        )
    )


# ---------------------------------------------------------------- what a worker reads and settles


def waiting(session: Session, stream: str, at_most: int = 1000) -> list[Event]:
    """The waiting events of a stream, oldest first."""
    return _with_payloads(session, and_(events.c.stream == stream, _is_waiting), at_most)


def parked(session: Session, stream: str) -> list[Event]:
    """The events of a stream that wait for a person."""
    return _with_payloads(session, and_(events.c.stream == stream, events.c.state == NEEDS_ATTENTION), 1000)


def _with_payloads(session: Session, where: Any, at_most: int) -> list[Event]:
    joined = events.join(
        event_payloads,
        and_(event_payloads.c.event_id == events.c.event_id, event_payloads.c.received_at == events.c.received_at),
        isouter=True,
    )
    rows = session.execute(
        select(events, event_payloads.c.payload)
        .select_from(joined)
        .where(where)
        .order_by(events.c.sequence)
        .limit(at_most)
    )
    return [_event(row) for row in rows]


def _event(row: Row[Any]) -> Event:
    return Event(
        event_id=row.event_id,
        kind=row.kind,
        stream=row.stream,
        source=row.source,
        delivery_id=row.delivery_id,
        company_id=row.company_id,
        received_at=row.received_at,
        occurred_at=row.occurred_at,
        order=row.told_order,
        correlation_id=row.correlation_id,
        payload=row.payload or {},
    )


def settle(session: Session, event_ids: Collection[str], state: str, outcome: dict[str, Any] | None = None) -> None:
    """Give events their final state, with what came of them."""
    if event_ids:
        session.execute(
            update(events)
            .where(events.c.event_id.in_(sorted(event_ids)))
            .values(state=state, settled_at=now(), outcome=outcome)
        )


def any_waiting(session: Session, stream: str) -> bool:
    return (
        session.execute(select(events.c.sequence).where(events.c.stream == stream, _is_waiting).limit(1)).first()
        is not None
    )


def streams_waiting() -> Select[tuple[str]]:
    """The streams that have an event waiting longer than the door's flag may take (R2)."""
    return select(events.c.stream).where(_is_waiting, events.c.received_at <= now_plus(-streams.WAITED_S)).distinct()


def adopt(session: Session, stream: str, company_id: str) -> None:
    """Give the events of a realm the company that owns it, once that is known (R24)."""
    owned = update(events).where(events.c.stream == stream, events.c.company_id.is_(None))
    session.execute(owned.values(company_id=company_id))
    ids = select(events.c.event_id).where(events.c.stream == stream)
    payloads = update(event_payloads).where(event_payloads.c.company_id.is_(None), event_payloads.c.event_id.in_(ids))
    session.execute(payloads.values(company_id=company_id))


def replay(session: Session, event_ids: Collection[str]) -> list[str]:
    """Let settled events wait again; gives the streams that are to be made due."""
    again = (
        update(events)
        .where(events.c.event_id.in_(sorted(event_ids)), events.c.state != WAITING)
        .values(state=WAITING, settled_at=None, outcome=None)
        .returning(events.c.stream)
    )
    return list(session.scalars(again))


# ---------------------------------------------------------------- what people read


def find(session: Session, event_id: str) -> Event | None:
    found = _with_payloads(session, events.c.event_id == event_id, 1)
    return found[0] if found else None


def row_of(session: Session, event_id: str) -> Row[Any] | None:
    return session.execute(select(events).where(events.c.event_id == event_id)).one_or_none()


def between(session: Session, since: datetime, until: datetime | None, company_id: str | None) -> list[str]:
    """The ids of the events received in a span of time."""
    query = select(events.c.event_id).where(events.c.received_at >= since)
    if until is not None:
        query = query.where(events.c.received_at <= until)
    if company_id is not None:
        query = query.where(events.c.company_id == company_id)
    return list(session.scalars(query.order_by(events.c.sequence)))


def listed(
    session: Session, *, company_id: str | None, state: str | None, since: datetime | None, limit: int
) -> list[Row[Any]]:
    """The newest events first."""
    query = select(events).order_by(events.c.sequence.desc()).limit(limit)
    if company_id is not None:
        query = query.where(or_(events.c.company_id == company_id, events.c.company_id.is_(None)))
    if state is not None:
        query = query.where(events.c.state == state)
    if since is not None:
        query = query.where(events.c.received_at >= since)
    return list(session.execute(query))


def backlog(session: Session) -> tuple[int, datetime | None]:
    """How many events wait, and since when the oldest of them."""
    row = session.execute(select(func.count(), func.min(events.c.received_at)).where(_is_waiting)).one()
    return row[0], row[1]
