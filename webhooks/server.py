"""The HTTP server of one process: waitress on a port of ours, started, and stopped without cutting anybody off."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import create_server
from waitress.task import ErrorTask

from webhooks.listening import BACKLOG, address_of
from webhooks.problems import problem

log = structlog.get_logger(__name__)

LARGEST_BODY = 16 * 1024 * 1024
"""What the server itself takes; the receivers have smaller limits of their own."""
MOST_CONNECTIONS = 2000
IDLE_S = 60
ANSWER_WITHIN_S = 20.0
"""How long a stop waits for the answers under way."""
LOOP_S = 0.5


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # the library has no types
    """Waitress gives a chunked body a Content-Length once it is read; a receiver must see that it had none."""

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.completed and self.chunked:
            self.headers.pop("CONTENT_LENGTH", None)
        return consumed


class _Refusal(ErrorTask):  # type: ignore[misc]
    """What the server refuses before any receiver sees it, answered as every refusal is."""

    def execute(self) -> None:
        error = self.request.error
        code = "too_large" if error.code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else error.reason.lower()
        answer = problem(error.code, code.replace(" ", "_"), f"{error.reason}: {error.body}.")
        body = answer.get_data()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", answer.content_type))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser
    error_task_class = _Refusal


class Server:
    """An application served at a bound socket, by so many threads; bodies are buffered, so slow senders hold none."""

    def __init__(self, app: Flask | Callable[..., Any], at: socket.socket, threads: int = 8) -> None:
        self.url = address_of(at)
        self._map: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._map,
            sockets=[at],
            threads=threads,
            backlog=BACKLOG,
            # The library stops accepting at 100 open connections, for as long as idle clients keep theirs.
            connection_limit=MOST_CONNECTIONS,
            channel_timeout=IDLE_S,
            cleanup_interval=10,
            max_request_body_size=LARGEST_BODY,
            asyncore_use_poll=True,
            ident=None,
            log_socket_errors=False,
        )
        self._server.channel_class = _Channel
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="server", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no new connections, let what is under way be answered, then end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._server.pull_trigger()
            self._thread.join(timeout=ANSWER_WITHIN_S + 10)

    def _serve(self) -> None:
        # The library's own run() ends on exceptions of the main thread only, so its loop is turned here.
        while not self._stopping.is_set():
            self._turn(LOOP_S)
        wasyncore.dispatcher.close(self._server)
        until = time.monotonic() + ANSWER_WITHIN_S
        while self._is_answering() and time.monotonic() < until:
            self._turn(0.05)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def _turn(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _is_answering(self) -> bool:
        return any(channel.requests or channel.total_outbufs_len for channel in self._channels())

    def _channels(self) -> list[Any]:
        return list(self._server.active_channels.values())
