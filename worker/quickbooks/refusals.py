"""A fault of QuickBooks in words for a person: what it refused, and what to do about it."""

from __future__ import annotations

from models.domain import keys
from models.domain.errors import Problem
from models.records.intents import Intent
from worker.quickbooks.faults import DUPLICATE_NAME, DUPLICATE_NUMBER, NOT_FOUND, BookFault, Refused

_WHAT = {
    "create_customer": "the new customer",
    "create_item": "the new item",
    "create_invoice": "the invoice",
    "void_invoice": "to void the invoice",
}


def problem_of(refused: Refused, intent: Intent) -> Problem:
    """One problem for a refusal. Its detail holds QuickBooks' own words; they are for people, never for logs."""
    fault = refused.faults[0]
    reason, remedy, choices = _advice(refused, intent)
    return Problem(
        reason=reason,
        cause=f"quickbooks:{intent.kind}:{keys.joined(intent.subject)} refused",
        message=f"QuickBooks refused {_WHAT.get(intent.kind, 'the change')}: {_words(fault)}",
        remedy=remedy,
        choices=choices,
        detail={"codes": [each.code for each in refused.faults], "intuit_tid": refused.intuit_tid},
    )


def _advice(refused: Refused, intent: Intent) -> tuple[str, str, tuple[str, ...]]:
    if refused.has(DUPLICATE_NAME) and intent.kind == "create_customer":
        return (
            "customer_name_taken",
            "A vendor, an employee or an inactive customer has this name in QuickBooks. "
            "Link the contact to a customer, or change the name on one side and retry.",
            ("customer", "retry", "dismiss"),
        )
    if refused.has(DUPLICATE_NUMBER):
        return "number_taken", "Give the invoice another number in the CRM, or none, and retry.", ("retry", "dismiss")
    if refused.has(NOT_FOUND):
        return (
            "inactive_in_books",
            "Something the invoice refers to was deleted or made inactive in QuickBooks. "
            "Make it active again, or link another, and retry.",
            ("retry", "dismiss"),
        )
    if refused.has("6210") or refused.has("6200"):
        return (
            "period_closed",
            "Open the period in QuickBooks, or change the invoice's date, and retry.",
            ("retry", "dismiss"),
        )
    return (
        "refused_by_books",
        "Put right in QuickBooks or in the CRM what the message names, and retry.",
        ("retry", "dismiss"),
    )


def _words(fault: BookFault) -> str:
    words = fault.detail or fault.message
    return f"{words[:400].rstrip('.')} (code {fault.code})."
