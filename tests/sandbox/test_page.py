"""The bookkeeper's page: what a person sees in the books with a browser, and does there."""

from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import urlsplit

import pytest
import requests

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SAYINGS = ("<script>alert(1)</script>", "Ann 😀 & \"Co\" 'x'", "שלום עולם", "</textarea><b>", "{{ 7*7 }}")


class Page(HTMLParser):
    """What a test looks at in a page: tags with their attributes, and the visible text."""

    SILENT = ("style", "script", "title")

    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.tags = []
        self.text = ""
        self.texts = {}
        self._inside = []
        self._area = ""
        self.feed(answer.text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "textarea":
            self._area = dict(attrs)["name"]
            self.texts[self._area] = ""
        if tag in self.SILENT:
            self._inside.append(tag)

    def handle_endtag(self, tag):
        if tag == "textarea":
            # A browser leaves out the first line end, and sends each of the others as two marks.
            ends = self.texts[self._area].replace("\r\n", "\n").replace("\r", "\n")
            self.texts[self._area] = ends.removeprefix("\n").replace("\n", "\r\n")
            self._area = ""
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data):
        if self._area:
            self.texts[self._area] += data
        if not self._inside:
            self.text += data

    def all(self, *names):
        return [attrs for tag, attrs in self.tags if tag in names]

    @property
    def fields(self):
        """What a browser would send, were nothing typed."""
        return self.texts | {one["name"]: one.get("value") for one in self.all("input") if "name" in one}

    @property
    def links(self):
        return [one["href"] for one in self.all("a")]

    @property
    def forms(self):
        return [one["action"] for one in self.all("form") if one["method"] == "post"]


@pytest.fixture
def browse(books):
    """Get a page as a browser does, redirects followed."""

    def got(path, status=200, **params):
        answer = requests.get(books.url + path, params=params, headers=HTML, timeout=10)
        assert answer.status_code == status, answer.text
        return Page(answer)

    return got


@pytest.fixture
def submit(books):
    """Post a form as a browser of this site does; the page that follows, or the answer as it is."""

    def posted(path, status=200, headers=None, **form):
        own = {**HTML, "Origin": books.url, "Sec-Fetch-Site": "same-origin"}
        own = {name: value for name, value in {**own, **(headers or {})}.items() if value}
        answer = requests.post(books.url + path, data=form, headers=own, timeout=10)
        assert answer.status_code == status, answer.text
        return Page(answer)

    return posted


def place(app, kind, id):
    return f"/app/companies/{app.realm}/{kind}/{id}"


# ---------------------------------------------------------------- finding


def test_the_front_door_is_json_for_a_program_and_a_list_of_companies_for_a_browser(app, connect, browse):
    other = connect(country="DE", currency="EUR")
    assert requests.get(app.books.url, timeout=10).json() == {"sandbox": "QuickBooks Online", "realms": 2}
    page = browse("/")
    assert {f"/app/companies/{one.realm}" for one in (app, other)} <= set(page.links)
    assert "Germany" in page.text


def test_a_sandbox_without_a_company_says_how_one_is_made(browse):
    assert "There is no company yet." in browse("/").text
    assert "There is no company yet." in browse("/app/invoice", txnId="1").text


def test_every_page_says_that_it_is_a_sandbox_and_not_intuits(app, browse):
    for path in ("/", f"/app/companies/{app.realm}", "/app/nowhere"):
        status = 404 if "nowhere" in path else 200
        assert "A simulation of QuickBooks Online, not Intuit's" in browse(path, status).text


@pytest.mark.behaviour(
    "The bookkeeper's page", "Invoices are listed newest first, fifty to a page, however many there are.", "assumed"
)
def test_invoices_are_listed_newest_first_fifty_to_a_page(app, browse):
    made = [app.invoice(n + 1)["DocNumber"] for n in range(53)]
    first = browse(f"/app/companies/{app.realm}")
    assert "Page 1 of 2 · 53 found" in first.text
    shown = [number for number in first.text.split() if number in made]
    assert shown == made[:2:-1]
    second = browse(next(link for link in first.links if "page=2" in link))
    assert [number for number in second.text.split() if number in made] == made[2::-1]
    assert any("page=1" in link for link in second.links)


