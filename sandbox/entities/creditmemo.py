"""Credit memos: what a customer gets back, as a credit that payments apply to invoices."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.entities.credits import apply_automatically
from sandbox.entities.sales import SalesDocument, sales_shape
from sandbox.entities.settling import free_surplus
from sandbox.fields import kept, ref
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


class CreditMemo(SalesDocument):
    name = "CreditMemo"
    stock = 1
    shape = sales_shape(
        "CreditMemo",
        {
            "RemainingCredit": kept("number"),
            "InvoiceRef": ref(),
            "CreditMemoEx": kept(),
        },
    )

    def owed(self, record: Json) -> Decimal:
        return -Decimal(record["RemainingCredit"])

    def _own(self, _change: "Change", _sent: Json, _old: Json | None, money: Json) -> Json:
        return {"RemainingCredit": money["Balance"]}

    def _take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        super()._take_effect(change, old, new)
        if new is not None:
            free_surplus(change, self, new, new["TotalAmt"])
        if old is None and new is not None:
            apply_automatically(change, self.name, new["Id"])
