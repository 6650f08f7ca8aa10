"""The hand that writes a sample business: every record is made by its kind's own rules, at a moment of the past."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from sandbox.changes import Change
from sandbox.clock import day
from sandbox.company import Company
from sandbox.countries import rate_between
from sandbox.entities import KINDS
from sandbox.fields import read
from sandbox.numbers import Json, cents
from sandbox.switches import Switches

# As remembered, Intuit enters a sample company within days and dates its documents back; so do we.
ENTERED_DAYS_AGO = 12


@dataclass(eq=False)
class Bookkeeper:
    """Bodies are as an app would send them, so that whatever is refused to an app is refused here."""

    company: Company
    founded: datetime
    now: datetime
    switches: Switches = field(default_factory=Switches)

    def add(self, kind: str, body: Json, at: datetime | None = None, id: str | None = None) -> Json:
        """The new record, with the given Id or else the next; entered `at` that moment, else at the founding."""
        change = Change(self.company, KINDS, self.switches, at or self.founded)
        # Estimates and invoices of the sample companies share numbers.
        change.allow_duplicate_number = True
        if id is not None:
            change.set_last(KINDS[kind].sequence, int(id) - 1)
        record = KINDS[kind].create(change, read(KINDS[kind].shape, body))
        change.commit()
        return record

    def send(self, kind: str, record: Json, to: str, at: datetime) -> None:
        change = Change(self.company, KINDS, self.switches, at)
        KINDS[kind].send(change, change.get(kind, record["Id"]), to)
        change.commit()

    def leave_off_at(self, sequence: str, last: int) -> None:
        """The next Id of a sequence will be the one after `last`."""
        change = Change(self.company, KINDS, self.switches, self.now)
        change.set_last(sequence, last)
        change.commit()

    def entered(self, share: float) -> datetime:
        """A moment of the days in which the documents were entered: 0 at their beginning, 1 now."""
        return self.now - timedelta(days=ENTERED_DAYS_AGO) * (1 - share)

    def days_ago(self, days: int) -> str:
        """A date as documents bear it."""
        return (day(self.now, self.company.zone) - timedelta(days=days)).isoformat()

    def in_currency_of(self, customer: Json, body: Json) -> Json:
        """The body with the currency and rate that a company with several currencies asks for."""
        if not self.company.multicurrency:
            return body
        code = customer["CurrencyRef"]["value"]
        body = {**body, "CurrencyRef": {"value": code}}
        if code != self.company.currency:
            body["ExchangeRate"] = rate_between(code, self.company.currency)
        return body


def sales_line(item: Json, quantity: Decimal, price: Decimal, tax_code: str | None) -> Json:
    detail: Json = {"ItemRef": {"value": item["Id"]}, "Qty": quantity, "UnitPrice": price}
    if tax_code is not None:
        detail["TaxCodeRef"] = {"value": tax_code}
    line: Json = {"DetailType": "SalesItemLineDetail", "Amount": cents(quantity * price), "SalesItemLineDetail": detail}
    return {**line, "Description": item["Description"]} if item.get("Description") else line


def discount_line(percent: Decimal) -> Json:
    return {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": percent},
    }


def applied(amount: Decimal, id: str, kind: str = "Invoice") -> Json:
    """A line of a payment: so much of it for this document."""
    return {"Amount": amount, "LinkedTxn": [{"TxnId": id, "TxnType": kind}]}
