"""Payments: money received from a customer, applied with credits to invoices, or left unapplied."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.clock import day as day_of
from sandbox.documents import is_void
from sandbox.entities.currency import check_currency, exchange_rate
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged, stays
from sandbox.entities.sales import REFERENCES, UNDEPOSITED_FUNDS, check_not_deposited, sent_by_mail, void_note
from sandbox.entities.settling import CHARGE, CREDIT, Document, left_by, settle_documents, shares_of
from sandbox.fields import LINKED, Shape, anything, day, flag, kept, number, parts, ref, text
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO = Decimal(0)
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
        "CustomField": anything(),
        "CustomExtensions": kept(),
    },
)
_REFERENCES = {"DepositToAccountRef": ("Account", "Accounts"), **REFERENCES}


class Payment(Kind):
    name = "Payment"
    sequence = "transactions"
    operations = frozenset({"create", "update", "delete", "void", "send"})
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
            "DepartmentRef": ref(),
            "ClassRef": ref(),
            "ProjectRef": ref(),
            "PrivateNote": text(4000),
            "TxnSource": text(),
            "TxnStatus": text(),
            "ProcessPayment": flag(),
            "PaymentType": text(),
            "CheckPayment": anything(),
            "CreditCardPayment": anything(),
            "RemitToRef": ref(),
            "TaxExemptionRef": kept(),
            "UnappliedAmt": kept("number", search=True),
            "LinkedTxn": kept(),
            "TransactionLocationType": text(),
            "DocNumber": kept(),
            "CustomField": anything(),
            **{name: kept() for name in ("PaymentEx", "PaymentExtendedType", "TaxFormType", "TaxFormNum", "Tag")},
            **{name: kept() for name in ("TxnApprovalInfo", "RecurDataRef", "RecurringInfo")},
            **{name: kept() for name in ("TotalCostAmount", "HomeTotalCostAmount")},
            "EmailStatus": kept(),
            "DeliveryInfo": kept(),
            "BillEmail": kept(),
            "TxnTaxDetail": kept(),
        },
    )

    def create(self, change: "Change", given: Json) -> Json:
        sent = {name: value for name, value in given.items() if value is not None}
        fields = self._complete(change, sent, None)
        record = change.add(self, {**fields, "LinkedTxn": [], **ENTITY_MARKS})
        change.happened(self, record["Id"], "created")
        _take_effect(change, None, record)
        return record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """The lines sent are all the lines it has; what they settle no longer is open again."""
        if is_void(old):
            raise refusals.business("A voided transaction cannot be changed.")
        sent = merged(old, given, self.shape, sparse)
        if change.company.multicurrency:
            sent.setdefault("CurrencyRef", old["CurrencyRef"])
        fields = self._complete(change, sent, old)
        own: Json = {
            name: old[name] for name in ("LinkedTxn", "EmailStatus", "DeliveryInfo", "BillEmail") if name in old
        }
        record = change.replace(self, old, {**fields, **own, **ENTITY_MARKS})
        _take_effect(change, old, record)
        change.happened(self, record["Id"], "updated")
        return record

    def delete(self, change: "Change", old: Json) -> None:
        check_not_deposited(old)
        _take_effect(change, old, None)
        change.remove(self, old["Id"])
        change.happened(self, old["Id"], "deleted")

    def void(self, change: "Change", old: Json) -> Json:
        if is_void(old):
            raise refusals.business("This transaction has already been voided.")
        check_not_deposited(old)
        nothing = {"TotalAmt": ZERO, "UnappliedAmt": ZERO, "Line": [], "PrivateNote": void_note(old)}
        record = change.replace(self, old, {**old, **nothing})
        _take_effect(change, old, record)
        change.voided(self, record["Id"])
        return record

    def send(self, change: "Change", old: Json, to: str) -> Json:
        """E-mails a receipt for it, to the customer's own address when none is said."""
        customer = change.find("Customer", old["CustomerRef"]["value"]) or {}
        return sent_by_mail(self, change, old, to or customer.get("PrimaryEmailAddr", {}).get("Address", ""))

    def _complete(self, change: "Change", sent: Json, old: Json | None) -> Json:
        for name in ("CustomerRef", "TotalAmt"):
            if name not in sent:
                raise refusals.missing(name)
        total = cents(sent["TotalAmt"])
        if total < 0:
            raise refusals.business("Transaction amount must be 0 or greater.")
        is_theirs = stays("CustomerRef", sent, old)
        customer = change.refer("Customer", sent["CustomerRef"], "Names", must_be_active=not is_theirs)
        currency = check_currency(change, sent, customer)
        lines = _checked_lines(change, sent.get("Line", []), customer, shares_of(old), is_theirs)
        unapplied = total + sum((left_by(line) for line in lines), ZERO)
        if unapplied < 0:
            raise refusals.business("The amount applied is more than the amount of the payment.")
        sent = {"DepositToAccountRef": {"value": UNDEPOSITED_FUNDS}, **sent}
        for name, (kind, names) in _REFERENCES.items():
            if name in sent:
                change.refer(kind, sent[name], names, must_be_active=not stays(name, sent, old))
        rate = exchange_rate(change, sent, foreign=currency["value"] != change.company.currency)
        return {
            **{name: value for name, value in sent.items() if name != "ExchangeRate"},
            **({} if rate is None else {"ExchangeRate": rate}),
            "CustomerRef": {"value": customer["Id"], "name": customer["DisplayName"]},
            "CurrencyRef": currency,
            "TxnDate": sent.get("TxnDate") or day_of(change.now, change.company.zone).isoformat(),
            "TotalAmt": total,
            "UnappliedAmt": unapplied,
            "ProcessPayment": sent.get("ProcessPayment", False),
            "Line": lines,
        }


