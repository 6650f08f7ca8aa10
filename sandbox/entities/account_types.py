"""The types of accounts with their classification and their detail types, as Intuit's reference lists them."""

CLASSIFICATIONS = {
    "Bank": "Asset",
    "Other Current Asset": "Asset",
    "Fixed Asset": "Asset",
    "Other Asset": "Asset",
    "Accounts Receivable": "Asset",
    "Equity": "Equity",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Cost of Goods Sold": "Expense",
    "Accounts Payable": "Liability",
    "Credit Card": "Liability",
    "Long Term Liability": "Liability",
    "Other Current Liability": "Liability",
    "Income": "Revenue",
    "Other Income": "Revenue",
}
# The first of each type is what QuickBooks assumes when a body names the type alone. Other detail types exist in
# some countries; they are taken as they come when the type is named beside them.
SUB_TYPES = {
    "Bank": "CashOnHand Checking MoneyMarket RentsHeldInTrust Savings TrustAccounts CashAndCashEquivalents",
    "Other Current Asset": (
        "EmployeeCashAdvances AllowanceForBadDebts DevelopmentCosts OtherCurrentAssets Inventory "
        "Investment_MortgageRealEstateLoans Investment_Other Investment_TaxExemptSecurities "
        "Investment_USGovernmentObligations LoansToOfficers LoansToOthers LoansToStockholders PrepaidExpenses "
        "Retainage UndepositedFunds GlobalTaxDeferred GlobalTaxRefund InternalTransfers"
    ),
    "Fixed Asset": (
        "FurnitureAndFixtures AccumulatedDepletion AccumulatedDepreciation DepletableAssets FixedAssetComputers "
        "FixedAssetCopiers FixedAssetFurniture FixedAssetPhone FixedAssetPhotoVideo FixedAssetSoftware "
        "FixedAssetOtherToolsEquipment Land LeaseholdImprovements OtherFixedAssets AccumulatedAmortization Buildings "
        "IntangibleAssets MachineryAndEquipment Vehicles"
    ),
    "Other Asset": (
        "OtherLongTermAssets LeaseBuyout SecurityDeposits AccumulatedAmortizationOfOtherAssets Goodwill Licenses "
        "OrganizationalCosts"
    ),
    "Accounts Receivable": "AccountsReceivable",
    "Equity": (
        "OpeningBalanceEquity PartnersEquity RetainedEarnings AccumulatedAdjustment OwnersEquity "
        "PaidInCapitalOrSurplus PartnerContributions PartnerDistributions PreferredStock CommonStock TreasuryStock "
        "EstimatedTaxes Healthcare PersonalIncome PersonalExpense"
    ),
    "Expense": (
        "Travel AdvertisingPromotional Auto BadDebts BankCharges CharitableContributions CommissionsAndFees "
        "CostOfLabor DuesSubscriptions Entertainment EntertainmentMeals EquipmentRental FinanceCosts "
        "GlobalTaxExpense Insurance InterestPaid LegalProfessionalFees OfficeExpenses "
        "OfficeGeneralAdministrativeExpenses OtherBusinessExpenses OtherMiscellaneousServiceCost PayrollExpenses "
        "PromotionalMeals RentOrLeaseOfBuildings RepairMaintenance ShippingFreightDelivery SuppliesMaterials "
        "TaxesPaid TravelMeals UnappliedCashBillPaymentExpense Utilities"
    ),
    "Other Expense": (
        "Depreciation Amortization ExchangeGainOrLoss GasAndFuel HomeOffice HomeOwnerRentalInsurance "
        "MortgageInterest OtherHomeOfficeExpenses OtherMiscellaneousExpense OtherVehicleExpenses ParkingAndTolls "
        "PenaltiesSettlements VehicleInsurance VehicleLease VehicleLoanInterest VehicleRegistration "
        "VehicleRepairs WashAndRoadServices"
    ),
    "Cost of Goods Sold": (
        "SuppliesMaterialsCogs EquipmentRentalCos OtherCostsOfServiceCos ShippingFreightDeliveryCos CostOfLaborCos "
        "CostOfSales FreightAndDeliveryCost"
    ),
    "Accounts Payable": "AccountsPayable",
    "Credit Card": "CreditCard",
    "Long Term Liability": "NotesPayable OtherLongTermLiabilities ShareholderNotesPayable",
    "Other Current Liability": (
        "OtherCurrentLiabilities DirectDepositPayable FederalIncomeTaxPayable GlobalTaxPayable GlobalTaxSuspense "
        "InsurancePayable LineOfCredit LoanPayable PayrollClearing PayrollTaxPayable PrepaidExpensesPayable "
        "RentsInTrustLiability SalesTaxPayable StateLocalIncomeTaxPayable TrustAccountsLiabilities"
    ),
    "Income": (
        "ServiceFeeIncome DiscountsRefundsGiven NonProfitIncome OtherPrimaryIncome SalesOfProductIncome "
        "UnappliedCashPaymentIncome"
    ),
    "Other Income": (
        "OtherMiscellaneousIncome DividendIncome InterestEarned OtherInvestmentIncome TaxExemptInterest "
        "GainLossOnSaleOfFixedAssets"
    ),
}
TYPE_OF = {sub_type: sort for sort, names in SUB_TYPES.items() for sub_type in names.split()}
DEFAULT_SUB_TYPES = {sort: names.split()[0] for sort, names in SUB_TYPES.items()}
