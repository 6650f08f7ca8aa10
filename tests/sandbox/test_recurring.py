"""Templates of transactions that return, wrapped in their sort."""

import pytest


@pytest.fixture
def template(app):
    customer, item = app.customer(), app.item()
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": "100.10",
        "SalesItemLineDetail": {"ItemRef": {"value": item["Id"]}},
    }
    schedule = {"StartDate": "2026-12-01", "IntervalType": "Monthly", "NumInterval": 1, "DayOfMonth": 1}
    info = {"Name": "Garden, monthly", "RecurType": "Automated", "Active": True, "ScheduleInfo": schedule}
    return {"Invoice": {"CustomerRef": {"value": customer["Id"]}, "Line": [line], "RecurringInfo": info}}


@pytest.mark.behaviour(
    "Other transactions",
    'A recurring transaction is wrapped in the name of what recurs, as {"Invoice": …}.',
    "reported",
)
def test_a_template_is_wrapped_in_what_recurs(app, template):
    made = app.post("/recurringtransaction", template)["RecurringTransaction"]
    assert set(made) == {"Invoice"}
    invoice = made["Invoice"]
    assert (invoice["TotalAmt"], invoice["CustomerRef"]["name"], invoice["SyncToken"]) == (100.1, "Ann's Shop", "0")
    assert app.get(f"/recurringtransaction/{invoice['Id']}")["RecurringTransaction"] == made
    assert app.query("select * from Invoice") == {}


@pytest.mark.behaviour("Queries", "Recurring transactions are asked for by their sort: Type = 'Bill'.", "reported")
def test_templates_are_found_by_their_sort(app, template):
    made = app.post("/recurringtransaction", template)["RecurringTransaction"]
    assert app.query("select * from RecurringTransaction where Type = 'Invoice'")["RecurringTransaction"] == [made]
    assert app.query("select * from RecurringTransaction where Type = 'Bill'") == {}


def test_a_template_is_changed_and_deleted_in_its_wrapping(app, template):
    made = app.post("/recurringtransaction", template)["RecurringTransaction"]["Invoice"]
    made["RecurringInfo"]["ScheduleInfo"]["DayOfMonth"] = 15
    changed = app.post("/recurringtransaction", {"Invoice": made})["RecurringTransaction"]["Invoice"]
    assert (changed["RecurringInfo"]["ScheduleInfo"]["DayOfMonth"], changed["SyncToken"]) == (15, "1")
    assert app.refused("/recurringtransaction", {"Invoice": made})["code"] == "5010"
    gone = app.post("/recurringtransaction", {"Invoice": changed}, operation="delete")["RecurringTransaction"]
    assert gone == {"status": "Deleted", "domain": "QBO", "Id": made["Id"]}


def test_a_template_keeps_its_sort(app, template):
    made = app.post("/recurringtransaction", template)["RecurringTransaction"]["Invoice"]
    assert app.refused("/recurringtransaction", {"Estimate": made})["code"] == "610"
    assert app.get(f"/recurringtransaction/{made['Id']}")["RecurringTransaction"] == {"Invoice": made}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Customer": {"DisplayName": "x"}}, "2010"),
        ({}, "2010"),
        ({"Invoice": {}}, "2020"),
        ({"Invoice": {"RecurringInfo": {"Name": "x"}}}, "2020"),
        ({"Invoice": {"RecurringInfo": {"Name": "x", "RecurType": "Sometimes"}}}, "2170"),
        ({"Bill": {"RecurringInfo": {"Name": "x", "RecurType": "Automated"}, "VendorRef": {"value": "99"}}}, "2500"),
        ({"Bill": {"RecurringInfo": {"Name": "x", "RecurType": "Automated"}, "Line": [{"Amount": "a lot"}]}}, "2080"),
        ({"Bill": {"RecurringInfo": {"Name": "x", "RecurType": "Automated"}, "Line": [{"Amount": "1e90"}]}}, "2080"),
        ({"Bill": {"RecurringInfo": {"Name": "x", "RecurType": "Automated"}, "Line": "all"}}, "2010"),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(app, body, code):
    assert app.refused("/recurringtransaction", body)["code"] == code
