"""The Flask application: receivers, health and links, around one wiring."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from webhooks.health import health
from webhooks.open_books import open_books
from webhooks.problems import problem
from webhooks.receivers import receivers
from worker.wiring import Wiring


def create_app(wiring: Wiring) -> Flask:
    """The application; served by waitress, one for a process."""
    app = Flask("dealbooks", static_folder=None)
    app.extensions["wiring"] = wiring
    for blueprint in (receivers, health, open_books):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _refused)
    app.after_request(_with_safe_headers)
    return app


def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    return problem(status, (error.name or "error").lower().replace(" ", "_"), error.description or "")


def _with_safe_headers(answer: Response) -> Response:
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
