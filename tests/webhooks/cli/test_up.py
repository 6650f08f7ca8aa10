"""`dealbooks up`: everything in one process."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from models.records import companies, connections, crm_views, customers, lanes
from models.records.database import OPERATOR, Database
from tests.makers import line, won
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.processes import Command, post_deal, wait_until
from webhooks.cli.common import Refused
from webhooks.cli.one_process import Up

Start = Callable[..., Command]
MEMBERS = {
    "ready", "url", "sandbox_url", "company", "webhook_url", "webhook_secret", "api_key", "connection", "realm",
    "database_url",
}  # fmt: skip


def invoices_of(database_url: str) -> list[Any]:
    database = Database(database_url)
    try:
        with database.reading(OPERATOR) as session:
            return crm_views.rows_of(session, "crm_invoices", None, "updated_at", 10)
    finally:
        database.dispose()


def test_a_won_deal_becomes_an_invoice_and_the_process_ends_in_good_order(start: Start) -> None:
    running = start("up", "--sandbox", "--port", "0", "--sandbox-port", "0", "--data", "d", "--json")
    ready = running.ready()
    assert set(ready) == MEMBERS
    assert requests.get(f"{ready['url']}/readyz", timeout=10).json()["ready"] is True
    event = won(lines=[line("Design", quantity="2", unit_price="50.00")])
    assert post_deal(ready["webhook_url"], ready["webhook_secret"], event).status_code == 202
    # The product may be unknown to the sample business; either way what came of it reaches the CRM's views.
    database = Database(ready["database_url"])
    wait_until(lambda: _has_come_through(database), "an invoice or a point for a person")
    database.dispose()
    assert running.stop(signal.SIGTERM) == 0
    assert len(running.lines) == 1


def _has_come_through(database: Database) -> bool:
    with database.reading(OPERATOR) as session:
        found = [crm_views.rows_of(session, "crm_invoices", None, "updated_at", 1)]
        found.append(crm_views.rows_of(session, "crm_attention", None, "since", 1))
    return any(found)


def test_started_again_its_books_are_those_of_before(start: Start) -> None:
    first = start("up", "--sandbox", "--port", "0", "--sandbox-port", "0", "--data", "d", "--json")
    before = first.ready()
    realm = f"{before['sandbox_url']}/sandbox/realms/{before['realm']}"
    requests.post(f"{realm}/act", json={"create": {"Customer": {"DisplayName": "Ann"}}}, timeout=10).raise_for_status()
    count = requests.get(realm, timeout=10).json()["counts"]["Customer"]
    assert first.stop(signal.SIGINT) == 0
    port = before["sandbox_url"].rpartition(":")[2]
    after = start("up", "--sandbox", "--port", "0", "--sandbox-port", port, "--data", "d", "--json").ready()
    assert (after["realm"], after["connection"]) == (before["realm"], before["connection"])
    assert requests.get(realm, timeout=10).json()["counts"]["Customer"] == count
    database = Database(after["database_url"])
    wait_until(lambda: _knows_customer(database, "Ann"), "the customer of before, read again")
    database.dispose()


def _knows_customer(database: Database, name: str) -> bool:
    with database.reading(OPERATOR) as session:
        return name in set(session.scalars(select(customers.customers.c.display_name)))


def test_books_that_cannot_be_read_are_refused_and_left_alone(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "d" / "sandbox.json"
    file.parent.mkdir()
    file.write_text("no books")
    told = shell.refused("up", "--sandbox", "--port", "0", "--sandbox-port", "0", "--data", str(file.parent))
    assert str(file) in told
    assert file.read_text() == "no books"


def test_at_another_port_it_keeps_the_secret_and_leaves_the_earlier_connection(start: Start) -> None:
    arguments = ("up", "--sandbox", "--port", "0", "--sandbox-port", "0", "--data", "d", "--json")
    first = start(*arguments)
    before = first.ready()
    assert first.stop(signal.SIGINT) == 0
    after = start(*arguments).ready()
    assert after["webhook_secret"] == before["webhook_secret"]
    assert after["connection"] != before["connection"]
    database = Database(after["database_url"])
    with database.reading(OPERATOR) as session:
        found = connections.default_of(session, "demo")
        earlier = lanes.find(session, before["connection"])
    database.dispose()
    assert found is not None
    assert found.connection_id == after["connection"]
    assert earlier is not None
    assert earlier.parked == "disconnected"


def test_the_same_wish_to_stop_told_twice_at_once_counts_once(start: Start) -> None:
    running = start("up", "--port", "0", "--data", "d", "--json")
    ready = running.ready()
    assert set(ready) == {"ready", "url", "database_url"}
    assert running.stop(signal.SIGTERM, signal.SIGTERM, signal.SIGINT) == 0


def test_a_port_that_is_taken_is_refused_and_nothing_stays_behind(shell: Shell) -> None:
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} of 127.0.0.1 is taken" in shell.refused("up", "--port", str(port))
        told = shell("up", "--port", str(port), "--json")
        assert "--sandbox-port" in shell.refused("up", "--port", "0", "--sandbox", "--sandbox-port", str(port))
    problem = json.loads(told.stdout)
    assert (told.exit_code, problem["code"], problem["status"]) == (1, "cannot_listen", 503)
    assert threading.active_count() == before


def test_in_one_process_on_either_database(database_url: str, tmp_path: Path, shell: Shell) -> None:
    told = {"database_url": database_url}
    with Up(str(tmp_path / "d"), port=0, with_sandbox=True, sandbox_port=0, overrides=told) as running:
        assert running.sandbox is not None
        connection = running.ready["connection"]
        wait_until(lambda: _is_loaded(running, connection), "the books are loaded")
        reached_at = select(companies.companies.c.public_url)
        with running.wiring.database.reading(OPERATOR) as session:
            assert session.scalars(reached_at).all() == [running.ready["url"]]
        books = running.sandbox.company(running.ready["realm"])
        name = next(item["Name"] for item in books.all("Item") if item["Type"] == "Service")
        event = won(lines=[line(name, quantity="2", unit_price="50.00")])
        post_deal(running.ready["webhook_url"], running.ready["webhook_secret"], event)
        rows = wait_until(lambda: invoices_of(database_url), "the invoice")
        assert (str(rows[0].total), rows[0].connection) == ("100.00", connection)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{running.ready['url']}/healthz", timeout=5)


def _is_loaded(running: Up, connection_id: str) -> bool:
    with running.wiring.database.reading(OPERATOR) as session:
        found = connections.find(session, connection_id)
    return found is not None and found.loaded_at is not None


def test_a_removed_demo_company_is_not_revived(shell: Shell) -> None:
    with Up("d", port=0, with_sandbox=True, sandbox_port=0):
        pass
    assert shell("companies", "remove", "demo", "--data", "d").exit_code == 0
    with pytest.raises(Refused, match="was removed"):
        Up("d", port=0, with_sandbox=True, sandbox_port=0).start()
