"""The receivers: a delivery comes in, its signature is verified, it is stored, and it is answered. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from sqlalchemy.exc import SQLAlchemyError

from models.domain.errors import Fault, Malformed, NotSigned
from models.domain.events import Delivery
from models.records import companies, events
from models.records.database import OPERATOR, SQLITE_ROWS, DatabaseBusy
from webhooks import inbox
from webhooks.metrics import RECEIVED, TURNED_AWAY
from webhooks.problems import problem
from worker.crm import CRMS
from worker.quickbooks import notifications
from worker.wiring import Wiring

log = structlog.get_logger(__name__)
receivers = Blueprint("receivers", __name__, url_prefix="/webhooks")

LARGEST_CRM_BODY = 1024 * 1024
LARGEST_QUICKBOOKS_BODY = 8 * 1024 * 1024
MOST_REFUSALS = 1000


@receivers.post("/quickbooks")
def receive_from_quickbooks() -> Response:
    """Intuit's notifications: 200 once stored, whatever they say; an answer that is no 200 holds back all that follow.

    https://developer.intuit.com/app/developer/qbo/docs/develop/webhooks/best-practices
    """
    wiring: Wiring = current_app.extensions["wiring"]
    if (request.content_length or 0) > LARGEST_QUICKBOOKS_BODY:
        return _turned_away("quickbooks", 413, "too_large", "A notification has at most 8 MiB.")
    body = request.stream.read(LARGEST_QUICKBOOKS_BODY + 1)
    if len(body) > LARGEST_QUICKBOOKS_BODY:
        return _turned_away("quickbooks", 413, "too_large", "A notification has at most 8 MiB.")
    settings = wiring.settings
    tokens = [token.get_secret_value() for token in settings.quickbooks_verifier_tokens]
    try:
        notifications.verify(body, request.headers.get("intuit-signature"), tokens)
    except NotSigned as error:
        log.warning("not_signed", door="quickbooks", why=str(error))
        return _turned_away("quickbooks", 403, "not_signed", "The signature does not hold.")
    parsed = notifications.parse(
        body,
        environment=settings.environment_name,
        fingerprint=wiring.sealer.fingerprint,
        received_at=datetime.now(UTC),
    )
    try:
        inbox.accept(wiring, parsed.deliveries, OPERATOR)
        _refuse_notifications(wiring, parsed.refused, body)
    except (SQLAlchemyError, DatabaseBusy) as error:
        return _not_stored("quickbooks", error)
    RECEIVED.labels("quickbooks").inc(len(parsed.deliveries))
    return jsonify(stored=len(parsed.deliveries), refused=len(parsed.refused))


@receivers.post("/crm/<company>")
def receive_from_crm(company: str) -> Response:
    """A CRM's event: 202 once stored. Refused in this order: 411, 413, 401, 422, 409; 503 if it was not stored."""
    wiring: Wiring = current_app.extensions["wiring"]
    if "Content-Length" not in request.headers:
        return _turned_away("crm", 411, "length_required", "Send a Content-Length; chunked bodies are not taken.")
    if (request.content_length or 0) > LARGEST_CRM_BODY:
        return _turned_away("crm", 413, "too_large", "An event has at most 1 MiB.")
    body = request.get_data(cache=False)
    now = datetime.now(UTC)
    try:
        delivery_id = CRMS["generic"].verify(body, _headers(), _secrets(wiring, company), now)
    except NotSigned as error:
        log.warning("not_signed", door="crm", why=str(error))
        return _turned_away("crm", 401, "not_signed", "The signature or the company is not known, or the time is off.")
    except (SQLAlchemyError, DatabaseBusy) as error:
        return _not_stored("crm", error)
    try:
        delivery = CRMS["generic"].parse(body, delivery_id=delivery_id, company_id=company, received_at=now)
        return _accept(wiring, delivery, body)
    except Malformed as error:
        return _refuse_event(wiring, company, delivery_id, body, error)
    except (SQLAlchemyError, DatabaseBusy) as error:
        return _not_stored("crm", error)


