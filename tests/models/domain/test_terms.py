"""When an invoice is due."""

from datetime import date

import pytest

from models.domain.deals import InvoiceWish
from models.domain.terms import due_on


@pytest.mark.parametrize(
    ("issued", "due_date", "due_in_days", "term_days", "due"),
    [
        (date(2026, 3, 13), None, 7, None, date(2026, 3, 20)),
        (date(2026, 3, 13), None, 0, 30, date(2026, 3, 13)),
        (date(2026, 3, 13), date(2026, 4, 1), 7, 30, date(2026, 4, 1)),
        (date(2026, 3, 13), None, None, 30, date(2026, 4, 12)),
        (date(2026, 3, 13), None, None, None, None),
        (date(2028, 2, 28), None, 1, None, date(2028, 2, 29)),
        (date(2026, 12, 31), None, 1, None, date(2027, 1, 1)),
        (date(2026, 3, 13), date(2026, 3, 1), None, None, date(2026, 3, 1)),
    ],
)
def test_the_wished_date_goes_before_the_days_and_the_days_before_the_term(
    issued: date, due_date: date | None, due_in_days: int | None, term_days: int | None, due: date | None
) -> None:
    assert due_on(issued, InvoiceWish(due_date=due_date, due_in_days=due_in_days), term_days) == due
