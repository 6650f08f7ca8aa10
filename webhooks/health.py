"""Health: alive, ready, and the figures an operator watches."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from models.records import attention, events, migrate
from models.records.database import OPERATOR, database_now
from webhooks.metrics import ATTENTION, OLDEST, REGISTRY, WAITING
from webhooks.problems import problem
from worker.wiring import Wiring

health = Blueprint("health", __name__)


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(alive=True)


@health.get("/readyz")
def ready() -> Response:
    """Whether the receiver can do its work: the database answers and has our schema. The rest is told, not judged."""
    wiring: Wiring = current_app.extensions["wiring"]
    checks: dict[str, Any] = {}
    try:
        checks["migrations"] = "current" if migrate.is_current(wiring.database) else "behind: run `dealbooks migrate`"
        checks["database"] = "answers"
    except SQLAlchemyError:
        checks["database"] = "does not answer"
    is_ready = checks.get("database") == "answers" and checks.get("migrations") == "current"
    if is_ready and _may_see_details():
        checks.update(_backlog(wiring))
        checks["broker"] = "rings" if wiring.ring.answers() else "silent: the sweep finds what is due"
    answer = jsonify(ready=is_ready, **(checks if _may_see_details() else {}))
    answer.status_code = 200 if is_ready else 503
    return answer


@health.get("/metrics")
def metrics() -> Response:
    """The figures in Prometheus' text format, for loopback or with the admin token."""
    if not _may_see_details():
        return problem(
            403, "not_allowed", "Metrics are shown to loopback, or with `Authorization: Bearer <ADMIN_TOKEN>`."
        )
    wiring: Wiring = current_app.extensions["wiring"]
    backlog = _backlog(wiring)
    WAITING.set(backlog["waiting"])
    OLDEST.set(backlog["oldest_waiting_s"])
    ATTENTION.set(backlog["attention"])
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _backlog(wiring: Wiring) -> dict[str, Any]:
    with wiring.database.reading(OPERATOR) as session:
        waiting, since = events.backlog(session)
        open_points = attention.count_open(session)
        at = database_now(session)
    return {"waiting": waiting, "oldest_waiting_s": _age(at, since), "attention": open_points}


def _age(at: datetime, since: datetime | None) -> float:
    return round((at - since).total_seconds(), 1) if since else 0.0


def _may_see_details() -> bool:
    """Loopback, unless a proxy stands between, or whoever knows the admin token."""
    wiring: Wiring = current_app.extensions["wiring"]
    token = wiring.settings.admin_token
    told = request.headers.get("Authorization", "")
    if token is not None and hmac.compare_digest(told.encode(), f"Bearer {token.get_secret_value()}".encode()):
        return True
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and request.remote_addr in ("127.0.0.1", "::1")
