"""Bundles on sales documents: their parts come from the item or from the caller, and add up like other lines."""

import pytest


@pytest.fixture
def bundle(app):
    """Two lamps at 20 and an hour of work at 50, as one item."""
    app.customer()
    hour = app.item(UnitPrice=50, Taxable=True)
    lamp = app.item("Lamp", UnitPrice=20, Description="Garden lamp")
    parts = [
        {"Qty": 2, "ItemRef": {"value": lamp["Id"]}},
        {"Qty": 1, "ItemRef": {"value": hour["Id"]}},
    ]
    return app.post("/item", {"Name": "Starter set", "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": parts}})[
        "Item"
    ]


def group(bundle, **more):
    return {"DetailType": "GroupLineDetail", "GroupLineDetail": {"GroupItemRef": {"value": bundle["Id"]}, **more}}


def invoice(app, *lines, **fields):
    return app.post("/invoice", {"CustomerRef": {"value": "1"}, "Line": [*lines], **fields})["Invoice"]


@pytest.mark.behaviour(
    "Invoices",
    "A bundle without lines gets its item's parts, times its quantity; its amount is their sum.",
    "documented",
)
def test_a_bundle_is_expanded_from_its_item(app, bundle):
    made = invoice(app, group(bundle, Quantity=3))
    own = made["Line"][0]
    inside = own["GroupLineDetail"]["Line"]
    assert own["GroupLineDetail"]["GroupItemRef"] == {"value": bundle["Id"], "name": "Starter set"}
    assert [(one["SalesItemLineDetail"]["Qty"], one["Amount"]) for one in inside] == [(6, 120), (3, 150)]
    assert inside[0]["Description"] == "Garden lamp"
    assert (own["Amount"], made["Line"][1]["Amount"], made["TotalAmt"]) == (270, 270, 270)


@pytest.mark.behaviour("Invoices", "Lines sent inside a bundle are kept instead of the item's own.", "reported")
def test_a_bundles_lines_may_be_sent(app, bundle, line):
    made = invoice(app, group(bundle, Quantity=1, Line=[line(7), line(5)]), line(30))
    assert (made["Line"][0]["Amount"], made["TotalAmt"]) == (12, 42)
    assert [one["Amount"] for one in made["Line"][0]["GroupLineDetail"]["Line"]] == [7, 5]


@pytest.mark.behaviour(
    "Invoices", "A bundle, its parts and the lines around it are numbered through, and keep their Ids.", "recorded"
)
def test_lines_are_numbered_through_a_bundle(app, bundle, line):
    made = invoice(app, line(1), group(bundle), line(2))
    first, set_, last, _ = made["Line"]
    inside = set_["GroupLineDetail"]["Line"]
    assert [one["Id"] for one in (first, set_, *inside, last)] == ["1", "2", "3", "4", "5"]
    assert [one["LineNum"] for one in (first, set_, *inside, last)] == [1, 2, 3, 4, 5]
    again = app.post("/invoice", app.read("Invoice", made["Id"]))["Invoice"]
    assert again["Line"] == made["Line"]
    turned = app.post("/invoice", {"Id": "1", "SyncToken": "1", "sparse": True, "Line": [last, set_]})["Invoice"]
    assert [one["Id"] for one in turned["Line"][:2]] == ["5", "2"]


@pytest.mark.behaviour("Arithmetic", "Tax and discount count a bundle's parts like any other line.", "assumed")
def test_tax_and_discount_count_the_parts(app, bundle):
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }
    made = invoice(app, group(bundle), discount, TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    # Only the hour is taxable: 8 % of 50.
    assert (made["TxnTaxDetail"]["TotalTax"], made["Line"][-1]["Amount"], made["TotalAmt"]) == (4, 9, 85)


@pytest.mark.behaviour(
    "Validation", "A group line needs a bundle: 2020 without an item, 6000 for another one.", "assumed"
)
def test_a_group_line_needs_a_bundle(app, bundle, line):
    body = {"CustomerRef": {"value": "1"}}
    error = app.refused("/invoice", {**body, "Line": [{"DetailType": "GroupLineDetail", "GroupLineDetail": {}}]})
    assert (error["code"], error["element"]) == ("2020", "GroupItemRef")
    assert app.refused("/invoice", {**body, "Line": [group({"Id": "1"})]})["code"] == "6000"
    assert app.refused("/invoice", {**body, "Line": [line(1, ItemRef={"value": bundle["Id"]})]})["code"] == "6000"


@pytest.mark.behaviour("Void, delete, send, PDF", "A voided bundle and all its parts are worth nothing.", "assumed")
def test_a_voided_bundle_is_worth_nothing(app, bundle):
    made = invoice(app, group(bundle))
    void = app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")["Invoice"]
    own = void["Line"][0]
    assert (own["Amount"], own["GroupLineDetail"]["Quantity"]) == (0, 0)
    assert [one["Amount"] for one in own["GroupLineDetail"]["Line"]] == [0, 0]
    assert app.read("Customer", "1")["Balance"] == 0


@pytest.mark.behaviour("Other sales", "Every sales document takes bundles.", "documented")
@pytest.mark.parametrize("kind", ["Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt"])
def test_every_sales_document_takes_bundles(app, bundle, kind):
    body = {"CustomerRef": {"value": "1"}, "Line": [group(bundle)]}
    body |= {"DepositToAccountRef": {"value": "35"}} if "Receipt" in kind else {}
    assert app.post(f"/{kind.lower()}", body)[kind]["TotalAmt"] == 90


@pytest.mark.behaviour("Invoices", "Shipping is charged by a line of its own, where the company ships.", "documented")
def test_shipping_is_a_line_of_its_own(app, bundle, line):
    shipping = line(8, ItemRef={"value": "SHIPPING_ITEM_ID"})
    body = {"CustomerRef": {"value": "1"}, "Line": [line(30), shipping]}
    assert app.refused("/invoice", body)["code"] == "6000"
    prefs = {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"AllowShipping": True}}
    app.post("/preferences", prefs)
    made = app.post("/invoice", body)["Invoice"]
    assert made["TotalAmt"] == 38
    assert made["Line"][1]["SalesItemLineDetail"]["ItemRef"]["value"] == "SHIPPING_ITEM_ID"
