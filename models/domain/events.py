"""What someone told us: the shape of an event before it is stored and when an action reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One event as told, verified and parsed, not yet stored. It is stored once by (source, delivery_id).

    `order` is a string that compares as the teller's own order (empty when it told none).
    `content_hash` is what a second delivery under the same id must repeat (empty where nothing is compared).
    `ignored` marks a kind nobody acts on: stored and answered, never handled.
    `rearms` marks a hint without an id of its own: told again after it was done, it is due again.
    """

    source: str
    delivery_id: str
    kind: str
    stream: str
    queue: str
    payload: Mapping[str, Any]
    occurred_at: datetime
    company_id: str | None = None
    lane: str | None = None
    order: str = ""
    correlation_id: str = ""
    cause_id: str | None = None
    content_hash: str = ""
    ignored: bool = False
    rearms: bool = False


@dataclass(frozen=True, kw_only=True)
class Event:
    """A stored event, as an action reads it. Times are aware UTC."""

    event_id: str
    kind: str
    stream: str
    source: str
    delivery_id: str
    company_id: str | None
    received_at: datetime
    occurred_at: datetime
    order: str
    correlation_id: str
    payload: Mapping[str, Any] = field(default_factory=dict)
