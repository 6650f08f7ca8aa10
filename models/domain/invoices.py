"""Invoices: the complete draft that a deal becomes, or everything that stands in its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from models.domain.customers import CustomerMatch, Recipient
from models.domain.deals import Address, Deal, DealLine, Discount, Tax
from models.domain.errors import NeedsAttention, Problem
from models.domain.items import ItemMatch, product_not_linked, shown
from models.domain.mappings import InvoiceMapping, mapping_problems, wished_due_date, wished_memo, wished_number
from models.domain.money import (
    DECIMALS,
    Money,
    added,
    decimals_of,
    divided,
    has_at_most,
    multiplied,
    plain,
    round_half_up,
    without_trailing_zeros,
)
from models.domain.taxes import (
    AMOUNT_DECIMALS,
    TaxCode,
    TaxMatch,
    charges,
    in_the_us,
    is_inclusive,
    method_problems,
    tax_for,
    without_tax,
)
from models.domain.terms import due_on

# Intuit's reference of the Invoice entity names these limits:
# https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice
LONGEST_NUMBER = 21
LONGEST_DESCRIPTION = 4000
LONGEST_MEMO = 1000
LONGEST_ADDRESS_PART = {"postal_code": 30, "line1": 500, "line2": 500}
LONGEST_OTHER_ADDRESS_PART = 255
MOST_LINES = 10_000
MOST_TAXED_LINES = 750
PRICE_DECIMALS = 7

DISCOUNTS_OFF = "setting:discounts switched off"
MULTICURRENCY_OFF = "setting:multicurrency switched off"

# What the reference allows for the unit price of an item; far above any invoice, and well within exact arithmetic.
LARGEST_NUMBER = Decimal(99_999_999_999)

_LONGEST_WAIT = 36_500


@dataclass(frozen=True, kw_only=True)
class BooksSettings:
    """What the books' own settings allow. `home_currency` is an ISO code, `time_zone` an IANA name."""

    country: str
    home_currency: str
    multicurrency: bool
    discounts_allowed: bool
    custom_numbers: bool
    uses_sales_tax: bool
    time_zone: str


