"""`dealbooks companies`: the CRM accounts that use us, with the secrets they sign with."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy.exc import IntegrityError

from models.domain import keys
from models.records import companies as records
from models.records import connections, lanes
from models.records.companies import Company
from models.records.database import OPERATOR, Session
from webhooks.cli.common import Refused, Span, data_option, json_option, list_options, not_found
from webhooks.cli.credentials import hash_of, new_api_key, new_webhook_secret
from webhooks.cli.opening import opened
from webhooks.cli.showing import show_one, show_rows
from webhooks.cli.telling import tell
from webhooks.cli.tying import receiver_of
from webhooks.disconnecting import disconnect
from worker.wiring import Wiring

NAME = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
KEPT = "deals, invoices, history and evidence stay in the database"


def _name(_ctx: click.Context, _param: click.Parameter, told: str) -> str:
    if not NAME.fullmatch(told):
        raise click.BadParameter("a company's name has 1 to 40 of a-z, 0-9 and the hyphen.")
    return told


@click.group()
def companies() -> None:
    """The CRM accounts that use us, and their secrets."""


@companies.command()
@click.argument("name", callback=_name)
@click.option("--title", help="Its name for people.  [default: NAME]")
@data_option
@json_option
def add(name: str, title: str | None, data: str | None, as_json: bool) -> None:
    """Add a company; its webhook secret and API key are shown this once."""
    webhook_secret, api_key = new_webhook_secret(), new_api_key()
    with opened(data) as wiring:
        reached_at = receiver_of(wiring)
        try:
            with wiring.database.writing(OPERATOR) as session:
                records.add(
                    session,
                    company_id=name,
                    title=title or name,
                    sealed_secret=wiring.sealer.seal(webhook_secret),
                    api_key_hash=hash_of(api_key),
                    public_url=reached_at,
                )
        except IntegrityError:
            raise Refused(
                f"There is or was a company {name}: take another name, or give it a new secret with "
                f"`dealbooks companies rotate-secret {name}`.",
                code="exists",
            ) from None
    tell(
        {
            "company": name,
            "webhook_url": f"{reached_at}/webhooks/crm/{name}",
            "webhook_secret": webhook_secret,
            "api_key": api_key,
        },
        as_json,
        after="The secret and the key are not shown again: store them now.",
    )


@companies.command("list")
@list_options
def list_companies(
    company: str | None, state: str | None, since: datetime | None, limit: int, data: str | None, as_json: bool
) -> None:
    """List companies (states: active, removed)."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        found = [_row(one) for one in records.every(session) if company in (None, one.company_id)]
    wanted = [row for row in found if state in (None, row["state"]) and (since is None or row["created_at"] >= since)]
    show_rows(wanted[:limit], as_json, ["company_id", "title", "state", "created_at", "removed_at"])


@companies.command()
@click.argument("name")
@data_option
@json_option
def show(name: str, data: str | None, as_json: bool) -> None:
    """Show one company, with its connections."""
    with opened(data) as wiring:
        reached_at = receiver_of(wiring, name)
        with wiring.database.reading(OPERATOR) as session:
            row = _row(_found(session, name))
            tied = [one.connection_id for one in connections.every(session, name)]
    show_one({**row, "webhook_url": f"{reached_at}/webhooks/crm/{name}", "connections": tied}, as_json)


@companies.command("rotate-secret")
@click.argument("name")
@click.option("--overlap", type=Span(), default="24h", show_default=True, help="How long the old one stays good.")
@data_option
@json_option
def rotate_secret(name: str, overlap: timedelta, data: str | None, as_json: bool) -> None:
    """Give a company a new webhook secret; the one before stays good for a while."""
    webhook_secret = new_webhook_secret()
    with opened(data) as wiring, wiring.database.writing(OPERATOR) as session:
        _standing(session, name)
        records.rotate_secret(session, name, wiring.sealer.seal(webhook_secret), overlap.total_seconds())
    tell(
        {"company": name, "webhook_secret": webhook_secret},
        as_json,
        after=f"The one before stays good for {overlap}. This one is not shown again.",
    )


@companies.command("rotate-key")
@click.argument("name")
@data_option
@json_option
def rotate_key(name: str, data: str | None, as_json: bool) -> None:
    """Give a company a new API key; the one before ends at once."""
    api_key = new_api_key()
    with opened(data) as wiring, wiring.database.writing(OPERATOR) as session:
        _standing(session, name)
        records.rotate_key(session, name, hash_of(api_key))
    tell({"company": name, "api_key": api_key}, as_json, after="The one before ends now. This one is not shown again.")


@companies.command()
@click.argument("name")
@data_option
@json_option
def remove(name: str, data: str | None, as_json: bool) -> None:
    """Take nothing more from a company, and end its grants at Intuit. What was recorded is kept."""
    with opened(data) as wiring:
        tied = _close(wiring, name)
        unconfirmed = [one.connection_id for one in tied if not disconnect(wiring, one)]
    told: dict[str, Any] = {
        "company": name,
        "disconnected": [one.connection_id for one in tied],
        "not_confirmed_by_intuit": unconfirmed,
        "kept": KEPT,
    }
    if as_json:
        show_one(told, as_json)
        return
    click.echo(f"{name} is removed: nothing more is taken from its CRM, and nothing is written to its books.")
    for connection_id in unconfirmed:
        click.echo(
            f"Intuit did not confirm the end of {connection_id}: take our access away in QuickBooks, under Apps."
        )
    click.echo(f"Kept: {KEPT}.")


def _close(wiring: Wiring, name: str) -> list[connections.Connection]:
    """Mark it removed and park its lanes; gives its connections."""
    with wiring.database.writing(OPERATOR) as session:
        _standing(session, name)
        records.remove(session, name)
        lanes.park(session, keys.company_lane(name), "removed")
        return connections.every(session, name)


def _found(session: Session, name: str) -> Company:
    found = records.find(session, name)
    if found is None:
        raise not_found("company", name, "`dealbooks companies list` shows them")
    return found


def _standing(session: Session, name: str) -> None:
    if _found(session, name).removed_at is not None:
        raise Refused(f"The company {name} was removed.", code="removed")


def _row(company: Company) -> dict[str, Any]:
    return {
        "company_id": company.company_id,
        "title": company.title,
        "state": "removed" if company.removed_at else "active",
        "settings": company.settings,
        "created_at": company.created_at,
        "removed_at": company.removed_at,
    }
