"""What nobody may write: days for which the books are closed, and companies whose subscription has ended."""

import pytest

CLOSED = "2026-09-30"


def close_books(app, day=CLOSED):
    app.books.act(app.realm, edit={"preferences": "1", "set": {"AccountingInfoPrefs": {"BookCloseDate": day}}})


def writes(app, path, record):
    """Each way an app could change it."""
    body = {"Id": record["Id"], "SyncToken": record["SyncToken"], "sparse": True}
    yield path, {**body, "PrivateNote": "n"}, {}
    yield path, body, {"operation": "delete"}
    yield path, body, {"operation": "update", "include": "void"}


@pytest.mark.behaviour(
    "Validation",
    "With closed books nothing dated on or before that day is made, changed, voided or deleted (6210).",
    "documented",
)
def test_a_closed_period_is_not_written(app):
    old, new = app.invoice(100, TxnDate=CLOSED), app.invoice(100, TxnDate="2026-10-01")
    close_books(app)
    for path, body, params in writes(app, "/invoice", old):
        error = app.refused(path, body, **params)
        assert (error["code"], error["Message"]) == (
            "6210",
            "Account Period Closed, Cannot Update Through Services API",
        )
    assert app.refused("/invoice", app.invoice_body(TxnDate="2026-01-31"))["code"] == "6210"
    assert app.refused("/payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 1, "TxnDate": CLOSED})["code"] == "6210"
    assert app.read("Invoice", old["Id"]) == old
    moved = {"Id": new["Id"], "SyncToken": "0", "sparse": True, "TxnDate": "2026-09-01"}
    assert app.refused("/invoice", moved)["code"] == "6210"
    assert app.read("Invoice", new["Id"])["SyncToken"] == "0"


@pytest.mark.behaviour(
    "Validation", "A payment of today still settles an invoice of a closed period, and can be taken back.", "assumed"
)
def test_an_old_invoice_is_still_paid(app):
    old = app.invoice(100, TxnDate="2026-09-01")
    close_books(app)
    payment = app.pay(old, 100)
    assert app.read("Invoice", old["Id"])["Balance"] == 0
    app.post("/payment", {"Id": payment["Id"], "SyncToken": "0"}, operation="delete")
    assert app.read("Invoice", old["Id"])["Balance"] == 100


@pytest.mark.behaviour("Validation", "Estimates post nothing and are written in a closed period too.", "assumed")
def test_an_estimate_is_not_bound_by_closed_books(app):
    close_books(app)
    made = app.post("/estimate", app.invoice_body(TxnDate="2026-09-01"))["Estimate"]
    assert made["TxnDate"] == "2026-09-01"


@pytest.mark.behaviour("The bookkeeper's page", "A bookkeeper may write in a period that is closed to apps.", "assumed")
def test_a_bookkeeper_writes_in_a_closed_period(app):
    old = app.invoice(100, TxnDate="2026-09-01")
    close_books(app)
    app.books.act(app.realm, void={"invoice": old["Id"]})
    assert app.read("Invoice", old["Id"])["TotalAmt"] == 0


@pytest.mark.behaviour(
    "Validation",
    "A company whose subscription has ended refuses every write with 6190; reads go on.",
    "reported",
)
@pytest.mark.parametrize("status", ["EXPIRED", "RESTRICTED", "SUSPENDED", "CANCELLED"])
def test_a_company_without_subscription_is_only_read(app, status):
    invoice = app.invoice(100)
    app.books.act(app.realm, subscription={"status": status})
    for path, body, params in [
        *writes(app, "/invoice", invoice),
        ("/customer", {"DisplayName": "New"}, {}),
        (f"/invoice/{invoice['Id']}/send", None, {"sendTo": "ann@example.com"}),
    ]:
        error = app.refused(path, body, **params)
        assert (error["code"], error["Message"]) == ("6190", "Invalid Company Status")
    assert app.read("Invoice", invoice["Id"]) == invoice
    assert app.query("select count(*) from Invoice") == {"totalCount": 1}
    card = app.get(f"/companyinfo/{app.realm}")["CompanyInfo"]
    assert {"Name": "SubscriptionStatus", "Value": status} in card["NameValue"]


@pytest.mark.behaviour("Validation", "A trial is as good as a paid subscription.", "reported")
@pytest.mark.parametrize("status", ["PAID", "TRIAL", "TRIALOPTIN", "SUBSCRIBED"])
def test_a_trial_writes(app, status):
    app.books.act(app.realm, subscription={"status": "EXPIRED"})
    app.books.act(app.realm, subscription={"status": status})
    assert app.invoice(1)["TotalAmt"] == 1


def test_a_subscription_without_a_status_is_a_wrong_control(app):
    answer = app.control("POST", f"/realms/{app.realm}/act", {"subscription": {}})
    assert answer.status_code == 400
    assert "subscription" in answer.text
