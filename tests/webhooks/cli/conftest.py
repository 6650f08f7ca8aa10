"""What the tests of the command line share: short commands in this process, long ones in their own."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.webhooks.cli.processes import Command
from webhooks.cli import dealbooks


class Shell:
    """Runs short commands in a folder of its own with the settings it was given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, str] = {}

    def __call__(self, *arguments: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(dealbooks, arguments, env=self.settings, input=stdin)
        if isinstance(result.exception, Exception):
            raise result.exception
        return result

    def told(self, *arguments: str, stdin: str | None = None) -> Any:
        """The answer in JSON of a command that succeeds."""
        result = self(*arguments, "--json", stdin=stdin)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: str, stdin: str | None = None) -> str:
        """The sentence of a command that is refused."""
        result = self(*arguments, stdin=stdin)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        return result.stderr


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell in an empty folder, whose settings are nobody's else."""
    import os

    for name in [name for name in os.environ if name.startswith("DEALBOOKS_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "shell"
    folder.mkdir()
    monkeypatch.chdir(folder)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Shell(folder)
    root.handlers, root.level = handlers, level  # a command's log goes to a stream that is gone after it


@pytest.fixture
def data_shell(shell: Shell, migrated_file: Path) -> Shell:
    """A shell beside a migrated SQLite database in its data folder."""
    data = shell.folder / ".dealbooks"
    data.mkdir()
    shutil.copy(migrated_file, data / "dealbooks.sqlite3")
    return shell


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start a long command with some settings; none of them outlives the test."""
    running: list[Command] = []
    folder = tmp_path / "processes"
    folder.mkdir()

    def start_one(*arguments: str, **settings: str) -> Command:
        told = {f"DEALBOOKS_{name.upper()}": value for name, value in settings.items()}
        running.append(Command(*arguments, folder=folder, settings=told))
        return running[-1]

    yield start_one
    for command in running:
        command.end()
