"""Invoices: what is completed, what is refused, how they add up, and how they end."""

from datetime import UTC, datetime

import pytest


def percent_discount(percent):
    detail = {"PercentBased": True, "DiscountPercent": percent}
    return {"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}


@pytest.mark.behaviour(
    "Invoices",
    "A bare invoice gets number, dates, currency, addresses, accounts and a subtotal line, but no e-mail address.",
    "recorded",
)
def test_an_invoice_is_completed_as_a_live_company_completed_it(app, line):
    app.customer(PrimaryEmailAddr={"Address": "ann@example.com"}, BillAddr={"Line1": "100 Sample St."})
    app.item("Example Item")
    made = app.post(
        "/invoice", {"CustomerRef": {"value": "1"}, "TxnDate": "2026-06-11", "Line": [line(240, Qty=2, UnitPrice=120)]}
    )
    invoice = made["Invoice"]
    assert (invoice["DocNumber"], invoice["SyncToken"], invoice["EmailStatus"]) == ("1001", "0", "NotSet")
    assert (invoice["TotalAmt"], invoice["Balance"], invoice["TxnTaxDetail"]) == (240, 240, {"TotalTax": 0})
    assert invoice["CustomerRef"] == {"value": "1", "name": "Ann's Shop"}
    assert invoice["CurrencyRef"] == {"value": "USD", "name": "United States Dollar"}
    assert invoice["DueDate"] == "2026-07-11"
    assert invoice["BillAddr"]["Line1"] == invoice["ShipAddr"]["Line1"] == "100 Sample St."
    assert "BillEmail" not in invoice
    assert invoice["Line"] == [
        {
            "Id": "1",
            "LineNum": 1,
            "Amount": 240,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "1", "name": "Example Item"},
                "UnitPrice": 120,
                "Qty": 2,
                "ItemAccountRef": {"value": "1", "name": "Services"},
                "TaxCodeRef": {"value": "NON"},
            },
            "CustomExtensions": [],
        },
        {"Amount": 240, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ]
    assert made["time"][-6:] in ("-07:00", "-08:00")


