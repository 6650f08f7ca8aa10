"""A deal becomes a complete draft, or everything that stands in its way is said at once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain.customers import Customer, CustomerMatch, Recipient
from models.domain.deals import Address, Deal, DealLine, Discount, InvoiceWish, Product, Tax
from models.domain.errors import NeedsAttention, Problem
from models.domain.invoices import BooksSettings, Draft, DraftDiscount, DraftLine, draft_invoice
from models.domain.items import Item, ItemMatch, product_not_linked
from models.domain.mappings import InvoiceMapping
from models.domain.money import DECIMALS, Money, decimals_of
from models.domain.taxes import TaxCode

TODAY = date(2026, 3, 13)
US = BooksSettings(
    country="US",
    home_currency="USD",
    multicurrency=False,
    discounts_allowed=True,
    custom_numbers=True,
    uses_sales_tax=True,
    time_zone="America/Los_Angeles",
)
UK = replace(US, country="GB", home_currency="GBP", time_zone="Europe/London")
MANY_CURRENCIES = replace(US, multicurrency=True)

PENCIL = Product(id="1", sku="MPENCIL", name="Mechanical Pencil")
ITEMS = {"1": ItemMatch(item=Item(item_id="23", name="Pencil"))}
RECIPIENT = Recipient(
    crm="generic",
    contact_type="organization",
    contact_id="5063",
    name="Example Ltd",
    email=" pat@example.com",
    address=Address(line1="1 Sample Street"),
)
EXCLUSIVE, INCLUSIVE = Tax(percent=Decimal(20), method="exclusive"), Tax(percent=Decimal(20), method="inclusive")
REDUCED = Tax(percent=Decimal(5), method="inclusive")
UK_CODES = [
    TaxCode(tax_code_id="2", name="20.0% S", percent=Decimal(20)),
    TaxCode(tax_code_id="3", name="5.0% R", percent=Decimal(5)),
]


def line(
    quantity: str = "1",
    unit_price: str = "90.00",
    discount: Discount | None = None,
    tax: Tax | None = None,
    **more: Any,
) -> DealLine:
    told = {"id": "3", "position": 1, "product": PENCIL, "description": "HB", **more}
    return DealLine(quantity=Decimal(quantity), unit_price=Decimal(unit_price), discount=discount, tax=tax, **told)


def deal(*lines: DealLine, currency: str = "USD", **more: Any) -> Deal:
    return Deal(crm="generic", id="213973", currency=currency, lines=lines, **more)


def percent(value: str, description: str = "") -> Discount:
    return Discount(kind="percent", value=Decimal(value), description=description)


def amount(value: str, description: str = "") -> Discount:
    return Discount(kind="amount", value=Decimal(value), description=description)


def drafted(
    sale: Deal,
    books: BooksSettings = US,
    *,
    match: CustomerMatch | None = None,
    recipient: Recipient = RECIPIENT,
    items: Mapping[str, ItemMatch] = ITEMS,
    tax_codes: Sequence[TaxCode] = UK_CODES,
    mapping: InvoiceMapping | None = None,
) -> Draft:
    return draft_invoice(
        sale,
        match=match or CustomerMatch(),
        recipient=recipient,
        items=items,
        tax_codes=tax_codes,
        settings=books,
        mapping=mapping or InvoiceMapping(),
        issued_on=TODAY,
    )


def problems_of(sale: Deal, books: BooksSettings = US, **more: Any) -> tuple[Problem, ...]:
    with pytest.raises(NeedsAttention) as needs:
        drafted(sale, books, **more)
    return needs.value.problems


def reasons(sale: Deal, books: BooksSettings = US, **more: Any) -> list[str]:
    return [problem.reason for problem in problems_of(sale, books, **more)]


def test_a_deal_becomes_a_complete_draft() -> None:
    wish = InvoiceWish(slot="2", due_in_days=7, number="A-1042", memo="Thank you")
    sale = deal(line("2", "90.00", tax=EXCLUSIVE, service_date=date(2026, 3, 1)), discounts=(percent("10"),), wish=wish)
    draft = drafted(sale)
    assert draft == Draft(
        deal_id="213973",
        crm="generic",
        slot="2",
        currency="USD",
        number="A-1042",
        issued_on=TODAY,
        due_on=date(2026, 3, 20),
        recipient=RECIPIENT,
        lines=(
            DraftLine(
                item_id="23",
                description="HB",
                quantity=Decimal(2),
                unit_price=Decimal("90.00"),
                amount=Money("180.00", "USD"),
                tax_code_id="TAX",
                service_date=date(2026, 3, 1),
            ),
        ),
        discount=DraftDiscount(percent=Decimal(10), amount=Money("18.00", "USD"), description="Discount 10%"),
        tax_method=None,
        memo="Thank you",
        email="pat@example.com",
        address=Address(line1="1 Sample Street"),
    )
    assert draft.subtotal == Money("180.00", "USD")
    assert draft.expected_total_before_tax == Money("162.00", "USD")


@pytest.mark.parametrize(
    ("wish", "mapping", "due"),
    [
        (InvoiceWish(), InvoiceMapping(), None),
        (InvoiceWish(due_in_days=30), InvoiceMapping(), date(2026, 4, 12)),
        (InvoiceWish(due_in_days=30, issue_date=date(2026, 3, 1)), InvoiceMapping(), date(2026, 3, 31)),
        (InvoiceWish(due_in_days=30, due_date=date(2026, 5, 1)), InvoiceMapping(), date(2026, 5, 1)),
        (InvoiceWish(due_date=date(2026, 5, 1)), InvoiceMapping(due_date="custom.due"), date(2026, 6, 1)),
    ],
)
def test_the_due_date_is_the_wished_one_and_a_mapped_field_goes_first(
    wish: InvoiceWish, mapping: InvoiceMapping, due: date | None
) -> None:
    assert drafted(deal(line(), wish=wish, custom={"due": "2026-06-01"}), mapping=mapping).due_on == due


def test_the_deals_own_issue_date_goes_before_today() -> None:
    assert drafted(deal(line(), wish=InvoiceWish(issue_date=date(2026, 3, 1)))).issued_on == date(2026, 3, 1)


@pytest.mark.parametrize(("custom_numbers", "number"), [(True, "A-1"), (False, None)])
def test_a_wished_number_is_kept_where_the_books_let_us_choose(custom_numbers: bool, number: str | None) -> None:
    books = replace(US, custom_numbers=custom_numbers)
    assert drafted(deal(line(), wish=InvoiceWish(number="A-1")), books).number == number
    assert drafted(deal(line()), books).number is None


@pytest.mark.parametrize(
    ("sold", "currency", "quantity", "unit_price", "amount_due", "description"),
    [
        # Without discount, what the deal says is what is sent.
        (line("3", "33.33"), "USD", "3", "33.33", "99.99", "HB"),
        (line("0.5", "0.01"), "USD", "0.5", "0.01", "0.01", "HB"),
        (line("3", "0.333"), "USD", "3", "0.333", "1.00", "HB"),
        (line("1.5", "2.3333333"), "USD", "1.5", "2.3333333", "3.50", "HB"),
        (line("1", "-20.00"), "USD", "1", "-20.00", "-20.00", "HB"),
        (line("2", "50"), "JPY", "2", "50", "100", "HB"),
        (line("1", "1.230"), "KWD", "1", "1.230", "1.230", "HB"),
        # A discount lowers the unit price ...
        (line("1", "90.00", percent("10")), "USD", "1", "81", "81.00", "HB"),
        (line("3", "33.33", percent("10")), "USD", "3", "29.997", "89.99", "HB"),
        (line("3", "33.33", amount("10.00")), "USD", "3", "29.9966667", "89.99", "HB"),
        (line("7", "19.99", percent("33.3333")), "USD", "7", "13.3266733", "93.29", "HB"),
        (line("2", "5.00", percent("100")), "USD", "2", "0", "0.00", "HB"),
        (line("2", "5.00", amount("10")), "USD", "2", "0", "0.00", "HB"),
        (line("2", "5.00", percent("0")), "USD", "2", "5.00", "10.00", "HB"),
        (line("1", "-20.00", percent("50")), "USD", "1", "-10", "-10.00", "HB"),
        # ... unless the price, times the quantity, would not give the exact amount.
        (
            line("999999", "1.00", amount("10.01")),
            "USD",
            "1",
            "999988.99",
            "999988.99",
            "HB\n999999 x 1.00, less 10.01",
        ),
        (line("3000000", "0.0000001", percent("5")), "USD", "1", "0.29", "0.29", "HB\n3000000 x 0.0000001, less 5%"),
        (line("3", "33.5"), "JPY", "1", "101", "101", "HB\n3 x 33.5"),
    ],
)
def test_quantity_times_price_always_gives_the_exact_amount(
    sold: DealLine, currency: str, quantity: str, unit_price: str, amount_due: str, description: str
) -> None:
    (sent,) = drafted(deal(replace(sold), line("1", "100"), currency=currency), MANY_CURRENCIES).lines[:1]
    assert (sent.quantity, sent.unit_price) == (Decimal(quantity), Decimal(unit_price))
    assert sent.amount == Money(amount_due, currency)
    assert sent.description == description


def test_a_line_without_description_says_what_was_sold() -> None:
    assert drafted(deal(line(description=""))).lines[0].description == "Mechanical Pencil"


@pytest.mark.parametrize(
    ("discounts", "expected", "description", "total"),
    [
        ([], None, "", "99.99"),
        ([percent("0"), amount("0.00")], None, "", "99.99"),
        ([percent("10")], (Decimal(10), "10.00"), "Discount 10%", "89.99"),
        ([percent("10", "Spring sale")], (Decimal(10), "10.00"), "Spring sale", "89.99"),
        ([percent("10"), amount("0")], (Decimal(10), "10.00"), "Discount 10%", "89.99"),
        ([amount("15")], (None, "15.00"), "Discount", "84.99"),
        ([amount("15", "Voucher"), percent("10")], (None, "25.00"), "Voucher, Discount 10%", "74.99"),
        ([percent("10"), percent("50")], (None, "60.00"), "Discount 10%, Discount 50%", "39.99"),
        ([percent("100")], (Decimal(100), "99.99"), "Discount 100%", "0.00"),
        ([amount("99.99")], (None, "99.99"), "Discount", "0.00"),
    ],
)
def test_one_percentage_stays_one_and_everything_else_becomes_an_amount(
    discounts: list[Discount], expected: tuple[Decimal | None, str] | None, description: str, total: str
) -> None:
    draft = drafted(deal(line("3", "33.33"), discounts=tuple(discounts)))
    if expected is None:
        assert draft.discount is None
    else:
        assert draft.discount == DraftDiscount(
            percent=expected[0], amount=Money(expected[1], "USD"), description=description
        )
    assert draft.expected_total_before_tax == Money(total, "USD")


@pytest.mark.parametrize(
    ("currency", "price", "discount", "off"),
    [
        ("JPY", "35", "10", "4"),
        ("USD", "0.35", "10", "0.04"),
        ("KWD", "0.350", "10", "0.04"),
    ],
)
def test_a_percentage_off_the_deal_is_rounded_as_amounts_are(
    currency: str, price: str, discount: str, off: str
) -> None:
    draft = drafted(deal(line("1", price), currency=currency, discounts=(percent(discount),)), MANY_CURRENCIES)
    assert draft.discount
    assert draft.discount.amount == Money(off, currency)


def test_no_digit_of_a_long_percentage_is_lost_before_the_amount_is_rounded() -> None:
    (sent,) = drafted(deal(line("1", "10000000000", percent("12.3456789000500000000000000001")))).lines
    assert sent.amount == Money("8765432109.99", "USD")


@pytest.mark.parametrize(
    ("taxes", "books", "method", "codes"),
    [
        ([EXCLUSIVE, None], US, None, ["TAX", "NON"]),
        ([EXCLUSIVE], UK, "exclusive", ["2"]),
        ([INCLUSIVE], UK, "inclusive", ["2"]),
        ([None], UK, None, [None]),
    ],
)
def test_the_draft_says_how_its_amounts_stand_to_tax(
    taxes: list[Tax | None],
    books: BooksSettings,
    method: Literal["exclusive", "inclusive"] | None,
    codes: list[str | None],
) -> None:
    draft = drafted(deal(*(line(tax=tax) for tax in taxes), currency=books.home_currency), books)
    assert draft.tax_method == method
    assert [each.tax_code_id for each in draft.lines] == codes


@pytest.mark.parametrize(
    ("quantity", "price", "net", "unit_price"),
    [("1", "120", "100", "100"), ("3", "33.33", "83.33", "27.7766667"), ("1", "0.01", "0.01", "0.01")],
)
def test_a_price_that_contains_its_tax_is_taken_apart(quantity: str, price: str, net: str, unit_price: str) -> None:
    (sent,) = drafted(deal(line(quantity, price, tax=INCLUSIVE), currency="GBP"), UK).lines
    assert sent.amount == Money(net, "GBP")
    assert sent.amount_with_tax == Money(Decimal(quantity) * Decimal(price), "GBP")
    assert (sent.quantity, sent.unit_price) == (Decimal(quantity), Decimal(unit_price))


def test_an_amount_off_such_prices_is_taken_apart_too() -> None:
    draft = drafted(deal(line("1", "120", tax=INCLUSIVE), currency="GBP", discounts=(amount("12"),)), UK)
    assert draft.discount
    assert draft.discount.amount == Money("10", "GBP")


def test_the_tax_in_an_amount_off_prices_of_different_rates_is_nobodys_guess() -> None:
    sale = deal(line(tax=INCLUSIVE), line(tax=REDUCED), currency="GBP", discounts=(amount("1"),))
    assert reasons(sale, UK) == ["discount_of_mixed_taxes"]
    assert drafted(replace(sale, discounts=(percent("1"),)), UK).discount is not None


LINKED = Customer(customer_id="74", display_name="Example Ltd", currency="USD")
EURO_CUSTOMER = CustomerMatch(customer=replace(LINKED, currency="EUR"))


@pytest.mark.parametrize(
    ("sale", "books", "expected"),
    [
        (deal(), US, ["no_lines"]),
        (deal(line("0")), US, ["quantity_not_positive"]),
        (deal(line("-1")), US, ["quantity_not_positive"]),
        (deal(line(product=None)), US, ["line_without_product"]),
        (deal(line("0.00000001")), US, ["too_precise"]),
        (deal(line("1", "0.00000001")), US, ["too_precise"]),
        (deal(line("1", "1.235"), currency="KWD"), MANY_CURRENCIES, ["too_precise"]),
        (deal(line(), currency="KWD", discounts=(amount("1.235"),)), MANY_CURRENCIES, ["too_precise"]),
        (deal(line("1", "100000000000")), US, ["amount_too_large"]),
        (deal(line("10000000", "10000000")), US, ["amount_too_large"]),
        (deal(line(), discounts=(amount("100000000000"),)), US, ["amount_too_large", "total_negative"]),
        (deal(line("1", "-0.01")), US, ["total_negative"]),
        (deal(line(), discounts=(amount("90.01"),)), US, ["total_negative"]),
        (deal(line(discount=percent("100.01"))), US, ["discount_invalid"]),
        (deal(line(discount=percent("-1"))), US, ["discount_invalid"]),
        (deal(line(discount=amount("90.01"))), US, ["discount_invalid"]),
        (deal(line("1", "-20", amount("1")), line()), US, ["discount_invalid"]),
        (deal(line(), discounts=(percent("101"),)), US, ["discount_invalid", "total_negative"]),
        (deal(line(), discounts=(amount("-1"),)), US, ["discount_invalid"]),
        (deal(line(), discounts=(percent("10"),)), replace(US, discounts_allowed=False), ["discounts_switched_off"]),
        (deal(line(currency="EUR")), MANY_CURRENCIES, ["two_currencies"]),
        (deal(line(), currency="EUR"), US, ["currency_not_available"]),
        (deal(line(), currency=""), US, ["currency_unknown"]),
        (deal(line(), currency="DEM"), MANY_CURRENCIES, ["currency_unknown"]),
        (deal(line(tax=EXCLUSIVE)), replace(US, uses_sales_tax=False), ["sales_tax_off"]),
        (deal(line(tax=INCLUSIVE)), US, ["tax_inclusive_us"]),
        (deal(line(tax=INCLUSIVE), line(tax=EXCLUSIVE), currency="GBP"), UK, ["tax_methods_mixed"]),
        (deal(line(tax=Tax(percent=Decimal(19), method="exclusive")), currency="GBP"), UK, ["tax_not_mapped"]),
        (deal(line(), wish=InvoiceWish(number="x" * 22)), US, ["number_too_long"]),
        (deal(line(), wish=InvoiceWish(memo="x" * 1001)), US, ["memo_too_long"]),
        (deal(line(description="x" * 4001)), US, ["description_too_long"]),
        (deal(line("999999", "1", amount("10.01"), description="x" * 3990)), US, ["description_too_long"]),
        (deal(line(), wish=InvoiceWish(due_in_days=-1)), US, ["due_date_unusable"]),
        (deal(line(), wish=InvoiceWish(due_in_days=10**9)), US, ["due_date_unusable"]),
        (deal(line(), wish=InvoiceWish(issue_date=date.max, due_in_days=1)), US, ["due_date_unusable"]),
    ],
)
def test_what_stands_in_the_way_is_named(sale: Deal, books: BooksSettings, expected: list[str]) -> None:
    assert reasons(sale, books) == expected


@pytest.mark.parametrize(
    "sale",
    [
        deal(line("0.0000001", "0.0000001")),
        deal(line("1.00000000000", "90.000000000")),
        deal(line("1", "99999999999")),
        deal(line("1", "0")),
        deal(line("1", "-20"), line("1", "20")),
        deal(line(), discounts=(percent("100"),)),
        deal(line(currency="USD")),
        deal(line(description="x" * 4000), wish=InvoiceWish(number="x" * 21, memo="x" * 1000, due_in_days=0)),
        deal(line(discount=percent("10"))),
    ],
)
def test_what_only_just_fits_is_drafted(sale: Deal) -> None:
    assert len(drafted(sale, replace(US, discounts_allowed=True)).lines) == len(sale.lines)


def test_a_discount_on_a_line_needs_no_discounts_in_the_books() -> None:
    assert drafted(deal(line(discount=percent("10"))), replace(US, discounts_allowed=False)).discount is None


@pytest.mark.parametrize(
    ("match", "currency", "expected"),
    [
        (EURO_CUSTOMER, "USD", ["customer_currency"]),
        (CustomerMatch(customer=LINKED), "EUR", ["customer_currency"]),
        (CustomerMatch(customer=LINKED), "USD", []),
        (CustomerMatch(customer=replace(LINKED, currency="")), "USD", []),
        (CustomerMatch(), "EUR", []),
    ],
)
def test_a_customer_is_invoiced_in_its_own_currency(match: CustomerMatch, currency: str, expected: list[str]) -> None:
    if expected:
        assert reasons(deal(line(), currency=currency), MANY_CURRENCIES, match=match) == expected
    else:
        assert drafted(deal(line(), currency=currency), MANY_CURRENCIES, match=match).currency == currency


def test_books_without_that_currency_are_the_one_problem_not_their_customer() -> None:
    assert reasons(deal(line(), currency="EUR"), match=CustomerMatch(customer=LINKED)) == ["currency_not_available"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (Address(line1="x" * 501), ["address_too_long"]),
        (Address(postal_code="9" * 31), ["address_too_long"]),
        (Address(city="x" * 256, country="x" * 256), ["address_too_long", "address_too_long"]),
    ],
)
def test_an_address_is_as_long_as_quickbooks_takes(address: Address, expected: list[str]) -> None:
    assert reasons(deal(line()), recipient=replace(RECIPIENT, address=address)) == expected


def test_every_problem_is_said_at_once() -> None:
    ambiguous = Problem(reason="customer_ambiguous", cause="organization:5063 not linked", message="m", remedy="r")
    unlinked = Product(id="77", name="Pen")
    sale = deal(
        line("0", id="1"),
        line(id="2", product=unlinked),
        line(id="3", product=None),
        line(id="4", tax=EXCLUSIVE, currency="GBP"),
        currency="EUR",
        discounts=(percent("10"),),
        wish=InvoiceWish(number="x" * 22, memo="x" * 1001),
    )
    books = replace(US, discounts_allowed=False, uses_sales_tax=False)
    assert reasons(sale, books, match=CustomerMatch(problems=(ambiguous,))) == [
        "customer_ambiguous",
        "two_currencies",
        "currency_not_available",
        "product_not_linked",
        "line_without_product",
        "sales_tax_off",
        "quantity_not_positive",
        "discounts_switched_off",
        "number_too_long",
        "memo_too_long",
    ]


def test_a_broken_mapping_is_said_with_the_rest() -> None:
    mapping = InvoiceMapping(memo="custom.gone", number="custom.gone")
    assert reasons(deal(line("0")), mapping=mapping) == ["quantity_not_positive", "mapping_broken"]


def test_two_hundred_lines_of_one_unlinked_product_are_one_problem() -> None:
    pen = Product(id="77", name="Pen")
    lines = [line(id=str(number), position=number, product=pen, tax=EXCLUSIVE) for number in range(200)]
    (problem,) = problems_of(deal(*lines), items={"77": ItemMatch(problem=product_not_linked(pen))})
    assert (problem.reason, problem.cause) == ("product_not_linked", "product:77 not linked")


def test_each_line_without_product_is_a_problem_of_its_own() -> None:
    found = problems_of(deal(line(id="8", product=None), line(id="9", product=None)))
    assert [problem.cause for problem in found] == ["line:8 without product", "line:9 without product"]


@pytest.mark.parametrize(
    ("lines", "taxed", "fits"), [(10_000, 750, True), (10_001, 0, False), (800, 750, True), (800, 751, False)]
)
def test_quickbooks_takes_so_many_lines_and_so_many_taxed_ones(lines: int, taxed: int, fits: bool) -> None:
    sale = deal(*([line(tax=EXCLUSIVE)] * taxed + [line()] * (lines - taxed)))
    if fits:
        assert len(drafted(sale).lines) == lines
    else:
        assert reasons(sale) == ["too_many_lines"]


def test_every_problem_says_in_a_sentence_what_to_do_and_names_nobody() -> None:
    recipient = replace(RECIPIENT, name="Secret Name", address=Address(line1="Secret Street" * 50))
    sale = deal(line("0"), line(id="4", product=None), currency="EUR", wish=InvoiceWish(memo="Secret" * 200))
    for problem in problems_of(sale, recipient=recipient):
        assert problem.message.endswith(".")
        assert problem.remedy.endswith(".")
        assert "Secret" not in problem.message + problem.remedy + problem.cause


def numbers(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(least, most).map(lambda each: Decimal(each).scaleb(-places))


discounts = st.one_of(
    st.none(),
    numbers(0, 10_000, 2).map(lambda value: Discount(kind="percent", value=value)),
    numbers(0, 999, 3).map(lambda value: Discount(kind="amount", value=value)),
)
lines_sold = st.builds(
    lambda quantity, price, discount: line(str(quantity), str(price), discount),
    st.one_of(numbers(1, 10**4, 0), numbers(10**7, 10**10, 7)),
    st.one_of(numbers(100, 10**6, 2), numbers(10**7, 10**11, 7)),
    discounts,
)


def half_up(value: Fraction, places: int) -> Fraction:
    """An independent reckoning for amounts not below zero."""
    return Fraction((value * 10**places + Fraction(1, 2)).__floor__(), 10**places)


def net_of(sold: DealLine) -> Fraction:
    gross = Fraction(sold.quantity) * Fraction(sold.unit_price)
    if sold.discount is None:
        return gross
    value = Fraction(sold.discount.value)
    return gross * (1 - value / 100) if sold.discount.kind == "percent" else gross - value


@settings(deadline=None)
@given(st.lists(lines_sold, min_size=1, max_size=12), st.sampled_from(["USD", "EUR", "JPY", "CLP"]))
def test_no_line_is_dropped_and_every_amount_is_exact(sold: list[DealLine], currency: str) -> None:
    draft = drafted(deal(*sold, currency=currency), MANY_CURRENCIES)
    expected = [half_up(net_of(each), decimals_of(currency)) for each in sold]
    assert [Fraction(each.amount.amount) for each in draft.lines] == expected
    assert Fraction(draft.subtotal.amount) == sum(expected)


@settings(deadline=None)
@given(lines_sold, st.sampled_from(["USD", "JPY"]))
def test_what_quickbooks_reckons_again_is_what_we_sent(sold: DealLine, currency: str) -> None:
    (sent,) = drafted(deal(sold, currency=currency), MANY_CURRENCIES).lines
    assert half_up(Fraction(sent.quantity) * Fraction(sent.unit_price), 2) == Fraction(sent.amount.amount)
    assert Fraction(sent.unit_price) * 10**7 == int(Fraction(sent.unit_price) * 10**7)


@given(st.sampled_from(sorted(DECIMALS)))
def test_any_currency_of_the_world_can_be_invoiced(currency: str) -> None:
    draft = drafted(deal(line("2", "50"), currency=currency), MANY_CURRENCIES)
    assert draft.subtotal == Money(100, currency)
