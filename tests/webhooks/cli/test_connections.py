"""`dealbooks connections`: tying companies to books, pausing, and ending."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.records import connections, lanes
from models.records.database import OPERATOR, Database
from sandbox.server import Sandbox
from tests.webhooks.cli.conftest import Shell

VERIFIER = "v" * 20


@pytest.fixture
def acme(data_shell: Shell, sandbox: Sandbox) -> Shell:
    """A shell with a company `acme`, whose QuickBooks is the sandbox."""
    data_shell.settings = {
        "DEALBOOKS_QUICKBOOKS_ENVIRONMENT": sandbox.url,
        "DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS": f"{VERIFIER},another",
        "DEALBOOKS_PUBLIC_URL": "http://127.0.0.1:9",
    }
    data_shell.told("companies", "add", "acme")
    return data_shell


def add(shell: Shell, sandbox: Sandbox, *more: str) -> str:
    return str(shell.told("connections", "add", "acme", "--sandbox", sandbox.url, *more)["connection"])


def parked(shell: Shell, lane: str) -> Any:
    database = Database(f"sqlite:///{shell.folder}/.dealbooks/dealbooks.sqlite3")
    with database.reading(OPERATOR) as session:
        found = lanes.find(session, lane)
    database.dispose()
    assert found is not None
    return found.parked


def test_a_sandbox_gives_a_realm_and_is_told_where_to_notify(acme: Shell, sandbox: Sandbox) -> None:
    told = acme.told("connections", "add", "acme", "--sandbox", f"{sandbox.url}/")
    assert list(told) == ["connection", "environment"]
    assert told["environment"] == sandbox.url
    (subscribed,) = sandbox.world.notifications.as_json()
    assert subscribed["url"] == "http://127.0.0.1:9/webhooks/quickbooks"
    (row,) = acme.told("connections", "list")
    assert (row["connection_id"], row["is_default"], row["state"]) == (told["connection"], True, "connected")


def test_the_same_realm_again_reconnects_it(acme: Shell, sandbox: Sandbox) -> None:
    first = add(acme, sandbox, "--realm", "77")
    acme.told("connections", "disconnect", first)
    assert add(acme, sandbox, "--realm", "77") == first
    assert acme.told("connections", "show", first)["state"] == "connected"
    assert acme.told("connections", "show", first)["grant"]["generation"] == 2


def test_books_belong_to_one_company(acme: Shell, sandbox: Sandbox) -> None:
    add(acme, sandbox, "--realm", "77")
    acme.told("companies", "add", "other")
    told = acme.refused("connections", "add", "other", "--sandbox", sandbox.url, "--realm", "77")
    assert "connected to another company" in told


def test_another_sandbox_than_the_settings_name_is_refused(acme: Shell, sandbox: Sandbox) -> None:
    told = acme.refused("connections", "add", "acme", "--sandbox", "http://127.0.0.1:1")
    assert "DEALBOOKS_QUICKBOOKS_ENVIRONMENT=http://127.0.0.1:1" in told
    acme.settings["DEALBOOKS_QUICKBOOKS_ENVIRONMENT"] = "http://127.0.0.1:1"
    assert "cannot be reached" in acme.refused("connections", "add", "acme", "--sandbox", "http://127.0.0.1:1")
    assert sandbox.world.companies == {}
    assert acme.told("connections", "list") == []


def test_nothing_is_asked_for_a_company_we_do_not_know(acme: Shell, sandbox: Sandbox) -> None:
    assert "There is no company other" in acme.refused("connections", "add", "other", "--sandbox", sandbox.url)
    del acme.settings["DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS"]
    assert "VERIFIER_TOKENS is missing" in acme.refused("connections", "add", "acme", "--sandbox", sandbox.url)
    assert sandbox.world.companies == {}


def test_tokens_come_from_a_file_or_from_stdin(acme: Shell, sandbox: Sandbox) -> None:
    grant = sandbox.open_realm(realm="78")
    tokens = json.dumps({name: value for name, value in grant.items() if name != "realm"})
    (acme.folder / "tokens.json").write_text(tokens)
    made = acme.told("connections", "add", "acme", "--realm", "78", "--tokens", "tokens.json")
    again = acme.told("connections", "add", "acme", "--realm", "78", "--tokens", "-", stdin=tokens)
    assert again == made
    database = Database(f"sqlite:///{acme.folder}/.dealbooks/dealbooks.sqlite3")
    with database.reading(OPERATOR) as session:
        stored = connections.grant_of(session, made["connection"])
        row = connections.find(session, made["connection"])
    database.dispose()
    assert stored is not None
    assert row is not None
    shown = acme("connections", "show", made["connection"]).stdout + acme("connections", "list", "--json").stdout
    for secret in (grant["access_token"], stored.access_token, row.realm_sealed, row.realm_fingerprint):
        assert secret not in shown


@pytest.mark.parametrize("tokens", ["not JSON", "[]", '{"access_token": "only-this-secret"}', '{"access_token": 1}'])
def test_tokens_in_another_shape_are_refused_and_not_repeated(acme: Shell, tokens: str) -> None:
    told = acme.refused("connections", "add", "acme", "--realm", "78", "--tokens", "-", stdin=tokens)
    assert "only-this-secret" not in told
    assert "JSON" in told


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        ["--realm", "78"],
        ["--tokens", "-"],
        ["--sandbox", "http://127.0.0.1:1", "--realm", "78", "--tokens", "-"],
        ["--realm", "../78", "--tokens", "-"],
    ],
)
def test_wrong_use_is_said_before_anything_is_done(acme: Shell, wrong: list[str]) -> None:
    assert acme("connections", "add", "acme", *wrong, stdin="{}").exit_code == 2


def test_a_pause_parks_the_lane_until_it_is_resumed(acme: Shell, sandbox: Sandbox) -> None:
    connection = add(acme, sandbox)
    assert acme.told("connections", "pause", connection)["state"] == "paused"
    assert parked(acme, connection) == "paused"
    assert acme.told("connections", "pause", connection)["state"] == "paused"
    assert [row["connection_id"] for row in acme.told("connections", "list", "--state", "paused")] == [connection]
    assert acme.told("connections", "resume", connection)["state"] == "connected"
    assert parked(acme, connection) is None


def test_a_disconnected_connection_is_revoked_and_neither_paused_nor_resumed(acme: Shell, sandbox: Sandbox) -> None:
    connection = add(acme, sandbox)
    acme.told("connections", "pause", connection)
    told = acme.told("connections", "disconnect", connection)
    assert (told["state"], told["confirmed_by_intuit"]) == ("disconnected", True)
    assert parked(acme, connection) == "disconnected"
    assert "nothing to pause" in acme.refused("connections", "pause", connection)
    assert "connections add acme" in acme.refused("connections", "resume", connection)


def test_a_grant_is_revoked_where_it_was_given(acme: Shell, sandbox: Sandbox) -> None:
    connection = add(acme, sandbox)
    acme.settings["DEALBOOKS_QUICKBOOKS_ENVIRONMENT"] = "http://127.0.0.1:1"
    assert acme.told("connections", "disconnect", connection)["confirmed_by_intuit"] is True


def test_the_default_is_the_first_until_told_otherwise(acme: Shell, sandbox: Sandbox) -> None:
    first, second, third = add(acme, sandbox), add(acme, sandbox), add(acme, sandbox, "--default")
    assert defaults(acme) == [third]
    acme.told("connections", "default", second)
    assert defaults(acme) == [second]
    assert first != second
    assert "There is no connection other" in acme.refused("connections", "default", "other")


def defaults(shell: Shell) -> list[str]:
    return [row["connection_id"] for row in shell.told("connections", "list") if row["is_default"]]
