"""A delivery of the generic CRM is taken only if a secret of the company signed it lately."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest

from models.domain.errors import NotSigned
from worker.crm.generic import sign, verify

NOW = datetime(2026, 9, 24, 10, 0, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
OTHER = "whsec_" + base64.b64encode(b"another one of thirty-two bytes.").decode()
BODY = '{"id":"evt_1","name":"Zoë 🙂"}'.encode()


def signed(body: bytes = BODY, at: datetime = NOW, secret: str = SECRET) -> dict[str, str]:
    return sign(body, "evt_1", at, secret)


def test_the_known_answer_of_the_standard_holds() -> None:
    # The example of the Standard Webhooks specification's own libraries.
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert verify(body, headers, [secret], at) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert sign(body, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, secret) == headers


def test_a_signature_is_hmac_sha256_over_id_timestamp_and_body() -> None:
    expected = hmac.new(
        b"a secret of thirty-two bytes....", b"evt_1.%d." % NOW.timestamp() + BODY, hashlib.sha256
    ).digest()
    assert signed()["webhook-signature"] == "v1," + base64.b64encode(expected).decode()


def test_a_signed_body_tells_its_id() -> None:
    assert verify(BODY, signed(), [SECRET], NOW) == "evt_1"


def test_header_names_have_no_case() -> None:
    shouted = {name.upper(): value for name, value in signed().items()}
    assert verify(BODY, shouted, [SECRET], NOW) == "evt_1"


def test_any_of_the_secrets_may_have_signed() -> None:
    assert verify(BODY, signed(secret=OTHER), [SECRET, OTHER], NOW) == "evt_1"


def test_any_of_several_signatures_may_match() -> None:
    headers = signed()
    wrong = signed(secret=OTHER)["webhook-signature"]
    for value in (
        f"{wrong} {headers['webhook-signature']}",
        f"{headers['webhook-signature']} {wrong}",
        f"v1a,AAAA v1,!!! v1 , v2,{headers['webhook-signature'][3:]} {headers['webhook-signature']}",
    ):
        assert verify(BODY, {**headers, "webhook-signature": value}, [SECRET], NOW) == "evt_1"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    assert verify(BODY, signed(at=NOW + timedelta(seconds=seconds)), [SECRET], NOW) == "evt_1"


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
def test_stale_and_future_deliveries_are_refused(seconds: int) -> None:
    with pytest.raises(NotSigned):
        verify(BODY, signed(at=NOW + timedelta(seconds=seconds)), [SECRET], NOW)


def test_the_time_zone_of_either_clock_does_not_matter() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert signed(at=elsewhere) == signed()
    assert verify(BODY, signed(), [SECRET], elsewhere) == "evt_1"


@pytest.mark.parametrize("body", [BODY + b" ", BODY[:-1], b"", b"\xff\xfe"])
def test_a_changed_body_is_refused(body: bytes) -> None:
    with pytest.raises(NotSigned):
        verify(body, signed(), [SECRET], NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-id": "\ud800"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": " 1790244000"},
        {"webhook-timestamp": "١٧٩٠٢٤٤٠٠٠"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": "2026-09-24T10:00:00Z"},
        {"webhook-signature": ""},
        {"webhook-signature": " "},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,,"},
        {"webhook-signature": "v1,not base64"},
        {"webhook-signature": "v1,é🙂"},
        {"webhook-signature": "v1,\ud800"},
        {"webhook-signature": "v1,QUJD"},
        {"webhook-signature": "v1,QUJ"},
        {"webhook-signature": "," * 5000},
    ],
)
def test_odd_headers_are_refused_and_nothing_else_happens(changed: dict[str, str]) -> None:
    with pytest.raises(NotSigned):
        verify(BODY, {**signed(), **changed}, [SECRET], NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    headers = signed()
    del headers[name]
    with pytest.raises(NotSigned):
        verify(BODY, headers, [SECRET], NOW)


def test_another_version_of_the_same_signature_is_refused() -> None:
    headers = signed()
    headers["webhook-signature"] = "v1a" + headers["webhook-signature"][2:]
    with pytest.raises(NotSigned):
        verify(BODY, headers, [SECRET], NOW)


def test_another_companys_signature_is_refused() -> None:
    with pytest.raises(NotSigned):
        verify(BODY, signed(secret=OTHER), [SECRET], NOW)


def test_without_secrets_nothing_is_signed() -> None:
    with pytest.raises(NotSigned):
        verify(BODY, signed(), [], NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "whsec_QUJD", "whsec_é", "no prefix", "\ud800"])
def test_a_secret_that_is_none_signs_and_verifies_nothing(secret: str) -> None:
    forged = signed()
    forged["webhook-signature"] = (
        "v1," + base64.b64encode(hmac.new(b"", b"evt_1.%d." % NOW.timestamp() + BODY, hashlib.sha256).digest()).decode()
    )
    with pytest.raises(NotSigned):
        verify(BODY, forged, [secret], NOW)
    with pytest.raises(ValueError):
        sign(BODY, "evt_1", NOW, secret)


def test_a_bad_secret_does_not_spoil_a_good_one() -> None:
    assert verify(BODY, signed(), ["whsec_", SECRET], NOW) == "evt_1"
