"""`dealbooks catch-up` and `dealbooks usage`."""

from __future__ import annotations

from models.records import lanes
from models.records.database import OPERATOR
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import Office, running_office  # noqa: F401 (a fixture)


def test_what_no_notification_told_is_caught_up(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    invoice = office.invoiced("silent")
    office.sandbox.world.notifications.stop()
    office.sandbox.act(office.realm, void={"invoice": invoice["invoice_id"]})
    (told,) = shell.told("catch-up", office.connection)
    assert (told["state"], told["connection"]) == ("done", office.connection)
    assert (office.row("crm_invoices", "silent") or {})["status"] == "void"


def test_a_companys_connections_are_caught_up(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    assert [each["state"] for each in shell.told("catch-up", "--company", "demo")] == ["done"]


def test_a_parked_connection_is_refused_with_the_remedy(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    database = office.up.wiring.database
    with database.writing(OPERATOR) as session:
        lanes.park(session, office.connection, "paused")
    try:
        assert "connections resume" in shell.refused("catch-up", office.connection)
    finally:
        with database.writing(OPERATOR) as session:
            lanes.unpark(session, office.connection)


def test_an_unknown_connection_is_refused(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    assert "no connection co_nobody" in shell.refused("catch-up", "co_nobody")
    assert "no company nobody" in shell.refused("catch-up", "--company", "nobody")


def test_the_calls_are_counted_by_feature(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.invoiced("counted")
    rows = office.until(
        lambda: [each for each in shell.told("usage", "--company", "demo") if each["feature"] == "create_invoice"]
    )
    assert rows[0]["kind"] == "core"
    assert rows[0]["calls"] >= 1
    assert shell.told("usage", "--company", "nobody") == []


def test_nothing_is_waited_for_where_that_is_wished(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    (told,) = shell.told("catch-up", office.connection, "--wait", "0")
    assert told["event"].startswith("ev_")
