"""How taxes stand in a document: the rates of a code, a line for each rate, and what a caller decided himself."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.arithmetic import Rate, TaxSum
from sandbox.entities import lines as lines_of
from sandbox.fields import Shape, anything, choice, day, flag, kept, number, part, read, ref, text
from sandbox.numbers import Json, cents, exact

if TYPE_CHECKING:
    from sandbox.changes import Change

TAX_LINE = Shape(
    "Line",
    {
        "Id": kept(),
        "LineNum": kept(),
        "Description": text(4000),
        "Amount": number(),
        "DetailType": choice("TaxLineDetail"),
        "TaxLineDetail": part(
            Shape(
                "TaxLineDetail",
                {
                    "TaxRateRef": ref(),
                    "PercentBased": flag(),
                    "TaxPercent": number(),
                    "NetAmountTaxable": number(),
                    "TaxInclusiveAmount": number(),
                    "OverrideDeltaAmount": number(),
                    "ServiceDate": day(),
                    "TaxLineDetailEx": kept(),
                },
            )
        ),
        "LinkedTxn": anything(),
        "CustomField": anything(),
        "LineEx": kept(),
    },
)
# How Intuit's schema calls a rate that is charged on the taxes before it, too.
ON_TAXES = ("TaxOnAmountPlusTax", "TaxOnTax")


@dataclass(frozen=True)
class Sums:
    """A document's lines as they are stored, its tax detail, and what it comes to."""

    lines: lines_of.Lines
    tax_detail: Json
    total: Decimal


def code_of(line: Json) -> str:
    """The tax code that a sales line names, empty without one."""
    return str(line.get(lines_of.ITEM, {}).get("TaxCodeRef", {}).get("value", ""))


def rates_of(change: "Change", code: Json) -> tuple[Rate, ...]:
    """A code's rates on sales, in their order."""
    details = code.get("SalesTaxRateList", {}).get("TaxRateDetail", [])
    return tuple(_rate(change, detail) for detail in sorted(details, key=lambda detail: detail.get("TaxOrder", 0)))


def decided(change: "Change", sent: Json, old: Json | None) -> Json:
    """The tax detail by which a caller decides taxes himself. What he only read and sends back is none."""
    if change.switches["explicit_tax"] == "computed" or _sent_back(sent, old):
        return {}
    detail: Json = sent.get("TxnTaxDetail", {})
    return detail


def as_decided_before(sent: Json, old: Json | None, computed: list[Json]) -> list[Json]:
    """The tax lines of a detail that is sent back: where no more and no less is taxed, an earlier decision stays."""
    if old is None or not _sent_back(sent, old):
        return computed
    before = [line for line in old["TxnTaxDetail"].get("TaxLine", []) if "OverrideDeltaAmount" in line["TaxLineDetail"]]
    amounts = {_taxed(line): line["Amount"] for line in before}
    return [overridden(line, amounts[_taxed(line)]) if _taxed(line) in amounts else line for line in computed]


def stated(detail: Json) -> list[tuple[str, Decimal]]:
    """The amounts that a tax detail states, each with its rate's Id. Raises 2010, 2020 and 2080."""
    lines = detail.get("TaxLine") or []
    if not isinstance(lines, list):
        raise refusals.malformed("Can not deserialize instance of java.util.List for TaxLine")
    found = [read(TAX_LINE, line, "TaxLine.") for line in lines]
    for line in found:
        if line.get("DetailType") is None:
            # A live company named it so.
            raise refusals.missing("TxnTaxDetail.TaxLine.DetailTypeEnum")
    return [(_rate_of(line), cents(line["Amount"])) for line in found if line.get("Amount") is not None]


def tax_line(one: TaxSum) -> Json:
    detail = {
        "TaxRateRef": {"value": one.rate.id},
        "PercentBased": True,
        "TaxPercent": one.rate.percent,
        "NetAmountTaxable": one.net,
    }
    return {"Amount": one.tax, "DetailType": "TaxLineDetail", "TaxLineDetail": detail}


def overridden(line: Json, amount: Decimal) -> Json:
    """The tax line with the caller's amount; Intuit's schema has a field for the difference."""
    if amount == line["Amount"]:
        return line
    detail = {**line["TaxLineDetail"], "OverrideDeltaAmount": amount - line["Amount"]}
    return {**line, "Amount": amount, "TaxLineDetail": detail}


def _sent_back(sent: Json, old: Json | None) -> bool:
    return old is not None and bool(sent.get("TxnTaxDetail", {}) == old.get("TxnTaxDetail"))


def _taxed(line: Json) -> tuple[str, Decimal, Decimal]:
    """What a tax line taxes, at which rate."""
    detail = line["TaxLineDetail"]
    return _rate_of(line), detail["TaxPercent"], detail["NetAmountTaxable"]


def _rate_of(line: Json) -> str:
    return str(((line.get("TaxLineDetail") or {}).get("TaxRateRef") or {}).get("value", ""))


def _rate(change: "Change", detail: Json) -> Rate:
    rate = change.get("TaxRate", detail["TaxRateRef"]["value"])
    return Rate(rate["Id"], exact(rate["RateValue"]), detail.get("TaxTypeApplicable") in ON_TAXES)