@pytest.mark.behaviour(
    "Validation",
    "What is missing (2020), unknown (2500, 2010), too long (2050) or wrong (2170, 6000) is refused; nothing is made.",
    "reported",
)
@pytest.mark.parametrize(
    ("changes", "code", "element"),
    [
        ({"CustomerRef": None}, "2020", "CustomerRef"),
        ({"Line": []}, "2020", "Line"),
        ({"CustomerRef": {"value": "77"}}, "2500", ""),
        ({"SalesTermRef": {"value": "77"}}, "2500", ""),
        ({"DocNumber": "x" * 22}, "2050", "DocNumber"),
        ({"PrivateNote": "x" * 4001}, "2050", "PrivateNote"),
        ({"CustomerMemo": {"value": "x" * 1001}}, "2050", "CustomerMemo.value"),
        ({"TxnDate": "yesterday"}, "2170", "TxnDate"),
        ({"EmailStatus": "NeedToSend"}, "2020", "BillEmail"),
        ({"Colour": "red"}, "2010", None),
        ({"CurrencyRef": {"value": "EUR"}}, "6000", ""),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(app, changes, code, element):
    error = app.refused("/invoice", app.invoice_body(**changes))
    assert (error["code"], error.get("element")) == (code, element)
    assert app.query("select count(*) from Invoice") == {"totalCount": 0}


@pytest.mark.behaviour(
    "Validation", "An unknown property is refused with 2010, which names it and its class.", "reported"
)
def test_an_unknown_property_of_a_line_is_named_with_its_class(app, line):
    error = app.refused("/invoice", app.invoice_body(Line=[line(1, Amount=1)]))
    assert error["code"] == "2010"
    assert 'Unrecognized field "Amount" (class com.intuit.schema.finance.v3.SalesItemLineDetail)' in error["Detail"]


@pytest.mark.behaviour(
    "Arithmetic",
    "A line whose amount is not quantity times price, rounded half up to cents, is refused with 6070.",
    "reported",
    switch="amount_mismatch",
)
@pytest.mark.parametrize(
    ("quantity", "price", "amount", "fits"),
    [
        (3, 33.333, 100, True),
        (0.5, 0.01, 0.01, True),
        (1.5, 0.0000001, 0, True),
        (3, 33.333, 99.99, False),
        (2, 10, 19.99, False),
    ],
)
def test_an_amount_is_quantity_times_price_rounded_half_up(app, line, quantity, price, amount, fits):
    body = app.invoice_body(Line=[line(amount, Qty=quantity, UnitPrice=price)])
    answer = app.call("POST", "/invoice", body)
    assert (answer.status_code == 200) is fits
    if not fits:
        assert answer.json()["Fault"]["Error"][0]["code"] == "6070"


@pytest.mark.behaviour(
    "Arithmetic", "A quantity or a unit price has at most seven decimals; more are refused with 2080.", "documented"
)
def test_more_than_seven_decimals_are_refused(app, line):
    assert app.refused("/invoice", app.invoice_body(Line=[line(1, Qty=1, UnitPrice=1.00000001)]))["code"] == "2080"


@pytest.mark.behaviour("Arithmetic", "Amounts are exact decimals, written as plain JSON numbers.", "recorded")
@pytest.mark.parametrize("number", [12345678901.23, 0.07, 99999999.99])
def test_money_keeps_every_digit(app, number):
    assert app.invoice(number)["TotalAmt"] == number


@pytest.mark.behaviour(
    "Arithmetic",
    "In the United States tax is rounded half up once per rate over the whole document.",
    "recorded",
    switch="tax_rounding",
)
def test_tax_is_rounded_once_per_rate_over_the_document(app, line):
    body = app.invoice_body(Line=[line(0.99, "TAX"), line(0.99, "TAX"), line(5, "NON")])
    invoice = app.post("/invoice", {**body, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "3"}}})["Invoice"]
    detail = invoice["TxnTaxDetail"]
    # 1.98 at 7.1 % is 0.14058 and at 2 % 0.0396; line by line the first would be 0.14 as well, the second 0.04.
    assert [(one["Amount"], one["TaxLineDetail"]["NetAmountTaxable"]) for one in detail["TaxLine"]] == [
        (0.14, 1.98),
        (0.04, 1.98),
    ]
    assert (detail["TotalTax"], invoice["TotalAmt"]) == (0.18, 7.16)


@pytest.mark.behaviour(
    "Arithmetic", "Rounding line by line instead gives other cents.", "documented", switch="tax_rounding"
)
def test_rounding_by_document_differs_from_rounding_by_line(app, line):
    lines = [line(0.56, "TAX"), line(0.56, "TAX"), line(0.56, "TAX")]
    body = {**app.invoice_body(Line=lines), "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
    assert app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]["TotalTax"] == 0.13
    app.books.world.switches.turn({"tax_rounding": "line"})
    assert app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]["TotalTax"] == 0.12


@pytest.mark.behaviour(
    "Arithmetic",
    "A discount lowers the taxed amount only with ApplyTaxAfterDiscount; its line stands behind the subtotal.",
    "documented",
)
def test_a_discount_comes_off_before_or_after_tax(app, line):
    lines = [line(100, "TAX"), line(100, "NON"), percent_discount(10)]
    body = {**app.invoice_body(Line=lines), "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
    before = app.post("/invoice", body)["Invoice"]
    assert (before["TxnTaxDetail"]["TotalTax"], before["TotalAmt"]) == (8, 188)
    after = app.post("/invoice", {**body, "ApplyTaxAfterDiscount": True})["Invoice"]
    assert (after["TxnTaxDetail"]["TotalTax"], after["TotalAmt"]) == (7.2, 187.2)
    kinds = [one["DetailType"] for one in after["Line"]]
    assert kinds == ["SalesItemLineDetail", "SalesItemLineDetail", "SubTotalLineDetail", "DiscountLineDetail"]


@pytest.mark.behaviour(
    "Invoices", "There is one discount line per document, and only where the company allows discounts.", "documented"
)
def test_a_discount_needs_its_preference_and_stands_alone(app, line):
    two = app.invoice_body(Line=[line(100), percent_discount(1), percent_discount(2)])
    assert app.refused("/invoice", two)["code"] == "6000"
    app.post("/preferences", {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"AllowDiscount": False}})
    assert app.refused("/invoice", app.invoice_body(Line=[line(100), percent_discount(1)]))["code"] == "6000"


