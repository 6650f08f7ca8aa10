"""The lines of a sales document: which kinds there are, what each must say, and how they are completed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import stays
from sandbox.fields import LINKED, Shape, anything, choice, day, flag, kept, number, part, parts, ref, text
from sandbox.numbers import Json, cents, decimals

if TYPE_CHECKING:
    from sandbox.changes import Change

FINEST = 7  # decimals of a quantity or a unit price
MOST_LINES = 10_000
ZERO, ONE = Decimal(0), Decimal(1)
# What QuickBooks sells when a line names no item.
USUAL_ITEM = "1"
# Shipping has no item of its own; a line that charges it says this instead of an Id.
SHIPPING = "SHIPPING_ITEM_ID"
ITEM, GROUP, TEXT_ONLY, DISCOUNT, SUBTOTAL = (
    "SalesItemLineDetail",
    "GroupLineDetail",
    "DescriptionOnly",
    "DiscountLineDetail",
    "SubTotalLineDetail",
)
TEXT_DETAIL = "DescriptionLineDetail"

SALES_ITEM = Shape(
    ITEM,
    {
        "ItemRef": ref(),
        "ClassRef": ref(),
        "UnitPrice": number(),
        "RatePercent": number(),
        "PriceLevelRef": ref(),
        "MarkupInfo": anything(),
        "Qty": number(),
        "UOMRef": ref(),
        "ItemAccountRef": kept(),
        "InventorySiteRef": ref(),
        "TaxCodeRef": ref(),
        "TaxClassificationRef": ref(),
        "ServiceDate": day(),
        "DiscountRate": number(),
        "DiscountAmt": number(),
        "TaxInclusiveAmt": number(),
        "DeferredRevenue": flag(),
        "UnitCostPrice": kept(),
        "SalesItemLineDetailEx": kept(),
    },
)
DISCOUNT_DETAIL = Shape(
    DISCOUNT,
    {
        "PercentBased": flag(),
        "DiscountPercent": number(),
        "DiscountAccountRef": ref(),
        "ServiceDate": day(),
        "ClassRef": ref(),
        "TaxCodeRef": ref(),
        "Discount": anything(),
        "DiscountRef": anything(),
        "DiscountLineDetailEx": kept(),
    },
)
SUBTOTAL_DETAIL = Shape(
    SUBTOTAL, {name: anything() for name in ("ItemRef", "ClassRef", "UnitPrice", "Qty", "TaxCodeRef", "ServiceDate")}
)
DESCRIPTION_DETAIL = Shape(TEXT_DETAIL, {"ServiceDate": day(), "TaxCodeRef": ref(), "DescriptionLineDetailEx": kept()})
_DETAIL_TYPES = choice(ITEM, GROUP, TEXT_ONLY, DISCOUNT, SUBTOTAL, TEXT_DETAIL)
# Details of other transactions' lines: known properties, and nothing to a sale.
_OTHER_DETAILS = (
    "PaymentLineDetail",
    "TaxLineDetail",
    "ItemBasedExpenseLineDetail",
    "AccountBasedExpenseLineDetail",
    "ReimburseLineDetail",
    "DepositLineDetail",
    "PurchaseOrderItemLineDetail",
    "SalesOrderItemLineDetail",
    "ItemReceiptLineDetail",
    "JournalEntryLineDetail",
    "TDSLineDetail",
    "ItemAdjustmentLineDetail",
)
_ANY_LINE = {
    **{name: kept() for name in _OTHER_DETAILS},
    "Id": kept(),
    "LineNum": kept(),
    "Description": text(4000),
    "Amount": number(),
    "Received": anything(),
    "LinkedTxn": parts(LINKED),
    "DetailType": _DETAIL_TYPES,
    ITEM: part(SALES_ITEM),
    DISCOUNT: part(DISCOUNT_DETAIL),
    SUBTOTAL: part(SUBTOTAL_DETAIL),
    TEXT_DETAIL: part(DESCRIPTION_DETAIL),
    "CustomField": anything(),
    "CustomExtensions": kept(),
    "LineEx": kept(),
    "ProjectRef": ref(),
    "CostAmount": kept(),
    "HomeCostAmount": kept(),
}
GROUP_DETAIL = Shape(
    GROUP,
    {
        "GroupItemRef": ref(),
        "Quantity": number(),
        "UOMRef": ref(),
        "ServiceDate": day(),
        "Line": parts(Shape("Line", _ANY_LINE)),
        "GroupLineDetailEx": kept(),
    },
)
LINE = Shape("Line", {**_ANY_LINE, GROUP: part(GROUP_DETAIL)})


@dataclass(frozen=True)
class Bundle:
    """A bundle's own line; its parts are `count` of the document's lines, from place `first` on."""

    line: Json
    first: int
    count: int


@dataclass(frozen=True)
class Lines:
    """A document's own lines in order, its discount, and the sum before discount and tax.

    `own` holds the parts of a bundle as lines like any other, so that sums and taxes need not know bundles.
    """

    own: list[Json]
    discount: Json | None
    subtotal: Decimal
    bundles: tuple[Bundle, ...] = field(default=())

    @property
    def discounted(self) -> Decimal:
        return Decimal(self.discount["Amount"]) if self.discount else ZERO

    def written(self) -> list[Json]:
        """As QuickBooks stores them: the subtotal behind the sales lines, the discount behind it."""
        subtotal: Json = {"Amount": self.subtotal, "DetailType": SUBTOTAL, SUBTOTAL: {}}
        return [*self._bundled(), subtotal, *([self.discount] if self.discount else [])]

    def _bundled(self) -> Iterator[Json]:
        place = 0
        for bundle in self.bundles:
            yield from self.own[place : bundle.first]
            place = bundle.first + bundle.count
            inside = self.own[bundle.first : place]
            amount = sum((line.get("Amount", ZERO) for line in inside), ZERO)
            yield {**bundle.line, "Amount": amount, GROUP: {**bundle.line[GROUP], "Line": inside}}
        yield from self.own[place:]


def complete(change: "Change", sent: list[Json], old: list[Json], customer: Json, gross: bool) -> Lines:
    """The lines with numbers, Ids, names and accounts. Raises 2020, 2080, 2500, 610, 6000 and 6070."""
    if len(sent) > MOST_LINES:
        raise refusals.business(f"A transaction can have at most {MOST_LINES} lines.")
    known = {line["Id"]: line for line in _flat(old) if "Id" in line}
    numbers = _Numbers(known)
    own: list[Json] = []
    bundles: list[Bundle] = []
    discounts: list[Json] = []
    for line in sent:
        sort = line.get("DetailType")
        if sort is None:
            raise refusals.missing("DetailType")
        if sort == GROUP:
            bundle_line, inside = _bundle(change, line, _before(line, known))
            first = len(own)
            bundles.append(Bundle(numbers.give(bundle_line), first, len(inside)))
            own += [numbers.give(_own_line(change, one, customer, gross, _before(one, known))) for one in inside]
        elif sort == DISCOUNT:
            discounts.append(line)
        elif sort != SUBTOTAL:
            # A subtotal is QuickBooks' own work; one that is sent is made anew.
            own.append(numbers.give(_own_line(change, line, customer, gross, _before(line, known))))
    if not own and not bundles:
        raise refusals.missing("Line")
    if len(discounts) > 1:
        raise refusals.business("You can only have one discount line per transaction.")
    subtotal = sum((line["Amount"] for line in own if "Amount" in line), ZERO)
    discount: Json | None = None
    if discounts:
        (line,) = discounts
        discount = numbers.give(_discount_line(change, line, subtotal, _before(line, known)))
    return Lines(own, discount, subtotal, tuple(bundles))


def quantities(lines: list[Json]) -> Iterator[tuple[str, Decimal]]:
    """Item and quantity of every line that sells something, bundles' parts included."""
    for line in _flat(lines):
        if ITEM in line:
            yield line[ITEM].get("ItemRef", {}).get("value", ""), line[ITEM].get("Qty", ZERO)


