"""The lists that an app only reads: terms, accounts, tax codes and rates, currencies."""

from sandbox.entities.kind import Kind, entity_shape
from sandbox.fields import anything, flag, number, ref, text


class Term(Kind):
    name = "Term"
    sequence = "Term"
    listed_by = "Name"
    hides_inactive = True
    shape = entity_shape(
        "Term",
        {
            "Name": text(31, search=True),
            "Active": flag(search=True),
            "Type": text(search=True),
            "DiscountPercent": number(),
            "DiscountDays": number(),
            "DueDays": number(search=True),
            "DayOfMonthDue": number(),
            "DueNextMonthDays": number(),
            "DiscountDayOfMonth": number(),
        },
    )


class Account(Kind):
    name = "Account"
    sequence = "Account"
    listed_by = "FullyQualifiedName"
    hides_inactive = True
    shape = entity_shape(
        "Account",
        {
            "Name": text(100, search=True),
            "SubAccount": flag(search=True),
            "FullyQualifiedName": text(search=True),
            "Active": flag(search=True),
            "Classification": text(search=True),
            "AccountType": text(search=True),
            "AccountSubType": text(search=True),
            "AcctNum": text(search=True),
            "CurrentBalance": number(search=True),
            "CurrentBalanceWithSubAccounts": number(),
            "CurrencyRef": ref(),
            "ParentRef": ref(),
            "Description": text(search=True),
        },
    )


class TaxCode(Kind):
    name = "TaxCode"
    sequence = "TaxCode"
    listed_by = "Name"
    hides_inactive = True
    in_cdc = False
    shape = entity_shape(
        "TaxCode",
        {
            "Name": text(search=True),
            "Description": text(search=True),
            "Active": flag(search=True),
            "Hidden": flag(),
            "Taxable": flag(search=True),
            "TaxGroup": flag(search=True),
            "TaxCodeConfigType": text(),
            "SalesTaxRateList": anything(),
            "PurchaseTaxRateList": anything(),
        },
    )


class TaxRate(Kind):
    name = "TaxRate"
    sequence = "TaxRate"
    listed_by = "Name"
    hides_inactive = True
    in_cdc = False
    shape = entity_shape(
        "TaxRate",
        {
            "Name": text(search=True),
            "Description": text(search=True),
            "Active": flag(search=True),
            "RateValue": number(search=True),
            "AgencyRef": ref(),
            "SpecialTaxType": text(),
            "DisplayType": text(),
        },
    )


class CompanyCurrency(Kind):
    name = "CompanyCurrency"
    sequence = "CompanyCurrency"
    listed_by = "Name"
    hides_inactive = True
    shape = entity_shape(
        "CompanyCurrency",
        {
            "Code": text(3, search=True),
            "Name": text(search=True),
            "Active": flag(search=True),
            "CustomField": anything(),
        },
    )