@pytest.mark.behaviour(
    "Invoices",
    "The due date is the issue date plus the term's days, 30 without a term, unless one is sent.",
    "recorded",
)
@pytest.mark.parametrize(
    ("fields", "due"),
    [({}, "2026-12-31"), ({"SalesTermRef": {"value": "2"}}, "2026-12-16"), ({"DueDate": "2027-02-03"}, "2027-02-03")],
)
def test_the_due_date_follows_the_term_unless_it_is_sent(app, fields, due):
    assert app.invoice(TxnDate="2026-12-01", **fields)["DueDate"] == due


@pytest.mark.behaviour(
    "Invoices", "Without a date an invoice is of today, as the company's time zone has it.", "assumed"
)
def test_the_date_is_today_in_the_companys_time_zone(books, connect):
    books.clock.set(datetime(2026, 12, 2, 3, tzinfo=UTC))
    assert connect().invoice()["TxnDate"] == "2026-12-01"


def custom_numbers(app):
    app.post(
        "/preferences", {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"CustomTxnNumbers": True}}
    )


@pytest.mark.behaviour("Document numbers", "QuickBooks gives the next number after the last one used.", "documented")
def test_numbers_follow_the_last_one_used(app):
    assert app.invoice()["DocNumber"] == "1001"
    assert app.invoice(DocNumber="2209")["DocNumber"] == "2209"
    assert app.invoice()["DocNumber"] == "2210"


