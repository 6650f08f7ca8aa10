"""Customers, vendors and employees: names, defaults, masks, updates, trees, being inactive."""

import pytest


@pytest.mark.behaviour("Names and masks", "A new US customer gets names, currency, tax code and delivery.", "recorded")
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
    assert made["PreferredDeliveryMethod"] == "Print"
    assert (made["Job"], made["BillWithParent"], made["IsProject"]) == (False, False, False)
    assert (made["Id"], made["SyncToken"], made["Active"], made["Taxable"], made["Balance"]) == (
        "1",
        "0",
        True,
        True,
        0,
    )
    assert made["BillAddr"]["Id"]
    assert set(made) == {
        *("Id", "SyncToken", "MetaData", "domain", "sparse", "Active"),
        *("DisplayName", "FullyQualifiedName", "PrintOnCheckName", "GivenName", "FamilyName", "BillAddr"),
        *("Balance", "BalanceWithJobs", "Job", "BillWithParent", "IsProject", "Taxable", "DefaultTaxCodeRef"),
        *("CurrencyRef", "PreferredDeliveryMethod"),
    }


@pytest.mark.behaviour("Names and masks", "The name on cheques is the person's, else the company's.", "recorded")
@pytest.mark.parametrize(
    ("names", "printed"),
    [
        ({"GivenName": "Pat", "FamilyName": "Example", "CompanyName": "Example Ltd"}, "Pat Example"),
        ({"DisplayName": "Example", "CompanyName": "Example Ltd"}, "Example Ltd"),
        ({"DisplayName": "Example"}, "Example"),
        ({"DisplayName": "Example", "PrintOnCheckName": "E. Xample"}, "E. Xample"),
    ],
)
def test_the_name_on_cheques_is_filled_in(app, names, printed):
    assert app.post("/customer", names)["Customer"]["PrintOnCheckName"] == printed


@pytest.mark.behaviour("Names and masks", "A display name is made of the name parts when it is missing.", "documented")
def test_a_name_may_be_made_of_its_parts(app):
    parts = {"Title": "Ms", "GivenName": "Pat", "MiddleName": "B", "FamilyName": "Example", "Suffix": "Jr"}
    assert app.post("/customer", parts)["Customer"]["DisplayName"] == "Ms Pat B Example Jr"


@pytest.mark.behaviour("Validation", "A person or company without any name is refused with 6080.", "documented")
@pytest.mark.parametrize("path", ["/customer", "/vendor", "/employee"])
def test_somebody_needs_a_name(app, path):
    error = app.refused(path, {"CompanyName": "Nameless"})
    assert (error["code"], error["Message"]) == ("6080", "No Name Provided")


@pytest.mark.behaviour(
    "Names and masks", "Names are unique over customers, vendors and employees, whatever their case: 6240.", "recorded"
)
def test_a_name_is_unique_whatever_its_case_over_customers_vendors_and_employees(app):
    app.post("/vendor", {"DisplayName": "Linden Books"})
    app.post("/employee", {"GivenName": "Kim", "FamilyName": "Sample"})
    app.customer("Alder & Sons")
    for path in ("/customer", "/vendor"):
        for name in ("LINDEN books", "kim sample", "alder & SONS"):
            error = app.refused(path, {"DisplayName": name})
            assert (error["code"], error["Message"]) == ("6240", "Duplicate Name Exists Error")
            assert error["Detail"] == (
                "The name supplied already exists. : Another customer, vendor or employee is already using this "
                "name. Please use a different name."
            )
    assert app.refused("/employee", {"GivenName": "Linden", "FamilyName": "Books"})["code"] == "6240"


@pytest.mark.behaviour("Names and masks", "Renaming to a name that another has is refused too.", "documented")
def test_a_rename_may_not_take_anothers_name(app):
    app.customer("Ann")
    app.customer("Bob")
    change = {"Id": "2", "SyncToken": "0", "sparse": True}
    assert app.refused("/customer", {**change, "DisplayName": "ann"})["code"] == "6240"
    assert app.post("/customer", {**change, "DisplayName": "BOB"})["Customer"]["DisplayName"] == "BOB"


@pytest.mark.behaviour("Names and masks", "Colons, tabs and line ends are not allowed in names.", "documented")
@pytest.mark.parametrize("name", ["a:b", "a\tb", "a\nb"])
def test_a_name_has_no_colon_tab_or_line_end(app, name):
    assert app.refused("/customer", {"DisplayName": name})["code"] == "2180"
    assert app.refused("/vendor", {"DisplayName": name})["code"] == "2180"
    for field in ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix", "PrintOnCheckName"):
        error = app.refused("/customer", {"DisplayName": "A", field: name})
        assert (error["code"], error["element"]) == ("2180", field)


