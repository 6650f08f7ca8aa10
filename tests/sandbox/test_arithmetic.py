"""What documents come to: examples whose results come from elsewhere, and the rules beside them."""

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.entities import KINDS

EXAMPLES = tomllib.loads((Path(__file__).parent / "worked_examples.toml").read_text(), parse_float=Decimal)["example"]
MARKS = {"domain": "QBO", "sparse": False, "SyncToken": "0"}
FINEST = Decimal("0.0000001")


def tax_code(app, rates):
    """The Id of a new tax code. `rates` are per cent; one that says "on taxes" is charged on those before it, too."""
    company, now = app.books.company(app.realm), datetime.now(UTC)
    details = []
    for order, rate in enumerate(rates):
        percent = rate.split()[0]
        # A rate that stands in several codes is one rate.
        id = "9" + "".join(digit for digit in percent if digit.isdigit()).rjust(6, "0")
        record = {"Id": id, "Name": f"Rate of {percent}", "Active": True, "RateValue": Decimal(percent), **MARKS}
        company.put(KINDS["TaxRate"], {**record, "AgencyRef": {"value": "1"}}, now)
        type = "TaxOnAmountPlusTax" if rate.endswith("on taxes") else "TaxOnAmount"
        details.append({"TaxTypeApplicable": type, "TaxRateRef": {"value": id}, "TaxOrder": order})
    id = str(9000 + sum(1 for code in company.all("TaxCode")))
    lists = {"SalesTaxRateList": {"TaxRateDetail": details}, "PurchaseTaxRateList": {"TaxRateDetail": []}}
    company.put(KINDS["TaxCode"], {"Id": id, "Name": f"Code {id}", "Active": True, **lists, **MARKS}, now)
    return id


def number(value):
    return None if value is None else float(value)


def written(line, code, item):
    """One line of an example as a client sends it; what includes tax is its Amount."""
    paid = line.get("gross")
    detail = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": code}}
    if "qty" in line:
        detail["Qty"] = number(line["qty"])
    if "price" in line:
        detail["UnitPrice"] = number(line["price"])
    elif paid is not None and "qty" in line:
        detail["UnitPrice"] = number((Decimal(paid) / Decimal(line["qty"])).quantize(FINEST))
    amount = line["amount"] if paid is None else paid
    return {"DetailType": "SalesItemLineDetail", "Amount": number(amount), "SalesItemLineDetail": detail}


def discount_line(discount):
    if "percent" in discount:
        own = {"PercentBased": True, "DiscountPercent": number(discount["percent"])}
        return {"DetailType": "DiscountLineDetail", "DiscountLineDetail": own}
    own = {"PercentBased": False}
    return {"DetailType": "DiscountLineDetail", "Amount": number(discount["amount"]), "DiscountLineDetail": own}


def american(app, example):
    """The code of each line, and what the whole document says of taxes."""
    rates = example.get("rates", [])
    codes = ["TAX" if rates and line.get("taxed", True) else "NON" for line in example["lines"]]
    whole = {"ApplyTaxAfterDiscount": example.get("discount", {}).get("before_tax", False)}
    if rates:
        whole["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": tax_code(app, rates)}}
    return codes, whole


def by_line(app, example):
    made = {}
    for line in example["lines"]:
        rates = tuple(line.get("rates", example.get("rates")))
        made[rates] = made.get(rates) or tax_code(app, rates)
    codes = [made[tuple(line.get("rates", example.get("rates")))] for line in example["lines"]]
    how = {"excluded": "TaxExcluded", "inclusive": "TaxInclusive"}[example.get("how", "excluded")]
    return codes, {"GlobalTaxCalculation": how}


def body_of(app, example):
    """The invoice that an example describes."""
    foreign = example.get("foreign")
    money = {"CurrencyRef": {"value": foreign["currency"]}} if foreign else {}
    customer = app.customer("The example's customer", **money)["Id"]
    item = app.item("The example's item", Taxable=True)["Id"]
    codes, whole = (american if example["country"] == "US" else by_line)(app, example)
    lines = [
        written(line, code, item)
        for line, code in zip(example["lines"], codes, strict=True)
        for _ in range(line.get("times", 1))
    ]
    if "discount" in example:
        lines.append(discount_line(example["discount"]))
    if foreign:
        whole["ExchangeRate"] = number(foreign["rate"])
    if "deposit" in example:
        whole["Deposit"] = number(example["deposit"])
    return {"CustomerRef": {"value": customer}, "Line": lines, **money, **whole}


