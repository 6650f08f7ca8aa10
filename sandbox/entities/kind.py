"""A kind of record in the books: its name, its fields, its place in a query, and the rules for writing it."""

# ruff: noqa: ARG002
# The base takes what the kinds need and refuses.
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from sandbox import fields, refusals
from sandbox.fields import COMMON, Shape
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change
    from sandbox.company import Company


# What callers search by, wherever a kind has it: these are found without reading every record.
SEARCHED = (
    "DocNumber",
    "CustomerRef",
    "VendorRef",
    "TxnDate",
    "DueDate",
    "SalesTermRef",
    "BillEmail",
    "PaymentRefNum",
    "DisplayName",
    "FullyQualifiedName",
    "Name",
    "CompanyName",
    "GivenName",
    "FamilyName",
    "PrimaryEmailAddr",
    "ParentRef",
    "Sku",
    "AcctNum",
    "Code",
)


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
    # The Ids of records that stand on every page of a query, before the rows of that page.
    pinned: ClassVar[tuple[str, ...]] = ()

    @property
    def path(self) -> str:
        return self.name.lower()

    @property
    def packed(self) -> bool:
        """Whether there may be very many: transactions are kept as text, not as objects."""
        return self.sequence == "transactions"

    @property
    def indexed(self) -> tuple[str, ...]:
        """The properties whose values are indexed."""
        own = self.shape.fields
        return tuple(name for name in SEARCHED if name in own and own[name].search)

    @property
    def shows_as_kept(self) -> bool:
        """Whether readers see a record just as it is kept."""
        return type(self).shown is Kind.shown

    def index(self, _record: Json) -> Iterable[tuple[str, str]]:
        """The unique names and numbers that this record holds."""
        return ()

    def unwrapped(self, body: object) -> object:
        """What a caller sent, as its fields are kept."""
        return body

    def shown(self, record: Json, full: bool = True) -> Json:
        """The record as QuickBooks shows it; `full` for reads, not for the answer to a create."""
        return record

    def worked_out(self, company: "Company", asked: Mapping[str, str], now: datetime) -> list[Json] | None:
        """What a query looks through where that is not what is stored; `asked` are its values by property."""
        return None

    def meant(self, name: str, value: str) -> str:
        """The value of a property that a query means by what it says."""
        return value

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


def stays(name: str, sent: Json, old: Json | None) -> bool:
    """Whether a reference is the one that was there before, which may have become inactive since."""
    return old is not None and bool(old.get(name, {}).get("value") == sent[name]["value"])


def _kept(kind_shape: Shape, name: str) -> bool:
    field = kind_shape.fields.get(name)
    return field is None or field.kept


ENTITY_MARKS: Json = {"domain": "QBO", "sparse": False}
