"""What QuickBooks pushes is taken only if signed, and then read to the last hint, in both of Intuit's shapes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.domain import keys
from models.domain.errors import NotSigned
from models.domain.events import Delivery
from worker.quickbooks.notifications import HANDLED, Parsed, parse, verify

NOW = datetime(2026, 10, 10, 12, 0, 5, tzinfo=UTC)
REALM = "9130000000000772"
TOKEN = "kat-verifier-token-0123456789"
KNOWN_BODY = (
    b'[{"specversion":"1.0","id":"a1b2","source":"intuit.qbo","type":"qbo.invoice.updated.v1",'
    b'"datacontenttype":"application/json","time":"2026-10-10T12:00:00Z","intuitentityid":"130",'
    b'"intuitaccountid":"9130000000000772","data":{}}]'
)
KNOWN_SIGNATURE = "aJHOXGKRlLapTI97VRXYtkVvbDmVmn8M/SCQwUgw3YA="


def fingerprint(realm: str) -> str:
    return hashlib.sha256(b"test" + realm.encode()).hexdigest()


def event(**changed: object) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "a1b2",
        "source": "intuit.qbo",
        "type": "qbo.invoice.updated.v1",
        "datacontenttype": "application/json",
        "time": "2026-10-10T12:00:00Z",
        "intuitentityid": "130",
        "intuitaccountid": REALM,
        "data": {},
        **changed,
    }


def entity(**changed: object) -> dict[str, Any]:
    return {
        "name": "Invoice",
        "id": "130",
        "operation": "Update",
        "lastUpdated": "2026-10-10T12:00:00.000Z",
        **changed,
    }


def older(*entities: object, realm: object = REALM) -> dict[str, Any]:
    return {"eventNotifications": [{"realmId": realm, "dataChangeEvent": {"entities": list(entities)}}]}


def read(told: object) -> Parsed:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return parse(body, environment="production", fingerprint=fingerprint, received_at=NOW)


def only(told: object) -> Delivery:
    parsed = read(told)
    assert parsed.refused == ()
    (delivery,) = parsed.deliveries
    return delivery


def reasons(told: object) -> list[str]:
    return [refused.reason for refused in read(told).refused]


# ---- the signature


def test_the_known_answer_holds() -> None:
    verify(KNOWN_BODY, KNOWN_SIGNATURE, [TOKEN])


def test_any_verifier_token_may_have_signed() -> None:
    verify(KNOWN_BODY, KNOWN_SIGNATURE, ["new", "", TOKEN, "ключ"])


def test_bytes_that_are_not_text_can_be_signed() -> None:
    body = b"\xff\x00\xfe"
    verify(body, base64.b64encode(hmac.new(TOKEN.encode(), body, hashlib.sha256).digest()).decode(), [TOKEN])


@pytest.mark.parametrize("body", [KNOWN_BODY + b"\n", KNOWN_BODY[:-1], b"", KNOWN_BODY.replace(b"130", b"131")])
def test_a_changed_body_is_refused(body: bytes) -> None:
    with pytest.raises(NotSigned):
        verify(body, KNOWN_SIGNATURE, [TOKEN])


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        " ",
        "=",
        "not base64!",
        "QUJD",
        "QUJ",
        KNOWN_SIGNATURE[:-1],
        KNOWN_SIGNATURE[:-4],
        KNOWN_SIGNATURE + KNOWN_SIGNATURE,
        KNOWN_SIGNATURE.lower(),
        "é" + KNOWN_SIGNATURE,
        "\ud800",
        "A" * 100_000,
    ],
)
def test_missing_and_odd_signatures_are_refused(signature: str | None) -> None:
    with pytest.raises(NotSigned):
        verify(KNOWN_BODY, signature, [TOKEN])


@pytest.mark.parametrize("tokens", [[], ["other"], [TOKEN.upper()], ["a", "b"]])
def test_another_token_is_refused(tokens: list[str]) -> None:
    with pytest.raises(NotSigned):
        verify(KNOWN_BODY, KNOWN_SIGNATURE, tokens)


def test_an_empty_token_lets_nobody_in() -> None:
    forged = base64.b64encode(hmac.new(b"", KNOWN_BODY, hashlib.sha256).digest()).decode()
    with pytest.raises(NotSigned):
        verify(KNOWN_BODY, forged, [""])


# ---- CloudEvents


def test_a_cloud_event_becomes_a_delivery() -> None:
    delivery = only(KNOWN_BODY)
    assert delivery.source == keys.quickbooks_source("production")
    assert delivery.delivery_id == "a1b2"
    assert delivery.kind == "quickbooks.invoice.updated"
    assert delivery.stream == keys.books_stream("production", fingerprint(REALM))
    assert delivery.queue == "books"
    assert (delivery.company_id, delivery.lane) == (None, None)
    assert delivery.payload == {
        "entity": "invoice",
        "id": "130",
        "operation": "updated",
        "deleted_id": None,
        "time": "2026-10-10T12:00:00+00:00",
    }
    assert delivery.occurred_at == datetime(2026, 10, 10, 12, tzinfo=UTC)
    assert not delivery.ignored
    assert not delivery.rearms


def test_no_delivery_tells_the_realm() -> None:
    parsed = read([event(), event(id="2", data={"realm": REALM}), older(entity())])
    assert len(parsed.deliveries) == 3
    assert REALM not in repr(parsed)


def test_a_single_event_outside_a_list_is_read() -> None:
    assert only(event()).delivery_id == "a1b2"


def test_one_notification_may_speak_of_several_realms() -> None:
    deliveries = read([event(id="1"), event(id="2", intuitaccountid="2"), event(id="3")]).deliveries
    assert [delivery.stream for delivery in deliveries] == [
        keys.books_stream("production", fingerprint(realm)) for realm in (REALM, "2", REALM)
    ]


def test_a_hundred_events_are_read_in_the_order_told() -> None:
    deliveries = read([event(id=str(n), intuitentityid=str(n)) for n in range(100)]).deliveries
    assert [delivery.payload["id"] for delivery in deliveries] == [str(n) for n in range(100)]


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        ("qbo.invoice.created.v1", "invoice.created"),
        ("qbo.invoice.create.v1", "invoice.created"),
        ("qbo.invoice.update.v1", "invoice.updated"),
        ("qbo.invoice.deleted.v1", "invoice.deleted"),
        ("qbo.invoice.delete.v1", "invoice.deleted"),
        ("qbo.invoice.void.v1", "invoice.void"),
        ("qbo.invoice.voided.v1", "invoice.void"),
        ("QBO.Invoice.Voided.V1", "invoice.void"),
        ("qbo.invoice.emailed.v1", "invoice.emailed"),
        ("qbo.invoice.email.v1", "invoice.emailed"),
        ("qbo.customer.merged.v1", "customer.merged"),
        ("qbo.customer.merge.v1", "customer.merged"),
        ("qbo.creditMemo.updated.v1", "creditmemo.updated"),
        ("qbo.credit_memo.updated.v1", "creditmemo.updated"),
        ("qbo.invoice.updated.v2", "invoice.updated"),
        ("qbo.invoice.updated", "invoice.updated"),
        ("qbo.invoice.archived.v1", "invoice.archived"),
    ],
)
def test_a_type_is_read_whatever_its_case_and_tense(wire: str, kind: str) -> None:
    delivery = only([event(type=wire)])
    assert delivery.kind == f"quickbooks.{kind}"
    assert f"{delivery.payload['entity']}.{delivery.payload['operation']}" == kind
    assert not delivery.ignored


@pytest.mark.parametrize("name", sorted(HANDLED))
def test_what_we_keep_of_the_books_is_not_ignored(name: str) -> None:
    assert not only([event(type=f"qbo.{name}.updated.v1")]).ignored


@pytest.mark.parametrize("name", ["vendor", "bill", "spaceship"])
def test_other_records_are_kept_and_ignored(name: str) -> None:
    delivery = only([event(type=f"qbo.{name}.updated.v1")])
    assert delivery.ignored
    assert delivery.kind == f"quickbooks.{name}.updated"
    assert only(older(entity(name=name.title()))).ignored


@pytest.mark.parametrize("name", ["deletedid", "deletedId", "deletedID", "DeletedID"])
def test_a_merge_tells_which_record_is_gone(name: str) -> None:
    assert only([event(type="qbo.customer.merged.v1", data={name: "27"})]).payload["deleted_id"] == "27"
    assert only(older(entity(name="Customer", operation="Merge", **{name: 27}))).payload["deleted_id"] == "27"


@pytest.mark.parametrize("content", [None, [], "x", {"deletedid": None}, {"deletedid": {}}, {"alternative_ids": [{}]}])
def test_whatever_else_data_holds_does_not_matter(content: object) -> None:
    assert only([event(data=content)]).payload["deleted_id"] is None


@pytest.mark.parametrize("name", ["data", "datacontenttype", "time", "source"])
def test_some_members_may_be_missing(name: str) -> None:
    told = event()
    del told[name]
    assert only([told]).delivery_id == "a1b2"


def test_ids_are_opaque_text_and_numbers_say_the_same() -> None:
    long_id = "00000000-0000-4000-8000-000000000000-Customer-123"
    assert only([event(id=long_id)]).delivery_id == long_id
    assert only([event(intuitentityid=130, intuitaccountid=int(REALM))]) == only([event()])


@pytest.mark.parametrize(
    ("told", "microsecond"),
    [
        ("2026-10-10T12:00:00Z", 0),
        ("2026-10-10T12:00:00+00:00", 0),
        ("2026-10-10T05:00:00-0700", 0),
        ("2026-10-10T05:00:00-07:00", 0),
        *(
            (f"2026-10-10T12:00:00.{'123456789'[:digits]}Z", int("123456"[:digits].ljust(6, "0")))
            for digits in range(1, 10)
        ),
    ],
)
def test_a_time_is_read_with_any_fraction_and_offset(told: str, microsecond: int) -> None:
    expected = datetime(2026, 10, 10, 12, 0, 0, microsecond, tzinfo=UTC)
    assert only([event(time=told)]).occurred_at == expected
    assert only(older(entity(lastUpdated=told))).occurred_at == expected


@pytest.mark.parametrize(
    "told", [None, "", "now", 5, "2026-10-10T12:00:00", "0001-01-01T00:00:00+14:00", "\ud800", "2" * 10_000]
)
def test_a_hint_without_a_readable_time_occurred_when_it_came(told: object) -> None:
    for delivery in (only([event(time=told)]), only(older(entity(lastUpdated=told)))):
        assert delivery.occurred_at == NOW
        assert delivery.payload["time"] is None


# ---- the older shape


def test_an_older_notification_becomes_a_delivery_that_rearms() -> None:
    delivery = only(older(entity()))
    assert delivery.kind == "quickbooks.invoice.updated"
    assert delivery.stream == keys.books_stream("production", fingerprint(REALM))
    assert delivery.payload == only([event()]).payload
    assert delivery.rearms
    assert not delivery.ignored


def test_the_same_hint_has_the_same_id_and_another_has_another() -> None:
    first = only(older(entity())).delivery_id
    assert only(older(entity())).delivery_id == first
    assert only(older(entity(id=130, operation="update"))).delivery_id == first
    others = {
        only(told).delivery_id
        for told in (
            older(entity(id="131")),
            older(entity(name="Payment")),
            older(entity(operation="Void")),
            older(entity(lastUpdated="2026-10-10T12:00:01.000Z")),
            older(entity(), realm="2"),
            older(entity(operation="Merge", deletedId="1")),
            older(entity(operation="Merge", deletedId="2")),
        )
    }
    assert len(others) == 7
    assert first not in others


@pytest.mark.parametrize(
    ("wire", "operation"),
    [
        ("Create", "created"),
        ("Update", "updated"),
        ("Delete", "deleted"),
        ("Merge", "merged"),
        ("Void", "void"),
        ("Voided", "void"),
        ("Emailed", "emailed"),
    ],
)
def test_older_operations_have_the_newer_names(wire: str, operation: str) -> None:
    assert only(older(entity(operation=wire))).kind == f"quickbooks.invoice.{operation}"


def test_older_notifications_are_read_at_both_levels() -> None:
    told = {
        "eventNotifications": [
            *older(entity(id="1"), entity(id="2"))["eventNotifications"],
            *older(entity(id="3"), realm="2")["eventNotifications"],
        ]
    }
    deliveries = read(told).deliveries
    assert [delivery.payload["id"] for delivery in deliveries] == ["1", "2", "3"]
    assert len({delivery.stream for delivery in deliveries}) == 2


# ---- what is signed and says nothing


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"{", "not_json"),
        (b"hello", "not_json"),
        (b"9" * 5_000, "not_json"),
        (b'{"a":"\xff"}', "not_utf8"),
        (b"[" * 200_000, "too_deep"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
        (b"{}", "unknown_shape"),
        (b"null", "unknown_shape"),
        (b"5", "unknown_shape"),
        (b'"text"', "unknown_shape"),
        (b'{"eventNotifications":5}', "unknown_shape"),
        (b'{"eventNotifications":[5]}', "unknown_shape"),
        (b'{"eventNotifications":[{"realmId":"1"}]}', "unknown_shape"),
        (b'{"eventNotifications":[{"realmId":"1","dataChangeEvent":{"entities":{}}}]}', "unknown_shape"),
    ],
)
def test_a_body_that_says_nothing_is_refused_whole(body: bytes, reason: str) -> None:
    parsed = read(body)
    assert parsed.deliveries == ()
    assert [refused.reason for refused in parsed.refused] == [reason]


def test_an_unreadable_body_is_kept_as_it_came() -> None:
    assert read(b"\xff{").refused == (("not_utf8", b"\xff{"),)


@pytest.mark.parametrize("told", [[], {"eventNotifications": []}, older()])
def test_a_notification_of_nothing_is_nothing(told: object) -> None:
    assert read(told) == Parsed((), ())


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (None, "unknown_shape"),
        (5, "unknown_shape"),
        ([], "unknown_shape"),
        ({}, "unknown_shape"),
        ({"type": "qbo.invoice.updated.v1"}, "unknown_shape"),
        (event(type=None), "unknown_type"),
        (event(type=5), "unknown_type"),
        (event(type="com.example.thing.v1"), "unknown_type"),
        (event(type="qbo"), "unknown_type"),
        (event(type="qbo..updated.v1"), "unknown_type"),
        (event(type="qbo.invoice..v1"), "unknown_type"),
        (event(type="qbo.счёт.updated.v1"), "unknown_type"),
        (event(id=None), "no_id"),
        (event(id=""), "no_id"),
        (event(id="a\x00b"), "no_id"),
        (event(id="\ud800"), "no_id"),
        (event(id="x" * 256), "no_id"),
        (event(id=1.5), "no_id"),
        (event(intuitaccountid=None), "no_realm"),
        (event(intuitaccountid=True), "no_realm"),
        (event(intuitaccountid="\ud800"), "no_realm"),
        (event(intuitentityid=""), "no_entity_id"),
        (event(intuitentityid={"a": 1}), "no_entity_id"),
        (older(5), "no_entity"),
        (older(entity(name=None)), "no_entity"),
        (older(entity(name="???")), "no_entity"),
        (older(entity(id=None)), "no_entity_id"),
        (older(entity(operation=None)), "no_operation"),
        (older(entity(operation=5)), "no_operation"),
        (older(entity(), realm=None), "no_realm"),
        (older(entity(), realm=["1"]), "no_realm"),
    ],
)
def test_a_bad_element_is_refused_alone(bad: object, reason: str) -> None:
    parsed = read([event(id="before"), bad, event(id="after")])
    assert [delivery.delivery_id for delivery in parsed.deliveries] == ["before", "after"]
    (refused,) = parsed.refused
    assert refused.reason == reason
    assert refused.raw.isascii()


def test_a_refused_element_is_kept_as_json() -> None:
    (refused,) = read([event(id=None)]).refused
    assert json.loads(refused.raw) == event(id=None)


def test_a_refused_entity_is_kept_with_its_realm() -> None:
    parsed = read(older(entity(), entity(id=None)))
    assert len(parsed.deliveries) == 1
    (refused,) = parsed.refused
    assert json.loads(refused.raw) == {"realmId": REALM, "entity": entity(id=None)}


def test_both_shapes_may_stand_in_one_list() -> None:
    parsed = read([event(), older(entity()), "x"])
    assert [delivery.rearms for delivery in parsed.deliveries] == [False, True]
    assert len(parsed.refused) == 1


# ---- whatever comes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(event())), value=JSON)
def test_any_member_of_an_event_may_be_anything(name: str, value: object) -> None:
    parsed = read([event(**{name: value}), event(id="good")])
    assert len(parsed.deliveries) + len(parsed.refused) == 2
    assert parsed.deliveries[-1].delivery_id == "good"


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from([*sorted(entity()), "deletedId"]), value=JSON)
def test_any_member_of_an_older_entity_may_be_anything(name: str, value: object) -> None:
    parsed = read(older(entity(**{name: value}), entity(id="good")))
    assert len(parsed.deliveries) + len(parsed.refused) == 2
    assert parsed.deliveries[-1].payload["id"] == "good"


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=60))
def test_any_bytes_are_refused_and_nothing_is_raised(body: bytes) -> None:
    parsed = read(body)
    assert parsed.deliveries == ()