@pytest.mark.parametrize(("wanted", "status"), [("0", 1), ("9999", 1), ("x", 1), ("-3", 1), ("9" * 30, 1)])
def test_a_page_that_does_not_exist_is_the_nearest_that_does(app, browse, wanted, status):
    app.invoice()
    assert "Page 1 of 1 · 1 found" in browse(f"/app/companies/{app.realm}", page=wanted).text


def test_a_search_finds_by_whole_number_and_by_part_of_the_customers_name(app, browse):
    by_ann = app.invoice()
    other = app.customer("Zoë's Bakery")
    by_zoe = app.invoice(CustomerRef={"value": other["Id"]}, DocNumber="A-77")
    here = f"/app/companies/{app.realm}/invoices"

    def found(search):
        return {link.rpartition("/")[2] for link in browse(here, search=search).links if "/invoice/" in link}

    assert found("a-77") == {by_zoe["Id"]}
    assert found("zoë") == {by_zoe["Id"]}
    assert found("Shop") == {by_ann["Id"]}
    assert found("") == {by_ann["Id"], by_zoe["Id"]}
    assert found("nobody") == set()


def test_a_customers_page_shows_the_card_and_every_transaction_of_theirs(app, browse):
    invoice = app.invoice(80)
    payment = app.pay(invoice, 30)
    app.customer("Somebody Else", PrimaryEmailAddr={"Address": "else@example.com"})
    listed = browse(f"/app/companies/{app.realm}/customers", search="ELSE@")
    assert [link for link in listed.links if "/customer/" in link] == [place(app, "customer", "2")]
    page = browse(place(app, "customer", "1"))
    assert "Ann's Shop" in page.text
    assert "50.00 USD" in page.text
    own = [link for link in page.links if "/invoice/" in link or "/payment/" in link]
    assert own == [place(app, "payment", payment["Id"]), place(app, "invoice", invoice["Id"])]


def test_a_hundred_thousand_invoices_take_no_longer_to_list_than_a_few(app, browse, books):
    """Counted by what is opened, since time on a busy machine says little."""
    made = [app.invoice() for _ in range(60)]
    company = books.company(app.realm)
    opened = []
    found = company.find
    company.find = lambda kind, id: opened.append((kind, id)) or found(kind, id)
    browse(f"/app/companies/{app.realm}/invoices", page=2)
    assert len([one for one in opened if one[0] == "Invoice"]) == len(made) - 50


# ---------------------------------------------------------------- deep links


@pytest.mark.behaviour(
    "The bookkeeper's page", "QuickBooks' own addresses of records lead to their pages here.", "reported"
)
@pytest.mark.parametrize("name", ["invoice", "recvpayment", "customerdetail"])
def test_a_deep_link_leads_to_the_record_in_its_company(app, connect, browse, name):
    connect()
    invoice = app.invoice()
    payment = app.pay(invoice, 5)
    id = {"invoice": invoice["Id"], "recvpayment": payment["Id"], "customerdetail": "1"}[name]
    parameter = "nameId" if name == "customerdetail" else "txnId"
    page = browse(f"/app/{name}", **{parameter: id, "companyId": app.realm})
    kind = {"invoice": "invoice", "recvpayment": "payment", "customerdetail": "customer"}[name]
    assert urlsplit(page.answer.url).path == place(app, kind, id)


def test_a_deep_link_without_a_company_takes_the_only_one_or_asks(app, connect, browse):
    invoice = app.invoice()
    assert browse("/app/invoice", txnId=invoice["Id"]).answer.url.endswith(place(app, "invoice", invoice["Id"]))
    connect()
    asked = browse("/app/invoice", txnId=invoice["Id"])
    assert "In which company?" in asked.text
    chosen = browse(next(link for link in asked.links if app.realm in link))
    assert chosen.answer.url.endswith(place(app, "invoice", invoice["Id"]))


@pytest.mark.parametrize(
    "path",
    [
        "/app/companies/nobody",
        "/app/companies/{realm}/invoice/77",
        "/app/companies/{realm}/invoice/%2e%2e",
        "/app/companies/{realm}/preferences/1",
        "/app/companies/{realm}/customer/77",
        "/app/companies/{realm}/nothings",
        "/app/invoice?txnId=1&companyId=nobody",
        "/app/invoice?txnId=77&companyId={realm}",
        "/app/report",
    ],
)
def test_what_is_not_there_is_said_to_be_missing(app, browse, path):
    assert "Not found" in browse(path.format(realm=app.realm), 404).text


