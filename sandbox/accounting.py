"""The accounting API: from a call under /v3/company/<realm> to its answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from zoneinfo import ZoneInfo

from sandbox import batch, cdc, query, refusals
from sandbox.answers import Answer, Hangup, as_json, fault_answer
from sandbox.calls import Call
from sandbox.clock import day, stamp_ms
from sandbox.company import Company
from sandbox.countries import DOLLARS, rate_between
from sandbox.entities import BY_PATH
from sandbox.entities.kind import Kind
from sandbox.faults import Then, Trouble
from sandbox.journal import Entry
from sandbox.numbers import Json, read_json
from sandbox.pdf import invoice_pdf
from sandbox.refusals import Refusal
from sandbox.requestids import Claim
from sandbox.world import World
from sandbox.writes import operation_of, perform, send

LONGEST_REQUEST_ID, LONGEST_BATCH_ID = 50, 36
PACIFIC = "America/Los_Angeles"


def answer(world: World, call: Call, entry: Entry, trouble: Trouble) -> Answer:
    """Admit, replay or perform, and let the injected trouble happen. Raises Hangup for no answer."""
    company: Company | None = None
    try:
        company = _admitted(world, call)
        with _claimed(world, company, call) as claim:
            suffer(world, trouble)
            if trouble.before:
                return spoiled(trouble.before, world, company)
            given = claim.earlier or _performed(world, company, call)
            entry.replayed = claim.earlier is not None
            if _to_keep(world, given):
                claim.kept = given
    except Refusal as refusal:
        given = _refused(world, call, refusal, company)
    if 200 <= given.status < 300:
        world.meter.count(call.realm, _metered_as(call))
    if trouble.after:
        hang_up(world, trouble.after)
    return given


def suffer(world: World, trouble: Trouble) -> None:
    """The injected delay; nothing is locked meanwhile."""
    if trouble.delay_ms:
        world.stopping.wait(trouble.delay_ms / 1000)


def hang_up(world: World, then: Then) -> None:
    if then.delay_ms:
        world.stopping.wait(then.delay_ms / 1000)
    raise Hangup(reset=then.kind.startswith("reset"))


def spoiled(then: Then, world: World, company: Company | None) -> Answer:
    """What goes out instead of the real answer; nothing was committed."""
    if then.kind.startswith(("timeout", "reset")):
        hang_up(world, then)
    now, zone = world.clock.now(), _zone(company)
    if then.kind == "empty_200":
        return as_json({"BatchItemResponse": [], "time": stamp_ms(now, zone)})
    if then.kind == "fault_200":
        return fault_answer(refusals.system_failure(), False, now, zone, status=200)
    if then.kind == "invalid_grant":
        return as_json({"error_description": "Incorrect or invalid refresh token", "error": "invalid_grant"}, 400)
    headers = {"retry-after": then.retry_after} if then.retry_after else {}
    if then.kind == "throttle":
        throttled = fault_answer(refusals.throttled(), then.body == "xml", now, zone)
        return Answer(429, throttled.body, throttled.content_type, headers)
    return _broken(then, headers, world, zone)


def _broken(then: Then, headers: dict[str, str], world: World, zone: tzinfo) -> Answer:
    if then.body == "html":
        page = f"<html><head><title>{then.status}</title></head><body><h1>{then.status}</h1><hr>nginx</body></html>"
        return Answer(then.status, page.encode(), "text/html", headers)
    known = {
        401: refusals.unauthenticated("Token expired"),
        403: refusals.unauthorized(),
        429: refusals.throttled(),
    }
    refusal = known.get(then.status, refusals.system_failure(then.status))
    written = fault_answer(refusal, then.body == "xml", world.clock.now(), zone, status=then.status)
    return Answer(then.status, written.body, written.content_type, {**written.headers, **headers})


def _zone(company: Company | None) -> tzinfo:
    return company.zone if company else ZoneInfo(PACIFIC)


def _admitted(world: World, call: Call) -> Company:
    """The company that the token opens; raises 401, 403 and 429."""
    realm = call.realm
    world.oauth.admit(call.headers.get("authorization", ""), realm)
    company = world.companies.get(realm)
    if company is None and world.options.token:
        company = world.open_realm(realm)
    if company is None or company.disconnected:
        raise refusals.unauthorized()
    if world.switches.on("limits") and not world.limits.allow_call(realm, call.entity == "batch", world.clock.now()):
        raise refusals.throttled()
    return company


@contextmanager
def _claimed(world: World, company: Company, call: Call) -> Iterator[Claim]:
    """The call's hold on its request id, if it has one that counts."""
    request_id = _counting_id(world, call)
    if not request_id:
        yield Claim()
        return
    one_at_a_time = world.switches["concurrent_requestid"] == "serialise"
    lifetime = world.switches.requestid_lifetime_s
    with company.memory.claim(request_id, world.clock.now(), lifetime, one_at_a_time) as claim:
        yield claim


def _counting_id(world: World, call: Call) -> str:
    request_id = call.request_id
    if not request_id or call.method != "POST" or len(call.parts) < 4 or call.parts[3].lower() == "query":
        return ""
    longest = LONGEST_BATCH_ID if call.entity == "batch" else LONGEST_REQUEST_ID
    if len(request_id) > longest:
        raise refusals.too_long("requestid", longest)
    if call.entity == "batch":
        return batch.identity(request_id, _body(call))
    if _metered_as(call) in ("void", "send") and not world.switches.on("requestid_void_send"):
        return ""
    return request_id


