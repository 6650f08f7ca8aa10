"""Streams: one row for each thing that is decided by one decider at a time; also holds and timers (R1, R2, R5, R12).

Due means `due_at` has come; leased means `lease_until` lies ahead. There is no state column: that would be a second
truth beside the events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    update,
)

from models.records import lanes
from models.records.database import Session, Time, insert_if_new, metadata, now, now_plus
from models.records.lanes import is_open

LEASE_S = 6.0
"""How long a lease lasts unless it is renewed (R5)."""
RENEW_FOR_S = 300.0
"""A handling older than this is not renewed any more (R5)."""
WAITED_S = 2.0
"""A waiting event this old on a stream that is neither due nor leased was missed by the door's flag (R2)."""
RING_AGAIN_S = 10.0
SWEEP_AT_MOST = 500

streams = Table(
    "streams",
    metadata,
    Column("key", Text, primary_key=True),
    Column("company_id", Text),  # null until the connection of a realm is known (R24)
    Column("queue", Text, nullable=False),
    Column("lane", Text),
    Column("due_at", Time),
    Column("every_s", Float),  # a timer: its claim sets the next due_at
    Column("lease_token", Text),
    Column("lease_until", Time),
    Column("leased_at", Time),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("rung_at", Time),
)
Index(
    "ix_streams_due", streams.c.queue, streams.c.lane, streams.c.due_at, postgresql_where=streams.c.due_at.is_not(None)
)
Index("ix_streams_lease", streams.c.lease_token, postgresql_where=streams.c.lease_token.is_not(None))

_is_free = or_(streams.c.lease_until.is_(None), streams.c.lease_until <= now())
_is_due = streams.c.due_at <= now()


@dataclass(frozen=True)
class NewStream:
    key: str
    queue: str
    company_id: str | None = None
    lane: str | None = None


@dataclass(frozen=True)
class Lease:
    """The right to decide about one stream. `token` is new at every claim."""

    key: str
    queue: str
    lane: str
    company_id: str
    token: str
    attempts: int
    is_timer: bool


def create(session: Session, new: Iterable[NewStream]) -> None:
    """Make sure the streams exist, neither due nor leased; sorted by key (R4)."""
    rows = [
        {"key": stream.key, "queue": stream.queue, "company_id": stream.company_id, "lane": stream.lane}
        for stream in sorted(new, key=lambda stream: stream.key)
    ]
    if rows:
        session.execute(insert_if_new(streams), rows)


