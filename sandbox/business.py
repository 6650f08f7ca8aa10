"""What a new realm holds: an empty company as Intuit makes one, and a sample business with invented names."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.changes import Change
from sandbox.clock import day, stamp
from sandbox.company import Company
from sandbox.countries import CURRENCIES, Country
from sandbox.entities import KINDS
from sandbox.numbers import Json
from sandbox.switches import Switches

TERMS = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60), ("Net 10", 10))
# Id, name, type, sub-type, classification.
ACCOUNTS = (
    ("1", "Services", "Income", "ServiceFeeIncome", "Revenue"),
    ("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds", "Asset"),
    ("35", "Checking", "Bank", "Checking", "Asset"),
    ("79", "Sales of Product Income", "Income", "SalesOfProductIncome", "Revenue"),
    ("80", "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense"),
    ("81", "Inventory Asset", "Other Current Asset", "Inventory", "Asset"),
    ("84", "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset"),
    ("86", "Discounts given", "Income", "DiscountsRefundsGiven", "Revenue"),
    ("90", "Sales Tax Payable", "Other Current Liability", "GlobalTaxPayable", "Liability"),
)
DISCOUNTS = "86"
ITEMS = (
    ("Services", "Service", "1", "0"),
    ("Consulting hour", "Service", "1", "120"),
    ("Workshop day", "Service", "1", "950"),
    ("Installation", "Service", "1", "75.50"),
    ("Support plan, yearly", "Service", "1", "1199"),
    ("Garden lamp", "NonInventory", "79", "34.95"),
    ("Stone bench", "NonInventory", "79", "289"),
    ("Rain barrel", "NonInventory", "79", "149.90"),
    ("Copper pipe, metre", "NonInventory", "79", "7.125"),
    ("Delivery", "Service", "1", "18"),
)
CUSTOMERS = (
    "Alder & Sons Joinery",
    "Bluebell Bakery",
    "Cedar Lane Clinic",
    "Dovetail Design Studio",
    "Evergreen Estates",
    "Foxglove Florist",
    "Granite Peak Outfitters",
    "Harbour View Hotel",
    "Ivy Hill School",
    "Juniper Print Works",
    "Kestrel Logistics",
    "Linden Street Books",
)


def open_company(
    realm: str, country: Country, currency: str, multicurrency: bool, empty: bool, seed: int | None, now: datetime
) -> Company:
    """New books: always with accounts, terms, tax codes, preferences and a card; with a business unless `empty`."""
    company = Company(realm, country, currency)
    founded = now - timedelta(days=90)
    for kind, records in _foundations(company, multicurrency).items():
        for record in records:
            company.put(KINDS[kind], _dated(company, record, founded), founded)
    company.sequences.update({"people": 0, "transactions": 0, "Item": 0, "address": 0})
    if not empty:
        _add_business(company, random.Random(seed if seed is not None else 1), now)
    return company


def _foundations(company: Company, multicurrency: bool) -> dict[str, list[Json]]:
    terms = [
        {"Id": str(n), "Name": name, "Active": True, "Type": "STANDARD", "DiscountPercent": 0, "DueDays": days}
        for n, (name, days) in enumerate(TERMS, 1)
    ]
    codes, rates = _tax_tables(company.country)
    currencies = [code for code in CURRENCIES if code == company.currency or multicurrency]
    return {
        "Preferences": [_preferences(company, multicurrency)],
        "CompanyInfo": [_card(company)],
        "Account": [_account(company, *row) for row in ACCOUNTS],
        "Term": terms,
        "TaxRate": rates,
        "TaxCode": codes,
        "CompanyCurrency": [
            {"Id": str(n), "Code": code, "Name": CURRENCIES[code], "Active": True}
            for n, code in enumerate(currencies, 1)
        ],
    }


def _preferences(company: Company, multicurrency: bool) -> Json:
    return {
        "Id": "1",
        "AccountingInfoPrefs": {
            "FirstMonthOfFiscalYear": "January",
            "UseAccountNumbers": False,
            "TrackDepartments": False,
            "ClassTrackingPerTxn": False,
            "ClassTrackingPerTxnLine": False,
            "CustomerTerminology": "Customers",
        },
        "SalesFormsPrefs": {
            "CustomTxnNumbers": False,
            "AllowDeposit": True,
            "AllowDiscount": True,
            "AllowEstimates": True,
            "AllowServiceDate": False,
            "AllowShipping": False,
            "DefaultDiscountAccount": DISCOUNTS,
            "DefaultTerms": {"value": "3"},
            "DefaultCustomerMessage": "Thank you for your business and have a great day!",
            "ETransactionEnabledStatus": "NotApplicable",
            "ETransactionPaymentEnabled": False,
            "EmailCopyToCompany": False,
            "CustomField": [],
        },
        "TaxPrefs": {
            "UsingSalesTax": True,
            "PartnerTaxEnabled": False,
            **({} if company.country.taxes_per_line else {"TaxGroupCodeRef": {"value": "2"}}),
        },
        "CurrencyPrefs": {"MultiCurrencyEnabled": multicurrency, "HomeCurrency": {"value": company.currency}},
        "OtherPrefs": {"NameValue": []},
    }


def _card(company: Company) -> Json:
    country = company.country
    address = {"Id": "1", "Line1": "1 Company Way", "City": "Sampletown", "Country": country.code}
    return {
        "Id": "1",
        "CompanyName": f"Sandbox Company {company.realm[-4:]}",
        "LegalName": f"Sandbox Company {company.realm[-4:]}",
        "CompanyAddr": address,
        "LegalAddr": address,
        "Country": country.code,
        "Email": {"Address": "books@example.com"},
        "WebAddr": {},
        "FiscalYearStartMonth": "January",
        "DefaultTimeZone": country.zone,
        "SupportedLanguages": "en",
        "NameValue": [
            {"Name": "SubscriptionStatus", "Value": "PAID"},
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
        ],
    }


def _account(company: Company, id: str, name: str, type: str, sub_type: str, classification: str) -> Json:
    return {
        "Id": id,
        "Name": name,
        "SubAccount": False,
        "FullyQualifiedName": name,
        "Active": True,
        "Classification": classification,
        "AccountType": type,
        "AccountSubType": sub_type,
        "CurrentBalance": Decimal(0),
        "CurrentBalanceWithSubAccounts": Decimal(0),
        "CurrencyRef": {"value": company.currency, "name": CURRENCIES[company.currency]},
    }


def _tax_tables(country: Country) -> tuple[list[Json], list[Json]]:
    """Codes from Id 2 on, as Intuit numbers them; the United States have TAX and NON besides."""
    codes: list[Json] = []
    by_name = {rate.name: rate for code in country.tax_codes for rate in code.rates}
    # A live US sandbox gave California rate 3, behind the two of Tucson.
    names = sorted(by_name, key=lambda name: name == "California")
    rate_ids = {name: str(number) for number, name in enumerate(names, 1)}
    rates = [_tax_rate(rate_ids[name], name, by_name[name].percent) for name in names]
    for code_id, code in enumerate(country.tax_codes, 2):
        details = [
            {
                "TaxTypeApplicable": "TaxOnAmount",
                "TaxRateRef": {"value": rate_ids[rate.name], "name": rate.name},
                "TaxOrder": 0,
            }
            for rate in code.rates
        ]
        codes.append(_tax_code(str(code_id), code.name, code.description, details))
    if not country.taxes_per_line:
        # The pseudo codes have no SyncToken.
        codes += [
            {"Id": name, "Name": name, "Description": name, "Active": True, "Taxable": name == "TAX", "TaxGroup": False}
            for name in ("TAX", "NON")
        ]
    return codes, rates


def _tax_rate(id: str, name: str, percent: Decimal) -> Json:
    return {
        "Id": id,
        "Name": name,
        "Description": name,
        "Active": True,
        "RateValue": percent,
        "AgencyRef": {"value": "1"},
        "SpecialTaxType": "NONE",
        "DisplayType": "ReadOnly",
    }


def _tax_code(id: str, name: str, description: str, details: list[dict[str, Any]]) -> Json:
    return {
        "Id": id,
        "Name": name,
        "Description": description,
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": {"TaxRateDetail": details},
        "PurchaseTaxRateList": {"TaxRateDetail": []},
    }


def _dated(company: Company, record: Json, at: datetime) -> Json:
    if not record["Id"].isdigit():
        return record
    meta = {"CreateTime": stamp(at, company.zone), "LastUpdatedTime": stamp(at, company.zone)}
    return {**record, "domain": "QBO", "sparse": False, "SyncToken": "0", "MetaData": meta}


def _add_business(company: Company, chance: random.Random, now: datetime) -> None:
    """Items and customers first, then two months of invoices, some of them paid; always valid by our own rules."""
    began = now - timedelta(days=75)
    items = [_make(company, "Item", _item(*row), began) for row in ITEMS]
    customers = [_make(company, "Customer", _customer(n, name), began) for n, name in enumerate(CUSTOMERS)]
    for n in range(14):
        at = now - timedelta(days=70 - 5 * n)
        invoice = _make(company, "Invoice", _invoice(company, chance, chance.choice(customers), items, at), at)
        if n % 3 == 0:
            _make(company, "Payment", _payment(company, invoice), at + timedelta(days=2))


def _make(company: Company, kind: str, given: Json, at: datetime) -> Json:
    change = Change(company, KINDS, Switches(), at)
    record = KINDS[kind].create(change, given)
    change.commit()
    return record


def _item(name: str, type: str, account: str, price: str) -> Json:
    stock = {"IncomeAccountRef": {"value": account}, "UnitPrice": Decimal(price)}
    return {"Name": name, "Type": type, "Taxable": type != "Service", "Description": name, **stock}


def _customer(n: int, name: str) -> Json:
    word = name.split()[0].lower()
    return {
        "DisplayName": name,
        "CompanyName": name,
        "PrimaryEmailAddr": {"Address": f"accounts@{word}.example.com"},
        "PrimaryPhone": {"FreeFormNumber": f"(555) 555-01{n:02}"},
        "BillAddr": {
            "Line1": f"{100 + n} Sample St.",
            "City": "Sampletown",
            "CountrySubDivisionCode": "CA",
            "PostalCode": f"9000{n % 10}",
        },
    }


def _invoice(company: Company, chance: random.Random, customer: Json, items: list[Json], at: datetime) -> Json:
    lines: list[Json] = []
    for item in chance.sample(items[1:], 2):
        quantity = Decimal(chance.randint(1, 8))
        detail: Json = {"ItemRef": {"value": item["Id"]}, "Qty": quantity, "UnitPrice": item["UnitPrice"]}
        if company.country.taxes_per_line:
            detail["TaxCodeRef"] = {"value": "2"}
        amount = (quantity * item["UnitPrice"]).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
        lines.append({"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail})
    given: Json = {
        "CustomerRef": {"value": customer["Id"]},
        "TxnDate": day(at, company.zone).isoformat(),
        "SalesTermRef": {"value": "3"},
        "Line": lines,
    }
    if company.country.taxes_per_line:
        given["GlobalTaxCalculation"] = "TaxExcluded"
    else:
        given["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": "2"}}
    return _in_currency(company, given)


def _payment(company: Company, invoice: Json) -> Json:
    line = {"Amount": invoice["Balance"], "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    given: Json = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": invoice["Balance"], "Line": [line]}
    return _in_currency(company, given)


def _in_currency(company: Company, given: Json) -> Json:
    return {**given, "CurrencyRef": {"value": company.currency}} if company.multicurrency else given
