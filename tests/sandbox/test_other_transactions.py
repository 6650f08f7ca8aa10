"""What is neither sold nor paid by customers: bills and their payments, purchases, deposits, journals, time."""

import pytest


def expense(amount, account="80", **more):
    detail = {"AccountRef": {"value": account}}
    return {
        "DetailType": "AccountBasedExpenseLineDetail",
        "Amount": amount,
        "AccountBasedExpenseLineDetail": detail,
        **more,
    }


TRACKED = {
    "Type": "Inventory",
    "TrackQtyOnHand": True,
    "QtyOnHand": 10,
    "InvStartDate": "2026-01-01",
    "AssetAccountRef": {"value": "81"},
    "ExpenseAccountRef": {"value": "80"},
    "IncomeAccountRef": {"value": "79"},
}


@pytest.fixture
def vendor(app):
    return app.post("/vendor", {"DisplayName": "Pipe Works"})["Vendor"]


@pytest.fixture
def bill(app, vendor):
    return app.post("/bill", bill_body(vendor))["Bill"]


def bill_body(vendor, amount=200, **more):
    return {"VendorRef": {"value": vendor["Id"]}, "Line": [expense(amount)], **more}


def payment_body(vendor, bill, amount, **more):
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]}]
    check = {"BankAccountRef": {"value": "35"}}
    body = {"VendorRef": {"value": vendor["Id"]}, "TotalAmt": amount, "PayType": "Check", "CheckPayment": check}
    return {**body, "Line": lines, **more}


@pytest.mark.behaviour(
    "Other transactions", "A bill adds up its lines, falls due by its term, and is owed to its vendor.", "assumed"
)
def test_a_bill_adds_up_its_lines_and_is_owed_to_its_vendor(app, vendor):
    lines = [expense(200), expense(12.345), {"DetailType": "DescriptionOnly", "Description": "for the garden"}]
    body = bill_body(vendor, Line=lines, SalesTermRef={"value": "3"}, TxnDate="2026-03-01", DocNumber="F-17")
    bill = app.post("/bill", body)["Bill"]
    assert (bill["TotalAmt"], bill["Balance"], bill["DueDate"], bill["DocNumber"]) == (
        212.35,
        212.35,
        "2026-03-31",
        "F-17",
    )
    assert [(line["Id"], line["LineNum"]) for line in bill["Line"]] == [("1", 1), ("2", 2), ("3", 3)]
    assert bill["VendorRef"] == {"value": vendor["Id"], "name": "Pipe Works"}
    assert bill["Line"][0]["AccountBasedExpenseLineDetail"]["AccountRef"]["name"] == "Cost of Goods Sold"
    assert app.read("Vendor", vendor["Id"])["Balance"] == 212.35
    assert app.read("Bill", bill["Id"]) == bill


@pytest.mark.behaviour(
    "Ids", "Bills, purchases, journal entries and deposits take Ids from the transactions' sequence.", "recorded"
)
def test_all_posted_transactions_share_the_sequence_of_invoices(app):
    invoice = app.invoice()
    vendor = app.post("/vendor", {"DisplayName": "Pipe Works"})["Vendor"]
    bill = app.post("/bill", bill_body(vendor))["Bill"]
    transfer = {"Amount": 5, "FromAccountRef": {"value": "35"}, "ToAccountRef": {"value": "4"}}
    assert (invoice["Id"], bill["Id"], app.post("/transfer", transfer)["Transfer"]["Id"]) == ("1", "2", "3")


