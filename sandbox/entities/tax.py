"""Who collects taxes and at which rates: agencies can be made, codes and rates come through the tax service."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.entities.kind import Kind, entity_shape
from sandbox.entities.listed import NameList, list_shape
from sandbox.fields import anything, choice, flag, kept, number, ref, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

# A US company has these codes besides its own; a query lists them whatever page it asks for.
PSEUDO_CODES = ("TAX", "NON", "CustomSalesTax")
# The agencies of a new company; those of the United States are as remembered from Intuit's own sandbox.
AGENCIES = {
    "US": ("Arizona Dept. of Revenue", "Board of Equalization"),
    "CA": ("Canada Revenue Agency",),
    "GB": ("HM Revenue & Customs (VAT)",),
    "AU": ("Australian Taxation Office",),
}


class TaxAgency(NameList):
    """An app names an agency; the rest is QuickBooks' own."""

    name = "TaxAgency"
    sequence = "TaxAgency"
    in_cdc = False
    counted = True
    listed_by = "DisplayName"
    named_by = "DisplayName"
    called = "tax agency"
    hides_inactive = False
    has_active = False
    shape = list_shape(
        "TaxAgency",
        {
            "DisplayName": text(100, search=True),
            "TaxTrackedOnSales": kept("flag"),
            "TaxTrackedOnPurchases": kept("flag"),
            "TaxAgencyConfig": kept("text"),
        },
        "TaxRegistrationNumber LastFileDate ReportingPeriod SalesTaxCodeRef SalesTaxCountry SalesTaxReturnRef "
        "TaxOnPurchasesAccountRef TaxOnTax TaxTrackedOnSalesAccountRef",
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        own = {"TaxTrackedOnSales": True, "TaxTrackedOnPurchases": False, "TaxAgencyConfig": "USER_DEFINED"}
        return {**fields, **{name: (old or own).get(name, value) for name, value in own.items()}}


class TaxCode(Kind):
    name = "TaxCode"
    sequence = "TaxCode"
    listed_by = "Name"
    hides_inactive = True
    in_cdc = False
    # python-quickbooks' own tests expect three more rows than MAXRESULTS asks for.
    pinned = PSEUDO_CODES
    shape = entity_shape(
        "TaxCode",
        {
            "Name": text(search=True),
            "Description": text(search=True),
            "Active": flag(search=True),
            "Hidden": flag(),
            "Taxable": flag(search=True),
            "TaxGroup": flag(search=True),
            "TaxCodeConfigType": choice("USER_DEFINED", "SYSTEM_GENERATED"),
            "SalesTaxRateList": anything(),
            "PurchaseTaxRateList": anything(),
            "AdjustmentTaxRateList": anything(),
        },
    )

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (self.name, record["Name"].lower())


class TaxRate(Kind):
    name = "TaxRate"
    sequence = "TaxRate"
    listed_by = "Name"
    hides_inactive = True
    in_cdc = False
    shape = entity_shape(
        "TaxRate",
        {
            "Name": text(search=True),
            "Description": text(search=True),
            "Active": flag(search=True),
            "RateValue": number(search=True),
            "AgencyRef": ref(search=True),
            "TaxReturnLineRef": ref(),
            "SpecialTaxType": text(search=True),
            "DisplayType": text(),
            "EffectiveTaxRate": anything(),
            "OriginalTaxRate": text(),
        },
    )

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (self.name, record["Name"].lower())


def tax_rate(name: str, percent: Decimal, agency: str) -> Json:
    """The fields of a rate in per cent, whose tax goes to the agency with this Id."""
    return {
        "Name": name,
        "Description": name,
        "Active": True,
        "RateValue": percent,
        "AgencyRef": {"value": agency},
        "SpecialTaxType": "NONE",
        "DisplayType": "ReadOnly",
    }


def tax_code(name: str, sold: list[Json], bought: list[Json], description: str = "") -> Json:
    """The fields of a code with what `rate_of` says of its rates, for sales and for purchases."""
    return {
        "Name": name,
        "Description": description or name,
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": {"TaxRateDetail": sold},
        "PurchaseTaxRateList": {"TaxRateDetail": bought},
    }


def rate_of(id: str, name: str) -> Json:
    """How a code names one of its rates."""
    return {"TaxTypeApplicable": "TaxOnAmount", "TaxRateRef": {"value": id, "name": name}, "TaxOrder": 0}


def first_agencies(country: str) -> list[Json]:
    """What a new company of a country starts with."""
    named = AGENCIES.get(country, ("Tax agency",))
    tracked = {"TaxTrackedOnSales": True, "TaxTrackedOnPurchases": country != "US"}
    return [
        {"Id": str(number), "DisplayName": name, **tracked, "TaxAgencyConfig": "SYSTEM_GENERATED"}
        for number, name in enumerate(named, 1)
    ]
