"""How payments settle invoices and credit memos, and what goes back to a payment when a document is worth less."""

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.entities.kind import Kind
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO = Decimal(0)
CHARGE, CREDIT = "Invoice", "CreditMemo"
Document = tuple[str, str]  # Invoice or CreditMemo, its Id


def payments_of(record: Json) -> list[str]:
    """The Ids of the payments that settle it."""
    return [link["TxnId"] for link in record["LinkedTxn"] if link["TxnType"] == "Payment"]


def unlink_payments(change: "Change", record: Json) -> None:
    """The money goes back to the payments, unapplied."""
    for payment in payments_of(record):
        _release(change, payment, record["Id"])


def free_surplus(change: "Change", kind: Kind, record: Json, worth: Decimal) -> None:
    """Payments that settle more than the document is now worth get the surplus back."""
    left = worth
    freed: list[str] = []
    for payment in payments_of(record):
        applied = _applied_by(change.get("Payment", payment), record["Id"])
        keep = min(applied, max(left, ZERO))
        if applied > keep:
            _release(change, payment, record["Id"], keep)
            freed += [payment] if not keep else []
        left -= keep
    if freed:
        links = [link for link in record["LinkedTxn"] if link["TxnType"] != "Payment" or link["TxnId"] not in freed]
        change.touch(kind, change.get(kind.name, record["Id"]), LinkedTxn=links)


def settle_documents(change: "Change", old: Json | None, new: Json | None, besides: str = "") -> None:
    """Each document whose share has changed knows the payment and has a new SyncToken: recorded live."""
    before, after = shares_of(old), shares_of(new)
    id = (new or old or {})["Id"]
    for document in dict.fromkeys([*before, *after]):
        amount = after.get(document, ZERO) - before.get(document, ZERO)
        if document[1] != besides and (amount or (document in before) != (document in after)):
            _settle(change, document, amount, id, linked=document in after)


def shares_of(payment: Json | None) -> dict[Document, Decimal]:
    """How much of the payment each document has."""
    shares: dict[Document, Decimal] = defaultdict(Decimal)
    for line in payment["Line"] if payment else []:
        shares[_document_of(line)] += line["Amount"]
    return dict(shares)


def left_by(line: Json) -> Decimal:
    """What a line leaves of the payment: a credit adds to it, an invoice takes away."""
    return Decimal(line["Amount"] if _document_of(line)[0] == CREDIT else -line["Amount"])


def _release(change: "Change", payment_id: str, document_id: str, keep: Decimal = ZERO) -> None:
    """A document keeps only so much of a payment: the rest stays with the payment, unapplied.

    A credit that is taken away takes with it what it had settled, the last lines first.
    """
    kind = change.kinds["Payment"]
    payment = change.get("Payment", payment_id)
    lines: list[Json] = []
    for line in payment["Line"]:
        if _document_of(line)[1] == document_id:
            line = {**line, "Amount": min(line["Amount"], keep)}
            keep -= line["Amount"]
        lines.append(line)
    lines = _covered(lines, payment["TotalAmt"])
    unapplied = payment["TotalAmt"] + sum((left_by(line) for line in lines), ZERO)
    released = change.replace(kind, payment, {**payment, "Line": lines, "UnappliedAmt": unapplied})
    change.owes(payment["CustomerRef"]["value"], payment["UnappliedAmt"] - unapplied)
    settle_documents(change, payment, released, besides=document_id)
    change.happened(kind, payment_id, "updated")


def _applied_by(payment: Json, document_id: str) -> Decimal:
    """How much of a payment settles this document."""
    return sum((line["Amount"] for line in payment["Line"] if _document_of(line)[1] == document_id), ZERO)


def _covered(lines: list[Json], total: Decimal) -> list[Json]:
    """The lines that the payment's money and credits still pay for; the last invoices get less."""
    left = total + sum((line["Amount"] for line in lines if _document_of(line)[0] == CREDIT), ZERO)
    covered: list[Json] = []
    for line in lines:
        if _document_of(line)[0] == CHARGE:
            line = {**line, "Amount": min(line["Amount"], left)}
            left -= line["Amount"]
        if line["Amount"]:
            covered.append(line)
    return covered


def _settle(change: "Change", document: Document, amount: Decimal, payment_id: str, linked: bool) -> None:
    kind = change.kinds[document[0]]
    record = change.get(*document)
    links = [link for link in record["LinkedTxn"] if (link["TxnType"], link["TxnId"]) != ("Payment", payment_id)]
    if linked:
        links.append({"TxnId": payment_id, "TxnType": "Payment"})
    balance = record["Balance"] - amount
    fields = {**record, "Balance": balance, "LinkedTxn": links}
    if "RemainingCredit" in record:
        fields["RemainingCredit"] = balance
    if "HomeBalance" in record:
        fields["HomeBalance"] = cents(balance * record["ExchangeRate"])
    # A second application within one change, or one with the document's own creation, is still one version.
    before = change.company.find(*document)
    if before is None or before["SyncToken"] != record["SyncToken"]:
        change.touch(kind, fields)
    else:
        change.replace(kind, record, fields)
    change.owes(record["CustomerRef"]["value"], amount if document[0] == CREDIT else -amount)
    if change.switches.on("companion_updated") or change.by_person:
        change.happened(kind, record["Id"], "updated")


def _document_of(line: Json) -> Document:
    link = line["LinkedTxn"][0]
    return str(link["TxnType"]), str(link["TxnId"])