# ---------------------------------------------------------------- doing


@pytest.mark.behaviour(
    "The bookkeeper's page",
    "What a person does on the page is notified as a bookkeeper's act, never metered and never limited.",
    "assumed",
)
def test_every_act_of_the_page_is_notified_and_none_is_metered_or_limited(app, browse, submit, subscriber):
    invoice = app.invoice(100, BillEmail={"Address": "ann@example.com"})
    app.control("POST", "/switches", {"limits": "on"})
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": "t"})
    metered = app.control("GET", "/meter").json()
    here, id = place(app, "invoice", invoice["Id"]), invoice["Id"]
    for _ in range(30):
        browse(here)
    submit(f"{here}/pay", amount="40")
    submit(f"{here}/send", to="ann@example.com")
    submit(f"{here}/edit", **browse(here).fields | {"note": "called on Monday"})
    submit(f"{here}/void")
    submit(f"{here}/delete")
    assert app.books.wait_until_notified()
    acts = [one for one in subscriber.types if one.endswith(f" {id}")]
    assert [f"qbo.invoice.{act}.v1 {id}" for act in ("updated", "emailed", "updated", "void", "deleted")] == acts
    assert app.control("GET", "/meter").json() == metered


def test_a_payment_received_on_the_page_settles_the_invoice(app, submit):
    invoice = app.invoice(100)
    page = submit(f"{place(app, 'invoice', invoice['Id'])}/pay", amount="40.50")
    assert "The payment is recorded." in page.text
    assert "Partly paid" in page.text
    assert app.read("Invoice", invoice["Id"])["Balance"] == 59.5


def test_an_edit_changes_what_was_typed_and_nothing_else(app, browse, submit):
    lines = [
        {"DetailType": "DescriptionOnly", "Description": "Part one"},
        *app.invoice_body(100)["Line"],
        {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}},
    ]
    made = app.invoice(Line=lines, PrivateNote="a\nb", CustomerMemo={"value": "Thanks"}, DocNumber="X1")
    sold = made["Line"][1]["Id"]
    here = place(app, "invoice", made["Id"])
    typed = browse(here).fields | {
        f"quantity-{sold}": "3",
        f"rate-{sold}": "7.125",
        f"description-{sold}": "Three of them",
        "due": "2031-02-03",
        "email": "ann@example.com",
    }
    assert "The changes are saved." in submit(f"{here}/edit", **typed).text
    now = app.read("Invoice", made["Id"])
    assert [one.get("Description") for one in now["Line"][:2]] == ["Part one", "Three of them"]
    assert (now["Line"][1]["Amount"], now["Line"][1]["Id"], now["TotalAmt"]) == (21.38, sold, 19.24)
    assert (now["DueDate"], now["BillEmail"]["Address"]) == ("2031-02-03", "ann@example.com")
    assert (now["PrivateNote"], now["CustomerMemo"]["value"], now["DocNumber"]) == ("a\nb", "Thanks", "X1")


def test_a_cleared_field_is_cleared_and_an_unchanged_form_saves_nothing(app, browse, submit):
    line = app.invoice_body()["Line"][0] | {"Description": "\nfirst\r\nsecond\n"}
    note, message, email = "secret\r\n", {"value": "Thanks\n\nso much"}, {"Address": "a@example.com"}
    made = app.invoice(Line=[line], PrivateNote=note, CustomerMemo=message, BillEmail=email)
    here = place(app, "invoice", made["Id"])
    same = browse(here).fields
    assert "nothing was saved" in submit(f"{here}/edit", **same).text
    assert app.read("Invoice", made["Id"])["SyncToken"] == made["SyncToken"]
    submit(f"{here}/edit", **same | {"note": "", "message": "", "email": ""})
    now = app.read("Invoice", made["Id"])
    assert not {"PrivateNote", "CustomerMemo", "BillEmail"} & set(now)


