"""OAuth as Intuit does it: discovery, codes, scopes, expiry, rotation, revocation, identity."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.utils import validate_id_token

from sandbox.server import Sandbox

BASIC = {"Authorization": "Basic " + base64.b64encode(b"id:secret").decode(), "Accept": "application/json"}
BACK = "http://localhost/back"
ACCOUNTING = "com.intuit.quickbooks.accounting"
EVERYTHING = f"{ACCOUNTING} openid profile email phone address"


def token_call(url, headers=BASIC, **form):
    return requests.post(f"{url}/oauth2/v1/tokens/bearer", data=form, headers=headers, timeout=10)


def refresh(url, token):
    return token_call(url, grant_type="refresh_token", refresh_token=token)


def consent(url, **changes):
    form = {
        "client_id": "id",
        "response_type": "code",
        "scope": ACCOUNTING,
        "redirect_uri": BACK,
        "state": "s&1",
        "decision": "connect",
        **changes,
    }
    answer = requests.post(f"{url}/connect/oauth2", data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange(url, code, redirect_uri=BACK, headers=BASIC):
    return token_call(url, headers, grant_type="authorization_code", code=code, redirect_uri=redirect_uri)


def connected(url, **changes):
    """The tokens of a user who consented, and the realm."""
    back = consent(url, **changes)
    tokens = exchange(url, back["code"])
    assert tokens.status_code == 200, tokens.text
    return {**tokens.json(), "realm": back["realmId"]}


def read(url, realm, token):
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return requests.get(f"{url}/v3/company/{realm}/companyinfo/{realm}", headers=headers, timeout=10)


def user(url, token):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{url}/v1/openid_connect/userinfo", headers=headers, timeout=10)


def revoke(url, token):
    return requests.post(f"{url}/v2/oauth2/tokens/revoke", json={"token": token}, headers=BASIC, timeout=10)


@pytest.mark.behaviour(
    "Tokens and consent",
    "The discovery document names every endpoint, with and without a trailing slash.",
    "documented",
)
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("name", ["openid_sandbox_configuration", "openid_configuration"])
def test_the_discovery_document_names_endpoints_of_this_server(books, name, slash):
    found = requests.get(f"{books.url}/.well-known/{name}{slash}", timeout=10).json()
    assert found["token_endpoint"] == f"{books.url}/oauth2/v1/tokens/bearer"
    assert found["revocation_endpoint"] == f"{books.url}/v2/oauth2/tokens/revoke"
    assert found["authorization_endpoint"] == f"{books.url}/connect/oauth2"


@pytest.mark.behaviour(
    "Tokens and consent", "A code is exchanged once; a second exchange is invalid_grant.", "documented"
)
def test_consent_gives_a_code_that_is_good_once(books):
    back = consent(books.url)
    assert back["state"] == "s&1"
    answer = exchange(books.url, back["code"])
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["x_refresh_token_expires_in"]) == (
        "bearer",
        3600,
        8726400,
    )
    assert len(tokens["access_token"]) <= 4096
    assert len(tokens["refresh_token"]) <= 512
    assert "id_token" not in tokens
    assert read(books.url, back["realmId"], tokens["access_token"]).json()["CompanyInfo"]["Country"] == "US"
    again = exchange(books.url, back["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    # By default a second exchange does no harm to what the first gave.
    assert refresh(books.url, tokens["refresh_token"]).status_code == 200


@pytest.mark.behaviour(
    "Tokens and consent", "A user who declines is sent back with error=access_denied and the state.", "documented"
)
def test_a_user_who_declines_gives_access_denied(books):
    assert consent(books.url, decision="cancel") == {"error": "access_denied", "state": "s&1"}


def test_the_consent_page_shows_a_form_with_the_state(books):
    page = requests.get(
        f"{books.url}/connect/oauth2",
        params={
            "client_id": "id",
            "response_type": "code",
            "scope": "com.intuit.quickbooks.accounting",
            "redirect_uri": "http://localhost/back",
            "state": '"><script>',
        },
        timeout=10,
    )
    assert "<form" in page.text
    assert "<script>" not in page.text


@pytest.mark.behaviour(
    "Tokens and consent",
    "An access token ends after an hour: 401, code 3200, in the lower-case envelope with www-authenticate.",
    "reported",
)
def test_an_access_token_ends_after_an_hour(app):
    app.books.clock.advance(3601)
    answer = app.call("GET", "/preferences")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    assert answer.json()["fault"]["error"][0]["code"] == "3200"
    assert answer.json()["fault"]["type"] == "AUTHENTICATION"


@pytest.mark.behaviour(
    "Tokens and consent", "A token of another realm gets 403, code 3100, without a detail, type SERVICE.", "reported"
)
def test_a_token_of_another_realm_is_403(connect):
    mine, other = connect(), connect()
    mine.realm = other.realm
    answer = mine.call("GET", "/preferences")
    assert (answer.status_code, answer.json()["fault"]["type"]) == (403, "SERVICE")
    assert answer.json()["fault"]["error"] == [
        {
            "message": "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403",
            "detail": None,
            "code": "3100",
            "element": None,
        }
    ]


@pytest.mark.behaviour(
    "Tokens and consent",
    "A refresh token keeps its value for about a day; the refresh after that changes it and ends the earlier one.",
    "documented",
)
def test_a_refresh_token_keeps_its_value_for_a_day_then_changes(app):
    url = app.books.url
    assert refresh(url, app.refresh_token).json()["refresh_token"] == app.refresh_token
    app.books.clock.advance(86401)
    newer = refresh(url, app.refresh_token).json()["refresh_token"]
    assert newer != app.refresh_token
    late = refresh(url, app.refresh_token)
    assert late.status_code == 400
    assert late.json() == {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}
    assert refresh(url, newer).status_code == 200


@pytest.mark.behaviour(
    "Tokens and consent", "The refresh token can change at every refresh.", "assumed", switch="rotate"
)
def test_rotation_can_happen_at_every_refresh(app):
    app.books.world.switches.turn({"rotate": "always"})
    newer = refresh(app.books.url, app.refresh_token).json()
    assert newer["refresh_token"] != app.refresh_token
    app.access_token = newer["access_token"]
    assert app.get("/preferences")


@pytest.mark.behaviour("Tokens and consent", "A revoked refresh token takes its access tokens with it.", "documented")
def test_a_revoked_token_no_longer_refreshes_nor_reads(app):
    assert revoke(app.books.url, app.refresh_token).status_code == 200
    assert refresh(app.books.url, app.refresh_token).json()["error"] == "invalid_grant"
    assert app.call("GET", "/preferences").status_code == 401


@pytest.mark.behaviour(
    "Tokens and consent",
    "A user who disconnects the app leaves 403 and invalid_grant; nobody calls the app.",
    "documented",
)
def test_a_user_who_disconnects_leaves_403_and_invalid_grant(app):
    app.books.act(app.realm, disconnect={})
    assert app.call("GET", "/preferences").status_code == 403
    assert refresh(app.books.url, app.refresh_token).json()["error"] == "invalid_grant"


@pytest.mark.behaviour(
    "Tokens and consent",
    "The hard end of a refresh token is told to callers that send the opt-in header.",
    "documented",
)
def test_the_hard_end_is_told_to_those_who_ask(app):
    form = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}
    asked = {**BASIC, "x-include-refresh-token-hard-expires-in": "true"}
    answer = requests.post(f"{app.books.url}/oauth2/v1/tokens/bearer", data=form, headers=asked, timeout=10).json()
    assert 0 < answer["x_refresh_token_hard_expires_in"] <= 157680000
    assert "x_refresh_token_hard_expires_in" not in refresh(app.books.url, app.refresh_token).json()


@pytest.mark.behaviour("Tokens and consent", "A wrong client secret is 401 invalid_client.", "documented")
def test_a_wrong_secret_is_invalid_client_where_one_was_given():
    with Sandbox(client_id="id", client_secret="other") as books:
        grant = books.open_realm(empty=True)
        answer = refresh(books.url, grant["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_given_token_opens_every_realm_and_any_refresh_token_starts_a_grant():
    with Sandbox(token="let-me-in", country="GB") as books:

        def country(realm, token):
            return read(books.url, realm, token).json()["CompanyInfo"]["Country"]

        assert country("4620816365", "let-me-in") == "GB"
        assert books.company("4620816365").all("Invoice")
        granted = refresh(books.url, "mine").json()
        assert country("4620816365", granted["access_token"]) == "GB"


@pytest.mark.behaviour("Tokens and consent", "Answers with tokens may not be stored by caches.", "assumed")
def test_answers_of_the_token_endpoint_are_not_to_be_stored(app):
    for answer in (refresh(app.books.url, app.refresh_token), refresh(app.books.url, "none")):
        assert answer.headers["cache-control"] == "no-cache, no-store"
        assert answer.headers["content-type"] == "application/json;charset=UTF-8"


@pytest.mark.behaviour(
    "Tokens and consent",
    "A second exchange of a code can revoke what the first gave.",
    "documented",
    switch="code_reuse_revokes",
)
def test_a_code_used_twice_can_end_the_grant(books):
    books.world.switches.turn({"code_reuse_revokes": "on"})
    back = consent(books.url)
    tokens = exchange(books.url, back["code"]).json()
    assert exchange(books.url, back["code"]).status_code == 400
    assert refresh(books.url, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert read(books.url, back["realmId"], tokens["access_token"]).status_code == 401


@pytest.mark.behaviour("Tokens and consent", "A code ends after ten minutes.", "assumed")
def test_a_code_ends_after_ten_minutes(books):
    code = consent(books.url)["code"]
    books.clock.advance(601)
    assert exchange(books.url, code).json()["error"] == "invalid_grant"


@pytest.mark.behaviour(
    "Tokens and consent", "A code is good only with the redirect address it was asked with.", "documented"
)
def test_a_code_needs_the_redirect_address_it_was_asked_with(books):
    code = consent(books.url)["code"]
    assert exchange(books.url, code, redirect_uri="http://localhost/other").json()["error"] == "invalid_grant"


@pytest.mark.behaviour("Tokens and consent", "A code and its tokens belong to the app they were given to.", "assumed")
def test_another_app_can_neither_exchange_nor_refresh(books):
    other = {**BASIC, "Authorization": "Basic " + base64.b64encode(b"other:secret").decode()}
    assert exchange(books.url, consent(books.url)["code"], headers=other).json()["error"] == "invalid_grant"
    mine = connected(books.url)["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": mine}
    assert token_call(books.url, other, **form).json()["error"] == "invalid_grant"
    assert token_call(books.url, **form).status_code == 200


@pytest.mark.parametrize("scope", ["", "com.intuit.quickbooks.everything", f"{ACCOUNTING} nothing"])
@pytest.mark.behaviour("Tokens and consent", "A scope that there is not is sent back as invalid_scope.", "documented")
def test_an_unknown_scope_is_sent_back(books, scope):
    assert consent(books.url, scope=scope) == {"error": "invalid_scope", "state": "s&1"}


@pytest.mark.behaviour("Tokens and consent", "A token without the accounting scope does not open the books.", "assumed")
def test_a_token_without_the_accounting_scope_does_not_open_the_books(books):
    tokens = connected(books.url, scope="openid")
    assert read(books.url, tokens["realm"], tokens["access_token"]).status_code == 403
    assert user(books.url, tokens["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "RT1-none"}, "invalid_grant"),
        ({"grant_type": "authorization_code"}, "invalid_grant"),
    ],
)
@pytest.mark.behaviour(
    "Tokens and consent", "A token call that names no grant is 400 with the standard's error.", "assumed"
)
def test_a_token_call_without_a_usable_grant_is_refused(books, form, error):
    answer = token_call(books.url, **form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.parametrize(
    "authorization", ["", "Basic", "Basic ???", "Basic " + base64.b64encode(b":x").decode(), "Bearer x"]
)
@pytest.mark.behaviour(
    "Tokens and consent", "A token call without the app's id and secret is 401 invalid_client.", "assumed"
)
def test_a_token_call_without_the_app_is_refused(app, authorization):
    form = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}
    answer = token_call(app.books.url, {"Authorization": authorization}, **form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.behaviour("Tokens and consent", "A refresh token that is not used ends after 101 days.", "documented")
def test_a_refresh_token_ends_after_a_hundred_and_one_days(app):
    app.books.clock.advance(8726400 - 1)
    newer = refresh(app.books.url, app.refresh_token).json()
    assert newer["x_refresh_token_expires_in"] == 8726400
    app.books.clock.advance(8726401)
    assert refresh(app.books.url, newer["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.behaviour("Tokens and consent", "Each use gives a refresh token its 101 days anew.", "documented")
def test_each_use_gives_a_refresh_token_its_days_anew(app):
    app.books.clock.advance(43200)
    assert refresh(app.books.url, app.refresh_token).json()["refresh_token"] == app.refresh_token
    app.books.clock.advance(8726400 - 10)
    assert refresh(app.books.url, app.refresh_token).status_code == 200


@pytest.mark.behaviour(
    "Tokens and consent", "However often it is used, a refresh token ends after five years.", "documented"
)
def test_a_refresh_token_ends_for_good_after_five_years(app):
    url, token = app.books.url, app.refresh_token
    for _ in range(20):
        app.books.clock.advance(90 * 86400)
        token = refresh(url, token).json()["refresh_token"]
    asked = {**BASIC, "x-include-refresh-token-hard-expires-in": "true"}
    form = {"grant_type": "refresh_token", "refresh_token": token}
    left = token_call(url, asked, **form).json()["x_refresh_token_hard_expires_in"]
    assert 157680000 - 1800 * 86400 - 10 < left <= 157680000 - 1800 * 86400
    app.books.clock.advance(left + 1)
    assert refresh(url, token).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(("setting", "status"), [("invalid_at_once", 400), ("valid_24h", 200)])
@pytest.mark.behaviour(
    "Tokens and consent",
    "The value a refresh token had before may go on for 24 hours and then gives the newest value.",
    "documented",
    switch="old_refresh_token",
)
def test_the_earlier_refresh_token_may_go_on_for_a_day(app, setting, status):
    app.books.world.switches.turn({"old_refresh_token": setting})
    app.books.clock.advance(86401)
    newer = refresh(app.books.url, app.refresh_token).json()["refresh_token"]
    answer = refresh(app.books.url, app.refresh_token)
    assert answer.status_code == status
    assert answer.json().get("refresh_token", newer) == newer
    app.books.clock.advance(86401)
    assert refresh(app.books.url, app.refresh_token).status_code == 400
    assert refresh(app.books.url, newer).status_code == 200


@pytest.mark.behaviour(
    "Tokens and consent", "Using a refresh token's earlier value can end the grant.", "reported", switch="reuse_revokes"
)
def test_reuse_of_an_old_refresh_token_can_end_the_grant(app):
    app.books.world.switches.turn({"reuse_revokes": "on", "rotate": "always"})
    newer = refresh(app.books.url, app.refresh_token).json()
    assert refresh(app.books.url, app.refresh_token).status_code == 400
    assert refresh(app.books.url, newer["refresh_token"]).json()["error"] == "invalid_grant"
    app.access_token = newer["access_token"]
    assert app.call("GET", "/preferences").status_code == 401


@pytest.mark.parametrize("form", [True, False])
@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
@pytest.mark.behaviour("Tokens and consent", "Either token revokes the whole grant.", "documented")
def test_either_token_revokes_as_json_or_form(app, which, form):
    sent = {"data" if form else "json": {"token": getattr(app, which)}}
    url = f"{app.books.url}/v2/oauth2/tokens/revoke"
    answer = requests.post(url, headers=BASIC, timeout=10, **sent)
    assert (answer.status_code, answer.content) == (200, b"")
    assert app.call("GET", "/preferences").status_code == 401
    assert refresh(app.books.url, app.refresh_token).status_code == 400


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'{"token": null}', b'{"token": "none"}', b"[" * 100_000], ids=range(6)
)
@pytest.mark.behaviour("Tokens and consent", "Revoking what is no token is 400 and ends nothing.", "assumed")
def test_revoking_what_is_no_token_ends_nothing(app, body):
    headers = {**BASIC, "Content-Type": "application/json"}
    answer = requests.post(f"{app.books.url}/v2/oauth2/tokens/revoke", data=body, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert app.get("/preferences")


@pytest.mark.behaviour(
    "Tokens and consent", "userinfo tells what the token's scopes allow, in Intuit's spelling.", "assumed"
)
def test_userinfo_tells_what_the_scopes_allow(books):
    everything = user(books.url, connected(books.url, scope=EVERYTHING)["access_token"]).json()
    assert {"sub", "email", "emailVerified", "givenName", "familyName", "phoneNumber"} <= set(everything)
    assert set(everything["address"]) == {"streetAddress", "locality", "region", "postalCode", "country"}
    some = user(books.url, connected(books.url, scope="openid email")["access_token"]).json()
    assert set(some) == {"sub", "email", "emailVerified"}
    assert some["sub"] == everything["sub"]


@pytest.mark.behaviour("Tokens and consent", "userinfo needs a good token with the scope openid.", "assumed")
def test_userinfo_needs_the_scope_openid(app):
    assert user(app.books.url, app.access_token).status_code == 403
    assert user(app.books.url, "garbage").status_code == 401
    token = connected(app.books.url, scope="openid")["access_token"]
    app.books.clock.advance(3601)
    late = user(app.books.url, token)
    assert (late.status_code, late.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in late.headers["www-authenticate"]


@pytest.mark.behaviour(
    "Tokens and consent",
    "With the scope openid the exchange gives an id_token signed by RS256 with a published key.",
    "documented",
)
def test_an_id_token_says_who_consented(books):
    began = int(books.clock.now().timestamp())
    tokens = connected(books.url, scope=EVERYTHING, nonce="once")
    keys = requests.get(f"{books.url}/op/v1/jwks", timeout=10).json()
    header = jwt.get_unverified_header(tokens["id_token"])
    assert (header["alg"], keys["keys"][0]["kty"], keys["keys"][0]["use"]) == ("RS256", "RSA", "sig")
    key = jwt.PyJWKSet.from_dict(keys)[header["kid"]].key
    claims = jwt.decode(tokens["id_token"], key, algorithms=["RS256"], audience="id", issuer=f"{books.url}/op/v1")
    assert (claims["realmid"], claims["nonce"], claims["aud"]) == (tokens["realm"], "once", ["id"])
    assert claims["sub"] == user(books.url, tokens["access_token"]).json()["sub"]
    assert began <= claims["auth_time"] <= claims["iat"] <= began + 60
    assert claims["exp"] == claims["iat"] + 3600
    assert "id_token" not in refresh(books.url, tokens["refresh_token"]).json()


def test_an_id_token_of_a_moved_clock_carries_its_time(books):
    books.clock.advance(-86400)
    claims = jwt.decode(connected(books.url, scope="openid")["id_token"], options={"verify_signature": False})
    assert abs(claims["exp"] - (books.clock.now().timestamp() + 3600)) < 60


@pytest.mark.behaviour("Tokens and consent", "Intuit's own client library completes the whole flow.", "documented")
def test_intuits_own_client_accepts_every_answer(books):
    client = AuthClient("id", "secret", BACK, f"{books.url}/.well-known/openid_sandbox_configuration/")
    scopes = [Scopes.ACCOUNTING, Scopes.OPENID, Scopes.PROFILE, Scopes.EMAIL, Scopes.PHONE, Scopes.ADDRESS]
    asked = parse_qs(urlsplit(client.get_authorization_url(scopes)).query)
    back = consent(books.url, **{name: values[0] for name, values in asked.items()})
    assert back["state"] == client.state_token
    client.get_bearer_token(back["code"], realm_id=back["realmId"])
    assert validate_id_token(client.id_token, "id", client.issuer_uri, client.jwks_uri)
    assert not validate_id_token(client.id_token, "another", client.issuer_uri, client.jwks_uri)
    head, body, signature = client.id_token.split(".")
    forged = f"{head}.{body}.{signature[:-8]}{'A' * 8}"
    assert not validate_id_token(forged, "id", client.issuer_uri, client.jwks_uri)
    client.refresh()
    assert client.get_user_info().json()["email"] == "owner@example.com"
    assert read(books.url, back["realmId"], client.access_token).status_code == 200
    assert client.revoke()
    assert read(books.url, back["realmId"], client.access_token).status_code == 401


@pytest.mark.behaviour(
    "Store", "Grants, access tokens and the signing key survive a restart with their expiry.", "assumed"
)
def test_tokens_and_the_signing_key_survive_a_restart(tmp_path):
    file = tmp_path / "books.json"
    with Sandbox(file=file, empty=True) as books:
        tokens = connected(books.url, scope=EVERYTHING)
        books.world.switches.turn({"rotate": "always"})
        newer = refresh(books.url, tokens["refresh_token"]).json()
        keys = requests.get(f"{books.url}/op/v1/jwks", timeout=10).json()
    with Sandbox(file=file) as books:
        assert requests.get(f"{books.url}/op/v1/jwks", timeout=10).json() == keys
        for token in (tokens["access_token"], newer["access_token"]):
            assert read(books.url, tokens["realm"], token).status_code == 200
        assert user(books.url, newer["access_token"]).json()["givenName"]
        assert refresh(books.url, tokens["refresh_token"]).status_code == 400
        assert refresh(books.url, newer["refresh_token"]).status_code == 200
        books.clock.advance(3601)
        assert read(books.url, tokens["realm"], newer["access_token"]).status_code == 401


def test_a_sandbox_that_signs_nothing_makes_no_key(books):
    connected(books.url)
    assert json.loads(json.dumps(books.world.oauth.export()))["signing_key"] is None


def test_codes_long_out_of_date_are_dropped_from_memory(books):
    connected(books.url)
    for _ in range(3):
        books.world.oauth.code("123", "https://app.example.com/back")
    books.clock.advance(2 * 86400)
    books.world.oauth.grant("123")
    assert (books.world.oauth._codes, books.world.oauth._exchanged) == ({}, {})


@pytest.mark.behaviour(
    "Tokens and consent", "Parallel refreshes with one token all answer while it is the newest.", "assumed"
)
def test_parallel_refreshes_of_one_token_agree(app):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(app.books.url, app.refresh_token).json(), range(8)))
    assert {one["refresh_token"] for one in answers} == {app.refresh_token}
    assert len({one["access_token"] for one in answers}) == 8
