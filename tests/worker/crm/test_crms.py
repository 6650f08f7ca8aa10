"""The table of CRMs: each verifies and reads, whatever it is sent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.domain.errors import Malformed, NotSigned
from worker.crm import CRMS, generic

NOW = datetime(2026, 9, 24, tzinfo=UTC)


def test_the_generic_crm_is_in_the_table() -> None:
    assert CRMS["generic"] is generic


@pytest.mark.parametrize("name", CRMS)
def test_an_unsigned_delivery_is_refused(name: str) -> None:
    with pytest.raises(NotSigned):
        CRMS[name].verify(b"{}", {}, [], NOW)


@pytest.mark.parametrize("name", CRMS)
@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000])
def test_a_body_without_sense_is_malformed(name: str, body: bytes) -> None:
    with pytest.raises(Malformed):
        CRMS[name].parse(body, delivery_id="1", company_id="acme", received_at=NOW)
