"""Invoices: numbers, dates, lines, taxes, balances, voiding, deleting and sending."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.clock import day as day_of
from sandbox.entities import lines as lines_of
from sandbox.entities.currency import check_currency
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged
from sandbox.entities.terms import due_date
from sandbox.entities.totals import add_up
from sandbox.fields import (
    ADDRESS,
    CUSTOM_FIELD,
    EMAIL,
    MEMO,
    Shape,
    anything,
    choice,
    day,
    flag,
    kept,
    number,
    part,
    parts,
    ref,
    text,
)
from sandbox.numbers import Json, exact

if TYPE_CHECKING:
    from sandbox.changes import Change

AUTO = "AUTO_GENERATE"
LONGEST_NUMBER = 21
NUMBERS = "DocNumber"
ZERO = Decimal(0)

TAX_DETAIL = Shape(
    "TxnTaxDetail",
    {"DefaultTaxCodeRef": ref(), "TxnTaxCodeRef": ref(), "TotalTax": number(), "TaxLine": anything()},
)


class Invoice(Kind):
    name = "Invoice"
    sequence = "transactions"
    operations = frozenset({"create", "update", "delete", "void", "send"})
    counted = True
    shape = entity_shape(
        "Invoice",
        {
            "CustomerRef": ref(search=True),
            "CurrencyRef": ref(search=True),
            "ExchangeRate": number(),
            "GlobalTaxCalculation": choice("TaxExcluded", "TaxInclusive", "NotApplicable"),
            "DocNumber": text(LONGEST_NUMBER, search=True),
            "AutoDocNumber": flag(),
            "TxnDate": day(search=True),
            "DueDate": day(search=True),
            "ShipDate": day(search=True),
            "SalesTermRef": ref(search=True),
            "Line": parts(lines_of.LINE),
            "TxnTaxDetail": part(TAX_DETAIL),
            "CustomField": parts(CUSTOM_FIELD),
            "CustomerMemo": part(MEMO),
            "PrivateNote": text(4000),
            "BillAddr": part(ADDRESS),
            "ShipAddr": part(ADDRESS),
            "ShipFromAddr": part(ADDRESS),
            "BillEmail": part(EMAIL, search=True),
            "BillEmailCc": part(EMAIL),
            "BillEmailBcc": part(EMAIL),
            "EmailStatus": choice("NotSet", "NeedToSend", "EmailSent", search=True),
            "PrintStatus": choice("NotSet", "NeedToPrint", "PrintComplete", search=True),
            "ApplyTaxAfterDiscount": flag(),
            "AllowOnlineCreditCardPayment": flag(),
            "AllowOnlineACHPayment": flag(),
            "AllowOnlineAffirmPayment": flag(),
            "AllowOnlinePayment": kept("flag"),
            "AllowIPNPayment": kept("flag"),
            "ClassRef": ref(),
            "DepartmentRef": ref(search=True),
            "ShipMethodRef": ref(),
            "TrackingNum": text(31),
            "Deposit": number(),
            "DepositToAccountRef": ref(),
            "DiscountRate": number(),
            "DiscountAmt": number(),
            "RecurDataRef": kept(),
            "TaxExemptionRef": kept(),
            "TotalAmt": kept("number", search=True),
            "HomeTotalAmt": kept("number"),
            "Balance": kept("number", search=True),
            "HomeBalance": kept("number"),
            "DeliveryInfo": kept(),
            "InvoiceLink": kept(),
            "LinkedTxn": kept(),
            "FreeFormAddress": kept("flag"),
            "FinanceCharge": kept("flag"),
            "PaymentType": kept(),
            "CheckPayment": kept(),
            "CreditCardPayment": kept(),
            "invoiceStatus": kept(),
            "invoiceStatusLog": kept(),
            "EInvoiceStatus": kept(),
            "TxnSource": kept(),
            "TransactionLocationType": text(),
            "TaxFormNum": kept(),
            "TaxFormType": kept(),
        },
    )

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        if "DocNumber" in record:
            yield (NUMBERS, record["DocNumber"].lower())

    def create(self, change: "Change", given: Json) -> Json:
        sent = {name: value for name, value in given.items() if value is not None}
        fields = self._complete(change, sent, None)
        number = self._number(change, sent, None)
        marks: Json = {"LinkedTxn": [], "AllowIPNPayment": False, "AllowOnlinePayment": False, "FreeFormAddress": True}
        record = change.add(self, {**marks, **fields, **number, **ENTITY_MARKS})
        change.owes(record["CustomerRef"]["value"], record["Balance"])
        change.happened(self, record["Id"], "created")
        return record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        if is_void(old):
            raise refusals.business("A voided transaction cannot be changed.")
        sent = merged(old, given, self.shape, sparse)
        if given.get("SalesTermRef") and not given.get("DueDate"):
            sent.pop("DueDate", None)
        if change.company.multicurrency:
            sent.setdefault("CurrencyRef", old["CurrencyRef"])
        fields = self._complete(change, sent, old)
        own: Json = {name: old[name] for name in ("LinkedTxn", "DeliveryInfo", "InvoiceLink") if name in old}
        marks: Json = {"AllowIPNPayment": False, "AllowOnlinePayment": False, "FreeFormAddress": True}
        fields = {**marks, **fields, **self._number(change, sent, old), **own, **ENTITY_MARKS}
        record = change.replace(self, old, fields)
        _move_balance(change, old, record)
        _free_surplus(change, record)
        change.happened(self, record["Id"], "updated")
        return record

    def delete(self, change: "Change", old: Json) -> None:
        if old["LinkedTxn"]:
            if not change.by_person:
                raise refusals.business(
                    "This transaction is linked to others; unlink the payments before you delete it."
                )
            _unlink_payments(change, old)
        change.remove(self, old["Id"])
        change.owes(old["CustomerRef"]["value"], -old["Balance"])
        change.happened(self, old["Id"], "deleted")

    def void(self, change: "Change", old: Json) -> Json:
        """Worth nothing, but kept. With a payment applied, companies were seen to refuse and documented to unlink."""
        if is_void(old):
            raise refusals.business("This transaction has already been voided.")
        if old["LinkedTxn"]:
            if change.switches["void_paid"] == "refuse" and not change.by_person:
                raise refusals.business(
                    "You cannot void a transaction that has payments applied to it. Unapply them first."
                )
            _unlink_payments(change, old)
        note = f"Voided - {old['PrivateNote']}" if old.get("PrivateNote") else "Voided"
        fields = {**old, **_nothing(old), "PrivateNote": note, "LinkedTxn": []}
        record = change.replace(self, old, fields)
        change.owes(old["CustomerRef"]["value"], -old["Balance"])
        change.happened(self, record["Id"], "void")
        if change.switches.on("void_updated"):
            change.happened(self, record["Id"], "updated")
        return record

    def send(self, change: "Change", old: Json, to: str) -> Json:
        """E-mails it; a recorded answer shows the SyncToken unchanged."""
        address = to or old.get("BillEmail", {}).get("Address", "")
        if not address:
            raise refusals.business("Please enter a valid email address before sending.")
        if "@" not in address or "." not in address.rpartition("@")[2]:
            raise refusals.bad_email("sendTo")
        sent: Json = {
            "EmailStatus": "EmailSent",
            "DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": change.stamp},
            "BillEmail": {"Address": address},
        }
        if change.switches.on("send_bumps"):
            record = change.replace(self, old, {**old, **sent})
        else:
            record = change.touch(self, old, **sent)
        change.happened(self, record["Id"], "emailed")
        if change.switches.on("email_updated"):
            change.happened(self, record["Id"], "updated")
        return record

    def _complete(self, change: "Change", sent: Json, old: Json | None) -> Json:
        """Everything but number, links and marks: checked, completed and added up."""
        if "CustomerRef" not in sent:
            raise refusals.missing("CustomerRef")
        if not sent.get("Line"):
            raise refusals.missing("Line")
        same = old is not None and old["CustomerRef"]["value"] == sent["CustomerRef"]["value"]
        customer = change.refer("Customer", sent["CustomerRef"], "Names", must_be_active=not same)
        currency = check_currency(change, sent, customer)
        foreign = currency["value"] != change.company.currency
        gross = change.company.country.taxes_per_line and sent.get("GlobalTaxCalculation") == "TaxInclusive"
        old_lines = old["Line"] if old else []
        own = lines_of.complete(change, sent["Line"], old_lines, customer, gross)
        money = add_up(change, sent, own, old, foreign)
        return {
            **{name: value for name, value in sent.items() if name not in _meaningless(change)},
            **self._dates(change, sent),
            **self._mail(sent, old),
            **_addresses(change, sent, customer),
            **money,
            "CustomerRef": {"value": customer["Id"], "name": customer["DisplayName"]},
            "CurrencyRef": currency,
        }

    def _dates(self, change: "Change", sent: Json) -> Json:
        issued = sent.get("TxnDate") or day_of(change.now, change.company.zone).isoformat()
        dates: Json = {"TxnDate": issued}
        if "SalesTermRef" in sent:
            term = change.refer("Term", sent["SalesTermRef"], "Terms")
            dates["SalesTermRef"] = {"value": term["Id"], "name": term["Name"]}
        else:
            # A live company gave 30 days to an invoice without a term: its default, which is not written down.
            default = change.company.preferences["SalesFormsPrefs"].get("DefaultTerms", {"value": ""})
            term = change.company.find("Term", default["value"]) or {"Type": "STANDARD", "DueDays": 0}
        dates["DueDate"] = sent.get("DueDate") or due_date(date.fromisoformat(issued), term).isoformat()
        return dates

    def _mail(self, sent: Json, old: Json | None) -> Json:
        status = sent.get("EmailStatus", "NotSet")
        if status == "NeedToSend" and "BillEmail" not in sent:
            raise refusals.missing("BillEmail")
        mail: Json = {"EmailStatus": status, "PrintStatus": sent.get("PrintStatus", "NeedToPrint")}
        if status == "NeedToSend" and (old is None or "DeliveryInfo" not in old):
            mail["DeliveryInfo"] = {"DeliveryType": "Email"}
        return mail

    def _number(self, change: "Change", sent: Json, old: Json | None) -> Json:
        """The DocNumber, if it gets one: the next, the caller's own, or none with custom numbers."""
        wanted = sent.get("DocNumber")
        custom = bool(change.company.preferences["SalesFormsPrefs"].get("CustomTxnNumbers"))
        if wanted == AUTO or (sent.get("AutoDocNumber") and wanted is None):
            return {"DocNumber": self._next_number(change)}
        if wanted is None:
            return {"DocNumber": self._next_number(change)} if old is None and not custom else {}
        self._check_number(change, wanted, old)
        if wanted.isdigit():
            change.set_last(NUMBERS, int(wanted))
        return {"DocNumber": wanted}

    def _check_number(self, change: "Change", wanted: str, old: Json | None) -> None:
        if old and old.get("DocNumber") == wanted:
            return
        if change.allow_duplicate_number or change.switches["duplicate_docnumber"] == "accept":
            return
        for kind, id in change.company.holders(NUMBERS, wanted.lower()):
            if not old or id != old["Id"]:
                raise refusals.duplicate_number(wanted, kind, id)

    def _next_number(self, change: "Change") -> str:
        last = max(change.last(NUMBERS), 1000)
        number = str(last + 1)
        while change.company.holders(NUMBERS, number):
            number = str(int(number) + 1)
        change.set_last(NUMBERS, int(number))
        return number


