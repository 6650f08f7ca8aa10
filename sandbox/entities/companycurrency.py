"""The currencies that a company uses besides its own, once multicurrency is turned on."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.countries import CURRENCIES
from sandbox.entities.listed import NameList, list_shape
from sandbox.fields import flag, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

# The refusal of another currency in a company of one.
SINGLE = "Multi Currency should be enabled to perform this operation"
# Known to QuickBooks, but not used by the sample companies: ISO 4217 codes and their English names.
OTHER_CURRENCIES = {
    "AED": "United Arab Emirates Dirham",
    "ARS": "Argentine Peso",
    "BGN": "Bulgarian Lev",
    "BRL": "Brazilian Real",
    "CLP": "Chilean Peso",
    "CNY": "Chinese Yuan",
    "COP": "Colombian Peso",
    "CZK": "Czech Koruna",
    "EGP": "Egyptian Pound",
    "HKD": "Hong Kong Dollar",
    "HUF": "Hungarian Forint",
    "IDR": "Indonesian Rupiah",
    "ILS": "Israeli New Shekel",
    "INR": "Indian Rupee",
    "ISK": "Icelandic Krona",
    "KES": "Kenyan Shilling",
    "KRW": "South Korean Won",
    "MAD": "Moroccan Dirham",
    "MXN": "Mexican Peso",
    "MYR": "Malaysian Ringgit",
    "NGN": "Nigerian Naira",
    "NOK": "Norwegian Krone",
    "PEN": "Peruvian Sol",
    "PHP": "Philippine Peso",
    "PLN": "Polish Zloty",
    "QAR": "Qatari Riyal",
    "RON": "Romanian Leu",
    "RSD": "Serbian Dinar",
    "SAR": "Saudi Riyal",
    "SGD": "Singapore Dollar",
    "THB": "Thai Baht",
    "TRY": "Turkish Lira",
    "TWD": "New Taiwan Dollar",
    "UAH": "Ukrainian Hryvnia",
    "VND": "Vietnamese Dong",
    "ZAR": "South African Rand",
}


class CompanyCurrency(NameList):
    name = "CompanyCurrency"
    counted = True
    sequence = "CompanyCurrency"
    named_by = "Code"
    called = "currency"
    shape = list_shape(
        "CompanyCurrency",
        {
            "Code": text(3, search=True),
            "Name": text(search=True),
            "Active": flag(search=True),
        },
    )

    def named(self, change: "Change", fields: Json, old: Json | None, above: str) -> str:  # noqa: ARG002
        """The ISO code, never marked. Raises 2020, 2180, 6240, and 6000 where multicurrency is off."""
        if not change.company.multicurrency:
            raise refusals.business(SINGLE)
        if "Code" not in fields:
            raise refusals.missing("Code")
        code = str(fields["Code"]).upper()
        if old is not None:
            return str(old["Code"])
        if currency_name(code) is None:
            raise refusals.bad_value("Code", fields["Code"])
        if change.company.holders(self.name, code.lower()):
            raise refusals.duplicate_name(self.called)
        return code

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        """QuickBooks fills in the name."""
        return {**fields, "Name": currency_name(fields["Code"])}


def chosen_currency(change: "Change", wanted: Json | None) -> Json:
    """The currency of a customer, vendor or account, the home currency unless named. Raises 2500 and 6000."""
    company = change.company
    code = wanted["value"].upper() if wanted else company.currency
    if code != company.currency and not company.multicurrency:
        raise refusals.business(SINGLE)
    for currency in company.all("CompanyCurrency"):
        if currency["Code"] == code and (currency["Active"] or code == company.currency):
            return {"value": code, "name": currency["Name"]}
    raise refusals.bad_reference("Currency", code)


def currency_name(code: str) -> str | None:
    return CURRENCIES.get(code) or OTHER_CURRENCIES.get(code)