@pytest.mark.parametrize(
    ("path", "body", "missing"),
    [
        ("/bill", {"Line": [expense(1)]}, "VendorRef"),
        ("/bill", {"VendorRef": {"value": "1"}}, "Line"),
        ("/bill", {"VendorRef": {"value": "1"}, "Line": [{"Amount": 1}]}, "DetailType"),
        ("/bill", {"VendorRef": {"value": "1"}, "Line": [{**expense(1), "Amount": None}]}, "Amount"),
        (
            "/bill",
            {"VendorRef": {"value": "1"}, "Line": [{"Amount": 1, "DetailType": "AccountBasedExpenseLineDetail"}]},
            "AccountRef",
        ),
        ("/vendorcredit", {"Line": [expense(1)]}, "VendorRef"),
        ("/purchase", {"AccountRef": {"value": "35"}, "Line": [expense(1)]}, "PaymentType"),
        ("/purchase", {"PaymentType": "Cash", "Line": [expense(1)]}, "AccountRef"),
        ("/purchaseorder", {"Line": [expense(1)]}, "VendorRef"),
        ("/billpayment", {"VendorRef": {"value": "1"}, "PayType": "Check"}, "TotalAmt"),
        ("/billpayment", {"VendorRef": {"value": "1"}, "PayType": "Check", "TotalAmt": 1}, "BankAccountRef"),
        ("/deposit", {"Line": [{"Amount": 1, "DetailType": "DepositLineDetail"}]}, "DepositToAccountRef"),
        ("/transfer", {"Amount": 1, "FromAccountRef": {"value": "35"}}, "ToAccountRef"),
        ("/creditcardpayment", {"Amount": 1}, "BankAccountRef"),
        ("/journalentry", {}, "Line"),
        ("/timeactivity", {}, "NameOf"),
        ("/timeactivity", {"NameOf": "Vendor", "Hours": 1}, "VendorRef"),
        ("/inventoryadjustment", {"Line": []}, "AdjustAccountRef"),
        ("/attachable", {}, "Note"),
    ],
)
@pytest.mark.behaviour(
    "Validation", "What a bill, purchase, deposit or journal entry must have is refused with 2020.", "reported"
)
def test_what_must_be_there_is_missed_by_name(app, vendor, path, body, missing):
    error = app.refused(path, body)
    assert (error["code"], error["element"]) == ("2020", missing)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"VendorRef": {"value": "77"}}, "Names element id 77 not found"),
        ({"Line": [expense(1, "777")]}, "Accounts element id 777 not found"),
        ({"APAccountRef": {"value": "778"}}, "Accounts element id 778 not found"),
        ({"SalesTermRef": {"value": "99"}}, "Terms element id 99 not found"),
    ],
)
@pytest.mark.behaviour("Validation", "A reference to nothing is refused with 2500, in lines as well.", "reported")
def test_a_reference_to_nothing_is_refused(app, vendor, change, said):
    error = app.refused("/bill", {**bill_body(vendor), **change})
    assert (error["code"], said in error["Detail"]) == ("2500", True)


@pytest.mark.behaviour("Full and sparse updates", "Even a sparse update of a bill needs its vendor.", "reported")
def test_a_sparse_update_of_a_bill_needs_its_vendor(app, vendor, bill):
    sparse = {"Id": bill["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "for spring"}
    assert app.refused("/bill", sparse)["element"] == "VendorRef"
    changed = app.post("/bill", {**sparse, "VendorRef": bill["VendorRef"]})["Bill"]
    assert (changed["PrivateNote"], changed["SyncToken"], changed["TotalAmt"]) == ("for spring", "1", 200)


@pytest.mark.behaviour(
    "Full and sparse updates",
    "A part of a purchase's lines silently drops the others; lines keep their Ids.",
    "reported",
)
def test_the_lines_that_are_sent_replace_all_lines(app):
    body = {"PaymentType": "Check", "AccountRef": {"value": "35"}, "Line": [expense(10), expense(20)]}
    made = app.post("/purchase", body)["Purchase"]
    second = made["Line"][1]
    sent = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PaymentType": "Check", "Line": [second, expense(7)]}
    changed = app.post("/purchase", sent)["Purchase"]
    assert [(line["Id"], line["Amount"]) for line in changed["Line"]] == [("2", 20), ("3", 7)]
    assert changed["TotalAmt"] == 27


@pytest.mark.behaviour("Full and sparse updates", "A full update of a purchase clears what it omits.", "documented")
def test_a_full_update_clears_what_it_omits(app):
    body = {"PaymentType": "Cash", "AccountRef": {"value": "35"}, "Line": [expense(10)], "PrivateNote": "petty"}
    made = app.post("/purchase", body)["Purchase"]
    full = {name: value for name, value in made.items() if name != "PrivateNote"}
    assert "PrivateNote" not in app.post("/purchase", full)["Purchase"]


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "A bill cannot be voided: the answer is a system fault with status 200.", "reported"
)
def test_voiding_a_bill_answers_200_with_a_fault_and_does_nothing(app, bill):
    answer = app.call("POST", "/bill?operation=void", {"Id": bill["Id"], "SyncToken": "0"})
    assert answer.status_code == 200
    fault = answer.json()["Fault"]
    assert (fault["type"], fault["Error"][0]["code"]) == ("SystemFault", "10000")
    assert fault["Error"][0]["Detail"] == "System Failure Error: java.lang.UnsupportedOperationException"
    assert app.read("Bill", bill["Id"]) == bill


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"TxnTaxDetail": {"TotalTax": "1e90"}}, "2080"),
        ({"TxnTaxDetail": "8.25"}, "2010"),
        ({"LinkedTxn": "abc"}, "2010"),
        (
            {"Line": [{"Amount": 5, "DetailType": "ReimburseLineDetail", "ReimburseLineDetail": {"ItemRef": "x"}}]},
            "2010",
        ),
    ],
)
def test_a_bill_of_the_wrong_shape_is_refused(app, vendor, wrong, code):
    assert app.refused("/bill", bill_body(vendor, **wrong))["code"] == code


