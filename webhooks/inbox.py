"""The inbox: what was told is committed first; only then are its streams made due and the bell rung (R1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.domain.events import Delivery
from models.records import events
from models.records.database import SQLITE_ROWS
from models.records.events import Accepted
from worker import steps
from worker.waking import make_due
from worker.wiring import Wiring

DOOR_WAIT_S = 2.0
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
            steps.reached("door.inserted")
    steps.reached("door.committed")
    make_due(wiring, {one.stream: one.queue for one in accepted if one.is_due}, whom)
    return accepted


def _portions(wiring: Wiring, deliveries: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
    size = SQLITE_ROWS if wiring.database.is_sqlite else POSTGRESQL_ROWS
    for start in range(0, len(deliveries), size):
        yield deliveries[start : start + size]
