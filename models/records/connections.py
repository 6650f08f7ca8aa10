"""Connections: the authorised tie between one company and one realm, what we know of its books, and its grant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, Row, Table, Text, UniqueConstraint, insert, select, update

from models.records.database import Json, Session, Time, metadata, now, now_plus

connections = Table(
    "connections",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("realm_sealed", Text, nullable=False),
    Column("realm_fingerprint", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("books", Json, nullable=False),  # country, currency, time zone and preferences as last read
    Column("loaded_at", Time),  # when the first load of customers and items was complete
    Column("caught_up_to", Text),  # the server's own time of the last complete catch-up
    Column("created_at", Time, nullable=False),
    UniqueConstraint("environment", "realm_fingerprint"),
)
Index("ix_connections_company_id", connections.c.company_id)

grants = Table(
    "grants",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("access_token", Text, nullable=False),  # sealed
    Column("refresh_token", Text, nullable=False),  # sealed
    Column("access_until", Time, nullable=False),
    Column("refresh_until", Time),
    Column("refused", Text),  # why QuickBooks no longer honours it
    Column("stored_at", Time, nullable=False),
)


@dataclass(frozen=True)
class Connection:
    connection_id: str
    company_id: str
    environment: str
    realm_sealed: str
    realm_fingerprint: str
    is_default: bool
    books: Mapping[str, Any]
    loaded_at: datetime | None
    caught_up_to: str | None
    created_at: datetime

    @property
    def lane(self) -> str:
        return self.connection_id


@dataclass(frozen=True)
class Grant:
    """Tokens as stored (sealed), and their generation: what is said about them holds for that generation only (R13)."""

    connection_id: str
    company_id: str
    generation: int
    access_token: str
    refresh_token: str
    access_until: datetime
    refresh_until: datetime | None
    refused: str | None


def add(
    session: Session,
    *,
    connection_id: str,
    company_id: str,
    environment: str,
    realm_sealed: str,
    realm_fingerprint: str,
    is_default: bool,
) -> None:
    """Store a new connection. Raises IntegrityError where the realm is somebody's already."""
    session.execute(
        insert(connections).values(
            connection_id=connection_id,
            company_id=company_id,
            environment=environment,
            realm_sealed=realm_sealed,
            realm_fingerprint=realm_fingerprint,
            is_default=is_default,
            books={},
            created_at=now(),
        )
    )


def find(session: Session, connection_id: str) -> Connection | None:
    return _one(session, connections.c.connection_id == connection_id)


def of_realm(session: Session, environment: str, realm_fingerprint: str) -> Connection | None:
    return _one(
        session,
        (connections.c.environment == environment) & (connections.c.realm_fingerprint == realm_fingerprint),
    )


def default_of(session: Session, company_id: str) -> Connection | None:
    return _one(session, (connections.c.company_id == company_id) & connections.c.is_default)


def every(session: Session, company_id: str | None = None) -> list[Connection]:
    query = select(connections).order_by(connections.c.created_at, connections.c.connection_id)
    if company_id is not None:
        query = query.where(connections.c.company_id == company_id)
    return [_connection(row) for row in session.execute(query)]


def make_default(session: Session, company_id: str, connection_id: str) -> None:
    mine = connections.c.company_id == company_id
    session.execute(update(connections).where(mine).values(is_default=connections.c.connection_id == connection_id))


def know_books(session: Session, connection_id: str, books: Mapping[str, Any]) -> None:
    session.execute(update(connections).where(connections.c.connection_id == connection_id).values(books=dict(books)))


def loaded(session: Session, connection_id: str, caught_up_to: str) -> None:
    """The first load is complete; catch-up goes on from the server's time at which it began."""
    session.execute(
        update(connections)
        .where(connections.c.connection_id == connection_id)
        .values(loaded_at=now(), caught_up_to=caught_up_to)
    )


def caught_up(session: Session, connection_id: str, to: str) -> None:
    session.execute(update(connections).where(connections.c.connection_id == connection_id).values(caught_up_to=to))


def _one(session: Session, where: Any) -> Connection | None:
    row = session.execute(select(connections).where(where)).one_or_none()
    return _connection(row) if row else None


def _connection(row: Row[Any]) -> Connection:
    return Connection(**row._mapping)


# ---------------------------------------------------------------- grants (R13)


def grant_of(session: Session, connection_id: str) -> Grant | None:
    row = session.execute(
        select(*[column for column in grants.c if column.name != "stored_at"]).where(
            grants.c.connection_id == connection_id
        )
    ).one_or_none()
    return Grant(**row._mapping) if row else None


def is_refused(session: Session, connection_id: str) -> bool:
    """Whether there is no grant that QuickBooks honours; holds the grant's row to the end of the transaction, so that
    nobody stores another meanwhile (R13)."""
    held = select(grants.c.refused).where(grants.c.connection_id == connection_id).with_for_update(key_share=True)
    row = session.execute(held).one_or_none()
    return row is None or row.refused is not None


def new_grant(
    session: Session,
    *,
    connection_id: str,
    company_id: str,
    access_token: str,
    refresh_token: str,
    access_for_s: float,
    refresh_for_s: float | None,
) -> None:
    """Store what a person's consent (or a sandbox) gave: the next generation, whatever was there before."""
    values = _token_values(access_token, refresh_token, access_for_s, refresh_for_s)
    changed = session.execute(
        update(grants)
        .where(grants.c.connection_id == connection_id)
        .values(generation=grants.c.generation + 1, refused=None, **values)
    ).rowcount
    if not changed:
        session.execute(
            insert(grants).values(connection_id=connection_id, company_id=company_id, generation=1, **values)
        )


def refreshed(
    session: Session,
    *,
    connection_id: str,
    generation: int,
    access_token: str,
    refresh_token: str,
    access_for_s: float,
    refresh_for_s: float | None,
) -> bool:
    """Store refreshed tokens, if the generation they come from still stands."""
    values = _token_values(access_token, refresh_token, access_for_s, refresh_for_s)
    stored = update(grants).where(grants.c.connection_id == connection_id, grants.c.generation == generation)
    return session.execute(stored.values(generation=generation + 1, **values)).rowcount > 0


def refused(session: Session, connection_id: str, generation: int, why: str) -> bool:
    """Note that QuickBooks no longer honours this generation; says whether it still was the stored one."""
    stands = (grants.c.connection_id == connection_id) & (grants.c.generation == generation)
    return session.execute(update(grants).where(stands).values(refused=why)).rowcount > 0


def _token_values(
    access_token: str, refresh_token: str, access_for_s: float, refresh_for_s: float | None
) -> dict[str, Any]:
    return {
        "access_token": access_token,
        "refresh_token": refresh_token,
        "access_until": now_plus(access_for_s),
        "refresh_until": now_plus(refresh_for_s) if refresh_for_s is not None else None,
        "stored_at": now(),
    }
