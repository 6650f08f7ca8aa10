"""The lists that sales refer to: terms, ways to pay, classes, departments and accounts."""

import pytest

# path, kind, the least body, a property that a full update clears.
LISTS = [
    ("/term", "Term", {"Name": "Net 45", "DueDays": 45}, {"DiscountDays": 5}),
    ("/paymentmethod", "PaymentMethod", {"Name": "Voucher"}, {}),
    ("/class", "Class", {"Name": "Retail"}, {}),
    ("/department", "Department", {"Name": "North"}, {"Address": {"Line1": "1 North Street"}}),
    ("/account", "Account", {"Name": "Petty cash", "AccountType": "Bank"}, {"Description": "in the drawer"}),
    ("/taxagency", "TaxAgency", {"DisplayName": "City Tax Agency"}, {}),
]
WITH_ACTIVE = [row for row in LISTS if row[1] != "TaxAgency"]
TREES = [row for row in LISTS if row[1] in ("Class", "Department", "Account")]
ids = pytest.mark.parametrize(("path", "kind", "body", "more"), LISTS, ids=[row[1] for row in LISTS])
ids_with_active = pytest.mark.parametrize(
    ("path", "kind", "body", "more"), WITH_ACTIVE, ids=[row[1] for row in WITH_ACTIVE]
)
trees = pytest.mark.parametrize(("path", "kind", "body", "more"), TREES, ids=[row[1] for row in TREES])


def name_of(body):
    return next(name for name in ("Name", "DisplayName") if name in body)


@pytest.mark.behaviour("Lists", "Entries are made, read and found; each list has Ids of its own.", "recorded")
@ids
def test_an_entry_is_made_read_and_found(app, path, kind, body, more):
    made = app.post(path, {**body, **more})[kind]
    assert made.items() >= {**body, "SyncToken": "0", "domain": "QBO", "sparse": False}.items()
    assert app.read(kind, made["Id"]) == made
    named = name_of(body)
    found = app.query(f"select * from {kind} where {named} = '{body[named].upper()}'")
    assert found[kind] == [made]
    known = int(app.query(f"select count(*) from {kind}")["totalCount"])
    again = app.post(path, {**body, named: "Another"})[kind]
    assert int(again["Id"]) == int(made["Id"]) + 1
    assert app.query(f"select count(*) from {kind}")["totalCount"] == known + 1


@pytest.mark.behaviour(
    "Full and sparse updates", "Each update of a list's entry is a new version; a full one clears.", "documented"
)
@ids
def test_an_entry_is_updated(app, path, kind, body, more):
    made = app.post(path, {**body, **more})[kind]
    named = name_of(body)
    sparse = app.post(path, {"Id": made["Id"], "SyncToken": "0", "sparse": True, named: "Renamed"})[kind]
    assert (sparse[named], sparse["SyncToken"]) == ("Renamed", "1")
    assert set(more) <= set(sparse)
    full = app.post(path, {**body, "Id": made["Id"], "SyncToken": "1"})[kind]
    assert (full[named], full["SyncToken"]) == (body[named], "2")
    assert not set(more) & set(full)
    stale = app.refused(path, {**body, "Id": made["Id"], "SyncToken": "1"})
    assert stale["code"] == "5010"


@pytest.mark.behaviour(
    "Full and sparse updates", "What was read can be written back whole and stays as it was.", "assumed"
)
@ids
def test_what_was_read_can_be_written_back(app, path, kind, body, more):
    made = app.post(path, {**body, **more})[kind]
    again = app.post(path, made)[kind]
    assert {**again, "SyncToken": "0", "MetaData": made["MetaData"]} == made


@pytest.mark.behaviour("Validation", "An entry needs a name, and nothing that the list does not have.", "documented")
@ids
def test_an_entry_needs_a_name(app, path, kind, body, more):
    named = name_of(body)
    error = app.refused(path, {**body, named: ""})
    assert (error["code"], error["element"]) == ("2020", named)
    assert app.refused(path, {**body, "NoSuchField": 1})["code"] == "2010"
    longest = {"Term": 31, "PaymentMethod": 31}.get(kind, 100)
    assert app.refused(path, {**body, named: "x" * (longest + 1)})["code"] == "2050"
    assert app.post(path, {**body, named: "x" * longest})[kind][named] == "x" * longest


