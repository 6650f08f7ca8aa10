"""The consent page: the user picks a company and allows the app, or does not."""

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox.answers import Answer
from sandbox.calls import Call
from sandbox.world import World

HTML = "text/html;charset=UTF-8"
_CARRIED = ("client_id", "redirect_uri", "response_type", "scope", "state")


def answer(world: World, call: Call) -> Answer:
    """GET shows the form; POST sends the browser back with a code or with access_denied."""
    asked = call.form if call.method == "POST" else call.params
    back = urlsplit(asked.get("redirect_uri", ""))
    if back.scheme not in ("http", "https") or not back.hostname or not asked.get("client_id"):
        return Answer(400, _page("<p>The app sent no client_id or no usable redirect_uri.</p>"), HTML)
    if asked.get("response_type") != "code":
        return _back(asked, {"error": "invalid_request"})
    if "com.intuit.quickbooks.accounting" not in asked.get("scope", ""):
        return _back(asked, {"error": "invalid_scope"})
    if call.method == "GET":
        return Answer(200, _form(world, asked), HTML)
    if asked.get("decision") != "connect":
        return _back(asked, {"error": "access_denied"})
    company = world.open_realm(asked.get("realm") or None)
    company.disconnected = False
    code = world.oauth.code(company.realm, asked["redirect_uri"])
    return _back(asked, {"code": code, "realmId": company.realm})


def _back(asked: dict[str, str], said: dict[str, str]) -> Answer:
    url = urlsplit(asked["redirect_uri"])
    said = {**said, **({"state": asked["state"]} if "state" in asked else {})}
    query = urlencode([*parse_qsl(url.query), *said.items()])
    return Answer(302, headers={"location": urlunsplit((url.scheme, url.netloc, url.path, query, ""))})


def _form(world: World, asked: dict[str, str]) -> bytes:
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _CARRIED if name in asked
    )
    realms = "".join(
        f'<option value="{escape(one.realm)}">{escape(one.realm)} ({one.country.name})</option>'
        for one in list(world.companies.values())
    )
    return _page(
        f'<form method="post" action="/connect/oauth2">{hidden}'
        f'<label>Company <select name="realm">{realms}<option value="">a new company</option></select></label> '
        '<button name="decision" value="connect">Connect</button> '
        '<button name="decision" value="cancel">Cancel</button></form>'
    )


def _page(content: str) -> bytes:
    title = "Connect to QuickBooks (sandbox)"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{content}</body></html>"
    ).encode()
