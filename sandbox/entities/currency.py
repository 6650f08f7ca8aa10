"""The currency of a customer's transaction and its rate, and how live companies refused others."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


def check_currency(change: "Change", sent: Json, customer: Json) -> Json:
    """The customer's currency, which a transaction must share; 6000 and 2020 as live companies answered."""
    wanted = sent.get("CurrencyRef")
    own: Json = customer["CurrencyRef"]
    if not change.company.multicurrency:
        # Reports say that even the home currency is refused here. A record read and written back carries it.
        if wanted and wanted["value"] != change.company.currency:
            raise refusals.business("Multi Currency should be enabled to perform this operation")
        return own
    if wanted is None and change.switches["missing_currency"] == "customer":
        # Intuit's reference asks for it; the suite of python-quickbooks leaves it out, in a company with several.
        return own
    if wanted is None:
        raise refusals.missing("CurrencyRef")
    if wanted["value"] != own["value"]:
        raise refusals.business("You can only use one foreign currency per transaction.")
    return own


def exchange_rate(change: "Change", sent: Json, foreign: bool) -> Decimal | None:
    """Home units for one of the transaction's; None in a company of one currency. Raises 2080 and 2410."""
    if not change.company.multicurrency:
        return None
    if not foreign:
        return Decimal(1)
    if "ExchangeRate" not in sent:
        raise refusals.rate_missing()
    rate: Decimal = sent["ExchangeRate"]
    if rate <= 0:
        raise refusals.bad_number("ExchangeRate", rate)
    return rate
