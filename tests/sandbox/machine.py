"""A machine that keeps random books over HTTP and holds after every step what must be true of them."""

import http.client
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from tests.sandbox import audit
from tests.sandbox.audit import SEQUENCES, Books, Difference, Json, Key
from tests.sandbox.plain_filter import CHANGED, FIELDS, NAMED, OPERATORS, condition_on, fitting, place

START = datetime.fromisoformat("2026-11-21T12:00:00-08:00")
REMEMBERED = timedelta(hours=24)
LOOK_BACK = timedelta(days=30)
METER_EVERY = 5  # steps: what it missed, it still misses then
CUSTOMER_NAMES = ("Ann", "ann", "Bob's", "Carl\\Co", "100% Wool", "Ann (deleted)", "Änne", "Zoë & Sons")
ITEM_NAMES = ("Hour", "hour", "Rake", "Fence", "Rake (deleted)", "It's")
SHARES = (100, 100, 50, 33, 0, 130)  # per cent of what is open
CASH, INCOME = "35", "1"  # accounts that every company has
STOCK: Json = {
    "Type": "Inventory",
    "TrackQtyOnHand": True,
    "QtyOnHand": 1000,
    "InvStartDate": "2026-01-01",
    "AssetAccountRef": {"value": "81"},
    "ExpenseAccountRef": {"value": "80"},
}

cents = st.integers(0, 30_000)
which = st.integers(0, 250)


@dataclass(frozen=True)
class Form:
    """What a sales document says besides customer and item; amounts in cents."""

    amounts: tuple[int, ...]
    discount: int  # per cent below 0, cents above
    taxed: bool
    deposit: int

    def lines(self, item: str) -> list[Json]:
        sold = [self._line(item, n, amount) for n, amount in enumerate(self.amounts, 1)]
        if not self.discount:
            return sold
        by_amount = {"Amount": _money(self.discount), "DiscountLineDetail": {"PercentBased": False}}
        by_percent = {"DiscountLineDetail": {"PercentBased": True, "DiscountPercent": -self.discount}}
        return [*sold, {"DetailType": "DiscountLineDetail", **(by_amount if self.discount > 0 else by_percent)}]

    def body(self, kind: str, customer: str, item: Key) -> Json:
        own: Json = {"CustomerRef": {"value": customer}, "Line": self.lines(item[1])}
        if self.taxed:
            own["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": "2"}}
        if self.deposit and kind == "Invoice":
            own["Deposit"] = _money(self.deposit)
        return {**own, "DepositToAccountRef": {"value": CASH}} if kind == "RefundReceipt" else own

    @property
    def adds_up(self) -> bool:
        """Whether it comes to nothing below zero."""
        return self.discount <= sum(n * amount for n, amount in enumerate(self.amounts, 1))

    def _line(self, item: str, n: int, amount: int) -> Json:
        detail = {"ItemRef": {"value": item}, "Qty": n, "UnitPrice": _money(amount)}
        detail["TaxCodeRef"] = {"value": "TAX" if self.taxed and n % 2 else "NON"}
        return {"DetailType": "SalesItemLineDetail", "Amount": _money(n * amount), "SalesItemLineDetail": detail}


forms = st.builds(
    Form,
    st.lists(cents, min_size=1, max_size=3).map(tuple),
    st.sampled_from((0, 0, -10, 500)),
    st.booleans(),
    st.sampled_from((0, 0, 2500)),
)


@dataclass(frozen=True)
class Search:
    """A query as it is drawn: which of the kind's fields, operators and values, by their places."""

    kind: str
    conditions: tuple[tuple[int, str, int], ...]
    by: tuple[int, bool] | None
    page: int


searches = st.builds(
    Search,
    st.sampled_from(tuple(FIELDS)),
    st.lists(st.tuples(which, st.sampled_from(OPERATORS), which), max_size=2).map(tuple),
    st.none() | st.tuples(which, st.booleans()),
    st.sampled_from((1, 2, 3, 7, 1000)),
)


@dataclass(frozen=True)
class Kept:
    """A write that its request id is known by, with its answer."""

    at: datetime
    target: str
    body: bytes
    kind_of_call: str
    answer: bytes


