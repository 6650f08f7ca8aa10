"""The foundations of every company: accounts, terms, ways to pay, tax codes and rates, currencies, settings, card."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sandbox.clock import stamp
from sandbox.company import Company
from sandbox.countries import CURRENCIES, Country
from sandbox.entities import KINDS
from sandbox.entities.paymentmethod import first_payment_methods
from sandbox.entities.preferences import first_preferences
from sandbox.entities.tax import PSEUDO_CODES, first_agencies, rate_of, tax_code, tax_rate
from sandbox.numbers import Json

TERMS = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60), ("Net 10", 10))
# Id, name, type, sub-type, classification, Id of the account above it.
AccountRow = tuple[str, str, str, str, str, str]
ACCOUNTS: tuple[AccountRow, ...] = (
    ("1", "Services", "Income", "ServiceFeeIncome", "Revenue", ""),
    ("2", "Retained Earnings", "Equity", "RetainedEarnings", "Equity", ""),
    ("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds", "Asset", ""),
    ("31", "Uncategorized Expense", "Expense", "OtherMiscellaneousServiceCost", "Expense", ""),
    ("32", "Uncategorized Asset", "Other Current Asset", "OtherCurrentAssets", "Asset", ""),
    ("33", "Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable", "Liability", ""),
    ("34", "Opening Balance Equity", "Equity", "OpeningBalanceEquity", "Equity", ""),
    ("35", "Checking", "Bank", "Checking", "Asset", ""),
    ("79", "Sales of Product Income", "Income", "SalesOfProductIncome", "Revenue", ""),
    ("80", "Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs", "Expense", ""),
    ("81", "Inventory Asset", "Other Current Asset", "Inventory", "Asset", ""),
    ("84", "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable", "Asset", ""),
    ("86", "Discounts given", "Income", "DiscountsRefundsGiven", "Revenue", ""),
    ("90", "Sales Tax Payable", "Other Current Liability", "GlobalTaxPayable", "Liability", ""),
)
DISCOUNTS = "86"


def lay_foundations(company: Company, multicurrency: bool, accounts: Iterable[AccountRow], founded: datetime) -> None:
    """Put them as QuickBooks itself does when a company is made; `accounts` besides those that every company has."""
    chart = sorted({row[0]: row for row in (*ACCOUNTS, *accounts)}.values(), key=lambda row: int(row[0]))
    codes, rates = _tax_tables(company.country)
    # The home currency last: in Intuit's own sandbox the first is a foreign one.
    foreign = [code for code in CURRENCIES if code != company.currency and multicurrency]
    currencies = [*foreign, company.currency]
    for kind, records in {
        "Preferences": [_preferences(company, multicurrency)],
        "CompanyInfo": [_card(company)],
        "Account": [_account(company, row, chart) for row in chart],
        "Term": [_term(str(n), name, days) for n, (name, days) in enumerate(TERMS, 1)],
        "PaymentMethod": first_payment_methods(),
        "TaxAgency": first_agencies(company.country.code),
        "TaxRate": rates,
        "TaxCode": codes,
        "CompanyCurrency": [
            {"Id": str(n), "Code": code, "Name": CURRENCIES[code], "Active": True}
            for n, code in enumerate(currencies, 1)
        ],
    }.items():
        for record in records:
            company.put(KINDS[kind], _dated(company, record, founded), founded)


def _term(id: str, name: str, days: int) -> Json:
    return {
        "Id": id,
        "Name": name,
        "Active": True,
        "Type": "STANDARD",
        "DiscountPercent": Decimal(0),
        "DueDays": Decimal(days),
    }


def _preferences(company: Company, multicurrency: bool) -> Json:
    tax_group = None if company.country.taxes_per_line else "2"
    return first_preferences(company.currency, multicurrency, tax_group, DISCOUNTS)


def _card(company: Company) -> Json:
    country = company.country
    # Intuit names them Sandbox Company_US_1 and so on; the end of the realm tells ours apart.
    name = f"Sandbox Company_{country.code}_{company.realm[-4:]}"
    address = {"Id": "1", "Line1": "1 Company Way", "City": "Sampletown", "Country": country.code}
    if country.code == "US":
        address |= {"CountrySubDivisionCode": "CA", "PostalCode": "90000"}
    return {
        "Id": "1",
        "CompanyName": name,
        "LegalName": name,
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


def _account(company: Company, row: AccountRow, chart: list[AccountRow]) -> Json:
    id, name, type, sub_type, classification, above = row
    account: Json = {
        "Id": id,
        "Name": name,
        "SubAccount": bool(above),
        "FullyQualifiedName": _full_name(row, chart),
        "Active": True,
        "Classification": classification,
        "AccountType": type,
        "AccountSubType": sub_type,
        "CurrentBalance": Decimal(0),
        "CurrentBalanceWithSubAccounts": Decimal(0),
        "CurrencyRef": {"value": company.currency, "name": CURRENCIES[company.currency]},
    }
    return {**account, "ParentRef": {"value": above}} if above else account


def _full_name(row: AccountRow, chart: list[AccountRow]) -> str:
    above = next((one for one in chart if one[0] == row[5]), None)
    return f"{_full_name(above, chart)}:{row[1]}" if above else row[1]


def _tax_tables(country: Country) -> tuple[list[Json], list[Json]]:
    """Codes from Id 2 on, as Intuit numbers them; the United States have TAX and NON besides."""
    codes: list[Json] = []
    by_name = {rate.name: rate for code in country.tax_codes for rate in code.rates}
    # A live US sandbox gave California rate 3, behind the two of Tucson.
    names = sorted(by_name, key=lambda name: name == "California")
    rate_ids = {name: str(number) for number, name in enumerate(names, 1)}
    # California's tax goes to the Board of Equalization, the second agency of the sample company.
    agencies = {name: "2" if name == "California" else "1" for name in names}
    rates = [{"Id": rate_ids[name], **tax_rate(name, by_name[name].percent, agencies[name])} for name in names]
    for code_id, code in enumerate(country.tax_codes, 2):
        sold = [rate_of(rate_ids[rate.name], rate.name) for rate in code.rates]
        codes.append({"Id": str(code_id), **tax_code(code.name, sold, [], code.description)})
    if not country.taxes_per_line:
        # The pseudo codes have no SyncToken.
        codes += [
            {"Id": name, "Name": name, "Description": name, "Active": True, "Taxable": name != "NON", "TaxGroup": False}
            for name in PSEUDO_CODES
        ]
    return codes, rates


def _dated(company: Company, record: Json, at: datetime) -> Json:
    if not record["Id"].isdigit():
        return record
    meta = {"CreateTime": stamp(at, company.zone), "LastUpdatedTime": stamp(at, company.zone)}
    return {**record, "domain": "QBO", "sparse": False, "SyncToken": "0", "MetaData": meta}
