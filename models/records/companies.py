"""Companies: the CRM accounts that use us, with the secrets their CRM signs with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Table, Text, insert, select, update

from models.domain import keys
from models.records import lanes
from models.records.database import Json, Session, Time, metadata, now, now_plus

companies = Table(
    "companies",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("webhook_secret", Text, nullable=False),  # sealed
    Column("webhook_secret_before", Text),  # sealed; still good until the time below
    Column("webhook_secret_before_until", Time),
    Column("api_key_hash", Text, nullable=False, unique=True),
    Column("settings", Json, nullable=False),
    Column("public_url", Text, nullable=False),  # where our receiver is reached; the views' links begin with it
    Column("created_at", Time, nullable=False),
    Column("removed_at", Time),
)


@dataclass(frozen=True)
class Company:
    """A CRM's tenant. Secrets are sealed; the newest first."""

    company_id: str
    title: str
    sealed_secrets: tuple[str, ...]
    settings: dict[str, Any]
    created_at: datetime
    removed_at: datetime | None


def add(
    session: Session, *, company_id: str, title: str, sealed_secret: str, api_key_hash: str, public_url: str
) -> None:
    """Store a new company and its lane. Raises IntegrityError where the name is taken."""
    session.execute(
        insert(companies).values(
            company_id=company_id,
            title=title,
            webhook_secret=sealed_secret,
            api_key_hash=api_key_hash,
            settings={},
            public_url=public_url,
            created_at=now(),
        )
    )
    lanes.add(session, lane=keys.company_lane(company_id), company_id=company_id)


def find(session: Session, company_id: str) -> Company | None:
    row = session.execute(select(companies).where(companies.c.company_id == company_id)).one_or_none()
    return _company(row, _still_good(session, row)) if row else None


def every(session: Session) -> list[Company]:
    rows = session.execute(select(companies).order_by(companies.c.company_id)).all()
    return [_company(row, False) for row in rows]


def rotate_secret(session: Session, company_id: str, sealed_secret: str, overlap_s: float) -> None:
    """Put a new secret first; the one before stays good for `overlap_s` seconds."""
    session.execute(
        update(companies)
        .where(companies.c.company_id == company_id)
        .values(
            webhook_secret_before=companies.c.webhook_secret,
            webhook_secret_before_until=now_plus(overlap_s),
            webhook_secret=sealed_secret,
        )
    )


def rotate_key(session: Session, company_id: str, api_key_hash: str) -> None:
    session.execute(update(companies).where(companies.c.company_id == company_id).values(api_key_hash=api_key_hash))


def remove(session: Session, company_id: str) -> None:
    session.execute(update(companies).where(companies.c.company_id == company_id).values(removed_at=now()))


def remap(session: Session, company_id: str, settings: dict[str, Any]) -> None:
    """Replace a company's settings (its mapping of CRM fields to parts of an invoice)."""
    session.execute(update(companies).where(companies.c.company_id == company_id).values(settings=settings))


def reached_at(session: Session, public_url: str) -> None:
    """Every company's links lead to where our receiver is reached now."""
    session.execute(update(companies).where(companies.c.public_url != public_url).values(public_url=public_url))


def _still_good(session: Session, row: Row[Any]) -> bool:
    if row.webhook_secret_before_until is None:
        return False
    current = session.execute(select(now())).scalar_one()
    return bool(row.webhook_secret_before_until > current)


def _company(row: Row[Any], before_is_good: bool) -> Company:
    secrets: Sequence[str] = [row.webhook_secret]
    if before_is_good:
        secrets = [row.webhook_secret, row.webhook_secret_before]
    return Company(
        company_id=row.company_id,
        title=row.title,
        sealed_secrets=tuple(secrets),
        settings=row.settings,
        created_at=row.created_at,
        removed_at=row.removed_at,
    )
