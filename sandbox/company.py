"""One realm's books: everything it holds, where it is found, and the lock under which it changes."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.countries import COUNTRIES, Country
from sandbox.numbers import Json
from sandbox.requestids import RequestMemory

if TYPE_CHECKING:
    from sandbox.entities.kind import Kind

Key = tuple[str, str]  # kind of record, its Id


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
    records: dict[str, dict[str, Json]] = field(default_factory=dict)
    deletions: list[Deletion] = field(default_factory=list)
    sequences: dict[str, int] = field(default_factory=dict)
    memory: RequestMemory = field(default_factory=RequestMemory)
    disconnected: bool = False
    # When each record last changed, and the order of changes within a second.
    changed: dict[Key, tuple[datetime, int]] = field(default_factory=dict)
    _changes: int = 0
    # (name of the index, value) -> who has it; for unique names and numbers.
    _holders: dict[Key, dict[Key, None]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.country.zone)

    @property
    def preferences(self) -> Json:
        return self.records["Preferences"]["1"]

    @property
    def multicurrency(self) -> bool:
        return bool(self.preferences["CurrencyPrefs"]["MultiCurrencyEnabled"])

    def find(self, kind: str, id: str) -> Json | None:
        return self.records.get(kind, {}).get(id)

    def all(self, kind: str) -> list[Json]:
        return list(self.records.get(kind, {}).values())

    def holders(self, index: str, value: str) -> list[Key]:
        """Who has this unique name or number; several where duplicates are allowed."""
        return list(self._holders.get((index, value), ()))

    def put(self, kind: "Kind", record: Json, at: datetime) -> None:
        """Store a record as it is, with its index entries; the caller holds the lock."""
        id = record["Id"]
        self._unindex(kind, id)
        self.records.setdefault(kind.name, {})[id] = record
        for entry in kind.index(record):
            self._holders.setdefault(entry, {})[(kind.name, id)] = None
        self._changes += 1
        self.changed[(kind.name, id)] = (at, self._changes)
        if id.isdecimal():
            self.sequences[kind.sequence] = max(self.sequences.get(kind.sequence, 0), int(id))

    def remove(self, kind: "Kind", id: str, at: datetime) -> None:
        self._unindex(kind, id)
        del self.records[kind.name][id]
        self.changed.pop((kind.name, id), None)
        self.deletions.append(Deletion(kind.name, id, at))

    def export(self) -> Json:
        """Everything it holds, as JSON that `restore` reads."""
        with self.lock:
            return {
                "realm": self.realm,
                "country": self.country.code,
                "currency": self.currency,
                "multicurrency": self.multicurrency,
                "disconnected": self.disconnected,
                "records": {
                    kind: [self.records[kind][id] for _, id in sorted(self._by_change(kind))] for kind in self.records
                },
                "deletions": [[one.kind, one.id, one.at.isoformat()] for one in self.deletions],
                "sequences": dict(self.sequences),
                "requestids": self.memory.export(),
            }

    def _by_change(self, kind: str) -> Iterator[tuple[int, str]]:
        return ((self.changed[(kind, id)][1], id) for id in self.records[kind])

    def _unindex(self, kind: "Kind", id: str) -> None:
        old = self.find(kind.name, id)
        for entry in kind.index(old) if old else ():
            self._holders.get(entry, {}).pop((kind.name, id), None)


def restore(held: dict[str, Any], kinds: Iterable["Kind"], realm: str) -> Company:
    """The company that an export describes, under this realm; ValueError when it describes none."""
    try:
        company = Company(realm, COUNTRIES[held["country"]], str(held["currency"]))
        company.disconnected = bool(held.get("disconnected"))
        company.sequences.update({str(name): int(last) for name, last in held.get("sequences", {}).items()})
        company.deletions.extend(Deletion(k, i, datetime.fromisoformat(at)) for k, i, at in held.get("deletions", []))
        company.memory.restore(held.get("requestids", {}))
        by_name = {kind.name: kind for kind in kinds}
        # Each kind is held in the order of its changes.
        rows = [(name, record) for name, records in held["records"].items() for record in records]
        for name, record in rows:
            company.put(by_name[name], record, datetime.fromisoformat(_last_change(record) or "1970-01-01T00:00:00Z"))
        assert company.preferences
    except (KeyError, TypeError, AttributeError, AssertionError) as problem:
        raise ValueError(f"This is not an export of a realm: {problem!r}.") from None
    return company


def _last_change(record: Json) -> str | None:
    changed: str | None = record.get("MetaData", {}).get("LastUpdatedTime")
    return changed