@pytest.mark.parametrize(
    ("path", "stray", "body"),
    [
        ("/journalentry", "JournalEntryLineDetail", {}),
        ("/inventoryadjustment", "ItemAdjustmentLineDetail", {"AdjustAccountRef": {"value": "80"}}),
    ],
)
def test_a_line_of_text_has_no_other_detail(app, path, stray, body):
    app.item("Fountain", **TRACKED)
    detail = {"PostingType": "Debit"} if path == "/journalentry" else {"ItemRef": {"value": "1"}}
    (made,) = list(app.post(path, {**body, "Line": [{"DetailType": "DescriptionOnly", stray: detail}]}).values())[:1]
    assert stray not in made["Line"][0]


@pytest.mark.behaviour(
    "Other transactions", "Links are the books' own: those that an app sends with a purchase are ignored.", "assumed"
)
def test_links_that_an_app_sends_are_ignored(app):
    entry = app.post("/journalentry", journal(10, 10))["JournalEntry"]
    line = {"Amount": 10, "LinkedTxn": [{"TxnId": entry["Id"], "TxnType": "JournalEntry"}]}
    deposit = {"DepositToAccountRef": {"value": "35"}, "Line": [line]}
    link = {"TxnId": app.post("/deposit", deposit)["Deposit"]["Id"], "TxnType": "Deposit"}
    sparse = {"Id": entry["Id"], "SyncToken": "0", "sparse": True, "LinkedTxn": []}
    assert app.post("/journalentry", sparse)["JournalEntry"]["LinkedTxn"] == [link]
    assert app.refused("/deposit", deposit)["code"] == "6000"


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "What has been deposited cannot be deleted until it is taken out.", "assumed"
)
def test_a_deposited_journal_entry_cannot_be_deleted(app):
    entry = app.post("/journalentry", journal(10, 10))["JournalEntry"]
    line = {"Amount": 10, "LinkedTxn": [{"TxnId": entry["Id"], "TxnType": "JournalEntry"}]}
    deposit = app.post("/deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})["Deposit"]
    body = {"Id": entry["Id"], "SyncToken": "0"}
    assert app.refused("/journalentry", body, operation="delete")["code"] == "6000"
    app.post("/deposit", {"Id": deposit["Id"], "SyncToken": "0"}, operation="delete")
    assert app.post("/journalentry", body, operation="delete")["JournalEntry"]["status"] == "Deleted"


@pytest.mark.behaviour("Other transactions", "A deposit carries each transaction to the bank once.", "assumed")
def test_a_deposit_carries_each_payment_once(app):
    payment = app.pay(app.invoice(100), 100)
    line = {"Amount": 100, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}
    body = {"DepositToAccountRef": {"value": "35"}, "Line": [line, line]}
    assert app.refused("/deposit", body)["code"] == "6000"
    assert app.post("/deposit", {**body, "Line": [line]})["Deposit"]["TotalAmt"] == 100


def journal(debit, credit, **more):
    def line(posting, amount, account):
        detail = {"PostingType": posting, "AccountRef": {"value": account}}
        return {"DetailType": "JournalEntryLineDetail", "Amount": amount, "JournalEntryLineDetail": detail}

    return {"Line": [line("Debit", debit, "35"), line("Credit", credit, "1")], **more}


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "Voiding a journal entry answers 200 with an empty BatchItemResponse and does nothing.",
    "reported",
)
def test_voiding_a_journal_entry_answers_200_and_does_nothing(app):
    entry = app.post("/journalentry", journal(10, 10))["JournalEntry"]
    answer = app.post("/journalentry", {"Id": entry["Id"], "SyncToken": "0"}, operation="void")
    assert answer["BatchItemResponse"] == []
    assert set(answer) == {"BatchItemResponse", "time"}
    assert app.read("JournalEntry", entry["Id"]) == entry