@pytest.mark.behaviour("Names and masks", "Names are unique in every list, whatever their case: 6240.", "assumed")
@ids
def test_a_name_is_unique_in_its_list(app, path, kind, body, more):
    made = app.post(path, body)[kind]
    named = name_of(body)
    assert app.refused(path, {**body, named: body[named].upper()})["code"] == "6240"
    other = app.post(path, {**body, named: "Another"})[kind]
    change = {**body, "Id": other["Id"], "SyncToken": "0", "sparse": True}
    assert app.refused(path, change)["code"] == "6240"
    assert app.post(path, {**change, "Id": made["Id"]})[kind]["SyncToken"] == "1"


@pytest.mark.behaviour("Names and masks", "Names of lists have neither colons, tabs nor line ends.", "assumed")
@ids
@pytest.mark.parametrize("mark", [":", "\t", "\n"])
def test_a_name_has_no_marks(app, path, kind, body, more, mark):
    assert app.refused(path, {**body, name_of(body): f"a{mark}b"})["code"] == "2180"


@pytest.mark.behaviour(
    "Names and masks", 'Made inactive, an entry is hidden, ends in " (deleted)" and frees its name.', "reported"
)
@ids_with_active
def test_an_inactive_entry_is_hidden_and_frees_its_name(app, path, kind, body, more):
    made = app.post(path, body)[kind]
    inactive = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False}
    gone = app.post(path, inactive)[kind]
    assert (gone["Name"], gone["Active"]) == (f"{body['Name']} (deleted)", False)
    shown = app.query(f"select * from {kind}").get(kind, [])
    assert made["Id"] not in [one["Id"] for one in shown]
    assert app.query(f"select * from {kind} where Active = false")[kind] == [gone]
    assert app.post(path, body)[kind]["Name"] == body["Name"]
    back = {**inactive, "SyncToken": "1", "Active": True, "Name": "Back again"}
    assert app.post(path, back)[kind]["Name"] == "Back again"


@pytest.mark.behaviour("Lists", "Entries of lists are not deleted.", "documented")
@ids
def test_entries_are_not_deleted(app, path, kind, body, more):
    made = app.post(path, body)[kind]
    assert app.refused(path, {"Id": made["Id"], "SyncToken": "0"}, operation="delete")["code"] == "500"


@pytest.mark.behaviour("Lists", "Classes, departments and accounts stand in trees with a path of names.", "assumed")
@trees
def test_lists_are_trees(app, path, kind, body, more):
    top = app.post(path, body)[kind]
    parent = {"ParentRef": {"value": top["Id"]}}
    # QuickBooks itself says that an entry stands below another.
    below = app.post(path, {**body, "Name": "Below", **parent, f"Sub{kind}": False})[kind]
    assert (below["FullyQualifiedName"], below[f"Sub{kind}"]) == (f"{body['Name']}:Below", True)
    assert top[f"Sub{kind}"] is False
    app.post(path, {"Id": top["Id"], "SyncToken": "0", "sparse": True, "Name": "Top"})
    assert app.read(kind, below["Id"])["FullyQualifiedName"] == "Top:Below"
    assert app.refused(path, {**body, "Name": "below", **parent})["code"] == "6240"
    assert app.post(path, {**body, "Name": "Below"})[kind]["FullyQualifiedName"] == "Below"
    circle = {"Id": top["Id"], "SyncToken": "1", "sparse": True, "ParentRef": {"value": below["Id"]}}
    assert app.refused(path, circle)["code"] == "900"
    assert app.refused(path, {**body, "ParentRef": {"value": "999"}})["code"] == "2500"


@pytest.mark.behaviour("Queries", "Lists are ordered by full name unless asked otherwise.", "recorded")
@trees
def test_lists_are_ordered_by_full_name(app, path, kind, body, more):
    top = app.post(path, {**body, "Name": "mm"})[kind]
    for name, above in (("zz", None), ("aa", None), ("bb", top["Id"])):
        app.post(path, {**body, "Name": name, **({"ParentRef": {"value": above}} if above else {})})
    own = ("aa", "mm", "mm:bb", "zz")
    names = [one["FullyQualifiedName"] for one in app.query(f"select * from {kind}")[kind]]
    assert [name for name in names if name in own] == list(own)
    by_id = [one["FullyQualifiedName"] for one in app.query(f"select * from {kind} ORDERBY Id DESC")[kind]]
    assert by_id[:4] == ["mm:bb", "aa", "zz", "mm"]


