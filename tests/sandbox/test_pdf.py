"""The PDF of a sales document: what a person finds on it, read back with poppler's pdftotext."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture(autouse=True, scope="module")
def poppler():
    """Debian's poppler-utils; where a browser is named, as in CI, they must be there too."""
    if shutil.which("pdftotext") is None:
        (pytest.fail if "DEALBOOKS_TEST_CHROMIUM" in os.environ else pytest.skip)("pdftotext is not installed")


def pdf(app, kind, id):
    answer = app.call("GET", f"/{kind}/{id}/pdf", headers={"Accept": "application/pdf"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    return answer.content


def words(written):
    """The text with its layout, each run of spaces as one."""
    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=written, capture_output=True, check=True)
    return [" ".join(line.split()) for line in told.stdout.decode().splitlines() if line.strip()]


def pages(written):
    told = subprocess.run(["pdfinfo", "-"], input=written, capture_output=True, check=True).stdout.decode()
    return int(next(line for line in told.splitlines() if line.startswith("Pages:")).split()[1])


def lone_letters(written, page):
    """What stands by itself on a page, as each letter of a word that lies askew does."""
    command = ["pdftotext", "-f", str(page), "-l", str(page), "-", "-"]
    told = subprocess.run(command, input=written, capture_output=True, check=True).stdout.decode()
    return {one for one in told.split() if len(one) == 1}


def sold(amount, description, quantity=None, rate=None, item="1", code="TAX"):
    detail = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": code}}
    detail |= {"Qty": quantity, "UnitPrice": rate} if quantity else {}
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "Description": description,
        "SalesItemLineDetail": detail,
    }


@pytest.mark.behaviour(
    "Void, delete, send, PDF",
    "The PDF of an invoice shows its number, dates, parties, lines, discount, each tax, total and balance.",
    "assumed",
)
def test_a_pdf_says_everything_that_an_invoice_says(app):
    home = {"Line1": "5 Mill Lane", "City": "Tucson", "CountrySubDivisionCode": "AZ", "PostalCode": "85701"}
    app.customer(BillAddr=home)
    app.item(Taxable=True)
    lines = [
        sold(57, "Copper pipe by the metre", 8, 7.125),
        sold(1200, "A day of work"),
        {"DetailType": "DescriptionOnly", "Description": "Carried to the third floor"},
        {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}},
    ]
    made = app.invoice(
        Line=lines,
        DocNumber="INV-2031/7",
        TxnDate="2031-01-15",
        SalesTermRef={"value": "3"},
        TxnTaxDetail={"TxnTaxCodeRef": {"value": "3"}},
        CustomerMemo={"value": "Thank you,\nsee you soon"},
    )
    app.pay(made, 131.3)
    text = words(pdf(app, "invoice", made["Id"]))
    page = "\n".join(text)
    for found in (
        "Number INV-2031/7",
        "Date 2031-01-15",
        "Due date 2031-02-14",
        "Terms Net 30",
        "Hour of work Copper pipe by the metre 8 7.125 57.00",
        "Hour of work A day of work 1,200.00",
        "Carried to the third floor",
        "Subtotal 1,257.00",
        "Discount 10% -125.70",
        "Thank you,",
        "see you soon",
        "Payments and credits -131.30",
    ):
        assert found in page, page
    assert "5 Mill Lane" in page
    assert "Tucson AZ 85701" in page
    assert "Ann's Shop" in page
    now = app.read("Invoice", made["Id"])
    assert f"Total {now['TotalAmt']:,.2f}" in page
    assert f"Balance due {now['Balance']:,.2f} USD" in page
    taxes = now["TxnTaxDetail"]["TaxLine"]
    assert len(taxes) == 2
    for tax in taxes:
        percent, amount = tax["TaxLineDetail"]["TaxPercent"], tax["Amount"]
        assert any(f"{percent}% on" in line and line.endswith(f" {amount:.2f}") for line in text), page
    assert "VOID" not in page


