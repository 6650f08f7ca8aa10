"""Intuit's limits per realm: calls in a second and in a minute, batches in a minute, e-mails in a day."""

import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta

PER_SECOND, PER_MINUTE, BATCHES_PER_MINUTE, EMAILS_PER_DAY = 10, 500, 40, 40


class Limits:
    """Counts in sliding windows of the sandbox's time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], deque[datetime]] = defaultdict(deque)

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
        return window
