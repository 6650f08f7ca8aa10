"""`dealbooks events`: what was told to us, what came of each, and telling it to the worker once more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import click

from models.records import events as records
from models.records.database import OPERATOR
from webhooks.cli import looking
from webhooks.cli.common import Moment, company_option, data_option, json_option, list_options, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import plain, show_one, show_rows
from worker.actions import ACTIONS
from worker.waking import make_due
from worker.wiring import Wiring

COLUMNS = ("event_id", "received_at", "company_id", "kind", "state", "outcome")
AT_ONCE = 100
"""So many events are set waiting in one transaction (none writes many rows, whatever the database)."""


@click.group()
def events() -> None:
    """Events: what CRMs, QuickBooks and people told us, each with what came of it."""


@events.command("list")
@list_options
def list_events(
    company: str | None, state: str | None, since: datetime | None, limit: int, data: str | None, as_json: bool
) -> None:
    """The newest events first. States: waiting, done, ignored, needs_attention, failed."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        rows = records.listed(session, company_id=company, state=state, since=since, limit=limit)
    show_rows(rows, as_json, COLUMNS)


@events.command("show")
@click.argument("event_id")
@data_option
@json_option
def show_event(event_id: str, data: str | None, as_json: bool) -> None:
    """One event: what was told, from where, its state and outcome, and what a person was asked because of it."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        row, event = records.row_of(session, event_id), records.find(session, event_id)
        points = looking.attention_of_event(session, event_id)
    if row is None or event is None:
        raise not_found("event", event_id, "`dealbooks events list` shows the newest")
    raised = [_raised(point) for point in points]
    show_one({**plain(row), "attention": raised, "payload": event.payload}, as_json)


def _raised(point: Any) -> dict[str, Any]:
    names = ("attention_id", "reason", "cause", "message", "state", "resolution", "by")
    return {name: getattr(point, name) for name in names}


@events.command("replay")
@click.argument("event_ids", nargs=-1, metavar="[ID]...")
@click.option("--since", type=Moment(), default=None, help="Instead of IDs: everything received since then.")
@click.option("--until", type=Moment(), default=None, help="... and until then.")
@click.option("--state", default=None, help="Only those in this state, such as failed.")
@company_option
@data_option
@json_option
def replay_events(
    event_ids: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    state: str | None,
    company: str | None,
    data: str | None,
    as_json: bool,
) -> None:
    """Let settled events be decided once more, as things are now.

    Nothing is done twice: an invoice that stands is found again by its deal, never made a second time.
    """
    if bool(event_ids) == (since is not None):
        raise click.UsageError("Name the events, or a span of time with --since (and --until): one of the two.")
    with opened(data) as wiring:
        rows = _chosen(wiring, event_ids, since, until, company)
        wanted = [row for row in rows if state is None or row.state == state]
        told = replay(wiring, wanted)
    show_rows(told, as_json, ("event_id", "kind", "replayed", "why_not"))


def _chosen(
    wiring: Wiring, event_ids: Sequence[str], since: datetime | None, until: datetime | None, company: str | None
) -> list[Any]:
    with wiring.database.reading(OPERATOR) as session:
        if since is not None:
            event_ids = records.between(session, since, until, company)
        rows = [row for some in batched_ids(event_ids) for row in looking.events_of(session, some)]
    unknown = sorted(set(event_ids) - {row.event_id for row in rows})
    if unknown:
        raise not_found("event", unknown[0], "nothing was replayed; `dealbooks events list` shows the newest")
    return [row for row in rows if company is None or row.company_id == company]


def replay(wiring: Wiring, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Set events waiting again and make their streams due; tells for each whether, and why not."""
    rows = list(rows)
    reasons = {row.event_id: _why_not(row) for row in rows}
    again = [row for row in rows if not reasons[row.event_id]]
    for some in batched_ids([row.event_id for row in again]):
        with wiring.database.writing(OPERATOR) as session:
            woken = records.replay(session, some)
            known = looking.streams_of(session, woken)
        make_due(wiring, {key: stream.queue for key, stream in known.items()}, OPERATOR)
    return [
        {
            "event_id": row.event_id,
            "kind": row.kind,
            "replayed": not reasons[row.event_id],
            "why_not": reasons[row.event_id] or None,
        }
        for row in rows
    ]


def _why_not(row: Any) -> str:
    if row.state == records.WAITING:
        return "it waits already"
    if row.kind not in ACTIONS:
        return "nobody acts on this kind"
    return ""


def batched_ids(event_ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """Portions of at most AT_ONCE."""
    return (event_ids[start : start + AT_ONCE] for start in range(0, len(event_ids), AT_ONCE))