@pytest.mark.behaviour("Void, delete, send, PDF", "The PDF of a voided invoice is stamped VOID.", "assumed")
def test_a_voided_invoice_is_stamped_void_on_every_page(app):
    lines = [sold(n, f"Line number {n}") for n in range(1, 60)]
    made = app.invoice(Line=lines)
    assert not lone_letters(pdf(app, "invoice", made["Id"]), 1) & set("VOID")
    app.post("/invoice", {"Id": made["Id"], "SyncToken": made["SyncToken"]}, operation="void")
    written = pdf(app, "invoice", made["Id"])
    assert any("VOID" in line.split() for line in words(written))
    assert pages(written) > 1
    for number in range(1, pages(written) + 1):
        assert lone_letters(written, number) >= set("VOID")


def test_many_lines_take_more_pages_and_none_is_lost(app):
    made = app.invoice(Line=[sold(1, f"Position {n:03}") for n in range(1, 201)])
    written = pdf(app, "invoice", made["Id"])
    assert pages(written) > 3
    told = "\n".join(words(written))
    assert [n for n in range(1, 201) if f"Position {n:03}" not in told] == []
    assert told.count("Item Description Qty Rate Amount") == pages(written)


@pytest.mark.parametrize(
    "said", ["Zażółć gęślą jaźń", "Съешь ещё этих булок", "Ξεσκεπάζω την ψυχοφθόρα", "İğne ışık", "naïve façade €"]
)
def test_letters_beyond_latin_1_are_printed(app, said):
    app.customer(said)
    app.item(Taxable=True)
    made = app.invoice(Line=[sold(1, said)])
    page = "\n".join(words(pdf(app, "invoice", made["Id"])))
    assert page.count(said) >= 2


def test_letters_that_the_font_has_not_are_seen_to_be_missing(app):
    made = app.invoice(Line=[sold(1, "平仮名 😀 שלום end")])
    page = "\n".join(words(pdf(app, "invoice", made["Id"])))
    assert "\ufffd\ufffd\ufffd \ufffd \ufffd\ufffd\ufffd\ufffd end" in page


@pytest.mark.parametrize("said", ["<b>bold</b> & <para>", "</font>", "&lt;", "a\tb", "   ", "<br/>" * 3])
def test_marks_in_a_text_are_printed_and_not_obeyed(app, said):
    made = app.invoice(Line=[sold(1, said)], CustomerMemo={"value": said})
    told = "".join(words(pdf(app, "invoice", made["Id"]))).replace(" ", "")
    assert said.replace(" ", "").replace("\t", "").replace("\n", "") in told.replace("\ufffd", "")


@pytest.mark.parametrize("said", ["x" * 4000, "word " * 800, "\n".join("row" for _ in range(1000))])
def test_a_text_that_is_longer_than_a_page_goes_on_over_the_next(app, said):
    made = app.invoice(Line=[sold(1, "before"), sold(1, said), sold(1, "behind")], CustomerMemo={"value": said[:1000]})
    told = "".join(words(pdf(app, "invoice", made["Id"])))
    assert "before" in told
    assert "behind" in told
    letter = said[0]
    assert told.count(letter) >= said.count(letter)


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "The same invoice gives the same PDF, byte by byte, whenever it is asked for.", "assumed"
)
def test_the_same_invoice_gives_the_same_bytes(app, connect):
    made = app.invoice()
    first = pdf(app, "invoice", made["Id"])
    app.control("POST", "/clock", {"advance_s": 1000})
    with ThreadPoolExecutor(4) as several:
        assert set(several.map(lambda _: pdf(app, "invoice", made["Id"]), range(8))) == {first}


def test_a_payment_prints_what_it_was_used_for(app):
    made = app.invoice(100, DocNumber="A-1")
    payment = app.pay(made, 60, TotalAmt=75)
    page = "\n".join(words(pdf(app, "payment", payment["Id"])))
    assert "PAYMENT" in page
    assert f"Invoice A-1 {made['TxnDate']} 60.00" in page
    assert "Not applied yet 15.00 USD" in page


