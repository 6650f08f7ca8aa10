"""`dealbooks attention`."""

from __future__ import annotations

from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import Office, running_office  # noqa: F401 (a fixture)


def item_called(office: Office, name: str) -> str:
    return next(item["Id"] for item in office.sandbox.company(office.realm).all("Item") if item["Name"] == name)


def test_the_remedy_is_a_command_that_can_be_typed(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    point = office.asked_about("remedy", "Unheard of")
    (row,) = [each for each in shell.told("attention", "list") if each["deal_id"] == "remedy"]
    assert f"dealbooks attention resolve {point['attention_id']} --item" in row["remedy"]
    assert shell.told("attention", "show", row["attention_id"])["remedy"] == row["remedy"]
    assert row["remedy"] in shell("attention", "list").stdout


def test_a_named_item_lets_the_deal_be_invoiced_and_says_so(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    point = office.asked_about("named", "Nobody knows")
    said = shell("attention", "resolve", point["attention_id"], "--item", item_called(office, "Installation"))
    assert said.exit_code == 0, said.output
    assert "Deal named is invoiced" in said.stdout
    assert office.row("crm_invoices", "named") is not None
    assert office.row("crm_attention", "named") is None


def test_who_decided_is_kept(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    point = office.asked_about("dismissed", "Never mind")
    told = shell.told("attention", "resolve", point["attention_id"], "--dismiss", "--by", "Dana")
    assert told["state"] == "done"
    shown = shell.told("attention", "show", point["attention_id"])
    assert (shown["state"], shown["by"], shown["resolution"]) == ("resolved", "Dana", "dismiss")


def test_a_choice_that_is_not_offered_is_refused_with_those_that_are(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    point = office.asked_about("offered", "Something else")
    said = shell.refused("attention", "resolve", point["attention_id"], "--void")
    assert "--item ID, --create, --dismiss" in said


def test_an_item_that_the_books_do_not_have_is_refused(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    point = office.asked_about("wrong-item", "Yet another")
    assert "no active item 99999" in shell.refused("attention", "resolve", point["attention_id"], "--item", "99999")


def test_a_settled_point_is_not_settled_again(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    point = office.asked_about("twice", "Settled before")
    assert shell("attention", "resolve", point["attention_id"], "--dismiss").exit_code == 0
    assert "settled already" in shell.refused("attention", "resolve", point["attention_id"], "--dismiss")


def test_exactly_one_choice_is_made(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    assert shell("attention", "resolve", "at_1").exit_code == 2
    assert shell("attention", "resolve", "at_1", "--keep", "--void").exit_code == 2


def test_an_unknown_point_is_a_problem_object_in_json(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    said = shell("attention", "resolve", "at_nobody", "--dismiss", "--json")
    assert said.exit_code == 1
    assert '"code": "not_found"' in said.stdout
