"""The doorbell: Dramatiq's brokers as we use them, and the ring that says no more than "something is due" (R3)."""

from __future__ import annotations

import time
from typing import Any

import dramatiq
import redis
import structlog
from dramatiq.broker import Broker, Consumer
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.brokers.stub import StubBroker
from dramatiq.common import dq_name
from dramatiq.errors import ConnectionClosed
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

QUEUES = ("deals", "books", "notices")
ACTOR = "handle_due_{queue}"
SILENT_FOR_S = 1.0
"""After a ring that failed, the next ones are not even tried for so long: the sweep finds what they were for."""


class InProcessBroker(StubBroker):
    """Dramatiq within one process. Nothing is lost with it: what is due stands in the streams table.

    The library keeps every failed message for ever; ours carry nothing worth keeping. No delay queues: a time to wait
    for is a row, too.
    """

    def declare_queue(self, queue_name: str) -> None:
        super().declare_queue(queue_name)
        self.dead_letters_by_queue[queue_name] = _Nowhere()
        self.delay_queues.clear()  # a worker that starts later would listen to them
        self.queues.pop(dq_name(queue_name), None)

    def emit_after(self, signal: str, *args: Any, **kwargs: Any) -> None:
        if signal != "declare_delay_queue":
            super().emit_after(signal, *args, **kwargs)


class _Nowhere(list[Any]):
    def append(self, _: Any) -> None:
        return None


class WaitingConsumer(_RedisConsumer):
    """A consumer that waits at Redis for a message instead of asking again and again.

    Rotating the list onto itself blocks until there is an element and changes nothing. A time-out of the connection is
    treated as a lost one, which the library does not do (Bogdanp/dramatiq #894).
    """

    def __next__(self) -> Any:
        try:
            if not self.message_cache and self.outstanding_message_count < self.prefetch and not self._wait():
                return None
            return super().__next__()  # type: ignore[no-untyped-call]
        except redis.TimeoutError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]

    def _wait(self) -> bool:
        key = f"{self.broker.namespace}:{self.queue_name}"
        try:
            return self.broker.client.blmove(key, key, self.timeout / 1000, "LEFT", "LEFT") is not None
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]


class WaitingRedisBroker(RedisBroker):
    """Dramatiq on Redis without delay queues, and without the script that measures Redis' stack under a lock."""

    _max_unpack_size_val = 3999  # type: ignore[assignment]

    def declare_queue(self, queue_name: str) -> None:
        super().declare_queue(queue_name)
        self.delay_queues.clear()  # a worker that starts later would listen to them

    @property
    def consumer_class(self) -> type[Consumer]:
        return WaitingConsumer

    def emit_after(self, signal: str, *args: Any, **kwargs: Any) -> None:
        if signal != "declare_delay_queue":
            super().emit_after(signal, *args, **kwargs)


def broker_for(url: str) -> Broker:
    """The broker a worker listens to. No Retries, TimeLimit or delays: they interrupt or lose (R3)."""
    if not url:
        return InProcessBroker(middleware=[])
    return _on_redis(url, timeout_s=5.0, connect_s=2.0)


def ringing_broker_for(url: str) -> Broker:
    """The broker a receiver rings. A ring that Redis does not take within 100 ms is let go."""
    if not url:
        return InProcessBroker(middleware=[])
    return _on_redis(url, timeout_s=0.1, connect_s=0.1)


def _on_redis(url: str, *, timeout_s: float, connect_s: float) -> Broker:
    # The library's default would send a command again up to ten times, and block as long.
    client = redis.Redis.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=connect_s, retry=Retry(NoBackoff(), 0)
    )
    broker: Broker = WaitingRedisBroker(client=client, middleware=[])  # type: ignore[no-untyped-call]
    return broker


class Ring:
    """The bell that a receiver rings after its commit. It never raises, and never takes longer than 250 ms."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._silent_until = 0.0
        for queue in QUEUES:
            broker.declare_queue(queue)

    def __call__(self, queue: str, times: int = 1) -> bool:
        """Say that something is due on a queue; tells whether the broker took it."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            for _ in range(times):
                self._broker.enqueue(_message(queue))
        except Exception as error:
            self._silent_until = time.monotonic() + SILENT_FOR_S
            log.warning("ring_lost", queue=queue, why=type(error).__name__)
            return False
        return True

    def answers(self) -> bool:
        """Whether the last ring was taken."""
        return time.monotonic() >= self._silent_until


def _message(queue: str) -> dramatiq.Message[Any]:
    return dramatiq.Message(queue_name=queue, actor_name=ACTOR.format(queue=queue), args=(), kwargs={}, options={})