def _meaningless(change: "Change") -> set[str]:
    """What is taken from a caller but not kept: the United States know no tax calculation mode, for instance."""
    names = {"AutoDocNumber", "DocNumber"}
    if not change.company.country.taxes_per_line:
        names.add("GlobalTaxCalculation")
    if not change.company.multicurrency:
        names.add("ExchangeRate")
    return names


def is_void(invoice: Json) -> bool:
    return invoice["TotalAmt"] == 0 and str(invoice.get("PrivateNote", "")).startswith("Voided")


def _addresses(change: "Change", sent: Json, customer: Json) -> Json:
    """Copied from the customer when not sent. The e-mail address is not: a live company left it empty."""
    found: Json = {}
    for name in ("BillAddr", "ShipAddr"):
        address = sent.get(name) or customer.get(name) or (customer.get("BillAddr") if name == "ShipAddr" else None)
        if address:
            found[name] = address if "Id" in address else {**address, "Id": change.next_id("address")}
    return found


def _move_balance(change: "Change", old: Json, new: Json) -> None:
    before, after = old["CustomerRef"]["value"], new["CustomerRef"]["value"]
    if before == after:
        change.owes(after, new["Balance"] - old["Balance"])
    else:
        change.owes(before, -old["Balance"])
        change.owes(after, new["Balance"])


