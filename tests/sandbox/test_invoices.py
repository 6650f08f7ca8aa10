"""Invoices: what is completed, what is refused, how they add up, and how they end."""

from datetime import UTC, datetime

import pytest


def percent_discount(percent):
    detail = {"PercentBased": True, "DiscountPercent": percent}
    return {"DetailType": "DiscountLineDetail", "DiscountLineDetail": detail}


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


def test_an_unknown_property_of_a_line_is_named_with_its_class(app, line):
    error = app.refused("/invoice", app.invoice_body(Line=[line(1, Amount=1)]))
    assert error["code"] == "2010"
    assert 'Unrecognized field "Amount" (class com.intuit.schema.finance.v3.SalesItemLineDetail)' in error["Detail"]


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


def test_more_than_seven_decimals_are_refused(app, line):
    assert app.refused("/invoice", app.invoice_body(Line=[line(1, Qty=1, UnitPrice=1.00000001)]))["code"] == "2080"


@pytest.mark.parametrize("number", [12345678901.23, 0.07, 99999999.99])
def test_money_keeps_every_digit(app, number):
    assert app.invoice(number)["TotalAmt"] == number


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


def test_rounding_by_document_differs_from_rounding_by_line(app, line):
    lines = [line(0.56, "TAX"), line(0.56, "TAX"), line(0.56, "TAX")]
    body = {**app.invoice_body(Line=lines), "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
    assert app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]["TotalTax"] == 0.13
    app.books.world.switches.turn({"tax_rounding": "line"})
    assert app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]["TotalTax"] == 0.12


def test_a_discount_comes_off_before_or_after_tax(app, line):
    lines = [line(100, "TAX"), line(100, "NON"), percent_discount(10)]
    body = {**app.invoice_body(Line=lines), "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}}
    before = app.post("/invoice", body)["Invoice"]
    assert (before["TxnTaxDetail"]["TotalTax"], before["TotalAmt"]) == (8, 188)
    after = app.post("/invoice", {**body, "ApplyTaxAfterDiscount": True})["Invoice"]
    assert (after["TxnTaxDetail"]["TotalTax"], after["TotalAmt"]) == (7.2, 187.2)
    kinds = [one["DetailType"] for one in after["Line"]]
    assert kinds == ["SalesItemLineDetail", "SalesItemLineDetail", "SubTotalLineDetail", "DiscountLineDetail"]


def test_a_discount_needs_its_preference_and_stands_alone(app, line):
    two = app.invoice_body(Line=[line(100), percent_discount(1), percent_discount(2)])
    assert app.refused("/invoice", two)["code"] == "6000"
    app.post("/preferences", {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"AllowDiscount": False}})
    assert app.refused("/invoice", app.invoice_body(Line=[line(100), percent_discount(1)]))["code"] == "6000"


@pytest.mark.parametrize(
    ("fields", "due"),
    [({}, "2026-12-31"), ({"SalesTermRef": {"value": "2"}}, "2026-12-16"), ({"DueDate": "2027-02-03"}, "2027-02-03")],
)
def test_the_due_date_follows_the_term_unless_it_is_sent(app, fields, due):
    assert app.invoice(TxnDate="2026-12-01", **fields)["DueDate"] == due


def test_the_date_is_today_in_the_companys_time_zone(books, connect):
    books.clock.set(datetime(2026, 12, 2, 3, tzinfo=UTC))
    assert connect().invoice()["TxnDate"] == "2026-12-01"


def custom_numbers(app):
    app.post(
        "/preferences", {"Id": "1", "SyncToken": "0", "sparse": True, "SalesFormsPrefs": {"CustomTxnNumbers": True}}
    )


def test_numbers_follow_the_last_one_used(app):
    assert app.invoice()["DocNumber"] == "1001"
    assert app.invoice(DocNumber="2209")["DocNumber"] == "2209"
    assert app.invoice()["DocNumber"] == "2210"


def test_with_custom_numbers_an_invoice_without_one_gets_none_unless_asked(app):
    custom_numbers(app)
    assert "DocNumber" not in app.invoice()
    assert app.invoice(DocNumber="A-7")["DocNumber"] == "A-7"
    assert app.invoice(DocNumber="AUTO_GENERATE")["DocNumber"] == "1001"
    assert app.invoice(AutoDocNumber=True)["DocNumber"] == "1002"


def test_a_number_in_use_is_refused_unless_duplicates_are_allowed(app):
    first = app.invoice(DocNumber="A-7")
    error = app.refused("/invoice", app.invoice_body(DocNumber="a-7"))
    assert error["code"] == "6140"
    assert f"TxnType=Invoice with TxnId={first['Id']}" in error["Detail"]
    allowed = app.post("/invoice", app.invoice_body(DocNumber="A-7"), include="allowduplicatedocnum")["Invoice"]
    assert allowed["DocNumber"] == "A-7"


