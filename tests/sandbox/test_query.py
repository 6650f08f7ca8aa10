"""The query language: what is found, in which order, and the errors for what is not understood."""

import time

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


@pytest.mark.behaviour("Queries", "Comparisons, IN, LIKE, dates, references by value, AND.", "documented")
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


@pytest.mark.behaviour(
    "Queries",
    "Values are compared without case; only % is a wildcard; quotes and backslashes are escaped.",
    "documented",
)
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


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("%", True),
        ("%%", True),
        ("abcab", True),
        ("ab%ab", True),
        ("%b%a%", True),
        ("a%b%c%a%b", True),
        ("", False),
        ("ab", False),
        ("abc%cab", False),
        ("%abcab%a%", False),
        ("%c%c%", False),
        ("b%", False),
        ("%a", False),
    ],
)
def test_the_pieces_between_wildcards_follow_each_other_without_overlap(app, pattern, fits):
    app.customer("ABCab")
    assert ids(app, f"select * from Customer where DisplayName like '{pattern}'") == (["1"] if fits else [])


def test_many_wildcards_hold_up_nobody(app):
    app.customer("a" * 400)
    began = time.monotonic()
    assert ids(app, f"select * from Customer where DisplayName like '{'%a' * 30}%b'") == []
    assert time.monotonic() - began < 5


@pytest.mark.behaviour("Queries", "By default transactions come newest change first, lists by name.", "recorded")
def test_transactions_come_newest_change_first_and_names_in_order(filled):
    assert ids(filled, "select * from Invoice") == ["3", "2", "1"]
    filled.post("/invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "PrivateNote": "x"})
    assert ids(filled, "select * from Invoice") == ["1", "3", "2"]
    names = [one["DisplayName"] for one in filled.query("select * from Customer")["Customer"]]
    assert names == sorted(names, key=str.lower)


@pytest.mark.behaviour("Queries", "ORDERBY and ORDER BY are both taken.", "reported")
@pytest.mark.parametrize("order", ["ORDERBY TotalAmt DESC", "order by TotalAmt desc", "ORDERBY TxnDate DESC, Id ASC"])
def test_an_order_can_be_asked_for(filled, order):
    assert ids(filled, f"select * from Invoice {order}") == ["3", "2", "1"]


@pytest.mark.behaviour("Queries", "STARTPOSITION and MAXRESULTS come in either order.", "recorded")
@pytest.mark.parametrize("paging", ["STARTPOSITION 2 MAXRESULTS 1", "MAXRESULTS 1 STARTPOSITION 2"])
def test_pages_are_cut_in_either_order_of_words(filled, paging):
    found = filled.query(f"select * from Invoice orderby Id {paging}")
    assert [row["Id"] for row in found["Invoice"]] == ["2"]
    assert (found["startPosition"], found["maxResults"]) == (2, 1)


@pytest.mark.behaviour("Queries", "100 rows come by default, 1,000 at most.", "documented")
def test_a_hundred_rows_come_by_default(app):
    for n in range(101):
        app.customer(f"Customer {n:03}")
    assert app.query("select * from Customer")["maxResults"] == 100
    assert app.query("select * from Customer maxresults 1000")["maxResults"] == 101


@pytest.mark.behaviour(
    "Queries", "totalCount is said for invoices, not for customers; nothing found is {}.", "recorded"
)
def test_total_count_is_said_for_invoices_but_not_for_customers(filled):
    assert "totalCount" in filled.query("select * from Invoice")
    assert "totalCount" not in filled.query("select * from Customer")
    assert filled.query("select count(*) from Invoice where TotalAmt > '100'") == {"totalCount": 2}
    assert filled.query("select * from Invoice where Id = '99'") == {}


@pytest.mark.behaviour("Queries", "Single properties may be selected, though it is not documented.", "reported")
def test_columns_can_be_chosen(filled):
    row = filled.query("select Id, DocNumber from Invoice where Id = '1'")["Invoice"][0]
    assert row == {"Id": "1", "DocNumber": "1001", "domain": "QBO", "sparse": True}
    assert filled.query("select *, Sku from Item")["Item"][0]["Name"] == "Hour of work"


@pytest.mark.behaviour(
    "Queries", "4000 for what is no query, with line and column; 4001 for what is no property or value.", "reported"
)
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
        ("select * from Invoice where TotalAmt > '1_000'", "4001", "1_000"),
    ],
)
def test_what_is_not_understood_is_said(app, text, code, detail):
    error = app.query_error(text)
    assert error["code"] == code
    assert detail in error["Detail"]
    assert error["Detail"].startswith("QueryParserError: " if code == "4000" else "QueryValidationError: ")


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("select * from Invoice\nwhere\n  TxnDate ! '2026-01-01'", 'Encountered: "!" (33), after : ""'),
        ("select * from Invoice\nwhere\n  Nothing Else", 'Encountered " <IDENTIFIER> "Else "" at line 3, column 11.'),
        ("select * from Customer where DisplayName = 'open", "Lexical error at line 1, column 49."),
        ("select * from Customer where DisplayName = 'a\\'", "Lexical error at line 1"),
        ("select * from Customer where DisplayName = \x00", "Lexical error at line 1, column 44."),
        ('select * from Customer where DisplayName = "A"', "Lexical error at line 1, column 44."),
        ("select * from Customer where Ünïcode = '1'", "Lexical error at line 1, column 30."),
        ("select * from Customer; drop table Customer", 'Encountered " <IDENTIFIER> "drop ""'),
        ("select * from Customer where Id = '1' -- ", "Lexical error at line 1"),
        ("select * from Customer where not Active = true", 'Encountered " <IDENTIFIER> "Active ""'),
        ("select * from Customer where Id in ()", 'Encountered " ")" ")'),
        ("select * from Customer where DisplayName like 5", 'Encountered " <INTEGER> "5 ""'),
        ("select * from Customer maxresults 1.5", 'Encountered " <INTEGER> "1.5 ""'),
        ("select * from Customer group by Id", 'Encountered " <IDENTIFIER> "group ""'),
        ("select * from Customer, Invoice", "Encountered"),
        ("select from Customer", 'Encountered " "from" "from "" at line 1, column 8.'),
        ("select count(Id) from Customer", "Encountered"),
    ],
)
def test_the_place_of_an_error_is_said(app, text, detail):
    error = app.query_error(text)
    assert error["code"] == "4000"
    assert detail in error["Detail"]


