"""`dealbooks doctor`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.records import connections, lanes
from models.records.database import OPERATOR
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import Office, running_office  # noqa: F401 (a fixture)


def found(shell: Shell, exit_code: int) -> dict[str, list[dict[str, Any]]]:
    """The findings by what was looked at."""
    said = shell("doctor", "--json")
    assert said.exit_code == exit_code, said.output
    by_check: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(said.stdout):
        by_check.setdefault(finding["check"], []).append(finding)
    return by_check


def test_all_is_well_where_everything_runs(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.invoiced("well")
    checks = found(shell, 0)
    assert [each["state"] for each in checks[f"connection {office.connection}"]] == ["ok"]
    assert [each["state"] for each in checks["keys"]] == ["ok"]


def test_what_waits_for_a_person_is_told_with_the_remedy(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.asked_about("ill", "Nothing like it")
    (finding,) = found(shell, 0)["attention"]
    assert finding["state"] == "warn"
    assert "dealbooks attention list" in finding["remedy"]


def test_an_outcome_that_is_unknown_is_told(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.lost("unknown")
    assert found(shell, 0)["intents"][0]["state"] == "warn"


def test_a_disconnected_connection_fails(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    database = office.up.wiring.database
    with database.writing(OPERATOR) as session:
        lanes.park(session, office.connection, "disconnected")
    try:
        (finding,) = found(shell, 1)[f"connection {office.connection}"]
        assert (finding["state"], "connections add" in finding["remedy"]) == ("fail", True)
    finally:
        with database.writing(OPERATOR) as session:
            lanes.unpark(session, office.connection)


def test_a_grant_that_ends_soon_is_told(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    with office.up.wiring.database.writing(OPERATOR) as session:
        grant = connections.grant_of(session, office.connection)
        assert grant is not None
        connections.new_grant(
            session,
            connection_id=office.connection,
            company_id="demo",
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            access_for_s=3600,
            refresh_for_s=3600,
        )
    (finding,) = found(shell, 0)[f"connection {office.connection}"]
    assert (finding["state"], "runs out" in finding["message"]) == ("warn", True)


def test_a_key_that_is_missing_fails(office: Office, shell: Shell) -> None:
    shell.settings = {**office.settings, "DEALBOOKS_SECRET_KEYS": "x" * 40}
    (finding,) = found(shell, 1)["keys"]
    assert finding["state"] == "fail"


def test_wrong_settings_are_told_and_nothing_else_is_tried(shell: Shell) -> None:
    shell.settings = {"DEALBOOKS_QUICKBOOKS_PACE": "fast"}
    checks = found(shell, 1)
    assert list(checks) == ["settings"]
    assert "DEALBOOKS_QUICKBOOKS_PACE" in checks["settings"][0]["message"]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_no_database_fails_with_what_to_do(shell: Shell, options: tuple[str, ...]) -> None:
    said = shell("doctor", *options)
    assert said.exit_code == 1
    assert "dealbooks migrate" in said.stdout


def test_a_broker_that_does_not_answer_is_told(office: Office, shell: Shell) -> None:
    shell.settings = {**office.settings, "DEALBOOKS_BROKER_URL": "redis://127.0.0.1:9/0"}
    assert found(shell, 0)["broker"][0]["state"] == "warn"
