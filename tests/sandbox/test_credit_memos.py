"""Credit memos: what they do to balances, how payments apply them to invoices, and how they end."""

import pytest

CREDITS = {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"AutoApplyCredit": True}}


def credit(app, line, amount=100, **fields):
    return app.post("/creditmemo", app.invoice_body(Line=[line(amount)], **fields))["CreditMemo"]


def applied(kind, record, amount):
    return {"Amount": amount, "LinkedTxn": [{"TxnId": record["Id"], "TxnType": kind}]}


def apply_credit(app, invoice, memo, amount, total=0):
    lines = [applied("Invoice", invoice, amount + total), applied("CreditMemo", memo, amount)]
    return app.post("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": total, "Line": lines})["Payment"]


def balance(app):
    return app.read("Customer", "1")["Balance"]


@pytest.mark.behaviour(
    "Payments and credits", "A credit memo lowers its customer's balance by what remains of it.", "documented"
)
def test_a_credit_memo_lowers_the_balance(app, line):
    app.invoice(150)
    made = credit(app, line, 100)
    assert (made["TotalAmt"], made["RemainingCredit"], made["Balance"]) == (100, 100, 100)
    assert "DueDate" not in made
    assert balance(app) == 50


@pytest.mark.behaviour(
    "Payments and credits",
    "A credit memo is applied by a payment of 0 that links it and the invoice; both get the payment's link.",
    "recorded",
)
def test_a_payment_of_nothing_applies_a_credit(app, line):
    invoice, memo = app.invoice(150), credit(app, line, 100)
    payment = apply_credit(app, invoice, memo, 60)
    assert (payment["TotalAmt"], payment["UnappliedAmt"]) == (0, 0)
    settled, used = app.read("Invoice", invoice["Id"]), app.read("CreditMemo", memo["Id"])
    link = [{"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert (settled["Balance"], settled["LinkedTxn"], settled["SyncToken"]) == (90, link, "1")
    assert (used["RemainingCredit"], used["Balance"], used["LinkedTxn"]) == (40, 40, link)
    assert balance(app) == 50


@pytest.mark.behaviour(
    "Leniency", "A payment's line that links a credit memo and an invoice applies the one to the other.", "reported"
)
def test_one_line_may_link_a_credit_and_an_invoice(app, line):
    invoice, memo = app.invoice(150), credit(app, line, 100)
    links = [*applied("CreditMemo", memo, 60)["LinkedTxn"], *applied("Invoice", invoice, 60)["LinkedTxn"]]
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 0, "Line": [{"Amount": 60, "LinkedTxn": links}]}
    made = app.post("/payment", body)["Payment"]
    assert [one["LinkedTxn"][0]["TxnType"] for one in made["Line"]] == ["CreditMemo", "Invoice"]
    assert app.read("Invoice", invoice["Id"])["Balance"] == 90
    assert app.read("CreditMemo", memo["Id"])["RemainingCredit"] == 40


@pytest.mark.behaviour("Payments and credits", "Money and credits can settle invoices in one payment.", "documented")
def test_money_and_credits_go_together(app, line):
    first, second, memo = app.invoice(100), app.invoice(50), credit(app, line, 30)
    lines = [applied("Invoice", first, 100), applied("Invoice", second, 20), applied("CreditMemo", memo, 30)]
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 95, "Line": lines}
    assert app.post("/payment", body)["Payment"]["UnappliedAmt"] == 5
    assert [app.read("Invoice", one["Id"])["Balance"] for one in (first, second)] == [0, 30]
    assert balance(app) == 25


@pytest.mark.behaviour(
    "Payments and credits", "No more of a credit is applied than remains, also over several lines.", "assumed"
)
def test_a_credit_is_not_spent_twice(app, line):
    invoice, memo = app.invoice(200), credit(app, line, 100)
    twice = [applied("CreditMemo", memo, 60), applied("CreditMemo", memo, 60), applied("Invoice", invoice, 120)]
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 0, "Line": twice}
    assert app.refused("/payment", body)["code"] == "6000"
    apply_credit(app, invoice, memo, 100)
    again = [applied("CreditMemo", memo, 1), applied("Invoice", invoice, 1)]
    assert app.refused("/payment", {**body, "Line": again})["code"] == "6000"
    assert balance(app) == 100