@pytest.mark.behaviour("Document numbers", "A change of an older document leaves the next number.", "assumed")
def test_a_changed_invoice_does_not_turn_the_numbers_back(app):
    first, second, _ = (app.invoice(10) for _ in range(3))
    app.post("/invoice", {"Id": second["Id"], "SyncToken": "0"}, operation="delete")
    app.post("/invoice", {"Id": first["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "Seen"})
    assert app.invoice(10)["DocNumber"] == "1004"


@pytest.mark.behaviour("Document numbers", "No number given by QuickBooks has more than 21 digits.", "assumed")
def test_the_highest_number_has_no_next_one(app):
    app.invoice(10, DocNumber="9" * 21)
    assert app.invoice(10)["DocNumber"] == "1001"


@pytest.mark.behaviour(
    "Document numbers",
    "With custom numbers on, an invoice without a number gets none, except by AUTO_GENERATE or AutoDocNumber.",
    "documented",
)
def test_with_custom_numbers_an_invoice_without_one_gets_none_unless_asked(app):
    custom_numbers(app)
    assert "DocNumber" not in app.invoice()
    assert app.invoice(DocNumber="A-7")["DocNumber"] == "A-7"
    assert app.invoice(DocNumber="AUTO_GENERATE")["DocNumber"] == "1001"
    assert app.invoice(AutoDocNumber=True)["DocNumber"] == "1002"


@pytest.mark.behaviour(
    "Document numbers",
    "A number in use is refused with 6140, which names its holder, unless the call includes allowduplicatedocnum.",
    "documented",
    switch="duplicate_docnumber",
)
def test_a_number_in_use_is_refused_unless_duplicates_are_allowed(app):
    first = app.invoice(DocNumber="A-7")
    error = app.refused("/invoice", app.invoice_body(DocNumber="a-7"))
    assert error["code"] == "6140"
    assert f"TxnType=Invoice with TxnId={first['Id']}" in error["Detail"]
    allowed = app.post("/invoice", app.invoice_body(DocNumber="A-7"), include="allowduplicatedocnum")["Invoice"]
    assert allowed["DocNumber"] == "A-7"


@pytest.mark.behaviour(
    "Full and sparse updates",
    "Lines that are sent replace all lines; they keep their identity by Id and lose the fields they omit.",
    "reported",
)
def test_a_sparse_update_with_lines_replaces_all_lines(app, line):
    lines = [line(10) | {"Description": "first"}, line(20) | {"Description": "second"}]
    app.post("/invoice", app.invoice_body(Line=lines))
    kept = {"Id": "2", **line(25)}
    changed = app.post("/invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "Line": [kept, line(5)]})["Invoice"]
    own = [one for one in changed["Line"] if one["DetailType"] == "SalesItemLineDetail"]
    assert [(one["Id"], one["Amount"], one.get("Description")) for one in own] == [("2", 25, None), ("3", 5, None)]
    assert (changed["TotalAmt"], app.read("Customer", "1")["Balance"]) == (30, 30)


@pytest.mark.behaviour(
    "Full and sparse updates", "A full update clears the writable fields that it omits.", "documented"
)
def test_a_full_update_clears_what_it_omits(app):
    made = app.invoice(PrivateNote="x", DocNumber="77")
    body = {"Id": made["Id"], "SyncToken": "0", "CustomerRef": {"value": "1"}, "Line": made["Line"]}
    full = app.post("/invoice", body)["Invoice"]
    assert ("PrivateNote" in full, "DocNumber" in full, full["TotalAmt"]) == (False, False, 100)
    assert full["MetaData"]["CreateTime"] == made["MetaData"]["CreateTime"]


@pytest.mark.behaviour(
    "Full and sparse updates", "What was read can be written back whole; read-only properties are ignored.", "reported"
)
def test_what_was_read_can_be_written_back_whole(app):
    made = app.invoice(TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    again = app.post("/invoice", app.read("Invoice", made["Id"]))["Invoice"]
    assert {**again, "SyncToken": "0", "MetaData": made["MetaData"]} == made
    assert again["TotalAmt"] == 108


@pytest.mark.behaviour(
    "Versions",
    "An invoice changes its customer's balance and LastUpdatedTime, not the customer's SyncToken.",
    "recorded",
)
def test_an_invoice_touches_its_customer_without_a_new_version(app):
    app.customer()
    app.books.clock.advance(60)
    app.invoice(50)
    customer = app.read("Customer", "1")
    assert (customer["Balance"], customer["SyncToken"]) == (50, "0")
    assert customer["MetaData"]["LastUpdatedTime"] > customer["MetaData"]["CreateTime"]


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "A voided invoice keeps its number, has zero amounts, says Voided before its note and cannot be changed.",
    "documented",
)
def test_a_voided_invoice_is_worth_nothing_but_kept(app):
    made = app.invoice(PrivateNote="deal 7", TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    void = app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")["Invoice"]
    assert (void["TotalAmt"], void["Balance"], void["TxnTaxDetail"]["TotalTax"]) == (0, 0, 0)
    assert (void["PrivateNote"], void["SyncToken"], void["DocNumber"]) == ("Voided - deal 7", "1", made["DocNumber"])
    detail = void["Line"][0]["SalesItemLineDetail"]
    assert (void["Line"][0]["Amount"], detail["Qty"], "UnitPrice" in detail) == (0, 0, False)
    assert app.read("Customer", "1")["Balance"] == 0
    edit = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "PrivateNote": "x"}
    assert app.refused("/invoice", edit)["code"] == "6000"


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "Voiding a paid invoice is refused, or unlinks the payment and leaves its money unapplied.",
    "reported",
    switch="void_paid",
)
def test_voiding_a_paid_invoice_is_refused_or_gives_the_money_back(app):
    made = app.invoice(100)
    payment = app.pay(made, 40)
    void = {"Id": made["Id"], "SyncToken": "1"}
    assert app.refused("/invoice", void, operation="void")["code"] == "6000"
    app.books.world.switches.turn({"void_paid": "unlink"})
    assert app.post("/invoice", void, operation="void")["Invoice"]["LinkedTxn"] == []
    assert app.read("Payment", payment["Id"])["UnappliedAmt"] == 40
    assert app.read("Customer", "1")["Balance"] == -40


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "A deleted invoice is answered with a stub and gone from reads (610), queries and its customer's balance.",
    "documented",
)
def test_a_deleted_invoice_is_gone(app):
    made = app.invoice()
    answer = app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert answer["Invoice"] == {"status": "Deleted", "domain": "QBO", "Id": made["Id"]}
    gone = app.call("GET", f"/invoice/{made['Id']}")
    assert (gone.status_code, gone.json()["Fault"]["Error"][0]["code"]) == (400, "610")
    assert app.query("select * from Invoice") == {}
    assert app.read("Customer", "1")["Balance"] == 0
    assert app.refused("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")["code"] == "610"


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "An invoice with a payment is not deleted before it is unlinked.", "documented"
)
def test_an_invoice_with_a_payment_is_not_deleted(app):
    made = app.invoice()
    app.pay(made, 1)
    assert app.refused("/invoice", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")["code"] == "6000"


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "Sending sets EmailStatus, DeliveryInfo and BillEmail and leaves the SyncToken.",
    "recorded",
    switch="send_bumps",
)
def test_sending_marks_it_sent_and_leaves_the_version(app):
    made = app.invoice()
    sent = app.post(f"/invoice/{made['Id']}/send", sendTo="a+b@example.com")["Invoice"]
    assert (sent["EmailStatus"], sent["SyncToken"]) == ("EmailSent", "0")
    assert sent["BillEmail"] == {"Address": "a+b@example.com"}
    assert sent["DeliveryInfo"]["DeliveryType"] == "Email"
    assert sent["DeliveryInfo"]["DeliveryTime"]


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "Sending needs an address, sent along or the document's own.", "assumed"
)
def test_sending_needs_an_address(app):
    made = app.invoice()
    assert app.refused(f"/invoice/{made['Id']}/send", None)["code"] == "6000"
    assert app.refused(f"/invoice/{made['Id']}/send", None, sendTo="nobody")["code"] == "2210"


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "NeedToSend on create queues the e-mail: DeliveryInfo has no time yet.", "recorded"
)
def test_needing_to_be_sent_waits_for_delivery(app):
    made = app.invoice(EmailStatus="NeedToSend", BillEmail={"Address": "a@example.com"})
    assert made["DeliveryInfo"] == {"DeliveryType": "Email"}


