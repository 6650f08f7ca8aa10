"""Two names of one list become one, as a bookkeeper does it: the loser goes, the survivor takes over."""

import pytest


@pytest.mark.behaviour(
    "Names and masks",
    "When customers are merged the loser is gone, and its documents and balance are the survivor's.",
    "assumed",
)
def test_a_merged_customers_documents_move(app):
    invoice = app.invoice(100)
    payment = app.pay(invoice, 40)
    survivor = app.customer("Ann Example")
    done = app.books.act(app.realm, merge={"customer": "1", "into": survivor["Id"]})
    assert done["Customer"]["Balance"] == 60
    moved = app.read("Invoice", invoice["Id"])
    assert moved["CustomerRef"] == {"value": survivor["Id"], "name": "Ann Example"}
    assert (moved["Balance"], moved["DocNumber"]) == (60, "1001")
    assert app.read("Payment", payment["Id"])["CustomerRef"]["value"] == survivor["Id"]
    gone = app.call("GET", "/customer/1")
    assert gone.json()["Fault"]["Error"][0]["code"] == "610"
    assert app.customer("Ann's Shop")["DisplayName"] == "Ann's Shop"


@pytest.mark.behaviour(
    "Notifications", "A merge is told once, of the survivor, with the Id of the loser.", "documented"
)
def test_a_merge_is_told_of_the_survivor(app, subscriber):
    app.customer("Ann")
    app.customer("Bob")
    app.control("POST", "/webhooks", {"url": subscriber.url, "verifier_token": "t"})
    app.books.act(app.realm, merge={"customer": "1", "into": "2"})
    subscriber.wait_for(1)
    event = subscriber.events[0]
    assert (event["type"], event["intuitentityid"]) == ("qbo.customer.merged.v1", "2")
    assert event["data"] == {"deletedid": "1"}


@pytest.mark.behaviour(
    "Names and masks", "Items are merged too; lines that named the loser name the survivor.", "assumed"
)
def test_merged_items_are_one_on_every_line(app):
    invoice = app.invoice(100)
    better = app.item("Hour of good work")
    app.books.act(app.realm, merge={"item": "1", "into": better["Id"]})
    detail = app.read("Invoice", invoice["Id"])["Line"][0]["SalesItemLineDetail"]
    assert detail["ItemRef"] == {"value": better["Id"], "name": "Hour of good work"}


@pytest.mark.behaviour(
    "Names and masks", "Only items of one type are merged; what was in stock comes together.", "assumed"
)
def test_merged_stock_comes_together(app):
    stock = {"Type": "Inventory", "TrackQtyOnHand": True, "InvStartDate": "2026-01-01"}
    accounts = {"IncomeAccountRef": "79", "ExpenseAccountRef": "80", "AssetAccountRef": "81"}
    stock |= {name: {"value": id} for name, id in accounts.items()}
    pump, other = app.item("Pump", QtyOnHand=4, **stock), app.item("Other pump", QtyOnHand=3, **stock)
    hour = app.item()
    done = app.books.act(app.realm, merge={"item": other["Id"], "into": pump["Id"]})
    assert done["Item"]["QtyOnHand"] == 7
    answer = app.control("POST", f"/realms/{app.realm}/act", {"merge": {"item": hour["Id"], "into": pump["Id"]}})
    assert answer.status_code == 400


@pytest.mark.behaviour(
    "Names and masks", "After a merge attachments of the loser are the survivor's; those of others stay.", "assumed"
)
def test_a_merge_moves_the_losers_attachments_only(app):
    invoice, survivor = app.invoice(100), app.customer("Bob")
    loser = app.read("Customer", invoice["CustomerRef"]["value"])
    assert invoice["Id"] == loser["Id"]

    def attached(kind, record):
        tie = {"EntityRef": {"type": kind, "value": record["Id"]}}
        return app.post("/attachable", {"Note": "n", "AttachableRef": [tie]})["Attachable"]

    of_invoice, of_loser = attached("Invoice", invoice), attached("Customer", loser)
    app.books.act(app.realm, merge={"customer": loser["Id"], "into": survivor["Id"]})
    assert app.read("Attachable", of_invoice["Id"]) == of_invoice
    moved = app.query(
        "select * from Attachable where AttachableRef.EntityRef.Type = 'Customer' "
        f"and AttachableRef.EntityRef.value = '{survivor['Id']}'"
    )["Attachable"]
    assert [one["Id"] for one in moved] == [of_loser["Id"]]
    assert moved[0]["AttachableRef"] == [{"EntityRef": {"type": "Customer", "value": survivor["Id"]}}]


@pytest.mark.behaviour(
    "Names and masks", "Merged vendors are one wherever they are named, in deposits and journal entries too.", "assumed"
)
def test_merged_vendors_are_one_wherever_they_are_named(app):
    loser, survivor = (app.post("/vendor", {"DisplayName": name})["Vendor"] for name in ("Ann", "Bob"))
    detail = {"AccountRef": {"value": "1"}, "Entity": {"value": loser["Id"], "type": "Vendor"}}
    received = {"Amount": 5, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
    deposit = app.post("/deposit", {"DepositToAccountRef": {"value": "35"}, "Line": [received]})["Deposit"]
    posted = {"AccountRef": {"value": "1"}, "Entity": {"Type": "Vendor", "EntityRef": {"value": loser["Id"]}}}
    entry = app.post(
        "/journalentry",
        {
            "Line": [
                {
                    "Amount": 5,
                    "DetailType": "JournalEntryLineDetail",
                    "JournalEntryLineDetail": {**posted, "PostingType": side},
                }
                for side in ("Debit", "Credit")
            ]
        },
    )["JournalEntry"]
    app.books.act(app.realm, merge={"vendor": loser["Id"], "into": survivor["Id"]})
    named = app.read("Deposit", deposit["Id"])["Line"][0]["DepositLineDetail"]["Entity"]
    assert named == {"value": survivor["Id"], "name": "Bob", "type": "Vendor"}
    for line in app.read("JournalEntry", entry["Id"])["Line"]:
        assert line["JournalEntryLineDetail"]["Entity"]["EntityRef"] == {"value": survivor["Id"], "name": "Bob"}


@pytest.mark.behaviour("Names and masks", "A customer with sub-customers is not merged away.", "assumed")
def test_a_parent_is_not_merged_away(app):
    parent, other = app.customer("Parent"), app.customer("Other")
    app.customer("Child", Job=True, ParentRef={"value": parent["Id"]})
    answer = app.control("POST", f"/realms/{app.realm}/act", {"merge": {"customer": parent["Id"], "into": other["Id"]}})
    assert answer.status_code == 400
    assert app.read("Customer", parent["Id"])["DisplayName"] == "Parent"


@pytest.mark.parametrize(
    "wanted", [{"customer": "1"}, {"customer": "1", "into": "1"}, {"invoice": "1", "into": "2"}, {}]
)
def test_a_merge_that_makes_no_sense_changes_nothing(app, wanted):
    app.invoice(100)
    before = app.read("Customer", "1")
    assert app.control("POST", f"/realms/{app.realm}/act", {"merge": wanted}).status_code in (400, 404)
    assert app.read("Customer", "1") == before
