"""The CRMs we understand, one module each: how their deliveries are verified and read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from models.domain.events import Delivery
from worker.crm import generic


class Crm(Protocol):
    """What a module of this folder offers; both functions are pure."""

    def verify(self, body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> str:
        """The delivery's id, if one of the secrets signed it lately; raises NotSigned."""
        ...

    def parse(self, body: bytes, *, delivery_id: str, company_id: str, received_at: datetime) -> Delivery:
        """What a verified delivery says; raises Malformed with every fault."""
        ...


CRMS: Mapping[str, Crm] = {
    "generic": generic,
}


def crm_of(payload: Mapping[str, Any]) -> str:
    """Which CRM an event is from: what its data says, else the generic one."""
    return str((payload.get("data") or {}).get("crm") or "generic")
