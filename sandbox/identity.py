"""Who the sandbox's user is, and the signed tokens that say so: one RSA key per sandbox, made when first needed."""

import base64
import hashlib
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox.numbers import Json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_BITS = 2048
USER = "5d3a6f0e-6f0b-4c1e-9a55-000000000001"

# scope -> what userinfo then tells besides `sub`.
_TOLD: dict[str, Json] = {
    "email": {"email": "owner@example.com", "emailVerified": True},
    "profile": {"givenName": "Sandy", "familyName": "Owner"},
    "phone": {"phoneNumber": "+1 5550100", "phoneNumberVerified": False},
    "address": {
        "address": {
            "streetAddress": "1 Sandbox Way",
            "locality": "Sampletown",
            "region": "CA",
            "postalCode": "90000",
            "country": "US",
        }
    },
}


def about_the_user(scopes: Iterable[str]) -> Json:
    """The members of userinfo that these scopes open, in Intuit's spelling."""
    told: Json = {"sub": USER}
    for scope in scopes:
        told.update(_TOLD.get(scope, {}))
    return told


class Signer:
    """Signs with RS256.

    Loading the libraries and making a key take a tenth of a second each, so nobody pays for what is not used.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: RSAPrivateKey | None = None

    @property
    def pem(self) -> str | None:
        """The private key as PKCS#8 text; None while nobody needed one."""
        key = self._key
        if key is None:
            return None
        from cryptography.hazmat.primitives import serialization

        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()

    @pem.setter
    def pem(self, text: str | None) -> None:
        if not text:
            return
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        key = serialization.load_pem_private_key(text.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("the signing key is not an RSA key")
        with self._lock:
            self._key = key

    def signed(self, claims: Json) -> str:
        """A JSON Web Token of the claims, with the key's id in its header."""
        import jwt

        key = self._made()
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": _id(key)})

    def key_set(self) -> Json:
        """The public key, as the JWKS endpoint shows it."""
        key = self._made()
        return {"keys": [{**_public(key), "alg": "RS256", "kid": _id(key), "use": "sig"}]}

    def _made(self) -> "RSAPrivateKey":
        from cryptography.hazmat.primitives.asymmetric import rsa

        with self._lock:
            if self._key is None:
                self._key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
            return self._key


def _public(key: "RSAPrivateKey") -> Json:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": _base64(numbers.n), "e": _base64(numbers.e)}


def _id(key: "RSAPrivateKey") -> str:
    """Follows from the key, so that it survives a restart."""
    return "sandbox-" + hashlib.sha256(_public(key)["n"].encode()).hexdigest()[:16]


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
