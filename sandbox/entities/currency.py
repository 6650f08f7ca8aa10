"""The currency of a transaction: its customer's, and how live companies refused others."""

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
