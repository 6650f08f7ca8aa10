"""Credentials: the webhook secret and the API key that a company gets, each shown once."""

from __future__ import annotations

import base64
import hashlib
import secrets


def new_webhook_secret() -> str:
    """`whsec_` and base64 of 32 random bytes, as Standard Webhooks writes them.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def new_api_key() -> str:
    """`dbk_` and 32 random bytes."""
    return "dbk_" + secrets.token_urlsafe(32)


def hash_of(api_key: str) -> str:
    """What is stored of an API key: 64 hexadecimal digits. It is random enough to need no salt."""
    return hashlib.sha256(api_key.encode()).hexdigest()
