"""The bodies of lists as python-quickbooks sends them, with all its defaults: taken, and stable over a round trip."""

import json

import pytest
from quickbooks.objects.account import Account
from quickbooks.objects.base import Address, EmailAddress, PhoneNumber
from quickbooks.objects.companycurrency import CompanyCurrency
from quickbooks.objects.customer import Customer
from quickbooks.objects.department import Department
from quickbooks.objects.employee import Employee
from quickbooks.objects.item import Item
from quickbooks.objects.paymentmethod import PaymentMethod
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.taxagency import TaxAgency
from quickbooks.objects.term import Term
from quickbooks.objects.trackingclass import Class
from quickbooks.objects.vendor import Vendor

ACCOUNT = {"value": "1", "name": "", "type": ""}
LISTS = [
    (Customer, {"DisplayName": "Ann"}),
    (Vendor, {"DisplayName": "Vendor"}),
    (Employee, {"GivenName": "Kim", "FamilyName": "Sample", "HiredDate": "2020-07-22"}),
    (Item, {"Name": "Lamp", "Type": "Service", "IncomeAccountRef": ACCOUNT, "Sku": "L-1"}),
    (Account, {"Name": "Petty cash", "AccountType": "Bank", "AccountSubType": "CashOnHand", "AcctNum": "T1121230113"}),
    (Term, {"Name": "Net 45", "DueDays": 45}),
    (PaymentMethod, {"Name": "Voucher"}),
    (Class, {"Name": "Retail"}),
    (Department, {"Name": "North"}),
    (CompanyCurrency, {"Code": "NOK"}),
    (TaxAgency, {"DisplayName": "City Tax Agency"}),
]
lists = pytest.mark.parametrize(("library", "wanted"), LISTS, ids=[row[0].__name__ for row in LISTS])


def body_of(entity):
    return json.loads(entity.to_json())


def sent(library, wanted):
    """A new entity with the library's own defaults, filled in as its users do."""
    entity = library()
    for name, value in wanted.items():
        setattr(entity, name, value)
    if hasattr(entity, "BillAddr"):
        entity.BillAddr = Address()
        entity.BillAddr.Line1 = "123 Main"
        entity.PrimaryPhone = PhoneNumber()
        entity.PrimaryPhone.FreeFormNumber = "555-555-5555"
        entity.PrimaryEmailAddr = EmailAddress()
        entity.PrimaryEmailAddr.Address = "test@example.com"
    return body_of(entity)


@pytest.mark.behaviour(
    "Leniency", "New entries of lists are taken with all the defaults of a published library.", "reported"
)
@lists
def test_a_librarys_new_entry_is_taken(connect, library, wanted):
    app = connect(multicurrency=True)
    kind = library.qbo_object_name
    made = app.post(f"/{kind.lower()}", sent(library, wanted))[kind]
    for name, value in wanted.items():
        assert made[name] == value or made[name]["value"] == value["value"]
    assert "" not in made.values()


@pytest.mark.behaviour("Leniency", "A list's entry that a library read and wrote back stays as it was.", "reported")
@lists
def test_a_librarys_round_trip_changes_nothing(connect, library, wanted):
    app = connect(multicurrency=True)
    kind = library.qbo_object_name
    made = app.post(f"/{kind.lower()}", sent(library, wanted))[kind]
    read = app.read(kind, made["Id"])
    again = app.post(f"/{kind.lower()}", body_of(library.from_json(read)))[kind]
    assert {**again, "SyncToken": "0", "MetaData": read["MetaData"]} == read


@pytest.mark.behaviour("Leniency", "Preferences that a library read and wrote back stay as they were.", "reported")
def test_a_librarys_round_trip_of_preferences_changes_nothing(app):
    read = app.get("/preferences")["Preferences"]
    again = app.post("/preferences", body_of(Preferences.from_json(read)))["Preferences"]
    assert again["SyncToken"] == "1"
    for group, prefs in read.items():
        if isinstance(prefs, dict) and group != "MetaData":
            assert again[group].items() >= {k: v for k, v in prefs.items() if not isinstance(v, dict | list)}.items()
