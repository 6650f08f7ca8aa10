"""Intuit's limits per realm: calls at once, in a second and in a minute, batches in a minute, e-mails in a day."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

PER_SECOND, PER_MINUTE, BATCHES_PER_MINUTE, EMAILS_PER_DAY = 10, 500, 40, 40
AT_ONCE = 10


class Limits:
    """Counts in sliding windows of the sandbox's time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], deque[datetime]] = defaultdict(deque)
        self._under_way: Counter[str] = Counter()

    @contextmanager
    def passing(self, realm: str) -> Iterator[None]:
        """While a call of the realm is under way."""
        with self._lock:
            self._under_way[realm] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[realm] -= 1
                if not self._under_way[realm]:
                    del self._under_way[realm]

    def crowded(self, realm: str) -> bool:
        """More calls under way than may be, the asking one included."""
        with self._lock:
            return self._under_way[realm] > AT_ONCE

    def allow_call(self, realm: str, batch: bool, now: datetime) -> bool:
        """A refused call does not count."""
        wanted = [
            ("second", timedelta(seconds=1), PER_SECOND),
            ("minute", timedelta(minutes=1), PER_MINUTE),
        ]
        if batch:
            wanted.append(("batch", timedelta(minutes=1), BATCHES_PER_MINUTE))
        return self._allow(realm, wanted, now)

    def allow_email(self, realm: str, now: datetime) -> bool:
        return self._allow(realm, [("email", timedelta(days=1), EMAILS_PER_DAY)], now)

    def _allow(self, realm: str, wanted: list[tuple[str, timedelta, int]], now: datetime) -> bool:
        with self._lock:
            windows = [(self._recent(realm, name, span, now), most) for name, span, most in wanted]
            if any(len(window) >= most for window, most in windows):
                return False
            for window, _ in windows:
                window.append(now)
            return True

    def _recent(self, realm: str, name: str, span: timedelta, now: datetime) -> deque[datetime]:
        window = self._seen[(realm, name)]
        while window and now - window[0] >= span:
            window.popleft()
        # A clock that was set back leaves moments that have not come yet.
        while window and window[-1] > now:
            window.pop()
        return window
