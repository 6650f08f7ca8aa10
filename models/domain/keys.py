"""The names under which things are found again: sources, streams, lanes, subjects, request ids and markers."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote, unquote

MARKER_LENGTH = 16
LONGEST_SOURCE = 600


def joined(*parts: str) -> str:
    """Parts with a colon between them, each percent-encoded, so that no part can pretend to be two."""
    return ":".join(quote(part, safe="-._~") for part in parts)


def parts_of(key: str) -> tuple[str, ...]:
    """The parts that `joined` put together."""
    return tuple(unquote(part) for part in key.split(":"))


def company_lane(company_id: str) -> str:
    return joined("company", company_id)


def deal_stream(company_id: str, crm: str, deal_id: str) -> str:
    return joined("deal", company_id, crm, deal_id)


def contact_stream(company_id: str, crm: str, kind: str, contact_id: str) -> str:
    return joined("contact", company_id, crm, kind, contact_id)


def product_stream(company_id: str, crm: str, product_id: str) -> str:
    return joined("product", company_id, crm, product_id)


def quote_stream(company_id: str, crm: str, quote_id: str) -> str:
    return joined("quote", company_id, crm, quote_id)


def invoice_stream(company_id: str, connection: str, invoice_id: str) -> str:
    """Where an ask about an invoice goes that names no deal."""
    return joined("invoice", company_id, connection, invoice_id)


def books_stream(environment: str, realm_fingerprint: str) -> str:
    return joined("books", environment, realm_fingerprint)


def catch_up_stream(connection_id: str) -> str:
    return joined("catch-up", connection_id)


def token_stream(connection_id: str) -> str:
    return joined("token", connection_id)


def hold_key(kind: str, connection_id: str, part: str, keyed_hash: str) -> str:
    """A hold on something that must not be made twice: `customer:<connection>:name:<keyed hash>`."""
    return joined(kind, connection_id, part, keyed_hash)


def crm_source(company_id: str, source: str) -> str:
    """The source of a CRM's events; a long one is told apart by its hash, because keys are indexed."""
    key = joined("crm", company_id, source)
    return key if len(key) <= LONGEST_SOURCE else joined("crm", company_id, hashlib.sha256(source.encode()).hexdigest())


def quickbooks_source(environment: str) -> str:
    return joined("quickbooks", environment)


def request_id(company_id: str, kind: str, subject: str, slot: str, generation: int) -> str:
    """Intuit's idempotency key of one intent: 40 characters (Intuit allows 50), the same at every repeat."""
    identity = "|".join((company_id, kind, subject, slot, str(generation)))
    digest = hashlib.sha256(identity.encode()).digest()
    return base64.b32encode(digest).decode()[:40]


def marker_of(request_id: str) -> str:
    """What ends the private note of whatever we make, so that it can be found again without us remembering it."""
    return f"[db:{request_id[:MARKER_LENGTH]}]"
