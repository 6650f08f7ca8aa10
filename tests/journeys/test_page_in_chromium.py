"""The sandbox's pages in a real Chromium, 360 pixels wide, by keyboard alone."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser

from sandbox.server import Sandbox
from tests.journeys import chromium
from tests.journeys.chromium import Person
from tests.sandbox.conftest import App, Subscriber

NARROW, WIDE = 360, 1200


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium.installed()
    if path is None and chromium.VARIABLE in os.environ:
        pytest.fail(f"{chromium.VARIABLE} names no browser")
    if path is None:
        pytest.skip(f"there is no Chromium here; {chromium.VARIABLE} may name one")
    with chromium.running(path) as started:
        yield started


@pytest.fixture
def sit_down(browser: Browser) -> Iterator[Callable[..., Person]]:
    """A person in front of a new window."""
    contexts = []

    def opened(width: int = NARROW) -> Person:
        contexts.append(browser.new_context(viewport={"width": width, "height": 740}, locale="en-US"))
        return Person(contexts[-1].new_page())

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def books() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def app(books: Sandbox) -> App:
    grant = books.open_realm(empty=True)
    return App(books, grant["realm"], grant["access_token"], grant["refresh_token"])


@pytest.fixture
def subscriber(app: App) -> Iterator[Subscriber]:
    listening = Subscriber()
    wishes = {"url": listening.url, "verifier_token": "t", "echo": False}
    assert app.control("POST", "/webhooks", wishes).status_code == 201
    yield listening
    listening.stop()


class ComeBack:
    """The address of an app to which the consent page sends the browser back."""

    def __init__(self) -> None:
        self.queries: list[dict[str, list[str]]] = []
        came = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/back":
                    came.queries.append(parse_qs(url.query))
                self.send_response(200)
                self.send_header("content-type", "text/html")
                self.end_headers()
                self.wfile.write(b"<main>Thank you, you may close this window.</main>")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/back"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


@pytest.fixture
def come_back() -> Iterator[ComeBack]:
    address = ComeBack()
    yield address
    address.stop()


def consent_page(app: App, address: ComeBack) -> str:
    asked = {
        "client_id": "ABclient",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting openid",
        "redirect_uri": address.url,
        "state": "s-1",
    }
    return f"{app.books.url}/connect/oauth2?{urlencode(asked)}"


def a_long_invoice(app: App) -> str:
    """One with names and texts that do not want to fit a narrow screen; its Id."""
    body = app.invoice_body(1234567.5)
    body["Line"][0] |= {"Description": "Donaudampfschifffahrtsgesellschaftskapitänswitwenrente " * 4}
    body["Line"][0]["SalesItemLineDetail"] |= {"Qty": 1, "UnitPrice": 1234567.5}
    note = {"PrivateNote": "https://example.com/" + "a" * 200, "BillEmail": {"Address": "ann@example.com"}}
    customer = app.customer("Wohnungseigentümergemeinschaft-Kaiser-Wilhelm-Gedächtnis-Straße-Nr-1234567890 GmbH")
    own = {"CustomerRef": {"value": customer["Id"]}, "DocNumber": "INV-20261121-00000001"}
    return str(app.post("/invoice", {**body, **note, **own})["Invoice"]["Id"])


def every_page(app: App, invoice: str) -> list[str]:
    paid = app.pay(app.read("Invoice", invoice), 10)
    company = f"{app.books.url}/app/companies/{app.realm}"
    lists = [f"{company}/{name}" for name in ("invoices", "customers", "payments", "connection")]
    records = [f"{company}/invoice/{invoice}", f"{company}/payment/{paid['Id']}", f"{company}/customer/2"]
    return [app.books.url, *lists, *records, f"{app.books.url}/app/nowhere"]


def events_about(subscriber: Subscriber, app: App) -> list[str]:
    assert app.books.wait_until_notified()
    return subscriber.types


def test_a_person_connects_an_app_by_keyboard_and_the_app_gets_the_code(
    app: App, come_back: ComeBack, sit_down: Callable[..., Person]
) -> None:
    other = app.books.open_realm(realm="9999000000000001")["realm"]
    person = sit_down()
    person.page.goto(consent_page(app, come_back))
    assert [one["name"] for one in person.walk()] == ["Skip to content", "Company", "Connect", "Cancel"]
    person.tab_to("Company")
    person.page.keyboard.press("ArrowDown")
    assert person.page.input_value("#realm") == other
    person.tab_to("Connect")
    person.press_to_go()
    assert "Thank you" in person.text
    (said,) = come_back.queries
    assert (said["state"], said["realmId"]) == (["s-1"], [other])
    form = {"grant_type": "authorization_code", "code": said["code"][0], "redirect_uri": come_back.url}
    tokens = requests.post(
        f"{app.books.url}/oauth2/v1/tokens/bearer", data=form, auth=("ABclient", "secret"), timeout=10
    )
    assert tokens.status_code == 200


def test_a_person_who_cancels_by_keyboard_lets_nobody_in(
    app: App, come_back: ComeBack, sit_down: Callable[..., Person]
) -> None:
    person = sit_down()
    person.page.goto(consent_page(app, come_back))
    person.tab_to("Cancel")
    person.press_to_go()
    assert come_back.queries == [{"error": ["access_denied"], "state": ["s-1"]}]


def test_a_bookkeeper_finds_pays_edits_sends_and_voids_an_invoice_by_keyboard_and_each_is_notified(
    app: App, subscriber: Subscriber, sit_down: Callable[..., Person]
) -> None:
    id = app.invoice(100)["Id"]
    app.invoice(7)
    person = sit_down()
    person.page.goto(app.books.url)
    person.tab_to(app.get("/companyinfo/1")["CompanyInfo"]["CompanyName"])
    person.press_to_go()
    person.tab_to("Number or name")
    person.page.keyboard.type(app.read("Invoice", id)["DocNumber"])
    person.press_to_go()
    person.tab_to(app.read("Invoice", id)["DocNumber"])
    person.press_to_go()

    person.tab_to("Amount, USD")
    person.type_over("40")
    person.press_to_go()
    assert "The payment is recorded." in person.text
    assert events_about(subscriber, app) == ["qbo.payment.created.v1 3", f"qbo.invoice.updated.v1 {id}"]

    person.tab_to("Quantity", within="Line 1")
    person.type_over("3")
    person.tab_to("Rate", within="Line 1")
    person.type_over("50")
    person.tab_to("Private note")
    person.page.keyboard.type("By keyboard")
    person.tab_to("Save changes")
    person.press_to_go()
    assert "The changes are saved." in person.text
    assert events_about(subscriber, app)[2:] == [f"qbo.invoice.updated.v1 {id}"]
    edited = app.read("Invoice", id)
    assert (edited["TotalAmt"], edited["Balance"], edited["PrivateNote"]) == (150, 110, "By keyboard")

    person.tab_to("To the address")
    person.page.keyboard.type("nobody")
    person.press_to_go()
    assert "Email Address does not conform" in str(person.page.evaluate("document.activeElement.innerText"))
    person.tab_to("To the address")
    person.type_over("ann@example.com")
    person.press_to_go()
    assert events_about(subscriber, app)[3:] == [f"qbo.invoice.emailed.v1 {id}"]

    person.tab_to("Void this invoice")
    person.page.keyboard.press("Enter")
    person.tab_to("Void it")
    person.press_to_go()
    assert "It is void now." in person.text
    assert f"qbo.invoice.void.v1 {id}" in events_about(subscriber, app)[4:]
    assert app.read("Invoice", id)["TotalAmt"] == 0


def test_the_focus_goes_down_the_page_in_order_and_can_always_be_seen(
    app: App, sit_down: Callable[..., Person]
) -> None:
    id = a_long_invoice(app)
    person = sit_down()
    person.page.goto(f"{app.books.url}/app/invoice?txnId={id}&companyId={app.realm}")
    walked = person.walk()
    names = [str(one["name"]) for one in walked]
    content = names[names.index("Invoice as PDF") :]
    assert names[:3] == ["Skip to content", "Companies", "Invoices"]
    assert content == [
        "Invoice as PDF",
        "Amount, USD",
        "Receive payment",
        "To the address",
        "Send",
        "Description",
        "Quantity",
        "Rate",
        "Due date",
        "Customer's e-mail",
        "Message to the customer",
        "Private note",
        "Save changes",
        "Void this invoice",
        "Delete this invoice",
    ]
    assert [one["name"] for one in walked if not one["seen"]] == []
    tops = [float(str(one["top"])) for one in walked[1:]]
    assert all(after >= before - 8 for before, after in pairwise(tops))


def test_the_skip_link_leads_past_the_menu(app: App, sit_down: Callable[..., Person]) -> None:
    person = sit_down()
    person.page.goto(f"{app.books.url}/app/companies/{app.realm}/invoices")
    person.tab_to("Skip to content")
    person.page.keyboard.press("Enter")
    person.page.keyboard.press("Tab")
    assert person.focus
    assert person.focus["name"] == "Number or name"


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_no_page_scrolls_sideways_and_every_text_has_contrast(
    app: App, come_back: ComeBack, sit_down: Callable[..., Person], width: int
) -> None:
    invoice = a_long_invoice(app)
    person = sit_down(width)
    for url in [*every_page(app, invoice), consent_page(app, come_back)]:
        person.page.goto(url)
        assert person.page.evaluate("document.documentElement.scrollWidth") <= width, url
        found = person.page.evaluate(chromium.PALE_TEXTS)
        assert found["looked"] > 3
        assert found["pale"] == [], url


def test_nothing_on_a_page_is_refused_by_its_own_policy(
    app: App, come_back: ComeBack, sit_down: Callable[..., Person]
) -> None:
    person = sit_down()
    said: list[str] = []
    person.page.on("console", lambda message: said.append(message.text))
    person.page.on("pageerror", lambda error: said.append(str(error)))
    for url in [*every_page(app, a_long_invoice(app))[:-1], consent_page(app, come_back)]:
        person.page.goto(url)
        # The stylesheet counts: a page without it would be as wide as its longest word.
        assert person.page.evaluate("getComputedStyle(document.body).margin") == "0px"
    assert said == []
