"""Runs clients as they are published against a sandbox: tap-quickbooks and intuit-oauth (PyPI), node-quickbooks (npm).

    python tests/interop/clients.py [--only tap-quickbooks]

Each is installed by name into a folder that is removed at the end. Exits with 0 when all do what they promise: every
record once, tokens refreshed and revoked.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stage import CLIENT_ID, CLIENT_SECRET, Sandbox, environment, npm, python_with

INSIDE = Path(__file__).resolve().parent / "inside"
LONGEST_CLIENT_S = 240
# More than the largest page of a query.
ROWS = 1100
# The streams of the tap, and what they are called in the books.
STREAMS = {
    "accounts": "Account",
    "bills": "Bill",
    "bill_payments": "BillPayment",
    "credit_memos": "CreditMemo",
    "customers": "Customer",
    "deposits": "Deposit",
    "employees": "Employee",
    "estimates": "Estimate",
    "invoices": "Invoice",
    "items": "Item",
    "journal_entries": "JournalEntry",
    "payments": "Payment",
    "purchase_orders": "PurchaseOrder",
    "purchases": "Purchase",
    "refund_receipts": "RefundReceipt",
    "sales_receipts": "SalesReceipt",
    "terms": "Term",
    "time_activities": "TimeActivity",
    "transfers": "Transfer",
    "vendor_credits": "VendorCredit",
    "vendors": "Vendor",
}


class Broken(Exception):
    """A client did not do what it promises; the text says what."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=list(CLIENTS), help="run one of the clients")
    wanted = parser.parse_args().only
    broken = [name for name, check in CLIENTS.items() if wanted in (None, name) and not _works(name, check)]
    return 1 if broken else 0


def _works(name: str, check: Callable[[Path, Sandbox], str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="published-") as room, Sandbox() as books:
        try:
            print(f"{name}: {check(Path(room), books)}")
        except (Broken, subprocess.SubprocessError) as problem:
            print(f"{name}: FAILED: {problem}")
            return False
    return True


def _tap_quickbooks(folder: Path, books: Sandbox) -> str:
    """Discovery and a first sync of everything; every record comes once, and the token was refreshed on the way."""
    grant = _busy_realm(books)
    python = python_with(folder, ["tap-quickbooks"])
    config = folder / "config.json"
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": grant["refresh_token"]}
    more = {
        "realm_id": grant["realm"],
        "start_date": "2020-01-01T00:00:00Z",
        "user_agent": "interop",
        "sandbox": "true",
    }
    config.write_text(json.dumps({**keys, **more}), encoding="utf-8")
    tap = [str(python.parent / "tap-quickbooks"), "--config", str(config)]
    catalog = json.loads(_said(books, [*tap, "--discover"], folder))
    chosen = folder / "catalog.json"
    chosen.write_text(json.dumps(_selected(catalog)), encoding="utf-8")
    messages = [json.loads(line) for line in _said(books, [*tap, "--catalog", str(chosen)], folder).splitlines()]
    if json.loads(config.read_text(encoding="utf-8")).get("access_token") in (None, grant["access_token"]):
        raise Broken("the tap kept no refreshed token")
    held = _held(books, grant["realm"])
    counts = {stream: _compared(stream, messages, held[kind]) for stream, kind in STREAMS.items()}
    total = sum(counts.values())
    return f"{total} records of {len(counts)} streams ({counts['customers']} customers), none lost, none twice"


def _compared(stream: str, messages: list[dict[str, Any]], ids: set[str]) -> int:
    came = [one["record"]["Id"] for one in messages if one["type"] == "RECORD" and one["stream"] == stream]
    if len(came) != len(set(came)):
        raise Broken(f"{stream}: {len(came) - len(set(came))} records came twice")
    if set(came) != ids:
        raise Broken(f"{stream}: {len(ids - set(came))} records are missing, {len(set(came) - ids)} are unknown")
    return len(came)


def _selected(catalog: dict[str, Any]) -> dict[str, Any]:
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in STREAMS
    return catalog


def _intuit_oauth(folder: Path, books: Sandbox) -> str:
    grant = books.open_realm()
    python = python_with(folder, ["intuit-oauth"])
    return "; ".join(_said(books, [str(python), str(INSIDE / "oauth_round.py"), grant["realm"]], folder).splitlines())


def _node_quickbooks(folder: Path, books: Sandbox) -> str:
    grant = _busy_realm(books)
    npm(folder, "node-quickbooks")
    tokens = [grant["realm"], grant["access_token"], grant["refresh_token"]]
    came = json.loads(_said(books, ["node", str(INSIDE / "find_all.cjs"), *tokens], folder))
    ids = _held(books, grant["realm"])["Customer"]
    if len(came) != len(set(came)) or set(came) != ids:
        raise Broken(f"of {len(ids)} customers {len(set(came))} came, {len(came) - len(set(came))} of them twice")
    return f"{len(came)} customers over several pages, none lost, none twice; token refreshed; access revoked"


def _busy_realm(books: Sandbox) -> dict[str, Any]:
    """The sample business with a list that is longer than a page."""
    grant = books.open_realm()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {grant['access_token']}"
    session.headers["Accept"] = "application/json"
    for number in range(ROWS):
        body = {"DisplayName": f"Customer of the {number}th hour"}
        session.post(f"{books.url}/v3/company/{grant['realm']}/customer", json=body, timeout=20).raise_for_status()
    return grant


def _held(books: Sandbox, realm: str) -> dict[str, set[str]]:
    """The Ids that the books hold, by kind."""
    company = books.company(realm)
    return {kind: {record["Id"] for record in company.all(kind)} for kind in STREAMS.values()}


def _said(books: Sandbox, command: list[str], folder: Path) -> str:
    """What a client writes to its output; Broken with the end of its errors when it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(books),
        capture_output=True,
        text=True,
        timeout=LONGEST_CLIENT_S,
        check=False,
    )
    if done.returncode:
        raise Broken(done.stderr.strip()[-1500:])
    return done.stdout


CLIENTS: dict[str, Callable[[Path, Sandbox], str]] = {
    "tap-quickbooks": _tap_quickbooks,
    "intuit-oauth": _intuit_oauth,
    "node-quickbooks": _node_quickbooks,
}

if __name__ == "__main__":
    sys.exit(main())