@pytest.mark.behaviour("Payments and credits", "Without its payment a credit memo is whole again.", "assumed")
def test_a_credit_that_is_no_longer_applied_is_whole_again(app, line):
    invoice, memo = app.invoice(150), credit(app, line, 100)
    payment = apply_credit(app, invoice, memo, 100)
    app.post("/payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    whole = app.read("CreditMemo", memo["Id"])
    assert (whole["RemainingCredit"], whole["LinkedTxn"]) == (100, [])
    assert app.read("Invoice", invoice["Id"])["Balance"] == 150
    assert balance(app) == 50


@pytest.mark.behaviour(
    "Payments and credits", "A credit memo made smaller than what was applied of it opens the invoice again.", "assumed"
)
def test_a_smaller_credit_opens_its_invoice_again(app, line):
    invoice, memo = app.invoice(100), credit(app, line, 100)
    payment = apply_credit(app, invoice, memo, 100)
    app.post("/creditmemo", {"Id": memo["Id"], "SyncToken": "1", "sparse": True, "Line": [line(30)]})
    assert app.read("CreditMemo", memo["Id"])["RemainingCredit"] == 0
    assert app.read("Invoice", invoice["Id"])["Balance"] == 70
    assert app.read("Payment", payment["Id"])["UnappliedAmt"] == 0
    assert balance(app) == 70


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "An applied credit memo is not deleted; voiding it is refused or opens its invoices again.",
    "assumed",
    switch="void_paid",
)
def test_an_applied_credit_memo_is_not_taken_away(app, line):
    invoice, memo = app.invoice(100), credit(app, line, 100)
    apply_credit(app, invoice, memo, 100)
    body = {"Id": memo["Id"], "SyncToken": "1"}
    for operation in ("delete", "void"):
        assert app.refused("/creditmemo", body, operation=operation)["code"] == "6000"
    app.books.world.switches.turn({"void_paid": "unlink"})
    void = app.post("/creditmemo", body, operation="void")["CreditMemo"]
    assert (void["TotalAmt"], void["RemainingCredit"], void["LinkedTxn"]) == (0, 0, [])
    assert void["PrivateNote"].startswith("Voided")
    assert app.read("Invoice", invoice["Id"])["Balance"] == 100
    assert balance(app) == 100


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "A credit memo is sent like an invoice, and deleted when free.", "documented"
)
def test_a_free_credit_memo_is_sent_and_deleted(app, line):
    memo = credit(app, line, 100)
    sent = app.post(f"/creditmemo/{memo['Id']}/send", sendTo="ann@example.com")["CreditMemo"]
    assert sent["EmailStatus"] == "EmailSent"
    app.post("/creditmemo", {"Id": memo["Id"], "SyncToken": sent["SyncToken"]}, operation="delete")
    assert app.query("select * from CreditMemo") == {}
    assert balance(app) == 0


@pytest.mark.behaviour(
    "Payments and credits",
    "With the preference AutoApplyCredit open credits settle a new invoice, oldest first, by a payment of 0.",
    "assumed",
)
def test_credits_are_applied_to_a_new_invoice_by_themselves(app, line):
    credit(app, line, 30)
    credit(app, line, 100)
    app.post("/preferences", CREDITS)
    invoice = app.invoice(50)
    assert (invoice["Balance"], invoice["SyncToken"]) == (0, "0")
    payment = app.read("Payment", invoice["LinkedTxn"][0]["TxnId"])
    assert payment["PrivateNote"] == "Created by QB Online to link credits to charges."
    assert payment["TotalAmt"] == 0
    memos = app.query("select * from CreditMemo ORDERBY Id")["CreditMemo"]
    assert [one["RemainingCredit"] for one in memos] == [0, 80]
    assert balance(app) == -80


@pytest.mark.behaviour(
    "Payments and credits", "With the preference AutoApplyCredit a new credit memo settles open invoices.", "assumed"
)
def test_a_new_credit_settles_open_invoices_by_itself(app, line):
    first, second = app.invoice(50), app.invoice(60)
    app.post("/preferences", CREDITS)
    memo = credit(app, line, 100)
    assert memo["RemainingCredit"] == 0
    assert [app.read("Invoice", one["Id"])["Balance"] for one in (first, second)] == [0, 10]
    assert balance(app) == 10
