"""Money is exact, has a currency, and is rounded in one way."""

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain.money import (
    DECIMALS,
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    decimals_of,
    divided,
    exact,
    has_at_most,
    plain,
    round_half_up,
    without_trailing_zeros,
)

amounts = st.decimals(
    min_value=Decimal(-(10**15)), max_value=Decimal(10**15), places=7, allow_nan=False, allow_infinity=False
)
currencies = st.sampled_from(sorted(DECIMALS))


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        ("USD", 2),
        ("EUR", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("CLP", 0),
        ("KWD", 3),
        ("TND", 3),
        ("CLF", 4),
        ("UYW", 4),
        ("MGA", 2),
        ("XCG", 2),
        ("ZWG", 2),
        ("SLE", 2),
        ("VED", 2),
        ("ISK", 0),
        ("UGX", 0),
        ("HUF", 2),
        ("IQD", 3),
    ],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals


@pytest.mark.parametrize("code", ["", "usd", "US", "USDX", "DEM", "XXX", "XTS", "XAU", "BTC", " USD"])
def test_what_is_no_currency_in_use_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(1, code)


def test_every_code_is_three_capitals_and_there_are_as_many_as_in_the_world() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in DECIMALS)
    assert 160 < len(DECIMALS) < 175
    assert set(DECIMALS.values()) == {0, 2, 3, 4}


@pytest.mark.parametrize("amount", [1.5, 0.0, float("nan"), True, None, b"1"])
def test_a_float_or_anything_else_inexact_is_never_money(amount: object) -> None:
    with pytest.raises(TypeError):
        Money(amount, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "amount",
    [
        "",
        " 1",
        "1 ",
        "1,000",
        "1_000",
        "NaN",
        "Infinity",
        "-inf",
        "١٢",
        "0x1",
        ".5",
        "1.",
        "--1",
        "1e999",
        "1" * 31,
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+40"),
        Decimal("1E-40"),
        10**30,
    ],
)
def test_what_is_not_a_plain_number_of_sensible_size_is_refused(amount: str | Decimal) -> None:
    with pytest.raises(ValueError):
        Money(amount, "USD")


@pytest.mark.parametrize(
    ("given_as", "amount"), [("19.90", "19.9"), (3, "3"), ("-0.01", "-0.01"), ("1E+2", "100"), ("+5", "5")]
)
def test_text_ints_and_decimals_are_taken_as_they_are(given_as: str | int, amount: str) -> None:
    assert Money(given_as, "EUR").amount == Decimal(amount)


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        ("0.005", 2, "0.01"),
        ("0.015", 2, "0.02"),
        ("0.025", 2, "0.03"),
        ("2.5", 0, "3"),
        ("-0.005", 2, "-0.01"),
        ("1.0049999", 2, "1.00"),
        ("99.995", 2, "100.00"),
        ("1E+3", 2, "1000.00"),
        ("12345678901234567890123456789.005", 2, "12345678901234567890123456789.01"),
    ],
)
def test_a_half_goes_away_from_zero(value: str, places: int, rounded: str) -> None:
    assert str(round_half_up(Decimal(value), places)) == rounded


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("1.005", "USD", "1.01"), ("100.5", "JPY", "101"), ("0.0005", "KWD", "0.001"), ("1.00005", "CLF", "1.0001")],
)
def test_money_is_rounded_to_its_currency(amount: str, currency: str, rounded: str) -> None:
    assert str(Money(amount, currency).rounded()) == f"{rounded} {currency}"


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+2", "100"), ("1E-7", "0.0000001"), ("-0.00", "0.00"), ("-0", "0"), ("10.50", "10.50"), ("-3.0", "-3.0")],
)
def test_numbers_are_written_without_exponent(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(("value", "text"), [("29.9970", "29.997"), ("1E+2", "100"), ("0.000", "0"), ("10", "10")])
def test_trailing_zeros_go_without_an_exponent_coming(value: str, text: str) -> None:
    assert str(without_trailing_zeros(Decimal(value))) == text


@pytest.mark.parametrize(
    ("value", "places", "fits"), [("1.2300", 2, True), ("1.234", 2, False), ("1E+5", 0, True), ("0.00000010", 7, True)]
)
def test_trailing_zeros_are_no_decimals(value: str, places: int, fits: bool) -> None:
    assert has_at_most(Decimal(value), places) is fits


@pytest.mark.parametrize(
    ("one", "other", "quotient"), [("89.99", "3", "29.9966667"), ("81", "1", "81"), ("1", "8", "0.125")]
)
def test_division_says_how_many_decimals_it_keeps(one: str, other: str, quotient: str) -> None:
    assert str(divided(Decimal(one), Decimal(other), 7)) == quotient


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("19.90", "USD", 1990), ("5", "JPY", 5), ("-1.234", "KWD", -1234), ("0", "EUR", 0)],
)
def test_minor_units_count_the_smallest_coin(amount: str, currency: str, minor: int) -> None:
    assert Money(amount, currency).minor == minor
    assert Money.from_minor(minor, currency) == Money(amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [("0.001", "USD"), ("0.5", "JPY"), ("1.0001", "KWD")])
