"""The generic CRM: CloudEvents in JSON, or plain Standard Webhooks, signed with the headers of the latter."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, Never, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from models.domain import keys
from models.domain.errors import Fault, Malformed, NotSigned
from models.domain.events import Delivery
from models.domain.money import DECIMALS

TOLERANCE = 300
SHORTEST_SECRET = 24
DEEPEST = 64
MOST_LINES = 10_000
MOST_FAULTS = 1_000
LONGEST_ID = 255
PLAIN_SOURCE = "standard-webhooks"
QUEUE = "deals"

Ask = Literal["create", "release", "edit", "send", "void", "delete", "refresh", "link", "unlink", "create_again"]
ASKS: tuple[str, ...] = get_args(Ask)


# ---- the signature: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> str:
    """The webhook-id, if one of the secrets signed this body within 300 s of now (aware); raises NotSigned.

    Whatever is odd about headers, signatures or secrets is NotSigned, never another error.
    """
    told = {str(name).lower(): value for name, value in headers.items()}
    message_id = told.get("webhook-id") or ""
    timestamp = told.get("webhook-timestamp") or ""
    signatures = told.get("webhook-signature") or ""
    if not (message_id and timestamp and signatures):
        raise NotSigned("a webhook header is missing")
    if not re.fullmatch(r"[0-9]{1,15}", timestamp):
        raise NotSigned("the timestamp is not a number of seconds")
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE:
        raise NotSigned(f"the timestamp is more than {TOLERANCE} s away")
    try:
        signed = _signed_content(message_id, timestamp, body)
    except UnicodeEncodeError:
        raise NotSigned("the id is not text") from None
    given = list(_given_signatures(signatures))
    expected = [_signature(signed, key) for key in map(_secret_bytes, secrets) if key is not None]
    # Every pair is compared, in constant time and on bytes: str refuses what is not ASCII.
    matches = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in given]
    if not any(matches):
        raise NotSigned("no signature matches")
    return message_id


def sign(body: bytes, message_id: str, timestamp: int | datetime, secret: str) -> dict[str, str]:
    """The three headers for a body; timestamp in Unix seconds or aware. ValueError if the secret is none of ours."""
    seconds = str(int(timestamp.timestamp() if isinstance(timestamp, datetime) else timestamp))
    key = _secret_bytes(secret)
    if key is None:
        raise ValueError(f"A secret is whsec_ and the base64 of at least {SHORTEST_SECRET} bytes.")
    signature = base64.b64encode(_signature(_signed_content(message_id, seconds, body), key)).decode("ascii")
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": f"v1,{signature}"}


def _signed_content(message_id: str, timestamp: str, body: bytes) -> bytes:
    return b".".join((message_id.encode(), timestamp.encode(), body))


def _signature(signed: bytes, key: bytes) -> bytes:
    return hmac.new(key, signed, hashlib.sha256).digest()


def _given_signatures(header: str) -> Iterator[bytes]:
    """Several stand in one header while a secret rotates; other versions (v1a) and odd ones are passed over."""
    for each in header.split(" "):
        version, _, encoded = each.partition(",")
        decoded = _base64(encoded)
        if version == "v1" and decoded:
            yield decoded


def _secret_bytes(secret: str) -> bytes | None:
    """The key of `whsec_<base64>`; None for one shorter than the standard's 24 bytes."""
    if not secret.startswith("whsec_"):
        return None
    key = _base64(secret.removeprefix("whsec_"))
    return key if key is not None and len(key) >= SHORTEST_SECRET else None


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None


# ---- the shape of an event: strict, with every fault at its place; members we do not know are kept


def _refuse(code: str, message: str) -> Never:
    raise PydanticCustomError(code, "{sentence}", {"sentence": message})