@pytest.mark.behaviour("Queries", "Id is found by = and IN only.", "documented")
@pytest.mark.parametrize("where", ["Id > '1'", "Id >= '1'", "Id LIKE '1%'"])
def test_ids_are_not_compared(app, where):
    assert app.query_error(f"select * from Invoice where {where}")["code"] == "4001"


@pytest.mark.parametrize(
    ("paging", "detail"),
    [
        ("startposition -1", "value -1 is too small. Min allowed value is 1"),
        ("maxresults 0", "value 0 is too small. Min allowed value is 1"),
        ("maxresults 99999999999999999999", "value 99999999999999999999 is too large"),
    ],
)
def test_pages_out_of_range_are_refused(app, paging, detail):
    assert detail in app.query_error(f"select * from Invoice {paging}")["Detail"]


def test_a_page_behind_the_last_row_is_empty(filled):
    assert filled.query("select * from Invoice startposition 4") == {}
    assert filled.query("select * from Invoice startposition 99999999999999999999") == {}
    assert filled.query("select * from Customer startposition 5") == {}


@pytest.mark.behaviour("Queries", "A blank string stands for no value.", "documented")
@pytest.mark.parametrize("blank", ["' '", "''"])
def test_a_blank_string_is_no_value(app, blank):
    app.customer("With", GivenName="Ann")
    app.customer("Without")
    app.customer("Reached", PrimaryEmailAddr={"Address": "a@example.com"}, GivenName="Bo")
    assert ids(app, f"select * from Customer where GivenName = {blank}") == ["2"]
    assert ids(app, f"select * from Customer where PrimaryEmailAddr in ({blank}, 'A@example.com') orderby Id") == [
        "1",
        "2",
        "3",
    ]


