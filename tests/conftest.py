"""What tests share: databases (SQLite always, PostgreSQL where a URL names one), Redis, the sandbox, and the stack."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from config.settings import load_settings
from models.records import migrate
from models.records.database import Database
from sandbox.server import Sandbox
from tests.pauses import Background, Watch, watched
from tests.stack import VERIFIER, Stack
from worker.broker import InProcessBroker, Ring
from worker.wiring import Wiring, wire

DATABASE_URL = os.environ.get("DEALBOOKS_TEST_DATABASE_URL", "")
REDIS_URL = os.environ.get("DEALBOOKS_TEST_REDIS_URL", "")
BACKENDS = ["sqlite", *(["postgresql"] if DATABASE_URL else [])]
KEYS = ("k" * 40,)

OpenDatabase = Callable[..., Database]


# ---------------------------------------------------------------- databases


class PostgreSQL:
    """Databases of our own beside the one that was named: one is migrated, the others are copies of it."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._prefix = f"dealbooks_test_{secrets.token_hex(4)}"
        self._copies = 0
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._template = f"{self._prefix}_template"
        self._run(f'CREATE DATABASE "{self._template}"')
        database = Database(self.url_of(self._template))
        migrate.upgrade(database)
        database.dispose()

    def copy(self) -> str:
        self._copies += 1
        name = f"{self._prefix}_{self._copies}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{self._template}"')
        return name

    def url_of(self, name: str) -> str:
        return self._url.set(database=name).render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def end(self) -> None:
        self.drop(self._template)
        self._engine.dispose()

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL(DATABASE_URL)
    yield server
    server.end()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "dealbooks.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    if backend == "sqlite":
        path = tmp_path / "dealbooks.sqlite3"
        shutil.copy(request.getfixturevalue("migrated_file"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.copy()
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture
def open_database(database_url: str) -> Iterator[OpenDatabase]:
    """Open the test's database, as often as wanted, each time as some role (which SQLite does not know)."""
    opened: list[Database] = []

    def open_as(role: str = "dealbooks_worker") -> Database:
        opened.append(Database(database_url, role=role))
        return opened[-1]

    yield open_as
    for database in opened:
        database.dispose()


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    """The database as the worker sees it."""
    return open_database()


@pytest.fixture
def only_postgresql(backend: str) -> None:
    """For what SQLite cannot do at all: two writers at once, roles, policies."""
    if backend != "postgresql":
        pytest.skip("SQLite has one writer and no roles")


# ---------------------------------------------------------------- Redis


@pytest.fixture
def redis_client() -> Iterator[Any]:
    """A Redis of the test's own: the database that the URL names, emptied, else one in this process."""
    if REDIS_URL:
        import redis

        client = redis.Redis.from_url(REDIS_URL)
        client.flushdb()
        yield client
        client.flushdb()
        client.close()
        return
    with_server = fakeredis.FakeRedis(server=fakeredis.FakeServer())
    yield with_server
    with_server.close()


# ---------------------------------------------------------------- the sandbox and the stack


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(port=0, empty=True) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """Books of nobody yet."""
    running_sandbox.reset()
    yield running_sandbox
    running_sandbox.reset()


@pytest.fixture
def wire_as(sandbox: Sandbox, database_url: str, tmp_path: Path) -> Iterator[Callable[..., Wiring]]:
    """Wire a process that works as some role, with settings of its own."""
    wired: list[Wiring] = []

    def wire_one(role: str, **settings: Any) -> Wiring:
        given = {
            "data_dir": tmp_path,
            "database_url": database_url,
            "quickbooks_environment": sandbox.url,
            "quickbooks_pace": "off",
            "quickbooks_verifier_tokens": VERIFIER,
            **settings,
        }
        ring = Ring(InProcessBroker(middleware=[]))
        wired.append(wire(load_settings({}, **given), keys=KEYS, ring=ring, role=role))
        return wired[-1]

    yield wire_one
    for wiring in wired:
        wiring.database.dispose()


@pytest.fixture
def bare_stack(sandbox: Sandbox, wire_as: Callable[..., Wiring], backend: str) -> Stack:
    """A company that is connected to nothing yet."""
    worker = wire_as("dealbooks_worker")
    door = worker if backend == "sqlite" else wire_as("dealbooks_door")
    return Stack(sandbox, door, worker)


@pytest.fixture
def stack(bare_stack: Stack) -> Stack:
    """A company whose connection is loaded; its books hold one item, `Hour of work`."""
    bare_stack.connect(load=False)
    bare_stack.add_item()
    bare_stack.work()
    return bare_stack


# ---------------------------------------------------------------- threads


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Stop threads at steps of the two paths."""
    with watched() as watching:
        yield watching


@pytest.fixture
def background() -> Iterator[Background]:
    """Run something beside the test."""
    running = Background()
    yield running
    running.join()
