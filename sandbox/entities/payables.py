"""What is bought: bills, credits of vendors, purchases, purchase orders, and the payments that settle bills."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sandbox import refusals
from sandbox.documents import is_void
from sandbox.entities import entry_lines as lines_of
from sandbox.entities.generic import (
    ACCOUNT,
    CLASS,
    DEPARTMENT,
    PAYMENT_METHOD,
    TERM,
    TRANSACTION,
    VENDOR,
    ZERO,
    Generic,
    in_currency,
    name_of,
)
from sandbox.entities.kind import Kind, entity_shape
from sandbox.entities.sales import void_note
from sandbox.entities.terms import due_date
from sandbox.fields import (
    ADDRESS,
    EMAIL,
    LINKED,
    Field,
    Shape,
    anything,
    choice,
    day,
    flag,
    kept,
    number,
    part,
    parts,
    read,
    ref,
    text,
)
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

FIRST_NUMBER = 1001
_EXPENSES = (lines_of.BY_ACCOUNT, lines_of.BY_ITEM)
_PLACES = {"ClassRef": CLASS, "DepartmentRef": DEPARTMENT}
_OF_VENDOR: dict[str, Field] = {
    **TRANSACTION,
    "VendorRef": ref(search=True),
    "APAccountRef": ref(search=True),
    "VendorAddr": part(ADDRESS),
    "Line": parts(lines_of.LINE),
}
_SETTLING_LINE = Shape(
    "Line", {"Id": kept(), "LineNum": kept(), "Amount": number(), "LinkedTxn": parts(LINKED), "LineEx": kept()}
)
# Both sorts of bill payment name themselves so on the bill.
_PAID_BY = {"Check": "BillPaymentCheck", "CreditCard": "BillPaymentCreditCard"}


class Expense(Generic):
    """What all have: lines of expenses that add up, and the currency of a vendor."""

    references = {"VendorRef": VENDOR, "APAccountRef": ACCOUNT, "SalesTermRef": TERM, **_PLACES}

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        lines = lines_of.complete(change, fields.get("Line", []), old["Line"] if old else [], _EXPENSES)
        total = lines_of.with_tax(lines, fields)
        if total < 0:
            raise refusals.business("Transaction amount must be 0 or greater.")
        return in_currency(change, {**fields, "Line": lines, "TotalAmt": total}, self.party(change, fields))

    def party(self, change: "Change", fields: Json) -> Json | None:
        return change.find("Vendor", fields["VendorRef"]["value"]) if "VendorRef" in fields else None


class Owed(Expense):
    """What moves a vendor's balance: `direction` 1 for a bill, -1 for a credit."""

    direction: ClassVar[int]

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        fields = super().completed(change, fields, old)
        settled = old["TotalAmt"] - old["Balance"] if old else ZERO
        links = old["LinkedTxn"] if old else _orders(change, fields.get("LinkedTxn", []))
        return {**fields, "Balance": max(fields["TotalAmt"] - settled, ZERO), "LinkedTxn": links}

    def take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        if old is not None:
            _free_surplus(change, self, old, new)
        for record, sign in ((old, -1), (new, 1)):
            if record is not None:
                owe(change, record["VendorRef"]["value"], sign * self.direction * record["TotalAmt"])


