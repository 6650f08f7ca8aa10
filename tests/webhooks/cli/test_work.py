"""`dealbooks work` and the other production processes together."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from models.records import crm_views
from models.records.database import OPERATOR, Database
from sandbox.server import Sandbox
from tests.makers import line, won
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.processes import Command, post_deal, wait_until

Start = Callable[..., Command]
REDIS_URL = os.environ.get("DEALBOOKS_TEST_REDIS_URL", "")


def test_queues_that_do_not_exist_are_wrong_use(data_shell: Shell) -> None:
    told = data_shell("work", "--queues", "deals,bills")
    assert told.exit_code == 2
    assert "deals, books, notices" in told.stderr


@pytest.mark.usefixtures("redis_client")
def test_the_processes_of_the_procfile_bring_a_deal_to_the_books(
    start: Start, shell: Shell, database_url: str, sandbox: Sandbox
) -> None:
    told = {
        "secret_keys": "k" * 40,
        "database_url": database_url,
        "quickbooks_environment": sandbox.url,
        "quickbooks_pace": "off",
        "quickbooks_verifier_tokens": "v" * 20,
        **({"broker_url": REDIS_URL} if REDIS_URL else {}),
    }
    shell.settings = {f"DEALBOOKS_{name.upper()}": value for name, value in told.items()}
    company = shell.told("companies", "add", "acme")
    serving = start("serve", "--port", "0", "--json", **told)
    working, ticking = start("work", "--threads", "2", **told), start("clock", **told)
    url = serving.ready()["url"]
    shell.settings["DEALBOOKS_PUBLIC_URL"] = url
    made = shell.told("connections", "add", "acme", "--sandbox", sandbox.url)
    assert made["environment"] == sandbox.url
    (realm,) = sandbox.world.companies.values()
    sandbox.act(realm.realm, create={"Item": {"Name": "Design", "Type": "Service", "IncomeAccountRef": {"value": "1"}}})
    event = won(lines=[line("Design", quantity="2", unit_price="50.00")])
    post_deal(f"{url}/webhooks/crm/acme", company["webhook_secret"], event)
    database = Database(database_url, role="dealbooks_worker")
    row = wait_until(lambda: invoices_of(database), "the invoice")[0]
    database.dispose()
    assert (row.company, row.connection, str(row.total)) == ("acme", made["connection"], "100.00")
    for running in (working, ticking, serving):
        assert running.stop(signal.SIGTERM) == 0, running.log
    assert "work_stopped" in working.log
    assert "clock_stopped" in ticking.log


def invoices_of(database: Database) -> list[object]:
    with database.reading(OPERATOR) as session:
        return list(crm_views.rows_of(session, "crm_invoices", None, "updated_at", 10))
