"""Customers: one name space with vendors and employees, balances that move by themselves, a masked tax id."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.entities.companycurrency import chosen_currency
from sandbox.entities.listed import list_shape
from sandbox.entities.person import PERSON, Person, masked
from sandbox.fields import ADDRESS, anything, choice, day, flag, kept, number, part, ref, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

# What the books write and an update leaves.
_OWN = ("Balance", "BalanceWithJobs", "IsProject", "CurrencyRef")


class Customer(Person):
    name = "Customer"
    listed_by = "FullyQualifiedName"
    nested_as = "Job"
    flag_decides = True
    references = {
        "SalesTermRef": ("Term", "Terms"),
        "PaymentMethodRef": ("PaymentMethod", "PaymentMethods"),
        "CustomerTypeRef": ("CustomerType", "CustomerTypes"),
        "ARAccountRef": ("Account", "Accounts"),
        "DefaultTaxCodeRef": ("TaxCode", "TaxCodes"),
    }
    shape = list_shape(
        "Customer",
        {
            **PERSON,
            "FullyQualifiedName": kept("text", search=True),
            "BillAddr": part(ADDRESS),
            "ShipAddr": part(ADDRESS),
            "Notes": text(2000),
            "Taxable": flag(search=True),
            "ResaleNum": text(16),
            "PrimaryTaxIdentifier": text(20),
            "BusinessNumber": text(10),
            "GSTIN": text(15),
            "GSTRegistrationType": text(15),
            "SecondaryTaxIdentifier": text(20),
            "TaxExemptionReasonId": text(),
            "DefaultTaxCodeRef": ref(),
            "SalesTermRef": ref(),
            "PaymentMethodRef": ref(),
            "CustomerTypeRef": ref(search=True),
            "ARAccountRef": ref(),
            "CurrencyRef": ref(),
            "PreferredDeliveryMethod": choice("Print", "Email", "None"),
            "ParentRef": ref(search=True),
            "Job": flag(search=True),
            "BillWithParent": flag(),
            "OpenBalanceDate": day(),
            "Balance": kept("number", search=True),
            "BalanceWithJobs": kept("number"),
            "OverDueBalance": kept("number"),
            "TotalRevenue": kept("number"),
            "TotalExpense": kept("number"),
            "Level": kept("number"),
            "IsProject": kept("flag"),
            "ContactName": kept("text"),
            "AltContactName": kept("text"),
            "AcctNum": kept("text"),
            "CreditChargeInfo": anything(),
            "OpenBalance": kept("number"),
            "CreditLimit": number(),
        },
        "CCDetail ClientCompanyId IsCISContractor JobInfo Organization PriceLevelRef RootCustomerRef "
        "SalesRepRef TDSEnabled TaxGroupCodeRef TaxRateRef TaxRegime",
    )

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield from super().index(record)
        yield from self.below(record)

    def shown(self, record: Json, full: bool = True) -> Json:
        shown = super().shown(record, full)
        return {**shown, "ClientEntityId": "0"} if full else shown

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """The open balance of a customer counts for whom it stands below."""
        record = super().update(change, old, given, sparse)
        before, after = (one.get("ParentRef", {}).get("value") for one in (old, record))
        if before != after and record["BalanceWithJobs"]:
            self._owe_above(change, before, -record["BalanceWithJobs"])
            self._owe_above(change, after, record["BalanceWithJobs"])
        return record

    def place(self, parent: Json | None, above: str, name: str) -> Json:
        if parent is None:
            return {"Job": False, "FullyQualifiedName": name}
        return {"Job": True, "Level": int(parent.get("Level", 0)) + 1, "FullyQualifiedName": above + name}

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        taxed = change.company.country.taxes_per_line
        defaults: Json = {
            "Taxable": not taxed,
            "BillWithParent": False,
            "PreferredDeliveryMethod": "Print",
        }
        if not taxed:
            defaults["DefaultTaxCodeRef"] = {"value": "2"}
        complete = {**defaults, **super().completed(change, fields, old), **self._own(change, fields, old)}
        if "DefaultTaxCodeRef" in fields:
            # Recorded: it comes without the code's name.
            complete["DefaultTaxCodeRef"] = {"value": complete["DefaultTaxCodeRef"]["value"]}
        if "PrimaryTaxIdentifier" in fields:
            complete["PrimaryTaxIdentifier"] = masked(fields["PrimaryTaxIdentifier"])
        return complete

    def _own(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """The currency is fixed at creation; a changed one is ignored."""
        if old is not None:
            return {name: old[name] for name in _OWN}
        currency = chosen_currency(change, fields.get("CurrencyRef"))
        return {"Balance": Decimal(0), "BalanceWithJobs": Decimal(0), "IsProject": False, "CurrencyRef": currency}

    def _owe_above(self, change: "Change", id: str | None, amount: Decimal) -> None:
        while id is not None and (parent := change.find(self.name, id)) is not None:
            change.touch(self, parent, BalanceWithJobs=parent["BalanceWithJobs"] + amount)
            id = parent.get("ParentRef", {}).get("value")
