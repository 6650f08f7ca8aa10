"""The controls of the sandbox itself: realms, webhooks, faults, clock, switches, meter, log, reset."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox import acts
from sandbox.answers import Answer, as_json, fault_json
from sandbox.calls import Call
from sandbox.company import Company
from sandbox.control_values import members, number, whole
from sandbox.notifications import read_wishes
from sandbox.numbers import Json, exact, read_json
from sandbox.refusals import Refusal, WrongControl
from sandbox.world import World

DEFAULT_LIMIT = 100
MOST_DIGITS = 9
MOST_SAMPLES = 1000
MOST_SECONDS = 1e9


def answer(world: World, call: Call, reset: Callable[[], None]) -> Answer:
    """The answer to a call under /sandbox; wrong use is 400 with a sentence."""
    try:
        return _answer(world, call, reset)
    except WrongControl as wrong:
        return as_json({"error": str(wrong)}, 400)
    except Refusal as refusal:
        return as_json({"error": str(refusal), "Fault": fault_json(refusal)}, 400)


def _answer(world: World, call: Call, reset: Callable[[], None]) -> Answer:
    parts = call.parts[1:]
    if parts[:1] == ["realms"] and len(parts) > 1:
        return _realm(world, call, parts[1], parts[2:])
    if parts[:1] == ["faults"] and len(parts) == 2 and call.method == "DELETE":
        if not world.faults.remove(parts[1]):
            return as_json({"error": f"There is no fault {parts[1]!r}."}, 404)
        return as_json({"removed": True})
    if parts == ["reset"] and call.method == "POST":
        reset()
        return as_json({"reset": True})
    found = _CONTROLS.get((call.method, "/".join(parts)))
    if found is None:
        paths = {path for _, path in _CONTROLS} | {"reset"}
        known = "/".join(parts) in paths
        return as_json(
            {"error": "There is no such control." if not known else "Not this method."}, 405 if known else 404
        )
    return found(world, call)


def _body(call: Call) -> Any:
    if not call.body.strip():
        return {}
    try:
        return read_json(call.body)
    except (ValueError, RecursionError):
        raise WrongControl("The body is not JSON.") from None


def _object(call: Call, *allowed: str) -> Json:
    return members(_body(call), allowed, "The body")


def _open_realm(world: World, call: Call) -> Answer:
    body = _object(call, "country", "currency", "multicurrency", "empty", "realm")
    for name in ("multicurrency", "empty"):
        if not isinstance(body.get(name, True), bool | None):
            raise WrongControl(f"`{name}` is true or false.")
    for name in ("country", "currency", "realm"):
        if not isinstance(body.get(name, ""), str | None):
            raise WrongControl(f"`{name}` is text.")
    realm = body.get("realm")
    if realm and not (realm.isalnum() and realm.isascii()):
        raise WrongControl("`realm` is made of letters and digits.")
    company = world.open_realm(
        realm or None, body.get("country"), body.get("currency"), body.get("multicurrency"), body.get("empty")
    )
    company.disconnected = False
    tokens = world.oauth.grant(company.realm)
    # The lifetimes besides: callers keep the whole grant.
    return as_json({"realm": company.realm, **tokens}, 201)


def _list_realms(world: World, _call: Call) -> Answer:
    return as_json([{"realm": one.realm, "country": one.country.code} for one in list(world.companies.values())])


def _realm(world: World, call: Call, realm: str, rest: list[str]) -> Answer:
    if rest == ["import"] and call.method == "POST":
        held = _body(call)
        try:
            company = world.import_realm(realm, held)
        except ValueError as problem:
            raise WrongControl(str(problem)) from None
        return as_json(summary(company))
    known = world.companies.get(realm)
    if known is None:
        return as_json({"error": f"There is no realm {realm!r}."}, 404)
    if not rest and call.method == "GET":
        return as_json(summary(known))
    if rest == ["export"] and call.method == "GET":
        return as_json(known.export())
    if rest == ["act"] and call.method == "POST":
        try:
            return as_json(acts.act(world, known, _body(call)))
        except ValueError as problem:
            raise WrongControl(f"{problem}.") from None
    return as_json({"error": "There is no such control."}, 404)


def summary(company: Company) -> Json:
    """Counts by kind, how many of the names are active, and sums of money as text."""
    invoices, payments = company.all("Invoice"), company.all("Payment")
    return {
        "realm": company.realm,
        "country": company.country.code,
        "currency": company.currency,
        "multicurrency": company.multicurrency,
        "counts": {"Customer": 0, "Item": 0, "Invoice": 0, "Payment": 0, **company.counts()},
        "active": {kind: sum(bool(one["Active"]) for one in company.all(kind)) for kind in ("Customer", "Item")},
        "sums": {
            "invoice_total": _sum(invoices, "TotalAmt"),
            "invoice_balance": _sum(invoices, "Balance"),
            "payment_total": _sum(payments, "TotalAmt"),
            "payment_unapplied": _sum(payments, "UnappliedAmt"),
        },
    }


def _sum(records: list[Json], name: str) -> str:
    return f"{sum((exact(record[name]) for record in records), exact(0)):.2f}"


def _subscribe(world: World, call: Call) -> Answer:
    return as_json({"id": world.notifications.subscribe(read_wishes(_body(call)))}, 201)


def _unsubscribe(world: World, _call: Call) -> Answer:
    world.notifications.stop()
    return as_json({"removed": True})


def _send_samples(world: World, call: Call) -> Answer:
    wanted = _object(call, "count").get("count", 1)
    count = whole(wanted, f"`count` is a whole number from 1 to {MOST_SAMPLES}.", 1, MOST_SAMPLES)
    world.send_samples(count)
    return as_json({"events": count}, 202)


def _add_fault(world: World, call: Call) -> Answer:
    return as_json({"id": world.faults.add(_body(call))}, 201)


def _clear_faults(world: World, _call: Call) -> Answer:
    world.faults.clear()
    return as_json({"removed": True})


def _set_clock(world: World, call: Call) -> Answer:
    body = _object(call, "now", "advance_s", "rate")
    if not body:
        raise WrongControl("The clock takes `now`, `advance_s` or `rate`.")
    moment = _moment(body["now"]) if "now" in body else None
    seconds = number(body.get("advance_s", 0), "`advance_s` is a number.", least=-MOST_SECONDS)
    faster = "`rate` is 0 or more: sandbox seconds per real second."
    rate = number(body["rate"], faster) if "rate" in body else None
    try:
        world.clock.turn(moment, seconds, rate)
    except OverflowError:
        raise WrongControl("The clock cannot go that far.") from None
    return _clock(world, call)


def _clock(world: World, _call: Call) -> Answer:
    return as_json({"now": world.clock.now().isoformat(), "rate": exact(str(world.clock.rate))})


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise WrongControl("`now` is a time such as 2026-11-21T12:00:00Z.") from None
    if not 1990 <= moment.year <= 2190:
        raise WrongControl("`now` lies between the years 1990 and 2190.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _set_switches(world: World, call: Call) -> Answer:
    body = _body(call)
    if not isinstance(body, dict):
        raise WrongControl("Switches are a JSON object of names and settings.")
    world.switches.turn(body)
    return as_json(_plain_switches(world))


def _plain_switches(world: World) -> Json:
    return {k: exact(str(v)) if isinstance(v, float) else v for k, v in world.switches.as_json().items()}


def _requests(world: World, call: Call) -> Answer:
    limit = call.params.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdecimal() and len(limit) <= MOST_DIGITS):
        raise WrongControl(f"`limit` is a whole number of at most {MOST_DIGITS} digits.")
    return as_json(world.journal.newest(int(limit)))


_CONTROLS: dict[tuple[str, str], Callable[[World, Call], Answer]] = {
    ("POST", "realms"): _open_realm,
    ("GET", "realms"): _list_realms,
    ("POST", "webhooks"): _subscribe,
    ("GET", "webhooks"): lambda world, _call: as_json(world.notifications.as_json()),
    ("DELETE", "webhooks"): _unsubscribe,
    ("POST", "webhooks/test"): _send_samples,
    ("POST", "faults"): _add_fault,
    ("GET", "faults"): lambda world, _call: as_json(world.faults.as_json()),
    ("DELETE", "faults"): _clear_faults,
    ("POST", "clock"): _set_clock,
    ("GET", "clock"): _clock,
    ("POST", "switches"): _set_switches,
    ("GET", "switches"): lambda world, _call: as_json(_plain_switches(world)),
    ("GET", "meter"): lambda world, _call: as_json(world.meter.as_json()),
    ("GET", "requests"): _requests,
}
