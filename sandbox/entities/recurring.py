"""Templates of transactions that return: an invoice, a bill or another, wrapped with its schedule."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.banking import Deposit, Transfer
from sandbox.entities.creditmemo import CreditMemo
from sandbox.entities.entry_lines import total_of
from sandbox.entities.estimate import Estimate
from sandbox.entities.generic import CUSTOMER, TERM, VENDOR, ZERO, Generic
from sandbox.entities.invoice import Invoice
from sandbox.entities.journal_entry import JournalEntry
from sandbox.entities.kind import Kind, entity_shape
from sandbox.entities.payables import Bill, Purchase, PurchaseOrder, VendorCredit
from sandbox.entities.receipts import RefundReceipt, SalesReceipt
from sandbox.fields import COMMON, Field, Shape, anything, choice, day, flag, number, part, read, ref, text
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

# What can return.
_WRAPPED: tuple[type[Kind], ...] = (
    Bill,
    CreditMemo,
    Deposit,
    Estimate,
    Invoice,
    JournalEntry,
    Purchase,
    PurchaseOrder,
    RefundReceipt,
    SalesReceipt,
    Transfer,
    VendorCredit,
)
SORTS = tuple(kind.name for kind in _WRAPPED)
_PRICED = Shape("Line", {"Amount": number()})
_SCHEDULE = Shape(
    "RecurringScheduleInfo",
    {
        "StartDate": day(),
        "EndDate": day(),
        "NextDate": day(),
        "PreviousDate": day(),
        "IntervalType": choice("Daily", "Weekly", "Monthly", "Yearly"),
        "DayOfWeek": text(),
        "MonthOfYear": text(),
        **{
            name: number()
            for name in ("DaysBefore", "MaxOccurrences", "RemindDays", "NumInterval", "DayOfMonth", "WeekOfMonth")
        },
    },
)
_INFO = Shape(
    "RecurringInfo",
    {
        "Name": text(),
        "Active": flag(),
        "RecurType": choice("Automated", "Reminded", "UnScheduled"),
        "ScheduleInfo": part(_SCHEDULE),
    },
)


def recurring_shape(shapes: list[Shape]) -> Shape:
    """The properties of every transaction that can return; their own rules wait until it does."""
    loose: dict[str, Field] = {
        name: anything() for shape in shapes for name in shape.fields if name not in COMMON and "." not in name
    }
    own = {
        "Type": choice(*SORTS, search=True),
        "RecurringInfo": part(_INFO),
        "RecurDataRef": anything(),
        "CustomerRef": ref(search=True),
        "VendorRef": ref(search=True),
        "SalesTermRef": ref(),
        "TxnDate": day(),
    }
    return entity_shape("RecurringTransaction", {**loose, **own})


class RecurringTransaction(Generic):
    """Kept with its sort in `Type`; on the wire that is the wrapping instead: `{"Invoice": {…}}`."""

    name = "RecurringTransaction"
    required = ("RecurringInfo",)
    references = {"CustomerRef": CUSTOMER, "VendorRef": VENDOR, "SalesTermRef": TERM}
    dated = False
    shape = recurring_shape([kind.shape for kind in _WRAPPED])

    def unwrapped(self, body: object) -> object:
        """2010 for a body that wraps none of the transactions that can return."""
        if not isinstance(body, dict):
            return body
        sorts = [name for name in body if name in SORTS]
        if len(sorts) != 1 or not isinstance(body[sorts[0]], dict):
            unknown = next((name for name in body if name not in SORTS), self.name)
            raise refusals.unrecognized(unknown, self.name)
        return {**body[sorts[0]], "Type": sorts[0]}

    def shown(self, record: Json, full: bool = True) -> Json:  # noqa: ARG002
        return {record["Type"]: {name: value for name, value in record.items() if name != "Type"}}

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        """Its lines numbered and added up; what else a transaction must say waits until it returns."""
        for name in ("Name", "RecurType"):
            if name not in fields["RecurringInfo"]:
                raise refusals.missing(name)
        lines = fields.get("Line") or []
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise refusals.malformed("Can not deserialize instance of java.util.List for Line")
        if old is not None and fields["Type"] != old["Type"]:
            # There is no template of this sort with this Id.
            raise refusals.not_found()
        priced = [line if "Amount" not in line else {**line, "Amount": _amount(line)} for line in lines]
        numbered = [{**line, "Id": str(line.get("Id") or n), "LineNum": n} for n, line in enumerate(priced, 1)]
        return {**fields, "Line": numbered, "TotalAmt": total_of(numbered)} if numbered else fields


def _amount(line: Json) -> Decimal:
    """In cents; nothing where it is blank. Raises 2080."""
    return cents(read(_PRICED, {"Amount": line["Amount"]})["Amount"] or ZERO)
