"""`dealbooks doctor`: looks at everything that must be right, and says for each what to do where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
import redis
from rich.text import Text

from config.secrets import CannotOpen
from config.settings import Settings
from models.records import attention, companies, connections, events, lanes
from models.records.connections import Connection, Grant
from models.records.database import OPERATOR, Session, database_now
from webhooks.cli import looking
from webhooks.cli.common import Refused, data_option, json_option, told_settings
from webhooks.cli.opening import opened
from webhooks.cli.showing import console, show_rows
from worker.wiring import Wiring

OK, WARN, FAIL = "ok", "warn", "fail"
STYLES = {OK: "green", WARN: "yellow", FAIL: "bold red"}
BROKER_WITHIN_S = 2.0
WAITS_TOO_LONG = timedelta(minutes=1)
NOT_CAUGHT_UP = timedelta(hours=1)
GRANT_ENDS_SOON = timedelta(days=7)
INTUITS = ("production", "sandbox")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, in a sentence, and what to do about it."""

    check: str
    state: str
    message: str
    remedy: str = ""


@click.command()
@data_option
@json_option
def doctor(data: str | None, as_json: bool) -> None:
    """Check settings, keys, database, broker, connections and what waits. Exits 1 if something is broken."""
    findings = list(examine(data))
    if as_json:
        show_rows(findings, as_json)
    else:
        _show(findings)
    if any(finding.state == FAIL for finding in findings):
        raise click.exceptions.Exit(1)


def examine(data: str | None) -> Iterator[Finding]:
    """Everything, as far as can be looked at: without settings no database, without a database nothing in it."""
    try:
        settings = told_settings(data)
    except Refused as refused:
        yield Finding("settings", FAIL, refused.message, "Correct what is named here.")
        return
    yield from _settings(settings)
    yield _broker(settings)
    try:
        with opened(data, make_key=False) as wiring:
            yield Finding("database", OK, f"answers and has our schema ({wiring.database.url.get_backend_name()})")
            yield from _inside(wiring)
    except Refused as refused:
        yield Finding("database", FAIL, refused.message, "Do what it says, then run `dealbooks doctor` again.")


def _show(findings: Iterable[Finding]) -> None:
    page = console()
    for finding in findings:
        page.print(Text.assemble((f"{finding.state:<5}", STYLES[finding.state]), f"{finding.check}: {finding.message}"))
        if finding.remedy:
            page.print(Text(f"      {finding.remedy}"))


# ---------------------------------------------------------------- around the database


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("settings", OK, f"read; the books are {settings.environment_name}")
    if not settings.quickbooks_verifier_tokens:
        yield Finding(
            "settings",
            WARN,
            "no verifier token: what QuickBooks tells us cannot be believed, and is refused",
            "Set DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS to the token of the app's webhooks page at Intuit.",
        )
    if settings.environment_name in INTUITS and not settings.quickbooks_client_id:
        yield Finding(
            "settings",
            WARN,
            "no client id: access tokens cannot be renewed",
            "Set DEALBOOKS_QUICKBOOKS_CLIENT_ID and DEALBOOKS_QUICKBOOKS_CLIENT_SECRET.",
        )
    if not settings.secret_keys and not settings.database_url.startswith("sqlite"):
        yield Finding(
            "keys",
            WARN,
            f"they stand in {Path(settings.data_dir)}, where other machines do not see them",
            "Set DEALBOOKS_SECRET_KEYS to the same keys for every process.",
        )


def _broker(settings: Settings) -> Finding:
    if not settings.broker_url:
        if settings.database_url.startswith("sqlite"):
            return Finding("broker", OK, "none: everything runs in one process")
        return Finding(
            "broker",
            WARN,
            "none: workers look by themselves, up to two seconds later",
            "Set DEALBOOKS_BROKER_URL to a Redis, so that workers hear of work at once.",
        )
    client = redis.Redis.from_url(
        settings.broker_url, socket_timeout=BROKER_WITHIN_S, socket_connect_timeout=BROKER_WITHIN_S
    )
    try:
        client.ping()
    except redis.RedisError as error:
        return Finding(
            "broker",
            WARN,
            f"does not answer ({type(error).__name__}); nothing is lost, but workers hear of it up to 2 s late",
            "Check DEALBOOKS_BROKER_URL and that Redis runs.",
        )
    finally:
        client.close()
    return Finding("broker", OK, "answers")


# ---------------------------------------------------------------- inside the database


def _inside(wiring: Wiring) -> Iterator[Finding]:
    with wiring.database.reading(OPERATOR) as session:
        at = database_now(session)
        found = [_keys(session, wiring), *_companies(session)]
        for connection in connections.every(session):
            found += _connection(session, wiring, connection, at)
        found += [_waiting(session, at), *_failed(session), _attention(session), _uncertain(session)]
    yield from found


def _keys(session: Session, wiring: Wiring) -> Finding:
    """Whether everything sealed opens, and realms are still found by their fingerprints."""
    sealed = [secret for company in companies.every(session) for secret in company.sealed_secrets]
    known = connections.every(session)
    for grant in filter(None, (connections.grant_of(session, each.connection_id) for each in known)):
        sealed += [grant.access_token, grant.refresh_token]
    try:
        for value in sealed:
            wiring.sealer.open(value)
        realms = [(each, wiring.sealer.open(each.realm_sealed)) for each in known]
    except CannotOpen:
        return Finding(
            "keys",
            FAIL,
            "something in the database was sealed with a key that is not among ours",
            "Add the key that is missing to DEALBOOKS_SECRET_KEYS, behind the first, or restore secret.key.",
        )
    if any(wiring.sealer.fingerprint(realm) != each.realm_fingerprint for each, realm in realms):
        return Finding(
            "keys",
            FAIL,
            "the oldest key was taken away, so notifications do not find their connections",
            "Put the oldest key back at the end of DEALBOOKS_SECRET_KEYS.",
        )
    return Finding("keys", OK, f"open everything that is sealed ({len(sealed) + len(known)} values)")


