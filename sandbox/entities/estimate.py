"""Estimates: offers without any effect on the books; an invoice made of one closes it."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.sales import SalesDocument, sales_shape
from sandbox.fields import choice, day, kept, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


class Estimate(SalesDocument):
    name = "Estimate"
    numbers = "DocNumber/Estimate"
    operations = frozenset({"create", "update", "delete", "send"})
    shape = sales_shape(
        "Estimate",
        {
            "TxnStatus": choice("Pending", "Accepted", "Closed", "Rejected", "Converted", search=True),
            "ExpirationDate": day(search=True),
            "AcceptedBy": text(500),
            "AcceptedDate": day(),
            "EstimateEx": kept(),
        },
    )

    def delete(self, change: "Change", old: Json) -> None:
        """The invoices made of it stay, without the link."""
        invoices = change.kinds["Invoice"]
        for link in old["LinkedTxn"]:
            invoice = change.find("Invoice", link["TxnId"])
            if invoice is not None:
                kept_links = [one for one in invoice["LinkedTxn"] if not _means(one, "Estimate", old["Id"])]
                change.touch(invoices, invoice, LinkedTxn=kept_links)
        super().delete(change, old)

    def _own(self, _change: "Change", sent: Json, _old: Json | None, _money: Json) -> Json:
        return {"TxnStatus": sent.get("TxnStatus", "Pending")}

    def _complete(self, change: "Change", sent: Json, old: Json | None) -> Json:
        # Nobody owes an estimate: it has a total and no balance.
        fields = super()._complete(change, sent, old)
        return {name: value for name, value in fields.items() if name not in ("Balance", "HomeBalance")}


def estimates_of(invoice: Json | None) -> list[str]:
    """The estimates that an invoice, or a body that becomes one, names: on the whole, or on a line."""
    if invoice is None:
        return []
    on_lines = [link for line in invoice.get("Line", []) for link in line.get("LinkedTxn", [])]
    links = [*invoice.get("LinkedTxn", []), *on_lines]
    named = [str(link.get("TxnId", "")) for link in links if link.get("TxnType") == "Estimate"]
    return list(dict.fromkeys(named))


def check_estimates(change: "Change", sent: Json, old: Json | None) -> list[str]:
    """The estimates that an invoice may link: one, of its own customer. Raises 610 and 6000."""
    named = estimates_of(sent)
    if len(named) > 1:
        raise refusals.business("An invoice can be linked to one estimate only.")
    known = estimates_of(old)
    for id in named:
        estimate = change.get("Estimate", id)
        if id not in known and estimate["CustomerRef"]["value"] != sent["CustomerRef"]["value"]:
            raise refusals.business("The estimate belongs to another customer than the invoice.")
    return named


def follow_invoice(change: "Change", invoice_id: str, before: list[str], after: list[str]) -> None:
    """Recorded: an estimate turns Closed by its invoice, with a new LastUpdatedTime and the same SyncToken."""
    kind = change.kinds["Estimate"]
    for id in before:
        estimate = change.find("Estimate", id)
        if id not in after and estimate is not None:
            left = [link for link in estimate["LinkedTxn"] if not _means(link, "Invoice", invoice_id)]
            change.touch(kind, estimate, LinkedTxn=left, TxnStatus="Closed" if left else "Pending")
            _tell(change, id)
    for id in after:
        if id not in before:
            estimate = change.get("Estimate", id)
            links = [*estimate["LinkedTxn"], {"TxnId": invoice_id, "TxnType": "Invoice"}]
            change.touch(kind, estimate, LinkedTxn=links, TxnStatus="Closed")
            _tell(change, id)


def _tell(change: "Change", id: str) -> None:
    if change.switches.on("companion_updated") or change.by_person:
        change.happened(change.kinds["Estimate"], id, "updated")


def _means(link: Json, type: str, id: str) -> bool:
    return bool(link["TxnType"] == type and link["TxnId"] == id)
