"""Which item in the books a product of the CRM is."""

import pytest

from models.domain.deals import Product
from models.domain.items import Item, ItemMatch, match_item, shown

PENCIL = Product(id="77", sku="MPENCIL", name="Mechanical Pencil")


def item(item_id: str, name: str = "Other", sku: str = "", *, active: bool = True, kind: str = "Service") -> Item:
    return Item(item_id=item_id, name=name, sku=sku, active=active, type=kind)


def outcome(match: ItemMatch) -> str:
    """The id of the item, else the reason that a person is asked for."""
    if match.problem:
        assert match.item is None
        return match.problem.reason
    assert match.item is not None
    return match.item.item_id


@pytest.mark.parametrize(
    ("product", "candidates", "expected"),
    [
        (PENCIL, [item("1", sku="MPENCIL")], "1"),
        (PENCIL, [item("1", "mechanical  PENCIL")], "1"),
        (PENCIL, [item("1", "Mechanical Pencil", "OTHER"), item("2", sku="MPENCIL")], "2"),
        (PENCIL, [item("1", sku="MPENCIL"), item("2", sku="MPENCIL")], "product_ambiguous"),
        (PENCIL, [item("1", "Mechanical Pencil"), item("2", "MECHANICAL PENCIL")], "product_ambiguous"),
        (PENCIL, [item("1", sku="MPENCIL")] * 2, "1"),
        (PENCIL, [item("1", sku="MPENCIL", active=False), item("2", "Mechanical Pencil")], "2"),
        (PENCIL, [item("1", sku="MPENCIL", active=False)], "product_not_linked"),
        (PENCIL, [item("1", "Mechanical Pencil", kind="Category")], "product_not_linked"),
        (PENCIL, [item("1", "Mechanical Pencil", kind="Group"), item("2", sku="MPENCIL", kind="Inventory")], "2"),
        (PENCIL, [item("1", sku="mpencil")], "product_not_linked"),
        (PENCIL, [], "product_not_linked"),
        (Product(id="77"), [item("1", "")], "product_not_linked"),
        (Product(id="77", name="Pen"), [item("1", "Pencil"), item("2", "Ink", "")], "product_not_linked"),
    ],
)
def test_an_unlinked_product_is_known_by_its_sku_then_by_its_name(
    product: Product, candidates: list[Item], expected: str
) -> None:
    assert outcome(match_item(product, candidates, None)) == expected


def test_a_link_goes_before_everything() -> None:
    assert outcome(match_item(PENCIL, [item("1", sku="MPENCIL")], item("9", "Quite Another"))) == "9"


def test_a_link_to_an_inactive_item_asks_even_when_another_would_fit() -> None:
    match = match_item(PENCIL, [item("1", sku="MPENCIL")], item("9", "Old (deleted)", active=False))
    assert outcome(match) == "item_inactive"
    assert match.problem
    assert match.problem.cause == "product:77 not linked"


def test_a_product_without_item_says_how_to_link_it() -> None:
    problem = match_item(PENCIL, [], None).problem
    assert problem
    assert problem.cause == "product:77 not linked"
    assert problem.choices == ("item", "create", "dismiss")
    assert '"Mechanical Pencil"' in problem.message
    assert "dealbooks attention resolve <ID> --item ITEM_ID" in problem.remedy


def test_an_ambiguous_product_lists_the_candidates() -> None:
    problem = match_item(PENCIL, [item("1", "A", "MPENCIL"), item("2", "B", "MPENCIL")], None).problem
    assert problem
    assert problem.cause == "product:77 not linked"
    assert problem.detail["candidates"] == [{"item_id": "1", "name": "A"}, {"item_id": "2", "name": "B"}]


@pytest.mark.parametrize(
    ("product", "words"),
    [
        (Product(id="1", sku="S", name="x" * 60), '"' + "x" * 60 + '"'),
        (Product(id="1", sku="S", name="x" * 61), '"' + "x" * 59 + '…"'),
        (Product(id="1", sku="S", name=" two\nlines "), '"two lines"'),
        (Product(id="1", sku="S"), '"S"'),
        (Product(id="1"), '"1"'),
    ],
)
def test_a_product_is_shown_in_at_most_sixty_characters(product: Product, words: str) -> None:
    assert shown(product) == words
