"""An audit of a realm's books by their export alone: sums, links and versions, worked out here once more."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]
Key = tuple[str, str]  # kind of record, its Id
ZERO = Decimal(0)
SALES = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt", "Estimate")
# These kinds share one sequence of numbers; estimates have their own.
NUMBERED_TOGETHER = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")
# Which kinds take their Ids from one sequence: recorded of a live company.
SEQUENCES = dict.fromkeys((*SALES, "Payment"), "transactions") | {"Customer": "people"}
# Their SyncToken moves by their own writes alone, never by those of others.
VERSIONED_BY_THEMSELVES = ("Customer", "Item", "Estimate")


class Books:
    """The records of an export by kind and Id, every number exact."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        held = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        self.rest = {name: value for name, value in held.items() if name not in ("realm", "records")}
        self.records: dict[Key, Json] = {
            (kind, record["Id"]): record for kind, records in held["records"].items() for record in records
        }
        counts = Counter({kind: len(records) for kind, records in held["records"].items()})
        assert counts == Counter(kind for kind, _ in self.records), "an Id stands twice in one list"

    def find(self, kind: str, id: str) -> Json | None:
        return self.records.get((kind, id))

    def all(self, kind: str) -> list[Json]:
        return [record for (one, _), record in self.records.items() if one == kind]


def check(books: Books) -> None:
    """AssertionError, with the record, for anything that cannot be in sound books."""
    _check_settled(books)
    _check_links(books)
    _check_customers(books)
    _check_numbers(books)
    for kind in SALES:
        for document in books.all(kind):
            _check_sums(document)


def is_void(record: Json) -> bool:
    return record["TotalAmt"] == 0 and record.get("PrivateNote", "").startswith("Voided")


def paid_by(record: Json) -> list[str]:
    """The Ids of the payments that a document names."""
    return [link["TxnId"] for link in record["LinkedTxn"] if link["TxnType"] == "Payment"]


def stock_sold(books: Books) -> dict[str, Decimal]:
    """How many pieces of each item have left the shop, less those that came back."""
    sold: dict[str, Decimal] = defaultdict(Decimal)
    for kind, sign in (("Invoice", 1), ("SalesReceipt", 1), ("CreditMemo", -1), ("RefundReceipt", -1)):
        for document in books.all(kind):
            for line in document["Line"]:
                detail = line.get("SalesItemLineDetail", {})
                if "ItemRef" in detail:
                    sold[detail["ItemRef"]["value"]] += sign * detail.get("Qty", ZERO)
    return sold


def _applications(books: Books) -> Iterator[tuple[Key, str, Decimal]]:
    """Every document that a payment's line names, the payment's Id, and the amount."""
    for payment in books.all("Payment"):
        for line in payment["Line"]:
            for link in line["LinkedTxn"]:
                yield (link["TxnType"], link["TxnId"]), payment["Id"], line["Amount"]


def _check_settled(books: Books) -> None:
    """What is open of each document is what no deposit, payment or credit has settled."""
    settled: dict[Key, Decimal] = defaultdict(Decimal)
    for document, _, amount in _applications(books):
        assert amount >= 0
        settled[document] += amount
    for invoice in books.all("Invoice"):
        left = invoice["TotalAmt"] - invoice.get("Deposit", 0)
        applied = settled["Invoice", invoice["Id"]]
        assert applied <= max(left, ZERO), ("more applied than owed", applied, invoice)
        assert invoice["Balance"] == max(left - applied, ZERO), ("balance of an invoice", applied, invoice)
    for memo in books.all("CreditMemo"):
        open_credit = memo["TotalAmt"] - settled["CreditMemo", memo["Id"]]
        assert 0 <= open_credit == memo["RemainingCredit"] == memo["Balance"], ("open credit", open_credit, memo)
    for payment in books.all("Payment"):
        used = ZERO
        for line in payment["Line"]:
            used += -line["Amount"] if line["LinkedTxn"][0]["TxnType"] == "CreditMemo" else line["Amount"]
        assert 0 <= payment["UnappliedAmt"] == payment["TotalAmt"] - used, ("unapplied", used, payment)


def _check_links(books: Books) -> None:
    """Who names another is named by it."""
    by_payments = {(document, payment) for document, payment, _ in _applications(books)}
    by_documents = {
        ((kind, record["Id"]), payment)
        for kind in ("Invoice", "CreditMemo")
        for record in books.all(kind)
        for payment in paid_by(record)
    }
    assert by_payments == by_documents, ("one-sided links", by_payments ^ by_documents)
    assert _linked(books, "Invoice", "Estimate") == {
        (invoice, estimate) for estimate, invoice in _linked(books, "Estimate", "Invoice")
    }, "one-sided links of estimates"


