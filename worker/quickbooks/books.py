"""The books of one connection in QuickBooks Online: every read, and `perform`, the only door to a write (R6 to R9)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import structlog

from config.secrets import Sealer
from config.settings import Pace
from models.domain.books import BookCustomer, BookInvoice, BookItem, BookPayment
from models.domain.errors import Disconnected, NeedsAttention, Problem, TryLater
from models.domain.taxes import TaxCode
from models.records import attention, intents, invoices, lanes, reference, streams
from models.records.connections import Connection
from models.records.database import Database, Session, database_now
from models.records.intents import Intent, Plan
from worker import steps
from worker.ports import Changes, Read, Stale
from worker.quickbooks import evidence, faults, refusals, translation
from worker.quickbooks.client import Client, Http, quoted
from worker.quickbooks.faults import (
    AccessRefused,
    Answer,
    NotReached,
    OutcomeUnknown,
    QuickBooksError,
    Refused,
    Throttled,
    TokenRefused,
)
from worker.quickbooks.pacing import wait_for_turn
from worker.quickbooks.recording import RECORDERS
from worker.quickbooks.tokens import Token, Tokens

log = structlog.get_logger(__name__)

PAGE = 1000
"""The most rows that QuickBooks gives at once."""
THROTTLED_FOR_S = 60.0
UNREACHABLE_FOR_S = 5.0
ELSEWHERE_FOR_S = 60.0
BEFORE_EVIDENCE_S = 60.0
"""Nothing found sooner than this after the last ask proves nothing: QuickBooks may still be at it."""
LONGEST_REPEAT_S = 600.0
HELD_WHILE_UNCERTAIN_S = 900.0
CDC_ENTITIES = "Invoice,Payment,Customer,Item"

T = TypeVar("T")


@dataclass(frozen=True)
class Ask:
    """How a kind of change is posted."""

    path: str
    entity: str
    operation: str = ""


ASKS: Mapping[str, Ask] = {
    "create_customer": Ask("customer", "Customer"),
    "create_item": Ask("item", "Item"),
    "create_invoice": Ask("invoice", "Invoice"),
    "void_invoice": Ask("invoice", "Invoice", "void"),
}


@dataclass(frozen=True)
class Gate:
    """What the books of every connection share in one process: the wire, the tokens, and how to behave there."""

    database: Database
    http: Http
    sealer: Sealer
    tokens: Tokens
    base_url: str
    environment: str
    pace: Pace | None
    repeat_after_s: float
    repeat_within_s: float


class RealmBooks:
    """The port `Books` for one connection, within one handling.

    `asker` is the lease under which is asked; `starting` opens a transaction that holds the stream and checks it.
    """

    def __init__(
        self, gate: Gate, connection: Connection, *, asker: str, starting: Callable[[], AbstractContextManager[Session]]
    ) -> None:
        self.connection_id = connection.connection_id
        self._gate = gate
        self._connection = connection
        self._company_id = connection.company_id
        self._asker = asker
        self._starting = starting
        self._token: Token | None = None
        self.server_time = ""
        if connection.environment != gate.environment:  # its tokens must not be sent anywhere else
            raise TryLater(ELSEWHERE_FOR_S, "the connection belongs to another QuickBooks environment than ours")
        realm = gate.sealer.open(connection.realm_sealed)
        self._client = Client(http=gate.http, base_url=gate.base_url, realm=realm, token=self._access_token)

    @property
    def calls(self) -> Mapping[tuple[str, str], int]:
        """The calls made so far, as (price group, feature) to a number."""
        return self._client.calls

    def forget_calls(self) -> None:
        """Count from none again, once the calls were written down."""
        self._client.calls.clear()

    # ------------------------------------------------------------ writing

    def perform(self, plan: Plan) -> Intent:
        last, at = self._newest(plan.kind, plan.subject, plan.slot)
        if last is not None and last.state in (intents.ASKED, intents.UNCERTAIN):
            settled = self._ask_again(last, at)
            if settled is not None:
                return settled
        self._wait_for_turn()
        self._access_token()
        with self._starting() as session:
            if plan.numbered:
                plan = self._numbered(session, plan, last)
            intent = intents.plan(session, plan, translation.frozen)
            if intent.state == intents.PLANNED:
                intent = intents.ask(session, intent, self._asker)
        if intent.state == intents.DONE:
            return intent
        if intent.asker != self._asker:
            raise TryLater(self._gate.repeat_after_s, "somebody else is asking the same")
        steps.reached("intent.asked")
        return self._call(intent, is_repeat=False)

    def _numbered(self, session: Session, plan: Plan, last: Intent | None) -> Plan:
        """Give the invoice a number in the transaction that freezes its body; a number moves on to the next generation.

        With custom numbers switched on, QuickBooks would leave an invoice without one.
        """
        number = str(last.decision.get("number") or "") if last is not None else ""
        if not number or intents.had_fault(last, faults.DUPLICATE_NUMBER):
            at_least = invoices.highest_number(session, self.connection_id) + 1
            number = str(reference.allot_number(session, self._company_id, self.connection_id, "invoice", at_least))
        body = {**plan.body, "DocNumber": number}
        return replace(plan, body=body, decision={**(plan.decision or {}), "number": number})

    def finish(self, *, kind: str, subject: str, slot: str) -> Intent | None:
        last, at = self._newest(kind, subject, slot)
        if last is None or last.state not in (intents.ASKED, intents.UNCERTAIN):
            return None
        return self._ask_again(last, at)

    def _newest(self, kind: str, subject: str, slot: str) -> tuple[Intent | None, datetime]:
        with self._gate.database.reading(self._company_id) as session:
            last = intents.newest(session, company_id=self._company_id, kind=kind, subject=subject, slot=slot)
            return last, database_now(session)

    def _ask_again(self, intent: Intent, at: datetime) -> Intent | None:
        """Repeat an ask whose outcome is not known; after the window, go by evidence alone (R8)."""
        self._keep_distance(intent, at)
        if at - (intent.first_asked_at or at) > timedelta(seconds=self._gate.repeat_within_s):
            waited = (at - (intent.asked_at or at)).total_seconds()
            if waited < BEFORE_EVIDENCE_S:
                raise TryLater(BEFORE_EVIDENCE_S - waited, "the last call may still be under way in QuickBooks")
            return self._settle_by_evidence(intent)
        self._wait_for_turn()
        self._access_token()
        with self._starting() as session:
            intent = intents.ask(session, intent, self._asker)
        return self._call(intent, is_repeat=True)

    def _keep_distance(self, intent: Intent, at: datetime) -> None:
        """Two calls under one request id must never be under way at once: nobody knows what Intuit does then (R8)."""
        waited = (at - (intent.asked_at or at)).total_seconds()
        if waited < self._gate.repeat_after_s:
            raise TryLater(self._gate.repeat_after_s - waited + 0.05, "the outcome of an earlier call is not known yet")
        with self._gate.database.reading(self._company_id) as session:
            if intent.asker and intent.asker != self._asker and streams.is_leased(session, intent.asker):
                raise TryLater(1.0, "an earlier call is still under way")

    def _call(self, intent: Intent, *, is_repeat: bool) -> Intent:
        began = time.monotonic()
        try:
            answer = self._send(intent)
        except (NotReached, Throttled, TokenRefused, AccessRefused) as error:
            with self._recording() as session:
                intents.not_asked(session, intent)
            raise self._step_back(error) from None
        except (TryLater, Disconnected):  # no token could be had, so nothing was sent
            with self._recording() as session:
                intents.not_asked(session, intent)
            raise
        except Refused as error:
            if is_repeat:
                return self._after_fault_on_repeat(intent, error)
            raise self._refused(intent, error) from None
        except OutcomeUnknown as error:
            self._note_unknown(intent, error)
            raise TryLater(self._gate.repeat_after_s, error.why) from None
        made = answer.body[ASKS[intent.kind].entity]
        if is_repeat and intent.kind.startswith("create_"):
            self._look_for_twin(intent, made, answer, time.monotonic() - began)
        return self._done(intent, made, answer.intuit_tid, {"attempts": intent.attempts})

    def _send(self, intent: Intent) -> Answer:
        ask = ASKS[intent.kind]

        def send() -> Answer:
            return self._client.write(
                ask.path,
                intent.body,
                intent.request_id,
                expected=ask.entity,
                feature=intent.kind,
                operation=ask.operation,
            )

        return self._with_fresh_token(send)

    def _done(self, intent: Intent, made: Mapping[str, Any], tid: str, found_by: Mapping[str, Any]) -> Intent:
        """Commit the outcome with everything that follows from it; an answer is a fact whoever brings it (R5, R7)."""
        steps.reached("intent.before_outcome")
        book_id = str(made["Id"])
        outcome = {"answer": _plain(made), **found_by}
        zone = str(self._connection.books.get("time_zone", "UTC"))
        with self._recording() as session:
            self._drop_holds(session, intent)
            settled = intents.settle(session, intent, intents.DONE, outcome=outcome, book_id=book_id, intuit_tid=tid)
            now_stands = intents.find(session, intent.intent_id)
            assert now_stands is not None
            if settled or now_stands.book_id == book_id:
                RECORDERS[intent.kind](session, intent, made, intent.asked_at or database_now(session), zone)
            else:  # the link stays with the first; the second is recorded when the books tell of it
                self._tell_of_two(session, now_stands, str(now_stands.book_id), book_id)
        steps.reached("intent.done")
        log.info("intent_done", kind=intent.kind, intent=intent.intent_id, book_id=book_id, intuit_tid=tid)
        return now_stands

    def _drop_holds(self, session: Session, intent: Intent) -> None:
        """Give up what was held for this change, by this handling or since an earlier one."""
        streams.drop_holds(session, self._asker)
        streams.drop_holds(session, intent.request_id)

    def _refused(self, intent: Intent, error: Refused) -> Exception:
        """A 400-class fault on a first ask: the generation is over (R9). Gives the error to raise."""
        outcome = {"faults": [vars(fault) for fault in error.faults]}
        with self._recording() as session:
            self._drop_holds(session, intent)
            intents.settle(session, intent, intents.REFUSED, outcome=outcome, intuit_tid=error.intuit_tid)
        log.warning("intent_refused", kind=intent.kind, intent=intent.intent_id, why=error.why, tid=error.intuit_tid)
        if error.has(faults.STALE):
            return Stale(error.why)
        return NeedsAttention(refusals.problem_of(error, intent))

    def _note_unknown(self, intent: Intent, error: QuickBooksError) -> None:
        with self._recording() as session:
            # Until the outcome is known nobody else may make the same, so the holds outlive this handling (R12).
            streams.hand_over_holds(session, self._asker, to=intent.request_id, for_s=HELD_WHILE_UNCERTAIN_S)
            intents.settle(
                session, intent, intents.UNCERTAIN, outcome={"unknown": error.why}, intuit_tid=error.intuit_tid
            )
        log.warning("outcome_unknown", kind=intent.kind, intent=intent.intent_id, why=error.why, tid=error.intuit_tid)

    # ------------------------------------------------------------ evidence (R9)

    def _after_fault_on_repeat(self, intent: Intent, error: Refused) -> Intent:
        """A fault on a repeat proves nothing about the first ask: only a look-up can settle it now."""
        found = self._rows(evidence.query_of(intent), "evidence")
        made = next((row for row in found if evidence.proves(intent, row)), None)
        if made is not None:
            return self._done(intent, made, error.intuit_tid, {"evidence": "found by a look-up"})
        if error.has(faults.DUPLICATE_NAME) and any(evidence.disproves(intent, row) for row in found):
            with self._starting() as session:
                self._drop_holds(session, intent)
                intents.settle(session, intent, intents.REFUSED, outcome={"evidence": "the name is another's"})
            raise TryLater(0.1, "somebody else was quicker to make the same")
        self._note_unknown(intent, error)
        distance = min(LONGEST_REPEAT_S, self._gate.repeat_after_s * 2.0 ** min(intent.attempts, 16))
        raise TryLater(distance, f"{error.why} at a repeat")

    def _settle_by_evidence(self, intent: Intent) -> Intent | None:
        """After the window: adopt what is found, or close the generation; the next plan opens the next one."""
        made = self._evidence_of(intent)
        if made is not None:
            return self._done(intent, made, "", {"evidence": "found by a look-up"})
        with self._starting() as session:
            self._drop_holds(session, intent)
            intents.settle(session, intent, intents.REFUSED, outcome={"evidence": "looked up, nothing found"})
        return None

    def _evidence_of(self, intent: Intent) -> Mapping[str, Any] | None:
        found = self._rows(evidence.query_of(intent), "evidence")
        return next((row for row in found if evidence.proves(intent, row)), None)

    def _look_for_twin(self, intent: Intent, made: Mapping[str, Any], answer: Answer, took_s: float) -> None:
        """A repeat that made something anew may have made a second one: look for the first by its marker."""
        if not evidence.made_just_now(made, answer.body, took_s):
            return
        found = self._rows(evidence.query_of(intent), "evidence")
        twins = [row for row in found if row["Id"] != made["Id"] and evidence.proves(intent, row)]
        if twins:
            with self._recording() as session:
                self._tell_of_two(session, intent, str(made["Id"]), str(twins[0]["Id"]))

    def _tell_of_two(self, session: Session, intent: Intent, one_id: str, other_id: str) -> None:
        log.error("two_in_the_books", kind=intent.kind, intent=intent.intent_id)
        attention.add(
            session,
            Problem(
                reason="two_in_the_books",
                cause=f"intent:{intent.intent_id} answered twice",
                message="QuickBooks made the same thing twice, although it was asked under one request id.",
                remedy=f"Compare {one_id} (the one we go on with) and {other_id} in QuickBooks, and delete the latter.",
                choices=("dismiss",),
                detail={"kind": intent.kind, "ids": [one_id, other_id]},
            ),
            company_id=intent.company_id,
            stream=f"intent:{intent.intent_id}",
            event_id=intent.cause,
            connection_id=intent.connection_id,
        )

    # ------------------------------------------------------------ reading

    def invoices(self, invoice_ids: Collection[str]) -> Read[BookInvoice]:
        return self._by_ids("Invoice", invoice_ids, translation.invoice_of)

    def payments(self, payment_ids: Collection[str]) -> Read[BookPayment]:
        return self._by_ids("Payment", payment_ids, translation.payment_of)

    def customers(self, customer_ids: Collection[str]) -> Read[BookCustomer]:
        return self._by_ids("Customer", customer_ids, translation.customer_of, " AND Active IN (true, false)")

    def items(self, item_ids: Collection[str]) -> Read[BookItem]:
        return self._by_ids("Item", item_ids, translation.item_of, " AND Active IN (true, false)")

    def _by_ids(
        self, entity: str, ids: Collection[str], of: Callable[[Mapping[str, Any]], T], also: str = ""
    ) -> Read[T]:
        began = self._now()
        found: list[T] = []
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), PAGE):
            some = ", ".join(quoted(book_id) for book_id in wanted[start : start + PAGE])
            statement = f"SELECT * FROM {entity} WHERE Id IN ({some}){also} MAXRESULTS {PAGE}"
            found += [of(row) for row in self._rows(statement, f"read_{entity.lower()}s")]
        return Read(found, began)

    def customers_like(self, name: str, email: str) -> Read[BookCustomer]:
        began = self._now()
        wheres = [f"DisplayName = {quoted(name)}"]
        if email:
            wheres.append(f"PrimaryEmailAddr = {quoted(email)}")
        statements = [f"SELECT * FROM Customer WHERE {where} MAXRESULTS {PAGE}" for where in wheres]
        found = {row["Id"]: translation.customer_of(row) for row in self._rows_of_batch(statements)}
        return Read(list(found.values()), began)

    def page_of_customers(self, first: int) -> Read[BookCustomer]:
        return self._page("Customer", "*", first, translation.customer_of)

    def page_of_items(self, first: int) -> Read[BookItem]:
        return self._page("Item", "*, Sku", first, translation.item_of)  # Sku may need to be named (library, #item)

    def _page(self, entity: str, columns: str, first: int, of: Callable[[Mapping[str, Any]], T]) -> Read[T]:
        # Ordered by Id: the default order changes with every row that changes, and paging over it skips rows.
        began = self._now()
        statement = (
            f"SELECT {columns} FROM {entity} WHERE Active IN (true, false) "
            f"ORDERBY Id STARTPOSITION {first} MAXRESULTS {PAGE}"
        )
        return Read([of(row) for row in self._rows(statement, "first_load")], began)

    def settings(self) -> Mapping[str, Any]:
        statements = ["SELECT * FROM Preferences", "SELECT * FROM CompanyInfo"]
        rows = self._rows_of_batch(statements)
        preferences = next((row for row in rows if "CurrencyPrefs" in row or "SalesFormsPrefs" in row), {})
        company = next((row for row in rows if "CompanyName" in row), {})
        return translation.settings_of(preferences, company)

    def terms(self) -> Sequence[tuple[str, str, int | None, bool]]:
        rows = self._rows(f"SELECT * FROM Term MAXRESULTS {PAGE}", "reference")
        return [translation.term_of(row) for row in rows]

    def tax_codes(self) -> Sequence[TaxCode]:
        codes = self._rows(f"SELECT * FROM TaxCode MAXRESULTS {PAGE}", "reference")
        rates = self._rows(f"SELECT * FROM TaxRate MAXRESULTS {PAGE}", "reference")
        return translation.tax_codes_of(codes, rates)

    def income_account(self) -> str | None:
        statement = "SELECT * FROM Account WHERE AccountType = 'Income' ORDERBY Id MAXRESULTS 1"
        rows = self._rows(statement, "reference")
        return str(rows[0]["Id"]) if rows else None

    def exchange_rate(self, currency: str, on: str) -> Decimal:
        params = {"sourcecurrencycode": currency, "asofdate": on}
        answer = self._reading(
            lambda: self._client.read("exchangerate", params, feature="exchange_rate", expected="ExchangeRate")
        )
        return Decimal(str(answer.body["ExchangeRate"]["Rate"]))

    def changes_since(self, since: str) -> Changes:
        began = self._now()
        params = {"entities": CDC_ENTITIES, "changedSince": since}
        answer = self._reading(lambda: self._client.read("cdc", params, feature="catch_up", expected="CDCResponse"))
        return _changes(answer.body, began)

    def pages_changed_since(self, since: str) -> Iterator[Changes]:
        for entity in CDC_ENTITIES.split(","):
            first, rows = 1, PAGE
            also = " AND Active IN (true, false)" if entity in ("Customer", "Item") else ""
            while rows == PAGE:
                began = self._now()
                # In the order of change: what changes meanwhile moves to the end, and nothing before it is skipped
                # that the overlap of the next catch-up would not find again.
                found = self._rows(
                    f"SELECT * FROM {entity} WHERE MetaData.LastUpdatedTime >= {quoted(since)}{also} "
                    f"ORDERBY MetaData.LastUpdatedTime STARTPOSITION {first} MAXRESULTS {PAGE}",
                    "catch_up",
                )
                yield _changes({"CDCResponse": [{"QueryResponse": [{entity: found}]}], "time": self.server_time}, began)
                first, rows = first + len(found), len(found)

    def _rows(self, statement: str, feature: str) -> list[Mapping[str, Any]]:
        """The rows of one query; the key they stand under is the entity's name."""
        answer = self._reading(lambda: self._client.query(statement, feature=feature))
        return _rows_in(answer.body["QueryResponse"])

    def _rows_of_batch(self, statements: Sequence[str]) -> list[Mapping[str, Any]]:
        asked = [{"bId": f"q{place}", "Query": statement} for place, statement in enumerate(statements)]
        answer = self._reading(lambda: self._client.batch({"BatchItemRequest": asked}, feature="look_up"))
        items = answer.body["BatchItemResponse"]
        if len(items) != len(statements) or any("QueryResponse" not in item for item in items):
            raise TryLater(UNREACHABLE_FOR_S, "QuickBooks answered a batch of queries in part only")
        return [row for item in items for row in _rows_in(item["QueryResponse"])]

    def _reading(self, call: Callable[[], Answer]) -> Answer:
        self._wait_for_turn()
        try:
            answer = self._with_fresh_token(call)
        except (NotReached, Throttled, TokenRefused, AccessRefused, OutcomeUnknown) as error:
            raise self._step_back(error) from None
        self.server_time = str(answer.body.get("time") or self.server_time)
        return answer

    # ------------------------------------------------------------ what every call shares

    def _access_token(self) -> str:
        if self._token is None:
            self._token = self._gate.tokens.current(self._company_id, self.connection_id)
        return self._token.value

    def _with_fresh_token(self, call: Callable[[], Answer]) -> Answer:
        """Make a call, and make it once more with another token where the one it had is refused (R13)."""
        self._access_token()
        try:
            return call()
        except TokenRefused:
            assert self._token is not None
            self._token = self._gate.tokens.instead_of(self._company_id, self.connection_id, self._token)
            return call()

    def _step_back(self, error: QuickBooksError) -> Exception:
        """What to raise after a call that did not happen, or a read that failed."""
        log.warning("quickbooks_call_failed", why=error.why, intuit_tid=error.intuit_tid, connection=self.connection_id)
        if isinstance(error, Throttled):
            pause = max(error.after or 0.0, THROTTLED_FOR_S)
            with self._gate.database.writing(self._company_id) as session:
                lanes.pause(session, self._connection.lane, pause)
            return TryLater(pause, error.why)
        if isinstance(error, AccessRefused):
            assert self._token is not None
            return self._gate.tokens.refused(self._company_id, self.connection_id, self._token.generation, error.why)
        return TryLater(UNREACHABLE_FOR_S, error.why)

    def _wait_for_turn(self) -> None:
        wait_for_turn(self._gate.database, self._company_id, self._connection.lane, self._gate.pace)

    def _recording(self) -> AbstractContextManager[Session]:
        return self._gate.database.writing(self._company_id)

    def _now(self) -> datetime:
        with self._gate.database.reading(self._company_id) as session:
            return database_now(session)


