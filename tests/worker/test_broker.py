"""The doorbell: rings on Redis and in the process, a consumer that waits, and a ring that never holds up an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import fakeredis
import pytest
from dramatiq.errors import ConnectionClosed

from tests.makers import deal_event
from tests.pauses import until
from tests.stack import Stack
from worker import broker as doorbell
from worker.broker import QUEUES, InProcessBroker, Ring, WaitingRedisBroker, broker_for, ringing_broker_for
from worker.running import Work


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    accepted.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for connection in accepted:
            connection.close()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def redis_broker(client: Any) -> WaitingRedisBroker:
    return WaitingRedisBroker(client=client, middleware=[])  # type: ignore[no-untyped-call]


# ---------------------------------------------------------------- the ring


def test_a_ring_is_a_message_without_a_name(redis_client: Any) -> None:
    broker = redis_broker(redis_client)
    assert Ring(broker)("deals")
    message = next(broker.consume("deals", timeout=1000))
    assert message is not None
    assert (message.actor_name, message.args, message.kwargs) == ("handle_due_deals", (), {})


@pytest.mark.parametrize("port", ["silent_port", "closed_port"])
def test_a_ring_that_is_not_taken_is_let_go(port: str, request: pytest.FixtureRequest) -> None:
    ring = Ring(ringing_broker_for(f"redis://127.0.0.1:{request.getfixturevalue(port)}/0"))
    assert ring("deals") is False
    assert ring.answers() is False


def test_a_ring_waits_for_redis_no_longer_than_a_quarter_of_a_second_in_all() -> None:
    client: Any = ringing_broker_for("redis://127.0.0.1:1/0").client  # type: ignore[attr-defined]
    told = client.connection_pool.connection_kwargs
    assert told["socket_timeout"] + told["socket_connect_timeout"] <= 0.25
    assert told["retry"].get_retries() == 0


def test_after_a_ring_that_failed_the_next_ones_are_not_even_tried(closed_port: int) -> None:
    broker = ringing_broker_for(f"redis://127.0.0.1:{closed_port}/0")
    ring = Ring(broker)
    tried: list[str] = []
    enqueue = broker.enqueue

    def counted(message: Any, *, delay: int | None = None) -> Any:
        tried.append(message.queue_name)
        return enqueue(message, delay=delay)

    broker.enqueue = counted  # type: ignore[method-assign]
    assert [ring("deals"), ring("books"), ring("deals", times=5)] == [False, False, False]
    assert tried == ["deals"]


def test_a_post_is_answered_and_stored_though_nobody_hears_the_bell(stack: Stack, closed_port: int) -> None:
    from dataclasses import replace

    from webhooks.app import create_app

    deaf = Ring(ringing_broker_for(f"redis://127.0.0.1:{closed_port}/0"))
    stack.app = create_app(replace(stack.door, ring=deaf))
    assert stack.post(deal_event("created")).status_code == 202
    stack.drain()
    assert stack.states() == ["done"]


# ---------------------------------------------------------------- the consumer


def test_a_consumer_waits_at_redis_instead_of_asking_again_and_again() -> None:
    asked: list[str] = []

    class Counting(fakeredis.FakeRedis):
        def execute_command(self, *args: Any, **options: Any) -> Any:
            asked.append(str(args[0]))
            return super().execute_command(*args, **options)

    consumer = redis_broker(Counting(server=fakeredis.FakeServer())).consume("deals", timeout=300)
    assert next(consumer) is None
    assert asked == ["BLMOVE"]


def test_a_consumer_gives_what_is_rung_while_it_waits(redis_client: Any) -> None:
    broker = redis_broker(redis_client)
    ring = Ring(broker)
    consumer = broker.consume("deals", timeout=10_000)
    ringing = threading.Thread(target=lambda: ring("deals"))
    ringing.start()
    # None says that nothing came yet; the Redis of this process says so once too often.
    message = next(each for each in consumer if each is not None)
    ringing.join()
    assert message.actor_name == "handle_due_deals"


def test_redis_that_falls_silent_is_a_connection_lost(silent_port: int) -> None:
    """The library takes a time-out for an empty queue, and would listen to a dead connection for ever."""
    broker = doorbell._on_redis(f"redis://127.0.0.1:{silent_port}/0", timeout_s=0.1, connect_s=0.1)
    with pytest.raises(ConnectionClosed):
        next(broker.consume("deals", timeout=50))


def test_no_broker_of_ours_retries_or_limits(redis_client: Any) -> None:
    for broker in (broker_for(""), ringing_broker_for(""), redis_broker(redis_client)):
        assert broker.middleware == []


@pytest.mark.parametrize("where", ["redis", "process"])
def test_nobody_listens_to_a_queue_of_delayed_messages(stack: Stack, redis_client: Any, where: str) -> None:
    broker = redis_broker(redis_client) if where == "redis" else broker_for("")
    work = Work(stack.worker, broker, threads=1)
    work.start()
    listening = set(work._worker.consumers)
    work.stop()
    assert listening == set(QUEUES)


def test_the_broker_in_the_process_keeps_nothing_that_failed() -> None:
    broker = InProcessBroker(middleware=[])
    broker.declare_queue("deals")
    broker.dead_letters_by_queue["deals"].append(object())
    assert list(broker.dead_letters_by_queue["deals"]) == []


# ---------------------------------------------------------------- on Redis, with threads


@pytest.fixture
def working(stack: Stack, redis_client: Any) -> Iterator[Any]:
    """Two threads that listen at Redis; gives the ring that they hear."""
    from dataclasses import replace

    from webhooks.app import create_app

    broker = redis_broker(redis_client)
    wiring = replace(stack.worker, ring=Ring(broker))
    stack.app = create_app(replace(stack.door, ring=wiring.ring))
    stack.worker = wiring
    work = Work(wiring, broker, threads=2)
    work.start()
    yield wiring.ring
    work.stop()


def test_a_ring_on_redis_is_answered_by_the_worker(stack: Stack, working: Any) -> None:
    stack.post(deal_event("created"))
    until(lambda: stack.states() == ["done"])


def test_an_emptied_redis_delays_and_loses_nothing(stack: Stack, working: Any, redis_client: Any) -> None:
    for number in range(5):
        stack.post(deal_event("created", f"d{number}"))
        redis_client.flushdb()
    stack.time_passes(3)
    stack.sweep()
    until(lambda: stack.states() == ["done"] * 5)
