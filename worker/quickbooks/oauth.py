"""OAuth with Intuit: intuit-oauth as transport, without its calls at construction, its random state and its globals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests
from intuitlib.client import AuthClient
from intuitlib.exceptions import AuthClientError

from config.settings import Endpoints

DEADLINE_S = 25.0


@dataclass(frozen=True)
class Tokens:
    """What a grant gives: lifetimes in seconds."""

    access_token: str
    refresh_token: str
    access_for_s: float
    refresh_for_s: float | None


class GrantRefused(Exception):
    """invalid_grant: the refresh token is no good any more, and asking again will not help."""


class OAuthUnavailable(Exception):
    """Intuit's token endpoint could not be asked now; nothing is known about the grant."""


class _Auth(AuthClient):  # type: ignore[misc]  # the library has no types
    """The library's client without its discovery call, whose constructor asks Intuit every time."""

    def __init__(self, *, client_id: str, client_secret: str, endpoints: Endpoints) -> None:
        requests.Session.__init__(self)
        self.trust_env = False
        self.client_id, self.client_secret = client_id, client_secret
        self.redirect_uri = ""
        self.token_endpoint, self.revoke_endpoint = endpoints.token, endpoints.revoke
        self.auth_endpoint, self.user_info_url = endpoints.authorize, endpoints.userinfo
        told: Any = None  # what the token endpoint answers is set on these by the library
        self.state_token = self.access_token = self.refresh_token = self.id_token = self.realm_id = told
        self.expires_in = self.x_refresh_token_expires_in = told

    def request(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("timeout", (3.05, DEADLINE_S))
        kwargs.setdefault("allow_redirects", False)
        return super().request(*args, **kwargs)


@dataclass(frozen=True)
class OAuth:
    """Our app at Intuit: its id, its secret and where to ask."""

    client_id: str
    client_secret: str
    endpoints: Endpoints

    def refreshed(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token. Raises GrantRefused, OAuthUnavailable.

        The value of the refresh token changes about once a day; the newest one is the only good one.
        """
        auth = self._auth()
        try:
            auth.refresh(refresh_token=refresh_token)
        except AuthClientError as error:
            if error.status_code == 400 and "invalid_grant" in str(error.content):
                raise GrantRefused("QuickBooks no longer accepts the refresh token") from None
            raise OAuthUnavailable(f"QuickBooks' token endpoint answered {error.status_code}") from None
        except requests.RequestException as error:
            raise OAuthUnavailable(f"QuickBooks' token endpoint: {type(error).__name__}") from None
        finally:
            auth.close()
        return _tokens(auth, refresh_token)

    def revoke(self, refresh_token: str) -> bool:
        """Tell Intuit that the grant is over; says whether Intuit agreed."""
        auth = self._auth()
        try:
            return bool(auth.revoke(token=refresh_token))
        except (AuthClientError, requests.RequestException):
            return False
        finally:
            auth.close()

    def _auth(self) -> _Auth:
        return _Auth(client_id=self.client_id, client_secret=self.client_secret, endpoints=self.endpoints)


def _tokens(auth: _Auth, before: str) -> Tokens:
    # The library sets every member of the answer as its own attribute; only these four are taken out of it.
    if not auth.access_token:
        raise OAuthUnavailable("QuickBooks' token endpoint answered without a token")
    lifetime = auth.x_refresh_token_expires_in
    return Tokens(
        access_token=str(auth.access_token),
        refresh_token=str(auth.refresh_token or before),
        access_for_s=float(auth.expires_in or 3600),
        refresh_for_s=float(lifetime) if lifetime else None,
    )
