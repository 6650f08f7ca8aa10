"""`dealbooks migrate`: the database gets the newest schema."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from models.records import migrate
from tests.conftest import DATABASE_URL
from tests.webhooks.cli.conftest import Shell


def test_it_migrates_a_new_database_and_says_its_revision(shell: Shell) -> None:
    assert shell.told("migrate") == {"revision": migrate.newest()}
    assert shell("migrate").stdout == f"The database is at revision {migrate.newest()}.\n"
    assert (shell.folder / ".dealbooks").stat().st_mode & 0o777 == 0o700
    assert not (shell.folder / ".dealbooks" / "secret.key").exists()


@pytest.fixture
def powerless_login() -> Iterator[str]:
    """The URL of a database on PostgreSQL whose owner may not make roles."""
    if not DATABASE_URL:
        pytest.skip("SQLite has no roles")
    name, password = f"dealbooks_test_{secrets.token_hex(6)}", secrets.token_hex(16)
    engine = create_engine(make_url(DATABASE_URL), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'"))
        connection.execute(text(f"CREATE DATABASE {name} OWNER {name}"))
    yield make_url(DATABASE_URL).set(username=name, password=password, database=name).render_as_string(False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        connection.execute(text(f"DROP ROLE {name}"))
    engine.dispose()


def test_a_login_that_may_make_no_roles_is_told_what_is_missing(shell: Shell, powerless_login: str) -> None:
    shell.settings = {"DEALBOOKS_DATABASE_URL": powerless_login}
    sentence = shell.refused("migrate")
    assert "CREATEROLE" in sentence
    assert "Traceback" not in sentence
