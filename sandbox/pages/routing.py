"""Which page answers a browser, and what happens when it posts a form there."""

from datetime import date
from urllib.parse import quote, urlencode

from sandbox import acts
from sandbox.answers import Answer
from sandbox.calls import Call
from sandbox.clock import day
from sandbox.company import Company
from sandbox.documents import DUE, TITLES, document_of, letterhead_of, money
from sandbox.entities import BY_PATH, KINDS
from sandbox.entities.kind import Kind
from sandbox.numbers import Json
from sandbox.pages import forms, lists
from sandbox.pages.rendering import HEADERS, page, see_other
from sandbox.refusals import Refusal, WrongControl
from sandbox.world import World

# QuickBooks' own addresses of records, and which parameter holds the Id.
DEEP_LINKS = {
    "invoice": ("Invoice", "txnId"),
    "estimate": ("Estimate", "txnId"),
    "creditmemo": ("CreditMemo", "txnId"),
    "salesreceipt": ("SalesReceipt", "txnId"),
    "refundreceipt": ("RefundReceipt", "txnId"),
    "recvpayment": ("Payment", "txnId"),
    "customerdetail": ("Customer", "nameId"),
}
SECTIONS = {
    "invoices": "Invoice",
    "payments": "Payment",
    "estimates": "Estimate",
    "creditmemos": "CreditMemo",
    "salesreceipts": "SalesReceipt",
    "refundreceipts": "RefundReceipt",
}
# What a page says after a form was done.
DONE = {
    "pay": "The payment is recorded.",
    "send": "Marked as sent. The sandbox itself sends no e-mail.",
    "edit": "The changes are saved.",
    "nothing": "Nothing was different, so nothing was saved.",
    "void": "It is void now.",
    "delete": "It is deleted.",
    "disconnect": "The app is disconnected.",
}


class NoSuchPage(Exception):
    """There is nothing at this address; the text says what is missing."""


def wants_page(call: Call) -> bool:
    return "text/html" in call.headers.get("accept", "").lower()


def is_foreign(call: Call) -> bool:
    """Whether another site's page sent this form. Callers that are no browsers send neither header."""
    site = call.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = call.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != call.headers.get("host", "")


def answer(world: World, call: Call) -> Answer:
    """The page for / and everything under /app: never metered, never limited, not in the log of requests."""
    if call.method not in ("GET", "HEAD", "POST"):
        return Answer(405, headers={"allow": "GET, POST"})
    if call.method == "POST" and is_foreign(call):
        return refuse_foreign()
    try:
        return _posted(world, call) if call.method == "POST" else _shown(world, call)
    except NoSuchPage as missing:
        return page("message.html", {"title": "Not found", "sentence": str(missing)}, 404)


def refuse_foreign() -> Answer:
    sentence = "This form came from another site, so nothing was done."
    return page("message.html", {"title": "Refused", "sentence": sentence}, 403)


def record_path(realm: str, kind: Kind, id: str) -> str:
    return _path(realm, kind.path, id)


def _path(*parts: str) -> str:
    return "/app/companies/" + "/".join(quote(part, safe="") for part in parts)


def _shown(world: World, call: Call) -> Answer:
    match call.parts:
        case [] | ["app"] | ["app", "companies"]:
            return page("companies.html", {"companies": _companies(world), "onward": None})
        case ["app", "companies", realm, *rest]:
            return _in_company(world, _company(world, realm), call, rest)
        case ["app", name] if name in DEEP_LINKS:
            return _deep_link(world, call, name)
    raise NoSuchPage("There is no such page.")


def _in_company(world: World, company: Company, call: Call, rest: list[str]) -> Answer:
    match rest:
        case []:
            return _transactions(world, company, call, "invoices")
        case ["customers"]:
            listing = lists.customers(company, call.params.get("search", ""), _page_number(call))
            return page("customers.html", {**_frame(company, call, "customers"), "listing": listing})
        case ["connection"]:
            return page("connection.html", _frame(company, call, "connection"))
        case [section] if section in SECTIONS and SECTIONS[section] in KINDS:
            return _transactions(world, company, call, section)
        case ["customer", id]:
            return _customer(world, company, call, id)
        case [path, id]:
            kind, record = _record(company, path, id)
            return _document(world, company, call, kind, record)
        case [path, id, "pdf"]:
            return _pdf(company, *_record(company, path, id))
    raise NoSuchPage("There is no such page.")


def _posted(world: World, call: Call) -> Answer:
    match call.parts:
        case ["app", "companies", realm, "disconnect"]:
            acts.act(world, _company(world, realm), {"disconnect": {}})
            return see_other(_path(realm, "connection") + "?done=disconnect")
        case ["app", "companies", realm, path, id, act] if act in forms.ACTS:
            return _acted(world, _company(world, realm), call, path, id, act)
    raise NoSuchPage("There is no such form.")


def _acted(world: World, company: Company, call: Call, path: str, id: str, act: str) -> Answer:
    """Do it as a bookkeeper's act and show what became of it; refused, the form again with the reason beside it."""
    try:
        # One lock around looking and doing: nobody changes the record in between.
        with company.lock:
            kind, record = _record(company, path, id)
            wanted = forms.act_of(kind, record, act, call.form)
            if wanted is not None:
                acts.act(world, company, wanted)
    except Refusal as refusal:
        problem = " ".join(f"{fault.detail or fault.message} ({fault.code})" for fault in refusal.faults)
    except (WrongControl, ValueError) as wrong:
        problem = f"{str(wrong).removesuffix('.')}."
    else:
        if act == "delete":
            return see_other(_path(company.realm) + "?done=delete")
        return see_other(f"{record_path(company.realm, kind, id)}?done={act if wanted else 'nothing'}")
    return _document(world, company, call, kind, record, {act: problem})


