"""Items: services, goods, stock, categories and bundles."""

import pytest

SERVICE = {"Type": "Service", "IncomeAccountRef": {"value": "1"}}
STOCK = {
    "Type": "Inventory",
    "TrackQtyOnHand": True,
    "QtyOnHand": 10,
    "InvStartDate": "2026-01-01",
    "IncomeAccountRef": {"value": "79"},
    "ExpenseAccountRef": {"value": "80"},
    "AssetAccountRef": {"value": "81"},
}


@pytest.mark.behaviour(
    "Lists", "A new item gets the defaults of a live company, and the names of its accounts.", "recorded"
)
def test_an_item_gets_its_defaults(app):
    made = app.post("/item", {"Name": "Example Service", "Type": "Service", "IncomeAccountRef": {"value": "79"}})[
        "Item"
    ]
    own = ("Id", "SyncToken", "MetaData")
    assert {name: value for name, value in made.items() if name not in own} == {
        "Name": "Example Service",
        "Active": True,
        "FullyQualifiedName": "Example Service",
        "Taxable": False,
        "UnitPrice": 0,
        "Type": "Service",
        "IncomeAccountRef": {"value": "79", "name": "Sales of Product Income"},
        "PurchaseCost": 0,
        "TrackQtyOnHand": False,
        "DeferredRevenue": False,
        "domain": "QBO",
        "sparse": False,
    }
    assert (made["Id"], made["SyncToken"]) == ("1", "0")


@pytest.mark.behaviour("Validation", "An item needs a name and its accounts, and they have to exist.", "documented")
def test_an_item_needs_its_accounts(app):
    assert app.refused("/item", SERVICE)["element"] == "Name"
    assert app.refused("/item", {"Name": "Lamp", "Type": "Service"})["element"] == "IncomeAccountRef"
    error = app.refused("/item", {"Name": "Lamp", "Type": "Service", "IncomeAccountRef": {"value": "999"}})
    assert error["code"] == "2500"
    assert error["Detail"] == "Invalid Reference Id : Accounts element id 999 not found"


@pytest.mark.behaviour("Validation", "What does not fit an item's fields is refused by its own code.", "documented")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Name": "x" * 101}, "2050"),
        ({"Sku": "x" * 101}, "2050"),
        ({"Description": "x" * 4001}, "2050"),
        ({"PurchaseDesc": "x" * 1001}, "2050"),
        ({"UnitPrice": 100000000000}, "2080"),
        ({"UnitPrice": "ten"}, "2080"),
        ({"UnitPrice": 0.12345678}, "2080"),
        ({"Type": "Spaceship"}, "2170"),
        ({"ClassRef": {"value": "9"}}, "2500"),
        ({"PrefVendorRef": {"value": "9"}}, "2500"),
        ({"SalesTaxCodeRef": {"value": "99"}}, "2500"),
        ({"ParentRef": {"value": "9"}, "SubItem": True}, "2500"),
        ({"Colour": "red"}, "2010"),
        ({"Name": "a:b"}, "2180"),
        ({"Name": "a\tb"}, "2180"),
        ({"Name": "a\nb"}, "2180"),
    ],
)
def test_what_does_not_fit_an_item_is_refused(app, fields, code):
    assert app.refused("/item", {"Name": "Lamp", **SERVICE, **fields})["code"] == code
    assert app.query("select * from Item") == {}


@pytest.mark.behaviour("Arithmetic", "A price has up to seven decimals.", "documented")
def test_a_price_has_seven_decimals(app):
    assert app.item(UnitPrice=0.1234567)["UnitPrice"] == 0.1234567
    assert app.read("Item", "1")["UnitPrice"] == 0.1234567


@pytest.mark.behaviour(
    "Names and masks", "Two items of one name are refused with 6240, whatever its case.", "documented"
)
def test_an_items_name_is_unique(app):
    app.item("Lamp")
    error = app.refused("/item", {"Name": "LAMP", **SERVICE})
    assert (error["code"], error["Message"]) == ("6240", "Duplicate Name Exists Error")
    # A customer may be called like an item.
    assert app.customer("Lamp")["Id"] == "1"


