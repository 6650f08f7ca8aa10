"""The countries a realm can be in: currency, time zone, how taxes are worked out, and their codes."""

from dataclasses import dataclass
from decimal import Decimal

CURRENCIES = {
    "USD": "United States Dollar",
    "CAD": "Canadian Dollar",
    "GBP": "British Pound Sterling",
    "EUR": "Euro",
    "AUD": "Australian Dollar",
    "CHF": "Swiss Franc",
    "SEK": "Swedish Krona",
    "DKK": "Danish Krone",
    "NZD": "New Zealand Dollar",
    "JPY": "Japanese Yen",
}
# Invented day rates, dollars for one unit; real ones would make runs differ.
DOLLARS = {
    "USD": Decimal(1),
    "CAD": Decimal("0.7141"),
    "GBP": Decimal("1.3127"),
    "EUR": Decimal("1.0871"),
    "AUD": Decimal("0.6523"),
    "CHF": Decimal("1.1304"),
    "SEK": Decimal("0.0942"),
    "DKK": Decimal("0.1457"),
    "NZD": Decimal("0.5931"),
    "JPY": Decimal("0.006512"),
}
# Sales tax that holds in a whole state of the United States, in per cent, as the Tax Foundation lists it: in
# California, Nevada, Utah and Virginia with the local part that is the same everywhere. Cities and counties add theirs.
STATE_RATES = {
    "AL": Decimal("4"),
    "AK": Decimal("0"),
    "AZ": Decimal("5.6"),
    "AR": Decimal("6.5"),
    "CA": Decimal("7.25"),
    "CO": Decimal("2.9"),
    "CT": Decimal("6.35"),
    "DE": Decimal("0"),
    "DC": Decimal("6"),
    "FL": Decimal("6"),
    "GA": Decimal("4"),
    "HI": Decimal("4"),
    "ID": Decimal("6"),
    "IL": Decimal("6.25"),
    "IN": Decimal("7"),
    "IA": Decimal("6"),
    "KS": Decimal("6.5"),
    "KY": Decimal("6"),
    "LA": Decimal("5"),
    "ME": Decimal("5.5"),
    "MD": Decimal("6"),
    "MA": Decimal("6.25"),
    "MI": Decimal("6"),
    "MN": Decimal("6.875"),
    "MS": Decimal("7"),
    "MO": Decimal("4.225"),
    "MT": Decimal("0"),
    "NE": Decimal("5.5"),
    "NV": Decimal("6.85"),
    "NH": Decimal("0"),
    "NJ": Decimal("6.625"),
    "NM": Decimal("4.875"),
    "NY": Decimal("4"),
    "NC": Decimal("4.75"),
    "ND": Decimal("5"),
    "OH": Decimal("5.75"),
    "OK": Decimal("4.5"),
    "OR": Decimal("0"),
    "PA": Decimal("6"),
    "RI": Decimal("7"),
    "SC": Decimal("6"),
    "SD": Decimal("4.2"),
    "TN": Decimal("7"),
    "TX": Decimal("6.25"),
    "UT": Decimal("6.1"),
    "VT": Decimal("6"),
    "VA": Decimal("5.3"),
    "WA": Decimal("6.5"),
    "WV": Decimal("6"),
    "WI": Decimal("5"),
    "WY": Decimal("4"),
}


@dataclass(frozen=True)
class TaxRateOf:
    """One rate of a tax code; the percentage as sellers know it."""

    name: str
    percent: Decimal


@dataclass(frozen=True)
class TaxCodeOf:
    name: str
    description: str
    rates: tuple[TaxRateOf, ...]


@dataclass(frozen=True)
class Country:
    """`tax_word` is what the company's tax is called in QuickBooks' sentences."""

    code: str
    name: str
    currency: str
    zone: str
    tax_word: str
    tax_codes: tuple[TaxCodeOf, ...]

    @property
    def taxes_per_line(self) -> bool:
        """Outside the United States every line names a tax code."""
        return self.code != "US"


