"""The shared database: engines, the two kinds of transaction, exact column types, and the database's own clock."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    Date,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Session = Connection
"""What every query function takes: one open transaction."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

OPERATOR = "*"
"""For whom a transaction works when it is for no single company: the door's notifications, the sweep, the claim."""

SQLITE_ROWS = 100
"""How many events one SQLite transaction takes (each is two rows; none writes more than about 200, R15)."""


class DatabaseBusy(Exception):
    """The database could not be had in time; nothing was stored. The sender may try again."""


# ---------------------------------------------------------------- column types


class Time(TypeDecorator[datetime]):
    """An aware UTC time. SQLite keeps text, `YYYY-MM-DDTHH:MM:SS.mmmZ`, which sorts as time does."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        aware = value.astimezone(UTC)
        return aware if dialect.name == "postgresql" else sqlite_time(aware)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        aware: datetime = value.astimezone(UTC)
        return aware


class Exact(TypeDecorator[Decimal]):
    """An exact decimal of any precision: numeric on PostgreSQL, plain decimal text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Day(TypeDecorator[date]):
    """A calendar date; `YYYY-MM-DD` on SQLite."""

    impl = Date
    cache_ok = True


Json = JSON().with_variant(JSONB(), "postgresql")
Ordered = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that compares byte by byte, as tellers' orders do; a database's own collation may pass over punctuation."""
BigId = BigInteger().with_variant(Integer(), "sqlite")


def sqlite_time(value: datetime) -> str:
    # Not strftime: it writes the year 1, which some tellers use for no time at all, with one digit.
    return value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


# ---------------------------------------------------------------- the database's clock (R5: never a worker's)


class now(FunctionElement[datetime]):  # noqa: N801  (a SQL function is written as one)
    """The database's clock. A scalar subquery on PostgreSQL, so that an index on a time can still be used."""

    type = Time()
    inherit_cache = True


class now_plus(FunctionElement[datetime]):  # noqa: N801
    """The database's clock plus so many seconds (a number or a column; negative for the past)."""

    type = Time()
    inherit_cache = True


class time_plus(FunctionElement[datetime]):  # noqa: N801
    """A stored time plus so many seconds."""

    type = Time()
    inherit_cache = True


@compiles(time_plus, "postgresql")
def _time_plus_postgresql(element: time_plus, compiler: Any, **kw: Any) -> str:
    time, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({time} + make_interval(secs => {seconds}))"


@compiles(time_plus, "sqlite")
def _time_plus_sqlite(element: time_plus, compiler: Any, **kw: Any) -> str:
    time, seconds = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', {time}, printf('%+.3f seconds', {seconds}))"


@compiles(now, "postgresql")
def _now_postgresql(element: now, compiler: Any, **kw: Any) -> str:
    return "(SELECT clock_timestamp())"


@compiles(now, "sqlite")
def _now_sqlite(element: now, compiler: Any, **kw: Any) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


@compiles(now_plus, "postgresql")
def _now_plus_postgresql(element: now_plus, compiler: Any, **kw: Any) -> str:
    return f"(SELECT clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **kw)}))"


@compiles(now_plus, "sqlite")
def _now_plus_sqlite(element: now_plus, compiler: Any, **kw: Any) -> str:
    seconds = compiler.process(element.clauses, **kw)
    return f"strftime('%Y-%m-%dT%H:%M:%fZ', 'now', printf('%+.3f seconds', {seconds}))"


def database_now(session: Session) -> datetime:
    """The database's own time, aware UTC."""
    return session.execute(select(now())).scalar_one()


# ---------------------------------------------------------------- transactions


def insert_if_new(table: Table, *, or_set: Mapping[str, Any] | None = None, where: Any = None) -> Any:
    """An INSERT that leaves alone what is there already, or sets some columns of it (by its key) `where` that holds.

    Both databases spell ON CONFLICT the same way.
    """
    if or_set is None:
        return insert(table).on_conflict_do_nothing()
    key = list(table.primary_key.columns)
    return insert(table).on_conflict_do_update(index_elements=key, set_=dict(or_set), where=where)


class FifoLock:
    """A lock that is had in the order it was asked for, so that no SQLite writer starves (R15)."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def acquire(self, timeout: float) -> bool:
        with self._guard:
            if not self._taken and not self._waiting:
                self._taken = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._guard:
            if turn.is_set():
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


class Database:
    """One database as one process sees it. `role` is the PostgreSQL role it works as (R24), where that exists."""

    def __init__(self, url: str, *, role: str | None = None, pool_size: int = 20) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._writer = FifoLock()
        self._role = role
        if self.is_sqlite:
            if self.url.database and self.url.database != ":memory:":
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            self.engine = create_engine(
                self.url, pool_size=pool_size, max_overflow=20, connect_args={"timeout": 30, "check_same_thread": False}
            )
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(
                self.url,
                pool_size=pool_size,
                max_overflow=20,
                pool_timeout=5,
                pool_pre_ping=False,
                connect_args={"options": "-c lock_timeout=2000 -c timezone=UTC", "connect_timeout": 5},
            )
            if role:
                event.listen(self.engine, "connect", self._set_role)
        self._writing_engine: Engine = self.engine.execution_options(writing=True)

    @contextmanager
    def reading(self, whom: str) -> Iterator[Session]:
        """A transaction that only looks, for one company or as OPERATOR."""
        with self.engine.connect() as session, session.begin():
            self._speak_for(session, whom)
            yield session

    @contextmanager
    def writing(self, whom: str, *, wait: float = 30.0, lock_timeout_ms: int | None = None) -> Iterator[Session]:
        """A transaction that commits when its block ends, for one company or as OPERATOR.

        Raises `DatabaseBusy` where SQLite's one writer could not be had within `wait` seconds.
        """
        if self.is_sqlite and not self._writer.acquire(wait):
            raise DatabaseBusy(f"no turn to write within {wait} s")
        try:
            with self._writing_engine.connect() as session, session.begin():
                self._speak_for(session, whom)
                if lock_timeout_ms is not None and not self.is_sqlite:
                    session.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(lock_timeout_ms)}ms'")
                yield session
        finally:
            if self.is_sqlite:
                self._writer.release()

    def dispose(self) -> None:
        self.engine.dispose()

    def _speak_for(self, session: Session, whom: str) -> None:
        if not whom:
            raise ValueError("a transaction says for whom it works")
        if self.is_sqlite:
            return
        company, operator = ("", "on") if whom == OPERATOR else (whom, "")
        session.execute(_SPEAK_FOR, {"company": company, "operator": operator})

    def _set_role(self, connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')", (self._role,)
            )
            if cursor.fetchone():
                cursor.execute(f'SET ROLE "{self._role}"')
        connection.commit()


_SPEAK_FOR = text(
    "SELECT set_config('dealbooks.company', :company, true), set_config('dealbooks.operator', :operator, true)"
)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself; we do, below
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that starts to write later fails at once with "database is locked", whatever the timeout.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