@dataclass(frozen=True, kw_only=True)
class DraftLine:
    """One line of the invoice: `amount` is quantity times unit price, rounded half up to two decimals at most.

    Both are without tax, also where the deal's price contains it: that one is `amount_with_tax`, else None.
    """

    item_id: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Money
    amount_with_tax: Money | None = None
    tax_code_id: str | None = None
    service_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class DraftDiscount:
    """What goes off the whole invoice; `percent` where QuickBooks is to reckon with it, None for a fixed amount."""

    percent: Decimal | None
    amount: Money
    description: str


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The invoice that we mean to create, complete, not yet in the books.

    `number` is None where QuickBooks gives the numbers, or the deal has no wish. `due_on` None leaves the date to
    QuickBooks' own terms. `tax_method` says whether the deal's prices contain their tax; None where the question does
    not arise: in the US, and where no line carries a tax code.
    """

    deal_id: str
    crm: str
    slot: str
    currency: str
    number: str | None
    issued_on: date
    due_on: date | None
    recipient: Recipient
    lines: tuple[DraftLine, ...]
    discount: DraftDiscount | None
    tax_method: Literal["exclusive", "inclusive"] | None
    memo: str
    email: str
    address: Address

    @property
    def subtotal(self) -> Money:
        """All lines, before discount and tax."""
        return sum((line.amount for line in self.lines), Money(0, self.currency))

    @property
    def expected_total_before_tax(self) -> Money:
        """What QuickBooks will ask for before it adds tax."""
        return self.subtotal - self.discount.amount if self.discount else self.subtotal


def draft_invoice(
    deal: Deal,
    *,
    match: CustomerMatch,
    recipient: Recipient,
    items: Mapping[str, ItemMatch],
    tax_codes: Sequence[TaxCode],
    settings: BooksSettings,
    mapping: InvoiceMapping,
    issued_on: date,
) -> Draft:
    """The invoice for a deal, with every line of it. `items` is by product id.

    The deal's own issue date goes before `issued_on`, which is today in the books' time zone. A wished number is kept
    only where the books let us choose numbers. Raises NeedsAttention with all problems at once, each cause once.
    """
    taxes = _taxes(deal, settings, tax_codes)
    prices = _prices(deal) if deal.currency in DECIMALS else ()
    problems = (
        *match.problems,
        *_currency_problems(deal, match, settings),
        *_count_problems(deal),
        *_item_problems(deal, items),
        *(found.problem for found in taxes.values() if found.problem),
        *method_problems(deal, settings),
        *(problem for each in prices for problem in each.problems),
        *_discount_problems(deal, settings),
        *_taxed_discount_problems(deal, taxes),
        *_total_problems(deal, prices),
        *_text_problems(deal, mapping, prices),
        *_date_problems(deal, deal.wish.issue_date or issued_on),
        *_address_problems(deal, recipient.address),
    )
    if problems:
        raise NeedsAttention(*_once_per_cause(problems))
    if is_inclusive(deal):
        prices = tuple(
            _taken_apart(line, price, taxes[line.tax]) for line, price in zip(deal.lines, prices, strict=True)
        )
    lines = tuple(
        _draft_line(line, price, deal.currency, items, taxes[line.tax])
        for line, price in zip(deal.lines, prices, strict=True)
    )
    wish = replace(deal.wish, due_date=wished_due_date(deal, mapping))
    issued = wish.issue_date or issued_on
    number = wished_number(deal, mapping)
    return Draft(
        deal_id=deal.id,
        crm=deal.crm,
        slot=wish.slot,
        currency=deal.currency,
        number=number if number and settings.custom_numbers else None,
        issued_on=issued,
        due_on=due_on(issued, wish, None),
        recipient=recipient,
        lines=lines,
        discount=_discount(deal, _sum(prices), _contained(deal, taxes)),
        tax_method=_tax_method(deal, settings, lines),
        memo=wished_memo(deal, mapping),
        email=recipient.email.strip(),
        address=recipient.address,
    )


@dataclass(frozen=True, kw_only=True)
class _Price:
    """What a line comes to, and how that is written so that quantity times price gives exactly the amount."""

    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    with_tax: Decimal | None = None
    note: str = ""
    problems: tuple[Problem, ...] = ()


def _prices(deal: Deal) -> tuple[_Price, ...]:
    return tuple(_price(line, place, deal) for place, line in enumerate(deal.lines, start=1))


def _price(line: DealLine, place: int, deal: Deal) -> _Price:
    if problems := tuple(_number_problems(line, place, deal)):
        return _Price(quantity=line.quantity, unit_price=line.unit_price, amount=Decimal(0), problems=problems)
    gross = multiplied(line.quantity, line.unit_price)
    net = added(gross, _off(gross, line.discount).copy_negate())
    amount = round_half_up(net, decimals_of(deal.currency))
    if not has_at_most(amount, AMOUNT_DECIMALS):
        problem = _amount_too_precise(line, place, deal, amount)
        return _Price(quantity=line.quantity, unit_price=line.unit_price, amount=amount, problems=(problem,))
    unit_price = divided(net, line.quantity, PRICE_DECIMALS) if net != gross else line.unit_price
    return _written(line, unit_price, amount)


def _written(line: DealLine, unit_price: Decimal, amount: Decimal) -> _Price:
    if round_half_up(multiplied(line.quantity, unit_price), AMOUNT_DECIMALS) == amount:
        return _Price(quantity=line.quantity, unit_price=unit_price, amount=amount)
    return _Price(quantity=Decimal(1), unit_price=amount, amount=amount, note=_reckoning(line))


def _taken_apart(line: DealLine, price: _Price, tax: TaxMatch) -> _Price:
    """The price without the tax it contains. QuickBooks adds a tax again to an `Amount` that still contains it."""
    net = without_tax(price.amount, tax.percent or Decimal(0))
    written = _written(line, divided(net, line.quantity, PRICE_DECIMALS), net)
    return replace(written, with_tax=price.amount)


def _off(gross: Decimal, discount: Discount | None) -> Decimal:
    if discount is None:
        return Decimal(0)
    return _percent_of(gross, discount.value) if discount.kind == "percent" else discount.value


def _percent_of(amount: Decimal, percent: Decimal) -> Decimal:
    return multiplied(multiplied(amount, percent), Decimal("0.01"))


def _reckoning(line: DealLine) -> str:
    """How the line's amount came about, for the reader of the invoice: `3 x 33.33, less 10.00`."""
    words = f"{plain(line.quantity)} x {plain(line.unit_price)}"
    if line.discount is None or line.discount.value == 0:
        return words
    percent = "%" if line.discount.kind == "percent" else ""
    return f"{words}, less {plain(line.discount.value)}{percent}"


