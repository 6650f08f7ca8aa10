"""Change data capture: what changed since a moment, by kind, deletions last, at most a thousand in all."""

from datetime import datetime, timedelta

from sandbox import refusals
from sandbox.clock import read_moment, stamp
from sandbox.company import Company
from sandbox.entities import BY_PATH
from sandbox.entities.kind import Kind
from sandbox.numbers import Json
from sandbox.switches import Switches

MOST = 1000
LOOK_BACK = timedelta(days=30)


def changes(company: Company, entities: str, since: str, now: datetime, switches: Switches) -> list[Json]:
    """The CDCResponse. `changedSince` is inclusive."""
    names = [name.strip() for name in entities.split(",") if name.strip()]
    if not names:
        raise refusals.missing("entities")
    kinds = [_kind(name) for name in names]
    after = _since(company, since, now, switches)
    groups: list[Json] = []
    left = MOST
    for kind in kinds:
        found = _changed(company, kind, after)[:left]
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
        # A + that was not encoded arrives as a space.
        after = read_moment(since.strip().replace(" ", "+"), company.zone)
    except ValueError:
        raise refusals.bad_date("changedSince", since) from None
    if after < now - LOOK_BACK:
        if switches["cdc_beyond_30_days"] == "refuse":
            raise refusals.business("changedSince lies more than 30 days back.")
        return now - LOOK_BACK
    return after


def _changed(company: Company, kind: Kind, after: datetime) -> list[Json]:
    """MetaData has whole seconds, so a change counts from the start of its second."""
    with company.lock:
        rows = [
            (place, company.records[kind.name][id])
            for (name, id), (at, place) in company.changed.items()
            if name == kind.name and _reached(at, after)
        ]
        gone = [one for one in company.deletions if one.kind == kind.name and _reached(one.at, after)]
    shown = [kind.shown(record) for _, record in sorted(rows, key=lambda row: row[0])]
    return shown + [
        {
            "domain": "QBO",
            "status": "Deleted",
            "Id": one.id,
            "MetaData": {"LastUpdatedTime": stamp(one.at, company.zone)},
        }
        for one in gone
    ]


def _reached(at: datetime, after: datetime) -> bool:
    return at.replace(microsecond=0) >= after.replace(microsecond=0)
