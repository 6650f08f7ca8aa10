"""Pauses: stop a thread at a named step until the test lets it go on, or make it die there like a killed process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import text

from models.records.database import Database
from worker import steps

T = TypeVar("T")
WITHIN_S = 20.0
"""Whoever waits longer than this waits for something that does not come."""


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that only another thread, process or database knows."""
    end = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.005)


def waiting_for_locks(database: Database) -> int:
    """How many sessions of this PostgreSQL database wait for a lock that another holds."""
    ungranted = "pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()"
    with database.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(DISTINCT pid) FROM {ungranted}")).scalar_one())


class Died(BaseException):
    """What a killed process looks like from inside: nothing catches it, nothing is cleared up."""


@dataclass
class Stop:
    """The place where the first thread to reach a step stands still."""

    step: str
    taken: bool = False
    _there: threading.Event = field(default_factory=threading.Event)
    _go: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Until somebody stands here."""
        assert self._there.wait(WITHIN_S), f"nobody came to {self.step}"

    def release(self) -> None:
        self._go.set()

    def stand(self) -> None:
        self._there.set()
        assert self._go.wait(WITHIN_S), f"nobody let go of {self.step}"


class Watch:
    """Who is stopped where; one of it watches the steps for the length of a test."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._stops: list[Stop] = []
        self._deaths: list[str] = []
        self._told: list[str] = []

    def __call__(self, step: str) -> None:
        with self._guard:
            self._told.append(step)
            if step in self._deaths:
                self._deaths.remove(step)
                raise Died(step)
            stop = next((each for each in self._stops if each.step == step and not each.taken), None)
            if stop is not None:
                stop.taken = True
        if stop is not None:
            stop.stand()

    @contextmanager
    def pause_at(self, step: str) -> Iterator[Stop]:
        """The first thread that reaches the step stands there until released, at the latest when the block ends."""
        stop = Stop(step)
        with self._guard:
            self._stops.append(stop)
        try:
            yield stop
        finally:
            stop.release()
            with self._guard:
                self._stops.remove(stop)

    def die_at(self, step: str) -> None:
        """The next thread that reaches the step dies there."""
        with self._guard:
            self._deaths.append(step)

    def times(self, step: str) -> int:
        """How often a step was reached so far."""
        with self._guard:
            return self._told.count(step)


@contextmanager
def watched() -> Iterator[Watch]:
    watch = Watch()
    steps.watch(watch)
    try:
        yield watch
    finally:
        steps.watch(None)


class Background:
    """Threads of a test; each is waited for, and what it raises is raised in the test."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def __call__(self, job: Callable[[], T]) -> Future[T]:
        done: Future[T] = Future()

        def run() -> None:
            try:
                done.set_result(job())
            except BaseException as error:
                done.set_exception(error)

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()
        return done

    def join(self) -> None:
        for thread in self._threads:
            thread.join(WITHIN_S)
