"""One grant, one refresh at a time; and what is said about an older generation does not touch the newer one (R13)."""

from __future__ import annotations

from models.records import connections, lanes
from models.records.database import OPERATOR
from tests.makers import person_of, won
from tests.pauses import Background, Watch
from tests.stack import Stack

REFRESH = "/oauth2/v1/tokens/bearer"


def stale_token(stack: Stack) -> None:
    """The access token has run out; the timers of the connection are not due."""
    with stack.database.writing(OPERATOR) as session:
        grant = connections.grant_of(session, stack.connection)
        assert grant is not None
        assert connections.refreshed(
            session,
            connection_id=stack.connection,
            generation=grant.generation,
            access_token=grant.access_token,
            refresh_token=grant.refresh_token,
            access_for_s=1.0,
            refresh_for_s=1000.0,
        )


def reconnect(stack: Stack) -> str:
    """A person connects the realm again; gives the new access token."""
    new = stack.books.world.oauth.grant(stack.realm)
    with stack.database.writing(OPERATOR) as session:
        connections.new_grant(
            session,
            connection_id=stack.connection,
            company_id="acme",
            access_token=stack.worker.sealer.seal(str(new["access_token"])),
            refresh_token=stack.worker.sealer.seal(str(new["refresh_token"])),
            access_for_s=3600.0,
            refresh_for_s=1000.0,
        )
        lanes.unpark(session, stack.connection)
    return str(new["access_token"])


def stored_token(stack: Stack) -> str:
    with stack.database.reading(OPERATOR) as session:
        grant = connections.grant_of(session, stack.connection)
    assert grant is not None
    return stack.worker.sealer.open(grant.access_token)


def test_two_who_need_a_new_token_make_one_refresh(stack: Stack, watch: Watch, background: Background) -> None:
    stale_token(stack)
    stack.post(won("d1", person=person_of("one")))
    with watch.pause_at("token.before_refresh") as asking:
        first = background(lambda: stack.drain("deals"))
        asking.wait()
        stack.post(won("d2", person=person_of("two")))
        stack.drain("deals", crew=stack.another_crew())
        assert stack.states() == ["waiting", "waiting"]
        asking.release()
        first.result(20)
    stack.time_passes(1)
    stack.drain("deals")
    assert stack.states() == ["done", "done"]
    assert len(stack.calls(REFRESH)) == 1


def test_a_refreshed_token_does_not_replace_that_of_a_new_connection(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stale_token(stack)
    stack.post(won("d1"))
    with watch.pause_at("token.refreshed") as refreshed:
        working = background(lambda: stack.drain("deals"))
        refreshed.wait()
        new = reconnect(stack)
        refreshed.release()
        working.result(20)
    assert stored_token(stack) == new
    assert stack.states() == ["done"]


def test_a_refused_generation_does_not_park_the_connection_made_since(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.goes_wrong("status", path="", status=403)
    stack.post(won("d1"))
    with watch.pause_at("quickbooks.answered") as refused:
        working = background(lambda: stack.drain("deals"))
        refused.wait()
        reconnect(stack)
        refused.release()
        working.result(20)
    assert stack.lane().parked is None
    stack.time_passes(1)
    stack.drain("deals")
    assert stack.states() == ["done"]


def test_a_refusal_that_is_noticed_late_does_not_park_the_connection_made_since(
    stack: Stack, watch: Watch, background: Background
) -> None:
    stack.goes_wrong("status", path="", status=403)
    stack.post(won("d1"))
    with watch.pause_at("disconnected.noticed") as noticed:
        working = background(lambda: stack.drain("deals"))
        noticed.wait()
        assert stack.lane().parked == "disconnected"
        reconnect(stack)
        noticed.release()
        working.result(20)
    assert stack.lane().parked is None
    stack.drain("deals")
    assert stack.states() == ["done"]


def test_a_lane_that_was_opened_without_a_new_grant_is_parked_again(stack: Stack) -> None:
    stack.goes_wrong("status", path="", status=403)
    stack.post(won("d1"))
    stack.drain("deals")
    with stack.database.writing(OPERATOR) as session:
        lanes.unpark(session, stack.connection)
    stack.drain("deals")
    assert stack.lane().parked == "disconnected"
    assert stack.states() == ["waiting"]
