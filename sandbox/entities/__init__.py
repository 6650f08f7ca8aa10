"""Every kind of record that the sandbox knows: a new one is its file and a line here."""

from sandbox.entities.company_info import CompanyInfo
from sandbox.entities.customer import Customer
from sandbox.entities.invoice import Invoice
from sandbox.entities.item import Item
from sandbox.entities.kind import Kind
from sandbox.entities.payment import Payment
from sandbox.entities.people import Employee, Vendor
from sandbox.entities.preferences import Preferences
from sandbox.entities.reference import Account, CompanyCurrency, TaxCode, TaxRate, Term

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Customer(),
        Vendor(),
        Employee(),
        Item(),
        Invoice(),
        Payment(),
        Term(),
        Account(),
        TaxCode(),
        TaxRate(),
        CompanyCurrency(),
        Preferences(),
        CompanyInfo(),
    )
}
BY_PATH: dict[str, Kind] = {kind.path: kind for kind in KINDS.values()}
