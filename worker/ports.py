"""The ports: what an action may ask of the books, in the words of bookkeeping and none of a vendor's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from models.domain.books import BookCustomer, BookInvoice, BookItem, BookPayment
from models.domain.taxes import TaxCode
from models.records.intents import Intent, Plan

T = TypeVar("T")


@dataclass(frozen=True)
class Read(Generic[T]):
    """What a read gave, and the database's time at which it began (R10)."""

    found: Sequence[T]
    began: datetime


@dataclass(frozen=True)
class Changes:
    """What changed in the books since a time; `until` is the server's own time, to go on from."""

    began: datetime
    until: str
    invoices: Sequence[BookInvoice]
    payments: Sequence[BookPayment]
    customers: Sequence[BookCustomer]
    items: Sequence[BookItem]
    deleted: Mapping[str, Collection[str]]  # kind (invoice, payment) to ids
    is_full: bool  # the answer was cut off at the most that one call gives


class Books(Protocol):
    """The books of one connection. Every method may raise TryLater and Disconnected; reads are billed."""

    connection_id: str
    server_time: str
    """The books' own time of the last read; '' before any."""

    def perform(self, plan: Plan) -> Intent:
        """Make a change, once: the only door to a write. Gives the done intent; raises NeedsAttention when refused."""
        ...

    def finish(self, *, kind: str, subject: str, slot: str) -> Intent | None:
        """Settle an earlier change of which the outcome is not known yet; None where there is none such."""
        ...

    def invoices(self, invoice_ids: Collection[str]) -> Read[BookInvoice]: ...

    def payments(self, payment_ids: Collection[str]) -> Read[BookPayment]: ...

    def customers(self, customer_ids: Collection[str]) -> Read[BookCustomer]: ...

    def items(self, item_ids: Collection[str]) -> Read[BookItem]: ...

    def customers_like(self, name: str, email: str) -> Read[BookCustomer]:
        """The active customers with this name or this e-mail: one billed read."""
        ...

    def page_of_customers(self, first: int) -> Read[BookCustomer]:
        """Up to 1,000 customers, inactive ones too, from the one numbered `first` (counted from 1)."""
        ...

    def page_of_items(self, first: int) -> Read[BookItem]: ...

    def settings(self) -> Mapping[str, Any]:
        """Country, home currency, time zone and preferences, as the connection stores them."""
        ...

    def terms(self) -> Sequence[tuple[str, str, int | None, bool]]:
        """Id, name, days until due (None for date-driven ones), active."""
        ...

    def tax_codes(self) -> Sequence[TaxCode]: ...

    def income_account(self) -> str | None:
        """An account that a new item's sales may be booked to."""
        ...

    def exchange_rate(self, currency: str, on: str) -> Any:
        """Home units per unit of a foreign currency on a day."""
        ...

    def changes_since(self, since: str) -> Changes:
        """Everything that changed since a server time, in one billed read."""
        ...

    def pages_changed_since(self, since: str) -> Iterator[Changes]:
        """The same by queries, kind by kind, page by page: no cap and no 30 days, but nothing of what was deleted."""
        ...


class Stale(Exception):
    """Somebody changed it in the books since we last read it: read it again, decide again."""
