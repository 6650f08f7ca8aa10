"""Connecting: tie a company to a realm of QuickBooks, store its grant, and start reading its books."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from models.domain import keys
from models.domain.events import Delivery
from models.records import companies, connections, events, lanes, streams
from models.records.database import OPERATOR
from models.records.streams import NewStream
from worker import steps
from worker.quickbooks.oauth import Tokens
from worker.waking import make_due
from worker.wiring import Wiring


class CannotConnect(Exception):
    """The realm cannot be tied to this company; says why, and what to do."""


@dataclass(frozen=True)
class Connected:
    connection_id: str
    environment: str
    is_new: bool


def connect(wiring: Wiring, *, company_id: str, realm: str, tokens: Tokens, make_default: bool = False) -> Connected:
    """Store a grant for a realm; the same realm again reconnects it. Raises CannotConnect.

    What was told of the realm before, and what waited for any connection, is made due.
    """
    environment = wiring.settings.environment_name
    fingerprint = wiring.sealer.fingerprint(realm)
    stream = keys.books_stream(environment, fingerprint)
    with wiring.database.writing(OPERATOR) as session:
        company = companies.find(session, company_id)
        if company is None or company.removed_at is not None:
            raise CannotConnect(
                f"There is no company {company_id}; add it with `dealbooks companies add {company_id}`."
            )
        streams.create(session, [NewStream(stream, "books")])
        known = connections.of_realm(session, environment, fingerprint)
        if known is not None and known.company_id != company_id:
            raise CannotConnect("These books are connected to another company; disconnect them there first.")
        connection_id = known.connection_id if known else f"co_{secrets.token_hex(8)}"
        if known is None:
            is_first = connections.default_of(session, company_id) is None
            connections.add(
                session,
                connection_id=connection_id,
                company_id=company_id,
                environment=environment,
                realm_sealed=wiring.sealer.seal(realm),
                realm_fingerprint=fingerprint,
                is_default=is_first,
            )
            lanes.add(session, lane=connection_id, company_id=company_id)
        if make_default:
            connections.make_default(session, company_id, connection_id)
        connections.new_grant(
            session,
            connection_id=connection_id,
            company_id=company_id,
            access_token=wiring.sealer.seal(tokens.access_token),
            refresh_token=wiring.sealer.seal(tokens.refresh_token),
            access_for_s=tokens.access_for_s,
            refresh_for_s=tokens.refresh_for_s,
        )
        lanes.unpark(session, connection_id)
        streams.adopt(session, stream, company_id, connection_id)
        events.adopt(session, stream, company_id)
        made = events.insert_new(session, [_made(company_id, connection_id)])
    steps.reached("connect.committed")
    make_due(wiring, {one.stream: one.queue for one in made}, OPERATOR)
    return Connected(connection_id, environment, known is None)


def _made(company_id: str, connection_id: str) -> Delivery:
    return Delivery(
        source="command",
        delivery_id=secrets.token_hex(16),
        kind="connection.made",
        stream=keys.catch_up_stream(connection_id),
        queue="books",
        company_id=company_id,
        lane=connection_id,
        payload={"connection": connection_id},
        occurred_at=datetime.now(UTC),
    )