def _linked(books: Books, kind: str, to: str) -> set[tuple[str, str]]:
    records = books.all(kind)
    return {(one["Id"], link["TxnId"]) for one in records for link in one["LinkedTxn"] if link["TxnType"] == to}


def _check_customers(books: Books) -> None:
    """A customer owes what is open, less what was paid ahead and the credits; parents count their sub-customers."""
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for kind, amount, sign in (
        ("Invoice", "Balance", 1),
        ("Payment", "UnappliedAmt", -1),
        ("CreditMemo", "Balance", -1),
    ):
        for record in books.all(kind):
            owed[record["CustomerRef"]["value"]] += sign * record[amount]
    customers = books.all("Customer")
    below: dict[str, list[str]] = defaultdict(list)
    for customer in customers:
        if "ParentRef" in customer:
            below[customer["ParentRef"]["value"]].append(customer["Id"])

    def with_jobs(id: str) -> Decimal:
        return owed[id] + sum((with_jobs(child) for child in below[id]), ZERO)

    for customer in customers:
        id = customer["Id"]
        assert customer["Balance"] == owed[id], ("balance of a customer", owed[id], customer)
        assert customer["BalanceWithJobs"] == with_jobs(id), ("balance with jobs", with_jobs(id), customer)
    assert set(below) <= {customer["Id"] for customer in customers}, "a parent is gone"


def _check_numbers(books: Books) -> None:
    for kinds in (NUMBERED_TOGETHER, ("Estimate",)):
        numbers = Counter(one["DocNumber"].lower() for kind in kinds for one in books.all(kind) if "DocNumber" in one)
        assert all(count == 1 for count in numbers.values()), ("a number twice", numbers)


def _check_sums(document: Json) -> None:
    """Lines less discount plus tax are the total; what is void is worth nothing and names nobody."""
    sold = sum((line["Amount"] for line in document["Line"] if line["DetailType"] == "SalesItemLineDetail"), ZERO)
    discount, subtotal = (_amount_of(document, sort) for sort in ("DiscountLineDetail", "SubTotalLineDetail"))
    tax = document["TxnTaxDetail"]
    assert subtotal == sold, ("subtotal", document)
    assert document["TotalAmt"] == sold - discount + tax["TotalTax"], ("total", document)
    tax_lines = tax.get("TaxLine", [])
    assert sum((line["Amount"] for line in tax_lines), ZERO) == tax["TotalTax"], ("taxes", document)
    for line in tax_lines:
        detail = line["TaxLineDetail"]
        due = detail["NetAmountTaxable"] * detail["TaxPercent"] / Decimal(100)
        assert line["Amount"] == due.quantize(Decimal("0.01"), ROUND_HALF_UP), ("a tax", document)
    if is_void(document) and not _priced(document):
        assert not document["LinkedTxn"], ("a void document names others", document["LinkedTxn"], document)
        assert not any(line.get("Amount") for line in document["Line"]), (
            "a void document is worth something",
            document,
        )


def _priced(document: Json) -> bool:
    """A price is what a voided line no longer has; one that was worth nothing from the start keeps it."""
    return any("UnitPrice" in line.get("SalesItemLineDetail", {}) for line in document["Line"])


def _amount_of(document: Json, sort: str) -> Decimal:
    return sum((line["Amount"] for line in document["Line"] if line["DetailType"] == sort), ZERO)


@dataclass(frozen=True)
class Difference:
    """What one step did to the books."""

    made: frozenset[Key]
    changed: frozenset[Key]
    gone: frozenset[Key]

    def __bool__(self) -> bool:
        return bool(self.made or self.changed or self.gone)


def difference(before: Books, after: Books) -> Difference:
    old, new = before.records, after.records
    changed = frozenset(key for key in old.keys() & new.keys() if old[key] != new[key])
    return Difference(frozenset(new.keys() - old.keys()), changed, frozenset(old.keys() - new.keys()))


def check_versions(
    before: Books, after: Books, step: Difference, now: datetime, written: Iterable[Key], most: int
) -> None:
    """Who changed says when, and no version goes back. `written`: whose own version may move, by `most` at most."""
    own = set(written)
    for key in step.made | step.changed:
        new, old = after.records[key], before.records.get(key)
        assert _moment(new, "LastUpdatedTime") == now, ("changed without a new time", now, new)
        if old is None:
            assert _moment(new, "CreateTime") == now, ("made at another time", now, new)
            continue
        assert _moment(new, "CreateTime") == _moment(old, "CreateTime"), ("made again", new)
        moved = int(new["SyncToken"]) - int(old["SyncToken"])
        assert 0 <= moved <= most, ("a SyncToken jumped", old, new)
        assert not moved or key[0] not in VERSIONED_BY_THEMSELVES or key in own, ("a version of a side effect", new)


def _moment(record: Json, name: str) -> datetime:
    return datetime.fromisoformat(record["MetaData"][name])
