"""The notifications that go out: gathered, signed, sent, and repeated until they are acknowledged."""

import base64
import hashlib
import hmac
import http.client
import random
import secrets
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.clock import PACIFIC, Clock
from sandbox.control_values import members, number
from sandbox.events import BOXES, ENTITIES, Event, cloudevents, older
from sandbox.refusals import WrongControl
from sandbox.switches import Switches

Writer = Callable[[Sequence[Event], Switches], bytes]
FORMATS: dict[str, tuple[Writer, ...]] = {
    "cloudevents": (cloudevents,),
    "legacy": (older,),
    "both": (older, cloudevents),
}
# Intuit's webinar: up to 100 events and about 1 MB; a hundred of ours stay below 100 kB.
MOST_EVENTS = 100
# Intuit's best practices; real time, because the subscriber is a program that lives in it.
ANSWER_WITHIN_MS = 3000
# Intuit's ladder; the last step is repeated for ever.
RETRY_AFTER_S = (10, 20, 30, 300, 1200, 7200, 14400, 21600)
_WISHES = (
    "url",
    "verifier_token",
    "format",
    "delay_ms",
    "duplicate",
    "shuffle",
    "echo",
    "events",
    "answer_within_ms",
    "seed",
)


@dataclass(frozen=True)
class Wishes:
    """How a subscriber wants to be told.

    `delay_ms` is how long events are gathered, by the sandbox's clock; `duplicate` the share of posts sent twice;
    `boxes` what is ticked on Intuit's page, as "invoice.void" (None: everything); `answer_within_ms` real time.
    """

    url: str
    verifier_token: str
    format: str = "cloudevents"
    delay_ms: float = 0
    duplicate: float = 0
    shuffle: bool = False
    echo: bool = True
    boxes: frozenset[str] | None = None
    answer_within_ms: float = ANSWER_WITHIN_MS
    seed: int | None = None

    def want(self, event: Event) -> bool:
        return (self.echo or not event.own) and (self.boxes is None or event.box in self.boxes)


