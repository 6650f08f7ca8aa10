"""Names: unique among people, without marks that QuickBooks refuses; inactive ones are marked and free again."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import Kind
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

PEOPLE = "people"
DELETED = " (deleted)"
# As the refusal of a duplicate names the three lists that share their names.
PEOPLE_CALLED = "customer, vendor or employee"
NAME_PARTS = ("Title", "GivenName", "MiddleName", "FamilyName", "Suffix")


def person_name(change: "Change", kind: Kind, fields: Json, old: Json | None) -> str:
    """The display name, made of the name parts when missing, unique among all people. Raises 2180, 6080, 6240."""
    name = str(fields.get("DisplayName") or " ".join(fields[part] for part in NAME_PARTS if part in fields)).strip()
    if not name:
        raise refusals.nameless()
    for field in (*NAME_PARTS, "PrintOnCheckName"):
        check_marks(field, str(fields.get(field, "")))
    check_marks("DisplayName", name)
    me = (kind.name, old["Id"]) if old else None

    def taken(wanted: str) -> bool:
        return any(holder != me for holder in change.company.holders(PEOPLE, wanted.lower()))

    return free_name(name, fields["Active"], old, taken, PEOPLE_CALLED)


def check_marks(field: str, name: str, forbidden: str = ":\t\n") -> None:
    """Colons, tabs and line ends are not allowed in names: 2180."""
    if any(mark in name for mark in forbidden):
        raise refusals.bad_value(field, name)


def free_name(name: str, active: bool, old: Json | None, taken: Callable[[str], bool], called: str) -> str:
    """An active name must be free: 6240. An inactive one is marked, with a number where that mark is taken too."""
    if active:
        wanted = unmarked(name, old)
        if taken(wanted):
            raise refusals.duplicate_name(called)
        return wanted
    if old and old["Active"] is False and name.lower() == _own_name(old).lower():
        return name
    marked = name if name.endswith(DELETED) else name + DELETED
    number, wanted = 1, marked
    while taken(wanted):
        # Nobody has recorded how a second inactive entry of the same name is told apart.
        number += 1
        wanted = f"{marked} {number}"
    return wanted


def unmarked(name: str, old: Json | None) -> str:
    """The name of a revived entry without its mark."""
    if old is None or old.get("Active") is not False:
        return name
    base, mark, number = name.rpartition(DELETED)
    return base if mark and (not number or number.strip().isdecimal()) else name


def _own_name(record: Json) -> str:
    return str(record.get("DisplayName") or record.get("Name"))
