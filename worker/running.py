"""Running: a process's worker threads and its clock, started and stopped in one place."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import dramatiq
import structlog
from dramatiq.broker import Broker

from worker import jobs
from worker.broker import QUEUES
from worker.handling import Crew
from worker.wiring import Wiring

log = structlog.get_logger(__name__)

RENEW_EVERY_S = 2.0
LOOK_EVERY_S = 0.5
SWEEP_EVERY_S = 1.0
STOP_WITHIN_MS = 45_000
"""A stop lets what is in hand end; a call to QuickBooks may take 30 s."""


@dataclass
class Work:
    """The worker of one process: Dramatiq's threads, which ring-answers run on, and a look where no ring was heard."""

    wiring: Wiring
    broker: Broker
    threads: int = 8
    queues: tuple[str, ...] = QUEUES
    crew: Crew = field(init=False)

    def __post_init__(self) -> None:
        self.crew = Crew(self.wiring, self.threads)
        jobs.declare(self.broker, self.crew, self.queues)
        self._worker = dramatiq.Worker(
            self.broker, queues=set(self.queues), worker_threads=self.threads, worker_timeout=100
        )
        self._lookers = ThreadPoolExecutor(max_workers=self.threads, thread_name_prefix="look")
        self._ended = threading.Event()

    def start(self) -> None:
        self._worker.start()
        jobs.every(RENEW_EVERY_S, self.crew.renew, self._ended, "renew")
        jobs.every(LOOK_EVERY_S, self._look, self.crew.stopping, "look")
        log.info("work_started", threads=self.threads, queues=list(self.queues))

    def stop(self) -> None:
        """Take nothing new, let what is in hand end, then end; leases are renewed until then."""
        self.crew.stopping.set()
        self._worker.stop(timeout=STOP_WITHIN_MS)
        self._lookers.shutdown(wait=True, cancel_futures=True)
        self._ended.set()
        log.info("work_stopped")

    def _look(self) -> None:
        self.crew.look(self.queues, self._spread)

    def _spread(self, queue: str) -> None:
        if not self.crew.stopping.is_set():
            self._lookers.submit(self.crew.drain, queue, self._spread)


@dataclass
class Clock:
    """The clock of one process; several are harmless."""

    wiring: Wiring
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        jobs.every(SWEEP_EVERY_S, lambda: jobs.sweep(self.wiring), self._ended, "sweep")

    def stop(self) -> None:
        self._ended.set()
