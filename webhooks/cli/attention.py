"""`dealbooks attention`: what only a person can settle, with the remedy, and settling it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from sqlalchemy import Row

from models.domain import keys
from models.records import attention as records
from models.records import connections, customers, deals, events, items
from models.records.connections import Connection
from models.records.database import OPERATOR, Session
from webhooks.cli import asking
from webhooks.cli.common import Refused, data_option, json_option, list_options, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import plain, printable, show_one, show_rows, shown
from worker.actions import DECISION
from worker.wiring import Wiring

FLAGS = ("create", "keep", "edit", "void", "retry", "dismiss")
OPTIONS = {"customer": "--customer ID", "item": "--item ID", **{flag: f"--{flag}" for flag in FLAGS}}


@click.group()
def attention() -> None:
    """Attention: what waits for a person, why, and what to do about it."""


@attention.command("list")
@list_options
def list_attention(
    company: str | None, state: str | None, since: datetime | None, limit: int, data: str | None, as_json: bool
) -> None:
    """What is open, the newest first. States: open (unless told otherwise), resolved, all."""
    wanted = None if state == "all" else state or "open"
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        rows = records.listed(session, company_id=company, state=wanted, since=since, limit=limit)
    if as_json:
        show_rows([_shown(row) for row in rows], as_json)
        return
    for row in rows:
        for line in _block(row):
            click.echo(line)


@attention.command("show")
@click.argument("attention_id")
@data_option
@json_option
def show_attention(attention_id: str, data: str | None, as_json: bool) -> None:
    """One point with everything known about it."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        point = _point(session, attention_id)
    show_one(_shown(point), as_json)


@attention.command("resolve")
@click.argument("attention_id")
@click.option("--customer", metavar="ID", help="The contact is this customer in the books.")
@click.option("--item", metavar="ID", help="The product is this item in the books.")
@click.option("--create", is_flag=True, help="Make what is missing: the item, the customer, the drafted invoice.")
@click.option("--keep", is_flag=True, help="The invoice stays as it is.")
@click.option("--edit", is_flag=True, help="A person edits the invoice in QuickBooks.")
@click.option("--void", is_flag=True, help="Void the invoice.")
@click.option("--retry", is_flag=True, help="Try again as things are now.")
@click.option("--dismiss", is_flag=True, help="Nothing is to be done about it.")
@click.option("--by", metavar="NAME", default=None, help="Who decides; the user logged in here unless told.")
@click.option("--wait", type=click.FloatRange(min=0), default=10.0, show_default=True, help="Seconds; 0 does not wait.")
@data_option
@json_option
def resolve_attention(
    attention_id: str,
    by: str | None,
    wait: float,
    data: str | None,
    as_json: bool,
    customer: str | None,
    item: str | None,
    **flags: bool,
) -> None:
    """Settle one point; exactly one of the choices it offers."""
    choice, value = _choice(customer, item, flags)
    with opened(data) as wiring:
        with wiring.database.reading(OPERATOR) as session:
            point = _point(session, attention_id)
            _refuse_what_does_not_fit(session, point, choice, value)
        event_id = asking.ask(
            wiring,
            kind=DECISION,
            stream=point.stream,
            queue="deals",
            company_id=point.company_id,
            lane=keys.company_lane(point.company_id),
            payload={
                "attention": attention_id,
                "choice": choice,
                "value": value,
                "by": by or asking.whoever_types(),
            },
        )
        told = _what_came_of_it(wiring, point, event_id, wait)
    _tell(told, as_json)


def remedy_of(point: Row[Any]) -> str:
    """The remedy as a command that can be typed: with this point's id where it says `<ID>`."""
    return str(point.remedy).replace("<ID>", str(point.attention_id))


def _shown(point: Row[Any]) -> dict[str, Any]:
    return {**plain(point), "remedy": remedy_of(point)}


def _block(point: Row[Any]) -> list[str]:
    """A point in a few lines: sentences read badly in the columns of a table."""
    about = [point.company_id, f"deal {point.deal_id}" if point.deal_id else "", point.reason]
    state = [] if point.state == "open" else [f"  settled: {point.resolution}, by {point.by}"]
    return [
        f"{point.attention_id}  {shown(point.since)}  {', '.join(filter(None, about))}",
        f"  {printable(point.message)}",
        *(state or [f"  {printable(remedy_of(point))}"]),
    ]