def test_a_bundle_of_items_is_shown_with_its_parts_and_kept_by_an_edit(app, browse, submit):
    app.customer()
    hour, day = app.item("Hour"), app.item("Day")
    parts = [{"ItemRef": {"value": hour["Id"]}, "Qty": 2}, {"ItemRef": {"value": day["Id"]}, "Qty": 1}]
    bundle = app.post("/item", {"Name": "Bundle", "Type": "Group", "ItemGroupDetail": {"ItemGroupLine": parts}})["Item"]
    group = {"GroupItemRef": {"value": bundle["Id"]}, "Quantity": 1}
    own = {"DetailType": "SalesItemLineDetail", "Amount": 5, "SalesItemLineDetail": {"ItemRef": {"value": hour["Id"]}}}
    made = app.invoice(Line=[{"DetailType": "GroupLineDetail", "GroupLineDetail": group}, own])
    here = place(app, "invoice", made["Id"])
    page = browse(here)
    assert all(name in page.text for name in ("Bundle", "Hour", "Day"))
    (described,) = (name for name in page.fields if name.startswith("description-"))
    submit(f"{here}/edit", **page.fields | {described: "one more hour"})
    now = app.read("Invoice", made["Id"])
    assert now["Line"][0]["GroupLineDetail"]["Line"] == made["Line"][0]["GroupLineDetail"]["Line"]
    assert now["Line"][1]["Description"] == "one more hour"


def test_a_line_whose_price_includes_the_tax_is_worked_out_anew(connect, browse, submit):
    app = connect(country="DE", currency="EUR")
    body = app.invoice_body(100, GlobalTaxCalculation="TaxInclusive")
    detail = {"TaxCodeRef": {"value": "2"}, "Qty": 1, "UnitPrice": 100, "TaxInclusiveAmt": 119}
    body["Line"][0]["SalesItemLineDetail"] |= detail
    made = app.post("/invoice", body)["Invoice"]
    assert made["TotalAmt"] == 119
    here = place(app, "invoice", made["Id"])
    submit(f"{here}/edit", **browse(here).fields | {"quantity-1": "2"})
    assert app.read("Invoice", made["Id"])["TotalAmt"] == 238


def test_an_estimate_expires_on_the_day_that_was_typed(app, browse, submit):
    made = app.post("/estimate", app.invoice_body(100))["Estimate"]
    here = place(app, "estimate", made["Id"])
    page = submit(f"{here}/edit", **browse(here).fields | {"due": "2031-02-03"})
    assert "Expires2031-02-03" in "".join(page.text.split())
    assert app.read("Estimate", made["Id"])["ExpirationDate"] == "2031-02-03"
    assert f"{here}/pay" not in page.forms


@pytest.mark.behaviour(
    "The bookkeeper's page",
    "A form that was shown before somebody else's change is refused as stale (5010).",
    "assumed",
)
def test_a_form_from_before_somebody_elses_change_is_refused(app, browse, submit):
    made = app.invoice()
    here = place(app, "invoice", made["Id"])
    shown = browse(here).fields
    app.pay(made, 10)
    refused = submit(f"{here}/edit", 400, **shown | {"note": "mine"})
    assert "(5010)" in refused.text
    assert refused.fields["note"] == "mine"
    # What is shown now is the newest version, so that the second try counts.
    assert "The changes are saved." in submit(f"{here}/edit", **refused.fields).text


@pytest.mark.parametrize(
    ("act", "form", "sentence"),
    [
        ("pay", {"amount": "ten"}, "'ten' is not a number."),
        ("pay", {"amount": "-5"}, "Transaction amount must be 0 or greater. (6000)"),
        ("pay", {}, "'' is not a number."),
        ("send", {"to": ""}, "Please enter a valid email address before sending. (6000)"),
        ("send", {"to": "nobody"}, "does not conform to the syntax rules of RFC 822. (2210)"),
        ("edit", {"due": "next week"}, "Invalid date. Supplied value:next week (2170)"),
        ("edit", {"quantity-1": "many"}, "'many' is not a number."),
        ("edit", {"rate-1": "-9"}, "Transaction amount must be 0 or greater. (6000)"),
    ],
)
def test_a_refused_form_comes_back_as_typed_with_the_reason_beside_it(app, submit, act, form, sentence):
    made = app.invoice(100)
    if "quantity-1" in form or "rate-1" in form:
        form = {"quantity-1": "1", "rate-1": "100", **form}
    refused = submit(f"{place(app, 'invoice', made['Id'])}/{act}", 400, **form)
    assert sentence in refused.text
    (problem,) = (one for one in refused.all("p") if one.get("role") == "alert")
    assert problem["id"] == f"{act}-problem"
    for name, value in form.items():
        assert refused.fields[name] == value
    assert app.read("Invoice", made["Id"]) == made


