"""Items: which item in the books a product of the CRM is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.domain.customers import name_key
from models.domain.deals import Product
from models.domain.errors import Problem

_LONGEST_SHOWN = 60
# A category only groups items, and a bundle (type Group) is sold by another kind of line.
_NOT_SOLD_ALONE = frozenset({"category", "group", "bundle"})


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item in the books; `type` is QuickBooks' own word (Service, NonInventory, Inventory, Category, Group)."""

    item_id: str
    name: str
    sku: str = ""
    active: bool = True
    taxable: bool = False
    type: str = "Service"


@dataclass(frozen=True, kw_only=True)
class ItemMatch:
    """The item a product is, or the problem that a person must settle; exactly one of the two."""

    item: Item | None = None
    problem: Problem | None = None


def match_item(product: Product, candidates: Sequence[Item], linked: Item | None) -> ItemMatch:
    """Which item the product is: the linked one, else the one with the same SKU, else the one with the same name."""
    if linked is not None:
        return ItemMatch(item=linked) if linked.active else ItemMatch(problem=_inactive(product, linked))
    sold = [each for each in candidates if each.active and each.type.casefold() not in _NOT_SOLD_ALONE]
    unique = list({each.item_id: each for each in sold}.values())
    found = _by_sku(product, unique) or _by_name(product, unique)
    if not found:
        return ItemMatch(problem=product_not_linked(product))
    if len(found) > 1:
        return ItemMatch(problem=_ambiguous(product, found))
    return ItemMatch(item=found[0])


def product_cause(product_id: str) -> str:
    """The cause that a link of this product to an item removes: `product:77 not linked`."""
    return f"product:{product_id} not linked"


def product_not_linked(product: Product) -> Problem:
    """No item is known for the product; a person names one or has one made."""
    return Problem(
        reason="product_not_linked",
        cause=product_cause(product.id),
        message=f"The product {shown(product)} is not linked to an item in QuickBooks.",
        remedy="Name the item with `dealbooks attention resolve <ID> --item ITEM_ID`, or have one made with "
        "`--create`.",
        choices=("item", "create", "dismiss"),
        detail={"product_id": product.id},
    )


def shown(product: Product) -> str:
    """The product in a message: its name, else its SKU, else its id; shortened, in quotes."""
    name = " ".join((product.name or product.sku or product.id).split())
    return f'"{name[: _LONGEST_SHOWN - 1]}…"' if len(name) > _LONGEST_SHOWN else f'"{name}"'


def _by_sku(product: Product, items: Sequence[Item]) -> list[Item]:
    sku = product.sku.strip()
    return [each for each in items if sku and each.sku.strip() == sku]


def _by_name(product: Product, items: Sequence[Item]) -> list[Item]:
    name = name_key(product.name)
    return [each for each in items if name and name_key(each.name) == name]


def _inactive(product: Product, linked: Item) -> Problem:
    return Problem(
        reason="item_inactive",
        cause=product_cause(product.id),
        message=f"The item that the product {shown(product)} is linked to was made inactive in QuickBooks.",
        remedy="Make the item active again in QuickBooks and retry; or name another with "
        "`dealbooks attention resolve <ID> --item ITEM_ID`, or have one made with `--create`.",
        choices=("item", "create", "retry", "dismiss"),
        detail={"product_id": product.id, "candidates": _listed([linked])},
    )


def _ambiguous(product: Product, found: Sequence[Item]) -> Problem:
    return Problem(
        reason="product_ambiguous",
        cause=product_cause(product.id),
        message=f"The product {shown(product)} may be any of {len(found)} items in QuickBooks.",
        remedy="Name the right one with `dealbooks attention resolve <ID> --item ITEM_ID`, or have a new one made with "
        "`--create`.",
        choices=("item", "create", "dismiss"),
        detail={"product_id": product.id, "candidates": _listed(found)},
    )


def _listed(items: Sequence[Item]) -> list[dict[str, str]]:
    return [{"item_id": each.item_id, "name": each.name} for each in items]
