"""The company's preferences: numbering, discounts, default terms, currencies, taxes."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.countries import CURRENCIES
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape
from sandbox.fields import anything
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

GROUPS = (
    "AccountingInfoPrefs",
    "ProductAndServicesPrefs",
    "SalesFormsPrefs",
    "EmailMessagesPrefs",
    "VendorAndPurchasesPrefs",
    "TimeTrackingPrefs",
    "TaxPrefs",
    "CurrencyPrefs",
    "ReportPrefs",
    "OtherPrefs",
)


class Preferences(Kind):
    name = "Preferences"
    sequence = "Preferences"
    operations = frozenset({"update"})
    shape = entity_shape("Preferences", {name: anything() for name in GROUPS})

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:  # noqa: ARG002
        """A group sent changes the preferences it names and keeps the others, sparse or not."""
        groups: Json = {}
        for name, value in given.items():
            if not isinstance(value, dict):
                raise refusals.malformed(f"Can not deserialize instance of {name}")
            groups[name] = {**old.get(name, {}), **value}
        had = bool(old["CurrencyPrefs"]["MultiCurrencyEnabled"])
        has = bool({**old, **groups}["CurrencyPrefs"]["MultiCurrencyEnabled"])
        if had and not has:
            raise refusals.business("Multicurrency cannot be turned off.")
        if has and not had:
            _add_currencies(change)
        record = change.replace(self, old, {**old, **groups, **ENTITY_MARKS})
        change.happened(self, record["Id"], "updated")
        return record


def _add_currencies(change: "Change") -> None:
    known = {currency["Code"] for currency in change.company.all("CompanyCurrency")}
    for code, name in CURRENCIES.items():
        if code not in known:
            fields = {"Code": code, "Name": name, "Active": True, **ENTITY_MARKS}
            change.add(change.kinds["CompanyCurrency"], fields)