def _id(value: object) -> str:
    """Ids are told as text or as whole numbers, and are text from here on."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        _refuse("not_an_id", "An id is text or a whole number.")
    # Counted in bytes: percent-encoded they become part of keys, and PostgreSQL indexes no more than 2,700 bytes.
    if not 0 < len(value.encode()) <= LONGEST_ID:
        _refuse("id_length", f"An id has 1 to {LONGEST_ID} bytes in UTF-8.")
    return value


def _decimal(value: object) -> str | int:
    """An exact number: decimal text, or a whole JSON number. A JSON fraction has been through a float somewhere."""
    if isinstance(value, Decimal):
        _refuse("number_not_exact", 'A number with a fraction is told as text, such as "19.90".')
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 10**15:
            _refuse("too_large", "A number has at most 15 digits before the point.")
        return value
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,20})?", value):
        _refuse("not_a_decimal", 'A number is decimal text such as "19.90", or a whole number.')
    return value


def _positive(value: str | int) -> str | int:
    if Decimal(value) <= 0:
        _refuse("not_positive", "A quantity is more than zero.")
    return value


def _not_negative(value: str | int) -> str | int:
    if Decimal(value) < 0:
        _refuse("negative", "This number is not below zero.")
    return value


def _currency(value: object) -> str:
    if not isinstance(value, str) or value not in DECIMALS:
        _refuse("unknown_currency", "A currency is a code of ISO 4217 in capitals, such as EUR.")
    return value


def _day(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    _refuse("not_a_date", "A date is written YYYY-MM-DD and exists.")


def _moment(value: object) -> str:
    if not isinstance(value, str) or _instant(value) is None:
        _refuse("not_a_time", "A time is RFC 3339 with its offset, such as 2026-09-24T10:00:00Z.")
    return value


def _instant(text: str) -> datetime | None:
    """An RFC 3339 time in UTC, or None. Finer than a microsecond is cut off."""
    shape = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:?[0-9]{2})"
    if not re.fullmatch(shape, text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _contact_point(value: object) -> object:
    """An e-mail or a phone: text, or an object with a text `value` and perhaps `primary`."""
    text = value.get("value") if isinstance(value, dict) else value
    primary = value.get("primary") if isinstance(value, dict) else None
    if not isinstance(text, str) or not (primary is None or isinstance(primary, bool)):
        _refuse("not_a_contact_point", "This is text, or an object with a text `value` and a true or false `primary`.")
    if len(text) > 1_000:
        _refuse("too_long", "This has at most 1000 characters.")
    return value


def _position_in_order(value: object) -> str:
    """`sequence` or `resourceversion`: up to 20 digits, as text or as a whole number; or up to 64 other characters."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        value = str(value)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}|(?![0-9]+$)[\x21-\x7e]{1,64}", value):
        return value
    _refuse("not_an_order", "This is a number of at most 20 digits, or at most 64 printable ASCII characters.")


