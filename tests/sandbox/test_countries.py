"""Other countries and currencies: tax codes on every line, sums by line, foreign money."""

import pytest


@pytest.mark.behaviour(
    "Lists",
    "A realm has its country's currency and tax codes; TAX and NON exist in the United States only",
    "documented",
)
@pytest.mark.parametrize(
    ("country", "currency", "code"),
    [("CA", "CAD", "GST"), ("GB", "GBP", "20.0% S"), ("AU", "AUD", "GST"), ("DE", "EUR", "19% VAT")],
)
def test_a_realm_has_its_countrys_currency_and_tax_codes(connect, country, currency, code):
    app = connect(country=country)
    assert app.get(f"/companyinfo/{app.realm}")["CompanyInfo"]["Country"] == country
    assert app.get("/preferences")["Preferences"]["CurrencyPrefs"]["HomeCurrency"] == {"value": currency}
    assert app.query(f"select * from TaxCode where Name = '{code}'")["TaxCode"][0]["Id"] == "2"
    assert app.query("select * from TaxCode where Id in ('TAX', 'NON')") == {}


PERCENTS = {
    "CA": {
        "GST": [5],
        "HST ON": [13],
        "GST/PST BC": [5, 7],
        "Exempt": [0],
        "Zero-rated": [0],
        "Out of Scope": [0],
        "HST NB": [15],
        "HST NL": [15],
        "HST NS": [14],
        "HST PE": [15],
        "GST/PST SK": [5, 6],
        "GST/PST MB": [5, 7],
        "GST/QST QC - 9.975": [5, 9.975],
    },
    "GB": {"20.0% S": [20], "5.0% R": [5], "0.0% Z": [0], "Exempt": [0], "No VAT": [0]},
    "AU": {"GST": [10], "GST free": [0], "Out of Scope": [0]},
    "FR": {"20% VAT": [20], "10% VAT": [10], "5.5% VAT": [5.5], "2.1% VAT": [2.1], "Exempt": [0]},
}


@pytest.mark.parametrize("country", PERCENTS)
def test_a_countrys_tax_codes_charge_its_rates(connect, country):
    app = connect(country=country)
    rates = {one["Id"]: one["RateValue"] for one in app.query("select * from TaxRate")["TaxRate"]}
    codes = sorted(app.query("select * from TaxCode")["TaxCode"], key=lambda code: int(code["Id"]))
    found = {
        code["Name"]: [rates[one["TaxRateRef"]["value"]] for one in code["SalesTaxRateList"]["TaxRateDetail"]]
        for code in codes
    }
    assert list(found.items()) == list(PERCENTS[country].items())
    assert [code["Id"] for code in codes] == [str(place) for place in range(2, len(codes) + 2)]


@pytest.mark.behaviour(
    "Arithmetic", "Outside the US a line without a tax code is refused, in the words of the country's tax", "recorded"
)
@pytest.mark.parametrize(("country", "word"), [("CA", "GST/HST"), ("GB", "VAT"), ("AU", "GST")])
def test_a_line_without_tax_code_is_refused_in_the_countrys_words(connect, country, word):
    app = connect(country=country)
    error = app.refused("/invoice", app.invoice_body(TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}}))
    assert error["code"] == "6000"
    assert error["Detail"] == (
        f"Business Validation Error: Make sure all your transactions have a {word} rate before you save."
    )


@pytest.mark.behaviour(
    "Arithmetic",
    "Outside the US taxes are rounded line by line and added up",
    "recorded",
    switch="tax_rounding",
)
def test_taxes_are_rounded_by_line_outside_the_united_states(connect, line):
    app = connect(country="GB")
    body = app.invoice_body(Line=[line(0.13, "2"), line(0.13, "2"), line(10, "4")])
    detail = app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]
    assert detail["TotalTax"] == 0.06
    app.books.world.switches.turn({"tax_rounding": "rate"})
    assert app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]["TotalTax"] == 0.05


@pytest.mark.behaviour("Arithmetic", "A tax code of two rates yields two tax lines", "documented")
def test_a_code_of_two_rates_yields_two_tax_lines(connect, line):
    app = connect(country="CA")
    invoice = app.post("/invoice", app.invoice_body(Line=[line(100, "4")]))["Invoice"]
    assert [one["Amount"] for one in invoice["TxnTaxDetail"]["TaxLine"]] == [5, 7]
    assert invoice["TotalAmt"] == 112


