"""Sales receipts and refund receipts: sold and paid, or taken back and repaid, at once."""

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sandbox import refusals
from sandbox.entities.kind import stays
from sandbox.entities.sales import UNDEPOSITED_FUNDS, SalesDocument, sales_shape
from sandbox.fields import kept
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


class Receipt(SalesDocument):
    """What both share: nothing stays open, and the money lies in an account."""

    # A sale over the counter names nobody.
    needs_customer = False
    default_account: ClassVar[str | None] = UNDEPOSITED_FUNDS

    def _own(self, change: "Change", sent: Json, old: Json | None, money: Json) -> Json:
        if "DepositToAccountRef" not in sent:
            if self.default_account is None:
                raise refusals.missing("DepositToAccountRef")
            sent = {**sent, "DepositToAccountRef": {"value": self.default_account}}
        is_kept = stays("DepositToAccountRef", sent, old)
        account = change.refer("Account", sent["DepositToAccountRef"], "Accounts", must_be_active=not is_kept)
        own: Json = {"DepositToAccountRef": {"value": account["Id"], "name": account["Name"]}, "Balance": Decimal(0)}
        if "HomeBalance" in money:
            own["HomeBalance"] = Decimal(0)
        return own


class SalesReceipt(Receipt):
    name = "SalesReceipt"
    takes_links = True
    stock = -1
    shape = sales_shape("SalesReceipt", {"SalesReceiptEx": kept(), "LessCIS": kept()})


class RefundReceipt(Receipt):
    name = "RefundReceipt"
    stock = 1
    default_account = None
    shape = sales_shape("RefundReceipt", {"RemainingCredit": kept("number"), "RefundReceiptEx": kept()})