def _point(session: Session, attention_id: str) -> Row[Any]:
    found = records.find(session, attention_id)
    if found is None:
        raise not_found("point of attention", attention_id, "`dealbooks attention list` shows what is open")
    return found


# ---------------------------------------------------------------- what was chosen, and whether it fits


def _choice(customer: str | None, item: str | None, flags: dict[str, bool]) -> tuple[str, str]:
    """The one choice made, and its value where it has one."""
    told = [("customer", customer), ("item", item)]
    chosen = [(name, value) for name, value in told if value is not None]
    chosen += [(name, "") for name in FLAGS if flags[name]]
    if len(chosen) != 1:
        raise click.UsageError(f"Choose exactly one of {', '.join(OPTIONS.values())}.")
    return chosen[0]


def _refuse_what_does_not_fit(session: Session, point: Row[Any], choice: str, value: str) -> None:
    if point.state != "open":
        raise Refused(
            f"{point.attention_id} is settled already: {point.resolution}, by {point.by}.", code="already_settled"
        )
    if choice not in point.choices:
        offered = ", ".join(OPTIONS[each] for each in point.choices)
        raise Refused(f"{point.attention_id} offers {offered}; --{choice} is none of them.", code="not_a_choice")
    connection = _connection(session, point)
    if connection is not None and choice == "item":
        found = items.of_ids(session, connection.connection_id, [value]).get(value)
        _refuse_unusable("item", value, found is not None and found.active, connection)
    elif connection is not None and choice == "customer":
        known = customers.find(session, connection.connection_id, value)
        _refuse_unusable("customer", value, known is not None and known.active, connection)


def _refuse_unusable(what: str, book_id: str, is_usable: bool, connection: Connection) -> None:
    if not is_usable:
        raise Refused(
            f"There is no active {what} {book_id} in the books as we know them. If it is new there, "
            f"`dealbooks catch-up {connection.connection_id}` reads it.",
            code=f"{what}_unknown",
            status=404,
        )


def _connection(session: Session, point: Row[Any]) -> Connection | None:
    """The connection that the point's deal goes to."""
    deal = deals.find(session, point.company_id, point.crm or "", point.deal_id or "")
    if deal is not None and deal.connection_id:
        return connections.find(session, deal.connection_id)
    return connections.default_of(session, point.company_id)


# ---------------------------------------------------------------- what came of it


def _what_came_of_it(wiring: Wiring, point: Row[Any], event_id: str, wait_s: float) -> dict[str, Any]:
    """The decision's own outcome, and what then became of the event that had been parked."""
    told: dict[str, Any] = {"attention_id": point.attention_id, "event": event_id, "state": events.WAITING}
    if wait_s == 0:
        return told
    row = asking.settled(wiring, event_id, wait_s)
    if row is None:
        raise asking.not_taken_up(event_id, wait_s)
    told |= {"state": row.state, "result": row.outcome}
    parked = asking.settled(wiring, point.event_id, wait_s) if row.state == events.DONE else None
    if parked is not None:
        told["then"] = {"event": parked.event_id, "state": parked.state, "result": parked.outcome}
    with wiring.database.reading(OPERATOR) as session:
        told["open"] = [
            {"attention_id": each.attention_id, "message": each.message, "remedy": remedy_of(each)}
            for each in records.open_of_stream(session, point.company_id, point.stream)
        ]
    return told


def _tell(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_one(told, as_json)
    else:
        for line in _lines(told):
            click.echo(line)
    if told["state"] not in (events.DONE, events.WAITING):
        raise click.exceptions.Exit(1)


def _lines(told: dict[str, Any]) -> list[str]:
    """What came of it, in sentences."""
    if told["state"] == events.WAITING:
        return [f"Stored as {told['event']}; a worker carries it out."]
    lines = [f"{told['attention_id']} is settled." if told["state"] == events.DONE else "It could not be carried out."]
    then = told.get("then")
    if then is not None and then["state"] == events.DONE:
        result = then["result"] or {}
        invoice = result.get("invoice")
        lines.append(f"Deal {result['deal']} is invoiced: invoice {invoice}." if invoice else "The deal went on.")
    for point in told["open"]:
        lines += [f"Still open: {point['message']}", f"  {point['remedy']}"]
    return lines
