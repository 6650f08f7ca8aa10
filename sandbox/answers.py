"""The answers that go out: status, headers and body, and how a fault is written in JSON and in XML."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from xml.sax.saxutils import escape, quoteattr

from sandbox.clock import stamp_ms
from sandbox.numbers import Json, write_json
from sandbox.refusals import Fault, GateRefusal, Refusal

JSON_TYPE = "application/json;charset=UTF-8"
XML_TYPE = "application/xml"
QBO_VERSION = "2073.223"


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
    if as_xml:
        return Answer(code, fault_xml(refusal, stamp_ms(now, zone)).encode("utf-8", "replace"), XML_TYPE, headers)
    if isinstance(refusal, GateRefusal):
        return as_json(_gate_envelope(refusal, now), code, headers)
    return as_json({"Fault": fault_json(refusal), "time": stamp_ms(now, zone)}, code, headers)


def fault_json(refusal: Refusal) -> Json:
    return {"Error": [_error(fault) for fault in refusal.faults], "type": refusal.type}


def fault_xml(refusal: Refusal, time: str) -> str:
    errors = "".join(
        f"<Error code={quoteattr(fault.code)}"
        + (f" element={quoteattr(fault.element)}" if fault.element else "")
        + f"><Message>{escape(fault.message)}</Message><Detail>{escape(fault.detail)}</Detail></Error>"
        for fault in refusal.faults
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse time="{time}" xmlns="http://schema.intuit.com/finance/v3">'
        f"<Fault type={quoteattr(refusal.type)}>{errors}</Fault></IntuitResponse>"
    )


def _error(fault: Fault) -> Json:
    written = {"Message": fault.message, "Detail": fault.detail, "code": fault.code}
    return written if fault.element is None else {**written, "element": fault.element}


def _gate_envelope(refusal: Refusal, now: datetime) -> Json:
    errors = [
        {"message": fault.message, "detail": fault.detail, "code": fault.code, "element": fault.element}
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
