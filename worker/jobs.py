"""The jobs: what Dramatiq runs, and what every process does by the clock beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import dramatiq
import structlog
from dramatiq.broker import Broker

from models.records import events, streams
from models.records.database import OPERATOR
from worker.broker import ACTOR
from worker.handling import Crew
from worker.wiring import Wiring

log = structlog.get_logger(__name__)

MOST_RINGS = 16
"""More rings than that for one queue wake nobody who is not awake already."""


def declare(broker: Broker, crew: Crew, queues: Iterable[str]) -> None:
    """Tell Dramatiq our one job, once for each queue."""
    for queue in queues:
        job = dramatiq.actor(broker=broker, actor_name=ACTOR.format(queue=queue), queue_name=queue)
        job(_job(crew, queue))


def _job(crew: Crew, queue: str) -> Callable[[], None]:
    def handle_due() -> None:
        crew.hear(queue)
        crew.drain(queue)

    return handle_due


def sweep(wiring: Wiring) -> None:
    """Find what is due and was not heard of, and ring for it (R2)."""
    with wiring.database.writing(OPERATOR) as session:
        found = streams.sweep(session, events.streams_waiting())
    for queue, number in found.items():
        wiring.ring(queue, times=min(number, MOST_RINGS))


def every(seconds: float, job: Callable[[], None], stopping: threading.Event, name: str) -> threading.Thread:
    """Run a job again and again in a thread of its own until it is time to stop; a failure is logged, never the end."""

    def run() -> None:
        while not stopping.wait(seconds):
            try:
                job()
            except Exception as error:
                log.warning("clock_job_failed", job=name, why=type(error).__name__)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