def exact(value):
    return Decimal(str(value))


def results_of(invoice):
    """What an invoice says it comes to, under the names that the examples use."""
    sales = [line for line in invoice["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    amounts = {line["DetailType"]: line["Amount"] for line in invoice["Line"]}
    tax = invoice["TxnTaxDetail"]
    taxes = tax.get("TaxLine", [])
    return {
        "nets": [exact(line["Amount"]) for line in sales],
        "prices": [exact(line["SalesItemLineDetail"].get("UnitPrice", 0)) for line in sales],
        "subtotal": exact(amounts["SubTotalLineDetail"]),
        "discount": exact(amounts.get("DiscountLineDetail", 0)),
        "taxes": [exact(line["Amount"]) for line in taxes],
        "taxable": exact(taxes[0]["TaxLineDetail"]["NetAmountTaxable"] if taxes else 0),
        "tax": exact(tax["TotalTax"]),
        "total": exact(invoice["TotalAmt"]),
        "balance": exact(invoice["Balance"]),
        "home": exact(invoice.get("HomeTotalAmt", 0)),
        "home_balance": exact(invoice.get("HomeBalance", 0)),
    }


def answered(app, example, body):
    invoice = app.post("/invoice", body)["Invoice"]
    if "paid" in example:
        app.pay(invoice, number(example["paid"]))
        invoice = app.read("Invoice", invoice["Id"])
    found = results_of(invoice)
    return {name: found[name] for name in example["expected"]}


def includes_tax(example):
    return any("gross" in line for line in example["lines"])


def named(examples):
    return [pytest.param(example, id=example["name"]) for example in examples]


@pytest.mark.behaviour(
    "Arithmetic",
    "Documents come to the cent to what live answers, Intuit's help, tax authorities and other makers say",
    "recorded",
)
@pytest.mark.parametrize("example", named(EXAMPLES))
def test_a_document_comes_to_what_its_source_says(connect, example):
    app = connect(country=example["country"], multicurrency="foreign" in example)
    switches = {"tax_rounding": example.get("tax_rounding", "country")}
    if includes_tax(example):
        switches["inclusive_amount"] = "gross"
    app.books.world.switches.turn(switches)
    assert answered(app, example, body_of(app, example)) == example["expected"]


@pytest.mark.behaviour(
    "Arithmetic",
    "A line's TaxInclusiveAmt decides the cents where its Amount is the same price without tax",
    "recorded",
    switch="inclusive_amount",
)
@pytest.mark.parametrize("example", named(one for one in EXAMPLES if includes_tax(one) and "nets" in one["expected"]))
def test_a_price_with_tax_can_be_sent_as_live_companies_show_it(connect, example):
    app = connect(country=example["country"])
    body = body_of(app, example)
    for line, net in zip(body["Line"], example["expected"]["nets"], strict=False):
        detail = line["SalesItemLineDetail"]
        detail["TaxInclusiveAmt"], line["Amount"] = line["Amount"], number(net)
        detail.pop("UnitPrice", None)
    expected = {name: value for name, value in example["expected"].items() if name != "prices"}
    assert answered(app, {**example, "expected": expected}, body) == expected


def test_most_examples_come_from_elsewhere_and_say_from_where():
    foreign = [one for one in EXAMPLES if not one.get("ours")]
    assert len(foreign) >= 60
    sorts = {"recorded", "reported", "intuit", "authority", "vendor", "textbook"}
    assert {one["name"] for one in foreign if one["sort"] not in sorts or len(one["source"]) < 20} == set()
    assert len({one["name"] for one in EXAMPLES}) == len(EXAMPLES)
    assert sum(one["sort"] == "recorded" for one in foreign) >= 30


def inclusive(app, line, *lines):
    return app.invoice_body(Line=list(lines) or [line(100, "2")], GlobalTaxCalculation="TaxInclusive")


@pytest.mark.behaviour(
    "Arithmetic",
    "With taxes included, an Amount alone is the price without tax, which comes on top",
    "reported",
    switch="inclusive_amount",
)
def test_an_amount_alone_never_contains_tax(connect, line):
    app = connect(country="GB")
    invoice = app.post("/invoice", inclusive(app, line, line(120, "2", Qty=2, UnitPrice=60)))["Invoice"]
    detail = invoice["Line"][0]["SalesItemLineDetail"]
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"]) == (144, 24)
    assert (detail["UnitPrice"], detail["TaxInclusiveAmt"]) == (60, 144)
    app.books.world.switches.turn({"inclusive_amount": "gross"})
    invoice = app.post("/invoice", inclusive(app, line, line(120, "2", Qty=2, UnitPrice=60)))["Invoice"]
    detail = invoice["Line"][0]["SalesItemLineDetail"]
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"], invoice["Line"][0]["Amount"]) == (120, 20, 100)
    assert (detail["UnitPrice"], detail["TaxInclusiveAmt"]) == (50, 120)


@pytest.mark.behaviour(
    "Arithmetic",
    "A TaxInclusiveAmt that contradicts the Amount is ignored",
    "reported",
    switch="inclusive_amount",
)
def test_a_gross_amount_equal_to_the_amount_is_ignored(connect, line):
    app = connect(country="GB")
    invoice = app.post("/invoice", inclusive(app, line, line(120, "2", TaxInclusiveAmt=120)))["Invoice"]
    assert (invoice["TotalAmt"], invoice["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (144, 144)


@pytest.mark.parametrize("amounts", ["net", "gross"])
@pytest.mark.behaviour("Arithmetic", "An invoice with taxes included can be read and written back unchanged", "assumed")
def test_an_invoice_with_taxes_included_survives_being_written_back(connect, line, amounts):
    app = connect(country="AU")
    app.books.world.switches.turn({"inclusive_amount": amounts})
    lines = [line(699.95, "2", TaxInclusiveAmt=769.94), line(10499.05, "2", Qty=3, TaxInclusiveAmt=11548.95)]
    body = inclusive(app, line, *lines, discount_line({"percent": 10}))
    made = app.post("/invoice", body)["Invoice"]
    again = app.post("/invoice", made)["Invoice"]
    sparse = {"Id": made["Id"], "SyncToken": again["SyncToken"], "sparse": True, "PrivateNote": "Seen"}
    last = app.post("/invoice", sparse)["Invoice"]
    for name in ("Line", "TotalAmt", "TxnTaxDetail", "Balance"):
        assert made[name] == again[name] == last[name]


@pytest.mark.behaviour(
    "Arithmetic", "Prices with two taxes included, discounted or not, survive writing back", "assumed"
)
@pytest.mark.parametrize("percent", [0, 7.5])
def test_prices_with_two_taxes_included_survive_being_written_back(connect, line, percent):
    app = connect(country="CA")
    lines = [line(33.33, "2", Qty=3, UnitPrice=11.11), line(138.1, "12"), discount_line({"percent": percent})]
    made = app.post("/invoice", inclusive(app, line, *lines))["Invoice"]
    again = app.post("/invoice", made)["Invoice"]
    for name in ("Line", "TotalAmt", "TxnTaxDetail", "Balance"):
        assert made[name] == again[name]


@pytest.mark.behaviour("Arithmetic", "With taxes included a tiny quantity has an enormous price, exactly", "assumed")
def test_a_tiny_quantity_has_an_enormous_price(connect, line):
    app = connect(country="GB")
    one = line(100_000_000_000_000, "2", TaxInclusiveAmt=120_000_000_000_000, Qty="0.0000001", UnitPrice=1)
    invoice = app.post("/invoice", inclusive(app, line, one))["Invoice"]
    assert invoice["TotalAmt"] == 120_000_000_000_000
    assert invoice["Line"][0]["SalesItemLineDetail"]["UnitPrice"] == 10**21


@pytest.mark.behaviour("Arithmetic", "A rate that stands in several tax codes has one tax line", "documented")
def test_a_rate_in_two_codes_has_one_tax_line(connect, line):
    app = connect(country="CA")
    invoice = app.post("/invoice", app.invoice_body(Line=[line(100, "2"), line(50, "4")]))["Invoice"]
    taxes = [(one["Amount"], one["TaxLineDetail"]["NetAmountTaxable"]) for one in invoice["TxnTaxDetail"]["TaxLine"]]
    assert taxes == [(7.5, 150), (3.5, 50)]


@pytest.mark.behaviour("Arithmetic", "Outside the US a discount lessens what is taxed at each rate", "recorded")
def test_a_discount_is_divided_over_the_rates(connect, line):
    app = connect(country="GB")
    lines = [line(300, "2"), line(100, "3"), discount_line({"amount": 40})]
    invoice = app.post("/invoice", app.invoice_body(Line=lines))["Invoice"]
    taxes = [(one["Amount"], one["TaxLineDetail"]["NetAmountTaxable"]) for one in invoice["TxnTaxDetail"]["TaxLine"]]
    assert taxes == [(54, 270), (4.5, 90)]
    assert invoice["TotalAmt"] == 418.5


@pytest.mark.behaviour("Arithmetic", "A discount may not exceed the subtotal", "reported")
def test_a_discount_above_the_subtotal_is_refused(app, line):
    error = app.refused("/invoice", app.invoice_body(Line=[line(50), discount_line({"amount": 50.01})]))
    assert error["code"] == "6000"
    assert error["Detail"] == ("Business Validation Error: The discount amount can't be greater than the subtotal.")


@pytest.mark.behaviour("Arithmetic", "A total may be zero and not below", "assumed")
def test_a_total_may_be_zero_and_not_below(app, line):
    free = app.post("/invoice", app.invoice_body(Line=[line(10), line(-10)]))["Invoice"]
    assert (free["TotalAmt"], free["Balance"]) == (0, 0)
    assert app.refused("/invoice", app.invoice_body(Line=[line(10), line(-10.01)]))["code"] == "6000"


@pytest.mark.behaviour(
    "Arithmetic", "A US document with a tax code and nothing to tax has a tax line of zero", "documented"
)
def test_nothing_to_tax_is_a_tax_line_of_zero(app, line):
    body = app.invoice_body(Line=[line(200, "NON")], TxnTaxDetail={"TxnTaxCodeRef": {"value": "2"}})
    tax = app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]
    assert tax["TotalTax"] == 0
    (only,) = tax["TaxLine"]
    assert (only["Amount"], only["TaxLineDetail"]["NetAmountTaxable"], only["TaxLineDetail"]["TaxPercent"]) == (0, 0, 8)


@pytest.mark.behaviour("Arithmetic", "With a US tax code, a TotalTax that is sent changes nothing", "reported")
def test_a_total_tax_beside_a_code_is_ignored(app, line):
    tax = {"TxnTaxCodeRef": {"value": "2"}, "TotalTax": 99}
    body = app.invoice_body(Line=[line(100, "TAX")], TxnTaxDetail=tax)
    assert app.post("/invoice", body)["Invoice"]["TxnTaxDetail"]["TotalTax"] == 8


@pytest.mark.behaviour("Arithmetic", "A US TotalTax without a tax code is honoured", "documented")
def test_a_total_tax_without_a_code_is_honoured(app):
    invoice = app.invoice(100, TxnTaxDetail={"TotalTax": 7.77})
    assert (invoice["TotalAmt"], invoice["TxnTaxDetail"]["TotalTax"]) == (107.77, 7.77)
    assert app.invoice(100, TxnTaxDetail={"TaxLine": [tax_line(5, "3"), tax_line(1.5, "1")]})["TotalAmt"] == 106.5


def tax_line(amount, rate):
    detail = {"TaxRateRef": {"value": rate}, "PercentBased": True}
    return {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}


@pytest.mark.behaviour(
    "Arithmetic",
    "Outside the US a tax line that is sent keeps its amount, and says by how much it differs",
    "reported",
    switch="explicit_tax",
)
def test_an_explicit_tax_line_is_kept(connect, line):
    app = connect(country="GB")
    body = app.invoice_body(Line=[line(100, "2")], TxnTaxDetail={"TaxLine": [tax_line(20.01, "1")]})
    invoice = app.post("/invoice", body)["Invoice"]
    (kept,) = invoice["TxnTaxDetail"]["TaxLine"]
    assert (invoice["TotalAmt"], kept["Amount"]) == (120.01, 20.01)
    assert kept["TaxLineDetail"]["OverrideDeltaAmount"] == 0.01
    app.books.world.switches.turn({"explicit_tax": "computed"})
    assert app.post("/invoice", body)["Invoice"]["TotalAmt"] == 120


@pytest.mark.behaviour("Arithmetic", "A tax line that is sent says its DetailType", "reported")
def test_a_tax_line_says_its_detail_type(connect, line):
    app = connect(country="CA")
    own = {"Amount": 1, "TaxLineDetail": {"TaxRateRef": {"value": "1"}}}
    error = app.refused("/invoice", app.invoice_body(Line=[line(100, "2")], TxnTaxDetail={"TaxLine": [own]}))
    assert (error["code"], error["element"]) == ("2020", "TxnTaxDetail.TaxLine.DetailTypeEnum")


@pytest.mark.parametrize("sent", ["much", 5, [5], [{"Amount": "much"}], [{"Amout": 5}]])
def test_tax_lines_that_are_none_are_refused(connect, line, sent):
    app = connect(country="CA")
    error = app.refused("/invoice", app.invoice_body(Line=[line(100, "2")], TxnTaxDetail={"TaxLine": sent}))
    assert error["code"] in ("2010", "2080")


@pytest.mark.behaviour("Arithmetic", "Taxes that were only read and are sent back are computed anew", "assumed")
@pytest.mark.parametrize("kind", ["Invoice", "Estimate"])
def test_taxes_that_are_sent_back_are_computed_anew(connect, line, kind):
    app = connect(country="GB")
    made = app.post(f"/{kind.lower()}", app.invoice_body(Line=[line(100, "2")]))[kind]
    changed = {**made, "Line": [line(200, "2")]}
    assert app.post(f"/{kind.lower()}", changed)[kind]["TotalAmt"] == 240
    sparse = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Line": [line(300, "2")]}
    assert app.post(f"/{kind.lower()}", sparse)[kind]["TotalAmt"] == 360


@pytest.mark.behaviour(
    "Arithmetic", "A tax that the caller decided stays while nothing else is taxed", "assumed", switch="explicit_tax"
)
def test_a_decided_tax_survives_a_change_of_something_else(connect, line):
    app = connect(country="GB")
    taxes = {"TaxLine": [tax_line(20.01, "1")]}
    made = app.post("/invoice", app.invoice_body(Line=[line(100, "2")], TxnTaxDetail=taxes))["Invoice"]
    noted = app.post("/invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "Seen"})["Invoice"]
    assert (noted["TotalAmt"], noted["TxnTaxDetail"]) == (120.01, made["TxnTaxDetail"])
    again = app.post("/invoice", noted)["Invoice"]
    assert again["TxnTaxDetail"] == made["TxnTaxDetail"]
    assert app.post("/invoice", {**again, "Line": [line(200, "2")]})["Invoice"]["TotalAmt"] == 240


@pytest.mark.behaviour("Arithmetic", "A US document keeps a tax code that has become inactive", "assumed")
def test_a_document_keeps_an_inactive_tax_code(app):
    code = {"TxnTaxCodeRef": {"value": "2"}}
    made = app.invoice(100, TxnTaxDetail=code)
    company = app.books.company(app.realm)
    company.put(KINDS["TaxCode"], {**company.find("TaxCode", "2"), "Active": False}, datetime.now(UTC))
    noted = app.post("/invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "Seen"})
    assert noted["Invoice"]["TxnTaxDetail"] == made["TxnTaxDetail"]
    assert app.refused("/invoice", app.invoice_body(TxnTaxDetail=code))["code"] == "610"


@pytest.fixture
def automated(app):
    """An app whose company has automated sales tax and its own address in California."""
    company, now = app.books.company(app.realm), datetime.now(UTC)
    preferences, card = company.preferences, company.find("CompanyInfo", "1")
    taxes = {**preferences["TaxPrefs"], "PartnerTaxEnabled": True}
    company.put(KINDS["Preferences"], {**preferences, "TaxPrefs": taxes}, now)
    address = {**card["CompanyAddr"], "CountrySubDivisionCode": "CA"}
    company.put(KINDS["CompanyInfo"], {**card, "CompanyAddr": address}, now)
    return app


def percents(invoice):
    return [one["TaxLineDetail"]["TaxPercent"] for one in invoice["TxnTaxDetail"]["TaxLine"]]


@pytest.mark.behaviour(
    "Arithmetic",
    "Automated sales tax is that of the place of delivery, else the company's, whatever code was sent",
    "documented",
)
def test_automated_sales_tax_goes_by_the_place_of_delivery(automated, line):
    texas = {"Line1": "1 Sample St.", "CountrySubDivisionCode": "TX"}
    body = automated.invoice_body(Line=[line(100, "TAX"), line(50, "NON")], ShipAddr=texas)
    made = automated.post("/invoice", {**body, "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}}})["Invoice"]
    assert (percents(made), made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == ([6.25], 6.25, 156.25)
    assert made["TxnTaxDetail"]["TxnTaxCodeRef"]["value"] != "2"
    home = automated.invoice(100, Line=[line(100, "TAX")])
    assert (percents(home), home["TotalAmt"]) == ([7.25], 107.25)
    again = automated.post("/invoice", body)["Invoice"]
    assert again["TxnTaxDetail"]["TxnTaxCodeRef"] == made["TxnTaxDetail"]["TxnTaxCodeRef"]


@pytest.mark.behaviour("Arithmetic", "Automated sales tax is none for a customer who is not taxable", "assumed")
def test_automated_sales_tax_spares_a_customer_who_is_not_taxable(automated, line):
    customer = automated.customer("School", Taxable=False)["Id"]
    body = automated.invoice_body(Line=[line(100, "TAX")], CustomerRef={"value": customer})
    assert automated.post("/invoice", body)["Invoice"]["TotalAmt"] == 100


@pytest.mark.behaviour(
    "Arithmetic",
    "A TotalTax sent to a company with automated sales tax replaces the computed one",
    "documented",
    switch="explicit_tax",
)
def test_automated_sales_tax_can_be_overridden(automated, line):
    body = automated.invoice_body(Line=[line(100, "TAX")], TxnTaxDetail={"TotalTax": 9})
    made = automated.post("/invoice", body)["Invoice"]
    (only,) = made["TxnTaxDetail"]["TaxLine"]
    assert (made["TotalAmt"], only["Amount"], only["TaxLineDetail"]["OverrideDeltaAmount"]) == (109, 9, 1.75)
    noted = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "Seen"}
    assert automated.post("/invoice", noted)["Invoice"]["TotalAmt"] == 109
    automated.books.world.switches.turn({"explicit_tax": "computed"})
    assert automated.post("/invoice", body)["Invoice"]["TotalAmt"] == 107.25


@pytest.mark.behaviour(
    "Arithmetic", "Automated sales tax of a sale to nobody is that of the company's place", "assumed"
)
def test_automated_sales_tax_of_a_sale_over_the_counter(automated, line):
    automated.item(Taxable=True)
    receipt = automated.post("/salesreceipt", {"Line": [line(100, "TAX")]})["SalesReceipt"]
    assert (percents(receipt), receipt["TotalAmt"]) == ([7.25], 107.25)


@pytest.mark.behaviour(
    "Arithmetic", "A tax that was decided is divided over the rates as the computed one", "documented"
)
def test_a_decided_tax_is_prorated():
    from sandbox.arithmetic import Rate, TaxedLine, spread, taxes

    rates = (Rate("1", Decimal("7.1")), Rate("2", Decimal(2)))
    computed = [one.tax for one in taxes([TaxedLine(Decimal(100), rates)], per_line=False)]
    assert (computed, spread(Decimal("10.00"), computed)) == (
        [Decimal("7.10"), Decimal("2.00")],
        [Decimal("7.80"), Decimal("2.20")],
    )


def test_shares_add_up_to_what_is_divided():
    from sandbox.arithmetic import spread

    for amount in ("0.01", "0.05", "-0.07", "100.00"):
        shares = spread(Decimal(amount), [Decimal(1), Decimal(1), Decimal("-0.5"), Decimal(3)])
        assert sum(shares) == Decimal(amount)
    assert spread(Decimal(5), [Decimal(0), Decimal(0)]) == [0, 0]
