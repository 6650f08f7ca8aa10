"""Waking: make streams due and ring for them, and let decide again what waited for something that is gone (R1, R16)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import structlog
from sqlalchemy.exc import DBAPIError

from models.domain import keys
from models.records import attention, events, lanes, streams
from models.records.database import DatabaseBusy, Session
from worker import steps
from worker.wiring import Wiring

log = structlog.get_logger(__name__)

FLAG_WAIT_MS = 100


def make_due(wiring: Wiring, due: Mapping[str, str], whom: str) -> None:
    """Set the flag of each stream (to its queue) in a statement of its own, and ring for each that was set.

    Never raises for a busy database: a stream whose flag is missed is found by the sweep.
    """
    for stream in sorted(due):
        is_set = _flag(wiring, stream, whom)
        if is_set is None:  # once more: a stream that is due at some later time is not found by the sweep before then
            is_set = _flag(wiring, stream, whom)
        steps.reached("door.flagged")
        if is_set:
            wiring.ring(due[stream])


def _flag(wiring: Wiring, stream: str, whom: str) -> bool | None:
    """Set one flag; None where the database was too busy for it."""
    try:
        with wiring.database.writing(whom, wait=FLAG_WAIT_MS / 1000, lock_timeout_ms=FLAG_WAIT_MS) as session:
            return streams.make_due(session, stream)
    except (DBAPIError, DatabaseBusy):
        log.info("flag_missed", stream=stream)
        return None


def wake(wiring: Wiring, company_id: str, waiting: Callable[[Session], Iterable[str]]) -> None:
    """Let what is parked on some streams be decided again; `waiting` finds the streams.

    The wake is counted before it looks, and whoever parks looks at the count in the commit that parks: so either this
    finds what was parked, or that one sees that it decided by something that is not true any more.
    """
    count_wake(wiring, company_id)
    with wiring.database.writing(company_id) as session:
        found = sorted(set(waiting(session)))
        for stream in found:
            events.replay(session, [parked.event_id for parked in events.parked(session, stream)])
    make_due(wiring, dict.fromkeys(found, "deals"), company_id)


def count_wake(wiring: Wiring, company_id: str) -> None:
    """Count a wake, in a commit of its own."""
    with wiring.database.writing(company_id) as session:
        lanes.count_wake(session, keys.company_lane(company_id))


def wake_cause(wiring: Wiring, company_id: str, *causes: str) -> None:
    """Wake every stream that waits for one of these causes to go away."""
    wake(
        wiring,
        company_id,
        lambda session: (
            stream for cause in causes for stream in attention.streams_with_cause(session, company_id, cause)
        ),
    )


def wake_reason(wiring: Wiring, company_id: str, *reasons: str) -> None:
    """Wake every stream with an open point for one of these reasons."""
    wake(
        wiring,
        company_id,
        lambda session: (
            stream for reason in reasons for stream in attention.streams_with_reason(session, company_id, reason)
        ),
    )
