"""What the books told us last of a customer, an item, an invoice or a payment: values, as read, with their version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from models.domain.money import Money


@dataclass(frozen=True, kw_only=True)
class Version:
    """QuickBooks' version of one object. Neither part alone is enough: a payment bumps an invoice's both, while some
    side effects change LastUpdatedTime only."""

    sync_token: int
    last_updated: datetime


@dataclass(frozen=True, kw_only=True)
class BookInvoice:
    """An invoice as QuickBooks gave it. Amounts in the invoice's currency; times aware UTC."""

    invoice_id: str
    version: Version
    created_at: datetime
    number: str
    customer_id: str
    customer_name: str
    billing_email: str
    total: Money
    balance: Money
    issued_on: date | None
    due_on: date | None
    is_sent: bool
    sent_at: datetime | None
    private_note: str
    payment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BookCustomer:
    customer_id: str
    version: Version
    created_at: datetime
    display_name: str
    email: str
    currency: str
    active: bool
    notes: str


@dataclass(frozen=True, kw_only=True)
class BookItem:
    item_id: str
    version: Version
    name: str
    sku: str
    type: str
    active: bool
    taxable: bool
    unit_price: Decimal | None
    income_account_id: str


@dataclass(frozen=True, kw_only=True)
class BookPayment:
    """A payment and the invoices it was applied to (invoice id to amount)."""

    payment_id: str
    version: Version
    customer_id: str
    total: Money
    unapplied: Money
    paid_on: date | None
    applied: Mapping[str, Money]
