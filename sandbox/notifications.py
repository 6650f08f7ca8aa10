"""The notifications that go out: gathered, signed, sent, and repeated until they are acknowledged."""

import base64
import hashlib
import hmac
import http.client
import random
import secrets
import threading
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.clock import Clock
from sandbox.numbers import write_json
from sandbox.refusals import WrongControl

FORMATS = ("cloudevents", "legacy", "both")
MOST_EVENTS = 100
ANSWER_WITHIN_S = 3.0
# Intuit's ladder; the last step is repeated for ever.
RETRY_AFTER_S = (10, 20, 30, 300, 1200, 7200, 14400, 21600)
# As the legacy format names what happened.
LEGACY = {"created": "Create", "updated": "Update", "deleted": "Delete", "void": "Void", "emailed": "Emailed"}
LEGACY_NAMES = {
    "invoice": "Invoice",
    "customer": "Customer",
    "item": "Item",
    "payment": "Payment",
    "preferences": "Preferences",
}
_SOURCE = "intuit." + base64.b64encode(hashlib.sha256(b"dealbooks sandbox").digest()).decode()
_WISHES = ("url", "verifier_token", "format", "delay_ms", "duplicate", "shuffle", "echo", "seed")


@dataclass(frozen=True)
class Event:
    """One change to tell. `own`: the app made it through the API, so a subscription without echo skips it."""

    realm: str
    entity: str
    entity_id: str
    operation: str
    at: datetime
    own: bool
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    nanoseconds: str = field(default_factory=lambda: f"{random.randrange(1000):03}")


@dataclass(frozen=True)
class Wishes:
    """How a subscriber wants to be told; `duplicate` is the share of posts sent twice."""

    url: str
    verifier_token: str
    format: str = "cloudevents"
    delay_ms: float = 0
    duplicate: float = 0
    shuffle: bool = False
    echo: bool = True
    seed: int | None = None


def signature(verifier_token: str, body: bytes) -> str:
    """The `intuit-signature` header: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(verifier_token.encode(), body, hashlib.sha256).digest()).decode()


def cloudevents(events: Iterable[Event]) -> bytes:
    """An array, perhaps of several realms, as sent since 2026."""
    return write_json(
        [
            {
                "specversion": "1.0",
                "id": event.id,
                "source": _SOURCE,
                "type": f"qbo.{event.entity}.{event.operation}.v1",
                "datacontenttype": "application/json",
                "time": f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}{event.nanoseconds}Z",
                "intuitentityid": event.entity_id,
                "intuitaccountid": event.realm,
                "data": {},
            }
            for event in events
        ]
    ).encode()


def legacy(events: Iterable[Event]) -> bytes:
    """The `eventNotifications` of before 2026, grouped by realm."""
    by_realm: dict[str, list[dict[str, str]]] = {}
    for event in events:
        at = event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        name = LEGACY_NAMES.get(event.entity, event.entity.capitalize())
        told = {"name": name, "id": event.entity_id, "operation": LEGACY[event.operation], "lastUpdated": at}
        by_realm.setdefault(event.realm, []).append(told)
    told_all = [{"realmId": realm, "dataChangeEvent": {"entities": told}} for realm, told in by_realm.items()]
    return write_json({"eventNotifications": told_all}).encode()


class Subscription:
    """One subscriber and the thread that tells it: later events wait until the earlier post is acknowledged."""

    def __init__(self, id: str, wishes: Wishes, clock: Clock) -> None:
        self.id = id
        self.wishes = wishes
        self._clock = clock
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
        wanted = [event for event in events if self.wishes.echo or not event.own]
        if wanted:
            with self._changed:
                self._pending.extend(wanted)
                self._changed.notify_all()

    def as_json(self) -> dict[str, object]:
        with self._changed:
            return {
                "id": self.id,
                "url": self.wishes.url,
                "format": self.wishes.format,
                "echo": self.wishes.echo,
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
                connection.sock.shutdown(2)
            except OSError:
                pass
        self._thread.join(timeout=ANSWER_WITHIN_S + 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            events = self._gather()
            if events:
                self._tell(events)

    def _gather(self) -> list[Event]:
        """Everything that waits after the delay since the first, at most a hundred."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._pending) or self._stopping.is_set())
        if self._stopping.wait(self.wishes.delay_ms / 1000) if self.wishes.delay_ms else self._stopping.is_set():
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
        bodies = {"cloudevents": [cloudevents], "legacy": [legacy], "both": [legacy, cloudevents]}
        for written in bodies[self.wishes.format]:
            body = written(events)
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
        with self._changed:
            self._attempts += 1
        url = urlsplit(self.wishes.url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=ANSWER_WITHIN_S)
        self._connection = connection
        try:
            path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
            connection.request("POST", path, body, self._headers(body))
            answer = connection.getresponse()
            answer.read()
            return 200 <= answer.status < 300
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            self._connection = None
            connection.close()

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "intuit-signature": signature(self.wishes.verifier_token, body),
            "intuit-created-time": self._clock.now().isoformat(timespec="seconds"),
            "intuit-t-id": str(uuid.uuid4()),
            "user-agent": "intuit_notification_server/0.1",
        }
        if body.startswith(b"{"):
            headers["intuit-notification-schema-version"] = "0.1"
        return headers


