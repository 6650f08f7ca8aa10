"""Money: an exact amount in one currency, and the one way we round it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import (
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from types import MappingProxyType

_TWO = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
# Withdrawn in 2025 and at the start of 2026 (replaced by XCG and EUR); books still hold open invoices in them.
_LATELY_WITHDRAWN = "ANG BGN"
_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_FOUR = "CLF UYW"

DECIMALS: Mapping[str, int] = MappingProxyType(
    {
        code: digits
        for codes, digits in ((_TWO, 2), (_LATELY_WITHDRAWN, 2), (_NONE, 0), (_THREE, 3), (_FOUR, 4))
        for code in codes.split()
    }
)
"""ISO 4217: the currencies in use and the digits of their minor unit. Metals, testing codes and the like have none."""

# Wide enough for the product of any two values that `exact` lets in; if a digit were lost all the same, it is an error.
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
_ROUNDING = Context(prec=200, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])

_WIDEST = 30
_NUMBER = re.compile(r"[+-]?[0-9]{1,60}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?")


class UnknownCurrency(ValueError):
    """A currency code that ISO 4217 does not list as in use."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"{currency!r} is not a currency of ISO 4217")
        self.currency = currency


class CurrencyMismatch(ValueError):
    """Two amounts in different currencies were added or compared."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other} cannot be added or compared")


def exact(value: str | int | Decimal) -> Decimal:
    """The same number as a Decimal. TypeError for a float; ValueError for NaN, infinity and absurdly long numbers."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise TypeError(f"an exact number is text, int or Decimal, not {type(value).__name__}")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError("not a plain decimal number")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("not a finite number")
    if number.adjusted() >= _WIDEST or _places(number) > _WIDEST:
        raise ValueError(f"more than {_WIDEST} digits on one side of the decimal point")
    return number


def plain(value: Decimal) -> str:
    """The number as people write it: no exponent, no minus before a zero; the digits it was given are kept."""
    return format(abs(value) if value == 0 else value, "f")


def round_half_up(value: Decimal, places: int) -> Decimal:
    """The number with that many decimals; a half goes away from zero, as on paper and in QuickBooks."""
    return value.quantize(Decimal(1).scaleb(-places), context=_ROUNDING)


def decimals_of(currency: str) -> int:
    """How many digits the currency's minor unit has; UnknownCurrency for a code that is not in use."""
    try:
        return DECIMALS[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


def added(one: Decimal, other: Decimal) -> Decimal:
    """The sum, every digit of it."""
    return _EXACT.add(one, other)


def multiplied(one: Decimal, other: Decimal) -> Decimal:
    """The product, every digit of it."""
    return _EXACT.multiply(one, other)


def divided(one: Decimal, other: Decimal, places: int) -> Decimal:
    """The quotient, rounded half up to `places` decimals and without trailing zeros."""
    # Far more digits than asked for, so that rounding twice cannot turn less than a half into a half.
    return without_trailing_zeros(round_half_up(_ROUNDING.divide(one, other), places))


def without_trailing_zeros(value: Decimal) -> Decimal:
    """The same number in as few digits as it takes, without an exponent: 29.9970 is 29.997, 1E+2 is 100."""
    return Decimal(plain(_EXACT.normalize(value)))


def has_at_most(value: Decimal, places: int) -> bool:
    """Whether the number can be written with that many decimals; trailing zeros do not count."""
    return _places(without_trailing_zeros(value)) <= places


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@dataclass(frozen=True)
class Money:
    """An exact amount, in whole units (not cents) of an ISO 4217 currency. Nothing rounds it but `rounded`.

    TypeError for a float, ValueError for text that is no number, UnknownCurrency, and CurrencyMismatch where two
    currencies meet in `+`, `-` or an ordering. `==` between currencies is simply False.
    """

    amount: Decimal
    currency: str

    def __init__(self, amount: str | int | Decimal, currency: str) -> None:
        decimals_of(currency)
        object.__setattr__(self, "amount", exact(amount))
        object.__setattr__(self, "currency", currency)

    @classmethod
    def from_minor(cls, minor: int, currency: str) -> Money:
        """From a count of the smallest coin: 1999 in USD is 19.99."""
        if isinstance(minor, bool) or not isinstance(minor, int):
            raise TypeError(f"minor units are an int, not {type(minor).__name__}")
        return cls(Decimal(minor).scaleb(-decimals_of(currency), context=_EXACT), currency)

    @property
    def minor(self) -> int:
        """The count of the smallest coin; ValueError when the amount is finer than that."""
        count = self.amount.scaleb(decimals_of(self.currency), context=_EXACT)
        if count != count.to_integral_value():
            raise ValueError(f"the amount is finer than the smallest coin of {self.currency}")
        return int(count)

    def rounded(self) -> Money:
        """Half up to the currency's decimals."""
        return Money(round_half_up(self.amount, decimals_of(self.currency)), self.currency)

    def __add__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return Money(added(self.amount, self._alike(other)), self.currency)

    def __sub__(self, other: Money) -> Money:
        if not isinstance(other, Money):
            return NotImplemented
        return self + -other

    def __neg__(self) -> Money:
        return Money(self.amount.copy_negate(), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(multiplied(self.amount, _factor(factor)), self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._alike(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._alike(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount > self._alike(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount >= self._alike(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return f"{plain(self.amount)} {self.currency}"

    def _alike(self, other: Money) -> Decimal:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)
        return other.amount


def _factor(value: object) -> Decimal:
    if not isinstance(value, (int, Decimal)):
        raise TypeError(f"money is multiplied by a Decimal or an int, not {type(value).__name__}")
    return exact(value)
