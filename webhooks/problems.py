"""Problems: every answer that is a refusal, as problem+json (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response


def problem(status: int, code: str, sentence: str, **more: Any) -> Response:
    """A refusal: a stable `code`, a sentence for people in `detail`, and whatever else helps."""
    body = {"type": "about:blank", "status": status, "code": code, "detail": sentence, **more}
    return Response(json.dumps(body), status=status, content_type="application/problem+json")
