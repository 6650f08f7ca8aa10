"""Which tax code of the books a line takes: never a guess, and never silently untaxed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import pytest

from models.domain.deals import Deal, DealLine, Tax
from models.domain.taxes import TaxCode, TaxMatch, charges, is_inclusive, method_problems, tax_for, without_tax


@dataclass(frozen=True)
class Books:
    country: str = "GB"
    uses_sales_tax: bool = True


US, UK = Books("US"), Books("GB")
US_WITHOUT_TAX, UK_WITHOUT_TAX = Books("US", False), Books("GB", False)


def code(tax_code_id: str, name: str, percent: str | None, *, active: bool = True) -> TaxCode:
    return TaxCode(
        tax_code_id=tax_code_id, name=name, active=active, percent=None if percent is None else Decimal(percent)
    )


CODES = [
    code("2", "20.0% S", "20"),
    code("3", "5.0% R", "5"),
    code("4", "5.0% Other", "5.00"),
    code("5", "0.0% Z", "0"),
    code("6", "17.5% Old", "17.5", active=False),
    code("7", "Group", None),
    code("20", "Strange", "12"),
]


def tax(
    percent: str | None = None,
    method: Literal["exclusive", "inclusive", "none"] = "exclusive",
    code: str = "",
) -> Tax:
    return Tax(code=code, percent=None if percent is None else Decimal(percent), method=method)


def deal(*taxes: Tax | None) -> Deal:
    lines = (
        DealLine(id=str(place), position=place, quantity=Decimal(1), unit_price=Decimal(1), tax=each)
        for place, each in enumerate(taxes)
    )
    return Deal(crm="generic", id="1", lines=tuple(lines))


def outcome(match: TaxMatch) -> str | None:
    """The id of the tax code, else the reason that a person is asked for."""
    return match.problem.reason if match.problem else match.tax_code_id


@pytest.mark.parametrize(
    ("told", "books", "expected"),
    [
        # In the US a line is taxable or not.
        (None, US, "NON"),
        (tax("8.25"), US, "TAX"),
        (tax("0"), US, "NON"),
        (tax("0", code="EXEMPT"), US, "NON"),
        (tax("0", "inclusive"), US, "NON"),
        (tax(code="TAX"), US, "TAX"),
        (tax("0", code="tax"), US, "TAX"),
        (tax(code="NON"), US, "NON"),
        (tax("8", "none"), US, "NON"),
        (tax(code="California"), US, "tax_not_mapped"),
        (tax("8.25", code="California"), US, "TAX"),
        (tax("8.25"), US_WITHOUT_TAX, "sales_tax_off"),
        (tax(code="TAX"), US_WITHOUT_TAX, "sales_tax_off"),
        (tax("0"), US_WITHOUT_TAX, "NON"),
        (None, US_WITHOUT_TAX, "NON"),
        # Elsewhere by code, else by percent.
        (tax(code="2"), UK, "2"),
        (tax(code="20.0% s"), UK, "2"),
        (tax("20", code="20.0% S"), UK, "2"),
        (tax("20.00"), UK, "2"),
        (tax("20", "inclusive"), UK, "2"),
        (tax(None, "exclusive", "Group"), UK, "7"),
        (tax(None, "inclusive", "Group"), UK, "tax_not_mapped"),
        (tax("11", "inclusive", "Group"), UK, "7"),
        (tax("20", code="VAT"), UK, "2"),
        (tax(code="VAT"), UK, "tax_not_mapped"),
        (tax(code="20"), UK, "20"),
        (tax("19", code="Group"), UK, "7"),
        (tax("5"), UK, "tax_ambiguous"),
        (tax("5", code="3"), UK, "3"),
        (tax("19"), UK, "tax_not_mapped"),
        (tax("17.5"), UK, "tax_not_mapped"),
        (tax("17.5", code="6"), UK, "tax_not_mapped"),
        (tax("5", code="20.0% S"), UK, "tax_ambiguous"),
        (tax("0"), UK, "5"),
        (tax("20"), UK_WITHOUT_TAX, "sales_tax_off"),
        (tax("0"), UK_WITHOUT_TAX, None),
        # Nothing said, on a deal where nothing is said at all.
        (None, UK, None),
        (tax("20", "none"), UK, None),
        (None, UK_WITHOUT_TAX, None),
    ],
)
def test_a_line_takes_the_one_code_that_fits(told: Tax | None, books: Books, expected: str | None) -> None:
    sale = deal(told)
    assert outcome(tax_for(sale.lines[0], sale, books, CODES)) == expected


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (CODES, "5"),
        ([*CODES, code("8", "Exempt", "0")], "tax_ambiguous"),
        ([each for each in CODES if each.tax_code_id != "5"], "tax_not_mapped"),
    ],
)
def test_beside_taxed_lines_an_untaxed_one_needs_a_code_of_nought(codes: list[TaxCode], expected: str) -> None:
    sale = deal(tax("20"), None)
    assert outcome(tax_for(sale.lines[1], sale, UK, codes)) == expected


def test_a_problem_names_the_tax_as_its_cause() -> None:
    sale = deal(tax("19.0", code="MwSt"))
    problem = tax_for(sale.lines[0], sale, UK, CODES).problem
    assert problem
    assert problem.cause == "tax:MwSt 19% not mapped"


@pytest.mark.parametrize(
    ("told", "charged"),
    [
        (None, False),
        (tax("0"), False),
        (tax("20"), True),
        (tax("20", "none"), False),
        (tax(code="S"), True),
        (tax(code="non"), False),
        (tax("0", code="TAX"), True),
        (tax(), False),
    ],
)
def test_tax_is_charged_where_there_is_something_to_charge(told: Tax | None, charged: bool) -> None:
    assert charges(told) is charged


@pytest.mark.parametrize(
    ("sale", "books", "reasons"),
    [
        (deal(tax("20"), tax("20", "inclusive")), UK, ["tax_methods_mixed"]),
        (deal(tax("20"), tax("5"), None), UK, []),
        (deal(tax("20", "inclusive"), tax("5", "inclusive"), None), UK, []),
        (deal(tax("20"), tax("0", "inclusive")), UK, []),
        (deal(tax("20"), tax("20", "none")), UK, []),
        (deal(tax("8", "inclusive")), US, ["tax_inclusive_us"]),
        (deal(tax("8"), tax("8", "inclusive")), US, ["tax_inclusive_us"]),
        (deal(tax("0", "inclusive")), US, []),
        (deal(tax("8")), US, []),
        (deal(), US, []),
    ],
)
def test_prices_contain_their_tax_all_or_none_and_never_in_the_us(sale: Deal, books: Books, reasons: list[str]) -> None:
    assert [problem.reason for problem in method_problems(sale, books)] == reasons


def test_prices_without_anything_to_pay_do_not_contain_tax() -> None:
    assert is_inclusive(deal(tax("20", "inclusive"), None))
    assert not is_inclusive(deal(tax("0", "inclusive")))
    assert not is_inclusive(deal(tax("20")))
    assert not is_inclusive(deal())


@pytest.mark.parametrize(
    ("amount", "percent", "net"),
    [
        ("120", "20", "100"),
        ("480", "10", "436.36"),
        ("0.03", "20", "0.03"),
        ("100", "0", "100"),
        ("-120", "20", "-100"),
    ],
)
def test_a_price_is_left_without_its_tax_to_the_cent(amount: str, percent: str, net: str) -> None:
    assert without_tax(Decimal(amount), Decimal(percent)) == Decimal(net)
