"""Change data capture: what changed since a moment, by kind, deletions last, at most a thousand in all."""

import re
from datetime import datetime, timedelta

from sandbox import refusals
from sandbox.clock import read_moment, stamp
from sandbox.company import Company, Deletion
from sandbox.entities import BY_PATH
from sandbox.entities.kind import Kind
from sandbox.numbers import Json, Written
from sandbox.switches import Switches
from sandbox.table import shown

MOST = 1000
LOOK_BACK = timedelta(days=30)
# A + that was not encoded arrives as a space before the offset.
_PLUS_LOST = re.compile(r"(T\S+) (\d\d:?\d\d)$")


def changes(
    company: Company, entities: str, since: str, now: datetime, switches: Switches, as_text: bool = False
) -> list[Json]:
    """The CDCResponse. `changedSince` is inclusive. `as_text` leaves packed records as they are, for `write_json`."""
    names = [name.strip() for name in entities.split(",") if name.strip()]
    if not names:
        raise refusals.missing("entities")
    kinds = [_kind(name) for name in names]
    after = _since(company, since, now, switches)
    groups: list[Json] = []
    left = MOST
    for kind in kinds:
        found = _changed(company, kind, after, left, as_text)
        left -= len(found)
        group: Json = {kind.name: found, "startPosition": 1, "maxResults": len(found)}
        if kind.counted:
            group["totalCount"] = len(found)
        groups.append(group if found else {})
    return [{"QueryResponse": groups}]


def _kind(name: str) -> Kind:
    kind = BY_PATH.get(name.lower())
    if kind is None or not kind.in_cdc:
        raise refusals.query_invalid(f"Entity {name} is not supported by change data capture")
    return kind


def _since(company: Company, since: str, now: datetime, switches: Switches) -> datetime:
    if not since:
        raise refusals.missing("changedSince")
    try:
        after = read_moment(_PLUS_LOST.sub(r"\1+\2", since.strip()), company.zone)
    except ValueError:
        raise refusals.bad_date("changedSince", since) from None
    if after < now - LOOK_BACK:
        if switches["cdc_beyond_30_days"] == "refuse":
            raise refusals.business("changedSince lies more than 30 days back.")
        return now - LOOK_BACK
    return after


def _changed(company: Company, kind: Kind, after: datetime, most: int, as_text: bool) -> list[Json | Written]:
    """MetaData has whole seconds, so a change counts from the start of its second."""
    table = company.table(kind)
    with company.lock:
        late = table.changed_since(after)[:most]
        found = [held for id in late if (held := table.held(id)) is not None]
        gone = [one for one in company.deletions if one.kind == kind.name and _reached(one.at, after)]
    stubs = [_stub(one, company) for one in gone[: most - len(found)]]
    return [*(shown(kind, held, as_text) for held in found), *stubs]


def _stub(gone: Deletion, company: Company) -> Json:
    changed = {"LastUpdatedTime": stamp(gone.at, company.zone)}
    return {"domain": "QBO", "status": "Deleted", "Id": gone.id, "MetaData": changed}


def _reached(at: datetime, after: datetime) -> bool:
    return at.replace(microsecond=0) >= after.replace(microsecond=0)
