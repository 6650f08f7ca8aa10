"""Open in QuickBooks: a link of ours that leads to the right page there, so that no realm stands in a view of ours."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, redirect

from models.records import connections
from models.records.database import OPERATOR
from webhooks.problems import problem
from worker.wiring import Wiring

open_books = Blueprint("open_books", __name__)


@open_books.get("/open/<connection_id>/invoices/<invoice_id>")
def open_invoice(connection_id: str, invoice_id: str) -> Response:
    """Redirect to the invoice's page in QuickBooks, which switches to the right company by itself.

    https://github.com/IntuitDeveloper/SampleApp-Projects-Java
    """
    wiring: Wiring = current_app.extensions["wiring"]
    with wiring.database.reading(OPERATOR) as session:
        connection = connections.find(session, connection_id)
    if connection is None or not invoice_id.isalnum():
        return problem(404, "not_found", "There is no such connection or invoice.")
    realm = wiring.sealer.open(connection.realm_sealed)
    page = urlencode({"txnId": invoice_id, "companyId": realm})
    answer = redirect(f"{wiring.settings.quickbooks_app_base}/app/invoice?{page}", code=302)
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[return-value]
