"""Sales receipts and refund receipts: paid at once, in an account, for a customer or for nobody; stock moves."""

import pytest

STOCK = {"Type": "Inventory", "TrackQtyOnHand": True, "QtyOnHand": 10, "InvStartDate": "2026-01-01"}
ACCOUNTS = {
    "IncomeAccountRef": {"value": "79"},
    "ExpenseAccountRef": {"value": "80"},
    "AssetAccountRef": {"value": "81"},
}
KINDS = ["SalesReceipt", "RefundReceipt"]


def receipt(app, kind, **fields):
    body = app.invoice_body(**{"DepositToAccountRef": {"value": "35"}, **fields})
    return app.post(f"/{kind.lower()}", body)[kind]


@pytest.mark.behaviour(
    "Other sales", "A receipt is settled at once: nothing is open, and nobody owes anything.", "documented"
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_leaves_nothing_open(app, kind):
    made = receipt(app, kind)
    assert (made["TotalAmt"], made["Balance"]) == (100, 0)
    assert made["DepositToAccountRef"] == {"value": "35", "name": "Checking"}
    assert app.read("Customer", "1")["Balance"] == 0
    assert app.read(kind, made["Id"]) == made


@pytest.mark.behaviour(
    "Other sales", "A sales receipt's money lies in Undeposited Funds unless an account is sent.", "documented"
)
def test_the_money_of_a_sale_waits_for_its_deposit(app):
    made = app.post("/salesreceipt", app.invoice_body())["SalesReceipt"]
    assert made["DepositToAccountRef"]["value"] == "4"


@pytest.mark.behaviour("Other sales", "A refund receipt must name the account that pays it (2020).", "documented")
def test_a_refund_says_which_account_pays(app):
    error = app.refused("/refundreceipt", app.invoice_body())
    assert (error["code"], error["element"]) == ("2020", "DepositToAccountRef")


@pytest.mark.behaviour("Other sales", "A receipt may be for nobody; other sales documents need a customer.", "reported")
@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_may_be_for_nobody(app, line, kind):
    app.invoice_body()
    body = {"Line": [line(25)], "DepositToAccountRef": {"value": "35"}}
    made = app.post(f"/{kind.lower()}", body)[kind]
    assert (made["TotalAmt"], "CustomerRef" in made) == (25, False)
    again = app.post(f"/{kind.lower()}", {**made, "PrivateNote": "till 2"})[kind]
    assert (again["PrivateNote"], again["TotalAmt"]) == ("till 2", 25)
    assert app.refused("/creditmemo", body)["element"] == "CustomerRef"
    assert app.refused("/estimate", body)["element"] == "CustomerRef"


@pytest.mark.behaviour(
    "Validation", "A payment method, class or location that does not exist is refused with 2500.", "reported"
)
@pytest.mark.parametrize("ref", ["PaymentMethodRef", "ClassRef", "DepartmentRef", "DepositToAccountRef"])
def test_what_a_receipt_names_must_exist(app, ref):
    body = app.invoice_body(**{ref: {"value": "4711"}})
    assert app.refused("/salesreceipt", body)["code"] == "2500"


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "A receipt is voided by an update that includes void, sent, and deleted.", "documented"
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_is_sent_voided_and_deleted(app, kind):
    made = receipt(app, kind, PrivateNote="till 2")
    path = f"/{kind.lower()}"
    sent = app.post(f"{path}/{made['Id']}/send", sendTo="ann@example.com")[kind]
    assert sent["EmailStatus"] == "EmailSent"
    body = {"Id": made["Id"], "SyncToken": sent["SyncToken"], "sparse": True}
    void = app.post(path, body, operation="update", include="void")[kind]
    assert (void["TotalAmt"], void["PrivateNote"]) == (0, "Voided - till 2")
    app.post(path, {"Id": made["Id"], "SyncToken": void["SyncToken"]}, operation="delete")
    assert app.query(f"select * from {kind}") == {}


@pytest.mark.behaviour(
    "Versions", "A sale moves an inventory item's quantity and LastUpdatedTime, not its SyncToken.", "recorded"
)
@pytest.mark.parametrize(
    ("kind", "left"),
    [("Invoice", 7), ("SalesReceipt", 7), ("CreditMemo", 13), ("RefundReceipt", 13), ("Estimate", 10)],
)
def test_a_sale_moves_the_stock(app, line, kind, left):
    app.customer()
    pump = app.item("Pump", **STOCK, **ACCOUNTS)
    app.books.clock.advance(60)
    sold = line(30, Qty=3, UnitPrice=10, ItemRef={"value": pump["Id"]})
    account = {"DepositToAccountRef": {"value": "35"}} if "Receipt" in kind else {}
    made = app.post(f"/{kind.lower()}", {"CustomerRef": {"value": "1"}, "Line": [sold], **account})[kind]
    moved = app.read("Item", pump["Id"])
    assert (moved["QtyOnHand"], moved["SyncToken"]) == (left, "0")
    assert (moved["MetaData"]["LastUpdatedTime"] > pump["MetaData"]["LastUpdatedTime"]) is (left != 10)
    app.post(f"/{kind.lower()}", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert app.read("Item", pump["Id"])["QtyOnHand"] == 10


@pytest.mark.behaviour("Versions", "A changed or voided sale moves the stock by the difference.", "assumed")
def test_a_changed_sale_moves_the_stock_by_the_difference(app, line):
    app.customer()
    pump = app.item("Pump", **STOCK, **ACCOUNTS)
    sold = line(30, Qty=3, UnitPrice=10, ItemRef={"value": pump["Id"]})
    app.post("/invoice", {"CustomerRef": {"value": "1"}, "Line": [sold]})
    more = line(50, Qty=5, UnitPrice=10, ItemRef={"value": pump["Id"]})
    app.post("/invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "Line": [more]})
    assert app.read("Item", pump["Id"])["QtyOnHand"] == 5
    app.post("/invoice", {"Id": "1", "SyncToken": "1"}, operation="void")
    assert app.read("Item", pump["Id"])["QtyOnHand"] == 10
