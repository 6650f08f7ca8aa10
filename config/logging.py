"""Logging: every process writes events with facts, one line each, and a mistake does not leak what must stay secret."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"

# A key is secret when one of its words is here: `refresh_token`, `customerName` and `Intuit-Signature` all are.
SECRET_WORDS = frozenset(
    """
    token tokens secret secrets password passphrase credential credentials authorization auth bearer cookie cookies
    signature sealed key keys apikey invitation
    body bodies payload payloads raw content data json form params parameters query headers
    email emails mail recipient name names firstname lastname displayname title phone phones fax
    address addresses street city postal zip tax vat memo note notes description
    realm realms realmid
    """.split()  # noqa: SIM905 (a list of words reads better than a column of quotes)
)
# Keys that the words above would hide although nothing in them is secret.
PLAIN_KEYS = frozenset({"logger", "logger_name", "stream_key", "lane_key"})

# What gives a secret away wherever it stands: our own secrets, bearer headers, passwords and realms in addresses.
_TELLTALES = (
    (re.compile(r"\b(whsec_|dbk_)[\w+/=-]+"), rf"\1{REDACTED}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {REDACTED}"),
    (re.compile(r"://[^\s/@]+@"), f"://{REDACTED}@"),
    (re.compile(r"(?i)(/company/)[^/\s?\"']+"), rf"\1{REDACTED}"),
    (re.compile(r"(?i)\b(\w*token|\w*secret|invitation|realm_?id|companyid)=[^&\s\"']+"), rf"\1={REDACTED}"),
    (re.compile(r"(?i)([?&](?:code|state))=[^&\s\"']+"), rf"\1={REDACTED}"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), REDACTED),
)

# These write statements with their parameters, addresses with realms, or whole bodies below WARNING.
_TALKATIVE = ("sqlalchemy", "urllib3", "requests", "requests_oauthlib", "oauthlib", "intuitlib", "quickbooks")

# Whose exceptions keep their message in production: ours, and those of Python that speak of code, not of contents.
_OUR_PACKAGES = frozenset({"config", "models", "worker", "webhooks", "sandbox"})
_SPEAKING = (
    AttributeError,
    NameError,
    TypeError,
    NotImplementedError,
    ImportError,
    RecursionError,
    MemoryError,
    OSError,
    AssertionError,
)
_DEEPEST = 8
_LONGEST_CHAIN = 10

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class _OurHandler(logging.StreamHandler[TextIO]):
    """The handler that `configure` replaces when it is called again."""


def configure(level: str, format: str, stream: TextIO | None = None) -> None:
    """Sends structlog and the standard library's loggers to one stream (stderr) as `json` or for a `console`.

    Level is a name such as INFO. In JSON, the form for production, a library's exception keeps its type and frames and
    loses its message, which may hold a body. May be called again; the last call holds.
    """
    if format not in ("json", "console"):
        raise ValueError("The log format is json or console.")
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _OurHandler)]:
        root.removeHandler(handler)
    handler = _OurHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(_formatter(format))
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common_steps(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def about(
    *,
    event: str | None = None,
    company: str | None = None,
    connection: str | None = None,
    stream: str | None = None,
    correlation_id: str | None = None,
) -> AbstractContextManager[object]:
    """Every line written inside says which event, company, connection, stream and correlation id it belongs to."""
    told = {
        "event": event,
        "company": company,
        "connection": connection,
        "stream": stream,
        "correlation_id": correlation_id,
    }
    return structlog.contextvars.bound_contextvars(**{key: value for key, value in told.items() if value is not None})


def redact(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Replaces the values of secret keys, and what gives itself away as a secret in any other value."""
    return {
        key: value if key in ("_record", "_from_structlog", "exc_info") else _shown(key, value, 0)
        for key, value in line.items()
    }


def _common_steps() -> list[Processor]:
    return [
        _with_context,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(format: str) -> structlog.stdlib.ProcessorFormatter:
    in_production = format == "json"
    renderer: Processor = (
        structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=False)
        if in_production
        else structlog.dev.ConsoleRenderer(event_key="message", colors=False, sort_keys=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common_steps(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # structlog calls the message "event"; with us an event is what someone told us, so the id gets that name.
            structlog.processors.EventRenamer("message", replace_by="event_id"),
            redact,
            _without_locals if in_production else _as_traceback,
            renderer,
        ],
    )


def _with_context(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    for key, value in structlog.contextvars.get_contextvars().items():
        line.setdefault("event_id" if key == "event" else key, value)
    return line


def _shown(key: str, value: object, depth: int) -> object:
    if value is None or isinstance(value, bool):
        return value
    if _is_secret(key):
        return REDACTED
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, Enum):
        return _shown(key, value.value, depth)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (Decimal, UUID, date, time, datetime, timedelta, PurePath)):
        return str(value)
    if depth >= _DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        return {scrubbed(str(inner)): _shown(str(inner), each, depth + 1) for inner, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(key, each, depth + 1) for each in value]
    # A repr would show what the object holds: a deal's people, a draft's prices, a token.
    return f"<{type(value).__name__}>"


def _is_secret(key: str) -> bool:
    if key in PLAIN_KEYS:
        return False
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key).lower()
    return not SECRET_WORDS.isdisjoint(re.split(r"[^a-z0-9]+", words))


def scrubbed(text: str) -> str:
    """The text without what gives itself away as a secret."""
    for pattern, replacement in _TELLTALES:
        text = pattern.sub(replacement, text)
    return text


def _without_locals(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """The exception and its causes: type, frames, and the message where it cannot hold anybody's contents."""
    if told := _exception_of(line.pop("exc_info", None)):
        line["exception"] = [_one_exception(each) for each in _chain(told[1])]
    return line


def _as_traceback(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """The traceback as Python prints it (no local variables), for a person who develops."""
    if told := _exception_of(line.pop("exc_info", None)):
        line["exception"] = scrubbed("".join(traceback.format_exception(*told)).rstrip())
    return line


def _exception_of(told: object) -> ExcInfo | None:
    """What `exc_info` can be: True, an exception, or the triple of sys.exc_info()."""
    if isinstance(told, BaseException):
        return type(told), told, told.__traceback__
    if isinstance(told, tuple) and len(told) == 3 and isinstance(told[1], BaseException):
        return type(told[1]), told[1], told[2]
    if told and (current := sys.exc_info()[1]) is not None:
        return type(current), current, current.__traceback__
    return None


def _chain(error: BaseException) -> Sequence[BaseException]:
    """The exception, then what caused it or what it came up during, as Python would tell."""
    found = [error]
    while len(found) < _LONGEST_CHAIN:
        last = found[-1]
        cause = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if cause is None or cause in found:
            break
        found.append(cause)
    return found


def _one_exception(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if _may_speak(error):
        with contextlib.suppress(Exception):  # an exception's own __str__ may fail
            told["message"] = scrubbed(str(error))
    told["frames"] = [
        f"{'/'.join(PurePath(frame.f_code.co_filename).parts[-3:])}:{line} {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    if isinstance(error, BaseExceptionGroup):
        told["exceptions"] = [_one_exception(each) for each in error.exceptions[:_LONGEST_CHAIN]]
    return told


def _may_speak(error: BaseException) -> bool:
    module = type(error).__module__
    if module.split(".")[0] in _OUR_PACKAGES:
        return True
    return module == "builtins" and isinstance(error, _SPEAKING)