@pytest.mark.behaviour("Validation", "What does not fit a customer's fields is refused by its own code.", "documented")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"DisplayName": "x" * 501}, "2050"),
        ({"GivenName": "x" * 101}, "2050"),
        ({"DisplayName": "A", "Title": "x" * 17}, "2050"),
        ({"DisplayName": "A", "Suffix": "x" * 17}, "2050"),
        ({"DisplayName": "A", "CompanyName": "x" * 101}, "2050"),
        ({"DisplayName": "A", "Notes": "x" * 2001}, "2050"),
        ({"DisplayName": "A", "PrimaryPhone": {"FreeFormNumber": "1" * 31}}, "2050"),
        ({"DisplayName": "A", "WebAddr": {"URI": "x" * 1001}}, "2050"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "x" * 99 + "@example.com"}}, "2050"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "nobody"}}, "2210"),
        ({"DisplayName": "A", "PrimaryEmailAddr": {"Address": "nobody@home"}}, "2210"),
        ({"DisplayName": "A", "NoSuchField": 1}, "2010"),
        ({"DisplayName": "A", "BillAddr": {"Street": "x"}}, "2010"),
        ({"DisplayName": "A", "BillAddr": "x"}, "2010"),
        ({"DisplayName": "A", "Taxable": "maybe"}, "2180"),
        ({"DisplayName": "A", "PreferredDeliveryMethod": "Pigeon"}, "2170"),
        ({"DisplayName": "A", "SalesTermRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "PaymentMethodRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "DefaultTaxCodeRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "CustomerTypeRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "ParentRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "CurrencyRef": {"value": "EUR"}}, "6000"),
    ],
)
def test_what_does_not_fit_is_refused(app, fields, code):
    assert app.refused("/customer", fields)["code"] == code
    assert app.query("select count(*) from Customer") == {"totalCount": 0}


@pytest.mark.behaviour("Lists", "References of a customer are answered with their names.", "assumed")
def test_references_are_answered_with_their_names(app):
    made = app.customer(SalesTermRef={"value": "3"}, PaymentMethodRef={"value": "2", "name": "whatever"})
    assert made["SalesTermRef"] == {"value": "3", "name": "Net 30"}
    assert made["PaymentMethodRef"] == {"value": "2", "name": "Check"}
    assert app.customer("Bob", DefaultTaxCodeRef={"value": "3"})["DefaultTaxCodeRef"] == {"value": "3"}


@pytest.mark.behaviour(
    "Lists", "A reference to an inactive entry is refused with 610, one that stays is kept.", "assumed"
)
def test_a_term_that_became_inactive_stays_where_it_is(app):
    app.customer("Ann", SalesTermRef={"value": "2"})
    app.post("/term", {"Id": "2", "SyncToken": "0", "sparse": True, "Active": False})
    assert app.refused("/customer", {"DisplayName": "Bob", "SalesTermRef": {"value": "2"}})["code"] == "610"
    note = {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "x"}
    assert app.post("/customer", note)["Customer"]["SalesTermRef"]["value"] == "2"


@pytest.mark.behaviour(
    "Names and masks", "A customer's tax id shows its last five characters only: XXXXXX56789.", "documented"
)
def test_a_tax_id_is_masked_but_for_its_last_five(app):
    made = app.customer(PrimaryTaxIdentifier="123-45-6789")
    assert made["PrimaryTaxIdentifier"] == "XXXXXX56789"
    # Whoever writes back what he read has lost the rest.
    again = app.post("/customer", {**app.read("Customer", "1"), "Notes": "x"})["Customer"]
    assert again["PrimaryTaxIdentifier"] == "XXXXXX56789"


@pytest.mark.behaviour("Names and masks", "A vendor's tax id and an employee's social number are masked.", "assumed")
def test_tax_ids_of_vendors_and_employees_are_masked(app):
    assert app.post("/vendor", {"DisplayName": "V", "TaxIdentifier": "99-5688293"})["Vendor"]["TaxIdentifier"] == (
        "XXXXXX8293"
    )
    made = app.post("/employee", {"GivenName": "Kim", "SSN": "444-55-6666"})["Employee"]
    assert made["SSN"] == "XXX-XX-XXXX"