@pytest.mark.behaviour("Other transactions", "A journal entry whose debits and credits differ is refused.", "assumed")
def test_a_journal_entry_balances(app):
    error = app.refused("/journalentry", journal(10, 9.99))
    assert error["code"] == "6000"
    assert app.query("select count(*) from JournalEntry") == {"totalCount": 0}


@pytest.mark.behaviour("Other transactions", "A journal entry on accounts receivable names a customer.", "assumed")
def test_a_journal_entry_on_receivables_names_a_customer(app):
    customer = app.customer()
    body = journal(10, 10)
    body["Line"][0]["JournalEntryLineDetail"]["AccountRef"] = {"value": "84"}
    assert app.refused("/journalentry", body)["code"] == "6000"
    other = app.post("/vendor", {"DisplayName": "Pipe Works"})["Vendor"]
    body["Line"][0]["JournalEntryLineDetail"]["Entity"] = {"EntityRef": {"value": other["Id"]}}
    assert app.refused("/journalentry", body)["code"] == "6000"
    body["Line"][0]["JournalEntryLineDetail"]["Entity"] = {"EntityRef": {"value": customer["Id"]}}
    detail = app.post("/journalentry", body)["JournalEntry"]["Line"][0]["JournalEntryLineDetail"]
    assert detail["Entity"] == {"Type": "Customer", "EntityRef": {"value": customer["Id"], "name": "Ann's Shop"}}


@pytest.mark.behaviour(
    "Other transactions",
    "A bill payment lowers the bill's balance and the vendor's, and both are linked.",
    "assumed",
)
def test_a_bill_payment_settles_its_bill(app, vendor, bill):
    payment = app.post("/billpayment", payment_body(vendor, bill, 150))["BillPayment"]
    settled = app.read("Bill", bill["Id"])
    assert (settled["Balance"], settled["TotalAmt"], settled["SyncToken"]) == (50, 200, "1")
    assert settled["LinkedTxn"] == [{"TxnId": payment["Id"], "TxnType": "BillPaymentCheck"}]
    assert app.read("Vendor", vendor["Id"])["Balance"] == 50


@pytest.mark.behaviour(
    "Other transactions", "A line for a bill that is paid already is left out of a bill payment.", "assumed"
)
def test_a_bill_that_is_paid_is_not_paid_twice(app, vendor, bill):
    app.post("/billpayment", payment_body(vendor, bill, 200))
    again = app.post("/billpayment", payment_body(vendor, app.read("Bill", bill["Id"]), 200))["BillPayment"]
    assert (again["Line"], again["TotalAmt"]) == ([], 200)
    assert app.read("Bill", bill["Id"])["Balance"] == 0
    assert app.read("Vendor", vendor["Id"])["Balance"] == -200


def test_two_lines_of_a_payment_settle_no_more_than_their_bill(app, vendor, bill):
    line = payment_body(vendor, bill, 150)["Line"][0]
    payment = app.post("/billpayment", payment_body(vendor, bill, 300, Line=[line, line]))["BillPayment"]
    assert [line["Amount"] for line in payment["Line"]] == [150, 50]
    assert app.read("Bill", bill["Id"])["Balance"] == 0


