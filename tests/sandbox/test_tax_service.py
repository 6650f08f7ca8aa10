"""Tax codes, rates and agencies: what a new company has, and what the tax service makes."""

import pytest

RATE = {"TaxRateName": "City", "RateValue": "8.25", "TaxAgencyId": "1", "TaxApplicableOn": "Sales"}


def body(*details, name="City code"):
    return {"TaxCode": name, "TaxRateDetails": list(details or (RATE,))}


@pytest.mark.behaviour("Lists", "The tax service answers one flat object, not wrapped and without a time.", "reported")
def test_the_tax_service_answers_flat(app):
    made = app.post("/taxservice/taxcode", body())
    assert made == {
        "TaxCode": "City code",
        "TaxCodeId": "4",
        "TaxRateDetails": [
            {
                "TaxRateName": "City",
                "TaxRateId": "4",
                "RateValue": 8.25,
                "TaxAgencyId": "1",
                "TaxApplicableOn": "Sales",
            }
        ],
    }


@pytest.mark.behaviour("Lists", "It makes a tax code with its rates, for sales or for purchases.", "reported")
def test_the_tax_service_makes_a_code_with_its_rates(connect):
    app = connect(country="GB")
    bought = {**RATE, "TaxRateName": "City bought", "TaxApplicableOn": "Purchase"}
    made = app.post("/taxservice/taxcode", body(RATE, bought))
    code = app.read("TaxCode", made["TaxCodeId"])
    sold_id, bought_id = (one["TaxRateId"] for one in made["TaxRateDetails"])
    assert code["SalesTaxRateList"]["TaxRateDetail"] == [
        {"TaxTypeApplicable": "TaxOnAmount", "TaxRateRef": {"value": sold_id, "name": "City"}, "TaxOrder": 0}
    ]
    assert code["PurchaseTaxRateList"]["TaxRateDetail"][0]["TaxRateRef"]["value"] == bought_id
    assert (code["TaxGroup"], code["Taxable"], code["Active"]) == (True, True, True)
    rate = app.read("TaxRate", sold_id)
    assert (rate["RateValue"], rate["AgencyRef"], rate["Name"]) == (8.25, {"value": "1"}, "City")


def test_two_new_rates_of_one_name_are_refused(app):
    assert app.refused("/taxservice/taxcode", body(RATE, {**RATE, "TaxRateName": "CITY"}))["code"] == "6240"
    assert app.query("select count(*) from TaxRate") == {"totalCount": 3}


@pytest.mark.behaviour("Lists", "It takes a rate that exists by its Id.", "assumed")
def test_the_tax_service_takes_an_existing_rate(app):
    made = app.post("/taxservice/taxcode", body({"TaxRateId": "3"}))
    assert made["TaxRateDetails"] == [
        {
            "TaxRateName": "California",
            "TaxRateId": "3",
            "RateValue": 8,
            "TaxAgencyId": app.read("TaxRate", "3")["AgencyRef"]["value"],
            "TaxApplicableOn": "Sales",
        }
    ]
    assert app.query("select count(*) from TaxRate") == {"totalCount": 3}


@pytest.mark.behaviour("Lists", "A code that was just made taxes the next invoice.", "assumed")
def test_a_new_code_taxes_invoices(connect, line):
    app = connect(country="GB")
    code = app.post("/taxservice/taxcode", body())["TaxCodeId"]
    app.customer()
    app.item()
    made = app.invoice(100, Line=[line(100, code)], GlobalTaxCalculation="TaxExcluded")
    assert (made["TxnTaxDetail"]["TotalTax"], made["TotalAmt"]) == (8.25, 108.25)


