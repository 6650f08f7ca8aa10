"""Invoices: what a customer owes, settled by payments, deposits and credits, made of estimates or not."""

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.entities.credits import apply_automatically
from sandbox.entities.kind import stays
from sandbox.entities.sales import SalesDocument, sales_shape
from sandbox.entities.settling import free_surplus
from sandbox.fields import flag, kept, number, text
from sandbox.numbers import Json, exact

if TYPE_CHECKING:
    from sandbox.changes import Change


# Known to Intuit's schema, written by QuickBooks alone or of no use here.
_OWN = (
    "EInvoiceStatus",
    "ECloudStatusTimeStamp",
    "CfdiUse",
    "Exportation",
    "GlobalInfo",
    "invoiceStatus",
    "callToAction",
    "invoiceStatusLog",
    "InvoiceEx",
    "LessCIS",
    "ConvenienceFeeDetail",
    "EnabledSurchargeInfo",
    "InvoiceLinkSecurityCode",
    "InvoiceLinkExpiryDate",
    "AutoPayEligible",
    "SchedulePayEligible",
    "ScheduledPaymentId",
    "GratuityEnabled",
    "FinancingProductType",
    "SubscriptionPaymentsSetting",
)


class Invoice(SalesDocument):
    name = "Invoice"
    counted = True
    has_due_date = True
    takes_links = True
    stock = -1
    shape = sales_shape(
        "Invoice",
        {
            "AllowOnlineCreditCardPayment": flag(),
            "AllowOnlineACHPayment": flag(),
            "AllowOnlineAffirmPayment": flag(),
            "AllowOnlinePayPalPayment": flag(),
            "AllowOnlinePayment": kept("flag"),
            "AllowIPNPayment": kept("flag"),
            "Deposit": number(),
            "PaymentDetailsMessage": text(),
            "InvoiceLink": kept(),
            **{name: kept() for name in _OWN},
        },
    )

    def owed(self, record: Json) -> Decimal:
        return Decimal(record["Balance"])

    def _own(self, change: "Change", sent: Json, old: Json | None, _money: Json) -> Json:
        if "DepositToAccountRef" in sent:
            is_kept = stays("DepositToAccountRef", sent, old)
            change.refer("Account", sent["DepositToAccountRef"], "Accounts", must_be_active=not is_kept)
        # Both are deprecated and stay false whatever is sent.
        return {"AllowIPNPayment": False, "AllowOnlinePayment": False}

    def _take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        super()._take_effect(change, old, new)
        if new is not None:
            free_surplus(change, self, new, new["TotalAmt"] - exact(new.get("Deposit", 0)))
        if old is None and new is not None:
            apply_automatically(change, self.name, new["Id"])


def with_pay_link(realm: str, invoice: Json) -> Json:
    """The invoice with its customer's pay page, if it can be paid online and has an address to send that to."""
    online = any(
        invoice.get(name)
        for name in ("AllowOnlineCreditCardPayment", "AllowOnlineACHPayment", "AllowOnlineAffirmPayment")
    )
    if not online or "BillEmail" not in invoice:
        return invoice
    # The address that a live US sandbox gave.
    token = hashlib.sha256(f"{realm}/{invoice['Id']}".encode()).hexdigest()
    return {**invoice, "InvoiceLink": f"https://developer.intuit.com/comingSoonview/scs-v1-{token}"}
