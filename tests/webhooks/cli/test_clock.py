"""`dealbooks clock`: what is due and was not heard of is found."""

from __future__ import annotations

import signal
from collections.abc import Callable

from sqlalchemy import select

from models.records import lanes, streams
from models.records.database import OPERATOR, Database
from models.records.streams import NewStream
from tests.webhooks.cli.processes import Command, wait_until

Start = Callable[..., Command]


def test_what_is_due_is_rung_for(start: Start, database_url: str) -> None:
    database = Database(database_url, role="dealbooks_worker")
    with database.writing(OPERATOR) as session:
        lanes.add(session, lane="somebody", company_id="acme")
        streams.create(session, [NewStream("something", "deals", "acme", "somebody")])
        streams.make_due(session, "something")
    ticking = start("clock", secret_keys="k" * 40, database_url=database_url)

    def is_rung() -> bool:
        with database.reading(OPERATOR) as session:
            return session.scalars(select(streams.streams.c.rung_at)).one() is not None

    wait_until(is_rung, "the ring")
    database.dispose()
    assert ticking.stop(signal.SIGINT) == 0
