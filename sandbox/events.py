"""What a notification tells: which changes are told at all, and how each of the two formats writes them."""

import base64
import hashlib
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.numbers import Json, write_json
from sandbox.switches import Switches

# Intuit's table of entities and operations: Create, Update, Delete, Merge, Void, Emailed.
# TaxCode, TaxRate and CompanyInfo have no webhook.
_TABLE = {
    "Account": "CUDM",
    "Bill": "CUD",
    "BillPayment": "CUDV",
    "Budget": "CU",
    "Class": "CUDM",
    "CompanyCurrency": "CU",
    "CreditMemo": "CUDVE",
    "Currency": "CU",
    "Customer": "CUDM",
    "Department": "CUM",
    "Deposit": "CUD",
    "Employee": "CUDM",
    "Estimate": "CUDE",
    "Invoice": "CUDVE",
    "Item": "CUDM",
    "JournalCode": "CU",
    "JournalEntry": "CUD",
    "Payment": "CUDVE",
    "PaymentMethod": "CUM",
    "Preferences": "U",
    "Purchase": "CUDV",
    "PurchaseOrder": "CUDE",
    "RefundReceipt": "CUDVE",
    "SalesReceipt": "CUDVE",
    "TaxAgency": "CU",
    "Term": "CU",
    "TimeActivity": "CUD",
    "Transfer": "CUDV",
    "Vendor": "CUDM",
    "VendorCredit": "CUD",
}
_OPERATIONS = {"C": "created", "U": "updated", "D": "deleted", "M": "merged", "V": "void", "E": "emailed"}
# "invoice.created" and so on: the boxes that can be ticked on Intuit's page, and the only events there are.
BOXES = frozenset(f"{name.lower()}.{_OPERATIONS[mark]}" for name, marks in _TABLE.items() for mark in marks)
ENTITIES = frozenset(name.lower() for name in _TABLE)
# As the older format names entities and operations.
_OLDER_NAMES = {name.lower(): name for name in _TABLE}
_OLDER_OPERATIONS = {
    "created": "Create",
    "updated": "Update",
    "deleted": "Delete",
    "merged": "Merge",
    "void": "Void",
    "emailed": "Emailed",
}
_SOURCE = "intuit." + base64.b64encode(hashlib.sha256(b"dealbooks sandbox").digest()).decode()
# Intuit's "Send test events" tells of a company that is not connected; two of ours are of types that nobody knows.
TEST_REALM = "1185883450"
_TEST_CHANGES = (
    ("customer", "created"),
    ("invoice", "updated"),
    ("invoice", "void"),
    ("payment", "created"),
    ("changeorder", "updated"),
    ("invoice", "archived"),
)


@dataclass(frozen=True)
class Event:
    """One change to tell. `own`: the app made it through the API, so a subscription without echo skips it.

    `deleted_id` is the record that a merge ended.
    """

    realm: str
    entity: str
    entity_id: str
    operation: str
    at: datetime
    own: bool
    deleted_id: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    nanoseconds: str = field(default_factory=lambda: f"{random.randrange(1000):03}")

    @property
    def box(self) -> str:
        return f"{self.entity}.{self.operation}"


def sample_events(count: int, clock: Clock) -> list[Event]:
    """So many events of a company that nobody has connected, some of unknown types."""
    changes = [_TEST_CHANGES[n % len(_TEST_CHANGES)] for n in range(count)]
    now = clock.now()
    return [
        Event(TEST_REALM, entity, str(n), operation, now, False) for n, (entity, operation) in enumerate(changes, 1)
    ]


def cloudevents(events: Iterable[Event], switches: Switches) -> bytes:
    """An array, perhaps of several realms, as sent since 2026."""
    return write_json([_cloudevent(event, switches) for event in events]).encode()


def older(events: Sequence[Event], _switches: Switches) -> bytes:
    """The `eventNotifications` of before 2026, grouped by realm."""
    by_realm: dict[str, list[Json]] = {}
    for event in events:
        by_realm.setdefault(event.realm, []).append(_older(event))
    told = [{"realmId": realm, "dataChangeEvent": {"entities": entities}} for realm, entities in by_realm.items()]
    return write_json({"eventNotifications": told}).encode()


def _cloudevent(event: Event, switches: Switches) -> Json:
    name = _OLDER_NAMES.get(event.entity, event.entity.capitalize())
    return {
        "specversion": "1.0",
        # Intuit's page of data objects shows ids that end in the entity and its Id.
        "id": event.id if switches["webhook_event_id"] == "uuid" else f"{event.id}-{name}-{event.entity_id}",
        "source": _SOURCE,
        "type": f"qbo.{event.entity}.{event.operation}.v1",
        # Intuit's own samples have it, a test of Intuit's .NET SDK does not.
        **({"datacontenttype": "application/json"} if switches.on("webhook_datacontenttype") else {}),
        "time": _time(event, switches),
        "intuitentityid": event.entity_id,
        "intuitaccountid": event.realm,
        "data": _data(event),
    }


def _time(event: Event, switches: Switches) -> str:
    """Nine digits of a second, as documented, or none, as a test of Intuit's .NET SDK has it."""
    at = event.at.astimezone(UTC)
    if switches["webhook_time"] == "seconds":
        return f"{at:%Y-%m-%dT%H:%M:%S}Z"
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}{event.nanoseconds}Z"


def _data(event: Event) -> Json:
    """Empty but for merges, and for the kinds whose newer ids are told besides."""
    data: Json = {"deletedid": event.deleted_id} if event.deleted_id else {}
    if event.entity in ("employee", "class"):
        # Opaque to callers; made of the realm and the Id, so that it is always the same.
        mark = base64.b64encode(f"v4.1:{event.realm}:{event.entity}".encode()).decode()
        data["alternative_ids"] = [{"id": f"{mark}:{event.entity_id}", "namespace": "Intuit.sbseg.v4"}]
    return data


def _older(event: Event) -> Json:
    told: Json = {
        "name": _OLDER_NAMES.get(event.entity, event.entity.capitalize()),
        "id": event.entity_id,
        "operation": _OLDER_OPERATIONS.get(event.operation, event.operation.capitalize()),
        "lastUpdated": event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    if event.deleted_id:
        told["deletedId"] = event.deleted_id
    return told