@pytest.mark.behaviour("Void, delete, send, PDF", "An invoice can be read as a PDF.", "documented")
def test_a_pdf_is_a_pdf(app):
    made = app.invoice()
    answer = app.call("GET", f"/invoice/{made['Id']}/pdf", headers={"Accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


@pytest.mark.behaviour("Invoices", "A deposit lowers the balance, which is never below zero.", "documented")
def test_a_deposit_lowers_the_balance(app):
    made = app.invoice(100, Deposit=30)
    assert (made["TotalAmt"], made["Balance"], app.read("Customer", "1")["Balance"]) == (100, 70, 70)
    app.pay(made, 50)
    change = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Deposit": 80}
    assert app.post("/invoice", change)["Invoice"]["Balance"] == 0
    # The payment may keep what the deposit leaves of the invoice.
    assert app.read("Payment", "2")["UnappliedAmt"] == 30
    assert app.read("Customer", "1")["Balance"] == -30
    assert app.invoice(10, Deposit=25)["Balance"] == 0


@pytest.mark.behaviour("Invoices", "Lines changed after a payment leave what was paid and open the rest.", "assumed")
def test_changed_lines_keep_what_was_paid(app, line):
    made = app.invoice(100)
    app.pay(made, 100)
    change = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Line": [line(250)]}
    changed = app.post("/invoice", change)["Invoice"]
    assert (changed["TotalAmt"], changed["Balance"], app.read("Customer", "1")["Balance"]) == (250, 150, 150)


@pytest.mark.behaviour(
    "Invoices", "An invoice that becomes worthless gives its payment back and loses the link.", "assumed"
)
def test_a_worthless_invoice_gives_its_payment_back(app, line):
    made = app.invoice(100)
    app.pay(made, 60)
    change = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Line": [line(0)]}
    app.post("/invoice", change)
    worthless = app.read("Invoice", made["Id"])
    assert (worthless["TotalAmt"], worthless["LinkedTxn"]) == (0, [])
    assert app.read("Payment", "2")["UnappliedAmt"] == 60
    assert app.read("Customer", "1")["Balance"] == -60


@pytest.mark.behaviour("Invoices", "An invoice that changes hands moves its balance to the other customer.", "assumed")
def test_a_balance_moves_with_its_invoice(app):
    made = app.invoice(100)
    other = app.customer("Another")
    moved = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "CustomerRef": {"value": other["Id"]}}
    assert app.post("/invoice", moved)["Invoice"]["CustomerRef"]["name"] == "Another"
    assert [app.read("Customer", id)["Balance"] for id in ("1", other["Id"])] == [0, 100]


@pytest.mark.behaviour(
    "Invoices", "The pay link is answered on request only, with online payment and an e-mail address.", "documented"
)
def test_the_pay_link_is_answered_on_request(app):
    online = {"AllowOnlineCreditCardPayment": True, "BillEmail": {"Address": "ann@example.com"}}
    made = app.invoice(100, **online)
    assert "InvoiceLink" not in app.read("Invoice", made["Id"])
    asked = app.get(f"/invoice/{made['Id']}", include="invoiceLink")["Invoice"]
    assert asked["InvoiceLink"].startswith("https://")
    other = app.get(f"/invoice/{app.invoice(1, **online)['Id']}", include="invoiceLink")["Invoice"]
    assert other["InvoiceLink"] != asked["InvoiceLink"]
    for name in online:
        offline = app.invoice(1, **{**online, name: None})
        assert "InvoiceLink" not in app.get(f"/invoice/{offline['Id']}", include="invoiceLink")["Invoice"]


@pytest.mark.behaviour(
    "Leniency",
    "Every property of Intuit's schema for a sales transaction is known; a blank one says nothing.",
    "documented",
)
@pytest.mark.parametrize("kind", ["Invoice", "Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt"])
def test_every_property_of_the_schema_is_known(app, kind):
    # Finance.xsd of Intuit's .NET SDK: IntuitEntity, Transaction and SalesTransaction.
    names = """
        CustomField AttachableRef DepartmentRef CurrencyRef ExchangeRate PrivateNote TxnStatus LinkedTxn TxnTaxDetail
        TxnSource TaxFormType TaxFormNum TransactionLocationType Tag TxnApprovalInfo RecurDataRef RecurringInfo
        ProjectRef TotalCostAmount HomeTotalCostAmount AutoDocNumber CustomerMemo BillAddr ShipAddr FreeFormAddress
        ShipFromAddr RemitToRef ClassRef SalesTermRef DueDate SalesRepRef PONumber FOB ShipMethodRef ShipDate
        TrackingNum GlobalTaxCalculation TotalAmt HomeTotalAmt ApplyTaxAfterDiscount ShippingTaxIncludedInTotalTax
        TemplateRef PrintStatus EmailStatus BillEmail BillEmailCc BillEmailBcc ARAccountRef Balance HomeBalance
        FinanceCharge PaymentMethodRef PaymentRefNum PaymentType CheckPayment CreditCardPayment DeliveryInfo
        DiscountRate DiscountAmt GovtTxnRefIdentifier TaxExemptionRef DocNumber TxnDate MetaData SyncToken
    """
    body = dict.fromkeys(names.split(), "") | app.invoice_body(DepositToAccountRef={"value": "35"})
    assert app.post(f"/{kind.lower()}", body)[kind]["TotalAmt"] == 100


@pytest.mark.behaviour(
    "Invoices", "A term by day of the month falls due then, a month later when issued too close to it.", "documented"
)
@pytest.mark.parametrize(
    ("day", "within", "issued", "due"),
    [
        (15, 5, "2026-03-10", "2026-03-15"),
        (15, 5, "2026-03-11", "2026-04-15"),
        (15, 0, "2026-12-16", "2027-01-15"),
        (31, 0, "2027-02-01", "2027-02-28"),
        (31, 10, "2026-12-25", "2027-01-31"),
    ],
)
def test_a_term_by_day_of_the_month(app, day, within, issued, due):
    app.invoice_body()
    dated = {"Name": "Monthly", "DayOfMonthDue": day, "DueNextMonthDays": within}
    term = app.post("/term", dated)["Term"]
    assert app.invoice(1, TxnDate=issued, SalesTermRef={"value": term["Id"]})["DueDate"] == due


@pytest.mark.behaviour(
    "Invoices",
    "A custom field is answered with its type, and with the name that the sales forms give it.",
    "documented",
)
def test_custom_fields_have_a_name_and_a_type(app):
    named = {"Name": "SalesFormsPrefs.SalesCustomName1", "Type": "StringType", "StringValue": "Crew #"}
    forms = {"SalesFormsPrefs": {"CustomField": [{"CustomField": [named]}]}}
    app.post("/preferences", {"Id": "1", "SyncToken": "0", "sparse": True, **forms})
    sent = [{"DefinitionId": "1", "StringValue": "102"}, {"DefinitionId": "2", "StringValue": "x"}]
    made = app.invoice(1, CustomField=sent)
    assert made["CustomField"] == [
        {"DefinitionId": "1", "Name": "Crew #", "Type": "StringType", "StringValue": "102"},
        {"DefinitionId": "2", "Type": "StringType", "StringValue": "x"},
    ]
    long = [{"DefinitionId": "1", "StringValue": "x" * 32}]
    assert app.refused("/invoice", app.invoice_body(CustomField=long))["code"] == "2050"


@pytest.mark.behaviour(
    "Limits", "A company sends 40 e-mails a day; one more is refused.", "documented", switch="limits"
)
def test_forty_mails_a_day(app):
    app.invoice(1)
    app.books.world.switches.turn({"limits": "on"})
    for _ in range(40):
        # Ten calls a second are let through.
        app.books.clock.advance(1)
        app.post("/invoice/1/send", sendTo="ann@example.com")
    app.books.clock.advance(1)
    assert app.refused("/invoice/1/send", None, sendTo="bob@example.com")["code"] == "6000"
    assert app.read("Invoice", "1")["BillEmail"] == {"Address": "ann@example.com"}


@pytest.mark.behaviour(
    "Invoices", "In the United States an invoice is shipped from the company's address, in two lines.", "recorded"
)
def test_goods_are_shipped_from_the_company(app):
    made = app.invoice(1)
    assert made["ShipFromAddr"]["Line1"] == "1 Company Way"
    assert made["ShipFromAddr"]["Line2"].startswith("Sampletown")


@pytest.mark.behaviour(
    "Full and sparse updates",
    "An address that is written back as it was keeps its Id; another one gets a new Id.",
    "assumed",
)
def test_an_address_keeps_its_id(app):
    app.customer(BillAddr={"Line1": "100 Sample St."})
    app.item("Hour of work")
    made = app.invoice(1, ShipAddr={"Line1": "7 Quay"})
    assert made["BillAddr"] == app.read("Customer", "1")["BillAddr"]
    again = app.post("/invoice", app.read("Invoice", made["Id"]))["Invoice"]
    names = ("BillAddr", "ShipAddr", "ShipFromAddr")
    assert [again[name] for name in names] == [made[name] for name in names]
    moved = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "ShipAddr": {"Line1": "8 Quay"}}
    assert app.post("/invoice", moved)["Invoice"]["ShipAddr"]["Id"] not in (again["ShipAddr"]["Id"], "")