def worthless(lines: list[Json]) -> list[Json]:
    """The lines of a voided document: amounts and quantities zero, unit prices and links gone."""
    emptied: list[Json] = []
    for line in lines:
        line = {name: value for name, value in line.items() if name != "LinkedTxn"}
        if "Amount" in line:
            line["Amount"] = ZERO
        if ITEM in line:
            detail = {name: value for name, value in line[ITEM].items() if name != "UnitPrice"}
            line = {**line, ITEM: {**detail, "Qty": ZERO}}
        if GROUP in line:
            line = {**line, GROUP: {**line[GROUP], "Quantity": ZERO, "Line": worthless(line[GROUP]["Line"])}}
        emptied.append(line)
    return emptied


def _flat(lines: list[Json]) -> Iterator[Json]:
    """Every line, and behind a bundle's its parts."""
    for line in lines:
        yield line
        yield from line.get(GROUP, {}).get("Line", [])


def _before(line: Json, known: dict[str, Json]) -> Json:
    """The line as it was, by the Id that it says; empty for a new one."""
    return known.get(line.get("Id", ""), {})


class _Numbers:
    """Gives a line its place and its Id: a known Id that it says stays its own, another line gets the next."""

    def __init__(self, known: dict[str, Json]) -> None:
        self._free = set(known)
        self._last = max((int(id) for id in known if id.isdecimal()), default=0)
        self._place = 0

    def give(self, line: Json) -> Json:
        self._place += 1
        id = line.get("Id")
        if id in self._free:
            self._free.remove(id)
        else:
            self._last += 1
            id = str(self._last)
        return {**line, "Id": id, "LineNum": self._place}


