"""Evidence: what in the books would prove that a change of ours was made after all (R9)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models.records.intents import Intent
from worker.quickbooks.client import quoted

CLOCKS_MAY_DIFFER = timedelta(hours=1)
"""How far Intuit's clock and our database's may be apart when we ask for what was made since."""


def query_of(intent: Intent) -> str:
    """The query whose rows may hold the proof. Private notes cannot be queried, so the net is wider than the proof."""
    body: Mapping[str, Any] = json.loads(intent.body)
    if intent.kind == "void_invoice":
        return f"SELECT * FROM Invoice WHERE Id = {quoted(body['Id'])} MAXRESULTS 1"
    if intent.kind == "create_customer":
        return f"SELECT * FROM Customer WHERE DisplayName = {quoted(body['DisplayName'])} MAXRESULTS 1000"
    if intent.kind == "create_item":
        return f"SELECT * FROM Item WHERE Name = {quoted(body['Name'])} MAXRESULTS 1000"
    since = (intent.first_asked_at or intent.planned_at) - CLOCKS_MAY_DIFFER
    customer = quoted(body["CustomerRef"]["value"])
    return (
        f"SELECT * FROM Invoice WHERE CustomerRef = {customer} "
        f"AND MetaData.CreateTime >= '{since.isoformat(timespec='seconds')}' "
        "ORDERBY MetaData.CreateTime MAXRESULTS 1000"
    )


def proves(intent: Intent, row: Mapping[str, Any]) -> bool:
    """Whether an object of the books is what this intent asked for."""
    if intent.kind == "void_invoice":
        is_nothing = not row.get("TotalAmt") and not row.get("Balance")
        return is_nothing and str(row.get("PrivateNote", "")).startswith("Voided")
    if intent.kind == "create_item":
        return str(row.get("Name", "")) == str(json.loads(intent.body)["Name"])
    note = "Notes" if intent.kind == "create_customer" else "PrivateNote"
    return intent.marker in str(row.get(note, ""))


def disproves(intent: Intent, row: Mapping[str, Any]) -> bool:
    """Whether an object that can be there only once is another's, so that ours was never made.

    QuickBooks takes a display name once among customers, vendors and employees, whatever its case.
    """
    if intent.kind != "create_customer" or proves(intent, row):
        return False
    return str(row.get("DisplayName", "")).casefold() == str(json.loads(intent.body)["DisplayName"]).casefold()


def made_just_now(made: Mapping[str, Any], body: Mapping[str, Any], took_s: float) -> bool:
    """Whether an object was created by the very call that answered with it, by the server's own clock alone."""
    try:
        created = datetime.fromisoformat(made["MetaData"]["CreateTime"])
        answered = datetime.fromisoformat(str(body["time"]))
    except (KeyError, ValueError):
        return True
    return created >= answered - timedelta(seconds=took_s + 2)
