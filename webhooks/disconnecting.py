"""Disconnecting: end a connection's grant at Intuit and here, and keep everything else where it is."""

from __future__ import annotations

from config.secrets import CannotOpen
from models.records import connections, lanes
from models.records.connections import Connection, Grant
from worker.quickbooks.oauth import OAuth
from worker.wiring import Wiring

BY_A_PERSON = "a person disconnected it"


def disconnect(wiring: Wiring, connection: Connection) -> bool:
    """Use a connection no more; tells whether Intuit agreed to end the grant (it may not be reachable).

    What is told meanwhile is kept and waits in the lane until somebody connects these books again.
    """
    with wiring.database.writing(connection.company_id) as session:
        lanes.unpark(session, connection.lane)  # a pause must not hide that it is disconnected now
        lanes.park(session, connection.lane, "disconnected")
        grant = connections.grant_of(session, connection.connection_id)
        if grant is not None and grant.refused is None:
            connections.refused(session, connection.connection_id, grant.generation, BY_A_PERSON)
    return grant is not None and _revoked(wiring, connection.environment, grant)


def _revoked(wiring: Wiring, environment: str, grant: Grant) -> bool:
    oauth = _oauth_of(wiring, environment)
    if oauth is None:
        return False
    try:
        refresh_token = wiring.sealer.open(grant.refresh_token)
    except CannotOpen:
        return False
    return oauth.revoke(refresh_token)


def _oauth_of(wiring: Wiring, environment: str) -> OAuth | None:
    """Where the grant was given, never elsewhere: a token is shown to nobody it is not from.

    Our app's id and secret are for the environment of the settings; a sandbox of ours takes any.
    """
    settings, oauth = wiring.settings, wiring.gate.tokens.oauth
    if environment == settings.environment_name:
        return oauth
    if not environment.startswith(("http://", "https://")):
        return None
    there = settings.model_copy(update={"quickbooks_environment": environment})
    return OAuth(client_id="dealbooks", client_secret="dealbooks", endpoints=there.quickbooks_endpoints)  # noqa: S106
