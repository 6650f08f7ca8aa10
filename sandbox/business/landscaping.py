"""The landscaper that Intuit puts into every new US sandbox: its lists and its documents, as far as remembered.

Much of it is from memory and was compared with no company of Intuit's: names, Ids, prices, account types, numbers,
amounts, and the customers' open balances (5,281.52 together). Recorded are the shape of it (customers with the Ids 1
to 29, vendors 30 to 53, 56 and 57, one sequence of Ids for all transactions), a few invoices and payments, and
California's tax code and rate. Filled in plausibly where nothing was found: street addresses, e-mail
addresses and telephone numbers (made up on purpose), the Ids of most payments, of estimates, of invoices 1021 to 1025,
1027 and 1028, some quantities, and lines of 1004, 1012, 1021, 1024, 1030 and 1032 of which only the sum is known.
Vendors' bills, purchases and deposits are left out; the next transaction has the Id 147 all the same.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.business.bookkeeper import Bookkeeper, applied, discount_line, sales_line
from sandbox.business.foundations import AccountRow
from sandbox.numbers import Json

# Besides the foundations, whose 90 is called otherwise there. As remembered, nothing has the Id 18.
ACCOUNTS: tuple[AccountRow, ...] = (
    ("3", "Prepaid Expenses", "Other Current Asset", "PrepaidExpenses", "Asset", ""),
    ("5", "Fees Billed", "Income", "ServiceFeeIncome", "Revenue", ""),
    ("6", "Refunds-Allowances", "Income", "DiscountsRefundsGiven", "Revenue", ""),
    ("7", "Advertising", "Expense", "AdvertisingPromotional", "Expense", ""),
    ("8", "Bank Charges", "Expense", "BankCharges", "Expense", ""),
    ("9", "Commissions & fees", "Expense", "OtherMiscellaneousServiceCost", "Expense", ""),
    ("10", "Dues & Subscriptions", "Expense", "DuesSubscriptions", "Expense", ""),
    ("11", "Insurance", "Expense", "Insurance", "Expense", ""),
    ("12", "Legal & Professional Fees", "Expense", "LegalProfessionalFees", "Expense", ""),
    ("13", "Meals and Entertainment", "Expense", "EntertainmentMeals", "Expense", ""),
    ("14", "Miscellaneous", "Other Expense", "OtherMiscellaneousExpense", "Expense", ""),
    ("15", "Office Expenses", "Expense", "OfficeGeneralAdministrativeExpenses", "Expense", ""),
    ("16", "Promotional", "Expense", "AdvertisingPromotional", "Expense", ""),
    ("17", "Rent or Lease", "Expense", "RentOrLeaseOfBuildings", "Expense", ""),
    ("19", "Stationery & Printing", "Expense", "OfficeGeneralAdministrativeExpenses", "Expense", ""),
    ("20", "Supplies", "Expense", "SuppliesMaterials", "Expense", ""),
    ("21", "Taxes & Licenses", "Expense", "TaxesPaid", "Expense", ""),
    ("22", "Travel", "Expense", "Travel", "Expense", ""),
    ("23", "Travel Meals", "Expense", "TravelMeals", "Expense", ""),
    ("24", "Utilities", "Expense", "Utilities", "Expense", ""),
    ("25", "Interest Earned", "Other Income", "InterestEarned", "Revenue", ""),
    ("26", "Other Portfolio Income", "Other Income", "OtherMiscellaneousIncome", "Revenue", ""),
    ("27", "Penalties & Settlements", "Other Expense", "PenaltiesSettlements", "Expense", ""),
    ("28", "Disposal Fees", "Expense", "OtherMiscellaneousServiceCost", "Expense", ""),
    ("29", "Equipment Rental", "Expense", "EquipmentRental", "Expense", ""),
    ("30", "Uncategorized Income", "Income", "ServiceFeeIncome", "Revenue", ""),
    ("36", "Savings", "Bank", "Savings", "Asset", ""),
    ("37", "Truck", "Fixed Asset", "Vehicles", "Asset", ""),
    ("38", "Original Cost", "Fixed Asset", "Vehicles", "Asset", "37"),
    ("39", "Depreciation", "Fixed Asset", "AccumulatedDepreciation", "Asset", "37"),
    ("40", "Depreciation", "Other Expense", "Depreciation", "Expense", ""),
    ("41", "Mastercard", "Credit Card", "CreditCard", "Liability", ""),
    ("42", "Visa", "Credit Card", "CreditCard", "Liability", ""),
    ("43", "Loan Payable", "Other Current Liability", "OtherCurrentLiabilities", "Liability", ""),
    ("44", "Notes Payable", "Long Term Liability", "OtherLongTermLiabilities", "Liability", ""),
    ("45", "Landscaping Services", "Income", "OtherPrimaryIncome", "Revenue", ""),
    ("46", "Job Materials", "Income", "OtherPrimaryIncome", "Revenue", "45"),
    ("47", "Decks and Patios", "Income", "OtherPrimaryIncome", "Revenue", "46"),
    ("48", "Fountains and Garden Lighting", "Income", "OtherPrimaryIncome", "Revenue", "46"),
    ("49", "Plants and Soil", "Income", "OtherPrimaryIncome", "Revenue", "46"),
    ("50", "Sprinklers and Drip Systems", "Income", "OtherPrimaryIncome", "Revenue", "46"),
    ("51", "Labor", "Income", "OtherPrimaryIncome", "Revenue", "45"),
    ("52", "Installation", "Income", "OtherPrimaryIncome", "Revenue", "51"),
    ("53", "Maintenance and Repair", "Income", "OtherPrimaryIncome", "Revenue", "51"),
    ("54", "Pest Control Services", "Income", "OtherPrimaryIncome", "Revenue", ""),
    ("55", "Automobile", "Expense", "Auto", "Expense", ""),
    ("56", "Fuel", "Expense", "Auto", "Expense", "55"),
    ("57", "Workers Compensation", "Expense", "Insurance", "Expense", "11"),
    ("58", "Job Expenses", "Expense", "OtherMiscellaneousServiceCost", "Expense", ""),
    ("59", "Cost of Labor", "Expense", "CostOfLabor", "Expense", "58"),
    ("60", "Installation", "Expense", "CostOfLabor", "Expense", "59"),
    ("61", "Maintenance and Repairs", "Expense", "CostOfLabor", "Expense", "59"),
    ("62", "Equipment Rental", "Expense", "EquipmentRental", "Expense", "58"),
    ("63", "Job Materials", "Expense", "SuppliesMaterials", "Expense", "58"),
    ("64", "Decks and Patios", "Expense", "SuppliesMaterials", "Expense", "63"),
    ("65", "Fountain and Garden Lighting", "Expense", "SuppliesMaterials", "Expense", "63"),
    ("66", "Plants and Soil", "Expense", "SuppliesMaterials", "Expense", "63"),
    ("67", "Sprinklers and Drip Systems", "Expense", "SuppliesMaterials", "Expense", "63"),
    ("68", "Permits", "Expense", "TaxesPaid", "Expense", "58"),
    ("69", "Accounting", "Expense", "LegalProfessionalFees", "Expense", "12"),
    ("70", "Bookkeeper", "Expense", "LegalProfessionalFees", "Expense", "12"),
    ("71", "Lawyer", "Expense", "LegalProfessionalFees", "Expense", "12"),
    ("72", "Maintenance and Repair", "Expense", "RepairMaintenance", "Expense", ""),
    ("73", "Building Repairs", "Expense", "RepairMaintenance", "Expense", "72"),
    ("74", "Computer Repairs", "Expense", "RepairMaintenance", "Expense", "72"),
    ("75", "Equipment Repairs", "Expense", "RepairMaintenance", "Expense", "72"),
    ("76", "Gas and Electric", "Expense", "Utilities", "Expense", "24"),
    ("77", "Telephone", "Expense", "Utilities", "Expense", "24"),
    ("78", "Purchases", "Expense", "SuppliesMaterials", "Expense", ""),
    ("82", "Design income", "Income", "OtherPrimaryIncome", "Revenue", ""),
    ("83", "Other Income", "Income", "OtherPrimaryIncome", "Revenue", ""),
    ("85", "Billable Expense Income", "Income", "ServiceFeeIncome", "Revenue", ""),
    ("87", "Unapplied Cash Payment Income", "Income", "UnappliedCashPaymentIncome", "Revenue", ""),
    ("88", "Unapplied Cash Bill Payment Expense", "Expense", "UnappliedCashBillPaymentExpense", "Expense", ""),
    ("89", "Arizona Dept. of Revenue Payable", "Other Current Liability", "GlobalTaxPayable", "Liability", ""),
    ("90", "Board of Equalization Payable", "Other Current Liability", "GlobalTaxPayable", "Liability", ""),
    ("91", "Out Of Scope Agency Payable", "Other Current Liability", "GlobalTaxPayable", "Liability", ""),
)

# Ids 1 to 29 in this order: name, city, state, postal code, the customer it belongs to.
CUSTOMERS = (
    ("Amy's Bird Sanctuary", "Bayshore", "CA", "94326", ""),
    ("Bill's Windsurf Shop", "Half Moon Bay", "CA", "94213", ""),
    ("Cool Cars", "Half Moon Bay", "CA", "94213", ""),
    ("Diego Rodriguez", "Palo Alto", "CA", "94303", ""),
    ("Dukes Basketball Camp", "Tucson", "AZ", "85719", ""),
    ("Dylan Sollfrank", "", "", "", ""),
    ("Freeman Sporting Goods", "Middlefield", "CA", "94482", ""),
    ("0969 Ocean View Road", "Middlefield", "CA", "94482", "7"),
    ("55 Twin Lane", "Middlefield", "CA", "94482", "7"),
    ("Geeta Kalapatapu", "Middlefield", "CA", "94303", ""),
    ("Gevelber Photography", "Half Moon Bay", "CA", "94213", ""),
    ("Jeff's Jalopies", "Menlo Park", "CA", "94305", ""),
    ("John Melton", "Menlo Park", "CA", "94304", ""),
    ("Kate Whelan", "Menlo Park", "CA", "94304", ""),
    ("Pye's Cakes", "South Orange", "NJ", "07079", ""),
    ("Kookies by Kathy", "Middlefield", "CA", "94303", ""),
    ("Mark Cho", "Menlo Park", "CA", "94304", ""),
    ("Paulsen Medical Supplies", "Middlefield", "CA", "94303", ""),
    ("Rago Travel Agency", "Bayshore", "CA", "94326", ""),
    ("Red Rock Diner", "Bayshore", "CA", "94326", ""),
    ("Rondonuwu Fruit and Vegi", "San Jose", "CA", "95021", ""),
    ("Shara Barnett", "Palo Alto", "CA", "94303", ""),
    ("Barnett Design", "Middlefield", "CA", "94303", "22"),
    ("Sonnenschein Family Store", "Middlefield", "CA", "94303", ""),
    ("Sushi by Katsuyuki", "Maplewood", "NJ", "07040", ""),
    ("Travis Waldron", "Menlo Park", "CA", "94304", ""),
    ("Video Games by Dan", "Tucson", "AZ", "85704", ""),
    ("Wedding Planning by Whitney", "Menlo Park", "CA", "94304", ""),
    ("Weiskopf Consulting", "Bayshore", "CA", "94326", ""),
)
# Customers who are persons, and no business.
PERSONS = frozenset(("4", "6", "10", "13", "14", "17", "22", "26"))
# Ids 30 to 53.
VENDORS = (
    "Books by Bessie",
    "Brosnahan Insurance Agency",
    "Cal Telephone",
    "Chin's Gas and Oil",
    "Cigna Health Care",
    "Computers by Jenni",
    "Diego's Road Warrior Bodyshop",
    "EDD",
    "Ellis Equipment Rental",
    "Fidelity",
    "Hall Properties",
    "Hicks Hardware",
    "Lee Advertising",
    "Mahoney Mugs",
    "Met Life Dental",
    "National Eye Care",
    "Norton Lumber and Building Materials",
    "Pam Seitz",
    "PG&E",
    "Robertson & Associates",
    "Tania's Nursery",
    "Tim Philip Masonry",
    "Tony Rondonuwu",
    "United States Treasury",
)
# Ids 54 and 55, then the vendors 56 and 57.
EMPLOYEES = (("John", "Johnson"), ("Emily", "Platt"))
LATER_VENDORS = ("Bob's Burger Joint", "Squeaky Kleen Car Wash")


@dataclass(frozen=True)
class Good:
    """A product or service. `left` is what lies in stock after all sales; None when it is not counted."""

    name: str
    description: str
    account: str
    price: str = "0"
    taxable: bool = False
    cost: str = "0"
    left: str | None = None


# Ids 1 to 18.
GOODS = (
    Good("Services", "", "1"),
    Good("Hours", "", "1"),
    Good("Concrete", "Concrete for fountain installation", "48", taxable=True),
    Good("Design", "Custom Design", "82", "75"),
    Good("Rock Fountain", "Rock Fountain", "79", "275", True, "125", "2"),
    Good("Gardening", "Weekly Gardening Service", "45"),
    Good("Installation", "Installation of landscape design", "52", "50"),
    Good("Lighting", "Garden Lighting", "48", taxable=True),
    Good("Maintenance & Repair", "Maintenance & Repair", "53"),
    Good("Pest Control", "Pest Control Services", "54", "35"),
    Good("Pump", "Fountain Pump", "79", "15", True, "10", "25"),
    Good("Refunds & Allowances", "Income due to refunds or allowances", "83"),
    Good("Rocks", "Garden Rocks", "48", taxable=True),
    Good("Sod", "Sod", "49", taxable=True),
    Good("Soil", "2 cubic ft. bag", "49", "10", True, "6.50"),
    Good("Sprinkler Heads", "Sprinkler Heads", "79", "2", True, "0.75", "25"),
    Good("Sprinkler Pipes", "Sprinkler Pipes", "79", "4", True, "2.50", "31"),
    Good("Trimming", "Tree and Shrub Trimming", "45", "35"),
)

# Of an item so many at this price; True: taxed.
Line = tuple[str, str, str, bool]
NO_TAX, CALIFORNIA, TUCSON = "", "2", "3"


@dataclass(frozen=True)
class Sale:
    """A document of sale, dated `days` before the last invoice of the sample."""

    kind: str
    id: str
    number: str
    customer: str
    days: int
    tax: str
    lines: tuple[Line, ...]
    discount: str = ""
    more: Json = field(default_factory=dict)
    is_sent: bool = False


@dataclass(frozen=True)
class Receipt:
    """Money received, and the documents it settles."""

    id: str
    customer: str
    days: int
    amount: str
    settles: tuple[tuple[str, str, str], ...]
    way: str = "2"
    into: str = "4"
    note: str = ""


LINKING = "Created by QB Online to link credits to charges."
CHECKING: Json = {"DepositToAccountRef": {"value": "35"}}
BY_CHECK: Json = {"PaymentMethodRef": {"value": "2"}}
# In the order of their Ids, in which they were entered.
DOCUMENTS: tuple[Sale | Receipt, ...] = (
    Sale("Invoice", "9", "1001", "1", 3, CALIFORNIA, (("6", "4", "25", True),)),
    Sale("Invoice", "10", "1002", "2", 107, NO_TAX, (("6", "4", "35", False), ("10", "1", "35", False))),
    Sale("SalesReceipt", "11", "1003", "6", 5, NO_TAX, (("4", "4.5", "75", False),), "", {**CHECKING, **BY_CHECK}),
    Sale(
        "Invoice",
        "12",
        "1004",
        "3",
        12,
        CALIFORNIA,
        (("2", "8", "50", True), ("16", "10", "2", True), ("17", "6", "4", True), ("14", "250", "7", True)),
    ),
    Sale("Invoice", "13", "1005", "9", 9, CALIFORNIA, (("6", "2", "25", True),)),
    Sale("Invoice", "14", "1006", "9", 39, CALIFORNIA, (("6", "4", "20", True),)),
    Sale("Invoice", "16", "1007", "13", 25, NO_TAX, (("4", "10", "75", False),)),
    Sale("SalesReceipt", "17", "1008", "14", 25, NO_TAX, (("4", "3", "75", False),), "", {**CHECKING, **BY_CHECK}),
    Receipt("22", "1", 2, "108.00", (("Invoice", "9", "108.00"),)),
    Receipt("23", "2", 60, "175.00", (("Invoice", "10", "175.00"),), into="35"),
    Receipt("24", "9", 4, "50.00", (("Invoice", "13", "50.00"),)),
    Receipt("25", "9", 20, "86.40", (("Invoice", "14", "86.40"),), into="35"),
    Receipt("26", "13", 10, "300.00", (("Invoice", "16", "300.00"),), into="35"),
    Sale("Invoice", "27", "1009", "26", 3, NO_TAX, (("1", "1", "103.55", False),)),
    Receipt("32", "26", 3, "103.55", (("Invoice", "27", "103.55"),)),
    Sale("Invoice", "34", "1010", "29", 2, NO_TAX, (("4", "5", "75", False),), is_sent=True),
    Sale("SalesReceipt", "38", "1011", "15", 2, NO_TAX, (("10", "2.5", "35", False),), "10"),
    Sale("Invoice", "42", "1012", "23", 14, NO_TAX, (("5", "1", "275", False), ("15", "3", "10", False)), "10"),
    Sale("Invoice", "45", "1013", "26", 12, CALIFORNIA, (("6", "3", "25", True),)),
    Receipt("46", "26", 5, "81.00", (("Invoice", "45", "81.00"),), into="35"),
    Sale("SalesReceipt", "47", "1014", "4", 4, NO_TAX, (("6", "4", "35", False),), "", {"PaymentRefNum": "1053"}),
    Sale(
        "Invoice",
        "49",
        "1015",
        "18",
        2,
        NO_TAX,
        (("4", "4", "75", False), ("7", "5", "50", False), ("13", "12", "15", False), ("5", "1", "275", False)),
        "5",
        is_sent=True,
    ),
    Sale("Invoice", "60", "1016", "16", 49, NO_TAX, (("6", "3", "25", False),)),
    Sale("Invoice", "63", "1017", "25", 16, NO_TAX, (("6", "4", "20", False),)),
    Sale("Invoice", "64", "1018", "25", 9, NO_TAX, (("6", "4", "20", False),)),
    Sale("Invoice", "65", "1019", "25", 2, NO_TAX, (("6", "4", "20", False),)),
    Sale("RefundReceipt", "66", "1020", "15", 2, NO_TAX, (("10", "2.5", "35", False),), "", CHECKING),
    Sale("Invoice", "67", "1021", "1", 22, CALIFORNIA, (("5", "1", "275", True), ("14", "15", "10", True))),
    Sale("Invoice", "68", "1022", "12", 22, CALIFORNIA, (("6", "3", "25", True),)),
    Sale("Invoice", "69", "1023", "20", 2, NO_TAX, (("10", "2", "35", False),)),
    Sale("Invoice", "70", "1024", "20", 69, NO_TAX, (("13", "4", "12", False), ("14", "9", "12", False))),
    Sale(
        "Invoice",
        "71",
        "1025",
        "1",
        48,
        NO_TAX,
        (("6", "4", "30", False), ("10", "1", "35", False), ("9", "1", "50", False)),
    ),
    Receipt("72", "1", 3, "220.00", (("Invoice", "67", "220.00"),)),
    Sale("CreditMemo", "73", "1026", "1", 17, NO_TAX, (("10", "1", "100", False),)),
    Receipt("74", "1", 17, "0", (("Invoice", "71", "100.00"), ("CreditMemo", "73", "100.00")), way="", note=LINKING),
    Sale("Invoice", "75", "1027", "2", 48, NO_TAX, (("6", "2", "25", False), ("10", "1", "35", False))),
    Receipt("76", "1", 15, "105.00", (("Invoice", "71", "105.00"),), into="35"),
    Sale("Invoice", "92", "1028", "9", 48, CALIFORNIA, (("6", "3", "25", True),)),
    Sale(
        "Invoice",
        "93",
        "1029",
        "5",
        48,
        TUCSON,
        (("13", "6", "12", True), ("5", "1", "275", True), ("3", "5", "15", True)),
    ),
    Receipt("94", "5", 18, "460.40", (("Invoice", "93", "460.40"),), way="3", into="35"),
    Sale(
        "Invoice",
        "95",
        "1030",
        "8",
        107,
        CALIFORNIA,
        (("6", "2", "25", False), ("10", "1", "35", False), ("14", "17.5", "7.50", True)),
    ),
    Sale("Invoice", "96", "1031", "8", 76, CALIFORNIA, (("5", "1", "275", True), ("6", "3", "30", False))),
    Receipt("97", "8", 70, "226.75", (("Invoice", "95", "226.75"),), into="35"),
    Sale("Invoice", "99", "1032", "26", 3, CALIFORNIA, (("13", "7", "12", True), ("14", "20", "15", True))),
    Sale(
        "Estimate",
        "100",
        "1001",
        "10",
        4,
        NO_TAX,
        (("5", "1", "275", True), ("4", "3.5", "75", True), ("11", "3", "15", True)),
    ),
    Sale(
        "Invoice",
        "103",
        "1033",
        "10",
        1,
        CALIFORNIA,
        (("5", "1", "275", True), ("4", "3.5", "75", True), ("11", "3", "15", True)),
        more={"LinkedTxn": [{"TxnId": "100", "TxnType": "Estimate"}]},
    ),
    Sale(
        "Estimate",
        "104",
        "1002",
        "24",
        1,
        CALIFORNIA,
        (("5", "1", "275", True), ("11", "1", "12.75", True), ("3", "5", "9.50", True)),
        more={"TxnStatus": "Accepted"},
    ),
    Sale(
        "Invoice", "106", "1034", "21", 1, CALIFORNIA, (("18", "2", "15", False), ("8", "3", "15", True)), is_sent=True
    ),
    Receipt("110", "25", 1, "80.00", (("Invoice", "63", "80.00"),)),
    Receipt("111", "3", 1, "694.00", (("Invoice", "12", "694.00"),), into="35"),
    Sale("Estimate", "112", "1003", "17", 0, NO_TAX, (("14", "7", "10", False),)),
    Sale("Invoice", "119", "1035", "17", 0, CALIFORNIA, (("5", "1", "275", True), ("17", "4", "4", True))),
    Receipt("120", "3", 0, "1675.52", (("Invoice", "12", "1675.52"),)),
    Receipt("128", "8", 0, "387.00", (("Invoice", "96", "387.00"),)),
    Sale(
        "Invoice",
        "129",
        "1036",
        "8",
        0,
        NO_TAX,
        (
            ("14", "5", "10", True),
            ("15", "5", "10", True),
            ("6", "3.5", "25", False),
            ("5", "1", "275", True),
            ("11", "1", "15", True),
        ),
    ),
    Sale(
        "Invoice",
        "130",
        "1037",
        "24",
        0,
        CALIFORNIA,
        (("5", "1", "275", True), ("11", "1", "12.75", True), ("3", "5", "9.50", True)),
    ),
)
LAST_TRANSACTION = 146
# Dates are counted back from three days before the realm is opened.
NEWEST_DAYS_AGO = 3
# What goes out of the stock, or comes back.
_MOVES = {"Invoice": 1, "SalesReceipt": 1, "CreditMemo": -1, "RefundReceipt": -1}
MESSAGE: Json = {"value": "Thank you for your business and have a great day!"}


def landscape(bookkeeper: Bookkeeper) -> None:
    """Lists first, then every document in the order of its Id."""
    for kind, body in _people():
        bookkeeper.add(kind, body)
    sold = _sold()
    for n, good in enumerate(GOODS, 1):
        bookkeeper.add("Item", _item(bookkeeper, good, sold[str(n)]))
    for document in DOCUMENTS:
        if isinstance(document, Sale):
            _sell(bookkeeper, document)
        else:
            _receive(bookkeeper, document)
    if bookkeeper.company.multicurrency:
        _sell_abroad(bookkeeper)
    bookkeeper.leave_off_at("transactions", LAST_TRANSACTION)


def _people() -> list[tuple[str, Json]]:
    customers = [("Customer", _customer(str(n), *row)) for n, row in enumerate(CUSTOMERS, 1)]
    employees = [
        ("Employee", {"GivenName": given, "FamilyName": family, "DisplayName": f"{given} {family}"})
        for given, family in EMPLOYEES
    ]
    vendors, later = [
        [("Vendor", {"DisplayName": name, "CompanyName": name}) for name in names] for names in (VENDORS, LATER_VENDORS)
    ]
    return [*customers, *vendors, *employees, *later]


def _customer(id: str, name: str, city: str, state: str, postal_code: str, above: str) -> Json:
    word = "".join(mark for mark in name.lower() if mark.isalnum())
    body: Json = {
        "DisplayName": name,
        "PrimaryEmailAddr": {"Address": f"{word}@example.com"},
        "PrimaryPhone": {"FreeFormNumber": f"(555) 555-01{id:0>2}"},
    }
    if id in PERSONS:
        body["GivenName"], body["FamilyName"] = name.split()
    else:
        body["CompanyName"] = name
    if above:
        body |= {"ParentRef": {"value": above}, "Job": True}
    if city:
        address = {
            "Line1": f"{100 + int(id)} Sample St.",
            "City": city,
            "CountrySubDivisionCode": state,
            "PostalCode": postal_code,
        }
        body |= {"BillAddr": address, "ShipAddr": address}
    if state == "AZ":
        body["DefaultTaxCodeRef"] = {"value": TUCSON}
    return body


def _sold() -> dict[str, Decimal]:
    """How many of each item the documents take out of the stock."""
    sold: dict[str, Decimal] = defaultdict(Decimal)
    for document in DOCUMENTS:
        if isinstance(document, Sale):
            for item, quantity, _, _ in document.lines:
                sold[item] += _MOVES.get(document.kind, 0) * Decimal(quantity)
    return sold


def _item(bookkeeper: Bookkeeper, good: Good, sold: Decimal) -> Json:
    body: Json = {
        "Name": good.name,
        "Description": good.description or None,
        "Type": "Service",
        "Taxable": good.taxable,
        "UnitPrice": good.price,
        "PurchaseCost": good.cost,
        "IncomeAccountRef": {"value": good.account},
    }
    if good.left is None:
        return body
    stock: Json = {
        "Type": "Inventory",
        "TrackQtyOnHand": True,
        "QtyOnHand": Decimal(good.left) + sold,
        "InvStartDate": bookkeeper.days_ago(120),
        "ExpenseAccountRef": {"value": "80"},
        "AssetAccountRef": {"value": "81"},
        "PurchaseDesc": good.description,
    }
    return {**body, **stock}


def _sell(bookkeeper: Bookkeeper, sale: Sale) -> None:
    company = bookkeeper.company
    customer = company.find("Customer", sale.customer)
    assert customer is not None
    lines = [_line(bookkeeper, *line) for line in sale.lines]
    if sale.discount:
        lines.append(discount_line(Decimal(sale.discount)))
    body: Json = {
        "CustomerRef": {"value": sale.customer},
        "DocNumber": sale.number,
        "TxnDate": bookkeeper.days_ago(NEWEST_DAYS_AGO + sale.days),
        "CustomerMemo": MESSAGE,
        "Line": lines,
        **sale.more,
    }
    if sale.kind == "Invoice":
        body["SalesTermRef"] = {"value": "3"}
    if sale.tax:
        body["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": sale.tax}}
    at = bookkeeper.entered(int(sale.id) / LAST_TRANSACTION)
    record = bookkeeper.add(sale.kind, bookkeeper.in_currency_of(customer, body), at, sale.id)
    if sale.is_sent:
        bookkeeper.send(sale.kind, record, customer["PrimaryEmailAddr"]["Address"], at)


def _line(bookkeeper: Bookkeeper, item_id: str, quantity: str, price: str, is_taxed: bool) -> Json:
    item = bookkeeper.company.find("Item", item_id)
    assert item is not None
    return sales_line(item, Decimal(quantity), Decimal(price), "TAX" if is_taxed else "NON")


def _receive(bookkeeper: Bookkeeper, receipt: Receipt) -> None:
    customer = bookkeeper.company.find("Customer", receipt.customer)
    assert customer is not None
    body: Json = {
        "CustomerRef": {"value": receipt.customer},
        "TotalAmt": receipt.amount,
        "TxnDate": bookkeeper.days_ago(NEWEST_DAYS_AGO + receipt.days),
        "DepositToAccountRef": {"value": receipt.into},
        "Line": [applied(Decimal(amount), id, kind) for kind, id, amount in receipt.settles],
    }
    if receipt.way:
        body["PaymentMethodRef"] = {"value": receipt.way}
    if receipt.note:
        body["PrivateNote"] = receipt.note
    at = bookkeeper.entered(int(receipt.id) / LAST_TRANSACTION)
    bookkeeper.add("Payment", bookkeeper.in_currency_of(customer, body), at, receipt.id)


def _sell_abroad(bookkeeper: Bookkeeper) -> None:
    """Made up: one customer with foreign money, and an invoice to him."""
    customer = bookkeeper.add(
        "Customer",
        {
            "DisplayName": "Jardins du Lac",
            "CompanyName": "Jardins du Lac",
            "CurrencyRef": {"value": "EUR" if bookkeeper.company.currency != "EUR" else "USD"},
            "PrimaryEmailAddr": {"Address": "jardinsdulac@example.com"},
            "BillAddr": {"Line1": "1 quai des Exemples", "City": "Annecy", "Country": "France", "PostalCode": "74000"},
        },
    )
    body: Json = {
        "CustomerRef": {"value": customer["Id"]},
        "DocNumber": "1038",
        "TxnDate": bookkeeper.days_ago(NEWEST_DAYS_AGO),
        "SalesTermRef": {"value": "3"},
        "Line": [_line(bookkeeper, "4", "8", "75", False)],
    }
    at = bookkeeper.entered(131 / LAST_TRANSACTION)
    bookkeeper.add("Invoice", bookkeeper.in_currency_of(customer, body), at, "131")
