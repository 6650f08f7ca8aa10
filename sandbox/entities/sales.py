"""What all sales documents share: customer, currency, lines, taxes, number, dates, addresses, mail, void and send."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sandbox import refusals
from sandbox.clock import day as day_of
from sandbox.countries import CURRENCIES
from sandbox.documents import is_void
from sandbox.entities import lines as lines_of
from sandbox.entities.currency import check_currency
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged, stays
from sandbox.entities.links import close_estimates, estimates_of, linked
from sandbox.entities.settling import payments_of, unlink_payments
from sandbox.entities.terms import due_date
from sandbox.entities.totals import add_up
from sandbox.fields import (
    ADDRESS,
    CUSTOM_FIELD,
    EMAIL,
    LINKED,
    MEMO,
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
    ref,
    text,
)
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

AUTO = "AUTO_GENERATE"
LONGEST_NUMBER = 21
MOST_TAXED_LINES = 750
FIRST_NUMBER = 1001
# Where a document without a number is not allowed.
NUMBER_NEEDED = ("FR",)
# The index of document numbers, and the sequence of the forms that share one.
NUMBERS = "DocNumber"
ZERO = Decimal(0)
# The account of money that waits for the bank.
UNDEPOSITED_FUNDS = "4"

# What a document may refer to besides: the list, and what the fault calls it.
REFERENCES = {
    "ClassRef": ("Class", "Klasses"),
    "DepartmentRef": ("Department", "Depts"),
    "PaymentMethodRef": ("PaymentMethod", "PaymentMethods"),
}

TAX_DETAIL = Shape(
    "TxnTaxDetail",
    {
        "DefaultTaxCodeRef": ref(),
        "TxnTaxCodeRef": ref(),
        "TotalTax": number(),
        "TaxLine": anything(),
        "TaxReviewStatus": kept(),
        "UseAutomatedSalesTax": kept(),
    },
)


def sales_shape(owner: str, own: dict[str, Field]) -> Shape:
    """The properties that Intuit's schema gives to every sales transaction, and the document's own."""
    return entity_shape(
        owner,
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
            "ClassRef": ref(),
            "DepartmentRef": ref(search=True),
            "ProjectRef": ref(),
            "SalesRepRef": ref(),
            "ShipMethodRef": ref(),
            "TrackingNum": text(31),
            "PONumber": text(25),
            "FOB": text(25),
            "TemplateRef": ref(),
            "RemitToRef": ref(),
            "ARAccountRef": ref(),
            "DiscountRate": number(),
            "DiscountAmt": number(),
            "TransactionLocationType": text(),
            "PaymentMethodRef": ref(search=True),
            "PaymentRefNum": text(21, search=True),
            "PaymentType": text(),
            "CheckPayment": anything(),
            "CreditCardPayment": anything(),
            "DepositToAccountRef": ref(search=True),
            "TxnStatus": text(),
            "Tag": kept(),
            "RecurDataRef": kept(),
            "RecurringInfo": kept(),
            "TotalCostAmount": kept(),
            "HomeTotalCostAmount": kept(),
            "ShippingTaxIncludedInTotalTax": kept("flag"),
            "TaxExemptionRef": kept(),
            "TotalAmt": kept("number", search=True),
            "HomeTotalAmt": kept("number"),
            "Balance": kept("number", search=True),
            "HomeBalance": kept("number"),
            "DeliveryInfo": kept(),
            # Links to estimates and time worked are the caller's; those to payments are QuickBooks' own.
            "LinkedTxn": parts(LINKED),
            "FreeFormAddress": kept("flag"),
            "FinanceCharge": kept("flag"),
            "GovtTxnRefIdentifier": kept(),
            "TxnApprovalInfo": kept(),
            "TxnSource": kept(),
            "TaxFormNum": kept(),
            "TaxFormType": kept(),
            **own,
        },
    )


class SalesDocument(Kind):
    """One kind of sales document; its file says what only it has and does."""

    sequence = "transactions"
    operations = frozenset({"create", "update", "delete", "void", "send"})
    # The sequence its numbers come from. The numbers of Intuit's samples run through invoices, sales receipts,
    # credit memos and refund receipts (1003, 1020, 1026 between invoices), while estimates begin at 1001 again.
    numbers: ClassVar[str] = NUMBERS
    # The change of an inventory item's quantity for one piece on the document: sold -1, taken back 1.
    stock: ClassVar[int] = 0
    has_due_date: ClassVar[bool] = False
    needs_customer: ClassVar[bool] = True
    # It can be made of an estimate, which it closes, and of time worked.
    takes_links: ClassVar[bool] = False

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        if "DocNumber" in record:
            yield (NUMBERS, record["DocNumber"].lower())

    def owed(self, _record: Json) -> Decimal:
        """What the document adds to its customer's balance."""
        return ZERO

    def create(self, change: "Change", given: Json) -> Json:
        sent = {name: value for name, value in given.items() if value is not None}
        fields = self._complete(change, sent, None)
        number = self._number(change, sent, None)
        record = change.add(self, {**fields, **number, **self._links(change, sent, None), **ENTITY_MARKS})
        self._take_effect(change, None, record)
        change.happened(self, record["Id"], "created")
        return change.get(self.name, record["Id"])

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        if is_void(old):
            raise refusals.business("A voided transaction cannot be changed.")
        sent = merged(old, given, self.shape, sparse)
        if given.get("SalesTermRef") and not given.get("DueDate"):
            sent.pop("DueDate", None)
        if change.company.multicurrency:
            sent.setdefault("CurrencyRef", old["CurrencyRef"])
        fields = self._complete(change, sent, old)
        delivered: Json = {"DeliveryInfo": old["DeliveryInfo"]} if "DeliveryInfo" in old else {}
        links = self._links(change, sent, old)
        fields = {**delivered, **fields, **self._number(change, sent, old), **links, **ENTITY_MARKS}
        record = change.replace(self, old, fields)
        self._take_effect(change, old, record)
        change.happened(self, record["Id"], "updated")
        return change.get(self.name, record["Id"])

    def delete(self, change: "Change", old: Json) -> None:
        check_not_deposited(old)
        if payments_of(old):
            if not change.by_person:
                raise refusals.business(
                    "This transaction is linked to others; unlink the payments before you delete it."
                )
            unlink_payments(change, old)
        change.remove(self, old["Id"])
        self._take_effect(change, old, None)
        change.happened(self, old["Id"], "deleted")

    def void(self, change: "Change", old: Json) -> Json:
        """Worth nothing, but kept. With a payment applied, companies were seen to refuse and documented to unlink."""
        if is_void(old):
            raise refusals.business("This transaction has already been voided.")
        check_not_deposited(old)
        if payments_of(old):
            if change.switches["void_paid"] == "refuse" and not change.by_person:
                raise refusals.business(
                    "You cannot void a transaction that has payments applied to it. Unapply them first."
                )
            unlink_payments(change, old)
        fields = {**old, **_nothing(old), "PrivateNote": void_note(old), "LinkedTxn": []}
        record = change.replace(self, old, fields)
        self._take_effect(change, old, record)
        change.voided(self, record["Id"])
        return change.get(self.name, record["Id"])

    def send(self, change: "Change", old: Json, to: str) -> Json:
        """E-mails it; a recorded answer shows the SyncToken unchanged."""
        return sent_by_mail(self, change, old, to)

    def _own(self, _change: "Change", _sent: Json, _old: Json | None, _money: Json) -> Json:
        """The fields that only this kind of document has, or that it words in another way."""
        return {}

    def _links(self, change: "Change", sent: Json, old: Json | None) -> Json:
        if self.takes_links:
            return {"LinkedTxn": linked(change, sent, old)}
        return {"LinkedTxn": old["LinkedTxn"] if old else []}

    def _take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        """The customer's balance and the stock move by what the document has become; None: it is not there."""
        for record, sign in ((old, -1), (new, 1)):
            if record is not None and "CustomerRef" in record:
                change.owes(record["CustomerRef"]["value"], sign * self.owed(record))
        if self.stock:
            move_stock(change, self.stock, old, new)
        if self.takes_links:
            close_estimates(change, self.name, (new or old or {})["Id"], estimates_of(old), estimates_of(new))

    def _complete(self, change: "Change", sent: Json, old: Json | None) -> Json:
        """Everything but number and links: checked, completed and added up."""
        if not sent.get("Line"):
            raise refusals.missing("Line")
        customer = self._customer(change, sent, old)
        currency = check_currency(change, sent, customer)
        foreign = currency["value"] != change.company.currency
        gross = change.company.country.taxes_per_line and sent.get("GlobalTaxCalculation") == "TaxInclusive"
        own = lines_of.complete(change, sent["Line"], old["Line"] if old else [], customer, gross)
        money = add_up(change, sent, own, old, foreign)
        if len(own.own) > MOST_TAXED_LINES and money["TxnTaxDetail"].get("TaxLine"):
            raise refusals.business(f"A taxable transaction can have at most {MOST_TAXED_LINES} lines.")
        return {
            **{name: value for name, value in sent.items() if name not in _meaningless(change)},
            "CustomField": _custom_fields(change, sent),
            **self._dates(change, sent, old),
            **_mail(sent, old),
            **_addresses(change, sent, customer, old),
            **_named(change, sent, old),
            **money,
            "FreeFormAddress": True,
            **({"CustomerRef": {"value": customer["Id"], "name": customer["DisplayName"]}} if customer["Id"] else {}),
            "CurrencyRef": currency,
            **self._own(change, sent, old, money),
        }

    def _customer(self, change: "Change", sent: Json, old: Json | None) -> Json:
        """The customer, who may be inactive if the document was theirs before; a stranger for a receipt to nobody."""
        wanted = sent.get("CustomerRef")
        if wanted is None and self.needs_customer:
            raise refusals.missing("CustomerRef")
        if wanted is None:
            home = {"value": change.company.currency, "name": CURRENCIES[change.company.currency]}
            return {"Id": "", "Taxable": True, "CurrencyRef": home}
        return change.refer("Customer", wanted, "Names", must_be_active=not stays("CustomerRef", sent, old))

    def _dates(self, change: "Change", sent: Json, old: Json | None) -> Json:
        issued = sent.get("TxnDate") or day_of(change.now, change.company.zone).isoformat()
        dates: Json = {"TxnDate": issued}
        term: Json | None = None
        if "SalesTermRef" in sent:
            is_kept = stays("SalesTermRef", sent, old)
            term = change.refer("Term", sent["SalesTermRef"], "Terms", must_be_active=not is_kept)
            dates["SalesTermRef"] = {"value": term["Id"], "name": term["Name"]}
        if self.has_due_date:
            term = term or _default_term(change)
            dates["DueDate"] = sent.get("DueDate") or due_date(date.fromisoformat(issued), term).isoformat()
        return dates

    def _number(self, change: "Change", sent: Json, old: Json | None) -> Json:
        """The DocNumber, if it gets one: the next, the caller's own, or none with custom numbers."""
        wanted = sent.get("DocNumber")
        custom = bool(change.company.preferences["SalesFormsPrefs"].get("CustomTxnNumbers"))
        if wanted == AUTO or (sent.get("AutoDocNumber") and wanted is None):
            return {"DocNumber": self._next_number(change)}
        if wanted is None and custom and change.company.country.code in NUMBER_NEEDED:
            raise refusals.missing("DocNumber")
        if wanted is None:
            return {"DocNumber": self._next_number(change)} if old is None and not custom else {}
        if old is None or wanted != old.get("DocNumber"):
            self._check_number(change, wanted, old)
            if wanted.isascii() and wanted.isdigit() and len(str(int(wanted) + 1)) <= LONGEST_NUMBER:
                change.set_last(self.numbers, int(wanted))
        return {"DocNumber": wanted}

    def _check_number(self, change: "Change", wanted: str, old: Json | None) -> None:
        if change.allow_duplicate_number or change.switches["duplicate_docnumber"] == "accept":
            return
        for kind, id in self._holders(change, wanted):
            if not old or id != old["Id"]:
                raise refusals.duplicate_number(wanted, kind, id)

    def _next_number(self, change: "Change") -> str:
        number = max(change.last(self.numbers), FIRST_NUMBER - 1) + 1
        while self._holders(change, str(number)):
            number += 1
        change.set_last(self.numbers, number)
        return str(number)

    def _holders(self, change: "Change", number: str) -> list[tuple[str, str]]:
        """The documents of the same sequence that have this number."""
        return [
            (kind, id)
            for kind, id in change.company.holders(NUMBERS, number.lower())
            if getattr(change.kinds[kind], "numbers", "") == self.numbers
        ]


