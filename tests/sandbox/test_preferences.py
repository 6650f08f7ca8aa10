"""The company's preferences and its card."""

import pytest


@pytest.mark.behaviour("Lists", "Preferences are read without an Id, by Id and by query; their Id is 1.", "documented")
def test_preferences_are_read_three_ways(app):
    read = app.get("/preferences")["Preferences"]
    assert read["Id"] == "1"
    assert app.get("/preferences/1")["Preferences"] == read
    assert app.query("select * from Preferences")["Preferences"] == [read]


@pytest.mark.behaviour(
    "Lists", "A new company has preferences in Intuit's groups; most settings are from memory.", "assumed"
)
def test_a_new_company_has_preferences(app):
    prefs = app.get("/preferences")["Preferences"]
    assert prefs["AccountingInfoPrefs"]["TaxYearMonth"] == "January"
    assert prefs["ProductAndServicesPrefs"]["ForPurchase"] is True
    assert prefs["VendorAndPurchasesPrefs"]["BillableExpenseTracking"] is True
    assert prefs["TimeTrackingPrefs"]["WorkWeekStartDate"] == "Monday"
    assert prefs["CurrencyPrefs"] == {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}
    assert prefs["OtherPrefs"]["NameValue"][0]["Name"] == "SalesFormsPrefs.DefaultCustomerMessage"


@pytest.mark.behaviour(
    "Full and sparse updates", "A group of preferences keeps what an update does not name.", "assumed"
)
def test_preferences_are_changed_one_by_one(app):
    before = app.get("/preferences")["Preferences"]
    changes = {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"CustomTxnNumbers": True}}
    after = app.post("/preferences", changes)["Preferences"]
    assert after["SalesFormsPrefs"] == {**before["SalesFormsPrefs"], "CustomTxnNumbers": True}
    assert after["SyncToken"] == "1"
    assert app.query("select * from Preferences")["Preferences"][0]["SyncToken"] == "1"
    stale = app.refused("/preferences", changes)
    assert stale["code"] == "5010"


@pytest.mark.behaviour(
    "Full and sparse updates", "Preferences read and written back whole stay as they were.", "reported"
)
def test_preferences_can_be_written_back(app):
    before = app.get("/preferences")["Preferences"]
    sent = {**before, "EmailMessagesPrefs": {"EstimateMessage": {"Subject": "An offer"}}}
    after = app.post("/preferences", sent)["Preferences"]
    messages = before["EmailMessagesPrefs"]
    changed = {**messages, "EstimateMessage": {**messages["EstimateMessage"], "Subject": "An offer"}}
    own = {"SyncToken": "1", "MetaData": after["MetaData"], "EmailMessagesPrefs": changed}
    assert after == {**before, **own}


@pytest.mark.behaviour("Leniency", "A flag among the preferences may come as text, a blank changes nothing.", "assumed")
def test_flags_may_come_as_text(app):
    def change(token, **prefs):
        return {"Id": "1", "SyncToken": token, "sparse": True, "SalesFormsPrefs": prefs}

    app.post("/preferences", change("0", CustomTxnNumbers="true", DefaultCustomerMessage=""))
    prefs = app.get("/preferences")["Preferences"]["SalesFormsPrefs"]
    assert prefs["CustomTxnNumbers"] is True
    assert prefs["DefaultCustomerMessage"].startswith("Thank you")
    assert app.refused("/preferences", change("1", CustomTxnNumbers="perhaps"))["code"] == "2180"


@pytest.mark.behaviour("Lists", "The closing date of the books is a date; a blank opens them again.", "assumed")
def test_the_closing_date_is_a_date(app):
    def change(token, day):
        prefs = {"BookCloseDate": day}
        return {"Id": "1", "SyncToken": token, "sparse": True, "AccountingInfoPrefs": prefs}

    closed = app.post("/preferences", change("0", "2026-06-30"))["Preferences"]["AccountingInfoPrefs"]
    assert (closed["BookCloseDate"], closed["TaxYearMonth"]) == ("2026-06-30", "January")
    assert app.refused("/preferences", change("1", "in June"))["code"] == "2170"
    opened = app.post("/preferences", change("1", ""))["Preferences"]["AccountingInfoPrefs"]
    assert "BookCloseDate" not in opened


@pytest.mark.behaviour("Lists", "Nobody deletes a company's card, not even a bookkeeper.", "assumed")
def test_a_bookkeeper_cannot_delete_the_companys_card(app):
    answer = app.control("POST", f"/realms/{app.realm}/act", {"delete": {"companyinfo": "1"}})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "500")
    change = {"Id": "1", "SyncToken": "0", "sparse": True, "CompanyName": "Example Company"}
    assert app.post("/companyinfo", change)["CompanyInfo"]["CompanyName"] == "Example Company"


