"""`dealbooks deals post`."""

from __future__ import annotations

import json

import pytest

from tests.makers import won
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import Office, running_office  # noqa: F401 (a fixture)
from webhooks.cli.deals import events_in


def test_an_event_from_stdin_is_signed_and_taken(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    (answer,) = shell.told("deals", "post", "-", "--company", "demo", stdin=json.dumps(won("whole")))
    assert (answer["status"], answer["duplicate"]) == (202, False)
    assert office.event(answer["event"]).stream.endswith(":whole")


def test_bare_data_becomes_a_won_deal_of_now(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    (shell.folder / "deal.json").write_text(json.dumps(won("bare")["data"]))
    (answer,) = shell.told("deals", "post", "deal.json", "--company", "demo")
    assert office.event(answer["event"]).kind == "crm.deal.won"


def test_an_array_is_posted_one_by_one(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    both = json.dumps([won("one"), won("other")])
    assert [each["status"] for each in shell.told("deals", "post", "-", "--company", "demo", stdin=both)] == [202, 202]


def test_what_the_receiver_refuses_is_told_with_its_faults(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    wrong = won("wrong", lines=[{"quantity": "-1", "unit_price": "1"}])
    said = shell("deals", "post", "-", "--company", "demo", stdin=json.dumps(wrong))
    assert said.exit_code == 1
    assert "/data/lines/0/quantity" in said.stderr


def test_no_receiver_is_a_sentence_with_the_remedy(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    said = shell.refused(
        "deals", "post", "-", "--company", "demo", "--url", "http://127.0.0.1:9", stdin=json.dumps(won("nowhere"))
    )
    assert "`dealbooks up`" in said
    assert "--url" in said


def test_an_unknown_company_is_refused(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    assert "no company nobody" in shell.refused("deals", "post", "-", "--company", "nobody", stdin=json.dumps(won("x")))


def test_a_fraction_keeps_every_digit_it_was_written_with() -> None:
    (event,) = events_in(b'{"deal": {"id": 1}, "lines": [{"quantity": 1, "unit_price": 19.90}]}', "crm.deal.won")
    assert event["data"]["lines"][0]["unit_price"] == "19.90"
    assert event["subject"] == "deal/1"


@pytest.mark.parametrize("body", [b"not json", b"[1]", b'{"hello": "there"}'])
def test_what_is_no_event_is_refused(office: Office, shell: Shell, body: bytes) -> None:
    shell.settings = office.settings
    assert shell.refused("deals", "post", "-", "--company", "demo", stdin=body.decode())
