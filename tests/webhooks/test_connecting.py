"""Connecting: the connection and the reading of its books are promised in one commit (R1)."""

from __future__ import annotations

import pytest

from models.records import connections
from models.records.database import OPERATOR
from tests.makers import won
from tests.pauses import Died, Watch
from tests.stack import COMPANY, Stack


def test_a_door_that_dies_right_after_the_connection_is_made_leaves_its_books_to_be_read(
    bare_stack: Stack, watch: Watch
) -> None:
    watch.die_at("connect.committed")
    with pytest.raises(Died):
        bare_stack.connect(load=False)
    (bare_stack.realm,) = bare_stack.books.world.companies
    bare_stack.add_item()
    bare_stack.post(won("d1"))
    bare_stack.time_passes(3)
    bare_stack.sweep()
    bare_stack.drain("books")
    assert bare_stack.states("connection.made") == ["done"]
    with bare_stack.database.reading(OPERATOR) as session:
        connection = connections.default_of(session, COMPANY)
    assert connection is not None
    assert connection.loaded_at is not None
    bare_stack.time_passes(1)
    bare_stack.work()
    assert bare_stack.states() == ["done"]
    assert len(bare_stack.booked()) == 1
