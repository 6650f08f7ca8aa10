"""What callers of the controls send: objects of known members, numbers in bounds; WrongControl for the rest."""

import math
from collections.abc import Iterable
from typing import Any

from sandbox.numbers import Json
from sandbox.refusals import WrongControl


def members(body: Any, allowed: Iterable[str], what: str) -> Json:
    """The object itself, which has no other members; `what` begins the sentence of the refusal."""
    known = ", ".join(allowed)
    if not isinstance(body, dict):
        raise WrongControl(f"{what} is a JSON object with {known}.")
    unknown = [name for name in body if name not in allowed]
    if unknown:
        raise WrongControl(f"{what} has no member {unknown[0]!r}; it has {known}.")
    return body


def number(value: Any, refusal: str, least: float = 0, most: float = 1e9) -> float:
    """A number from `least` to `most`, or its text; `refusal` is the whole sentence."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found) or not least <= found <= most:
        raise WrongControl(refusal)
    return found


def whole(value: Any, refusal: str, least: int, most: float = math.inf) -> int:
    """A whole number from `least` to `most`; `refusal` is the whole sentence."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise WrongControl(refusal)
    return value