@pytest.mark.behaviour(
    "Full and sparse updates", "A sparse update changes what it names; a full one clears the rest.", "documented"
)
@pytest.mark.parametrize("kind", ["Customer", "Vendor"])
def test_a_sparse_update_changes_what_it_names_and_a_full_one_clears_the_rest(app, kind):
    path = f"/{kind.lower()}"
    app.post(path, {"DisplayName": "Ann", "CompanyName": "Ann Ltd", "Mobile": {"FreeFormNumber": "1"}})
    changed = app.post(path, {"Id": "1", "SyncToken": "0", "sparse": True, "CompanyName": "Ann GmbH"})[kind]
    assert (changed["CompanyName"], changed["Mobile"], changed["SyncToken"]) == (
        "Ann GmbH",
        {"FreeFormNumber": "1"},
        "1",
    )
    full = app.post(path, {"Id": "1", "SyncToken": "1", "DisplayName": "Ann"})[kind]
    assert ("CompanyName" in full, "Mobile" in full, full["Active"], full["SyncToken"]) == (False, False, True, "2")


@pytest.mark.behaviour("Full and sparse updates", "An empty string clears a field in a sparse update.", "assumed")
def test_an_empty_string_clears_a_field(app):
    app.customer("Ann", Notes="old")
    changed = app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": "true", "Notes": ""})["Customer"]
    assert "Notes" not in changed


@pytest.mark.behaviour("Versions", "An update with an older SyncToken is refused with 5010.", "documented")
def test_an_old_sync_token_is_stale(app):
    app.customer()
    app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "new"})
    error = app.refused("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "late"})
    assert (error["code"], error["Message"]) == ("5010", "Stale Object Error")
    assert app.read("Customer", "1")["Notes"] == "new"


@pytest.mark.behaviour(
    "Lists", "Reads add ClientEntityId and V4IDPseudonym, the answer to a create does not.", "recorded"
)
def test_a_read_shows_more_than_the_answer_to_a_create(app):
    assert not {"ClientEntityId", "V4IDPseudonym"} & set(app.customer())
    for shown in (app.read("Customer", "1"), app.query("select * from Customer")["Customer"][0]):
        assert shown["ClientEntityId"] == "0"
        assert shown["V4IDPseudonym"].startswith("00200")


@pytest.mark.behaviour(
    "Names and masks", 'An inactive customer\'s names end in " (deleted)" and become free again.', "reported"
)
def test_an_inactive_customer_is_marked_hidden_and_its_name_free_again(app):
    app.customer("Ann")
    gone = app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})["Customer"]
    assert (gone["DisplayName"], gone["FullyQualifiedName"]) == ("Ann (deleted)", "Ann (deleted)")
    assert app.query("select * from Customer") == {}
    assert app.query("select * from Customer where Active in (true, false)")["maxResults"] == 1
    assert app.query("select * from Customer where Active = false")["maxResults"] == 1
    assert app.read("Customer", "1")["Active"] is False
    assert app.customer("Ann")["Id"] == "2"
    back = {"Id": "1", "SyncToken": "1", "sparse": True, "Active": True}
    assert app.refused("/customer", back)["code"] == "6240"
    app.post("/customer", {"Id": "2", "SyncToken": "0", "sparse": True, "DisplayName": "Anne"})
    assert app.post("/customer", back)["Customer"]["DisplayName"] == "Ann"


@pytest.mark.behaviour("Names and masks", "A second inactive entry of the same name gets a number.", "assumed")
def test_a_name_can_be_made_inactive_twice(app):
    for id in ("1", "2"):
        app.customer("Ann")
        gone = app.post("/customer", {"Id": id, "SyncToken": "0", "sparse": True, "Active": False})["Customer"]
    assert gone["DisplayName"] == "Ann (deleted) 2"
    noted = app.post("/customer", {"Id": "2", "SyncToken": "1", "sparse": True, "Notes": "x"})["Customer"]
    assert noted["DisplayName"] == "Ann (deleted) 2"
    back = app.post("/customer", {"Id": "2", "SyncToken": "2", "sparse": True, "Active": True})["Customer"]
    assert back["DisplayName"] == "Ann"


@pytest.mark.behaviour("Lists", "A customer cannot be deleted, only made inactive.", "documented")
def test_names_are_not_deleted(app):
    app.customer()
    error = app.refused("/customer", {"Id": "1", "SyncToken": "0"}, operation="delete")
    assert (error["code"], error["Detail"]) == ("500", "Operation delete is not supported.")