def _accept(wiring: Wiring, delivery: Delivery, body: bytes) -> Response:
    assert delivery.company_id is not None
    (accepted,) = inbox.accept(wiring, [delivery], delivery.company_id)
    if accepted.conflicts:
        fault = Fault("", "id_used_before", "This id was used before for an event that says something else.")
        _store_refusal(wiring, delivery.company_id, delivery.delivery_id, "conflict", [fault], body)
        TURNED_AWAY.labels("crm", "409").inc()
        return problem(409, "id_used_before", fault.message, event=accepted.event_id)
    RECEIVED.labels("crm").inc()
    answer = jsonify(accepted=True, event=accepted.event_id, duplicate=not accepted.is_new)
    answer.status_code = 202
    return answer


def _headers() -> dict[str, str]:
    """The headers as they were signed, in UTF-8; WSGI hands their bytes on as if they were Latin-1 (PEP 3333)."""
    return {name: _as_utf8(value) for name, value in request.headers.items()}


def _as_utf8(value: str) -> str:
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _secrets(wiring: Wiring, company: str) -> list[str]:
    """The secrets that a company's CRM may sign with; none for a company we do not know."""
    if "\x00" in company:  # which PostgreSQL does not even look for
        return []
    with wiring.database.reading(OPERATOR) as session:
        found = companies.find(session, company)
    if found is None or found.removed_at is not None:
        return []
    return [wiring.sealer.open(sealed) for sealed in found.sealed_secrets]


# ---------------------------------------------------------------- what is not taken


def _turned_away(door: str, status: int, code: str, sentence: str) -> Response:
    """Before the signature holds, a delivery leaves a counter and nothing else."""
    TURNED_AWAY.labels(door, str(status)).inc()
    return problem(status, code, sentence)


def _not_stored(door: str, error: Exception) -> Response:
    log.error("not_stored", door=door, why=type(error).__name__)
    TURNED_AWAY.labels(door, "503").inc()
    answer = problem(503, "not_stored", "It could not be stored now. Send it again.")
    answer.headers["Retry-After"] = "5"
    return answer


def _refuse_event(wiring: Wiring, company: str, delivery_id: str, body: bytes, malformed: Malformed) -> Response:
    faults = list(malformed.faults)
    try:
        _store_refusal(wiring, company, delivery_id, "malformed", faults, body)
    except (SQLAlchemyError, DatabaseBusy) as error:
        return _not_stored("crm", error)
    TURNED_AWAY.labels("crm", "422").inc()
    told: list[dict[str, Any]] = [vars(fault) for fault in faults]
    return problem(422, "malformed", "The event says nothing we can use; each fault says where and why.", faults=told)


def _store_refusal(
    wiring: Wiring, company: str, delivery_id: str, reason: str, faults: list[Fault], body: bytes
) -> None:
    with wiring.database.writing(company, wait=inbox.DOOR_WAIT_S) as session:
        events.refuse(
            session,
            company_id=company,
            source="crm",
            delivery_id=delivery_id,
            reason=reason,
            faults=faults,
            body=body,
        )


def _refuse_notifications(wiring: Wiring, refused: Sequence[notifications.Refused], body: bytes) -> None:
    """Keep what of a signed notification we could not read; it may name a realm, so it is sealed.

    Of more than a person would look at one by one, the whole notification is kept as one.
    """
    if len(refused) > MOST_REFUSALS:
        refused = [notifications.Refused("many_unreadable", body)]
    for start in range(0, len(refused), SQLITE_ROWS):
        some = refused[start : start + SQLITE_ROWS]
        log.warning("notification_refused", number=len(some), why=sorted({each.reason for each in some}))
        sealed = [wiring.sealer.seal(each.raw.decode("latin-1")).encode() for each in some]
        with wiring.database.writing(OPERATOR, wait=inbox.DOOR_WAIT_S) as session:
            for each, kept in zip(some, sealed, strict=True):
                events.refuse(
                    session,
                    company_id=None,
                    source="quickbooks",
                    delivery_id="",
                    reason=each.reason,
                    faults=[],
                    body=kept,
                )
