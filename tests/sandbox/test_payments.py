"""Payments: what they do to invoices and customers, and how they are taken back."""


def test_an_unapplied_payment_is_the_customers_credit(app):
    app.customer()
    made = app.post("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 100})["Payment"]
    assert (made["UnappliedAmt"], made["Line"], made["DepositToAccountRef"]) == (100, [], {"value": "4"})
    assert app.read("Customer", "1")["Balance"] == -100


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


def test_invoices_and_payments_share_one_sequence_of_ids(app):
    invoice = app.invoice()
    assert (invoice["Id"], app.pay(invoice, 1)["Id"], app.invoice()["Id"]) == ("1", "2", "3")


def test_more_than_is_owed_stays_unapplied(app):
    invoice = app.invoice(100)
    paid = app.books.act(app.realm, pay={"invoice": invoice["Id"], "amount": "130.00"})
    assert (paid["Payment"]["UnappliedAmt"], paid["Invoice"]["Balance"]) == (30, 0)
    assert app.read("Customer", "1")["Balance"] == -30


def test_a_line_cannot_apply_more_than_the_invoice_or_the_payment_has(app):
    invoice = app.invoice(100)
    links = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 200, "Line": [{"Amount": 150, "LinkedTxn": links}]}
    assert app.refused("/payment", body)["code"] == "6000"
    body |= {"TotalAmt": 50, "Line": [{"Amount": 60, "LinkedTxn": links}]}
    assert app.refused("/payment", body)["code"] == "6000"
    assert app.read("Invoice", invoice["Id"])["SyncToken"] == "0"


def test_an_invoice_of_another_customer_is_not_settled(app):
    invoice = app.invoice(100)
    other = app.customer("Another")
    links = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    body = {"CustomerRef": {"value": other["Id"]}, "TotalAmt": 1, "Line": [{"Amount": 1, "LinkedTxn": links}]}
    assert app.refused("/payment", body)["code"] == "6000"


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


def test_a_deleted_payment_opens_the_invoice_again(app):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 40)
    app.post("/payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    opened = app.read("Invoice", invoice["Id"])
    assert (opened["Balance"], opened["LinkedTxn"], opened["SyncToken"]) == (100, [], "2")
    assert app.read("Customer", "1")["Balance"] == 100


def test_a_payment_is_voided_by_an_update_that_includes_it(app):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 40)
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    void = app.post("/payment", body, operation="update", include="void")["Payment"]
    assert (void["TotalAmt"], void["UnappliedAmt"], void["PrivateNote"], void["Line"]) == (0, 0, "Voided", [])
    assert app.read("Invoice", invoice["Id"])["Balance"] == 100


def test_an_invoice_made_smaller_gives_the_surplus_back_to_its_payment(app, line):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 40)
    app.post("/invoice", {"Id": invoice["Id"], "SyncToken": "1", "sparse": True, "Line": [line(30)]})
    assert app.read("Invoice", invoice["Id"])["Balance"] == 0
    assert app.read("Payment", payment["Id"])["UnappliedAmt"] == 10
    assert app.read("Customer", "1")["Balance"] == -10
