"""What QuickBooks remembers of a request id: the first answer, which every repeat gets again."""

import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sandbox.answers import JSON_TYPE, Answer
from sandbox.numbers import Json

FIRST_CLEARING = 1000


class Kept(NamedTuple):
    """An answer as it is remembered: `at` in seconds since 1970, the body deflated, for there may be very many."""

    at: float
    status: int
    content_type: str
    body: bytes

    @classmethod
    def of(cls, answer: Answer, at: float) -> "Kept":
        return cls(at, answer.status, answer.content_type, zlib.compress(answer.body, 1))

    @classmethod
    def read(cls, held: Json) -> "Kept":
        """From an export."""
        answer = Answer(int(held["status"]), held["body"].encode(), str(held.get("type", JSON_TYPE)))
        return cls.of(answer, datetime.fromisoformat(held["at"]).timestamp())

    def as_json(self) -> Json:
        answer, at = self.answer(), datetime.fromtimestamp(self.at, UTC).isoformat()
        return {"at": at, "status": answer.status, "type": answer.content_type, "body": answer.body.decode()}

    def answer(self) -> Answer:
        return Answer(self.status, zlib.decompress(self.body), self.content_type)


@dataclass(frozen=True)
class Claim:
    """One call's hold on its request id: the earlier answer, if there is one, and how to keep the first.

    An answer is kept under the lock of its commit, so that no export has one without the other. There is no `keep`
    for a call whose request id does not count.
    """

    earlier: Answer | None = None
    keep: Callable[[Answer], None] | None = None


class RequestMemory:
    """The request ids of one realm."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._under_way: Counter[str] = Counter()
        self._answers: dict[str, Kept] = {}
        self._clear_at = FIRST_CLEARING

    @contextmanager
    def claim(self, request_id: str, now: datetime, lifetime_s: float, one_at_a_time: bool) -> Iterator[Claim]:
        """With `one_at_a_time` a second call waits for the first; otherwise calls under way do not see each other."""
        moment = now.timestamp()
        with self._free:
            earlier = self._remembered(request_id, moment, lifetime_s)
            while earlier is None and one_at_a_time and self._under_way[request_id]:
                self._free.wait()
                earlier = self._remembered(request_id, moment, lifetime_s)
            claim = Claim(earlier, lambda answer: self._remember(request_id, Kept.of(answer, moment), lifetime_s))
            self._under_way[request_id] += 1
            self._free.notify_all()
        try:
            yield claim
        finally:
            with self._free:
                self._under_way[request_id] -= 1
                if not self._under_way[request_id]:
                    del self._under_way[request_id]
                self._free.notify_all()

    def wait_until_under_way(self, request_id: str, calls: int, timeout_s: float) -> bool:
        """Until so many calls with this id have begun and not ended; for tests that need them at once."""
        with self._free:
            return self._free.wait_for(lambda: self._under_way[request_id] >= calls, timeout_s)

    def kept(self) -> dict[str, Kept]:
        """Everything remembered now."""
        with self._free:
            return dict(self._answers)

    def restore(self, held: Json) -> None:
        for name, one in held.items():
            self._answers[name] = Kept.read(one)

    def _remembered(self, request_id: str, now: float, lifetime_s: float) -> Answer | None:
        kept = self._answers.get(request_id)
        return kept.answer() if kept and now - kept.at <= lifetime_s else None

    def _remember(self, request_id: str, kept: Kept, lifetime_s: float) -> None:
        with self._free:
            self._answers[request_id] = kept
            self._forget_the_old(kept.at, lifetime_s)

    def _forget_the_old(self, now: float, lifetime_s: float) -> None:
        """Now and then, so that each call pays for it only a little."""
        if len(self._answers) > self._clear_at:
            self._answers = {name: one for name, one in self._answers.items() if now - one.at <= lifetime_s}
            self._clear_at = max(FIRST_CLEARING, 2 * len(self._answers))