def owners_of(session: Session, keys: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
    """Company and lane of each stream.

    Those that nobody owns yet are held to the end of the transaction: a connection that is made meanwhile waits, and
    then adopts what is stored here too.
    """
    columns = select(streams.c.key, streams.c.company_id, streams.c.lane)
    owners = {row.key: (row.company_id, row.lane) for row in session.execute(columns.where(streams.c.key.in_(keys)))}
    unowned = sorted(key for key, (company_id, _) in owners.items() if company_id is None)
    if unowned:
        held = columns.where(streams.c.key.in_(unowned)).order_by(streams.c.key).with_for_update(read=True)
        owners.update({row.key: (row.company_id, row.lane) for row in session.execute(held)})
    return owners


def make_due(session: Session, key: str) -> bool:
    """Set the flag that a claim looks for, unless it stands already; tells whether it was set (R1)."""
    flag = update(streams).where(streams.c.key == key, or_(streams.c.due_at.is_(None), streams.c.due_at > now()))
    return session.execute(flag.values(due_at=now())).rowcount > 0


def set_timer(session: Session, stream: NewStream, every_s: float, first_in_s: float) -> None:
    """Make a stream that becomes due by itself, again and again (R17)."""
    create(session, [stream])
    session.execute(
        update(streams)
        .where(streams.c.key == stream.key)
        .values(
            company_id=stream.company_id,
            lane=stream.lane,
            queue=stream.queue,
            every_s=every_s,
            due_at=now_plus(first_in_s),
        )
    )


def adopt(session: Session, key: str, company_id: str, lane: str) -> None:
    """Give a stream the company and the lane that only now are known, and make it due (R24)."""
    session.execute(update(streams).where(streams.c.key == key).values(company_id=company_id, lane=lane, due_at=now()))


def route(session: Session, key: str, lane: str) -> None:
    """Move a stream to the lane of the connection that was chosen for it."""
    session.execute(update(streams).where(streams.c.key == key, streams.c.lane != lane).values(lane=lane))


def wake_lane(session: Session, lane: str) -> None:
    """Make due whatever waits on a lane for a time that need not be waited for any more."""
    waits = and_(streams.c.lane == lane, streams.c.due_at > now(), streams.c.every_s.is_(None))
    mine = select(streams.c.key).where(waits).order_by(streams.c.key).with_for_update(skip_locked=True, key_share=True)
    session.execute(update(streams).where(streams.c.key.in_(mine)).values(due_at=now()))


# ---------------------------------------------------------------- leases


def claim(session: Session, queue: str, token: str, full: Sequence[str], crowded: Sequence[str]) -> Lease | None:
    """Take the due stream that waits longest on the least recently served open lane, or None (R3, R17).

    Lanes in `full` are passed over; lanes in `crowded` only while another lane has something due.
    Clears `due_at` (or sets a timer's next) in the commit that takes the lease: a flag set later stays for the next.
    """
    ready = exists().where(streams.c.queue == queue, streams.c.lane == lanes.lanes.c.lane, _is_due, _is_free)
    waiting = session.scalars(
        select(lanes.lanes.c.lane)
        .where(is_open, ready, lanes.lanes.c.lane.not_in(full) if full else true())
        .order_by(lanes.lanes.c.served_at.asc().nulls_first(), lanes.lanes.c.lane)
        .limit(16)
    ).all()
    fair = [lane for lane in waiting if lane not in crowded] or list(waiting)
    for lane in fair:
        lease = _claim_of_lane(session, queue, lane, token)
        if lease:
            lanes.served(session, lane)
            return lease
    return None


def _claim_of_lane(session: Session, queue: str, lane: str, token: str) -> Lease | None:
    first = (
        select(streams.c.key)
        .where(streams.c.queue == queue, streams.c.lane == lane, _is_due, _is_free)
        .order_by(streams.c.due_at)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
        .scalar_subquery()
    )
    next_due = case((streams.c.every_s.is_(None), None), else_=now_plus(streams.c.every_s))
    row = session.execute(
        update(streams)
        .where(streams.c.key == first, _is_due, _is_free)
        .values(
            lease_token=token,
            lease_until=now_plus(LEASE_S),
            leased_at=now(),
            due_at=next_due,
            rung_at=None,
            attempts=streams.c.attempts + 1,
        )
        .returning(streams.c.key, streams.c.company_id, streams.c.attempts, streams.c.every_s)
    ).one_or_none()
    if row is None:
        return None
    return Lease(row.key, queue, lane, row.company_id, token, row.attempts, row.every_s is not None)


def renew(session: Session, tokens: Collection[str]) -> None:
    """Prolong a process's leases by one statement, in key order, passing over what is locked (R5)."""
    mine = (
        select(streams.c.key)
        .where(streams.c.lease_token.in_(sorted(tokens)), streams.c.leased_at > now_plus(-RENEW_FOR_S))
        .order_by(streams.c.key)
        .with_for_update(skip_locked=True, key_share=True)
    )
    session.execute(update(streams).where(streams.c.key.in_(mine)).values(lease_until=now_plus(LEASE_S)))


def still_mine(session: Session, lease: Lease) -> bool:
    """Hold the stream's row to the end of this transaction, and tell whether the lease on it is still ours (R5)."""
    held = select(streams.c.key).where(streams.c.key == lease.key, streams.c.lease_token == lease.token)
    return session.execute(held.with_for_update(key_share=True)).first() is not None


def is_leased(session: Session, token: str) -> bool:
    """Whether a claim made with this token still stands."""
    valid = select(streams.c.key).where(streams.c.lease_token == token, streams.c.lease_until > now())
    return session.execute(valid.limit(1)).first() is not None


def release(session: Session, lease: Lease, *, due_in_s: float | None, keep_attempts: bool, give_back: bool) -> None:
    """End a lease. `due_in_s` makes the stream due again then, where it is not due earlier already.

    Attempts start again from none, stay (`keep_attempts`, after a bug), or lose the last one (`give_back`, TryLater).
    """
    if give_back:
        attempts: Any = case((streams.c.attempts > 0, streams.c.attempts - 1), else_=0)
    else:
        attempts = streams.c.attempts if keep_attempts else 0
    due: Any = streams.c.due_at
    if due_in_s is not None:
        then = now_plus(due_in_s)
        due = case((or_(streams.c.due_at.is_(None), streams.c.due_at > then), then), else_=streams.c.due_at)
    session.execute(
        update(streams)
        .where(streams.c.key == lease.key, streams.c.lease_token == lease.token)
        .values(lease_token=None, lease_until=None, leased_at=None, attempts=attempts, due_at=due)
    )


# ---------------------------------------------------------------- holds (R12)


def take_holds(session: Session, keys: Collection[str], *, company_id: str, token: str, for_s: float) -> bool:
    """Lease all of the keys or none; never waits for another who has one of them."""
    wanted = sorted(set(keys))
    create(session, [NewStream(key, "", company_id) for key in wanted])
    mine = or_(_is_free, streams.c.lease_token == token)
    free = session.scalars(
        select(streams.c.key)
        .where(streams.c.key.in_(wanted), mine)
        .order_by(streams.c.key)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    if len(free) < len(wanted):
        return False
    session.execute(
        update(streams)
        .where(streams.c.key.in_(wanted))
        .values(lease_token=token, lease_until=now_plus(for_s), leased_at=now())
    )
    return True


def drop_holds(session: Session, token: str) -> None:
    """Give up every hold that was taken with this token; a hold leaves nothing behind."""
    session.execute(delete(streams).where(streams.c.lease_token == token, streams.c.queue == ""))


def hand_over_holds(session: Session, token: str, *, to: str, for_s: float) -> None:
    """Keep holds for somebody who comes later, under another token and for so long."""
    held = update(streams).where(streams.c.lease_token == token, streams.c.queue == "")
    session.execute(held.values(lease_token=to, lease_until=now_plus(for_s)))


# ---------------------------------------------------------------- the sweep (R2)


def sweep(session: Session, waiting_since: Any) -> dict[str, int]:
    """Find what is due and was not heard of, mark it as rung, and tell how many streams of each queue there are.

    `waiting_since` is a query of the keys of streams that have a waiting event older than WAITED_S.
    """
    lane_open = exists().where(lanes.lanes.c.lane == streams.c.lane, is_open)
    not_rung = or_(streams.c.rung_at.is_(None), streams.c.rung_at <= now_plus(-RING_AGAIN_S))
    missed = and_(streams.c.due_at.is_(None), streams.c.key.in_(waiting_since))
    found = session.execute(
        select(streams.c.key, streams.c.queue)
        .where(_is_free, not_rung, lane_open, or_(_is_due, missed))
        .order_by(streams.c.key)
        .limit(SWEEP_AT_MOST)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    if not found:
        return {}
    session.execute(
        update(streams)
        .where(streams.c.key.in_([row.key for row in found]))
        .values(due_at=func.coalesce(streams.c.due_at, now()), rung_at=now())
    )
    counted: dict[str, int] = {}
    for row in found:
        counted[row.queue] = counted.get(row.queue, 0) + 1
    return counted
