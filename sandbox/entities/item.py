"""Items: the products, services, categories and bundles that sales name."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import merged
from sandbox.entities.listed import NameList, list_shape
from sandbox.fields import Shape, choice, day, flag, kept, number, part, parts, ref, text
from sandbox.numbers import Json, decimals

if TYPE_CHECKING:
    from sandbox.changes import Change

HIGHEST_PRICE = Decimal(99999999999)
FINEST_PRICE = 7  # decimals
CATEGORY, BUNDLE, STOCK = "Category", "Group", "Inventory"
_STOCK_NEEDS = ("AssetAccountRef", "ExpenseAccountRef", "InvStartDate", "QtyOnHand")
_BUNDLED = Shape("ItemComponentLine", {"ItemRef": ref(), "Qty": number(), "UOMRef": ref()})
_BUNDLE = Shape("ItemGroupDetail", {"ItemGroupLine": parts(_BUNDLED)})


class Item(NameList):
    name = "Item"
    sequence = "Item"
    listed_by = "FullyQualifiedName"
    called = "product or service"
    referred_as = "Items"
    nested_as = "SubItem"
    flag_decides = True
    references = {
        "IncomeAccountRef": ("Account", "Accounts"),
        "ExpenseAccountRef": ("Account", "Accounts"),
        "AssetAccountRef": ("Account", "Accounts"),
        "SalesTaxCodeRef": ("TaxCode", "TaxCodes"),
        "PurchaseTaxCodeRef": ("TaxCode", "TaxCodes"),
        "ClassRef": ("Class", "Klasses"),
        "PrefVendorRef": ("Vendor", "Names"),
    }
    shape = list_shape(
        "Item",
        {
            "Name": text(100, search=True),
            "Sku": text(100, search=True),
            "Description": text(4000, search=True),
            "Active": flag(search=True),
            "SubItem": flag(search=True),
            "ParentRef": ref(search=True),
            "Level": kept("number", search=True),
            "FullyQualifiedName": kept("text", search=True),
            "Taxable": flag(search=True),
            "SalesTaxIncluded": flag(),
            "PurchaseTaxIncluded": flag(),
            "UnitPrice": number(search=True),
            "Type": choice("Service", "NonInventory", STOCK, CATEGORY, BUNDLE, search=True),
            "IncomeAccountRef": ref(search=True),
            "ExpenseAccountRef": ref(search=True),
            "AssetAccountRef": ref(search=True),
            "PurchaseDesc": text(1000),
            "PurchaseCost": number(search=True),
            "TrackQtyOnHand": flag(search=True),
            "QtyOnHand": number(search=True),
            "QtyOnPurchaseOrder": kept("number"),
            "QtyOnSalesOrder": kept("number"),
            "ReorderPoint": number(),
            "InvStartDate": day(search=True),
            "SalesTaxCodeRef": ref(),
            "PurchaseTaxCodeRef": ref(),
            "ClassRef": ref(),
            "PrefVendorRef": ref(),
            "TaxClassificationRef": ref(),
            "DeferredRevenue": flag(),
            "ItemCategoryType": text(),
            "AbatementRate": number(),
            "ReverseChargeRate": number(),
            "ServiceType": text(),
            "SubType": text(),
            "ManPartNum": text(31),
            "UQCId": text(),
            "UQCDisplayText": text(),
            "Source": text(),
            "ItemGroupDetail": part(_BUNDLE),
            "PrintGroupedItems": flag(),
            "CustomExtensions": kept(),
        },
        "AvgCost BuildPoint COGSAccountRef DepositToAccountRef ItemAssemblyDetail PaymentMethodRef PercentBased "
        "RatePercent SpecialItem SpecialItemType UOMSetRef",
    )

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """The type stays unless a new one is named."""
        if given.get("Type") is None:
            given = {**given, "Type": old["Type"]}
        fixed = old["Type"] in (STOCK, CATEGORY, BUNDLE)
        if fixed and merged(old, given, self.shape, sparse).get("Type") != old["Type"]:
            raise refusals.business(f"The type of this item cannot be changed from {old['Type']} to another type.")
        return super().update(change, old, given, sparse)

    def meant(self, name: str, value: str) -> str:
        """Intuit's reference searches for bundles by a name that no answer has."""
        return BUNDLE if name == "Type" and value.lower() == "bundle" else value

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        sort = fields.get("Type") or (STOCK if fields.get("TrackQtyOnHand") else "NonInventory")
        _check(sort, fields)
        if sort == CATEGORY:
            wanted = ("Name", "Active", "SubItem", "ParentRef", "Description", "CustomField")
            return {**{name: fields[name] for name in wanted if name in fields}, "Type": sort}
        named = self.referred(change, fields, old)
        if "ItemGroupDetail" in fields:
            named["ItemGroupDetail"] = _bundle(change, fields["ItemGroupDetail"])
        defaults: Json = {
            "Taxable": False,
            "UnitPrice": Decimal(0),
            "PurchaseCost": Decimal(0),
            "TrackQtyOnHand": sort == STOCK,
            "DeferredRevenue": False,
        }
        return {**defaults, **fields, **named, "Type": sort}

    def place(self, parent: Json | None, above: str, name: str) -> Json:
        """Only an entry below another says so."""
        if parent is None:
            return {"FullyQualifiedName": name}
        return {"SubItem": True, "Level": int(parent.get("Level", 0)) + 1, "FullyQualifiedName": above + name}

    def _reference(self, parent: Json) -> Json:
        return {"value": parent["Id"], "name": parent["Name"]}


def _check(sort: str, fields: Json) -> None:
    """Raises 2020 for what the type needs, 2080 for numbers out of range, 6000 for stock that is not tracked."""
    if sort == STOCK and not fields.get("TrackQtyOnHand"):
        # The sentence of a live company: DotNET SDK issue 10.
        raise refusals.business(
            "When you create an item, if Track quantity on hand is turned off, the item cannot be of type Inventory."
        )
    needed = {STOCK: ("IncomeAccountRef", *_STOCK_NEEDS), CATEGORY: (), BUNDLE: ("ItemGroupDetail",)}
    for name in needed.get(sort, ("IncomeAccountRef",)):
        if name not in fields:
            raise refusals.missing(name)
    for name in ("UnitPrice", "PurchaseCost"):
        price = fields.get(name, Decimal(0))
        if abs(price) > HIGHEST_PRICE or decimals(price) > FINEST_PRICE:
            raise refusals.bad_number(name, price)


def _bundle(change: "Change", detail: Json) -> Json:
    """What a bundle holds: items of other types, each with a quantity. Raises 2020, 2500, 610 and 6000."""
    lines: list[Json] = detail.get("ItemGroupLine", [])
    if not lines:
        raise refusals.missing("ItemGroupLine")
    held: list[Json] = []
    for line in lines:
        item = change.refer("Item", line.get("ItemRef"), "Items")
        if item["Type"] in (CATEGORY, BUNDLE):
            raise refusals.business("A bundle can only hold products and services.")
        reference = {"value": item["Id"], "name": item["FullyQualifiedName"], "type": item["Type"]}
        held.append({**line, "ItemRef": reference, "Qty": line.get("Qty", Decimal(1))})
    return {"ItemGroupLine": held}
