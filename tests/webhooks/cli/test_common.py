"""What every command shares: times, refusals, keys, and how rows are shown."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import click
import pytest

from tests.webhooks.cli.conftest import Shell
from webhooks.cli import COMMANDS
from webhooks.cli.common import Moment, Span
from webhooks.cli.showing import show_one, show_rows

AT = datetime(2026, 3, 13, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-03-13T10:00:00Z", AT),
        ("2026-03-13T11:00:00+01:00", AT),
        ("2026-03-13 10:00", AT),
        ("2026-03-13", datetime(2026, 3, 13, tzinfo=UTC)),
    ],
)
def test_a_time_is_told_in_iso_8601(told: str, meant: datetime) -> None:
    assert Moment().convert(told, None, None) == meant


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("24h", timedelta(hours=24)),
        ("30m", timedelta(minutes=30)),
        ("7d", timedelta(days=7)),
        ("90 s", timedelta(seconds=90)),
    ],
)
def test_a_span_is_so_long_and_as_a_time_so_long_ago(told: str, meant: timedelta) -> None:
    assert Span().convert(told, None, None) == meant
    before = datetime.now(UTC)
    assert before - meant <= Moment().convert(told, None, None) <= datetime.now(UTC) - meant


@pytest.mark.parametrize("told", ["yesterday", "24", "h", "-3h", "2026-13-01", ""])
def test_anything_else_is_wrong_use(told: str) -> None:
    with pytest.raises(click.BadParameter):
        Moment().convert(told, None, None)


ROW: dict[str, Any] = {
    "invoice_id": "145",
    "total": Decimal("1000.00"),
    "is_sent": 1,
    "issued_on": date(2026, 3, 13),
    "updated_at": AT,
    "note": "bell \x1b[31m\x07",
    "nothing": None,
    "realm_sealed": "gAAAA",
    "books": {"realm": "77", "country": "US"},
}


def test_json_keeps_names_and_exact_values_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([ROW], as_json=True, columns=["invoice_id"])
    assert json.loads(capsys.readouterr().out) == [
        {
            "invoice_id": "145",
            "total": "1000.00",
            "is_sent": True,
            "issued_on": "2026-03-13",
            "updated_at": "2026-03-13T10:00:00.000Z",
            "note": "bell \x1b[31m\x07",
            "nothing": None,
            "books": {"country": "US"},
        }
    ]


def test_a_table_is_aligned_and_nothing_in_it_reaches_the_terminal_as_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_rows([ROW, {**ROW, "total": Decimal("5.50"), "invoice_id": "x" * 200}], False, ["invoice_id", "total", "note"])
    head, first, second = capsys.readouterr().out.splitlines()
    assert "\x1b" not in head + first + second
    assert "x" * 200 in second
    assert first.index("1000.00") + len("1000.00") == second.index("5.50") + len("5.50")
    show_one(ROW, False)
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert "gAAAA" not in told
    assert "2026-03-13T10:00:00Z" in told


def test_an_empty_list_is_an_empty_array_and_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([], as_json=True)
    show_rows([], as_json=False, columns=["invoice_id"])
    assert capsys.readouterr().out == "[]\n"


def test_everything_wrong_with_the_settings_is_told_at_once(data_shell: Shell) -> None:
    data_shell.settings = {"DEALBOOKS_LOG_LEVEL": "loud", "DEALBOOKS_QUICKBOOKS_PACE": "off"}
    told = data_shell.refused("companies", "list")
    assert "DEALBOOKS_LOG_LEVEL" in told
    assert "DEALBOOKS_QUICKBOOKS_PACE" in told
    problem = json.loads(data_shell("companies", "list", "--json").stdout)
    assert (problem["type"], problem["status"], problem["code"]) == ("about:blank", 422, "settings_invalid")


def test_a_look_at_a_folder_that_is_not_there_makes_nothing(shell: Shell) -> None:
    assert "There is no database at nowhere" in shell.refused("companies", "list", "--data", "nowhere")
    assert list(shell.folder.iterdir()) == []


def test_a_key_is_made_once_and_then_kept(data_shell: Shell) -> None:
    data_shell.told("companies", "list")
    key = (data_shell.folder / ".dealbooks" / "secret.key").read_text()
    data_shell.told("companies", "list")
    assert (data_shell.folder / ".dealbooks" / "secret.key").read_text() == key


def test_no_key_is_made_for_a_database_that_others_share(
    shell: Shell, database_url: str, only_postgresql: None
) -> None:
    shell.settings = {"DEALBOOKS_DATABASE_URL": database_url}
    assert "DEALBOOKS_SECRET_KEYS is missing" in shell.refused("companies", "list")
    assert list(shell.folder.iterdir()) == []


def test_help_names_every_command(shell: Shell) -> None:
    told = shell("--help").stdout
    assert [name for name in COMMANDS if f"  {name} " not in told] == []
    assert shell("nonsense").exit_code == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(shell: Shell, name: str) -> None:
    told = shell(name, "--help")
    assert told.exit_code == 0
    assert told.stdout.startswith(f"Usage: dealbooks {name} ")
