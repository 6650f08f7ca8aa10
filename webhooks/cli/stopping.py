"""Stopping: a process of ours ends by signal, first in good order, and at once where somebody insists."""

from __future__ import annotations

import os
import signal
import time
from types import FrameType, TracebackType
from typing import Any, Self

SAME_WITHIN_S = 1.0
"""A terminal, or a runner of several processes, tells the whole group: the same wish may come twice at once."""


class Stopping:
    """Waits for SIGTERM or SIGINT in the main thread; a second one, more than a second later, ends at once."""

    def __init__(self) -> None:
        # A pipe, because a handler that sets an Event its own thread is waiting for may wait for itself.
        self._told, self._tell = os.pipe()
        self._first_at: float | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._told)
        os.close(self._tell)

    def wait(self) -> None:
        """Until somebody wants this process to stop."""
        os.read(self._told, 1)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first_at is None:
            self._first_at = now
            os.write(self._tell, b"x")
        elif now - self._first_at > SAME_WITHIN_S:
            os._exit(128 + number)