def _description(line: DealLine, price: _Price) -> str:
    told = line.description or (line.product.name if line.product else "")
    return "\n".join(part for part in (told, price.note) if part)


def _draft_line(
    line: DealLine, price: _Price, currency: str, items: Mapping[str, ItemMatch], tax: TaxMatch
) -> DraftLine:
    item = items[line.product.id].item if line.product else None
    assert item is not None, "a line without an item is a problem, and problems end the draft before"
    return DraftLine(
        item_id=item.item_id,
        description=_description(line, price),
        quantity=price.quantity,
        unit_price=price.unit_price,
        amount=Money(price.amount, currency),
        amount_with_tax=None if price.with_tax is None else Money(price.with_tax, currency),
        tax_code_id=tax.tax_code_id,
        service_date=line.service_date,
    )


def _sum(prices: Iterable[_Price]) -> Decimal:
    total = Decimal(0)
    for price in prices:
        total = added(total, price.amount)
    return total


def _discount(deal: Deal, subtotal: Decimal, contained: Decimal = Decimal(0)) -> DraftDiscount | None:
    """One percentage stays one, so that QuickBooks shows it; anything else becomes one amount.

    An invoice has room for one discount. Each percentage is of the subtotal, not of what another discount leaves.
    `contained` is the per cent of tax in the amounts that the deal names.
    """
    discounts = [each for each in deal.discounts if each.value != 0]
    if not discounts:
        return None
    amounts = [_discount_amount(each, subtotal, deal.currency, contained) for each in discounts]
    total = sum((Money(each, deal.currency) for each in amounts), Money(0, deal.currency))
    alone = discounts[0] if len(discounts) == 1 and discounts[0].kind == "percent" else None
    return DraftDiscount(
        percent=alone.value if alone else None,
        amount=total,
        description=", ".join(each.description or _discount_words(each) for each in discounts),
    )


def _discount_amount(discount: Discount, subtotal: Decimal, currency: str, contained: Decimal) -> Decimal:
    if discount.kind == "amount":
        amount = round_half_up(discount.value, decimals_of(currency))
        return without_tax(amount, contained) if contained else amount
    return round_half_up(_percent_of(subtotal, discount.value), min(AMOUNT_DECIMALS, decimals_of(currency)))


def _discount_words(discount: Discount) -> str:
    value = plain(without_trailing_zeros(discount.value))
    return f"Discount {value}%" if discount.kind == "percent" else "Discount"


def _tax_method(
    deal: Deal, settings: BooksSettings, lines: Sequence[DraftLine]
) -> Literal["exclusive", "inclusive"] | None:
    if in_the_us(settings) or not any(line.tax_code_id for line in lines):
        return None
    return "inclusive" if is_inclusive(deal) else "exclusive"


def _contained(deal: Deal, taxes: Mapping[Tax | None, TaxMatch]) -> Decimal:
    """The per cent of tax in an amount that the deal names for all its lines."""
    return max(_percents(taxes)) if is_inclusive(deal) else Decimal(0)


def _percents(taxes: Mapping[Tax | None, TaxMatch]) -> set[Decimal]:
    return {tax.percent or Decimal(0) for tax in taxes.values()}


def _taxes(deal: Deal, settings: BooksSettings, tax_codes: Sequence[TaxCode]) -> dict[Tax | None, TaxMatch]:
    """The tax code of each tax on the deal, found once however many lines carry it."""
    found: dict[Tax | None, TaxMatch] = {}
    for line in deal.lines:
        if line.tax not in found:
            found[line.tax] = tax_for(line, deal, settings, tax_codes)
    return found


