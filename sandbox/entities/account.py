"""The chart of accounts: names, numbers, and types that belong together."""

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.account_types import CLASSIFICATIONS, DEFAULT_SUB_TYPES, TYPE_OF
from sandbox.entities.companycurrency import chosen_currency
from sandbox.entities.listed import NameList, list_shape
from sandbox.entities.names import check_marks
from sandbox.fields import anything, choice, day, flag, kept, number, ref, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change


class Account(NameList):
    name = "Account"
    sequence = "Account"
    listed_by = "FullyQualifiedName"
    called = "account"
    referred_as = "Accounts"
    nested_as = "SubAccount"
    # Intuit's reference: neither double quotes nor colons.
    forbidden = ':"\t\n'
    shape = list_shape(
        "Account",
        {
            "Name": text(100, search=True),
            "SubAccount": flag(search=True),
            "ParentRef": ref(search=True),
            "FullyQualifiedName": kept("text", search=True),
            "Active": flag(search=True),
            "Classification": kept("text", search=True),
            "AccountType": choice(*CLASSIFICATIONS, search=True),
            "AccountSubType": text(search=True),
            "AcctNum": text(20, search=True),
            "AccountAlias": text(100),
            "Description": text(100, search=True),
            "CurrentBalance": kept("number", search=True),
            "CurrentBalanceWithSubAccounts": kept("number"),
            "CurrencyRef": ref(search=True),
            "TaxCodeRef": ref(),
            "TaxAccount": flag(),
            "OnlineBankingEnabled": flag(),
            "BankNum": text(),
            "FIName": text(),
            "OpeningBalance": number(),
            "OpeningBalanceDate": day(),
            "TxnLocationType": text(),
            "JournalCodeRef": ref(),
            "CustomExtensions": anything(),
        },
        "AccountPurposes AcctNumExtn",
    )

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """Another type alone has the first of its own detail types."""
        if given.get("AccountType") not in (None, old["AccountType"]) and "AccountSubType" not in given:
            given = {**given, "AccountSubType": None}
        return super().update(change, old, given, sparse)

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """Either type fills in the other. Raises 2170, 2180, 2500, 6000, 6010 and 6060."""
        check_marks("AcctNum", fields.get("AcctNum", ""), forbidden=":")
        if "OpeningBalance" in fields and "OpeningBalanceDate" not in fields:
            raise refusals.balance_undated()
        sort, sub_type = self._types(fields)
        own: Json = {
            "Classification": CLASSIFICATIONS[sort],
            "AccountType": sort,
            "AccountSubType": sub_type,
            "CurrencyRef": self._currency(change, fields, old),
            "CurrentBalance": old["CurrentBalance"] if old else Decimal(0),
            "CurrentBalanceWithSubAccounts": old["CurrentBalanceWithSubAccounts"] if old else Decimal(0),
        }
        return {**fields, **own}

    def _types(self, fields: Json) -> tuple[str, str]:
        sort, sub_type = fields.get("AccountType"), fields.get("AccountSubType")
        if sort is None:
            if sub_type is None:
                raise refusals.account_untyped()
            if sub_type not in TYPE_OF:
                raise refusals.bad_choice("AccountSubType", sub_type)
            sort = TYPE_OF[sub_type]
        return sort, sub_type or DEFAULT_SUB_TYPES[sort]

    def _currency(self, change: "Change", fields: Json, old: Json | None) -> Json:
        """Fixed at creation."""
        if old is not None:
            fixed: Json = old["CurrencyRef"]
            return fixed
        return chosen_currency(change, fields.get("CurrencyRef"))
