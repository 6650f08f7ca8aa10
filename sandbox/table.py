"""One kind's records: how they are kept, in which order they changed, and who has a value that callers search by."""

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.index import Index
from sandbox.numbers import Json, Written, packed, unpacked

if TYPE_CHECKING:
    from sandbox.entities.kind import Kind

# A record as it is kept: transactions packed as JSON text, since there may be very many; lists open.
Held = Json | bytes
_ORDINAL_BITS = 32


def opened(held: Held) -> Json:
    """The record itself; of a packed one a copy, with every number a Decimal."""
    return unpacked(held) if isinstance(held, bytes) else held


def shown(kind: "Kind", held: Held, as_text: bool) -> Json | Written:
    """The record as QuickBooks shows it; `as_text` leaves a packed one as it is, for `write_json`."""
    if as_text and isinstance(held, bytes) and kind.shows_as_kept:
        return Written(held)
    return kind.shown(opened(held))


def folded(value: object) -> str | None:
    """A value as searches compare it: text without case; of a reference its Id, of an e-mail its address."""
    if isinstance(value, dict):
        value = value.get("value", value.get("Address"))
    return None if value is None else str(value).lower()


def by_number(id: str) -> tuple[int, str]:
    """Ids in the order of their numbers, behind those that are none."""
    return (int(id), "") if id.isdecimal() else (-1, id)


class Table:
    """Records replace each other whole, so that finding one needs no lock; the orders and indexes have their own.

    Whoever searches by an index tests what it finds: a record may have changed since.
    """

    def __init__(self, kind: "Kind") -> None:
        self._packs = kind.packed
        self._lock = threading.Lock()
        # In the order of creation.
        self._rows: dict[str, Held] = {}
        # In the order of changes: the second of the last change, and its ordinal below it.
        self._places: dict[str, int] = {}
        self._changes = 0
        self._newest = 0
        self._changed_in_order = True
        self._highest_id = 0
        self._made_in_order = True
        self._inactive: dict[str, None] = {}
        self._indexes: dict[str, Index[str]] = {name: Index() for name in kind.indexed}

    def __len__(self) -> int:
        return len(self._rows)

    def held(self, id: str) -> Held | None:
        return self._rows.get(id)

    def find(self, id: str) -> Json | None:
        held = self._rows.get(id)
        return None if held is None else opened(held)

    def all(self) -> list[Json]:
        """In the order of creation."""
        return [opened(held) for held in list(self._rows.values())]

    def active(self) -> int:
        """How many are not inactive."""
        return len(self._rows) - len(self._inactive)

    def ids(self) -> list[str]:
        """In the order of creation, which is that of the Ids unless `ids_ascend` is false."""
        return list(self._rows)

    @property
    def ids_ascend(self) -> bool:
        return self._made_in_order

    def by_change(self) -> list[str]:
        """The Ids, the last changed at the end."""
        with self._lock:
            ids = list(self._places)
            return ids if self._changed_in_order else sorted(ids, key=self._places.__getitem__)

    def in_order_of_change(self, ids: Iterable[str]) -> list[str]:
        """These Ids, the last changed at the end."""
        places = self._places
        return sorted(ids, key=lambda id: places.get(id, 0))

    def changed_since(self, moment: datetime) -> list[str]:
        """The Ids changed in this second or later, the last changed at the end."""
        least = int(moment.timestamp()) << _ORDINAL_BITS
        with self._lock:
            if not self._changed_in_order:
                late = [id for id, place in self._places.items() if place >= least]
                return sorted(late, key=self._places.__getitem__)
            tail: list[str] = []
            for id in reversed(self._places):
                if self._places[id] < least:
                    break
                tail.append(id)
        tail.reverse()
        return tail

    def indexes(self, name: str) -> bool:
        return name in self._indexes

    def having(self, name: str, values: Iterable[str]) -> list[str]:
        """The Ids with one of these folded values in an indexed property."""
        index = self._indexes[name]
        with self._lock:
            return [id for value in dict.fromkeys(values) for id in index.of(value)]

    def put(self, record: Json, at: datetime) -> None:
        """Store a record as it is, as the newest change."""
        id = str(record["Id"])
        held = packed(record) if self._packs else record
        before = self._rows.get(id)
        old_values = self._values(opened(before)) if before is not None else {}
        with self._lock:
            self._rows[id] = held
            self._move_to_the_end(id, int(at.timestamp()))
            if before is None:
                number = int(id) if id.isdecimal() else 0
                self._made_in_order = self._made_in_order and number > self._highest_id
                self._highest_id = max(number, self._highest_id)
            if record.get("Active") is False:
                self._inactive[id] = None
            else:
                self._inactive.pop(id, None)
            self._index(id, old_values, self._values(record))

    def remove(self, id: str) -> None:
        held = self._rows[id]
        with self._lock:
            del self._rows[id]
            self._places.pop(id, None)
            self._inactive.pop(id, None)
            self._index(id, self._values(opened(held)), {})

    def order_by_id(self) -> None:
        """Give records that were put in the order of their changes the order of their creation."""
        with self._lock:
            self._rows = dict(sorted(self._rows.items(), key=lambda row: by_number(row[0])))
            self._made_in_order = all(id.isdecimal() for id in self._rows)

    def written(self) -> list[Json | Written]:
        """Everything, as it is best written out, in the order of changes."""
        rows = [self._rows[id] for id in self.by_change() if id in self._rows]
        return [Written(held) if isinstance(held, bytes) else held for held in rows]

    def _move_to_the_end(self, id: str, second: int) -> None:
        self._changes += 1
        place = second << _ORDINAL_BITS | self._changes
        # The clock of the sandbox can be set back.
        self._changed_in_order = self._changed_in_order and place > self._newest
        self._newest = max(place, self._newest)
        self._places.pop(id, None)
        self._places[id] = place

    def _values(self, record: Json) -> dict[str, str]:
        values = ((name, folded(record.get(name))) for name in self._indexes)
        return {name: value for name, value in values if value is not None}

    def _index(self, id: str, old: dict[str, str], new: dict[str, str]) -> None:
        for name, value in old.items():
            if new.get(name) != value:
                self._indexes[name].remove(value, id)
        for name, value in new.items():
            if old.get(name) != value:
                self._indexes[name].add(value, id)
