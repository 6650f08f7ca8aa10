"""Vendors and employees: they share the name space and the Ids of customers."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sandbox import refusals
from sandbox.entities.customer import chosen_currency, masked, print_name, with_address_ids
from sandbox.entities.listed import NameList, list_shape
from sandbox.entities.names import PEOPLE, PEOPLE_CALLED, person_name
from sandbox.fields import (
    ADDRESS,
    EMAIL,
    PHONE,
    WEB,
    Field,
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

SSN_SHOWN = "XXX-XX-XXXX"
_PERSON: dict[str, Field] = {
    "Title": text(16, search=True),
    "GivenName": text(100, search=True),
    "MiddleName": text(100, search=True),
    "FamilyName": text(100, search=True),
    "Suffix": text(16, search=True),
    "DisplayName": text(500, search=True),
    "CompanyName": text(100, search=True),
    "PrintOnCheckName": text(110, search=True),
    "Active": flag(search=True),
    "PrimaryPhone": part(PHONE),
    "AlternatePhone": part(PHONE),
    "Mobile": part(PHONE),
    "Fax": part(PHONE),
    "PrimaryEmailAddr": part(EMAIL, search=True),
    "WebAddr": part(WEB),
    "BillRate": number(),
    "CostRate": number(),
    "IntuitId": kept("text"),
    "UserId": kept("text"),
    "OtherAddr": anything(),
    "OtherContactInfo": anything(),
    "Source": text(),
}


class Person(NameList):
    """What both have: names, a name on cheques, addresses with Ids."""

    sequence = PEOPLE
    listed_by = "DisplayName"
    named_by = "DisplayName"
    called = PEOPLE_CALLED
    referred_as = "Names"

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (PEOPLE, record["DisplayName"].lower())

    def shown(self, record: Json, full: bool = True) -> Json:
        return {**record, "V4IDPseudonym": f"00200{record['Id']:0>20}"} if full else record

    def named(self, change: "Change", fields: Json, old: Json | None, above: str) -> str:  # noqa: ARG002
        return person_name(change, self, fields, old)

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        complete = {"PrintOnCheckName": print_name(fields), **super().completed(change, fields, old)}
        return with_address_ids(change, complete, old)


class Vendor(Person):
    name = "Vendor"
    references: ClassVar[dict[str, tuple[str, str]]] = {
        "TermRef": ("Term", "Terms"),
        "APAccountRef": ("Account", "Accounts"),
    }
    shape = list_shape(
        "Vendor",
        {
            **_PERSON,
            "BillAddr": part(ADDRESS),
            "ShipAddr": part(ADDRESS),
            "AcctNum": text(100, search=True),
            "Vendor1099": flag(search=True),
            "TaxIdentifier": text(20),
            "TaxReportingBasis": choice("Cash", "Accrual"),
            "BusinessNumber": text(10),
            "GSTIN": text(15),
            "GSTRegistrationType": text(15),
            "HasTPAR": flag(),
            "T4AEligible": flag(),
            "T5018Eligible": flag(),
            "TermRef": ref(),
            "APAccountRef": ref(),
            "CurrencyRef": ref(),
            "VendorPaymentBankDetail": anything(),
            "ContactName": kept("text"),
            "AltContactName": kept("text"),
            "Notes": text(4000),
            "Balance": kept("number", search=True),
            "OpenBalance": kept("number"),
            "OpenBalanceDate": day(),
            "CreditLimit": number(),
        },
        "AgencyVerificationStatus AgencyVerificationStatusMsg AgencyVerificationTSUTC CISRate "
        "CompanyRegistrationNumber DefaultTaxCodeRef FullyQualifiedName IsSubContractor Organization ParentRef "
        "PrefillAccountRef SubcontractorType TDSEnabled TDSEntityTypeId TDSOverrideThreshold TDSSectionTypeId "
        "TaxCountry TaxIdEffectiveDate VendorTypeRef",
    )
    defaults: ClassVar[Json] = {"Vendor1099": False}

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """The balance moves by bills alone; the currency is fixed at creation."""
        complete = super().completed(change, fields, old)
        if "TaxIdentifier" in fields:
            complete["TaxIdentifier"] = masked(fields["TaxIdentifier"], shows=4)
        if old is not None:
            return {**complete, "Balance": old["Balance"], "CurrencyRef": old["CurrencyRef"]}
        wanted = fields.get("CurrencyRef")
        if change.switches["vendor_currency"] == "ignore":
            # A live Canadian company answered 200 and kept its own currency.
            wanted = None
        return {**complete, "Balance": Decimal(0), "CurrencyRef": chosen_currency(change, wanted)}


class Employee(Person):
    name = "Employee"
    shape = list_shape(
        "Employee",
        {
            **_PERSON,
            "PrimaryAddr": part(ADDRESS),
            "EmployeeType": text(),
            "EmployeeNumber": text(100, search=True),
            "SSN": text(100),
            "BillableTime": flag(),
            "BirthDate": day(),
            "Gender": choice("Male", "Female"),
            "HiredDate": day(search=True),
            "ReleasedDate": day(search=True),
            "Organization": flag(),
            "UseTimeEntry": text(),
            "EmailAddress": anything(),
        },
        "DefaultTaxCodeRef FullyQualifiedName Notes",
    )
    defaults: ClassVar[Json] = {"BillableTime": False}

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """A given or a family name is required; the social security number is never shown."""
        if "GivenName" not in fields and "FamilyName" not in fields:
            raise refusals.missing("GivenName")
        complete = super().completed(change, fields, old)
        return {**complete, "SSN": SSN_SHOWN} if "SSN" in fields else complete
