"""Payments: money received from a customer, applied to invoices or left unapplied."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.clock import day as day_of
from sandbox.entities.currency import check_currency
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged
from sandbox.fields import LINKED, Shape, anything, day, flag, kept, number, part, parts, ref, text
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO = Decimal(0)
UNDEPOSITED_FUNDS = "4"
PAYMENT_LINE = Shape(
    "Line",
    {
        "Id": kept(),
        "LineNum": kept(),
        "Amount": number(),
        "Description": text(4000),
        "LinkedTxn": parts(LINKED),
        "LineEx": kept(),
        "DetailType": anything(),
    },
)


class Payment(Kind):
    name = "Payment"
    sequence = "transactions"
    operations = frozenset({"create", "update", "delete", "void"})
    shape = entity_shape(
        "Payment",
        {
            "CustomerRef": ref(search=True),
            "TotalAmt": number(search=True),
            "CurrencyRef": ref(search=True),
            "ExchangeRate": number(),
            "TxnDate": day(search=True),
            "Line": parts(PAYMENT_LINE),
            "PaymentMethodRef": ref(search=True),
            "PaymentRefNum": text(21, search=True),
            "DepositToAccountRef": ref(search=True),
            "ARAccountRef": ref(),
            "PrivateNote": text(4000),
            "TxnSource": text(),
            "ProcessPayment": flag(),
            "CreditCardPayment": anything(),
            "TaxExemptionRef": kept(),
            "UnappliedAmt": kept("number", search=True),
            "LinkedTxn": kept(),
            "TransactionLocationType": text(),
            "DocNumber": kept(),
            "CustomField": anything(),
            "TxnTaxDetail": part(Shape("TxnTaxDetail", {"TotalTax": number()})),
        },
    )

    def create(self, change: "Change", given: Json) -> Json:
        sent = {name: value for name, value in given.items() if value is not None}
        fields = self._complete(change, sent)
        record = change.add(self, {**fields, "LinkedTxn": [], **ENTITY_MARKS})
        change.happened(self, record["Id"], "created")
        _apply(change, record)
        change.owes(record["CustomerRef"]["value"], -record["UnappliedAmt"])
        return record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """What was applied is taken back first, then applied anew."""
        if is_void(old):
            raise refusals.business("A voided transaction cannot be changed.")
        _take_back(change, old)
        sent = merged(old, given, self.shape, sparse)
        if change.company.multicurrency:
            sent.setdefault("CurrencyRef", old["CurrencyRef"])
        fields = self._complete(change, sent)
        record = change.replace(self, old, {**fields, "LinkedTxn": old["LinkedTxn"], **ENTITY_MARKS})
        _apply(change, record)
        change.owes(record["CustomerRef"]["value"], -record["UnappliedAmt"])
        change.happened(self, record["Id"], "updated")
        return record

    def delete(self, change: "Change", old: Json) -> None:
        _take_back(change, old)
        change.remove(self, old["Id"])
        change.happened(self, old["Id"], "deleted")

    def void(self, change: "Change", old: Json) -> Json:
        if is_void(old):
            raise refusals.business("This transaction has already been voided.")
        _take_back(change, old)
        note = f"Voided - {old['PrivateNote']}" if old.get("PrivateNote") else "Voided"
        nothing = {"TotalAmt": ZERO, "UnappliedAmt": ZERO, "Line": [], "PrivateNote": note}
        record = change.replace(self, old, {**old, **nothing})
        change.happened(self, record["Id"], "void")
        return record

    def _complete(self, change: "Change", sent: Json) -> Json:
        for name in ("CustomerRef", "TotalAmt"):
            if name not in sent:
                raise refusals.missing(name)
        total = cents(sent["TotalAmt"])
        if total < 0:
            raise refusals.business("Transaction amount must be 0 or greater.")
        customer = change.refer("Customer", sent["CustomerRef"], "Names")
        currency = check_currency(change, sent, customer)
        lines = [_checked_line(change, line, customer) for line in sent.get("Line", [])]
        applied = sum((line["Amount"] for line in lines), ZERO)
        if applied > total:
            raise refusals.business("The amount applied is more than the amount of the payment.")
        into = change.refer("Account", sent.get("DepositToAccountRef", {"value": UNDEPOSITED_FUNDS}), "Accounts")
        fields: Json = {
            **sent,
            "CustomerRef": {"value": customer["Id"], "name": customer["DisplayName"]},
            "CurrencyRef": currency,
            "DepositToAccountRef": {"value": into["Id"]},
            "TxnDate": sent.get("TxnDate") or day_of(change.now, change.company.zone).isoformat(),
            "TotalAmt": total,
            "UnappliedAmt": total - applied,
            "ProcessPayment": sent.get("ProcessPayment", False),
            "Line": lines,
        }
        if currency["value"] == change.company.currency and change.company.multicurrency:
            fields["ExchangeRate"] = Decimal(1)
        elif currency["value"] != change.company.currency and "ExchangeRate" not in sent:
            raise refusals.rate_missing()
        return fields


def is_void(payment: Json) -> bool:
    return payment["TotalAmt"] == 0 and str(payment.get("PrivateNote", "")).startswith("Voided")


def release(change: "Change", payment_id: str, invoice_id: str, keep: Decimal = ZERO) -> None:
    """An invoice keeps only so much of a payment: the rest stays with the payment, unapplied."""
    kind = change.kinds["Payment"]
    payment = change.get("Payment", payment_id)
    lines: list[Json] = []
    for line in payment["Line"]:
        kept_amount = min(line["Amount"], keep) if _invoice_of(line) == invoice_id else line["Amount"]
        if kept_amount:
            lines.append({**line, "Amount": kept_amount})
    unapplied = payment["TotalAmt"] - sum((line["Amount"] for line in lines), ZERO)
    change.owes(payment["CustomerRef"]["value"], payment["UnappliedAmt"] - unapplied)
    change.replace(kind, payment, {**payment, "Line": lines, "UnappliedAmt": unapplied})
    change.happened(kind, payment_id, "updated")


def applied_by(payment: Json, invoice_id: str) -> Decimal:
    """How much of a payment settles this invoice."""
    return sum((line["Amount"] for line in payment["Line"] if _invoice_of(line) == invoice_id), ZERO)


def _checked_line(change: "Change", line: Json, customer: Json) -> Json:
    """One application: to an invoice of the same customer, no more than it is open."""
    if "Amount" not in line:
        raise refusals.missing("Line.Amount")
    links = line.get("LinkedTxn", [])
    if len(links) != 1 or "TxnId" not in links[0]:
        raise refusals.missing("LinkedTxn")
    if links[0].get("TxnType") != "Invoice":
        raise refusals.bad_value("TxnType", links[0].get("TxnType"))
    invoice = change.get("Invoice", links[0]["TxnId"])
    if invoice["CustomerRef"]["value"] != customer["Id"]:
        raise refusals.business("The invoice belongs to another customer than the payment.")
    amount = cents(line["Amount"])
    if amount > invoice["Balance"]:
        raise refusals.business("The amount applied is more than the open balance of the invoice.")
    extra = [("txnId", invoice["Id"]), ("txnOpenBalance", f"{invoice['Balance']:.2f}")]
    extra += [("txnReferenceNumber", invoice["DocNumber"])] if "DocNumber" in invoice else []
    marks = [
        {"name": "{http://schema.intuit.com/finance/v3}NameValue", "value": {"Name": k, "Value": v}} for k, v in extra
    ]
    linked = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    return {"Amount": amount, "LinkedTxn": linked, "LineEx": {"any": marks}}


def _apply(change: "Change", payment: Json) -> None:
    """Each invoice owes less, knows the payment, and has a new SyncToken: recorded live."""
    for line in payment["Line"]:
        invoice = change.get("Invoice", _invoice_of(line))
        links = [link for link in invoice["LinkedTxn"] if link["TxnId"] != payment["Id"]]
        _settle(change, invoice, -line["Amount"], [*links, {"TxnId": payment["Id"], "TxnType": "Payment"}])


def _take_back(change: "Change", payment: Json) -> None:
    for line in payment["Line"]:
        invoice = change.get("Invoice", _invoice_of(line))
        links = [link for link in invoice["LinkedTxn"] if link["TxnId"] != payment["Id"]]
        _settle(change, invoice, line["Amount"], links)
    change.owes(payment["CustomerRef"]["value"], payment["UnappliedAmt"])


def _settle(change: "Change", invoice: Json, amount: Decimal, links: list[Json]) -> None:
    kind = change.kinds["Invoice"]
    fields = {**invoice, "Balance": invoice["Balance"] + amount, "LinkedTxn": links}
    if "HomeBalance" in invoice:
        fields["HomeBalance"] = cents(fields["Balance"] * invoice["ExchangeRate"])
    # A second application within one change is still one version.
    before = change.company.find("Invoice", invoice["Id"])
    if before is not None and before["SyncToken"] != invoice["SyncToken"]:
        change.touch(kind, fields)
    else:
        change.replace(kind, invoice, fields)
    change.owes(invoice["CustomerRef"]["value"], amount)
    if change.switches.on("companion_updated") or change.by_person:
        change.happened(kind, invoice["Id"], "updated")


def _invoice_of(line: Json) -> str:
    return str(line["LinkedTxn"][0]["TxnId"])