def void_note(old: Json) -> str:
    """Voided, in front of what the note said before."""
    return f"Voided - {old['PrivateNote']}" if old.get("PrivateNote") else "Voided"


def sent_by_mail(kind: Kind, change: "Change", old: Json, to: str) -> Json:
    """The document marked as sent; raises 6000 without an address and 2210 for a wrong one."""
    address = to or old.get("BillEmail", {}).get("Address", "")
    if not address:
        raise refusals.business("Please enter a valid email address before sending.")
    if not all("@" in one and "." in one.rpartition("@")[2] for one in address.split(",")):
        raise refusals.bad_email("sendTo")
    sent: Json = {
        "EmailStatus": "EmailSent",
        "DeliveryInfo": {"DeliveryType": "Email", "DeliveryTime": change.stamp},
        "BillEmail": {"Address": address},
    }
    if change.switches.on("send_bumps"):
        record = change.replace(kind, old, {**old, **sent})
    else:
        record = change.touch(kind, old, **sent)
    change.happened(kind, record["Id"], "emailed")
    if change.switches.on("email_updated"):
        change.happened(kind, record["Id"], "updated")
    return record


def check_not_deposited(record: Json) -> None:
    if any(link.get("TxnType") == "Deposit" for link in record.get("LinkedTxn", [])):
        raise refusals.business("This transaction has been deposited; remove it from the deposit first.")