@pytest.mark.behaviour(
    "Document numbers", "In France a document with custom numbers on must bring one (2020).", "documented"
)
def test_france_wants_a_number(connect):
    app = connect(country="FR")
    app.customer()
    app.item(Taxable=True)
    custom_numbers(app)
    detail = {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "2"}}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 10, "SalesItemLineDetail": detail}
    body = {"CustomerRef": {"value": "1"}, "Line": [line]}
    assert app.refused("/invoice", body)["element"] == "DocNumber"
    assert app.post("/invoice", {**body, "DocNumber": "F-1"})["Invoice"]["DocNumber"] == "F-1"


@pytest.mark.behaviour("Validation", "A class on a line must exist (2500), and is answered with its name.", "reported")
def test_a_lines_class_must_exist(app, line):
    body = app.invoice_body(Line=[line(1, ClassRef={"value": "77"})])
    error = app.refused("/invoice", body)
    assert (error["code"], error["Detail"]) == ("2500", "Invalid Reference Id : Klasses element id 77 not found")
    made = app.post("/class", {"Name": "North"})["Class"]
    body["Line"] = [line(1, ClassRef={"value": made["Id"]})]
    detail = app.post("/invoice", body)["Invoice"]["Line"][0]["SalesItemLineDetail"]
    assert detail["ClassRef"] == {"value": made["Id"], "name": "North"}


