"""Sealing: what must not be read in the database is sealed, and what must be found again is fingerprinted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

SHORTEST_KEY = 32


class CannotOpen(Exception):
    """A sealed value that none of the configured keys opens."""


class Sealer:
    """Seals with the first key and opens with any of them.

    A key is any text of at least 32 characters, or a Fernet key. Keys rotate from the front: put a new one first, and
    keep the old ones behind it as long as something sealed with them is stored.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise ValueError("A sealer needs at least one key.")
        for place, key in enumerate(keys, 1):
            if len(key) < SHORTEST_KEY:
                raise ValueError(f"Key number {place} has fewer than {SHORTEST_KEY} characters.")
        materials = [_material(key) for key in keys]
        self._fernet = MultiFernet([Fernet(base64.urlsafe_b64encode(material)) for material in materials])
        self._fingerprint_key = _derived(materials[-1], b"dealbooks fingerprint v1")
        self._hash_key = _derived(materials[-1], b"dealbooks keyed hash v1")
        self._count = len(materials)

    def __repr__(self) -> str:
        return f"Sealer({self._count} keys)"

    def seal(self, text: str) -> str:
        """The text, encrypted and authenticated with the first key; another value at every call."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed with any of the keys; raises CannotOpen."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, UnicodeError):
            message = (
                "A sealed value opens with none of the configured keys: add the key that sealed it to SECRET_KEYS."
            )
            raise CannotOpen(message) from None

    def fingerprint(self, text: str) -> str:
        """64 hexadecimal digits by which a realm is found without being readable.

        Keyed by the *oldest* (last) configured key, so that it stays the same while keys are added in front. Taking
        the last key away changes every fingerprint: do that only together with writing them all anew.
        """
        return hmac.new(self._fingerprint_key, text.encode(), hashlib.sha256).hexdigest()

    def keyed_hash(self, text: str) -> str:
        """64 hexadecimal digits that stand for a name or an e-mail in the key of a hold.

        Keyed by the oldest key like a fingerprint, for another purpose: the two never coincide for one text.
        """
        return hmac.new(self._hash_key, text.encode(), hashlib.sha256).hexdigest()


def _material(key: str) -> bytes:
    """The 32 bytes of a Fernet key, or the SHA-256 of any other text."""
    try:
        decoded = base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        decoded = b""
    return decoded if len(decoded) == 32 else hashlib.sha256(key.encode()).digest()


def _derived(material: bytes, purpose: bytes) -> bytes:
    return hmac.new(material, purpose, hashlib.sha256).digest()
