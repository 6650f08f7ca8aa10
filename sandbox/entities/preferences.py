"""The company's preferences: numbering, discounts, default terms, currencies, taxes, and what new companies have."""

from datetime import date
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.countries import CURRENCIES
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape
from sandbox.fields import CUSTOM_FIELD, Shape, anything, parts, read
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
    "AdvancedInventoryPrefs",
    "FinanceChargesPrefs",
    "PrintDocumentPrefs",
)

DATES = ("BookCloseDate",)
# The books are kept in this currency; it stays what it is.
FIXED = ("HomeCurrency",)
_FIELDS = parts(Shape("CustomFieldDefinition", {"CustomField": parts(CUSTOM_FIELD)}))
# The custom fields of sales and purchase forms.
_FORMS = Shape("SalesFormsPrefs", {"CustomField": _FIELDS, "POCustomField": _FIELDS})


class Preferences(Kind):
    name = "Preferences"
    sequence = "Preferences"
    operations = frozenset({"update"})
    shape = entity_shape("Preferences", {name: anything() for name in GROUPS})

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:  # noqa: ARG002
        """A group sent changes the preferences it names and keeps the others, sparse or not."""
        groups: Json = {}
        for name, value in given.items():
            if value is None:
                continue
            if not isinstance(value, dict):
                raise refusals.malformed(f"Can not deserialize instance of {name}")
            groups[name] = _changed(old.get(name, {}), value)
        had = bool(old["CurrencyPrefs"]["MultiCurrencyEnabled"])
        has = bool({**old, **groups}["CurrencyPrefs"]["MultiCurrencyEnabled"])
        if had and not has:
            raise refusals.business("Multicurrency cannot be turned off.")
        if has and not had:
            _add_currencies(change)
        record = change.replace(self, old, {**old, **groups, **ENTITY_MARKS})
        change.happened(self, record["Id"], "updated")
        return record


def _changed(old: Json, sent: Json) -> Json:
    """The group with what was sent; a blank clears a date and leaves the rest as it is, a flag may come as text."""
    changed = {name: value for name, value in old.items() if name not in DATES or name not in sent}
    for name, value in sent.items():
        before = old.get(name)
        if name in DATES:
            changed.update(_day(name, value))
        elif value is None or value == "" or name in FIXED:
            continue
        elif isinstance(value, dict) and isinstance(before, dict):
            changed[name] = _changed(before, value)
        elif isinstance(before, bool):
            changed[name] = _flag(name, value)
        elif name in _FORMS.fields:
            changed.update(read(_FORMS, {name: value}))
        elif before is not None and _sort(value) != _sort(before):
            raise refusals.malformed(f"Can not deserialize value of {name}")
        else:
            changed[name] = str(value) if isinstance(before, str) else value
    return changed


def _day(name: str, value: object) -> Json:
    if value is None or value == "":
        return {}
    try:
        return {name: date.fromisoformat(str(value)[:10]).isoformat()}
    except ValueError:
        raise refusals.bad_date(name, value) from None


def _sort(value: object) -> type:
    """An object, a list, or else one value of whatever type."""
    return type(value) if isinstance(value, dict | list) else str


def _flag(name: str, value: object) -> bool:
    if value not in (True, False, "true", "false"):
        raise refusals.bad_value(name, value)
    return value in (True, "true")


def _add_currencies(change: "Change") -> None:
    known = {currency["Code"] for currency in change.company.all("CompanyCurrency")}
    for code, name in CURRENCIES.items():
        if code not in known:
            fields = {"Code": code, "Name": name, "Active": True, **ENTITY_MARKS}
            change.add(change.kinds["CompanyCurrency"], fields)


def first_preferences(currency: str, multicurrency: bool, tax_group: str | None, discounts: str) -> Json:
    """The preferences of a new company. `tax_group`: the Id of the default tax code of a US company; `discounts`: the
    Id of the account for discounts."""
    customer_message = "Thank you for your business and have a great day!"
    return {
        "Id": "1",
        "AccountingInfoPrefs": {
            "FirstMonthOfFiscalYear": "January",
            "TaxYearMonth": "January",
            "UseAccountNumbers": False,
            "TrackDepartments": False,
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": False,
            "CustomerTerminology": "Customers",
        },
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": {
            "CustomTxnNumbers": False,
            "AllowDeposit": True,
            "AllowDiscount": True,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "DefaultDiscountAccount": discounts,
            "DefaultTerms": {"value": "3"},
            "DefaultCustomerMessage": customer_message,
            "ETransactionEnabledStatus": "NotApplicable",
            "ETransactionAttachPDF": False,
            "ETransactionPaymentEnabled": False,
            "EmailCopyToCompany": False,
            "AutoApplyCredit": False,
            "CustomField": [],
        },
        "EmailMessagesPrefs": {
            f"{form}Message": {
                "Subject": f"{called} from the company",
                "Message": f"Your {called.lower()} is attached.",
            }
            for form, called in (
                ("Invoice", "invoice"),
                ("Estimate", "estimate"),
                ("SalesReceipt", "sales receipt"),
                ("Statement", "statement"),
            )
        },
        "VendorAndPurchasesPrefs": {
            "TrackingByCustomer": True,
            "BillableExpenseTracking": True,
            "POCustomField": [],
        },
        "TimeTrackingPrefs": {
            "UseServices": True,
            "BillCustomers": True,
            "ShowBillRateToAll": False,
            "WorkWeekStartDate": "Monday",
            "MarkTimeEntriesBillable": True,
        },
        "TaxPrefs": {
            "UsingSalesTax": True,
            "PartnerTaxEnabled": False,
            **({"TaxGroupCodeRef": {"value": tax_group}} if tax_group else {}),
        },
        "CurrencyPrefs": {"MultiCurrencyEnabled": multicurrency, "HomeCurrency": {"value": currency}},
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        # Intuit repeats some preferences here, by their full names.
        "OtherPrefs": {
            "NameValue": [
                {"Name": "SalesFormsPrefs.DefaultCustomerMessage", "Value": customer_message},
                {"Name": "SalesFormsPrefs.DefaultItem", "Value": "1"},
                {"Name": "DTXCopyMemo", "Value": "false"},
            ]
        },
    }