def test_less_than_the_smallest_coin_has_no_minor_units(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="finer than the smallest coin"):
        _ = Money(amount, currency).minor


@pytest.mark.parametrize("minor", [1.0, "1", True, Decimal(1)])
def test_minor_units_are_whole_numbers(minor: object) -> None:
    with pytest.raises(TypeError):
        Money.from_minor(minor, "USD")  # type: ignore[arg-type]


def test_two_currencies_are_never_added_or_compared() -> None:
    dollars, euros = Money(1, "USD"), Money(1, "EUR")
    for together in (
        lambda: dollars + euros,
        lambda: dollars - euros,
        lambda: dollars < euros,
        lambda: dollars <= euros,
        lambda: dollars > euros,
        lambda: dollars >= euros,
    ):
        with pytest.raises(CurrencyMismatch):
            together()
    assert dollars != euros


@pytest.mark.parametrize("factor", [1.5, "3", True, None, Money(2, "USD")])
def test_money_is_multiplied_by_exact_numbers_only(factor: object) -> None:
    with pytest.raises(TypeError):
        Money(1, "USD") * factor  # type: ignore[operator]


def test_money_is_not_added_to_a_bare_number() -> None:
    with pytest.raises(TypeError):
        Money(1, "USD") + 1  # type: ignore[operator]
    with pytest.raises(TypeError):
        Money(1, "USD") - Decimal(1)  # type: ignore[operator]


def test_equal_amounts_are_equal_however_they_are_written() -> None:
    assert Money("1.0", "USD") == Money("1.00", "USD")
    assert hash(Money("1.0", "USD")) == hash(Money("1.00", "USD"))
    assert 3 * Money("19.90", "EUR") == Money("59.70", "EUR")
    assert not Money("0.00", "EUR")


@given(amounts, amounts, currencies)
def test_sums_and_differences_lose_no_digit(one: Decimal, other: Decimal, currency: str) -> None:
    with localcontext() as context:
        context.prec = 5  # what the surrounding program set must not matter
        total = Money(one, currency) + Money(other, currency)
        rest = Money(one, currency) - Money(other, currency)
    assert Fraction(total.amount) == Fraction(one) + Fraction(other)
    assert Fraction(rest.amount) == Fraction(one) - Fraction(other)


@given(amounts, st.one_of(st.integers(-(10**6), 10**6), amounts.map(lambda each: each.scaleb(-8))), currencies)
def test_products_lose_no_digit(amount: Decimal, factor: int | Decimal, currency: str) -> None:
    with localcontext() as context:
        context.prec = 5
        product = Money(amount, currency) * factor
    assert Fraction(product.amount) == Fraction(amount) * Fraction(factor)


@given(amounts, currencies)
def test_rounding_moves_by_at_most_half_a_coin_and_rounds_once(amount: Decimal, currency: str) -> None:
    rounded = Money(amount, currency).rounded()
    half_a_coin = Fraction(1, 2 * 10 ** decimals_of(currency))
    assert abs(Fraction(rounded.amount) - Fraction(amount)) <= half_a_coin
    assert rounded.rounded() == rounded
    assert Money.from_minor(rounded.minor, currency) == rounded


@given(amounts)
def test_what_is_written_plainly_is_read_back_the_same(amount: Decimal) -> None:
    assert exact(plain(amount)) == amount