def signature(verifier_token: str, body: bytes) -> str:
    """The `intuit-signature` header: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(verifier_token.encode(), body, hashlib.sha256).digest()).decode()


class Subscription:
    """One subscriber and the thread that tells it: later events wait until the earlier post is acknowledged."""

    def __init__(self, id: str, wishes: Wishes, clock: Clock, switches: Switches) -> None:
        self.id = id
        self.wishes = wishes
        self._clock = clock
        self._switches = switches
        self._chance = random.Random(wishes.seed)
        self._changed = threading.Condition()
        self._pending: deque[Event] = deque()
        self._under_way: list[Event] = []
        self._acknowledged = 0
        self._attempts = 0
        self._stopping = threading.Event()
        self._connection: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._run, name=f"sandbox-notices-{id}", daemon=True)

    def begin(self, left_over: Iterable[Event] = ()) -> None:
        """Start telling; first what an earlier subscription of the same URL has left."""
        with self._changed:
            self._pending.extendleft(reversed(list(left_over)))
        self._thread.start()

    def left_over(self) -> list[Event]:
        """What was not acknowledged; to be asked once stopped."""
        with self._changed:
            return [*self._under_way, *self._pending]

    def offer(self, events: Iterable[Event]) -> None:
        """Take what the subscriber wants to know."""
        self.take([event for event in events if self.wishes.want(event)])

    def take(self, events: list[Event]) -> None:
        if events:
            with self._changed:
                self._pending.extend(events)
                self._changed.notify_all()

    def as_json(self) -> dict[str, object]:
        with self._changed:
            return {
                "id": self.id,
                "url": self.wishes.url,
                "format": self.wishes.format,
                "echo": self.wishes.echo,
                "events": None if self.wishes.boxes is None else sorted(self.wishes.boxes),
                "pending": len(self._pending) + len(self._under_way),
                "acknowledged": self._acknowledged,
                "attempts": self._attempts,
            }

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Until everything offered is acknowledged; False when that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._under_way, timeout_s)

    def stop(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._clock.wake()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join(timeout=ANSWER_WITHIN_MS / 1000 + 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            events = self._gather()
            if events:
                self._tell(events)

    def _gather(self) -> list[Event]:
        """Everything that waits once the first has waited for the delay, at most a hundred."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._pending) or self._stopping.is_set())
            if self._stopping.is_set():
                return []
            first = self._pending[0]
        # The clock may have been set back since.
        noticed = min(first.at, self._clock.now())
        if not self._clock.wait_until(noticed + timedelta(milliseconds=self.wishes.delay_ms), self._stopping):
            return []
        with self._changed:
            if self.wishes.shuffle:
                mixed = list(self._pending)
                self._chance.shuffle(mixed)
                self._pending = deque(mixed)
            events = [self._pending.popleft() for _ in range(min(MOST_EVENTS, len(self._pending)))]
            self._under_way = events
        return events

    def _tell(self, events: list[Event]) -> None:
        for written in FORMATS[self.wishes.format]:
            body = written(events, self._switches)
            self._insist(body)
            if self._chance.random() < self.wishes.duplicate:
                self._insist(body)
        if self._stopping.is_set():
            return
        with self._changed:
            self._under_way = []
            self._acknowledged += len(events)
            self._changed.notify_all()

    def _insist(self, body: bytes) -> None:
        """The same post again and again, up the ladder, until it is acknowledged."""
        attempt = 0
        while not self._stopping.is_set():
            began = self._clock.now()
            if self._post(body):
                return
            wait = RETRY_AFTER_S[min(attempt, len(RETRY_AFTER_S) - 1)]
            attempt += 1
            self._clock.wait_until(began + timedelta(seconds=wait), self._stopping)

    def _post(self, body: bytes) -> bool:
        """Whether the subscriber acknowledged it in time."""
        with self._changed:
            self._attempts += 1
        url = urlsplit(self.wishes.url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        limit_s = self.wishes.answer_within_ms / 1000
        connection = kind(url.hostname or "", url.port, timeout=limit_s)
        self._connection = connection
        began = time.monotonic()
        try:
            path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
            connection.request("POST", path, body, self._headers(body))
            status = connection.getresponse().status
            return self._is_ack(status) and time.monotonic() - began <= limit_s
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            self._connection = None
            connection.close()

    def _is_ack(self, status: int) -> bool:
        return status == 200 or (self._switches["webhook_ack"] == "2xx" and 200 < status < 300)

    def _headers(self, body: bytes) -> dict[str, str]:
        is_older = body.startswith(b"{")
        headers = {
            "content-type": "application/json; charset=utf-8",
            "intuit-signature": signature(self.wishes.verifier_token, body),
            "intuit-created-time": f"{self._clock.now().astimezone(PACIFIC):%Y-%m-%dT%H:%M:%S%z}",
            "intuit-t-id": str(uuid.uuid4()),
            "user-agent": "intuit_notification_server/0.1",
        }
        if is_older:
            headers["intuit-notification-schema-version"] = "0.1"
        elif self._switches["webhook_content_type"] == "cloudevents":
            headers["content-type"] = "application/cloudevents+json"
        return headers


class Notifications:
    """Every subscription; the same URL replaces its earlier one."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        # One replaces or ends subscriptions at a time; that can take seconds.
        self._replacing = threading.Lock()
        # Never held for long: events are told under it, so that none goes to a subscription that is replaced already.
        self._lock = threading.Lock()
        self._subscriptions: dict[str, Subscription] = {}

    def subscribe(self, wishes: Wishes) -> str:
        with self._replacing:
            earlier = self._subscriptions.get(wishes.url)
            if earlier and earlier.wishes == wishes:
                return earlier.id
            subscription = Subscription(f"webhook-{secrets.token_hex(4)}", wishes, self._clock, self._switches)
            with self._lock:
                self._subscriptions[wishes.url] = subscription
            if earlier:
                earlier.stop()
            subscription.begin(earlier.left_over() if earlier else ())
        return subscription.id

    def tell(self, events: list[Event]) -> None:
        with self._lock:
            for subscription in self._subscriptions.values():
                subscription.offer(events)

    def send_samples(self, events: list[Event]) -> None:
        """Tell every subscriber, whatever its boxes: Intuit's "Send test events"."""
        with self._lock:
            for subscription in self._subscriptions.values():
                subscription.take(events)

    def as_json(self) -> list[dict[str, object]]:
        return [subscription.as_json() for subscription in list(self._subscriptions.values())]

    def wait_until_idle(self, timeout_s: float) -> bool:
        return all(one.wait_until_idle(timeout_s) for one in list(self._subscriptions.values()))

    def stop(self) -> None:
        with self._replacing:
            with self._lock:
                subscriptions = list(self._subscriptions.values())
                self._subscriptions.clear()
            for subscription in subscriptions:
                subscription.stop()


def read_wishes(body: Any) -> Wishes:
    """What a control asks for; WrongControl says what is wrong with it."""
    members(body, _WISHES, "A subscription")
    if not _reachable(str(body.get("url", ""))):
        raise WrongControl("`url` is an http or https address.")
    if not body.get("verifier_token"):
        raise WrongControl("`verifier_token` is missing: notifications are signed with it.")
    if body.get("format", "cloudevents") not in list(FORMATS):
        raise WrongControl(f"`format` is one of {', '.join(FORMATS)}.")
    within = number(body.get("answer_within_ms", ANSWER_WITHIN_MS), "`answer_within_ms` is a number above 0.")
    if not within:
        raise WrongControl("`answer_within_ms` is a number above 0.")
    if not isinstance(body.get("seed"), int | None):
        raise WrongControl("`seed` is a whole number.")
    for name in ("shuffle", "echo"):
        if not isinstance(body.get(name, True), bool):
            raise WrongControl(f"`{name}` is true or false.")
    return Wishes(
        url=str(body["url"]),
        verifier_token=str(body["verifier_token"]),
        format=body.get("format", "cloudevents"),
        delay_ms=number(body.get("delay_ms", 0), "`delay_ms` is a number, 0 or more."),
        duplicate=number(body.get("duplicate", 0), "`duplicate` is a share from 0 to 1.", most=1),
        shuffle=body.get("shuffle", False),
        echo=body.get("echo", True),
        boxes=_boxes(body.get("events")),
        answer_within_ms=within,
        seed=body.get("seed"),
    )


def _reachable(address: str) -> bool:
    try:
        url = urlsplit(address)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _boxes(ticked: object) -> frozenset[str] | None:
    """Each box as "invoice.void", or a whole row as "invoice"; None when nothing was said: everything."""
    if ticked is None:
        return None
    if not isinstance(ticked, list) or not all(
        isinstance(one, str) and one.lower() in BOXES | ENTITIES for one in ticked
    ):
        raise WrongControl('`events` is a list of what Intuit can notify, such as ["invoice.void", "customer"].')
    wanted = {one.lower() for one in ticked}
    return frozenset(box for box in BOXES if box in wanted or box.partition(".")[0] in wanted)
