"""The lines of an invoice: which kinds there are, what each must say, and how they are completed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.fields import LINKED, Shape, anything, choice, day, flag, kept, number, part, parts, ref, text
from sandbox.numbers import Json, cents, decimals

if TYPE_CHECKING:
    from sandbox.changes import Change

FINEST = 7  # decimals of a quantity or a unit price
ITEM, TEXT_ONLY, DISCOUNT, SUBTOTAL = (
    "SalesItemLineDetail",
    "DescriptionOnly",
    "DiscountLineDetail",
    "SubTotalLineDetail",
)

SALES_ITEM = Shape(
    "SalesItemLineDetail",
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
    },
)
DISCOUNT_DETAIL = Shape(
    "DiscountLineDetail",
    {
        "PercentBased": flag(),
        "DiscountPercent": number(),
        "DiscountAccountRef": ref(),
        "ServiceDate": day(),
        "ClassRef": ref(),
        "TaxCodeRef": ref(),
        "Discount": anything(),
        "DiscountRef": anything(),
    },
)
SUBTOTAL_DETAIL = Shape(
    "SubTotalLineDetail", {name: anything() for name in ("ItemRef", "ClassRef", "UnitPrice", "Qty", "TaxCodeRef")}
)
DESCRIPTION_DETAIL = Shape("DescriptionLineDetail", {"ServiceDate": day(), "TaxCodeRef": ref()})
LINE = Shape(
    "Line",
    {
        "Id": kept(),
        "LineNum": kept(),
        "Description": text(4000),
        "Amount": number(),
        "Received": anything(),
        "LinkedTxn": parts(LINKED),
        "DetailType": choice(ITEM, TEXT_ONLY, DISCOUNT, SUBTOTAL, "DescriptionLineDetail", "GroupLineDetail"),
        ITEM: part(SALES_ITEM),
        DISCOUNT: part(DISCOUNT_DETAIL),
        SUBTOTAL: part(SUBTOTAL_DETAIL),
        "DescriptionLineDetail": part(DESCRIPTION_DETAIL),
        "GroupLineDetail": anything(),
        "CustomField": anything(),
        "CustomExtensions": kept(),
    },
)


@dataclass(frozen=True)
class Lines:
    """An invoice's own lines in order, its discount, and the sum before discount and tax."""

    own: list[Json]
    discount: Json | None
    subtotal: Decimal

    @property
    def discounted(self) -> Decimal:
        return Decimal(self.discount["Amount"]) if self.discount else Decimal(0)

    def written(self) -> list[Json]:
        """As QuickBooks stores them: the subtotal behind the sales lines, the discount behind it."""
        subtotal: Json = {"Amount": self.subtotal, "DetailType": SUBTOTAL, SUBTOTAL: {}}
        return [*self.own, subtotal, *([self.discount] if self.discount else [])]


def complete(change: "Change", sent: list[Json], old: list[Json], customer: Json, gross: bool) -> Lines:
    """The lines with numbers, Ids, names and accounts. Raises 2020, 2080, 2500, 610, 6000 and 6070."""
    own: list[Json] = []
    discounts: list[Json] = []
    for line in sent:
        sort = line.get("DetailType")
        if sort is None:
            raise refusals.missing("DetailType")
        if sort == "GroupLineDetail":
            raise refusals.unsupported("GroupLineDetail")
        if sort == ITEM:
            own.append(_sales_line(change, line, customer, gross, _same_item(line, old)))
        elif sort in (TEXT_ONLY, "DescriptionLineDetail"):
            own.append(
                {**line, "DetailType": TEXT_ONLY, "DescriptionLineDetail": line.get("DescriptionLineDetail", {})}
            )
        elif sort == DISCOUNT:
            discounts.append(line)
    if not own:
        raise refusals.missing("Line")
    if len(discounts) > 1:
        raise refusals.business("You can only have one discount line per transaction.")
    subtotal = sum((line["Amount"] for line in own if "Amount" in line), Decimal(0))
    discount = _discount_line(change, discounts[0], subtotal) if discounts else None
    kept_ids = {line["Id"] for line in old if "Id" in line}
    numbered = _numbered([*own, *([discount] if discount else [])], kept_ids)
    return Lines(numbered[: len(own)], numbered[-1] if discount else None, subtotal)


def _sales_line(change: "Change", line: Json, customer: Json, gross: bool, kept_item: bool) -> Json:
    detail = line.get(ITEM, {})
    if "Amount" not in line:
        raise refusals.missing("Line.Amount")
    _check_amount(line["Amount"], detail, gross)
    item = change.refer("Item", detail.get("ItemRef", {"value": "1"}), "Items", must_be_active=not kept_item)
    if item["Type"] == "Category":
        raise refusals.business("A category cannot be sold; choose a product or service.")
    written = {**detail, "ItemRef": {"value": item["Id"], "name": item["FullyQualifiedName"]}}
    if "IncomeAccountRef" in item:
        written["ItemAccountRef"] = item["IncomeAccountRef"]
    written["TaxCodeRef"] = _tax_code(change, detail, item, customer)
    if written["TaxCodeRef"] is None:
        del written["TaxCodeRef"]
    return {**line, "Amount": cents(line["Amount"]), ITEM: written, "CustomExtensions": []}


def _same_item(line: Json, old: list[Json]) -> bool:
    """A line that stays with its item may keep one that has become inactive."""
    item = line.get(ITEM, {}).get("ItemRef", {}).get("value")
    return any(
        one.get("Id") == line.get("Id") and one.get(ITEM, {}).get("ItemRef", {}).get("value") == item for one in old
    )


def _check_amount(amount: Decimal, detail: Json, gross: bool) -> None:
    for name in ("Qty", "UnitPrice"):
        if name in detail and decimals(detail[name]) > FINEST:
            raise refusals.bad_number(name, detail[name])
    if gross or "Qty" not in detail or "UnitPrice" not in detail:
        return
    if cents(detail["Qty"] * detail["UnitPrice"]) != amount:
        raise refusals.wrong_amount(amount)


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


def _discount_line(change: "Change", line: Json, subtotal: Decimal) -> Json:
    if not change.company.preferences["SalesFormsPrefs"].get("AllowDiscount"):
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
    wanted = detail.get("DiscountAccountRef", change.company.preferences["SalesFormsPrefs"]["DefaultDiscountAccount"])
    wanted = wanted if isinstance(wanted, dict) else {"value": wanted}
    account = change.refer("Account", wanted, "Accounts")
    written = {
        "PercentBased": False,
        **detail,
        "DiscountAccountRef": {"value": account["Id"], "name": account["Name"]},
    }
    return {**line, "Amount": amount, DISCOUNT: written}


def _numbered(lines: list[Json], known: set[str]) -> list[Json]:
    """A line that says a known Id keeps it, another gets the next."""
    last = max((int(id) for id in known if id.isdigit()), default=0)
    numbered: list[Json] = []
    for place, line in enumerate(lines, 1):
        id = line.get("Id")
        if id not in known:
            last += 1
            id = str(last)
        numbered.append({**line, "Id": id, "LineNum": place})
    return numbered
