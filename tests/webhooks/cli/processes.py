"""The real commands as processes of their own: started, asked, told to stop, and never left behind."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from worker.crm import generic

ROOT = Path(__file__).parents[3]
WITHIN_S = 60.0


def wait_until(holds: Callable[[], Any], why: str, within_s: float = WITHIN_S) -> Any:
    """What the condition gives once it holds, within a bound."""
    until = time.monotonic() + within_s
    while not (held := holds()):
        assert time.monotonic() < until, f"not within {within_s} s: {why}"
        time.sleep(0.02)
    return held


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process' environment with these settings instead of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DEALBOOKS_")}
    return {**kept, **settings, "PYTHONPATH": str(ROOT)}


class Command:
    """One running `dealbooks …`."""

    def __init__(self, *arguments: str, folder: Path, settings: Mapping[str, str]) -> None:
        self.arguments = arguments
        self._errors = folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webhooks.cli", *arguments],
                cwd=folder,
                env=environment(settings),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.lines: list[str] = []
        self._told: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            self._told.put(line)
        self._told.put("")

    @property
    def log(self) -> str:
        return self._errors.read_text()

    def ready(self) -> dict[str, Any]:
        """The ready line."""
        line = self._told.get(timeout=WITHIN_S)
        assert line, f"{self.arguments} ended: {self.log}"
        told = json.loads(line)
        assert told["ready"] is True
        return dict(told)

    def has_logged(self, words: str) -> None:
        wait_until(lambda: words in self.log or self.process.poll() is not None, f"{words} in the log")
        assert words in self.log, self.log

    def stop(self, *signals: signal.Signals) -> int:
        """Tell it to stop, and give its exit code."""
        for number in signals or (signal.SIGTERM,):
            self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(timeout=WITHIN_S)
        self._reader.join(timeout=WITHIN_S)
        return code

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process.poll() is None:
            self.process.kill()
        self.ended()
        assert self.process.stdout is not None
        self.process.stdout.close()


def post_deal(url: str, secret: str, event: Mapping[str, Any]) -> requests.Response:
    """Post an event as a CRM does, signed."""
    body = json.dumps(event).encode()
    return requests.post(
        url, data=body, headers=generic.sign(body, str(event["id"]), int(time.time()), secret), timeout=30
    )
