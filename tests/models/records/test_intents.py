"""Intents: one identity, one open at a time, generations that follow from what became of the last (R6, R7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from models.domain import keys
from models.records import intents
from models.records.database import Database
from models.records.intents import Intent, Plan

PLAN = Plan("acme", "co_1", "create_invoice", "generic:d1", "ev_1", {"Line": 1}, decision={"deal": 1})


def freeze(kind: str, body: Mapping[str, Any], marker: str) -> str:
    return json.dumps({**body, "note": marker})


def plan(acme: Database, wanted: Plan = PLAN, **changed: Any) -> Intent:
    with acme.writing("acme") as session:
        return intents.plan(session, replace(wanted, **changed), freeze)


def ask(acme: Database, intent: Intent, asker: str = "lease") -> Intent:
    with acme.writing("acme") as session:
        return intents.ask(session, intent, asker)


def settle(acme: Database, intent: Intent, state: str, book_id: str | None = None) -> bool:
    with acme.writing("acme") as session:
        return intents.settle(session, intent, state, outcome={}, book_id=book_id)


def test_the_request_id_is_derived_from_the_identity_and_the_marker_from_it(acme: Database) -> None:
    made = plan(acme)
    assert made.request_id == keys.request_id("acme", "create_invoice", "generic:d1", "1", 1)
    assert len(made.request_id) == 40
    assert json.loads(made.body)["note"] == made.marker == f"[db:{made.request_id[:16]}]"


@pytest.mark.parametrize(
    "changed",
    [{"company_id": "other"}, {"kind": "void_invoice"}, {"subject": "generic:d2"}, {"slot": "2"}],
)
def test_each_part_of_the_identity_makes_another_intent(acme: Database, changed: dict[str, str]) -> None:
    with acme.writing("*") as session:
        one = intents.plan(session, PLAN, freeze)
        other = intents.plan(session, replace(PLAN, **changed), freeze)
    assert one.request_id != other.request_id


def test_the_connection_is_no_part_of_the_identity(acme: Database) -> None:
    assert plan(acme).request_id == plan(acme, connection_id="co_2").request_id


def test_what_is_planned_may_be_frozen_again_and_what_is_asked_never(acme: Database) -> None:
    first = plan(acme)
    second = plan(acme, body={"Line": 2}, cause="ev_2")
    assert (second.intent_id, second.cause, json.loads(second.body)["Line"]) == (first.intent_id, "ev_2", 2)
    ask(acme, second)
    third = plan(acme, body={"Line": 3}, cause="ev_3")
    assert (third.state, third.body, third.cause) == ("asked", second.body, "ev_2")


def test_an_uncertain_one_is_found_again_as_it_was(acme: Database) -> None:
    asked = ask(acme, plan(acme))
    settle(acme, asked, "uncertain")
    found = plan(acme, body={"Line": 2}, cause="ev_2")
    assert (found.intent_id, found.state, found.body) == (asked.intent_id, "uncertain", asked.body)
    assert found.settled_at is None


def test_after_a_refusal_the_next_generation_follows_by_itself(acme: Database) -> None:
    first = ask(acme, plan(acme))
    settle(acme, first, "refused")
    second = plan(acme)
    assert (second.generation, second.state) == (2, "planned")
    assert second.request_id != first.request_id


def test_after_it_is_done_only_a_person_opens_the_next(acme: Database) -> None:
    first = ask(acme, plan(acme))
    settle(acme, first, "done", "7")
    assert plan(acme).intent_id == first.intent_id
    assert plan(acme, cause="ev_2").intent_id == first.intent_id
    assert plan(acme, again=True).intent_id == first.intent_id, "the same cause finds the same one"
    assert plan(acme, cause="ev_2", again=True).generation == 2


def test_done_is_never_overwritten(acme: Database) -> None:
    asked = ask(acme, plan(acme))
    assert settle(acme, asked, "done", "7")
    assert not settle(acme, asked, "uncertain")
    assert not settle(acme, asked, "done", "8")
    with acme.reading("acme") as session:
        found = intents.find(session, asked.intent_id)
    assert found is not None
    assert (found.state, found.book_id) == ("done", "7")


def test_an_answer_after_the_generation_was_given_up_is_still_a_fact(acme: Database) -> None:
    asked = ask(acme, plan(acme))
    settle(acme, asked, "refused")
    assert settle(acme, asked, "done", "7")


def test_asking_counts_and_remembers_the_first_time_and_the_asker(acme: Database) -> None:
    once = ask(acme, plan(acme), "lease1")
    settle(acme, once, "uncertain")
    with acme.reading("acme") as session:
        uncertain = intents.find(session, once.intent_id)
    assert uncertain is not None
    twice = ask(acme, uncertain, "lease2")
    assert (once.attempts, twice.attempts, twice.asker) == (1, 2, "lease2")
    assert twice.first_asked_at == once.first_asked_at
    assert twice.asked_at is not None
    assert once.asked_at is not None
    assert twice.asked_at >= once.asked_at


def test_a_call_that_did_not_happen_leaves_it_as_before(acme: Database) -> None:
    once = ask(acme, plan(acme))
    with acme.writing("acme") as session:
        intents.not_asked(session, once)
        before = intents.find(session, once.intent_id)
    assert before is not None
    assert (before.state, before.attempts, before.asker, before.first_asked_at) == ("planned", 0, None, None)
    again = ask(acme, before)
    settle(acme, again, "uncertain")
    repeat = ask(acme, again)
    with acme.writing("acme") as session:
        intents.not_asked(session, repeat)
        after = intents.find(session, once.intent_id)
    assert after is not None
    assert (after.state, after.attempts) == ("uncertain", 1)
    assert after.first_asked_at == again.first_asked_at, "the first ask may have happened"


@pytest.mark.parametrize("later", ["own", "other"])
def test_a_call_that_did_not_happen_says_nothing_of_a_later_one(acme: Database, later: str) -> None:
    first = ask(acme, plan(acme), "mine")
    asked_since = ask(acme, first, "mine" if later == "own" else "theirs")
    with acme.writing("acme") as session:
        intents.not_asked(session, first)
        assert intents.find(session, first.intent_id) == asked_since


def test_who_lost_the_lease_leaves_the_first_ask_of_another_alone(acme: Database) -> None:
    """Mine was taken back, theirs is the first that is under way: as many attempts, another asker."""
    mine = ask(acme, plan(acme), "mine")
    with acme.writing("acme") as session:
        intents.not_asked(session, mine)
    theirs = ask(acme, plan(acme), "theirs")
    assert theirs.attempts == mine.attempts
    with acme.writing("acme") as session:
        intents.not_asked(session, mine)
        assert intents.find(session, mine.intent_id) == theirs


def test_what_is_not_known_does_not_reopen_a_generation_that_was_given_up(acme: Database) -> None:
    first = ask(acme, plan(acme))
    settle(acme, first, "refused")
    second = plan(acme)
    assert not settle(acme, first, "uncertain")
    with acme.reading("acme") as session:
        found = intents.find(session, first.intent_id)
    assert found is not None
    assert found.state == "refused"
    assert plan(acme).intent_id == second.intent_id


def test_what_our_answers_made_is_known_by_kind_and_id(acme: Database) -> None:
    asked = ask(acme, plan(acme))
    with acme.reading("acme") as session:
        assert intents.any_under_way(session, "co_1", "create_invoice")
        assert intents.made(session, "co_1", "create_invoice", ["7"]) == set()
    settle(acme, asked, "done", "7")
    with acme.reading("acme") as session:
        assert not intents.any_under_way(session, "co_1", "create_invoice")
        assert intents.made(session, "co_1", "create_invoice", ["7", "8"]) == {"7"}
        assert intents.made(session, "co_1", "void_invoice", ["7"]) == set()
        assert intents.made(session, "co_2", "create_invoice", ["7"]) == set()