@pytest.mark.behaviour("Validation", "A preference keeps its shape: an object, a list or one value.", "assumed")
@pytest.mark.parametrize(
    "wrong",
    [
        {"DefaultTerms": "3"},
        {"DefaultTerms": {"value": ["3"]}},
        {"DefaultDiscountAccount": ["86"]},
        {"CustomField": "Crew"},
        {"CustomField": ["Crew"]},
        {"CustomField": [{"CustomField": "Crew"}]},
        {"CustomField": [{"CustomField": [{"Name": ["Crew"]}]}]},
    ],
)
def test_a_preference_of_another_shape_is_refused_and_sales_go_on(app, wrong):
    change = {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": wrong}
    assert app.refused("/preferences", change)["code"] == "2010"
    assert app.invoice(100, CustomField=[{"DefinitionId": "1", "StringValue": "102"}])["TotalAmt"] == 100


@pytest.mark.behaviour("Validation", "The home currency stays what it is; another one sent is ignored.", "assumed")
def test_the_home_currency_cannot_be_changed(app):
    change = {"Id": "1", "SyncToken": "0", "sparse": True, "CurrencyPrefs": {"HomeCurrency": {"value": "EUR"}}}
    assert app.post("/preferences", change)["Preferences"]["CurrencyPrefs"]["HomeCurrency"] == {"value": "USD"}


@pytest.mark.behaviour("Validation", "Preferences know their groups only, and are never made.", "assumed")
def test_preferences_know_their_groups(app):
    change = {"Id": "1", "SyncToken": "0", "sparse": True}
    assert app.refused("/preferences", {**change, "NoSuchPrefs": {}})["code"] == "2010"
    assert app.refused("/preferences", {**change, "TaxPrefs": "all"})["code"] == "2010"
    assert app.refused("/preferences", {"SalesFormsPrefs": {}})["code"] == "500"


@pytest.mark.behaviour("Notifications", "A change of the preferences is notified.", "documented")
def test_a_change_of_the_preferences_is_notified(app, subscriber):
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": "t"})
    prefs = {"AllowShipping": True}
    app.post("/preferences", {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": prefs})
    subscriber.wait_for(1)
    assert subscriber.types == ["qbo.preferences.updated.v1 1"]


@pytest.mark.behaviour(
    "Lists", "The company's card is read by its realm and by query; a column of it is 4001.", "reported"
)
def test_the_card_is_read_by_realm(app):
    card = app.get(f"/companyinfo/{app.realm}")["CompanyInfo"]
    assert (card["Country"], card["DefaultTimeZone"]) == ("US", "America/Los_Angeles")
    assert {"Name": "SubscriptionStatus", "Value": "PAID"} in card["NameValue"]
    assert app.query("select * from CompanyInfo")["CompanyInfo"] == [card]
    assert app.query_error("select CompanyName from CompanyInfo")["code"] == "4001"
    assert app.call("GET", "/companyinfo/12345").status_code == 400


@pytest.mark.behaviour(
    "Full and sparse updates", "A company's card is changed; country and subscription stay.", "assumed"
)
def test_the_card_is_changed(app):
    app.customer(BillAddr={"Line1": "1 Customer Way"})
    before = app.get(f"/companyinfo/{app.realm}")["CompanyInfo"]
    change = {
        "Id": "1",
        "SyncToken": "0",
        "sparse": True,
        "CompanyName": "Larry's Landscaping",
        "CompanyAddr": {"Line1": "1 New Way"},
        "Country": "FR",
        "NameValue": [],
    }
    after = app.post("/companyinfo", change)["CompanyInfo"]
    assert (after["CompanyName"], after["SyncToken"]) == ("Larry's Landscaping", "1")
    assert after["CompanyAddr"] == {"Id": before["CompanyAddr"]["Id"], "Line1": "1 New Way"}
    for kept in ("Country", "NameValue", "LegalName", "Email", "DefaultTimeZone"):
        assert after[kept] == before[kept]
    assert app.get(f"/companyinfo/{app.realm}")["CompanyInfo"] == after
    assert app.refused("/companyinfo", change)["code"] == "5010"


@pytest.mark.behaviour("Full and sparse updates", "A full update of the card clears what it omits.", "documented")
def test_a_full_update_of_the_card_clears_what_it_omits(app):
    change = {"Id": "1", "SyncToken": "0", "CompanyName": "A", "CompanyAddr": {"Line1": "1 New Way"}}
    after = app.post("/companyinfo", change)["CompanyInfo"]
    assert (after["CompanyName"], after["WebAddr"], after["Country"]) == ("A", {}, "US")
    assert not {"Email", "LegalName", "LegalAddr"} & set(after)


@pytest.mark.behaviour("Validation", "A full update of the card needs a name and an address.", "assumed")
@pytest.mark.parametrize("missing", ["CompanyName", "CompanyAddr"])
def test_the_card_needs_a_name_and_an_address(app, missing):
    card = app.get(f"/companyinfo/{app.realm}")["CompanyInfo"]
    del card[missing]
    assert app.refused("/companyinfo", card)["element"] == missing


def test_an_empty_company_has_its_foundations_but_no_business(app):
    assert [term["Name"] for term in app.query("select * from Term ORDERBY Id")["Term"]] == [
        "Due on receipt",
        "Net 15",
        "Net 30",
        "Net 60",
        "Net 10",
    ]
    ways = [one["Name"] for one in app.query("select * from PaymentMethod ORDERBY Id")["PaymentMethod"]]
    assert ways[:3] == ["Cash", "Check", "Visa"]
    for kind in ("Customer", "Item", "Invoice", "Payment", "Class", "Department", "CustomerType"):
        assert app.query(f"select count(*) from {kind}") == {"totalCount": 0}
