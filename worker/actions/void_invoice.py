"""Someone asked to void an invoice: void it in the books and record that."""

from __future__ import annotations

from typing import Any

from models.domain import keys
from models.domain.errors import NeedsAttention, Problem
from models.domain.statuses import Status, today_in
from models.records import invoices
from models.records.connections import Connection
from models.records.intents import Plan
from models.records.invoices import Reading
from worker.desk import Desk, Outcome
from worker.ports import Stale


def void_invoice(desk: Desk, connection: Connection, invoice_id: str, cause: str) -> Outcome:
    """Void one invoice. Raises NeedsAttention where it cannot be: unknown, deleted, or paid in part or in full.

    Intuit's page says that voiding unlinks payments, reports of 2026 say it is refused, so it is never tried.
    """
    subject = keys.joined(connection.connection_id, invoice_id)
    books = desk.books_of(connection)
    done = books.finish(kind="void_invoice", subject=subject, slot="1")
    for _ in range(2):
        row = _known(desk, connection, invoice_id)
        if done is not None or row.status == Status.VOID:
            return {"invoice": invoice_id, "status": str(Status.VOID)}
        check_voidable(row)
        body = {"Id": invoice_id, "SyncToken": str(row.sync_token)}
        plan = Plan(desk.company_id, connection.connection_id, "void_invoice", subject, cause, body)
        try:
            done = books.perform(plan)
        except Stale:
            _read_again(desk, connection, invoice_id)
    if done is None:
        raise NeedsAttention(_keeps_changing(invoice_id))
    return {"invoice": invoice_id, "status": str(Status.VOID)}


def check_voidable(row: Any) -> None:
    """Raises NeedsAttention where voiding would lose something or is not possible."""
    if row.status == Status.DELETED:
        raise NeedsAttention(
            Problem(
                reason="invoice_deleted",
                cause=f"invoice:{row.invoice_id} deleted",
                message=f"Invoice {row.number or row.invoice_id} cannot be voided: it was deleted in QuickBooks.",
                remedy="Nothing is left to void. Dismiss this point.",
                choices=("dismiss",),
            )
        )
    if row.balance_minor != row.total_minor:
        raise NeedsAttention(
            Problem(
                reason="invoice_has_payment",
                cause=f"invoice:{row.invoice_id} paid",
                message=f"Invoice {row.number or row.invoice_id} cannot be voided: a payment or a credit was applied.",
                remedy="Take the payment off the invoice in QuickBooks, then retry.",
                choices=("retry", "dismiss"),
            )
        )


def _known(desk: Desk, connection: Connection, invoice_id: str) -> Any:
    with desk.reading() as session:
        row = invoices.find(session, connection.connection_id, invoice_id)
    if row is None:
        _read_again(desk, connection, invoice_id)
        with desk.reading() as session:
            row = invoices.find(session, connection.connection_id, invoice_id)
    if row is None:
        raise NeedsAttention(
            Problem(
                reason="invoice_unknown",
                cause=f"invoice:{invoice_id} unknown",
                message=f"There is no invoice {invoice_id} in these books.",
                remedy="Check the invoice's id and the connection, then ask again.",
                choices=("dismiss",),
            )
        )
    return row


def _read_again(desk: Desk, connection: Connection, invoice_id: str) -> None:
    read = desk.books_of(connection).invoices([invoice_id])
    zone = str(connection.books.get("time_zone", "UTC"))
    for found in read.found:
        reading = Reading(desk.company_id, connection.connection_id, read.began, today_in(zone, read.began))
        with desk.recording() as session:
            invoices.record(session, found, reading)


def _keeps_changing(invoice_id: str) -> Problem:
    return Problem(
        reason="invoice_keeps_changing",
        cause=f"invoice:{invoice_id} changing",
        message=f"Invoice {invoice_id} was changed in QuickBooks each time we were about to void it.",
        remedy="Retry when nobody works on it.",
    )
