"""The company's own card: name, addresses, country and time zone."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.kind import ENTITY_MARKS, Kind, entity_shape, merged
from sandbox.fields import ADDRESS, EMAIL, PHONE, WEB, choice, kept, part, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

_MONTHS = ("January", "February", "March", "April", "May", "June", "July")
_MONTHS_AFTER = ("August", "September", "October", "November", "December")
_ADDRESSES = ("CompanyAddr", "LegalAddr", "CustomerCommunicationAddr")

_UNUSED = (
    "MultiByteCharsSupported CompanyEmailAddr CompanyFileName CompanyInfoEx CompanyURL CompanyUserAdminEmail "
    "CompanyUserId CustomField FifoCalculationStatus FlavorStratum LastImportedTime LastSyncTime Mobile OtherAddr "
    "OtherContactInfo QBVersion SampleFile ShipAddr TaxYearStartMonth"
)


class CompanyInfo(Kind):
    name = "CompanyInfo"
    sequence = "CompanyInfo"
    operations = frozenset({"update"})
    in_cdc = False
    # A live company answered 4001 to a column of CompanyInfo; only * works.
    projectable = False
    shape = entity_shape(
        "CompanyInfo",
        {
            "CompanyName": text(1024, search=True),
            "LegalName": text(1024, search=True),
            **{name: part(ADDRESS) for name in _ADDRESSES},
            "CustomerCommunicationEmailAddr": part(EMAIL),
            "Email": part(EMAIL),
            "WebAddr": part(WEB),
            "PrimaryPhone": part(PHONE),
            "Fax": part(PHONE),
            "EmployerId": text(),
            "FiscalYearStartMonth": choice(*_MONTHS, *_MONTHS_AFTER),
            "Country": kept("text", search=True),
            "CompanyStartDate": kept("date"),
            "DefaultTimeZone": kept("text"),
            "SupportedLanguages": kept("text"),
            **{name: kept() for name in _UNUSED.split()},
            "NameValue": kept(),
        },
    )

    def update(self, change: "Change", old: Json, given: Json, sparse: bool) -> Json:
        """Country, time zone and subscription stay as they are. QuickBooks sends no notification of this."""
        own = {name: value for name, value in old.items() if self.shape.fields[name].kept}
        fields = merged(old, given, self.shape, sparse)
        for name in ("CompanyName", "CompanyAddr"):
            if name not in fields:
                raise refusals.missing(name)
        for name in _ADDRESSES:
            if name in fields:
                known = old.get(name, {}).get("Id") or change.next_id("address")
                fields[name] = {**fields[name], "Id": known}
        # A card without a web address still shows one, as recorded.
        return change.replace(self, old, {**own, "WebAddr": {}, **fields, **ENTITY_MARKS})
