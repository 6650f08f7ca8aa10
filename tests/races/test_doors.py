"""Two doors at once: one delivery is one event, and posts that name the same things in another order do not block."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.records import events
from models.records.database import OPERATOR
from tests.makers import notification, raw, won
from tests.pauses import Background, Watch, until, waiting_for_locks
from tests.stack import COMPANY, Stack
from webhooks.connecting import connect
from worker.quickbooks import notifications
from worker.quickbooks.oauth import Tokens


def someone_waits_to_write(stack: Stack, how_many: int = 1) -> bool:
    """Whether so many wait for a lock that another holds."""
    if stack.door.database.is_sqlite:
        return len(stack.door.database._writer._waiting) >= how_many
    return waiting_for_locks(stack.worker.database) >= how_many


def test_one_delivery_by_two_doors_at_once_is_one_event(stack: Stack, watch: Watch, background: Background) -> None:
    event = won("d1")
    with watch.pause_at("door.inserted") as inserted:
        first = background(lambda: stack.post(event))
        inserted.wait()
        second = background(lambda: stack.post(event))
        until(lambda: someone_waits_to_write(stack))
        inserted.release()
        answers = [first.result(20), second.result(20)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.get_json()["duplicate"] for answer in answers] == [False, True]
    assert answers[0].get_json()["event"] == answers[1].get_json()["event"]
    stack.work()
    assert len(stack.booked()) == 1


@pytest.mark.usefixtures("only_postgresql")
def test_posts_that_name_two_realms_in_opposite_order_are_both_stored(stack: Stack, background: Background) -> None:
    """A third post holds what both need between their first and their last: unsorted, each would then wait for the
    other."""
    stack.connect(load=False)
    realms = list(stack.books.world.companies)
    stack.tell(*(notification(realm, "invoice", "1", "updated") for realm in realms))
    one, middle, other = (
        notification(realm, "invoice", "2", "updated") for realm in (realms[0], realms[0], realms[-1])
    )
    assert realms[0] != realms[-1]
    parsed = notifications.parse(
        raw([middle]),
        environment=stack.door.settings.environment_name,
        fingerprint=stack.door.sealer.fingerprint,
        received_at=datetime.now(UTC),
    )
    with stack.worker.database.writing(OPERATOR) as session:
        events.insert_new(session, parsed.deliveries)
        there = background(lambda: stack.tell(one, middle, other))
        back = background(lambda: stack.tell(other, middle, one))
        until(lambda: someone_waits_to_write(stack, 2))
    assert [there.result(20).status_code, back.result(20).status_code] == [200, 200]
    assert len({row.delivery_id for row in stack.events("quickbooks.invoice.updated")}) >= 4


@pytest.mark.usefixtures("only_postgresql")
def test_what_is_told_while_its_realm_is_being_connected_gets_the_company_and_is_handled(
    bare_stack: Stack, watch: Watch, background: Background
) -> None:
    """The door read that nobody owns the realm; the connection is made before the door's commit."""
    grant = bare_stack.books.open_realm(empty=True)
    realm, tokens = str(grant["realm"]), Tokens(str(grant["access_token"]), str(grant["refresh_token"]), 3600, 1000)
    bare_stack.add_item("Told before", realm=realm)
    bare_stack.deliver()
    bare_stack.add_item("Told meanwhile", realm=realm)
    with watch.pause_at("door.inserted") as inserted:
        told = background(bare_stack.deliver)
        inserted.wait()
        made = background(lambda: connect(bare_stack.worker, company_id=COMPANY, realm=realm, tokens=tokens))
        until(lambda: made.done() or someone_waits_to_write(bare_stack))
        inserted.release()
        assert told.result(20) == 1
        made.result(20)
    bare_stack.work()
    known = [(row.company_id, row.state) for row in bare_stack.events("quickbooks.item")]
    assert known == [(COMPANY, "done"), (COMPANY, "done")]