@pytest.mark.behaviour("Queries", "Keywords, entities and properties are written in any case.", "documented")
@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM INVOICE WHERE DOCNUMBER = '1002' ORDERBY ID STARTPOSITION 1 MAXRESULTS 5",
        "select * from invoice where docnumber = '1002' order by metadata.lastupdatedtime asc",
        "Select * From Invoice Where docNumber In ('1002') And totalamt > '0';",
    ],
)
def test_words_are_understood_in_any_case(filled, text):
    assert ids(filled, text) == ["2"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Active = false", ["1"]),
        ("Active = 'FALSE'", ["1"]),
        ("Active IN (true, false)", ["1", "2"]),
        ("Active = true", ["2"]),
        ("Taxable = true", ["2"]),
        ("DisplayName LIKE 'A%' and Active = false", ["1"]),
    ],
)
def test_inactive_names_are_hidden_unless_asked_for(app, where, found):
    app.customer("A")
    app.customer("B")
    app.post("/customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})
    assert ids(app, f"select * from Customer where {where} orderby Id") == found


def test_a_date_is_compared_with_today(filled):
    today = filled.books.clock.now().date().isoformat()
    filled.post("/invoice", filled.invoice_body(TxnDate="2199-01-01"))
    assert ids(filled, "select * from Invoice where TxnDate > CURRENT_DATE") == ["4"]
    assert ids(filled, f"select * from Invoice where TxnDate <= '{today}' orderby Id") == ["1", "2", "3"]


def test_what_looks_like_code_is_only_a_value(filled):
    value = r"x\'; drop table Invoice; -- %_"
    assert filled.query(f"select * from Customer where DisplayName = '{value}'") == {}
    filled.customer("x'; drop table Invoice; -- %_")
    assert ids(filled, f"select * from Customer where DisplayName = '{value}'") == ["5"]


def test_ten_thousand_ids_may_be_asked_for(filled):
    wanted = ",".join(f"'{n}'" for n in range(10_000, 0, -1))
    text = f"select * from Invoice where Id in ({wanted}) orderby Id"
    answer = filled.call("POST", "/query", data=text.encode(), headers={"Content-Type": "application/text"})
    assert [row["Id"] for row in answer.json()["QueryResponse"]["Invoice"]] == ["1", "2", "3"]
    text = f"select count(*) from Invoice where TotalAmt in ({wanted})"
    answer = filled.call("POST", "/query", data=text.encode(), headers={"Content-Type": "application/text"})
    assert answer.json()["QueryResponse"] == {"totalCount": 3}


def test_counts_obey_conditions(filled):
    for where, count in (("CustomerRef = '1'", 1), ("TotalAmt >= '200' and TotalAmt < '300'", 1), ("Id = '9'", 0)):
        assert filled.query(f"select count(*) from Invoice where {where}") == {"totalCount": count}
    assert filled.query("select count(*) from Invoice") == {"totalCount": 3}


def test_a_total_counts_what_all_pages_hold(filled):
    found = filled.query("select * from Invoice where TotalAmt > '0' maxresults 2")
    assert (found["maxResults"], found["totalCount"]) == (2, 3)


@pytest.mark.behaviour("Queries", "Rows of single properties say sparse true.", "assumed")
def test_chosen_columns_come_alone(filled):
    row = filled.query("select id, displayname, MetaData.CreateTime, PrimaryPhone from Customer where Id = '1'")
    (customer,) = row["Customer"]
    assert set(customer) == {"Id", "DisplayName", "MetaData", "domain", "sparse"}
    assert set(customer["MetaData"]) == {"CreateTime"}
    assert customer["sparse"] is True
    assert filled.query_error("select Id, Nothing from Customer")["code"] == "4001"


def test_several_conditions_on_indexed_properties_all_hold(filled):
    where = "CustomerRef in ('1', '2') and TxnDate = '2026-02-05' and DocNumber in ('1001', '1002', '1003')"
    assert ids(filled, f"select * from Invoice where {where}") == ["2"]
    assert ids(filled, f"select * from Invoice where {where} and Id in ('1', '3')") == []
    assert ids(filled, "select * from Invoice where Id = '1' and Id = '2'") == []


@pytest.mark.behaviour("Queries", "A query comes by GET, as a body, or by POST with a parameter.", "recorded")
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
