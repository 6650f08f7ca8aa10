"""Terms and tax codes of the books as last read, and the next invoice number where we give numbers ourselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, case, select, update

from models.domain.taxes import TaxCode
from models.records.database import Exact, Session, Time, insert_if_new, metadata

terms = Table(
    "terms",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("term_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("due_days", Integer),
    Column("active", Boolean, nullable=False),
    Column("read_at", Time, nullable=False),
)

tax_codes = Table(
    "tax_codes",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("tax_code_id", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("percent", Exact),  # what it adds to a sale, all its rates together
    Column("read_at", Time, nullable=False),
)

numbers = Table(
    "numbers",
    metadata,
    Column("connection_id", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("company_id", Text, nullable=False),
    Column("next_number", BigInteger, nullable=False),
)


def record_terms(
    session: Session,
    company_id: str,
    connection_id: str,
    found: Iterable[tuple[str, str, int | None, bool]],
    read_at: datetime,
) -> None:
    for term_id, name, due_days, active in sorted(found):
        values: dict[str, Any] = {"name": name, "due_days": due_days, "active": active, "read_at": read_at}
        session.execute(
            insert_if_new(terms, or_set=values).values(
                connection_id=connection_id, term_id=term_id, company_id=company_id, **values
            )
        )


def record_tax_codes(
    session: Session, company_id: str, connection_id: str, found: Iterable[TaxCode], read_at: datetime
) -> None:
    for code in sorted(found, key=lambda code: code.tax_code_id):
        values: dict[str, Any] = {
            "name": code.name,
            "active": code.active,
            "percent": code.percent,
            "read_at": read_at,
        }
        session.execute(
            insert_if_new(tax_codes, or_set=values).values(
                connection_id=connection_id, tax_code_id=code.tax_code_id, company_id=company_id, **values
            )
        )


def tax_codes_of(session: Session, connection_id: str) -> list[TaxCode]:
    rows = session.execute(
        select(tax_codes).where(tax_codes.c.connection_id == connection_id).order_by(tax_codes.c.tax_code_id)
    )
    return [TaxCode(tax_code_id=row.tax_code_id, name=row.name, active=row.active, percent=row.percent) for row in rows]


def allot_number(session: Session, company_id: str, connection_id: str, series: str, at_least: int) -> int:
    """Take the next number of a series, in the transaction that freezes the body it goes into (R12)."""
    key = {"connection_id": connection_id, "series": series}
    session.execute(insert_if_new(numbers).values(**key, company_id=company_id, next_number=at_least))
    mine = (numbers.c.connection_id == connection_id) & (numbers.c.series == series)
    floor = case((numbers.c.next_number < at_least, at_least), else_=numbers.c.next_number)
    taken = session.execute(
        update(numbers).where(mine).values(next_number=floor + 1).returning(numbers.c.next_number)
    ).scalar_one()
    return int(taken) - 1
