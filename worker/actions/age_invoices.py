"""Days passed: invoices become overdue without anybody telling us, so a timer marks them."""

from __future__ import annotations

from models.domain import keys
from models.domain.statuses import today_in
from models.records import invoices
from models.records.database import database_now
from worker.desk import Desk

AT_ONCE = 50


def age_invoices(desk: Desk) -> None:
    """Mark what is past its due date in the connection's own time zone; no read of the books is needed."""
    connection = desk.connection(keys.parts_of(desk.lease.key)[1])
    zone = str(connection.books.get("time_zone", "UTC"))
    flipped = AT_ONCE
    while flipped == AT_ONCE:
        with desk.recording() as session:
            today = today_in(zone, database_now(session))
            flipped = invoices.age(session, connection.connection_id, today, AT_ONCE)
