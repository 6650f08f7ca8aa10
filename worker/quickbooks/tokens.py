"""Access tokens: the stored one while it is good, refreshed by one process at a time, never by two (R13)."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.secrets import Sealer
from models.domain import keys
from models.domain.errors import Disconnected, TryLater
from models.records import connections, lanes, streams
from models.records.connections import Grant
from models.records.database import Database, database_now
from worker import steps
from worker.quickbooks.oauth import GrantRefused, OAuth, OAuthUnavailable

EARLY = timedelta(minutes=3)
"""A token is refreshed this long before it ends, so that no call is made with one that ends under way."""
HOLD_S = 60.0
"""The hold outlives the refresh call's own deadline, so that a slow answer does not let a second one begin (R13)."""


@dataclass(frozen=True)
class Token:
    """An access token and the generation of the grant it belongs to."""

    value: str
    generation: int


@dataclass(frozen=True)
class Tokens:
    """The tokens of every connection, as this process gets at them."""

    database: Database
    sealer: Sealer
    oauth: OAuth

    def current(self, company_id: str, connection_id: str) -> Token:
        """A token that is good now. Raises Disconnected, TryLater."""
        grant, at = self._stored(company_id, connection_id)
        if grant.access_until - EARLY > at:
            return self._opened(grant)
        return self._refreshed(grant)

    def instead_of(self, company_id: str, connection_id: str, refused: Token) -> Token:
        """Another token than the one QuickBooks just refused: the stored one if it is another, else a refreshed one."""
        grant, _ = self._stored(company_id, connection_id)
        if grant.generation != refused.generation:
            return self._opened(grant)
        return self._refreshed(grant)

    def refused(self, company_id: str, connection_id: str, generation: int, why: str) -> Disconnected:
        """QuickBooks refuses access for this generation: note it, park the lane, and give the error to raise."""
        with self.database.writing(company_id) as session:
            if not connections.refused(session, connection_id, generation, why):
                raise TryLater(0.3, "the grant was renewed meanwhile")
            lanes.park(session, connection_id, "disconnected")
        return Disconnected(connection_id, why)

    def _stored(self, company_id: str, connection_id: str) -> tuple[Grant, datetime]:
        with self.database.reading(company_id) as session:
            grant = connections.grant_of(session, connection_id)
            at = database_now(session)
        if grant is None:
            raise Disconnected(connection_id, "there is no grant")
        if grant.refused is not None:
            raise Disconnected(connection_id, grant.refused)
        return grant, at

    def _refreshed(self, stale: Grant) -> Token:
        token = f"refresh-{secrets.token_hex(8)}"
        self._hold(stale, token)
        try:
            grant, at = self._stored(stale.company_id, stale.connection_id)
            if grant.generation != stale.generation and grant.access_until - EARLY > at:
                return self._opened(grant)
            return self._ask(grant)
        finally:
            with self.database.writing(stale.company_id) as session:
                streams.drop_holds(session, token)

    def _hold(self, grant: Grant, token: str) -> None:
        key = keys.token_stream(grant.connection_id)
        with self.database.writing(grant.company_id) as session:
            if not streams.take_holds(session, [key], company_id=grant.company_id, token=token, for_s=HOLD_S):
                raise TryLater(0.3 + random.random() * 0.3, "another refreshes the token")  # noqa: S311

    def _ask(self, grant: Grant) -> Token:
        steps.reached("token.before_refresh")
        try:
            tokens = self.oauth.refreshed(self.sealer.open(grant.refresh_token))
        except GrantRefused as error:
            raise self.refused(grant.company_id, grant.connection_id, grant.generation, str(error)) from None
        except OAuthUnavailable as error:
            raise TryLater(5.0, str(error)) from None
        steps.reached("token.refreshed")
        with self.database.writing(grant.company_id) as session:
            stored = connections.refreshed(
                session,
                connection_id=grant.connection_id,
                generation=grant.generation,
                access_token=self.sealer.seal(tokens.access_token),
                refresh_token=self.sealer.seal(tokens.refresh_token),
                access_for_s=tokens.access_for_s,
                refresh_for_s=tokens.refresh_for_s,
            )
        if not stored:  # somebody reconnected meanwhile: theirs is the one that counts
            return self.current(grant.company_id, grant.connection_id)
        return Token(tokens.access_token, grant.generation + 1)

    def _opened(self, grant: Grant) -> Token:
        return Token(self.sealer.open(grant.access_token), grant.generation)
