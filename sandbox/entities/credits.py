"""Credits applied by themselves: with the preference on, open credit memos settle open invoices."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

# Recorded: the payment of nothing that stands between a credit memo and an invoice says this.
NOTE = "Created by QB Online to link credits to charges."


def apply_automatically(change: "Change", kind: str, id: str) -> None:
    """A new invoice takes the customer's open credits, a new credit memo settles the open invoices, oldest first."""
    if not change.company.preferences.get("SalesFormsPrefs", {}).get("AutoApplyCredit"):
        return
    record = change.get(kind, id)
    other = "CreditMemo" if kind == "Invoice" else "Invoice"
    left = Decimal(record["Balance"])
    shares: list[tuple[str, Decimal]] = []
    for one in _open(change, other, record["CustomerRef"]["value"]):
        share = min(left, Decimal(one["Balance"]))
        if share:
            shares.append((one["Id"], share))
            left -= share
    if shares:
        applied = sum((share for _, share in shares), Decimal(0))
        _link(change, record, [(kind, id, applied), *((other, one, share) for one, share in shares)])


def _open(change: "Change", kind: str, customer: str) -> list[Json]:
    ids = change.company.table(change.kinds[kind]).having("CustomerRef", [customer])
    found = [one for one in (change.get(kind, id) for id in ids) if one["Balance"] > 0]
    return sorted(found, key=lambda one: (one["TxnDate"], int(one["Id"])))


def _link(change: "Change", record: Json, applied: list[tuple[str, str, Decimal]]) -> None:
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": id, "TxnType": kind}]} for kind, id, amount in applied]
    body: Json = {"CustomerRef": record["CustomerRef"], "TotalAmt": Decimal(0), "PrivateNote": NOTE, "Line": lines}
    if change.company.multicurrency:
        body |= {"CurrencyRef": record["CurrencyRef"], "ExchangeRate": record.get("ExchangeRate", Decimal(1))}
    change.kinds["Payment"].create(change, body)