@pytest.mark.behaviour(
    "Validation",
    "A new document names active records only (610); one that has them keeps customer, item and term when they end.",
    "reported",
)
def test_a_document_keeps_what_has_become_inactive(app, line):
    term = app.post("/term", {"Name": "Soon", "DueDays": 7})["Term"]
    made = app.invoice(1, SalesTermRef={"value": term["Id"]})
    for path, id in (("/customer", "1"), ("/item", "1"), ("/term", term["Id"])):
        kind = path[1:].title()
        ended = {"Id": id, "SyncToken": app.read(kind, id)["SyncToken"], "sparse": True, "Active": False}
        app.post(path, ended)
    again = app.post("/invoice", {**app.read("Invoice", made["Id"]), "PrivateNote": "kept"})["Invoice"]
    assert (again["PrivateNote"], again["DueDate"], again["TotalAmt"]) == ("kept", made["DueDate"], 1)
    assert app.refused("/invoice", {"CustomerRef": {"value": "1"}, "Line": [line(1)]})["code"] == "610"
    other = app.customer("Another")
    body = {"CustomerRef": {"value": other["Id"]}, "Line": [line(1)]}
    assert app.refused("/invoice", body)["code"] == "610"


@pytest.mark.behaviour(
    "Validation", "An invoice keeps a bundle and a discount account when they become inactive.", "assumed"
)
def test_an_invoice_keeps_its_bundle_and_its_discount_account(app, line):
    body = app.invoice_body()
    parts = {"ItemGroupLine": [{"ItemRef": {"value": "1"}, "Qty": 2}]}
    bundle = app.item("Job", Type="Group", ItemGroupDetail=parts)
    account = app.post("/account", {"Name": "Rebates", "AccountType": "Income"})["Account"]
    detail = {"GroupItemRef": {"value": bundle["Id"]}}
    rebate = {"DiscountAccountRef": {"value": account["Id"]}}
    lines = [
        line(10),
        {"DetailType": "GroupLineDetail", "GroupLineDetail": detail},
        {"DetailType": "DiscountLineDetail", "Amount": 1, "DiscountLineDetail": rebate},
    ]
    made = app.post("/invoice", {**body, "Line": lines})["Invoice"]
    for path, record in (("/item", bundle), ("/account", account)):
        app.post(path, {"Id": record["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    note = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "kept"}
    assert app.post("/invoice", note)["Invoice"]["TotalAmt"] == made["TotalAmt"]
    for one in lines[1:]:
        assert app.refused("/invoice", {**body, "Line": [line(10), one]})["code"] == "610"
