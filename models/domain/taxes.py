"""Taxes: which tax code of the books a line of the deal takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from models.domain.deals import Deal, DealLine, Tax
from models.domain.errors import Problem
from models.domain.money import added, divided, multiplied, plain, without_trailing_zeros

# In the US a line is only taxable or not; QuickBooks finds the rate itself from the addresses.
# https://developer.intuit.com/app/developer/qbo/docs/workflows/manage-sales-tax-for-us-locales
TAXABLE = "TAX"
NOT_TAXABLE = "NON"

# QuickBooks keeps amounts with two decimals, whatever the currency.
AMOUNT_DECIMALS = 2

SALES_TAX_OFF = "setting:sales tax off"


@dataclass(frozen=True, kw_only=True)
class TaxCode:
    """A tax code of the books; `percent` is the sum of its sales rates, None where the books do not tell."""

    tax_code_id: str
    name: str
    active: bool = True
    percent: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class TaxMatch:
    """The tax code id for a line (None: the line carries none), or the problem that a person must settle.

    `percent` is what the code adds to a price, as the books say, or else the deal; None where neither does.
    """

    tax_code_id: str | None = None
    percent: Decimal | None = None
    problem: Problem | None = None


class TaxSettings(Protocol):
    """What the rules of tax need to know of the books: the country (ISO, `US`), and whether they use sales tax."""

    @property
    def country(self) -> str: ...

    @property
    def uses_sales_tax(self) -> bool: ...


def tax_for(line: DealLine, deal: Deal, settings: TaxSettings, tax_codes: Sequence[TaxCode]) -> TaxMatch:
    """The tax code of one line of the deal; never a guess between two, and never silently untaxed."""
    tax = line.tax
    if charges(tax) and not settings.uses_sales_tax:
        return TaxMatch(problem=_sales_tax_off())
    if in_the_us(settings):
        return _american(tax)
    if not settings.uses_sales_tax:
        return TaxMatch()
    active = [each for each in tax_codes if each.active]
    if tax is not None and _says_which(tax):
        return _by_code_or_percent(tax, active)
    return _untaxed(deal, active)


def charges(tax: Tax | None) -> bool:
    """Whether the CRM says that tax is charged: a percent above zero, or a code of which it tells no percent."""
    if tax is None or tax.method == "none":
        return False
    if tax.percent is None:
        return bool(tax.code) and tax.code.upper() != NOT_TAXABLE
    return tax.percent > 0 or tax.code.upper() == TAXABLE


def in_the_us(settings: TaxSettings) -> bool:
    """Whether the books are those of a US company, where lines say taxable or not and prices never contain tax."""
    return settings.country.strip().upper() in {"US", "USA"}


def method_problems(deal: Deal, settings: TaxSettings) -> tuple[Problem, ...]:
    """What is wrong with how the deal's prices contain tax: both ways on one invoice, or at all in the US."""
    methods = _methods(deal)
    if in_the_us(settings) and "inclusive" in methods:
        return (_inclusive_in_the_us(deal),)
    if len(methods) > 1:
        return (_mixed(deal),)
    return ()


def is_inclusive(deal: Deal) -> bool:
    """Whether the deal's prices contain their tax. With nothing to pay, it makes no difference and is not so."""
    return _methods(deal) == {"inclusive"}


def without_tax(amount: Decimal, percent: Decimal) -> Decimal:
    """What is left of a price that contains a tax, to the cent, half up: QuickBooks takes it out line by line.

    Recorded: an Australian company's invoices fit no other way of rounding.
    """
    return divided(multiplied(amount, Decimal(100)), added(Decimal(100), percent), AMOUNT_DECIMALS)


def _methods(deal: Deal) -> set[str]:
    return {line.tax.method for line in deal.lines if line.tax is not None and charges(line.tax)}


def _american(tax: Tax | None) -> TaxMatch:
    if not charges(tax):
        return TaxMatch(tax_code_id=NOT_TAXABLE)
    assert tax is not None
    if tax.percent is None and tax.code.upper() != TAXABLE:
        return TaxMatch(problem=_not_mapped(tax))
    return TaxMatch(tax_code_id=TAXABLE)


def _says_which(tax: Tax) -> bool:
    return bool(tax.code) or (tax.percent is not None and tax.method != "none")


def _by_code_or_percent(tax: Tax, active: Sequence[TaxCode]) -> TaxMatch:
    if named := _named(tax.code, active):
        return _only(named, tax) if _agrees(tax, named[0]) else TaxMatch(problem=_contradicts(tax, named[0]))
    if tax.percent is None:
        return TaxMatch(problem=_not_mapped(tax))
    return _only([each for each in active if each.percent == tax.percent], tax)


