"""What QuickBooks pushes to us: hints that something changed, in Intuit's two shapes, verified and read."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from models.domain import keys
from models.domain.errors import NotSigned
from models.domain.events import Delivery

QUEUE = "books"
DEEPEST = 64
LONGEST_ID = 255

# What we keep of the books; hints about anything else are stored and ignored.
HANDLED = frozenset(
    {"invoice", "payment", "creditmemo", "customer", "item", "preferences", "term", "companycurrency", "currency"}
)

# Intuit's older shape says Create and Void, CloudEvents say created and void, and many clients wait for voided:
# https://github.com/ballerina-platform/asyncapi-triggers/pull/193 has the list from the real subscription page.
_OPERATIONS = {
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "merge": "merged",
    "email": "emailed",
    "voided": "void",
}


class Refused(NamedTuple):
    """Something signed that says nothing we can use: a stable word for why, and its bytes (they may hold a realm)."""

    reason: str
    raw: bytes


@dataclass(frozen=True)
class Parsed:
    """What one notification holds: hints to keep, and what is put among the refusals."""

    deliveries: tuple[Delivery, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True)
class _Hint:
    """One change as told, whichever shape told it. `event_id` is None in the older shape, which has none."""

    event_id: str | None
    realm: str
    entity: str
    entity_id: str
    operation: str
    deleted_id: str | None
    told_time: str


class _Odd(Exception):
    """An element that says nothing we can use; its argument is the reason."""


def verify(body: bytes, signature: str | None, verifier_tokens: Sequence[str]) -> None:
    """Holds if any verifier token signed these raw bytes (`intuit-signature`); raises NotSigned otherwise.

    The signature is the base64 of HMAC-SHA256 with the verifier token as its key:
    https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks
    It covers no time, so that what protects from a replay is that each event is stored once.
    """
    if not signature:
        raise NotSigned("the signature is missing")
    try:
        given = base64.b64decode(signature.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NotSigned("the signature is not base64") from None
    # An empty token would be a key that everybody has. All are compared, in constant time and on bytes.
    matches = [
        hmac.compare_digest(hmac.new(token.encode(), body, hashlib.sha256).digest(), given)
        for token in verifier_tokens
        if token
    ]
    if not any(matches):
        raise NotSigned("no verifier token matches")


def parse(body: bytes, *, environment: str, fingerprint: Callable[[str], str], received_at: datetime) -> Parsed:
    """Every hint of a verified notification, of however many realms; what cannot be read stands in `refused`.

    Never raises for content: Intuit holds back everything that follows a notification we do not acknowledge. The
    realm is in no delivery, only its fingerprint in the stream.
    """
    told, reason = _read(body)
    if reason:
        return Parsed((), (Refused(reason, body),))
    deliveries: list[Delivery] = []
    refused: list[Refused] = []
    for element, hint in _hints(told):
        if isinstance(hint, str):
            refused.append(Refused(hint, _bytes_of(element)))
        else:
            deliveries.append(_delivery(hint, environment, fingerprint(hint.realm), received_at))
    return Parsed(tuple(deliveries), tuple(refused))


def _delivery(hint: _Hint, environment: str, realm_fingerprint: str, received_at: datetime) -> Delivery:
    time = _instant(hint.told_time)
    delivery_id = hint.event_id or _made_up_id(hint, realm_fingerprint)
    return Delivery(
        source=keys.quickbooks_source(environment),
        delivery_id=delivery_id,
        kind=f"quickbooks.{hint.entity}.{hint.operation}",
        stream=keys.books_stream(environment, realm_fingerprint),
        queue=QUEUE,
        payload={
            "entity": hint.entity,
            "id": hint.entity_id,
            "operation": hint.operation,
            "deleted_id": hint.deleted_id,
            "time": time.isoformat() if time else None,
        },
        occurred_at=time or received_at,
        correlation_id=delivery_id,
        ignored=hint.entity not in HANDLED,
        rearms=hint.event_id is None,
    )


def _made_up_id(hint: _Hint, realm_fingerprint: str) -> str:
    """The older shape has no event id: what it says is its id. (A merge names a second record.)"""
    said = [realm_fingerprint, hint.entity, hint.entity_id, hint.operation, hint.told_time]
    if hint.deleted_id is not None:
        said.append(hint.deleted_id)
    return hashlib.sha256(json.dumps(said).encode("ascii")).hexdigest()


def _read(body: bytes) -> tuple[Any, str]:
    """The JSON of a body, or why there is none."""
    if not body.strip():
        return None, "empty"
    try:
        told = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        return None, "not_utf8"
    except RecursionError:
        return None, "too_deep"
    except ValueError:
        return None, "not_json"
    return (None, "too_deep") if _deeper_than(DEEPEST, told) else (told, "")


def _deeper_than(levels: int, value: object) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [inner for each in layer for inner in _inner_values(each) if isinstance(inner, (dict, list))]
        if not layer:
            return False
    return True


def _inner_values(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _hints(told: object) -> Iterator[tuple[object, _Hint | str]]:
    """Each element with its hint, or with why it has none. A good element never suffers from a bad one beside it."""
    for element in told if isinstance(told, list) else [told]:
        members = _members(element)
        if "eventnotifications" in members:
            yield from _older_hints(element, members["eventnotifications"])
        elif "specversion" in members and "type" in members:
            yield element, _hint_or_reason(_cloud_event, members)
        else:
            yield element, "unknown_shape"


def _older_hints(whole: object, notifications: object) -> Iterator[tuple[object, _Hint | str]]:
    if not isinstance(notifications, list):
        yield whole, "unknown_shape"
        return
    for notification in notifications:
        members = _members(notification)
        changed = _members(members.get("datachangeevent")).get("entities")
        if not isinstance(changed, list):
            yield notification, "unknown_shape"
            continue
        for entity in changed:
            hint = _hint_or_reason(_older_entity, {**_members(entity), "realmid": members.get("realmid")})
            yield {"realmId": members.get("realmid"), "entity": entity}, hint


def _hint_or_reason(read: Callable[[Mapping[str, Any]], _Hint], members: Mapping[str, Any]) -> _Hint | str:
    try:
        return read(members)
    except _Odd as odd:
        return str(odd)


def _cloud_event(members: Mapping[str, Any]) -> _Hint:
    """https://blogs.intuit.com/2025/11/12/upcoming-change-to-webhooks-payload-structure

    `type` is qbo.<entity>.<operation>.v1; `intuitaccountid` is the realm; a merge names the record that is gone in
    `data.deletedid`. Whatever else `data` may hold is never relied on.
    """
    kind = members["type"]
    parts = kind.lower().split(".") if isinstance(kind, str) else []
    if len(parts) < 3 or parts[0] != "qbo":
        raise _Odd("unknown_type")
    return _Hint(
        event_id=_id(members.get("id"), "no_id"),
        realm=_id(members.get("intuitaccountid"), "no_realm"),
        entity=_word(parts[1], "unknown_type"),
        entity_id=_id(members.get("intuitentityid"), "no_entity_id"),
        operation=_operation(parts[2], "unknown_type"),
        deleted_id=_deleted_id(_members(members.get("data"))),
        told_time=_time_text(members.get("time")),
    )


def _older_entity(members: Mapping[str, Any]) -> _Hint:
    """An entry of `dataChangeEvent.entities`: https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks"""
    return _Hint(
        event_id=None,
        realm=_id(members.get("realmid"), "no_realm"),
        entity=_word(members.get("name"), "no_entity"),
        entity_id=_id(members.get("id"), "no_entity_id"),
        operation=_operation(members.get("operation"), "no_operation"),
        deleted_id=_deleted_id(members),
        told_time=_time_text(members.get("lastupdated")),
    )


def _members(value: object) -> dict[str, Any]:
    """An object's members by lower-case name: Intuit's own pages write deletedId, deletedID and deletedid."""
    return {name.lower(): each for name, each in value.items()} if isinstance(value, dict) else {}


def _id(value: object, otherwise: str) -> str:
    """A storable id; Intuit writes ids as text, and a whole number says the same."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID or not value.isprintable():
        raise _Odd(otherwise)
    return value.strip()


def _word(value: object, otherwise: str) -> str:
    """`CreditMemo`, `creditmemo` and `credit_memo` are one word."""
    word = re.sub(r"[\s_-]", "", value).lower() if isinstance(value, str) else ""
    if not re.fullmatch(r"[a-z0-9]{1,64}", word):
        raise _Odd(otherwise)
    return word


def _operation(value: object, otherwise: str) -> str:
    word = _word(value, otherwise)
    return _OPERATIONS.get(word, word)


def _deleted_id(members: Mapping[str, Any]) -> str | None:
    try:
        return _id(members.get("deletedid"), "no_deleted_id")
    except _Odd:
        return None


def _time_text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST_ID else ""


def _instant(text: str) -> datetime | None:
    """A time in UTC, or None: with nine digits of a second or none, with Z, +00:00 or -0700 (all of them seen)."""
    try:
        time = datetime.fromisoformat(text.strip())
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _bytes_of(element: object) -> bytes:
    return json.dumps(element, ensure_ascii=True, separators=(",", ":")).encode("ascii")