def _crm_name(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", value):
        _refuse("not_a_crm", "The name of a CRM has up to 32 small letters, digits, dashes and underscores.")
    return value


Id = Annotated[str, BeforeValidator(_id)]
Number = Annotated[Any, PlainValidator(_decimal)]
Quantity = Annotated[Any, PlainValidator(lambda value: _positive(_decimal(value)))]
Amount = Annotated[Any, PlainValidator(lambda value: _not_negative(_decimal(value)))]
Currency = Annotated[str, BeforeValidator(_currency)]
Day = Annotated[str, BeforeValidator(_day)]
Moment = Annotated[str, BeforeValidator(_moment)]
ContactPoint = Annotated[Any, PlainValidator(_contact_point)]
Order = Annotated[str, BeforeValidator(_position_in_order)]
ShortText = Annotated[str, Field(max_length=1_000)]
LongText = Annotated[str, Field(max_length=20_000)]


class _Told(BaseModel):
    """Strict about what we know, silent about what we do not: members may be added within a version."""

    model_config = ConfigDict(strict=True, extra="allow", hide_input_in_errors=True, protected_namespaces=())


class _Owner(_Told):
    id: Id | None = None
    name: ShortText | None = None


class _Address(_Told):
    line1: ShortText | None = None
    line2: ShortText | None = None
    city: ShortText | None = None
    region: ShortText | None = None
    postal_code: ShortText | None = None
    country: ShortText | None = None


class _Contact(_Told):
    id: Id | None = None
    name: ShortText | None = None
    tax_id: ShortText | None = None
    address: _Address | None = None
    emails: Annotated[list[ContactPoint], Field(max_length=100)] | None = None
    phones: Annotated[list[ContactPoint], Field(max_length=100)] | None = None
    updated_at: Moment | None = None


class _KnownContact(_Contact):
    id: Id


class _Discount(_Told):
    type: Literal["percent", "amount"]
    value: Amount
    description: LongText | None = None


class _Tax(_Told):
    code: Id | None = None
    percent: Amount | None = None
    method: Literal["exclusive", "inclusive", "none"] | None = None


class _Product(_Told):
    id: Id | None = None
    sku: ShortText | None = None
    name: ShortText | None = None
    updated_at: Moment | None = None


class _KnownProduct(_Product):
    id: Id
    description: LongText | None = None
    unit_price: Number | None = None
    currency: Currency | None = None
    active: bool | None = None


class _Line(_Told):
    id: Id | None = None
    position: int | None = None
    product: _Product | None = None
    description: LongText | None = None
    quantity: Quantity
    unit_price: Number
    currency: Currency | None = None
    discount: _Discount | None = None
    tax: _Tax | None = None
    service_date: Day | None = None


class _Deal(_Told):
    id: Id
    title: ShortText | None = None
    status: ShortText | None = None
    currency: Currency | None = None
    value: Number | None = None
    pipeline_id: Id | None = None
    stage_id: Id | None = None
    owner: _Owner | None = None
    won_at: Moment | None = None
    updated_at: Moment | None = None


class _Quote(_Told):
    id: Id | None = None
    title: ShortText | None = None
    status: ShortText | None = None
    number: ShortText | None = None
    currency: Currency | None = None
    value: Number | None = None
    valid_until: Day | None = None
    updated_at: Moment | None = None


class _Wish(_Told):
    slot: Id | None = None
    issue_date: Day | None = None
    due_date: Day | None = None
    due_in_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    number: ShortText | None = None
    memo: LongText | None = None
    draft: bool | None = None


class _AnyData(_Told):
    """What the data of every kind may name, so that the keys of its stream are read in one way."""

    crm: Annotated[str, BeforeValidator(_crm_name)] | None = None


class _SaleData(_AnyData):
    organization: _Contact | None = None
    person: _Contact | None = None
    lines: Annotated[list[_Line], Field(max_length=MOST_LINES)] | None = None
    discounts: Annotated[list[_Discount], Field(max_length=1_000)] | None = None
    invoice: _Wish | None = None
    custom: dict[str, Any] | None = None


class _DealData(_SaleData):
    deal: _Deal


class _QuoteData(_SaleData):
    quote: _Quote | None = None
    deal: _Deal | None = None


class _AskData(_SaleData):
    ask: Ask
    deal: _Deal | None = None
    slot: Id | None = None
    invoice_id: Id | None = None
    connection: Id | None = None


class _ProductData(_AnyData):
    product: _KnownProduct


class _OrganizationData(_AnyData):
    organization: _KnownContact


class _PersonData(_AnyData):
    person: _KnownContact


class _CloudEvent(_Told):
    """https://github.com/cloudevents/spec/blob/main/cloudevents/spec.md, with the extensions we read."""

    specversion: Literal["1.0"]
    id: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    source: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    type: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    subject: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)] | None = None
    time: Moment | None = None
    sequence: Order | None = None
    resourceversion: Order | None = None
    correlationid: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)] | None = None
    data: Any = None


class _PlainWebhook(_Told):
    """The payload that the Standard Webhooks specification recommends; its id stands in the header alone."""

    type: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
    timestamp: Moment
    data: Any = None


_ShapeT = TypeVar("_ShapeT", bound=_Told)


# ---- what each type is about: the shape of its data, and the stream it belongs to

StreamOf = Callable[[str, str, Mapping[str, Any]], str]


def _deal_stream(company: str, crm: str, told: Mapping[str, Any]) -> str:
    return keys.deal_stream(company, crm, told["deal"]["id"])


def _product_stream(company: str, crm: str, told: Mapping[str, Any]) -> str:
    return keys.product_stream(company, crm, told["product"]["id"])


def _organization_stream(company: str, crm: str, told: Mapping[str, Any]) -> str:
    return keys.contact_stream(company, crm, "organization", told["organization"]["id"])


def _person_stream(company: str, crm: str, told: Mapping[str, Any]) -> str:
    return keys.contact_stream(company, crm, "person", told["person"]["id"])


def _quote_stream(company: str, crm: str, told: Mapping[str, Any]) -> str:
    """A quote of a deal is decided with the deal."""
    if told.get("deal"):
        return _deal_stream(company, crm, told)
    quote_id = (told.get("quote") or {}).get("id")
    if quote_id is None:
        raise Malformed([Fault("/data/quote/id", "required", "A quote is told by its id, or by its deal's.")])
    return keys.quote_stream(company, crm, quote_id)


def _ask_stream(company: str, crm: str, told: Mapping[str, Any]) -> str:
    if told.get("deal"):
        return _deal_stream(company, crm, told)
    if told.get("invoice_id") is None:
        raise Malformed([Fault("/data/deal/id", "required", "An ask names a deal, or an invoice by `invoice_id`.")])
    return keys.invoice_stream(company, told.get("connection") or "default", told["invoice_id"])


