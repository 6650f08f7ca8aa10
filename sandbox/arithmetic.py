"""How a document adds up: net and gross, taxes, discounts; exact decimals, halves away from zero."""

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from sandbox.numbers import cents

ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Rate:
    """A tax rate as the books know it, in per cent; `on_taxes`: charged on the amount plus the taxes before it."""

    id: str
    percent: Decimal
    on_taxes: bool = False


@dataclass(frozen=True)
class TaxedLine:
    """A line without its taxes, with the rates of its code; `gross` with them, where the price was agreed that way."""

    net: Decimal
    rates: tuple[Rate, ...]
    gross: Decimal | None = None


@dataclass(frozen=True)
class TaxSum:
    """What one rate yields over the whole document."""

    rate: Rate
    net: Decimal
    tax: Decimal


def net_of(gross: Decimal, rates: tuple[Rate, ...]) -> Decimal:
    """What is left of a gross amount without its taxes, in cents."""
    return cents(_exact_net(gross, rates))


def taxes(lines: list[TaxedLine], per_line: bool) -> list[TaxSum]:
    """One sum per rate. `per_line`: rounded line by line and added up; otherwise once on the document.

    Recorded US answers fit once per rate. Outside the US Intuit's support says line by line, and recorded Canadian
    and Australian answers with taxes included fit nothing else.
    """
    rates: dict[str, Rate] = {}
    nets: dict[str, Decimal] = defaultdict(Decimal)
    dues: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        for rate, tax in zip(line.rates, _taxes_of(line) if per_line else _exact_taxes_of(line), strict=True):
            rates[rate.id] = rate
            nets[rate.id] += line.net
            dues[rate.id] += tax
    return [TaxSum(rate, nets[id], cents(dues[id])) for id, rate in rates.items()]


def discounted(line: TaxedLine, share: Decimal) -> TaxedLine:
    """What its share of a discount, without taxes, leaves of a line: gross and net keep their proportion."""
    net = line.net - share
    if line.gross is None or not line.net:
        return replace(line, net=net)
    return replace(line, net=net, gross=cents(line.gross * net / line.net))


def spread(amount: Decimal, over: list[Decimal]) -> list[Decimal]:
    """An amount divided in proportion, in cents; the largest share takes what rounding leaves."""
    whole = sum(over, ZERO)
    if not whole:
        return [ZERO for _ in over]
    shares = [cents(amount * one / whole) for one in over]
    shares[over.index(max(over, key=abs))] += amount - sum(shares, ZERO)
    return shares


def _taxes_of(line: TaxedLine) -> list[Decimal]:
    """In cents, one for each rate; of a gross line exactly what it has more than its net."""
    exact = _exact_taxes_of(line)
    return [cents(tax) for tax in exact] if line.gross is None else spread(line.gross - line.net, exact)


def _exact_taxes_of(line: TaxedLine) -> list[Decimal]:
    return _exact_taxes(line.net if line.gross is None else _exact_net(line.gross, line.rates), line.rates)


def _exact_taxes(net: Decimal, rates: tuple[Rate, ...]) -> list[Decimal]:
    dues: list[Decimal] = []
    for rate in rates:
        base = net + (sum(dues, ZERO) if rate.on_taxes else ZERO)
        dues.append(base * rate.percent / HUNDRED)
    return dues


def _exact_net(gross: Decimal, rates: tuple[Rate, ...]) -> Decimal:
    return gross * HUNDRED / (HUNDRED + sum(_exact_taxes(HUNDRED, rates), ZERO))
