"""The meter: successful calls by realm, as Intuit bills them."""

import threading
from collections import Counter

CORE = ("create", "update", "delete", "void", "send", "upload")


class Meter:
    """Single-entity writes are core and free; every read, query, batch and download is coreplus and billed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}

    def count(self, realm: str, kind: str) -> None:
        with self._lock:
            self._counts.setdefault(realm, Counter())[kind] += 1

    def as_json(self) -> dict[str, dict[str, dict[str, int]]]:
        with self._lock:
            return {
                realm: {
                    "core": {kind: n for kind, n in counts.items() if kind in CORE},
                    "coreplus": {kind: n for kind, n in counts.items() if kind not in CORE},
                }
                for realm, counts in self._counts.items()
            }
