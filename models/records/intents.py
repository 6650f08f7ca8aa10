"""Intents: one change each that we mean to make in the books, its frozen body and its outcome (R6 to R9)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, Row, Table, Text, UniqueConstraint, and_, insert, select, update

from models.domain import keys
from models.records.database import Json, Session, Time, metadata, now

PLANNED, ASKED, DONE, REFUSED, UNCERTAIN = "planned", "asked", "done", "refused", "uncertain"
OPEN = (PLANNED, ASKED, UNCERTAIN)

intents = Table(
    "intents",
    metadata,
    Column("intent_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("connection_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("request_id", Text, nullable=False, unique=True),
    Column("marker", Text, nullable=False),
    Column("cause", Text, nullable=False),  # the event it comes from
    Column("state", Text, nullable=False),
    Column("body", Text, nullable=False),  # exactly what is sent; frozen from `asked` on
    Column("decision", Json, nullable=False),  # what it was decided from, to tell differences later
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("asker", Text),  # the lease under which it was asked last
    Column("first_asked_at", Time),
    Column("asked_at", Time),
    Column("outcome", Json),  # the answer or the fault, and the evidence
    Column("book_id", Text),  # the id that the books gave
    Column("intuit_tid", Text),
    Column("planned_at", Time, nullable=False),
    Column("settled_at", Time),
    UniqueConstraint("company_id", "kind", "subject", "slot", "generation"),
)
_is_open = intents.c.state.in_(OPEN)
Index(
    "uq_intents_open",
    intents.c.company_id,
    intents.c.kind,
    intents.c.subject,
    intents.c.slot,
    unique=True,
    postgresql_where=_is_open,
    sqlite_where=_is_open,
)
Index("ix_intents_book_id", intents.c.connection_id, intents.c.kind, intents.c.book_id)
Index("ix_intents_open", intents.c.connection_id, intents.c.kind, postgresql_where=_is_open, sqlite_where=_is_open)


@dataclass(frozen=True)
class Plan:
    """A change as decided: who, what, about what, from which event, and the body without its marker."""

    company_id: str
    connection_id: str
    kind: str
    subject: str
    cause: str
    body: Mapping[str, Any]
    slot: str = "1"
    decision: Mapping[str, Any] | None = None
    numbered: bool = False  # the books want a number and the CRM gave none
    again: bool = False  # a person asked for another generation although one is done


@dataclass(frozen=True)
class Intent:
    intent_id: str
    company_id: str
    connection_id: str
    kind: str
    subject: str
    slot: str
    generation: int
    request_id: str
    marker: str
    cause: str
    state: str
    body: str
    decision: Mapping[str, Any]
    attempts: int
    asker: str | None
    first_asked_at: datetime | None
    asked_at: datetime | None
    outcome: Mapping[str, Any] | None
    book_id: str | None
    intuit_tid: str | None
    planned_at: datetime
    settled_at: datetime | None


def newest(session: Session, *, company_id: str, kind: str, subject: str, slot: str) -> Intent | None:
    """The last generation of an intent."""
    row = session.execute(
        select(intents).where(_identity(company_id, kind, subject, slot)).order_by(intents.c.generation.desc()).limit(1)
    ).one_or_none()
    return Intent(**row._mapping) if row else None


Freeze = Callable[[str, Mapping[str, Any], str], str]
"""How a body becomes the text that is sent: (kind, body, marker) to JSON."""


def plan(session: Session, wanted: Plan, freeze: Freeze) -> Intent:
    """Find or freeze the intent of a plan (R6).

    An open one is found again (a planned one takes the new body); a done one is found by its own cause, and by any
    other cause too unless a person asked for another; after a refusal the next generation follows by itself.
    `freeze` puts the marker into the body and writes it down as it will be sent.
    """
    last = newest(session, company_id=wanted.company_id, kind=wanted.kind, subject=wanted.subject, slot=wanted.slot)
    if last is not None and last.state == PLANNED:
        return _freeze_again(session, last, wanted, freeze)
    if last is not None and last.state in (ASKED, UNCERTAIN):
        return last
    if last is not None and last.state == DONE and (last.cause == wanted.cause or not wanted.again):
        return last
    return _open(session, wanted, (last.generation if last else 0) + 1, freeze)


def _open(session: Session, wanted: Plan, generation: int, freeze: Freeze) -> Intent:
    request_id = keys.request_id(wanted.company_id, wanted.kind, wanted.subject, wanted.slot, generation)
    marker = keys.marker_of(request_id)
    row = session.execute(
        insert(intents)
        .values(
            intent_id=f"in_{secrets.token_hex(10)}",
            company_id=wanted.company_id,
            connection_id=wanted.connection_id,
            kind=wanted.kind,
            subject=wanted.subject,
            slot=wanted.slot,
            generation=generation,
            request_id=request_id,
            marker=marker,
            cause=wanted.cause,
            state=PLANNED,
            body=freeze(wanted.kind, wanted.body, marker),
            decision=dict(wanted.decision or {}),
            planned_at=now(),
        )
        .returning(intents)
    ).one()
    return Intent(**row._mapping)


def _freeze_again(session: Session, last: Intent, wanted: Plan, freeze: Freeze) -> Intent:
    row = session.execute(
        update(intents)
        .where(intents.c.intent_id == last.intent_id, intents.c.state == PLANNED)
        .values(
            body=freeze(wanted.kind, wanted.body, last.marker),
            decision=dict(wanted.decision or {}),
            cause=wanted.cause,
            connection_id=wanted.connection_id,
        )
        .returning(intents)
    ).one()
    return Intent(**row._mapping)


def ask(session: Session, intent: Intent, asker: str) -> Intent:
    """Note, before the call, that the books are being asked; from here on the body is frozen."""
    row = session.execute(
        update(intents)
        .where(intents.c.intent_id == intent.intent_id, intents.c.state.in_(OPEN))
        .values(
            state=ASKED,
            asker=asker,
            asked_at=now(),
            first_asked_at=intent.first_asked_at or now(),
            attempts=intents.c.attempts + 1,
        )
        .returning(intents)
    ).one()
    return Intent(**row._mapping)


def not_asked(session: Session, intent: Intent) -> None:
    """This ask certainly did not happen (401, 403, 429): as before it. Another's ask since then is left alone."""
    is_first = intent.attempts <= 1
    session.execute(
        update(intents)
        .where(
            intents.c.intent_id == intent.intent_id,
            intents.c.state == ASKED,
            intents.c.asker == intent.asker,
            intents.c.attempts == intent.attempts,
        )
        .values(
            state=PLANNED if is_first else UNCERTAIN,
            attempts=intent.attempts - 1,
            asker=None,
            first_asked_at=None if is_first else intent.first_asked_at,
        )
    )


