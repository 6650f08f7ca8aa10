"""Money that moves between our own accounts: deposits, transfers, and payments of a credit card."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities import entry_lines as lines_of
from sandbox.entities.generic import ACCOUNT, CLASS, DEPARTMENT, TRANSACTION, VENDOR, Generic, in_currency
from sandbox.entities.kind import entity_shape
from sandbox.entities.payables import entity
from sandbox.fields import Shape, anything, choice, number, part, parts, ref, text
from sandbox.numbers import Json, cents, exact

if TYPE_CHECKING:
    from sandbox.changes import Change

# What can be carried to the bank.
_DEPOSITABLE = ("Payment", "SalesReceipt", "RefundReceipt", "Purchase", "JournalEntry")


class Deposit(Generic):
    name = "Deposit"
    counted = True
    required = ("DepositToAccountRef", "Line")
    references = {"DepositToAccountRef": ACCOUNT, "ClassRef": CLASS, "DepartmentRef": DEPARTMENT}
    shape = entity_shape(
        "Deposit",
        {
            **TRANSACTION,
            "DepositToAccountRef": ref(search=True),
            "CashBack": part(Shape("CashBackInfo", {"AccountRef": ref(), "Amount": number(), "Memo": text(4000)})),
            "Line": parts(lines_of.LINE),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        lines = lines_of.complete(change, fields["Line"], old["Line"] if old else [], (lines_of.DEPOSITED,))
        for line in lines:
            _check(change, line, old)
        _check_each_once(lines)
        back = fields.get("CashBack", {})
        total = lines_of.with_tax(lines, fields) - cents(exact(back.get("Amount", 0)))
        return in_currency(change, {**fields, "Line": lines, "TotalAmt": total}, None)

    def take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        """What was deposited knows the deposit. Recorded: its SyncToken stays."""
        before, after = (_linked(record) for record in (old, new))
        id = (new or old or {})["Id"]
        for sort, linked in [*before, *after]:
            record = change.find(sort, linked)
            if record is None:
                continue
            known = record.get("LinkedTxn", [])
            links = [link for link in known if (link["TxnId"], link["TxnType"]) != (id, self.name)]
            if (sort, linked) in after:
                links.append({"TxnId": id, "TxnType": self.name})
            if links != known:
                change.touch(change.kinds[sort], record, LinkedTxn=links)


class Transfer(Generic):
    name = "Transfer"
    required = ("Amount", "FromAccountRef", "ToAccountRef")
    references = {"FromAccountRef": ACCOUNT, "ToAccountRef": ACCOUNT, "ClassRef": CLASS, "DepartmentRef": DEPARTMENT}
    shape = entity_shape(
        "Transfer",
        {
            **TRANSACTION,
            "Amount": number(search=True),
            "FromAccountRef": ref(search=True),
            "ToAccountRef": ref(search=True),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        if fields["Amount"] < 0:
            raise refusals.business("Transaction amount must be 0 or greater.")
        return in_currency(change, {**fields, "Amount": cents(fields["Amount"])}, None)


class CreditCardPayment(Generic):
    """In answers it has another name than in its address: Intuit's own oddity."""

    name = "CreditCardPaymentTxn"
    required = ("Amount", "BankAccountRef", "CreditCardAccountRef")
    references = {"BankAccountRef": ACCOUNT, "CreditCardAccountRef": ACCOUNT, "VendorRef": VENDOR}
    shape = entity_shape(
        "CreditCardPaymentTxn",
        {
            **TRANSACTION,
            "Amount": number(search=True),
            "BankAccountRef": ref(search=True),
            "CreditCardAccountRef": ref(search=True),
            "VendorRef": ref(),
            "CheckNum": text(21),
            "Memo": text(4000),
            "PrintStatus": choice("NotSet", "NeedToPrint", "PrintComplete"),
            "CreditCardPaymentTxnEx": anything(),
        },
    )

    @property
    def path(self) -> str:
        return "creditcardpayment"

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        card = change.get("Account", fields["CreditCardAccountRef"]["value"])
        if card["AccountType"] != "Credit Card":
            raise refusals.business("The account that is paid must be a credit card.")
        return in_currency(change, {**fields, "Amount": cents(fields["Amount"])}, None)


def _check(change: "Change", line: Json, old: Json | None) -> None:
    """A line is money that waits for the bank, or says from which account it comes. Raises 610, 2020 and 6000."""
    detail = line[lines_of.DEPOSITED] if line["DetailType"] == lines_of.DEPOSITED else {}
    links = line.get("LinkedTxn", [])
    if detail.get("Entity"):
        detail["Entity"] = entity(change, detail["Entity"])
    if not links and line["DetailType"] == lines_of.DEPOSITED and "AccountRef" not in detail:
        raise refusals.missing("AccountRef")
    for link in links:
        sort = link.get("TxnType")
        if sort not in _DEPOSITABLE:
            raise refusals.bad_value("TxnType", sort)
        record = change.get(sort, str(link.get("TxnId")))
        others = {one["TxnId"] for one in record.get("LinkedTxn", []) if one["TxnType"] == "Deposit"}
        if others - ({old["Id"]} if old else set()):
            raise refusals.business("This transaction has already been deposited.")


def _check_each_once(lines: list[Json]) -> None:
    carried = [(link["TxnId"], link.get("TxnLineId")) for line in lines for link in line.get("LinkedTxn", [])]
    if len(set(carried)) < len(carried):
        raise refusals.business("This transaction has already been deposited.")


def _linked(record: Json | None) -> list[tuple[str, str]]:
    lines = record["Line"] if record else []
    return [(link["TxnType"], link["TxnId"]) for line in lines for link in line.get("LinkedTxn", [])]