@pytest.mark.behaviour("Ids", "Customers, vendors and employees share one sequence of Ids.", "recorded")
def test_customers_vendors_and_employees_share_one_sequence_of_ids(app):
    assert app.customer("A")["Id"] == "1"
    assert app.post("/vendor", {"DisplayName": "B"})["Vendor"]["Id"] == "2"
    assert app.post("/employee", {"FamilyName": "C"})["Employee"]["Id"] == "3"
    assert app.customer("D")["Id"] == "4"
    assert app.item()["Id"] == "1"


@pytest.mark.behaviour("Ids", "Addresses have Ids of their own.", "recorded")
def test_an_address_keeps_its_id(app):
    made = app.customer("A", BillAddr={"Line1": "1 Old Street"}, ShipAddr={"Line1": "2 Old Street"})
    ids = made["BillAddr"]["Id"], made["ShipAddr"]["Id"]
    assert len(set(ids)) == 2
    moved = {"Id": "1", "SyncToken": "0", "sparse": True, "BillAddr": {"Line1": "1 New Street"}}
    changed = app.post("/customer", moved)["Customer"]
    assert (changed["BillAddr"]["Id"], changed["ShipAddr"]["Id"]) == ids


@pytest.mark.behaviour("Lists", "A customer below another has Job, Level and a path of names.", "documented")
def test_a_customer_may_stand_below_another(app):
    app.customer("Ann")
    child = app.customer("Kitchen", Job=True, ParentRef={"value": "1"})
    assert (child["Job"], child["Level"], child["FullyQualifiedName"]) == (True, 1, "Ann:Kitchen")
    deep = app.customer("Sink", ParentRef={"value": "2"})
    assert (deep["Job"], deep["Level"], deep["FullyQualifiedName"]) == (True, 2, "Ann:Kitchen:Sink")
    assert app.refused("/customer", {"DisplayName": "Lost", "Job": True})["element"] == "ParentRef"
    names = [one["FullyQualifiedName"] for one in app.query("select * from Customer")["Customer"]]
    assert names == ["Ann", "Ann:Kitchen", "Ann:Kitchen:Sink"]


@pytest.mark.behaviour(
    "Lists", "Renaming a parent renames the paths below it, without a new version of them.", "assumed"
)
def test_renaming_a_parent_renames_the_tree(app):
    app.customer("Ann")
    app.customer("Kitchen", ParentRef={"value": "1"})
    app.customer("Sink", ParentRef={"value": "2"})
    app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "DisplayName": "Anne"})
    sink = app.read("Customer", "3")
    assert (sink["FullyQualifiedName"], sink["DisplayName"], sink["SyncToken"]) == ("Anne:Kitchen:Sink", "Sink", "0")


@pytest.mark.behaviour("Lists", "A customer moves to the top level, and below another, with all below it.", "assumed")
def test_a_customer_moves_within_the_tree(app):
    for name in ("Ann", "Bob"):
        app.customer(name)
    app.customer("Kitchen", ParentRef={"value": "1"})
    app.customer("Sink", ParentRef={"value": "3"})
    change = {"Id": "3", "sparse": True}
    app.post("/customer", {**change, "SyncToken": "0", "ParentRef": {"value": "2"}})
    assert app.read("Customer", "4")["FullyQualifiedName"] == "Bob:Kitchen:Sink"
    top = app.post("/customer", {**change, "SyncToken": "1", "Job": False})["Customer"]
    assert (top["FullyQualifiedName"], top["Job"], "ParentRef" in top, "Level" in top) == (
        "Kitchen",
        False,
        False,
        False,
    )
    assert app.read("Customer", "4")["Level"] == 1


@pytest.mark.behaviour("Lists", "Nobody stands below himself: 900; trees have five levels.", "assumed")
def test_a_tree_has_no_circles_and_five_levels(app):
    app.customer("1")
    for level in range(2, 6):
        app.customer(str(level), ParentRef={"value": str(level - 1)})
    assert app.refused("/customer", {"DisplayName": "6", "ParentRef": {"value": "5"}})["code"] == "6000"
    app.customer("7")
    deeper = {"Id": "1", "SyncToken": "0", "sparse": True, "ParentRef": {"value": "6"}}
    assert app.refused("/customer", deeper)["code"] == "6000"
    circle = {"Id": "1", "SyncToken": "0", "sparse": True, "ParentRef": {"value": "3"}}
    error = app.refused("/customer", circle)
    assert (error["code"], error["Message"]) == ("900", "Parent cannot be child")


