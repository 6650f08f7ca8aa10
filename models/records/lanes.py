"""Lanes: a connection's place in the queue — whether it is paused or parked, when it was last served, its pacing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Integer, Row, Table, Text, and_, case, or_, select, update

from models.records.database import Session, Time, insert_if_new, metadata, now, now_plus, time_plus

lanes = Table(
    "lanes",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("paused_until", Time),
    Column("parked", Text),  # the reason, or null where the lane is open
    Column("served_at", Time),
    Column("next_call_at", Time),  # when the next call to the realm may begin
    Column("wakes", Integer, nullable=False, server_default="0"),  # how often something was woken, on a company's own
)

is_open = and_(lanes.c.parked.is_(None), or_(lanes.c.paused_until.is_(None), lanes.c.paused_until <= now()))


def add(session: Session, *, lane: str, company_id: str) -> None:
    session.execute(insert_if_new(lanes).values(lane=lane, company_id=company_id))


def find(session: Session, lane: str) -> Row[Any] | None:
    return session.execute(select(lanes).where(lanes.c.lane == lane)).one_or_none()


def is_open_now(session: Session, lane: str) -> bool:
    """Whether anything of a lane may be handled now."""
    return session.execute(select(lanes.c.lane).where(lanes.c.lane == lane, is_open)).first() is not None


def park(session: Session, lane: str, reason: str) -> bool:
    """Close a lane until somebody opens it; nothing on it is claimed. Tells whether it was open before."""
    parked = update(lanes).where(lanes.c.lane == lane, lanes.c.parked.is_(None)).values(parked=reason)
    return session.execute(parked).rowcount > 0


def unpark(session: Session, lane: str) -> None:
    session.execute(update(lanes).where(lanes.c.lane == lane).values(parked=None, paused_until=None))


def pause(session: Session, lane: str, seconds: float) -> None:
    """Claim nothing of a lane for so long; a longer pause already set stays."""
    until = now_plus(seconds)
    longer = or_(lanes.c.paused_until.is_(None), lanes.c.paused_until < until)
    session.execute(update(lanes).where(lanes.c.lane == lane, longer).values(paused_until=until))


def count_wake(session: Session, lane: str) -> None:
    """Note that what stood in the way of something is gone; whoever is about to park looks here first (R16)."""
    session.execute(update(lanes).where(lanes.c.lane == lane).values(wakes=lanes.c.wakes + 1))


def wakes(session: Session, lane: str, *, hold: bool = False) -> int:
    """How often something was woken. `hold` keeps others from counting on until this transaction ends."""
    query = select(lanes.c.wakes).where(lanes.c.lane == lane)
    if hold:
        query = query.with_for_update(read=True)
    return session.execute(query).scalar_one_or_none() or 0


def served(session: Session, lane: str) -> None:
    """Note that a lane was served just now, without ever waiting for another who notes the same."""
    mine = select(lanes.c.lane).where(lanes.c.lane == lane).with_for_update(skip_locked=True, key_share=True)
    session.execute(update(lanes).where(lanes.c.lane.in_(mine)).values(served_at=now()))


def reserve_call(session: Session, lane: str, interval_s: float, longest_wait_s: float) -> float | None:
    """Take the realm's next place for a call, `interval_s` after the one before it.

    Gives the seconds to wait until then, or None where that is more than `longest_wait_s` (nothing is taken).
    """
    free = or_(lanes.c.next_call_at.is_(None), lanes.c.next_call_at <= now())
    within = or_(free, lanes.c.next_call_at <= now_plus(longest_wait_s))
    row = session.execute(
        update(lanes)
        .where(lanes.c.lane == lane, within)
        .values(next_call_at=case((free, now_plus(interval_s)), else_=time_plus(lanes.c.next_call_at, interval_s)))
        .returning(lanes.c.next_call_at, now().label("at"))
    ).one_or_none()
    if row is None:
        return None
    ahead: float = (row.next_call_at - row.at).total_seconds() - interval_s
    return max(0.0, ahead)