def _own_line(change: "Change", line: Json, customer: Json, gross: bool, before: Json) -> Json:
    # Empty lists are left out, as other attributes without a value are.
    line = {name: value for name, value in line.items() if name not in ("LinkedTxn", "CustomField") or value}
    if line["DetailType"] == ITEM:
        return _sales_line(change, line, customer, gross, before.get(ITEM))
    if line["DetailType"] in (TEXT_ONLY, TEXT_DETAIL):
        text_only = {name: value for name, value in line.items() if name != "Amount"}
        return {**text_only, "DetailType": TEXT_ONLY, TEXT_DETAIL: line.get(TEXT_DETAIL, {})}
    raise refusals.bad_value("DetailType", line["DetailType"])


def _sales_line(change: "Change", line: Json, customer: Json, gross: bool, before: Json | None) -> Json:
    # Libraries send a gross amount of 0 by default, which says nothing.
    detail = {name: value for name, value in line.get(ITEM, {}).items() if name != "TaxInclusiveAmt" or value}
    if "Amount" not in line:
        raise refusals.missing("Line.Amount")
    amount = _amount(change, line["Amount"], detail, gross)
    detail.setdefault("ItemRef", {"value": USUAL_ITEM})
    if detail["ItemRef"]["value"] == SHIPPING:
        item: Json = {"Taxable": False}
        written = detail
        if not change.company.preferences["SalesFormsPrefs"].get("AllowShipping"):
            raise refusals.business("Shipping is turned off in the company's sales form settings.")
    else:
        item = change.refer("Item", detail["ItemRef"], "Items", not stays("ItemRef", detail, before))
        if item["Type"] in ("Category", "Group"):
            raise refusals.business(f"A {item['Type'].lower()} cannot be sold as an item; choose a product or service.")
        written = {**detail, "ItemRef": {"value": item["Id"], "name": item["FullyQualifiedName"]}}
        if "IncomeAccountRef" in item:
            written["ItemAccountRef"] = item["IncomeAccountRef"]
    if "ClassRef" in detail:
        of = change.refer("Class", detail["ClassRef"], "Klasses", not stays("ClassRef", detail, before))
        written["ClassRef"] = {"value": of["Id"], "name": of["FullyQualifiedName"]}
    code = _tax_code(change, detail, item, customer)
    if code is not None:
        written["TaxCodeRef"] = code
    return {**line, "Amount": amount, ITEM: written, "CustomExtensions": []}


def _amount(change: "Change", amount: Decimal, detail: Json, gross: bool) -> Decimal:
    """The line's amount; 6070 when quantity and price say another, or theirs where companies were seen to do so."""
    for name in ("Qty", "UnitPrice"):
        if name in detail and decimals(detail[name]) > FINEST:
            raise refusals.bad_number(name, detail[name])
    # An amount without a quantity stands for itself.
    if gross or not detail.get("Qty") or "UnitPrice" not in detail:
        return cents(amount)
    product = cents(detail["Qty"] * detail["UnitPrice"])
    if product != cents(amount) and change.switches["amount_mismatch"] == "refuse":
        raise refusals.wrong_amount(amount)
    return product


