"""The story of the demo: three won deals, told in chapters, each checked against the sandbox's own books."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import requests

from models.records import connections, crm_views
from models.records.database import OPERATOR, Database
from webhooks.cli.story_stack import REPEAT_AFTER, Ready, Stack
from webhooks.cli.story_stage import CURRENCY, Stage, money, row_of
from worker.crm import generic

SOON_S = 20.0
LOOK_EVERY_S = 0.05
SOURCE = "https://crm.example/demo"
GARDEN, DINER, ROOF = "D-101", "D-102", "D-103"
DINER_EMAIL = "redrockdiner@example.com"
UNLINKED, STANDS_FOR = "Green roof, square metre", "Installation"


class WentWrong(Exception):
    """An outcome that is not what it should be, or did not come in time."""


@dataclass(frozen=True)
class Won:
    """A deal as the CRM tells it."""

    deal_id: str
    title: str
    buyer: str
    email: str
    lines: tuple[tuple[str, str, str, str], ...]  # product id, name, quantity, price

    @property
    def total(self) -> Decimal:
        return sum((Decimal(quantity) * Decimal(price) for *_, quantity, price in self.lines), Decimal(0))


DEALS = (
    Won(
        GARDEN,
        "A fountain for the spring garden",
        "Marigold Garden Centre",
        "office@marigold.example.com",
        (("P-6", "Rock Fountain", "1", "275.00"), ("P-10", "Gardening", "4", "25.00")),
    ),
    Won(
        DINER,
        "Pest control for the terrace",
        "Red Rock Diner",
        DINER_EMAIL,
        (("P-3", "Pest Control", "2", "35.00"),),
    ),
    Won(
        ROOF,
        "A green roof",
        "Quillwood Architects",
        "hello@quillwood.example.com",
        (("P-77", UNLINKED, "24", "75.50"),),
    ),
)


# ---------------------------------------------------------------- those who act in it


@dataclass
class Crm:
    """The CRM: posts signed events, and reads the views."""

    ready: Ready
    _told: int = 0
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False
        self._database = Database(self.ready.database_url)

    def tell(self, kind: str, deal: Won) -> None:
        """Post one signed event. Raises WentWrong unless it is taken."""
        self._told += 1
        at = datetime.now(UTC)
        event = {
            "specversion": "1.0",
            "id": f"evt-{deal.deal_id}-{self._told}",
            "source": SOURCE,
            "type": kind,
            "subject": f"deal/{deal.deal_id}",
            "time": at.isoformat(),
            "sequence": str(self._told),
            "data": _told_of(deal),
        }
        body = json.dumps(event).encode()
        headers = generic.sign(body, str(event["id"]), at, self.ready.webhook_secret)
        answer = self._session.post(self.ready.webhook_url, data=body, headers=headers, timeout=SOON_S)
        if answer.status_code != 202:
            raise WentWrong(f"the receiver answered {answer.status_code} to {kind}: {answer.text[:200]}")

    def view(self, name: str, order: str = "updated_at") -> list[dict[str, Any]]:
        with self._database.reading(OPERATOR) as session:
            return [dict(row._mapping) for row in crm_views.rows_of(session, name, self.ready.company, order, 500)]

    def deal(self, deal_id: str) -> dict[str, Any] | None:
        return next((row for row in self.view("crm_deals") if row["deal_id"] == deal_id), None)

    def invoice(self, deal_id: str) -> dict[str, Any] | None:
        return next((row for row in self.view("crm_invoices") if row["deal_id"] == deal_id), None)

    def is_connected(self) -> bool:
        """Whether the customers and items of the books were read, which happens once."""
        with self._database.reading(OPERATOR) as session:
            connection = connections.find(session, self.ready.connection)
        return connection is not None and connection.loaded_at is not None

    def close(self) -> None:
        self._session.close()
        self._database.dispose()


def _told_of(deal: Won) -> dict[str, Any]:
    return {
        "deal": {"id": deal.deal_id, "title": deal.title, "status": "won", "currency": CURRENCY},
        "organization": {"id": f"O-{deal.deal_id}", "name": deal.buyer, "emails": [deal.email]},
        "lines": [
            {
                "id": str(place),
                "position": place,
                "product": {"id": product_id, "name": name},
                "quantity": quantity,
                "unit_price": price,
            }
            for place, (product_id, name, quantity, price) in enumerate(deal.lines, start=1)
        ],
        "invoice": {"slot": "1", "due_in_days": 30},
    }


@dataclass
class Books:
    """The sandbox from outside: its bookkeeper, its faults, its log, and everything it holds."""

    ready: Ready
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.trust_env = False

    def act(self, **what: Any) -> None:
        self._post(f"/sandbox/realms/{self.ready.realm}/act", what)

    def lose_the_next_answer(self) -> None:
        """QuickBooks books the next invoice, and the line breaks before its answer is sent."""
        self._post(
            "/sandbox/faults",
            {"match": {"method": "POST", "entity": "invoice"}, "next": 1, "then": {"kind": "timeout_after_commit"}},
        )

    def records(self, kind: str) -> list[dict[str, Any]]:
        held = self._get(f"/sandbox/realms/{self.ready.realm}/export")
        return list(held["records"][kind])

    def one(self, kind: str, book_id: str) -> dict[str, Any]:
        found = next((record for record in self.records(kind) if record["Id"] == book_id), None)
        if found is None:
            raise WentWrong(f"the books hold no {kind} {book_id}")
        return found

    def invoice_posts(self, customer_id: str) -> list[dict[str, Any]]:
        """Every call that asked for an invoice of a customer, the oldest first."""
        calls = reversed(self._get("/sandbox/requests?limit=1000"))
        return [
            call
            for call in calls
            if call["method"] == "POST"
            and str(call["path"]).endswith("/invoice")
            and json.loads(call["body"]).get("CustomerRef", {}).get("value") == customer_id
        ]

    def close(self) -> None:
        self._session.close()

    def _get(self, path: str) -> Any:
        answer = self._session.get(self.ready.sandbox_url + path, timeout=SOON_S)
        answer.raise_for_status()
        return json.loads(answer.text, parse_float=Decimal)

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self._session.post(self.ready.sandbox_url + path, json=body, timeout=SOON_S)
        if not answer.ok:
            raise WentWrong(f"the sandbox refused {path.rpartition('/')[2]}: {answer.text[:200]}")
        return answer.json()


# ---------------------------------------------------------------- telling it


@dataclass
class Story:
    """The story while it is told. `checks` counts what was compared with the books; `wrong` says what differs."""

    stage: Stage
    stack: Stack
    ready: Ready
    crm: Crm = field(init=False)
    books: Books = field(init=False)
    checks: int = 0
    wrong: list[str] = field(default_factory=list)
    invoices_before: int = 0
    customers_before: int = 0

    def __post_init__(self) -> None:
        self.crm, self.books = Crm(self.ready), Books(self.ready)

    def tell(self) -> None:
        """Every chapter. Raises WentWrong where the story cannot go on."""
        self.invoices_before = len(self.books.records("Invoice"))
        self.customers_before = len(self.books.records("Customer"))
        self.until("the first reading of the books", self.crm.is_connected)
        items = len(self.books.records("Item"))
        self.stage.good(f"Connected: {self.customers_before} customers and {items} items of the books are known.")
        for number, (title, told) in enumerate(CHAPTERS, start=1):
            self.stage.chapter(number, title)
            told(self)
            self.look()

    def close(self) -> None:
        self.crm.close()
        self.books.close()

    def look(self) -> None:
        """Bring the table up to date with the views."""
        deals = {row["deal_id"]: row for row in self.crm.view("crm_deals")}
        invoices = {row["deal_id"]: row for row in self.crm.view("crm_invoices")}
        self.stage.show([row_of(deal.deal_id, deals.get(deal.deal_id), invoices.get(deal.deal_id)) for deal in DEALS])

    def until(self, what: str, happened: Callable[[], bool]) -> float:
        """Wait for something, with the table kept up to date; gives the seconds it took. Raises WentWrong."""
        began = time.monotonic()
        while not happened():
            if time.monotonic() - began > SOON_S:
                raise WentWrong(f"{what} did not happen within {SOON_S:g} s")
            if not self.stack.is_running():
                raise WentWrong("dealbooks ended in the middle of the story")
            self.look()
            time.sleep(LOOK_EVERY_S)
        self.look()
        return time.monotonic() - began

    def invoiced(self, deal: Won) -> tuple[dict[str, Any], float]:
        """Wait until a deal has its invoice; gives it as the CRM reads it, and the seconds it took."""
        took = self.until(f"the invoice of {deal.deal_id}", lambda: self.crm.invoice(deal.deal_id) is not None)
        invoice = self.crm.invoice(deal.deal_id)
        assert invoice is not None
        return invoice, took

    def has_status(self, deal_id: str, status: str) -> bool:
        deal = self.crm.deal(deal_id)
        return deal is not None and deal["status"] == status

    def check(self, what: str, found: object, should_be: object) -> None:
        """Compare an outcome; what differs is told at the end."""
        self.checks += 1
        if found != should_be:
            self.wrong.append(f"{what} is {found}, but should be {should_be}")


def _a_deal_is_won(story: Story) -> None:
    deal = DEALS[0]
    story.stage.say(
        f"{deal.buyer} buys a rock fountain and four hours of gardening: {money(deal.total, CURRENCY)}. The "
        "salesperson marks the deal as won; the CRM posts one signed event."
    )
    story.crm.tell("crm.deal.won", deal)
    invoice, took = story.invoiced(deal)
    story.stage.good(f"Invoice {invoice['number']} stands in QuickBooks, {took:.1f} s later.")
    story.stage.good("The buyer was new, so a customer was made first.")
    _check_invoice(story, deal, invoice)
    story.check("customers made", len(story.books.records("Customer")) - story.customers_before, 1)


def _an_answer_is_lost(story: Story) -> None:
    deal = DEALS[1]
    story.stage.say(
        f"{deal.buyer} has pests controlled twice: {money(deal.total, CURRENCY)}. This time the line breaks at the "
        "worst moment: QuickBooks books the invoice, and its answer never arrives."
    )
    story.books.lose_the_next_answer()
    story.crm.tell("crm.deal.won", deal)
    story.stage.say(
        f"Booked or not? dealbooks asks again after {REPEAT_AFTER} (5 s unless set otherwise), with the very same "
        "request id, so that QuickBooks can tell."
    )
    invoice, _ = story.invoiced(deal)
    posts = story.books.invoice_posts(str(invoice["customer_id"]))
    story.stage.facts(
        (
            f"post {place}",
            f"request id {_request_id(call)[:16]}…",
            "booked, no answer" if call["status"] is None or call["fault"] else f"answered {call['status']}",
        )
        for place, call in enumerate(posts, start=1)
    )
    story.stage.good(f"Asked {len(posts)} times, and one invoice stands: {invoice['number']}.")
    story.stage.good("The diner was in the books already; it was found by its e-mail.")
    story.check("posts of the diner's invoice", len(posts), 2)
    story.check("request ids of the diner's invoice", len({_request_id(call) for call in posts}), 1)
    story.check("whether the first post's answer was lost", bool(posts and posts[0]["fault"]), True)
    story.check("customers made", len(story.books.records("Customer")) - story.customers_before, 1)
    _check_invoice(story, deal, invoice)


def _a_product_is_not_known(story: Story) -> None:
    deal = DEALS[2]
    story.stage.say(
        f'{deal.buyer} buys 24 × "{UNLINKED}". Nothing in QuickBooks is called that. A wrong item on an invoice is '
        "worse than a late one, so the deal waits for a person."
    )
    story.crm.tell("crm.deal.won", deal)
    story.until("the question about the product", lambda: bool(story.crm.view("crm_attention", "since")))
    point = story.crm.view("crm_attention", "since")[0]
    story.check("what the person is asked", point["reason"], "product_not_linked")
    story.check("invoice of the waiting deal", story.crm.invoice(deal.deal_id), None)
    item = next(record for record in story.books.records("Item") if record["Name"] == STANDS_FOR)
    story.stage.say(f"{point['message']} The salesperson says which item it is:")
    typed = ("attention", "resolve", str(point["attention_id"]), "--item", str(item["Id"]))
    ran = story.stack.run(*typed, room=story.stage.room)
    story.stage.command(f"dealbooks {' '.join(typed)}", (ran.stdout or ran.stderr).strip().splitlines())
    story.check("exit code of `dealbooks attention resolve`", ran.returncode, 0)
    invoice, _ = story.invoiced(deal)
    story.stage.good(f"Invoice {invoice['number']} stands; the next deal with this product needs no question.")
    _check_invoice(story, deal, invoice)
    story.check("open questions", len(story.crm.view("crm_attention", "since")), 0)


def _the_customer_pays(story: Story) -> None:
    deal, invoice = DEALS[0], story.crm.invoice(GARDEN)
    assert invoice is not None
    first = Decimal("100.00")
    story.stage.say(f"{deal.buyer} pays {money(first, CURRENCY)} first. The bookkeeper enters it in QuickBooks.")
    story.books.act(pay={"invoice": invoice["invoice_id"], "amount": str(first)})
    took = story.until("the first payment", lambda: story.has_status(GARDEN, "partially_paid"))
    story.stage.good(
        f"The CRM reads partially_paid, {money(deal.total - first, CURRENCY)} still due, {took:.1f} s later."
    )
    story.check("still due after the first payment", _due(story, GARDEN), deal.total - first)
    story.books.act(pay={"invoice": invoice["invoice_id"], "amount": str(deal.total - first)})
    took = story.until("the second payment", lambda: story.has_status(GARDEN, "paid"))
    story.stage.good(f"Then the rest: paid, {took:.1f} s later.")
    paid = [
        Decimal(str(line["amount"]))
        for line in story.crm.view("crm_history", "at")
        if line["deal_id"] == GARDEN and line["what"] == "payment_applied"
    ]
    story.check("payments in the history", sorted(paid), sorted([first, deal.total - first]))
    story.check("balance in the books", _balance(story, invoice), Decimal(0))


def _an_invoice_is_voided(story: Story) -> None:
    deal, invoice = DEALS[2], story.crm.invoice(ROOF)
    assert invoice is not None
    story.stage.say(f"{deal.buyer} changes its mind. The bookkeeper voids invoice {invoice['number']} in QuickBooks.")
    story.books.act(void={"invoice": invoice["invoice_id"]})
    took = story.until("the void", lambda: story.has_status(ROOF, "void"))
    story.stage.good(f"The CRM reads void, {took:.1f} s later. The invoice keeps its place and its history.")
    story.check(
        "total of the voided invoice in the books",
        Decimal(story.books.one("Invoice", invoice["invoice_id"])["TotalAmt"]),
        Decimal(0),
    )
    story.check("still due of the voided invoice", _due(story, ROOF), Decimal(0))


def _the_proof(story: Story) -> None:
    invoice = story.crm.invoice(DINER)
    assert invoice is not None
    story.stage.say("Months later somebody asks: who made the diner's invoice, and why is there only one?")
    typed = ("proof", str(invoice["number"]))
    ran = story.stack.run(*typed, room=story.stage.room)
    story.stage.command(f"dealbooks {' '.join(typed)}", (ran.stdout or ran.stderr).rstrip().splitlines())
    story.check("exit code of `dealbooks proof`", ran.returncode, 0)
    asked = _request_id(story.books.invoice_posts(str(invoice["customer_id"]))[0])
    story.check("whether the proof names the request id", asked in ran.stdout, True)


def _all_is_counted(story: Story) -> None:
    made = len(story.books.records("Invoice")) - story.invoices_before
    story.check("invoices made", made, len(DEALS))
    story.check("customers made", len(story.books.records("Customer")) - story.customers_before, 2)
    story.check("statuses", {row["deal_id"]: row["status"] for row in story.crm.view("crm_deals")}, STATUSES)
    for deal in DEALS:
        invoice = story.crm.invoice(deal.deal_id)
        assert invoice is not None
        story.check(f"balance of {deal.deal_id}", Decimal(str(invoice["balance"])), _balance(story, invoice))
    story.stage.say(f"Three deals, {made} invoices, none missing and none twice.")


STATUSES = {GARDEN: "paid", DINER: "ready_to_send", ROOF: "void"}
CHAPTERS: tuple[tuple[str, Callable[[Story], None]], ...] = (
    ("A deal is won", _a_deal_is_won),
    ("An answer of QuickBooks is lost", _an_answer_is_lost),
    ("A product that nobody linked", _a_product_is_not_known),
    ("The customer pays in two parts", _the_customer_pays),
    ("An invoice is voided in QuickBooks", _an_invoice_is_voided),
    ("The proof of one invoice", _the_proof),
    ("The books, counted", _all_is_counted),
)


def _check_invoice(story: Story, deal: Won, invoice: Mapping[str, Any]) -> None:
    """One invoice of this buyer, worth what the deal is worth, in the books and in the view alike."""
    held = story.books.one("Invoice", str(invoice["invoice_id"]))
    marked = [each for each in story.books.records("Invoice") if _marker(each) and _marker(each) == _marker(held)]
    story.check(f"invoices of {deal.deal_id} in the books", len(marked), 1)
    story.check(f"total of {deal.deal_id} in the books", Decimal(held["TotalAmt"]), deal.total)
    story.check(f"total of {deal.deal_id} in crm_invoices", Decimal(str(invoice["total"])), deal.total)
    story.check(f"customer of {deal.deal_id}", held["CustomerRef"].get("name"), deal.buyer)


def _marker(invoice: Mapping[str, Any]) -> str:
    return str(invoice.get("PrivateNote") or "").rpartition("[db:")[2]


def _request_id(call: Mapping[str, Any]) -> str:
    return parse_qs(str(call["query"])).get("requestid", [""])[0]


def _due(story: Story, deal_id: str) -> Decimal:
    deal = story.crm.deal(deal_id)
    assert deal is not None
    return Decimal(str(deal["amount_due"]))


def _balance(story: Story, invoice: Mapping[str, Any]) -> Decimal:
    return Decimal(story.books.one("Invoice", str(invoice["invoice_id"]))["Balance"])
