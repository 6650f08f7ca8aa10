"""Showing: rows and single things as JSON or as plain aligned text, never with a secret in them."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import click
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import Row

from models.records.database import sqlite_time

HIDDEN = frozenset(
    """
    webhook_secret webhook_secret_before sealed_secrets api_key_hash access_token refresh_token
    realm realm_sealed realm_fingerprint payload_sealed token_hash
    """.split()  # noqa: SIM905 (reads better than a column of quotes)
)
"""What is never shown, whichever row it stands in."""


def show_rows(rows: Iterable[Any], as_json: bool, columns: Sequence[str] | None = None) -> None:
    """Rows (of a query, dataclasses or mappings) as one JSON array, or as a plain table of `columns`.

    JSON has every column, whatever `columns` says; neither ever has a secret.
    """
    told = [plain(row) for row in rows]
    if as_json:
        click.echo(json.dumps([jsonable(row) for row in told], ensure_ascii=False))
        return
    names = list(columns) if columns is not None else list(told[0]) if told else []
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in names:
        widest = max([len(name), *(len(shown(row.get(name))) for row in told)])
        numeric = _is_numeric([row.get(name) for row in told], name)
        whole = _is_id(name) or numeric
        table.add_column(
            name,
            justify="right" if numeric else "left",
            no_wrap=whole,
            min_width=widest if whole else None,
            overflow="fold",
        )
    for row in told:
        table.add_row(*(Text(shown(row.get(name))) for name in names))
    if told:
        console().print(table)


def show_one(row: Any, as_json: bool) -> None:
    """One thing as one JSON object, or a line for each of its members; never a secret."""
    told = plain(row)
    if as_json:
        click.echo(json.dumps(jsonable(told), ensure_ascii=False))
        return
    width = max((len(name) for name in told), default=0)
    for name, value in told.items():
        text = _indented(value, width + 2) if isinstance(value, (Mapping, list, tuple)) and value else shown(value)
        click.echo(f"{name:<{width}}  {text}".rstrip())


def console(file: IO[str] | None = None) -> Console:
    """A console for stdout: colours on a terminal only, and no width that would cut what goes into a pipe."""
    stream = file or sys.stdout
    width = None if stream.isatty() else 10_000
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def plain(row: Any) -> dict[str, Any]:
    """A row as a dict of its members, without those that are never shown."""
    members: Mapping[Any, Any]
    if isinstance(row, Row):
        members = row._mapping
    elif dataclasses.is_dataclass(row) and not isinstance(row, type):
        members = {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    else:
        members = row
    return {str(name): _member(str(name), value) for name, value in members.items() if name not in HIDDEN}


def _member(name: str, value: Any) -> Any:
    if name.startswith("is_") and value in (0, 1):  # SQLite's views have no booleans
        return bool(value)
    return value


def jsonable(value: Any) -> Any:
    """What JSON can say: times ISO 8601 with a Z, dates as such, decimals as strings."""
    if value is None or isinstance(value, (bool, int, str, float)):
        return value
    if isinstance(value, datetime):
        return sqlite_time(value.astimezone(UTC))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, SecretStr):
        return "[redacted]"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return jsonable(plain(value))
    if isinstance(value, Mapping):
        return {str(name): jsonable(each) for name, each in value.items() if name not in HIDDEN}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [jsonable(each) for each in value]
    return str(value)


def shown(value: Any) -> str:
    """One value as text for people, on one line; what a terminal would obey is taken out."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = jsonable(value)
    return printable(told if isinstance(told, str) else json.dumps(told, ensure_ascii=False))


def printable(text: str) -> str:
    """The text without control characters: names and notes come from outside, and terminals obey what they say."""
    return "".join(each if each.isprintable() else " " for each in text)


def _indented(value: Any, by: int) -> str:
    lines = json.dumps(jsonable(value), ensure_ascii=False, indent=2).splitlines()
    return ("\n" + " " * by).join(printable(line) for line in lines)


def _is_id(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "_at", "_on")) or name in ("connection", "number", "since", "at")


def _is_numeric(values: Sequence[Any], name: str) -> bool:
    told = [value for value in values if value is not None]
    if not told or _is_id(name):
        return False
    return all(
        (isinstance(value, (int, float, Decimal)) and not isinstance(value, bool))
        # SQLite's views keep money as text
        or (isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value) is not None)
        for value in told
    )