def test_a_sparse_update_with_lines_replaces_all_lines(app, line):
    lines = [line(10) | {"Description": "first"}, line(20) | {"Description": "second"}]
    app.post("/invoice", app.invoice_body(Line=lines))
    kept = {"Id": "2", **line(25)}
    changed = app.post("/invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "Line": [kept, line(5)]})["Invoice"]
    own = [one for one in changed["Line"] if one["DetailType"] == "SalesItemLineDetail"]
    assert [(one["Id"], one["Amount"], one.get("Description")) for one in own] == [("2", 25, None), ("3", 5, None)]
    assert (changed["TotalAmt"], app.read("Customer", "1")["Balance"]) == (30, 30)


def test_a_full_update_clears_what_it_omits(app):
    made = app.invoice(PrivateNote="x", DocNumber="77")
    body = {"Id": made["Id"], "SyncToken": "0", "CustomerRef": {"value": "1"}, "Line": made["Line"]}
    full = app.post("/invoice", body)["Invoice"]
    assert ("PrivateNote" in full, "DocNumber" in full, full["TotalAmt"]) == (False, False, 100)
    assert full["MetaData"]["CreateTime"] == made["MetaData"]["CreateTime"]


def test_what_was_read_can_be_written_back_whole(app):
    made = app.invoice(TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    again = app.post("/invoice", app.read("Invoice", made["Id"]))["Invoice"]
    assert {**again, "SyncToken": "0", "MetaData": made["MetaData"]} == made
    assert again["TotalAmt"] == 108


def test_an_invoice_touches_its_customer_without_a_new_version(app):
    app.customer()
    app.books.clock.advance(60)
    app.invoice(50)
    customer = app.read("Customer", "1")
    assert (customer["Balance"], customer["SyncToken"]) == (50, "0")
    assert customer["MetaData"]["LastUpdatedTime"] > customer["MetaData"]["CreateTime"]


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


def test_voiding_a_paid_invoice_is_refused_or_gives_the_money_back(app):
    made = app.invoice(100)
    payment = app.pay(made, 40)
    void = {"Id": made["Id"], "SyncToken": "1"}
    assert app.refused("/invoice", void, operation="void")["code"] == "6000"
    app.books.world.switches.turn({"void_paid": "unlink"})
    assert app.post("/invoice", void, operation="void")["Invoice"]["LinkedTxn"] == []
    assert app.read("Payment", payment["Id"])["UnappliedAmt"] == 40
    assert app.read("Customer", "1")["Balance"] == -40


def test_a_deleted_invoice_is_gone(app):
    made = app.invoice()
    answer = app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    assert answer["Invoice"] == {"status": "Deleted", "domain": "QBO", "Id": made["Id"]}
    gone = app.call("GET", f"/invoice/{made['Id']}")
    assert (gone.status_code, gone.json()["Fault"]["Error"][0]["code"]) == (400, "610")
    assert app.query("select * from Invoice") == {}
    assert app.read("Customer", "1")["Balance"] == 0
    assert app.refused("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")["code"] == "610"


def test_an_invoice_with_a_payment_is_not_deleted(app):
    made = app.invoice()
    app.pay(made, 1)
    assert app.refused("/invoice", {"Id": made["Id"], "SyncToken": "1"}, operation="delete")["code"] == "6000"


def test_sending_marks_it_sent_and_leaves_the_version(app):
    made = app.invoice()
    sent = app.post(f"/invoice/{made['Id']}/send", sendTo="a+b@example.com")["Invoice"]
    assert (sent["EmailStatus"], sent["SyncToken"]) == ("EmailSent", "0")
    assert sent["BillEmail"] == {"Address": "a+b@example.com"}
    assert sent["DeliveryInfo"]["DeliveryType"] == "Email"
    assert sent["DeliveryInfo"]["DeliveryTime"]


def test_sending_needs_an_address(app):
    made = app.invoice()
    assert app.refused(f"/invoice/{made['Id']}/send", None)["code"] == "6000"
    assert app.refused(f"/invoice/{made['Id']}/send", None, sendTo="nobody")["code"] == "2210"


def test_needing_to_be_sent_waits_for_delivery(app):
    made = app.invoice(EmailStatus="NeedToSend", BillEmail={"Address": "a@example.com"})
    assert made["DeliveryInfo"] == {"DeliveryType": "Email"}


def test_a_pdf_is_a_pdf(app):
    made = app.invoice()
    answer = app.call("GET", f"/invoice/{made['Id']}/pdf", headers={"Accept": "application/pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def test_python_quickbooks_sends_its_default_fields_and_is_understood(app, line):
    app.invoice_body()
    defaults = {
        "AllowIPNPayment": True,
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
        "InvoiceLink": "",
        "LinkedTxn": [],
        "PrivateNote": "",
        "TotalAmt": "",
        "TrackingNum": "",
        "SyncToken": 0,
        "sparse": False,
        "domain": "QBO",
        "BillAddr": None,
        "CustomerRef": {"name": "", "type": "", "value": "1"},
        "Line": [{**line(1, ServiceDate="", TaxInclusiveAmt=0), "LineNum": 0, "LinkedTxn": [], "CustomField": []}],
    }
    made = app.post("/invoice", defaults)["Invoice"]
    assert (made["TotalAmt"], made["AllowIPNPayment"]) == (1, False)
    assert "ExchangeRate" not in made
