"""What QuickBooks takes although it is untidy: clients' default values, numbers as text, blanks, read-only fields."""

import json

import pytest
from quickbooks.objects.base import CustomerMemo, EmailAddress, LinkedTxn, Ref
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.detailline import DescriptionOnlyLine, DiscountLine, DiscountLineDetail, SalesItemLine
from quickbooks.objects.detailline import SalesItemLineDetail as Detail
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.refundreceipt import RefundReceipt
from quickbooks.objects.salesreceipt import SalesReceipt

DOCUMENTS = [Invoice, Estimate, CreditMemo, SalesReceipt, RefundReceipt]


def ref(value):
    made = Ref()
    made.value = value
    return made


def sales_line(amount):
    line = SalesItemLine()
    line.Amount = amount
    line.SalesItemLineDetail = Detail()
    line.SalesItemLineDetail.ItemRef = ref("1")
    return line


def body_of(thing):
    """What the library would send."""
    return json.loads(thing.to_json())


@pytest.mark.behaviour(
    "Leniency",
    "Zeros, empty texts and read-only fields that python-quickbooks sends by default are taken as not sent.",
    "reported",
)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.__name__)
def test_a_document_full_of_a_librarys_defaults_is_made(app, document):
    app.invoice_body()
    made = document()
    made.CustomerRef = ref("1")
    made.DepositToAccountRef = ref("35")
    made.Line.append(sales_line(100))
    made.BillEmail = EmailAddress()
    made.BillEmail.Address = "ann@example.com"
    made.CustomerMemo = CustomerMemo()
    made.CustomerMemo.value = "Thank you."
    name = document.__name__
    if name == "Estimate":
        del made.DepositToAccountRef
    answer = app.post(f"/{name.lower()}", body_of(made))[name]
    assert (answer["TotalAmt"], answer["SyncToken"]) == (100, "0")
    assert answer["EmailStatus"] == "NotSet"
    assert ("ExchangeRate" in answer, "GlobalTaxCalculation" in answer, "InvoiceLink" in answer) == (False,) * 3
    assert app.read(name, answer["Id"]) == answer


@pytest.mark.behaviour(
    "Leniency",
    "The whole of python-quickbooks' new invoice is taken; what QuickBooks keeps for itself stays its own.",
    "reported",
)
def test_a_new_invoice_of_python_quickbooks_says_what_the_library_says(app):
    app.invoice_body()
    sent = {
        "AllowIPNPayment": True,
        "AllowOnlineACHPayment": False,
        "AllowOnlineCreditCardPayment": False,
        "Balance": 0,
        "Deposit": 0,
        "DueDate": "",
        "TxnDate": "",
        "ShipDate": "",
        "EmailStatus": "NotSet",
        "ExchangeRate": 1,
        "FreeFormAddress": False,
        "GlobalTaxCalculation": "TaxExcluded",
        "HomeBalance": 0,
        "HomeTotalAmt": 0,
        "InvoiceLink": "",
        "LinkedTxn": [],
        "PrintStatus": "NotSet",
        "PrivateNote": "",
        "TotalAmt": "",
        "TrackingNum": "",
        "SyncToken": 0,
        "sparse": False,
        "domain": "QBO",
    }
    new = Invoice()
    new.CustomerRef = ref("1")
    new.Line.append(sales_line(1))
    assert {name: value for name, value in body_of(new).items() if name in sent} == sent
    made = app.post("/invoice", body_of(new))["Invoice"]
    assert (made["AllowIPNPayment"], made["FreeFormAddress"], made["PrintStatus"]) == (False, True, "NotSet")
    assert made["DueDate"] > made["TxnDate"] > "2020"


@pytest.mark.behaviour(
    "Leniency", "A payment full of python-quickbooks' defaults, with a line number in its link, is taken.", "reported"
)
def test_a_payment_full_of_a_librarys_defaults_is_made(app):
    invoice = app.invoice(100)
    new = Payment()
    new.CustomerRef, new.TotalAmt = ref("1"), 60
    line, link = PaymentLine(), LinkedTxn()
    link.TxnId, link.TxnType, link.TxnLineId = invoice["Id"], "Invoice", 1
    line.Amount, line.LinkedTxn = 60, [link]
    new.Line.append(line)
    assert app.post("/payment", body_of(new))["Payment"]["UnappliedAmt"] == 0
    assert app.read("Invoice", invoice["Id"])["Balance"] == 40


@pytest.mark.behaviour(
    "Leniency", "A document that a library read and wrote back whole stays as it was, but for its version.", "reported"
)
def test_a_librarys_round_trip_changes_nothing(app, line):
    fields = {"BillEmail": {"Address": "ann@example.com"}, "CustomerMemo": {"value": "Thanks"}, "PrivateNote": "n"}
    app.post("/invoice", app.invoice_body(Line=[line(100, Qty=2, UnitPrice=50)], **fields))
    read = app.read("Invoice", "1")
    again = app.post("/invoice", body_of(Invoice.from_json(read)))["Invoice"]
    own = ("SyncToken", "MetaData")
    assert {**again, **{name: read[name] for name in own}} == {
        **read,
        # The library's own values for what the invoice did not have.
        "Deposit": 0,
        "AllowOnlineACHPayment": False,
        "AllowOnlineCreditCardPayment": False,
    }