HOSTILE = (
    "1e400",
    "-1e400",
    "1e-400",
    "9" * 5000,
    "NaN",
    "Infinity",
    "\x00",
    "\ud800",
    "2026-02-30",
    "\u202e",
    "x" * 70000,
)


@pytest.mark.parametrize("said", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_typed_is_taken_or_refused_and_never_an_error_of_the_page(app, books, said):
    text = {"DetailType": "DescriptionOnly", "Description": "A text"}
    made = app.invoice(100, Line=[*app.invoice_body(100)["Line"], text])
    here = books.url + place(app, "invoice", made["Id"])
    for act, names in (
        ("pay", ["amount"]),
        ("send", ["to"]),
        ("edit", ["quantity-1"]),
        ("edit", ["rate-1", "quantity-1"]),
        ("edit", ["rate-2", "quantity-2"]),
        ("edit", ["due"]),
        ("edit", ["email"]),
        ("edit", ["note", "message", "description-1"]),
        ("edit", ["token"]),
    ):
        form = {name: said.encode("utf-8", "surrogatepass") for name in names}
        answer = requests.post(f"{here}/{act}", data=form, headers=HTML, timeout=10)
        assert answer.status_code in (200, 400), (act, names, answer.text)
        assert requests.get(here, headers=HTML, timeout=10).status_code == 200
        assert requests.get(f"{here}/pdf", timeout=10).status_code == 200
    for path in (f"/app/companies/{app.realm}", "/app/invoice", "/app/customerdetail", "/"):
        asked = {"search": said[:5000], "page": said[:5000], "done": said[:5000], "txnId": said[:5000]}
        answer = requests.get(
            books.url + path,
            params={name: text.encode("utf-8", "surrogatepass") for name, text in asked.items()},
            headers=HTML,
            timeout=10,
        )
        assert answer.status_code in (200, 404), answer.text


def test_a_void_invoice_is_shown_as_void_and_can_only_be_deleted(app, submit):
    made = app.invoice()
    here = place(app, "invoice", made["Id"])
    page = submit(f"{here}/void")
    assert "It is void now." in page.text
    assert page.forms == [f"{here}/delete"]
    assert "already been voided" in submit(f"{here}/void", 400).text


def test_a_payment_can_be_looked_at_and_voided(app, browse, submit):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 100)
    here = place(app, "payment", payment["Id"])
    assert place(app, "invoice", invoice["Id"]) in browse(here).links
    submit(f"{here}/void")
    assert app.read("Invoice", invoice["Id"])["Balance"] == 100


def test_a_deleted_invoice_is_gone_and_the_list_says_so(app, browse, submit):
    made = app.invoice()
    page = submit(f"{place(app, 'invoice', made['Id'])}/delete")
    assert "It is deleted." in page.text
    assert urlsplit(page.answer.url).path == f"/app/companies/{app.realm}"
    browse(place(app, "invoice", made["Id"]), 404)
    submit(f"{place(app, 'invoice', made['Id'])}/pay", 404, amount="1")


def test_a_disconnected_app_is_shut_out_and_the_page_says_how_it_comes_back(app, submit):
    page = submit(f"/app/companies/{app.realm}/disconnect")
    assert "The app is disconnected." in page.text
    assert "consent page" in page.text
    assert app.call("GET", "/companyinfo/1").status_code == 403


def test_a_company_with_foreign_currencies_takes_the_money_in_the_invoices_currency(connect, submit):
    app = connect(multicurrency=True)
    app.customer(CurrencyRef={"value": "EUR"})
    app.item()
    body = app.invoice_body(100, CurrencyRef={"value": "EUR"}, ExchangeRate=1.25)
    made = app.post("/invoice", body)["Invoice"]
    page = submit(f"{place(app, 'invoice', made['Id'])}/pay", amount="100")
    assert "1 EUR = 1.25 USD" in page.text
    assert app.read("Invoice", made["Id"])["Balance"] == 0


# ---------------------------------------------------------------- safety


