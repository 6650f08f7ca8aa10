"""Attention: what only a person can settle, with its cause, its remedy and the choices; unique by cause while open."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Row, Table, Text, and_, func, select, update

from models.domain.errors import Problem
from models.records.database import Json, Session, Time, insert_if_new, metadata, now

attention = Table(
    "attention",
    metadata,
    Column("attention_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("crm", Text),
    Column("deal_id", Text),
    Column("slot", Text),
    Column("connection_id", Text),
    Column("reason", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("choices", Json, nullable=False),
    Column("detail", Json, nullable=False),
    Column("state", Text, nullable=False),  # open, resolved
    Column("since", Time, nullable=False),
    Column("resolved_at", Time),
    Column("resolution", Text),
    Column("by", Text),
)
_is_open = attention.c.state == "open"
Index(
    "uq_attention_open",
    attention.c.company_id,
    attention.c.stream,
    attention.c.reason,
    attention.c.cause,
    unique=True,
    postgresql_where=_is_open,
    sqlite_where=_is_open,
)
Index("ix_attention_cause", attention.c.company_id, attention.c.cause, postgresql_where=_is_open, sqlite_where=_is_open)
Index("ix_attention_deal", attention.c.company_id, attention.c.crm, attention.c.deal_id)


def raise_all(
    session: Session,
    problems: Iterable[Problem],
    *,
    company_id: str,
    stream: str,
    event_ids: Sequence[str],
    crm: str | None,
    deal_id: str | None,
    slot: str | None,
    connection_id: str | None,
) -> None:
    """Open a point for each problem of these events, unless the same is open already.

    What is no problem of theirs any more is closed; the points of other events of the stream stay as they are.
    """
    problems = list(problems)
    _close_others(session, company_id, stream, problems, event_ids)
    for problem in sorted(problems, key=lambda problem: (problem.reason, problem.cause)):
        add(
            session,
            problem,
            company_id=company_id,
            stream=stream,
            event_id=event_ids[-1],
            crm=crm,
            deal_id=deal_id,
            slot=slot,
            connection_id=connection_id,
        )


def add(
    session: Session,
    problem: Problem,
    *,
    company_id: str,
    stream: str,
    event_id: str,
    crm: str | None = None,
    deal_id: str | None = None,
    slot: str | None = None,
    connection_id: str | None = None,
) -> None:
    """Open one point, unless the same is open already."""
    session.execute(
        insert_if_new(attention).values(
            attention_id=f"at_{secrets.token_hex(8)}",
            company_id=company_id,
            stream=stream,
            event_id=event_id,
            crm=crm,
            deal_id=deal_id,
            slot=slot,
            connection_id=connection_id,
            reason=problem.reason,
            cause=problem.cause,
            message=problem.message,
            remedy=problem.remedy,
            choices=list(problem.choices),
            detail=dict(problem.detail),
            state="open",
            since=now(),
        )
    )


def _close_others(
    session: Session, company_id: str, stream: str, problems: Collection[Problem], event_ids: Collection[str]
) -> None:
    still = {(problem.reason, problem.cause) for problem in problems}
    for row in open_of_stream(session, company_id, stream):
        if row.event_id in event_ids and (row.reason, row.cause) not in still:
            resolve(session, row.attention_id, by="dealbooks", resolution="no longer a problem")


def close_of(
    session: Session, company_id: str, stream: str, event_ids: Collection[str], *, by: str, resolution: str
) -> None:
    """Close every open point that these events of a stream waited for: they are settled."""
    mine = and_(attention.c.company_id == company_id, attention.c.stream == stream, _is_open)
    theirs = and_(mine, attention.c.event_id.in_(sorted(event_ids)))
    session.execute(
        update(attention).where(theirs).values(state="resolved", resolved_at=now(), by=by, resolution=resolution)
    )


def resolve(session: Session, attention_id: str, *, by: str, resolution: str) -> bool:
    """Close one point; tells whether it was open."""
    mine = and_(attention.c.attention_id == attention_id, _is_open)
    closed = update(attention).where(mine).values(state="resolved", resolved_at=now(), by=by, resolution=resolution)
    return session.execute(closed).rowcount > 0


def find(session: Session, attention_id: str) -> Row[Any] | None:
    return session.execute(select(attention).where(attention.c.attention_id == attention_id)).one_or_none()


def open_of_stream(session: Session, company_id: str, stream: str) -> list[Row[Any]]:
    mine = and_(attention.c.company_id == company_id, attention.c.stream == stream, _is_open)
    return list(session.execute(select(attention).where(mine).order_by(attention.c.attention_id)))


def streams_with_cause(session: Session, company_id: str, cause: str) -> list[str]:
    """The streams that wait because of the same thing: what removes it wakes them all (R16)."""
    same = and_(attention.c.company_id == company_id, attention.c.cause == cause, _is_open)
    return list(session.scalars(select(attention.c.stream).where(same).distinct().order_by(attention.c.stream)))


def streams_with_reason(session: Session, company_id: str, reason: str) -> list[str]:
    """The streams with an open point of this reason."""
    same = and_(attention.c.company_id == company_id, attention.c.reason == reason, _is_open)
    return list(session.scalars(select(attention.c.stream).where(same).distinct().order_by(attention.c.stream)))


def listed(
    session: Session, *, company_id: str | None, state: str | None, since: datetime | None, limit: int
) -> list[Row[Any]]:
    query = select(attention).order_by(attention.c.since.desc(), attention.c.attention_id).limit(limit)
    if company_id is not None:
        query = query.where(attention.c.company_id == company_id)
    if state is not None:
        query = query.where(attention.c.state == state)
    if since is not None:
        query = query.where(attention.c.since >= since)
    return list(session.execute(query))


def count_open(session: Session) -> int:
    return session.execute(select(func.count()).where(_is_open)).scalar_one()
