"""Batches: up to thirty writes and queries in one call, each with its own outcome."""

from sandbox import cdc, query, refusals
from sandbox.answers import fault_json
from sandbox.company import Company
from sandbox.entities import KINDS
from sandbox.numbers import Json
from sandbox.refusals import Fault, Refusal
from sandbox.world import World
from sandbox.writes import OPERATIONS, perform

MOST_ITEMS = 30
LONGEST_BID = 10
_ABOUT = ("bId", "operation", "optionsData")


def perform_all(world: World, company: Company, body: object) -> list[Json]:
    """The BatchItemResponse; a refused item does not touch the others."""
    items = body.get("BatchItemRequest") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise Refusal(Fault("400", "MalformedRequest", "Batch Request is Empty", None))
    if len(items) > MOST_ITEMS:
        detail = f"The maximum number of batch items is {MOST_ITEMS}."
        raise Refusal(Fault("1040", "Batch item limit exceeded", detail, None))
    return [_one(world, company, item if isinstance(item, dict) else {}) for item in items]


def identity(request_id: str, body: object) -> str:
    """A batch is the same when its request id and all its bIds are; with a request id a bId has 10 characters."""
    items = body.get("BatchItemRequest") if isinstance(body, dict) else None
    ids = [str(item.get("bId")) for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    if any(len(id) > LONGEST_BID for id in ids):
        raise refusals.too_long("bId", LONGEST_BID)
    return "/".join([request_id, *ids])


def _one(world: World, company: Company, item: Json) -> Json:
    answer: Json = {"bId": item["bId"]} if "bId" in item else {}
    try:
        return {**answer, **_answer(world, company, item)}
    except Refusal as refusal:
        return {**answer, "Fault": fault_json(refusal)}


def _answer(world: World, company: Company, item: Json) -> Json:
    now = world.clock.now()
    if "Query" in item:
        return {"QueryResponse": query.run(company, str(item["Query"]), now, as_text=True)}
    if "CDCQuery" in item:
        asked = item["CDCQuery"] if isinstance(item["CDCQuery"], dict) else {}
        entities, since = str(asked.get("Entities", "")), str(asked.get("ChangedSince", ""))
        found = cdc.changes(company, entities, since, now, world.switches, as_text=True)
        return {"CDCResponse": found}
    named = [name for name in item if name in KINDS]
    if len(named) != 1:
        unknown = next((name for name in item if name not in _ABOUT), "BatchItemRequest")
        raise refusals.unrecognized(unknown, "BatchItemRequest")
    # An item that names no operation creates: a published suite sends such batches.
    kind, operation = KINDS[named[0]], str(item.get("operation") or "create").lower()
    if str(item.get("optionsData", "")).lower() == "void":
        operation = "void"
    if operation not in OPERATIONS or operation not in kind.operations:
        raise refusals.unsupported(operation)
    with company.lock:
        change = world.change(company)
        done = perform(change, kind, operation, kind.unwrapped(item[kind.name]))
        world.commit(change)
    return {kind.name: done}
