"""`dealbooks companies`: adding, showing, rotating, removing."""

from __future__ import annotations

import base64
import json

import pytest
import requests

from models.records import companies, connections, lanes
from models.records.database import OPERATOR, Database
from sandbox.server import Sandbox
from tests.webhooks.cli.conftest import Shell
from webhooks.cli.credentials import hash_of


@pytest.fixture
def connected(data_shell: Shell, sandbox: Sandbox) -> str:
    """A company `acme` that is connected to a realm of the sandbox; gives the connection."""
    data_shell.settings = {
        "DEALBOOKS_QUICKBOOKS_ENVIRONMENT": sandbox.url,
        "DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS": "v" * 20,
    }
    data_shell.told("companies", "add", "acme")
    return str(data_shell.told("connections", "add", "acme", "--sandbox", sandbox.url)["connection"])


def test_a_new_company_gets_a_secret_and_a_key_once(data_shell: Shell) -> None:
    data_shell.settings = {"DEALBOOKS_PUBLIC_URL": "https://books.example/"}
    told = data_shell.told("companies", "add", "acme", "--title", "Acme Ltd")
    assert list(told) == ["company", "webhook_url", "webhook_secret", "api_key"]
    assert told["webhook_url"] == "https://books.example/webhooks/crm/acme"
    assert told["api_key"].startswith("dbk_")
    assert len(base64.b64decode(told["webhook_secret"].removeprefix("whsec_"), validate=True)) == 32
    database = Database(f"sqlite:///{data_shell.folder}/.dealbooks/dealbooks.sqlite3")
    with database.reading(OPERATOR) as session:
        row = session.execute(companies.companies.select()).one()
    database.dispose()
    assert row.api_key_hash == hash_of(told["api_key"])
    assert told["webhook_secret"] not in row.webhook_secret
    for shown in (data_shell("companies", "list"), data_shell("companies", "show", "acme", "--json")):
        assert told["webhook_secret"] not in shown.stdout
        assert row.webhook_secret not in shown.stdout
        assert row.api_key_hash not in shown.stdout


@pytest.mark.parametrize("name", ["Acme", "acme_1", "", "a" * 41, "acmé"])
def test_a_name_is_of_a_few_characters(data_shell: Shell, name: str) -> None:
    assert data_shell("companies", "add", name).exit_code == 2


def test_a_name_is_given_once(data_shell: Shell) -> None:
    data_shell.told("companies", "add", "acme")
    assert "There is or was a company acme" in data_shell.refused("companies", "add", "acme")
    problem = json.loads(data_shell("companies", "add", "acme", "--json").stdout)
    assert (problem["code"], problem["status"]) == ("exists", 409)


def test_companies_are_listed_and_shown(data_shell: Shell) -> None:
    assert data_shell.told("companies", "list") == []
    data_shell.told("companies", "add", "acme")
    data_shell.told("companies", "add", "books-r-us")
    data_shell.told("companies", "remove", "acme")
    assert [row["company_id"] for row in data_shell.told("companies", "list")] == ["acme", "books-r-us"]
    assert [row["company_id"] for row in data_shell.told("companies", "list", "--state", "active")] == ["books-r-us"]
    assert data_shell.told("companies", "list", "--company", "nobody") == []
    assert len(data_shell.told("companies", "list", "--limit", "1")) == 1
    shown = data_shell.told("companies", "show", "books-r-us")
    assert (shown["state"], shown["connections"], shown["removed_at"]) == ("active", [], None)
    assert shown["created_at"].endswith("Z")
    assert "There is no company nobody" in data_shell.refused("companies", "show", "nobody")


def test_a_rotated_secret_leaves_the_one_before_good_for_a_while(data_shell: Shell) -> None:
    before = data_shell.told("companies", "add", "acme")
    after = data_shell.told("companies", "rotate-secret", "acme", "--overlap", "1h")
    assert after["webhook_secret"] != before["webhook_secret"]
    database = Database(f"sqlite:///{data_shell.folder}/.dealbooks/dealbooks.sqlite3")
    with database.reading(OPERATOR) as session:
        found = companies.find(session, "acme")
    database.dispose()
    assert found is not None
    assert len(found.sealed_secrets) == 2
    assert data_shell("companies", "rotate-secret", "acme", "--overlap", "soon").exit_code == 2
    assert data_shell.told("companies", "rotate-key", "acme")["api_key"] != before["api_key"]


def test_a_removed_company_is_revoked_parked_and_kept(data_shell: Shell, connected: str, sandbox: Sandbox) -> None:
    told = data_shell.told("companies", "remove", "acme")
    assert (told["disconnected"], told["not_confirmed_by_intuit"]) == ([connected], [])
    assert "stay in the database" in told["kept"]
    database = Database(f"sqlite:///{data_shell.folder}/.dealbooks/dealbooks.sqlite3")
    with database.reading(OPERATOR) as session:
        parked = [row.parked for row in session.execute(lanes.lanes.select().order_by(lanes.lanes.c.lane))]
        grant = connections.grant_of(session, connected)
    database.dispose()
    assert parked == ["disconnected", "removed"]
    assert grant is not None
    assert grant.refused is not None
    for command in (["companies", "remove", "acme"], ["companies", "rotate-key", "acme"]):
        assert "was removed" in data_shell.refused(*command)
    assert "was removed" in data_shell.refused("connections", "add", "acme", "--sandbox", sandbox.url)
    revoked = [
        each for each in requests.get(f"{sandbox.url}/sandbox/requests", timeout=10).json() if "revoke" in each["path"]
    ]
    assert [each["status"] for each in revoked] == [200]


def test_what_cannot_be_revoked_is_said(data_shell: Shell, connected: str) -> None:
    data_shell.settings["DEALBOOKS_QUICKBOOKS_ENVIRONMENT"] = "production"
    database = Database(f"sqlite:///{data_shell.folder}/.dealbooks/dealbooks.sqlite3")
    with database.writing(OPERATOR) as session:
        session.execute(connections.connections.update().values(environment="sandbox"))
    database.dispose()
    told = data_shell("companies", "remove", "acme")
    assert f"Intuit did not confirm the end of {connected}" in told.stdout
