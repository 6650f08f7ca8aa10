"""What a bookkeeper does in the books, not through the app: always notified, never metered."""

from decimal import Decimal
from typing import Any

from sandbox import refusals
from sandbox.changes import Change
from sandbox.company import Company
from sandbox.entities import KINDS
from sandbox.entities.attachable import findable
from sandbox.entities.generic import name_of
from sandbox.entities.kind import Kind
from sandbox.fields import read
from sandbox.numbers import Json, exact
from sandbox.refusals import WrongControl
from sandbox.world import World
from sandbox.writes import SUBSCRIPTION, perform

ZERO = Decimal(0)
ACTS = ("pay", "create", "edit", "void", "delete", "send", "merge", "subscription", "disconnect", "reconnect")
# What can be merged, and the references that then mean the survivor, unless they say that they name another kind.
MERGED: dict[str, tuple[str, ...]] = {
    "Customer": ("CustomerRef", "EntityRef"),
    "Vendor": ("VendorRef", "PrefVendorRef", "EntityRef"),
    "Employee": ("EmployeeRef", "EntityRef"),
    "Item": ("ItemRef", "GroupItemRef"),
    "Account": (
        "AccountRef",
        "DepositToAccountRef",
        "IncomeAccountRef",
        "ExpenseAccountRef",
        "AssetAccountRef",
        "ItemAccountRef",
        "DiscountAccountRef",
        "ARAccountRef",
        "APAccountRef",
        "BankAccountRef",
        "CCAccountRef",
        "FromAccountRef",
        "ToAccountRef",
    ),
    "Class": ("ClassRef",),
    "Department": ("DepartmentRef",),
    "PaymentMethod": ("PaymentMethodRef",),
}


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
    kind = KINDS[named[0]]
    return {kind.name: perform(change, kind, "create", kind.unwrapped(what[kind.name]))}


def _edit(change: Change, what: Json) -> Json:
    kind, old = _record(change, what)
    given = read(kind.shape, what.get("set") or {})
    return {kind.name: kind.update(change, old, given, sparse=True)}


def _void(change: Change, what: Json) -> Json:
    kind, old = _record(change, what)
    if "void" not in kind.operations:
        raise refusals.unsupported("void")
    return {kind.name: kind.void(change, old)}


def _delete(change: Change, what: Json) -> Json:
    """A transaction goes; a name is made inactive."""
    kind, old = _record(change, what)
    if "delete" not in kind.operations and "Active" in kind.shape.fields:
        return {kind.name: kind.update(change, old, {"Active": False}, sparse=True)}
    kind.delete(change, old)
    return {kind.name: {"Id": old["Id"], "status": "Deleted"}}


def _send(change: Change, what: Json) -> Json:
    kind, old = _record(change, what)
    return {kind.name: kind.send(change, old, str(what.get("to") or ""))}


def _merge(change: Change, what: Json) -> Json:
    """The loser goes; all that named it names the survivor, who takes over its balance."""
    kind, loser = _record(change, what)
    name = kind.name
    survivor = change.get(name, str(what.get("into", "")))
    if name not in MERGED or survivor["Id"] == loser["Id"]:
        raise WrongControl('`merge` names two of one list: {"merge": {"customer": "12", "into": "3"}}.')
    if any(one.get("ParentRef", {}).get("value") == loser["Id"] for one in change.company.all(name)):
        raise refusals.business("You cannot merge a name that has others below it.")
    if loser.get("CurrencyRef", {}).get("value") != survivor.get("CurrencyRef", {}).get("value"):
        raise refusals.business("You can only merge names of one currency.")
    if loser.get("Type") != survivor.get("Type"):
        raise refusals.business("You can only merge items of one type.")
    for owner in KINDS.values():
        for record in change.company.all(owner.name):
            moved = _renamed(record, name, loser["Id"], survivor)
            if moved != record:
                moved = findable(moved) if owner.name == "Attachable" else moved
                change.touch(owner, record, **_differences(record, moved))
    if name == "Customer":
        change.owes(survivor["Id"], loser["Balance"])
        change.owes(loser["Id"], -loser["Balance"])
    for owner_name, amount in (("Vendor", "Balance"), ("Item", "QtyOnHand")):
        if name == owner_name and amount in loser:
            heir = change.get(name, survivor["Id"])
            change.touch(kind, heir, **{amount: heir.get(amount, ZERO) + loser[amount]})
    change.remove(kind, loser["Id"])
    change.happened(kind, survivor["Id"], "merged", deleted_id=loser["Id"])
    return {name: change.get(name, survivor["Id"])}


def _renamed(value: Any, kind: str, loser: str, survivor: Json) -> Any:
    """A record, or a part of one, with the loser's references turned to the survivor."""
    if isinstance(value, list):
        return [_renamed(one, kind, loser, survivor) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _turned(one, survivor)
        if isinstance(one, dict) and one.get("value") == loser and _names(name, one, kind)
        else _renamed(one, kind, loser, survivor)
        for name, one in value.items()
    }


def _names(name: str, reference: Json, kind: str) -> bool:
    """Whether a reference names one of this kind: an attachment's says which, others are called after it."""
    said = str(reference.get("type", ""))
    return said == kind if said in KINDS else name in MERGED[kind]


def _turned(reference: Json, survivor: Json) -> Json:
    turned = {**reference, "value": survivor["Id"]}
    return {**turned, "name": name_of(survivor)} if "name" in reference else turned


def _differences(old: Json, new: Json) -> Json:
    return {name: value for name, value in new.items() if old[name] != value}


def _subscribe(change: Change, what: Json) -> Json:
    """The company's subscription: PAID, TRIAL, TRIALOPTIN or SUBSCRIBED can be written, any other only read."""
    if not isinstance(what.get("status"), str):
        raise WrongControl('`subscription` names a status: {"subscription": {"status": "EXPIRED"}}.')
    card = change.get("CompanyInfo", "1")
    others = [entry for entry in card.get("NameValue", []) if entry.get("Name") != SUBSCRIPTION]
    status = {"Name": SUBSCRIPTION, "Value": what["status"].upper()}
    return {"CompanyInfo": change.touch(KINDS["CompanyInfo"], card, NameValue=[*others, status])}


def _record(change: Change, what: Json) -> tuple[Kind, Json]:
    """The record that an act names, as {"invoice": "12"}."""
    for kind in KINDS.values():
        if what.get(kind.path) not in (None, ""):
            return kind, change.get(kind.name, str(what[kind.path]))
    raise WrongControl('Say which record, for instance {"invoice": "12"}.')


_DO = {
    "pay": _pay,
    "create": _create,
    "edit": _edit,
    "void": _void,
    "delete": _delete,
    "send": _send,
    "merge": _merge,
    "subscription": _subscribe,
}
