"""A small garden business outside the United States: everything in it is made up, in the way of its country."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sandbox.business.bookkeeper import Bookkeeper, applied, sales_line
from sandbox.company import Company
from sandbox.numbers import Json, exact

EURO_NAMES = (
    "Atelier Nord",
    "Café Central",
    "Hotel Europa",
    "Studio Linea",
    "Casa Verde",
    "Villa Aurora",
    "Museum Modern",
    "Clinica Sana",
    "Biblio Plus",
    "Sport Delta",
    "Theater am Park",
    "Marina Blu",
)


@dataclass(frozen=True)
class Place:
    """Where the customers are: names, and (city, region, postal code) in turn."""

    names: tuple[str, ...]
    addresses: tuple[tuple[str, str, str], ...]


PLACES = {
    "CA": Place(
        (
            "Maple Grove Dental",
            "Harbourfront Cycles",
            "Northern Light Bakery",
            "Rideau Bookshop",
            "Prairie Sky Lodge",
            "Whistler Trail Gear",
            "Loon Lake Cottages",
            "Queen Street Optical",
            "Cedar & Birch Furniture",
            "Gatineau Print House",
            "Trillium Yoga",
            "Old Port Brasserie",
        ),
        (("Toronto", "ON", "M5V 0A1"), ("Ottawa", "ON", "K1A 0A1"), ("Vancouver", "BC", "V5K 0A1")),
    ),
    "GB": Place(
        (
            "Thistle & Thyme Café",
            "Bramley Orchard Cider",
            "Kingfisher Joinery",
            "The Old Mill Bakery",
            "Pennine Outdoor",
            "Harbour Lights Hotel",
            "Foxglove Florist",
            "Saddlers Row Books",
            "Wharfedale Dental",
            "Rowan Primary School",
            "Castle Street Garage",
            "Lantern Theatre",
        ),
        (
            ("London", "Greater London", "EC1A 1AA"),
            ("Leeds", "West Yorkshire", "LS1 1AA"),
            ("Bath", "Somerset", "BA1 1AA"),
        ),
    ),
    "AU": Place(
        (
            "Banksia Medical Centre",
            "Wattle Street Roasters",
            "Coral Bay Diving",
            "Jacaranda Childcare",
            "Red Gum Timber",
            "Lorikeet Landscapes",
            "Southern Cross Surf",
            "Eucalypt Day Spa",
            "Magpie Lane Books",
            "Pelican Point Motel",
            "Outback Trailers",
            "Bondi Bike Hire",
        ),
        (("Sydney", "NSW", "2000"), ("Melbourne", "VIC", "3000"), ("Brisbane", "QLD", "4000")),
    ),
    "AT": Place(EURO_NAMES, (("Wien", "", "1010"), ("Graz", "", "8010"))),
    "BE": Place(EURO_NAMES, (("Bruxelles", "", "1000"), ("Antwerpen", "", "2000"))),
    "DE": Place(EURO_NAMES, (("Berlin", "", "10115"), ("München", "", "80331"))),
    "ES": Place(EURO_NAMES, (("Madrid", "", "28001"), ("Valencia", "", "46001"))),
    "FI": Place(EURO_NAMES, (("Helsinki", "", "00100"), ("Turku", "", "20100"))),
    "FR": Place(EURO_NAMES, (("Paris", "", "75001"), ("Lyon", "", "69001"))),
    "IE": Place(EURO_NAMES, (("Dublin", "", "D01 F5P2"), ("Cork", "", "T12 W8KP"))),
    "IT": Place(EURO_NAMES, (("Roma", "", "00118"), ("Torino", "", "10121"))),
    "NL": Place(EURO_NAMES, (("Amsterdam", "", "1011 AB"), ("Utrecht", "", "3511 AB"))),
    "PT": Place(EURO_NAMES, (("Lisboa", "", "1100-148"), ("Porto", "", "4000-322"))),
}
# Name, type, account, price; a service is taxed at the standard rate, the books at a lower one where there is one.
ITEMS = (
    ("Services", "Service", "1", "0"),
    ("Garden design, hour", "Service", "1", "85"),
    ("Planting, hour", "Service", "1", "48.50"),
    ("Pruning, hour", "Service", "1", "42"),
    ("Irrigation check", "Service", "1", "119"),
    ("Yearly care plan", "Service", "1", "1199"),
    ("Rose bush", "NonInventory", "79", "18.95"),
    ("Stone bench", "NonInventory", "79", "289"),
    ("Rain barrel", "NonInventory", "79", "149.90"),
    ("Garden handbook", "NonInventory", "79", "24.90"),
    ("Delivery", "Service", "1", "18"),
)
BOOK = "Garden handbook"
INVOICES = 14
TERM = {"value": "3"}


def keep_shop(bookkeeper: Bookkeeper, chance: random.Random) -> None:
    """Lists, two estimates, ten weeks of invoices: paid, partly paid, sent and overdue ones among them."""
    items = [bookkeeper.add("Item", _item(*row)) for row in ITEMS]
    customers = [bookkeeper.add("Customer", body) for body in _customers(bookkeeper.company)]
    offers = [_offer(bookkeeper, chance, customers[n], items, n) for n in range(2)]
    for n in range(INVOICES):
        _sell(bookkeeper, chance, chance.choice(customers), items, n)
    _take_up(bookkeeper, offers[0])
    if bookkeeper.company.multicurrency:
        _sell_abroad(bookkeeper, items)


def _item(name: str, type: str, account: str, price: str) -> Json:
    return {
        "Name": name,
        "Description": name,
        "Type": type,
        "UnitPrice": price,
        "IncomeAccountRef": {"value": account},
    }


def _customers(company: Company) -> Iterator[Json]:
    place = PLACES[company.country.code]
    for n, name in enumerate(place.names):
        city, region, postal_code = place.addresses[n % len(place.addresses)]
        word = "".join(mark for mark in name.lower() if mark.isascii() and mark.isalnum())
        yield {
            "DisplayName": name,
            "CompanyName": name,
            "PrimaryEmailAddr": {"Address": f"{word}@example.com"},
            "PrimaryPhone": {"FreeFormNumber": f"555 01{n:02}"},
            "BillAddr": {
                "Line1": f"{10 + n} Sample Street",
                "City": city,
                "CountrySubDivisionCode": region or None,
                "PostalCode": postal_code,
                "Country": company.country.name,
            },
        }


def _body(bookkeeper: Bookkeeper, customer: Json, lines: list[Json], days_ago: int) -> Json:
    return bookkeeper.in_currency_of(
        customer,
        {
            "CustomerRef": {"value": customer["Id"]},
            "TxnDate": bookkeeper.days_ago(days_ago),
            "GlobalTaxCalculation": "TaxExcluded",
            "Line": lines,
        },
    )


def _lines(company: Company, chance: random.Random, items: list[Json]) -> list[Json]:
    lines: list[Json] = []
    for item in chance.sample(items[1:], 2):
        quantity = Decimal(chance.randint(1, 8))
        lines.append(sales_line(item, quantity, exact(item["UnitPrice"]), _tax_code(company, item)))
    return lines


def _tax_code(company: Company, item: Json) -> str:
    """The first code is the standard rate; the second, where it is lower, is for books."""
    codes = company.country.tax_codes
    percents = [sum(rate.percent for rate in code.rates) for code in codes[:2]]
    return "3" if item["Name"] == BOOK and percents[-1] < percents[0] else "2"


def _offer(bookkeeper: Bookkeeper, chance: random.Random, customer: Json, items: list[Json], n: int) -> Json:
    body = _body(bookkeeper, customer, _lines(bookkeeper.company, chance, items), 20 - 10 * n)
    return bookkeeper.add("Estimate", body, bookkeeper.entered(n / 100))


def _take_up(bookkeeper: Bookkeeper, offer: Json) -> None:
    """The customer accepts an offer; its invoice closes it."""
    customer = bookkeeper.company.find("Customer", offer["CustomerRef"]["value"])
    assert customer is not None
    lines = [
        {name: line[name] for name in ("DetailType", "Description", "Amount", "SalesItemLineDetail") if name in line}
        for line in offer["Line"]
        if "SalesItemLineDetail" in line
    ]
    body = _body(bookkeeper, customer, lines, 1)
    link = {"LinkedTxn": [{"TxnId": offer["Id"], "TxnType": "Estimate"}]}
    bookkeeper.add("Invoice", {**body, **link, "SalesTermRef": TERM}, bookkeeper.entered(0.98))


def _sell(bookkeeper: Bookkeeper, chance: random.Random, customer: Json, items: list[Json], n: int) -> None:
    days = 70 - 5 * n
    at = bookkeeper.entered(0.1 + 0.85 * n / INVOICES)
    body = _body(bookkeeper, customer, _lines(bookkeeper.company, chance, items), days)
    invoice = bookkeeper.add("Invoice", {**body, "SalesTermRef": TERM}, at)
    if n % 4 == 2:
        bookkeeper.send("Invoice", invoice, customer["PrimaryEmailAddr"]["Address"], at)
    if n % 3 == 0:
        _pay(bookkeeper, customer, invoice, invoice["Balance"], days)
    elif n % 5 == 1:
        _pay(bookkeeper, customer, invoice, (exact(invoice["Balance"]) / 3).quantize(Decimal(1)), days)


def _pay(bookkeeper: Bookkeeper, customer: Json, invoice: Json, amount: Decimal, days: int) -> None:
    body: Json = {
        "CustomerRef": {"value": customer["Id"]},
        "TotalAmt": amount,
        "TxnDate": bookkeeper.days_ago(max(days - 2, 0)),
        "PaymentMethodRef": {"value": "2"},
        "Line": [applied(amount, invoice["Id"])],
    }
    at = bookkeeper.now - timedelta(hours=days / 10 + 1)
    bookkeeper.add("Payment", bookkeeper.in_currency_of(customer, body), at)


def _sell_abroad(bookkeeper: Bookkeeper, items: list[Json]) -> None:
    """A customer with foreign money, and an invoice to him without tax."""
    company = bookkeeper.company
    customer = bookkeeper.add(
        "Customer",
        {
            "DisplayName": "Overseas Garden Supply",
            "CompanyName": "Overseas Garden Supply",
            "CurrencyRef": {"value": "USD" if company.currency != "USD" else "EUR"},
            "PrimaryEmailAddr": {"Address": "overseasgardensupply@example.com"},
        },
    )
    untaxed = next(
        str(n) for n, code in enumerate(company.country.tax_codes, 2) if all(rate.percent == 0 for rate in code.rates)
    )
    line = sales_line(items[1], Decimal(6), exact(items[1]["UnitPrice"]), untaxed)
    body = _body(bookkeeper, customer, [line], 2)
    bookkeeper.add("Invoice", {**body, "SalesTermRef": TERM}, bookkeeper.entered(0.99))