def _to_keep(world: World, given: Answer) -> bool:
    return given.status < 300 or world.switches.on("replay_faults")


def _performed(world: World, company: Company, call: Call) -> Answer:
    try:
        return _routed(world, company, call)
    except Refusal as refusal:
        return _refused(world, call, refusal, company)


def _refused(world: World, call: Call, refusal: Refusal, company: Company | None) -> Answer:
    # Field reports show throttling in XML even for callers who asked for JSON.
    as_xml = world.switches["throttle_body"] == "xml" if refusal.status == 429 else not call.wants_json
    return fault_answer(refusal, as_xml, world.clock.now(), _zone(company))


def _routed(world: World, company: Company, call: Call) -> Answer:
    parts = call.parts[3:]
    if not parts:
        raise refusals.unsupported("")
    name = parts[0].lower()
    if call.method not in ("GET", "POST"):
        return Answer(405, b"", headers={"allow": "GET, POST"})
    if name == "query":
        return _timed(world, company, {"QueryResponse": query.run(company, call.query_text, world.clock.now())})
    if name == "cdc" and call.method == "GET":
        params = call.params
        found = cdc.changes(
            company,
            params.get("entities", ""),
            params.get("changedSince", params.get("changedsince", "")),
            world.clock.now(),
            world.switches,
        )
        return _timed(world, company, {"CDCResponse": found})
    if name == "batch" and call.method == "POST":
        return _timed(world, company, {"BatchItemResponse": batch.perform_all(world, company, _body(call))})
    if name == "exchangerate" and call.method == "GET":
        return _timed(world, company, {"ExchangeRate": _exchange_rate(world, company, call)})
    kind = BY_PATH.get(name)
    if kind is None or len(parts) > 3:
        raise refusals.unsupported(parts[0])
    return _read(world, company, kind, parts[1:]) if call.method == "GET" else _write(world, company, kind, call)


def _read(world: World, company: Company, kind: Kind, rest: list[str]) -> Answer:
    id = rest[0] if rest else ""
    if kind.name in ("Preferences", "CompanyInfo"):
        if kind.name == "CompanyInfo" and id not in (company.realm, "1"):
            raise refusals.not_found()
        id = "1"
    record = company.find(kind.name, id)
    if record is None:
        raise refusals.not_found()
    if rest[1:] == ["pdf"] and kind.name == "Invoice":
        return Answer(200, invoice_pdf(record), "application/pdf")
    if rest[1:]:
        raise refusals.unsupported(rest[1])
    return _timed(world, company, {kind.name: kind.shown(record)})


def _write(world: World, company: Company, kind: Kind, call: Call) -> Answer:
    rest = call.parts[4:]
    sending = len(rest) == 2 and rest[1].lower() == "send"
    if rest and not sending:
        raise refusals.unsupported(rest[-1])
    body = {} if sending else _body(call)
    # Some callers wrap the entity in its name, as answers do.
    if isinstance(body, dict) and set(body) == {kind.name}:
        body = body[kind.name]
    with company.lock:
        change = world.change(company)
        change.allow_duplicate_number = "allowduplicatedocnum" in call.params.get("include", "").lower()
        if sending:
            done = send(world, change, kind, rest[0], call.params.get("sendTo", ""))
        else:
            operation = operation_of(kind, body if isinstance(body, dict) else {}, call.params)
            done = perform(change, kind, operation, body)
        world.commit(change)
    return _timed(world, company, {kind.name: done})


def _body(call: Call) -> object:
    try:
        return read_json(call.body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise refusals.malformed("The body is not JSON") from None


def _exchange_rate(world: World, company: Company, call: Call) -> Json:
    source = call.params.get("sourcecurrencycode", "").upper()
    if not source:
        raise refusals.missing("sourcecurrencycode")
    if source not in DOLLARS:
        raise refusals.bad_value("sourcecurrencycode", source)
    return {
        "SourceCurrencyCode": source,
        "TargetCurrencyCode": company.currency,
        "Rate": rate_between(source, company.currency),
        "AsOfDate": call.params.get("asofdate") or day(world.clock.now(), company.zone).isoformat(),
        "domain": "QBO",
        "sparse": False,
    }


def _timed(world: World, company: Company, answer: Json) -> Answer:
    return as_json({**answer, "time": stamp_ms(world.clock.now(), company.zone)})


def _metered_as(call: Call) -> str:
    """The kind of a call as the meter counts it."""
    parts = call.parts[3:]
    name = parts[0].lower() if parts else ""
    if name in ("query", "cdc", "batch"):
        return name
    last = parts[-1].lower() if parts else ""
    if call.method == "GET":
        return "pdf" if last == "pdf" else "read"
    if last == "send" and len(parts) == 3:
        return "send"
    if call.params.get("include", "").lower() == "void":
        return "void"
    operation = call.params.get("operation", "").lower()
    return operation or ("update" if b'"Id"' in call.body and _names_id(call) else "create")


def _names_id(call: Call) -> bool:
    body = _body(call)
    return isinstance(body, dict) and bool(body.get("Id"))
