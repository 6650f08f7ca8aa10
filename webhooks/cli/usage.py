"""`dealbooks usage`: the calls made to QuickBooks; reads (coreplus) are what Intuit bills, writes (core) are free."""

from __future__ import annotations

from datetime import datetime

import click

from models.records import usage as records
from models.records.database import OPERATOR
from webhooks.cli.common import Moment, company_option, data_option, json_option
from webhooks.cli.opening import opened
from webhooks.cli.showing import show_rows

COLUMNS = ("company_id", "connection_id", "kind", "feature", "calls")


@click.command()
@company_option
@click.option("--since", type=Moment(), default=None, help="Since a time, a date, or so long ago (24h, 7d).")
@data_option
@json_option
def usage(company: str | None, since: datetime | None, data: str | None, as_json: bool) -> None:
    """Calls to QuickBooks by connection, kind and feature. `coreplus` are billed reads, `core` are free writes."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        rows = records.summed(session, company, since)
    show_rows(rows, as_json, COLUMNS)
