"""The consent page: the user picks a company and allows the app, or does not."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from sandbox.answers import Answer
from sandbox.calls import Call
from sandbox.documents import letterhead_of
from sandbox.oauth import unknown_scopes
from sandbox.pages.rendering import page
from sandbox.pages.routing import is_foreign, refuse_foreign
from sandbox.world import World

_CARRIED = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce")
_IN_WORDS = {
    "com.intuit.quickbooks.accounting": "read and change customers, invoices, payments and the rest of the books",
    "com.intuit.quickbooks.payment": "take payments by card and bank transfer",
    "openid": "know who you are",
    "profile": "read your name",
    "email": "read your e-mail address",
    "phone": "read your phone number",
    "address": "read your address",
}


def answer(world: World, call: Call) -> Answer:
    """GET shows the form; POST sends the browser back with a code or with access_denied."""
    if call.method == "POST" and is_foreign(call):
        return refuse_foreign()
    asked = call.form if call.method == "POST" else call.params
    if not _leads_back(asked.get("redirect_uri", "")) or not asked.get("client_id"):
        sentence = "The app sent no client_id or no usable redirect_uri, so there is nowhere to go back to."
        return page("message.html", {"title": "This app cannot be connected", "sentence": sentence}, 400)
    if asked.get("response_type") != "code":
        return _back(asked, {"error": "invalid_request"})
    if not asked.get("scope", "").strip() or unknown_scopes(asked["scope"]):
        return _back(asked, {"error": "invalid_scope"})
    if call.method != "POST":
        return _form(world, asked)
    if asked.get("decision") != "connect":
        return _back(asked, {"error": "access_denied"})
    company = world.open_realm(asked.get("realm") or None)
    company.disconnected = False
    code = world.oauth.code(
        company.realm, asked["redirect_uri"], asked["scope"], asked.get("nonce", ""), asked["client_id"]
    )
    return _back(asked, {"code": code, "realmId": company.realm})


def _leads_back(redirect_uri: str) -> bool:
    try:
        url = urlsplit(redirect_uri)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.hostname) and url.netloc.isascii()


def _back(asked: dict[str, str], said: dict[str, str]) -> Answer:
    url = urlsplit(asked["redirect_uri"])
    said = {**said, **({"state": asked["state"]} if "state" in asked else {})}
    query = urlencode([*parse_qsl(url.query, keep_blank_values=True), *said.items()])
    # A header holds no letters beyond Latin-1.
    path = quote(url.path, safe="/%:@!$&'()*+,;=~")
    return Answer(302, headers={"location": urlunsplit((url.scheme, url.netloc, path, query, ""))})


def _form(world: World, asked: dict[str, str]) -> Answer:
    companies = [
        {"realm": one.realm, "name": letterhead_of(one).name, "country": one.country.name}
        for one in sorted(world.companies.values(), key=lambda one: one.realm)
    ]
    shown = {
        "app": asked["client_id"],
        "back": urlsplit(asked["redirect_uri"]).netloc,
        "allowed": [_IN_WORDS.get(scope, scope) for scope in asked["scope"].split()],
        "carried": [(name, asked[name]) for name in _CARRIED if name in asked],
        "companies": companies,
    }
    # Chromium holds the redirect that follows the form to this too, and any redirect of the app's after it.
    return page("consent.html", shown, forms_lead_to="'self' http: https:")
