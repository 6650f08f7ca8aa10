"""What QuickBooks remembers of a request id: the first answer, which every repeat gets again."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.answers import Answer


@dataclass
class Claim:
    """One call's hold on its request id: the earlier answer, if there is one, and the answer to keep."""

    earlier: Answer | None = None
    kept: Answer | None = None


class RequestMemory:
    """The request ids of one realm."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._under_way: Counter[str] = Counter()
        self._answers: dict[str, tuple[datetime, Answer]] = {}

    @contextmanager
    def claim(self, request_id: str, now: datetime, lifetime_s: float, one_at_a_time: bool) -> Iterator[Claim]:
        """With `one_at_a_time` a second call waits for the first; otherwise calls under way do not see each other."""
        with self._free:
            while one_at_a_time and self._under_way[request_id]:
                self._free.wait()
            claim = Claim(self._remembered(request_id, now, lifetime_s))
            self._under_way[request_id] += 1
            self._free.notify_all()
        try:
            yield claim
        finally:
            with self._free:
                if claim.kept is not None:
                    self._answers[request_id] = (now, claim.kept)
                self._under_way[request_id] -= 1
                if not self._under_way[request_id]:
                    del self._under_way[request_id]
                self._free.notify_all()

    def wait_until_under_way(self, request_id: str, calls: int, timeout_s: float) -> bool:
        """Until so many calls with this id have begun and not ended; for tests that need them at once."""
        with self._free:
            return self._free.wait_for(lambda: self._under_way[request_id] >= calls, timeout_s)

    def export(self) -> dict[str, Any]:
        with self._free:
            return {
                name: {"at": at.isoformat(), "status": answer.status, "body": answer.body.decode()}
                for name, (at, answer) in self._answers.items()
            }

    def restore(self, held: dict[str, Any]) -> None:
        with self._free:
            for name, one in held.items():
                answer = Answer(int(one["status"]), one["body"].encode())
                self._answers[name] = (datetime.fromisoformat(one["at"]), answer)

    def _remembered(self, request_id: str, now: datetime, lifetime_s: float) -> Answer | None:
        at, answer = self._answers.get(request_id, (now, None))
        return answer if answer and (now - at).total_seconds() <= lifetime_s else None
