"""The desk: what an action has before it while it decides about one stream — its transactions, holds and books."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.domain.errors import Disconnected, TryLater
from models.records import connections, streams, usage
from models.records.connections import Connection
from models.records.database import Session, database_now
from models.records.streams import LEASE_S, Lease
from worker.quickbooks.books import RealmBooks
from worker.wiring import Wiring


class LeaseLost(Exception):
    """Another has the stream now; whoever raises this starts nothing more (R5)."""


@dataclass
class Desk:
    """One handling of one stream. Transactions are for the stream's company; none is open while QuickBooks is asked."""

    wiring: Wiring
    lease: Lease
    company_id: str
    wakes: int = 0  # how often something was woken when this began to decide
    deferred: dict[str, float] = field(default_factory=dict)  # event id to seconds; these stay waiting
    _books: dict[str, RealmBooks] = field(default_factory=dict)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look at the database."""
        with self.wiring.database.reading(self.company_id) as session:
            yield session

    @contextmanager
    def starting(self) -> Iterator[Session]:
        """A commit that starts something: it holds the stream's row and checks that the lease is still ours (R5)."""
        with self.wiring.database.writing(self.company_id) as session:
            if not streams.still_mine(session, self.lease):
                raise LeaseLost(self.lease.key)
            yield session

    @contextmanager
    def recording(self) -> Iterator[Session]:
        """A commit of what the books said: a fact, whoever brings it (R5)."""
        with self.wiring.database.writing(self.company_id) as session:
            yield session

    def hold(self, *keys: str) -> None:
        """Keep others from deciding the same at once, until the outcome or the end (R12). Raises TryLater."""
        with self.starting() as session:
            token = self.lease.token
            if not streams.take_holds(session, keys, company_id=self.company_id, token=token, for_s=LEASE_S):
                raise TryLater(0.3 + random.random() * 0.3, "another decides about the same")  # noqa: S311

    def books_of(self, connection: Connection) -> RealmBooks:
        """The books of a connection of this company."""
        if connection.company_id != self.company_id:
            raise ValueError("a connection of another company")
        if connection.connection_id not in self._books:
            self._books[connection.connection_id] = RealmBooks(
                self.wiring.gate, connection, asker=self.lease.token, starting=self.starting
            )
        return self._books[connection.connection_id]

    def connection(self, connection_id: str) -> Connection:
        """A connection by its id. Raises Disconnected where there is none any more."""
        with self.reading() as session:
            found = connections.find(session, connection_id)
        if found is None:
            raise Disconnected(connection_id, "the connection was removed")
        return found

    def now(self) -> datetime:
        """The database's time, aware UTC."""
        with self.reading() as session:
            return database_now(session)

    def defer(self, event_id: str, after: float) -> None:
        """Let an event wait on; it is looked at again in so many seconds, and costs no attempt."""
        self.deferred[event_id] = after

    def count_calls(self, session: Session) -> None:
        """Write down the calls that were made to QuickBooks from this desk."""
        for connection_id, books in self._books.items():
            usage.add(session, self.company_id, connection_id, books.calls)
            books.forget_calls()

    def drop_holds(self, session: Session) -> None:
        streams.drop_holds(session, self.lease.token)


Outcome = Mapping[str, Any] | None
"""What an action says came of its events; stored with them."""
