"""The query language: what is found, in which order, and the errors for what is not understood."""

import pytest


@pytest.fixture
def filled(app):
    """Three customers and three invoices, each changed a minute after the other."""
    for name, email in (("O'Neil", "o@example.com"), ("back\\slash", "b@example.com"), ("Ännchen_1", "a@example.com")):
        app.customer(name, PrimaryEmailAddr={"Address": email})
    app.item("Hour of work")
    for n, day in enumerate(("2026-01-05", "2026-02-05", "2026-03-05"), 1):
        app.books.clock.advance(60)
        body = app.invoice_body(100 * n, TxnDate=day)
        app.post("/invoice", {**body, "CustomerRef": {"value": str(n)}})
    return app


def ids(app, text):
    found = app.query(text)
    return [row["Id"] for rows in found.values() if isinstance(rows, list) for row in rows]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Id = '2'", ["2"]),
        ("Id IN ('1', '3')", ["1", "3"]),
        ("CustomerRef = '2'", ["2"]),
        ("customerref in ('2','3')", ["2", "3"]),
        ("TotalAmt > '100.0'", ["2", "3"]),
        ("TotalAmt >= 100 and TotalAmt < 300", ["1", "2"]),
        ("TxnDate <= '2026-02-05'", ["1", "2"]),
        ("DocNumber LIKE '100%'", ["1", "2", "3"]),
        ("DocNumber LIKE '%2'", ["2"]),
        ("DocNumber = ' '", []),
        ("TxnDate > CURRENT_DATE", []),
        ("MetaData.LastUpdatedTime >= '2020-01-01'", ["1", "2", "3"]),
        ("MetaData.CreateTime < '2020-01-01T00:00:00-08:00'", []),
        ("Balance = '200' AND CustomerRef = '2' AND TxnDate = '2026-02-05'", ["2"]),
    ],
)
def test_invoices_are_found_by_what_they_hold(filled, where, found):
    assert ids(filled, f"SELECT * FROM Invoice WHERE {where} ORDERBY Id") == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (r"DisplayName = 'o\'neil'", ["1"]),
        (r"DisplayName = 'BACK\\slash'", ["2"]),
        ("DisplayName LIKE '%N%'", ["1", "3", "4"]),
        ("DisplayName LIKE 'Ännchen_1'", ["3"]),
        ("DisplayName LIKE 'O_Neil'", []),
        ("PrimaryEmailAddr = 'B@example.com'", ["2"]),
        ("Active = true and Balance > '150'", ["2", "3"]),
    ],
)
def test_customers_are_found_whatever_the_case(filled, where, found):
    assert sorted(ids(filled, f"select * from customer where {where}")) == found


def test_transactions_come_newest_change_first_and_names_in_order(filled):
    assert ids(filled, "select * from Invoice") == ["3", "2", "1"]
    filled.post("/invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    assert ids(filled, "select * from Invoice") == ["1", "3", "2"]
    names = [one["DisplayName"] for one in filled.query("select * from Customer")["Customer"]]
    assert names == sorted(names, key=str.lower)


@pytest.mark.parametrize("order", ["ORDERBY TotalAmt DESC", "order by TotalAmt desc", "ORDERBY TxnDate DESC, Id ASC"])
def test_an_order_can_be_asked_for(filled, order):
    assert ids(filled, f"select * from Invoice {order}") == ["3", "2", "1"]


@pytest.mark.parametrize("paging", ["STARTPOSITION 2 MAXRESULTS 1", "MAXRESULTS 1 STARTPOSITION 2"])
def test_pages_are_cut_in_either_order_of_words(filled, paging):
    found = filled.query(f"select * from Invoice orderby Id {paging}")
    assert [row["Id"] for row in found["Invoice"]] == ["2"]
    assert (found["startPosition"], found["maxResults"]) == (2, 1)


def test_a_hundred_rows_come_by_default(app):
    for n in range(101):
        app.customer(f"Customer {n:03}")
    assert app.query("select * from Customer")["maxResults"] == 100
    assert app.query("select * from Customer maxresults 1000")["maxResults"] == 101


def test_total_count_is_said_for_invoices_but_not_for_customers(filled):
    assert "totalCount" in filled.query("select * from Invoice")
    assert "totalCount" not in filled.query("select * from Customer")
    assert filled.query("select count(*) from Invoice where TotalAmt > '100'") == {"totalCount": 2}
    assert filled.query("select * from Invoice where Id = '99'") == {}


def test_columns_can_be_chosen(filled):
    row = filled.query("select Id, DocNumber from Invoice where Id = '1'")["Invoice"][0]
    assert row == {"Id": "1", "DocNumber": "1001", "domain": "QBO", "sparse": True}
    assert filled.query("select *, Sku from Item")["Item"][0]["Name"] == "Hour of work"


@pytest.mark.parametrize(
    ("text", "code", "detail"),
    [
        ("select * from Invoice TxnDate", "4000", 'Encountered " <IDENTIFIER> "TxnDate "" at line 1, column 23.'),
        ("select * from Invoice where TxnDate", "4000", 'Encountered "<EOF>" at line 1, column 36.'),
        ("select * from Customer where DisplayName = 'Peet's'", "4000", "Lexical error at line 1"),
        ("select * from Customer where Id = '1' or Id = '2'", "4000", 'Encountered " <IDENTIFIER> "or ""'),
        ("update Customer", "4000", "Encountered"),
        ("", "4000", 'Encountered "<EOF>"'),
        ("select * from Invoice where NoSuchField = '1'", "4001", "Property NoSuchField not found for Entity Invoice"),
        ("select * from Invoice where PrivateNote = 'x'", "4001", "property 'PrivateNote' is not queryable"),
        ("select * from Invoice where Id > '1'", "4001", "Id"),
        ("select * from Invoice startposition 0", "4001", "value 0 is too small. Min allowed value is 1"),
        ("select * from Invoice maxresults 1001", "4001", "value 1001 is too large"),
        ("select * from Foo", "4001", "Foo"),
        ("select CompanyName from CompanyInfo", "4001", "CompanyName"),
        ("select * from Invoice where TotalAmt > 'much'", "4001", "much"),
    ],
)
def test_what_is_not_understood_is_said(app, text, code, detail):
    error = app.query_error(text)
    assert error["code"] == code
    assert detail in error["Detail"]
    assert error["Detail"].startswith("QueryParserError: " if code == "4000" else "QueryValidationError: ")


@pytest.mark.parametrize("sent", ["get", "body", "text body", "post parameter"])
def test_a_query_can_be_sent_in_every_way(filled, sent):
    text = "select * from Invoice where TxnDate = '2026-02-05'"
    if sent == "get":
        answer = filled.call("GET", "/query", params={"query": text})
    elif sent == "post parameter":
        answer = filled.call("POST", "/query", params={"query": text}, headers={"Content-Type": "text/plain"})
    else:
        kind = "application/text" if sent == "body" else "text/plain"
        answer = filled.call("POST", "/query", data=text.encode(), headers={"Content-Type": kind})
    assert [row["Id"] for row in answer.json()["QueryResponse"]["Invoice"]] == ["2"]
