"""An event of the generic CRM is read exactly, or refused with every fault at its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain import keys
from models.domain.errors import Fault, Malformed
from models.domain.events import Delivery
from tests.worker.crm.examples import Json, cloud_event, every_example, plain, won
from worker.crm.generic import ASKS, TYPES, content_hash, parse

NOW = datetime(2026, 9, 24, 10, 5, tzinfo=UTC)
DEAL: Json = {"deal": {"id": "1"}}


def read(told: object) -> Delivery:
    return parse(json.dumps(told).encode(), delivery_id="evt_1", company_id="acme", received_at=NOW)


def faults_of(told: object, delivery_id: str = "evt_1") -> tuple[Fault, ...]:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    with pytest.raises(Malformed) as refused:
        parse(body, delivery_id=delivery_id, company_id="acme", received_at=NOW)
    return refused.value.faults


def places(told: object) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults_of(told)]


def deal_with(**members: object) -> Json:
    return cloud_event("crm.deal.won", {"deal": {"id": "1", **members}})


def line_with(**members: object) -> Json:
    return cloud_event("crm.deal.won", {**DEAL, "lines": [{"quantity": "1", "unit_price": "1", **members}]})


# ---- what a good event becomes


def test_a_won_deal_becomes_a_delivery() -> None:
    delivery = read(won(sequence="42", correlationid="c-1"))
    assert delivery.source == keys.crm_source("acme", "https://crm.example/acme")
    assert delivery.delivery_id == "evt_1"
    assert delivery.kind == "crm.deal.won"
    assert delivery.stream == keys.deal_stream("acme", "generic", "213973")
    assert (delivery.queue, delivery.lane) == ("deals", keys.company_lane("acme"))
    assert delivery.company_id == "acme"
    assert delivery.occurred_at == datetime(2026, 9, 24, 10, 0, 0, 123000, tzinfo=UTC)
    assert delivery.correlation_id == "c-1"
    assert not delivery.ignored
    assert not delivery.rearms
    assert delivery.payload["data"]["lines"][0]["unit_price"] == "90.00"


def test_the_plain_form_takes_its_id_from_the_header() -> None:
    delivery = read(plain("crm.deal.won", DEAL))
    assert delivery.source == keys.crm_source("acme", "standard-webhooks")
    assert delivery.delivery_id == delivery.correlation_id == "evt_1"
    assert delivery.stream == keys.deal_stream("acme", "generic", "1")
    assert delivery.occurred_at == datetime(2026, 9, 24, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("told", every_example(), ids=lambda told: str(told["type"]))
def test_every_type_is_read(told: Json) -> None:
    delivery = read(told)
    assert delivery.kind == told["type"]
    assert not delivery.ignored


def test_the_examples_cover_every_type() -> None:
    assert {told["type"] for told in every_example()} == set(TYPES)


@pytest.mark.parametrize(
    ("kind", "content", "stream"),
    [
        ("crm.deal.updated", DEAL, keys.deal_stream("acme", "generic", "1")),
        ("crm.deal.updated", {**DEAL, "crm": "pipedrive"}, keys.deal_stream("acme", "pipedrive", "1")),
        ("crm.deal.updated", {**DEAL, "crm": None}, keys.deal_stream("acme", "generic", "1")),
        ("crm.deal.updated", {"deal": {"id": "a:b/c"}}, keys.deal_stream("acme", "generic", "a:b/c")),
        ("crm.product.upserted", {"product": {"id": "1"}}, keys.product_stream("acme", "generic", "1")),
        (
            "crm.organization.upserted",
            {"organization": {"id": "1"}},
            keys.contact_stream("acme", "generic", "organization", "1"),
        ),
        ("crm.person.deleted", {"person": {"id": "1"}}, keys.contact_stream("acme", "generic", "person", "1")),
        ("crm.quote.accepted", {"quote": {"id": "9"}}, keys.quote_stream("acme", "generic", "9")),
        ("crm.quote.accepted", {"quote": {"id": "9"}, **DEAL}, keys.deal_stream("acme", "generic", "1")),
        ("crm.quote.accepted", DEAL, keys.deal_stream("acme", "generic", "1")),
        ("crm.invoice.requested", {"ask": "send", **DEAL}, keys.deal_stream("acme", "generic", "1")),
        (
            "crm.invoice.requested",
            {"ask": "send", "invoice_id": "130"},
            keys.invoice_stream("acme", "default", "130"),
        ),
        (
            "crm.invoice.requested",
            {"ask": "send", "invoice_id": 130, "connection": "c2"},
            keys.invoice_stream("acme", "c2", "130"),
        ),
    ],
)
def test_an_event_belongs_to_the_stream_of_what_it_is_about(kind: str, content: Json, stream: str) -> None:
    assert read(cloud_event(kind, content)).stream == stream


@pytest.mark.parametrize("ask", ASKS)
def test_every_ask_is_known(ask: str) -> None:
    assert read(cloud_event("crm.invoice.requested", {"ask": ask, **DEAL})).payload["data"]["ask"] == ask


def test_there_are_ten_asks() -> None:
    assert len(ASKS) == 10


@pytest.mark.parametrize("kind", ["crm.deal.archived", "com.example.thing", "crm.deal.Won", "crm.deal.won "])
@pytest.mark.parametrize("content", [None, 5, {"deal": {"id": None}}, ["x"]])
def test_an_unknown_type_is_kept_and_ignored(kind: str, content: object) -> None:
    delivery = read(cloud_event(kind, content))
    assert delivery.ignored
    assert delivery.kind == kind
    assert delivery.stream == keys.joined("ignored", "acme")
    assert delivery.payload["data"] == content


def test_whole_numbers_as_ids_become_text() -> None:
    told = cloud_event(
        "crm.deal.won",
        {
            "deal": {"id": 1, "stage_id": 2},
            "organization": {"id": 3},
            "person": {"id": 4},
            "lines": [{"id": 5, "product": {"id": 6}, "quantity": 1, "unit_price": 7}],
            "invoice": {"slot": 8},
        },
    )
    data = read(told).payload["data"]
    assert (data["deal"]["id"], data["deal"]["stage_id"]) == ("1", "2")
    assert (data["organization"]["id"], data["person"]["id"]) == ("3", "4")
    assert (data["lines"][0]["id"], data["lines"][0]["product"]["id"]) == ("5", "6")
    assert data["invoice"]["slot"] == "8"
    assert data["lines"][0]["unit_price"] == 7


def test_members_we_do_not_know_are_kept_at_every_level() -> None:
    told = won(partitionkey="p", nested={"a": [1]})
    told["data"]["deal"]["colour"] = "red"
    told["data"]["lines"][0]["warehouse"] = {"id": 1, "model_config": "kept", "__class__": "kept"}
    told["data"]["model_fields"] = "kept"
    payload = read(told).payload
    assert payload["partitionkey"] == "p"
    assert payload["nested"] == {"a": [1]}
    assert payload["data"]["deal"]["colour"] == "red"
    assert payload["data"]["lines"][0]["warehouse"] == {"id": 1, "model_config": "kept", "__class__": "kept"}
    assert payload["data"]["model_fields"] == "kept"


def test_what_was_not_told_is_not_added_and_null_stays() -> None:
    told = cloud_event("crm.deal.won", {"deal": {"id": "1", "title": None}})
    assert read(told).payload == told


def test_a_fraction_in_a_foreign_member_becomes_exact_text() -> None:
    body = b'{"specversion":"1.0","id":"evt_1","source":"s","type":"crm.deal.won","data":{"deal":{"id":"1"},'
    body += b'"custom":{"weight":0.10000000000000000001,"list":[1.50,2]}}}'
    delivery = parse(body, delivery_id="evt_1", company_id="acme", received_at=NOW)
    assert delivery.payload["data"]["custom"] == {"weight": "0.10000000000000000001", "list": ["1.50", 2]}


@pytest.mark.parametrize(
    "name", ["Zoë Łukasiewicz", "🙂🏳️‍🌈 GmbH", "شركة الاختبار", "\u202bחברה\u202c", "株式会社", "O'\\Neil"]
)
def test_names_are_kept_as_written(name: str) -> None:
    told = cloud_event("crm.deal.won", {**DEAL, "organization": {"id": "1", "name": name}})
    for body in (json.dumps(told), json.dumps(told, ensure_ascii=False)):
        delivery = parse(body.encode(), delivery_id="evt_1", company_id="acme", received_at=NOW)
        assert delivery.payload["data"]["organization"]["name"] == name


def test_an_event_without_a_time_occurred_when_it_came() -> None:
    told = won()
    del told["time"]
    assert read(told).occurred_at == NOW


def test_five_thousand_lines_are_read() -> None:
    line = {"product": {"id": "1"}, "quantity": "1", "unit_price": "0.10"}
    told = cloud_event("crm.deal.won", {**DEAL, "lines": [{**line, "id": str(n)} for n in range(5_000)]})
    assert len(read(told).payload["data"]["lines"]) == 5_000


def test_of_a_member_told_twice_the_last_holds() -> None:
    body = b'{"specversion":"1.0","id":"x","id":"evt_1","source":"s","type":"crm.deal.won","data":{"deal":{"id":"1"}}}'
    assert parse(body, delivery_id="evt_1", company_id="acme", received_at=NOW).delivery_id == "evt_1"


# ---- order


def test_counted_events_compare_as_text_in_the_order_they_were_counted() -> None:
    orders = [read(won(sequence=counted)).order for counted in ("9", "10", 11, "00000000000000000012", "9" * 20)]
    assert orders == sorted(orders)
    assert len(set(orders)) == 5


def test_a_version_of_the_record_goes_before_the_sequence_of_the_source() -> None:
    assert read(won(sequence="42", resourceversion="7")).order == "1:" + "7".zfill(20)


def test_without_a_count_the_records_own_time_orders_and_else_the_events() -> None:
    assert read(won()).order == "0:2026-09-24T07:59:58.000000Z"
    assert read(cloud_event("crm.deal.won", DEAL)).order == "0:2026-09-24T10:00:00.123000Z"
    assert read(cloud_event("crm.deal.won", DEAL, time=None)).order == ""


@pytest.mark.parametrize(
    ("kind", "member"),
    [("crm.product.upserted", "product"), ("crm.person.upserted", "person"), ("crm.quote.published", "quote")],
)
def test_each_kind_is_ordered_by_its_own_record(kind: str, member: str) -> None:
    told = cloud_event(kind, {member: {"id": "1", "updated_at": "2026-01-01T00:00:00Z"}})
    assert read(told).order == "0:2026-01-01T00:00:00.000000Z"


def test_an_ask_is_ordered_by_when_it_was_asked() -> None:
    told = cloud_event(
        "crm.invoice.requested", {"ask": "send", "deal": {"id": "1", "updated_at": "2020-01-01T00:00:00Z"}}
    )
    assert read(told).order == "0:2026-09-24T10:00:00.123000Z"


# ---- what cannot be read


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"deal", "not_json"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":Infinity}', "not_json"),
        (b'{"a":-Infinity}', "not_json"),
        (b'{"a":1e99999999999999999999}', "not_json"),
        (b'{"a":' + b"9" * 5_000 + b"}", "not_json"),
        (b'{"a":"\x00"}', "not_json"),
        (b'\xef\xbb\xbf{"a":1}', "not_json"),
        (b'{"a":"\xff"}', "not_utf8"),
        ('{"a":"é"}'.encode("latin-1"), "not_utf8"),
        ('{"a":1}'.encode("utf-16"), "not_utf8"),
        (b'{"a":"\xed\xa0\x80"}', "not_utf8"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"5", "not_an_object"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "too_deep"),
        (b"[" * 200_000, "too_deep"),
        (b'{"a":' * 200_000, "too_deep"),
    ],
)
def test_a_body_that_cannot_be_read_has_one_fault(body: bytes, code: str) -> None:
    assert places(body) == [("", code)]


def test_sixty_four_levels_are_read() -> None:
    deep: object = 1
    for _ in range(61):
        deep = [deep]
    assert read(cloud_event("crm.deal.won", {**DEAL, "custom": {"a": deep}}))
    assert places(cloud_event("crm.deal.won", {**DEAL, "custom": {"a": [deep]}})) == [("", "too_deep")]


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "a\udfff"])
def test_text_that_cannot_be_stored_is_refused_at_its_place(text: str) -> None:
    told = won()
    told["data"]["deal"]["title"] = text
    told["data"]["custom"] = {"a/b~c": [text]}
    told["data"]["person"][text] = 1
    assert sorted(places(told)) == [
        ("/data/custom/a~1b~0c/0", "unstorable_text"),
        ("/data/deal/title", "unstorable_text"),
        ("/data/person", "unstorable_text"),
    ]


# ---- faults


def test_every_fault_is_told_with_its_place() -> None:
    told = won()
    told["data"]["lines"][0]["quantity"] = "-1"
    told["data"]["lines"][0]["unit_price"] = 19.9
    told["data"]["lines"][1] = {"unit_price": "1"}
    told["data"]["deal"]["currency"] = "ZZZ"
    told["data"]["invoice"]["due_date"] = "2026-02-30"
    del told["source"]
    assert sorted(places(told)) == [
        ("/data/deal/currency", "unknown_currency"),
        ("/data/invoice/due_date", "not_a_date"),
        ("/data/lines/0/quantity", "not_positive"),
        ("/data/lines/0/unit_price", "number_not_exact"),
        ("/data/lines/1/quantity", "required"),
        ("/source", "required"),
    ]


def test_no_fault_repeats_what_was_told() -> None:
    told = won(time="hunter2")
    told["data"]["deal"].update(
        currency="hunter2", value="hunter2", id=["hunter2"], won_at="hunter2", title=["hunter2"]
    )
    told["data"]["lines"][0].update(discount={"type": "hunter2", "value": "hunter2"}, tax="hunter2")
    told["data"]["crm"] = "HUNTER2"
    text = " ".join(fault.message for fault in faults_of(told))
    assert "hunter2" not in text.lower()
    assert "pydantic" not in text


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"specversion": "0.3"}, ("/specversion", "not_one_of")),
        ({"id": ""}, ("/id", "empty")),
        ({"id": 5}, ("/id", "not_text")),
        ({"source": ""}, ("/source", "empty")),
        ({"source": "s" * 256}, ("/source", "too_long")),
        ({"type": ""}, ("/type", "empty")),
        ({"type": 5}, ("/type", "not_text")),
        ({"type": "t" * 256}, ("/type", "too_long")),
        ({"subject": 5}, ("/subject", "not_text")),
        ({"time": "2026-09-24"}, ("/time", "not_a_time")),
        ({"time": "2026-09-24T10:00:00"}, ("/time", "not_a_time")),
        ({"time": "2026-13-24T10:00:00Z"}, ("/time", "not_a_time")),
        ({"time": "2026-W39-4T10:00:00Z"}, ("/time", "not_a_time")),
        ({"time": "0001-01-01T00:00:00+14:00"}, ("/time", "not_a_time")),
        ({"time": 1790244000}, ("/time", "not_a_time")),
        ({"sequence": "9" * 21}, ("/sequence", "not_an_order")),
        ({"sequence": -1}, ("/sequence", "not_an_order")),
        ({"sequence": True}, ("/sequence", "not_an_order")),
        ({"sequence": "a b"}, ("/sequence", "not_an_order")),
        ({"resourceversion": 1.5}, ("/resourceversion", "not_an_order")),
        ({"correlationid": ""}, ("/correlationid", "empty")),
        ({"data": None}, ("/data", "not_an_object")),
        ({"data": "text"}, ("/data", "not_an_object")),
        ({"data": []}, ("/data", "not_an_object")),
    ],
)
def test_a_wrong_attribute_is_refused_at_its_place(changed: Json, place: tuple[str, str]) -> None:
    assert place in places({**won(), **changed})


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "data"])
def test_a_missing_attribute_is_refused_at_its_place(name: str) -> None:
    told = won()
    del told[name]
    assert places(told) == [(f"/{name}", "required")]


def test_an_object_that_is_neither_form_is_refused() -> None:
    assert {place for place, _ in places({"hello": "world"})} == {"/specversion", "/id", "/source", "/type"}


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"timestamp": "2026-09-24T10:00:00Z", "data": DEAL}, ("/type", "required")),
        ({"timestamp": 1790244000, "type": "crm.deal.won", "data": DEAL}, ("/timestamp", "not_a_time")),
        ({"timestamp": "2026-09-24T10:00:00Z", "type": "crm.deal.won"}, ("/data", "required")),
    ],
)
def test_a_wrong_plain_form_is_refused_at_its_place(told: Json, place: tuple[str, str]) -> None:
    assert places(told) == [place]


def test_the_header_and_the_event_have_one_id() -> None:
    (fault,) = faults_of(won(), delivery_id="evt_2")
    assert (fault.pointer, fault.code) == ("/id", "id_mismatch")


@pytest.mark.parametrize("delivery_id", ["", "x" * 256])
def test_an_id_has_a_length_in_the_plain_form_too(delivery_id: str) -> None:
    (fault,) = faults_of(plain("crm.deal.won", DEAL), delivery_id)
    assert (fault.pointer, fault.code) == ("", "id_length")


@pytest.mark.parametrize("value", ["19.90", "0", "-3.5", "007", "0.0000001", 90, -90, 0, None])
def test_exact_numbers_are_taken(value: object) -> None:
    assert read(deal_with(value=value)).payload["data"]["deal"]["value"] == value


@pytest.mark.parametrize(
    "value",
    ["", " 1", "1 ", "+1", "1,5", "1.", ".5", "1e3", "NaN", "Infinity", "-Infinity", "0x10", "١٢", "1" * 16, "1_000"],
)
def test_text_that_is_no_decimal_is_refused(value: str) -> None:
    assert places(deal_with(value=value)) == [("/data/deal/value", "not_a_decimal")]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (19.9, "number_not_exact"),
        (1e300, "number_not_exact"),
        (True, "not_a_decimal"),
        (False, "not_a_decimal"),
        ([], "not_a_decimal"),
        ({}, "not_a_decimal"),
        (10**15, "too_large"),
        (-(10**15), "too_large"),
    ],
)
def test_what_is_no_exact_number_is_refused(value: object, code: str) -> None:
    assert places(deal_with(value=value)) == [("/data/deal/value", code)]
    assert places(line_with(unit_price=value)) == [("/data/lines/0/unit_price", code)]
    assert places(line_with(quantity=value)) == [("/data/lines/0/quantity", code)]
    assert places(line_with(tax={"percent": value})) == [("/data/lines/0/tax/percent", code)]


@pytest.mark.parametrize("quantity", ["0", "0.00", "-0", "-1", 0, -1])
def test_a_quantity_is_more_than_zero(quantity: object) -> None:
    assert places(line_with(quantity=quantity)) == [("/data/lines/0/quantity", "not_positive")]


@pytest.mark.parametrize("currency", ["usd", "US", "ZZZ", "", "EURO", 840, True, "€"])
def test_a_currency_is_of_iso_4217(currency: object) -> None:
    assert places(deal_with(currency=currency)) == [("/data/deal/currency", "unknown_currency")]
    assert places(line_with(currency=currency)) == [("/data/lines/0/currency", "unknown_currency")]


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY", "KWD", None])
def test_active_currencies_are_taken(currency: str | None) -> None:
    assert read(deal_with(currency=currency)).payload["data"]["deal"]["currency"] == currency


@pytest.mark.parametrize("identifier", [None, "", True, 1.5, [], {}, "x" * 256])
def test_a_deal_has_an_id(identifier: object) -> None:
    assert [place for place, _ in places(cloud_event("crm.deal.won", {"deal": {"id": identifier}}))] == [
        "/data/deal/id"
    ]


@pytest.mark.parametrize(
    ("kind", "content", "place"),
    [
        ("crm.deal.won", {}, ("/data/deal", "required")),
        ("crm.deal.won", {"deal": None}, ("/data/deal", "not_an_object")),
        ("crm.deal.won", {"deal": {}}, ("/data/deal/id", "required")),
        ("crm.product.upserted", {}, ("/data/product", "required")),
        ("crm.product.upserted", {"product": {"name": "x"}}, ("/data/product/id", "required")),
        (
            "crm.product.upserted",
            {"product": {"id": "1", "unit_price": 1.5}},
            ("/data/product/unit_price", "number_not_exact"),
        ),
        ("crm.organization.deleted", {"person": {"id": "1"}}, ("/data/organization", "required")),
        ("crm.person.deleted", {"person": {"name": "x"}}, ("/data/person/id", "required")),
        ("crm.quote.published", {}, ("/data/quote/id", "required")),
        ("crm.quote.published", {"quote": {"title": "x"}}, ("/data/quote/id", "required")),
        ("crm.invoice.requested", {"deal": {"id": "1"}}, ("/data/ask", "required")),
        ("crm.invoice.requested", {"ask": "pay", "deal": {"id": "1"}}, ("/data/ask", "not_one_of")),
        ("crm.invoice.requested", {"ask": "send"}, ("/data/deal/id", "required")),
        ("crm.invoice.requested", {"ask": "send", "deal": {}}, ("/data/deal/id", "required")),
        ("crm.deal.won", {**DEAL, "crm": "Pipe Drive"}, ("/data/crm", "not_a_crm")),
        ("crm.deal.won", {**DEAL, "lines": {}}, ("/data/lines", "not_a_list")),
        ("crm.deal.won", {**DEAL, "lines": [5]}, ("/data/lines/0", "not_an_object")),
        ("crm.deal.won", {**DEAL, "custom": []}, ("/data/custom", "not_an_object")),
        ("crm.deal.won", {**DEAL, "invoice": {"draft": "yes"}}, ("/data/invoice/draft", "not_true_or_false")),
        ("crm.deal.won", {**DEAL, "invoice": {"draft": 1}}, ("/data/invoice/draft", "not_true_or_false")),
        ("crm.deal.won", {**DEAL, "invoice": {"due_in_days": -1}}, ("/data/invoice/due_in_days", "out_of_range")),
        ("crm.deal.won", {**DEAL, "invoice": {"due_in_days": "30"}}, ("/data/invoice/due_in_days", "not_an_integer")),
        ("crm.deal.won", {**DEAL, "invoice": {"due_in_days": True}}, ("/data/invoice/due_in_days", "not_an_integer")),
        ("crm.deal.won", {**DEAL, "invoice": {"issue_date": "24.09.2026"}}, ("/data/invoice/issue_date", "not_a_date")),
        ("crm.deal.won", {**DEAL, "discounts": [{"type": "percent"}]}, ("/data/discounts/0/value", "required")),
        (
            "crm.deal.won",
            {**DEAL, "discounts": [{"type": "amount", "value": "-1"}]},
            ("/data/discounts/0/value", "negative"),
        ),
        ("crm.deal.won", {**DEAL, "person": {"emails": [5]}}, ("/data/person/emails/0", "not_a_contact_point")),
        ("crm.deal.won", {**DEAL, "person": {"name": "n" * 1_001}}, ("/data/person/name", "too_long")),
        ("crm.deal.won", {**DEAL, "deal": {"id": "1", "updated_at": "now"}}, ("/data/deal/updated_at", "not_a_time")),
    ],
)
def test_wrong_contents_are_refused_at_their_place(kind: str, content: Json, place: tuple[str, str]) -> None:
    assert places(cloud_event(kind, content)) == [place]


def test_more_than_ten_thousand_lines_are_refused() -> None:
    line = {"quantity": 1, "unit_price": 1}
    assert read(cloud_event("crm.deal.won", {**DEAL, "lines": [line] * 10_000}))
    assert places(cloud_event("crm.deal.won", {**DEAL, "lines": [line] * 10_001})) == [("/data/lines", "too_many")]


def test_emails_and_phones_are_text_or_objects() -> None:
    emails = ["a@x.example", {"value": "b@x.example", "primary": True, "label": "work"}]
    told = cloud_event("crm.deal.won", {**DEAL, "person": {"emails": emails}, "organization": {"phones": emails}})
    data = read(told).payload["data"]
    assert data["person"]["emails"] == emails
    assert data["organization"]["phones"] == emails


# ---- the same event told again


def test_the_hash_of_an_event_is_of_what_it_says() -> None:
    told = won()
    same = json.loads(json.dumps(dict(reversed(told.items())), indent=4))
    assert content_hash(same) == content_hash(told) == read(told).content_hash
    assert content_hash({**told, "time": "2026-09-25T10:00:00Z"}) == content_hash(told)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "crm.deal.lost"},
        {"subject": "deal/2"},
        {"subject": None},
        {"data": {"deal": {"id": "2"}}},
        {"data": {"deal": {"id": 1}}},
        {"data": {"deal": {"id": "1"}, "lines": []}},
        {"data": {"deal": {"id": "1", "title": None}}},
    ],
)
def test_another_type_subject_or_content_has_another_hash(changed: Json) -> None:
    told = cloud_event("crm.deal.won", DEAL, subject="deal/1")
    assert read({**told, **changed}).content_hash != read(told).content_hash


def test_the_order_of_a_list_is_part_of_what_is_said() -> None:
    assert content_hash({"data": [1, 2]}) != content_hash({"data": [2, 1]})
    assert content_hash({"data": 1}) != content_hash({"data": "1"})
    assert content_hash({"data": True}) != content_hash({"data": 1})


# ---- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def floats_in(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(floats_in, value.values()))
    return any(map(floats_in, value)) if isinstance(value, list) else isinstance(value, float)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from([*TYPES, "unknown"]),
    content=JSON,
    member=st.sampled_from(["deal", "lines", "custom", "quote"]),
)
def test_any_json_is_a_delivery_without_floats_or_malformed(kind: str, content: object, member: str) -> None:
    for told in (cloud_event(kind, content), cloud_event(kind, {**DEAL, member: content}), {"timestamp": content}):
        try:
            delivery = read(told)
        except Malformed:
            continue
        assert delivery.payload["type"] == kind
        assert not floats_in(delivery.payload)


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=60))
def test_any_bytes_are_malformed(body: bytes) -> None:
    assert faults_of(body)