@pytest.mark.behaviour(
    "Other transactions", "A bill that is lowered below what is paid leaves the surplus unapplied.", "assumed"
)
def test_a_lowered_bill_leaves_the_surplus_unapplied(app, vendor, bill):
    first = app.post("/billpayment", payment_body(vendor, bill, 120))["BillPayment"]
    second = app.post("/billpayment", payment_body(vendor, bill, 80))["BillPayment"]
    sparse = {"Id": bill["Id"], "SyncToken": "2", "sparse": True, "VendorRef": bill["VendorRef"]}
    lowered = app.post("/bill", {**sparse, "Line": [expense(100)]})["Bill"]
    assert (lowered["TotalAmt"], lowered["Balance"]) == (100, 0)
    assert [link["TxnId"] for link in lowered["LinkedTxn"]] == [first["Id"]]
    assert [line["Amount"] for line in app.read("BillPayment", first["Id"])["Line"]] == [100]
    assert app.read("BillPayment", second["Id"])["Line"] == []
    app.post("/billpayment", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    assert app.read("Bill", bill["Id"])["Balance"] == 100
    assert app.read("Vendor", vendor["Id"])["Balance"] == 20


@pytest.mark.behaviour("Void, delete, send, PDF", "A voided bill payment cannot be changed.", "assumed")
def test_a_voided_bill_payment_stays_void(app, vendor, bill):
    payment = app.post("/billpayment", payment_body(vendor, bill, 200))["BillPayment"]
    app.post("/billpayment", {"Id": payment["Id"], "SyncToken": "0"}, operation="void")
    sparse = {"Id": payment["Id"], "SyncToken": "1", "sparse": True, "TotalAmt": 50}
    assert app.refused("/billpayment", sparse)["code"] == "6000"
    assert app.read("Vendor", vendor["Id"])["Balance"] == 200


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "A voided bill payment is worth nothing, says so, and its bill is open again.",
    "assumed",
)
def test_a_voided_bill_payment_opens_its_bill_again(app, vendor, bill):
    payment = app.post("/billpayment", payment_body(vendor, bill, 200, PrivateNote="by post"))["BillPayment"]
    body = {"Id": payment["Id"], "SyncToken": "0", "sparse": True}
    voided = app.post("/billpayment", body, operation="update", include="void")["BillPayment"]
    assert (voided["TotalAmt"], voided["PrivateNote"], voided["Line"]) == (0, "Voided - by post", [])
    assert (app.read("Bill", bill["Id"])["Balance"], app.read("Bill", bill["Id"])["LinkedTxn"]) == (200, [])
    assert app.read("Vendor", vendor["Id"])["Balance"] == 200


@pytest.mark.behaviour(
    "Other transactions", "Another amount on a bill payment is taken back and applied anew.", "assumed"
)
def test_a_changed_bill_payment_is_applied_anew(app, vendor, bill):
    payment = app.post("/billpayment", payment_body(vendor, bill, 200))["BillPayment"]
    app.post("/billpayment", {**payment_body(vendor, bill, 80), "Id": payment["Id"], "SyncToken": "0"})
    assert app.read("Bill", bill["Id"])["Balance"] == 120
    assert app.read("Vendor", vendor["Id"])["Balance"] == 120


@pytest.mark.behaviour(
    "Other transactions", "A deleted bill is no longer owed, and its payment keeps the money.", "assumed"
)
def test_a_deleted_bill_leaves_its_payment_unapplied(app, vendor, bill):
    payment = app.post("/billpayment", payment_body(vendor, bill, 200))["BillPayment"]
    token = app.read("Bill", bill["Id"])["SyncToken"]
    gone = app.post("/bill", {"Id": bill["Id"], "SyncToken": token}, operation="delete")["Bill"]
    assert gone == {"status": "Deleted", "domain": "QBO", "Id": bill["Id"]}
    assert app.read("BillPayment", payment["Id"])["Line"] == []
    assert app.read("Vendor", vendor["Id"])["Balance"] == -200


