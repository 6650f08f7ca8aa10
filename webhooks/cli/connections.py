"""`dealbooks connections`: the ties between companies and their books."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

import click

from models.records import connections as records
from models.records import lanes, streams
from models.records.connections import Connection
from models.records.database import OPERATOR, Session
from webhooks.cli.common import Refused, data_option, json_option, list_options, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import show_one, show_rows
from webhooks.cli.telling import tell
from webhooks.cli.tying import refuse_unknown_company, tie, tie_to_sandbox
from webhooks.disconnecting import disconnect as end_grant
from worker.broker import QUEUES
from worker.wiring import Wiring

COLUMNS = ["connection_id", "company_id", "environment", "is_default", "state", "loaded_at", "caught_up_to"]


@click.group()
def connections() -> None:
    """The ties between companies and their books."""


@connections.command()
@click.argument("company")
@click.option("--sandbox", metavar="URL", help="A sandbox of ours, which is asked for a realm and its tokens.")
@click.option("--realm", metavar="R", help="The realm (QuickBooks' company id).")
@click.option("--tokens", type=click.File("r", encoding="utf-8"), metavar="FILE|-", help="Its tokens as JSON.")
@click.option("--default", "make_default", is_flag=True, help="Make it the company's default connection.")
@data_option
@json_option
def add(
    company: str,
    sandbox: str | None,
    realm: str | None,
    tokens: IO[str] | None,
    make_default: bool,
    data: str | None,
    as_json: bool,
) -> None:
    """Connect a company to books; the same realm again reconnects it."""
    if (sandbox is None) == (tokens is None):
        raise click.UsageError("Name either --sandbox URL, or --realm R with --tokens FILE.")
    if tokens is not None and not realm:
        raise click.UsageError("--tokens needs --realm: the tokens do not say which books they are for.")
    if realm and not (realm.isascii() and realm.isalnum()):
        raise click.UsageError("A realm has digits (and, in a sandbox, letters) only.")
    grant = _read(tokens) if tokens is not None else None
    with opened(data) as wiring:
        if sandbox is not None:
            made = tie_to_sandbox(wiring, company, sandbox, realm=realm, make_default=make_default).connection
        else:
            refuse_unknown_company(wiring, company)
            made = tie(wiring, company, str(realm), grant, make_default=make_default)
    what = "connected" if made.is_new else "connected again"
    tell(
        {"connection": made.connection_id, "environment": made.environment},
        as_json,
        after=f"{company} is {what}; its books are read as soon as a worker runs.",
    )


@connections.command("list")
@list_options
def list_connections(
    company: str | None, state: str | None, since: datetime | None, limit: int, data: str | None, as_json: bool
) -> None:
    """List connections (states: connected, paused, disconnected)."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        found = [_row(session, one) for one in records.every(session, company)]
    wanted = [row for row in found if state in (None, row["state"]) and (since is None or row["created_at"] >= since)]
    show_rows(wanted[:limit], as_json, COLUMNS)


@connections.command()
@click.argument("connection_id")
@data_option
@json_option
def show(connection_id: str, data: str | None, as_json: bool) -> None:
    """Show one connection: its books' settings, and how its grant stands."""
    with _one(data, connection_id) as (wiring, connection), wiring.database.reading(OPERATOR) as session:
        row = _row(session, connection)
        grant = records.grant_of(session, connection_id)
    if grant is not None:
        row["grant"] = {
            "generation": grant.generation,
            "access_until": grant.access_until,
            "refresh_until": grant.refresh_until,
            "refused": grant.refused,
        }
    show_one({**row, "books": connection.books}, as_json)


@connections.command()
@click.argument("connection_id")
@data_option
@json_option
def default(connection_id: str, data: str | None, as_json: bool) -> None:
    """Make it the connection that its company's new deals go to."""
    with _one(data, connection_id) as (wiring, connection), wiring.database.writing(OPERATOR) as session:
        records.make_default(session, connection.company_id, connection_id)
        row = _row(session, _found(session, connection_id))
    _changed(row, as_json, f"{connection_id} is the default of {connection.company_id} now.")