@pytest.mark.behaviour("Validation", "The tax service refuses what Intuit's reference rules out.", "documented")
@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"TaxCode": "No rates"}, "2020"),
        ({"TaxRateDetails": [RATE]}, "2020"),
        (body({**RATE, "TaxRateName": ""}), "2020"),
        (body({**RATE, "RateValue": None}), "2020"),
        (body({**RATE, "TaxAgencyId": ""}), "2020"),
        (body({**RATE, "RateValue": 101}), "2080"),
        (body({**RATE, "RateValue": -1}), "2080"),
        (body({**RATE, "RateValue": "much"}), "2080"),
        (body({**RATE, "TaxAgencyId": "99"}), "2500"),
        (body({"TaxRateId": "99"}), "2500"),
        (body({**RATE, "TaxApplicableOn": "Gifts"}), "2170"),
        (body({"TaxRateId": "3"}, {"TaxRateId": "3"}), "6000"),
        (body(name="x" * 101), "2050"),
        (body(name="California"), "6240"),
        (body({**RATE, "TaxRateName": "california"}), "6240"),
        ([1], "2010"),
        ({**body(), "Colour": "red"}, "2010"),
    ],
)
def test_the_tax_service_refuses(app, wanted, code):
    assert app.refused("/taxservice/taxcode", wanted)["code"] == code
    assert app.query("select count(*) from TaxRate") == {"totalCount": 3}


@pytest.mark.behaviour(
    "Lists", "Tax codes and rates are read and queried, but made by the tax service alone.", "documented"
)
@pytest.mark.parametrize("kind", ["TaxCode", "TaxRate"])
def test_codes_and_rates_are_only_read(app, kind):
    assert app.refused(f"/{kind.lower()}", {"Name": "X"})["code"] == "500"
    assert app.read(kind, "2")["Id"] == "2"


@pytest.mark.behaviour(
    "Queries", "A US company's TAX, NON and CustomSalesTax stand on every page of tax codes.", "reported"
)
def test_pseudo_codes_stand_on_every_page(app):
    def ids(text):
        return [code["Id"] for code in app.query(text).get("TaxCode", [])]

    assert ids("select * from TaxCode") == ["CustomSalesTax", "NON", "TAX", "2", "3"]
    assert ids("select * from TaxCode MAXRESULTS 1") == ["CustomSalesTax", "NON", "TAX", "2"]
    assert ids("select * from TaxCode STARTPOSITION 2 MAXRESULTS 1") == ["CustomSalesTax", "NON", "TAX", "3"]
    assert ids("select * from TaxCode where Name = 'tax'") == ["TAX"]
    assert "SyncToken" not in app.query("select * from TaxCode where Id = 'TAX'")["TaxCode"][0]


@pytest.mark.behaviour("Queries", "Elsewhere there are no pseudo codes.", "documented")
def test_other_countries_have_no_pseudo_codes(connect):
    app = connect(country="AU")
    codes = app.query("select * from TaxCode")["TaxCode"]
    assert all(code["Id"].isdecimal() for code in codes)
    assert len(app.query("select * from TaxCode MAXRESULTS 1")["TaxCode"]) == 1


@pytest.mark.behaviour("Lists", "An app names a tax agency; what it tracks is QuickBooks' own.", "assumed")
def test_a_tax_agency_is_made(app):
    sent = {"DisplayName": "City Tax Agency", "TaxTrackedOnSales": False, "TaxTrackedOnPurchases": True}
    made = app.post("/taxagency", sent)["TaxAgency"]
    assert (made["TaxTrackedOnSales"], made["TaxTrackedOnPurchases"]) == (True, False)
    assert (made["TaxAgencyConfig"], made["Id"]) == ("USER_DEFINED", "3")
    names = [one["DisplayName"] for one in app.query("select * from TaxAgency")["TaxAgency"]]
    assert names == ["Arizona Dept. of Revenue", "Board of Equalization", "City Tax Agency"]


def test_a_new_us_company_has_the_codes_and_rates_of_intuits_sandbox(app):
    rates = {rate["Name"]: rate["RateValue"] for rate in app.query("select * from TaxRate")["TaxRate"]}
    assert rates == {"California": 8, "AZ State tax": 7.1, "Tucson City": 2}
