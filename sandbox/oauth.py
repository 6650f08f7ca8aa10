"""OAuth 2.0 as Intuit does it: codes, access tokens for an hour, refresh tokens whose value changes."""

import base64
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import unquote

from sandbox import refusals
from sandbox.answers import Answer, as_json
from sandbox.clock import Clock
from sandbox.numbers import Json
from sandbox.switches import Switches

ACCESS_S = 3600
REFRESH_S = 8726400
HARD_S = 157680000
ROTATES_AFTER = timedelta(hours=24)
CODE_S = 600


class OAuthRefusal(Exception):
    """An error of the token endpoint, in its own shape."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(error)
        self.answer = as_json({"error_description": description, "error": error}, status)


def invalid_grant() -> OAuthRefusal:
    return OAuthRefusal(400, "invalid_grant", "Incorrect or invalid refresh token")


@dataclass(eq=False)
class Grant:
    """What one user allowed: one realm, or every realm when `realm` is empty."""

    realm: str
    began: datetime
    refresh_began: datetime
    refresh_until: datetime
    refresh_token: str = ""
    revoked: bool = False


@dataclass(frozen=True)
class Code:
    """An authorization code; good once, for ten minutes."""

    realm: str
    redirect_uri: str
    until: datetime


@dataclass(eq=False)
class OAuth:
    """Every grant, token and code of the sandbox."""

    clock: Clock
    switches: Switches
    any_token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _codes: dict[str, Code] = field(default_factory=dict)
    _access: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)

    def grant(self, realm: str) -> Json:
        """A new grant's tokens, as the token endpoint answers them."""
        with self._lock:
            now = self.clock.now()
            grant = Grant(realm, now, now, now)
            self._renew(grant, now)
            return self._tokens(grant, now, hard=False)

    def code(self, realm: str, redirect_uri: str) -> str:
        with self._lock:
            code = "AB1" + secrets.token_hex(20)
            self._codes[code] = Code(realm, redirect_uri, self.clock.now() + timedelta(seconds=CODE_S))
            return code

    def admit(self, authorization: str, realm: str) -> None:
        """Raises 401 for a token that is none or has expired, 403 for one of another realm."""
        token = authorization[7:].strip() if authorization[:7].lower() == "bearer " else ""
        if self.any_token and secrets.compare_digest(token.encode(), self.any_token.encode()):
            return
        with self._lock:
            grant, until = self._access.get(token, (None, None))
        if grant is None or until is None:
            raise refusals.unauthenticated("Malformed bearer token: too short or too long")
        if grant.revoked or until <= self.clock.now():
            raise refusals.unauthenticated(f"Token expired: {token[:4]}…")
        if grant.realm not in ("", realm):
            raise refusals.unauthorized()

    def realm_of(self, form: dict[str, str]) -> str:
        """Whose tokens a call to the token endpoint asks for, as far as is known."""
        grant = self._refresh.get(form.get("refresh_token", ""))
        code = self._codes.get(form.get("code", ""))
        return grant.realm if grant else code.realm if code else ""

    def realm_of_access(self, headers: dict[str, str]) -> str:
        """The realm that a bearer token was given for; empty when it is for every realm or unknown."""
        grant, _ = self._access.get(headers.get("authorization", "")[7:].strip(), (None, None))
        return grant.realm if grant else ""

    def token(self, authorization: str, form: dict[str, str], hard: bool) -> Answer:
        """The token endpoint; raises OAuthRefusal."""
        self._check_app(authorization, form)
        with self._lock:
            now = self.clock.now()
            if form.get("grant_type") == "authorization_code":
                grant = self._exchange(form, now)
            elif form.get("grant_type") == "refresh_token":
                grant = self._refreshed(form.get("refresh_token", ""), now)
            else:
                raise OAuthRefusal(400, "unsupported_grant_type", "The grant type is not supported")
            return as_json(self._tokens(grant, now, hard))

    def revoke(self, authorization: str, form: dict[str, str]) -> Answer:
        self._check_app(authorization, form)
        with self._lock:
            token = form.get("token", "")
            grant = self._refresh.get(token) or self._access.get(token, (None, None))[0]
            if grant is None:
                raise OAuthRefusal(400, "invalid_request", "The token is not known")
            self._end(grant)
        return Answer(200)

    def disconnect(self, realm: str) -> None:
        """The user disconnects the app in QuickBooks: no callback, the refresh tokens just stop working."""
        with self._lock:
            for grant in self._refresh.values():
                if grant.realm == realm:
                    grant.refresh_until = self.clock.now()

    def export(self) -> list[Json]:
        """The grants that still stand, for a file that outlives the process; access tokens are not kept."""
        with self._lock:
            return [
                {"realm": one.realm, "refresh_token": one.refresh_token, "began": one.began.isoformat()}
                for token, one in self._refresh.items()
                if token == one.refresh_token and not one.revoked
            ]

    def restore(self, grants: list[Json]) -> None:
        with self._lock:
            now = self.clock.now()
            for held in grants:
                until = now + timedelta(seconds=REFRESH_S)
                began = datetime.fromisoformat(held["began"])
                self._refresh[held["refresh_token"]] = Grant(held["realm"], began, now, until, held["refresh_token"])

    def _check_app(self, authorization: str, form: dict[str, str]) -> None:
        id, secret = _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))
        if not id or self.client_id not in (None, id) or self.client_secret not in (None, secret):
            raise OAuthRefusal(401, "invalid_client", "The client id or secret is not right")

    def _exchange(self, form: dict[str, str], now: datetime) -> Grant:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.until < now or code.redirect_uri != form.get("redirect_uri"):
            raise OAuthRefusal(400, "invalid_grant", "The authorization code is invalid, used or expired")
        grant = Grant(code.realm, now, now, now)
        self._renew(grant, now)
        return grant

    def _refreshed(self, token: str, now: datetime) -> Grant:
        grant = self._refresh.get(token)
        if grant is None and self.any_token and token and token not in self._spent():
            grant = Grant("", now, now, now + timedelta(seconds=REFRESH_S), token)
            self._refresh[token] = grant
        if grant is None or grant.revoked or grant.refresh_until <= now or now >= self._hard_end(grant):
            raise invalid_grant()
        if grant.refresh_token != token:
            if self.switches.on("reuse_revokes"):
                self._end(grant)
            raise invalid_grant()
        if self.switches["rotate"] == "always" or now - grant.refresh_began >= ROTATES_AFTER:
            self._renew(grant, now)
        grant.refresh_until = now + timedelta(seconds=REFRESH_S)
        return grant

    def _spent(self) -> set[str]:
        return {token for token, grant in self._refresh.items() if grant.refresh_token != token}

    def _renew(self, grant: Grant, now: datetime) -> None:
        grant.refresh_token = "RT1-" + secrets.token_hex(24)
        grant.refresh_began, grant.refresh_until = now, now + timedelta(seconds=REFRESH_S)
        self._refresh[grant.refresh_token] = grant

    def _hard_end(self, grant: Grant) -> datetime:
        return grant.began + timedelta(seconds=HARD_S)

    def _tokens(self, grant: Grant, now: datetime, hard: bool) -> Json:
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

    def _end(self, grant: Grant) -> None:
        grant.revoked = True


def discovery(base: str) -> Json:
    """The discovery document; `base` is where the caller reached us."""
    return {
        "issuer": f"{base}/op/v1",
        "authorization_endpoint": f"{base}/connect/oauth2",
        "token_endpoint": f"{base}/oauth2/v1/tokens/bearer",
        "userinfo_endpoint": f"{base}/v1/openid_connect/userinfo",
        "revocation_endpoint": f"{base}/v2/oauth2/tokens/revoke",
        "jwks_uri": f"{base}/op/v1/jwks",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone", "com.intuit.quickbooks.accounting"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
    }


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        id, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
    except (ValueError, UnicodeDecodeError):
        return None
    return unquote(id), unquote(secret)