@pytest.mark.behaviour(
    "Validation", "An item whose stock is counted needs three accounts, a quantity and a date.", "documented"
)
@pytest.mark.parametrize(
    "missing", ["IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef", "QtyOnHand", "InvStartDate"]
)
def test_stock_needs_accounts_quantity_and_date(app, missing):
    body = {"Name": "Pump", **STOCK}
    del body[missing]
    error = app.refused("/item", body)
    assert (error["code"], error["element"]) == ("2020", missing)


@pytest.mark.behaviour("Validation", "An item of type Inventory has to track its quantity: 6000.", "reported")
def test_stock_is_tracked(app):
    error = app.refused("/item", {"Name": "Pump", **STOCK, "TrackQtyOnHand": False})
    assert error["code"] == "6000"
    assert error["Detail"] == (
        "Business Validation Error: When you create an item, if Track quantity on hand is turned off, the item cannot "
        "be of type Inventory."
    )
    made = app.post("/item", {"Name": "Pump", **STOCK})["Item"]
    assert (made["QtyOnHand"], made["InvStartDate"], made["TrackQtyOnHand"]) == (10, "2026-01-01", True)
    assert made["AssetAccountRef"] == {"value": "81", "name": "Inventory Asset"}


def test_a_blank_type_leaves_the_type_as_it_is(app):
    item = app.item()
    changed = app.post("/item", {"Id": item["Id"], "SyncToken": "0", "sparse": True, "Type": ""})["Item"]
    assert changed["Type"] == "Service"


@pytest.mark.behaviour("Validation", "An item of type Inventory keeps its type.", "assumed")
def test_stock_stays_stock(app):
    app.post("/item", {"Name": "Pump", **STOCK})
    change = {"Id": "1", "SyncToken": "0", "sparse": True}
    assert app.refused("/item", {**change, "Type": "Service"})["code"] == "6000"
    assert app.post("/item", {**change, "UnitPrice": 12.75})["Item"]["Type"] == "Inventory"


@pytest.mark.behaviour("Full and sparse updates", "A full update of an item clears what it omits.", "documented")
def test_a_full_update_of_an_item_clears_what_it_omits(app):
    app.item("Lamp", Description="bright", Sku="L-1", UnitPrice=5)
    sparse = app.post("/item", {"Id": "1", "SyncToken": "0", "sparse": True, "UnitPrice": 6})["Item"]
    assert (sparse["Sku"], sparse["UnitPrice"], sparse["SyncToken"]) == ("L-1", 6, "1")
    body = {"Id": "1", "SyncToken": "1", "Name": "Lamp", "IncomeAccountRef": {"value": "1"}}
    full = app.post("/item", body)["Item"]
    assert ("Sku" in full, "Description" in full, full["UnitPrice"], full["Type"]) == (False, False, 0, "Service")


@pytest.mark.behaviour("Lists", "A category has a name and a place, no price.", "assumed")
def test_a_category_sorts_items(app):
    made = app.post("/item", {"Name": "Trees", "Type": "Category"})["Item"]
    assert (made["Type"], made["FullyQualifiedName"]) == ("Category", "Trees")
    assert not {"UnitPrice", "Taxable", "IncomeAccountRef", "TrackQtyOnHand"} & set(made)
    oak = app.item("Oak", SubItem=True, ParentRef={"value": "1"})
    assert (oak["FullyQualifiedName"], oak["Level"], oak["ParentRef"]) == (
        "Trees:Oak",
        1,
        {"value": "1", "name": "Trees"},
    )
    app.post("/item", {"Id": "1", "SyncToken": "0", "sparse": True, "Name": "Old trees"})
    assert app.read("Item", "2")["FullyQualifiedName"] == "Old trees:Oak"
    found = app.query("select * from Item where Type = 'Category'")["Item"]
    assert [one["Name"] for one in found] == ["Old trees"]


@pytest.mark.behaviour("Names and masks", "The same item name may stand in two categories.", "assumed")
def test_a_name_may_stand_in_two_categories(app):
    for name in ("Trees", "Shrubs"):
        app.post("/item", {"Name": name, "Type": "Category"})
    for parent in ("1", "2"):
        assert app.item("Box", ParentRef={"value": parent})["Name"] == "Box"
    assert app.refused("/item", {"Name": "box", **SERVICE, "ParentRef": {"value": "1"}})["code"] == "6240"