@pytest.mark.behaviour("Lists", "A term falls due after days, or else on a day of the month.", "documented")
def test_a_term_is_standard_or_driven_by_a_date(app):
    standard = app.post("/term", {"Name": "2%10 net 30", "DueDays": 30, "DiscountPercent": 2, "DiscountDays": 10})[
        "Term"
    ]
    assert (standard["Type"], standard["DueDays"], standard["DiscountPercent"]) == ("STANDARD", 30, 2)
    by_date = app.post("/term", {"Name": "On the 20th", "DayOfMonthDue": 20, "DueNextMonthDays": 5})["Term"]
    assert (by_date["Type"], by_date["DayOfMonthDue"], "DueDays" in by_date) == ("DATE_DRIVEN", 20, False)
    both = app.post("/term", {"Name": "Both", "DueDays": 7, "DayOfMonthDue": 20, "Type": "DATE_DRIVEN"})["Term"]
    assert both["Type"] == "STANDARD"


@pytest.mark.behaviour("Validation", "A term needs days or a day of the month, each within its range.", "documented")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "2020"),
        ({"DueDays": -1}, "2080"),
        ({"DueDays": 1000}, "2080"),
        ({"DayOfMonthDue": 0}, "2080"),
        ({"DayOfMonthDue": 32}, "2080"),
        ({"DayOfMonthDue": 1, "DueNextMonthDays": 1000}, "2080"),
        ({"DueDays": 1, "DiscountPercent": 101}, "2080"),
        ({"DueDays": 1, "DiscountDays": 1000}, "2080"),
        ({"DueDays": "soon"}, "2080"),
    ],
)
def test_a_term_keeps_within_its_ranges(app, fields, code):
    assert app.refused("/term", {"Name": "Odd", **fields})["code"] == code


@pytest.mark.behaviour("Lists", "A new term counts at once for the due date of invoices.", "documented")
def test_a_new_term_makes_due_dates(app):
    app.customer()
    term = app.post("/term", {"Name": "Net 45", "DueDays": 45})["Term"]
    made = app.invoice(TxnDate="2026-01-01", SalesTermRef={"value": term["Id"]})
    assert (made["DueDate"], made["SalesTermRef"]["name"]) == ("2026-02-15", "Net 45")


@pytest.mark.behaviour("Lists", "A way to pay is a credit card or not; not, unless said.", "assumed")
def test_a_way_to_pay_is_a_card_or_not(app):
    assert app.post("/paymentmethod", {"Name": "Voucher"})["PaymentMethod"]["Type"] == "NON_CREDIT_CARD"
    assert app.post("/paymentmethod", {"Name": "Amex", "Type": "CREDIT_CARD"})["PaymentMethod"]["Type"] == "CREDIT_CARD"
    assert app.refused("/paymentmethod", {"Name": "X", "Type": "GOLD"})["code"] == "2170"
    assert app.read("PaymentMethod", "1")["Name"] == "Cash"


@pytest.mark.behaviour("Lists", "An account's types fill in each other and its classification.", "documented")
@pytest.mark.parametrize(
    ("given", "types"),
    [
        ({"AccountType": "Accounts Receivable"}, ("Asset", "Accounts Receivable", "AccountsReceivable")),
        ({"AccountSubType": "Savings"}, ("Asset", "Bank", "Savings")),
        ({"AccountSubType": "DiscountsRefundsGiven"}, ("Revenue", "Income", "DiscountsRefundsGiven")),
        ({"AccountType": "Cost of Goods Sold"}, ("Expense", "Cost of Goods Sold", "SuppliesMaterialsCogs")),
        ({"AccountType": "Credit Card"}, ("Liability", "Credit Card", "CreditCard")),
        ({"AccountType": "Equity", "AccountSubType": "RetainedEarnings"}, ("Equity", "Equity", "RetainedEarnings")),
    ],
)
def test_the_types_of_an_account_belong_together(app, given, types):
    made = app.post("/account", {"Name": "New one", **given})["Account"]
    assert (made["Classification"], made["AccountType"], made["AccountSubType"]) == types
    assert (made["CurrentBalance"], made["CurrencyRef"]["value"]) == (0, "USD")