def _companies(world: World) -> list[dict[str, object]]:
    known = sorted(world.companies.values(), key=lambda one: one.realm)
    return [{"name": letterhead_of(one).name, "company": one} for one in known]


def _company(world: World, realm: str) -> Company:
    company = world.companies.get(realm)
    if company is None:
        raise NoSuchPage(f"There is no company {realm} in this sandbox.")
    return company


def _record(company: Company, path: str, id: str) -> tuple[Kind, Json]:
    kind = BY_PATH.get(path)
    record = company.find(kind.name, id) if kind is not None and kind.name in TITLES else None
    if kind is None or record is None:
        raise NoSuchPage(f"There is no {path} {id} in these books; it may have been deleted.")
    return kind, record


def _transactions(world: World, company: Company, call: Call, section: str) -> Answer:
    kind = SECTIONS[section]
    search = call.params.get("search", "")
    listing = lists.transactions(company, kind, search, _page_number(call), _today(world, company))
    own = {"kind": kind, "title": TITLES[kind], "listing": listing}
    return page("transactions.html", {**_frame(company, call, section), **own})


def _customer(world: World, company: Company, call: Call, id: str) -> Answer:
    customer = company.find("Customer", id)
    if customer is None:
        raise NoSuchPage(f"There is no customer {id} in these books.")
    kinds = [kind for kind in SECTIONS.values() if kind in KINDS]
    listing = lists.transactions_of(company, id, kinds, _page_number(call), _today(world, company))
    return page("customer.html", {**_frame(company, call, "customers"), "customer": customer, "listing": listing})


def _document(
    world: World, company: Company, call: Call, kind: Kind, record: Json, problems: dict[str, str] | None = None
) -> Answer:
    """A transaction with its forms; with problems as it was typed, 400."""
    section = next(name for name, held in SECTIONS.items() if held == kind.name)
    values = forms.values_of(kind, record)
    # The version must be the one now shown, so that a second try is not stale again.
    typed = {name: text for name, text in call.form.items() if name in values and name != "token"} if problems else {}
    own = {
        "kind": kind,
        "due_label": DUE.get(kind.name, ("", ""))[0],
        "record": record,
        "document": document_of(company, kind.name, record),
        "row": lists.row_of(kind.name, record, company.currency, _today(world, company)),
        "offered": forms.offered(kind, record),
        "editable": {line["Id"] for line in forms.editable(record)},
        "values": {**values, **typed},
        "problems": problems or {},
        "linked": _linked(company, record, _today(world, company)),
        "path": record_path(company.realm, kind, record["Id"]),
    }
    return page("document.html", {**_frame(company, call, section), **own}, 400 if problems else 200)


def _pdf(company: Company, kind: Kind, record: Json) -> Answer:
    # Drawing takes libraries that a start should not wait for.
    from sandbox.pdf import document_pdf

    return Answer(200, document_pdf(company, kind.name, record), "application/pdf", HEADERS)


def _linked(company: Company, record: Json, today: date) -> list[dict[str, str]]:
    """The transactions that this one is tied to, as links where there is a page for them."""
    links = [*record.get("LinkedTxn", [])]
    links += [link for line in record.get("Line", []) for link in line.get("LinkedTxn", [])]
    shown: dict[str, dict[str, str]] = {}
    for link in links:
        kind, id = str(link.get("TxnType", "")), str(link.get("TxnId", ""))
        other = company.find(kind, id) if kind in TITLES and kind in KINDS else None
        if other is not None:
            row = lists.row_of(kind, other, company.currency, today)
            words = f"{row.title} {row.number} of {row.issued}: {money(row.total)} {row.currency}"
            shown[f"{kind} {id}"] = {"words": words, "path": record_path(company.realm, KINDS[kind], id)}
    return list(shown.values())


def _deep_link(world: World, call: Call, name: str) -> Answer:
    """To the record's page; without a company to the only one, or to a choice of companies."""
    kind, parameter = DEEP_LINKS[name]
    id, realm = call.params.get(parameter, ""), call.params.get("companyId", "")
    if kind not in KINDS:
        raise NoSuchPage("There is no such page.")
    if realm or len(world.companies) == 1:
        company = _company(world, realm or next(iter(world.companies)))
        return see_other(record_path(company.realm, KINDS[kind], id) if id else _path(company.realm))
    onward = f"/app/{name}?{urlencode({parameter: id})}&companyId="
    return page("companies.html", {"companies": _companies(world), "onward": onward})


def _frame(company: Company, call: Call, section: str) -> dict[str, object]:
    """What every page of a company has around its own content."""
    documents = [(name, f"{TITLES[kind]}s") for name, kind in SECTIONS.items() if kind in KINDS]
    return {
        "company": company,
        "name": letterhead_of(company).name,
        "section": section,
        "sections": [*documents[:1], ("customers", "Customers"), *documents[1:], ("connection", "App")],
        "notice": DONE.get(call.params.get("done", ""), ""),
    }


def _today(world: World, company: Company) -> date:
    return day(world.clock.now(), company.zone)


def _page_number(call: Call) -> int:
    wanted = call.params.get("page", "1")
    return int(wanted) if wanted.isdecimal() and len(wanted) < 9 else 1