@pytest.mark.behaviour("Lists", "What a sub-customer owes counts in BalanceWithJobs of those above it.", "assumed")
def test_a_balance_rolls_up(app):
    app.customer("Ann's Shop")
    app.customer("Kitchen", ParentRef={"value": "1"})
    app.customer("Bob")
    app.invoice(100, CustomerRef={"value": "2"})
    parent = app.read("Customer", "1")
    assert (parent["Balance"], parent["BalanceWithJobs"], parent["SyncToken"]) == (0, 100, "0")
    assert app.read("Customer", "2")["BalanceWithJobs"] == 100
    move = {"Id": "2", "SyncToken": "0", "sparse": True, "ParentRef": {"value": "3"}}
    assert app.post("/customer", move)["Customer"]["Balance"] == 100
    assert [app.read("Customer", id)["BalanceWithJobs"] for id in ("1", "2", "3")] == [0, 100, 100]


@pytest.mark.behaviour("Lists", "A customer's currency is chosen when it is made and never changes.", "documented")
def test_the_currency_of_a_customer_is_fixed(connect):
    app = connect(multicurrency=True)
    assert app.customer("Ann")["CurrencyRef"]["value"] == "USD"
    made = app.customer("Bob", CurrencyRef={"value": "EUR"})
    assert made["CurrencyRef"] == {"value": "EUR", "name": "Euro"}
    change = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "GBP"}}
    assert app.post("/customer", change)["Customer"]["CurrencyRef"]["value"] == "EUR"
    assert app.refused("/customer", {"DisplayName": "C", "CurrencyRef": {"value": "XXX"}})["code"] == "2500"


@pytest.mark.behaviour(
    "Lists",
    "A vendor's currency is taken, or ignored as seen in a Canadian company.",
    "reported",
    switch="vendor_currency",
)
@pytest.mark.parametrize(("setting", "currency"), [("take", "USD"), ("ignore", "CAD")])
def test_a_vendors_currency_is_taken_or_ignored(connect, setting, currency):
    app = connect(country="CA", multicurrency=True)
    app.books.world.switches.turn({"vendor_currency": setting})
    made = app.post("/vendor", {"DisplayName": "V", "CurrencyRef": {"value": "USD"}})["Vendor"]
    assert made["CurrencyRef"]["value"] == currency


@pytest.mark.behaviour("Lists", "A vendor has a balance, a name on cheques and no 1099 unless said.", "assumed")
def test_a_vendor_gets_its_defaults(app):
    made = app.post("/vendor", {"GivenName": "Pat", "FamilyName": "Example", "TermRef": {"value": "3"}})["Vendor"]
    assert made["PrintOnCheckName"] == "Pat Example"
    assert (made["Balance"], made["Vendor1099"], made["Active"]) == (0, False, True)
    assert made["CurrencyRef"] == {"value": "USD", "name": "United States Dollar"}
    assert made["TermRef"] == {"value": "3", "name": "Net 30"}
    assert app.refused("/vendor", {"DisplayName": "W", "APAccountRef": {"value": "999"}})["code"] == "2500"


@pytest.mark.behaviour("Validation", "An employee needs a given or a family name.", "assumed")
def test_an_employee_needs_a_persons_name(app):
    assert app.refused("/employee", {"DisplayName": "Kim"})["element"] == "GivenName"
    made = app.post("/employee", {"GivenName": "Kim", "FamilyName": "Sample", "HiredDate": "2020-07-22"})["Employee"]
    assert (made["DisplayName"], made["PrintOnCheckName"], made["HiredDate"]) == (
        "Kim Sample",
        "Kim Sample",
        "2020-07-22",
    )
    assert app.refused("/employee", {"GivenName": "X", "Gender": "Robot"})["code"] == "2170"


@pytest.mark.behaviour("Lists", "Customer types are made by people and only read by an app.", "assumed")
def test_customer_types_are_only_read(app):
    assert app.refused("/customertype", {"Name": "Retail"})["code"] == "500"
    act = {"create": {"CustomerType": {"Name": "Retail"}}}
    assert app.control("POST", f"/realms/{app.realm}/act", act).ok
    assert app.query("select * from CustomerType")["CustomerType"][0]["Name"] == "Retail"
    made = app.customer(CustomerTypeRef={"value": "1"})
    assert made["CustomerTypeRef"] == {"value": "1", "name": "Retail"}
    assert app.query("select * from Customer where CustomerTypeRef = '1'")["maxResults"] == 1
