"""Tying: ask a sandbox for a realm and its tokens, connect them to a company, and subscribe our receiver there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from sqlalchemy import select

from models.records import companies
from models.records.database import OPERATOR
from webhooks.cli.common import Refused, not_found
from webhooks.connecting import CannotConnect, Connected, connect
from worker.quickbooks.oauth import Tokens
from worker.wiring import Wiring

ANSWER_WITHIN_S = 10.0
WEBHOOK = "/webhooks/quickbooks"
TOKENS = ("access_token", "refresh_token", "expires_in", "x_refresh_token_expires_in")


@dataclass(frozen=True)
class Tied:
    """A connection to a realm of a sandbox."""

    connection: Connected
    realm: str


def tie_to_sandbox(
    wiring: Wiring, company_id: str, sandbox_url: str, *, realm: str | None = None, make_default: bool = False
) -> Tied:
    """Open a realm there (or take the one named) and connect it. Raises Refused before anything is asked or stored."""
    settings = wiring.settings
    url = sandbox_url.rstrip("/")
    if url != settings.environment_name:
        raise Refused(
            f"This dealbooks works with {settings.environment_name}, not with {url}: set "
            f"DEALBOOKS_QUICKBOOKS_ENVIRONMENT={url} for every process, or name that sandbox."
        )
    if not settings.quickbooks_verifier_tokens:
        raise Refused(
            "DEALBOOKS_QUICKBOOKS_VERIFIER_TOKENS is missing: set the same one as the receiver has, so that it accepts "
            "what the sandbox notifies."
        )
    refuse_unknown_company(wiring, company_id)
    receiver = f"{receiver_of(wiring, company_id)}{WEBHOOK}"
    grant = _asked(f"{url}/sandbox/realms", {"realm": realm} if realm else {})
    verifier_token = settings.quickbooks_verifier_tokens[0].get_secret_value()
    _asked(f"{url}/sandbox/webhooks", {"url": receiver, "verifier_token": verifier_token})
    made = tie(wiring, company_id, str(grant["realm"]), grant, make_default=make_default)
    return Tied(made, str(grant["realm"]))


def tie(wiring: Wiring, company_id: str, realm: str, grant: Any, *, make_default: bool = False) -> Connected:
    """Connect a realm with tokens in the shape of Intuit's token endpoint. Raises Refused."""
    tokens = tokens_of(grant)
    try:
        return connect(wiring, company_id=company_id, realm=realm, tokens=tokens, make_default=make_default)
    except CannotConnect as error:
        raise Refused(str(error), code="cannot_connect") from None


def tokens_of(grant: Any) -> Tokens:
    """`{"access_token","refresh_token","expires_in","x_refresh_token_expires_in"}`; lifetimes in seconds.

    Raises Refused, and never repeats what it was given.
    """
    wrong = Refused(
        f"The tokens are a JSON object with {', '.join(TOKENS)}, as Intuit's token endpoint answers.",
        code="malformed",
        status=422,
    )
    if not isinstance(grant, dict):
        raise wrong
    texts = [grant.get(name) for name in TOKENS[:2]]
    lifetimes = [grant.get(TOKENS[2], 3600), grant.get(TOKENS[3])]
    if not all(isinstance(text, str) and text for text in texts):
        raise wrong
    if not _is_lifetime(lifetimes[0]) or not (lifetimes[1] is None or _is_lifetime(lifetimes[1])):
        raise wrong
    return Tokens(
        access_token=str(texts[0]),
        refresh_token=str(texts[1]),
        access_for_s=float(lifetimes[0]),
        refresh_for_s=float(lifetimes[1]) if lifetimes[1] is not None else None,
    )


def refuse_unknown_company(wiring: Wiring, company_id: str) -> None:
    """Raises Refused unless there is such a company, and it was not removed."""
    with wiring.database.reading(OPERATOR) as session:
        found = companies.find(session, company_id)
    if found is None:
        raise not_found("company", company_id, f"add it with `dealbooks companies add {company_id}`")
    if found.removed_at is not None:
        raise Refused(f"The company {company_id} was removed: add one with another name.", code="removed")


def receiver_of(wiring: Wiring, company_id: str | None = None) -> str:
    """Where our receiver is reached: PUBLIC_URL, or what the receiver itself wrote down when it last started."""
    if wiring.settings.public_url:
        return wiring.settings.public_url
    table = companies.companies
    query = select(table.c.public_url).order_by((table.c.company_id != (company_id or "")), table.c.company_id)
    with wiring.database.reading(OPERATOR) as session:
        known = session.scalars(query.limit(1)).one_or_none()
    return known or "http://127.0.0.1:8000"


def _is_lifetime(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e10


def _asked(url: str, body: dict[str, Any]) -> Any:
    """What a control of the sandbox answers. Raises Refused."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(url, json=body, timeout=ANSWER_WITHIN_S, allow_redirects=False)
            told = answer.json()
        except requests.JSONDecodeError:
            raise Refused(f"What answers at {url} is no sandbox of ours.", code="no_sandbox", status=502) from None
        except requests.RequestException as error:
            raise Refused(
                f"The sandbox at {url} cannot be reached ({type(error).__name__}): start it with `dealbooks sandbox`.",
                code="no_sandbox",
                status=502,
            ) from None
    if answer.status_code != 201 or not isinstance(told, dict):
        why = told.get("error") if isinstance(told, dict) else None
        raise Refused(f"The sandbox refused: {why or answer.status_code}", code="no_sandbox", status=502)
    return told
