"""The accounting API: from a call under /v3/company/<realm> to its answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox import batch, cdc, query, refusals, uploads
from sandbox.answers import Answer, as_json, fault_answer, prefers_xml, rewritten_in_xml
from sandbox.calls import Call
from sandbox.clock import stamp_ms
from sandbox.company import Company
from sandbox.documents import TITLES as PRINTED
from sandbox.entities import BY_PATH
from sandbox.entities.exchangerate import answer_rate, set_rate
from sandbox.entities.invoice import with_pay_link
from sandbox.entities.kind import Kind
from sandbox.entities.taxservice import make_tax_code
from sandbox.faults import Trouble
from sandbox.journal import Entry
from sandbox.numbers import Json, read_json
from sandbox.refusals import Refusal
from sandbox.requestids import Claim
from sandbox.table import opened, shown
from sandbox.trouble import after_commit, spoiled, suffer, zone_of
from sandbox.world import World
from sandbox.writes import OPERATIONS, operation_of, perform, send

LONGEST_REQUEST_ID, LONGEST_BATCH_ID = 50, 36


def answer(world: World, call: Call, entry: Entry, trouble: Trouble) -> Answer:
    """Admit, replay or perform, and let the injected trouble happen. Raises Hangup for no answer."""
    with world.limits.passing(call.realm):
        return _answer(world, call, entry, trouble)


def _answer(world: World, call: Call, entry: Entry, trouble: Trouble) -> Answer:
    company: Company | None = None
    try:
        company = _admitted(world, call)
        with _claimed(world, company, call) as claim:
            suffer(world, trouble)
            if trouble.before:
                return spoiled(trouble.before, world, company)
            given = claim.earlier or _settled(world, company, call, claim)
            entry.replayed = claim.earlier is not None
    except Refusal as refusal:
        given = _refused(world, call, refusal, company)
    if 200 <= given.status < 300:
        world.meter.count(call.realm, _metered_as(call))
        given = rewritten_in_xml(given) if _wants_xml(world, call) else given
    if trouble.after:
        after_commit(world, trouble.after)
    return given


def _admitted(world: World, call: Call) -> Company:
    """The company that the token opens; raises 401, 403 and 429."""
    realm = call.realm
    world.oauth.admit(call.headers.get("authorization", ""), realm)
    company = world.companies.get(realm)
    if company is None and world.options.token:
        company = world.open_realm(realm)
    if company is None or company.disconnected:
        raise refusals.unauthorized()
    if world.switches.on("limits") and not _allowed(world, call):
        raise refusals.throttled()
    return company


def _allowed(world: World, call: Call) -> bool:
    if world.switches.on("concurrent_calls") and world.limits.crowded(call.realm):
        return False
    return world.limits.allow_call(call.realm, call.entity == "batch", world.clock.now())


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
    if not world.switches.on("requestid_void_send") and _metered_as(call) in ("void", "send"):
        return ""
    return request_id


def _settled(world: World, company: Company, call: Call, claim: Claim) -> Answer:
    """Perform it and keep the answer, if its request id counts; for an export, both in one step."""
    if claim.keep is None:
        return _performed(world, company, call)
    with company.lock:
        given = _performed(world, company, call)
        if given.status < 300 or world.switches.on("replay_faults"):
            claim.keep(given)
    return given


def _performed(world: World, company: Company, call: Call) -> Answer:
    try:
        return _routed(world, company, call)
    except Refusal as refusal:
        return _refused(world, call, refusal, company)
    except RecursionError:
        return _refused(world, call, refusals.malformed("The body is nested too deeply"), company)


def _refused(world: World, call: Call, refusal: Refusal, company: Company | None) -> Answer:
    now, zone = world.clock.now(), zone_of(company)
    if refusal.status != 429:
        return fault_answer(refusal, _wants_xml(world, call), now, zone)
    # Field reports show throttling in XML even for callers who asked for JSON, and no Retry-After.
    throttled = fault_answer(refusal, world.switches["throttle_body"] == "xml", now, zone)
    if world.switches.on("throttle_retry_after"):
        throttled.headers["retry-after"] = "60"
    return throttled


def _wants_xml(world: World, call: Call) -> bool:
    return prefers_xml(call.headers.get("accept", ""), world.switches["default_format"])


def _routed(world: World, company: Company, call: Call) -> Answer:
    parts = call.parts[3:]
    if not parts:
        raise refusals.unsupported("")
    name = parts[0].lower()
    if call.method not in ("GET", "POST"):
        return Answer(405, b"", headers={"allow": "GET, POST"})
    if name == "query":
        return _timed(
            world, company, {"QueryResponse": query.run(company, call.query_text, world.clock.now(), as_text=True)}
        )
    if name == "cdc" and call.method == "GET":
        params = call.params
        found = cdc.changes(
            company,
            params.get("entities", ""),
            params.get("changedSince", params.get("changedsince", "")),
            world.clock.now(),
            world.switches,
            as_text=True,
        )
        return _timed(world, company, {"CDCResponse": found})
    if name == "batch" and call.method == "POST":
        return _timed(world, company, {"BatchItemResponse": batch.perform_all(world, company, _body(call))})
    if name == "exchangerate":
        return _timed(world, company, {"ExchangeRate": _exchange_rate(world, company, call)})
    if [part.lower() for part in parts] == ["taxservice", "taxcode"] and call.method == "POST":
        return _tax_service(world, company, call)
    if name == "upload" and call.method == "POST":
        return _timed(world, company, {"AttachableResponse": uploads.store(world, company, call)})
    if name == "download" and call.method == "GET" and len(parts) == 2:
        return uploads.link(company, parts[1], call.base)
    kind = BY_PATH.get(name)
    if kind is None or len(parts) > 3:
        raise refusals.unsupported(parts[0])
    if call.method == "POST":
        return _write(world, company, kind, call)
    return _read(world, company, kind, parts[1:], call.params.get("include", "").lower())


def _read(world: World, company: Company, kind: Kind, rest: list[str], include: str) -> Answer:
    id = rest[0] if rest else ""
    if kind.name in ("Preferences", "CompanyInfo"):
        if kind.name == "CompanyInfo" and id not in (company.realm, "1"):
            raise refusals.not_found()
        id = "1"
    held = company.table(kind).held(id)
    if held is None:
        raise refusals.not_found()
    if not rest[1:] and kind.name == "Invoice" and "invoicelink" in include:
        return _timed(world, company, {kind.name: with_pay_link(company.realm, opened(held))})
    if not rest[1:]:
        return _timed(world, company, {kind.name: shown(kind, held, as_text=True)})
    record = opened(held)
    if rest[1:] == ["pdf"] and kind.name in PRINTED:
        # Drawing takes libraries that a start should not wait for.
        from sandbox.pdf import document_pdf

        return Answer(200, document_pdf(company, kind.name, record), "application/pdf")
    raise refusals.unsupported(rest[1])


def _write(world: World, company: Company, kind: Kind, call: Call) -> Answer:
    rest = call.parts[4:]
    sending = len(rest) == 2 and rest[1].lower() == "send"
    if rest and not sending:
        raise refusals.unsupported(rest[-1])
    body = {} if sending else _body(call)
    # Some callers wrap the entity in its name, as answers do.
    if isinstance(body, dict) and set(body) == {kind.name}:
        body = body[kind.name]
    body = body if sending else kind.unwrapped(body)
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
    if call.method == "GET":
        return answer_rate(company, call.params, world.clock.now())
    with company.lock:
        change = world.change(company)
        done = set_rate(change, _body(call))
        world.commit(change)
    return done


def _tax_service(world: World, company: Company, call: Call) -> Answer:
    """Not wrapped in the entity's name, and without a time."""
    with company.lock:
        change = world.change(company)
        done = make_tax_code(change, _body(call))
        world.commit(change)
    return as_json(done)


def _timed(world: World, company: Company, answer: Json) -> Answer:
    return as_json({**answer, "time": stamp_ms(world.clock.now(), company.zone)})


def _metered_as(call: Call) -> str:
    """The kind of a call as the meter counts it."""
    parts = call.parts[3:]
    name = parts[0].lower() if parts else ""
    if name in ("query", "cdc", "batch", "upload"):
        return name
    last = parts[-1].lower() if parts else ""
    if call.method == "GET":
        return "pdf" if last == "pdf" else "read"
    if last == "send" and len(parts) == 3:
        return "send"
    if call.params.get("include", "").lower() == "void":
        return "void"
    operation = call.params.get("operation", "").lower()
    if operation in OPERATIONS:
        return operation
    return "update" if b'"Id"' in call.body and _names_id(call) else "create"


def _names_id(call: Call) -> bool:
    try:
        body = _body(call)
    except Refusal:
        # The repeat of a request id is answered whatever it holds.
        return False
    return isinstance(body, dict) and bool(body.get("Id"))
