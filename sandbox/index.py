"""Who has a value: found without looking at every record, and small where most values have one holder."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Holder = TypeVar("Holder", bound=Hashable)


class Index(Generic[Holder]):
    """Values and their holders, in the order they came; the caller keeps readers and writers apart."""

    def __init__(self) -> None:
        # One holder as it is, several as the keys of a dictionary.
        self._holders: dict[str, Holder | dict[Holder, None]] = {}

    def of(self, value: str) -> list[Holder]:
        who = self._holders.get(value)
        if who is None:
            return []
        return list(who) if isinstance(who, dict) else [who]

    def add(self, value: str, holder: Holder) -> None:
        who = self._holders.get(value)
        if who is None:
            self._holders[value] = holder
        elif isinstance(who, dict):
            who[holder] = None
        elif who != holder:
            self._holders[value] = {who: None, holder: None}

    def remove(self, value: str, holder: Holder) -> None:
        who = self._holders.get(value)
        if isinstance(who, dict):
            who.pop(holder, None)
        if not who or who == holder:
            self._holders.pop(value, None)
