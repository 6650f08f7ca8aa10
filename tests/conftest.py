"""What tests share: databases (SQLite always, PostgreSQL where a URL names one), Redis, the sandbox, and the stack."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fakeredis
import pytest
from sqlalchemy import Engine, NullPool, create_engine, text
from sqlalchemy.engine import make_url

from config.settings import load_settings
from models.records import migrate
from models.records.database import Database
from models.records.schema import metadata
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
    """A database of our own beside the one that was named, migrated once and emptied after each test.

    (A copy of a template for each test was tried: PostgreSQL takes a second for one.)
    """

    def __init__(self, url: str) -> None:
        self._named = create_engine(make_url(url), isolation_level="AUTOCOMMIT")
        self._name = f"dealbooks_test_{secrets.token_hex(6)}"
        self._run(self._named, f'CREATE DATABASE "{self._name}"')
        self.url = make_url(url).set(database=self._name).render_as_string(hide_password=False)
        database = Database(self.url)
        migrate.upgrade(database)
        database.dispose()
        self._ours = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def empty(self) -> None:
        """Take everything out, also under the feet of a thread that was left behind."""
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
        )
        deletes = "; ".join(f'DELETE FROM "{name}"' for name in metadata.tables)
        with self._ours.connect() as connection:
            connection.execute(text(others), {"name": self._name})
            connection.exec_driver_sql(deletes)

    def end(self) -> None:
        self._ours.dispose()
        self._run(self._named, f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        self._named.dispose()

    def _run(self, engine: Engine, statement: str) -> None:
        with engine.connect() as connection:
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
    yield server.url
    server.empty()


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
        pytest.skip("needs DEALBOOKS_TEST_DATABASE_URL: SQLite has one writer and no roles")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where PostgreSQL is there, what needs it is not counted as skipped on SQLite."""
    if not DATABASE_URL:
        return
    pointless = [item for item in items if "only_postgresql" in _fixtures(item) and "sqlite" in item.name]
    config.hook.pytest_deselected(items=pointless)
    items[:] = [item for item in items if item not in pointless]


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))


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
    """Books of nobody yet; DEALBOOKS_TEST_SWITCHES, a JSON object, turns the sandbox's switches for the whole run."""
    running_sandbox.reset()
    running_sandbox.world.switches.turn(json.loads(os.environ.get("DEALBOOKS_TEST_SWITCHES", "{}")))
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
