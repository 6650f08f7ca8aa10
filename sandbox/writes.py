"""Writes: which operation a body asks for, the checks all kinds share, and the entity that is answered."""

from sandbox import refusals
from sandbox.changes import Change
from sandbox.entities.kind import Kind
from sandbox.fields import read
from sandbox.numbers import Json
from sandbox.world import World

OPERATIONS = ("create", "update", "delete", "void")
SUBSCRIPTION = "SubscriptionStatus"
# A company with another subscription status can be read, not written.
WRITABLE = ("PAID", "TRIAL", "TRIALOPTIN", "SUBSCRIBED")
# Closed books keep what has been posted; these transactions post nothing.
NON_POSTING = ("Estimate", "PurchaseOrder", "TimeActivity", "RecurringTransaction", "ReimburseCharge")


def operation_of(kind: Kind, body: Json, params: dict[str, str]) -> str:
    """create, update, delete or void; raises 500 for one that the kind does not have."""
    asked = params.get("operation", "").lower()
    if params.get("include", "").lower() == "void":
        # A payment is voided by an update that includes it.
        asked = "void"
    operation = asked or ("update" if body.get("Id") else "create")
    if operation not in OPERATIONS or operation not in kind.operations:
        raise refusals.unsupported(operation)
    return operation


def perform(change: Change, kind: Kind, operation: str, body: object) -> Json:
    """Do it within the change; the answer's entity. The caller commits."""
    if not isinstance(body, dict):
        raise refusals.malformed(f"Can not deserialize instance of {kind.name}")
    check_subscription(change)
    old = None if operation == "create" else current(change, kind, body)
    check_period(change, kind, old)
    done = _done(change, kind, operation, body, old)
    check_period(change, kind, done)
    return done


def _done(change: Change, kind: Kind, operation: str, body: Json, old: Json | None) -> Json:
    if old is None:
        return kind.shown(kind.create(change, read(kind.shape, body)), full=False)
    if operation == "delete":
        kind.delete(change, old)
        return {"status": "Deleted", "domain": "QBO", "Id": old["Id"]}
    if operation == "void":
        return kind.shown(kind.void(change, old))
    given = read(kind.shape, body)
    return kind.shown(kind.update(change, old, given, sparse=body.get("sparse") in (True, "true", "True")))


def send(world: World, change: Change, kind: Kind, id: str, to: str) -> Json:
    if "send" not in kind.operations:
        raise refusals.unsupported("send")
    check_subscription(change)
    sent = kind.shown(kind.send(change, change.get(kind.name, id), to))
    # Asked last: what is refused for another reason sends nothing and uses nothing up.
    if world.switches.on("limits") and not world.limits.allow_email(change.company.realm, change.now):
        raise refusals.business("You have reached the limit of 40 emails for today.")
    return sent


def current(change: Change, kind: Kind, body: Json) -> Json:
    """The record that a body means: 2020 without Id or SyncToken, 610 when it is gone, 5010 when it has moved on."""
    for name in ("Id", "SyncToken"):
        if body.get(name) in (None, ""):
            raise refusals.missing(name)
    old = change.get(kind.name, str(body["Id"]))
    if str(body["SyncToken"]) != old["SyncToken"]:
        raise refusals.stale()
    return old


def check_subscription(change: Change) -> None:
    """6190 for an app that writes to a company whose subscription has ended."""
    card = change.company.find("CompanyInfo", "1") or {}
    for entry in card.get("NameValue", []):
        if entry.get("Name") == SUBSCRIPTION and entry.get("Value") not in WRITABLE and not change.by_person:
            raise refusals.subscription_ended()


def check_period(change: Change, kind: Kind, record: Json | None) -> None:
    """6210 for an app that touches a posted transaction dated on or before the day the books were closed."""
    dated = record.get("TxnDate") if record else None
    closed = change.company.preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate")
    if dated and closed and dated <= str(closed) and kind.name not in NON_POSTING and not change.by_person:
        raise refusals.period_closed()
