"""The inbox: what was told is committed first; only then are its streams made due and the bell rung (R1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog
from sqlalchemy.exc import DBAPIError

from models.domain.events import Delivery
from models.records import attention, events, streams
from models.records.database import SQLITE_ROWS, DatabaseBusy
from models.records.events import Accepted
from worker import steps
from worker.wiring import Wiring

log = structlog.get_logger(__name__)

DOOR_WAIT_S = 2.0
FLAG_WAIT_MS = 100
POSTGRESQL_ROWS = 2000


def accept(wiring: Wiring, deliveries: Sequence[Delivery], whom: str) -> list[Accepted]:
    """Store deliveries, each once, for a company or as OPERATOR; then make due what they are about, and ring.

    Raises DatabaseBusy or DBAPIError where they could not be stored. What comes after the commit never raises: a
    stream whose flag is missed is found by the sweep.
    """
    accepted: list[Accepted] = []
    for portion in _portions(wiring, deliveries):
        with wiring.database.writing(whom, wait=DOOR_WAIT_S) as session:
            accepted += events.insert_new(session, portion)
    steps.reached("door.committed")
    make_due(wiring, {one.stream: one.queue for one in accepted if one.is_due}, whom)
    return accepted


def make_due(wiring: Wiring, due: dict[str, str], whom: str) -> None:
    """Set the flag of each stream in a statement of its own, and ring for each that was set."""
    for stream in sorted(due):
        try:
            with wiring.database.writing(whom, wait=FLAG_WAIT_MS / 1000, lock_timeout_ms=FLAG_WAIT_MS) as session:
                is_set = streams.make_due(session, stream)
        except (DBAPIError, DatabaseBusy):
            log.info("flag_missed", stream=stream)
            continue
        steps.reached("door.flagged")
        if is_set:
            wiring.ring(due[stream])


def _portions(wiring: Wiring, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
    size = SQLITE_ROWS if wiring.database.is_sqlite else POSTGRESQL_ROWS
    for start in range(0, len(deliveries), size):
        yield deliveries[start : start + size]


def wake_cause(wiring: Wiring, company_id: str, cause: str) -> None:
    """What removed a cause lets everything that waited for it be decided again (R16)."""
    with wiring.database.writing(company_id) as session:
        waiting = attention.streams_with_cause(session, company_id, cause)
        for stream in waiting:
            events.replay(session, [parked.event_id for parked in events.parked(session, stream)])
    make_due(wiring, dict.fromkeys(waiting, "deals"), company_id)
