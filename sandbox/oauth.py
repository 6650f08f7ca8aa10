"""OAuth 2.0 as Intuit does it: codes, access tokens for an hour, refresh tokens whose value changes, identities."""

import base64
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote

from sandbox import refusals
from sandbox.answers import Answer, as_json
from sandbox.clock import Clock
from sandbox.identity import Signer, about_the_user
from sandbox.numbers import Json
from sandbox.switches import Switches

ACCESS_S = 3600
REFRESH_S = 8726400
HARD_S = 157680000
ROTATES_AFTER = timedelta(hours=24)
GRACE = timedelta(hours=24)
CODE_S = 600
STILL_GOOD = "valid_24h"

ACCOUNTING = "com.intuit.quickbooks.accounting"
SCOPES = (ACCOUNTING, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address")
# A token or code that has been out of use this long is forgotten, and then answered as one that was never given.
FORGOTTEN_AFTER = timedelta(days=1)
Held = TypeVar("Held")
NOT_STORED = {"cache-control": "no-cache, no-store", "pragma": "no-cache"}


class OAuthRefusal(Exception):
    """An error of the token endpoint, in its own shape."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        headers = {**NOT_STORED, **({"www-authenticate": "Basic"} if status == 401 else {})}
        self.answer = as_json({"error_description": description, "error": error}, status, headers)


def invalid_grant() -> OAuthRefusal:
    return OAuthRefusal(400, "invalid_grant", "Incorrect or invalid refresh token")


def unknown_scopes(scope: str) -> list[str]:
    """Those of a space-separated list that Intuit has not."""
    return [one for one in scope.split() if one not in SCOPES]


@dataclass(eq=False)
class Grant:
    """What one user allowed: one realm, or every realm when `realm` is empty."""

    realm: str
    began: datetime
    refresh_began: datetime
    refresh_until: datetime
    refresh_token: str = ""
    scope: str = ACCOUNTING
    client_id: str = ""
    revoked: bool = False
    # Earlier values of the refresh token -> when each was replaced.
    replaced: dict[str, datetime] = field(default_factory=dict)

    def allows(self, scope: str) -> bool:
        return scope in self.scope.split()


@dataclass(frozen=True)
class Code:
    """An authorization code; good once, for ten minutes."""

    realm: str
    redirect_uri: str
    given: datetime
    scope: str = ACCOUNTING
    nonce: str = ""
    client_id: str = ""

    @property
    def until(self) -> datetime:
        return self.given + timedelta(seconds=CODE_S)


@dataclass(eq=False)
class OAuth:
    """Every grant, token and code of the sandbox."""

    clock: Clock
    switches: Switches
    any_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    signer: Signer = field(default_factory=Signer)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _codes: dict[str, Code] = field(default_factory=dict)
    _exchanged: dict[str, Grant] = field(default_factory=dict)
    _access: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)

    def grant(self, realm: str, scope: str = ACCOUNTING) -> Json:
        """A new grant's tokens, as the token endpoint answers them."""
        with self._lock:
            now = self.clock.now()
            return self._tokens(self._begin(Code(realm, "", now, scope)), now, hard=False)

    def code(self, realm: str, redirect_uri: str, scope: str = ACCOUNTING, nonce: str = "", client_id: str = "") -> str:
        """A code for what the user allowed; `client_id` is the only app that may exchange it, when given."""
        with self._lock:
            code = "AB1" + secrets.token_hex(20)
            self._codes[code] = Code(realm, redirect_uri, self.clock.now(), scope, nonce, client_id)
            return code

    def admit(self, authorization: str, realm: str, scope: str = ACCOUNTING) -> None:
        """Raises 401 for a token that is none or has expired, 403 for one of another realm or scope."""
        token = _bearer(authorization)
        if self._opens_everything(token):
            return
        grant = self._standing(token)
        if grant.realm not in ("", realm) or not grant.allows(scope):
            raise refusals.unauthorized()

    def user(self, authorization: str) -> Answer:
        """The userinfo endpoint: who gave the token, as far as its scopes tell. Raises 401 and 403."""
        token = _bearer(authorization)
        if self._opens_everything(token):
            return as_json(about_the_user(SCOPES), headers=NOT_STORED)
        grant = self._standing(token)
        if not grant.allows("openid"):
            raise refusals.unauthorized()
        return as_json(about_the_user(grant.scope.split()), headers=NOT_STORED)

    def realm_of(self, form: dict[str, str]) -> str:
        """Whose tokens a call to the token endpoint asks for, as far as is known."""
        grant = self._refresh.get(form.get("refresh_token", ""))
        code = self._codes.get(form.get("code", ""))
        return grant.realm if grant else code.realm if code else ""

    def token(self, authorization: str, form: dict[str, str], hard: bool, issuer: str) -> Answer:
        """The token endpoint; `hard` asks for the hard end of the refresh token. Raises OAuthRefusal."""
        app = self._app(authorization, form)
        with self._lock:
            now = self.clock.now()
            match form.get("grant_type"):
                case "authorization_code":
                    code, grant = self._exchange(form, app, now)
                    answer = self._tokens(grant, now, hard)
                    if grant.allows("openid"):
                        answer["id_token"] = self._id_token(code, grant, issuer, now)
                case "refresh_token":
                    answer = self._tokens(self._refreshed(form.get("refresh_token", ""), app, now), now, hard)
                case None | "":
                    raise OAuthRefusal(400, "invalid_request", "The grant_type is missing")
                case _:
                    raise OAuthRefusal(400, "unsupported_grant_type", "The grant type is not supported")
        return as_json(answer, headers=NOT_STORED)

    def revoke(self, authorization: str, form: dict[str, str]) -> Answer:
        """By the refresh token or the access token: the whole grant ends. Raises OAuthRefusal."""
        self._app(authorization, form)
        with self._lock:
            token = form.get("token", "")
            grant = self._refresh.get(token) or self._access.get(token, (None, None))[0]
            if grant is None:
                raise OAuthRefusal(400, "invalid_request", "The token is not known")
            self._end(grant)
        return Answer(200, headers=dict(NOT_STORED))

    def disconnect(self, realm: str) -> None:
        """The user disconnects the app in QuickBooks: no callback, the refresh tokens just stop working."""
        with self._lock:
            for grant in self._refresh.values():
                if grant.realm == realm:
                    grant.refresh_until = self.clock.now()

    def export(self) -> Json:
        """`{"grants": [...], "signing_key": PEM}`: what a file keeps of the grants that stand, with their tokens."""
        with self._lock:
            standing = {id(one): one for one in self._refresh.values() if not one.revoked}
            access: dict[int, dict[str, str]] = {}
            for token, (grant, until) in self._access.items():
                access.setdefault(id(grant), {})[token] = until.isoformat()
            return {
                "grants": [_exported(one, access.get(key, {})) for key, one in standing.items()],
                "signing_key": self.signer.pem,
            }

    def restore(self, held: Json) -> None:
        """The reverse of export; what is missing there is as for a new grant."""
        with self._lock:
            self.signer.pem = held.get("signing_key")
            for one in held.get("grants", []):
                grant = _restored(one, self.clock.now())
                for token in (*grant.replaced, grant.refresh_token):
                    self._refresh[token] = grant
                for token, until in one.get("access_tokens", {}).items():
                    self._access[token] = (grant, datetime.fromisoformat(until))

    def _opens_everything(self, token: str) -> bool:
        return bool(self.any_token) and secrets.compare_digest(token.encode(), str(self.any_token).encode())

    def _standing(self, token: str) -> Grant:
        """The grant of an access token that is good now; raises 401."""
        with self._lock:
            grant, until = self._access.get(token, (None, None))
        if grant is None or until is None:
            raise refusals.unauthenticated("Malformed bearer token: too short or too long")
        if grant.revoked or until <= self.clock.now():
            raise refusals.unauthenticated(f"Token expired: {token[:4]}…")
        return grant

    def _app(self, authorization: str, form: dict[str, str]) -> str:
        """The client id of the app that calls; raises invalid_client."""
        id, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        if not id or self.client_id not in (None, id) or self.client_secret not in (None, secret):
            raise OAuthRefusal(401, "invalid_client", "The client id or secret is not right")
        return id

    def _exchange(self, form: dict[str, str], app: str, now: datetime) -> tuple[Code, Grant]:
        name = form.get("code", "")
        used = self._exchanged.get(name)
        if used is not None and self.switches.on("code_reuse_revokes"):
            self._end(used)
        code = self._codes.pop(name, None)
        if code is None or code.until < now or code.redirect_uri != form.get("redirect_uri"):
            raise OAuthRefusal(400, "invalid_grant", "The authorization code is invalid, used or expired")
        if code.client_id not in ("", app):
            raise OAuthRefusal(400, "invalid_grant", "The authorization code was given to another client")
        grant = self._begin(code, app)
        self._exchanged[name] = grant
        return code, grant

    def _begin(self, code: Code, app: str = "") -> Grant:
        now = self.clock.now()
        grant = Grant(code.realm, now, now, now, scope=code.scope, client_id=app)
        self._renew(grant, now)
        return grant

    def _refreshed(self, token: str, app: str, now: datetime) -> Grant:
        grant = self._refresh.get(token)
        if grant is None and self.any_token and token:
            grant = Grant("", now, now, now + timedelta(seconds=REFRESH_S), token, " ".join(SCOPES))
            self._refresh[token] = grant
        if grant is None or grant.revoked or grant.refresh_until <= now or now >= self._hard_end(grant):
            raise invalid_grant()
        if grant.client_id not in ("", app):
            raise invalid_grant()
        if grant.refresh_token != token and not self._in_grace(grant, token, now):
            if self.switches.on("reuse_revokes"):
                self._end(grant)
            raise invalid_grant()
        if self.switches["rotate"] == "always" or now - grant.refresh_began >= ROTATES_AFTER:
            self._renew(grant, now)
        grant.refresh_until = now + timedelta(seconds=REFRESH_S)
        return grant

    def _in_grace(self, grant: Grant, token: str, now: datetime) -> bool:
        """Intuit's own pages differ on how long the earlier value still works."""
        return self.switches["old_refresh_token"] == STILL_GOOD and now - grant.replaced[token] < GRACE

    def _renew(self, grant: Grant, now: datetime) -> None:
        if grant.refresh_token:
            grant.replaced[grant.refresh_token] = now
        grant.refresh_token = "RT1-" + secrets.token_hex(24)
        grant.refresh_began, grant.refresh_until = now, now + timedelta(seconds=REFRESH_S)
        self._refresh[grant.refresh_token] = grant

    def _hard_end(self, grant: Grant) -> datetime:
        return grant.began + timedelta(seconds=HARD_S)

    def _tokens(self, grant: Grant, now: datetime, hard: bool) -> Json:
        self._forget(now)
        access = "eyJ" + secrets.token_urlsafe(96)
        self._access[access] = (grant, now + timedelta(seconds=ACCESS_S))
        answer: Json = {
            "token_type": "bearer",
            "access_token": access,
            "refresh_token": grant.refresh_token,
            "expires_in": ACCESS_S,
            "x_refresh_token_expires_in": int((grant.refresh_until - now).total_seconds()),
        }
        if hard:
            answer["x_refresh_token_hard_expires_in"] = int((self._hard_end(grant) - now).total_seconds())
        return answer

    def _forget(self, now: datetime) -> None:
        """All are kept in the order they were given, so only the oldest need a look."""
        _forget_the_oldest(self._access, lambda held: held[1], now)
        _forget_the_oldest(self._codes, lambda code: code.until, now)
        _forget_the_oldest(self._exchanged, lambda grant: grant.began, now)

    def _id_token(self, code: Code, grant: Grant, issuer: str, now: datetime) -> str:
        realm = {"realmid": grant.realm} if grant.realm else {}
        nonce = {"nonce": code.nonce} if code.nonce else {}
        claims: Json = {
            "sub": about_the_user(())["sub"],
            "aud": [grant.client_id],
            "iss": issuer,
            "auth_time": int(code.given.timestamp()),
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + ACCESS_S,
        }
        return self.signer.signed({**claims, **realm, **nonce})

    def _end(self, grant: Grant) -> None:
        grant.revoked = True


def _forget_the_oldest(held: dict[str, Held], ended: Callable[[Held], datetime], now: datetime) -> None:
    while held:
        oldest = next(iter(held))
        if now - ended(held[oldest]) < FORGOTTEN_AFTER:
            return
        del held[oldest]


def issuer(base: str) -> str:
    return f"{base}/op/v1"


def discovery(base: str) -> Json:
    """The discovery document; `base` is where the caller reached us."""
    return {
        "issuer": issuer(base),
        "authorization_endpoint": f"{base}/connect/oauth2",
        "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{base}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone", ACCOUNTING],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }


