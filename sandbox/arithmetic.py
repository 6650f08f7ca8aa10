"""How an invoice adds up: line amounts, discount, taxes and total, in exact decimals."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from sandbox.numbers import cents

ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Rate:
    """A tax rate as the books know it, in per cent."""

    id: str
    percent: Decimal


@dataclass(frozen=True)
class TaxedLine:
    """One line's amount with the rates of its tax code; `gross` when the amount includes them."""

    amount: Decimal
    rates: tuple[Rate, ...]
    gross: bool = False


@dataclass(frozen=True)
class TaxSum:
    """What one rate yields over the whole document."""

    rate: Rate
    net: Decimal
    tax: Decimal


def net_of(amount: Decimal, rates: tuple[Rate, ...]) -> Decimal:
    """What is left of a gross amount without its taxes, in cents."""
    percent = sum((rate.percent for rate in rates), ZERO)
    return amount - cents(amount * percent / (HUNDRED + percent))


def taxes(lines: list[TaxedLine], per_line: bool) -> list[TaxSum]:
    """One sum per rate. `per_line`: rounded line by line and added up; otherwise once on the document.

    Recorded US answers fit once per rate; outside the US Intuit's support says line by line.
    """
    rates: dict[str, Rate] = {}
    nets: dict[str, list[Decimal]] = defaultdict(list)
    for line in lines:
        net = net_of(line.amount, line.rates) if line.gross else line.amount
        for rate in line.rates:
            rates[rate.id] = rate
            nets[rate.id].append(net)
    return [TaxSum(rate, sum(nets[id], ZERO), _tax(nets[id], rate, per_line)) for id, rate in rates.items()]


def spread(amount: Decimal, over: list[Decimal]) -> list[Decimal]:
    """An amount divided in proportion, in cents; the largest share takes what rounding leaves."""
    whole = sum(over, ZERO)
    if not whole:
        return [ZERO for _ in over]
    shares = [cents(amount * one / whole) for one in over]
    shares[over.index(max(over))] += amount - sum(shares, ZERO)
    return shares


def _tax(nets: list[Decimal], rate: Rate, per_line: bool) -> Decimal:
    if per_line:
        return sum((cents(net * rate.percent / HUNDRED) for net in nets), ZERO)
    return cents(sum(nets, ZERO) * rate.percent / HUNDRED)