def _tax_code(change: "Change", detail: Json, item: Json, customer: Json) -> Json | None:
    """US lines say TAX or NON; elsewhere the line's own code is checked where taxes are worked out."""
    sent: Json | None = detail.get("TaxCodeRef")
    if change.company.country.taxes_per_line:
        return sent
    if sent is None:
        return {"value": "TAX" if item["Taxable"] and customer["Taxable"] else "NON"}
    if sent["value"].upper() not in ("TAX", "NON"):
        raise refusals.bad_reference("TaxCodes", sent["value"])
    return {"value": sent["value"].upper()}


def _bundle(change: "Change", line: Json, before: Json) -> tuple[Json, list[Json]]:
    """A bundle's line without its parts, and the parts: those sent, or else the item's own times the quantity."""
    detail = line.get(GROUP, {})
    if "GroupItemRef" not in detail:
        raise refusals.missing("GroupItemRef")
    is_kept = stays("GroupItemRef", detail, before.get(GROUP))
    item = change.refer("Item", detail["GroupItemRef"], "Items", must_be_active=not is_kept)
    if item["Type"] != "Group":
        raise refusals.business("The item of a group line must be a bundle.")
    quantity = detail.get("Quantity", ONE)
    inside = detail.get("Line") or [*_parts_of(change, item, quantity)]
    for one in inside:
        if "DetailType" not in one:
            raise refusals.missing("DetailType")
    written = {
        **{name: value for name, value in detail.items() if name != "Line"},
        "GroupItemRef": {"value": item["Id"], "name": item["FullyQualifiedName"]},
        "Quantity": quantity,
    }
    described = {"Description": item["Description"]} if "Description" in item else {}
    return {**described, **line, GROUP: written}, inside


def _parts_of(change: "Change", bundle: Json, quantity: Decimal) -> Iterator[Json]:
    for one in bundle.get("ItemGroupDetail", {}).get("ItemGroupLine", []):
        item = change.refer("Item", {"value": str(one.get("ItemRef", {}).get("value", ""))}, "Items")
        pieces = quantity * Decimal(one.get("Qty", 1))
        price = item.get("UnitPrice", ZERO)
        detail: Json = {"ItemRef": {"value": item["Id"]}, "Qty": pieces, "UnitPrice": price}
        if change.company.country.taxes_per_line and "SalesTaxCodeRef" in item:
            detail["TaxCodeRef"] = item["SalesTaxCodeRef"]
        described = {"Description": item["Description"]} if "Description" in item else {}
        yield {**described, "Amount": cents(pieces * price), "DetailType": ITEM, ITEM: detail}


def _discount_line(change: "Change", line: Json, subtotal: Decimal, before: Json) -> Json:
    forms = change.company.preferences["SalesFormsPrefs"]
    if not forms.get("AllowDiscount"):
        raise refusals.business("Discounts are turned off in the company's sales form settings.")
    detail = line.get(DISCOUNT, {})
    if detail.get("PercentBased"):
        if "DiscountPercent" not in detail:
            raise refusals.missing("DiscountPercent")
        amount = cents(subtotal * detail["DiscountPercent"] / 100)
    elif "Amount" in line:
        amount = cents(line["Amount"])
    else:
        raise refusals.missing("Line.Amount")
    detail = {"PercentBased": False, "DiscountAccountRef": {"value": forms["DefaultDiscountAccount"]}, **detail}
    is_kept = stays("DiscountAccountRef", detail, before.get(DISCOUNT))
    account = change.refer("Account", detail["DiscountAccountRef"], "Accounts", must_be_active=not is_kept)
    written = {
        **detail,
        "DiscountAccountRef": {"value": account["Id"], "name": account["Name"]},
    }
    return {**{name: value for name, value in line.items() if name != "LinkedTxn"}, "Amount": amount, DISCOUNT: written}