@dataclass(frozen=True)
class _Kind:
    """The shape of a type's data, the stream it belongs to, and the member whose `updated_at` orders it ('': none)."""

    shape: type[_AnyData]
    stream_of: StreamOf
    subject: str


_DEAL = _Kind(_DealData, _deal_stream, "deal")
_PRODUCT = _Kind(_ProductData, _product_stream, "product")
_ORGANIZATION = _Kind(_OrganizationData, _organization_stream, "organization")
_PERSON = _Kind(_PersonData, _person_stream, "person")
_QUOTE = _Kind(_QuoteData, _quote_stream, "quote")

TYPES: Mapping[str, _Kind] = {
    "crm.deal.created": _DEAL,
    "crm.deal.updated": _DEAL,
    "crm.deal.won": _DEAL,
    "crm.deal.lost": _DEAL,
    "crm.deal.reopened": _DEAL,
    "crm.deal.deleted": _DEAL,
    "crm.product.upserted": _PRODUCT,
    "crm.product.deleted": _PRODUCT,
    "crm.organization.upserted": _ORGANIZATION,
    "crm.organization.deleted": _ORGANIZATION,
    "crm.person.upserted": _PERSON,
    "crm.person.deleted": _PERSON,
    "crm.quote.published": _QUOTE,
    "crm.quote.accepted": _QUOTE,
    "crm.quote.expired": _QUOTE,
    "crm.invoice.requested": _Kind(_AskData, _ask_stream, ""),
}


# ---- reading


def parse(body: bytes, *, delivery_id: str, company_id: str, received_at: datetime) -> Delivery:
    """What a verified body says, with ids as text and no floats; raises Malformed with every fault and its pointer.

    `delivery_id` is the webhook-id of the headers. `order` compares as text: `1:` and the event's `resourceversion` or
    else `sequence` (digits padded to 20), which is above `0:` and the UTC time of `updated_at` or else of the event
    (microseconds), because a teller that counts is right where its clock may not be. Empty when it told neither.
    """
    told = _read_object(body)
    plain = "specversion" not in told and "timestamp" in told
    faults: list[Fault] = []
    envelope: _CloudEvent | _PlainWebhook | None = (
        _checked(_PlainWebhook, told, (), faults) if plain else _checked(_CloudEvent, told, (), faults)
    )
    if not plain and isinstance(told.get("id"), str) and told["id"] != delivery_id:
        faults.append(Fault("/id", "id_mismatch", "The webhook-id header and `id` are the same."))
    if not 0 < len(delivery_id) <= LONGEST_ID:
        faults.append(Fault("", "id_length", f"The webhook-id has 1 to {LONGEST_ID} characters."))

    kind = TYPES.get(told["type"]) if isinstance(told.get("type"), str) else None
    content: Mapping[str, Any] = {}
    stream = keys.joined("ignored", company_id)
    if kind is not None and "data" not in told:
        faults.append(Fault("/data", *_REQUIRED))
    elif kind is not None and (checked := _checked(kind.shape, told["data"], ("data",), faults)) is not None:
        content = checked.model_dump(exclude_unset=True)
        try:
            stream = kind.stream_of(company_id, content.get("crm") or "generic", content)
        except Malformed as error:
            faults.extend(error.faults)
    if faults or envelope is None:
        raise Malformed(faults[:MOST_FAULTS])

    payload = envelope.model_dump(exclude_unset=True)
    if kind is not None:
        payload["data"] = content
    counted = None
    if isinstance(envelope, _CloudEvent):
        source, time, correlation_id = envelope.source, envelope.time, envelope.correlationid
        counted = envelope.resourceversion or envelope.sequence
    else:
        source, time, correlation_id = PLAIN_SOURCE, envelope.timestamp, None
    subject = (content.get(kind.subject) or {}) if kind is not None else {}
    return Delivery(
        source=keys.crm_source(company_id, source),
        delivery_id=delivery_id,
        kind=envelope.type,
        stream=stream,
        queue=QUEUE,
        payload=_without_fractions(payload),
        occurred_at=(_instant(time) if time else None) or received_at,
        company_id=company_id,
        lane=keys.company_lane(company_id),
        order=_order(counted, subject.get("updated_at") or time),
        correlation_id=correlation_id or delivery_id,
        content_hash=content_hash(told),
        ignored=kind is None,
    )


