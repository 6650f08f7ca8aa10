"""Whose rows a PostgreSQL role sees: its company's, an operator all, a reader by the role it logged in as (R24)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from models.records import companies, deals, events
from models.records.database import OPERATOR, Database
from tests.makers import delivery

pytestmark = pytest.mark.usefixtures("only_postgresql")

OpenDatabase = Callable[..., Database]


@pytest.fixture
def two(database: Database) -> Database:
    """Two companies, a deal and an event of each, and an event of a realm nobody has connected."""
    for company in ("acme", "other"):
        with database.writing(OPERATOR) as session:
            companies.add(
                session,
                company_id=company,
                title=company,
                sealed_secret="s",
                api_key_hash=company,
                public_url="https://dealbooks.example",
            )
            events.insert_new(session, [delivery(company, company_id=company, stream=f"deal:{company}:generic:d")])
        with database.writing(company) as session:
            deals.told(session, company_id=company, crm="generic", deal_id="d", snapshot={}, order="", trigger="won")
    with database.writing(OPERATOR) as session:
        events.insert_new(session, [delivery("hint", company_id=None, lane=None, stream="books:x")])
    return database


def companies_in(database: Database, whom: str, table: str) -> set[str | None]:
    with database.reading(whom) as session:
        return set(session.scalars(text(f"SELECT company_id FROM {table}")))


def test_a_worker_sees_its_company_and_as_operator_all(two: Database) -> None:
    assert companies_in(two, "acme", "events") == {"acme"}
    assert companies_in(two, OPERATOR, "events") == {"acme", "other", None}
    assert companies_in(two, "acme", "deals") == {"acme"}


def test_a_transaction_that_does_not_say_for_whom_sees_nothing(two: Database) -> None:
    with two.engine.connect() as connection:
        assert connection.execute(select(events.events.c.event_id)).all() == []
    with two.reading("acme") as session:
        session.execute(text("SELECT set_config('dealbooks.company', '', true)"))
        assert session.execute(select(events.events.c.event_id)).all() == []


def test_what_one_transaction_said_does_not_hold_for_the_next(two: Database) -> None:
    companies_in(two, OPERATOR, "events")
    with two.engine.connect() as connection:
        assert connection.execute(select(events.events.c.event_id)).all() == []


def test_nobody_writes_another_companys_rows(two: Database) -> None:
    with pytest.raises(DBAPIError, match="row-level security"), two.writing("acme") as session:
        deals.told(session, company_id="other", crm="generic", deal_id="x", snapshot={}, order="", trigger="")
    with two.writing("acme") as session:
        assert session.execute(text("UPDATE deals SET crm = 'x' WHERE company_id = 'other'")).rowcount == 0


def test_the_door_stores_events_and_knows_no_deals(two: Database, open_database: OpenDatabase) -> None:
    door = open_database("dealbooks_door")
    with door.writing("acme") as session:
        (told,) = events.insert_new(session, [delivery("new")])
    assert told.is_new
    with pytest.raises(DBAPIError, match="permission denied"):
        companies_in(door, "acme", "deals")
    for table in ("grants", "invoices", "customers"):
        with pytest.raises(DBAPIError, match="permission denied"):
            companies_in(door, OPERATOR, table)


def test_the_api_reads_its_company_and_is_never_an_operator(two: Database, open_database: OpenDatabase) -> None:
    api = open_database("dealbooks_api")
    assert companies_in(api, "acme", "deals") == {"acme"}
    assert companies_in(api, OPERATOR, "deals") == set()
    with api.engine.connect() as connection:
        assert connection.execute(text("SELECT company_id FROM deals")).all() == []
    with pytest.raises(DBAPIError, match="permission denied"):
        companies_in(api, "acme", "grants")


@pytest.fixture
def reader(two: Database, database_url: str) -> Iterator[Engine]:
    """A role that a CRM logs in with; it may read acme's views."""
    role = f"dealbooks_test_reader_{secrets.token_hex(4)}"
    owner = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'reader' IN ROLE dealbooks_readers"))
        connection.execute(text("INSERT INTO readers (role, company_id) VALUES (:role, 'acme')"), {"role": role})
    url = make_url(database_url).set(username=role, password="reader")
    engine = create_engine(url)
    yield engine
    engine.dispose()
    with owner.connect() as connection:
        connection.execute(text(f"DROP ROLE {role}"))
    owner.dispose()


def test_a_reader_sees_its_companys_rows_in_the_views(reader: Engine) -> None:
    with reader.connect() as connection:
        assert connection.execute(text("SELECT company, deal_id FROM crm_deals")).all() == [("acme", "d")]


def test_a_reader_who_is_not_listed_sees_nothing(reader: Engine, two: Database) -> None:
    with two.writing(OPERATOR) as session:
        session.execute(text("UPDATE readers SET role = 'somebody else'"))
    with reader.connect() as connection:
        assert connection.execute(text("SELECT company FROM crm_deals")).all() == []


def test_a_reader_cannot_make_itself_another_company_or_the_operator(reader: Engine) -> None:
    with reader.connect() as connection:
        connection.execute(text("SELECT set_config('dealbooks.company', 'other', true)"))
        connection.execute(text("SELECT set_config('dealbooks.operator', 'on', true)"))
        assert connection.execute(text("SELECT company FROM crm_deals")).all() == [("acme",)]


@pytest.mark.parametrize("table", ["deals", "events", "grants", "companies", "readers", "invoices", "history"])
def test_a_reader_reads_the_views_and_nothing_else(reader: Engine, table: str) -> None:
    with reader.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(f"SELECT * FROM {table}"))


@pytest.mark.parametrize("role", ["dealbooks_worker", "dealbooks_owner", "dealbooks_views"])
def test_a_reader_becomes_nobody_else(reader: Engine, role: str) -> None:
    with reader.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(f"SET ROLE {role}"))


def test_every_table_with_a_company_has_its_policies(two: Database) -> None:
    with two.engine.connect() as connection:
        bare = connection.scalars(
            text("""
                SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'company_id'
                WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
                AND (NOT c.relrowsecurity OR 3 > (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid))""")
        ).all()
    assert set(bare) == {"readers"}
