"""One realm's books: everything it holds, where it is found, and the lock under which it changes."""

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.countries import COUNTRIES, Country
from sandbox.index import Index
from sandbox.numbers import Json, Written, packed, unpacked
from sandbox.requestids import RequestMemory
from sandbox.table import Table

if TYPE_CHECKING:
    from sandbox.entities.kind import Kind

Key = tuple[str, str]  # kind of record, its Id
# Change data capture looks back 30 days; a little longer, should somebody set the clock back.
DELETIONS_KEPT = timedelta(days=40)


@dataclass(frozen=True)
class Deletion:
    """What is left of a deleted transaction; change data capture shows it for 30 days."""

    kind: str
    id: str
    at: datetime


@dataclass(eq=False)
class Company:
    """Records are never changed in place: each change puts a new one, so readers need no lock."""

    realm: str
    country: Country
    currency: str
    lock: threading.RLock = field(default_factory=threading.RLock)
    deletions: deque[Deletion] = field(default_factory=deque)
    sequences: dict[str, int] = field(default_factory=dict)
    memory: RequestMemory = field(default_factory=RequestMemory)
    disconnected: bool = False
    _tables: dict[str, Table] = field(default_factory=dict)
    # By name, such as that of all people; for unique names and numbers.
    _indexes: dict[str, Index[Key]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.country.zone)

    @property
    def preferences(self) -> Json:
        found = self.find("Preferences", "1")
        assert found is not None
        return found

    @property
    def multicurrency(self) -> bool:
        return bool(self.preferences["CurrencyPrefs"]["MultiCurrencyEnabled"])

    def find(self, kind: str, id: str) -> Json | None:
        table = self._tables.get(kind)
        return table.find(id) if table else None

    def all(self, kind: str) -> list[Json]:
        table = self._tables.get(kind)
        return table.all() if table else []

    def counts(self) -> dict[str, int]:
        """How many records there are of each kind that ever had one."""
        return {kind: len(table) for kind, table in list(self._tables.items())}

    def holders(self, index: str, value: str) -> list[Key]:
        """Who has this unique name or number; several where duplicates are allowed."""
        found = self._indexes.get(index)
        return found.of(value) if found else []

    def table(self, kind: "Kind") -> Table:
        """The records of a kind, for those who search them; an empty one as long as there are none."""
        table = self._tables.get(kind.name)
        return Table(kind) if table is None else table

    def put(self, kind: "Kind", record: Json, at: datetime) -> None:
        """Store a record as it is, with its index entries; the caller holds the lock."""
        id = record["Id"]
        self._unindex(kind, id)
        self._tables.setdefault(kind.name, self.table(kind)).put(record, at)
        for index, value in kind.index(record):
            self._indexes.setdefault(index, Index()).add(value, (kind.name, id))
        if id.isdecimal():
            self.sequences[kind.sequence] = max(self.sequences.get(kind.sequence, 0), int(id))

    def remove(self, kind: "Kind", id: str, at: datetime) -> None:
        self._unindex(kind, id)
        self.table(kind).remove(id)
        while self.deletions and self.deletions[0].at < at - DELETIONS_KEPT:
            self.deletions.popleft()
        self.deletions.append(Deletion(kind.name, id, at))

    def export(self) -> Json:
        """Everything it holds at one moment, for `write_json`; its text read again is what `restore` takes."""
        with self.lock:
            tables = {kind: table.written() for kind, table in self._tables.items()}
            deletions, sequences = list(self.deletions), dict(self.sequences)
            answers = self.memory.kept()
            disconnected = self.disconnected
        return {
            "realm": self.realm,
            "country": self.country.code,
            "currency": self.currency,
            "multicurrency": self.multicurrency,
            "disconnected": disconnected,
            "records": tables,
            "deletions": [[one.kind, one.id, one.at.isoformat()] for one in deletions],
            "sequences": sequences,
            "requestids": {name: one.as_json() for name, one in answers.items()},
        }

    def _unindex(self, kind: "Kind", id: str) -> None:
        old = self.find(kind.name, id)
        for index, value in kind.index(old) if old else ():
            self._indexes[index].remove(value, (kind.name, id))


def restore(held: dict[str, Any], kinds: Iterable["Kind"], realm: str) -> Company:
    """The company that an export describes, under this realm; ValueError when it describes none."""
    try:
        company = Company(realm, COUNTRIES[held["country"]], str(held["currency"]))
        company.disconnected = bool(held.get("disconnected"))
        company.sequences.update({str(name): int(last) for name, last in held.get("sequences", {}).items()})
        company.deletions.extend(Deletion(k, i, datetime.fromisoformat(at)) for k, i, at in held.get("deletions", []))
        company.memory.restore(held.get("requestids", {}))
        _put_all(company, {kind.name: kind for kind in kinds}, held["records"])
        # Nothing works without the preferences.
        _ = company.multicurrency
    except (KeyError, TypeError, AttributeError, AssertionError, ValueError, RecursionError) as problem:
        raise ValueError(f"This is not an export of a realm: {problem!r}.") from None
    return company


def _put_all(company: Company, kinds: dict[str, "Kind"], held: dict[str, list[Json | Written]]) -> None:
    """Each kind is held in the order of its changes."""
    for name, records in held.items():
        at = datetime.fromtimestamp(0, UTC)
        for one in records:
            # As read anew from its text: numbers that came as whole ones are Decimals again.
            record = unpacked(one.raw if isinstance(one, Written) else packed(one))
            # A record without dates, such as a pseudo tax code, stays behind the one before it.
            changed = record.get("MetaData", {}).get("LastUpdatedTime")
            at = datetime.fromisoformat(changed) if changed else at
            company.put(kinds[name], record, at)
        company.table(kinds[name]).order_by_id()
