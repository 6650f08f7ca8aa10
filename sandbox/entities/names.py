"""The names of people: unique over customers, vendors and employees; inactive ones are marked and free again."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import Kind
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

PEOPLE = "people"
DELETED = " (deleted)"
_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


def person_name(change: "Change", kind: Kind, fields: Json, old: Json | None) -> str:
    """The display name, made of the name parts when missing, unique among all people. Raises 2020, 2180, 6240."""
    name = str(fields.get("DisplayName") or " ".join(fields[part] for part in _PARTS if part in fields)).strip()
    if not name:
        raise refusals.missing("DisplayName, GivenName, FamilyName, Title, MiddleName or Suffix")
    check_marks("DisplayName", name)
    name = marked(name, fields["Active"], old)
    me = (kind.name, old["Id"]) if old else None
    if any(holder != me for holder in change.company.holders(PEOPLE, name.lower())):
        raise refusals.duplicate_name("customer, vendor or employee")
    return name


def check_marks(field: str, name: str) -> None:
    """Colons, tabs and line ends are not allowed in names: 2180."""
    if any(mark in name for mark in ":\t\n"):
        raise refusals.bad_value(field, name)


def marked(name: str, active: bool, old: Json | None) -> str:
    """An inactive name is marked, so that it becomes free; a revived one loses the mark."""
    if not active:
        return name if name.endswith(DELETED) else name + DELETED
    return name.removesuffix(DELETED) if old and not old["Active"] else name
