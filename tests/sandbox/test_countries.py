"""Other countries and currencies: tax codes on every line, sums by line, foreign money."""

import pytest


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


@pytest.mark.parametrize(("country", "word"), [("CA", "GST/HST"), ("GB", "VAT"), ("AU", "GST")])
def test_a_line_without_tax_code_is_refused_in_the_countrys_words(connect, country, word):
    app = connect(country=country)
    error = app.refused("/invoice", app.invoice_body(TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}}))
    assert error["code"] == "6000"
    assert error["Detail"] == (
        f"Business Validation Error: Make sure all your transactions have a {word} rate before you save."
    )


def test_taxes_are_rounded_by_line_outside_the_united_states(connect, line):
    app = connect(country="GB")
    body = app.invoice_body(Line=[line(0.13, "2"), line(0.13, "2"), line(10, "4")])
    detail = app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]
    assert detail["TotalTax"] == 0.06
    app.books.world.switches.turn({"tax_rounding": "rate"})
    assert app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]["TotalTax"] == 0.05


def test_a_code_of_two_rates_yields_two_tax_lines(connect, line):
    app = connect(country="CA")
    invoice = app.post("/invoice", app.invoice_body(Line=[line(100, "4")]))["Invoice"]
    assert [one["Amount"] for one in invoice["TxnTaxDetail"]["TaxLine"]] == [5, 7]
    assert invoice["TotalAmt"] == 112


def test_inclusive_amounts_contain_their_tax(connect, line):
    app = connect(country="GB")
    body = app.invoice_body(Line=[line(120, "2", TaxInclusiveAmt=120)], GlobalTaxCalculation="TaxInclusive")
    invoice = app.post("/invoice", body)["Invoice"]
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"]) == (120, 20)


def test_taxes_may_not_apply(connect):
    app = connect(country="GB")
    assert app.invoice(50, GlobalTaxCalculation="NotApplicable")["TotalAmt"] == 50


def foreign(app, **fields):
    app.customer("Ann's Shop", CurrencyRef={"value": "EUR"})
    return app.invoice_body(**fields)


def test_foreign_money_needs_its_rate_and_is_told_in_home_money(connect):
    app = connect(multicurrency=True)
    body = foreign(app, CurrencyRef={"value": "EUR"})
    error = app.refused("/invoice", body)
    assert (error["code"], error["Message"]) == ("2410", "Curreny, ExchangeRate is missing.")
    made = app.post("/invoice", {**body, "ExchangeRate": 1.0871})["Invoice"]
    assert (made["TotalAmt"], made["HomeTotalAmt"], made["HomeBalance"]) == (100, 108.71, 108.71)
    app.pay(made, 50, CurrencyRef={"value": "EUR"}, ExchangeRate=1.09)
    assert app.read("Invoice", made["Id"])["HomeBalance"] == 54.36


def test_a_transaction_has_its_customers_currency(connect):
    app = connect(multicurrency=True)
    error = app.refused("/invoice", foreign(app, CurrencyRef={"value": "USD"}))
    assert error["Detail"] == "Business Validation Error: You can only use one foreign currency per transaction."
    assert app.refused("/invoice", app.invoice_body())["element"] == "CurrencyRef"


def test_a_single_currency_company_refuses_others(app):
    error = app.refused("/invoice", app.invoice_body(CurrencyRef={"value": "EUR"}))
    assert error["Detail"] == "Business Validation Error: Multi Currency should be enabled to perform this operation"


def test_exchange_rates_and_currencies_can_be_read(connect):
    app = connect(multicurrency=True)
    rate = app.get("/exchangerate", sourcecurrencycode="EUR", asofdate="2026-07-30")["ExchangeRate"]
    assert (rate["Rate"], rate["TargetCurrencyCode"], rate["AsOfDate"]) == (1.0871, "USD", "2026-07-30")
    codes = {one["Code"] for one in app.query("select * from CompanyCurrency")["CompanyCurrency"]}
    assert {"USD", "EUR", "GBP"} <= codes


def test_multicurrency_can_be_turned_on_but_not_off(app):
    turn = {"Id": "1", "SyncToken": "0", "sparse": True, "CurrencyPrefs": {"MultiCurrencyEnabled": True}}
    app.post("/preferences", turn)
    assert app.customer(CurrencyRef={"value": "EUR"})["CurrencyRef"]["value"] == "EUR"
    off = {**turn, "SyncToken": "1", "CurrencyPrefs": {"MultiCurrencyEnabled": False}}
    assert app.refused("/preferences", off)["code"] == "6000"
