"""The sandbox's own clock: it can be set, moved and run faster, and everything dated follows it."""

import threading
import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

# Intuit's own zone, for what belongs to no company.
PACIFIC = ZoneInfo("America/Los_Angeles")
# No clock stands or runs outside these, however fast: what is dated around them must still be a date.
FIRST, LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
# Nobody sleeps longer than this without a look: a condition cannot wait for centuries.
LONGEST_WAIT_S = 3600.0


class Clock:
    """Aware UTC time that starts as the machine's; waiting for a moment notices when the clock is moved."""

    def __init__(self) -> None:
        self._moved = threading.Condition()
        self._rate = 1.0
        self._at = datetime.now(UTC)
        self._since = time.monotonic()

    @property
    def rate(self) -> float:
        """Sandbox seconds per real second; 0 stands still."""
        return self._rate

    def now(self) -> datetime:
        with self._moved:
            return self._now()

    def set(self, moment: datetime) -> None:
        self.turn(moment=moment)

    def advance(self, seconds: float) -> None:
        self.turn(seconds=seconds)

    def run_at(self, rate: float) -> None:
        """ValueError when the rate is negative."""
        self.turn(rate=rate)

    def turn(self, moment: datetime | None = None, seconds: float = 0, rate: float | None = None) -> None:
        """Set, then move, then change the rate, in one step.

        ValueError when the rate is negative, OverflowError outside the years 1900 to 9000.
        """
        if rate is not None and rate < 0:
            raise ValueError("the rate must be 0 or more")
        with self._moved:
            at = moment.astimezone(UTC) if moment else self._now()
            at += timedelta(seconds=seconds)
            if not FIRST <= at <= LAST:
                raise OverflowError("the clock cannot go that far")
            self._restart(at, self._rate if rate is None else rate)

    def wait_until(self, moment: datetime, stopping: threading.Event) -> bool:
        """Block until the sandbox's time reaches the moment; False when stopped before."""
        with self._moved:
            while not stopping.is_set():
                left = (moment - self._now()).total_seconds()
                if left <= 0:
                    return True
                self._moved.wait(timeout=None if self._rate == 0 else min(left / self._rate, LONGEST_WAIT_S))
        return False

    def wake(self) -> None:
        """Let everybody who waits look again, for instance because the sandbox stops."""
        with self._moved:
            self._moved.notify_all()

    def _now(self) -> datetime:
        gone = (time.monotonic() - self._since) * self._rate
        return LAST if gone > (LAST - self._at).total_seconds() else self._at + timedelta(seconds=gone)

    def _restart(self, at: datetime, rate: float) -> None:
        self._at, self._since, self._rate = at, time.monotonic(), rate
        self._moved.notify_all()


def stamp(moment: datetime, zone: tzinfo) -> str:
    """As MetaData writes times: whole seconds, the company's offset, never Z."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def stamp_ms(moment: datetime, zone: tzinfo) -> str:
    """As the `time` of an answer is written: milliseconds."""
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def read_moment(text: str, zone: tzinfo) -> datetime:
    """A date or time as callers write it; without offset it is the company's. ValueError when it is neither."""
    moment = datetime.fromisoformat(text.strip())
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()