def _once_per_cause(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The first problem of each cause: what removes the cause removes them all."""
    return tuple({problem.cause: problem for problem in reversed(tuple(problems))}.values())[::-1]


def _currency_problems(deal: Deal, match: CustomerMatch, settings: BooksSettings) -> Iterator[Problem]:
    others = {line.currency for line in deal.lines if line.currency} - {deal.currency}
    if deal.currency not in DECIMALS:
        yield _currency_unknown(deal)
        return
    if others:
        yield _two_currencies(deal, others)
    if deal.currency != settings.home_currency and not settings.multicurrency:
        yield _currency_not_available(deal, settings)
    elif match.customer and match.customer.currency not in ("", deal.currency):
        yield _customer_currency(deal, match.customer.customer_id, match.customer.currency)


def _count_problems(deal: Deal) -> Iterator[Problem]:
    taxed = sum(charges(line.tax) for line in deal.lines)
    if not deal.lines:
        yield _no_lines(deal)
    if len(deal.lines) > MOST_LINES or taxed > MOST_TAXED_LINES:
        yield _too_many_lines(deal, taxed)


def _item_problems(deal: Deal, items: Mapping[str, ItemMatch]) -> Iterator[Problem]:
    for place, line in enumerate(deal.lines, start=1):
        if line.product is None:
            yield _line_without_product(line, place)
            continue
        found = items.get(line.product.id)
        if found is None or found.item is None:
            yield (found.problem if found else None) or product_not_linked(line.product)


def _number_problems(line: DealLine, place: int, deal: Deal) -> Iterator[Problem]:
    if line.quantity <= 0:
        yield _quantity_not_positive(line, place)
    if not (has_at_most(line.quantity, PRICE_DECIMALS) and has_at_most(line.unit_price, PRICE_DECIMALS)):
        yield _too_precise(line, place)
    gross = multiplied(line.quantity, line.unit_price)
    if max(line.quantity, line.unit_price, gross, key=Decimal.copy_abs).copy_abs() > LARGEST_NUMBER:
        yield _too_large(f"line:{line.id} too large", f"The amount on {_which(line, place)}")
    if line.discount and not _is_a_discount(line.discount, gross):
        yield _discount_invalid(f"line:{line.id} discount", f"The discount on {_which(line, place)}", deal)


def _is_a_discount(discount: Discount, gross: Decimal | None) -> bool:
    """Between nothing and all of it: percentages from 0 to 100, amounts from 0 to what the line comes to."""
    if discount.value == 0:
        return True
    most = Decimal(100) if discount.kind == "percent" else gross
    return discount.value > 0 and (most is None or discount.value <= most)


def _discount_problems(deal: Deal, settings: BooksSettings) -> Iterator[Problem]:
    if any(each.value != 0 for each in deal.discounts) and not settings.discounts_allowed:
        yield _discounts_switched_off()
    for each in deal.discounts:
        if not _is_a_discount(each, None):
            yield _discount_invalid(f"deal:{deal.id} discount", "The discount on the deal", deal)
        elif each.value > LARGEST_NUMBER:
            yield _too_large(f"deal:{deal.id} discount too large", "The discount on the deal")
        elif each.kind == "amount" and deal.currency in DECIMALS:
            amount = round_half_up(each.value, decimals_of(deal.currency))
            if not has_at_most(amount, AMOUNT_DECIMALS):
                yield _discount_too_precise(deal)


def _taxed_discount_problems(deal: Deal, taxes: Mapping[Tax | None, TaxMatch]) -> Iterator[Problem]:
    """How much tax an amount off the whole deal contains is known only where all its lines have the same."""
    if is_inclusive(deal) and len(_percents(taxes)) > 1 and any(each.kind == "amount" for each in deal.discounts):
        yield _discount_of_several_taxes(deal)


def _total_problems(deal: Deal, prices: Sequence[_Price]) -> Iterator[Problem]:
    """Judged only when every line has its price: half a total says nothing."""
    if not prices or any(price.problems for price in prices):
        return
    subtotal = _sum(prices)
    discount = _discount(deal, subtotal)
    if added(subtotal, discount.amount.amount.copy_negate() if discount else Decimal(0)) < 0:
        yield _total_negative(deal)


def _text_problems(deal: Deal, mapping: InvoiceMapping, prices: Sequence[_Price]) -> Iterator[Problem]:
    for place, (line, price) in enumerate(zip(deal.lines, prices, strict=False), start=1):
        if len(_description(line, price)) > LONGEST_DESCRIPTION:
            yield _description_too_long(line, place)
    if broken := mapping_problems(deal, mapping):
        yield from broken
        return
    if len(wished_number(deal, mapping)) > LONGEST_NUMBER:
        yield _number_too_long(deal)
    if len(wished_memo(deal, mapping)) > LONGEST_MEMO:
        yield _memo_too_long(deal)


def _date_problems(deal: Deal, issued_on: date) -> Iterator[Problem]:
    days = deal.wish.due_in_days
    if days is not None and not 0 <= days <= min(_LONGEST_WAIT, (date.max - issued_on).days):
        yield _due_date_unusable(deal)


def _address_problems(deal: Deal, address: Address) -> Iterator[Problem]:
    for part in fields(Address):
        longest = LONGEST_ADDRESS_PART.get(part.name, LONGEST_OTHER_ADDRESS_PART)
        if len(getattr(address, part.name)) > longest:
            yield _address_too_long(deal, part.name, longest)


def _which(line: DealLine, place: int) -> str:
    return f"line {place} ({shown(line.product)})" if line.product else f"line {place}"


def _no_lines(deal: Deal) -> Problem:
    return Problem(
        reason="no_lines",
        cause=f"deal:{deal.id} without lines",
        message="The deal has no products, so there is nothing to invoice.",
        remedy="Add the products to the deal in the CRM; then retry.",
    )


def _too_many_lines(deal: Deal, taxed: int) -> Problem:
    return Problem(
        reason="too_many_lines",
        cause=f"deal:{deal.id} too many lines",
        message=f"The deal has {len(deal.lines)} lines, {taxed} of them taxed; QuickBooks takes {MOST_LINES} lines and "
        f"{MOST_TAXED_LINES} taxed ones on an invoice.",
        remedy="Split the deal in the CRM, or put fewer lines on it; then retry.",
    )


def _line_without_product(line: DealLine, place: int) -> Problem:
    return Problem(
        reason="line_without_product",
        cause=f"line:{line.id} without product",
        message=f"Line {place} of the deal has no product of the CRM's catalogue, so no item in QuickBooks "
        "stands for it.",
        remedy="Choose a product for the line in the CRM; then retry.",
    )


def _quantity_not_positive(line: DealLine, place: int) -> Problem:
    return Problem(
        reason="quantity_not_positive",
        cause=f"line:{line.id} quantity not positive",
        message=f"The quantity on {_which(line, place)} is {plain(line.quantity)}; an invoice needs more than zero.",
        remedy="Correct the quantity in the CRM (for a credit, give the line a negative price); then retry.",
    )


def _too_precise(line: DealLine, place: int) -> Problem:
    return Problem(
        reason="too_precise",
        cause=f"line:{line.id} too precise",
        message=f"Quantity and price on {_which(line, place)} have more than {PRICE_DECIMALS} decimals, which "
        "QuickBooks would cut off.",
        remedy=f"Round quantity and price to {PRICE_DECIMALS} decimals in the CRM; then retry.",
    )


def _too_large(cause: str, what: str) -> Problem:
    return Problem(
        reason="amount_too_large",
        cause=cause,
        message=f"{what} is above {plain(LARGEST_NUMBER)}, which is more than QuickBooks takes.",
        remedy="Correct quantity, price or discount in the CRM; then retry.",
    )


def _amount_too_precise(line: DealLine, place: int, deal: Deal, amount: Decimal) -> Problem:
    return Problem(
        reason="too_precise",
        cause=f"line:{line.id} too precise",
        message=f"The amount of {_which(line, place)} is {plain(amount)} {deal.currency}, but QuickBooks keeps only "
        f"{AMOUNT_DECIMALS} decimals.",
        remedy=f"Choose a price that gives at most {AMOUNT_DECIMALS} decimals in the CRM; then retry.",
    )


def _discount_too_precise(deal: Deal) -> Problem:
    return Problem(
        reason="too_precise",
        cause=f"deal:{deal.id} discount too precise",
        message=f"The discount on the deal is finer than the {AMOUNT_DECIMALS} decimals that QuickBooks keeps.",
        remedy=f"Give the discount at most {AMOUNT_DECIMALS} decimals in the CRM; then retry.",
    )


def _discount_of_several_taxes(deal: Deal) -> Problem:
    return Problem(
        reason="discount_of_mixed_taxes",
        cause=f"deal:{deal.id} discount of mixed taxes",
        message="The deal's prices contain taxes of different rates: how much tax its discount contains is not known.",
        remedy="Give the discount in per cent, or put it on the lines, in the CRM; then retry.",
    )


def _discount_invalid(cause: str, which: str, deal: Deal) -> Problem:
    return Problem(
        reason="discount_invalid",
        cause=cause,
        message=f"{which} is less than nothing, or more than the whole.",
        remedy="Correct the discount in the CRM: 0 to 100 percent, or an amount no larger than what it is taken from; "
        "then retry.",
        detail={"deal_id": deal.id},
    )


def _discounts_switched_off() -> Problem:
    return Problem(
        reason="discounts_switched_off",
        cause=DISCOUNTS_OFF,
        message="The deal has a discount, but discounts are switched off in QuickBooks.",
        remedy="Switch discounts on in QuickBooks (Account and settings, Sales), or take the discount off the deal; "
        "then retry.",
    )


def _total_negative(deal: Deal) -> Problem:
    return Problem(
        reason="total_negative",
        cause=f"deal:{deal.id} total negative",
        message="The deal comes to less than zero, which is no invoice.",
        remedy="Correct prices or discounts in the CRM and retry; what you owe the customer is a credit memo, made in "
        "QuickBooks.",
    )


def _currency_unknown(deal: Deal) -> Problem:
    named = f"names the currency {deal.currency!r}, which is none" if deal.currency else "does not name its currency"
    return Problem(
        reason="currency_unknown",
        cause=f"deal:{deal.id} currency unknown",
        message=f"The deal {named}.",
        remedy="Give the deal a currency in the CRM (its ISO code, such as USD); then retry.",
    )


def _two_currencies(deal: Deal, others: Iterable[str]) -> Problem:
    return Problem(
        reason="two_currencies",
        cause=f"deal:{deal.id} two currencies",
        message=f"The deal is in {deal.currency}, but has lines in {', '.join(sorted(others))}; an invoice has one "
        "currency.",
        remedy="Price all lines in the deal's currency in the CRM, or split the deal; then retry.",
    )


def _currency_not_available(deal: Deal, settings: BooksSettings) -> Problem:
    return Problem(
        reason="currency_not_available",
        cause=MULTICURRENCY_OFF,
        message=f"The deal is in {deal.currency}, but the books know {settings.home_currency} only.",
        remedy=f"Switch multicurrency on in QuickBooks (which cannot be undone), or price the deal in "
        f"{settings.home_currency}; then retry.",
    )


def _customer_currency(deal: Deal, customer_id: str, currency: str) -> Problem:
    return Problem(
        reason="customer_currency",
        cause=f"customer:{customer_id} not in {deal.currency}",
        message=f"The deal is in {deal.currency}, but its customer in QuickBooks is invoiced in {currency}, and "
        "QuickBooks never changes a customer's currency.",
        remedy="Choose a customer of the deal's currency with `dealbooks attention resolve <ID> --customer "
        "CUSTOMER_ID`, or make a new one with `--create`.",
        choices=("customer", "create", "retry", "dismiss"),
        detail={"customer_id": customer_id, "customer_currency": currency, "deal_currency": deal.currency},
    )


def _description_too_long(line: DealLine, place: int) -> Problem:
    return Problem(
        reason="description_too_long",
        cause=f"line:{line.id} description too long",
        message=f"The description of {_which(line, place)} is longer than the {LONGEST_DESCRIPTION} characters that "
        "QuickBooks takes.",
        remedy="Shorten the description in the CRM; then retry.",
    )


def _number_too_long(deal: Deal) -> Problem:
    return Problem(
        reason="number_too_long",
        cause=f"deal:{deal.id} number too long",
        message=f"The invoice number is longer than the {LONGEST_NUMBER} characters that QuickBooks takes.",
        remedy="Shorten the number in the CRM; then retry.",
    )


def _memo_too_long(deal: Deal) -> Problem:
    return Problem(
        reason="memo_too_long",
        cause=f"deal:{deal.id} memo too long",
        message=f"The memo is longer than the {LONGEST_MEMO} characters that QuickBooks takes.",
        remedy="Shorten the memo in the CRM; then retry.",
    )


def _due_date_unusable(deal: Deal) -> Problem:
    return Problem(
        reason="due_date_unusable",
        cause=f"deal:{deal.id} due date unusable",
        message=f"The invoice is to be due {deal.wish.due_in_days} days after its issue, which is no usable date.",
        remedy="Correct the days until due in the CRM; then retry.",
    )


def _address_too_long(deal: Deal, part: str, longest: int) -> Problem:
    name = part.replace("_", " ")
    return Problem(
        reason="address_too_long",
        cause=f"deal:{deal.id} address {name} too long",
        message=f"The {name} of the billing address is longer than the {longest} characters that QuickBooks takes.",
        remedy="Shorten the address in the CRM; then retry.",
    )
