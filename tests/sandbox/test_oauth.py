"""OAuth as Intuit does it: discovery, codes, expiry, rotation, revocation."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.server import Sandbox

BASIC = {"Authorization": "Basic " + base64.b64encode(b"id:secret").decode(), "Accept": "application/json"}


def token_call(url, **form):
    return requests.post(f"{url}/oauth2/v1/tokens/bearer", data=form, headers=BASIC, timeout=10)


def refresh(url, token):
    return token_call(url, grant_type="refresh_token", refresh_token=token)


def consent(url, **changes):
    form = {
        "client_id": "id",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "redirect_uri": "http://localhost/back",
        "state": "s&1",
        "decision": "connect",
        **changes,
    }
    answer = requests.post(f"{url}/connect/oauth2", data=form, timeout=10, allow_redirects=False)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("name", ["openid_sandbox_configuration", "openid_configuration"])
def test_the_discovery_document_names_endpoints_of_this_server(books, name, slash):
    found = requests.get(f"{books.url}/.well-known/{name}{slash}", timeout=10).json()
    assert found["token_endpoint"] == f"{books.url}/oauth2/v1/tokens/bearer"
    assert found["revocation_endpoint"] == f"{books.url}/v2/oauth2/tokens/revoke"
    assert found["authorization_endpoint"] == f"{books.url}/connect/oauth2"


def test_consent_gives_a_code_that_is_good_once(books):
    back = consent(books.url)
    assert back["state"] == "s&1"
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": "http://localhost/back"}
    tokens = token_call(books.url, **form).json()
    assert (tokens["expires_in"], tokens["x_refresh_token_expires_in"]) == (3600, 8726400)
    read = requests.get(
        f"{books.url}/v3/company/{back['realmId']}/companyinfo/{back['realmId']}",
        headers={"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"},
        timeout=10,
    )
    assert read.json()["CompanyInfo"]["Country"] == "US"
    again = token_call(books.url, **form)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


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


def test_an_access_token_ends_after_an_hour(app):
    app.books.clock.advance(3601)
    answer = app.call("GET", "/preferences")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="Intuit", error="invalid_token"'
    assert answer.json()["fault"]["error"][0]["code"] == "3200"
    assert answer.json()["fault"]["type"] == "AUTHENTICATION"


def test_a_token_of_another_realm_is_403(connect):
    mine, other = connect(), connect()
    mine.realm = other.realm
    answer = mine.call("GET", "/preferences")
    assert (answer.status_code, answer.json()["fault"]["error"][0]["code"]) == (403, "3100")


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


def test_rotation_can_happen_at_every_refresh(app):
    app.books.world.switches.turn({"rotate": "always"})
    newer = refresh(app.books.url, app.refresh_token).json()
    assert newer["refresh_token"] != app.refresh_token
    app.access_token = newer["access_token"]
    assert app.get("/preferences")


def test_a_revoked_token_no_longer_refreshes_nor_reads(app):
    answer = requests.post(
        f"{app.books.url}/v2/oauth2/tokens/revoke", json={"token": app.refresh_token}, headers=BASIC, timeout=10
    )
    assert answer.status_code == 200
    assert refresh(app.books.url, app.refresh_token).json()["error"] == "invalid_grant"
    assert app.call("GET", "/preferences").status_code == 401


def test_a_user_who_disconnects_leaves_403_and_invalid_grant(app):
    app.books.act(app.realm, disconnect={})
    assert app.call("GET", "/preferences").status_code == 403
    assert refresh(app.books.url, app.refresh_token).json()["error"] == "invalid_grant"


def test_the_hard_end_is_told_to_those_who_ask(app):
    form = {"grant_type": "refresh_token", "refresh_token": app.refresh_token}
    asked = {**BASIC, "x-include-refresh-token-hard-expires-in": "true"}
    answer = requests.post(f"{app.books.url}/oauth2/v1/tokens/bearer", data=form, headers=asked, timeout=10).json()
    assert 0 < answer["x_refresh_token_hard_expires_in"] <= 157680000
    assert "x_refresh_token_hard_expires_in" not in refresh(app.books.url, app.refresh_token).json()


def test_a_wrong_secret_is_invalid_client_where_one_was_given():
    with Sandbox(client_id="id", client_secret="other") as books:
        grant = books.open_realm(empty=True)
        answer = refresh(books.url, grant["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_given_token_opens_every_realm_and_any_refresh_token_starts_a_grant():
    with Sandbox(token="let-me-in", country="GB") as books:

        def country(realm, token):
            url = f"{books.url}/v3/company/{realm}/companyinfo/{realm}"
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            return requests.get(url, headers=headers, timeout=10).json()["CompanyInfo"]["Country"]

        assert country("4620816365", "let-me-in") == "GB"
        assert books.company("4620816365").all("Invoice")
        granted = refresh(books.url, "mine").json()
        assert country("4620816365", granted["access_token"]) == "GB"
