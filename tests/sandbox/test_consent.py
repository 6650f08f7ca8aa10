"""The consent page: choosing a company and letting an app in, or not."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

ASKED = {
    "client_id": "ABclient",
    "response_type": "code",
    "scope": "com.intuit.quickbooks.accounting openid email",
    "redirect_uri": "http://localhost:8000/back?keep=1",
    "state": "s&1",
    "nonce": "n-1",
}


class Fields(HTMLParser):
    """The page's hidden fields, its choices of a company, its buttons and its text."""

    def __init__(self, answer):
        super().__init__()
        self.hidden, self.choices, self.buttons, self.text, self.scripts = {}, [], [], "", 0
        self.feed(answer.text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "input" and found["type"] == "hidden":
            self.hidden[found["name"]] = found["value"]
        if tag == "option":
            self.choices.append(found["value"])
        if tag == "button":
            self.buttons.append((found["name"], found["value"]))
        self.scripts += tag == "script"

    def handle_data(self, data):
        self.text += data


def show(books, **changes):
    asked = {name: value for name, value in {**ASKED, **changes}.items() if value is not None}
    return requests.get(f"{books.url}/connect/oauth2", params=asked, timeout=10, allow_redirects=False)


def decide(books, headers=None, **form):
    url = f"{books.url}/connect/oauth2"
    return requests.post(url, data=form, headers=headers, timeout=10, allow_redirects=False)


def back(answer):
    assert answer.status_code == 302, answer.text
    url = urlsplit(answer.headers["location"])
    assert (url.scheme, url.netloc, url.path) == ("http", "localhost:8000", "/back")
    return {name: values[0] for name, values in parse_qs(url.query).items()}


@pytest.mark.behaviour(
    "Tokens and consent",
    "The user picks a company and connects; the app gets a code, the realm and its state.",
    "documented",
)
def test_what_the_page_carries_leads_back_with_a_code_for_the_chosen_company(books, connect):
    app, other = connect(), connect()
    page = Fields(show(books))
    assert set(page.choices) == {app.realm, other.realm, ""}
    assert page.buttons == [("decision", "connect"), ("decision", "cancel")]
    said = back(decide(books, **page.hidden, realm=other.realm, decision="connect"))
    assert (said["state"], said["realmId"], said["keep"]) == ("s&1", other.realm, "1")
    form = {"grant_type": "authorization_code", "code": said["code"], "redirect_uri": ASKED["redirect_uri"]}
    tokens = requests.post(
        f"{books.url}/oauth2/v1/tokens/bearer", data=form, auth=("ABclient", "secret"), timeout=10
    ).json()
    read = requests.get(
        f"{books.url}/v3/company/{other.realm}/companyinfo/1",
        headers={"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"},
        timeout=10,
    )
    assert read.status_code == 200


def test_a_new_company_can_be_chosen(books):
    page = Fields(show(books))
    said = back(decide(books, **page.hidden, realm="", decision="connect"))
    assert books.company(said["realmId"]).realm == said["realmId"]


@pytest.mark.behaviour("Tokens and consent", "A user who declines sends the app error=access_denied.", "documented")
def test_a_user_who_cancels_lets_nobody_in(books, app):
    page = Fields(show(books))
    said = back(decide(books, **page.hidden, realm=app.realm, decision="cancel"))
    assert said == {"keep": "1", "error": "access_denied", "state": "s&1"}


def test_a_redirect_address_is_kept_whatever_its_letters(books):
    page = Fields(show(books, redirect_uri="http://localhost:8000/zażółć/a%2Fb?empty="))
    location = decide(books, **page.hidden, decision="cancel").headers["location"]
    assert location.startswith("http://localhost:8000/za%C5%BC%C3%B3%C5%82%C4%87/a%2Fb?empty=&error=access_denied")


def test_the_page_says_who_asks_for_what_and_that_it_is_a_sandbox(books):
    page = Fields(show(books))
    for words in (
        "ABclient",
        "localhost:8000",
        "read and change customers, invoices",
        "know who you are",
        "not Intuit's",
    ):
        assert words in page.text


def test_choosing_a_company_connects_it_again_after_a_disconnection(books, app):
    books.act(app.realm, disconnect={})
    page = Fields(show(books))
    back(decide(books, **page.hidden, realm=app.realm, decision="connect"))
    assert not books.company(app.realm).disconnected


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": None},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "/back"},
        {"redirect_uri": "http://[bad"},
        {"client_id": None},
    ],
)
def test_without_a_way_back_the_user_stays_here(books, changes):
    answer = show(books, **changes)
    assert answer.status_code == 400
    assert "This app cannot be connected" in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "x"}, "invalid_scope"),
    ],
)
def test_a_wrong_question_goes_back_to_the_app_as_an_error(books, changes, error):
    assert back(show(books, **changes)) == {"keep": "1", "error": error, "state": "s&1"}


def test_what_the_app_sent_is_shown_as_text(books):
    page = Fields(show(books, client_id="<script>1</script>", state='"><script>', nonce="שלום"))
    assert page.scripts == 0
    assert (page.hidden["state"], page.hidden["nonce"]) == ('"><script>', "שלום")
    assert "<script>1</script>" in page.text


def test_another_sites_form_connects_nothing(books, app):
    page = Fields(show(books))
    answer = decide(books, {"Sec-Fetch-Site": "cross-site"}, **page.hidden, realm=app.realm, decision="connect")
    assert answer.status_code == 403
    assert "location" not in answer.headers


def test_the_forms_redirect_is_allowed_by_the_pages_own_policy(books):
    """A browser holds the redirect behind a form to form-action."""
    policy = show(books).headers["content-security-policy"]
    assert "form-action 'self' http: https:;" in policy
    assert "frame-ancestors 'none'" in policy
