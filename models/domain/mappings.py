"""Which CRM field fills which part of an invoice: what a company chose, and what holds where it chose nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from models.domain.deals import Address, Deal, InvoiceWish, Organization, Person, billing_email
from models.domain.errors import NeedsAttention, Problem
from models.domain.money import plain

PARTS = ("recipient_name", "address", "email", "tax_id", "due_date", "memo", "number")
"""The parts of an invoice that a company may fill from a field of its own."""


@dataclass(frozen=True, kw_only=True)
class InvoiceMapping:
    """For each part of an invoice a dotted path into the deal, or '' for the default.

    Paths begin with `custom.` (any field the CRM sent there), `organization.`, `person.`, `invoice.` or `deal.`:
    `custom.billing_email`, `organization.name`, `person.emails.0`. Where the field is there but empty, the default
    holds; where there is no such field, `mapping_broken` asks a person, and never fills the part with something else.
    """

    recipient_name: str = ""
    address: str = ""
    email: str = ""
    tax_id: str = ""
    due_date: str = ""
    memo: str = ""
    number: str = ""


def value_at(deal: Deal, path: str) -> object:
    """What stands at a path: text, number, date, address, list, or None when the deal has nothing there.

    Raises NeedsAttention(`mapping_broken`) for a path that names no field. A `custom` field that the CRM did not send
    is such a path: it may have been renamed, and an invoice must not go elsewhere because of that.
    """
    root, *rest = path.split(".")
    roots: Mapping[str, tuple[object, type | None]] = {
        "custom": (deal.custom, None),
        "organization": (deal.organization, Organization),
        "person": (deal.person, Person),
        "invoice": (deal.wish, InvoiceWish),
        "deal": (deal, Deal),
    }
    if root not in roots or not rest:
        raise NeedsAttention(_no_such_field(path))
    value, kind = roots[root]
    return _at(value, kind, rest, path)


def recipient_name(deal: Deal, mapping: InvoiceMapping) -> str:
    """To whom: the organisation's name, else the person's."""
    names = [party.name.strip() for party in (deal.organization, deal.person) if party]
    return _text_for("recipient_name", deal, mapping) or next(filter(None, names), "")


def recipient_address(deal: Deal, mapping: InvoiceMapping) -> Address:
    """The address on the invoice: the organisation's, else the person's."""
    if mapped := _address_of(_mapped("address", deal, mapping), mapping.address):
        return mapped
    addresses = [party.address for party in (deal.organization, deal.person) if party]
    return next(filter(None, addresses), Address())


def recipient_email(deal: Deal, mapping: InvoiceMapping) -> str:
    """Where the invoice is sent: the person's first e-mail, else the organisation's first."""
    return _text_for("email", deal, mapping) or billing_email(deal).strip()


def recipient_tax_id(deal: Deal, mapping: InvoiceMapping) -> str:
    """The buyer's tax id: the organisation's."""
    return _text_for("tax_id", deal, mapping) or (deal.organization.tax_id.strip() if deal.organization else "")


def wished_due_date(deal: Deal, mapping: InvoiceMapping) -> date | None:
    """The due date named outright; None leaves it to the days and the terms."""
    mapped = _text_for("due_date", deal, mapping)
    if not mapped:
        return deal.wish.due_date
    try:
        return date.fromisoformat(mapped[:10])
    except ValueError:
        raise NeedsAttention(_of_another_kind(mapping.due_date, "a date (YYYY-MM-DD)")) from None


def wished_memo(deal: Deal, mapping: InvoiceMapping) -> str:
    """The message to the customer."""
    return _text_for("memo", deal, mapping) or deal.wish.memo


def wished_number(deal: Deal, mapping: InvoiceMapping) -> str:
    """The invoice number that the CRM wishes; '' when it has no wish."""
    return _text_for("number", deal, mapping) or deal.wish.number


def mapping_problems(deal: Deal, mapping: InvoiceMapping) -> tuple[Problem, ...]:
    """Every part whose path leads nowhere for this deal, or to something of the wrong kind."""
    return tuple(_problems(deal, mapping))


def _problems(deal: Deal, mapping: InvoiceMapping) -> Iterator[Problem]:
    readers: tuple[Callable[[Deal, InvoiceMapping], object], ...] = (
        recipient_name,
        recipient_address,
        recipient_email,
        recipient_tax_id,
        wished_due_date,
        wished_memo,
        wished_number,
    )
    for read in readers:
        try:
            read(deal, mapping)
        except NeedsAttention as needs:
            yield from needs.problems


def _at(value: object, kind: type | None, rest: Sequence[str], path: str) -> object:
    """Walks down, by the value where there is one and by its kind where the deal has nothing there."""
    if not rest:
        return value
    step, further = rest[0], rest[1:]
    if kind is not None:
        return _at(*_field(value, kind, step, path), further, path)
    if value is None:
        return None
    if isinstance(value, Mapping) and step in value:
        return _at(value[step], None, further, path)
    if isinstance(value, (list, tuple)) and step.isascii() and step.isdigit():
        return _at(value[int(step)] if int(step) < len(value) else None, None, further, path)
    raise NeedsAttention(_no_such_field(path))


_LISTS = frozenset({"emails", "phones"})
_NOT_FOR_MAPPING = frozenset({"organization", "person", "lines", "discounts", "wish", "custom"})


def _field(value: object, kind: type, step: str, path: str) -> tuple[object, type | None]:
    assert is_dataclass(kind)
    if step not in {each.name for each in fields(kind)} or (kind is Deal and step in _NOT_FOR_MAPPING):
        raise NeedsAttention(_no_such_field(path))
    found = None if value is None else getattr(value, step)
    if step in _LISTS:
        return (found or ()), None
    return found, Address if step == "address" else None


def _mapped(part: str, deal: Deal, mapping: InvoiceMapping) -> object:
    path: str = getattr(mapping, part)
    return value_at(deal, path) if path else None


def _text_for(part: str, deal: Deal, mapping: InvoiceMapping) -> str:
    value = _mapped(part, deal, mapping)
    if value is None or isinstance(value, str):
        return (value or "").strip()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return plain(Decimal(value))
    raise NeedsAttention(_of_another_kind(getattr(mapping, part), "a text"))


def _address_of(value: object, path: str) -> Address:
    if value is None or isinstance(value, Address):
        return value or Address()
    if isinstance(value, str):
        return _address_from_text(value)
    if isinstance(value, Mapping):
        return _address_from_members(value)
    raise NeedsAttention(_of_another_kind(path, "an address"))


def _address_from_text(text: str) -> Address:
    """An address in one field: its first line, and all others in the second."""
    first, *others = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    return Address(line1=first, line2=", ".join(others))


def _address_from_members(members: Mapping[str, Any]) -> Address:
    told = {each.name: members.get(each.name) for each in fields(Address)}
    return Address(**{name: str(value).strip() for name, value in told.items() if value is not None})


def _no_such_field(path: str) -> Problem:
    return _broken(path, f"The invoice is to be filled from the CRM field {path!r}, which this deal does not have.")


def _of_another_kind(path: str, wanted: str) -> Problem:
    return _broken(path, f"The CRM field {path!r} does not hold {wanted}, which the invoice needs.")


def _broken(path: str, message: str) -> Problem:
    return Problem(
        reason="mapping_broken",
        cause=f"mapping:{path} broken",
        message=message,
        remedy="Choose another field in the company's mapping (`dealbooks mapping`), or bring the field back in the "
        "CRM; then retry.",
        detail={"path": path},
    )
