"""The company's own card: name, address, country and time zone."""

from sandbox.entities.kind import Kind, entity_shape
from sandbox.fields import anything, day, text


class CompanyInfo(Kind):
    name = "CompanyInfo"
    sequence = "CompanyInfo"
    in_cdc = False
    # A live company answered 4001 to a column of CompanyInfo; only * works.
    projectable = False
    shape = entity_shape(
        "CompanyInfo",
        {
            **{name: text(search=True) for name in ("CompanyName", "LegalName", "Country")},
            **{name: anything() for name in ("CompanyAddr", "LegalAddr", "CustomerCommunicationAddr", "Email")},
            **{name: anything() for name in ("WebAddr", "PrimaryPhone", "NameValue", "CustomerCommunicationEmailAddr")},
            "CompanyStartDate": day(),
            "FiscalYearStartMonth": text(),
            "DefaultTimeZone": text(),
            "SupportedLanguages": text(),
        },
    )
