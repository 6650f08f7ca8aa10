"""The log of requests: what came in, newest first, and what became of it."""

import threading
from collections import deque
from dataclasses import dataclass
from itertools import islice

from sandbox.calls import Call

KEPT = 20_000


@dataclass(eq=False)
class Entry:
    """`status` stays empty while a call is under way, and for one that got no answer."""

    at: str
    realm: str
    call: Call
    status: int | None = None
    fault: dict[str, str] | None = None
    replayed: bool = False

    def as_json(self) -> dict[str, object]:
        return {
            "at": self.at,
            "realm": self.realm,
            "method": self.call.method,
            "path": self.call.path,
            "query": self.call.query,
            "headers": self.call.headers,
            "body": self.call.body.decode("utf-8", "replace"),
            "status": self.status,
            "fault": self.fault,
            "replayed": self.replayed,
        }


class Journal:
    """The last 20,000 calls; controls are not among them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def enter(self, entry: Entry) -> None:
        with self._lock:
            self._entries.appendleft(entry)

    def newest(self, limit: int) -> list[dict[str, object]]:
        with self._lock:
            return [entry.as_json() for entry in islice(self._entries, limit)]
