"""Stopping by signals: in good order at the first, at once at a later one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import IO

import pytest

from tests.webhooks.cli.processes import ROOT, WITHIN_S, environment, wait_until

PROGRAM = """
import sys
from webhooks.cli.stopping import Stopping
with Stopping() as stopping:
    print("running", flush=True)
    stopping.wait()
    print("stopping", flush=True)
    sys.stdin.readline()
    print("stopped", flush=True)
"""


@pytest.fixture
def program() -> Iterator[subprocess.Popen[str]]:
    """A process that takes its time to stop: until it is told a line."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment({}), stdin=pipe, stdout=pipe, text=True
    ) as running:
        assert lines(running).readline() == "running\n"
        yield running
        if running.poll() is None:
            running.kill()


def lines(running: subprocess.Popen[str]) -> IO[str]:
    assert running.stdout is not None
    return running.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_first_signal_ends_it_in_good_order(program: subprocess.Popen[str], number: signal.Signals) -> None:
    program.send_signal(number)
    told, _ = program.communicate("go on\n", timeout=WITHIN_S)
    assert told == "stopping\nstopped\n"
    assert program.returncode == 0


def test_signals_that_come_together_are_one_wish(program: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        program.send_signal(number)
    told, _ = program.communicate("go on\n", timeout=WITHIN_S)
    assert told == "stopping\nstopped\n"
    assert program.returncode == 0


def test_a_twin_that_comes_late_does_not_spoil_a_good_end(program: subprocess.Popen[str]) -> None:
    program.send_signal(signal.SIGTERM)
    assert program.stdin is not None
    program.stdin.write("go on\n")
    program.stdin.flush()
    assert [lines(program).readline() for _ in range(2)] == ["stopping\n", "stopped\n"]
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=WITHIN_S) == 0


def test_who_insists_ends_it_at_once(program: subprocess.Popen[str]) -> None:
    program.send_signal(signal.SIGTERM)
    assert lines(program).readline() == "stopping\n"

    def insisted() -> bool:
        program.send_signal(signal.SIGTERM)
        return program.poll() is not None

    wait_until(insisted, "the end")
    assert program.returncode == 128 + signal.SIGTERM
    assert lines(program).read() == ""
