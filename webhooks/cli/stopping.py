"""Stopping: a process of ours ends by signal, first in good order, and at once where somebody insists."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SAME_WITHIN_S = 1.0
"""A terminal, or a runner of several processes, tells the whole group: the same wish may come twice at once."""


class Stopping:
    """Waits for SIGTERM or SIGINT, made in the main thread; a second one, more than a second later, ends at once."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        # Python runs a handler in the main thread only, once it is not waiting in the kernel: a signal that another
        # thread was given, or that came just before the wait, would not be seen. Its wake-up socket is written at once.
        self._told, self._tell = socket.socketpair()
        self._tell.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._tell.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            self._before[number] = signal.signal(number, lambda _number, _frame: None)
        self._listener = threading.Thread(target=self._listen, name="stopping", daemon=True)
        self._listener.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._wanted.is_set():
            # The process ends now. A signal sent twice may come only after everything has stopped: it must neither
            # turn a good end into a killed one, nor be heard by nobody while something still hangs.
            atexit.register(_ignore)
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._tell.close()
        self._listener.join()
        self._told.close()

    def wait(self) -> None:
        """Until somebody wants this process to stop."""
        self._wanted.wait()

    def _listen(self) -> None:
        first_at: float | None = None
        while told := self._told.recv(1):
            now = time.monotonic()
            if told[0] not in SIGNALS:
                continue
            if first_at is None:
                first_at = now
                self._wanted.set()
            elif now - first_at > SAME_WITHIN_S:
                os._exit(128 + told[0])


def _ignore() -> None:
    """What the interpreter does last takes handlers away, but leaves ignored signals ignored."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
