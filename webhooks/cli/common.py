"""What every command shares: its options, its refusals, and the wiring it opens; how it shows rows is `showing`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from logging import WARNING, getLogger
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from config import logging
from config.secrets import CannotOpen
from config.settings import KEY_FILE, Settings, SettingsInvalid, ensure_secret_key, load_settings
from models.records import migrate
from models.records.database import DatabaseBusy
from webhooks.cli.showing import HIDDEN as HIDDEN
from webhooks.cli.showing import console as console
from webhooks.cli.showing import jsonable as jsonable
from webhooks.cli.showing import plain as plain
from webhooks.cli.showing import printable as printable
from webhooks.cli.showing import show_one as show_one
from webhooks.cli.showing import show_rows as show_rows
from webhooks.cli.showing import shown as shown
from worker.broker import Ring, ringing_broker_for
from worker.wiring import Wiring, wire

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


# ---------------------------------------------------------------- the wiring


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


@contextmanager
def opened(data: str | None, *, role: str = "dealbooks_worker", make_key: bool = True) -> Iterator[Wiring]:
    """The wiring of a short command, over a database that is there and has our schema. Raises Refused.

    Without SECRET_KEYS it works with the `secret.key` of the data folder; where there is none it makes one, but never
    for a database that other machines share: what this key sealed, they could not open.
    """
    settings = told_settings(data)
    log_to_stderr(settings)
    with plain_refusals():
        refuse_missing_file(settings)
        with _wired(settings, role, make_key) as wiring:
            yield wiring


@contextmanager
def _wired(settings: Settings, role: str, make_key: bool) -> Iterator[Wiring]:
    keys = told_keys(settings)
    if not keys and not make_key:
        raise _no_keys(settings)
    ring = Ring(ringing_broker_for(settings.broker_url))
    wiring = wire(settings, keys=keys or ("not a key, for a look at the schema",), ring=ring, role=role)
    try:
        refuse_old_schema(wiring)
        if not keys:
            if not wiring.database.is_sqlite:
                raise _no_keys(settings)
            wiring.database.dispose()
            wiring = wire(settings, keys=(ensure_secret_key(settings.data_dir),), ring=ring, role=role)
        yield wiring
    finally:
        wiring.database.dispose()


def told_keys(settings: Settings) -> tuple[str, ...]:
    """The keys of SECRET_KEYS, or the one in the data folder, or none."""
    if settings.secret_keys:
        return tuple(key.get_secret_value() for key in settings.secret_keys)
    if (Path(settings.data_dir) / KEY_FILE).exists():
        return (ensure_secret_key(settings.data_dir),)
    return ()


def _no_keys(settings: Settings) -> Refused:
    return Refused(
        f"DEALBOOKS_SECRET_KEYS is missing and {settings.data_dir} holds no {KEY_FILE}: "
        "set the same keys as the other processes have.",
        code="settings_invalid",
        status=422,
    )


def refuse_missing_file(settings: Settings) -> None:
    """A look must not make an empty SQLite file where somebody mistyped a folder."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        raise Refused(
            f"There is no database at {url.database}: run `dealbooks up` or `dealbooks migrate`, or name its folder "
            "with --data.",
            code="no_database",
            status=503,
        )


def refuse_old_schema(wiring: Wiring) -> None:
    """Raises Refused where the database does not have the schema that this code knows."""
    has = migrate.current(wiring.database)
    if has == migrate.newest():
        return
    what = "has no tables of ours yet" if has is None else f"is at revision {has}, not {migrate.newest()}"
    raise Refused(f"The database {what}: run `dealbooks migrate`.", code="schema_behind", status=503)


@contextmanager
def plain_refusals() -> Iterator[None]:
    """What can go wrong with a database, a setting or a key becomes a sentence, never a traceback."""
    try:
        yield
    except SettingsInvalid as error:
        raise settings_refused(error) from None
    except CannotOpen as error:
        raise Refused(str(error), code="cannot_open", status=503) from None
    except DatabaseBusy:
        raise Refused("The database is busy: try again.", code="database_busy", status=503) from None
    except (OperationalError, InterfaceError, PoolTimeout, ProgrammingError) as error:
        if isinstance(error, ProgrammingError) and not _is_forbidden(error):
            raise
        raise Refused(
            f"The database cannot be used ({reason_of(error)}): check DEALBOOKS_DATABASE_URL and that it runs.",
            code="database_unavailable",
            status=503,
        ) from None


def reason_of(error: SQLAlchemyError) -> str:
    """The first line of what the database said, without addresses' passwords."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return logging.scrubbed(said[0]) if said else type(error).__name__


def _is_forbidden(error: ProgrammingError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "42501"