def _checked_lines(
    change: "Change", lines: list[Json], customer: Json, before: dict[Document, Decimal], is_theirs: bool
) -> list[Json]:
    """Each to an invoice or a credit memo of the customer, all together no more than it has open.

    A payment that is theirs still keeps what it settled before, when that has become another customer's since.
    """
    left = defaultdict(Decimal, before)
    checked: list[Json] = []
    for line in _single(lines):
        kind, id = document = _named(line)
        record = change.get(kind, id)
        if not (is_theirs and document in before) and not _is_of(change, record, customer):
            raise refusals.business("The invoice belongs to another customer than the payment.")
        if is_void(record):
            raise refusals.business("A voided transaction cannot be changed.")
        amount = cents(line["Amount"])
        if amount < 0:
            raise refusals.business("The amount applied must be 0 or greater.")
        left[document] -= amount
        opened = record["Balance"] + left[document]
        if opened < 0:
            raise refusals.business("The amount applied is more than the open balance of the invoice.")
        checked.append(_written(kind, record, amount, opened + amount))
    return checked


def _single(lines: list[Json]) -> Iterator[Json]:
    """Lines with one link each. Clients are seen to put a credit memo and its invoice on one line of one amount."""
    for line in lines:
        links = line.get("LinkedTxn", [])
        if sorted(link.get("TxnType", "") for link in links) == [CREDIT, CHARGE]:
            yield from ({**line, "LinkedTxn": [link]} for link in links)
        else:
            yield line


def _named(line: Json) -> Document:
    if "Amount" not in line:
        raise refusals.missing("Line.Amount")
    links = line.get("LinkedTxn", [])
    if len(links) != 1 or "TxnId" not in links[0]:
        raise refusals.missing("LinkedTxn")
    if links[0].get("TxnType") not in (CHARGE, CREDIT):
        raise refusals.bad_value("TxnType", links[0].get("TxnType"))
    return links[0]["TxnType"], links[0]["TxnId"]


def _is_of(change: "Change", record: Json, customer: Json) -> bool:
    """The customer's own, or of one of its sub-customers."""
    holder: Json | None = change.get("Customer", record["CustomerRef"]["value"])
    while holder is not None:
        if holder["Id"] == customer["Id"]:
            return True
        holder = change.find("Customer", holder.get("ParentRef", {}).get("value", ""))
    return False


def _written(kind: str, record: Json, amount: Decimal, opened: Decimal) -> Json:
    extra = [("txnId", record["Id"]), ("txnOpenBalance", f"{opened:.2f}")]
    extra += [("txnReferenceNumber", record["DocNumber"])] if "DocNumber" in record else []
    marks = [
        {"name": "{http://schema.intuit.com/finance/v3}NameValue", "value": {"Name": k, "Value": v}} for k, v in extra
    ]
    return {"Amount": amount, "LinkedTxn": [{"TxnId": record["Id"], "TxnType": kind}], "LineEx": {"any": marks}}


def _take_effect(change: "Change", old: Json | None, new: Json | None) -> None:
    """Documents are settled or open again, and what is unapplied is the customer's credit; None: no payment."""
    settle_documents(change, old, new)
    for payment, sign in ((old, 1), (new, -1)):
        if payment is not None:
            change.owes(payment["CustomerRef"]["value"], sign * payment["UnappliedAmt"])
