"""A deal as the CRM told it, and what differs between two tellings of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

from models.domain.money import exact, plain


@dataclass(frozen=True, kw_only=True)
class Address:
    """A postal address; what the CRM did not tell is empty."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    def __bool__(self) -> bool:
        return any((self.line1, self.line2, self.city, self.region, self.postal_code, self.country))


@dataclass(frozen=True, kw_only=True)
class Organization:
    """The organisation a deal is made with, under the CRM's id."""

    id: str
    name: str = ""
    tax_id: str = ""
    address: Address = field(default_factory=Address)
    emails: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Person:
    """The person a deal is made with, under the CRM's id; the primary e-mail comes first."""

    id: str
    name: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    address: Address = field(default_factory=Address)


@dataclass(frozen=True, kw_only=True)
class Discount:
    """Something off a line or off the whole deal: `value` is percent points, or money in the deal's currency."""

    kind: Literal["percent", "amount"]
    value: Decimal
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Tax:
    """What the CRM says of a line's tax: its code, its percent (None: not told), and whether the price contains it."""

    code: str = ""
    percent: Decimal | None = None
    method: Literal["exclusive", "inclusive", "none"] = "none"


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product of the CRM's catalogue, under the CRM's id."""

    id: str
    sku: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class DealLine:
    """One product on the deal. `unit_price` is before discount, in `currency` (empty: the deal's)."""

    id: str
    position: int
    product: Product | None = None
    description: str = ""
    quantity: Decimal
    unit_price: Decimal
    currency: str = ""
    discount: Discount | None = None
    tax: Tax | None = None
    service_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class InvoiceWish:
    """What the CRM wishes about the invoice itself; `slot` says which of the deal's invoices it speaks of."""

    slot: str = "1"
    issue_date: date | None = None
    due_date: date | None = None
    due_in_days: int | None = None
    number: str = ""
    memo: str = ""
    draft: bool = False


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A sale as the CRM told it last. `value` is the CRM's own sum and never becomes an invoice's total."""

    crm: str
    id: str
    title: str = ""
    status: str = ""
    currency: str = ""
    value: Decimal | None = None
    organization: Organization | None = None
    person: Person | None = None
    lines: tuple[DealLine, ...] = ()
    discounts: tuple[Discount, ...] = ()
    wish: InvoiceWish = field(default_factory=InvoiceWish)
    custom: Mapping[str, Any] = field(default_factory=dict)
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """One difference, in words a salesperson reads: what changed, what it was, what it is now ('' = nothing)."""

    what: str
    before: str
    after: str


def deal_from(crm: str, data: Mapping[str, Any]) -> Deal:
    """The deal in the `data` of a canonical CRM event, which was checked when it came in.

    Numbers are decimal text or ints (a float is a TypeError). Absent members are empty, an absent quantity is 1;
    a line without a price is a ValueError, because nothing may be invoiced at a price that nobody named.
    """
    told = data["deal"]
    return Deal(
        crm=crm,
        id=str(told["id"]),
        title=_text(told.get("title")),
        status=_text(told.get("status")),
        currency=_text(told.get("currency")),
        value=_number(told.get("value")),
        organization=_organization(data.get("organization")),
        person=_person(data.get("person")),
        lines=_lines(data.get("lines") or ()),
        discounts=tuple(found for each in data.get("discounts") or () if (found := _discount(each))),
        wish=_wish(data.get("invoice")),
        custom=dict(data.get("custom") or {}),
        updated_at=_moment(told.get("updated_at")),
    )


def billing_email(deal: Deal) -> str:
    """Where an invoice goes unless a mapping says otherwise: the person's first e-mail, else the organisation's."""
    of_person = deal.person.emails if deal.person else ()
    of_organization = deal.organization.emails if deal.organization else ()
    return next(iter((*of_person, *of_organization)), "")


def currency_of(line: DealLine, deal: Deal) -> str:
    """The line's currency: its own, or the deal's."""
    return line.currency or deal.currency


def difference(invoiced: Deal, current: Deal) -> tuple[Change, ...]:
    """What changed since the invoice was made that would make a different invoice today.

    Title, stage, owner and value are no difference, nor is the order of the lines: no total and no wording on the
    invoice depends on them.
    """
    return (
        *_changed(_facts_of(invoiced), _facts_of(current)),
        *_line_changes(invoiced, current),
        *_changed(
            {"discount on the deal": _joined(invoiced.discounts)}, {"discount on the deal": _joined(current.discounts)}
        ),
        *_changed(_wishes_of(invoiced.wish), _wishes_of(current.wish)),
    )


def _organization(told: Mapping[str, Any] | None) -> Organization | None:
    if not told:
        return None
    return Organization(
        id=_text(told.get("id")),
        name=_text(told.get("name")),
        tax_id=_text(told.get("tax_id")),
        address=_address(told.get("address")),
        emails=_contacts(told.get("emails")),
    )


def _person(told: Mapping[str, Any] | None) -> Person | None:
    if not told:
        return None
    return Person(
        id=_text(told.get("id")),
        name=_text(told.get("name")),
        emails=_contacts(told.get("emails")),
        phones=_contacts(told.get("phones")),
        address=_address(told.get("address")),
    )


def _address(told: Mapping[str, Any] | str | None) -> Address:
    if not told:
        return Address()
    if isinstance(told, str):
        return Address(line1=told)
    return Address(
        line1=_text(told.get("line1")),
        line2=_text(told.get("line2")),
        city=_text(told.get("city")),
        region=_text(told.get("region")),
        postal_code=_text(told.get("postal_code")),
        country=_text(told.get("country")),
    )


def _contacts(told: Iterable[Mapping[str, Any] | str] | None) -> tuple[str, ...]:
    """E-mails or phones, plain or as `{value, primary}`; the primary ones first, else in the order told."""
    entries = [each if isinstance(each, Mapping) else {"value": each} for each in told or ()]
    entries.sort(key=lambda entry: not entry.get("primary"))
    return tuple(value for entry in entries if (value := _text(entry.get("value")).strip()))


def _lines(told: Sequence[Mapping[str, Any]]) -> tuple[DealLine, ...]:
    lines = (_line(each, place) for place, each in enumerate(told, start=1))
    return tuple(sorted(lines, key=lambda line: (line.position, _natural(line.id))))


def _line(told: Mapping[str, Any], place: int) -> DealLine:
    price = _number(told.get("unit_price"))
    if price is None:
        raise ValueError(f"line {place} of the deal has no unit price")
    quantity = _number(told.get("quantity"))
    position = told.get("position")
    return DealLine(
        id=_text(told.get("id")) or str(place),
        position=place if position is None else int(position),
        product=_product(told.get("product")),
        description=_text(told.get("description")),
        quantity=Decimal(1) if quantity is None else quantity,
        unit_price=price,
        currency=_text(told.get("currency")),
        discount=_discount(told.get("discount")),
        tax=_tax(told.get("tax")),
        service_date=_day(told.get("service_date")),
    )


def _natural(line_id: str) -> tuple[int, int, str]:
    """Ids that are numbers in the order of numbers, the others after them in the order of text."""
    is_number = line_id.isascii() and line_id.isdigit()
    return (0, int(line_id), line_id) if is_number else (1, 0, line_id)


def _product(told: Mapping[str, Any] | None) -> Product | None:
    """None without an id: what cannot be named cannot be linked to an item."""
    if not told or not _text(told.get("id")):
        return None
    return Product(id=_text(told.get("id")), sku=_text(told.get("sku")), name=_text(told.get("name")))


_KINDS: Mapping[str, Literal["percent", "amount"]] = {"percent": "percent", "amount": "amount"}


def _discount(told: Mapping[str, Any] | None) -> Discount | None:
    value = _number((told or {}).get("value"))
    if not told or value is None:
        return None
    return Discount(kind=_KINDS[_text(told.get("type"))], value=value, description=_text(told.get("description")))


_METHODS: Mapping[str, Literal["exclusive", "inclusive", "none"]] = {
    "exclusive": "exclusive",
    "inclusive": "inclusive",
    "none": "none",
}


def _tax(told: Mapping[str, Any] | None) -> Tax | None:
    """None when it says nothing; a code or percent without a method is added to the price."""
    code, percent = _text((told or {}).get("code")), _number((told or {}).get("percent"))
    if not told or (not code and percent is None):
        return None
    return Tax(code=code, percent=percent, method=_METHODS[_text(told.get("method")) or "exclusive"])


def _wish(told: Mapping[str, Any] | None) -> InvoiceWish:
    if not told:
        return InvoiceWish()
    days = told.get("due_in_days")
    return InvoiceWish(
        slot=_text(told.get("slot")) or "1",
        issue_date=_day(told.get("issue_date")),
        due_date=_day(told.get("due_date")),
        due_in_days=None if days is None else int(days),
        number=_text(told.get("number")).strip(),
        memo=_text(told.get("memo")),
        draft=told.get("draft") is True,
    )


def _text(told: object) -> str:
    return "" if told is None else str(told)


def _number(told: str | int | None) -> Decimal | None:
    return None if told is None or told == "" else exact(told)


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None


def _moment(told: str | None) -> datetime | None:
    if not told:
        return None
    moment = datetime.fromisoformat(told.upper())  # RFC 3339 allows a small t and z
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _facts_of(deal: Deal) -> dict[str, str]:
    organization, person = deal.organization, deal.person
    return {
        "currency": deal.currency,
        "organization": organization.name if organization else "",
        "organization's id": organization.id if organization else "",
        "person": person.name if person else "",
        "person's id": person.id if person else "",
        "billing e-mail": billing_email(deal),
    }


def _wishes_of(wish: InvoiceWish) -> dict[str, str]:
    return {
        "invoice number": wish.number,
        "memo": wish.memo,
        "due date": wish.due_date.isoformat() if wish.due_date else "",
        "days until due": "" if wish.due_in_days is None else str(wish.due_in_days),
    }


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    return (Change(what, before[what], after[what]) for what in before if before[what] != after[what])


def _line_changes(invoiced: Deal, current: Deal) -> Iterator[Change]:
    before, after = _by_id(invoiced.lines), _by_id(current.lines)
    for key, line in before.items():
        if key not in after:
            yield Change("line removed", _line_words(line, invoiced), "")
        else:
            name = _name_of(line)
            changes = _changed(_line_facts(line, invoiced), _line_facts(after[key], current))
            yield from (Change(f"{each.what} of {name}", each.before, each.after) for each in changes)
    yield from (
        Change("line added", "", _line_words(line, current)) for key, line in after.items() if key not in before
    )


def _by_id(lines: Iterable[DealLine]) -> dict[tuple[str, int], DealLine]:
    """Lines by id; should an id come twice, its second line is a line of its own and does not hide the first."""
    seen: Counter[str] = Counter()
    found = {}
    for line in lines:
        found[line.id, seen[line.id]] = line
        seen[line.id] += 1
    return found


def _line_facts(line: DealLine, deal: Deal) -> dict[str, str]:
    product = line.product
    return {
        "product": product.name or product.sku or product.id if product else "",
        "product id": product.id if product else "",
        "description": line.description,
        "quantity": _short(line.quantity),
        "unit price": f"{_money_words(line.unit_price)} {currency_of(line, deal)}".strip(),
        "discount": _discount_words(line.discount),
        "tax": _tax_words(line.tax),
    }


def _line_words(line: DealLine, deal: Deal) -> str:
    price = f"{_money_words(line.unit_price)} {currency_of(line, deal)}".strip()
    parts = [f"{_short(line.quantity)} x {_name_of(line)} at {price}"]
    if words := _discount_words(line.discount):
        parts.append(f"less {words}")
    return ", ".join(parts)


def _name_of(line: DealLine) -> str:
    product = line.product
    return (product.name or product.sku if product else "") or line.description or f"line {line.id}"


def _joined(discounts: Iterable[Discount]) -> str:
    return ", ".join(words for each in discounts if (words := _discount_words(each)))


def _discount_words(discount: Discount | None) -> str:
    if discount is None or discount.value == 0:
        return ""
    if discount.kind == "percent":
        return f"{_short(discount.value)}%"
    return _money_words(discount.value)


def _tax_words(tax: Tax | None) -> str:
    if tax is None or tax.method == "none":
        return tax.code if tax else ""
    percent = "" if tax.percent is None else f"{_short(tax.percent)}%"
    method = "included" if tax.method == "inclusive" else "added"
    return " ".join(part for part in (tax.code, percent, method) if part)


def _short(number: Decimal) -> str:
    """Without trailing zeros, so that 1 and 1.00 are no difference."""
    text = plain(number)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money_words(number: Decimal) -> str:
    """At least two decimals, as prices are written; 90, 90.0 and 90.00 are one price."""
    whole, _, rest = _short(number).partition(".")
    return f"{whole}.{rest.ljust(2, '0')}"
