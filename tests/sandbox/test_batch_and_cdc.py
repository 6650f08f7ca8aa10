"""Batches and change data capture."""

from datetime import timedelta


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


def test_a_batch_has_thirty_items_at_most_and_one_at_least(app):
    thirty = [{"bId": str(n), "Query": "select count(*) from Term"} for n in range(30)]
    assert len(app.post("/batch", {"BatchItemRequest": thirty})["BatchItemResponse"]) == 30
    assert app.call("POST", "/batch", {"BatchItemRequest": [*thirty, thirty[0]]}).status_code == 400
    assert app.refused("/batch", {"BatchItemRequest": []})["Detail"] == "Batch Request is Empty"


def groups(app, entities, since):
    answer = app.get("/cdc", entities=entities, changedSince=since.isoformat())
    return answer["CDCResponse"][0]["QueryResponse"], answer["time"]


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


def test_the_moment_itself_is_included(app):
    made = app.customer()
    found = app.get("/cdc", entities="Customer", changedSince=made["MetaData"]["LastUpdatedTime"])
    assert found["CDCResponse"][0]["QueryResponse"][0]["Customer"][0]["Id"] == "1"


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


def test_tax_codes_are_not_captured_and_a_moment_is_needed(app):
    answer = app.call("GET", "/cdc", params={"entities": "TaxCode", "changedSince": "2026-01-01"})
    assert answer.status_code == 400
    assert app.call("GET", "/cdc", params={"entities": "Invoice"}).status_code == 400


def test_more_than_thirty_days_back_is_cut_or_refused(app):
    app.books.world.switches.turn({"cdc_beyond_30_days": "refuse"})
    long_ago = app.books.clock.now() - timedelta(days=31)
    params = {"entities": "Invoice", "changedSince": long_ago.isoformat()}
    assert app.call("GET", "/cdc", params=params).status_code == 400
