"""What the sandbox's tests share: books on a free port, an app that calls them, a subscriber that listens."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from sandbox.server import Sandbox

Json = dict[str, Any]


@dataclass
class App:
    """An app connected to one realm; it calls as Intuit's clients do."""

    books: Sandbox
    realm: str
    access_token: str
    refresh_token: str
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def base(self) -> str:
        return f"{self.books.url}/v3/company/{self.realm}"

    def call(self, method: str, path: str, body: object = None, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.access_token}", "Accept": "application/json"}
        headers.update(more.pop("headers", {}))
        return self.session.request(
            method, self.base + path, json=body, headers=headers, timeout=20, allow_redirects=False, **more
        )

    def get(self, path: str, **params: str) -> Json:
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, **params: str) -> Json:
        answer = self.call("POST", path, body, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, body: object, **params: str) -> Json:
        """The only error of a refused POST."""
        answer = self.call("POST", path, body, params=params)
        assert answer.status_code == 400, answer.text
        return answer.json()["Fault"]["Error"][0]

    def query(self, text: str) -> Json:
        return self.get("/query", query=text)["QueryResponse"]

    def query_error(self, text: str) -> Json:
        answer = self.call("GET", "/query", params={"query": text})
        assert answer.status_code == 400, answer.text
        return answer.json()["Fault"]["Error"][0]

    def customer(self, name: str = "Ann's Shop", **fields: Any) -> Json:
        return self.post("/customer", {"DisplayName": name, **fields})["Customer"]

    def item(self, name: str = "Hour of work", **fields: Any) -> Json:
        own = {"Name": name, "Type": "Service", "IncomeAccountRef": {"value": "1"}, **fields}
        return self.post("/item", own)["Item"]

    def invoice(self, amount: float = 100, **fields: Any) -> Json:
        return self.post("/invoice", self.invoice_body(amount, **fields))["Invoice"]

    def invoice_body(self, amount: float = 100, **fields: Any) -> Json:
        """A whole invoice to `Ann's Shop`; customer and item are made when they do not exist."""
        if not self.query("select * from Customer where DisplayName = 'Ann\\'s Shop'"):
            self.customer()
        if not self.query("select * from Item where Name = 'Hour of work'"):
            self.item(Taxable=True)
        body = {"CustomerRef": {"value": "1"}, "Line": [line(amount)]}
        return {**body, **fields}

    def pay(self, invoice: Json, amount: float, **fields: Any) -> Json:
        links = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
        body = {
            "CustomerRef": invoice["CustomerRef"],
            "TotalAmt": amount,
            "Line": [{"Amount": amount, "LinkedTxn": links}],
        }
        return self.post("/payment", {**body, **fields})["Payment"]

    def read(self, kind: str, id: str) -> Json:
        return self.get(f"/{kind.lower()}/{id}")[kind]

    def control(self, method: str, path: str, body: object = None) -> requests.Response:
        return requests.request(method, f"{self.books.url}/sandbox{path}", json=body, timeout=20)


def line(amount: float, code: str | None = None, **detail: Any) -> Json:
    own = {"ItemRef": {"value": "1"}, **detail}
    if code:
        own["TaxCodeRef"] = {"value": code}
    return {"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": own}


@pytest.fixture(name="line")
def line_maker() -> Callable[..., Json]:
    return line


@pytest.fixture
def books() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def connect(books: Sandbox) -> Callable[..., App]:
    """An app connected to a new realm, empty unless said otherwise."""

    def connected(**wishes: Any) -> App:
        grant = books.open_realm(**{"empty": True, **wishes})
        return App(books, grant["realm"], grant["access_token"], grant["refresh_token"])

    return connected


@pytest.fixture
def app(connect: Callable[..., App]) -> App:
    return connect()


class Subscriber:
    """An endpoint for notifications; `answers` are given in turn, then 200."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self._arrived = threading.Condition()
        subscriber = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # cut off by a subscription that was replaced meanwhile: nobody was told
                status = subscriber.note({k.lower(): v for k, v in self.headers.items()}, body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def note(self, headers: dict[str, str], body: bytes) -> int:
        with self._arrived:
            self.posts.append((headers, body))
            self._arrived.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait_for(self, posts: int) -> None:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.posts) >= posts, 10), f"only {len(self.posts)} posts came"

    @property
    def events(self) -> list[Json]:
        """Every CloudEvent told so far."""
        told = [json.loads(body) for _, body in self.posts]
        return [event for post in told if isinstance(post, list) for event in post]

    @property
    def types(self) -> list[str]:
        return [f"{event['type']} {event['intuitentityid']}" for event in self.events]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    listening = Subscriber()
    yield listening
    listening.stop()
