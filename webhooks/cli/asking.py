"""Asking: what a command wants changed is an event like any other; the command then waits to see what came of it."""

from __future__ import annotations

import getpass
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Row

from models.domain.events import Delivery
from models.records import events
from models.records.database import OPERATOR
from webhooks import inbox
from webhooks.cli.common import Refused
from worker.wiring import Wiring

T = TypeVar("T")
LOOK_EVERY_S = 0.1
SOURCE = "command"


def ask(
    wiring: Wiring, *, kind: str, stream: str, queue: str, company_id: str, lane: str, payload: Mapping[str, Any]
) -> str:
    """Store what a person asked for as an event, and ring; gives the event's id."""
    delivery = Delivery(
        source=SOURCE,
        delivery_id=secrets.token_hex(16),
        kind=kind,
        stream=stream,
        queue=queue,
        company_id=company_id,
        lane=lane,
        payload=payload,
        occurred_at=datetime.now(UTC),
    )
    (accepted,) = inbox.accept(wiring, [delivery], OPERATOR)
    return accepted.event_id


def settled(wiring: Wiring, event_id: str, wait_s: float) -> Row[Any] | None:
    """The event's row once nobody has to work on it any more; None if that takes longer than `wait_s` seconds."""
    return found_within(wait_s, lambda: _settled_row(wiring, event_id))


def found_within(wait_s: float, find: Callable[[], T | None]) -> T | None:
    """What `find` gives once it gives something; None when it gives nothing within `wait_s` seconds."""
    until = time.monotonic() + wait_s
    while (found := find()) is None and time.monotonic() < until:
        time.sleep(min(LOOK_EVERY_S, max(0.0, until - time.monotonic())))
    return found


def not_taken_up(event_id: str, wait_s: float) -> Refused:
    """It is stored and nothing is lost, but no outcome is known yet."""
    return Refused(
        f"It is stored as {event_id}, but nothing came of it within {wait_s:g} s. It is not lost: a running "
        f"`dealbooks up` or `dealbooks work` takes it up. See `dealbooks events show {event_id}`.",
        code="not_settled_yet",
        status=504,
    )


def whoever_types() -> str:
    """The name of whoever is logged in here, for the records; `command` where the machine does not know."""
    try:
        return getpass.getuser() or SOURCE
    except (OSError, KeyError, ImportError):
        return SOURCE


def _settled_row(wiring: Wiring, event_id: str) -> Row[Any] | None:
    with wiring.database.reading(OPERATOR) as session:
        row = events.row_of(session, event_id)
    return row if row is not None and row.state != events.WAITING else None
