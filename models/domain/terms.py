"""Terms: when an invoice is due."""

from __future__ import annotations

from datetime import date, timedelta

from models.domain.deals import InvoiceWish


def due_on(issued_on: date, wish: InvoiceWish, term_days: int | None) -> date | None:
    """The wished date, else so many days after the issue (13 March + 7 days = 20 March), else the term's days.

    None leaves it to QuickBooks, which then applies the customer's or the company's own term. OverflowError where the
    days lead out of the calendar.
    """
    if wish.due_date is not None:
        return wish.due_date
    days = term_days if wish.due_in_days is None else wish.due_in_days
    return None if days is None else issued_on + timedelta(days=days)
