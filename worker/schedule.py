"""The schedule: the timers every connection has, as streams whose claim sets their next time (R17)."""

from __future__ import annotations

from dataclasses import dataclass

from models.domain import keys
from models.records import streams
from models.records.connections import Connection
from models.records.database import Session
from models.records.streams import NewStream


@dataclass(frozen=True)
class Timer:
    """A kind of timer: the first part of its streams' keys, and how often it is due."""

    name: str
    every_s: float


SCHEDULE = (
    Timer("catch-up", 15 * 60.0),
    Timer("overdue", 15 * 60.0),
)


def set_timers(session: Session, connection: Connection) -> None:
    """Start a connection's timers, or leave them as they run."""
    for timer in SCHEDULE:
        key = keys.joined(timer.name, connection.connection_id)
        stream = NewStream(key, "books", connection.company_id, connection.lane)
        streams.set_timer(session, stream, timer.every_s, first_in_s=timer.every_s)
