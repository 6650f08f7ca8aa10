"""A kind of record that is told by a table: what it must have, what it refers to, and what it starts with."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from sandbox import refusals
from sandbox.clock import day as day_of
from sandbox.countries import CURRENCIES
from sandbox.entities.currency import exchange_rate
from sandbox.entities.kind import ENTITY_MARKS, Kind, merged
from sandbox.entities.sales import TAX_DETAIL, check_not_deposited
from sandbox.fields import CUSTOM_FIELD, Field, anything, choice, day, kept, number, part, parts, ref, text
from sandbox.numbers import Json, cents

if TYPE_CHECKING:
    from sandbox.changes import Change

ZERO = Decimal(0)
LONGEST_NUMBER = 21
# Where a reference leads: the list, and what a refusal calls that list.
To = tuple[str, str]
ACCOUNT: To = ("Account", "Accounts")
CUSTOMER: To = ("Customer", "Names")
VENDOR: To = ("Vendor", "Names")
EMPLOYEE: To = ("Employee", "Names")
ITEM: To = ("Item", "Items")
CLASS: To = ("Class", "Klasses")
DEPARTMENT: To = ("Department", "Depts")
TERM: To = ("Term", "Terms")
TAX_CODE: To = ("TaxCode", "TaxCodes")
PAYMENT_METHOD: To = ("PaymentMethod", "PaymentMethods")

# What Intuit's schema gives to every transaction.
TRANSACTION: dict[str, Field] = {
    "DocNumber": text(LONGEST_NUMBER, search=True),
    "TxnDate": day(search=True),
    "PrivateNote": text(4000),
    "CurrencyRef": ref(search=True),
    "ExchangeRate": number(),
    "DepartmentRef": ref(search=True),
    "ClassRef": ref(),
    "GlobalTaxCalculation": choice("TaxExcluded", "TaxInclusive", "NotApplicable"),
    "TxnTaxDetail": part(TAX_DETAIL),
    "CustomField": parts(CUSTOM_FIELD),
    "LinkedTxn": kept(),
    "TxnStatus": text(),
    "TxnSource": kept(),
    "TransactionLocationType": text(),
    "TaxFormType": text(),
    "TaxFormNum": text(),
    "IncludeInAnnualTPAR": anything(),
    "RecurDataRef": kept(),
    "TotalAmt": kept("number", search=True),
    "HomeTotalAmt": kept("number"),
}


class Generic(Kind):
    """The base. `completed` and `take_effect` are where a kind says more than its tables do."""

    sequence = "transactions"
    operations = frozenset({"create", "update", "delete"})
    # In this order: the first that is missing is the one that is named.
    required: ClassVar[tuple[str, ...]] = ()
    # Missed even by a sparse update: observed for a bill's vendor and a purchase's payment type.
    required_always: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[Mapping[str, To]] = {}
    defaults: ClassVar[Json] = {}
    dated: ClassVar[bool] = True

    def create(self, change: "Change", given: Json) -> Json:
        sent = {name: value for name, value in given.items() if value is not None}
        record = change.add(self, {**self._written(change, sent, None), **ENTITY_MARKS})
        self.take_effect(change, None, record)
        change.happened(self, record["Id"], "created")
        return change.get(self.name, record["Id"])

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        for name in self.required_always:
            if given.get(name) is None and not change.by_person:
                raise refusals.missing(name)
        sent = merged(old, given, self.shape, sparse)
        own = {name: old[name] for name in self.kept_over() if name in old}
        record = change.replace(self, old, {**own, **self._written(change, sent, old), **ENTITY_MARKS})
        self.take_effect(change, old, record)
        change.happened(self, record["Id"], "updated")
        return change.get(self.name, record["Id"])

    def delete(self, change: "Change", old: Json) -> None:
        check_not_deposited(old)
        change.remove(self, old["Id"])
        self.take_effect(change, old, None)
        change.happened(self, old["Id"], "deleted")

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:  # noqa: ARG002
        """The record by the kind's own rules; its references are checked and named already."""
        return fields

    def take_effect(self, change: "Change", old: Json | None, new: Json | None) -> None:
        """What else in the books moves; None: the record is not there."""

    def kept_over(self) -> tuple[str, ...]:
        """What QuickBooks itself wrote and keeps through an update."""
        return ("LinkedTxn",)

    def _written(self, change: "Change", sent: Json, old: Json | None) -> Json:
        for name in self.required:
            if sent.get(name) in (None, []):
                raise refusals.missing(name)
        fields = {**self.defaults, **sent, **named(change, sent, self.references, old)}
        if self.dated:
            fields.setdefault("TxnDate", day_of(change.now, change.company.zone).isoformat())
        return self.completed(change, fields, old)


def named(change: "Change", sent: Json, references: Mapping[str, To], old: Json | None) -> Json:
    """The references with their names. Raises 2500 and 610; one that stays may have become inactive."""
    found: Json = {}
    for name, (kind, called) in references.items():
        if name in sent:
            stays = old is not None and old.get(name, {}).get("value") == sent[name]["value"]
            record = change.refer(kind, sent[name], called, must_be_active=not stays)
            found[name] = {"value": record["Id"], "name": name_of(record)}
    return found


def name_of(record: Json) -> str:
    return str(record.get("DisplayName") or record.get("FullyQualifiedName") or record["Name"])


def in_currency(change: "Change", fields: Json, party: Json | None) -> Json:
    """With the currency of its party, or home, and the rate. Raises 2080, 2410 and 6000, as live companies did."""
    company = change.company
    home = {"value": company.currency, "name": CURRENCIES[company.currency]}
    own: Json = (party or {}).get("CurrencyRef", home)
    wanted = fields.get("CurrencyRef", own)["value"]
    if not company.multicurrency:
        if wanted != company.currency:
            raise refusals.business("Multi Currency should be enabled to perform this operation")
        return {**{name: value for name, value in fields.items() if name != "ExchangeRate"}, "CurrencyRef": home}
    if party is not None and wanted != own["value"]:
        raise refusals.business("You can only use one foreign currency per transaction.")
    names = {one["Code"]: one["Name"] for one in company.all("CompanyCurrency")}
    if wanted not in names:
        raise refusals.bad_reference("Currency", wanted)
    rate = exchange_rate(change, fields, foreign=wanted != company.currency) or Decimal(1)
    money = {**fields, "CurrencyRef": {"value": wanted, "name": names[wanted]}, "ExchangeRate": rate}
    return {**money, "HomeTotalAmt": cents(fields["TotalAmt"] * rate)} if "TotalAmt" in fields else money
