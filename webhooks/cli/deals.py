"""`dealbooks deals post`: sign an event as the company's CRM would, and post it to the receiver."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import click
import requests

from models.records import companies
from models.records.database import OPERATOR
from webhooks.cli.common import Refused, data_option, json_option, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import show_rows
from worker.crm import generic
from worker.wiring import Wiring

LOCAL_URL = "http://127.0.0.1:8000"
SOURCE = "dealbooks/deals-post"
PATIENCE_S = 30.0
COLUMNS = ("id", "type", "status", "event", "duplicate", "detail")


@click.group()
def deals() -> None:
    """Deals: what a CRM would post."""


@deals.command("post")
@click.argument("file", type=click.File("rb"))
@click.option("--company", required=True, metavar="C", help="Whose deal it is; the event is signed with its secret.")
@click.option("--type", "kind", default="crm.deal.won", show_default=True, help="What the file's data says, if bare.")
@click.option("--url", default=None, help=f"The receiver; else the setting PUBLIC_URL, else {LOCAL_URL}.")
@data_option
@json_option
def post_deals(file: IO[bytes], company: str, kind: str, url: str | None, data: str | None, as_json: bool) -> None:
    """Post what FILE (- for stdin) holds: an event, only its `data`, or an array of events.

    Bare data becomes a CloudEvent of --type with a new id and the time of now.
    """
    told = events_in(file.read(), kind)
    with opened(data) as wiring:
        secret = _secret_of(wiring, company)
        receiver = url or wiring.settings.public_url or LOCAL_URL
    answers = [post(event, receiver=receiver.rstrip("/"), company=company, secret=secret) for event in told]
    show_rows(answers, as_json, COLUMNS)
    if any(answer["status"] >= 400 for answer in answers):
        if not as_json:
            _show_faults(answers)
        raise click.exceptions.Exit(1)


def events_in(body: bytes, kind: str) -> list[dict[str, Any]]:
    """The events of a file. Numbers with a fraction become exact text, which is how an event tells them."""
    try:
        told = json.loads(body.decode("utf-8"), parse_float=str)
    except ValueError as error:
        raise Refused(f"The file is not JSON: {error}.", code="not_json", status=422) from None
    return [_event(each, kind) for each in (told if isinstance(told, list) else [told])]


def _event(told: object, kind: str) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise Refused("An event is a JSON object.", code="not_an_event", status=422)
    if "specversion" in told or ("type" in told and "timestamp" in told):
        return told
    if not any(isinstance(told.get(name), dict) for name in ("deal", "product", "organization", "person", "quote")):
        raise Refused(
            "The file holds neither an event (`specversion`, `id`, `type`, `data`) nor the data of one "
            '(such as {"deal": {"id": "1"}, "lines": []}).',
            code="not_an_event",
            status=422,
        )
    return wrapped(told, kind)


def wrapped(told: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A CloudEvent around bare data, told now."""
    noun = kind.split(".")[1] if kind.count(".") == 2 else "deal"
    about = told.get(noun) or told.get("deal") or {}
    return {
        "specversion": "1.0",
        "id": f"evt-{secrets.token_hex(10)}",
        "source": SOURCE,
        "type": kind,
        "subject": f"{noun}/{about.get('id', '')}",
        "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": dict(told),
    }


def post(event: Mapping[str, Any], *, receiver: str, company: str, secret: str) -> dict[str, Any]:
    """Post one signed event; what the receiver answered. Raises Refused where none answers."""
    body = json.dumps(event, ensure_ascii=False).encode()
    message_id = str(event.get("id") or f"evt-{secrets.token_hex(10)}")
    headers = {"Content-Type": "application/cloudevents+json"}
    headers |= generic.sign(body, message_id, datetime.now(UTC), secret)
    address = f"{receiver}/webhooks/crm/{company}"
    try:
        answer = requests.post(address, data=body, headers=headers, timeout=PATIENCE_S, allow_redirects=False)
    except requests.RequestException:
        raise Refused(
            f"No receiver answers at {receiver}: start one with `dealbooks up` (or `dealbooks serve`), or say where "
            "it is with --url.",
            code="no_receiver",
            status=503,
        ) from None
    said = _json_of(answer)
    return {
        "id": message_id,
        "type": event.get("type"),
        "status": answer.status_code,
        "event": said.get("event"),
        "duplicate": said.get("duplicate"),
        "detail": said.get("detail") or (None if answer.ok else "The receiver gave no reason."),
        "faults": said.get("faults", []),
    }


def _json_of(answer: requests.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _show_faults(answers: Sequence[Mapping[str, Any]]) -> None:
    for answer in answers:
        for fault in answer["faults"]:
            click.echo(f"{answer['id']}  {fault.get('pointer') or '/'}: {fault.get('message')}", err=True)


def _secret_of(wiring: Wiring, company_id: str) -> str:
    with wiring.database.reading(OPERATOR) as session:
        company = companies.find(session, company_id)
    if company is None or company.removed_at is not None:
        raise not_found("company", company_id, f"add it with `dealbooks companies add {company_id}`")
    return wiring.sealer.open(company.sealed_secrets[0])
