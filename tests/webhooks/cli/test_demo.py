"""`dealbooks demo`, as somebody sees it first."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from rich.console import Console

from tests.webhooks.cli.conftest import Shell
from webhooks.cli import story
from webhooks.cli.story import CHAPTERS, Story, WentWrong
from webhooks.cli.story_stage import Stage, money

ROOT = Path(__file__).parents[3]


@pytest.mark.timeout(180)
def test_the_whole_story_comes_out_right_whatever_this_shell_is_set_to(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    surroundings = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(temporary),
        "DEALBOOKS_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/production",
        "DEALBOOKS_QUICKBOOKS_ENVIRONMENT": "production",
    }
    (tmp_path / ".env").write_text("DEALBOOKS_BROKER_URL=redis://127.0.0.1:9/0\n")
    said = subprocess.run(
        [sys.executable, "-P", "-m", "webhooks.cli", "demo"],
        cwd=tmp_path,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    for title, _ in CHAPTERS:
        assert title in said.stdout
    assert "Every outcome is right" in said.stdout
    assert "\x1b" not in said.stdout
    assert not any(line.endswith(" ") for line in said.stdout.splitlines())
    assert list(temporary.iterdir()) == []


def compares_wrongly(told: Story) -> None:
    told.check("invoices made", 4, 3)


def cannot_go_on(_told: Story) -> None:
    raise WentWrong("the invoice of D-101 did not happen within 20 s")


@pytest.mark.parametrize(
    ("chapter", "sentence"),
    [(compares_wrongly, "invoices made is 4, but should be 3"), (cannot_go_on, "did not happen within 20 s")],
)
def test_what_is_wrong_is_told_with_the_log_and_fails(
    chapter: object, sentence: str, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(story, "CHAPTERS", (("A chapter", chapter),))
    said = shell("demo")
    assert said.exit_code == 1
    assert sentence in said.stdout
    assert "Every outcome is right" not in said.stdout
    named = re.search(r"The log of this run:\s+(\S+)", said.stdout)
    assert named is not None
    assert "work_started" in Path(named[1]).read_text()


ROWS = [("D-1", "Ann", "1001", "1,900.00", "900.00", "partially_paid"), ("D-2", "", "", "", "", "waits for you")]


def shown_on(console: Console) -> str:
    with Stage(console) as stage:
        stage.chapter(1, "A deal is won")
        stage.show(ROWS)
        stage.good("It is there.")
        stage.show_for_good()
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_gets_a_table_that_fills_in_colour() -> None:
    told = shown_on(Console(file=io.StringIO(), force_terminal=True, width=80, color_system="standard"))
    assert "the deals as the CRM reads them" in told
    assert "\x1b[36mpartially_paid" in told


def test_anything_else_gets_plain_lines_and_the_table_once() -> None:
    told = shown_on(Console(file=io.StringIO(), force_terminal=False))
    assert "\x1b" not in told
    assert told.count("partially_paid") == 1
    (line,) = [line for line in told.splitlines() if "D-1" in line]
    heading = next(line for line in told.splitlines() if "Total USD" in line)
    assert line.index("1,900.00") + len("1,900.00") == heading.index("Total USD") + len("Total USD")


def test_money_is_shown_with_its_cents_and_its_currency() -> None:
    assert money("1900.00", "USD") == "1,900.00 USD"
    assert money(None, "USD") == ""
