"""What can go wrong, named by what happens next: a person, time, a new connection, or a different request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that only a person can settle.

    `reason` is a stable word (`product_not_linked`); `cause` names what stands in the way in words that whatever
    removes it can repeat (`product:77 not linked`); `message` says it in a sentence, `remedy` says what to do,
    `choices` are the answers `attention resolve` takes (`item`, `customer`, `create`, `keep`, `edit`, `void`, `retry`,
    `dismiss`).
    """

    reason: str
    cause: str
    message: str
    remedy: str
    choices: tuple[str, ...] = ("retry", "dismiss")
    detail: Mapping[str, Any] = field(default_factory=dict)


class NeedsAttention(Exception):
    """A person must decide; the event is parked with every problem found, not only the first."""

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("NeedsAttention names at least one problem")
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class TryLater(Exception):
    """Time will settle it: throttled, unavailable, held by another. Costs no attempt. `after` is in seconds."""

    def __init__(self, after: float, why: str) -> None:
        super().__init__(f"{why}; try again in {after:.1f} s")
        self.after = after
        self.why = why


class Disconnected(Exception):
    """QuickBooks no longer accepts the connection; its lane is parked until somebody reconnects it."""

    def __init__(self, connection_id: str, why: str) -> None:
        super().__init__(f"connection {connection_id} is disconnected: {why}")
        self.connection_id = connection_id
        self.why = why


class NotSigned(Exception):
    """A delivery whose signature or age does not hold. Why is for our log, never for the sender."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a delivery: where (JSON pointer), which rule, and a sentence."""

    pointer: str
    code: str
    message: str


class Malformed(Exception):
    """A signed delivery that does not say anything we can use; stored among the refusals with all its faults."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.message}" for fault in self.faults))