@pytest.mark.behaviour("Other transactions", "A vendor's credit lowers what is owed to the vendor.", "assumed")
def test_a_vendors_credit_lowers_what_is_owed(app, vendor, bill):
    credit = app.post("/vendorcredit", bill_body(vendor, 30))["VendorCredit"]
    assert (credit["TotalAmt"], app.read("Vendor", vendor["Id"])["Balance"]) == (30, 170)
    lines = [
        {"Amount": 200, "LinkedTxn": [{"TxnId": bill["Id"], "TxnType": "Bill"}]},
        {"Amount": 30, "LinkedTxn": [{"TxnId": credit["Id"], "TxnType": "VendorCredit"}]},
    ]
    app.post("/billpayment", {**payment_body(vendor, bill, 170), "Line": lines})
    assert app.read("Vendor", vendor["Id"])["Balance"] == 0
    assert app.read("Bill", bill["Id"])["Balance"] == 0
    assert app.read("VendorCredit", credit["Id"])["Balance"] == 0


@pytest.mark.behaviour(
    "Versions", "A deposit of a payment is linked on the payment, whose SyncToken stays as it is.", "recorded"
)
def test_a_deposited_payment_knows_its_deposit_and_keeps_its_sync_token(app):
    payment = app.pay(app.invoice(100), 100)
    line = {"Amount": 100, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    body = {"DepositToAccountRef": {"value": "35"}, "Line": [line]}
    deposit = app.post("/deposit", body)["Deposit"]
    deposited = app.read("Payment", payment["Id"])
    assert deposited["LinkedTxn"] == [{"TxnId": deposit["Id"], "TxnType": "Deposit"}]
    assert (deposited["SyncToken"], deposit["TotalAmt"]) == (payment["SyncToken"], 100)
    assert app.refused("/deposit", body)["code"] == "6000"
    app.post("/deposit", {"Id": deposit["Id"], "SyncToken": "0"}, operation="delete")
    assert app.read("Payment", payment["Id"])["LinkedTxn"] == []


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "A payment in a deposit cannot be deleted until it is taken out.", "documented"
)
def test_a_deposited_payment_cannot_be_deleted(app):
    payment = app.pay(app.invoice(100), 100)
    line = {"Amount": 100, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment"}]}
    app.post("/deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line]})
    error = app.refused("/payment", {"Id": payment["Id"], "SyncToken": payment["SyncToken"]}, operation="delete")
    assert error["code"] == "6000"


def test_cash_back_is_taken_off_a_deposit(app):
    line = {"Amount": 50, "DetailType": "DepositLineDetail", "DepositLineDetail": {"AccountRef": {"value": "1"}}}
    back = {"AccountRef": {"value": "35"}, "Amount": 20}
    made = app.post("/deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [line], "CashBack": back})["Deposit"]
    assert made["TotalAmt"] == 30


@pytest.mark.behaviour(
    "Other transactions",
    "A credit card payment is CreditCardPaymentTxn in answers, creditcardpayment in addresses.",
    "reported",
)
def test_a_credit_card_payment_has_two_names(app):
    card = app.post("/account", {"Name": "Company card", "AccountType": "Credit Card"})["Account"]
    body = {"Amount": 40, "BankAccountRef": {"value": "35"}, "CreditCardAccountRef": {"value": card["Id"]}}
    made = app.post("/creditcardpayment", body)["CreditCardPaymentTxn"]
    assert app.get(f"/creditcardpayment/{made['Id']}")["CreditCardPaymentTxn"]["Amount"] == 40
    assert app.query("select * from CreditCardPayment")["CreditCardPaymentTxn"] == [made]
    other = {**body, "CreditCardAccountRef": {"value": "35"}}
    assert app.refused("/creditcardpayment", other)["code"] == "6000"


@pytest.mark.behaviour("Other transactions", "Billable time names its customer; hours or a span are needed.", "assumed")
def test_time_is_worked_by_somebody_for_a_while(app):
    worker = app.post("/employee", {"GivenName": "Pat", "FamilyName": "Example"})["Employee"]
    body = {"NameOf": "Employee", "EmployeeRef": {"value": worker["Id"]}, "Hours": 2, "Minutes": 30}
    made = app.post("/timeactivity", body)["TimeActivity"]
    assert (made["Id"], made["Hours"], made["BillableStatus"]) == ("1", 2, "NotBillable")
    assert app.refused("/timeactivity", {**body, "BillableStatus": "Billable"})["element"] == "CustomerRef"
    assert app.refused("/timeactivity", {**body, "Hours": None, "Minutes": None})["code"] == "2020"
    assert app.refused("/timeactivity", {**body, "Minutes": 60})["code"] == "2180"


@pytest.mark.behaviour("Other transactions", "An inventory adjustment moves what is in stock.", "assumed")
def test_an_adjustment_moves_the_stock(app):
    item = app.item("Fountain", **TRACKED)
    detail = {"ItemRef": {"value": item["Id"]}, "QtyDiff": -3}
    line = {"DetailType": "ItemAdjustmentLineDetail", "ItemAdjustmentLineDetail": detail}
    made = app.post("/inventoryadjustment", {"AdjustAccountRef": {"value": "80"}, "Line": [line]})[
        "InventoryAdjustment"
    ]
    assert app.read("Item", item["Id"])["QtyOnHand"] == 7
    app.post("/inventoryadjustment", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert app.read("Item", item["Id"])["QtyOnHand"] == 10


@pytest.mark.behaviour("Document numbers", "A purchase order without a number gets the next of its own.", "assumed")
def test_purchase_orders_are_numbered(app, vendor):
    numbers = [app.post("/purchaseorder", bill_body(vendor))["PurchaseOrder"]["DocNumber"] for _ in range(2)]
    assert numbers == ["1001", "1002"]
    assert app.read("Vendor", vendor["Id"]).get("Balance", 0) == 0


@pytest.mark.behaviour("Other transactions", "A bill that is linked to a purchase order closes it.", "assumed")
def test_a_bill_closes_its_purchase_order(app, vendor):
    order = app.post("/purchaseorder", bill_body(vendor))["PurchaseOrder"]
    link = [{"TxnId": order["Id"], "TxnType": "PurchaseOrder"}]
    bill = app.post("/bill", bill_body(vendor, LinkedTxn=link))["Bill"]
    closed = app.read("PurchaseOrder", order["Id"])
    assert (bill["LinkedTxn"], closed["POStatus"], closed["SyncToken"]) == (link, "Closed", "0")
    assert closed["LinkedTxn"] == [{"TxnId": bill["Id"], "TxnType": "Bill"}]
    app.post("/bill", {"Id": bill["Id"], "SyncToken": "0"}, operation="delete")
    assert app.read("PurchaseOrder", order["Id"])["POStatus"] == "Open"


def test_an_order_stays_closed_while_one_of_its_bills_is_left(app, vendor):
    order = app.post("/purchaseorder", bill_body(vendor))["PurchaseOrder"]
    link = [{"TxnId": order["Id"], "TxnType": "PurchaseOrder"}]
    one, other = (app.post("/bill", bill_body(vendor, LinkedTxn=link))["Bill"] for _ in range(2))
    app.post("/bill", {"Id": one["Id"], "SyncToken": "0"}, operation="delete")
    left = app.read("PurchaseOrder", order["Id"])
    assert (left["POStatus"], left["LinkedTxn"]) == ("Closed", [{"TxnId": other["Id"], "TxnType": "Bill"}])


@pytest.mark.behaviour("Void, delete, send, PDF", "A purchase order is sent to its vendor by e-mail.", "documented")
def test_a_purchase_order_is_sent(app, vendor):
    order = app.post("/purchaseorder", bill_body(vendor))["PurchaseOrder"]
    sent = app.post(f"/purchaseorder/{order['Id']}/send", sendTo="pipes@example.com")["PurchaseOrder"]
    assert (sent["EmailStatus"], sent["POEmail"]) == ("EmailSent", {"Address": "pipes@example.com"})
    assert app.refused(f"/purchaseorder/{order['Id']}/send", None, sendTo="nobody")["code"] == "2210"


@pytest.mark.behaviour(
    "Other transactions", "A bill in a foreign currency without its exchange rate is refused with 2410.", "reported"
)
def test_a_foreign_bill_needs_its_exchange_rate(connect):
    app = connect(multicurrency=True)
    vendor = app.post("/vendor", {"DisplayName": "Röhren GmbH", "CurrencyRef": {"value": "EUR"}})["Vendor"]
    body = bill_body(vendor, 100, CurrencyRef={"value": "EUR"})
    assert app.refused("/bill", body)["code"] == "2410"
    assert app.refused("/bill", {**body, "ExchangeRate": -1})["code"] == "2080"
    bill = app.post("/bill", {**body, "ExchangeRate": 1.1})["Bill"]
    assert (bill["TotalAmt"], bill["HomeTotalAmt"]) == (100, 110)
    assert app.refused("/bill", {**body, "CurrencyRef": {"value": "GBP"}, "ExchangeRate": 1})["code"] == "6000"


def test_a_foreign_bill_is_refused_without_multicurrency(app, vendor):
    assert app.refused("/bill", bill_body(vendor, CurrencyRef={"value": "EUR"}))["code"] == "6000"


@pytest.mark.behaviour("Queries", "Lists of bills say their total count.", "recorded")
def test_bills_are_counted_in_their_lists_and_purchases_are_not(app, vendor, bill):
    app.post("/purchase", {"PaymentType": "Cash", "AccountRef": {"value": "35"}, "Line": [expense(1)]})
    assert app.query(f"select * from Bill where VendorRef = '{vendor['Id']}' and TotalAmt > '100'")["totalCount"] == 1
    assert "totalCount" not in app.query("select * from Purchase where PaymentType = 'Cash'")


@pytest.mark.behaviour("Change data capture", "Bills, bill payments and deletions of them are captured.", "documented")
def test_changes_of_bills_are_captured(app, vendor, bill):
    since = (app.books.clock.now()).isoformat()
    app.books.clock.advance(60)
    paid = app.post("/billpayment", payment_body(vendor, bill, 1))["BillPayment"]
    app.post("/billpayment", {"Id": paid["Id"], "SyncToken": "0"}, operation="delete")
    found = app.get("/cdc", entities="Bill,BillPayment", changedSince=since)["CDCResponse"][0]["QueryResponse"]
    assert [one["Id"] for one in found[0]["Bill"]] == [bill["Id"]]
    assert [(one["Id"], one["status"]) for one in found[1]["BillPayment"]] == [(paid["Id"], "Deleted")]


def test_a_bookkeepers_bill_is_notified(app, subscriber, vendor):
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": "t"})
    app.books.act(app.realm, create={"Bill": bill_body(vendor)})
    assert app.books.wait_until_notified()
    assert subscriber.types == ["qbo.bill.created.v1 1"]


@pytest.mark.parametrize("kind", ["Budget", "JournalCode", "ReimburseCharge", "TaxPayment", "TaxClassification"])
def test_a_list_without_entries_answers_an_empty_response(app, kind):
    assert app.query(f"select * from {kind}") == {}


@pytest.mark.behaviour("Queries", "What is not equal can be asked for.", "reported")
def test_what_is_not_equal_is_found(app):
    app.customer("One")
    app.customer("Two")
    found = app.query("select * from Customer where DisplayName != 'one'")["Customer"]
    assert [one["DisplayName"] for one in found] == ["Two"]


def test_a_report_is_refused_in_words(app):
    answer = app.call("GET", "/reports/ProfitAndLoss")
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "500")


@pytest.mark.behaviour("Batches", "An item that names no operation creates.", "reported")
def test_a_batch_item_without_an_operation_creates(app):
    items = [{"Attachable": {"Note": f"Note {n}", "Tag": "spring"}} for n in range(3)]
    answers = app.post("/batch", {"BatchItemRequest": items})["BatchItemResponse"]
    assert [answer["Attachable"]["Note"] for answer in answers] == ["Note 0", "Note 1", "Note 2"]
    assert len(app.query("select * from Attachable where Tag = 'spring'")["Attachable"]) == 3


@pytest.mark.behaviour(
    "Invoices",
    "With several currencies, an invoice that names none has its customer's.",
    "reported",
    switch="missing_currency",
)
def test_an_invoice_that_names_no_currency_has_its_customers(connect):
    app = connect(multicurrency=True)
    assert app.invoice(100)["CurrencyRef"]["value"] == "USD"
    app.control("POST", "/switches", {"missing_currency": "refuse"})
    assert app.refused("/invoice", app.invoice_body(100))["element"] == "CurrencyRef"
