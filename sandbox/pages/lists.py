"""Lists of transactions and customers: what they show of each, searching, and fifty to a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.company import Company
from sandbox.documents import DUE, OPEN, TITLES, is_overdue, is_void
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


def transactions(company: Company, kind: str, search: str, page: int, today: date) -> Listing:
    """Newest first: those with this number, or of customers whose name or e-mail address contains the search."""
    needle = search.strip()
    ids = _found(company, kind, needle) if needle else _ids(company, kind)
    return _listing(company, [(kind, id) for id in reversed(ids)], page, today, search)


def transactions_of(company: Company, customer: str, kinds: Iterable[str], page: int, today: date) -> Listing:
    """A customer's, newest first; all transactions share one sequence of Ids."""
    found = [(kind, id) for kind in kinds for id in company.table(KINDS[kind]).having("CustomerRef", [customer])]
    newest_first = sorted(found, key=lambda one: by_number(one[1]), reverse=True)
    return _listing(company, newest_first, page, today, "")


def customers(company: Company, search: str, page: int) -> Listing:
    """By name, whose name or e-mail address contains the search; inactive ones too."""
    found = sorted(_people(company, search.strip()), key=lambda one: str(one["DisplayName"]).casefold())
    page, rows = _one_page(found, page)
    return Listing(rows, page, _pages(found), len(found), search)


def row_of(kind: str, record: Json, home: str, today: date) -> Row:
    left = next((exact(record[name]) for name in OPEN.get(kind, ("", ()))[1] if name in record), None)
    return Row(
        kind=kind,
        title=TITLES[kind],
        id=str(record["Id"]),
        number=number_of(record),
        customer=str(record.get("CustomerRef", {}).get("name", "")),
        issued=str(record.get("TxnDate", "")),
        due=str(record.get(DUE.get(kind, ("", ""))[1]) or ""),
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


def _ids(company: Company, kind: str) -> list[str]:
    table = company.table(KINDS[kind])
    return table.ids() if table.ids_ascend else sorted(table.ids(), key=by_number)


def _found(company: Company, kind: str, needle: str) -> list[str]:
    table = company.table(KINDS[kind])
    found = table.having("CustomerRef", [str(one["Id"]) for one in _people(company, needle)])
    for name in ("DocNumber", "PaymentRefNum"):
        found += table.having(name, [needle.lower()]) if table.indexes(name) else []
    return sorted(set(found), key=by_number)


def _people(company: Company, needle: str) -> list[Json]:
    wanted = needle.casefold()
    return [
        one
        for one in company.all("Customer")
        if wanted in f"{one['DisplayName']}\n{one.get('PrimaryEmailAddr', {}).get('Address', '')}".casefold()
    ]


def _listing(company: Company, found: list[tuple[str, str]], page: int, today: date, search: str) -> Listing:
    """Only what is shown is read; one that was deleted meanwhile is left out."""
    page, shown = _one_page(found, page)
    records = [(kind, company.find(kind, id)) for kind, id in shown]
    rows = [row_of(kind, record, company.currency, today) for kind, record in records if record is not None]
    return Listing(rows, page, _pages(found), len(found), search)


def _one_page(found: list[Any], page: int) -> tuple[int, list[Any]]:
    """The number and the rows of a page; beyond the end it is the last."""
    page = max(1, min(page, _pages(found)))
    return page, found[(page - 1) * PER_PAGE : page * PER_PAGE]


def _pages(found: list[Any]) -> int:
    return max(1, -(-len(found) // PER_PAGE))