def _companies(session: Session) -> list[Finding]:
    if any(company.removed_at is None for company in companies.every(session)):
        return []
    return [Finding("companies", WARN, "there is none yet", "Add one with `dealbooks companies add NAME`.")]


def _connection(session: Session, wiring: Wiring, connection: Connection, at: datetime) -> list[Finding]:
    name = f"connection {connection.connection_id}"
    if connection.environment != wiring.settings.environment_name:
        return [_elsewhere(wiring, connection, name)]
    checked = [
        _grant(connections.grant_of(session, connection.connection_id), connection, name, at),
        _lane(session, connection, name, at),
        _reading(connection, name, at),
    ]
    wrong = [finding for finding in checked if finding is not None]
    return wrong or [Finding(name, OK, f"connected for {connection.company_id}, read, and caught up")]


def _elsewhere(wiring: Wiring, connection: Connection, name: str) -> Finding:
    return Finding(
        name,
        WARN,
        f"belongs to {connection.environment}, while this process works with {wiring.settings.environment_name}",
        "Set DEALBOOKS_QUICKBOOKS_ENVIRONMENT to where the company's books are, or disconnect it.",
    )


def _grant(grant: Grant | None, connection: Connection, name: str, at: datetime) -> Finding | None:
    again = f"Connect {connection.company_id} again with `dealbooks connections add`."
    if grant is None:
        return Finding(name, FAIL, "has no grant", again)
    if grant.refused is not None:
        return Finding(name, FAIL, f"is refused: {grant.refused}", again)
    if grant.refresh_until is not None and grant.refresh_until <= at:
        return Finding(name, FAIL, "its refresh token has run out", again)
    if grant.refresh_until is not None and grant.refresh_until - at < GRANT_ENDS_SOON:
        return Finding(name, WARN, f"its refresh token runs out on {grant.refresh_until:%Y-%m-%d}", again)
    return None


def _lane(session: Session, connection: Connection, name: str, at: datetime) -> Finding | None:
    lane = lanes.find(session, connection.lane)
    if lane is None:
        return Finding(name, FAIL, "has no lane, so nothing of it is ever handled", "Connect it again.")
    if lane.parked == "paused":
        resume = f"`dealbooks connections resume {connection.connection_id}` lets it go on."
        return Finding(name, WARN, "is paused by a person", resume)
    if lane.parked:
        return Finding(name, FAIL, f"is {lane.parked}; its deals wait", "Connect it with `dealbooks connections add`.")
    if lane.paused_until is not None and lane.paused_until > at:
        return Finding(name, WARN, f"rests until {lane.paused_until:%H:%M:%S} UTC: QuickBooks asked us to slow down")
    return None


def _reading(connection: Connection, name: str, at: datetime) -> Finding | None:
    if connection.loaded_at is None:
        return Finding(
            name,
            WARN,
            "its customers and items were not read yet; its deals wait for that",
            "See that `dealbooks up` or `dealbooks work` runs.",
        )
    caught_up = datetime.fromisoformat(connection.caught_up_to) if connection.caught_up_to else None
    if caught_up is None or at - caught_up > NOT_CAUGHT_UP:
        return Finding(
            name,
            WARN,
            f"was last caught up {_ago(at - caught_up) if caught_up else 'never'}",
            f"See that a clock runs; `dealbooks catch-up {connection.connection_id}` does it now.",
        )
    return None


def _waiting(session: Session, at: datetime) -> Finding:
    number, since = events.backlog(session)
    if since is None:
        return Finding("events", OK, "none waits")
    waited = at - since
    told = f"{number} wait, the oldest since {_ago(waited)}"
    if waited <= WAITS_TOO_LONG:
        return Finding("events", OK, told)
    return Finding(
        "events",
        WARN,
        told,
        "See that `dealbooks up`, or `dealbooks work` and `dealbooks clock`, run, and that no connection is parked.",
    )


def _failed(session: Session) -> list[Finding]:
    number = looking.failed_count(session)
    if not number:
        return []
    remedy = "See the log for `handling_failed`; then `dealbooks events replay --since 7d --state failed`."
    return [Finding("events", WARN, f"{number} were set aside after failing again and again", remedy)]


def _attention(session: Session) -> Finding:
    number = attention.count_open(session)
    if not number:
        return Finding("attention", OK, "nothing waits for a person")
    return Finding("attention", WARN, f"{number} wait for a person", "`dealbooks attention list` says what to do.")


def _uncertain(session: Session) -> Finding:
    number = len(looking.unsettled_intents(session))
    if not number:
        return Finding("intents", OK, "no outcome is unknown")
    return Finding(
        "intents",
        WARN,
        f"of {number} it is not known yet whether the books have them; they are asked again by themselves",
        "`dealbooks intents list --state uncertain` shows them.",
    )


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute ago"
    return f"{minutes} min ago" if minutes < 120 else f"{minutes // 60} h ago"
