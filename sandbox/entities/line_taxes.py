"""The taxes of a document outside the United States: a code on every line, on top of its price or within it."""

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.arithmetic import Rate, TaxedLine, discounted, net_of, spread, taxes
from sandbox.entities import lines as lines_of
from sandbox.entities.tax_detail import (
    Sums,
    as_decided_before,
    code_of,
    decided,
    overridden,
    rates_of,
    stated,
    tax_line,
)
from sandbox.numbers import Json, cents, rounded

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO, ONE = Decimal(0), Decimal(1)
CENT = Decimal("0.01")
FINEST_PRICE = Decimal("0.0000001")


def sum_up(change: "Change", sent: Json, own: lines_of.Lines, old: Json | None) -> Sums:
    """Taxes rounded line by line; prices that include them are stored without. Raises 6000 for a line without code."""
    how = sent.get("GlobalTaxCalculation", "TaxExcluded")
    if how == "NotApplicable":
        return Sums(own, {"TotalTax": ZERO}, own.subtotal - own.discounted)
    # Lines of text stand between the others without an amount.
    sold = {place: line for place, line in enumerate(own.own) if "Amount" in line}
    rates = _rates_by_code(change, list(sold.values()))
    taxed = {place: _taxed(change, line, rates[code_of(line)], how) for place, line in sold.items()}
    if how == "TaxInclusive":
        own = _without_taxes(own, taxed)
    shares = spread(own.discounted, [line.net for line in taxed.values()])
    left = [discounted(_plain(line), share) for line, share in zip(taxed.values(), shares, strict=True)]
    computed = [tax_line(one) for one in taxes(left, per_line=change.switches["tax_rounding"] != "rate")]
    tax_lines = _with_kept(decided(change, sent, old), as_decided_before(sent, old, computed))
    tax = sum((line["Amount"] for line in tax_lines), ZERO)
    return Sums(own, {"TotalTax": tax, "TaxLine": tax_lines}, own.subtotal - own.discounted + tax)


def _rates_by_code(change: "Change", lines: list[Json]) -> dict[str, tuple[Rate, ...]]:
    """The rates of every tax code that the lines name; 6000 where one names none."""
    found: dict[str, tuple[Rate, ...]] = {}
    for id in {code_of(line) for line in lines}:
        code = change.find("TaxCode", id)
        if code is None:
            word = change.company.country.tax_word
            raise refusals.business(f"Make sure all your transactions have a {word} rate before you save.")
        found[id] = rates_of(change, code)
    return found


def _taxed(change: "Change", line: Json, rates: tuple[Rate, ...], how: str) -> TaxedLine:
    gross = _gross(change, line, rates) if how == "TaxInclusive" else None
    net = TaxedLine(line["Amount"], rates)
    if gross is None:
        return net
    # What was stored for a line whose Amount decided comes back so; two taxes may round to more than their sum.
    return replace(net, gross=gross) if gross == _with_taxes(net) else TaxedLine(net_of(gross, rates), rates, gross)


def _gross(change: "Change", line: Json, rates: tuple[Rate, ...]) -> Decimal | None:
    """What the customer pays for the line; None where its Amount, without taxes, decides."""
    detail = line.get(lines_of.ITEM, {})
    told = cents(detail.get("TaxInclusiveAmt") or ZERO)
    if change.switches["inclusive_amount"] == "gross":
        return told or Decimal(line["Amount"])
    # Live companies put the tax on top of an Amount that was meant to contain it, whatever else the line said.
    # A unit price rounded to cents explains half a cent for each piece.
    tolerance = CENT * max(ONE, abs(detail.get("Qty", ONE)))
    return told if told and abs(net_of(told, rates) - line["Amount"]) <= tolerance else None


def _plain(line: TaxedLine) -> TaxedLine:
    """Without a gross amount that says no more than the net: a line that is read and written back has such a one."""
    net_only = replace(line, gross=None)
    return net_only if line.gross == _with_taxes(net_only) else line


def _with_taxes(line: TaxedLine) -> Decimal:
    return line.net + sum((one.tax for one in taxes([line], per_line=True)), ZERO)


def _without_taxes(own: lines_of.Lines, taxed: dict[int, TaxedLine]) -> lines_of.Lines:
    """The lines as live answers show them: Amount and UnitPrice without taxes, TaxInclusiveAmt with them."""
    lines = [_stored(line, taxed[place]) if place in taxed else line for place, line in enumerate(own.own)]
    subtotal = sum((line.net for line in taxed.values()), ZERO)
    return replace(own, own=lines, subtotal=subtotal, discount=_discount(own.discount, subtotal))


def _stored(line: Json, taxed: TaxedLine) -> Json:
    detail = line[lines_of.ITEM]
    gross = _with_taxes(taxed)
    price: Json = {}
    if taxed.gross is not None and detail.get("Qty") and "UnitPrice" in detail:
        price = {"UnitPrice": rounded(taxed.net / detail["Qty"], FINEST_PRICE)}
    return {**line, "Amount": taxed.net, lines_of.ITEM: {**detail, **price, "TaxInclusiveAmt": gross}}


def _discount(discount: Json | None, subtotal: Decimal) -> Json | None:
    """The discount beside lines without taxes: a percentage is, as recorded, one of their sum."""
    detail = discount[lines_of.DISCOUNT] if discount else {}
    if discount is None or not detail.get("PercentBased"):
        return discount
    return {**discount, "Amount": cents(subtotal * detail["DiscountPercent"] / 100)}


def _with_kept(asked: Json, computed: list[Json]) -> list[Json]:
    """The computed tax lines, with the caller's amount for each rate that he names."""
    wanted = dict(stated(asked))
    rates: list[str] = [line["TaxLineDetail"]["TaxRateRef"]["value"] for line in computed]
    pairs = zip(computed, rates, strict=True)
    return [overridden(line, wanted[rate]) if rate in wanted else line for line, rate in pairs]
