"""The tax service: one call makes a tax code with its rates, new ones or existing ones."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import ENTITY_MARKS
from sandbox.entities.tax import rate_of, tax_code, tax_rate
from sandbox.fields import Shape, choice, kept, number, parts, read, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

SALES, PURCHASES = "Sales", "Purchase"
HIGHEST_RATE = Decimal(100)

_RATE = Shape(
    "TaxRateDetails",
    {
        "TaxRateName": text(100),
        "TaxRateId": text(),
        "RateValue": number(),
        "TaxAgencyId": text(),
        "TaxApplicableOn": choice(SALES, PURCHASES, "Other"),
    },
)
_CODE = Shape(
    "TaxService",
    {
        "TaxCode": text(100),
        "TaxCodeId": kept(),
        "TaxRateDetails": parts(_RATE),
        **{name: kept() for name in ("Id", "SyncToken", "domain", "sparse", "Fault")},
    },
)


def make_tax_code(change: "Change", body: object) -> Json:
    """The code with its Id and those of its rates, as one flat object; `RateValue` is in per cent.

    Raises 2010, 2020, 2080, 2170, 2500, 6000 and 6240. The caller commits.
    """
    given = {name: value for name, value in read(_CODE, body).items() if value is not None}
    for name in ("TaxCode", "TaxRateDetails"):
        if not given.get(name):
            raise refusals.missing(name)
    _check_free(change, "TaxCode", given["TaxCode"], "tax code")
    rates = [_rate(change, detail) for detail in given["TaxRateDetails"]]
    if len({rate["Id"] for _, rate in rates}) < len(rates):
        raise refusals.business("A single tax rate may not be listed twice in the list of tax rates of a tax code.")
    if len({rate["Name"].lower() for _, rate in rates}) < len(rates):
        raise refusals.duplicate_name("tax rate")
    code = change.add(change.kinds["TaxCode"], _code(given["TaxCode"], rates))
    details = [detail for detail, _ in rates]
    return {"TaxCode": code["Name"], "TaxCodeId": code["Id"], "TaxRateDetails": details}


def _rate(change: "Change", detail: Json) -> tuple[Json, Json]:
    """What is answered about one rate, and the rate itself: the one that an Id names, or else a new one."""
    applies_to = detail.get("TaxApplicableOn", SALES)
    if "TaxRateId" in detail:
        rate = change.refer("TaxRate", {"value": detail["TaxRateId"]}, "TaxRates")
    else:
        rate = _new_rate(change, detail)
    answered = {
        "TaxRateName": rate["Name"],
        "TaxRateId": rate["Id"],
        "RateValue": rate["RateValue"],
        "TaxAgencyId": rate["AgencyRef"]["value"],
        "TaxApplicableOn": applies_to,
    }
    return answered, rate


def _new_rate(change: "Change", detail: Json) -> Json:
    for name in ("TaxRateName", "RateValue", "TaxAgencyId"):
        if name not in detail:
            raise refusals.missing(name)
    percent = detail["RateValue"]
    if not 0 <= percent <= HIGHEST_RATE:
        raise refusals.bad_number("RateValue", percent)
    _check_free(change, "TaxRate", detail["TaxRateName"], "tax rate")
    agency = change.refer("TaxAgency", {"value": detail["TaxAgencyId"]}, "TaxAgencies")
    since = [{"RateValue": percent, "EffectiveDate": change.stamp}]
    fields = {**tax_rate(detail["TaxRateName"], percent, agency["Id"]), "EffectiveTaxRate": since}
    return change.add(change.kinds["TaxRate"], {**fields, **ENTITY_MARKS})


def _code(name: str, rates: list[tuple[Json, Json]]) -> Json:
    sold, bought = (
        [rate_of(rate["Id"], rate["Name"]) for answered, rate in rates if answered["TaxApplicableOn"] == side]
        for side in (SALES, PURCHASES)
    )
    return {**tax_code(name, sold, bought), "TaxCodeConfigType": "USER_DEFINED", **ENTITY_MARKS}


def _check_free(change: "Change", kind: str, name: str, called: str) -> None:
    if change.company.holders(kind, name.lower()):
        raise refusals.duplicate_name(called)
