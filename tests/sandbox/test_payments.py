"""Payments: what they do to invoices and customers, and how they are taken back."""

import pytest


@pytest.mark.behaviour(
    "Payments and credits", "A payment without lines is unapplied and lies in Undeposited Funds.", "recorded"
)
def test_an_unapplied_payment_is_the_customers_credit(app):
    app.customer()
    made = app.post("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 100})["Payment"]
    assert (made["UnappliedAmt"], made["Line"], made["DepositToAccountRef"]) == (100, [], {"value": "4"})
    assert app.read("Customer", "1")["Balance"] == -100


@pytest.mark.behaviour(
    "Versions",
    "A payment lowers the invoice's balance, links both, and gives the invoice a new SyncToken and the payment's time.",
    "recorded",
)
def test_an_applied_payment_settles_its_invoice_and_gives_it_a_new_version(app):
    invoice = app.invoice(100)
    app.books.clock.advance(60)
    payment = app.pay(invoice, 40)
    settled = app.read("Invoice", invoice["Id"])
    assert (settled["Balance"], settled["TotalAmt"], settled["SyncToken"]) == (60, 100, "1")
    assert settled["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert settled["MetaData"]["LastUpdatedTime"] == payment["MetaData"]["CreateTime"]
    customer = app.read("Customer", "1")
    assert (customer["Balance"], customer["SyncToken"]) == (60, "0")


@pytest.mark.behaviour("Ids", "All transactions share one sequence of Ids.", "recorded")
def test_invoices_and_payments_share_one_sequence_of_ids(app):
    invoice = app.invoice()
    assert (invoice["Id"], app.pay(invoice, 1)["Id"], app.invoice()["Id"]) == ("1", "2", "3")


@pytest.mark.behaviour("Payments and credits", "An overpayment is accepted; the surplus stays unapplied.", "reported")
def test_more_than_is_owed_stays_unapplied(app):
    invoice = app.invoice(100)
    paid = app.books.act(app.realm, pay={"invoice": invoice["Id"], "amount": "130.00"})
    assert (paid["Payment"]["UnappliedAmt"], paid["Invoice"]["Balance"]) == (30, 0)
    assert app.read("Customer", "1")["Balance"] == -30


@pytest.mark.behaviour(
    "Payments and credits",
    "A line cannot apply more than the invoice has open, nor the lines more than the payment has.",
    "assumed",
)
def test_a_line_cannot_apply_more_than_the_invoice_or_the_payment_has(app):
    invoice = app.invoice(100)
    links = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 200, "Line": [{"Amount": 150, "LinkedTxn": links}]}
    assert app.refused("/payment", body)["code"] == "6000"
    body |= {"TotalAmt": 50, "Line": [{"Amount": 60, "LinkedTxn": links}]}
    assert app.refused("/payment", body)["code"] == "6000"
    assert app.read("Invoice", invoice["Id"])["SyncToken"] == "0"


@pytest.mark.behaviour("Payments and credits", "A payment settles documents of its own customer only.", "assumed")
def test_an_invoice_of_another_customer_is_not_settled(app):
    invoice = app.invoice(100)
    other = app.customer("Another")
    links = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    body = {"CustomerRef": {"value": other["Id"]}, "TotalAmt": 1, "Line": [{"Amount": 1, "LinkedTxn": links}]}
    assert app.refused("/payment", body)["code"] == "6000"


@pytest.mark.behaviour(
    "Payments and credits", "A payment can be changed after what it settled became another customer's.", "assumed"
)
def test_a_payment_keeps_what_it_settled_when_that_changes_hands(app):
    invoice, other = app.invoice(100), app.customer("Another")
    payment = app.pay(invoice, 40)
    moved = {"CustomerRef": {"value": other["Id"]}}
    app.post("/invoice", {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, **moved})
    note = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "by post"}
    assert app.post("/payment", note)["Payment"]["Line"] == payment["Line"]
    assert app.refused("/payment", {**note, "SyncToken": "1", "CustomerRef": {"value": app.customer("Third")["Id"]}})
    assert app.read("Invoice", invoice["Id"])["Balance"] == 60