@connections.command()
@click.argument("connection_id")
@data_option
@json_option
def pause(connection_id: str, data: str | None, as_json: bool) -> None:
    """Write and read nothing there until it is resumed; what is told meanwhile waits."""
    with _one(data, connection_id) as (wiring, connection), wiring.database.writing(OPERATOR) as session:
        if _state(session, connection) == "disconnected":
            raise Refused(f"{connection_id} is disconnected: there is nothing to pause.")
        lanes.park(session, connection.lane, "paused")
        row = _row(session, connection)
    _changed(row, as_json, f"{connection_id} is paused; `dealbooks connections resume {connection_id}` goes on.")


@connections.command()
@click.argument("connection_id")
@data_option
@json_option
def resume(connection_id: str, data: str | None, as_json: bool) -> None:
    """Go on with everything that waited."""
    with _one(data, connection_id) as (wiring, connection):
        with wiring.database.writing(OPERATOR) as session:
            if _state(session, connection) == "disconnected":
                raise Refused(
                    f"{connection_id} is disconnected: connect the same realm again with "
                    f"`dealbooks connections add {connection.company_id}`."
                )
            lanes.unpark(session, connection.lane)
            streams.wake_lane(session, connection.lane)
            row = _row(session, connection)
        for queue in QUEUES:
            wiring.ring(queue)
    _changed(row, as_json, f"{connection_id} goes on.")


@connections.command()
@click.argument("connection_id")
@data_option
@json_option
def disconnect(connection_id: str, data: str | None, as_json: bool) -> None:
    """End the grant at Intuit; what is told meanwhile waits until these books are connected again."""
    with _one(data, connection_id) as (wiring, connection):
        agreed = end_grant(wiring, connection)
        with wiring.database.reading(OPERATOR) as session:
            row = _row(session, connection)
    told = "Intuit confirmed it." if agreed else "Intuit did not confirm it: take our access away in QuickBooks."
    _changed({**row, "confirmed_by_intuit": agreed}, as_json, f"{connection_id} is disconnected. {told}")


@contextmanager
def _one(data: str | None, connection_id: str) -> Iterator[tuple[Wiring, Connection]]:
    with opened(data) as wiring:
        with wiring.database.reading(OPERATOR) as session:
            connection = _found(session, connection_id)
        yield wiring, connection


def _found(session: Session, connection_id: str) -> Connection:
    found = records.find(session, connection_id)
    if found is None:
        raise not_found("connection", connection_id, "`dealbooks connections list` shows them")
    return found


def _changed(row: dict[str, Any], as_json: bool, sentence: str) -> None:
    if as_json:
        show_one(row, as_json)
    else:
        click.echo(sentence)


def _state(session: Session, connection: Connection) -> str:
    """`connected`, `paused`, or `disconnected`, whichever of lane and grant says so."""
    lane = lanes.find(session, connection.lane)
    grant = records.grant_of(session, connection.connection_id)
    parked = lane.parked if lane is not None else None
    if grant is None or grant.refused is not None or parked not in (None, "paused"):
        return "disconnected"
    return "paused" if parked else "connected"


def _row(session: Session, connection: Connection) -> dict[str, Any]:
    return {
        "connection_id": connection.connection_id,
        "company_id": connection.company_id,
        "environment": connection.environment,
        "is_default": connection.is_default,
        "state": _state(session, connection),
        "loaded_at": connection.loaded_at,
        "caught_up_to": connection.caught_up_to,
        "created_at": connection.created_at,
    }


def _read(tokens: IO[str]) -> Any:
    try:
        return json.load(tokens)
    except (ValueError, OSError):
        raise Refused("The tokens are not JSON.", code="malformed", status=422) from None
