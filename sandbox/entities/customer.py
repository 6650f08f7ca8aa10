"""Customers: one name space with vendors and employees, balances that move by themselves, a masked tax id."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged
from sandbox.entities.names import PEOPLE, person_name
from sandbox.fields import (
    ADDRESS,
    CUSTOM_FIELD,
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
    parts,
    ref,
    text,
)
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


class Customer(Kind):
    name = "Customer"
    sequence = "people"
    operations = frozenset({"create", "update"})
    listed_by = "FullyQualifiedName"
    hides_inactive = True
    shape = entity_shape(
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
            "CustomerTypeRef": ref(),
            "ARAccountRef": ref(),
            "CurrencyRef": ref(),
            "PreferredDeliveryMethod": choice("Print", "Email", "None"),
            "ParentRef": ref(search=True),
            "Job": flag(search=True),
            "BillWithParent": flag(),
            "OpenBalanceDate": day(),
            "CustomField": parts(CUSTOM_FIELD),
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
    )

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (PEOPLE, record["DisplayName"].lower())

    def shown(self, record: Json, full: bool = True) -> Json:
        return {**record, "ClientEntityId": "0", "V4IDPseudonym": f"00200{record['Id']:0>20}"} if full else record

    def create(self, change: "Change", given: Json) -> Json:
        known = {name: value for name, value in given.items() if value is not None}
        currency = self._currency(change, known.get("CurrencyRef"))
        fields = self._complete(change, {**known, "Active": True}, None)
        own = {"Balance": Decimal(0), "BalanceWithJobs": Decimal(0), "IsProject": False, "CurrencyRef": currency}
        record = change.add(self, {**fields, **own, **ENTITY_MARKS})
        change.happened(self, record["Id"], "created")
        return record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """The currency is fixed at creation; a changed one is ignored."""
        fields = merged(old, {k: v for k, v in given.items() if k != "CurrencyRef"}, self.shape, sparse)
        fields.setdefault("Active", old["Active"])
        fields = self._complete(change, fields, old)
        own = {name: old[name] for name in ("Balance", "BalanceWithJobs", "IsProject", "CurrencyRef")}
        record = change.replace(self, old, {**fields, **own, **ENTITY_MARKS})
        change.happened(self, record["Id"], "updated")
        return record

    def _complete(self, change: "Change", fields: Json, old: Json | None) -> Json:
        fields = {**fields, "DisplayName": person_name(change, self, fields, old)}
        taxed = change.company.country.taxes_per_line
        defaults: Json = {
            "Taxable": not taxed,
            "Job": "ParentRef" in fields,
            "BillWithParent": False,
            "PreferredDeliveryMethod": "Print",
            "PrintOnCheckName": _print_name(fields),
        }
        if not taxed:
            defaults["DefaultTaxCodeRef"] = {"value": "2"}
        parent = change.refer("Customer", fields["ParentRef"], "Names") if "ParentRef" in fields else None
        place: Json = {"FullyQualifiedName": fields["DisplayName"]}
        if parent is not None:
            place["FullyQualifiedName"] = f"{parent['FullyQualifiedName']}:{fields['DisplayName']}"
            place["Level"] = int(parent.get("Level", 0)) + 1
        if "SalesTermRef" in fields:
            term = change.refer("Term", fields["SalesTermRef"], "Terms")
            place["SalesTermRef"] = {"value": term["Id"], "name": term["Name"]}
        if "PrimaryTaxIdentifier" in fields:
            place["PrimaryTaxIdentifier"] = masked(fields["PrimaryTaxIdentifier"])
        return _with_address_ids(change, {**defaults, **fields, **place}, old)

    def _currency(self, change: "Change", wanted: Json | None) -> Json:
        company = change.company
        code = wanted["value"] if wanted else company.currency
        if code != company.currency and not company.multicurrency:
            raise refusals.business("Multi Currency should be enabled to perform this operation")
        for currency in company.all("CompanyCurrency"):
            if currency["Code"] == code:
                return {"value": code, "name": currency["Name"]}
        raise refusals.bad_reference("Currency", code)


def masked(identifier: str) -> str:
    """All but the last five letters or digits hidden: 123-45-6789 becomes XXXXXX56789."""
    tail = "".join(mark for mark in identifier if mark.isalnum())[-5:]
    return "X" * (len(identifier) - len(tail)) + tail


def _print_name(fields: Json) -> str:
    person = " ".join(fields[part] for part in ("GivenName", "FamilyName") if part in fields)
    return str(person or fields.get("CompanyName") or fields["DisplayName"])


def _with_address_ids(change: "Change", fields: Json, old: Json | None) -> Json:
    """Each address has an Id of its own sequence and keeps it."""
    for name in ("BillAddr", "ShipAddr"):
        if name in fields:
            known = (old or {}).get(name, {}).get("Id") or fields[name].get("Id")
            fields = {**fields, name: {**fields[name], "Id": known or change.next_id("address")}}
    return fields
