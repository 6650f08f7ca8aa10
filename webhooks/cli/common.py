"""What every command shares: options, refusals, settings. The wiring it opens is in `opening`, rows in `showing`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from logging import WARNING, getLogger
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from config import logging
from config.settings import Settings, SettingsInvalid, load_settings

F = TypeVar("F", bound=Callable[..., Any])

# ---------------------------------------------------------------- refusals


class Refused(click.ClickException):
    """The command cannot do what was asked: one sentence with its remedy on stderr, or a problem on stdout; exit 1."""

    exit_code = 1

    def __init__(self, sentence: str, *, code: str = "refused", status: int = 409) -> None:
        super().__init__(sentence)
        self.code, self.status = code, status
        self._as_json = _json_wanted()

    def show(self, file: IO[Any] | None = None) -> None:
        if self._as_json:
            told = {"type": "about:blank", "status": self.status, "code": self.code, "detail": self.message}
            click.echo(json.dumps(told, ensure_ascii=False), file=file)
            return
        click.echo(f"Error: {self.message}", file=file or sys.stderr)


def not_found(what: str, name: str, remedy: str) -> Refused:
    """There is no such thing: `not_found("company", "acme", "`dealbooks companies list` shows them")`."""
    return Refused(f"There is no {what} {name}; {remedy}.", code="not_found", status=404)


def _json_wanted() -> bool:
    context = click.get_current_context(silent=True)
    while context is not None:
        if context.params.get("as_json"):
            return True
        context = context.parent
    return False


# ---------------------------------------------------------------- options

_SPAN = re.compile(r"(\d{1,6})\s*(s|m|min|h|d|w)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class Span(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A length of time such as 30m, 24h or 7d; gives a timedelta."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        span = _span(str(value))
        if span is None:
            self.fail(f"{value!r} is no length of time such as 30m, 24h or 7d.", param, ctx)
        return span


class Moment(click.ParamType):  # type: ignore[type-arg]
    """A time: ISO 8601 (UTC unless it says otherwise), a date, or so long ago (24h, 7d); gives an aware UTC one."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        span = _span(str(value))
        if span is not None:
            return datetime.now(UTC) - span
        try:
            told = datetime.fromisoformat(str(value).strip())
        except ValueError:
            self.fail(f"{value!r} is no time such as 2026-11-21T10:00:00Z, 2026-11-21 or 24h.", param, ctx)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def _span(text: str) -> timedelta | None:
    match = _SPAN.fullmatch(text.strip().lower())
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match else None


def data_option(command: F) -> F:
    """`--data DIR`, as `data`: None where it was not told, so that the setting holds."""
    return click.option(
        "--data", metavar="DIR", default=None, help="Folder of the database and the key (setting DEALBOOKS_DATA_DIR)."
    )(command)


def json_option(command: F) -> F:
    """`--json`, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON; a refusal is a problem object.")(
        command
    )


def company_option(command: F) -> F:
    """`--company C`, as `company`."""
    return click.option("--company", metavar="C", default=None, help="Only of this company.")(command)


def list_options(command: F) -> F:
    """Everything a `list` takes: `company, state, since, limit, data, as_json`."""
    for option in (
        json_option,
        data_option,
        click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most."),
        click.option("--since", type=Moment(), default=None, help="Since a time, a date, or so long ago (24h, 7d)."),
        click.option("--state", metavar="S", default=None, help="Only in this state."),
        company_option,
    ):
        command = option(command)
    return command


# ---------------------------------------------------------------- settings and logs


def told_settings(data: str | None, *, required: Sequence[str] = (), **overrides: Any) -> Settings:
    """The settings with `--data` over them. Raises Refused, which names everything wrong at once."""
    if data:
        overrides["data_dir"] = Path(data)
    try:
        return load_settings(required=required, **overrides)
    except SettingsInvalid as error:
        raise settings_refused(error) from None


def settings_refused(error: SettingsInvalid) -> Refused:
    return Refused(str(error), code="settings_invalid", status=422)


def log_to_stderr(settings: Settings, *, level: str = "WARNING", format: str = "console") -> None:
    """Logs go to stderr: at `level` and in `format` unless the settings were told otherwise."""
    told = settings.model_fields_set
    logging.configure(
        settings.log_level if "log_level" in told else level,
        settings.log_format if "log_format" in told else format,
    )
    getLogger("alembic").setLevel(WARNING)  # it tells of every look at the schema, and a readiness probe is one