def content_hash(told: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of what an event says as parsed JSON: its type, subject and data, whatever the order and
    spacing of its members. Told again under the same id it must be the same; 1 and "1" are not the same.
    """
    said = [told.get("type"), told.get("subject"), told.get("data")]
    canonical = json.dumps(
        said,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        default=lambda fraction: {"number": str(fraction)},
    )
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _order(counted: str | None, at: str | None) -> str:
    if counted is not None:
        return "1:" + (counted.zfill(20) if counted.isdigit() else counted)
    moment = _instant(at) if at else None
    return "0:" + moment.isoformat(timespec="microseconds").replace("+00:00", "Z") if moment else ""


def _read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body, fractions as Decimal; raises Malformed for whatever cannot be read or stored."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed([Fault("", "not_utf8", "The body is UTF-8.")]) from None
    try:
        told = json.loads(text, parse_float=_fraction, parse_constant=_no_constant)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise Malformed([Fault("", "not_json", "The body is JSON.")]) from None
    if not isinstance(told, dict):
        raise Malformed([Fault("", "not_an_object", "The body is one JSON object.")])
    if _deeper_than(DEEPEST, told):
        raise _too_deep()
    # Only an escape brings these into a body that is UTF-8 and JSON, and hardly any body has one.
    if re.search(r"\\u(0000|[dD][89a-fA-F])", text) and (odd := list(_unstorable(told, ()))):
        raise Malformed(odd[:MOST_FAULTS])
    return told


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what a Decimal holds
        raise ValueError("a number out of range") from None


def _no_constant(_text: str) -> Never:
    # NaN and the infinities are Python's, not JSON's.
    raise ValueError("not JSON")


def _too_deep() -> Malformed:
    return Malformed([Fault("", "too_deep", f"The body nests at most {DEEPEST} levels.")])


def _deeper_than(levels: int, value: object) -> bool:
    layer = [value]
    for _ in range(levels):
        layer = [inner for each in layer for inner in _inner_values(each) if isinstance(inner, (dict, list))]
        if not layer:
            return False
    return True


def _inner_values(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _unstorable(value: object, place: tuple[str | int, ...]) -> Iterator[Fault]:
    """Text that PostgreSQL cannot keep: a NUL, or half of a surrogate pair."""
    if isinstance(value, str) and _UNSTORABLE.search(value):
        yield Fault(_pointer(place), "unstorable_text", "Text holds neither NUL nor half of a surrogate pair.")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _unstorable(each, (*place, index))
    elif isinstance(value, dict):
        for name, each in value.items():
            if _UNSTORABLE.search(name):
                yield Fault(
                    _pointer(place), "unstorable_text", "A name holds neither NUL nor half of a surrogate pair."
                )
            else:
                yield from _unstorable(each, (*place, name))


def _without_fractions(value: Any) -> Any:
    """The same, with decimal text for every JSON number that has a fraction."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {name: _without_fractions(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_without_fractions(each) for each in value]
    return value


def _checked(shape: type[_ShapeT], told: object, place: tuple[str | int, ...], faults: list[Fault]) -> _ShapeT | None:
    """What was told in its shape, or None with what is wrong added to the faults."""
    try:
        return shape.model_validate(told)
    except ValidationError as error:
        faults.extend(_fault(each, place) for each in error.errors(include_url=False, include_input=False))
        return None


_REQUIRED = ("required", "This member is required.")
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": _REQUIRED,
    "string_type": ("not_text", "This is text."),
    "string_too_long": ("too_long", "This has at most {max_length} characters."),
    "string_too_short": ("empty", "This is not empty."),
    "bool_type": ("not_true_or_false", "This is true or false."),
    "int_type": ("not_an_integer", "This is a whole number."),
    "greater_than_equal": ("out_of_range", "This is at least {ge}."),
    "less_than_equal": ("out_of_range", "This is at most {le}."),
    "list_type": ("not_a_list", "This is a list."),
    "too_long": ("too_many", "This has at most {max_length} elements."),
    "dict_type": ("not_an_object", "This is an object."),
    "model_type": ("not_an_object", "This is an object."),
    "literal_error": ("not_one_of", "This is one of {expected}."),
}


def _fault(error: ErrorDetails, place: tuple[str | int, ...]) -> Fault:
    """One of pydantic's errors in our words, none of which repeats what was told."""
    pointer = _pointer((*place, *error["loc"]))
    if error["type"] in _WORDS:
        code, sentence = _WORDS[error["type"]]
        return Fault(pointer, code, sentence.format(**error.get("ctx", {})))
    return Fault(pointer, error["type"], error["msg"])


def _pointer(place: tuple[str | int, ...]) -> str:
    """RFC 6901."""
    return "".join("/" + str(each).replace("~", "~0").replace("/", "~1") for each in place)
