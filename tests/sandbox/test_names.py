"""Customers and items: names, defaults, masks, updates, being inactive."""

import pytest


def test_a_customer_gets_the_defaults_of_a_us_company(app):
    made = app.post(
        "/customer",
        {
            "DisplayName": "Pat Example and Partners",
            "GivenName": "Pat",
            "FamilyName": "Example",
            "BillAddr": {"Line1": "200 Sample Street"},
        },
    )["Customer"]
    assert made["PrintOnCheckName"] == "Pat Example"
    assert made["FullyQualifiedName"] == "Pat Example and Partners"
    assert made["DefaultTaxCodeRef"] == {"value": "2"}
    assert made["CurrencyRef"] == {"value": "USD", "name": "United States Dollar"}
    assert (made["Id"], made["SyncToken"], made["Active"], made["Taxable"], made["Balance"]) == (
        "1",
        "0",
        True,
        True,
        0,
    )
    assert made["BillAddr"]["Id"]


def test_a_name_may_be_made_of_its_parts(app):
    assert (
        app.post("/customer", {"GivenName": "Pat", "FamilyName": "Example"})["Customer"]["DisplayName"] == "Pat Example"
    )
    assert app.refused("/customer", {"CompanyName": "Nameless"})["code"] == "2020"


def test_a_name_is_unique_whatever_its_case_over_customers_vendors_and_employees(app):
    app.post("/vendor", {"DisplayName": "Linden Books"})
    app.post("/employee", {"DisplayName": "Kim Sample"})
    app.customer("Alder & Sons")
    for name in ("LINDEN books", "kim sample", "alder & SONS"):
        error = app.refused("/customer", {"DisplayName": name})
        assert (error["code"], error["Message"]) == ("6240", "Duplicate Name Exists Error")
        assert error["Detail"].startswith("The name supplied already exists. : Another")


@pytest.mark.parametrize("name", ["a:b", "a\tb", "a\nb"])
def test_a_name_has_no_colon_tab_or_line_end(app, name):
    assert app.refused("/customer", {"DisplayName": name})["code"] == "2180"
    assert app.refused("/item", {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "1"}})["code"] == "2180"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"DisplayName": "x" * 501}, "2050"),
        ({"GivenName": "x" * 101}, "2050"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "nobody"}}, "2210"),
        ({"DisplayName": "A", "NoSuchField": 1}, "2010"),
        ({"DisplayName": "A", "BillAddr": {"Street": "x"}}, "2010"),
        ({"DisplayName": "A", "BillAddr": "x"}, "2010"),
        ({"DisplayName": "A", "Taxable": "maybe"}, "2180"),
        ({"DisplayName": "A", "SalesTermRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "CurrencyRef": {"value": "EUR"}}, "6000"),
    ],
)
def test_what_does_not_fit_is_refused(app, fields, code):
    assert app.refused("/customer", fields)["code"] == code
    assert app.query("select count(*) from Customer") == {"totalCount": 0}


def test_a_tax_id_is_masked_but_for_its_last_five(app):
    assert app.customer(PrimaryTaxIdentifier="123-45-6789")["PrimaryTaxIdentifier"] == "XXXXXX56789"


def test_a_sparse_update_changes_what_it_names_and_a_full_one_clears_the_rest(app):
    made = app.customer(Notes="old", CompanyName="Ann Ltd")
    changed = app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "new"})["Customer"]
    assert (changed["Notes"], changed["CompanyName"], changed["SyncToken"]) == ("new", "Ann Ltd", "1")
    full = app.post("/customer", {"Id": "1", "SyncToken": "1", "DisplayName": made["DisplayName"]})["Customer"]
    assert ("Notes" in full, "CompanyName" in full, full["SyncToken"]) == (False, False, "2")


