"""`dealbooks events`."""

from __future__ import annotations

from tests.makers import won
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import Office, running_office  # noqa: F401 (a fixture)


def test_an_event_is_shown_with_its_payload_and_what_came_of_it(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    invoice = office.invoiced("shown")
    (row,) = [row for row in shell.told("events", "list") if row["stream"].endswith(":shown")]
    told = office.until(lambda: (shown := shell.told("events", "show", row["event_id"]))["state"] == "done" and shown)
    assert told["outcome"]["invoice"] == invoice["invoice_id"]
    assert told["payload"]["data"]["deal"]["id"] == "shown"


def test_a_parked_event_is_shown_with_what_a_person_is_asked(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    point = office.asked_about("parked", "Not there")
    (row,) = shell.told("events", "list", "--state", "needs_attention")
    told = shell.told("events", "show", row["event_id"])
    assert [each["attention_id"] for each in told["attention"]] == [point["attention_id"]]


def test_a_replay_repeats_no_effect(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.invoiced("again")
    before = len(office.sandbox.company(office.realm).all("Invoice"))
    (row,) = [row for row in shell.told("events", "list") if row["stream"].endswith(":again")]
    office.until(lambda: office.event(row["event_id"]).state == "done")
    told = shell.told("events", "replay", row["event_id"])
    assert [each["replayed"] for each in told] == [True]
    office.until(lambda: office.event(row["event_id"]).state == "done")
    assert len(office.sandbox.company(office.realm).all("Invoice")) == before


def test_a_span_of_time_is_replayed(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    office.invoiced("span")
    told = shell.told("events", "replay", "--since", "1h", "--state", "done")
    assert any(each["kind"] == "crm.deal.won" and each["replayed"] for each in told)
    office.until(lambda: not shell.told("events", "list", "--state", "waiting"))


def test_what_nobody_acts_on_is_left_as_it_is(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    event_id = office.post({**won("odd"), "type": "crm.deal.sneezed"})
    (told,) = shell.told("events", "replay", event_id)
    assert (told["replayed"], told["why_not"]) == (False, "nobody acts on this kind")
    assert office.event(event_id).state == "ignored"


def test_a_replay_names_events_or_a_span(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    assert shell("events", "replay").exit_code == 2
    assert shell("events", "replay", "ev_1", "--since", "1h").exit_code == 2
    assert "no event ev_nobody" in shell.refused("events", "replay", "ev_nobody")