def _exported(grant: Grant, access: dict[str, str]) -> Json:
    return {
        "realm": grant.realm,
        "refresh_token": grant.refresh_token,
        "began": grant.began.isoformat(),
        "refresh_began": grant.refresh_began.isoformat(),
        "refresh_until": grant.refresh_until.isoformat(),
        "scope": grant.scope,
        "client_id": grant.client_id,
        "replaced": {token: at.isoformat() for token, at in grant.replaced.items()},
        "access_tokens": access,
    }


def _restored(held: dict[str, Any], now: datetime) -> Grant:
    return Grant(
        held["realm"],
        datetime.fromisoformat(held["began"]),
        datetime.fromisoformat(held.get("refresh_began") or now.isoformat()),
        datetime.fromisoformat(held.get("refresh_until") or (now + timedelta(seconds=REFRESH_S)).isoformat()),
        held["refresh_token"],
        held.get("scope", ACCOUNTING),
        held.get("client_id", ""),
        replaced={token: datetime.fromisoformat(at) for token, at in held.get("replaced", {}).items()},
    )


def _bearer(authorization: str) -> str:
    return authorization[7:].strip() if authorization[:7].lower() == "bearer " else ""


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        id, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (ValueError, UnicodeDecodeError):
        return None
    return unquote(id), unquote(secret)
