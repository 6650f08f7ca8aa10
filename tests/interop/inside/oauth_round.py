"""Walks through what intuit-oauth offers, as an app does: consent, code, tokens, who the user is, revocation.

Runs where intuit-oauth is installed and Intuit's hosts lead to a sandbox; `argv` is the realm to choose. Ends with an
AssertionError, or an error of the library, at the first step that fails.
"""

import sys
from urllib.parse import parse_qs, urlsplit

import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError

REALM, BACK = sys.argv[1], "http://localhost:8000/callback"
client = AuthClient("published-client", "published-secret", BACK, "sandbox")

asked = client.get_authorization_url([Scopes.ACCOUNTING, Scopes.OPENID, Scopes.EMAIL])
assert parse_qs(urlsplit(asked).query)["state"] == [client.state_token]

form = {name: values[0] for name, values in parse_qs(urlsplit(asked).query).items()}
allowed = requests.post(
    asked.split("?")[0], data={**form, "realm": REALM, "decision": "connect"}, allow_redirects=False, timeout=20
)
back = parse_qs(urlsplit(allowed.headers["location"]).query)
assert (back["state"], back["realmId"]) == ([client.state_token], [REALM])
print("consent: a code for the realm")

client.get_bearer_token(back["code"][0], realm_id=REALM)
assert client.access_token
assert client.refresh_token
print(f"code exchanged: tokens for {client.expires_in} s, id token validated by the library")

answer = client.get_user_info()
assert answer.json()["email"]
print("user info: an e-mail address")

first = client.access_token
client.refresh()
assert client.access_token != first
print("refreshed: another access token")

client.revoke()
status = 200
try:
    client.refresh()
except AuthClientError as refused:
    status = refused.status_code
assert status == 400
print("revoked: the refresh token is refused")
