"""`dealbooks serve`: the receiver of a production set-up."""

from __future__ import annotations

import http.client
import shlex
import signal
from collections.abc import Callable
from urllib.parse import urlsplit

import requests
from sqlalchemy import select

from models.records import companies, events
from models.records.database import OPERATOR, Database
from tests.makers import won
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.processes import ROOT, Command, post_deal

Start = Callable[..., Command]
KEY = "k" * 40


def test_it_refuses_to_start_without_keys(data_shell: Shell) -> None:
    for command in ("serve", "work", "clock"):
        assert "DEALBOOKS_SECRET_KEYS is missing" in data_shell.refused(command)
    assert not (data_shell.folder / ".dealbooks" / "secret.key").exists()


def test_it_refuses_a_database_without_our_schema(shell: Shell) -> None:
    shell.settings = {"DEALBOOKS_SECRET_KEYS": KEY}
    for command in ("serve", "work", "clock"):
        assert "dealbooks migrate" in shell.refused(command)
    (shell.folder / ".dealbooks").mkdir()
    (shell.folder / ".dealbooks" / "dealbooks.sqlite3").touch()
    for command in ("serve", "work", "clock"):
        assert "run `dealbooks migrate`" in shell.refused(command)


def test_a_database_that_is_away_is_a_sentence(shell: Shell) -> None:
    shell.settings = {
        "DEALBOOKS_SECRET_KEYS": KEY,
        "DEALBOOKS_DATABASE_URL": "postgresql+psycopg://somebody:sesame@127.0.0.1:1/nothing",
    }
    for command in (("serve",), ("companies", "list"), ("migrate",)):
        sentence = shell.refused(*command)
        assert "The database cannot be used" in sentence
        assert "Traceback" not in sentence
        assert "sesame" not in sentence


def test_it_takes_what_a_crm_posts(start: Start, shell: Shell, database_url: str) -> None:
    shell.settings = {"DEALBOOKS_SECRET_KEYS": KEY, "DEALBOOKS_DATABASE_URL": database_url}
    company = shell.told("companies", "add", "acme")
    address = "https://books.example"
    serving = start("serve", "--port", "0", "--json", secret_keys=KEY, database_url=database_url, public_url=address)
    ready = serving.ready()
    assert set(ready) == {"ready", "url", "database_url"}
    answer = post_deal(f"{ready['url']}/webhooks/crm/acme", company["webhook_secret"], won())
    assert answer.status_code == 202
    database = Database(database_url, role="dealbooks_worker")
    with database.reading(OPERATOR) as session:
        kinds = [event.kind for event in events.listed(session, company_id=None, state=None, since=None, limit=9)]
        reached_at = session.scalars(select(companies.companies.c.public_url)).all()
    database.dispose()
    assert kinds == ["crm.deal.won"]
    assert reached_at == [address]
    assert requests.get(f"{ready['url']}/readyz", timeout=10).status_code == 200
    assert chunked(ready["url"]) == 411
    assert serving.stop(signal.SIGTERM, signal.SIGTERM) == 0
    assert len(serving.lines) == 1


def chunked(url: str) -> int:
    """The status that a body without a Content-Length is answered with."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("POST", "/webhooks/crm/acme", iter([b"{}"]), encode_chunked=True)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_procfile_names_commands_that_exist(data_shell: Shell) -> None:
    processes = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert list(processes) == ["web", "worker", "clock"]
    for command in processes.values():
        shell, program, *arguments = shlex.split(command.replace("${PORT:-8000}", "0"))
        assert (shell, program) == ("exec", "dealbooks")  # so that signals reach the process and not a shell
        assert "DEALBOOKS_SECRET_KEYS is missing" in data_shell.refused(*arguments)
