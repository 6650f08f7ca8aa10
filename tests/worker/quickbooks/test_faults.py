"""What QuickBooks' answers mean: a table of what it says and what that is to us."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from worker.quickbooks.faults import (
    DUPLICATE_NAME,
    NOT_FOUND,
    AccessRefused,
    OutcomeUnknown,
    QuickBooksError,
    Refused,
    Throttled,
    TokenRefused,
    read_answer,
)


def fault(code: str, message: str = "M", detail: str = "D") -> bytes:
    error = {"Message": message, "Detail": detail, "code": code, "element": ""}
    return json.dumps({"Fault": {"Error": [error], "type": "ValidationFault"}, "time": "2026-03-13"}).encode()


def gateway_fault(code: str) -> bytes:
    error = {"message": "ThrottleExceeded", "detail": "slow down", "code": code}
    return json.dumps({"warnings": None, "fault": {"error": [error], "type": "SERVICE"}}).encode()


XML_THROTTLE = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    b'<IntuitResponse time="2026-03-13T10:00:00-08:00" xmlns="http://schema.intuit.com/finance/v3">'
    b'<Fault type="SystemFault"><Error code="3001"><Message>message=ThrottleExceeded; errorCode=003001; '
    b"statusCode=429</Message></Error></Fault></IntuitResponse>"
)
XML_DISCONNECTED = XML_THROTTLE.replace(b"3001", b"3100").replace(
    b"ThrottleExceeded", b"ApplicationAuthorizationFailed"
)


@pytest.mark.parametrize(
    ("status", "content", "meaning"),
    [
        (401, fault("3200"), TokenRefused),
        (401, b"", TokenRefused),
        (200, fault("3200"), TokenRefused),
        (403, fault("3100"), AccessRefused),
        (403, b"<html>forbidden</html>", AccessRefused),
        (400, fault("3100"), AccessRefused),
        (401, fault("3100"), AccessRefused),
        (400, fault("120"), AccessRefused),
        (403, XML_DISCONNECTED.replace(b"003001", b"003100"), AccessRefused),
        (429, b"", Throttled),
        (429, gateway_fault("3001"), Throttled),
        (429, XML_THROTTLE, Throttled),
        (400, fault("3001"), Throttled),
        (200, XML_THROTTLE, Throttled),
        (500, b"", OutcomeUnknown),
        (502, b"<html>Bad Gateway</html>", OutcomeUnknown),
        (503, fault("10000"), OutcomeUnknown),
        (504, fault("610"), OutcomeUnknown),
        (400, fault("10000"), OutcomeUnknown),
        (200, b"<html>maintenance</html>", OutcomeUnknown),
        (200, b"", OutcomeUnknown),
        (200, b"[]", OutcomeUnknown),
        (200, b'{"Invoice": ', OutcomeUnknown),
        (200, b'{"BatchItemResponse": [], "time": "2026-03-13"}', OutcomeUnknown),
        (302, b"", OutcomeUnknown),
        (201, b'{"Invoice": {"Id": "1"}}', OutcomeUnknown),
        (400, fault("610"), Refused),
        (400, fault("6240"), Refused),
        (400, fault("6140"), Refused),
        (200, fault("6240"), Refused),
        (400, b"", Refused),
        (404, b"<html>not found</html>", Refused),
        (400, b'{"Fault": {"type": "ValidationFault"}}', Refused),
    ],
)
def test_an_answer_that_is_none_means(status: int, content: bytes, meaning: type[QuickBooksError]) -> None:
    with pytest.raises(meaning):
        read_answer(status, {}, content, "Invoice")


def test_a_success_holds_what_was_expected_and_exact_numbers() -> None:
    answer = read_answer(200, {"intuit_tid": "1-abc"}, b'{"Invoice": {"Id": "7", "TotalAmt": 10.10}}', "Invoice")
    assert (answer.status, answer.intuit_tid) == (200, "1-abc")
    assert answer.body["Invoice"]["TotalAmt"] == Decimal("10.10")
    assert str(answer.body["Invoice"]["TotalAmt"]) == "10.10"


@pytest.mark.parametrize(
    ("told", "after"), [("7", 7.0), ("1.5", 1.5), ("", None), ("soon", None), ("-3", None), ("1e9", None)]
)
def test_a_throttle_says_how_long_to_wait_or_nothing(told: str, after: float | None) -> None:
    with pytest.raises(Throttled) as caught:
        read_answer(429, {"Retry-After": told}, b"", None)
    assert caught.value.after == after


def test_every_error_of_a_refusal_is_kept_with_intuits_own_id_of_the_call() -> None:
    errors = [{"Message": "a", "Detail": "x", "code": "610"}, {"Message": "b", "code": "6240", "element": "Name"}]
    body = json.dumps({"Fault": {"Error": errors, "type": "ValidationFault"}}).encode()
    with pytest.raises(Refused) as caught:
        read_answer(400, {"intuit_tid": "1-abc"}, body, "Customer")
    assert [each.code for each in caught.value.faults] == ["610", "6240"]
    assert caught.value.has(NOT_FOUND)
    assert caught.value.has(DUPLICATE_NAME)
    assert caught.value.intuit_tid == "1-abc"


def test_what_a_log_may_say_of_a_refusal_names_no_customer() -> None:
    with pytest.raises(Refused) as caught:
        read_answer(400, {}, fault("6240", "Duplicate Name", "Ann Smith exists"), "Customer")
    assert "Ann" not in str(caught.value)
    assert "Ann" not in caught.value.why


def test_a_document_type_in_an_answer_is_not_expanded() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><Fault><Error code="610"><Message>&b;</Message></Error></Fault>'
    with pytest.raises(OutcomeUnknown):
        read_answer(200, {}, bomb, "Invoice")
