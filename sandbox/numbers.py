"""How numbers and JSON are read and written: exact decimals inside, plain JSON numbers outside."""

import json
import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any, NoReturn

Json = dict[str, Any]

CENT = Decimal("0.01")
# Wide enough for the product of the largest quantity and price that are taken.
_WIDE = Context(prec=60)
_TOO_LONG_FOR_A_FLOAT = "\x00number:"
_RAW_NUMBER = re.compile(r'"\\u0000number:([0-9.\-]+)"')


def cents(amount: Decimal) -> Decimal:
    """The amount in whole cents, halves away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP, context=_WIDE)


def exact(value: object) -> Decimal:
    """The decimal that a stored or sent number means; ValueError when it means none."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"{value!r} is not a number")
    try:
        number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return number


def decimals(number: Decimal) -> int:
    """How many digits stand behind the decimal point, trailing zeros left out."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def read_json(raw: bytes | str) -> Any:
    """The value that a JSON text holds, fractions as Decimal; ValueError when it is not JSON."""
    return json.loads(raw, parse_float=Decimal, parse_constant=_no_such_number)


def write_json(value: object) -> str:
    """A JSON text in which every Decimal is a plain number, without loss of digits."""
    text = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return _RAW_NUMBER.sub(r"\1", text) if "\\u0000number:" in text else text


def _no_such_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _plain(value: object) -> object:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} cannot be written as JSON")
    if value == value.to_integral_value():
        return int(value)
    as_float = float(value)
    # json writes floats by their shortest repr; that is exact up to about 15 digits.
    return as_float if Decimal(repr(as_float)) == value else f"{_TOO_LONG_FOR_A_FLOAT}{value:f}"
