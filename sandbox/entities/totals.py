"""What a sales document comes to: lines, discount, taxes, total and open balance, in its currency and at home."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities import american_taxes, line_taxes
from sandbox.entities import lines as lines_of
from sandbox.entities.currency import exchange_rate
from sandbox.numbers import Json, cents, exact

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO = Decimal(0)


def applied_to(record: Json) -> Decimal:
    """How much of a document payments have settled; nothing of one that has no balance."""
    if "Balance" not in record:
        return ZERO
    # A deposit above the total leaves a balance of zero, not one below it.
    return max(ZERO, exact(record["TotalAmt"]) - exact(record["Balance"]) - exact(record.get("Deposit", 0)))


def add_up(change: "Change", sent: Json, own: lines_of.Lines, old: Json | None, foreign: bool) -> Json:
    """The money of a document; `old` is the document before this change.

    Raises 6000 for a negative total, a discount above the subtotal or a missing tax code, 2410 without a rate.
    """
    taxes = line_taxes if change.company.country.taxes_per_line else american_taxes
    sums = taxes.sum_up(change, sent, own, old)
    if sums.lines.discounted > max(sums.lines.subtotal, ZERO):
        # A live company's words.
        raise refusals.business("The discount amount can't be greater than the subtotal.")
    if sums.total < 0:
        raise refusals.business("Transaction amount must be 0 or greater.")
    deposit = cents(sent.get("Deposit", ZERO))
    if deposit < 0:
        raise refusals.business("The deposit must be 0 or greater.")
    balance = sums.total - deposit - (min(applied_to(old), sums.total) if old else ZERO)
    money: Json = {
        "Line": sums.lines.written(),
        "TxnTaxDetail": sums.tax_detail,
        "TotalAmt": sums.total,
        "Balance": max(balance, ZERO),
        "ApplyTaxAfterDiscount": sent.get("ApplyTaxAfterDiscount", False),
    }
    return {**money, **_at_home(change, sent, money, foreign)}


def _at_home(change: "Change", sent: Json, money: Json, foreign: bool) -> Json:
    """Rate and home amounts, which a company has that keeps several currencies."""
    rate = exchange_rate(change, sent, foreign)
    if rate is None:
        return {}
    home = {"HomeTotalAmt": cents(money["TotalAmt"] * rate), "HomeBalance": cents(money["Balance"] * rate)}
    return {"ExchangeRate": rate, **home}
