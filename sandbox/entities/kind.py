"""A kind of record in the books: its name, its fields, its place in a query, and the rules for writing it."""

# ruff: noqa: ARG002
# The base takes what the kinds need and refuses.
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from sandbox import fields, refusals
from sandbox.fields import COMMON, Shape
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


class Kind:
    """The base: a list that can be read and queried but not written. One file per entity adds its rules."""

    name: ClassVar[str]
    shape: ClassVar[Shape]
    # Ids come from this sequence; transactions share one, people share another.
    sequence: ClassVar[str]
    # Operations of a POST: create, update, delete, void, send.
    operations: ClassVar[frozenset[str]] = frozenset()
    # Transactions are listed newest change first, name lists by name.
    listed_by: ClassVar[str] = ""
    # Recorded live: some lists say totalCount, others do not.
    counted: ClassVar[bool] = False
    hides_inactive: ClassVar[bool] = False
    in_cdc: ClassVar[bool] = True
    projectable: ClassVar[bool] = True

    @property
    def path(self) -> str:
        return self.name.lower()

    def index(self, _record: Json) -> Iterable[tuple[str, str]]:
        """The unique names and numbers that this record holds."""
        return ()

    def shown(self, record: Json, full: bool = True) -> Json:
        """The record as QuickBooks shows it; `full` for reads, not for the answer to a create."""
        return record

    def create(self, change: "Change", given: Json) -> Json:
        raise refusals.unsupported("create")

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        raise refusals.unsupported("update")

    def delete(self, change: "Change", old: Json) -> None:
        raise refusals.unsupported("delete")

    def void(self, change: "Change", old: Json) -> Json:
        raise refusals.unsupported("void")

    def send(self, change: "Change", old: Json, to: str) -> Json:
        raise refusals.unsupported("send")


def entity_shape(owner: str, own: dict[str, fields.Field]) -> Shape:
    return Shape(owner, {**COMMON, **own})


def merged(old: Json, given: Json, kind_shape: Shape, sparse: bool) -> Json:
    """The writable fields after an update: a sparse one changes what it names, a full one clears what it omits."""
    writable = {name: value for name, value in old.items() if not _kept(kind_shape, name)}
    base = writable if sparse else {}
    return {name: value for name, value in {**base, **given}.items() if value is not None}


def _kept(kind_shape: Shape, name: str) -> bool:
    field = kind_shape.fields.get(name)
    return field is None or field.kept


ENTITY_MARKS: Json = {"domain": "QBO", "sparse": False}
