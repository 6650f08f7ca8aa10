"""`dealbooks mapping`: which CRM field fills which part of an invoice, for one company."""

from __future__ import annotations

from typing import Any

import click

from models.domain.deals import Deal
from models.domain.errors import NeedsAttention
from models.domain.mappings import PARTS, value_at
from models.records import companies
from models.records.companies import Company
from models.records.database import OPERATOR, Session
from webhooks.cli.common import Refused, data_option, json_option, not_found
from webhooks.cli.opening import opened
from webhooks.cli.showing import show_rows
from worker.waking import wake_cause
from worker.wiring import Wiring

of_company = click.option("--company", required=True, metavar="C", help="Whose mapping.")
part_argument = click.argument("part", type=click.Choice(PARTS))

DEFAULTS = {
    "recipient_name": "the organization's name, else the person's",
    "address": "the organization's address, else the person's",
    "email": "the person's first e-mail, else the organization's",
    "tax_id": "the organization's tax id",
    "due_date": "invoice.due_date, else due_in_days, else the books' terms",
    "memo": "invoice.memo",
    "number": "invoice.number, else the books number it",
}


@click.group()
def mapping() -> None:
    """The mapping of a company: CRM fields that fill parts of its invoices instead of the usual ones."""


@mapping.command("show")
@of_company
@data_option
@json_option
def show_mapping(company: str, data: str | None, as_json: bool) -> None:
    """Every part of an invoice, and the field that fills it."""
    with opened(data) as wiring, wiring.database.reading(OPERATOR) as session:
        chosen = _mapping(_company(session, company))
    _show(chosen, as_json)


@mapping.command("set")
@part_argument
@click.argument("path")
@of_company
@data_option
@json_option
def set_part(part: str, path: str, company: str, data: str | None, as_json: bool) -> None:
    """Fill PART from the field at PATH, such as `custom.billing_email` or `organization.name`."""
    refuse_wrong_path(path)
    _show(_remap(data, company, part, path), as_json)


@mapping.command("unset")
@part_argument
@of_company
@data_option
@json_option
def unset_part(part: str, company: str, data: str | None, as_json: bool) -> None:
    """Fill PART from the usual field again."""
    _show(_remap(data, company, part, ""), as_json)


def refuse_wrong_path(path: str) -> None:
    """Raises Refused for a path that no deal can have. What stands under `custom` is the CRM's own affair."""
    root, *rest = path.split(".")
    if root == "custom" and rest and all(rest) and path == path.strip():
        return
    try:
        value_at(Deal(crm="generic", id="1"), path)
    except NeedsAttention:
        raise Refused(
            f"{path!r} is no field of a deal: a path is dotted and begins with custom., organization., person., "
            "invoice. or deal. (such as custom.billing_email, organization.name, person.emails.0).",
            code="no_such_field",
            status=422,
        ) from None


def _remap(data: str | None, company_id: str, part: str, path: str) -> dict[str, str]:
    with opened(data) as wiring:
        with wiring.database.writing(OPERATOR) as session:
            company = _company(session, company_id)
            before = _mapping(company)
            chosen = {name: each for name, each in {**before, part: path}.items() if each}
            companies.remap(session, company_id, {**company.settings, "mapping": chosen})
        _wake_what_it_broke(wiring, company_id, before.get(part, ""))
    return chosen


def _wake_what_it_broke(wiring: Wiring, company_id: str, path_before: str) -> None:
    """The deals that waited because of the old path are decided again."""
    if path_before:
        wake_cause(wiring, company_id, f"mapping:{path_before} broken")


def _company(session: Session, company_id: str) -> Company:
    found = companies.find(session, company_id)
    if found is None or found.removed_at is not None:
        raise not_found("company", company_id, "`dealbooks companies list` shows them")
    return found


def _mapping(company: Company) -> dict[str, str]:
    told: dict[str, Any] = company.settings.get("mapping", {})
    return {part: str(path) for part, path in told.items() if path}


def _show(chosen: dict[str, str], as_json: bool) -> None:
    rows = [{"part": part, "path": chosen.get(part, ""), "default": DEFAULTS[part]} for part in PARTS]
    show_rows(rows, as_json, ("part", "path", "default"))
