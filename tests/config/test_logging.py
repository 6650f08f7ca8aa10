"""Log lines carry facts and context; secrets, bodies, names and addresses never get into them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import StatementError

from config.logging import about, configure
from models.domain.errors import TryLater

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    with _configured("json", "INFO") as stream:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


class _configured:  # noqa: N801 (reads as a with statement)
    """Logging as `configure` leaves it, and as it was afterwards."""

    def __init__(self, form: str, level: str) -> None:
        self.form, self.level = form, level

    def __enter__(self) -> io.StringIO:
        root = logging.getLogger()
        self.before = (root.level, list(root.handlers))
        self.stream = io.StringIO()
        configure(self.level, self.form, self.stream)
        return self.stream

    def __exit__(self, *_error: object) -> None:
        root = logging.getLogger()
        root.setLevel(self.before[0])
        root.handlers[:] = self.before[1]
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


@dataclass
class Person:
    name: str


def test_a_line_is_an_event_with_facts(lines: Lines) -> None:
    structlog.get_logger("worker.x").info("invoice_created", deal="7", amount=Decimal("1.10"), count=2, paid=False)
    (line,) = lines()
    assert line["message"] == "invoice_created"
    assert (line["deal"], line["amount"], line["count"], line["paid"]) == ("7", "1.10", 2, False)
    assert (line["level"], line["logger"]) == ("info", "worker.x")
    assert datetime.fromisoformat(line["timestamp"]).tzinfo == UTC


def test_context_is_on_every_line_within_and_on_none_after(lines: Lines) -> None:
    with about(event="ev_1", company="acme", connection="c1", stream="deal:acme:generic:1", correlation_id="k"):
        structlog.get_logger("a").info("within")
        logging.getLogger("werkzeug").info("from %s", "the library")
    structlog.get_logger("a").info("after")
    within, library, after = lines()
    for line in (within, library):
        assert line["event"] == "ev_1"
        assert line["company"] == "acme"
        assert line["connection"] == "c1"
        assert line["stream"] == "deal:acme:generic:1"
        assert line["correlation_id"] == "k"
    assert library["message"] == "from the library"
    assert "company" not in after
    assert "event" not in after


def test_an_event_bound_by_hand_does_not_hide_the_message(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(event="ev_2"):
        structlog.get_logger("a").info("told")
    assert (lines()[0]["message"], lines()[0]["event"]) == ("told", "ev_2")


@pytest.mark.parametrize(
    "key",
    [
        "token",
        "access_token",
        "refreshToken",
        "Authorization",
        "client_secret",
        "body",
        "raw_body",
        "payload",
        "email",
        "billing_email",
        "name",
        "customerName",
        "address",
        "billing-address",
        "realm",
        "realm_id",
        "realmId",
        "password",
        "secret_keys",
        "intuit-signature",
        "headers",
    ],
)
def test_secret_keys_are_redacted_at_every_depth(lines: Lines, key: str) -> None:
    log = structlog.get_logger("a")
    log.info("flat", **{key: "hunter2"})
    log.info("numbers", **{key: 4711})
    log.info("lists", **{key: ["hunter2"]})
    log.info("deep", told={"inner": [{key: {"x": "hunter2"}}]})
    text = json.dumps(lines())
    assert "hunter2" not in text
    assert "4711" not in text
    assert text.count("[redacted]") == 4


@pytest.mark.parametrize(
    "text",
    [
        "whsec_hunter2hunter2",
        "dbk_hunter2",
        "Bearer hunter2hunter2",
        "postgresql://user:hunter2@host/db",
        "GET /v3/company/hunter2/invoice/1",
        "/connect/quickbooks?invitation=hunter2&x=1",
        "/callback?code=hunter2",
        "/app/invoice?txnId=1&companyId=hunter2",
        "refresh_token=hunter2",
        "to hunter2@example.com",
    ],
)
def test_what_gives_itself_away_is_redacted_anywhere(lines: Lines, text: str) -> None:
    structlog.get_logger("a").info(text, fact=text)
    logging.getLogger("werkzeug").info("%s", text)
    assert len(lines()) == 2
    assert "hunter2" not in json.dumps(lines())


def test_objects_are_named_and_not_shown(lines: Lines) -> None:
    structlog.get_logger("a").info("won", deal=Person("hunter2"), body_length=b"hunter2")
    assert lines()[0]["deal"] == "<Person>"
    assert "hunter2" not in json.dumps(lines())


def test_a_librarys_exception_keeps_type_and_frames_only(lines: Lines) -> None:
    secret_local = "hunter2-local"
    try:
        raise StatementError("hunter2", "INSERT", {"email": secret_local}, ValueError("hunter2"))
    except StatementError:
        structlog.get_logger("a").exception("failed")
        logging.getLogger("dramatiq").error("failed", exc_info=True)
    for line in lines():
        (exception,) = line["exception"]
        assert exception["type"] == "sqlalchemy.exc.StatementError"
        assert "test_a_librarys_exception_keeps_type_and_frames_only" in exception["frames"][0]
        assert "message" not in exception
    assert len(lines()) == 2
    assert "hunter2" not in json.dumps(lines())


def test_our_own_exception_keeps_its_message_and_its_cause_does_not(lines: Lines) -> None:
    try:
        try:
            int("hunter2")
        except ValueError as error:
            raise TryLater(2, "QuickBooks asks us to wait") from error
    except TryLater as error:
        structlog.get_logger("a").warning("later", exc_info=error)
    ours, cause = lines()[0]["exception"]
    assert ours["message"] == "QuickBooks asks us to wait; try again in 2.0 s"
    assert cause["type"] == "builtins.ValueError"
    assert "hunter2" not in json.dumps(lines())


def test_exceptions_that_stand_in_a_circle_end(lines: Lines) -> None:
    first, second = RuntimeError(), RuntimeError()
    first.__cause__, second.__cause__ = second, first
    structlog.get_logger("a").error("circle", exc_info=first)
    assert len(lines()[0]["exception"]) == 2


def test_every_exception_of_a_group_is_told(lines: Lines) -> None:
    structlog.get_logger("a").error("many", exc_info=ExceptionGroup("hunter2", [KeyError("hunter2"), OSError(2, "no")]))
    (group,) = lines()[0]["exception"]
    assert [each["type"] for each in group["exceptions"]] == ["builtins.KeyError", "builtins.FileNotFoundError"]
    assert "hunter2" not in json.dumps(lines())


def test_a_console_shows_the_traceback_without_local_variables() -> None:
    with _configured("console", "INFO") as stream:
        hidden = "hunter2-" + "local"
        try:
            raise ValueError("a plain reason")
        except ValueError:
            structlog.get_logger("a").exception("failed", token=hidden)
        shown = stream.getvalue()
    assert "ValueError: a plain reason" in shown
    assert "failed" in shown
    assert "hunter2-local" not in shown


def test_the_level_holds_for_both_worlds_and_statements_stay_quiet() -> None:
    with _configured("json", "WARNING") as stream:
        structlog.get_logger("a").info("quiet")
        logging.getLogger("b").info("quiet")
        structlog.get_logger("a").warning("loud")
        assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["loud"]
    with _configured("json", "DEBUG"):
        assert not logging.getLogger("sqlalchemy.engine").isEnabledFor(logging.INFO)
        assert not logging.getLogger("urllib3.connectionpool").isEnabledFor(logging.DEBUG)
        assert logging.getLogger("worker").isEnabledFor(logging.DEBUG)


def test_configuring_again_writes_each_line_once() -> None:
    with _configured("json", "INFO"):
        again = io.StringIO()
        configure("INFO", "json", again)
        structlog.get_logger("a").info("once")
        assert len(again.getvalue().splitlines()) == 1


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="json or console"):
        configure("INFO", "xml")
