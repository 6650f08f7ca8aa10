"""Currencies of a company and their exchange rates."""

import pytest


@pytest.fixture
def trader(connect):
    """A US company with multicurrency."""
    return connect(multicurrency=True)


@pytest.mark.behaviour("Lists", "A currency is added by its code; QuickBooks fills in the name.", "documented")
def test_a_currency_is_added_by_its_code(trader):
    made = trader.post("/companycurrency", {"Code": "nok"})["CompanyCurrency"]
    assert (made["Code"], made["Name"], made["Active"], made["SyncToken"]) == ("NOK", "Norwegian Krone", True, "0")
    named = trader.post("/companycurrency", {"Code": "PLN", "Name": "Gold"})["CompanyCurrency"]
    assert named["Name"] == "Polish Zloty"
    assert trader.customer(CurrencyRef={"value": "NOK"})["CurrencyRef"] == {"value": "NOK", "name": "Norwegian Krone"}


@pytest.mark.behaviour("Validation", "A currency has a known code, once, and only with multicurrency.", "assumed")
@pytest.mark.parametrize(
    ("body", "code"), [({}, "2020"), ({"Code": "XXX"}, "2180"), ({"Code": "LONG"}, "2050"), ({"Code": "eur"}, "6240")]
)
def test_a_currency_needs_a_known_code(trader, body, code):
    assert trader.refused("/companycurrency", body)["code"] == code


def test_without_multicurrency_no_currency_is_added(app):
    error = app.refused("/companycurrency", {"Code": "NOK"})
    assert error["Detail"].endswith("Multi Currency should be enabled to perform this operation")
    assert [one["Code"] for one in app.query("select * from CompanyCurrency")["CompanyCurrency"]] == ["USD"]


@pytest.mark.behaviour("Lists", "A currency made inactive is hidden and no customer can get it.", "assumed")
def test_an_inactive_currency_is_hidden(trader):
    euro = trader.query("select * from CompanyCurrency where Code = 'EUR'")["CompanyCurrency"][0]
    gone = trader.post("/companycurrency", {**euro, "Active": False})["CompanyCurrency"]
    assert (gone["Code"], gone["Name"], gone["Active"], gone["SyncToken"]) == ("EUR", "Euro", False, "1")
    assert trader.query("select * from CompanyCurrency where Code = 'EUR'") == {}
    assert trader.refused("/customer", {"DisplayName": "A", "CurrencyRef": {"value": "EUR"}})["code"] == "2500"
    rates = trader.query("select * from ExchangeRate")["ExchangeRate"]
    assert "EUR" not in [one["SourceCurrencyCode"] for one in rates]


@pytest.mark.behaviour("Lists", "An exchange rate is read by currency and day: home units for one unit.", "reported")
def test_an_exchange_rate_is_read(connect):
    app = connect(country="CA", multicurrency=True)
    rate = app.get("/exchangerate", sourcecurrencycode="USD", asofdate="2026-07-30")["ExchangeRate"]
    assert (rate["SourceCurrencyCode"], rate["TargetCurrencyCode"], rate["AsOfDate"]) == ("USD", "CAD", "2026-07-30")
    assert rate["Rate"] == 1.400364
    assert "Id" not in rate


@pytest.mark.behaviour("Validation", "An exchange rate needs a currency code that exists and a day.", "assumed")
@pytest.mark.parametrize(
    ("params", "code"),
    [({}, "2020"), ({"sourcecurrencycode": "XXX"}, "2180"), ({"sourcecurrencycode": "EUR", "asofdate": "now"}, "2170")],
)
def test_an_exchange_rate_needs_currency_and_day(trader, params, code):
    answer = trader.call("GET", "/exchangerate", params=params)
    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] == code


@pytest.mark.behaviour(
    "Lists", "A rate that a company sets holds from its day on and is shown with that day.", "assumed"
)
def test_a_rate_is_set(trader):
    market = trader.get("/exchangerate", sourcecurrencycode="EUR")["ExchangeRate"]["Rate"]
    own = {"SourceCurrencyCode": "EUR", "Rate": 2.5, "AsOfDate": "2026-07-07"}
    made = trader.post("/exchangerate", own)["ExchangeRate"]
    assert made.items() >= {**own, "TargetCurrencyCode": "USD", "SyncToken": "0"}.items()
    assert list(made["MetaData"]) == ["LastUpdatedTime"]

    def rate_on(day):
        found = trader.get("/exchangerate", sourcecurrencycode="eur", asofdate=day)["ExchangeRate"]
        return found["Rate"], found["AsOfDate"]

    assert rate_on("2026-07-06") == (market, "2026-07-06")
    assert rate_on("2026-07-08") == (2.5, "2026-07-07")
    again = trader.post("/exchangerate", {**made, "Rate": 3})["ExchangeRate"]
    assert (again["Rate"], again["SyncToken"]) == (3, "1")
    assert rate_on("2026-07-07") == (3, "2026-07-07")


@pytest.mark.behaviour(
    "Validation", "Setting a rate needs currency, rate and day; the home currency has none.", "assumed"
)
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"SourceCurrencyCode": ""}, "2020"),
        ({"Rate": None}, "2020"),
        ({"AsOfDate": ""}, "2020"),
        ({"SourceCurrencyCode": "USD"}, "2180"),
        ({"SourceCurrencyCode": "NOK"}, "2180"),
        ({"TargetCurrencyCode": "GBP"}, "2180"),
        ({"Rate": 0}, "2080"),
        ({"AsOfDate": "someday"}, "2170"),
        ({"Colour": "red"}, "2010"),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(trader, fields, code):
    own = {"SourceCurrencyCode": "EUR", "Rate": 2.5, "AsOfDate": "2026-07-07", **fields}
    assert trader.refused("/exchangerate", own)["code"] == code


@pytest.mark.behaviour("Queries", "Exchange rates are found by currency and day.", "reported")
def test_exchange_rates_are_queried(trader):
    trader.post("/exchangerate", {"SourceCurrencyCode": "GBP", "Rate": 5, "AsOfDate": "2026-05-15"})
    found = trader.query(
        "select * from exchangerate where sourcecurrencycode in ('EUR', 'GBP') and asofdate='2026-07-07'"
    )
    assert [(one["SourceCurrencyCode"], one["AsOfDate"]) for one in found["ExchangeRate"]] == [
        ("EUR", "2026-07-07"),
        ("GBP", "2026-05-15"),
    ]
    assert found["ExchangeRate"][1]["Rate"] == 5
    every = trader.query("select * from ExchangeRate")["ExchangeRate"]
    assert {one["TargetCurrencyCode"] for one in every} == {"USD"}
    assert "USD" not in [one["SourceCurrencyCode"] for one in every]


def test_a_company_without_multicurrency_has_no_exchange_rates(app):
    assert app.query("select * from ExchangeRate") == {}
    own = {"SourceCurrencyCode": "EUR", "Rate": 2.5, "AsOfDate": "2026-07-07"}
    assert app.refused("/exchangerate", own)["code"] == "6000"


@pytest.mark.behaviour("Lists", "Multicurrency is turned on for good.", "documented")
def test_multicurrency_is_turned_on_for_good(app):
    def turn(on, token):
        prefs = {"MultiCurrencyEnabled": on}
        return {"Id": "1", "SyncToken": token, "sparse": True, "CurrencyPrefs": prefs}

    app.post("/preferences", turn(True, "0"))
    assert app.customer(CurrencyRef={"value": "EUR"})["CurrencyRef"]["name"] == "Euro"
    assert app.refused("/preferences", turn(False, "1"))["code"] == "6000"
