"""`dealbooks proof`."""

from __future__ import annotations

from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import Office, running_office  # noqa: F401 (a fixture)


def test_the_page_has_all_the_evidence_of_an_invoice(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    invoice = office.invoiced("proven")
    intent = office.intent("proven", "done")
    said = shell("proof", invoice["number"])
    assert said.exit_code == 0, said.output
    for evidence in (
        intent.cause,
        intent.request_id,
        intent.marker,
        intent.intuit_tid,
        "created",
        "deal          proven",
    ):
        assert evidence in said.stdout
    assert intent.body in "".join(line.strip() for line in said.stdout.splitlines())


def test_the_body_stands_there_to_the_letter(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    invoice = office.invoiced("exact")
    told = shell.told("proof", invoice["invoice_id"], "--by", "id")
    (call,) = [
        call
        for call in office.sandbox.world.journal.newest(1000)
        if told["asks"][0]["request_id"] in str(call["query"])
    ]
    assert told["asks"][0]["body"] == call["body"]
    assert told["made_here"] is True
    assert [line["what"] for line in told["history"]] == ["created"]


def test_it_says_when_nobody_here_made_the_invoice(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    customer = office.sandbox.company(office.realm).all("Customer")[0]
    body = {
        "CustomerRef": {"value": customer["Id"]},
        "DocNumber": "BY-HAND",
        "Line": [
            {
                "DetailType": "SalesItemLineDetail",
                "Amount": "5.00",
                "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 1, "UnitPrice": 5},
            }
        ],
    }
    office.sandbox.act(office.realm, create={"Invoice": body})
    office.until(lambda: shell("proof", "BY-HAND").exit_code == 0)
    said = shell("proof", "BY-HAND")
    assert "Nobody here made this invoice" in said.stdout
    assert shell.told("proof", "BY-HAND")["made_here"] is False


def test_two_invoices_that_could_be_meant_are_not_guessed_between(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    one, other = office.invoiced("guess-1"), office.invoiced("guess-2")
    office.sandbox.act(office.realm, edit={"invoice": other["invoice_id"], "set": {"DocNumber": one["invoice_id"]}})
    office.until(lambda: (office.row("crm_invoices", "guess-2") or {})["number"] == one["invoice_id"])
    assert "may be 2 invoices" in shell.refused("proof", one["invoice_id"])
    assert shell.told("proof", one["invoice_id"], "--by", "id")["deal"]["deal_id"] == "guess-1"
    assert shell.told("proof", one["invoice_id"], "--by", "number")["deal"]["deal_id"] == "guess-2"


def test_an_unknown_invoice_is_refused(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    assert "no invoice 424242" in shell.refused("proof", "424242")
