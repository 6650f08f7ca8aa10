"""Exchange rates: what a unit of a foreign currency is worth on a day, by the market or as the company set it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.clock import day
from sandbox.countries import DOLLARS, rate_between
from sandbox.entities.companycurrency import currency_name
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape
from sandbox.fields import Field, anything, kept, number, read, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change
    from sandbox.company import Company


class ExchangeRate(Kind):
    """Stored are only the rates that were set; each holds from its day until the next one set."""

    name = "ExchangeRate"
    sequence = "ExchangeRate"
    in_cdc = False
    counted = True
    listed_by = "SourceCurrencyCode"
    shape = entity_shape(
        "ExchangeRate",
        {
            "SourceCurrencyCode": text(3, search=True),
            "TargetCurrencyCode": text(3, search=True),
            "Rate": number(),
            "AsOfDate": Field("date", search=True),
            "CustomField": anything(),
            "ExchangeRateEx": kept(),
        },
    )

    def shown(self, record: Json, full: bool = True) -> Json:  # noqa: ARG002
        """Exchange rates have no Id: currency and day name them. Shown is the day on which a rate was set."""
        shown = {name: value for name, value in record.items() if name not in ("Id", "SetOn")}
        shown["AsOfDate"] = record.get("SetOn", record["AsOfDate"])
        if "MetaData" in shown:
            shown["MetaData"] = {"LastUpdatedTime": shown["MetaData"]["LastUpdatedTime"]}
        return shown

    def worked_out(self, company: "Company", asked: Mapping[str, str], now: datetime) -> list[Json]:
        """One rate for each foreign currency in use, of the day asked for or else of today."""
        on = asked.get("AsOfDate", "")[:10] or day(now, company.zone).isoformat()
        codes = [one["Code"] for one in company.all("CompanyCurrency") if one["Active"]]
        return [{**rate_on(company, code, on), "Id": code} for code in codes if code != company.currency]


def rate_on(company: "Company", code: str, on: str) -> Json:
    """The rate of a currency on a day: units of the home currency for one unit. Raises 2180 for an unknown one."""
    if currency_name(code) is None:
        raise refusals.bad_value("sourcecurrencycode", code)
    earlier = [
        one for one in company.all("ExchangeRate") if one["SourceCurrencyCode"] == code and one["AsOfDate"] <= on
    ]
    if earlier:
        newest = max(earlier, key=lambda one: str(one["AsOfDate"]))
        return {**newest, "AsOfDate": on, "SetOn": newest["AsOfDate"]}
    # A currency without an invented market rate is worth 1 until a rate is set.
    rate = rate_between(code, company.currency) if {code, company.currency} <= set(DOLLARS) else Decimal(1)
    return {
        "SourceCurrencyCode": code,
        "TargetCurrencyCode": company.currency,
        "Rate": rate,
        "AsOfDate": on,
        "SyncToken": "0",
        **ENTITY_MARKS,
    }


def answer_rate(company: "Company", params: Mapping[str, str], now: datetime) -> Json:
    """The answer to `GET /exchangerate?sourcecurrencycode=USD&asofdate=2026-07-30`. Raises 2020, 2170 and 2180."""
    code = params.get("sourcecurrencycode", "").upper()
    if not code:
        raise refusals.missing("sourcecurrencycode")
    on = params.get("asofdate") or day(now, company.zone).isoformat()
    try:
        on = date.fromisoformat(on[:10]).isoformat()
    except ValueError:
        raise refusals.bad_date("asofdate", on) from None
    return ExchangeRate().shown(rate_on(company, code, on))


def set_rate(change: "Change", body: object) -> Json:
    """A rate that the company sets itself. Raises 2010, 2020, 2080, 2180, and 6000 where multicurrency is off."""
    kind, company = change.kinds["ExchangeRate"], change.company
    given = {name: value for name, value in read(kind.shape, body).items() if value is not None}
    if not company.multicurrency:
        raise refusals.business("Multi Currency should be enabled to perform this operation")
    for name in ("SourceCurrencyCode", "Rate", "AsOfDate"):
        if name not in given:
            raise refusals.missing(name)
    code = given["SourceCurrencyCode"].upper()
    if code == company.currency or all(one["Code"] != code for one in company.all("CompanyCurrency")):
        raise refusals.bad_value("SourceCurrencyCode", code)
    if given.get("TargetCurrencyCode", company.currency).upper() != company.currency:
        raise refusals.bad_value("TargetCurrencyCode", given["TargetCurrencyCode"])
    if given["Rate"] <= 0:
        raise refusals.bad_number("Rate", given["Rate"])
    on = given["AsOfDate"]
    fields = {
        "SourceCurrencyCode": code,
        "TargetCurrencyCode": company.currency,
        "Rate": given["Rate"],
        "AsOfDate": on,
        **ENTITY_MARKS,
    }
    old = [one for one in company.all(kind.name) if (one["SourceCurrencyCode"], one["AsOfDate"]) == (code, on)]
    return kind.shown(change.replace(kind, old[0], fields) if old else change.add(kind, fields))
