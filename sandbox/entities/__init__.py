"""Every kind of record that the sandbox knows: a new one is its file and a line here."""

from sandbox.entities.account import Account
from sandbox.entities.attachable import Attachable
from sandbox.entities.banking import CreditCardPayment, Deposit, Transfer
from sandbox.entities.company_info import CompanyInfo
from sandbox.entities.companycurrency import CompanyCurrency
from sandbox.entities.creditmemo import CreditMemo
from sandbox.entities.customer import Customer
from sandbox.entities.customertype import CustomerType
from sandbox.entities.estimate import Estimate
from sandbox.entities.exchangerate import ExchangeRate
from sandbox.entities.invoice import Invoice
from sandbox.entities.item import Item
from sandbox.entities.journal_entry import JournalEntry
from sandbox.entities.kind import Kind
from sandbox.entities.payables import Bill, BillPayment, Purchase, PurchaseOrder, VendorCredit
from sandbox.entities.payment import Payment
from sandbox.entities.paymentmethod import PaymentMethod
from sandbox.entities.people import Employee, Vendor
from sandbox.entities.preferences import Preferences
from sandbox.entities.receipts import RefundReceipt, SalesReceipt
from sandbox.entities.recurring import RecurringTransaction
from sandbox.entities.seldom import (
    Budget,
    InventoryAdjustment,
    JournalCode,
    ReimburseCharge,
    TaxClassification,
    TaxPayment,
)
from sandbox.entities.tax import TaxAgency, TaxCode, TaxRate
from sandbox.entities.term import Term
from sandbox.entities.time_activity import TimeActivity
from sandbox.entities.tracking import Class, Department

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Customer(),
        Vendor(),
        Employee(),
        Item(),
        Invoice(),
        Payment(),
        Estimate(),
        CreditMemo(),
        SalesReceipt(),
        RefundReceipt(),
        Term(),
        Account(),
        TaxCode(),
        TaxRate(),
        TaxAgency(),
        PaymentMethod(),
        Class(),
        Department(),
        CustomerType(),
        Bill(),
        BillPayment(),
        VendorCredit(),
        Purchase(),
        PurchaseOrder(),
        Deposit(),
        Transfer(),
        CreditCardPayment(),
        JournalEntry(),
        TimeActivity(),
        RecurringTransaction(),
        Attachable(),
        InventoryAdjustment(),
        JournalCode(),
        Budget(),
        ReimburseCharge(),
        TaxPayment(),
        TaxClassification(),
        ExchangeRate(),
        CompanyCurrency(),
        Preferences(),
        CompanyInfo(),
    )
}
BY_PATH: dict[str, Kind] = {kind.path: kind for kind in KINDS.values()}
