"""An office: everything running in this process around a sandbox, and a shell to type commands in beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from models.records import crm_views, events, intents
from models.records.database import OPERATOR
from sandbox.server import Sandbox
from tests.makers import won
from webhooks.cli.one_process import Up
from worker.crm import generic

COMPANY = "demo"
PATIENCE_S = 20.0
SERVICE = {"quantity": "1", "unit_price": "100.00", "product": {"id": "1", "name": "Services"}}


@dataclass
class Office:
    """A running `up --sandbox` whose lost answers are not asked for again while a test runs."""

    up: Up
    folder: Path

    @property
    def sandbox(self) -> Sandbox:
        assert self.up.sandbox is not None
        return self.up.sandbox

    @property
    def realm(self) -> str:
        return str(self.up.ready["realm"])

    @property
    def connection(self) -> str:
        return str(self.up.ready["connection"])

    @property
    def settings(self) -> dict[str, str]:
        """What a shell beside it must be told."""
        return {
            "DEALBOOKS_DATA_DIR": str(self.folder),
            "DEALBOOKS_QUICKBOOKS_ENVIRONMENT": self.sandbox.url,
            "DEALBOOKS_QUICKBOOKS_PACE": "off",
            "DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS": "v" * 20,
            "DEALBOOKS_PUBLIC_URL": str(self.up.ready["url"]),
        }

    def post(self, event: dict[str, Any]) -> str:
        """Post a signed event; gives our id of it."""
        body = json.dumps(event).encode()
        headers = generic.sign(body, event["id"], datetime.now(UTC), str(self.up.ready["webhook_secret"]))
        answer = requests.post(str(self.up.ready["webhook_url"]), data=body, headers=headers, timeout=PATIENCE_S)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["event"])

    def invoiced(self, deal_id: str) -> dict[str, Any]:
        """A won deal's invoice, once it stands."""
        self.post(won(deal_id, lines=[SERVICE]))
        return self.until(lambda: self.row("crm_invoices", deal_id))

    def asked_about(self, deal_id: str, product: str) -> dict[str, Any]:
        """The question about a product that nobody linked, once it is asked."""
        line = {"quantity": "1", "unit_price": "100.00", "product": {"id": f"P-{deal_id}", "name": product}}
        self.post(won(deal_id, lines=[line]))
        return self.until(lambda: self.row("crm_attention", deal_id))

    def lost(self, deal_id: str) -> Any:
        """The intent of an invoice that was booked, and of which the answer was lost."""
        self.sandbox.world.faults.add(
            {"match": {"method": "POST", "entity": "invoice"}, "next": 1, "then": {"kind": "timeout_after_commit"}}
        )
        self.post(won(deal_id, lines=[SERVICE]))
        return self.until(lambda: self.intent(deal_id, "uncertain"))

    def row(self, view: str, deal_id: str) -> dict[str, Any] | None:
        order = {"crm_attention": "since"}.get(view, "updated_at")
        with self.up.wiring.database.reading(OPERATOR) as session:
            rows = [dict(row._mapping) for row in crm_views.rows_of(session, view, COMPANY, order, 1000)]
        return next((row for row in rows if row["deal_id"] == deal_id), None)

    def intent(self, deal_id: str, state: str) -> Any:
        with self.up.wiring.database.reading(OPERATOR) as session:
            rows = intents.listed(session, company_id=COMPANY, state=state, since=None, limit=1000)
        return next((row for row in rows if row.subject.endswith(f":{deal_id}")), None)

    def event(self, event_id: str) -> Any:
        with self.up.wiring.database.reading(OPERATOR) as session:
            return events.row_of(session, event_id)

    def until(self, find: Callable[[], Any]) -> Any:
        """What `find` gives once it gives something."""
        ends = time.monotonic() + PATIENCE_S
        while not (found := find()):
            assert time.monotonic() < ends, "it did not happen in time"
            time.sleep(0.02)
        return found


@pytest.fixture(name="office", scope="module")
def running_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all tests of a file; each has deals of its own."""
    folder = tmp_path_factory.mktemp("office")
    overrides = {"quickbooks_repeat_after": 600.0, "database_url": f"sqlite:///{folder}/dealbooks.sqlite3"}
    up = Up(str(folder), port=0, with_sandbox=True, sandbox_port=0, overrides=overrides)
    with up:
        yield Office(up, folder)
