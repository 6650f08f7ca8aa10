"""When an invoice falls due under a payment term."""

from datetime import date, timedelta

from sandbox.numbers import Json


def due_date(issued: date, term: Json) -> date:
    """STANDARD: days after issue. DATE_DRIVEN: a day of this month, or of the next when issued too close to it."""
    if term.get("Type") != "DATE_DRIVEN":
        return issued + timedelta(days=int(term.get("DueDays", 0)))
    due = _day_of_month(issued.year, issued.month, int(term["DayOfMonthDue"]))
    if issued > due - timedelta(days=int(term.get("DueNextMonthDays", 0))):
        due = _day_of_month(issued.year + issued.month // 12, issued.month % 12 + 1, int(term["DayOfMonthDue"]))
    return due


def _day_of_month(year: int, month: int, wanted: int) -> date:
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(days=wanted - 1), first_of_next - timedelta(days=1))