@pytest.mark.behaviour("Payments and credits", "A payment's lines are replaced all or none.", "documented")
def test_a_changed_payment_is_applied_anew(app):
    first, second = app.invoice(100), app.invoice(50)
    payment = app.pay(first, 40)
    links = [{"TxnId": second["Id"], "TxnType": "Invoice"}]
    change = {"Id": payment["Id"], "SyncToken": "0", "sparse": True, "Line": [{"Amount": 30, "LinkedTxn": links}]}
    changed = app.post("/payment", change)["Payment"]
    assert changed["UnappliedAmt"] == 10
    assert [app.read("Invoice", one["Id"])["Balance"] for one in (first, second)] == [100, 20]
    assert app.read("Invoice", first["Id"])["LinkedTxn"] == []
    assert app.read("Customer", "1")["Balance"] == 110


@pytest.mark.behaviour("Payments and credits", "Deleting a payment opens its invoices again.", "documented")
def test_a_deleted_payment_opens_the_invoice_again(app):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 40)
    app.post("/payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    opened = app.read("Invoice", invoice["Id"])
    assert (opened["Balance"], opened["LinkedTxn"], opened["SyncToken"]) == (100, [], "2")
    assert app.read("Customer", "1")["Balance"] == 100


@pytest.mark.behaviour(
    "Payments and credits",
    "A payment is voided by an update that includes void; its invoices are open again.",
    "documented",
)
def test_a_payment_is_voided_by_an_update_that_includes_it(app):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 40)
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    void = app.post("/payment", body, operation="update", include="void")["Payment"]
    assert (void["TotalAmt"], void["UnappliedAmt"], void["PrivateNote"], void["Line"]) == (0, 0, "Voided", [])
    assert app.read("Invoice", invoice["Id"])["Balance"] == 100


@pytest.mark.behaviour(
    "Payments and credits",
    "An invoice made smaller than what was paid gives the surplus back to its payment.",
    "assumed",
)
def test_an_invoice_made_smaller_gives_the_surplus_back_to_its_payment(app, line):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 40)
    app.post("/invoice", {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "Line": [line(30)]})
    assert app.read("Invoice", invoice["Id"])["Balance"] == 0
    assert app.read("Payment", payment["Id"])["UnappliedAmt"] == 10
    assert app.read("Customer", "1")["Balance"] == -10


def to(record, amount, kind="Invoice"):
    return {"Amount": amount, "LinkedTxn": [{"TxnId": record["Id"], "TxnType": kind}]}


def versions(app, *invoices):
    return [app.read("Invoice", one["Id"])["SyncToken"] for one in invoices]


@pytest.mark.behaviour("Payments and credits", "One payment settles several invoices, a line for each.", "documented")
def test_one_payment_settles_several_invoices(app):
    first, second = app.invoice(100), app.invoice(50)
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 120, "Line": [to(first, 100), to(second, 20)]}
    made = app.post("/payment", body)["Payment"]
    assert (made["UnappliedAmt"], [one["Amount"] for one in made["Line"]]) == (0, [100, 20])
    assert [app.read("Invoice", one["Id"])["Balance"] for one in (first, second)] == [0, 30]
    marks = {mark["value"]["Name"]: mark["value"]["Value"] for mark in made["Line"][1]["LineEx"]["any"]}
    assert marks == {"txnId": second["Id"], "txnOpenBalance": "50.00", "txnReferenceNumber": second["DocNumber"]}


@pytest.mark.behaviour(
    "Payments and credits", "Two lines to one invoice apply no more than it has open together.", "assumed"
)
def test_two_lines_to_one_invoice_count_together(app):
    invoice = app.invoice(100)
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 200, "Line": [to(invoice, 60), to(invoice, 60)]}
    assert app.refused("/payment", body)["code"] == "6000"
    body["Line"] = [to(invoice, 60), to(invoice, 40)]
    assert app.post("/payment", body)["Payment"]["UnappliedAmt"] == 100
    assert app.read("Invoice", invoice["Id"])["Balance"] == 0


@pytest.mark.behaviour(
    "Payments and credits", "A surplus given back counts all lines of the payment to that invoice together.", "assumed"
)
def test_a_surplus_counts_all_lines_of_a_payment(app, line):
    invoice = app.invoice(100)
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 100, "Line": [to(invoice, 60), to(invoice, 40)]}
    payment = app.post("/payment", body)["Payment"]
    app.post("/invoice", {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "Line": [line(70)]})
    kept = app.read("Payment", payment["Id"])
    assert ([one["Amount"] for one in kept["Line"]], kept["UnappliedAmt"]) == ([60, 10], 30)
    assert app.read("Customer", "1")["Balance"] == -30


