"""The HTTP server of one process: starting, and stopping without cutting anybody off."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests
from flask import Flask, request

from webhooks.listening import CannotListen, listening_at
from webhooks.server import Server


@pytest.fixture
def app() -> Flask:
    app = Flask("test")
    app.extensions["reached"], app.extensions["go_on"] = threading.Event(), threading.Event()

    @app.get("/slow")
    def slow() -> str:
        app.extensions["reached"].set()
        assert app.extensions["go_on"].wait(20)
        return "answered"

    @app.post("/length")
    def length() -> str:
        return f"{request.headers.get('Content-Length')} {request.stream.read().decode()}"

    return app


@pytest.fixture
def server(app: Flask) -> Iterator[Server]:
    with listening_at("127.0.0.1", 0) as at:
        running = Server(app, at, threads=2)
        running.start()
        yield running
        running.stop()


def test_a_stop_lets_what_is_under_way_be_answered(server: Server, app: Flask) -> None:
    answers: list[str] = []
    asking = threading.Thread(target=lambda: answers.append(requests.get(f"{server.url}/slow", timeout=20).text))
    asking.start()
    assert app.extensions["reached"].wait(20)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    app.extensions["go_on"].set()
    asking.join(20)
    stopping.join(20)
    assert answers == ["answered"]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.url}/slow", timeout=5)


def test_a_chunked_body_has_no_length(server: Server) -> None:
    assert requests.post(f"{server.url}/length", data=iter([b"ab", b"c"]), timeout=20).text == "None abc"
    assert requests.post(f"{server.url}/length", data=b"abc", timeout=20).text == "3 abc"


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CannotListen, match="is taken"):
        listening_at("127.0.0.1", other.getsockname()[1])
    with listening_at("127.0.0.1", 0) as at, pytest.raises(CannotListen, match="is taken"):
        listening_at("127.0.0.1", at.getsockname()[1])


def test_an_address_of_nobody_here_is_refused() -> None:
    with pytest.raises(CannotListen, match="no address of this machine"):
        listening_at("203.0.113.1", 0)
