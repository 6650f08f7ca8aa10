"""The log of requests: what came in, newest first, and what became of it."""

import threading
from collections import deque
from itertools import islice

from sandbox.calls import Call

KEPT = 20_000
KEPT_BYTES = 64 * 1024 * 1024


class Entry:
    """`status` stays empty while a call is under way, and for one that got no answer."""

    # There are many, and they stay: no more of a call than is shown.
    __slots__ = ("at", "body", "fault", "headers", "method", "path", "query", "realm", "replayed", "status")

    def __init__(self, at: str, realm: str, call: Call, fault: dict[str, str] | None = None) -> None:
        self.at = at
        self.realm = realm
        self.method = call.method
        self.path = call.path
        self.query = call.query
        self.headers = call.headers
        self.body = call.body
        self.fault = fault
        self.status: int | None = None
        self.replayed = False

    @property
    def size(self) -> int:
        """What a caller can make long: a query may come in the address as well as in the body."""
        return len(self.body) + len(self.query)

    def as_json(self) -> dict[str, object]:
        return {
            "at": self.at,
            "realm": self.realm,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "status": self.status,
            "fault": self.fault,
            "replayed": self.replayed,
        }


class Journal:
    """The last 20,000 calls, fewer when they are very long; controls are not among them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    def enter(self, entry: Entry) -> None:
        with self._lock:
            self._entries.appendleft(entry)
            self._bytes += entry.size
            while len(self._entries) > KEPT or (self._bytes > KEPT_BYTES and len(self._entries) > 1):
                self._bytes -= self._entries.pop().size

    def newest(self, limit: int) -> list[dict[str, object]]:
        with self._lock:
            entries = list(islice(self._entries, limit))
        return [entry.as_json() for entry in entries]
