"""Looking: the few questions that only the command line asks of the database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, and_, func, or_, select

from models.records.attention import attention
from models.records.database import Session
from models.records.events import events
from models.records.history import history
from models.records.intents import ASKED, UNCERTAIN, Intent, intents
from models.records.invoices import invoices
from models.records.streams import NewStream, streams


def streams_of(session: Session, keys: Collection[str]) -> dict[str, NewStream]:
    """Each of these streams with its queue, company and lane."""
    rows = session.execute(
        select(streams.c.key, streams.c.queue, streams.c.company_id, streams.c.lane).where(
            streams.c.key.in_(sorted(keys))
        )
    )
    return {row.key: NewStream(row.key, row.queue, row.company_id, row.lane) for row in rows}


def events_of(session: Session, event_ids: Collection[str]) -> list[Row[Any]]:
    """The rows of these events, oldest first."""
    query = select(events).where(events.c.event_id.in_(sorted(event_ids))).order_by(events.c.sequence)
    return list(session.execute(query))


def failed_count(session: Session) -> int:
    """How many events were set aside after a bug."""
    return session.execute(select(func.count()).where(events.c.state == "failed")).scalar_one()


def attention_of_event(session: Session, event_id: str) -> list[Row[Any]]:
    """Every point that an event raised, settled ones too."""
    query = select(attention).where(attention.c.event_id == event_id).order_by(attention.c.since)
    return list(session.execute(query))


def attention_of_deal(session: Session, company_id: str, crm: str, deal_id: str) -> list[Row[Any]]:
    """Every point about a deal, settled ones too, oldest first."""
    mine = and_(attention.c.company_id == company_id, attention.c.crm == crm, attention.c.deal_id == deal_id)
    return list(session.execute(select(attention).where(mine).order_by(attention.c.since)))


def invoices_called(session: Session, name: str, connection_id: str | None, company_id: str | None) -> list[Row[Any]]:
    """The invoices that have this id or carry this number."""
    query = select(invoices).where(or_(invoices.c.invoice_id == name, invoices.c.number == name))
    if connection_id is not None:
        query = query.where(invoices.c.connection_id == connection_id)
    if company_id is not None:
        query = query.where(invoices.c.company_id == company_id)
    return list(session.execute(query.order_by(invoices.c.connection_id, invoices.c.invoice_id)))


def history_of(session: Session, connection_id: str, invoice_id: str) -> list[Row[Any]]:
    """Everything that happened to an invoice, oldest first."""
    mine = and_(history.c.connection_id == connection_id, history.c.invoice_id == invoice_id)
    return list(session.execute(select(history).where(mine).order_by(history.c.history_id)))


def unsettled_intents(session: Session) -> list[Row[Any]]:
    """Every change of which we do not know whether the books have it, oldest first."""
    query = select(intents).where(intents.c.state.in_((ASKED, UNCERTAIN))).order_by(intents.c.first_asked_at)
    return list(session.execute(query))


def hold_intent(session: Session, intent_id: str) -> Intent | None:
    """An intent as it stands, kept from changing until this transaction ends."""
    query = select(intents).where(intents.c.intent_id == intent_id).with_for_update(key_share=True)
    row = session.execute(query).one_or_none()
    return Intent(**row._mapping) if row else None
