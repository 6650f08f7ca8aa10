"""Queries as a plain filter over an export answers them, knowing nothing of the sandbox."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
CHANGED = "MetaData.LastUpdatedTime"
# What callers search by, and how it is compared.
FIELDS: dict[str, dict[str, str]] = {
    "Customer": {
        "Id": "id",
        "DisplayName": "text",
        "FullyQualifiedName": "text",
        "Balance": "number",
        "ParentRef": "text",
        "Active": "flag",
        CHANGED: "time",
    },
    "Item": {"Id": "id", "Name": "text", "Type": "text", "UnitPrice": "number", "Active": "flag", CHANGED: "time"},
    "Invoice": {
        "Id": "id",
        "DocNumber": "text",
        "CustomerRef": "text",
        "TxnDate": "date",
        "DueDate": "date",
        "TotalAmt": "number",
        "Balance": "number",
        "EmailStatus": "text",
        CHANGED: "time",
        "MetaData.CreateTime": "time",
    },
    "Payment": {
        "Id": "id",
        "CustomerRef": "text",
        "TxnDate": "date",
        "TotalAmt": "number",
        "UnappliedAmt": "number",
        CHANGED: "time",
    },
    "CreditMemo": {"Id": "id", "DocNumber": "text", "CustomerRef": "text", "TotalAmt": "number", CHANGED: "time"},
    "SalesReceipt": {"Id": "id", "DocNumber": "text", "CustomerRef": "text", "TotalAmt": "number", CHANGED: "time"},
    "Estimate": {"Id": "id", "DocNumber": "text", "CustomerRef": "text", "TxnStatus": "text", CHANGED: "time"},
}
NAMED = ("Customer", "Item")
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
OPERATORS = (*_COMPARED, "in", "like")


@dataclass(frozen=True)
class Condition:
    """One comparison of a query; `values` as they are written in it, `%` a wildcard of `like` alone."""

    field: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        quoted = [value if value in ("true", "false") else f"'{_escaped(value)}'" for value in self.values]
        operand = f"({', '.join(quoted)})" if self.operator == "in" else quoted[0]
        return f"{self.field} {self.operator} {operand}"


def condition_on(kind: str, records: list[Json], field: int, operator: str, pick: int) -> Condition:
    """A comparison that makes sense of its field, with values that records have."""
    names = list(FIELDS[kind])
    name = names[field % len(names)]
    sort = FIELDS[kind][name]
    known = [text for one in records if (text := _written(one, name)) is not None] or [_NOBODYS[sort]]
    value = known[pick % len(known)]
    if operator == "in" or (operator == "like" and sort != "text"):
        return Condition(name, "in", (value, known[pick // 2 % len(known)]))
    if operator == "like":
        half = len(value) // 2
        patterns = (f"{value[:half]}%", f"%{value[half:]}", f"%{value[1:-1]}%", value, value[:1] + "%" + value[-1:])
        # Nobody has recorded whether a lone wildcard finds those without a value.
        pattern = patterns[pick % len(patterns)].upper()
        return Condition(name, "like", (pattern if pattern.strip("%") else value,))
    return Condition(name, "=" if sort in ("id", "flag") else operator, (value,))


def fitting(kind: str, records: Iterable[Json], conditions: list[Condition]) -> list[Json]:
    """The records that fit; the inactive of a list only where the query asks about them."""
    hides = kind in NAMED and all(one.field != "Active" for one in conditions)
    return [
        record
        for record in records
        if not (hides and not record["Active"]) and all(_fits(kind, record, one) for one in conditions)
    ]


def place(kind: str, record: Json, field: str) -> tuple[bool, Any]:
    """What an order by a field goes by; nothing stands before everything."""
    sort = FIELDS[kind][field]
    text = _written(record, field)
    value = int(text) if text is not None and sort == "id" else _read(sort, text)
    return (value is not None, 0 if value is None else value)


_NOBODYS = {
    "id": "99999",
    "date": "2026-11-21",
    "text": "nobody's",
    "number": "12.34",
    "flag": "true",
    "time": "2026-11-21T12:00:00Z",
}


def _fits(kind: str, record: Json, condition: Condition) -> bool:
    sort = FIELDS[kind][condition.field]
    value = _read(sort, _written(record, condition.field))
    if value is None:
        return False
    if condition.operator == "like":
        return _like(value, condition.values[0].lower())
    wanted = [_read(sort, one) for one in condition.values]
    if condition.operator == "in":
        return value in wanted
    return _COMPARED[condition.operator](value, wanted[0])


def _written(record: Json, name: str) -> str | None:
    """A record's value as a query writes it; a reference by its Id."""
    value: Any = record
    for part in name.split("."):
        value = value.get(part)
        if value is None:
            return None
    if isinstance(value, dict):
        value = value["value"]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(sort: str, text: str | None) -> Any:
    if text is None:
        return None
    if sort == "number":
        return Decimal(text)
    if sort == "time":
        return datetime.fromisoformat(text)
    return text.lower()


def _like(text: str, pattern: str) -> bool:
    first, wild, rest = pattern.partition("%")
    if not wild:
        return text == pattern
    if not text.startswith(first):
        return False
    return any(_like(text[at:], rest) for at in range(len(first), len(text) + 1))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "\\'")
