"""The wiring that a short command opens, and what can go wrong with it as sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from config import logging
from config.secrets import CannotOpen
from config.settings import KEY_FILE, Settings, SettingsInvalid, ensure_secret_key
from models.records import migrate
from models.records.database import DatabaseBusy
from webhooks.cli.common import Refused, log_to_stderr, settings_refused, told_settings
from worker.broker import Ring, ringing_broker_for
from worker.wiring import Wiring, wire


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
