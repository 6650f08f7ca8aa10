"""A fleet: the sandbox and dealbooks' production processes, each its own, on PostgreSQL and Redis."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
import requests

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "webhooks.cli")
WITHIN_S = 60.0


def wait_until(holds: Callable[[], bool], within_s: float = WITHIN_S, why: str = "") -> float:
    """Wait for a condition, with a bound; gives the seconds it took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within_s:
            raise AssertionError(f"not within {within_s} s: {why}")
        time.sleep(0.05)
    return time.monotonic() - began


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Fleet:
    """1 web, `workers` workers, 1 clock, and a sandbox; a company `acme` tied to an empty realm of it."""

    def __init__(self, *, workers: int = 2, broker_url: str | None = None, **settings: str) -> None:
        self._base = os.environ["DEALBOOKS_TEST_DATABASE_URL"]
        self._redis_url = os.environ["DEALBOOKS_TEST_REDIS_URL"]
        self.redis = redis.Redis.from_url(self._redis_url)
        self._name = f"dealbooks_fleet_{secrets.token_hex(4)}"
        self._database_url = self._base.rsplit("/", 1)[0] + "/" + self._name
        self._folder = tempfile.TemporaryDirectory(prefix="dealbooks-fleet-")
        self._logs: list[Any] = []
        self._running: list[subprocess.Popen[str]] = []
        self._workers = workers
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._environment = {
            **os.environ,
            "DEALBOOKS_DATA_DIR": self._folder.name,
            "DEALBOOKS_DATABASE_URL": self._database_url,
            "DEALBOOKS_BROKER_URL": broker_url or self._redis_url,
            "DEALBOOKS_SECRET_KEYS": secrets.token_hex(32),
            "DEALBOOKS_PUBLIC_URL": self.url,
            "DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS": secrets.token_hex(16),
            "DEALBOOKS_QUICKBOOKS_PACE": "off",
            **{f"DEALBOOKS_{name.upper()}": value for name, value in settings.items()},
        }
        self.books_url = ""
        self.realm = ""
        self.access_token = ""
        self.connection = ""
        self._secret = b""

    # ------------------------------------------------------------ start and stop

    def __enter__(self) -> Fleet:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        self.redis.flushdb()
        with psycopg.connect(_libpq(self._base), autocommit=True) as session:
            session.execute(f'CREATE DATABASE "{self._name}"')
        ready = self._launch("sandbox", "--port", "0", "--empty", "--json")
        self.books_url = str(ready["url"] or ready["sandbox_url"])
        self._environment["DEALBOOKS_QUICKBOOKS_ENVIRONMENT"] = self.books_url
        self.run("migrate")
        company = self.run("companies", "add", "acme", "--json")
        self._secret = base64.b64decode(company["webhook_secret"].removeprefix("whsec_"))
        self._launch("serve", "--port", str(self._port), "--json")
        for _ in range(self._workers):
            self._launch("work", "--threads", "8")
        self._launch("clock")

    def open_realm(self) -> None:
        """A new empty realm in the sandbox, not connected yet."""
        grant = self.control("POST", "/sandbox/realms", {"empty": True})
        self.realm, self.access_token = grant["realm"], grant["access_token"]

    def connect(self) -> None:
        """Tie the company to the realm, and wait until its books were read."""
        made = self.run("connections", "add", "acme", "--sandbox", self.books_url, "--realm", self.realm, "--json")
        self.connection = made["connection"]
        loaded = f"SELECT count(*) FROM connections WHERE loaded_at IS NOT NULL AND connection_id = '{self.connection}'"
        wait_until(lambda: self.psql(loaded) == "1", why="the first load")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in reversed(self._running):
            if each.poll() is None:
                each.send_signal(signal.SIGTERM)
        for each in self._running:
            try:
                each.wait(20)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait(5)
        if kind is not None:
            self._show_logs()
        for log in self._logs:
            log.close()
        with psycopg.connect(_libpq(self._base), autocommit=True) as session:
            session.execute(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
        self._folder.cleanup()

    def _launch(self, *arguments: str) -> dict[str, Any]:
        log = open(Path(self._folder.name) / f"{len(self._running)}-{arguments[0]}.log", "w+")  # noqa: SIM115
        self._logs.append(log)
        started = subprocess.Popen(
            [*COMMAND, *arguments], cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        self._running.append(started)
        if "--json" not in arguments:
            return {}
        assert started.stdout is not None
        line = started.stdout.readline()
        assert line, f"{arguments[0]} ended before it was ready"
        told: dict[str, Any] = json.loads(line)
        return told

    def _show_logs(self) -> None:
        for log in self._logs:
            log.flush()
            lines = Path(log.name).read_text().splitlines()
            bad = [line for line in lines if '"error"' in line or "Traceback" in line or "Error" in line]
            print(f"--- {Path(log.name).name}: {len(lines)} lines", *bad[-8:], sep="\n")

    def run(self, *arguments: str) -> Any:
        """A short command; gives its JSON where it was asked for."""
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=ROOT, env=self._environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    # ------------------------------------------------------------ what people and CRMs do

    def post(self, event: Mapping[str, Any]) -> requests.Response:
        """Sign an event as a CRM would, with code of the test's own, and post it."""
        body = json.dumps(event).encode()
        stamp = str(int(time.time()))
        signed = b".".join((str(event["id"]).encode(), stamp.encode(), body))
        signature = base64.b64encode(hmac.new(self._secret, signed, hashlib.sha256).digest()).decode()
        headers = {
            "webhook-id": str(event["id"]),
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{signature}",
            "content-type": "application/cloudevents+json",
        }
        return requests.post(f"{self.url}/webhooks/crm/acme", data=body, headers=headers, timeout=30)

    def notify(self, invoice_ids: Sequence[str], operation: str = "updated") -> requests.Response:
        """Post one notification about several invoices, signed as Intuit signs."""
        told = [
            {
                "specversion": "1.0",
                "id": secrets.token_hex(12),
                "source": "intuit.journey",
                "type": f"qbo.invoice.{operation}.v1",
                "time": "2026-11-21T12:00:00.123456789Z",
                "intuitentityid": invoice_id,
                "intuitaccountid": self.realm,
                "data": {},
            }
            for invoice_id in invoice_ids
        ]
        body = json.dumps(told).encode()
        token = self._environment["DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS"].encode()
        signature = base64.b64encode(hmac.new(token, body, hashlib.sha256).digest()).decode()
        return requests.post(
            f"{self.url}/webhooks/quickbooks", data=body, headers={"intuit-signature": signature}, timeout=30
        )

    def post_all(self, events: Sequence[Mapping[str, Any]], clients: int = 8) -> list[requests.Response]:
        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(self.post, events))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, self.books_url + path, json=body, timeout=60)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def book(self, entity: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make something in the books as their own person would, through the API but not through us."""
        answer = requests.post(
            f"{self.books_url}/v3/company/{self.realm}/{entity}",
            json=body,
            headers={"Authorization": f"Bearer {self.access_token}", "Accept": "application/json"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = next(iter(answer.json().values()))
        return made

    # ------------------------------------------------------------ what can be counted

    def psql(self, statement: str, *, user: str | None = None) -> str:
        """What psql prints, so that nothing of our code is between."""
        url = _libpq(self._database_url)
        if user is not None:
            url = url.replace(urlsplit(url).netloc, f"{user}@{urlsplit(url).netloc.rpartition('@')[2]}")
        done = subprocess.run(
            ["psql", "-X", "-A", "-t", "-c", statement, url], capture_output=True, text=True, timeout=30
        )
        if done.returncode:
            raise PermissionError(done.stderr)
        return done.stdout.strip()

    def rows(self, statement: str) -> list[list[str]]:
        return [line.split("|") for line in self.psql(statement).splitlines()]

    def counts(self) -> dict[str, int]:
        """How many of each kind the sandbox holds."""
        told = self.control("GET", f"/sandbox/realms/{self.realm}")
        counts: dict[str, int] = told.get("counts", told)
        return counts

    def holds(self, entity: str) -> list[dict[str, Any]]:
        """Everything of a kind that the sandbox holds."""
        exported = self.control("GET", f"/sandbox/realms/{self.realm}/export")
        return _find_rows(exported, entity)

    def invoice_count(self) -> int:
        return int(self.counts().get("Invoice", 0))

    def reads(self) -> int:
        """Billed reads of the realm so far."""
        meter = self.control("GET", "/sandbox/meter")
        return sum(meter[self.realm]["coreplus"].values()) if self.realm in meter else 0


def _find_rows(told: Any, entity: str) -> list[dict[str, Any]]:
    """The rows of one entity wherever the export keeps them, as a list or by id."""
    if isinstance(told, dict):
        if entity in told:
            rows = told[entity]
            return list(rows.values()) if isinstance(rows, dict) else list(rows)
        for value in told.values():
            if found := _find_rows(value, entity):
                return found
    return []


def _libpq(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")