class Desk:
    """One connection to the sandbox: calls, and what they should have cost."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=20)
        self.control("POST", "/reset")
        self.now = START
        self.control("POST", "/clock", {"now": START.isoformat(), "rate": 0})
        self.metered: dict[str, Counter[str]] = {}
        self.open(None)

    def close(self) -> None:
        self._connection.close()

    def open(self, realm: str | None) -> None:
        """A new realm, or a new token for a known one."""
        grant = json.loads(self.control("POST", "/realms", {"empty": True, **({"realm": realm} if realm else {})}))
        self.realm, self._token = grant["realm"], grant["access_token"]

    def control(self, method: str, path: str, body: object = None, expected: tuple[int, ...] = (200, 201)) -> bytes:
        status, answer = self._send(method, f"/sandbox{path}", _written(body), {})
        assert status in expected, (method, path, body, status, answer)
        return answer

    def act(self, wanted: Json) -> bool:
        """Whether the bookkeeper could do it."""
        answer = self.control("POST", f"/realms/{self.realm}/act", wanted, expected=(200, 400))
        return b'"error"' not in answer

    def call(self, method: str, target: str, body: bytes, kind_of_call: str) -> tuple[int, bytes]:
        """A call of the accounting API: 200, or 400 with a fault; anything else is a failure of the sandbox."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        status, answer = self._send(method, f"/v3/company/{self.realm}{target}", body, headers)
        assert status in (200, 400), (method, target, body, status, answer)
        assert (status == 400) == (b'"Fault":' in answer and not answer.startswith(b'{"BatchItem')), answer
        if status == 200:
            self.metered.setdefault(self.realm, Counter())[kind_of_call] += 1
        return status, answer

    def export(self) -> Books:
        return Books(self.control("GET", f"/realms/{self.realm}/export"))

    def meter(self) -> dict[str, dict[str, int]]:
        """Calls by kind, of every realm that was called."""
        counts = json.loads(self.control("GET", "/meter"))
        return {realm: {**one["core"], **one["coreplus"]} for realm, one in counts.items()}

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, path, body=body or None, headers=headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