def _unlink_payments(change: "Change", invoice: Json) -> None:
    """The money goes back to the payments, unapplied."""
    from sandbox.entities.payment import release

    for link in invoice["LinkedTxn"]:
        if link["TxnType"] == "Payment":
            release(change, link["TxnId"], invoice["Id"])


def _free_surplus(change: "Change", invoice: Json) -> None:
    """Payments that settle more than the invoice is now worth get the surplus back."""
    from sandbox.entities.payment import applied_by, release

    left = invoice["TotalAmt"] - exact(invoice.get("Deposit", 0))
    for link in invoice["LinkedTxn"]:
        applied = applied_by(change.get("Payment", link["TxnId"]), invoice["Id"])
        if applied > left:
            release(change, link["TxnId"], invoice["Id"], keep=max(left, ZERO))
        left -= min(applied, left)


def _nothing(old: Json) -> Json:
    """The amounts of a voided invoice: all zero, unit prices gone."""
    worthless: list[Json] = []
    for line in old["Line"]:
        line = {**line, "Amount": ZERO} if "Amount" in line else line
        if lines_of.ITEM in line:
            detail = {name: value for name, value in line[lines_of.ITEM].items() if name != "UnitPrice"}
            line = {**line, lines_of.ITEM: {**detail, "Qty": ZERO}}
        worthless.append(line)
    zeros: Json = {
        name: ZERO for name in ("TotalAmt", "Balance", "Deposit", "HomeTotalAmt", "HomeBalance") if name in old
    }
    return {**zeros, "Line": worthless, "TxnTaxDetail": {"TotalTax": ZERO}}
