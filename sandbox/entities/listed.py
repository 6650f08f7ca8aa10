"""Lists of names, as items or classes: unique names, trees of them, and entries that are made inactive."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from sandbox import refusals
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged
from sandbox.entities.names import check_marks, free_name
from sandbox.fields import CUSTOM_FIELD, Field, Shape, kept, parts
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

DEEPEST = 5  # levels of a tree of names


def list_shape(owner: str, own: dict[str, Field], ignored: str = "") -> Shape:
    """The shape of a list's entries; `ignored` are further properties that Intuit's schema has and we do not keep."""
    unused = {name: kept() for name in (f"{owner}Ex", *ignored.split())}
    return entity_shape(owner, {"CustomField": parts(CUSTOM_FIELD), **unused, **own})


class NameList(Kind):
    """The base: an entry has a name that is unique without regard to case, and may stand below another entry."""

    operations = frozenset({"create", "update"})
    listed_by = "Name"
    hides_inactive = True
    # The property that names an entry.
    named_by: ClassVar[str] = "Name"
    # What the refusal of a duplicate calls the entries.
    called: ClassVar[str]
    # What the refusal of a bad reference calls the list.
    referred_as: ClassVar[str] = ""
    # Characters that a name cannot have.
    forbidden: ClassVar[str] = ":\t\n"
    # The flag of an entry that stands below another, as SubClass; empty for a list without trees.
    nested_as: ClassVar[str] = ""
    # Whether an app says by that flag that an entry stands below its ParentRef; otherwise QuickBooks sets it.
    flag_decides: ClassVar[bool] = False
    has_active: ClassVar[bool] = True
    defaults: ClassVar[Json] = {}
    # Reference -> the list it names, and what a refusal calls that list.
    references: ClassVar[dict[str, tuple[str, str]]] = {}

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield (self.name, self._full_name(record).lower())
        yield from self.below(record)

    def below(self, record: Json) -> Iterable[tuple[str, str]]:
        """The entry that this one stands below, for finding all that do."""
        if "ParentRef" in record:
            yield (f"below {self.name}", record["ParentRef"]["value"])

    def create(self, change: "Change", given: Json) -> Json:
        fields = {name: value for name, value in given.items() if value is not None}
        if self.has_active:
            fields["Active"] = True
        record = change.add(self, self._written(change, fields, None))
        change.happened(self, record["Id"], "created")
        return record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """Renaming or moving an entry renames what stands below it."""
        fields = merged(old, given, self.shape, sparse)
        if self.has_active:
            fields.setdefault("Active", old["Active"])
        if given.get("ParentRef") and given.get(self.nested_as) is None:
            fields.pop(self.nested_as, None)
        record = change.replace(self, old, self._written(change, fields, old))
        if self.nested_as and self._full_name(record) != self._full_name(old):
            self._rename_below(change, record)
        change.happened(self, record["Id"], "updated")
        return record

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """The entry with its own defaults, by its own rules; its name and place come after."""
        return {**self.defaults, **fields, **self.referred(change, fields, old)}

    def referred(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """The references with their names. Raises 2500 and 610; one that stays may have become inactive."""
        found: Json = {}
        for name, (kind, called) in self.references.items():
            if name in fields:
                stays = old is not None and old.get(name, {}).get("value") == fields[name]["value"]
                record = change.refer(kind, fields[name], called, must_be_active=not stays)
                found[name] = {"value": record["Id"], "name": record.get("DisplayName") or record["Name"]}
        return found

    def named(self, change: "Change", fields: Json, old: Json | None, above: str) -> str:
        """The name as it is stored, free below its parent. Raises 2020, 2180 and 6240."""
        if self.named_by not in fields:
            raise refusals.missing(self.named_by)
        name = str(fields[self.named_by]).strip()
        check_marks(self.named_by, name, self.forbidden)
        me = (self.name, old["Id"]) if old else None

        def taken(wanted: str) -> bool:
            return any(holder != me for holder in change.company.holders(self.name, (above + wanted).lower()))

        return free_name(name, fields.get("Active", True), old, taken, self.called)

    def place(self, parent: Json | None, above: str, name: str) -> Json:
        """Where the entry stands in its tree, from what stands above it."""
        if not self.nested_as:
            return {}
        return {self.nested_as: parent is not None, "FullyQualifiedName": above + name}

    def _written(self, change: "Change", fields: Json, old: Json | None) -> Json:
        parent = self._parent(change, fields, old) if self.nested_as else None
        if parent is None:
            fields = {name: value for name, value in fields.items() if name != "ParentRef"}
        else:
            fields = {**fields, "ParentRef": self._reference(parent)}
        above = f"{parent['FullyQualifiedName']}:" if parent else ""
        name = self.named(change, fields, old, above)
        fields = self.completed(change, {**fields, self.named_by: name}, old)
        return {**fields, **self.place(parent, above, name), **ENTITY_MARKS}

    def _parent(self, change: "Change", fields: Json, old: Json | None) -> Json | None:
        """The entry above: none when the flag says so; 2020 when the flag asks for one that is not named."""
        nested = fields.get(self.nested_as) if self.flag_decides else None
        if nested is False or "ParentRef" not in fields:
            if nested:
                raise refusals.missing("ParentRef")
            return None
        stays = old is not None and old.get("ParentRef", {}).get("value") == fields["ParentRef"]["value"]
        parent = change.refer(self.name, fields["ParentRef"], self.referred_as, must_be_active=not stays)
        ancestors = self._ancestors(change, parent)
        if old is not None and any(one["Id"] == old["Id"] for one in ancestors):
            raise refusals.own_parent()
        if len(ancestors) + (self._height(change, old["Id"]) if old else 1) > DEEPEST:
            raise refusals.business(f"A {self.called} can be at most {DEEPEST} levels deep.")
        return parent

    def _ancestors(self, change: "Change", record: Json | None) -> list[Json]:
        """The record and everything above it."""
        found: list[Json] = []
        while record is not None and len(found) <= DEEPEST:
            found.append(record)
            above = record.get("ParentRef")
            record = change.find(self.name, above["value"]) if above else None
        return found

    def _height(self, change: "Change", id: str) -> int:
        """How many levels an entry has with what stands below it."""
        below = [one for _, one in change.company.holders(f"below {self.name}", id)]
        return 1 + max((self._height(change, one) for one in below), default=0)

    def _reference(self, parent: Json) -> Json:
        return {"value": parent["Id"]}

    def _rename_below(self, change: "Change", parent: Json) -> None:
        """A side effect: what stands below keeps its SyncToken."""
        for kind, id in change.company.holders(f"below {self.name}", parent["Id"]):
            child = change.find(kind, id)
            if child is None or child.get("ParentRef", {}).get("value") != parent["Id"]:
                continue
            above = f"{parent['FullyQualifiedName']}:"
            renamed = change.touch(self, child, **self.place(parent, above, child[self.named_by]))
            self._rename_below(change, renamed)

    def _full_name(self, record: Json) -> str:
        return str(record.get("FullyQualifiedName") or record[self.named_by])
