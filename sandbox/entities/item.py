"""Items: the products and services that invoices name."""

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged
from sandbox.entities.names import check_marks, marked
from sandbox.fields import anything, choice, day, flag, kept, number, ref, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

HIGHEST_PRICE = Decimal(99999999999)
_STOCK_NEEDS = ("AssetAccountRef", "ExpenseAccountRef", "InvStartDate", "QtyOnHand")


class Item(Kind):
    name = "Item"
    sequence = "Item"
    operations = frozenset({"create", "update"})
    listed_by = "FullyQualifiedName"
    hides_inactive = True
    shape = entity_shape(
        "Item",
        {
            "Name": text(100, search=True),
            "Sku": text(100, search=True),
            "Description": text(4000, search=True),
            "Active": flag(search=True),
            "SubItem": flag(search=True),
            "ParentRef": ref(search=True),
            "Level": kept("number"),
            "FullyQualifiedName": kept("text", search=True),
            "Taxable": flag(search=True),
            "SalesTaxIncluded": flag(),
            "PurchaseTaxIncluded": flag(),
            "UnitPrice": number(search=True),
            "Type": choice("Service", "NonInventory", "Inventory", "Category", "Group", search=True),
            "IncomeAccountRef": ref(search=True),
            "ExpenseAccountRef": ref(),
            "AssetAccountRef": ref(),
            "PurchaseDesc": text(1000),
            "PurchaseCost": number(search=True),
            "TrackQtyOnHand": flag(),
            "QtyOnHand": number(search=True),
            "ReorderPoint": number(),
            "InvStartDate": day(search=True),
            "SalesTaxCodeRef": ref(),
            "PurchaseTaxCodeRef": ref(),
            "ClassRef": ref(),
            "PrefVendorRef": ref(),
            "TaxClassificationRef": ref(),
            "DeferredRevenue": flag(),
            "ItemCategoryType": text(),
            "ServiceType": text(),
            "UQCId": text(),
            "UQCDisplayText": text(),
            "Source": text(),
            "ItemGroupDetail": anything(),
            "PrintGroupedItems": flag(),
            "CustomExtensions": kept(),
        },
    )

    def index(self, record: Json) -> Iterable[tuple[str, str]]:
        yield ("item", record["FullyQualifiedName"].lower())

    def create(self, change: "Change", given: Json) -> Json:
        known = {name: value for name, value in given.items() if value is not None}
        record = change.add(self, self._complete(change, {**known, "Active": True}, None))
        change.happened(self, record["Id"], "created")
        return record

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        fields = merged(old, given, self.shape, sparse)
        fields.setdefault("Active", old["Active"])
        fields.setdefault("Type", old["Type"])
        record = change.replace(self, old, self._complete(change, fields, old))
        change.happened(self, record["Id"], "updated")
        return record

    def _complete(self, change: "Change", fields: Json, old: Json | None) -> Json:
        if "Name" not in fields:
            raise refusals.missing("Name")
        sort = fields.get("Type", "NonInventory")
        self._check(sort, fields)
        place = self._place(change, fields, old)
        accounts: Json = {
            name: _account(change, fields[name])
            for name in ("IncomeAccountRef", "ExpenseAccountRef", "AssetAccountRef")
            if name in fields
        }
        defaults: Json = {
            "Taxable": False,
            "UnitPrice": Decimal(0),
            "PurchaseCost": Decimal(0),
            "TrackQtyOnHand": sort == "Inventory",
            "DeferredRevenue": False,
        }
        return {**defaults, **fields, **accounts, **place, "Type": sort, **ENTITY_MARKS}

    def _check(self, sort: str, fields: Json) -> None:
        needed = _STOCK_NEEDS if sort == "Inventory" else ()
        if sort in ("Service", "NonInventory", "Inventory"):
            needed = ("IncomeAccountRef", *needed)
        for name in needed:
            if name not in fields:
                raise refusals.missing(name)
        if abs(fields.get("UnitPrice", Decimal(0))) > HIGHEST_PRICE:
            raise refusals.bad_number("UnitPrice", fields["UnitPrice"])

    def _place(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """The name with its mark, and where it stands below its category; 6240 when another has it."""
        check_marks("Name", fields["Name"])
        name = marked(fields["Name"], fields["Active"], old)
        full = name
        if "ParentRef" in fields:
            full = f"{change.refer('Item', fields['ParentRef'], 'Items')['FullyQualifiedName']}:{name}"
        me = (self.name, old["Id"]) if old else None
        if any(holder != me for holder in change.company.holders("item", full.lower())):
            raise refusals.duplicate_name("product or service")
        return {"Name": name, "FullyQualifiedName": full}


def _account(change: "Change", ref: Json) -> Json:
    account = change.refer("Account", ref, "Accounts")
    return {"value": account["Id"], "name": account["Name"]}
