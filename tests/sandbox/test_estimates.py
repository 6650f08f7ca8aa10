"""Estimates: offers without effect on the books, and how an invoice made of one closes it."""

import pytest


def estimate(app, line, amount=100, **fields):
    return app.post("/estimate", app.invoice_body(Line=[line(amount)], **fields))["Estimate"]


def link_to(made):
    return [{"TxnId": made["Id"], "TxnType": "Estimate"}]


@pytest.mark.behaviour(
    "Other sales", "An estimate is pending, has a total and no balance, and nobody owes it.", "documented"
)
def test_an_estimate_has_no_effect_on_the_books(app, line):
    made = estimate(app, line, ExpirationDate="2026-12-24")
    assert (made["TxnStatus"], made["TotalAmt"], made["ExpirationDate"]) == ("Pending", 100, "2026-12-24")
    assert [name for name in ("Balance", "DueDate") if name in made] == []
    assert app.read("Customer", "1")["Balance"] == 0


@pytest.mark.behaviour(
    "Other sales", "An estimate is accepted by a person on a day, or rejected; another status is refused.", "documented"
)
def test_an_estimate_is_accepted_by_somebody(app, line):
    estimate(app, line)
    accepted = {"TxnStatus": "Accepted", "AcceptedBy": "Ann", "AcceptedDate": "2026-11-20"}
    changed = app.post("/estimate", {"Id": "1", "SyncToken": "0", "sparse": True, **accepted})["Estimate"]
    assert {name: changed[name] for name in accepted} == accepted
    assert changed["TotalAmt"] == 100
    wrong = {"Id": "1", "SyncToken": "1", "sparse": True, "TxnStatus": "Perhaps"}
    assert app.refused("/estimate", wrong)["element"] == "TxnStatus"


