"""Kinds that few clients touch: stock adjustments, journal codes, and what can only be read."""

from typing import TYPE_CHECKING

from sandbox.entities import entry_lines as lines_of
from sandbox.entities.generic import ACCOUNT, CUSTOMER, TRANSACTION, Generic
from sandbox.entities.kind import Kind, entity_shape
from sandbox.entities.listed import NameList
from sandbox.fields import anything, choice, day, flag, kept, number, parts, ref, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


class InventoryAdjustment(Generic):
    """More or fewer pieces than the books thought."""

    name = "InventoryAdjustment"
    required = ("AdjustAccountRef", "Line")
    references = {"AdjustAccountRef": ACCOUNT, "CustomerRef": CUSTOMER}
    shape = entity_shape(
        "InventoryAdjustment",
        {
            **TRANSACTION,
            "AdjustAccountRef": ref(search=True),
            "CustomerRef": ref(search=True),
            "Line": parts(lines_of.LINE),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        lines = lines_of.complete(change, fields["Line"], old["Line"] if old else [], (lines_of.ADJUSTED,))
        return {**fields, "Line": lines}

    def take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        for record, sign in ((old, -1), (new, 1)):
            for line in record["Line"] if record else []:
                detail = line.get(lines_of.ADJUSTED, {})
                item = change.find("Item", detail.get("ItemRef", {}).get("value", ""))
                if item is not None and item.get("Type") == "Inventory":
                    held = item.get("QtyOnHand", 0) + sign * detail["QtyDiff"]
                    change.touch(change.kinds["Item"], item, QtyOnHand=held)


class JournalCode(NameList):
    """Only French books have them."""

    name = "JournalCode"
    sequence = "JournalCode"
    called = "journal code"
    in_cdc = False
    shape = entity_shape(
        "JournalCode",
        {
            "Name": text(100, search=True),
            "Type": choice("Expenses", "Sales", "Bank", "Nouveaux", "Wages", "Cash", "Others", search=True),
            "Description": text(100),
            "CustomName": text(20),
            "Active": flag(search=True),
        },
    )


class Budget(Kind):
    name = "Budget"
    sequence = "Budget"
    listed_by = "Name"
    shape = entity_shape(
        "Budget",
        {
            "Name": text(search=True),
            "StartDate": day(search=True),
            "EndDate": day(search=True),
            "BudgetType": text(search=True),
            "BudgetEntryType": text(),
            "Active": flag(search=True),
            "BudgetDetail": anything(),
        },
    )


class ReimburseCharge(Kind):
    name = "ReimburseCharge"
    sequence = "transactions"
    shape = entity_shape(
        "ReimburseCharge",
        {
            "CustomerRef": ref(search=True),
            "Amount": number(search=True),
            "HasBeenInvoiced": flag(search=True),
            "TxnDate": day(search=True),
            "CurrencyRef": ref(),
            "ExchangeRate": number(),
            "HomeTotalAmt": kept("number"),
            "PrivateNote": text(),
            "LinkedTxn": kept(),
            "Line": anything(),
        },
    )


class TaxPayment(Kind):
    """Only in Australia, Canada and the United Kingdom."""

    name = "TaxPayment"
    sequence = "transactions"
    shape = entity_shape(
        "TaxPayment",
        {
            "PaymentDate": day(search=True),
            "PaymentAmount": number(search=True),
            "Refund": flag(search=True),
            "Description": text(),
            "PaymentAccountRef": ref(),
        },
    )


class TaxClassification(Kind):
    """What automated sales tax sorts items by; here the list is empty."""

    name = "TaxClassification"
    sequence = "TaxClassification"
    listed_by = "Name"
    in_cdc = False
    shape = entity_shape(
        "TaxClassification",
        {
            "Code": text(search=True),
            "Name": text(search=True),
            "Description": text(),
            "Level": text(search=True),
            "ParentRef": ref(search=True),
            "ApplicableTo": anything(),
        },
    )
