"""What a body may hold: fields with their sort and length, and the refusals for what does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox import refusals
from sandbox.numbers import Json, exact

LARGEST_EXPONENT = 14
# No part of Intuit's schema has more levels; what is deeper could not be written as XML.
DEEPEST = 20
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200


@dataclass(frozen=True)
class Field:
    """One property of an entity or of a part of it.

    `sort` is text, number, flag, date, time, ref, email, part, parts, choice or any; `kept` fields are QuickBooks'
    own (a sent value is ignored); `search` says whether a query may name it.
    """

    sort: str
    length: int = 0
    shape: "Shape | None" = None
    choices: tuple[str, ...] = ()
    kept: bool = False
    search: bool = False


@dataclass(frozen=True)
class Shape:
    """The properties of an entity or a part; `owner` is its class name in Intuit's schema."""

    owner: str
    fields: Mapping[str, Field]


def text(length: int = 0, search: bool = False) -> Field:
    return Field("text", length=length, search=search)


def number(search: bool = False) -> Field:
    return Field("number", search=search)


def flag(search: bool = False) -> Field:
    return Field("flag", search=search)


def day(search: bool = False) -> Field:
    return Field("date", search=search)


def ref(search: bool = False) -> Field:
    return Field("ref", search=search)


def choice(*choices: str, search: bool = False) -> Field:
    return Field("choice", choices=choices, search=search)


def part(shape: Shape, search: bool = False) -> Field:
    return Field("part", shape=shape, search=search)


def parts(shape: Shape) -> Field:
    return Field("parts", shape=shape)


def anything() -> Field:
    return Field("any")


def kept(sort: str = "any", search: bool = False) -> Field:
    return Field(sort, kept=True, search=search)


# What every entity has and QuickBooks itself writes.
COMMON: dict[str, Field] = {
    "Id": kept("id", search=True),
    "SyncToken": kept("text"),
    "MetaData": kept(),
    "MetaData.CreateTime": kept("time", search=True),
    "MetaData.LastUpdatedTime": kept("time", search=True),
    "domain": kept(),
    "sparse": kept(),
    "status": kept(),
    "ClientEntityId": kept(),
    "V4IDPseudonym": kept(),
    "AttachableRef": kept(),
}

ADDRESS = Shape(
    "PhysicalAddress",
    {
        "Id": kept("text"),
        **{f"Line{n}": text(500) for n in range(1, 6)},
        "City": text(255),
        "Country": text(255),
        "CountryCode": text(255),
        "CountrySubDivisionCode": text(255),
        "PostalCode": text(30),
        "PostalCodeSuffix": text(30),
        "Lat": text(),
        "Long": text(),
        "Note": text(),
        "Tag": text(),
    },
)
EMAIL = Shape("EmailAddress", {"Address": Field("email", length=100), "Id": kept(), "Default": kept(), "Tag": kept()})
PHONE = Shape(
    "TelephoneNumber",
    {"FreeFormNumber": text(30), **{name: kept() for name in ("Id", "DeviceType", "CountryCode", "AreaCode")}},
)
WEB = Shape("WebSiteAddress", {"URI": text(1000), "Id": kept(), "Default": kept(), "Tag": kept()})
MEMO = Shape("MemoRef", {"value": text(1000), "name": kept(), "type": kept()})
CUSTOM_FIELD = Shape(
    "CustomField",
    {"DefinitionId": text(), "Name": text(), "Type": text(), "StringValue": text(31), "BooleanValue": anything()},
)
LINKED = Shape("LinkedTxn", {"TxnId": text(), "TxnType": text(), "TxnLineId": text()})


def read(shape: Shape, body: object, where: str = "") -> Json:
    """The caller's own values, normalised; a blank one is None. Raises the refusal of the first that does not fit."""
    if not isinstance(body, dict):
        raise refusals.malformed(f"Can not deserialize instance of {shape.owner}")
    given: Json = {}
    for name, value in body.items():
        field = shape.fields.get(name)
        if field is None:
            raise refusals.unrecognized(name, shape.owner)
        if not field.kept:
            given[name] = _value(field, value, f"{where}{name}")
    return given


def _value(field: Field, value: object, name: str) -> object:
    if value is None or value == "":
        return None
    return _READERS[field.sort](field, value, name)


def _text(field: Field, value: object, name: str) -> str:
    if isinstance(value, dict | list):
        raise refusals.malformed(f"Can not deserialize value of {name}")
    written = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if field.length and len(written) > field.length:
        raise refusals.too_long(name, field.length)
    return written


def _number(_field: Field, value: object, name: str) -> Decimal:
    try:
        found = exact(value)
    except ValueError:
        raise refusals.bad_number(name, value) from None
    if found.adjusted() > LARGEST_EXPONENT:
        raise refusals.bad_number(name, value)
    return found


def _flag(_field: Field, value: object, name: str) -> bool:
    if value in (True, "true", "True"):
        return True
    if value in (False, "false", "False"):
        return False
    raise refusals.bad_value(name, value)


def _date(_field: Field, value: object, name: str) -> str:
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        raise refusals.bad_date(name, value) from None
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise refusals.bad_date(name, value)
    return found.isoformat()


def _ref(_field: Field, value: object, name: str) -> Json | None:
    if not isinstance(value, dict):
        raise refusals.malformed(f"Can not deserialize instance of ReferenceType for {name}")
    wanted = value.get("value")
    return None if wanted in (None, "") else {"value": str(wanted)}


def _email(field: Field, value: object, name: str) -> str:
    address = _text(field, value, name).strip()
    # Several comma-separated addresses exist in live companies.
    if not all("@" in one and "." in one.rpartition("@")[2] for one in address.split(",")):
        raise refusals.bad_email(name)
    return address


def _choice(field: Field, value: object, name: str) -> str:
    if value not in field.choices:
        raise refusals.bad_choice(name, value)
    return str(value)


def _part(field: Field, value: object, name: str) -> Json | None:
    assert field.shape is not None
    inside = {key: one for key, one in read(field.shape, value, f"{name}.").items() if one is not None}
    return inside or None


def _parts(field: Field, value: object, name: str) -> list[Json]:
    if not isinstance(value, list):
        raise refusals.malformed(f"Can not deserialize instance of java.util.List for {name}")
    assert field.shape is not None
    return [
        _kept_id(one, {k: v for k, v in read(field.shape, one, f"{name}.").items() if v is not None}) for one in value
    ]


def _kept_id(sent: Json, inside: Json) -> Json:
    """A line keeps its identity by the Id that the caller sends back."""
    identity = sent.get("Id")
    return {"Id": str(identity), **inside} if identity not in (None, "") else inside


def _any(_field: Field, value: object, name: str) -> object:
    if _deeper_than(DEEPEST, value):
        raise refusals.malformed(f"Can not deserialize value of {name}")
    return value


def _deeper_than(levels: int, value: object) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return bool(inside) and (levels == 0 or any(_deeper_than(levels - 1, one) for one in inside))


_READERS = {
    "text": _text,
    "number": _number,
    "flag": _flag,
    "date": _date,
    "ref": _ref,
    "email": _email,
    "choice": _choice,
    "part": _part,
    "parts": _parts,
    "any": _any,
}
