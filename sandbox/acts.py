"""What a bookkeeper does in the books, not through the app: always notified, never metered."""

from decimal import Decimal
from typing import Any

from sandbox.changes import Change
from sandbox.company import Company
from sandbox.entities import KINDS
from sandbox.fields import read
from sandbox.numbers import Json, exact
from sandbox.refusals import WrongControl
from sandbox.world import World
from sandbox.writes import perform

ACTS = ("pay", "create", "edit", "void", "delete", "send", "disconnect", "reconnect")


def act(world: World, company: Company, wanted: Any) -> Json:
    """Do one act; the records as they stand afterwards. WrongControl for an act that makes no sense, Refusal else."""
    if not isinstance(wanted, dict) or len(wanted) != 1 or next(iter(wanted)) not in ACTS:
        raise WrongControl(f"An act is a JSON object with one of {', '.join(ACTS)}.")
    name, what = next(iter(wanted.items()))
    if name in ("disconnect", "reconnect"):
        company.disconnected = name == "disconnect"
        if company.disconnected:
            world.oauth.disconnect(company.realm)
        return {"disconnected": company.disconnected}
    if not isinstance(what, dict):
        raise WrongControl(f"`{name}` is a JSON object.")
    with company.lock:
        change = world.change(company, by_person=True)
        done = _DO[name](change, what)
        world.commit(change)
    return done


def _pay(change: Change, what: Json) -> Json:
    """Receive money for an invoice; without an amount, all that is open."""
    invoice = _record(change, {"invoice": what.get("invoice")})[1]
    amount = exact(what["amount"]) if "amount" in what else Decimal(invoice["Balance"])
    applied = min(amount, invoice["Balance"])
    line = {"Amount": applied, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    body: Json = {"CustomerRef": invoice["CustomerRef"], "TotalAmt": amount, "Line": [line] if applied else []}
    if change.company.multicurrency:
        body |= {"CurrencyRef": invoice["CurrencyRef"], "ExchangeRate": invoice.get("ExchangeRate", Decimal(1))}
    payment = perform(change, KINDS["Payment"], "create", body)
    return {"Payment": payment, "Invoice": change.get("Invoice", invoice["Id"])}


def _create(change: Change, what: Json) -> Json:
    named = [name for name in what if name in KINDS]
    if len(named) != 1:
        raise WrongControl('`create` names one entity: {"create": {"Customer": {…}}}.')
    return {named[0]: perform(change, KINDS[named[0]], "create", what[named[0]])}


def _edit(change: Change, what: Json) -> Json:
    kind, old = _record(change, what)
    given = read(KINDS[kind].shape, what.get("set") or {})
    return {kind: KINDS[kind].update(change, old, given, sparse=True)}


def _void(change: Change, what: Json) -> Json:
    kind, old = _record(change, what)
    return {kind: KINDS[kind].void(change, old)}


def _delete(change: Change, what: Json) -> Json:
    """A transaction goes; a name is made inactive."""
    kind, old = _record(change, what)
    if "delete" not in KINDS[kind].operations:
        return {kind: KINDS[kind].update(change, old, {"Active": False}, sparse=True)}
    KINDS[kind].delete(change, old)
    return {kind: {"Id": old["Id"], "status": "Deleted"}}


def _send(change: Change, what: Json) -> Json:
    kind, old = _record(change, what)
    return {kind: KINDS[kind].send(change, old, str(what.get("to", "")))}


def _record(change: Change, what: Json) -> tuple[str, Json]:
    """The record that an act names, as {"invoice": "12"}."""
    for name, kind in ((kind.path, kind.name) for kind in KINDS.values()):
        if what.get(name) not in (None, ""):
            return kind, change.get(kind, str(what[name]))
    raise WrongControl('Say which record, for instance {"invoice": "12"}.')


_DO = {"pay": _pay, "create": _create, "edit": _edit, "void": _void, "delete": _delete, "send": _send}
