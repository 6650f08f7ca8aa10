"""Payment terms: due some days after the sale, or on a day of the month."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.listed import NameList, list_shape
from sandbox.fields import flag, kept, number, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

# The least and the most that each number may be.
RANGES = {
    "DueDays": (0, 999),
    "DiscountDays": (0, 999),
    "DiscountPercent": (0, 100),
    "DayOfMonthDue": (1, 31),
    "DueNextMonthDays": (0, 999),
    "DiscountDayOfMonth": (0, 31),
}


class Term(NameList):
    name = "Term"
    sequence = "Term"
    called = "term"
    referred_as = "Terms"
    shape = list_shape(
        "Term",
        {
            "Name": text(31, search=True),
            "Active": flag(search=True),
            "Type": kept("text", search=True),
            **{name: number(search=name == "DueDays") for name in RANGES},
        },
        "SalesTermEx",
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        """STANDARD where days are named, or else DATE_DRIVEN by a day of the month."""
        for name, (least, most) in RANGES.items():
            if name in fields and not least <= fields[name] <= most:
                raise refusals.bad_number(name, fields[name])
        if "DueDays" not in fields and "DayOfMonthDue" not in fields:
            raise refusals.missing("DueDays")
        own: Json = {"Type": "STANDARD", "DiscountPercent": Decimal(0)}
        if "DueDays" not in fields:
            own |= {"Type": "DATE_DRIVEN", "DueNextMonthDays": Decimal(0)}
        return {**own, **fields}