def settle(
    session: Session,
    intent: Intent,
    state: str,
    *,
    outcome: Mapping[str, Any],
    book_id: str | None = None,
    intuit_tid: str | None = None,
) -> bool:
    """Write down an outcome; tells whether it was written.

    `done` is never overwritten, and overwrites everything (R7); the other outcomes are said of what was asked only.
    """
    before = (PLANNED, ASKED, UNCERTAIN, REFUSED) if state == DONE else (ASKED, UNCERTAIN)
    changed = session.execute(
        update(intents)
        .where(intents.c.intent_id == intent.intent_id, intents.c.state.in_(before))
        .values(
            state=state,
            outcome=dict(outcome),
            book_id=book_id,
            intuit_tid=intuit_tid,
            settled_at=None if state == UNCERTAIN else now(),
        )
    )
    return changed.rowcount > 0


def had_fault(intent: Intent | None, code: str) -> bool:
    """Whether an intent was refused with this code of QuickBooks."""
    faults = (intent.outcome or {}).get("faults", []) if intent is not None else []
    return any(fault.get("code") == code for fault in faults)


def accept(session: Session, intent: Intent, decision: Mapping[str, Any]) -> None:
    """A person kept an invoice although its deal changed: from now on differences count from here."""
    session.execute(update(intents).where(intents.c.intent_id == intent.intent_id).values(decision=dict(decision)))


def made(session: Session, connection_id: str, kind: str, book_ids: list[str]) -> set[str]:
    """Which of these ids our own answers gave us, by a done intent of that kind (R11)."""
    if not book_ids:
        return set()
    return set(
        session.scalars(
            select(intents.c.book_id).where(
                intents.c.connection_id == connection_id,
                intents.c.kind == kind,
                intents.c.book_id.in_(book_ids),
                intents.c.state == DONE,
            )
        )
    )


def any_under_way(session: Session, connection_id: str, kind: str) -> bool:
    """Whether the outcome of an ask of this kind is still open on this connection (R11)."""
    under_way = and_(
        intents.c.connection_id == connection_id, intents.c.kind == kind, intents.c.state.in_((ASKED, UNCERTAIN))
    )
    return session.execute(select(intents.c.intent_id).where(under_way).limit(1)).first() is not None


def unsettled(session: Session, company_id: str, kind: str, subject: str) -> list[Intent]:
    """What was asked about a subject, in any slot, without an outcome that is known."""
    mine = and_(intents.c.company_id == company_id, intents.c.kind == kind, intents.c.subject == subject)
    is_unsettled = intents.c.state.in_((ASKED, UNCERTAIN))
    rows = session.execute(select(intents).where(mine, is_unsettled).order_by(intents.c.slot))
    return [Intent(**row._mapping) for row in rows]


def find(session: Session, intent_id: str) -> Intent | None:
    row = session.execute(select(intents).where(intents.c.intent_id == intent_id)).one_or_none()
    return Intent(**row._mapping) if row else None


def of_invoice(session: Session, connection_id: str, invoice_id: str) -> list[Intent]:
    """Everything we asked of one invoice, oldest first."""
    rows = session.execute(
        select(intents)
        .where(intents.c.connection_id == connection_id, intents.c.book_id == invoice_id)
        .where(intents.c.kind.in_(("create_invoice", "void_invoice")))
        .order_by(intents.c.planned_at)
    )
    return [Intent(**row._mapping) for row in rows]


def listed(
    session: Session, *, company_id: str | None, state: str | None, since: datetime | None, limit: int
) -> list[Row[Any]]:
    query = select(intents).order_by(intents.c.planned_at.desc()).limit(limit)
    if company_id is not None:
        query = query.where(intents.c.company_id == company_id)
    if state is not None:
        query = query.where(intents.c.state == state)
    if since is not None:
        query = query.where(intents.c.planned_at >= since)
    return list(session.execute(query))


def _identity(company_id: str, kind: str, subject: str, slot: str) -> Any:
    return and_(
        intents.c.company_id == company_id,
        intents.c.kind == kind,
        intents.c.subject == subject,
        intents.c.slot == slot,
    )