class Notifications:
    """Every subscription; the same URL replaces its earlier one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._subscriptions: dict[str, Subscription] = {}

    def subscribe(self, wishes: Wishes) -> str:
        subscription = Subscription(f"webhook-{secrets.token_hex(4)}", wishes, self._clock)
        with self._lock:
            earlier = self._subscriptions.get(wishes.url)
            if earlier and earlier.wishes == wishes:
                return earlier.id
            self._subscriptions[wishes.url] = subscription
        if earlier:
            earlier.stop()
        subscription.begin(earlier.left_over() if earlier else ())
        return subscription.id

    def tell(self, events: list[Event]) -> None:
        for subscription in list(self._subscriptions.values()):
            subscription.offer(events)

    def as_json(self) -> list[dict[str, object]]:
        return [subscription.as_json() for subscription in list(self._subscriptions.values())]

    def wait_until_idle(self, timeout_s: float) -> bool:
        return all(one.wait_until_idle(timeout_s) for one in list(self._subscriptions.values()))

    def stop(self) -> None:
        with self._lock:
            subscriptions = list(self._subscriptions.values())
            self._subscriptions.clear()
        for subscription in subscriptions:
            subscription.stop()


def read_wishes(body: Any) -> Wishes:
    """What a control asks for; WrongControl says what is wrong with it."""
    if not isinstance(body, dict) or set(body) - set(_WISHES):
        raise WrongControl(f"A subscription is a JSON object with {', '.join(_WISHES)}.")
    if not _reachable(str(body.get("url", ""))):
        raise WrongControl("`url` is an http or https address.")
    if not body.get("verifier_token"):
        raise WrongControl("`verifier_token` is missing: notifications are signed with it.")
    if body.get("format", "cloudevents") not in FORMATS:
        raise WrongControl(f"`format` is one of {', '.join(FORMATS)}.")
    delay, duplicate = _number(body, "delay_ms"), _number(body, "duplicate")
    if duplicate > 1:
        raise WrongControl("`duplicate` is a share from 0 to 1.")
    if not isinstance(body.get("seed"), int | None):
        raise WrongControl("`seed` is a whole number.")
    for name in ("shuffle", "echo"):
        if not isinstance(body.get(name, True), bool):
            raise WrongControl(f"`{name}` is true or false.")
    return Wishes(
        url=str(body["url"]),
        verifier_token=str(body["verifier_token"]),
        format=body.get("format", "cloudevents"),
        delay_ms=delay,
        duplicate=duplicate,
        shuffle=body.get("shuffle", False),
        echo=body.get("echo", True),
        seed=body.get("seed"),
    )


def _reachable(address: str) -> bool:
    try:
        url = urlsplit(address)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _number(body: dict[str, Any], name: str) -> float:
    try:
        value = float(body.get(name, 0))
    except (TypeError, ValueError, OverflowError):
        value = -1
    if not 0 <= value < 1e9:
        raise WrongControl(f"`{name}` is a number, 0 or more.")
    return value
