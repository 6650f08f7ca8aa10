"""Injected faults: rules that say which calls go wrong, how often, and how."""

import fnmatch
import random
import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls import Call
from sandbox.refusals import WrongControl

BEFORE = (
    "status",
    "timeout_before_commit",
    "reset_before_commit",
    "empty_200",
    "fault_200",
    "invalid_grant",
    "throttle",
)
AFTER = ("timeout_after_commit", "reset_after_commit")
KINDS = ("delay", *BEFORE, *AFTER)
BODIES = ("json", "xml", "html")
_MATCHES = ("realm", "method", "path", "entity")
_RULE = ("match", "every", "next", "probability", "seed", "repeats", "then")
_THEN = ("kind", "status", "body", "delay_ms", "retry_after")
TOKENS_PATH = "/oauth2/v1/tokens/bearer"


@dataclass(frozen=True)
class Then:
    """What happens to a call that a rule hits."""

    kind: str
    status: int = 500
    body: str = "json"
    delay_ms: float = 0
    retry_after: str = ""


@dataclass(eq=False)
class Rule:
    """Which calls, and which of them: each n-th, the next n, by chance, or all."""

    id: str
    match: dict[str, str]
    then: Then
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
        if struck and call.request_id:
            self.hit.add(call.request_id)
        return struck

    def _matches(self, call: Call, realm: str) -> bool:
        if (self.then.kind == "invalid_grant") and call.path != TOKENS_PATH:
            return False
        wanted = self.match
        return (
            wanted.get("realm", realm) == realm
            and wanted.get("method", call.method).upper() == call.method
            and wanted.get("entity", call.entity).lower() == call.entity
            and _path_fits(wanted.get("path", ""), call)
        )

    def _struck(self) -> bool:
        if self.every:
            return self.calls % self.every == 0
        if self.next is not None:
            return self.calls <= self.next
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
    _only(body, _RULE, "A fault rule")
    match = body.get("match") or {}
    _only(match, _MATCHES, "`match`")
    then = read_then(body.get("then"))
    if sum(name in body for name in ("every", "next", "probability")) > 1:
        raise WrongControl("A fault rule has one of `every`, `next` and `probability`.")
    rule = Rule("", {str(name): str(value) for name, value in match.items()}, then)
    if "every" in body:
        rule.every = _whole(body["every"], "every", least=1)
    if "next" in body:
        rule.next = _whole(body["next"], "next", least=1)
    if "probability" in body:
        rule.probability = _fraction(body["probability"])
    rule.repeats = body.get("repeats", True) is not False
    seed = body.get("seed")
    if not isinstance(seed, int | str | None):
        raise WrongControl("`seed` is a whole number.")
    rule.chance = random.Random(seed)
    return rule


def read_then(then: Any) -> Then:
    _only(then, _THEN, "`then`")
    if then.get("kind") not in KINDS:
        raise WrongControl(f"`then.kind` is one of {', '.join(KINDS)}.")
    body = then.get("body", "xml" if then["kind"] == "throttle" else "json")
    if body not in BODIES:
        raise WrongControl(f"`then.body` is one of {', '.join(BODIES)}.")
    status = _whole(then.get("status", 500), "status", least=100)
    try:
        delay = -1.0 if isinstance(then.get("delay_ms"), bool) else float(then.get("delay_ms", 0))
    except (TypeError, ValueError, OverflowError):
        delay = -1.0
    if not 0 <= delay < 1e9:
        raise WrongControl("`then.delay_ms` is a number of milliseconds, 0 or more.")
    retry_after = "" if then.get("retry_after") is None else str(then["retry_after"])
    return Then(then["kind"], status, body, delay, retry_after)


def _path_fits(wanted: str, call: Call) -> bool:
    """A piece of the path with its query, or a pattern with * for the whole of either."""
    full = f"{call.path}?{call.query}" if call.query else call.path
    if any(mark in wanted for mark in "*["):
        return fnmatch.fnmatchcase(call.path, wanted) or fnmatch.fnmatchcase(full, wanted)
    return wanted in full


def _only(body: Any, allowed: tuple[str, ...], what: str) -> None:
    if not isinstance(body, dict):
        raise WrongControl(f"{what} is a JSON object with {', '.join(allowed)}.")
    unknown = [name for name in body if name not in allowed]
    if unknown:
        raise WrongControl(f"{what} has no member {unknown[0]!r}; it has {', '.join(allowed)}.")


def _whole(value: Any, name: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise WrongControl(f"`{name}` is a whole number, {least} or more.")
    return value


def _fraction(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = -1.0
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise WrongControl("`probability` is a number from 0 to 1.")
    return number
