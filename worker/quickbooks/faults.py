"""What QuickBooks' answers mean: its fault bodies, status codes and silences, translated here and nowhere else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

DISCONNECTED_CODES = {"3100", "120"}  # the app was disconnected, or whoever connected it is no administrator any more
THROTTLED_CODES = {"3001", "003001"}


@dataclass(frozen=True)
class BookFault:
    """One error of a fault body. The detail may name customers: it is for people, never for logs."""

    code: str
    message: str
    detail: str
    element: str = ""


@dataclass(frozen=True)
class Answer:
    """What came back of one call: the parsed body (decimals exact), its status, and Intuit's own id of the call."""

    status: int
    body: Mapping[str, Any]
    intuit_tid: str


class QuickBooksError(Exception):
    """A call that did not give what was asked. `intuit_tid` names it to Intuit's support."""

    def __init__(self, why: str, intuit_tid: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.intuit_tid = intuit_tid


class NotReached(QuickBooksError):
    """The call certainly did not happen: no connection could be made."""


class Throttled(QuickBooksError):
    """Too many calls (429 or code 3001, as JSON or XML); the call did not happen. `after` in seconds, if told."""

    def __init__(self, after: float | None, intuit_tid: str) -> None:
        super().__init__("QuickBooks asks us to slow down", intuit_tid)
        self.after = after


class TokenRefused(QuickBooksError):
    """401: the access token is no good any more; the call did not happen."""


class AccessRefused(QuickBooksError):
    """403 or code 3100, 120: the connection is gone; the call did not happen."""


class OutcomeUnknown(QuickBooksError):
    """A time-out, a reset, a 5xx, a system fault, or a success without the expected object: it may have happened."""


class Refused(QuickBooksError):
    """A 400-class fault: QuickBooks will not do this as asked."""

    def __init__(self, faults: Sequence[BookFault], intuit_tid: str) -> None:
        super().__init__(f"QuickBooks refused: code {', '.join(fault.code for fault in faults)}", intuit_tid)
        self.faults = tuple(faults)

    def has(self, code: str) -> bool:
        return any(fault.code == code for fault in self.faults)


NOT_FOUND, STALE, DUPLICATE_NUMBER, DUPLICATE_NAME = "610", "5010", "6140", "6240"


def read_answer(status: int, headers: Mapping[str, str], content: bytes, expected: str | None) -> Answer:
    """The answer, if it is one: `expected` is the key that a success must hold. Raises a QuickBooksError otherwise.

    Success means that the expected object is in the body: Intuit answers 200 with a Fault, or with an empty
    BatchItemResponse, for writes that did nothing.
    """
    tid = headers.get("intuit_tid", "")
    body = _json_object(content)
    faults = _faults_of(body) if body is not None else _xml_faults(content)
    _raise_for_gateway(status, headers, faults, content, tid)
    if faults:
        if status >= 500 or any(fault.code == "10000" for fault in faults):
            raise OutcomeUnknown(f"QuickBooks answered {status} with a system fault", tid)
        raise Refused(faults, tid)
    if 400 <= status < 500:
        raise Refused([BookFault(str(status), "The call was refused without a reason", "")], tid)
    if status != 200 or body is None:
        raise OutcomeUnknown(f"QuickBooks answered {status} without a body we can read", tid)
    if expected is not None and expected not in body:
        raise OutcomeUnknown(f"QuickBooks answered 200 without {expected}", tid)
    return Answer(status, body, tid)


def _raise_for_gateway(
    status: int, headers: Mapping[str, str], faults: Sequence[BookFault], content: bytes, tid: str
) -> None:
    codes = {fault.code for fault in faults}
    if status == 429 or codes & THROTTLED_CODES or b"ThrottleExceeded" in content[:2000]:
        raise Throttled(_retry_after(headers), tid)
    if codes & DISCONNECTED_CODES or status == 403:
        raise AccessRefused(f"QuickBooks answered {status}: access refused", tid)
    if status == 401 or "3200" in codes:
        raise TokenRefused("QuickBooks answered 401: the access token is not accepted", tid)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    told = headers.get("Retry-After", "")
    return float(told) if re.fullmatch(r"\d{1,6}(\.\d+)?", told) else None


def _json_object(content: bytes) -> Mapping[str, Any] | None:
    try:
        body = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _faults_of(body: Mapping[str, Any]) -> list[BookFault]:
    """The errors of either envelope: validation faults are capitalised, the gateway's are lower-case."""
    for envelope, errors in (("Fault", "Error"), ("fault", "error")):
        fault = body.get(envelope)
        if isinstance(fault, dict):
            found = fault.get(errors) or []
            return [_fault(error) for error in found if isinstance(error, dict)] or [BookFault("", "unnamed fault", "")]
    return []


def _fault(error: Mapping[str, Any]) -> BookFault:
    def told(name: str) -> str:
        return str(error.get(name) or error.get(name.capitalize()) or "")

    return BookFault(told("code"), told("message"), told("detail"), told("element"))


def _xml_faults(content: bytes) -> list[BookFault]:
    if b"<Fault" not in content[:2000] or b"<!" in content[:2000]:  # no document types: nothing of ours is expanded
        return []
    try:
        root = ElementTree.fromstring(content)  # noqa: S314
    except ElementTree.ParseError:
        return []
    faults = []
    for error in root.iter():
        if error.tag.rpartition("}")[2] == "Error":
            texts = {child.tag.rpartition("}")[2]: child.text or "" for child in error}
            faults.append(BookFault(error.get("code", ""), texts.get("Message", ""), texts.get("Detail", "")))
    return faults