def test_a_deposit_is_taken_off_the_total(app):
    made = app.invoice(100, Deposit=30)
    page = "\n".join(words(pdf(app, "invoice", made["Id"])))
    assert "Deposit -30.00" in page
    assert "Balance due 70.00 USD" in page
    more = "\n".join(words(pdf(app, "invoice", app.invoice(100, Deposit=150)["Id"])))
    assert "Balance due 0.00 USD" in more
    assert "Payments and credits" not in more


def test_the_sums_of_an_invoice_whose_prices_include_the_tax_add_up(connect):
    app = connect(country="DE", currency="EUR")
    line = sold(100, "Arbeit", 1, 100, code="2")
    line["SalesItemLineDetail"]["TaxInclusiveAmt"] = 119
    made = app.invoice(Line=[line], GlobalTaxCalculation="TaxInclusive")
    page = "\n".join(words(pdf(app, "invoice", made["Id"])))
    for found in ("Subtotal 100.00", "19% VAT (Sales) on 100.00 19.00", "Total 119.00", "Balance due 119.00 EUR"):
        assert found in page


def test_an_estimate_prints_until_when_it_holds(app):
    made = app.post("/estimate", app.invoice_body(100, ExpirationDate="2031-02-03"))["Estimate"]
    page = "\n".join(words(pdf(app, "estimate", made["Id"])))
    assert "ESTIMATE" in page
    assert "Expires 2031-02-03" in page
    assert "Total 100.00 USD" in page


def test_taxes_of_every_country_are_named_with_their_rate(connect):
    app = connect(country="DE", currency="EUR")
    made = app.invoice(Line=[sold(100, "Arbeit", code="2"), sold(10, "Buch", code="3")])
    page = "\n".join(words(pdf(app, "invoice", made["Id"])))
    assert "19% VAT (Sales) on 100.00 19.00" in page
    assert "7% VAT (Sales) on 10.00 0.70" in page
    assert "Balance due 129.70 EUR" in page


def test_a_foreign_invoice_says_its_currency_and_the_rate(connect):
    app = connect(multicurrency=True)
    app.customer(CurrencyRef={"value": "EUR"})
    app.item(Taxable=True)
    body = app.invoice_body(CurrencyRef={"value": "EUR"}, ExchangeRate=1.25, Line=[sold(10, "x")])
    made = app.post("/invoice", body)["Invoice"]
    page = "\n".join(words(pdf(app, "invoice", made["Id"])))
    assert "Exchange rate 1 EUR = 1.25 USD" in page
    assert "Balance due 10.00 EUR" in page


@pytest.mark.behaviour(
    "Void, delete, send, PDF", "A PDF is for sales documents and payments; for other records it is refused.", "assumed"
)
def test_only_sales_documents_have_a_pdf(app):
    app.invoice()
    assert app.call("GET", "/customer/1/pdf").json()["Fault"]["Error"][0]["code"] == "500"
    assert app.call("GET", "/invoice/999/pdf").json()["Fault"]["Error"][0]["code"] == "610"


@pytest.mark.parametrize("kind", ["Invoice", "Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt", "Payment"])
def test_every_document_of_the_sample_business_can_be_printed_and_looked_at(connect, kind):
    import requests

    app = connect(empty=False)
    found = app.query(f"select * from {kind} maxresults 3")[kind]
    for record in found:
        number = record.get("DocNumber", "")
        assert number in "\n".join(words(pdf(app, kind.lower(), record["Id"])))
        place = f"{app.books.url}/app/companies/{app.realm}/{kind.lower()}/{record['Id']}"
        shown = requests.get(place, headers={"Accept": "text/html"}, timeout=10)
        assert shown.status_code == 200
        assert number in shown.text
        printed = requests.get(f"{place}/pdf", timeout=10)
        assert (printed.status_code, printed.content[:5]) == (200, b"%PDF-")