@pytest.mark.behaviour(
    "Arithmetic",
    "With taxes included, lines are answered without tax in Amount and with it in TaxInclusiveAmt",
    "recorded",
)
def test_inclusive_amounts_contain_their_tax(connect, line):
    app = connect(country="GB")
    body = app.invoice_body(Line=[line(100, "2", TaxInclusiveAmt=120)], GlobalTaxCalculation="TaxInclusive")
    invoice = app.post("/invoice", body)["Invoice"]
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"]) == (120, 20)
    assert (invoice["Line"][0]["Amount"], invoice["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (100, 120)
    assert invoice["Line"][-1]["Amount"] == 100


@pytest.mark.behaviour(
    "Arithmetic", "GlobalTaxCalculation NotApplicable: no taxes, and lines need no code", "documented"
)
def test_taxes_may_not_apply(connect):
    app = connect(country="GB")
    assert app.invoice(50, GlobalTaxCalculation="NotApplicable")["TotalAmt"] == 50


def foreign(app, **fields):
    app.customer("Ann's Shop", CurrencyRef={"value": "EUR"})
    return app.invoice_body(**fields)


@pytest.mark.behaviour(
    "Arithmetic", "Foreign money needs an ExchangeRate (2410) and is told in home money as well", "reported"
)
def test_foreign_money_needs_its_rate_and_is_told_in_home_money(connect):
    app = connect(multicurrency=True)
    body = foreign(app, CurrencyRef={"value": "EUR"})
    error = app.refused("/invoice", body)
    assert (error["code"], error["Message"]) == ("2410", "Curreny, ExchangeRate is missing.")
    made = app.post("/invoice", {**body, "ExchangeRate": 1.0871})["Invoice"]
    assert (made["TotalAmt"], made["HomeTotalAmt"], made["HomeBalance"]) == (100, 108.71, 108.71)
    app.pay(made, 50, CurrencyRef={"value": "EUR"}, ExchangeRate=1.09)
    assert app.read("Invoice", made["Id"])["HomeBalance"] == 54.36


@pytest.mark.behaviour("Arithmetic", "An ExchangeRate of 1 on foreign money is taken as it is", "reported")
def test_a_rate_of_one_books_foreign_money_one_to_one(connect):
    app = connect(multicurrency=True)
    made = app.post("/invoice", foreign(app, CurrencyRef={"value": "EUR"}, ExchangeRate=1))["Invoice"]
    assert (made["TotalAmt"], made["ExchangeRate"], made["HomeTotalAmt"]) == (100, 1, 100)


@pytest.mark.behaviour("Arithmetic", "An ExchangeRate is above zero", "assumed")
@pytest.mark.parametrize("rate", [0, -1.1])
def test_a_rate_is_above_zero(connect, rate):
    app = connect(multicurrency=True)
    error = app.refused("/invoice", foreign(app, CurrencyRef={"value": "EUR"}, ExchangeRate=rate))
    assert (error["code"], error["element"]) == ("2080", "ExchangeRate")
    payment = {"CustomerRef": {"value": "1"}, "TotalAmt": 5, "CurrencyRef": {"value": "EUR"}, "ExchangeRate": rate}
    assert app.refused("/payment", payment)["element"] == "ExchangeRate"


@pytest.mark.behaviour("Arithmetic", "Home money needs no rate and has the rate 1", "recorded")
def test_home_money_has_the_rate_one(connect):
    app = connect(multicurrency=True)
    app.customer(CurrencyRef={"value": "USD"})
    made = app.invoice(100, CurrencyRef={"value": "USD"})
    assert (made["ExchangeRate"], made["HomeTotalAmt"], made["HomeBalance"]) == (1, 100, 100)


@pytest.mark.behaviour("Arithmetic", "Amounts have two decimals in every currency, the yen too", "assumed")
def test_yen_have_two_decimals(connect, line):
    app = connect(multicurrency=True)
    app.customer(CurrencyRef={"value": "JPY"})
    lines = [line(100.505, "NON")]
    body = app.invoice_body(Line=lines, CurrencyRef={"value": "JPY"}, ExchangeRate=0.0065)
    made = app.post("/invoice", body)["Invoice"]
    assert (made["TotalAmt"], made["HomeTotalAmt"]) == (100.51, 0.65)


@pytest.mark.behaviour("Arithmetic", "A transaction has its customer's currency", "reported", switch="missing_currency")
def test_a_transaction_has_its_customers_currency(connect):
    app = connect(multicurrency=True)
    error = app.refused("/invoice", foreign(app, CurrencyRef={"value": "USD"}))
    assert error["Detail"] == "Business Validation Error: You can only use one foreign currency per transaction."
    app.control("POST", "/switches", {"missing_currency": "refuse"})
    assert app.refused("/invoice", app.invoice_body())["element"] == "CurrencyRef"


@pytest.mark.behaviour("Arithmetic", "A company without multicurrency refuses another currency", "reported")
def test_a_single_currency_company_refuses_others(app):
    error = app.refused("/invoice", app.invoice_body(CurrencyRef={"value": "EUR"}))
    assert error["Detail"] == "Business Validation Error: Multi Currency should be enabled to perform this operation"


@pytest.mark.behaviour("Lists", "Exchange rates and currencies can be read", "reported")
def test_exchange_rates_and_currencies_can_be_read(connect):
    app = connect(multicurrency=True)
    rate = app.get("/exchangerate", sourcecurrencycode="EUR", asofdate="2026-07-30")["ExchangeRate"]
    assert (rate["Rate"], rate["TargetCurrencyCode"], rate["AsOfDate"]) == (1.0871, "USD", "2026-07-30")
    codes = {one["Code"] for one in app.query("select * from CompanyCurrency")["CompanyCurrency"]}
    assert {"USD", "EUR", "GBP"} <= codes


@pytest.mark.behaviour("Lists", "Multicurrency can be turned on and not off", "documented")
def test_multicurrency_can_be_turned_on_but_not_off(app):
    turn = {"Id": "1", "SyncToken": "0", "sparse": True, "CurrencyPrefs": {"MultiCurrencyEnabled": True}}
    app.post("/preferences", turn)
    assert app.customer(CurrencyRef={"value": "EUR"})["CurrencyRef"]["value"] == "EUR"
    off = {**turn, "SyncToken": "1", "CurrencyPrefs": {"MultiCurrencyEnabled": False}}
    assert app.refused("/preferences", off)["code"] == "6000"