def move_stock(change: "Change", direction: int, old: Json | None, new: Json | None) -> None:
    """Inventory items have as many less as were sold. Recorded: each sale moves their LastUpdatedTime."""
    moved: dict[str, Decimal] = {}
    for record, sign in ((old, -direction), (new, direction)):
        for id, quantity in lines_of.quantities(record["Line"] if record else []):
            moved[id] = moved.get(id, ZERO) + sign * quantity
    for id, quantity in moved.items():
        item = change.find("Item", id)
        if item is not None and item.get("Type") == "Inventory":
            change.touch(change.kinds["Item"], item, QtyOnHand=item.get("QtyOnHand", ZERO) + quantity)


def _meaningless(change: "Change") -> set[str]:
    """What is taken from a caller but not kept: the United States know no tax calculation mode, for instance."""
    names = {"AutoDocNumber", "DocNumber"}
    if not change.company.country.taxes_per_line:
        names.add("GlobalTaxCalculation")
    if not change.company.multicurrency:
        names.add("ExchangeRate")
    return names


def _default_term(change: "Change") -> Json:
    """A live company gave 30 days to an invoice without a term: its default, which is not written down."""
    default = change.company.preferences["SalesFormsPrefs"].get("DefaultTerms", {"value": ""})
    return change.company.find("Term", default["value"]) or {"Type": "STANDARD", "DueDays": 0}