@pytest.mark.behaviour(
    "Lists", "Without SubItem an item stands on the top level, and SubItem needs a ParentRef.", "assumed"
)
def test_sub_item_says_where_an_item_stands(app):
    app.post("/item", {"Name": "Trees", "Type": "Category"})
    assert app.refused("/item", {"Name": "Oak", **SERVICE, "SubItem": True})["element"] == "ParentRef"
    top = app.item("Oak", SubItem=False, ParentRef={"value": "1"})
    assert (top["FullyQualifiedName"], "ParentRef" in top) == ("Oak", False)


@pytest.mark.behaviour("Lists", "Items stand in trees of at most five levels.", "documented")
def test_items_have_five_levels(app):
    app.post("/item", {"Name": "1", "Type": "Category"})
    for level in range(2, 6):
        app.post("/item", {"Name": str(level), "Type": "Category", "ParentRef": {"value": str(level - 1)}})
    assert app.read("Item", "5")["FullyQualifiedName"] == "1:2:3:4:5"
    assert app.refused("/item", {"Name": "6", "Type": "Category", "ParentRef": {"value": "5"}})["code"] == "6000"


@pytest.mark.behaviour(
    "Lists", "A bundle holds items with quantities and is found as Group or as Bundle.", "documented"
)
def test_a_bundle_holds_items(app):
    app.item("Pump")
    app.item("Hose")
    lines = [{"ItemRef": {"value": "1"}, "Qty": 1}, {"ItemRef": {"value": "2"}, "Qty": 2.5}]
    body = {"Name": "Pump set", "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": lines}, "PrintGroupedItems": True}
    made = app.post("/item", body)["Item"]
    assert made["Type"] == "Group"
    assert made["ItemGroupDetail"]["ItemGroupLine"] == [
        {"ItemRef": {"value": "1", "name": "Pump", "type": "Service"}, "Qty": 1},
        {"ItemRef": {"value": "2", "name": "Hose", "type": "Service"}, "Qty": 2.5},
    ]
    for name in ("Group", "Bundle"):
        assert app.query(f"select * from Item where Type = '{name}'")["Item"][0]["Id"] == made["Id"]


@pytest.mark.behaviour("Validation", "A bundle needs items, and holds neither categories nor bundles.", "assumed")
def test_a_bundle_needs_items(app):
    app.post("/item", {"Name": "Trees", "Type": "Category"})
    assert app.refused("/item", {"Name": "Set", "Type": "Group"})["element"] == "ItemGroupDetail"

    def held(id):
        return {"Name": "Set", "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": [{"ItemRef": {"value": id}}]}}

    assert app.refused("/item", held("99"))["code"] == "2500"
    assert app.refused("/item", held("1"))["code"] == "6000"


@pytest.mark.behaviour(
    "Lists", "An inactive item is marked, hidden, cannot be sold, and stays on its invoices.", "reported"
)
def test_an_inactive_item_cannot_be_sold_but_stays_on_its_invoices(app, line):
    invoice = app.invoice()
    gone = app.post("/item", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})["Item"]
    assert (gone["Name"], gone["FullyQualifiedName"]) == ("Hour of work (deleted)", "Hour of work (deleted)")
    assert app.query("select * from Item") == {}
    assert app.item("Hour of work")["Id"] == "2"
    assert app.refused("/invoice", app.invoice_body() | {"Line": [line(1)]})["code"] == "610"
    note = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    assert app.post("/invoice", note)["Invoice"]["TotalAmt"] == 100


@pytest.mark.behaviour(
    "Queries", "Items are listed by their full names and found by Sku, price and category.", "recorded"
)
def test_items_are_found(app):
    app.post("/item", {"Name": "Trees", "Type": "Category"})
    app.item("Oak", ParentRef={"value": "1"}, Sku="T-1", UnitPrice=200)
    app.item("Advice", UnitPrice=90)
    listed = app.query("select * from Item")
    assert [one["FullyQualifiedName"] for one in listed["Item"]] == ["Advice", "Trees", "Trees:Oak"]
    assert "totalCount" not in listed
    for condition in ("Sku = 't-1'", "UnitPrice > '100'", "ParentRef = '1'", "FullyQualifiedName = 'Trees:Oak'"):
        assert [one["Name"] for one in app.query(f"select * from Item where {condition}")["Item"]] == ["Oak"]