@pytest.mark.behaviour(
    "Other sales",
    "An invoice that links an estimate closes it and both name each other; "
    "the estimate gets a new LastUpdatedTime and keeps its SyncToken.",
    "recorded",
)
@pytest.mark.parametrize("place", ["document", "line"])
def test_an_invoice_closes_its_estimate(app, line, place):
    offered = estimate(app, line)
    app.books.clock.advance(60)
    body = app.invoice_body(Line=[line(100)])
    if place == "document":
        body["LinkedTxn"] = link_to(offered)
    else:
        body["Line"][0]["LinkedTxn"] = link_to(offered)
    invoice = app.post("/invoice", body)["Invoice"]
    assert invoice["LinkedTxn"] == link_to(offered)
    closed = app.read("Estimate", offered["Id"])
    assert (closed["TxnStatus"], closed["SyncToken"]) == ("Closed", "0")
    assert closed["LinkedTxn"] == [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    assert closed["MetaData"]["LastUpdatedTime"] == invoice["MetaData"]["CreateTime"]


@pytest.mark.behaviour(
    "Other sales", "A sales receipt links an estimate too, and closes it until it is deleted.", "documented"
)
def test_a_sales_receipt_closes_its_estimate(app, line):
    offered = estimate(app, line)
    made = app.post("/salesreceipt", app.invoice_body(LinkedTxn=link_to(offered)))["SalesReceipt"]
    closed = app.read("Estimate", offered["Id"])
    assert (closed["TxnStatus"], closed["LinkedTxn"]) == ("Closed", [{"TxnId": made["Id"], "TxnType": "SalesReceipt"}])
    app.post("/salesreceipt", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert app.read("Estimate", offered["Id"])["TxnStatus"] == "Pending"


@pytest.mark.behaviour("Invoices", "An invoice links the time worked for it, which must exist.", "documented")
def test_an_invoice_links_time_worked(app, line):
    app.invoice_body()
    worker = app.post("/employee", {"GivenName": "Eve", "FamilyName": "Example"})["Employee"]
    worked = {"NameOf": "Employee", "EmployeeRef": {"value": worker["Id"]}, "Hours": 2, "Minutes": 0}
    time = app.post("/timeactivity", {**worked, "TxnDate": "2026-11-20"})["TimeActivity"]
    link = [{"TxnId": time["Id"], "TxnType": "TimeActivity"}]
    made = app.invoice(100, LinkedTxn=link)
    assert made["LinkedTxn"] == link
    app.pay(made, 10)
    assert [one["TxnType"] for one in app.read("Invoice", made["Id"])["LinkedTxn"]] == ["TimeActivity", "Payment"]
    body = app.invoice_body(LinkedTxn=[{"TxnId": "4711", "TxnType": "TimeActivity"}])
    assert app.refused("/invoice", body)["code"] == "610"


@pytest.mark.behaviour("Invoices", "An invoice for time worked can be changed after that time is deleted.", "assumed")
def test_deleted_time_leaves_its_invoice(app):
    worker = app.post("/employee", {"GivenName": "Eve", "FamilyName": "Example"})["Employee"]
    worked = {"NameOf": "Employee", "EmployeeRef": {"value": worker["Id"]}, "Hours": 2, "Minutes": 0}
    time = app.post("/timeactivity", worked)["TimeActivity"]
    made = app.invoice(
        100, CustomerRef={"value": app.customer()["Id"]}, LinkedTxn=[{"TxnId": time["Id"], "TxnType": "TimeActivity"}]
    )
    app.post("/timeactivity", {"Id": time["Id"], "SyncToken": time["SyncToken"]}, operation="delete")
    note = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "n"}
    assert app.post("/invoice", note)["Invoice"]["LinkedTxn"] == []


@pytest.mark.behaviour(
    "Other sales", "When its invoice is voided or deleted, or drops the link, an estimate is pending again.", "assumed"
)
@pytest.mark.parametrize("end", ["void", "delete", "unlink"])
@pytest.mark.parametrize("place", ["document", "line"])
def test_an_estimate_without_its_invoice_is_open_again(app, line, end, place):
    offered = estimate(app, line)
    wanted = app.invoice_body(Line=[line(100)])
    (wanted if place == "document" else wanted["Line"][0])["LinkedTxn"] = link_to(offered)
    invoice = app.post("/invoice", wanted)["Invoice"]
    body = {"Id": invoice["Id"], "SyncToken": "0"}
    if end == "unlink":
        app.post("/invoice", {**body, "sparse": True, "LinkedTxn": [], "Line": [line(100)]})
    else:
        app.post("/invoice", body, operation=end)
    opened = app.read("Estimate", offered["Id"])
    assert (opened["TxnStatus"], opened["LinkedTxn"]) == ("Pending", [])


@pytest.mark.behaviour(
    "Other sales", "An invoice keeps its link to an estimate beside the links that payments put there.", "assumed"
)
def test_links_to_estimates_and_payments_stand_together(app, line):
    offered = estimate(app, line)
    invoice = app.invoice(100, LinkedTxn=link_to(offered))
    payment = app.pay(invoice, 40)
    read = app.read("Invoice", invoice["Id"])
    assert read["LinkedTxn"] == [*link_to(offered), {"TxnId": payment["Id"], "TxnType": "Payment"}]
    assert app.post("/invoice", read)["Invoice"]["LinkedTxn"] == read["LinkedTxn"]


@pytest.mark.behaviour(
    "Other sales", "An invoice links one estimate at most, one that exists and is of its own customer.", "assumed"
)
def test_only_a_customers_own_estimate_is_linked(app, line):
    first, second = estimate(app, line), estimate(app, line)
    other = app.customer("Another")
    body = app.invoice_body(LinkedTxn=[*link_to(first), *link_to(second)])
    assert app.refused("/invoice", body)["code"] == "6000"
    assert app.refused("/invoice", {**body, "LinkedTxn": link_to({"Id": "77"})})["code"] == "610"
    body |= {"LinkedTxn": link_to(first), "CustomerRef": {"value": other["Id"]}}
    assert app.refused("/invoice", body)["code"] == "6000"
    assert app.read("Estimate", first["Id"])["TxnStatus"] == "Pending"


@pytest.mark.behaviour("Other sales", "A deleted estimate leaves the invoice that was made of it.", "assumed")
def test_a_deleted_estimate_leaves_its_invoice(app, line):
    offered = estimate(app, line)
    invoice = app.post("/invoice", app.invoice_body(Line=[line(100) | {"LinkedTxn": link_to(offered)}]))["Invoice"]
    app.post("/estimate", {"Id": offered["Id"], "SyncToken": "0"}, operation="delete")
    assert app.query("select * from Estimate") == {}
    left = app.read("Invoice", invoice["Id"])
    assert left["LinkedTxn"] == []
    assert app.post("/invoice", left)["Invoice"]["TotalAmt"] == 100


@pytest.mark.behaviour(
    "Document numbers",
    "Estimates are numbered from 1001 by themselves; invoices, receipts and credit memos share one sequence.",
    "assumed",
)
def test_estimates_have_numbers_of_their_own(app, line):
    assert estimate(app, line)["DocNumber"] == "1001"
    assert app.invoice(1)["DocNumber"] == "1001"
    assert app.post("/salesreceipt", app.invoice_body())["SalesReceipt"]["DocNumber"] == "1002"
    assert app.post("/creditmemo", app.invoice_body())["CreditMemo"]["DocNumber"] == "1003"
    assert estimate(app, line)["DocNumber"] == "1002"
    assert app.invoice(1)["DocNumber"] == "1004"


@pytest.mark.behaviour(
    "Document numbers", "A number is refused when another document of the same sequence has it.", "assumed",
    switch="duplicate_docnumber",
)  # fmt: skip
def test_a_number_is_held_within_its_sequence(app, line):
    estimate(app, line, DocNumber="A-7")
    app.invoice(1, DocNumber="A-7")
    error = app.refused("/salesreceipt", app.invoice_body(DocNumber="A-7"))
    assert (error["code"], "TxnType=Invoice" in error["Detail"]) == ("6140", True)


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "An estimate is sent like an invoice; it cannot be voided.", "documented"
)
def test_an_estimate_is_sent_and_not_voided(app, line):
    made = estimate(app, line, BillEmail={"Address": "ann@example.com"})
    sent = app.post(f"/estimate/{made['Id']}/send")["Estimate"]
    assert (sent["EmailStatus"], sent["SyncToken"]) == ("EmailSent", "0")
    body = {"Id": made["Id"], "SyncToken": "0"}
    assert app.refused("/estimate", body, operation="void")["code"] == "500"
