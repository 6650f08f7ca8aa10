"""Injected faults: rules that say which calls go wrong, how often, and how."""

import fnmatch
import random
import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls import Call
from sandbox.control_values import members, number, whole
from sandbox.numbers import Json
from sandbox.refusals import WrongControl

BEFORE = (
    "status",
    "timeout_before_commit",
    "reset_before_commit",
    "empty_200",
    "fault_200",
    "invalid_grant",
    "throttle",
    "fault",
)
AFTER = ("delay_after_commit", "timeout_after_commit", "reset_after_commit")
KINDS = ("delay", *BEFORE, *AFTER)
BODIES = ("json", "xml", "html")
_MATCHES = ("realm", "method", "path", "entity")
_RULE = ("match", "after", "every", "next", "probability", "seed", "repeats", "then")
_THEN = ("kind", "status", "body", "delay_ms", "retry_after", "code", "message", "detail", "type")
# Faults of a company's state that no call brings about: code -> status, type, message, detail.
KNOWN_FAULTS = {
    "120": (401, "AuthorizationFault", "Authorization Failure", "AuthorizationFailure: –11014-You do not have access"),
    "4002": (400, "ValidationFault", "Error processing query", "QueryProcessingError: To email address is invalid"),
    "6190": (400, "ValidationFault", "Invalid Company Status", "Subscription period has ended or canceled"),
    "6210": (400, "ValidationFault", "Account Period Closed", "The account period has closed and cannot be changed"),
    "7001": (400, "ValidationFault", "Company deleted", "The company was deleted"),
}
TOKENS_PATH = "/oauth2/v1/tokens/bearer"


@dataclass(frozen=True)
class Then:
    """What happens to a call that a rule hits."""

    kind: str
    status: int = 500
    body: str = "json"
    delay_ms: float = 0
    retry_after: str = ""
    # Of the kind `fault` only: what the fault says.
    code: str = ""
    message: str = ""
    detail: str = ""
    type: str = "ValidationFault"


@dataclass(eq=False)
class Rule:
    """Which calls, and which of them: each n-th, the next n, by chance, or all; `after` so many were let pass."""

    id: str
    match: dict[str, str]
    then: Then
    after: int = 0
    every: int = 0
    next: int | None = None
    probability: float | None = None
    repeats: bool = True
    chance: random.Random = field(default_factory=random.Random)
    calls: int = 0
    hit: set[str] = field(default_factory=set)

    def hits(self, call: Call, realm: str) -> bool:
        """Counts the call when it matches."""
        if not self._matches(call, realm) or (not self.repeats and call.request_id in self.hit):
            return False
        self.calls += 1
        struck = self._struck()
        if struck and call.request_id and not self.repeats:
            self.hit.add(call.request_id)
        return struck

    def _matches(self, call: Call, realm: str) -> bool:
        if self.then.kind == "invalid_grant" and call.path != TOKENS_PATH:
            return False
        wanted = self.match
        return (
            wanted.get("realm", realm) == realm
            and wanted.get("method", call.method).upper() == call.method
            and wanted.get("entity", call.entity).lower() == call.entity
            and _path_fits(wanted.get("path", ""), call)
        )

    def _struck(self) -> bool:
        turn = self.calls - self.after
        if turn < 1:
            return False
        if self.every:
            return turn % self.every == 0
        if self.next is not None:
            return turn <= self.next
        if self.probability is not None:
            return self.chance.random() < self.probability
        return True


@dataclass(frozen=True)
class Trouble:
    """What the rules do to one call: wait, then perhaps go wrong before or after the commit."""

    rule: str = ""
    kind: str = ""
    delay_ms: float = 0
    before: Then | None = None
    after: Then | None = None

    @property
    def label(self) -> dict[str, str] | None:
        return {"id": self.rule, "kind": self.kind} if self.rule else None