@pytest.mark.behaviour(
    "Versions", "A change of a payment that leaves what it settles leaves its invoices' versions.", "assumed"
)
def test_only_what_changes_gets_a_new_version(app):
    first, second = app.invoice(100), app.invoice(50)
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 120, "Line": [to(first, 100), to(second, 20)]}
    app.post("/payment", body)
    change = {"Id": "3", "SyncToken": "0", "sparse": True}
    kept = app.post("/payment", {**change, "PrivateNote": "by post"})["Payment"]
    assert (kept["UnappliedAmt"], len(kept["Line"]), versions(app, first, second)) == (0, 2, ["1", "1"])
    more = {"TotalAmt": 130, "Line": [to(first, 100), to(second, 30)]}
    app.post("/payment", {**change, "SyncToken": "1", **more})
    assert versions(app, first, second) == ["1", "2"]
    app.post("/payment", {**change, "SyncToken": "2", "Line": []})
    assert [app.read("Invoice", one["Id"])["LinkedTxn"] for one in (first, second)] == [[], []]
    assert app.read("Payment", "3")["UnappliedAmt"] == 130


@pytest.mark.behaviour(
    "Payments and credits", "A full update without lines leaves the payment unapplied.", "documented"
)
def test_a_full_update_without_lines_unapplies(app):
    invoice = app.invoice(100)
    app.pay(invoice, 40)
    body = {"Id": "2", "SyncToken": "0", "CustomerRef": {"value": "1"}, "TotalAmt": 40}
    assert app.post("/payment", body)["Payment"]["UnappliedAmt"] == 40
    assert app.read("Invoice", invoice["Id"])["Balance"] == 100


@pytest.mark.behaviour(
    "Validation", "A payment's line names one invoice or credit memo that exists (2020, 2180, 610).", "assumed"
)
def test_a_line_names_one_document_that_exists(app):
    app.invoice(100)
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 10}
    for links, code in [([], "2020"), ([{"TxnId": "99", "TxnType": "Invoice"}], "610")]:
        assert app.refused("/payment", {**body, "Line": [{"Amount": 10, "LinkedTxn": links}]})["code"] == code
    estimate = {"Amount": 10, "LinkedTxn": [{"TxnId": "1", "TxnType": "Estimate"}]}
    assert app.refused("/payment", {**body, "Line": [estimate]})["element"] == "TxnType"
    for name in ("CustomerRef", "TotalAmt"):
        assert app.refused("/payment", {**body, name: None})["element"] == name
    assert app.refused("/payment", {**body, "TotalAmt": -1})["code"] == "6000"


