"""The sample businesses: Intuit's landscaper, as remembered, in the United States, small shops elsewhere."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from sandbox.countries import COUNTRIES
from sandbox.numbers import write_json
from sandbox.server import Sandbox


@pytest.fixture
def landscaper(connect):
    return connect(empty=False)


def all_of(app, kind):
    return app.query(f"select * from {kind} maxresults 1000")[kind]


def invoice(app, number):
    return app.query(f"select * from Invoice where DocNumber = '{number}'")["Invoice"][0]


@pytest.mark.behaviour(
    "Sample business",
    "A US realm has the customers of Intuit's landscaping company at Ids 1 to 29; their names are from memory.",
    "assumed",
)
def test_the_customers_have_their_usual_ids(landscaper):
    names = {one["Id"]: one["FullyQualifiedName"] for one in all_of(landscaper, "Customer")}
    assert len(names) == 29
    assert [names[id] for id in ("1", "3", "5", "24", "29")] == [
        "Amy's Bird Sanctuary",
        "Cool Cars",
        "Dukes Basketball Camp",
        "Sonnenschein Family Store",
        "Weiskopf Consulting",
    ]
    assert names["8"] == "Freeman Sporting Goods:0969 Ocean View Road"
    assert names["23"] == "Shara Barnett:Barnett Design"


@pytest.mark.behaviour(
    "Sample business",
    "Vendors and employees follow in the customers' sequence of Ids; their names are from memory.",
    "assumed",
)
def test_vendors_and_employees_stand_between(landscaper):
    vendors = {one["Id"]: one["DisplayName"] for one in all_of(landscaper, "Vendor")}
    assert (vendors["30"], vendors["50"], vendors["57"]) == (
        "Books by Bessie",
        "Tania's Nursery",
        "Squeaky Kleen Car Wash",
    )
    assert {one["Id"] for one in all_of(landscaper, "Employee")} == {"54", "55"}
    assert landscaper.customer("The first of ours")["Id"] == "58"


@pytest.mark.behaviour(
    "Sample business", "Its items have Ids, prices and income accounts that are mostly from memory.", "assumed"
)
def test_the_items_have_their_usual_ids_and_prices(landscaper):
    items = {one["Id"]: one for one in all_of(landscaper, "Item")}
    assert len(items) == 18
    assert {
        id: (items[id]["Name"], items[id]["UnitPrice"], items[id]["IncomeAccountRef"]["value"])
        for id in ("1", "4", "5", "11", "18")
    } == {
        "1": ("Services", 0, "1"),
        "4": ("Design", 75, "82"),
        "5": ("Rock Fountain", 275, "79"),
        "11": ("Pump", 15, "79"),
        "18": ("Trimming", 35, "45"),
    }
    stock = {one["Name"]: one["QtyOnHand"] for one in items.values() if one["Type"] == "Inventory"}
    assert stock == {"Rock Fountain": 2, "Pump": 25, "Sprinkler Heads": 25, "Sprinkler Pipes": 31}


@pytest.mark.behaviour(
    "Sample business", "Its chart has 90 accounts, whose Ids, names and types are mostly from memory.", "assumed"
)
def test_the_chart_of_accounts_is_the_landscapers(landscaper):
    accounts = {one["Id"]: one["FullyQualifiedName"] for one in all_of(landscaper, "Account")}
    assert len(accounts) == 90
    assert "18" not in accounts
    assert [accounts[id] for id in ("1", "4", "33", "35", "66", "79", "84", "86", "90")] == [
        "Services",
        "Undeposited Funds",
        "Accounts Payable (A/P)",
        "Checking",
        "Job Expenses:Job Materials:Plants and Soil",
        "Sales of Product Income",
        "Accounts Receivable (A/R)",
        "Discounts given",
        "Board of Equalization Payable",
    ]


@pytest.mark.behaviour("Sample business", "Its customers owe 5,281.52 together, a figure from memory.", "assumed")
def test_what_is_open_adds_up_to_the_figure_remembered(landscaper):
    invoices = all_of(landscaper, "Invoice")
    assert len(invoices) == 31
    assert sum(Decimal(str(one["Balance"])) for one in invoices) == Decimal("5281.52")
    owed = {one["Id"]: Decimal(str(one["Balance"])) for one in all_of(landscaper, "Customer")}
    assert sum(owed.values()) == Decimal("5281.52")
    assert (owed["1"], owed["13"], owed["18"], owed["10"]) == (239, 450, Decimal("954.75"), Decimal("629.10"))


@pytest.mark.behaviour(
    "Sample business",
    "Its invoices have Ids, numbers, customers, totals and open balances that are mostly from memory.",
    "assumed",
)
@pytest.mark.parametrize(
    ("number", "id", "customer", "total", "balance"),
    [
        ("1001", "9", "1", 108, 0),
        ("1004", "12", "3", 2369.52, 0),
        ("1007", "16", "13", 750, 450),
        ("1012", "42", "23", 274.5, 274.5),
        ("1015", "49", "18", 954.75, 954.75),
        ("1029", "93", "5", 460.4, 0),
        ("1030", "95", "8", 226.75, 0),
        ("1033", "103", "10", 629.1, 629.1),
        ("1036", "129", "8", 477.5, 477.5),
        ("1037", "130", "24", 362.07, 362.07),
    ],
)
def test_known_invoices_are_there(landscaper, number, id, customer, total, balance):
    found = invoice(landscaper, number)
    assert (found["Id"], found["CustomerRef"]["value"]) == (id, customer)
    assert (found["TotalAmt"], found["Balance"]) == (total, balance)


@pytest.mark.behaviour("Sample business", "A credit memo is linked to its invoice by a payment of zero.", "recorded")
def test_a_credit_is_linked_by_a_payment_of_nothing(landscaper):
    payment = landscaper.read("Payment", "74")
    assert (payment["TotalAmt"], payment["PrivateNote"]) == (0, "Created by QB Online to link credits to charges.")
    assert {link["LinkedTxn"][0]["TxnType"] for link in payment["Line"]} == {"Invoice", "CreditMemo"}
    assert invoice(landscaper, "1025")["Balance"] == 0


def test_an_estimate_is_closed_by_its_invoice(landscaper):
    estimates = {one["DocNumber"]: one["TxnStatus"] for one in all_of(landscaper, "Estimate")}
    assert estimates == {"1001": "Closed", "1002": "Accepted", "1003": "Pending"}


def test_the_business_goes_on_where_the_sample_ends(landscaper):
    made = landscaper.post(
        "/invoice",
        {
            "CustomerRef": {"value": "1"},
            "Line": [
                {"DetailType": "SalesItemLineDetail", "Amount": 75, "SalesItemLineDetail": {"ItemRef": {"value": "4"}}}
            ],
        },
    )["Invoice"]
    assert (made["Id"], made["DocNumber"]) == ("147", "1038")


@pytest.mark.behaviour(
    "Sample business", "Dates are counted back from the day on which the realm is opened.", "assumed"
)
def test_dates_follow_the_clock(books, connect):
    books.clock.set(datetime(2031, 5, 20, 12, tzinfo=UTC))
    app = connect(empty=False)
    assert invoice(app, "1037")["TxnDate"] == "2031-05-17"
    overdue = [one for one in all_of(app, "Invoice") if one["Balance"] and one["DueDate"] < "2031-05-20"]
    assert {one["DocNumber"] for one in overdue} == {"1016", "1024", "1027", "1028"}
    entered = {one["MetaData"]["CreateTime"][:10] for one in all_of(app, "Invoice")}
    assert date(2031, 5, 7).isoformat() <= min(entered) <= max(entered) <= date(2031, 5, 20).isoformat()


def test_invoices_are_in_every_state(landscaper):
    invoices = all_of(landscaper, "Invoice")
    assert any(one["Balance"] == 0 for one in invoices)
    assert any(0 < one["Balance"] < one["TotalAmt"] for one in invoices)
    assert any(one["EmailStatus"] == "EmailSent" for one in invoices)
    assert any("DiscountLineDetail" in line for one in invoices for line in one["Line"])


def test_nobodys_real_address_is_in_it(landscaper):
    everything = write_json(landscaper.books.company(landscaper.realm).export())
    assert "@intuit.com" not in everything
    assert everything.count("@") == everything.count("@example.com")


@pytest.mark.behaviour(
    "Sample business", "Outside the United States every line of the sample names a tax code.", "assumed"
)
@pytest.mark.parametrize("country", sorted(set(COUNTRIES) - {"US"}))
def test_a_foreign_business_is_local_and_adds_up(books, country):
    company = books.company(books.open_realm(country=country)["realm"])
    invoices = company.all("Invoice")
    assert {one["BillAddr"]["Country"] for one in invoices} == {COUNTRIES[country].name}
    assert {one["CurrencyRef"]["value"] for one in invoices} == {COUNTRIES[country].currency}
    lines = [line["SalesItemLineDetail"] for one in invoices for line in one["Line"] if "SalesItemLineDetail" in line]
    assert all("TaxCodeRef" in line for line in lines)
    assert all(one["TxnTaxDetail"]["TotalTax"] > 0 for one in invoices)
    owed = sum(one["Balance"] for one in company.all("Customer"))
    assert owed == sum(one["Balance"] for one in invoices) > 0
    states = {one["Balance"] == 0 for one in invoices} | {0 < one["Balance"] < one["TotalAmt"] for one in invoices}
    assert states == {True, False}
    assert {one["TxnStatus"] for one in company.all("Estimate")} == {"Closed", "Pending"}


@pytest.mark.parametrize("country", ["US", "CA", "GB", "AU", "DE"])
def test_a_company_with_several_currencies_has_a_foreign_customer(books, country):
    company = books.company(books.open_realm(country=country, multicurrency=True)["realm"])
    home = COUNTRIES[country].currency
    foreign = [one for one in company.all("Invoice") if one["CurrencyRef"]["value"] != home]
    (only,) = foreign
    assert only["ExchangeRate"] != 1
    assert only["HomeTotalAmt"] != only["TotalAmt"]
    assert all("HomeTotalAmt" in one for one in company.all("Invoice"))


def test_an_empty_realm_has_nobody_and_nothing_sold(app):
    counts = app.books.company(app.realm).counts()
    kinds = ("Customer", "Vendor", "Employee", "Item", "Invoice", "Payment", "Estimate")
    assert [counts.get(kind, 0) for kind in kinds] == [0] * len(kinds)
    assert {"1", "4", "35", "79", "80", "81", "84", "86", "90"} <= {one["Id"] for one in all_of(app, "Account")}


def test_the_same_seed_gives_the_same_business():
    def business(seed):
        with Sandbox(seed=seed, country="CA") as books:
            books.clock.turn(datetime(2030, 1, 1, tzinfo=UTC), rate=0)
            return books.company(books.open_realm()["realm"]).all("Invoice")

    assert business(3) == business(3)
    assert business(3) != business(4)


def test_two_realms_do_not_share_their_business(connect):
    one, other = connect(empty=False), connect(empty=False)
    one.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "Ours"})
    assert "Notes" not in other.read("Customer", "1")


def test_a_business_is_a_month_long_history_for_those_who_catch_up(landscaper):
    since = (datetime.now(UTC) - timedelta(days=29)).isoformat()
    found = landscaper.get("/cdc", entities="Invoice,Customer", changedSince=since)["CDCResponse"][0]["QueryResponse"]
    assert len(found[0]["Invoice"]) == 31