class Bookkeeping(RuleBasedStateMachine):
    """The random steps; `address` is the sandbox's, `steps` counts all that were made."""

    address: tuple[str, int]
    steps: int = 0

    # All hold keys: a kind and an Id, perhaps of what is gone by now.
    customers = Bundle("customers")
    items = Bundle("items")
    invoices = Bundle("invoices")
    estimates = Bundle("estimates")
    credit_memos = Bundle("credit_memos")
    payments = Bundle("payments")
    documents = Bundle("documents")  # what is sold, offered, credited or refunded
    transactions = Bundle("transactions")  # these and payments

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(*self.address)
        self.void_paid = "refuse"
        self.books = self.desk.export()
        self.changed_at: dict[Key, datetime] = {}
        self.deleted_at: dict[Key, datetime] = {}
        self.highest: Counter[str] = Counter()
        self.stock_at_start: dict[str, Decimal] = {}
        self.moments = [START]
        self.kept: list[Kept] = []
        self.writes = 0
        self.audited = self.moved = b""

        for name in ("Ann", "Bob's"):
            self._made("Customer", {"DisplayName": name})
        for name in ("Hour", "Rake", "Fence"):
            kept = STOCK if name == "Rake" else {"Type": "Service"}
            made = self._made("Item", {"Name": name, "IncomeAccountRef": {"value": INCOME}, **kept})
            if kept is STOCK:
                self.stock_at_start[made[1]] = Decimal(STOCK["QtyOnHand"])

    def teardown(self) -> None:
        self.desk.close()

    # ------------------------------------------------------------ lists

    @initialize(target=customers)
    def first_customers(self) -> Any:
        return multiple(*(("Customer", one["Id"]) for one in self.books.all("Customer")))

    @initialize(target=items)
    def first_items(self) -> Any:
        return multiple(*(("Item", one["Id"]) for one in self.books.all("Item")))

    @initialize(targets=(invoices, documents, transactions), form=forms)
    def first_invoice(self, form: Form) -> Any:
        return self._made_document("Invoice", ("Customer", "1"), ("Item", "1"), form)

    @initialize(targets=(credit_memos, documents, transactions), form=forms)
    def first_credit_memo(self, form: Form) -> Any:
        return self._made_document("CreditMemo", ("Customer", "1"), ("Item", "2"), form)

    @initialize(targets=(payments, transactions), amount=cents)
    def first_payment(self, amount: int) -> Any:
        return self._paid("1", [], amount)

    @rule(target=customers, name=st.sampled_from(CUSTOMER_NAMES), above=st.none() | customers)
    def make_customer(self, name: str, above: Key | None) -> Any:
        body: Json = {"DisplayName": name}
        if above:
            body |= {"Job": True, "ParentRef": {"value": above[1]}}
        possible = not self._name_taken(name) and (above is None or self._may_stand_below(above))
        return self._created("Customer", body, possible)

    @rule(target=items, name=st.sampled_from(ITEM_NAMES), price=cents)
    def make_item(self, name: str, price: int) -> Any:
        body = {"Name": name, "Type": "Service", "UnitPrice": _money(price), "IncomeAccountRef": {"value": INCOME}}
        taken = any(one["FullyQualifiedName"].lower() == name.lower() for one in self.books.all("Item"))
        return self._created("Item", body, not taken)

    @rule(
        customer=customers,
        name=st.sampled_from(CUSTOMER_NAMES),
        above=st.none() | customers,
        active=st.booleans(),
        sparse=st.booleans(),
    )
    def edit_customer(self, customer: Key, name: str, above: Key | None, active: bool, sparse: bool) -> None:
        body: Json = {"DisplayName": name, "Active": active}
        if above:
            body |= {"Job": True, "ParentRef": {"value": above[1]}}
        self._update(customer, body, sparse)

    @rule(customer=customers, note=st.sampled_from(("a", "b")))
    def write_about_a_customer(self, customer: Key, note: str) -> None:
        self._update(customer, {"Notes": note}, sparse=True, expected=200)

    @rule(item=items, price=cents, active=st.booleans(), name=st.sampled_from(ITEM_NAMES))
    def edit_item(self, item: Key, price: int, active: bool, name: str) -> None:
        self._update(item, {"UnitPrice": _money(price), "Active": active, "Name": name}, sparse=True)

    # ------------------------------------------------------------ documents

    @rule(targets=(invoices, documents, transactions), customer=customers, item=items, form=forms)
    def make_invoice(self, customer: Key, item: Key, form: Form) -> Any:
        return self._made_document("Invoice", customer, item, form)

    @rule(targets=(credit_memos, documents, transactions), customer=customers, item=items, form=forms)
    def make_credit_memo(self, customer: Key, item: Key, form: Form) -> Any:
        return self._made_document("CreditMemo", customer, item, form)

    @rule(targets=(estimates, documents, transactions), customer=customers, item=items, form=forms)
    def make_estimate(self, customer: Key, item: Key, form: Form) -> Any:
        return self._made_document("Estimate", customer, item, form)

    @rule(
        targets=(documents, transactions),
        kind=st.sampled_from(("SalesReceipt", "RefundReceipt")),
        customer=customers,
        item=items,
        form=forms,
    )
    def make_receipt(self, kind: str, customer: Key, item: Key, form: Form) -> Any:
        return self._made_document(kind, customer, item, form)

    @rule(targets=(invoices, documents, transactions), estimate=estimates, item=items, form=forms)
    def invoice_an_estimate(self, estimate: Key, item: Key, form: Form) -> Any:
        customer = self._customer_of(estimate)
        links = [{"TxnId": estimate[1], "TxnType": "Estimate"}]
        body = {**form.body("Invoice", customer, item), "LinkedTxn": links}
        known = self.books.find(*estimate) is not None
        return self._created("Invoice", body, known and self._sellable(customer, item, form))

    @rule(document=documents, note=st.sampled_from(("Thanks.", "Voided, they said.", "")))
    def write_about_a_document(self, document: Key, note: str) -> None:
        record = self.books.find(*document)
        fine = record is not None and not audit.is_void(record)
        self._update(document, {"PrivateNote": note}, sparse=True, expected=200 if fine else 400)

    @rule(document=documents, item=items, form=forms, sparse=st.booleans())
    def rewrite_a_document(self, document: Key, item: Key, form: Form, sparse: bool) -> None:
        body = form.body(document[0], self._customer_of(document), item)
        self._update(document, body, sparse, expected=None if form.adds_up else 400)

    @rule(document=documents, item=items)
    def make_it_cheaper(self, document: Key, item: Key) -> None:
        """Payments get back what is too much."""
        record = self.books.find(*document)
        fine = record is not None and not audit.is_void(record) and self._is_active(item)
        amount = int(record["TotalAmt"] * 100) // 3 if record else 1
        body = {"Line": Form((amount,), 0, False, 0).lines(item[1])}
        self._update(document, body, sparse=True, expected=200 if fine else None)

    @rule(document=documents, customer=customers)
    def give_a_document_to_another(self, document: Key, customer: Key) -> None:
        self._update(document, {"CustomerRef": {"value": customer[1]}}, sparse=True)

    @rule(document=documents)
    def send_back_what_was_read(self, document: Key) -> None:
        """A full update with the record as it is changes nothing but its version."""
        record = self.books.find(*document)
        if record is None or audit.is_void(record):
            return
        self._update(document, record, sparse=False, expected=200)
        after = self.books.find(*document)
        assert after is not None
        changed = _apart(_content(record), _content(after))
        assert not changed, changed

    @rule(document=documents, stale=st.booleans())
    def void_a_document(self, document: Key, stale: bool) -> None:
        record = self.books.find(*document)
        paid = record is not None and bool(audit.paid_by(record)) and self.void_paid == "refuse"
        fine = record is not None and document[0] != "Estimate" and not audit.is_void(record) and not paid
        self._end("void", document, stale, fine)

    @rule(document=documents, stale=st.booleans())
    def delete_a_document(self, document: Key, stale: bool) -> None:
        record = self.books.find(*document)
        self._end("delete", document, stale, record is not None and not audit.paid_by(record))

    @rule(document=transactions)
    def send_a_document(self, document: Key) -> None:
        target = f"/{document[0].lower()}/{document[1]}/send?sendTo=a%40example.com"
        status, _ = self._write(target, b"", "send", [document])
        assert status == (200 if self.books.find(*document) else 400)

    # ------------------------------------------------------------ payments

    @rule(
        targets=(payments, transactions),
        paid=invoices,
        besides=invoices,
        share=st.sampled_from(SHARES),
        ahead=st.sampled_from((0, 0, 700)),
    )
    def pay(self, paid: Key, besides: Key, share: int, ahead: int) -> Any:
        lines = [self._share(key, share) for key in dict.fromkeys((paid, besides))]
        return self._paid(self._customer_of(paid), lines, ahead)

    @rule(targets=(payments, transactions), paid=invoices, credit=credit_memos, share=st.sampled_from(SHARES))
    def pay_with_a_credit(self, paid: Key, credit: Key, share: int) -> Any:
        return self._paid(self._customer_of(credit), [self._share(paid, share), self._share(credit, 100)], 0)

    @rule(targets=(payments, transactions), customer=customers, amount=cents)
    def pay_ahead(self, customer: Key, amount: int) -> Any:
        return self._paid(customer[1], [], amount)

    @rule(
        payment=payments,
        applied=invoices,
        share=st.sampled_from(SHARES),
        ahead=st.sampled_from((0, 700)),
        sparse=st.booleans(),
    )
    def apply_otherwise(self, payment: Key, applied: Key, share: int, ahead: int, sparse: bool) -> None:
        lines = [self._share(applied, share)]
        total = float(_left_to_pay(lines, ahead))
        body = {"CustomerRef": {"value": self._customer_of(payment)}, "TotalAmt": total, "Line": lines}
        self._update(payment, body, sparse)

    @rule(payment=payments)
    def apply_to_nothing(self, payment: Key) -> None:
        """What had been applied is the customer's credit again."""
        self._update(payment, {"Line": []}, sparse=True)

    @rule(payment=payments, more=cents)
    def change_the_amount_paid(self, payment: Key, more: int) -> None:
        """At least what is applied stays."""
        record = self.books.find(*payment)
        total = record["TotalAmt"] - record["UnappliedAmt"] + Decimal(more) / 100 if record else Decimal(more)
        self._update(payment, {"TotalAmt": float(total)}, sparse=True)

    @rule(payment=payments, stale=st.booleans())
    def void_a_payment(self, payment: Key, stale: bool) -> None:
        record = self.books.find(*payment)
        self._end("void", payment, stale, record is not None and not audit.is_void(record))

    @rule(payment=payments, stale=st.booleans())
    def delete_a_payment(self, payment: Key, stale: bool) -> None:
        self._end("delete", payment, stale, self.books.find(*payment) is not None)

    @precondition(lambda self: self.books.all("Payment"))
    @rule(targets=(payments, transactions), one=which)
    def hear_of_a_payment(self, one: int) -> Key:
        """Those that the books or a bookkeeper made are changed and ended like any other."""
        known = self.books.all("Payment")
        return ("Payment", str(known[one % len(known)]["Id"]))

    # ------------------------------------------------------------ refusals

    @rule(key=transactions)
    def write_with_an_old_token(self, key: Key) -> None:
        record = self.books.find(*key)
        if record is not None:
            body = {"Id": record["Id"], "SyncToken": str(int(record["SyncToken"]) - 1), "sparse": True}
            self._refused(f"/{key[0].lower()}", body, "5010")

    @rule(customer=customers, item=items, sort=st.integers(0, 10))
    def write_what_is_wrong(self, customer: Key, item: Key, sort: int) -> None:
        """What is wrong besides, such as an inactive customer, may be said first."""
        otherwise_right = self._is_active(customer) and self._is_active(item)
        mine = {"CustomerRef": {"value": customer[1]}}
        lines = Form((100,), 0, False, 0).lines(item[1])
        taken = self._taken_number()
        stranger = {"CustomerRef": {"value": "99999"}}
        wrong: tuple[tuple[str, Json, str], ...] = (
            ("/invoice", {"Line": lines}, "2020"),
            ("/invoice", mine, "2020"),
            ("/invoice", {**stranger, "Line": lines}, "2500"),
            ("/invoice", {**mine, "Line": Form((100,), 0, False, 0).lines("99999")}, "2500"),
            ("/invoice", {**mine, "Line": lines, "Nonsense": 1}, "2010"),
            (
                "/invoice",
                {**mine, "Line": lines, "DocNumber": taken or "x" * 22},
                "6140" if taken else "2050",
            ),
            ("/payment", {**stranger, "TotalAmt": 1}, "2500"),
            ("/payment", {**mine, "TotalAmt": 5, "Line": [_applied("Invoice", "99999", Decimal(5))]}, "610"),
            ("/customer", {"DisplayName": "A:B"}, "2180"),
            ("/customer", {"DisplayName": "Job", "Job": True, "ParentRef": {"value": "99999"}}, "2500"),
            ("/creditmemo?operation=delete", {"Id": "99999", "SyncToken": "0"}, "610"),
        )
        path, body, code = wrong[sort]
        self._refused(path, body, code if otherwise_right else None)

    @precondition(lambda self: self.kept)
    @rule(one=which, otherwise=st.booleans())
    def repeat_a_request_id(self, one: int, otherwise: bool) -> None:
        """The first answer again, to the letter and whatever is sent, and nothing is done."""
        earlier = self.kept[-1 - one % len(self.kept)]
        if self.desk.now - earlier.at > REMEMBERED:
            return
        body = earlier.body
        if otherwise and body:
            body = body[:-1] + b',"PrivateNote":"Otherwise"}'
        status, answer = self._write(earlier.target, body, earlier.kind_of_call, (), keyed=False, changes=False)
        assert (status, answer) == (200, earlier.answer)

    # ------------------------------------------------------------ batches, and the bookkeeper's own acts

    @rule(
        target=customers,
        name=st.sampled_from(CUSTOMER_NAMES),
        noted=invoices,
        voided=documents,
        ended=transactions,
        fresh=st.booleans(),
    )
    def send_a_batch(self, name: str, noted: Key, voided: Key, ended: Key, fresh: bool) -> Any:
        operations = [("update", noted), ("void", voided), ("delete", ended)]
        wanted: list[Json] = [{"bId": "new", "operation": "create", "Customer": {"DisplayName": name}}]
        for n, (operation, key) in enumerate(operations):
            token = (self.books.find(*key) or {"SyncToken": "0"})["SyncToken"] if fresh else "77"
            entity = {"Id": key[1], "SyncToken": token, **({"PrivateNote": "b", "sparse": True} if not n else {})}
            wanted.append({"bId": f"b{n}", "operation": operation, key[0]: entity})
        wanted.append({"bId": "q", "Query": "select count(*) from Payment"})
        keys = [key for _, key in operations]
        status, answer = self._write("/batch", _written({"BatchItemRequest": wanted}), "batch", keys, most=len(wanted))
        assert status == 200
        given = json.loads(answer)["BatchItemResponse"]
        assert [one["bId"] for one in given] == [one["bId"] for one in wanted]
        assert given[-1]["QueryResponse"]["totalCount"] == len(self.books.all("Payment"))
        assert fresh or all("Fault" in one for one in given[1:-1])
        return ("Customer", given[0]["Customer"]["Id"]) if "Customer" in given[0] else multiple()

    @rule(invoice=invoices, amount=st.none() | cents)
    def bookkeeper_receives_money(self, invoice: Key, amount: int | None) -> None:
        self._act({"pay": {"invoice": invoice[1], **({} if amount is None else {"amount": _money(amount)})}})

    @rule(document=transactions, how=st.sampled_from(("void", "delete", "edit")))
    def bookkeeper_changes_a_document(self, document: Key, how: str) -> None:
        what: Json = {document[0].lower(): document[1]}
        self._act({how: {**what, "set": {"PrivateNote": "by hand"}} if how == "edit" else what}, [document])

    @rule(loser=customers, survivor=customers)
    def bookkeeper_merges_customers(self, loser: Key, survivor: Key) -> None:
        self._act({"merge": {"customer": loser[1], "into": survivor[1]}})

    @rule(loser=items, survivor=items)
    def bookkeeper_merges_items(self, loser: Key, survivor: Key) -> None:
        # What a merge makes of two stocks nobody has recorded.
        if not {loser[1], survivor[1]} & set(self.stock_at_start):
            self._act({"merge": {"item": loser[1], "into": survivor[1]}})

    # ------------------------------------------------------------ time, switches, another realm

    @rule(seconds=st.sampled_from((1, 59, 3600, 86_400, 12 * 86_400, -1, -3600)))
    def turn_the_clock(self, seconds: int) -> None:
        self.desk.control("POST", "/clock", {"advance_s": seconds})
        self.desk.now += timedelta(seconds=seconds)
        self.moments.append(self.desk.now)
        self.desk.open(self.desk.realm)

    @rule(setting=st.sampled_from(("refuse", "unlink")))
    def void_what_is_paid(self, setting: str) -> None:
        self.desk.control("POST", "/switches", {"void_paid": setting})
        self.void_paid = setting

    @rule(wanted=st.booleans())
    def apply_credits_automatically(self, wanted: bool) -> None:
        self._update(("Preferences", "1"), {"SalesFormsPrefs": {"AutoApplyCredit": wanted}}, sparse=True, expected=200)

    @precondition(lambda self: self.books.text != self.moved)
    @rule()
    def move_to_another_realm(self) -> None:
        """An export read into a new realm is the same books, and goes on as they would have."""
        before = self.books
        self.desk.open(None)
        self.desk.control("POST", f"/realms/{self.desk.realm}/import", before.text)
        self.books = self.desk.export()
        assert self.books.records == before.records
        assert list(self.books.records) == list(before.records), "another order of changes"
        assert self.books.rest == before.rest
        self.moved = self.books.text

    # ------------------------------------------------------------ reads

    @rule(key=transactions)
    def read(self, key: Key) -> None:
        status, answer = self._ask(f"/{key[0].lower()}/{key[1]}", "read")
        record = self.books.find(*key)
        assert status == (400 if record is None else 200)
        if record is not None:
            _check_shown(_read(answer)[key[0]], record)

    @rule(searches=st.lists(searches, min_size=1, max_size=4))
    def query(self, searches: list[Search]) -> None:
        for search in searches:
            self._search(search)

    def _search(self, search: Search) -> None:
        """The rows are those of a plain filter, in the order asked for, and each stands on one page only."""
        kind, by, page = search.kind, search.by, search.page
        records = self.books.all(kind)
        conditions = [condition_on(kind, records, *one) for one in search.conditions]
        expected = {one["Id"]: one for one in fitting(kind, records, conditions)}
        where = f" where {' and '.join(map(str, conditions))}" if conditions else ""
        field, descending = (list(FIELDS[kind])[by[0] % len(FIELDS[kind])], by[1]) if by else _usual_order(kind)
        ordered = f" orderby {field} {'desc' if descending else 'asc'}" if by else ""
        assert self._selected(f"select count(*) from {kind}{where}") == {"totalCount": len(expected)}, where
        rows: list[Json] = []
        for start in range(1, len(expected) + page + 1, page):
            text = f"select * from {kind}{where}{ordered} startposition {start} maxresults {page}"
            answer = self._selected(text)
            rows += answer.get(kind, [])
            assert answer.get("maxResults", 0) == len(answer.get(kind, [])) <= page
        found = [row["Id"] for row in rows]
        assert sorted(found) == sorted(expected), (where, found, list(expected))
        for row in rows:
            _check_shown(row, expected[row["Id"]])
        order = [place(kind, row, field) for row in rows]
        assert order == sorted(order, reverse=descending), (ordered, order)

    @rule(moment=which, off=st.sampled_from((-1, 0, 1)))
    def capture_changes(self, moment: int, off: int) -> None:
        self._check_changes(self.moments[-1 - moment % len(self.moments)] + timedelta(seconds=off))

    # ------------------------------------------------------------ what always holds

    @invariant()
    def the_books_are_sound(self) -> None:
        type(self).steps += 1
        if self.steps % METER_EVERY == 0:
            self._check_meter()
        if self.audited == self.books.text:
            return
        audit.check(self.books)
        sold = audit.stock_sold(self.books)
        for item, at_start in self.stock_at_start.items():
            record = self.books.find("Item", item)
            assert record is not None
            assert record["QtyOnHand"] == at_start - sold.get(item, 0), ("stock", sold, record)
        self._check_changes(self.desk.now)
        self.audited = self.books.text

    # ------------------------------------------------------------ how it writes and looks

    def _write(
        self,
        target: str,
        body: bytes,
        kind_of_call: str,
        written: Iterable[Key],
        keyed: bool = True,
        changes: bool = True,
        most: int = 1,
    ) -> tuple[int, bytes]:
        """One POST, every second one with a request id; what is refused, or replayed, must leave the books alone."""
        self.writes += 1
        keyed = keyed and self.writes % 2 == 0
        if keyed:
            target += f"{'&' if '?' in target else '?'}requestid=r{self.writes}"
        status, answer = self.desk.call("POST", target, body, kind_of_call)
        if status == 200 and changes:
            self._look(written, most)
        else:
            self._nothing_happened()
        if keyed and status == 200:
            self.kept.append(Kept(self.desk.now, target, body, kind_of_call, answer))
        return status, answer

    def _ask(self, target: str, kind_of_call: str) -> tuple[int, bytes]:
        status, answer = self.desk.call("GET", target, b"", kind_of_call)
        return status, answer

    def _selected(self, text: str) -> Json:
        status, answer = self._ask(f"/query?query={quote(text)}", "query")
        assert status == 200, (text, answer)
        selected: Json = _read(answer)["QueryResponse"]
        return selected

    def _act(self, wanted: Json, written: Iterable[Key] = ()) -> None:
        if self.desk.act(wanted):
            merged = [("Customer", id) for id in wanted.get("merge", {}).values()]
            self._look([*written, *merged], most=1)
        else:
            self._nothing_happened()

    def _look(self, written: Iterable[Key], most: int) -> None:
        """Read the books anew and log what changed."""
        before, self.books = self.books, self.desk.export()
        step = audit.difference(before, self.books)
        audit.check_versions(before, self.books, step, self.desk.now, [*written, *step.made], most)
        self._check_new_ids(step)
        for key in step.made | step.changed:
            self.changed_at[key] = self.desk.now
        for key in step.gone:
            self.deleted_at[key] = self.desk.now

    def _nothing_happened(self) -> None:
        assert self.desk.control("GET", f"/realms/{self.desk.realm}/export") == self.books.text

    def _check_new_ids(self, step: Difference) -> None:
        """Each is higher than any before it in its sequence: none stands twice, none comes again."""
        for kind, id in sorted(step.made, key=lambda key: int(key[1])):
            sequence = SEQUENCES.get(kind, kind)
            assert int(id) > self.highest[sequence], ("an Id again", kind, id)
            self.highest[sequence] = int(id)

    def _check_meter(self) -> None:
        """Each successful call was counted once, as what it is."""
        assert self.desk.meter() == {realm: dict(counts) for realm, counts in self.desk.metered.items()}

    def _check_changes(self, since: datetime) -> None:
        """Captured is what changed since by this machine's own log, and every deletion."""
        asked = {"entities": ",".join((*SEQUENCES, "Item")), "changedSince": since.isoformat()}
        status, answer = self._ask(f"/cdc?{urlencode(asked)}", "cdc")
        assert status == 200
        found: set[Key] = set()
        stubs: set[Key] = set()
        for group in _read(answer)["CDCResponse"][0]["QueryResponse"]:
            for kind in group.keys() - {"startPosition", "maxResults", "totalCount"}:
                self._check_group(kind, group[kind])
                for one in group[kind]:
                    (stubs if "status" in one else found).add((kind, one["Id"]))
        floor = max(since, self.desk.now - LOOK_BACK)
        late = {key for key, at in self.changed_at.items() if at >= floor and key in self.books.records}
        assert found == {key for key in late if key[0] != "Preferences"}
        assert stubs == {key for key, at in self.deleted_at.items() if at >= floor}

    def _check_group(self, kind: str, group: list[Json]) -> None:
        """Deletions stand behind the rest, which are whole and in the order of their changes."""
        whole = [one for one in group if "status" not in one]
        assert all("status" in one for one in group[len(whole) :])
        times = [place(kind, one, CHANGED) for one in whole if kind in FIELDS]
        assert times == sorted(times)
        for one in whole:
            _check_shown(one, self.books.records[kind, one["Id"]])

    def _created(self, kind: str, body: Json, possible: bool) -> Any:
        """The new Id, or nothing for the bundle; AssertionError unless it was made if and only if it could be."""
        status, answer = self._write(f"/{kind.lower()}", _written(body), "create", ())
        assert status == (200 if possible else 400), (kind, body, answer)
        if status == 400:
            return multiple()
        made = _read(answer)[kind]
        _check_shown(made, self.books.records[kind, made["Id"]])
        return (kind, made["Id"])

    def _made(self, kind: str, body: Json) -> Key:
        kind, id = self._created(kind, body, possible=True)
        return (kind, id)

    def _made_document(self, kind: str, customer: Key, item: Key, form: Form) -> Any:
        return self._created(kind, form.body(kind, customer[1], item), self._sellable(customer[1], item, form))

    def _paid(self, customer: str, lines: list[Json], ahead: int) -> Any:
        """A payment of what the lines say and `ahead` cents more."""
        total = _left_to_pay(lines, ahead)
        body = {"CustomerRef": {"value": customer}, "TotalAmt": float(total), "Line": lines}
        return self._created("Payment", body, self._payable(customer, total, lines))

    def _update(self, key: Key, fields: Json, sparse: bool, expected: int | None = None) -> None:
        """With the current SyncToken; a full one says what its kind cannot be without."""
        kind, id = key
        record = self.books.find(kind, id)
        body = {**fields, "Id": id, "SyncToken": record["SyncToken"] if record else "0", "sparse": sparse}
        status, answer = self._write(f"/{kind.lower()}", _written(body), "update", [key])
        wanted = 400 if record is None else expected
        assert wanted in (status, None), (kind, body, answer)
        if status == 200:
            assert record is not None
            after = self.books.records[key]
            assert int(after["SyncToken"]) == int(record["SyncToken"]) + 1
            _check_shown(_read(answer)[kind], after)

    def _end(self, operation: str, key: Key, stale: bool, possible: bool) -> None:
        """Void or delete."""
        kind, id = key
        record = self.books.find(kind, id)
        token = int(record["SyncToken"]) if record else 0
        body = {"Id": id, "SyncToken": str(token - 1 if stale else token), "sparse": True}
        params = (
            "operation=update&include=void" if (kind, operation) == ("Payment", "void") else f"operation={operation}"
        )
        status, answer = self._write(f"/{kind.lower()}?{params}", _written(body), operation, [key])
        assert status == (200 if possible and not stale else 400), (operation, record, answer)
        if status == 200 and operation == "delete":
            assert self.books.find(kind, id) is None
        elif status == 200:
            after = self.books.records[key]
            assert audit.is_void(after)
            _check_shown(_read(answer)[kind], after)

    def _refused(self, target: str, body: Json, code: str | None) -> None:
        kind_of_call = "update" if "Id" in body else "create"
        status, answer = self._write(target, _written(body), kind_of_call, ())
        assert status == 400, answer
        assert code in (None, json.loads(answer)["Fault"]["Error"][0]["code"]), answer

    # ------------------------------------------------------------ what it expects

    def _is_active(self, key: Key) -> bool:
        record = self.books.find(*key)
        return record is not None and bool(record["Active"])

    def _sellable(self, customer: str, item: Key, form: Form) -> bool:
        return self._is_active(("Customer", customer)) and self._is_active(item) and form.adds_up

    def _taken_number(self) -> str:
        return next((str(one["DocNumber"]) for one in self.books.all("Invoice") if "DocNumber" in one), "")

    def _name_taken(self, name: str) -> bool:
        return any(one["DisplayName"].lower() == name.lower() for one in self.books.all("Customer"))

    def _may_stand_below(self, above: Key) -> bool:
        return self._is_active(above) and len(list(self._upwards(above[1]))) < 5

    def _upwards(self, customer: str) -> Iterable[str]:
        """The customer's Id and those above it."""
        record = self.books.find("Customer", customer)
        while record is not None:
            yield record["Id"]
            record = self.books.find("Customer", record.get("ParentRef", {}).get("value", ""))

    def _customer_of(self, key: Key) -> str:
        record = self.books.find(*key)
        return str(record["CustomerRef"]["value"]) if record else "1"

    def _share(self, key: Key, per_cent: int) -> Json:
        record = self.books.find(*key)
        open_amount = record["Balance"] if record else Decimal(1)
        return _applied(*key, (open_amount * per_cent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP))

    def _payable(self, customer: str, total: Decimal, lines: list[Json]) -> bool:
        """Open documents of the customer or its sub-customers, no more than is open, and credits that are used up."""
        left = total
        for line in lines:
            link = line["LinkedTxn"][0]
            record = self.books.find(link["TxnType"], link["TxnId"])
            if record is None or audit.is_void(record) or Decimal(str(line["Amount"])) > record["Balance"]:
                return False
            if customer not in self._upwards(record["CustomerRef"]["value"]):
                return False
            left += Decimal(str(line["Amount"])) * (1 if link["TxnType"] == "CreditMemo" else -1)
        return left >= 0 and self._is_active(("Customer", customer))