def test_an_old_sync_token_is_stale(app):
    app.customer()
    app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "new"})
    error = app.refused("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "late"})
    assert (error["code"], error["Message"]) == ("5010", "Stale Object Error")
    assert app.read("Customer", "1")["Notes"] == "new"


def test_an_inactive_customer_is_marked_hidden_and_its_name_free_again(app):
    app.customer("Ann")
    gone = app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})["Customer"]
    assert (gone["DisplayName"], gone["FullyQualifiedName"]) == ("Ann (deleted)", "Ann (deleted)")
    assert app.query("select * from Customer") == {}
    assert app.query("select * from Customer where Active in (true, false)")["maxResults"] == 1
    assert app.customer("Ann")["Id"] == "2"
    back = {"Id": "1", "SyncToken": "1", "sparse": True, "Active": True}
    assert app.refused("/customer", back)["code"] == "6240"
    app.post("/customer", {"Id": "2", "SyncToken": "0", "sparse": True, "DisplayName": "Anne"})
    assert app.post("/customer", back)["Customer"]["DisplayName"] == "Ann"


def test_customers_and_vendors_share_one_sequence_of_ids(app):
    assert app.customer("A")["Id"] == "1"
    assert app.post("/vendor", {"DisplayName": "B"})["Vendor"]["Id"] == "2"
    assert app.customer("C")["Id"] == "3"


def test_an_item_needs_its_accounts(app):
    assert app.refused("/item", {"Name": "Lamp", "Type": "Service"})["element"] == "IncomeAccountRef"
    error = app.refused("/item", {"Name": "Lamp", "Type": "Service", "IncomeAccountRef": {"value": "999"}})
    assert error["Detail"] == "Invalid Reference Id : Accounts element id 999 not found"
    made = app.item("Lamp", UnitPrice=34.95)
    assert made["IncomeAccountRef"] == {"value": "1", "name": "Services"}
    assert (made["UnitPrice"], made["Taxable"], made["TrackQtyOnHand"]) == (34.95, False, False)
    assert (
        app.refused("/item", {"Name": "LAMP", "Type": "Service", "IncomeAccountRef": {"value": "1"}})["code"] == "6240"
    )


def test_an_inactive_item_cannot_be_sold_but_stays_on_its_invoices(app, line):
    invoice = app.invoice()
    app.post("/item", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})
    assert app.refused("/invoice", app.invoice_body() | {"Line": [line(1)]})["code"] == "610"
    note = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert app.post("/invoice", note)["Invoice"]["TotalAmt"] == 100


def test_preferences_are_changed_one_by_one(app):
    before = app.get("/preferences")["Preferences"]
    changes = {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"CustomTxnNumbers": True}}
    after = app.post("/preferences", changes)["Preferences"]
    assert after["SalesFormsPrefs"] == {**before["SalesFormsPrefs"], "CustomTxnNumbers": True}
    assert after["SyncToken"] == "1"
    assert app.query("select * from Preferences")["Preferences"][0]["SyncToken"] == "1"


def test_an_empty_company_has_its_foundations_but_no_business(app):
    assert [term["Name"] for term in app.query("select * from Term ORDERBY Id")["Term"]] == [
        "Due on receipt",
        "Net 15",
        "Net 30",
        "Net 60",
        "Net 10",
    ]
    assert {code["Id"] for code in app.query("select * from TaxCode")["TaxCode"]} == {"TAX", "NON", "2", "3"}
    rates = {rate["Name"]: rate["RateValue"] for rate in app.query("select * from TaxRate")["TaxRate"]}
    assert rates == {"California": 8, "AZ State tax": 7.1, "Tucson City": 2}
    assert app.query("select * from Account where AccountType = 'Income'")["maxResults"] == 3
    for kind in ("Customer", "Item", "Invoice", "Payment"):
        assert app.query(f"select count(*) from {kind}") == {"totalCount": 0}


def test_a_sample_business_adds_up(connect):
    app = connect(empty=False)
    invoices = app.query("select * from Invoice")["Invoice"]
    owed = {c["Id"]: c["Balance"] for c in app.query("select * from Customer")["Customer"]}
    assert len(owed) == 12
    assert round(sum(i["Balance"] for i in invoices), 2) == round(sum(owed.values()), 2) > 0
    assert any(i["Balance"] == 0 for i in invoices)
