"""Estimates: offers without any effect on the books; an invoice made of one closes it."""

from typing import TYPE_CHECKING

from sandbox.entities.links import means
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
        """What was made of it stays, without the link."""
        for link in old["LinkedTxn"]:
            record = change.find(link["TxnType"], link["TxnId"])
            if record is not None:
                left = [one for one in record["LinkedTxn"] if not means(one, self.name, old["Id"])]
                change.touch(change.kinds[link["TxnType"]], record, LinkedTxn=left)
        super().delete(change, old)

    def _own(self, _change: "Change", sent: Json, _old: Json | None, _money: Json) -> Json:
        return {"TxnStatus": sent.get("TxnStatus", "Pending")}

    def _complete(self, change: "Change", sent: Json, old: Json | None) -> Json:
        # Nobody owes an estimate: it has a total and no balance.
        fields = super()._complete(change, sent, old)
        return {name: value for name, value in fields.items() if name not in ("Balance", "HomeBalance")}
