"""One change of a realm's books: everything it puts and removes, committed together or not at all."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sandbox import refusals
from sandbox.clock import stamp
from sandbox.company import Company
from sandbox.entities.kind import Kind
from sandbox.numbers import Json
from sandbox.switches import Switches


@dataclass(frozen=True)
class Happening:
    """What the books would notify: `operation` is created, updated, deleted, void, emailed or merged.

    `deleted_id`: the record that a merge ended, whose survivor is `id`.
    """

    entity: str
    id: str
    operation: str
    deleted_id: str = ""


@dataclass(eq=False)
class Change:
    """Made and committed under the company's lock. `by_person`: a bookkeeper acts, not the app."""

    company: Company
    kinds: dict[str, Kind]
    switches: Switches
    now: datetime
    by_person: bool = False
    allow_duplicate_number: bool = False
    happenings: list[Happening] = field(default_factory=list)
    _puts: dict[tuple[str, str], Json] = field(default_factory=dict)
    _removals: list[tuple[str, str]] = field(default_factory=list)
    _sequences: dict[str, int] = field(default_factory=dict)

    @property
    def stamp(self) -> str:
        return stamp(self.now, self.company.zone)

    def find(self, kind: str, id: str) -> Json | None:
        """The record as this change leaves it."""
        if (kind, id) in self._removals:
            return None
        return self._puts.get((kind, id)) or self.company.find(kind, id)

    def get(self, kind: str, id: str) -> Json:
        """Raises 610 when there is none."""
        record = self.find(kind, id)
        if record is None:
            raise refusals.not_found()
        return record

    def refer(self, kind: str, ref: Json | None, names: str, must_be_active: bool = True) -> Json:
        """The record that a reference means: 2500 when there is none, 610 when it is inactive."""
        wanted = ref["value"] if ref else ""
        record = self.find(kind, wanted)
        if record is None:
            raise refusals.bad_reference(names, wanted)
        if must_be_active and record.get("Active") is False:
            raise refusals.not_found()
        return record

    def next_id(self, sequence: str) -> str:
        last = self._sequences.get(sequence, self.company.sequences.get(sequence, 0))
        self._sequences[sequence] = last + 1
        return str(last + 1)

    def last(self, sequence: str) -> int:
        return self._sequences.get(sequence, self.company.sequences.get(sequence, 0))

    def set_last(self, sequence: str, last: int) -> None:
        self._sequences[sequence] = last

    def add(self, kind: Kind, fields: Json) -> Json:
        """A new record with the next Id and SyncToken 0."""
        meta = {"CreateTime": self.stamp, "LastUpdatedTime": self.stamp}
        return self._put(kind, {**fields, "Id": self.next_id(kind.sequence), "SyncToken": "0", "MetaData": meta})

    def replace(self, kind: Kind, old: Json, fields: Json) -> Json:
        """The record changed by its own write: SyncToken goes up by one."""
        token = str(int(old["SyncToken"]) + 1)
        meta = {**old["MetaData"], "LastUpdatedTime": self.stamp}
        return self._put(kind, {**fields, "Id": old["Id"], "SyncToken": token, "MetaData": meta})

    def touch(self, kind: Kind, old: Json, **fields: object) -> Json:
        """The record changed as a side effect: LastUpdatedTime moves, SyncToken stays."""
        return self._put(kind, {**old, **fields, "MetaData": {**old["MetaData"], "LastUpdatedTime": self.stamp}})

    def remove(self, kind: Kind, id: str) -> None:
        self._puts.pop((kind.name, id), None)
        self._removals.append((kind.name, id))

    def happened(self, kind: Kind, id: str, operation: str, deleted_id: str = "") -> None:
        happening = Happening(kind.name.lower(), id, operation, deleted_id)
        if happening not in self.happenings:
            self.happenings.append(happening)

    def voided(self, kind: Kind, id: str) -> None:
        """Whether a void is told as an update too, nobody has documented."""
        self.happened(kind, id, "void")
        if self.switches.on("void_updated"):
            self.happened(kind, id, "updated")

    def owes(self, customer_id: str, amount: Decimal) -> None:
        """A customer's balance moves by what a document adds; negative takes away. Its parents' totals move along."""
        customer = self.find("Customer", customer_id)
        if customer is None or not amount:
            return
        kind = self.kinds["Customer"]
        total = customer["BalanceWithJobs"] + amount
        customer = self.touch(kind, customer, Balance=customer["Balance"] + amount, BalanceWithJobs=total)
        while (parent := self.find("Customer", customer.get("ParentRef", {}).get("value", ""))) is not None:
            customer = self.touch(kind, parent, BalanceWithJobs=parent["BalanceWithJobs"] + amount)

    def commit(self) -> None:
        for name, id in self._removals:
            self.company.remove(self.kinds[name], id, self.now)
        for (name, _), record in self._puts.items():
            self.company.put(self.kinds[name], record, self.now)
        self.company.sequences.update(self._sequences)

    def _put(self, kind: Kind, record: Json) -> Json:
        self._puts[(kind.name, record["Id"])] = record
        return record
