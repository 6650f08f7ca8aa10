"""How numbers and JSON are read and written: exact decimals inside, plain JSON numbers outside."""

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any, NoReturn

Json = dict[str, Any]

CENT = Decimal("0.01")
# Wide enough for the product of the largest quantity and price that are taken.
_WIDE = Context(prec=60)
# Stand-ins for what the encoder cannot write itself; no caller can guess them.
_MARK = secrets.token_hex(8)
_TOO_LONG_FOR_A_FLOAT = f"{_MARK}number:"
_RAW_NUMBER = re.compile(f'"{_MARK}number:([0-9.E+\\-]+)"')
LONGEST_WHOLE = 300  # digits; Python writes whole numbers of a few thousand at most
_WRITTEN = f"{_MARK}written"


@dataclass(frozen=True, slots=True)
class Written:
    """A value whose JSON text is known already; `write_json` copies it."""

    raw: bytes


def cents(amount: Decimal) -> Decimal:
    """The amount in whole cents, halves away from zero."""
    return rounded(amount, CENT)


def rounded(number: Decimal, unit: Decimal) -> Decimal:
    """The number in as many decimals as the unit has, halves away from zero."""
    return number.quantize(unit, rounding=ROUND_HALF_UP, context=_WIDE)


def exact(value: object) -> Decimal:
    """The decimal that a stored or sent number means; ValueError when it means none."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"{value!r} is not a number")
    try:
        number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    # Python alone reads 1_000 as a thousand.
    if not number.is_finite() or (isinstance(value, str) and "_" in value):
        raise ValueError(f"{value!r} is not a number")
    return number


def decimals(number: Decimal) -> int:
    """How many digits stand behind the decimal point, trailing zeros left out."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def read_json(raw: bytes | str) -> Any:
    """The value that a JSON text holds, fractions as Decimal; ValueError when it is not JSON."""
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_such_number)
    except InvalidOperation:
        raise ValueError("an exponent is beyond every number") from None


def write_json(value: object) -> str:
    """A JSON text in which every Decimal is a plain number, without loss of digits, and every Written is as it was."""
    return "".join(json_pieces(value))


def json_pieces(value: object) -> Iterator[str]:
    """The same piece by piece: what is Written already, which may be very much, is not held twice."""
    known: list[Written] = []

    def plain(one: object) -> object:
        if isinstance(one, Decimal):
            return _plain(one)
        if isinstance(one, Written):
            known.append(one)
            return _WRITTEN
        raise TypeError(f"{type(one).__name__} cannot be written as JSON")

    text = json.dumps(value, default=plain, ensure_ascii=False, separators=(",", ":"))
    if _TOO_LONG_FOR_A_FLOAT in text:
        text = _RAW_NUMBER.sub(r"\1", text)
    if not known:
        yield text
        return
    between = text.split(f'"{_WRITTEN}"')
    yield between[0]
    for one, piece in zip(known, between[1:], strict=True):
        yield one.raw.decode("utf-8", "surrogatepass")
        yield piece


def packed(record: Json) -> bytes:
    """The record as JSON text, for keeping."""
    return write_json(record).encode("utf-8", "surrogatepass")


def unpacked(raw: bytes) -> Json:
    """The record that was packed; every number is a Decimal."""
    record: Json = _UNPACKER.decode(raw.decode("utf-8", "surrogatepass"))
    return record


def _no_such_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _plain(number: Decimal) -> object:
    if abs(number.adjusted()) > LONGEST_WHOLE:
        return f"{_TOO_LONG_FOR_A_FLOAT}{number}"
    if number == number.to_integral_value():
        return int(number)
    as_float = float(number)
    # json writes floats by their shortest repr; that is exact up to about 15 digits.
    return as_float if Decimal(repr(as_float)) == number else f"{_TOO_LONG_FOR_A_FLOAT}{number:f}"


_UNPACKER = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)
