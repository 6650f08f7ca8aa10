"""The taxes of a US document: one code for all lines marked TAX, the caller's or that of the place of delivery."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.arithmetic import TaxedLine, TaxSum, spread, taxes
from sandbox.entities import lines as lines_of
from sandbox.entities.automated_tax import buyer_of, code_of_place
from sandbox.entities.kind import stays
from sandbox.entities.tax import PSEUDO_CODES
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
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO = Decimal(0)


def sum_up(change: "Change", sent: Json, own: lines_of.Lines, old: Json | None) -> Sums:
    """Taxes rounded once per rate; without a code those that the caller states. Raises 2500 and 610."""
    automated = bool(change.company.preferences.get("TaxPrefs", {}).get("PartnerTaxEnabled"))
    code = _code(change, sent, old, automated)
    if code is None:
        tax = _stated_tax(sent.get("TxnTaxDetail", {}))
        return Sums(own, {"TotalTax": tax}, own.subtotal - own.discounted + tax)
    rates = rates_of(change, code)
    is_exempt = automated and buyer_of(change, sent).get("Taxable") is False
    amounts = [] if is_exempt else _taxed_amounts(sent, own)
    # Without anything to tax, QuickBooks still writes a tax line of 0 for every rate.
    taxed = [TaxedLine(amount, rates) for amount in amounts] or [TaxedLine(ZERO, rates)]
    sums = taxes(taxed, per_line=change.switches["tax_rounding"] == "line")
    # With a code, live companies computed whatever TotalTax was sent; automated sales tax is documented to honour it.
    total_tax = decided(change, sent, old).get("TotalTax") if automated else None
    computed = as_decided_before(sent, old, [tax_line(one) for one in sums])
    tax_lines = computed if total_tax is None else _prorated(sums, cents(total_tax))
    tax = sum((line["Amount"] for line in tax_lines), ZERO)
    detail = {"TxnTaxCodeRef": {"value": code["Id"]}, "TotalTax": tax, "TaxLine": tax_lines}
    return Sums(own, detail, own.subtotal - own.discounted + tax)


def _code(change: "Change", sent: Json, old: Json | None, automated: bool) -> Json | None:
    """The document's code; a pseudo code has no rates to compute with, so it is none."""
    if automated:
        return code_of_place(change, sent)
    detail = sent.get("TxnTaxDetail", {})
    if "TxnTaxCodeRef" not in detail or detail["TxnTaxCodeRef"]["value"] in PSEUDO_CODES:
        return None
    is_kept = stays("TxnTaxCodeRef", detail, old.get("TxnTaxDetail") if old else None)
    return change.refer("TaxCode", detail["TxnTaxCodeRef"], "TaxCodes", must_be_active=not is_kept)


def _stated_tax(detail: Json) -> Decimal:
    if "TotalTax" in detail:
        return cents(detail["TotalTax"])
    return sum((amount for _, amount in stated(detail)), ZERO)


def _taxed_amounts(sent: Json, own: lines_of.Lines) -> list[Decimal]:
    """What is taxed of each TAX line; a discount lessens it only where the tax comes after it."""
    shares = [ZERO for _ in own.own]
    if sent.get("ApplyTaxAfterDiscount"):
        shares = spread(own.discounted, [line.get("Amount", ZERO) for line in own.own])
    return [line["Amount"] - share for line, share in zip(own.own, shares, strict=True) if code_of(line) == "TAX"]


def _prorated(sums: list[TaxSum], total_tax: Decimal) -> list[Json]:
    """The caller's tax, divided over the rates as the computed one is, or else in equal parts."""
    computed = [one.tax for one in sums]
    parts = spread(total_tax, computed if any(computed) else [Decimal(1) for _ in sums])
    return [overridden(tax_line(one), part) for one, part in zip(sums, parts, strict=True)]
