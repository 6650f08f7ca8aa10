"""Between our words and QuickBooks' JSON: bodies of our own with only what we mean, and objects read into values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from models.domain.books import BookCustomer, BookInvoice, BookItem, BookPayment, Version
from models.domain.customers import Recipient, display_name
from models.domain.deals import Address
from models.domain.invoices import BooksSettings, Draft, DraftDiscount, DraftLine
from models.domain.money import Money
from models.domain.taxes import TaxCode
from worker.quickbooks.client import as_json

NOTE_FIELD = {"create_invoice": "PrivateNote", "create_customer": "Notes"}
"""Where the marker of what we make stands. Items have no note; they are found again by their name."""


def frozen(kind: str, body: Mapping[str, Any], marker: str) -> str:
    """The text that is sent, with the marker at the end of its note."""
    field = NOTE_FIELD.get(kind)
    if field is None:
        return as_json(body)
    note = str(body.get(field, ""))
    return as_json({**body, field: f"{note} {marker}".strip()})


# ---------------------------------------------------------------- what we send


def invoice_body(
    draft: Draft, customer_id: str, settings: BooksSettings, exchange_rate: Decimal | None
) -> dict[str, Any]:
    """The body of a new invoice.

    Nothing is sent that was not decided: the library's own object would send ExchangeRate 1, an empty DueDate and
    twenty more. CurrencyRef is refused where multicurrency is off, so it is sent only where it is on.
    """
    body: dict[str, Any] = {
        "CustomerRef": {"value": customer_id},
        "TxnDate": draft.issued_on.isoformat(),
        "Line": [_line(line) for line in draft.lines],
    }
    if draft.discount is not None:
        body["Line"].append(_discount(draft.discount))
    if draft.due_on is not None:
        body["DueDate"] = draft.due_on.isoformat()
    if draft.number:
        body["DocNumber"] = draft.number
    if draft.email:
        body["BillEmail"] = {"Address": draft.email}
    if address := _address(draft.address):
        body["BillAddr"] = address
    if draft.memo:
        body["CustomerMemo"] = {"value": draft.memo}
    if draft.tax_method is not None:
        body["GlobalTaxCalculation"] = {"exclusive": "TaxExcluded", "inclusive": "TaxInclusive"}[draft.tax_method]
    if settings.multicurrency:
        body["CurrencyRef"] = {"value": draft.currency}
    if exchange_rate is not None:
        body["ExchangeRate"] = exchange_rate
    return body


def _line(line: DraftLine) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "ItemRef": {"value": line.item_id},
        "Qty": line.quantity,
        "UnitPrice": line.unit_price,
    }
    if line.amount_with_tax is not None:
        detail["TaxInclusiveAmt"] = line.amount_with_tax.amount
    if line.tax_code_id:
        detail["TaxCodeRef"] = {"value": line.tax_code_id}
    if line.service_date:
        detail["ServiceDate"] = line.service_date.isoformat()
    sent: dict[str, Any] = {
        "DetailType": "SalesItemLineDetail",
        "Amount": line.amount.amount,
        "SalesItemLineDetail": detail,
    }
    if line.description:
        sent["Description"] = line.description
    return sent


def _discount(discount: DraftDiscount) -> dict[str, Any]:
    detail: dict[str, Any] = {"PercentBased": discount.percent is not None}
    if discount.percent is not None:
        detail["DiscountPercent"] = discount.percent
    return {
        "DetailType": "DiscountLineDetail",
        "Amount": discount.amount.amount,
        "Description": discount.description,
        "DiscountLineDetail": detail,
    }


def customer_body(recipient: Recipient, currency: str, settings: BooksSettings) -> dict[str, Any]:
    """The body of a new customer: an organisation by its company name, a person by theirs."""
    body: dict[str, Any] = {"DisplayName": display_name(recipient)}
    if recipient.contact_type == "organization":
        body["CompanyName"] = display_name(recipient)[:100]
    if recipient.email:
        body["PrimaryEmailAddr"] = {"Address": recipient.email}
    if recipient.phone:
        body["PrimaryPhone"] = {"FreeFormNumber": recipient.phone[:30]}
    if address := _address(recipient.address):
        body["BillAddr"] = address
    if recipient.tax_id and len(recipient.tax_id) <= 20:
        body["PrimaryTaxIdentifier"] = recipient.tax_id
    if settings.multicurrency:
        body["CurrencyRef"] = {"value": currency}
    return body


def item_body(name: str, sku: str, income_account_id: str) -> dict[str, Any]:
    """The body of a new item: a service, because nothing is known of any stock."""
    body: dict[str, Any] = {
        "Name": name,
        "Type": "Service",
        "IncomeAccountRef": {"value": income_account_id},
    }
    if sku:
        body["Sku"] = sku
    return body


def _address(address: Address) -> dict[str, str]:
    parts = {
        "Line1": address.line1,
        "Line2": address.line2,
        "City": address.city,
        "CountrySubDivisionCode": address.region,
        "PostalCode": address.postal_code,
        "Country": address.country,
    }
    return {name: value for name, value in parts.items() if value}


# ---------------------------------------------------------------- what we read


def invoice_of(told: Mapping[str, Any]) -> BookInvoice:
    currency = _reference(told, "CurrencyRef") or "USD"
    delivery = told.get("DeliveryInfo") or {}
    return BookInvoice(
        invoice_id=str(told["Id"]),
        version=_version(told),
        created_at=_time(told["MetaData"]["CreateTime"]),
        number=str(told.get("DocNumber") or ""),
        customer_id=_reference(told, "CustomerRef"),
        customer_name=str((told.get("CustomerRef") or {}).get("name") or ""),
        billing_email=str((told.get("BillEmail") or {}).get("Address") or ""),
        total=_money(told.get("TotalAmt"), currency),
        balance=_money(told.get("Balance"), currency),
        issued_on=_day(told.get("TxnDate")),
        due_on=_day(told.get("DueDate")),
        is_sent=told.get("EmailStatus") in ("EmailSent", "EMAIL_SENT"),
        sent_at=_time(delivery["DeliveryTime"]) if delivery.get("DeliveryTime") else None,
        private_note=str(told.get("PrivateNote") or ""),
        payment_ids=tuple(
            str(linked["TxnId"]) for linked in told.get("LinkedTxn") or () if linked.get("TxnType") == "Payment"
        ),
    )


def customer_of(told: Mapping[str, Any]) -> BookCustomer:
    return BookCustomer(
        customer_id=str(told["Id"]),
        version=_version(told),
        created_at=_time(told["MetaData"]["CreateTime"]),
        display_name=str(told.get("DisplayName") or told.get("FullyQualifiedName") or ""),
        email=str((told.get("PrimaryEmailAddr") or {}).get("Address") or ""),
        currency=_reference(told, "CurrencyRef"),
        active=bool(told.get("Active", True)),
        notes=str(told.get("Notes") or ""),
    )


def item_of(told: Mapping[str, Any]) -> BookItem:
    price = told.get("UnitPrice")
    return BookItem(
        item_id=str(told["Id"]),
        version=_version(told),
        name=str(told.get("Name") or ""),
        sku=str(told.get("Sku") or ""),
        type=str(told.get("Type") or ""),
        active=bool(told.get("Active", True)),
        taxable=bool(told.get("Taxable", False)),
        unit_price=Decimal(str(price)) if price is not None else None,
        income_account_id=_reference(told, "IncomeAccountRef"),
    )


def payment_of(told: Mapping[str, Any]) -> BookPayment:
    """A payment; a line may pay several invoices, and credits count as applied like money."""
    currency = _reference(told, "CurrencyRef") or "USD"
    applied: dict[str, Money] = {}
    for line in told.get("Line") or ():
        for linked in line.get("LinkedTxn") or ():
            if linked.get("TxnType") == "Invoice":
                before = applied.get(str(linked["TxnId"]), Money("0", currency))
                applied[str(linked["TxnId"])] = before + _money(line.get("Amount"), currency)
    return BookPayment(
        payment_id=str(told["Id"]),
        version=_version(told),
        customer_id=_reference(told, "CustomerRef"),
        total=_money(told.get("TotalAmt"), currency),
        unapplied=_money(told.get("UnappliedAmt"), currency),
        paid_on=_day(told.get("TxnDate")),
        applied=applied,
    )


def term_of(told: Mapping[str, Any]) -> tuple[str, str, int | None, bool]:
    days = told.get("DueDays")
    return (
        str(told["Id"]),
        str(told.get("Name") or ""),
        int(days) if days is not None else None,
        bool(told.get("Active", True)),
    )


def tax_codes_of(codes: Sequence[Mapping[str, Any]], rates: Sequence[Mapping[str, Any]]) -> list[TaxCode]:
    """The codes that can be put on a sale, each with what its rates add together."""
    percents = {str(rate["Id"]): Decimal(str(rate.get("RateValue") or 0)) for rate in rates}
    return [
        TaxCode(
            tax_code_id=str(code["Id"]),
            name=str(code.get("Name") or ""),
            active=bool(code.get("Active", True)),
            percent=_percent(code, percents),
        )
        for code in codes
    ]


def _percent(code: Mapping[str, Any], percents: Mapping[str, Decimal]) -> Decimal | None:
    details = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail") or ()
    known = [percents.get(str((detail.get("TaxRateRef") or {}).get("value"))) for detail in details]
    if not known or any(percent is None for percent in known):
        return None
    return sum((percent for percent in known if percent is not None), Decimal(0))


def settings_of(preferences: Mapping[str, Any], company: Mapping[str, Any]) -> dict[str, Any]:
    """What we keep of the books' own settings, as JSON."""
    sales = preferences.get("SalesFormsPrefs") or {}
    currency = preferences.get("CurrencyPrefs") or {}
    return {
        "country": str(company.get("Country") or "US"),
        "home_currency": str((currency.get("HomeCurrency") or {}).get("value") or "USD"),
        "multicurrency": bool(currency.get("MultiCurrencyEnabled", False)),
        "discounts_allowed": bool(sales.get("AllowDiscount", True)),
        "custom_numbers": bool(sales.get("CustomTxnNumbers", False)),
        "uses_sales_tax": bool((preferences.get("TaxPrefs") or {}).get("UsingSalesTax", False)),
        "time_zone": str(company.get("DefaultTimeZone") or "UTC"),
    }


def _version(told: Mapping[str, Any]) -> Version:
    return Version(sync_token=int(told.get("SyncToken") or 0), last_updated=_time(told["MetaData"]["LastUpdatedTime"]))


def _reference(told: Mapping[str, Any], name: str) -> str:
    return str((told.get(name) or {}).get("value") or "")


def _money(told: Any, currency: str) -> Money:
    return Money(Decimal(str(told or 0)), currency).rounded()


def _day(told: Any) -> date | None:
    return date.fromisoformat(str(told)[:10]) if told else None


def _time(told: str) -> datetime:
    """QuickBooks writes times with the company's offset, never Z; a time without an offset is taken as UTC."""
    time = datetime.fromisoformat(told)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
