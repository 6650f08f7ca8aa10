"""Lists of transactions and customers: what they show of each, searching, and fifty to a page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from heapq import nlargest, nsmallest
from typing import Any

from sandbox.company import Company
from sandbox.documents import OPEN, TITLES, is_overdue, is_void
from sandbox.entities import KINDS
from sandbox.numbers import Json, exact
from sandbox.table import by_number

PER_PAGE = 50


@dataclass(frozen=True)
class State:
    """How a transaction stands, in a word; `tone` is good, bad, calm or gone."""

    word: str
    tone: str


@dataclass(frozen=True)
class Row:
    kind: str
    title: str
    id: str
    number: str
    customer: str
    issued: str
    due: str
    total: Decimal
    left: Decimal | None
    currency: str
    state: State


@dataclass(frozen=True)
class Listing:
    """One page of the records that a search found; pages count from 1."""

    rows: list[Any]
    page: int
    pages: int
    count: int
    search: str


def transactions(
    company: Company, kinds: Iterable[str], search: str, page: int, today: date, customer: str = ""
) -> Listing:
    """Newest first: those with this number or with a customer whose name contains the search.

    With `customer`, an Id, those of this customer.
    """
    needle = search.strip()
    people = [customer] if customer else [one["Id"] for one in _people(company, needle)] if needle else []
    found = [
        (by_number(id), kind, id)
        for kind in kinds
        for id in (_having(company, kind, needle, people) if needle or customer else company.table(KINDS[kind]).ids())
    ]
    shown, page = _one_page(found, page, nlargest, lambda one: one[0])
    # One that was deleted meanwhile is left out.
    records = [(kind, company.find(kind, id)) for _, kind, id in shown]
    rows = [row_of(kind, record, company.currency, today) for kind, record in records if record is not None]
    return _listing(rows, page, found, search)


def customers(company: Company, search: str, page: int) -> Listing:
    """By name, whose name or e-mail address contains the search; inactive ones too."""
    found = _people(company, search.strip())
    shown, page = _one_page(found, page, nsmallest, lambda one: str(one["DisplayName"]).casefold())
    return _listing(shown, page, found, search)


def row_of(kind: str, record: Json, home: str, today: date) -> Row:
    left = next((exact(record[name]) for name in OPEN.get(kind, ("", ()))[1] if name in record), None)
    return Row(
        kind=kind,
        title=TITLES[kind],
        id=str(record["Id"]),
        number=number_of(record),
        customer=str(record.get("CustomerRef", {}).get("name", "")),
        issued=str(record.get("TxnDate", "")),
        due=str(record.get("DueDate") or ""),
        total=exact(record.get("TotalAmt", 0)),
        left=left,
        currency=str(record.get("CurrencyRef", {}).get("value", home)),
        state=state_of(kind, record, today),
    )


def number_of(record: Json) -> str:
    """The document's number; one without is known by its Id."""
    return str(record.get("DocNumber") or record.get("PaymentRefNum") or f"no. {record['Id']}")


def state_of(kind: str, record: Json, today: date) -> State:
    if is_void(record):
        return State("Void", "gone")
    if kind == "Invoice":
        return _state_of_invoice(record, today)
    if kind == "Payment":
        return State("Not all applied", "calm") if exact(record.get("UnappliedAmt", 0)) else State("Applied", "good")
    return State(str(record.get("TxnStatus", "")), "calm")


def _state_of_invoice(invoice: Json, today: date) -> State:
    total, balance = exact(invoice["TotalAmt"]), exact(invoice["Balance"])
    if not balance:
        return State("Paid", "good")
    if is_overdue(invoice, today):
        return State("Overdue", "bad")
    return State("Partly paid", "calm") if balance < total else State("Open", "calm")


def _people(company: Company, needle: str) -> list[Json]:
    wanted = needle.casefold()
    return [
        one
        for one in company.all("Customer")
        if wanted in f"{one['DisplayName']}\n{one.get('PrimaryEmailAddr', {}).get('Address', '')}".casefold()
    ]


def _having(company: Company, kind: str, number: str, people: list[str]) -> Iterable[str]:
    """The Ids of the transactions with this number or of one of these customers."""
    table = company.table(KINDS[kind])
    found = table.having("CustomerRef", people)
    for name in ("DocNumber", "PaymentRefNum"):
        if number and table.indexes(name):
            found += table.having(name, [number.lower()])
    return dict.fromkeys(found)


def _one_page(
    found: list[Any], page: int, first: Callable[..., list[Any]], key: Callable[[Any], Any]
) -> tuple[list[Any], int]:
    """The rows of a page, without sorting those behind it; beyond the end the last page."""
    page = max(1, min(page, _pages(found)))
    return first(page * PER_PAGE, found, key=key)[(page - 1) * PER_PAGE :], page


def _pages(found: list[Any]) -> int:
    return max(1, -(-len(found) // PER_PAGE))


def _listing(rows: list[Any], page: int, found: list[Any], search: str) -> Listing:
    return Listing(rows, page, _pages(found), len(found), search)
