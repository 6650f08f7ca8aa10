"""A deal whose prices contain their tax: the customer is asked for exactly these prices, whatever QuickBooks does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.makers import line, won
from tests.stack import Stack

VAT = {"percent": "20", "method": "inclusive"}


@pytest.fixture(params=["net", "gross"])
def british(bare_stack: Stack, request: pytest.FixtureRequest) -> Stack:
    """British books, which round line by line; in doubt is how they read an `Amount` whose price contains its tax."""
    bare_stack.books.world.switches.turn({"inclusive_amount": request.param, "tax_rounding": "country"})
    bare_stack.connect(country="GB", load=False)
    bare_stack.add_item()
    bare_stack.work()
    return bare_stack


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        ([("1", "120.00")], "120.00"),
        ([("3", "33.33"), ("1", "0.01")], "100.00"),
        ([("7", "14.99"), ("0.5", "99.95"), ("12", "0.83")], "164.87"),
    ],
)
def test_the_customer_is_asked_for_the_price_of_the_deal(
    british: Stack, lines: list[tuple[str, str]], total: str
) -> None:
    sold = [line(quantity=quantity, unit_price=price, tax=VAT) for quantity, price in lines]
    british.post(won("d1", lines=sold, deal={"currency": "GBP"}))
    british.work()
    assert british.reasons() == []
    assert Decimal(british.invoice()["total"]) == Decimal(total)
    assert Decimal(str(british.booked()[0]["TotalAmt"])) == Decimal(total)


def test_a_tenth_off_is_a_tenth_off(british: Stack) -> None:
    event = won("d1", lines=[line(unit_price="120.00", tax=VAT)], deal={"currency": "GBP"})
    event["data"]["discounts"] = [{"type": "percent", "value": "10"}]
    british.post(event)
    british.work()
    assert british.reasons() == []
    assert Decimal(british.invoice()["total"]) == Decimal("108.00")
