"""What a sales document says to a person: parties, dates, lines and sums, as a page shows and a PDF prints them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.company import Company
from sandbox.numbers import Json, cents, exact

ZERO = Decimal(0)
TITLES = {
    "Invoice": "Invoice",
    "Estimate": "Estimate",
    "CreditMemo": "Credit memo",
    "SalesReceipt": "Sales receipt",
    "RefundReceipt": "Refund receipt",
    "Payment": "Payment",
}
# What the last sum of a document is called, and which of its fields says it.
OPEN = {
    "Invoice": ("Balance due", ("Balance",)),
    "CreditMemo": ("Remaining credit", ("RemainingCredit", "Balance")),
    "Payment": ("Not applied yet", ("UnappliedAmt",)),
}
# The date until which a document holds: what it is called, and which of the fields says it.
DUE = {"Invoice": ("Due date", "DueDate"), "Estimate": ("Expires", "ExpirationDate")}
_ADDRESS = (
    "Line1",
    "Line2",
    "Line3",
    "Line4",
    "Line5",
    "City",
    "CountrySubDivisionCode",
    "PostalCode",
    "Country",
)


@dataclass(frozen=True)
class Line:
    """`id` is empty for a line that stands inside a group; a text has no amount."""

    id: str
    product: str
    description: str
    quantity: Decimal | None = None
    rate: Decimal | None = None
    amount: Decimal | None = None
    inside: bool = False


@dataclass(frozen=True)
class Document:
    """`sums` are the steps from the lines to the total; `left` is what is still open, where that means something."""

    title: str
    number: str
    currency: str
    customer: str
    customer_id: str
    bill_to: tuple[str, ...]
    ship_to: tuple[str, ...]
    issued: str
    due: tuple[str, str] | None
    terms: str
    lines: tuple[Line, ...]
    sums: tuple[tuple[str, Decimal], ...]
    total: Decimal
    settled: tuple[tuple[str, Decimal], ...]
    left: tuple[str, Decimal] | None
    message: str
    rate: str
    is_void: bool


@dataclass(frozen=True)
class Letterhead:
    """Who sends the document."""

    name: str
    address: tuple[str, ...]
    email: str


def document_of(company: Company, kind: str, record: Json) -> Document:
    """The document that a record is; `kind` is one of TITLES."""
    currency = record.get("CurrencyRef", {}).get("value", company.currency)
    return Document(
        title=TITLES[kind],
        number=str(record.get("DocNumber") or record.get("PaymentRefNum") or ""),
        currency=str(currency),
        customer=str(record.get("CustomerRef", {}).get("name", "")),
        customer_id=str(record.get("CustomerRef", {}).get("value", "")),
        bill_to=address_of(record.get("BillAddr")),
        ship_to=address_of(record.get("ShipAddr")),
        issued=str(record.get("TxnDate", "")),
        due=_due(kind, record),
        terms=str(record.get("SalesTermRef", {}).get("name", "")),
        lines=tuple(_applications(company, record) if kind == "Payment" else _lines(record.get("Line", []))),
        sums=() if kind == "Payment" else tuple(_sums(company, record)),
        total=exact(record.get("TotalAmt", 0)),
        settled=tuple(_settled(kind, record)),
        left=_left(kind, record),
        message=str((record.get("CustomerMemo") or {}).get("value", "")),
        rate=_rate(company, str(currency), record),
        is_void=is_void(record),
    )


def letterhead_of(company: Company) -> Letterhead:
    card = company.find("CompanyInfo", "1") or {}
    name = str(card.get("CompanyName") or card.get("LegalName") or company.realm)
    return Letterhead(name, address_of(card.get("CompanyAddr")), str((card.get("Email") or {}).get("Address", "")))


def is_void(record: Json) -> bool:
    """Voided transactions stay in the books with nothing on them; only the note tells."""
    return not record.get("TotalAmt") and str(record.get("PrivateNote", "")).startswith("Voided")


def is_overdue(record: Json, today: date) -> bool:
    return bool(exact(record.get("Balance", 0)) > 0 and str(record.get("DueDate", "9")) < today.isoformat())


def money(amount: object) -> str:
    """1234.5 as "1,234.50"; more than two decimals stay, as unit prices have them."""
    number = exact(amount)
    return f"{number.normalize():,f}" if number != cents(number) else f"{number:,.2f}"


def plain(number: object) -> str:
    """A quantity without trailing zeros, as an input takes it back."""
    found = exact(number)
    return "0" if not found else f"{found.normalize():f}"


def address_of(address: Json | None) -> tuple[str, ...]:
    """The filled lines of an address; town, region and postcode share one."""
    parts = {name: str(address[name]).strip() for name in _ADDRESS if address and address.get(name)}
    town = " ".join(parts.pop(name) for name in ("City", "CountrySubDivisionCode", "PostalCode") if name in parts)
    country = parts.pop("Country", "")
    return tuple(one for one in (*parts.values(), town, country) if one)


def _lines(lines: list[Json], inside: bool = False) -> Iterator[Line]:
    for line in lines:
        sort = line.get("DetailType")
        group = line.get("GroupLineDetail")
        if group:
            yield _group(line, group)
            yield from _lines(group.get("Line", []), inside=True)
        elif sort in ("SalesItemLineDetail", "DescriptionOnly"):
            yield _sale(line, inside)


def _group(line: Json, group: Json) -> Line:
    name = str(group.get("GroupItemRef", {}).get("name", "Group"))
    return Line(str(line.get("Id", "")), name, str(line.get("Description", "")), _number(group.get("Quantity")))


def _sale(line: Json, inside: bool) -> Line:
    detail = line.get("SalesItemLineDetail", {})
    return Line(
        id="" if inside else str(line.get("Id", "")),
        product=str(detail.get("ItemRef", {}).get("name", "")),
        description=str(line.get("Description", "")),
        quantity=_number(detail.get("Qty")),
        rate=_number(detail.get("UnitPrice")),
        amount=_number(line.get("Amount")),
        inside=inside,
    )


def _number(value: object) -> Decimal | None:
    return None if value is None else exact(value)


def _applications(company: Company, payment: Json) -> Iterator[Line]:
    """What a payment was used for."""
    for line in payment.get("Line", []):
        for link in line.get("LinkedTxn", []):
            kind, id = str(link.get("TxnType", "")), str(link.get("TxnId", ""))
            linked = company.find(kind, id) or {}
            named = f"{TITLES.get(kind, kind)} {linked.get('DocNumber', '')}".strip()
            yield Line("", named, str(linked.get("TxnDate", "")), amount=_number(line.get("Amount")))


def _sums(company: Company, record: Json) -> Iterator[tuple[str, Decimal]]:
    for line in record.get("Line", []):
        if line.get("DetailType") == "SubTotalLineDetail":
            yield "Subtotal", exact(line.get("Amount", 0))
        if line.get("DetailType") == "DiscountLineDetail":
            detail = line.get("DiscountLineDetail", {})
            percent = f" {plain(detail['DiscountPercent'])}%" if detail.get("PercentBased") else ""
            yield f"Discount{percent}", -exact(line.get("Amount", 0))
    yield from _taxes(company, record.get("TxnTaxDetail") or {})


def _taxes(company: Company, detail: Json) -> Iterator[tuple[str, Decimal]]:
    taxes = detail.get("TaxLine") or []
    for tax in taxes:
        own = tax.get("TaxLineDetail", {})
        rate = company.find("TaxRate", str(own.get("TaxRateRef", {}).get("value", ""))) or {}
        name = str(rate.get("Name", "Tax"))
        percent = f"{plain(own['TaxPercent'])}%" if "TaxPercent" in own else ""
        label = name if percent in name else f"{name} {percent}"
        yield f"{label} on {money(own.get('NetAmountTaxable', 0))}", exact(tax.get("Amount", 0))
    if not taxes and detail.get("TotalTax"):
        yield "Tax", exact(detail["TotalTax"])


def _settled(kind: str, record: Json) -> Iterator[tuple[str, Decimal]]:
    """What has been settled before today: the deposit, then payments and credits."""
    if kind != "Invoice":
        return
    deposit = exact(record.get("Deposit") or 0)
    paid = exact(record.get("TotalAmt", 0)) - deposit - exact(record.get("Balance", 0))
    if deposit:
        yield "Deposit", -deposit
    # A deposit may be more than the total.
    if paid > 0:
        yield "Payments and credits", -paid


def _left(kind: str, record: Json) -> tuple[str, Decimal] | None:
    label, names = OPEN.get(kind, ("", ()))
    found = next((record[name] for name in names if name in record), None)
    return None if found is None else (label, exact(found))


def _due(kind: str, record: Json) -> tuple[str, str] | None:
    label, name = DUE.get(kind, ("", ""))
    return (label, str(record[name])) if record.get(name) else None


def _rate(company: Company, currency: str, record: Json) -> str:
    if currency == company.currency or "ExchangeRate" not in record:
        return ""
    return f"1 {currency} = {plain(record['ExchangeRate'])} {company.currency}"