def _named(code: str, active: Sequence[TaxCode]) -> list[TaxCode]:
    """Those with this id, else those with this name."""
    wanted = code.strip().casefold()
    if not wanted:
        return []
    by_id = [each for each in active if each.tax_code_id.casefold() == wanted]
    return by_id or [each for each in active if each.name.strip().casefold() == wanted]


def _agrees(tax: Tax, code: TaxCode) -> bool:
    return tax.method == "none" or None in (tax.percent, code.percent) or tax.percent == code.percent


def _only(codes: Sequence[TaxCode], tax: Tax) -> TaxMatch:
    if len(codes) == 1:
        percent = tax.percent if codes[0].percent is None else codes[0].percent
        if percent is None and tax.method == "inclusive":
            return TaxMatch(problem=_percent_unknown(tax))
        return TaxMatch(tax_code_id=codes[0].tax_code_id, percent=percent)
    return TaxMatch(problem=_ambiguous(tax, codes) if codes else _not_mapped(tax))


def _untaxed(deal: Deal, active: Sequence[TaxCode]) -> TaxMatch:
    """Without any tax on the deal no line needs a code; beside taxed lines each line does, if only one of 0 percent.

    Outside the US QuickBooks refuses (6000) an invoice on which some lines have a tax code and others have none.
    """
    if not any(line.tax is not None and _says_which(line.tax) for line in deal.lines):
        return TaxMatch()
    return _only([each for each in active if each.percent == 0], Tax(percent=Decimal(0)))


def _words(tax: Tax) -> str:
    percent = "" if tax.percent is None else f"{plain(without_trailing_zeros(tax.percent))}%"
    return " ".join(part for part in (tax.code, percent) if part)


def _not_mapped(tax: Tax) -> Problem:
    return Problem(
        reason="tax_not_mapped",
        cause=f"tax:{_words(tax)} not mapped",
        message=f"No active tax code in QuickBooks is the tax {_words(tax)} of the deal.",
        remedy="Give the lines a tax whose code is the name or id of a tax code in QuickBooks, or add that tax code in "
        "QuickBooks; then retry.",
        detail={"tax": _words(tax)},
    )


def _percent_unknown(tax: Tax) -> Problem:
    return Problem(
        reason="tax_not_mapped",
        cause=f"tax:{_words(tax)} not mapped",
        message=f"The deal's prices contain the tax {_words(tax)}, and neither the deal nor QuickBooks says how much.",
        remedy="Give the lines the percentage of their tax in the CRM, then retry.",
        detail={"tax": _words(tax)},
    )


def _ambiguous(tax: Tax, codes: Sequence[TaxCode]) -> Problem:
    return Problem(
        reason="tax_ambiguous",
        cause=f"tax:{_words(tax)} not mapped",
        message=f"The tax {_words(tax)} of the deal may be any of {len(codes)} tax codes in QuickBooks.",
        remedy="Give the lines the name or id of the right tax code in the CRM, then retry.",
        detail={"tax": _words(tax), "candidates": _listed(codes)},
    )


def _contradicts(tax: Tax, code: TaxCode) -> Problem:
    percent = plain(without_trailing_zeros(code.percent or Decimal(0)))
    return Problem(
        reason="tax_ambiguous",
        cause=f"tax:{_words(tax)} not mapped",
        message=f"The deal says {_words(tax)}, but that tax code is {percent}% in QuickBooks.",
        remedy="Correct the tax code or the percentage in the CRM, then retry.",
        detail={"tax": _words(tax), "candidates": _listed([code])},
    )


def _sales_tax_off() -> Problem:
    return Problem(
        reason="sales_tax_off",
        cause=SALES_TAX_OFF,
        message="The deal charges tax, but sales tax is not switched on in QuickBooks.",
        remedy="Switch sales tax on in QuickBooks (Taxes), or take the tax off the deal; then retry.",
    )


def _inclusive_in_the_us(deal: Deal) -> Problem:
    return Problem(
        reason="tax_inclusive_us",
        cause=f"deal:{deal.id} tax inclusive",
        message="The deal's prices contain tax, which QuickBooks does not know in the US.",
        remedy="Let the deal add the tax to its prices, or take the tax off; then retry.",
    )


def _mixed(deal: Deal) -> Problem:
    return Problem(
        reason="tax_methods_mixed",
        cause=f"deal:{deal.id} tax methods mixed",
        message="Some prices of the deal contain tax and others do not; an invoice can only have one of the two.",
        remedy="Let all lines of the deal contain the tax, or none of them; then retry.",
    )


def _listed(codes: Sequence[TaxCode]) -> list[dict[str, str]]:
    return [{"tax_code_id": each.tax_code_id, "name": each.name} for each in codes]