@pytest.mark.behaviour(
    "Payments and credits", "A payment of a customer settles documents of its sub-customers too.", "assumed"
)
def test_a_parent_pays_for_its_sub_customers(app, line):
    app.invoice_body()
    child = app.customer("Roof", Job=True, ParentRef={"value": "1"})
    body = app.invoice_body(CustomerRef={"value": child["Id"]})
    invoice = app.post("/invoice", body)["Invoice"]
    parent = app.read("Customer", "1")
    assert (parent["Balance"], parent["BalanceWithJobs"]) == (0, 100)
    app.post("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 30, "Line": [to(invoice, 30)]})
    assert app.read("Customer", child["Id"])["Balance"] == 70
    assert app.read("Customer", "1")["BalanceWithJobs"] == 70


@pytest.mark.behaviour(
    "Payments and credits",
    "A foreign payment says its rate (2410) and lowers the home balance by the invoice's.",
    "assumed",
)
def test_a_foreign_payment_settles_at_home_too(connect):
    app = connect(multicurrency=True)
    euro = {"CurrencyRef": {"value": "EUR"}}
    app.customer(**euro)
    app.item(Taxable=False)
    detail = {"ItemRef": {"value": "1"}}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 100, "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": "1"}, "Line": [line], "ExchangeRate": 1.25, **euro}
    invoice = app.post("/invoice", body)["Invoice"]
    assert (invoice["HomeTotalAmt"], invoice["HomeBalance"]) == (125, 125)
    payment = {"CustomerRef": {"value": "1"}, "TotalAmt": 40, "Line": [to(invoice, 40)], **euro}
    assert app.refused("/payment", payment)["code"] == "2410"
    app.post("/payment", {**payment, "ExchangeRate": 1.5})
    settled = app.read("Invoice", invoice["Id"])
    assert (settled["Balance"], settled["HomeBalance"]) == (60, 75)


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "A payment's receipt is sent to the address sent along or the customer's own.",
    "documented",
)
def test_a_payments_receipt_is_sent(app):
    app.customer(PrimaryEmailAddr={"Address": "ann@example.com"})
    app.post("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 10})
    sent = app.post("/payment/1/send")["Payment"]
    assert (sent["EmailStatus"], sent["BillEmail"], sent["SyncToken"]) == (
        "EmailSent",
        {"Address": "ann@example.com"},
        "0",
    )
    assert app.post("/payment/1/send", sendTo="b@example.com")["Payment"]["BillEmail"] == {"Address": "b@example.com"}
    noted = app.post("/payment", {"Id": "1", "SyncToken": "0", "sparse": True, "PrivateNote": "n"})["Payment"]
    assert noted["EmailStatus"] == "EmailSent"


@pytest.mark.behaviour("Payments and credits", "A voided payment cannot be changed or voided again.", "assumed")
def test_a_voided_payment_stays_void(app):
    app.customer()
    app.post("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 100, "PrivateNote": "cheque 4"})
    body = {"Id": "1", "SyncToken": "0", "sparse": True}
    void = app.post("/payment", body, operation="update", include="void")["Payment"]
    assert (void["PrivateNote"], app.read("Customer", "1")["Balance"]) == ("Voided - cheque 4", 0)
    body["SyncToken"] = "1"
    assert app.refused("/payment", {**body, "TotalAmt": 5})["code"] == "6000"
    assert app.refused("/payment", body, operation="update", include="void")["code"] == "6000"


@pytest.mark.behaviour(
    "Notifications",
    "A void of a payment may be told as `updated` too, like an invoice's.",
    "assumed",
    switch="void_updated",
)
def test_a_payments_void_may_also_be_told_as_an_update(app, subscriber):
    app.customer()
    app.post("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 100})
    app.control("POST", "/switches", {"void_updated": "on"})
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": "t"})
    app.post("/payment", {"Id": "1", "SyncToken": "0", "sparse": True}, operation="update", include="void")
    assert app.books.wait_until_notified(10)
    assert subscriber.types == ["qbo.payment.void.v1 1", "qbo.payment.updated.v1 1"]


@pytest.mark.behaviour(
    "Validation", "A payment names a class, location, method and account that exist (2500).", "assumed"
)
@pytest.mark.parametrize("name", ["ClassRef", "DepartmentRef", "PaymentMethodRef", "DepositToAccountRef"])
def test_what_a_payment_names_must_exist(app, name):
    app.customer()
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 100, name: {"value": "4711"}}
    assert app.refused("/payment", body)["code"] == "2500"


def deposit_line(record, kind):
    links = [{"TxnId": record["Id"], "TxnType": kind, "TxnLineId": "0"}]
    return {"Amount": record["TotalAmt"], "LinkedTxn": links, "DepositLineDetail": {}}


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "What has been deposited is neither voided nor deleted before it is removed from the deposit.",
    "documented",
)
@pytest.mark.parametrize("kind", ["Payment", "SalesReceipt"])
def test_what_was_deposited_is_not_taken_back(app, kind):
    path = f"/{kind.lower()}"
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 100} if kind == "Payment" else app.invoice_body()
    app.invoice_body()
    received = app.post(path, body)[kind]
    line = {**deposit_line(received, kind), "DetailType": "DepositLineDetail"}
    deposit = app.post("/deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})["Deposit"]
    held = app.read(kind, received["Id"])
    assert (held["LinkedTxn"], held["SyncToken"]) == ([{"TxnId": deposit["Id"], "TxnType": "Deposit"}], "0")
    taken_back = {"Id": received["Id"], "SyncToken": "0", "sparse": True}
    assert app.refused(path, taken_back, operation="delete")["code"] == "6000"
    assert app.refused(path, taken_back, operation="update", include="void")["code"] == "6000"
    noted = app.post(path, {**taken_back, "PrivateNote": "n"})[kind]
    assert noted["LinkedTxn"] == held["LinkedTxn"]
    app.post("/deposit", {"Id": deposit["Id"], "SyncToken": deposit["SyncToken"]}, operation="delete")
    app.post(path, {"Id": received["Id"], "SyncToken": "1"}, operation="delete")
    assert app.query(f"select * from {kind}") == {}
