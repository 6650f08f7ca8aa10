"""What random bookkeeping has found, by name: the shortest way to each."""

import pytest


@pytest.mark.behaviour("Void, delete, send, PDF", "Nobody voids an estimate, not even a bookkeeper.", "assumed")
def test_a_bookkeeper_cannot_void_an_estimate(app, line):
    customer, _ = app.customer(), app.item()
    estimate = app.post("/estimate", {"CustomerRef": {"value": customer["Id"]}, "Line": [line(100)]})["Estimate"]
    answer = app.control("POST", f"/realms/{app.realm}/act", {"void": {"estimate": estimate["Id"]}})
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "500")
    assert app.read("Estimate", estimate["Id"]) == estimate


@pytest.mark.behaviour("Payments and credits", "A payment cannot be applied to a voided invoice.", "assumed")
def test_a_payment_of_nothing_does_not_link_to_a_voided_invoice(app):
    invoice = app.invoice(100)
    app.post("/invoice", {"Id": invoice["Id"], "SyncToken": "0"}, operation="void")
    links = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 0, "Line": [{"Amount": 0, "LinkedTxn": links}]}
    assert app.refused("/payment", body)["code"] == "6000"
    assert app.read("Invoice", invoice["Id"])["LinkedTxn"] == []
