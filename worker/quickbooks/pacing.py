"""Pacing: how fast one realm may be called, shared by all workers through its lane's row."""

from __future__ import annotations

import random
import time

from config.settings import Pace
from models.domain.errors import TryLater
from models.records import lanes
from models.records.database import Database

LONGEST_WAIT_S = 2.0
"""A thread waits this long for its turn at the most; after that the stream steps back."""


def wait_for_turn(database: Database, company_id: str, lane: str, pace: Pace | None) -> None:
    """Wait for the realm's next place for a call. Raises TryLater where that is too far off.

    500 calls a minute is the narrower of Intuit's two limits, so calls are spaced by it evenly.
    """
    if pace is None:
        return
    interval = max(1.0 / pace.per_second, 60.0 / pace.per_minute)
    with database.writing(company_id) as session:
        wait = lanes.reserve_call(session, lane, interval, LONGEST_WAIT_S)
    if wait is None:
        raise TryLater(LONGEST_WAIT_S * (0.5 + random.random()), "the realm's calls are spaced")  # noqa: S311
    if wait > 0:
        time.sleep(wait)
