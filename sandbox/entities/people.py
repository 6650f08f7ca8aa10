"""Vendors and employees: they share the name space and the Ids of customers."""

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sandbox import refusals
from sandbox.entities.companycurrency import chosen_currency
from sandbox.entities.listed import list_shape
from sandbox.entities.person import PERSON, Person, masked
from sandbox.fields import ADDRESS, Field, anything, choice, day, flag, kept, number, part, ref, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

SSN_SHOWN = "XXX-XX-XXXX"
_WORKER: dict[str, Field] = {**PERSON, "BillRate": number(), "CostRate": number()}


class Vendor(Person):
    name = "Vendor"
    references: ClassVar[dict[str, tuple[str, str]]] = {
        "TermRef": ("Term", "Terms"),
        "APAccountRef": ("Account", "Accounts"),
    }
    shape = list_shape(
        "Vendor",
        {
            **_WORKER,
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
            **_WORKER,
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
