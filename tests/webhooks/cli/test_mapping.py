"""`dealbooks mapping`."""

from __future__ import annotations

import pytest

from tests.makers import won
from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.office import SERVICE, Office, running_office  # noqa: F401 (a fixture)
from webhooks.cli.common import Refused
from webhooks.cli.mapping import refuse_wrong_path


def path_of(rows: list[dict[str, str]], part: str) -> str:
    return next(row["path"] for row in rows if row["part"] == part)


def test_a_part_is_filled_from_the_field_that_was_chosen(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    told = shell.told("mapping", "set", "memo", "deal.title", "--company", "demo")
    assert path_of(told, "memo") == "deal.title"
    invoice = office.invoiced("mapped")
    held = office.sandbox.company(office.realm).find("Invoice", invoice["invoice_id"])
    assert held is not None
    assert held["CustomerMemo"] == {"value": "T"}
    assert path_of(shell.told("mapping", "unset", "memo", "--company", "demo"), "memo") == ""


def test_a_corrected_mapping_wakes_what_the_wrong_one_stopped(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    shell.told("mapping", "set", "memo", "custom.gone", "--company", "demo")
    office.post(won("stopped", lines=[SERVICE]))
    assert office.until(lambda: office.row("crm_attention", "stopped"))["reason"] == "mapping_broken"
    shell.told("mapping", "unset", "memo", "--company", "demo")
    office.until(lambda: office.row("crm_invoices", "stopped"))
    office.until(lambda: office.row("crm_attention", "stopped") is None)


@pytest.mark.parametrize(
    "path", ["custom.po", "custom.address.line1", "organization.name", "person.emails.0", "deal.title"]
)
def test_a_path_that_a_deal_may_have_is_taken(path: str) -> None:
    refuse_wrong_path(path)


@pytest.mark.parametrize(
    "path", ["", "memo", "custom", "custom.", "custom..po", "organization.shoe", "deal.lines", "x.y"]
)
def test_a_path_that_no_deal_can_have_is_refused(path: str) -> None:
    with pytest.raises(Refused):
        refuse_wrong_path(path)


def test_a_part_that_no_invoice_has_is_wrong_use(office: Office, shell: Shell) -> None:
    shell.settings = office.settings
    assert shell("mapping", "set", "colour", "deal.title", "--company", "demo").exit_code == 2
    assert "no company nobody" in shell.refused("mapping", "show", "--company", "nobody")
