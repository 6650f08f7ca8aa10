"""What an invoice comes to: lines, discount, taxes, total and open balance."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.arithmetic import Rate, TaxedLine, TaxSum, net_of, spread, taxes
from sandbox.entities import lines as lines_of
from sandbox.numbers import Json, cents, exact

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO = Decimal(0)


def applied_to(invoice: Json) -> Decimal:
    """How much of an invoice payments have settled."""
    return exact(invoice["TotalAmt"]) - exact(invoice["Balance"]) - exact(invoice.get("Deposit", 0))


def add_up(change: "Change", sent: Json, own: lines_of.Lines, old: Json | None, foreign: bool) -> Json:
    """The money of an invoice; raises 6000 for a negative total or a missing tax code, 2410 without a rate."""
    tax_detail, total_tax, net_change = _work_out_taxes(change, sent, own)
    total = own.subtotal - own.discounted + total_tax + net_change
    if total < 0:
        raise refusals.business("Transaction amount must be 0 or greater.")
    deposit = cents(sent.get("Deposit", ZERO))
    balance = total - deposit - (min(applied_to(old), total) if old else ZERO)
    money: Json = {
        "Line": own.written(),
        "TxnTaxDetail": tax_detail,
        "TotalAmt": total,
        "Balance": max(balance, ZERO),
        "ApplyTaxAfterDiscount": sent.get("ApplyTaxAfterDiscount", False),
    }
    if not change.company.multicurrency:
        return money
    if foreign and "ExchangeRate" not in sent:
        raise refusals.rate_missing()
    rate = sent["ExchangeRate"] if foreign else Decimal(1)
    home = {"HomeTotalAmt": cents(total * rate), "HomeBalance": cents(money["Balance"] * rate)}
    return {**money, "ExchangeRate": rate, **home}


def _work_out_taxes(change: "Change", sent: Json, own: lines_of.Lines) -> tuple[Json, Decimal, Decimal]:
    """The tax detail, the tax, and by how much gross lines exceed their net (negative)."""
    if change.company.country.taxes_per_line:
        return _taxes_by_line(change, sent, own)
    return _taxes_by_document(change, sent, own)


def _taxes_by_document(change: "Change", sent: Json, own: lines_of.Lines) -> tuple[Json, Decimal, Decimal]:
    """United States: one tax code for the document, on the lines marked TAX, rounded once per rate."""
    asked = sent.get("TxnTaxDetail", {})
    code = asked.get("TxnTaxCodeRef")
    if not code or code["value"] in ("TAX", "NON"):
        honoured = cents(asked.get("TotalTax", ZERO))
        return {"TotalTax": honoured}, honoured, ZERO
    rates = _rates(change, change.refer("TaxCode", code, "TaxCodes"))
    amounts = [line["Amount"] for line in own.own if _is_taxed(line)]
    if sent.get("ApplyTaxAfterDiscount"):
        everything = [line.get("Amount", ZERO) for line in own.own]
        shares = dict(enumerate(spread(own.discounted, everything)))
        amounts = [line["Amount"] - shares[n] for n, line in enumerate(own.own) if _is_taxed(line)]
    per_line = change.switches["tax_rounding"] == "line"
    sums = taxes([TaxedLine(amount, rates) for amount in amounts], per_line)
    total = sum((one.tax for one in sums), ZERO)
    return {"TxnTaxCodeRef": code, "TotalTax": total, "TaxLine": [_tax_line(one) for one in sums]}, total, ZERO


def _taxes_by_line(change: "Change", sent: Json, own: lines_of.Lines) -> tuple[Json, Decimal, Decimal]:
    """Elsewhere: every line names its code, else 6000; inclusive amounts are taken apart."""
    how = sent.get("GlobalTaxCalculation", "TaxExcluded")
    if how == "NotApplicable":
        return {"TotalTax": ZERO}, ZERO, ZERO
    gross = how == "TaxInclusive"
    taxed = [_taxed_line(change, line, gross) for line in own.own if "Amount" in line]
    if own.discounted:
        shares = spread(own.discounted, [line.amount for line in taxed])
        taxed = [TaxedLine(line.amount - share, line.rates, gross) for line, share in zip(taxed, shares, strict=True)]
    sums = taxes(taxed, per_line=change.switches["tax_rounding"] != "rate")
    total = sum((one.tax for one in sums), ZERO)
    contained = sum((net_of(line.amount, line.rates) - line.amount for line in taxed), ZERO) if gross else ZERO
    return {"TotalTax": total, "TaxLine": [_tax_line(one) for one in sums]}, total, contained


def _taxed_line(change: "Change", line: Json, gross: bool) -> TaxedLine:
    detail = line.get(lines_of.ITEM, {})
    code = change.find("TaxCode", detail.get("TaxCodeRef", {}).get("value", ""))
    if code is None:
        word = change.company.country.tax_word
        raise refusals.business(f"Make sure all your transactions have a {word} rate before you save.")
    amount = detail.get("TaxInclusiveAmt") or line["Amount"] if gross else line["Amount"]
    return TaxedLine(amount, _rates(change, code), gross)


def _rates(change: "Change", code: Json) -> tuple[Rate, ...]:
    details = code.get("SalesTaxRateList", {}).get("TaxRateDetail", [])
    rates = [change.get("TaxRate", detail["TaxRateRef"]["value"]) for detail in details]
    return tuple(Rate(rate["Id"], exact(rate["RateValue"])) for rate in rates)


def _is_taxed(line: Json) -> bool:
    return bool(line.get(lines_of.ITEM, {}).get("TaxCodeRef", {}).get("value") == "TAX")


def _tax_line(one: TaxSum) -> Json:
    detail = {
        "TaxRateRef": {"value": one.rate.id},
        "PercentBased": True,
        "TaxPercent": one.rate.percent,
        "NetAmountTaxable": one.net,
    }
    return {"Amount": one.tax, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}
