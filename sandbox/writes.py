"""Writes: which operation a body asks for, the checks all kinds share, and the entity that is answered."""

from sandbox import refusals
from sandbox.changes import Change
from sandbox.entities.kind import Kind
from sandbox.fields import read
from sandbox.numbers import Json
from sandbox.world import World

OPERATIONS = ("create", "update", "delete", "void")


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
    if operation == "create":
        return kind.shown(kind.create(change, read(kind.shape, body)), full=False)
    old = current(change, kind, body)
    if operation == "delete":
        kind.delete(change, old)
        return {"status": "Deleted", "domain": "QBO", "Id": old["Id"]}
    if operation == "void":
        return kind.shown(kind.void(change, old))
    given = read(kind.shape, body)
    return kind.shown(kind.update(change, old, given, sparse=body.get("sparse") in (True, "true")))


def send(world: World, change: Change, kind: Kind, id: str, to: str) -> Json:
    if "send" not in kind.operations:
        raise refusals.unsupported("send")
    if world.switches.on("limits") and not world.limits.allow_email(change.company.realm, change.now):
        raise refusals.business("You have reached the limit of 40 emails for today.")
    return kind.shown(kind.send(change, change.get(kind.name, id), to))


def current(change: Change, kind: Kind, body: Json) -> Json:
    """The record that a body means: 2020 without Id or SyncToken, 610 when it is gone, 5010 when it has moved on."""
    for name in ("Id", "SyncToken"):
        if body.get(name) in (None, ""):
            raise refusals.missing(name)
    old = change.get(kind.name, str(body["Id"]))
    if str(body["SyncToken"]) != old["SyncToken"]:
        raise refusals.stale()
    return old
