"""Which part of the sandbox answers a call: the accounting API, OAuth, the consent page, or the controls."""

import time
from collections.abc import Callable

from sandbox import accounting, consent, controls, oauth, uploads
from sandbox.answers import Answer, as_json, with_trace
from sandbox.calls import Call
from sandbox.faults import TOKENS_PATH, Trouble
from sandbox.journal import Entry
from sandbox.numbers import read_json
from sandbox.pages import routing as pages
from sandbox.refusals import Refusal
from sandbox.trouble import after_commit, spoiled, suffer
from sandbox.world import World

DISCOVERY = ("/.well-known/openid_sandbox_configuration", "/.well-known/openid_configuration")
REVOKE_PATH = "/v2/oauth2/tokens/revoke"


def answer(world: World, call: Call, reset: Callable[[], None]) -> Answer:
    """Raises Hangup where an injected fault wants no answer."""
    if call.path == "/" and not pages.wants_page(call):
        return as_json({"sandbox": "QuickBooks Online", "realms": len(world.companies)})
    if call.path == "/" or call.parts[:1] == ["app"]:
        return pages.answer(world, call)
    if call.parts[:1] == ["sandbox"]:
        return controls.answer(world, call, reset)
    return _logged(world, call)


def _logged(world: World, call: Call) -> Answer:
    began = time.monotonic()
    realm = call.realm or (world.oauth.realm_of(call.form) if call.path == TOKENS_PATH else "")
    trouble = world.faults.strike(call, realm)
    entry = Entry(world.clock.now().isoformat(timespec="milliseconds"), realm, call, fault=trouble.label)
    world.journal.enter(entry)
    given = _answer(world, call, entry, trouble)
    entry.status = given.status
    return with_trace(given, int((time.monotonic() - began) * 1000))


def _answer(world: World, call: Call, entry: Entry, trouble: Trouble) -> Answer:
    if call.realm:
        return accounting.answer(world, call, entry, trouble)
    suffer(world, trouble)
    if trouble.before:
        return spoiled(trouble.before, world, None)
    given = _elsewhere(world, call)
    if trouble.after:
        after_commit(world, trouble.after)
    return given


def _elsewhere(world: World, call: Call) -> Answer:
    path = call.path.rstrip("/")
    if call.parts[:1] == [uploads.FILES] and call.method == "GET":
        return uploads.fetch(world, call)
    methods, page = _PAGES.get(path, ((), None))
    if page is None:
        return as_json({"error": "not_found"}, 404)
    if call.method not in methods:
        return Answer(405, headers={"allow": ", ".join(methods)})
    try:
        return page(world, call)
    except oauth.OAuthRefusal as refusal:
        return refusal.answer


def _discovery(_world: World, call: Call) -> Answer:
    """The sandbox's and the production's document differ at Intuit in hosts only; here all are one."""
    return as_json(oauth.discovery(call.base))


def _token(world: World, call: Call) -> Answer:
    hard = call.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true"
    return world.oauth.token(call.headers.get("authorization", ""), call.form, hard, oauth.issuer(call.base))


def _revoke(world: World, call: Call) -> Answer:
    """The token comes as JSON, or as a form as the standard has it."""
    form = call.form
    if "json" in call.headers.get("content-type", ""):
        try:
            body = read_json(call.body)
        except (ValueError, RecursionError):
            body = None
        form = {str(k): str(v) for k, v in body.items()} if isinstance(body, dict) else {}
    return world.oauth.revoke(call.headers.get("authorization", ""), form)


def _user(world: World, call: Call) -> Answer:
    try:
        return world.oauth.user(call.headers.get("authorization", ""))
    except Refusal as refusal:
        error = "invalid_token" if refusal.status == 401 else "insufficient_scope"
        challenge = {"www-authenticate": f'Bearer realm="Intuit", error="{error}"'}
        return as_json({"error": error}, refusal.status, challenge)


def _keys(world: World, _call: Call) -> Answer:
    return as_json(world.oauth.signer.key_set())


_PAGES: dict[str, tuple[tuple[str, ...], Callable[[World, Call], Answer]]] = {
    **dict.fromkeys(DISCOVERY, (("GET",), _discovery)),
    "/connect/oauth2": (("GET", "POST"), consent.answer),
    TOKENS_PATH: (("POST",), _token),
    REVOKE_PATH: (("POST",), _revoke),
    "/v1/openid_connect/userinfo": (("GET",), _user),
    "/op/v1/jwks": (("GET",), _keys),
}
