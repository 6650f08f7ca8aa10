"""The lines of expenses, deposits and journal entries: which kinds there are and what each must say."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.generic import (
    ACCOUNT,
    CLASS,
    CUSTOMER,
    DEPARTMENT,
    ITEM,
    PAYMENT_METHOD,
    TAX_CODE,
    ZERO,
    To,
    named,
)
from sandbox.fields import LINKED, Field, Shape, anything, choice, day, kept, number, part, parts, ref, text
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

BY_ACCOUNT, BY_ITEM = "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"
DEPOSITED, POSTED, ADJUSTED = "DepositLineDetail", "JournalEntryLineDetail", "ItemAdjustmentLineDetail"
TEXT_ONLY = "DescriptionOnly"

_BILLABLE = choice("Billable", "NotBillable", "HasBeenBilled")
DETAILS: dict[str, dict[str, Field]] = {
    BY_ACCOUNT: {
        "AccountRef": ref(),
        "CustomerRef": ref(),
        "ClassRef": ref(),
        "TaxCodeRef": ref(),
        "TaxAmount": number(),
        "TaxInclusiveAmt": number(),
        "BillableStatus": _BILLABLE,
        "MarkupInfo": anything(),
    },
    BY_ITEM: {
        "ItemRef": ref(),
        "CustomerRef": ref(),
        "ClassRef": ref(),
        "TaxCodeRef": ref(),
        "PriceLevelRef": ref(),
        "UnitPrice": number(),
        "Qty": number(),
        "TaxInclusiveAmt": number(),
        "BillableStatus": _BILLABLE,
        "MarkupInfo": anything(),
        "ItemAccountRef": kept(),
        "ItemReceivedPODetail": anything(),
        "Received": anything(),
    },
    DEPOSITED: {
        "AccountRef": ref(),
        "ClassRef": ref(),
        "PaymentMethodRef": ref(),
        "TaxCodeRef": ref(),
        "Entity": anything(),
        "CheckNum": text(21),
        "TxnType": anything(),
        "TaxApplicableOn": text(),
    },
    POSTED: {
        "PostingType": choice("Debit", "Credit"),
        "AccountRef": ref(),
        "ClassRef": ref(),
        "DepartmentRef": ref(),
        "TaxCodeRef": ref(),
        "Entity": anything(),
        "TaxApplicableOn": text(),
        "TaxAmount": number(),
        "TaxInclusiveAmt": number(),
        "BillableStatus": _BILLABLE,
        "JournalCodeRef": ref(),
    },
    ADJUSTED: {"ItemRef": ref(), "QtyDiff": number(), "SalesPrice": number(), "ClassRef": ref()},
    "DescriptionLineDetail": {"ServiceDate": day(), "TaxCodeRef": ref()},
    "TDSLineDetail": {"TDSSectionTypeId": text(), "TDSSectionTypeRef": ref()},
    "ReimburseLineDetail": {
        "ItemRef": ref(),
        "ClassRef": ref(),
        "TaxCodeRef": ref(),
        "UnitPrice": number(),
        "Qty": number(),
    },
}
# What a line of each sort cannot be without.
NEEDED: dict[str, tuple[str, ...]] = {
    BY_ACCOUNT: ("AccountRef",),
    POSTED: ("PostingType", "AccountRef"),
    ADJUSTED: ("ItemRef", "QtyDiff"),
}
REFERENCES: Mapping[str, To] = {
    "AccountRef": ACCOUNT,
    "ItemRef": ITEM,
    "CustomerRef": CUSTOMER,
    "ClassRef": CLASS,
    "DepartmentRef": DEPARTMENT,
    "PaymentMethodRef": PAYMENT_METHOD,
    "TaxCodeRef": TAX_CODE,
}
LINE = Shape(
    "Line",
    {
        "Id": kept(),
        "LineNum": kept(),
        "Description": text(4000),
        "Amount": number(),
        "Received": anything(),
        "LinkedTxn": parts(LINKED),
        "LineEx": kept(),
        "CustomField": anything(),
        "CustomExtensions": kept(),
        "ProjectRef": ref(),
        "DetailType": choice(*(name for name in DETAILS if name != "DescriptionLineDetail"), TEXT_ONLY),
        "DepositToAccountRef": anything(),
        **{name: part(Shape(name, fields)) for name, fields in DETAILS.items()},
    },
)


def complete(change: "Change", sent: list[Json], old: list[Json], sorts: tuple[str, ...]) -> list[Json]:
    """The lines with Ids, numbers and names. Raises 2020, 2180, 2500 and 610.

    `sorts` are the details that the transaction takes, the first being meant when a linked line names none.
    """
    known = {line["Id"] for line in old if "Id" in line}
    last = max((int(id) for id in known if id.isdecimal()), default=0)
    lines: list[Json] = []
    for position, line in enumerate(sent, 1):
        id = line.get("Id")
        if id not in known:
            last += 1
            id = str(last)
        lines.append({**_completed(change, line, sorts), "Id": id, "LineNum": position})
    return lines


def total_of(lines: list[Json]) -> Decimal:
    return sum((line["Amount"] for line in lines if "Amount" in line), ZERO)


def with_tax(lines: list[Json], sent: Json) -> Decimal:
    """What the lines come to, with the tax that the caller names: purchases are not taxed anew here."""
    return total_of(lines) + cents(sent.get("TxnTaxDetail", {}).get("TotalTax", ZERO))


def _completed(change: "Change", line: Json, sorts: tuple[str, ...]) -> Json:
    sort = line.get("DetailType") or (sorts[0] if line.get("LinkedTxn") else None)
    if sort is None:
        raise refusals.missing("DetailType")
    own = "DescriptionLineDetail" if sort == TEXT_ONLY else sort
    line = {name: value for name, value in line.items() if name not in DETAILS or name == own}
    if sort == TEXT_ONLY:
        return line
    if sort not in (*sorts, "TDSLineDetail", "ReimburseLineDetail"):
        raise refusals.bad_value("DetailType", sort)
    detail: Json = line.get(sort, {})
    for name in NEEDED.get(sort, ()):
        if name not in detail:
            raise refusals.missing(name)
    if "Amount" not in line and sort != ADJUSTED:
        raise refusals.missing("Amount")
    written = {**line, "DetailType": sort, sort: {**detail, **named(change, detail, REFERENCES, None)}}
    return {**written, "Amount": cents(line["Amount"])} if "Amount" in line else written
