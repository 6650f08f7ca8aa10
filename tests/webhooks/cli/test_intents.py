"""`dealbooks intents`."""

from __future__ import annotations

import json

import pytest

from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import Office, running_office  # noqa: F401 (a fixture)


def booked(office: Office, marker: str) -> list[str]:
    """The ids of the invoices that carry a marker."""
    return [
        invoice["Id"]
        for invoice in office.sandbox.company(office.realm).all("Invoice")
        if marker in invoice.get("PrivateNote", "")
    ]


def test_an_intent_is_shown_to_the_letter(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.invoiced("letter")
    intent = office.intent("letter", "done")
    told = shell.told("intents", "show", intent.intent_id)
    (sent,) = [call for call in office.sandbox.world.journal.newest(1000) if intent.request_id in str(call["query"])]
    assert told["body"] == sent["body"]
    assert told["request_id"] == intent.request_id
    assert intent.intent_id in [row["intent_id"] for row in shell.told("intents", "list", "--state", "done")]


def test_a_person_who_found_it_in_the_books_settles_it(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    intent = office.lost("found")
    (book_id,) = booked(office, intent.marker)
    told = shell.told("intents", "settle", intent.intent_id, "--done", book_id, "--by", "Dana")
    assert (told["state"], told["book_id"]) == ("done", book_id)
    assert told["outcome"] == {"by": "Dana", "evidence": "a person named it, and it carries our marker"}
    row = office.row("crm_invoices", "found")
    assert row is not None
    assert row["invoice_id"] == book_id
    office.until(lambda: office.event(intent.cause).state == "done")
    assert booked(office, intent.marker) == [book_id]


def test_what_is_not_in_the_books_is_made_anew(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    intent = office.lost("anew")
    (book_id,) = booked(office, intent.marker)
    office.sandbox.act(office.realm, delete={"invoice": book_id})
    told = shell.told("intents", "settle", intent.intent_id, "--refused", "--by", "Dana")
    assert (told["state"], told["outcome"]["by"]) == ("refused", "Dana")
    made = office.until(lambda: office.intent("anew", "done"))
    assert made.generation == intent.generation + 1
    assert len(booked(office, made.marker)) == 1


def test_an_id_that_the_books_do_not_have_settles_nothing(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    intent = office.lost("absent")
    assert "hold no invoice 99999" in shell.refused("intents", "settle", intent.intent_id, "--done", "99999")
    assert office.intent("absent", "uncertain") is not None


def test_an_outcome_that_is_known_is_not_settled_by_hand(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.invoiced("known")
    intent = office.intent("known", "done")
    assert "is done" in shell.refused("intents", "settle", intent.intent_id, "--refused")


@pytest.mark.parametrize("options", [(), ("--done", "1", "--refused")])
def test_one_of_the_two_outcomes_is_said(office: Office, shell: Shell, options: tuple[str, ...]) -> None:
    shell.settings = office.settings
    assert shell("intents", "settle", "in_1", *options).exit_code == 2


def test_an_unknown_intent_is_a_problem_object_in_json(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    said = shell("intents", "show", "in_nobody", "--json")
    assert (said.exit_code, json.loads(said.stdout)["code"]) == (1, "not_found")
