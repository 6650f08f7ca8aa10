"""Vendors and employees: only so much of them as shares the name space and the Ids of customers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged
from sandbox.entities.names import PEOPLE, person_name
from sandbox.fields import EMAIL, flag, part, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

_FIELDS = {
    "DisplayName": text(500, search=True),
    "GivenName": text(100, search=True),
    "FamilyName": text(100, search=True),
    "CompanyName": text(100, search=True),
    "Active": flag(search=True),
    "PrimaryEmailAddr": part(EMAIL, search=True),
}


class Person(Kind):
    sequence = PEOPLE
    operations = frozenset({"create", "update"})
    listed_by = "DisplayName"
    hides_inactive = True

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (PEOPLE, record["DisplayName"].lower())

    def create(self, change: "Change", given: Json) -> Json:
        fields = {**{name: value for name, value in given.items() if value is not None}, "Active": True}
        record = change.add(self, {**fields, "DisplayName": person_name(change, self, fields, None), **ENTITY_MARKS})
        change.happened(self, record["Id"], "created")
        return record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        fields = merged(old, given, self.shape, sparse)
        fields.setdefault("Active", old["Active"])
        fields["DisplayName"] = person_name(change, self, fields, old)
        record = change.replace(self, old, {**fields, **ENTITY_MARKS})
        change.happened(self, record["Id"], "updated")
        return record


class Vendor(Person):
    name = "Vendor"
    shape = entity_shape("Vendor", _FIELDS)


class Employee(Person):
    name = "Employee"
    shape = entity_shape("Employee", _FIELDS)