class Bill(Owed):
    name = "Bill"
    counted = True
    operations = frozenset({"create", "update", "delete", "void"})
    direction = 1
    required = ("VendorRef", "Line")
    required_always = ("VendorRef",)
    shape = entity_shape(
        "Bill",
        {
            **_OF_VENDOR,
            "SalesTermRef": ref(search=True),
            "DueDate": day(search=True),
            "RemitToAddr": part(ADDRESS),
            "ShipAddr": part(ADDRESS),
            "Balance": kept("number", search=True),
            "HomeBalance": kept("number"),
            "PaymentMethodRef": ref(),
            "Memo": text(4000),
            "TxnApprovalInfo": kept(),
            "BillEmail": anything(),
            "ReplyEmail": anything(),
            "LinkedTxn": parts(LINKED),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        fields = super().completed(change, fields, old)
        term = change.find("Term", fields["SalesTermRef"]["value"]) if "SalesTermRef" in fields else None
        due = due_date(date.fromisoformat(fields["TxnDate"]), term) if term else fields["TxnDate"]
        return {**fields, "DueDate": fields.get("DueDate") or str(due)}

    def take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        """A bill for purchase orders closes them; when it is deleted they are open again."""
        super().take_effect(change, old, new)
        if old is None or new is None:
            record = old or new or {}
            link = {"TxnId": record["Id"], "TxnType": self.name}
            for order in (change.find("PurchaseOrder", one["TxnId"]) for one in record["LinkedTxn"]):
                if order is not None:
                    others = [one for one in order.get("LinkedTxn", []) if one != link]
                    links = [*others, link] if new else others
                    state = {"POStatus": "Closed" if links else "Open", "LinkedTxn": links}
                    change.touch(change.kinds["PurchaseOrder"], order, **state)

    def void(self, change: "Change", old: Json) -> Json:  # noqa: ARG002
        """Bills cannot be voided, and a live company said so in an answer of 200."""
        raise refusals.system_failure(200)


class VendorCredit(Owed):
    name = "VendorCredit"
    direction = -1
    required = ("VendorRef", "Line")
    shape = entity_shape(
        "VendorCredit",
        {
            **_OF_VENDOR,
            "LinkedTxn": parts(LINKED),
            "Balance": kept("number"),
            # python-quickbooks sends these with every credit.
            "FromAccountRef": kept(),
            "ToAccountRef": kept(),
        },
    )


class Purchase(Expense):
    name = "Purchase"
    required = ("PaymentType", "AccountRef", "Line")
    required_always = ("PaymentType",)
    references = {"AccountRef": ACCOUNT, "PaymentMethodRef": PAYMENT_METHOD, **_PLACES}
    defaults = {"Credit": False, "PrintStatus": "NotSet"}
    shape = entity_shape(
        "Purchase",
        {
            **TRANSACTION,
            "PaymentType": choice("Cash", "Check", "CreditCard", search=True),
            "AccountRef": ref(search=True),
            "EntityRef": anything(),
            "PaymentMethodRef": ref(),
            "PaymentRefNum": text(21),
            "Credit": flag(),
            "PrintStatus": choice("NotSet", "NeedToPrint", "PrintComplete"),
            "RemitToAddr": part(ADDRESS),
            "PurchaseEx": kept(),
            "Memo": text(4000),
            "CheckPayment": anything(),
            "Line": parts(lines_of.LINE),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        who = fields.get("EntityRef")
        if who is not None:
            fields = {**fields, "EntityRef": entity(change, who)}
        return super().completed(change, fields, old)

    def party(self, change: "Change", fields: Json) -> Json | None:
        who = fields.get("EntityRef", {})
        return change.find(who["type"], who["value"]) if who.get("type") in ("Vendor", "Customer") else None


class PurchaseOrder(Expense):
    name = "PurchaseOrder"
    counted = True
    operations = frozenset({"create", "update", "delete", "send"})
    required = ("VendorRef", "Line")
    references = {"VendorRef": VENDOR, "APAccountRef": ACCOUNT, "SalesTermRef": TERM, **_PLACES}
    defaults = {"POStatus": "Open", "EmailStatus": "NotSet"}
    shape = entity_shape(
        "PurchaseOrder",
        {
            **_OF_VENDOR,
            "POStatus": choice("Open", "Closed", search=True),
            "POEmail": part(EMAIL),
            "EmailStatus": choice("NotSet", "NeedToSend", "EmailSent"),
            "SalesTermRef": ref(search=True),
            "DueDate": day(search=True),
            "ShipAddr": part(ADDRESS),
            "ShipTo": ref(),
            "ShipMethodRef": ref(),
            "TaxCodeRef": ref(),
            "TemplateRef": ref(),
            "Memo": text(4000),
        },
    )

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        fields = super().completed(change, fields, old)
        if "DocNumber" not in fields and old is None:
            fields["DocNumber"] = _next_number(change, self.name)
        return fields

    def send(self, change: "Change", old: Json, to: str) -> Json:
        email = read(EMAIL, {"Address": to}) if to else old.get("POEmail")
        if not email:
            raise refusals.business("Please enter a valid email address before sending.")
        record = change.touch(self, old, EmailStatus="EmailSent", POEmail=email)
        change.happened(self, record["Id"], "emailed")
        return record


class BillPayment(Generic):
    name = "BillPayment"
    counted = True
    operations = frozenset({"create", "update", "delete", "void"})
    required = ("VendorRef", "TotalAmt", "PayType")
    references = {"VendorRef": VENDOR, "APAccountRef": ACCOUNT, **_PLACES}
    shape = entity_shape(
        "BillPayment",
        {
            **_OF_VENDOR,
            "TotalAmt": number(search=True),
            "PayType": choice("Check", "CreditCard", search=True),
            "CheckPayment": part(
                Shape(
                    "BillPaymentCheck",
                    {
                        "BankAccountRef": ref(),
                        "PrintStatus": choice("NotSet", "NeedToPrint", "PrintComplete"),
                        **{name: anything() for name in ("CheckDetail", "PayeeAddr", "VendorMailingAddr")},
                    },
                )
            ),
            "CreditCardPayment": part(
                Shape("BillPaymentCreditCard", {"CCAccountRef": ref(), "CCDetail": anything()}),
            ),
            "ProcessBillPayment": flag(),
            "Line": parts(_SETTLING_LINE),
        },
    )

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        if is_void(old):
            raise refusals.business("A voided transaction cannot be changed.")
        return super().update(change, old, given, sparse)

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """What is open is settled, and no more: a line for a bill that is paid already is left out."""
        if old is not None:
            _unsettle(change, old)
        own, account = ("CheckPayment", "BankAccountRef")
        if fields["PayType"] == "CreditCard":
            own, account = ("CreditCardPayment", "CCAccountRef")
        if account not in fields.get(own, {}):
            raise refusals.missing(account)
        paid_from = change.refer("Account", fields[own][account], "Accounts")
        total = cents(fields["TotalAmt"])
        if total < 0:
            raise refusals.business("Transaction amount must be 0 or greater.")
        vendor = change.get("Vendor", fields["VendorRef"]["value"])
        lines = _settlings(change, fields.get("Line", []), vendor)
        if sum((_signed(line) for line in lines), ZERO) > total:
            raise refusals.business("The amount applied is more than the amount of the payment.")
        own_part = {**fields[own], account: {"value": paid_from["Id"], "name": name_of(paid_from)}}
        return in_currency(change, {**fields, own: own_part, "TotalAmt": total, "Line": lines}, vendor)

    def take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        if old is not None and new is None:
            _unsettle(change, old)
        if new is not None:
            _settle(change, new)
        for record, sign in ((old, 1), (new, -1)):
            if record is not None:
                owe(change, record["VendorRef"]["value"], sign * record["TotalAmt"])

    def void(self, change: "Change", old: Json) -> Json:
        if is_void(old):
            raise refusals.business("This transaction has already been voided.")
        _unsettle(change, old)
        owe(change, old["VendorRef"]["value"], old["TotalAmt"])
        nothing: Json = {"TotalAmt": ZERO, "Line": [], "PrivateNote": void_note(old)}
        if "HomeTotalAmt" in old:
            nothing["HomeTotalAmt"] = ZERO
        record = change.replace(self, old, {**old, **nothing})
        change.voided(self, record["Id"])
        return record


def _orders(change: "Change", sent: list[Json]) -> list[Json]:
    """The purchase orders that a new bill names; other links are QuickBooks' own. Raises 610."""
    orders = [link.get("TxnId", "") for link in sent if link.get("TxnType") == "PurchaseOrder"]
    return [{"TxnId": change.get("PurchaseOrder", id)["Id"], "TxnType": "PurchaseOrder"} for id in orders]


def owe(change: "Change", vendor_id: str, amount: Decimal) -> None:
    """We owe a vendor more; a negative amount: less."""
    vendor = change.find("Vendor", vendor_id)
    if vendor is not None and amount:
        change.touch(change.kinds["Vendor"], vendor, Balance=vendor.get("Balance", ZERO) + amount)


def entity(change: "Change", who: object) -> Json:
    """The vendor, customer or employee with this Id: they share one sequence of Ids. Raises 2500."""
    wanted = str(who.get("value", "")) if isinstance(who, dict) else ""
    for kind in ("Vendor", "Customer", "Employee"):
        record = change.find(kind, wanted)
        if record is not None:
            return {"value": record["Id"], "name": record["DisplayName"], "type": kind}
    raise refusals.bad_reference("Names", wanted)


def _settlings(change: "Change", sent: list[Json], vendor: Json) -> list[Json]:
    """The lines of a bill payment, together no more than each bill or credit is open; none that settle nothing."""
    settled: dict[str, Decimal] = {}
    lines: list[Json] = []
    for line in sent:
        record, sort = _payable(change, line, vendor)
        amount = min(cents(line["Amount"]), record["Balance"] - settled.get(record["Id"], ZERO))
        if amount > 0:
            settled[record["Id"]] = settled.get(record["Id"], ZERO) + amount
            lines.append({"Amount": amount, "LinkedTxn": [{"TxnId": record["Id"], "TxnType": sort}]})
    return lines


def _payable(change: "Change", line: Json, vendor: Json) -> tuple[Json, str]:
    """What a line settles: a bill or a credit of the same vendor, and which of both. Raises 610, 2020, 2180, 6000."""
    if "Amount" not in line:
        raise refusals.missing("Amount")
    links = line.get("LinkedTxn", [])
    if len(links) != 1 or "TxnId" not in links[0]:
        raise refusals.missing("LinkedTxn")
    sort = links[0].get("TxnType")
    if sort not in ("Bill", "VendorCredit"):
        raise refusals.bad_value("TxnType", sort)
    record = change.get(sort, links[0]["TxnId"])
    if record["VendorRef"]["value"] != vendor["Id"]:
        raise refusals.business("The bill belongs to another vendor than the payment.")
    return record, sort


def _signed(line: Json) -> Decimal:
    amount: Decimal = line["Amount"]
    return amount if line["LinkedTxn"][0]["TxnType"] == "Bill" else -amount


def _settle(change: "Change", payment: Json) -> None:
    for line in payment["Line"]:
        record, sort = _linked(change, line)
        link = {"TxnId": payment["Id"], "TxnType": _PAID_BY[payment["PayType"]]}
        others = [one for one in record["LinkedTxn"] if one["TxnId"] != payment["Id"]]
        _move(change, sort, record, -line["Amount"], [*others, link])


def _unsettle(change: "Change", payment: Json) -> None:
    for line in payment["Line"]:
        record, sort = _linked(change, line)
        others = [one for one in record["LinkedTxn"] if one["TxnId"] != payment["Id"]]
        _move(change, sort, record, line["Amount"], others)


def _linked(change: "Change", line: Json) -> tuple[Json, str]:
    link = line["LinkedTxn"][0]
    return change.get(link["TxnType"], link["TxnId"]), link["TxnType"]


def _move(change: "Change", sort: str, record: Json, amount: Decimal, links: list[Json]) -> None:
    """As with invoices, what is settled becomes a new version, once within a change."""
    kind = change.kinds[sort]
    fields = {**record, "Balance": record["Balance"] + amount, "LinkedTxn": links}
    before = change.company.find(sort, record["Id"])
    if before is not None and before["SyncToken"] != record["SyncToken"]:
        change.touch(kind, fields)
    else:
        change.replace(kind, record, fields)
    if change.switches.on("companion_updated") or change.by_person:
        change.happened(kind, record["Id"], "updated")


def _free_surplus(change: "Change", kind: Kind, old: Json, new: Json | None) -> None:
    """Payments that settle more than the document is now worth keep the surplus, unapplied; None: it is deleted."""
    worth: Decimal = new["TotalAmt"] if new else ZERO
    idle: list[str] = []
    for payment in (change.find("BillPayment", link["TxnId"]) for link in old["LinkedTxn"]):
        if payment is None:
            continue
        lines = _lessened(payment["Line"], old["Id"], worth)
        applied = sum((line["Amount"] for line in lines if line["LinkedTxn"][0]["TxnId"] == old["Id"]), ZERO)
        worth -= applied
        if lines != payment["Line"]:
            change.touch(change.kinds["BillPayment"], payment, Line=lines)
        if not applied:
            idle.append(payment["Id"])
    if new and idle:
        links = [link for link in new["LinkedTxn"] if link["TxnId"] not in idle]
        change.touch(kind, change.get(kind.name, new["Id"]), LinkedTxn=links)


def _lessened(lines: list[Json], id: str, worth: Decimal) -> list[Json]:
    """A payment's lines, of which those for one document settle no more than it is worth."""
    left: list[Json] = []
    for line in lines:
        if line["LinkedTxn"][0]["TxnId"] == id:
            line = {**line, "Amount": min(line["Amount"], worth)}
            worth -= line["Amount"]
        if line["Amount"]:
            left.append(line)
    return left


def _next_number(change: "Change", sequence: str) -> str:
    number = max(change.last(f"DocNumber of {sequence}"), FIRST_NUMBER - 1) + 1
    change.set_last(f"DocNumber of {sequence}", number)
    return str(number)
