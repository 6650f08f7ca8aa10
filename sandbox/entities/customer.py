"""Customers: one name space with vendors and employees, balances that move by themselves, a masked tax id."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.listed import NameList, list_shape
from sandbox.entities.names import PEOPLE, PEOPLE_CALLED, person_name
from sandbox.fields import (
    ADDRESS,
    EMAIL,
    PHONE,
    WEB,
    anything,
    choice,
    day,
    flag,
    kept,
    number,
    part,
    ref,
    text,
)
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


# What the books write and an update leaves.
_OWN = ("Balance", "BalanceWithJobs", "IsProject", "CurrencyRef")


class Customer(NameList):
    name = "Customer"
    sequence = "people"
    listed_by = "FullyQualifiedName"
    named_by = "DisplayName"
    called = PEOPLE_CALLED
    referred_as = "Names"
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
            "Title": text(16, search=True),
            "GivenName": text(100, search=True),
            "MiddleName": text(100, search=True),
            "FamilyName": text(100, search=True),
            "Suffix": text(16, search=True),
            "DisplayName": text(500, search=True),
            "CompanyName": text(100, search=True),
            "FullyQualifiedName": kept("text", search=True),
            "PrintOnCheckName": text(110, search=True),
            "Active": flag(search=True),
            "PrimaryPhone": part(PHONE),
            "AlternatePhone": part(PHONE),
            "Mobile": part(PHONE),
            "Fax": part(PHONE),
            "PrimaryEmailAddr": part(EMAIL, search=True),
            "WebAddr": part(WEB),
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
            "Source": text(),
            "Balance": kept("number", search=True),
            "BalanceWithJobs": kept("number"),
            "OverDueBalance": kept("number"),
            "TotalRevenue": kept("number"),
            "TotalExpense": kept("number"),
            "Level": kept("number"),
            "IsProject": kept("flag"),
            "OtherAddr": anything(),
            "OtherContactInfo": anything(),
            "ContactName": kept("text"),
            "AltContactName": kept("text"),
            "UserId": kept("text"),
            "AcctNum": kept("text"),
            "CreditChargeInfo": anything(),
            "OpenBalance": kept("number"),
            "CreditLimit": number(),
        },
        "CCDetail ClientCompanyId IntuitId IsCISContractor JobInfo Organization PriceLevelRef RootCustomerRef "
        "SalesRepRef TDSEnabled TaxGroupCodeRef TaxRateRef TaxRegime",
    )

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (PEOPLE, record["DisplayName"].lower())
        yield from self.below(record)

    def shown(self, record: Json, full: bool = True) -> Json:
        return {**record, "ClientEntityId": "0", "V4IDPseudonym": f"00200{record['Id']:0>20}"} if full else record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """The open balance of a customer counts for whom it stands below."""
        record = super().update(change, old, given, sparse)
        before, after = (one.get("ParentRef", {}).get("value") for one in (old, record))
        if before != after and record["BalanceWithJobs"]:
            self._owe_above(change, before, -record["BalanceWithJobs"])
            self._owe_above(change, after, record["BalanceWithJobs"])
        return record

    def named(self, change: "Change", fields: Json, old: Json | None, above: str) -> str:  # noqa: ARG002
        return person_name(change, self, fields, old)

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
            "PrintOnCheckName": print_name(fields),
        }
        if not taxed:
            defaults["DefaultTaxCodeRef"] = {"value": "2"}
        named = self.referred(change, fields, old)
        if "DefaultTaxCodeRef" in named:
            # Recorded: it comes without the code's name.
            named["DefaultTaxCodeRef"] = {"value": named["DefaultTaxCodeRef"]["value"]}
        if "PrimaryTaxIdentifier" in fields:
            named["PrimaryTaxIdentifier"] = masked(fields["PrimaryTaxIdentifier"])
        return with_address_ids(change, {**defaults, **fields, **named, **self._own(change, fields, old)}, old)

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


def chosen_currency(change: "Change", wanted: Json | None) -> Json:
    """The currency of a customer or a vendor, the home currency unless named. Raises 2500 and 6000."""
    company = change.company
    code = wanted["value"].upper() if wanted else company.currency
    if code != company.currency and not company.multicurrency:
        raise refusals.business("Multi Currency should be enabled to perform this operation")
    for currency in company.all("CompanyCurrency"):
        if currency["Code"] == code and (currency["Active"] or code == company.currency):
            return {"value": code, "name": currency["Name"]}
    raise refusals.bad_reference("Currency", code)


def masked(identifier: str, shows: int = 5) -> str:
    """All but the last letters or digits hidden: 123-45-6789 becomes XXXXXX56789."""
    tail = "".join(mark for mark in identifier if mark.isalnum())[-shows:]
    return "X" * (len(identifier) - len(tail)) + tail


def print_name(fields: Json) -> str:
    person = " ".join(fields[part] for part in ("GivenName", "FamilyName") if part in fields)
    return str(person or fields.get("CompanyName") or fields["DisplayName"])


def with_address_ids(change: "Change", fields: Json, old: Json | None) -> Json:
    """Each address has an Id of its own sequence and keeps it."""
    for name in ("BillAddr", "ShipAddr", "PrimaryAddr"):
        if name in fields:
            known = (old or {}).get(name, {}).get("Id") or fields[name].get("Id")
            fields = {**fields, name: {**fields[name], "Id": known or change.next_id("address")}}
    return fields
