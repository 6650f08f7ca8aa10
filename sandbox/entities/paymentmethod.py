"""The ways in which customers pay: cash, cheques, cards."""

from typing import ClassVar

from sandbox.entities.listed import NameList, list_shape
from sandbox.fields import choice, flag, text
from sandbox.numbers import Json

# What a new company starts with; names and order are from memory of Intuit's US sandbox.
FIRST = (
    ("Cash", "NON_CREDIT_CARD"),
    ("Check", "NON_CREDIT_CARD"),
    ("Visa", "CREDIT_CARD"),
    ("MasterCard", "CREDIT_CARD"),
    ("Discover", "CREDIT_CARD"),
    ("American Express", "CREDIT_CARD"),
    ("Diners Club", "CREDIT_CARD"),
)


class PaymentMethod(NameList):
    name = "PaymentMethod"
    sequence = "PaymentMethod"
    called = "payment method"
    referred_as = "PaymentMethods"
    shape = list_shape(
        "PaymentMethod",
        {
            "Name": text(31, search=True),
            "Active": flag(search=True),
            "Type": choice("CREDIT_CARD", "NON_CREDIT_CARD", search=True),
        },
    )
    defaults: ClassVar[Json] = {"Type": "NON_CREDIT_CARD"}


def first_payment_methods() -> list[Json]:
    return [
        {"Id": str(number), "Name": name, "Active": True, "Type": sort} for number, (name, sort) in enumerate(FIRST, 1)
    ]
