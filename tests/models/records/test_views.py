"""The views a CRM reads: exact money in every currency, one row for each deal and invoice, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from models.records import attention, crm_views, deals, invoices, links
from models.records.database import OPERATOR, Database
from models.records.history import LinkedDeal
from models.records.invoices import Reading
from models.records.links import Record
from tests.makers import book_invoice
from tests.models.records.test_attention import problem

BEGAN = datetime(2026, 3, 13, 10, tzinfo=UTC)


def invoice(acme: Database, invoice_id: str, *, deal: str = "d1", slot: str = "1", **facts: Any) -> None:
    """An invoice of a deal we were told of."""
    with acme.writing("acme") as session:
        deals.told(session, company_id="acme", crm="generic", deal_id=deal, snapshot={"a": 1}, order="1", trigger="won")
        reading = Reading("acme", "a", BEGAN, date(2026, 3, 13), deal=LinkedDeal("generic", deal, slot))
        invoices.record(session, book_invoice(invoice_id, **facts), reading)
        links.make(
            session,
            company_id="acme",
            record=Record("generic", "deal", deal),
            kind="invoice",
            connection_id="a",
            book_id=invoice_id,
            by="dealbooks",
            slot=slot,
        )


def view(acme: Database, name: str, order: str = "updated_at") -> list[Any]:
    with acme.reading(OPERATOR) as session:
        return crm_views.rows_of(session, name, "acme", order, 100)


@pytest.mark.parametrize(
    ("currency", "total", "balance", "total_minor", "paid"),
    [
        ("USD", "1234567890.12", "0.05", 123456789012, "1234567890.07"),
        ("USD", "0.10", "0.10", 10, "0.00"),
        ("USD", "-12.05", "0.00", -1205, "-12.05"),
        ("USD", "-0.05", "0.00", -5, "-0.05"),
        ("JPY", "1200", "200", 1200, "1000"),
        ("KWD", "1.005", "0.001", 1005, "1.004"),
        ("KWD", "0.000", "0.000", 0, "0.000"),
        ("EUR", "19.90", "19.90", 1990, "0.00"),
    ],
)
def test_money_is_exact_in_every_currency(
    acme: Database, currency: str, total: str, balance: str, total_minor: int, paid: str
) -> None:
    invoice(acme, "1", total=total, balance=balance, currency=currency)
    (row,) = view(acme, "crm_invoices")
    shown = {name: Decimal(getattr(row, name)) for name in ("total", "balance", "paid")}
    assert shown == {"total": Decimal(total), "balance": Decimal(balance), "paid": Decimal(paid)}
    assert row.total_minor == total_minor
    assert row.paid_minor == row.total_minor - row.balance_minor
    if acme.is_sqlite:
        assert (row.total, row.balance, row.paid) == (total, balance, paid)
    else:
        assert isinstance(row.total, Decimal)
    (deal,) = view(acme, "crm_deals")
    assert Decimal(deal.amount_due) == Decimal(balance)
    line = view(acme, "crm_history", "history_id")[-1]
    assert Decimal(line.amount) == Decimal(total)


def test_a_deal_shows_its_latest_invoice_and_the_sum_of_all(acme: Database) -> None:
    invoice(acme, "1", slot="1", total="10.00")
    invoice(acme, "2", slot="2", total="20.50", number="1002")
    (deal,) = view(acme, "crm_deals")
    assert (deal.invoice_count, deal.number, deal.amount_due_minor) == (2, "1002", 2050)
    assert (Decimal(deal.amount_due_all), deal.amount_due_all_minor) == (Decimal("30.50"), 3050)


def test_currencies_are_never_added(acme: Database) -> None:
    invoice(acme, "1", slot="1", total="10.00")
    invoice(acme, "2", slot="2", total="20", currency="JPY")
    (deal,) = view(acme, "crm_deals")
    assert (deal.invoice_count, deal.amount_due_all, deal.amount_due_all_minor) == (2, None, None)


def test_a_deal_without_an_invoice_has_a_row_of_empty_places(acme: Database) -> None:
    with acme.writing("acme") as session:
        deals.told(session, company_id="acme", crm="generic", deal_id="d1", snapshot={}, order="1", trigger="")
        for cause in ("x", "y"):
            attention.add(
                session,
                problem(cause),
                company_id="acme",
                stream="s",
                event_id="e",
                crm="generic",
                deal_id="d1",
            )
    (deal,) = view(acme, "crm_deals")
    assert (deal.amount_due, deal.number, deal.status, deal.currency, deal.amount_due_all) == (None,) * 5
    assert (deal.invoice_count, deal.attention) == (0, 2)
    assert len(view(acme, "crm_attention", "since")) == 2


def test_an_invoice_of_nobodys_deal_is_not_in_the_view(acme: Database) -> None:
    with acme.writing("acme") as session:
        invoices.record(session, book_invoice("9"), Reading("acme", "a", BEGAN, date(2026, 3, 13)))
    assert view(acme, "crm_invoices") == []
    assert view(acme, "crm_deals") == []


def test_the_link_leads_to_us_and_names_no_realm(acme: Database) -> None:
    invoice(acme, "1")
    (row,) = view(acme, "crm_invoices")
    assert row.quickbooks_url == "https://dealbooks.example/open/a/invoices/1"
