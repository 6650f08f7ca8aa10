"""What the forms of a record say: the values they begin with, and the act that a posted one asks for."""

from decimal import Decimal

from sandbox import refusals
from sandbox.documents import DUE, is_void, plain
from sandbox.entities.kind import Kind
from sandbox.fields import LARGEST_EXPONENT
from sandbox.numbers import Json, cents, exact

ACTS = ("pay", "send", "edit", "void", "delete")
_PRICED, _TEXT = "SalesItemLineDetail", "DescriptionOnly"
# What makes the price of a line: the name of its input, and its field.
_PRICE = (("quantity", "Qty"), ("rate", "UnitPrice"))


def offered(kind: Kind, record: Json) -> list[str]:
    """The acts that make sense for a record as it stands, in the order in which the page offers them."""
    alive = not is_void(record)
    makes_sense = {
        "pay": kind.name == "Invoice" and alive and bool(record["Balance"]),
        "send": "send" in kind.operations and alive,
        "edit": "update" in kind.operations and alive and kind.name != "Payment",
        "void": "void" in kind.operations and alive,
        "delete": "delete" in kind.operations,
    }
    return [act for act in ACTS if makes_sense[act]]


def values_of(kind: Kind, record: Json) -> dict[str, str]:
    """Every field of the record's forms as text, by the name of its input."""
    values = {
        "token": str(record.get("SyncToken", "")),
        "amount": plain(record.get("Balance", 0)),
        "to": _address(record),
        "due": str(record.get(due_field(kind), "")),
        "email": _address(record),
        "message": str((record.get("CustomerMemo") or {}).get("value", "")),
        "note": str(record.get("PrivateNote", "")),
    }
    for line in editable(record):
        values[f"description-{line['Id']}"] = str(line.get("Description", ""))
        for name, field in _PRICE if _PRICED in line else ():
            values[f"{name}-{line['Id']}"] = plain(line[_PRICED][field]) if field in line[_PRICED] else ""
    return values


def due_field(kind: Kind) -> str:
    """The field that the due date's input changes; empty for documents that never fall due."""
    return DUE.get(kind.name, ("", ""))[1]


def editable(record: Json) -> list[Json]:
    """The lines that the form can change: not groups, subtotals and discounts."""
    return [line for line in record.get("Line", []) if line.get("DetailType") in (_PRICED, _TEXT) and "Id" in line]


def act_of(kind: Kind, record: Json, act: str, typed: dict[str, str]) -> Json | None:
    """The act as `acts.act` takes it; None for an edit that changes nothing.

    Raises Refusal when the record has changed since the form was shown, ValueError for text that is no number.
    """
    which = {kind.path: record["Id"]}
    if act == "pay":
        return {"pay": {**which, "amount": _number("Amount", typed.get("amount", ""))}}
    if act == "send":
        return {"send": {**which, "to": typed.get("to", "").strip()}}
    if act != "edit":
        return {act: which}
    if typed.get("token", record["SyncToken"]) != record["SyncToken"]:
        raise refusals.stale()
    wanted = _changes(kind, record, typed)
    return {"edit": {**which, "set": wanted}} if wanted else None


def _changes(kind: Kind, record: Json, typed: dict[str, str]) -> Json:
    """The fields that differ from the record; the lines all together, since QuickBooks takes them so."""
    before = values_of(kind, record)
    differ = {name for name in before if name in typed and _unbroken(typed[name]) != _unbroken(before[name])}
    after = before | {name: _unbroken(typed[name]) for name in differ}
    fields: Json = {
        "due": {due_field(kind): after["due"]},
        "email": {"BillEmail": {"Address": after["email"]} if after["email"] else None},
        "message": {"CustomerMemo": {"value": after["message"]} if after["message"] else None},
        "note": {"PrivateNote": after["note"]},
    }
    changes: Json = {}
    for name in differ & set(fields):
        changes |= fields[name]
    if any("-" in name for name in differ):
        own = {line["Id"] for line in editable(record)}
        changes["Line"] = [_line(line, differ, after) if line.get("Id") in own else line for line in record["Line"]]
    return {name: value for name, value in changes.items() if name in kind.shape.fields}


def _unbroken(text: str) -> str:
    """With every line end as one mark; browsers send two, whatever they were shown."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line(line: Json, differ: set[str], after: dict[str, str]) -> Json:
    id = line["Id"]
    described = {**line, "Description": after[f"description-{id}"]}
    if not differ & {f"quantity-{id}", f"rate-{id}"}:
        return described
    detail = {name: value for name, value in line[_PRICED].items() if name != "TaxInclusiveAmt"}
    for name, field in _PRICE:
        text = after[f"{name}-{id}"].strip()
        detail[field] = _number(field, text) if text else None
    return {**described, _PRICED: detail, "Amount": _amount(line, detail)}


def _number(name: str, text: str) -> Decimal:
    found = exact(text)
    if found.adjusted() > LARGEST_EXPONENT:
        raise refusals.bad_number(name, text)
    return found


def _amount(line: Json, detail: Json) -> Decimal:
    """Quantity times rate; where one is left empty, the amount stays."""
    if detail["Qty"] is None or detail["UnitPrice"] is None:
        return exact(line["Amount"])
    return cents(detail["Qty"] * detail["UnitPrice"])


def _address(record: Json) -> str:
    return str((record.get("BillEmail") or {}).get("Address", ""))
