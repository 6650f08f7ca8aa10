"""The answers that go out: status, headers and body, in JSON or in Intuit's XML."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from sandbox.clock import stamp_ms
from sandbox.numbers import LONGEST_WHOLE, Json, read_json, write_json
from sandbox.refusals import Fault, GateRefusal, NothingDone, Refusal

JSON_TYPE = "application/json;charset=UTF-8"
XML_TYPE = "application/xml"
QBO_VERSION = "2073.223"
XML_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
NAMESPACE = "http://schema.intuit.com/finance/v3"
# What Intuit's XML writes as attributes; the rest are elements.
_ATTRIBUTES = {
    "QueryResponse": ("startPosition", "maxResults", "totalCount"),
    "BatchItemResponse": ("bId",),
    "Fault": ("type",),
    "Error": ("code", "element"),
}
_OF_AN_ENTITY = ("domain", "status", "sparse")
_FIRST = ("Id", "SyncToken", "MetaData")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_NOT_IN_XML = re.compile("[^\\t\\n\\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    headers: dict[str, str] = field(default_factory=dict)


class Hangup(Exception):
    """The caller gets no answer: the connection is closed, or reset."""

    def __init__(self, reset: bool) -> None:
        super().__init__("reset" if reset else "closed")
        self.reset = reset


def as_json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    # A lone surrogate, which JSON can hold but UTF-8 cannot, becomes a question mark.
    return Answer(status, write_json(value).encode("utf-8", "replace"), headers=headers or {})


def with_trace(answer: Answer, took_ms: int) -> Answer:
    """With the headers that every QuickBooks answer carries; intuit_tid is new each time."""
    tid = f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"
    traced = {
        "intuit_tid": tid,
        "qbo-version": QBO_VERSION,
        "service-time": f"total={took_ms}, db=0",
        "cache-control": "max-age=0, no-cache, no-store, must-revalidate, private",
        "expires": "0",
        "server": "istio-envoy",
        **answer.headers,
    }
    return Answer(answer.status, answer.body, answer.content_type, traced)


def fault_answer(refusal: Refusal, as_xml: bool, now: datetime, zone: tzinfo, status: int | None = None) -> Answer:
    """The refusal on the wire; 401 and 403 in the gateway's own envelope."""
    headers = {}
    if refusal.status == 401:
        headers["www-authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
    code = status if status is not None else refusal.status
    if isinstance(refusal, NothingDone):
        return as_json({"BatchItemResponse": [], "time": stamp_ms(now, zone)})
    if as_xml:
        return Answer(code, fault_xml(refusal, stamp_ms(now, zone)).encode("utf-8", "replace"), XML_TYPE, headers)
    if isinstance(refusal, GateRefusal):
        return as_json(_gate_envelope(refusal, now), code, headers)
    return as_json({"Fault": fault_json(refusal), "time": stamp_ms(now, zone)}, code, headers)


def fault_json(refusal: Refusal) -> Json:
    return {"Error": [_error(fault) for fault in refusal.faults], "type": refusal.type}


def fault_xml(refusal: Refusal, time: str) -> str:
    return in_xml({"Fault": fault_json(refusal), "time": time})


def prefers_xml(accept: str, default_format: str) -> bool:
    """Whether an answer goes out as XML: JSON is for callers who ask for it, as Intuit's pages say."""
    accept = accept.lower()
    if "json" in accept:
        return False
    return "xml" in accept or default_format == "xml"


def rewritten_in_xml(answer: Answer) -> Answer:
    """The same answer as XML; one that is not JSON stays as it is."""
    if answer.content_type != JSON_TYPE or not answer.body:
        return answer
    written = in_xml(read_json(answer.body)).encode("utf-8", "replace")
    return replace(answer, body=written, content_type=XML_TYPE)


def in_xml(answer: Json) -> str:
    """The `IntuitResponse` that says what the JSON says."""
    time = f" time={_quoted(answer['time'])}" if "time" in answer else ""
    inside = "".join(piece for name, value in answer.items() if name != "time" for piece in _elements(name, value))
    return f'{XML_HEAD}<IntuitResponse xmlns="{NAMESPACE}"{time}>{inside}</IntuitResponse>'


def _elements(name: str, value: Any) -> Iterator[str]:
    """A list is its elements one after the other; a value that there is not is left out."""
    if isinstance(value, list):
        for one in value:
            yield from _elements(name, one)
    elif isinstance(value, dict):
        yield _element(name, value)
    elif value is not None and _NAME.fullmatch(name):
        yield f"<{name}>{escape(_text(value))}</{name}>"


def _element(name: str, value: Json) -> str:
    if not _NAME.fullmatch(name):
        return ""
    if "value" in value and set(value) <= {"value", "name", "type"}:
        # A reference: <CustomerRef name="Ann's Shop">7</CustomerRef>
        return f"<{name}{_attributes(value, ('name', 'type'))}>{escape(_text(value['value']))}</{name}>"
    named = _ATTRIBUTES.get(name, _OF_AN_ENTITY if "domain" in value else ())
    inside = sorted((key for key in value if key not in named), key=_place)
    written = "".join(piece for key in inside for piece in _elements(key, value[key]))
    head = f"<{name}{_attributes(value, named)}"
    return f"{head}>{written}</{name}>" if written else f"{head}/>"


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _attributes(value: Json, names: tuple[str, ...]) -> str:
    return "".join(f" {name}={_quoted(value[name])}" for name in names if value.get(name) not in (None, ""))


def _quoted(value: Any) -> str:
    return quoteattr(_text(value))


def _text(value: Any) -> str:
    """As XML Schema writes it; marks that XML cannot hold become question marks."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        # Written out, a number of a hundred million digits would take the machine with it.
        return f"{value:f}" if abs(value.adjusted()) <= LONGEST_WHOLE else str(value)
    return _NOT_IN_XML.sub("?", str(value))


def _error(fault: Fault) -> Json:
    written = {"Message": fault.message, "Detail": fault.detail, "code": fault.code}
    return written if fault.element is None else {**written, "element": fault.element}


def _gate_envelope(refusal: Refusal, now: datetime) -> Json:
    errors = [
        {"message": fault.message, "detail": fault.detail or None, "code": fault.code, "element": fault.element}
        for fault in refusal.faults
    ]
    return {
        "warnings": None,
        "intuitObject": None,
        "fault": {"error": errors, "type": refusal.type},
        "report": None,
        "queryResponse": None,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": None,
        "requestId": None,
        "time": int(now.timestamp() * 1000),
        "status": None,
        "cdcresponse": [],
    }