def _rows_in(response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return next((rows for rows in response.values() if isinstance(rows, list)), [])


def _changes(body: Mapping[str, Any], began: datetime) -> Changes:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for response in body["CDCResponse"]:
        for group in response.get("QueryResponse") or ():
            for entity, rows in group.items():
                if isinstance(rows, list):
                    groups.setdefault(entity, []).extend(rows)
    deleted = {
        entity.lower(): [str(row["Id"]) for row in rows if row.get("status") == "Deleted"]
        for entity, rows in groups.items()
    }

    def standing(entity: str) -> list[Mapping[str, Any]]:
        return [row for row in groups.get(entity, []) if row.get("status") != "Deleted"]

    return Changes(
        began=began,
        until=str(body["time"]),
        invoices=[translation.invoice_of(row) for row in standing("Invoice")],
        payments=[translation.payment_of(row) for row in standing("Payment")],
        customers=[translation.customer_of(row) for row in standing("Customer")],
        items=[translation.item_of(row) for row in standing("Item")],
        deleted=deleted,
        is_full=sum(len(rows) for rows in groups.values()) >= PAGE,
    )


def _plain(told: Mapping[str, Any]) -> Any:
    """An answer as it can be stored: exact decimals as text."""
    return json.loads(json.dumps(told, default=str))
