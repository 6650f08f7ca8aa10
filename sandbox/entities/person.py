"""What customers, vendors and employees share: one name space, one sequence of Ids, addresses, masked numbers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox.entities.listed import NameList
from sandbox.entities.names import PEOPLE, PEOPLE_CALLED, person_name
from sandbox.fields import EMAIL, PHONE, WEB, Field, anything, flag, kept, part, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

PERSON: dict[str, Field] = {
    "Title": text(16, search=True),
    "GivenName": text(100, search=True),
    "MiddleName": text(100, search=True),
    "FamilyName": text(100, search=True),
    "Suffix": text(16, search=True),
    "DisplayName": text(500, search=True),
    "CompanyName": text(100, search=True),
    "PrintOnCheckName": text(110, search=True),
    "Active": flag(search=True),
    "PrimaryPhone": part(PHONE),
    "AlternatePhone": part(PHONE),
    "Mobile": part(PHONE),
    "Fax": part(PHONE),
    "PrimaryEmailAddr": part(EMAIL, search=True),
    "WebAddr": part(WEB),
    "IntuitId": kept("text"),
    "UserId": kept("text"),
    "OtherAddr": anything(),
    "OtherContactInfo": anything(),
    "Source": text(),
}


class Person(NameList):
    """The base: names, a name on cheques, addresses with Ids."""

    sequence = PEOPLE
    listed_by = "DisplayName"
    named_by = "DisplayName"
    called = PEOPLE_CALLED
    referred_as = "Names"

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (PEOPLE, record["DisplayName"].lower())

    def shown(self, record: Json, full: bool = True) -> Json:
        return {**record, "V4IDPseudonym": f"00200{record['Id']:0>20}"} if full else record

    def named(self, change: "Change", fields: Json, old: Json | None, above: str) -> str:  # noqa: ARG002
        return person_name(change, self, fields, old)

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        complete = {"PrintOnCheckName": print_name(fields), **super().completed(change, fields, old)}
        return with_address_ids(change, complete, old)


def masked(identifier: str, shows: int = 5) -> str:
    """All but the last letters or digits hidden: 123-45-6789 becomes XXXXXX56789."""
    tail = "".join(mark for mark in identifier if mark.isalnum())[-shows:]
    return "X" * (len(identifier) - len(tail)) + tail


def print_name(fields: Json) -> str:
    person = " ".join(fields[part] for part in ("GivenName", "FamilyName") if part in fields)
    return str(person or fields.get("CompanyName") or fields["DisplayName"])


def with_address_ids(change: "Change", fields: Json, old: Json | None) -> Json:
    """Each address has an Id of its own sequence and keeps it."""
    for name in ("BillAddr", "ShipAddr", "PrimaryAddr"):
        if name in fields:
            known = (old or {}).get(name, {}).get("Id")
            fields = {**fields, name: {**fields[name], "Id": known or change.next_id("address")}}
    return fields