class FaultPlan:
    """The rules in the order they were posted; the first that ends a call hides it from the later ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._last = 0

    def add(self, body: Any) -> str:
        rule = read_rule(body)
        with self._lock:
            self._last += 1
            rule.id = f"fault-{self._last}"
            self._rules.append(rule)
        return rule.id

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def remove(self, id: str) -> bool:
        """One rule; False when there is none of that id."""
        with self._lock:
            left = [rule for rule in self._rules if rule.id != id]
            found, self._rules = len(left) < len(self._rules), left
        return found

    def as_json(self) -> list[dict[str, object]]:
        with self._lock:
            return [
                {"id": rule.id, "match": rule.match, "kind": rule.then.kind, "calls": rule.calls}
                for rule in self._rules
            ]

    def strike(self, call: Call, realm: str) -> Trouble:
        if not self._rules:
            return Trouble()
        with self._lock:
            return self._strike(call, realm)

    def _strike(self, call: Call, realm: str) -> Trouble:
        trouble = Trouble()
        for rule in self._rules:
            if not rule.hits(call, realm):
                continue
            then = rule.then
            if then.kind == "delay":
                trouble = Trouble(rule.id, then.kind, trouble.delay_ms + then.delay_ms)
                continue
            before, after = (then, None) if then.kind in BEFORE else (None, then)
            return Trouble(rule.id, then.kind, trouble.delay_ms, before, after)
        return trouble


def read_rule(body: Any) -> Rule:
    """The rule that a control asks for; WrongControl says what is wrong with it."""
    members(body, _RULE, "A fault rule")
    match = members(body.get("match") or {}, _MATCHES, "`match`")
    then = read_then(body.get("then"))
    if sum(name in body for name in ("every", "next", "probability")) > 1:
        raise WrongControl("A fault rule has one of `every`, `next` and `probability`.")
    rule = Rule("", {str(name): str(value) for name, value in match.items()}, then)
    if "after" in body:
        rule.after = _count(body, "after", least=0)
    if "every" in body:
        rule.every = _count(body, "every", least=1)
    if "next" in body:
        rule.next = _count(body, "next", least=1)
    if "probability" in body:
        rule.probability = number(body["probability"], "`probability` is a number from 0 to 1.", most=1)
    rule.repeats = body.get("repeats", True) is not False
    seed = body.get("seed")
    if not isinstance(seed, int | str | None):
        raise WrongControl("`seed` is a whole number.")
    rule.chance = random.Random(seed)
    return rule


def read_then(then: Any) -> Then:
    members(then, _THEN, "`then`")
    if then.get("kind") not in KINDS:
        raise WrongControl(f"`then.kind` is one of {', '.join(KINDS)}.")
    body = then.get("body", "xml" if then["kind"] == "throttle" else "json")
    if body not in BODIES:
        raise WrongControl(f"`then.body` is one of {', '.join(BODIES)}.")
    if then["kind"] == "fault":
        return _read_fault(then, body)
    if any(name in then for name in ("code", "message", "detail", "type")):
        raise WrongControl("`code`, `message`, `detail` and `type` are for the kind `fault`.")
    status = _status(then.get("status", 500))
    return Then(then["kind"], status, body, _delay(then), _retry_after(then))


def _read_fault(then: Json, body: str) -> Then:
    """A fault of any code; the known ones need no more than that."""
    code = str(then.get("code", ""))
    status, sort, message, detail = KNOWN_FAULTS.get(code, (400, "ValidationFault", "", ""))
    said = {name: str(then.get(name, usual)) for name, usual in (("message", message), ("detail", detail))}
    if not code or not said["message"] or body == "html":
        raise WrongControl(
            f"A `fault` has a `code` and a `message`, in json or xml; known without: {', '.join(KNOWN_FAULTS)}."
        )
    sort = str(then.get("type", sort))
    status = _status(then.get("status", status))
    return Then("fault", status, body, _delay(then), _retry_after(then), code, said["message"], said["detail"], sort)


def _count(body: Json, name: str, least: int) -> int:
    return whole(body[name], f"`{name}` is a whole number, {least} or more.", least)


def _status(value: Any) -> int:
    return whole(value, "`status` is a whole number from 200 to 599.", 200, 599)


def _retry_after(then: Json) -> str:
    written = "" if then.get("retry_after") is None else str(then["retry_after"])
    if not written.isascii() or not (written.isprintable() and len(written) <= 100):
        raise WrongControl("`retry_after` is a number of seconds or a date as HTTP has it.")
    return written


def _delay(then: Json) -> float:
    return number(then.get("delay_ms", 0), "`then.delay_ms` is a number of milliseconds, 0 or more.")


def _path_fits(wanted: str, call: Call) -> bool:
    """A piece of the path with its query, or a pattern with * for the whole of either."""
    full = f"{call.path}?{call.query}" if call.query else call.path
    if any(mark in wanted for mark in "*["):
        return fnmatch.fnmatchcase(call.path, wanted) or fnmatch.fnmatchcase(full, wanted)
    return wanted in full