@pytest.mark.parametrize("said", SAYINGS)
def test_every_value_is_shown_as_text(app, browse, said):
    name = app.customer(said, Notes=said)["DisplayName"]
    item = app.item("Thing")
    line = {"DetailType": "SalesItemLineDetail", "Amount": 5, "Description": said}
    line["SalesItemLineDetail"] = {"ItemRef": {"value": item["Id"]}}
    body = {"CustomerRef": {"value": "1"}, "Line": [line], "PrivateNote": said, "CustomerMemo": {"value": said}}
    invoice = app.post("/invoice", {**body, "DocNumber": said[:21]})["Invoice"]
    company = f"/app/companies/{app.realm}"
    for path in (company, f"{company}/customers", f"{company}/customer/1", place(app, "invoice", invoice["Id"])):
        page = browse(path)
        assert name in page.text
        assert page.all("script", "b") == []
    shown = browse(place(app, "invoice", invoice["Id"]))
    assert shown.fields["description-1"] == said
    assert shown.text.count(said) >= 3
    assert said in browse(f"{company}/invoices", search=said).fields["search"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "", "Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": "http://[bad"},
    ],
)
def test_another_sites_form_does_nothing(app, submit, headers):
    made = app.invoice()
    assert "came from another site" in submit(f"{place(app, 'invoice', made['Id'])}/void", 403, headers).text
    assert "came from another site" in submit(f"/app/companies/{app.realm}/disconnect", 403, headers).text
    assert app.read("Invoice", made["Id"]) == made


def test_a_form_of_an_older_browser_and_one_of_a_program_are_taken(app, submit):
    here = place(app, "invoice", app.invoice(100)["Id"])
    submit(f"{here}/pay", headers={"Sec-Fetch-Site": ""}, amount="1")
    submit(f"{here}/pay", headers={"Sec-Fetch-Site": "", "Origin": ""}, amount="1")


def test_a_browser_is_told_to_run_no_script_frame_no_page_and_keep_nothing(app, browse, submit):
    made = app.invoice()
    here = place(app, "invoice", made["Id"])
    for page in (browse("/"), browse(here), browse("/app/nowhere", 404), submit(f"{here}/pay", 400, amount="x")):
        said = page.answer.headers
        policy = dict(part.strip().split(" ", 1) for part in said["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "script-src" not in policy
        assert policy["style-src"].startswith("'sha256-")
        assert said["x-frame-options"] == "DENY"
        assert said["cache-control"] == "no-store"
        assert said["x-content-type-options"] == "nosniff"


def test_looking_never_changes_anything_and_a_form_is_only_posted(app, browse):
    made = app.invoice()
    here = place(app, "invoice", made["Id"])
    for act in ("pay", "send", "edit", "void", "delete"):
        browse(f"{here}/{act}", 404)
    assert app.read("Invoice", made["Id"]) == made
    assert requests.put(app.books.url + here, headers=HTML, timeout=10).status_code == 405


def test_the_page_leaves_no_trace_in_the_log_of_requests(app, browse):
    app.control("POST", "/faults", {"match": {"path": "/app"}, "every": 1, "then": {"kind": "status", "status": 500}})
    before = len(app.control("GET", "/requests").json())
    browse(f"/app/companies/{app.realm}")
    assert len(app.control("GET", "/requests").json()) == before


# ---------------------------------------------------------------- for everybody


def every_page(app):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 10)
    company = f"/app/companies/{app.realm}"
    kinds = [place(app, "invoice", invoice["Id"]), place(app, "payment", payment["Id"]), place(app, "customer", "1")]
    lists = [f"{company}/{name}" for name in ("customers", "payments", "connection")]
    return ["/", company, *lists, *kinds]


def test_every_page_has_a_language_one_heading_a_way_past_the_menu_and_labelled_fields(app, browse):
    for path in every_page(app):
        page = browse(path)
        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("h1")) == 1
        assert page.links[0] == "#content"
        assert page.all("main")[0]["id"] == "content"
        labelled = {one["for"] for one in page.all("label")}
        seen = [one for one in page.all("input", "select", "textarea") if one.get("type") != "hidden"]
        assert [one["id"] for one in seen if one["id"] not in labelled] == []
        ids = [one["id"] for _, one in page.tags if "id" in one]
        assert len(ids) == len(set(ids))
        described = [one["aria-describedby"] for _, one in page.tags if "aria-describedby" in one]
        assert set(described) <= set(ids)


def test_headings_go_down_one_step_at_a_time(app, browse):
    for path in every_page(app):
        levels = [int(tag[1]) for tag, _ in browse(path).tags if tag in ("h1", "h2", "h3", "h4")]
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