def _code(name: str, *rates: tuple[str, str]) -> TaxCodeOf:
    return TaxCodeOf(name, name, tuple(TaxRateOf(rate, Decimal(percent)) for rate, percent in rates))


def _vat(code: str, name: str, zone: str, *percents: str) -> Country:
    codes = [_code(f"{percent}% VAT", (f"{percent}% VAT (Sales)", percent)) for percent in percents]
    return Country(code, name, "EUR", zone, "VAT", (*codes, _code("Exempt", ("Exempt (Sales)", "0"))))


UNITED_STATES = Country(
    "US",
    "United States",
    "USD",
    "America/Los_Angeles",
    "sales tax",
    (
        _code("California", ("California", "8")),
        _code("Tucson", ("AZ State tax", "7.1"), ("Tucson City", "2")),
    ),
)

COUNTRIES = {
    country.code: country
    for country in (
        UNITED_STATES,
        Country(
            "CA",
            "Canada",
            "CAD",
            "America/Toronto",
            "GST/HST",
            (
                _code("GST", ("GST", "5")),
                _code("HST ON", ("HST ON", "13")),
                _code("GST/PST BC", ("GST", "5"), ("PST BC", "7")),
                _code("Exempt", ("Exempt", "0")),
                _code("Zero-rated", ("Zero-rated", "0")),
                # Later ones follow, so that the Ids of the first stay.
                _code("Out of Scope", ("Out of Scope", "0")),
                _code("HST NB", ("HST NB", "15")),
                _code("HST NL", ("HST NL", "15")),
                _code("HST NS", ("HST NS", "14")),
                _code("HST PE", ("HST PE", "15")),
                _code("GST/PST SK", ("GST", "5"), ("PST SK", "6")),
                _code("GST/PST MB", ("GST", "5"), ("PST MB", "7")),
                _code("GST/QST QC - 9.975", ("GST", "5"), ("QST 9.975", "9.975")),
            ),
        ),
        Country(
            "GB",
            "United Kingdom",
            "GBP",
            "Europe/London",
            "VAT",
            (
                _code("20.0% S", ("20.0% S (Sales)", "20")),
                _code("5.0% R", ("5.0% R (Sales)", "5")),
                _code("0.0% Z", ("0.0% Z (Sales)", "0")),
                _code("Exempt", ("Exempt (Sales)", "0")),
                _code("No VAT", ("No VAT (Sales)", "0")),
            ),
        ),
        Country(
            "AU",
            "Australia",
            "AUD",
            "Australia/Sydney",
            "GST",
            (
                _code("GST", ("GST (sales)", "10")),
                _code("GST free", ("GST-free (sales)", "0")),
                _code("Out of Scope", ("Out of Scope (sales)", "0")),
            ),
        ),
        _vat("AT", "Austria", "Europe/Vienna", "20", "13", "10"),
        _vat("BE", "Belgium", "Europe/Brussels", "21", "12", "6"),
        _vat("DE", "Germany", "Europe/Berlin", "19", "7"),
        _vat("ES", "Spain", "Europe/Madrid", "21", "10", "4"),
        _vat("FI", "Finland", "Europe/Helsinki", "25.5", "14", "10"),
        _vat("FR", "France", "Europe/Paris", "20", "10", "5.5", "2.1"),
        _vat("IE", "Ireland", "Europe/Dublin", "23", "13.5", "9"),
        _vat("IT", "Italy", "Europe/Rome", "22", "10", "5", "4"),
        _vat("NL", "Netherlands", "Europe/Amsterdam", "21", "9"),
        _vat("PT", "Portugal", "Europe/Lisbon", "23", "13", "6"),
    )
}


def rate_between(source: str, target: str) -> Decimal:
    """Units of `target` for one unit of `source`, six decimals; KeyError for a currency without a rate."""
    return (DOLLARS[source] / DOLLARS[target]).quantize(Decimal("0.000001"))
