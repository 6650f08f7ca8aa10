"""Links of invoices and sales receipts to what they were made of: an estimate, which they close, and time worked."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

ESTIMATE, TIME = "Estimate", "TimeActivity"


def linked(change: "Change", sent: Json, old: Json | None) -> list[Json]:
    """The caller's links to an estimate and to time worked, and QuickBooks' own. Raises 610 and 6000."""
    estimates = [{"TxnId": id, "TxnType": ESTIMATE} for id in _checked(change, sent, old)]
    known: list[Json] = old["LinkedTxn"] if old else []
    times = [link for link in sent.get("LinkedTxn", []) if link.get("TxnType") == TIME]
    # Time worked may have been deleted since.
    times = [link for link in times if link not in known or change.find(TIME, link["TxnId"])]
    for link in times:
        change.get(TIME, link.get("TxnId", ""))
    return [*estimates, *times, *(link for link in known if link["TxnType"] not in (ESTIMATE, TIME))]


def estimates_of(record: Json | None) -> list[str]:
    """The estimates that a document, or a body that becomes one, names: on the whole, or on a line."""
    if record is None:
        return []
    on_lines = [link for line in record.get("Line", []) for link in line.get("LinkedTxn", [])]
    links = [*record.get("LinkedTxn", []), *on_lines]
    named = [str(link.get("TxnId", "")) for link in links if link.get("TxnType") == ESTIMATE]
    return list(dict.fromkeys(named))


def _checked(change: "Change", sent: Json, old: Json | None) -> list[str]:
    """The estimates that a document may link: one, of its own customer."""
    named = estimates_of(sent)
    if len(named) > 1:
        raise refusals.business("A transaction can be linked to one estimate only.")
    known = estimates_of(old)
    # A line may still name an estimate that has been deleted since.
    named = [id for id in named if id not in known or change.find(ESTIMATE, id)]
    for id in named:
        estimate = change.get(ESTIMATE, id)
        if id not in known and estimate["CustomerRef"]["value"] != sent.get("CustomerRef", {}).get("value"):
            raise refusals.business("The estimate belongs to another customer than the transaction.")
    return named


def close_estimates(change: "Change", type: str, id: str, before: list[str], after: list[str]) -> None:
    """Recorded: an estimate turns Closed by its invoice, with a new LastUpdatedTime and the same SyncToken."""
    kind = change.kinds[ESTIMATE]
    for one in before:
        estimate = change.find(ESTIMATE, one)
        if one not in after and estimate is not None:
            left = [link for link in estimate["LinkedTxn"] if not means(link, type, id)]
            change.touch(kind, estimate, LinkedTxn=left, TxnStatus="Closed" if left else "Pending")
            _tell(change, one)
    for one in after:
        if one not in before:
            estimate = change.get(ESTIMATE, one)
            links = [*estimate["LinkedTxn"], {"TxnId": id, "TxnType": type}]
            change.touch(kind, estimate, LinkedTxn=links, TxnStatus="Closed")
            _tell(change, one)


def _tell(change: "Change", id: str) -> None:
    if change.switches.on("companion_updated") or change.by_person:
        change.happened(change.kinds[ESTIMATE], id, "updated")


def means(link: Json, type: str, id: str) -> bool:
    return bool(link["TxnType"] == type and link["TxnId"] == id)