def _mail(sent: Json, old: Json | None) -> Json:
    status = sent.get("EmailStatus", "NotSet")
    if status == "NeedToSend" and "BillEmail" not in sent:
        raise refusals.missing("BillEmail")
    mail: Json = {"EmailStatus": status, "PrintStatus": sent.get("PrintStatus", "NeedToPrint")}
    if status == "NeedToSend" and (old is None or "DeliveryInfo" not in old):
        mail["DeliveryInfo"] = {"DeliveryType": "Email"}
    return mail


def _addresses(change: "Change", sent: Json, customer: Json, old: Json | None) -> Json:
    """Copied from the customer when not sent. The e-mail address is not: a live company left it empty."""
    wanted: Json = {
        "BillAddr": sent.get("BillAddr") or customer.get("BillAddr"),
        "ShipAddr": sent.get("ShipAddr") or customer.get("ShipAddr") or customer.get("BillAddr"),
        "ShipFromAddr": sent.get("ShipFromAddr") or _own_address(change),
    }
    known = old or {}
    return {name: _with_id(change, one, known.get(name, {})) for name, one in wanted.items() if one}


def _own_address(change: "Change") -> Json | None:
    """Recorded in the United States: goods are shipped from the company's address, written in two lines."""
    if change.company.country.taxes_per_line:
        return None
    own = (change.company.find("CompanyInfo", "1") or {}).get("CompanyAddr", {})
    state = "  ".join(own[name] for name in ("CountrySubDivisionCode", "PostalCode") if name in own)
    lines = (own.get("Line1"), ", ".join(part for part in (own.get("City"), state) if part))
    return {f"Line{n}": line for n, line in enumerate(lines, 1) if line}


def _with_id(change: "Change", address: Json, known: Json) -> Json:
    """An address has an Id of its own: a customer's keeps it, and so does one that has not changed."""
    if "Id" in address:
        return address
    if known and {**known, "Id": ""} == {**address, "Id": ""}:
        return known
    return {**address, "Id": change.next_id("address")}


def _named(change: "Change", sent: Json, old: Json | None) -> Json:
    """Class, location and payment method with their names; one that it had before may be inactive."""
    named: Json = {}
    for name, (kind, names) in REFERENCES.items():
        if name in sent:
            record = change.refer(kind, sent[name], names, must_be_active=not stays(name, sent, old))
            named[name] = {"value": record["Id"], "name": record.get("FullyQualifiedName", record.get("Name"))}
    return named


def _custom_fields(change: "Change", sent: Json) -> list[Json]:
    """The custom fields with the names that the company's sales forms give them, and their type."""
    groups = change.company.preferences.get("SalesFormsPrefs", {}).get("CustomField", [])
    known = {
        one.get("Name", "").removeprefix("SalesFormsPrefs.SalesCustomName"): one.get("StringValue")
        for group in groups
        for one in group.get("CustomField", [])
    }
    completed: list[Json] = []
    for field in sent.get("CustomField", []):
        name = known.get(field.get("DefinitionId", ""))
        completed.append({**({"Name": name} if name else {}), "Type": "StringType", **field})
    return completed


def _nothing(old: Json) -> Json:
    """The amounts of a voided document: all zero, unit prices gone."""
    amounts = ("TotalAmt", "Balance", "RemainingCredit", "Deposit", "HomeTotalAmt", "HomeBalance")
    zeros: Json = {name: ZERO for name in amounts if name in old}
    return {**zeros, "Line": lines_of.worthless(old["Line"]), "TxnTaxDetail": {"TotalTax": ZERO}}