@pytest.mark.behaviour("Lists", "An account that changes its type alone gets a sub-type of the new one.", "assumed")
def test_another_type_brings_its_own_sub_type(app):
    made = app.post("/account", {"Name": "Till", "AccountType": "Bank"})["Account"]
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "AccountType": "Income"}
    changed = app.post("/account", sparse)["Account"]
    assert (changed["Classification"], changed["AccountSubType"]) == ("Revenue", "ServiceFeeIncome")


@pytest.mark.behaviour("Validation", "An account needs a type, and a name without quotes.", "documented")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "6010"),
        ({"AccountType": "Purse"}, "2170"),
        ({"AccountSubType": "Purse"}, "2170"),
        ({"AccountType": "Bank", "Name": 'the "big" one'}, "2180"),
        ({"AccountType": "Bank", "AcctNum": "1:2"}, "2180"),
        ({"AccountType": "Bank", "AcctNum": "1" * 21}, "2050"),
        ({"AccountType": "Bank", "Description": "x" * 101}, "2050"),
        ({"AccountType": "Bank", "OpeningBalance": 5}, "6060"),
        ({"AccountType": "Bank", "CurrencyRef": {"value": "EUR"}}, "6000"),
    ],
)
def test_what_does_not_fit_an_account_is_refused(app, fields, code):
    assert app.refused("/account", {"Name": "New one", **fields})["code"] == code


@pytest.mark.behaviour("Lists", "A new account can be used for items at once; an inactive one cannot.", "documented")
def test_an_account_is_used_for_items(app):
    made = app.post("/account", {"Name": "Repairs", "AccountType": "Income", "AcctNum": "4711"})["Account"]
    item = app.item(IncomeAccountRef={"value": made["Id"]})
    assert item["IncomeAccountRef"] == {"value": made["Id"], "name": "Repairs"}
    assert app.query("select * from Account where AcctNum = '4711'")["Account"][0]["Id"] == made["Id"]
    app.post("/account", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    refused = {"Name": "Other", "Type": "Service", "IncomeAccountRef": {"value": made["Id"]}}
    assert app.refused("/item", refused)["code"] == "610"


@pytest.mark.behaviour(
    "Change data capture", "Changed entries of lists are captured, tax agencies are not.", "documented"
)
def test_changes_of_lists_are_captured(app):
    since = app.post("/class", {"Name": "Retail"})["Class"]["MetaData"]["LastUpdatedTime"]
    app.post("/department", {"Name": "North"})
    app.customer()
    names = "Class,Department,Customer,PaymentMethod"
    groups = app.get("/cdc", entities=names, changedSince=since)["CDCResponse"][0]["QueryResponse"]
    assert [next(iter(group), "") for group in groups] == ["Class", "Department", "Customer", ""]
    refused = app.call("GET", "/cdc", params={"entities": "TaxAgency", "changedSince": since})
    assert refused.status_code == 400


@pytest.mark.behaviour("Notifications", "Lists are notified as created and updated.", "documented")
def test_changes_of_lists_are_notified(app, subscriber):
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": "t"})
    app.post("/class", {"Name": "Retail"})
    app.post("/class", {"Id": "1", "SyncToken": "0", "sparse": True, "Name": "Shops"})
    for path, kind, body, _ in LISTS:
        if kind != "Class":
            app.post(path, body)
    app.item()
    app.post("/vendor", {"DisplayName": "V"})
    assert app.books.world.notifications.wait_until_idle(10)
    told = {one.split()[0] for one in subscriber.types}
    assert told >= {
        f"qbo.{name}.created.v1"
        for name in ("class", "term", "paymentmethod", "department", "account", "taxagency", "item", "vendor")
    }
    assert "qbo.class.updated.v1 1" in subscriber.types