@pytest.mark.behaviour("Leniency", "A SyncToken may be a number, sparse a text, an amount a text.", "reported")
def test_numbers_and_flags_may_be_texts(app, line):
    made = app.invoice(100)
    body = {"Id": 1, "SyncToken": 0, "sparse": "true", "PrivateNote": "kept lines"}
    assert app.post("/invoice", body)["Invoice"]["TotalAmt"] == 100
    body = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Line": [line("12.50", Qty="1", UnitPrice="12.50")]}
    assert app.post("/invoice", body)["Invoice"]["TotalAmt"] == 12.5


@pytest.mark.behaviour(
    "Leniency", "Blank dates and choices are taken as not sent, and clear what was there.", "reported"
)
def test_blanks_clear(app):
    app.invoice(100, ShipDate="2026-11-02", PrivateNote="n", TrackingNum="7")
    blanks = {"ShipDate": "", "PrivateNote": "", "TrackingNum": None, "EmailStatus": ""}
    changed = app.post("/invoice", {"Id": "1", "SyncToken": "0", "sparse": True, **blanks})["Invoice"]
    assert [name for name in ("ShipDate", "PrivateNote", "TrackingNum") if name in changed] == []
    assert changed["EmailStatus"] == "NotSet"


@pytest.mark.behaviour(
    "Leniency", "An amount without a quantity, or with the quantity zero, stands for itself.", "reported"
)
@pytest.mark.parametrize("detail", [{}, {"Qty": 0}, {"Qty": 0, "UnitPrice": 0}, {"Qty": 0, "UnitPrice": 9}, {"Qty": 3}])
def test_an_amount_stands_without_a_quantity(app, line, detail):
    assert app.post("/invoice", app.invoice_body(Line=[line(100, **detail)]))["Invoice"]["TotalAmt"] == 100


@pytest.mark.behaviour(
    "Arithmetic",
    "An amount that is not quantity times price is corrected without a word, where the switch says so.",
    "reported",
    switch="amount_mismatch",
)
def test_a_wrong_amount_may_be_recomputed(app, line):
    app.books.world.switches.turn({"amount_mismatch": "recompute"})
    body = app.invoice_body(Line=[line(99.99, Qty=3, UnitPrice=33.333)])
    made = app.post("/invoice", body)["Invoice"]
    assert (made["Line"][0]["Amount"], made["TotalAmt"]) == (100, 100)


@pytest.mark.behaviour("Leniency", "A subtotal line that is sent is ignored and made anew.", "assumed")
def test_a_subtotal_that_is_sent_is_made_anew(app, line):
    wrong = {"DetailType": "SubTotalLineDetail", "Amount": 7, "SubTotalLineDetail": {"ItemRef": None}}
    made = app.post("/invoice", app.invoice_body(Line=[line(30), wrong, line(12)]))["Invoice"]
    assert [one["DetailType"] for one in made["Line"]] == ["SalesItemLineDetail"] * 2 + ["SubTotalLineDetail"]
    assert made["Line"][-1]["Amount"] == made["TotalAmt"] == 42


@pytest.mark.behaviour("Leniency", "A text line is worth nothing, whatever amount a client sends with it.", "assumed")
def test_a_text_line_is_worth_nothing(app):
    app.invoice_body()
    new = Invoice()
    new.CustomerRef = ref("1")
    text = DescriptionOnlyLine()
    text.Description = "Delivered on Monday"
    discount = DiscountLine()
    discount.DiscountLineDetail = DiscountLineDetail()
    discount.DiscountLineDetail.PercentBased = True
    discount.DiscountLineDetail.DiscountPercent = 10
    new.Line += [sales_line(100), text, discount]
    made = app.post("/invoice", body_of(new))["Invoice"]
    assert made["TotalAmt"] == 90
    assert made["Line"][1]["Description"] == "Delivered on Monday"
    assert "Amount" not in made["Line"][1]


@pytest.mark.behaviour(
    "Leniency",
    "A line without an item sells the company's first item; a reference's name and type are ignored.",
    "assumed",
)
def test_a_line_without_an_item_sells_the_first_one(app):
    app.invoice_body()
    bare = {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {}}
    customer = {"name": "Somebody else", "type": "Customer", "value": 1}
    made = app.post("/invoice", {"CustomerRef": customer, "Line": [bare]})["Invoice"]
    assert made["Line"][0]["SalesItemLineDetail"]["ItemRef"] == {"value": "1", "name": "Hour of work"}
    assert made["CustomerRef"]["name"] == "Ann's Shop"


@pytest.mark.behaviour("Limits", "A document with more than 10,000 lines is refused.", "documented")
def test_too_many_lines_are_refused(app, line):
    body = app.invoice_body(Line=[line(1)] * 10_001)
    assert app.refused("/invoice", body)["code"] == "6000"


@pytest.mark.behaviour(
    "Limits", "A taxed document with more than 750 lines is refused; untaxed it is taken.", "documented"
)
def test_too_many_taxed_lines_are_refused(app, line):
    body = app.invoice_body(Line=[line(1, "TAX")] * 751)
    assert app.refused("/invoice", {**body, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}})["code"] == "6000"
    assert app.post("/invoice", body)["Invoice"]["TotalAmt"] == 751
