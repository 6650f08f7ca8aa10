"""Journal entries: debits and credits that come to the same."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities import entry_lines as lines_of
from sandbox.entities.generic import TRANSACTION, ZERO, Generic, in_currency
from sandbox.entities.kind import entity_shape
from sandbox.entities.payables import entity
from sandbox.fields import flag, kept, parts
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

# Such accounts are kept by name: who owes, or is owed.
_BY_NAME = {"Accounts Receivable": "Customer", "Accounts Payable": "Vendor"}


class JournalEntry(Generic):
    name = "JournalEntry"
    counted = True
    operations = frozenset({"create", "update", "delete", "void"})
    required = ("Line",)
    defaults = {"Adjustment": False}
    shape = entity_shape(
        "JournalEntry",
        {
            **TRANSACTION,
            "Adjustment": flag(search=True),
            "HomeCurrencyAdjustment": flag(),
            "EnteredInHomeCurrency": flag(),
            "Line": parts(lines_of.LINE),
            "JournalEntryEx": kept(),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        lines = lines_of.complete(change, fields["Line"], old["Line"] if old else [], (lines_of.POSTED,))
        for line in lines:
            if line["DetailType"] == lines_of.POSTED:
                _name(change, line[lines_of.POSTED])
        if _sum(lines, "Debit") != _sum(lines, "Credit"):
            raise refusals.business("Please balance debits and credits.")
        return in_currency(change, {**fields, "Line": lines}, None)

    def void(self, change: "Change", old: Json) -> Json:  # noqa: ARG002
        """A live company answered 200 to this and did nothing."""
        raise refusals.nothing_done()


def _name(change: "Change", detail: Json) -> None:
    """Complete the name that a line goes by. Raises 2500, and 6000 where its account asks for another."""
    who = detail.get("Entity")
    found = entity(change, who["EntityRef"]) if isinstance(who, dict) and who.get("EntityRef") else {}
    if found:
        named = {"value": found["value"], "name": found["name"]}
        detail["Entity"] = {"Type": found["type"], "EntityRef": named}
    account = change.get("Account", detail["AccountRef"]["value"])
    wanted = _BY_NAME.get(account["AccountType"])
    if wanted and found.get("type") != wanted:
        sort = account["AccountType"]
        raise refusals.business(f"When you use {sort}, you must choose a {wanted.lower()} in the Name field.")


def _sum(lines: list[Json], posting: str) -> Decimal:
    own = (line for line in lines if line.get(lines_of.POSTED, {}).get("PostingType") == posting)
    return sum((line["Amount"] for line in own), ZERO)