def _money(amount: int) -> float:
    """Cents as JSON writes them; the shortest float is exact."""
    return amount / 100


def _written(body: object) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return json.dumps(body, default=float).encode()


def _read(answer: bytes) -> Json:
    read: Json = json.loads(answer, parse_float=Decimal, parse_int=Decimal)
    return read


def _applied(kind: str, id: str, amount: Decimal) -> Json:
    return {"Amount": float(amount), "LinkedTxn": [{"TxnId": id, "TxnType": kind}]}


def _left_to_pay(lines: list[Json], ahead: int) -> Decimal:
    """What has to be paid in money, and something ahead."""
    left = Decimal(ahead) / 100
    for line in lines:
        sign = -1 if line["LinkedTxn"][0]["TxnType"] == "CreditMemo" else 1
        left += sign * Decimal(str(line["Amount"]))
    return max(left, Decimal(0))


def _usual_order(kind: str) -> tuple[str, bool]:
    return ("FullyQualifiedName" if kind == "Customer" else "Name", False) if kind in NAMED else (CHANGED, True)


def _check_shown(shown: Json, record: Json) -> None:
    """An answer shows the record whole, perhaps with more."""
    missing = {name: value for name, value in _apart(shown, record).items() if name in record}
    assert not missing, missing


def _content(value: Any) -> Any:
    """A record without its version, and without the names in its references: a write takes today's."""
    if isinstance(value, list):
        return [_content(one) for one in value]
    if not isinstance(value, dict):
        return value
    left_out = ("SyncToken", "MetaData", *(("name",) if "value" in value else ()))
    return {name: _content(one) for name, one in value.items() if name not in left_out}


def _apart(one: Json, other: Json) -> Json:
    return {
        name: (one.get(name), other.get(name)) for name in one.keys() | other.keys() if one.get(name) != other.get(name)
    }
