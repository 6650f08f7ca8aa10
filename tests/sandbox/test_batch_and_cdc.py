"""Batches and change data capture."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest


@pytest.mark.behaviour("Batches", "A refused item of a batch does not touch the others.", "reported")
def test_a_batch_does_each_item_for_itself(app):
    app.customer("A")
    answer = app.post(
        "/batch",
        {
            "BatchItemRequest": [
                {"bId": "1", "operation": "create", "Customer": {"DisplayName": "a"}},
                {"bId": "2", "operation": "create", "Customer": {"DisplayName": "B"}},
                {
                    "bId": "3",
                    "operation": "update",
                    "Customer": {"Id": "1", "SyncToken": "0", "sparse": True, "Notes": "x"},
                },
                {"bId": "4", "Query": "select * from Customer where DisplayName = 'B'"},
                {"bId": "5", "operation": "delete", "Invoice": {"Id": "129", "SyncToken": "0"}},
                {"bId": "6", "Query": "select"},
            ]
        },
    )
    items = {item["bId"]: item for item in answer["BatchItemResponse"]}
    assert items["1"]["Fault"]["Error"][0]["code"] == "6240"
    assert items["2"]["Customer"]["DisplayName"] == "B"
    assert items["3"]["Customer"]["SyncToken"] == "1"
    assert items["4"]["QueryResponse"]["Customer"][0]["Id"] == items["2"]["Customer"]["Id"]
    assert items["5"]["Fault"]["Error"][0]["code"] == "610"
    assert items["6"]["Fault"]["Error"][0]["code"] == "4000"


def test_a_batch_deletes(app):
    made = app.invoice()
    item = {"bId": "1", "operation": "delete", "Invoice": {"Id": made["Id"], "SyncToken": "0"}}
    answer = app.post("/batch", {"BatchItemRequest": [item]})["BatchItemResponse"][0]
    assert answer["Invoice"]["status"] == "Deleted"


@pytest.mark.behaviour("Batches", "A batch has 1 to 30 items.", "documented")
def test_a_batch_has_thirty_items_at_most_and_one_at_least(app):
    thirty = [{"bId": str(n), "Query": "select count(*) from Term"} for n in range(30)]
    assert len(app.post("/batch", {"BatchItemRequest": thirty})["BatchItemResponse"]) == 30
    assert app.call("POST", "/batch", {"BatchItemRequest": [*thirty, thirty[0]]}).status_code == 400
    assert app.refused("/batch", {"BatchItemRequest": []})["Detail"] == "Batch Request is Empty"


def groups(app, entities, since):
    answer = app.get("/cdc", entities=entities, changedSince=since.isoformat())
    return answer["CDCResponse"][0]["QueryResponse"], answer["time"]


@pytest.mark.behaviour(
    "Change data capture", "Changes come by kind, deletions behind the others; no change is {}.", "documented"
)
def test_changes_since_a_moment_come_by_kind_with_deletions_last(app):
    app.customer("Untouched")
    app.item()
    app.books.clock.advance(120)
    began = app.books.clock.now()
    ann = app.customer()
    gone, kept = (app.invoice(1, CustomerRef={"value": ann["Id"]}) for _ in range(2))
    app.post("/invoice", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    (invoices, customers, payments), time = groups(app, "Invoice,Customer,Payment", began)
    assert [row["Id"] for row in invoices["Invoice"]] == [kept["Id"], gone["Id"]]
    assert invoices["Invoice"][-1]["status"] == "Deleted"
    assert invoices["Invoice"][-1]["MetaData"]["LastUpdatedTime"]
    assert [row["DisplayName"] for row in customers["Customer"]] == ["Ann's Shop"]
    assert payments == {}
    assert time[-6:] in ("-07:00", "-08:00")


@pytest.mark.behaviour("Change data capture", "A change at changedSince itself is included.", "assumed")
def test_the_moment_itself_is_included(app):
    made = app.customer()
    found = app.get("/cdc", entities="Customer", changedSince=made["MetaData"]["LastUpdatedTime"])
    assert found["CDCResponse"][0]["QueryResponse"][0]["Customer"][0]["Id"] == "1"


@pytest.mark.behaviour("Change data capture", "A response has 1,000 objects at most, over all kinds.", "assumed")
def test_a_thousand_changes_come_at_most_over_all_kinds(app):
    began = app.books.clock.now()
    for batch in range(34):
        items = [
            {"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"C {batch} {n}"}} for n in range(29)
        ]
        app.post("/batch", {"BatchItemRequest": items})
    for n in range(20):
        app.item(f"Item {n}")
    found, _ = groups(app, "Customer,Item", began)
    assert (found[0]["maxResults"], found[1]["maxResults"]) == (986, 14)


@pytest.mark.behaviour("Change data capture", "Some kinds are not captured: tax codes, for instance.", "documented")
def test_tax_codes_are_not_captured_and_a_moment_is_needed(app):
    answer = app.call("GET", "/cdc", params={"entities": "TaxCode", "changedSince": "2026-01-01"})
    assert answer.status_code == 400
    assert app.call("GET", "/cdc", params={"entities": "Invoice"}).status_code == 400


@pytest.mark.behaviour(
    "Change data capture", "The look-back of 30 days is cut off.", "assumed", switch="cdc_beyond_30_days"
)
def test_more_than_thirty_days_back_is_cut_or_refused(app):
    body = app.invoice_body()
    app.post("/invoice", body)
    app.books.clock.advance(31 * 86400)
    app.access_token = app.books.open_realm(realm=app.realm)["access_token"]
    late = app.post("/invoice", body)["Invoice"]
    (found,), _ = groups(app, "Invoice", app.books.clock.now() - timedelta(days=40))
    assert [row["Id"] for row in found["Invoice"]] == [late["Id"]]
    app.books.world.switches.turn({"cdc_beyond_30_days": "refuse"})
    params = {"entities": "Invoice", "changedSince": (app.books.clock.now() - timedelta(days=31)).isoformat()}
    assert app.call("GET", "/cdc", params=params).status_code == 400


def test_deletions_are_shown_for_thirty_days_of_the_sandbox_s_clock(app):
    made = app.invoice()
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    for days, shown in ((29, True), (2, False)):
        app.books.clock.advance(days * 86400)
        app.access_token = app.books.open_realm(realm=app.realm)["access_token"]
        (found,), _ = groups(app, "Invoice", app.books.clock.now() - timedelta(days=30))
        assert bool(found) is shown


def test_changes_come_in_the_order_they_happened_each_record_once(app):
    began = app.books.clock.now()
    made = [app.invoice()["Id"] for _ in range(3)]
    app.post("/invoice", {"Id": made[0], "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    (found,), _ = groups(app, "Invoice", began)
    assert [row["Id"] for row in found["Invoice"]] == [made[1], made[2], made[0]]
    assert found["Invoice"][-1] == app.read("Invoice", made[0])


@pytest.mark.behaviour("Change data capture", "Names that became inactive are shown whole, not as deleted.", "assumed")
def test_an_inactive_customer_is_shown_whole(app):
    began = app.books.clock.now()
    app.customer()
    app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})
    (found,), _ = groups(app, "Customer", began)
    assert (found["Customer"][0]["Active"], found["Customer"][0].get("status")) == (False, None)


@pytest.mark.behaviour("Change data capture", "A voided invoice comes as a normal full object.", "documented")
def test_a_voided_invoice_comes_whole(app):
    began = app.books.clock.now()
    made = app.invoice()
    app.post("/invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    (found,), _ = groups(app, "Invoice", began)
    assert (found["Invoice"][0]["TotalAmt"], found["Invoice"][0].get("status")) == (0, None)


@pytest.mark.behaviour(
    "Change data capture", "changedSince is a date or a time, with or without an offset.", "documented"
)
@pytest.mark.parametrize("offset", ["", "Z", "-08:00", "-0800", "+0100", "+01:00"])
def test_a_moment_may_be_written_in_many_ways(app, offset):
    app.customer()
    for written in ("2026-01-01T10:00:00", "2026-01-01T10:00:00.123", "2026-01-01T10:00:00.123456789"):
        found = app.get("/cdc", entities="Customer", changedSince=written + offset)
        assert found["CDCResponse"][0]["QueryResponse"][0]["maxResults"] == 1


def test_a_date_is_the_company_s_and_a_lost_plus_is_understood(app):
    app.customer()
    today = app.books.clock.now().astimezone(ZoneInfo("America/Los_Angeles"))
    assert groups_at(app, today.date().isoformat()) != {}
    assert groups_at(app, (today.date() + timedelta(days=1)).isoformat()) == {}
    # Sent without encoding, + arrives as a space.
    path = f"/cdc?entities=Customer&changedSince={today:%Y-%m-%dT%H:%M:%S}+01:00"
    assert app.call("GET", path).status_code == 200
    assert groups_at(app, f"{today:%Y-%m-%d} 00:00:00") != {}


def groups_at(app, since):
    return app.get("/cdc", entities="Customer", changedSince=since)["CDCResponse"][0]["QueryResponse"][0]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"entities": "Invoice", "changedSince": "yesterday"}, "2170"),
        ({"entities": "Invoice", "changedSince": "2026-13-01"}, "2170"),
        ({"entities": "Nothing", "changedSince": "2026-01-01"}, "4001"),
        ({"entities": "", "changedSince": "2026-01-01"}, "2020"),
        ({"entities": "Invoice"}, "2020"),
    ],
)
def test_what_is_asked_wrongly_is_refused(app, params, code):
    answer = app.call("GET", "/cdc", params=params)
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)


def test_every_year_that_can_be_written_is_taken(app):
    for since in ("0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert app.call("GET", "/cdc", params={"entities": "Customer", "changedSince": since}).status_code == 200


def test_a_batch_may_ask_for_changes(app):
    app.customer()
    asked = {"bId": "1", "CDCQuery": {"Entities": "Customer", "ChangedSince": "2026-01-01"}}
    answer = app.post("/batch", {"BatchItemRequest": [asked]})["BatchItemResponse"][0]
    assert answer["CDCResponse"][0]["QueryResponse"][0]["Customer"][0]["Id"] == "1"
