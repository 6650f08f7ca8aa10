"""`dealbooks catch-up`: ask the books what changed since the last time, instead of waiting for the clock."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import Row

from models.domain import keys
from models.records import companies, connections, events, lanes
from models.records.connections import Connection
from models.records.database import OPERATOR
from webhooks.cli import asking
from webhooks.cli.common import Refused, company_option, data_option, json_option, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import show_rows
from worker.wiring import Wiring

COLUMNS = ("connection", "state", "result", "event")


@click.command("catch-up")
@click.argument("connection", required=False)
@company_option
@click.option("--wait", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Seconds; 0 does not wait.")
@data_option
@json_option
def catch_up(connection: str | None, company: str | None, wait: float, data: str | None, as_json: bool) -> None:
    """Read what changed in QuickBooks, for one CONNECTION, those of a company, or all (one billed read each)."""
    with opened(data) as wiring:
        asked = [(each, ask_for_catch_up(wiring, each)) for each in _chosen(wiring, connection, company)]
        rows = [_outcome(wiring, each, event_id, wait) for each, event_id in asked]
    show_rows(rows, as_json, COLUMNS)
    wanted = (events.DONE, events.WAITING) if wait == 0 else (events.DONE,)
    if any(row["state"] not in wanted for row in rows):
        raise click.exceptions.Exit(1)


def ask_for_catch_up(wiring: Wiring, connection: Connection) -> str:
    """Store the wish for a catch-up of one connection; gives the event's id."""
    return asking.ask(
        wiring,
        kind="catch_up.requested",
        stream=keys.catch_up_stream(connection.connection_id),
        queue="books",
        company_id=connection.company_id,
        lane=connection.lane,
        payload={"connection": connection.connection_id},
    )


def _chosen(wiring: Wiring, connection_id: str | None, company_id: str | None) -> list[Connection]:
    with wiring.database.reading(OPERATOR) as session:
        if company_id is not None and companies.find(session, company_id) is None:
            raise not_found("company", company_id, "`dealbooks companies list` shows them")
        found = [
            each
            for each in connections.every(session, company_id)
            if connection_id is None or each.connection_id == connection_id
        ]
        parked = {each.connection_id: _parked(lanes.find(session, each.lane)) for each in found}
    if not found:
        raise not_found("connection", connection_id or "to catch up with", "`dealbooks connections list` shows them")
    usable = [each for each in found if not parked[each.connection_id]]
    if not usable:
        raise _nothing_open(found[0].connection_id, parked[found[0].connection_id])
    return usable


def _parked(lane: Row[Any] | None) -> str:
    return str(lane.parked or "") if lane is not None else ""


def _nothing_open(connection_id: str, parked: str) -> Refused:
    remedy = (
        f"`dealbooks connections resume {connection_id}` lets it go on."
        if parked == "paused"
        else "connect the company again with `dealbooks connections add`."
    )
    sentence = f"Connection {connection_id} is {parked}, so its books cannot be read: {remedy}"
    return Refused(sentence, code="connection_parked")


def _outcome(wiring: Wiring, connection: Connection, event_id: str, wait_s: float) -> dict[str, Any]:
    row = asking.settled(wiring, event_id, wait_s)
    return {
        "connection": connection.connection_id,
        "company": connection.company_id,
        "event": event_id,
        "state": row.state if row is not None else events.WAITING,
        "result": row.outcome if row is not None else None,
    }
