"""The stack of the demo: `dealbooks up --sandbox` in a process of its own, in a folder that goes away afterwards."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import webhooks

READY_WITHIN_S = 45.0
STOPS_WITHIN_S = 20.0
COMMAND_WITHIN_S = 60.0
REPEAT_AFTER = "2 s"
LOG = "dealbooks.log"
OURS = Path(webhooks.__file__).resolve().parents[1]
"""Where our packages are, so that a process started in another folder finds them and nothing else instead."""


class StackFailed(Exception):
    """The stack did not come up, or went away; says what is known."""


@dataclass(frozen=True)
class Ready:
    """What `up` says once it is ready."""

    url: str
    sandbox_url: str
    webhook_url: str
    webhook_secret: str
    company: str
    connection: str
    realm: str
    database_url: str


class Stack:
    """A running `dealbooks up --sandbox`. Whatever settings this shell has, the demo uses none of them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dealbooks-demo-"))
        self.log = self.folder / LOG
        self._running: subprocess.Popen[str] | None = None
        self.ready: Ready | None = None

    def start(self) -> Ready:
        """Start it and wait until it accepts connections. Raises StackFailed."""
        with self.log.open("w", encoding="utf-8") as log:
            self._running = subprocess.Popen(  # noqa: S603 (our own command)
                [*_command("up", "--sandbox"), "--port", "0", "--sandbox-port", "0", "--json"],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops it
            )
        told = self._first_line(self._running)
        self.ready = Ready(**{name: str(told[name]) for name in Ready.__dataclass_fields__})
        return self.ready

    def run(self, *words: str, room: int) -> subprocess.CompletedProcess[str]:
        """Run another command of ours against it, as a person would on a terminal of so many columns."""
        return subprocess.run(  # noqa: S603 (our own command)
            _command(*words),
            cwd=self.folder,
            env={**self._environment(), "COLUMNS": str(room)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_WITHIN_S,
            check=False,
        )

    def stop(self) -> int:
        """Stop it as a service would be stopped; gives its exit code."""
        running = self._running
        if running is None:
            return 0
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        try:
            return running.wait(timeout=STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            running.kill()
            return running.wait()
        finally:
            if running.stdout is not None:
                running.stdout.close()

    def is_running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def forget(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.upper().startswith("DEALBOOKS_")}
        return {
            **own,
            "PYTHONPATH": str(OURS),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "DEALBOOKS_DATA_DIR": str(self.folder),
            "DEALBOOKS_QUICKBOOKS_REPEAT_AFTER": REPEAT_AFTER,
        }

    def _first_line(self, running: subprocess.Popen[str]) -> Mapping[str, Any]:
        assert running.stdout is not None
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda: lines.put(running.stdout.readline()), daemon=True).start()  # type: ignore[union-attr]
        try:
            told = json.loads(lines.get(timeout=READY_WITHIN_S))
        except queue.Empty:
            raise StackFailed(f"it was not ready within {READY_WITHIN_S:g} s") from None
        except ValueError:
            raise StackFailed(f"it ended while it started: {self._last_words()}") from None
        return dict(told)

    def _last_words(self) -> str:
        lines = self.log.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "webhooks.cli", *words]
