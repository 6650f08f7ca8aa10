"""The guards: take each rule out of a copy of the code; the test that watches it must go red (`make guards`)."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = (".git", ".venv", ".hypothesis", ".mypy_cache", ".ruff_cache", ".dealbooks", "__pycache__", "*.sqlite3*")
WITHIN_S = 240
POSTGRESQL = "DEALBOOKS_TEST_DATABASE_URL"


class NotFound(Exception):
    """The code that a guard takes out is not there as written, or not only once."""


@dataclass(frozen=True)
class Guard:
    """A rule: where it is written (one line or several that follow each other), what it is without, and its test."""

    name: str
    file: str
    line: str
    replacement: str
    test: str
    occurrence: int = 0

    @property
    def needs_postgresql(self) -> bool:
        return self.test.endswith("[postgresql]")


@dataclass(frozen=True)
class Run:
    """What one run of pytest said of one test."""

    passed: bool
    failed: bool
    broke: bool
    output: str


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", help="only these guards")
    options.add_argument("--jobs", type=int, default=2)
    wanted = options.parse_args()
    listed = tomllib.loads((ROOT / "tests" / "guards.toml").read_text(encoding="utf-8"))["guard"]
    guards = [Guard(**entry) for entry in listed if not wanted.names or entry["name"] in wanted.names]
    runnable = [guard for guard in guards if not guard.needs_postgresql or os.environ.get(POSTGRESQL)]
    with tempfile.TemporaryDirectory(prefix="dealbooks-guards-") as folder:
        whole = _copy(Path(folder) / "whole")
        _check_that_the_copy_is_used(whole)
        green = _greens(whole, sorted({guard.test for guard in runnable}))
        with ThreadPoolExecutor(max_workers=wanted.jobs) as several:
            said = list(several.map(lambda guard: _verdict(guard, whole, Path(folder), green), runnable))
    for guard, (holds, words) in zip(runnable, said, strict=True):
        print(f"{'red ' if holds else 'FAIL'}  {guard.name:<44} {words}")
    for guard in guards:
        if guard not in runnable:
            print(f"-     {guard.name:<44} needs {POSTGRESQL}")
    holding = sum(holds for holds, _ in said)
    print(f"{holding} of {len(runnable)} guards hold")
    return 0 if runnable and holding == len(runnable) else 1


def _verdict(guard: Guard, whole: Path, folder: Path, green: set[str]) -> tuple[bool, str]:
    """Whether the test is green with the rule and red without it; and a word to the reader."""
    if guard.test not in green:
        return False, f"{guard.test} does not pass as the code is"
    copy = folder / guard.name.replace(" ", "-").replace("/", "-")
    shutil.copytree(whole, copy)
    try:
        _patch(copy / guard.file, guard)
        run = _pytest(copy, [guard.test])
    except NotFound as error:
        return False, str(error)
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    if run.failed and not run.broke:
        return True, guard.test
    end = "\n".join(run.output.splitlines()[-15:])
    return False, f"{guard.test} {'breaks instead of failing' if run.broke else 'stays green'}\n{end}"


def _copy(to: Path) -> Path:
    shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return to


def _patch(path: Path, guard: Guard) -> None:
    """Replace the line, or the lines that follow each other; the replacement gets the first one's indentation."""
    wanted = [line.strip() for line in guard.line.strip().splitlines()]
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [
        start
        for start in range(len(lines) - len(wanted) + 1)
        if [line.strip() for line in lines[start : start + len(wanted)]] == wanted
    ]
    if not starts or (len(starts) > 1 and not guard.occurrence) or guard.occurrence > len(starts):
        raise NotFound(f"{guard.file} has {len(starts)} of: {wanted[0]}")
    start = starts[max(guard.occurrence, 1) - 1]
    indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
    new = [indent + line if line else line for line in guard.replacement.strip("\n").splitlines()]
    patched = "\n".join([*lines[:start], *new, *lines[start + len(wanted) :]]) + "\n"
    compile(patched, str(path), "exec")
    path.write_text(patched, encoding="utf-8")


def _greens(whole: Path, tests: Sequence[str]) -> set[str]:
    """Which tests pass as the code is."""
    output = _pytest(whole, tests).output.splitlines()
    for line in output:
        if line.startswith("ERROR: "):  # one test that is not there stops them all: say which
            print(line)
    passed = [line.split()[1] for line in output if line.startswith("PASSED ")]
    failed = [line.split()[1] for line in output if line.startswith(("FAILED ", "ERROR "))]

    def told(test: str, nodes: Sequence[str]) -> bool:
        return any(node == test or node.startswith(f"{test}[") for node in nodes)

    return {test for test in tests if told(test, passed) and not told(test, failed)}


def _pytest(copy: Path, tests: Sequence[str]) -> Run:
    command = [sys.executable, "-m", "pytest", "-rA", "--tb=short", "--show-capture=no", "--timeout=60", *tests]
    try:
        done = subprocess.run(
            command, cwd=copy, env=_environment(copy), capture_output=True, text=True, timeout=WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        return Run(False, False, True, f"no end within {WITHIN_S} s")
    lines = done.stdout.splitlines()
    failed = done.returncode == 1 and any(line.startswith("FAILED ") for line in lines)
    broke = done.returncode not in (0, 1) or any(line.startswith("ERROR ") for line in lines)
    return Run(done.returncode == 0, failed, broke or not (failed or done.returncode == 0), done.stdout + done.stderr)


def _environment(copy: Path) -> dict[str, str]:
    """The copy's packages come before those of the environment, which may point to the original."""
    return {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def _check_that_the_copy_is_used(copy: Path) -> None:
    show = "import models.records.events, tests.stack, worker.handling as h; print(h.__file__, tests.stack.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", show], cwd=copy, env=_environment(copy), capture_output=True, text=True, check=True
    )
    strangers = [place for place in done.stdout.split() if not Path(place).resolve().is_relative_to(copy.resolve())]
    if strangers:
        raise SystemExit(f"the guards would test {strangers[0]} instead of a copy of it")


if __name__ == "__main__":
    sys.exit(main())
