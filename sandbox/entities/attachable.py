"""Attachables: notes and files, tied to records or on their own."""

from typing import TYPE_CHECKING

from sandbox import refusals
from sandbox.entities.generic import Generic
from sandbox.entities.kind import entity_shape
from sandbox.fields import Shape, anything, flag, kept, parts, text
from sandbox.numbers import Json

if TYPE_CHECKING:
    from sandbox.changes import Change

# The file itself, in base64; kept with the record and never shown.
CONTENT = "content"
# How callers search for what is tied to a record: kept beside it, flat, and never shown.
_TIED_TYPE, _TIED_ID = "AttachableRef.EntityRef.Type", "AttachableRef.EntityRef.value"
_TIED_TO = Shape(
    "AttachableRef",
    {
        "EntityRef": anything(),
        "IncludeOnSend": flag(),
        "Inactive": flag(),
        "NoRefOnly": flag(),
        "LineInfo": text(),
        "CustomField": anything(),
        "Ex": anything(),
    },
)


class Attachable(Generic):
    name = "Attachable"
    sequence = "Attachable"
    dated = False
    shape = entity_shape(
        "Attachable",
        {
            "AttachableRef": parts(_TIED_TO),
            _TIED_TYPE: kept("text", search=True),
            _TIED_ID: kept("text", search=True),
            "FileName": text(1000, search=True),
            "Note": text(2000, search=True),
            "ContentType": text(100, search=True),
            "Category": text(100, search=True),
            "Tag": text(2000, search=True),
            "Lat": text(),
            "Long": text(),
            "PlaceName": text(2000),
            "Size": kept("number", search=True),
            "FileAccessUri": kept(),
            "TempDownloadUri": kept(),
            "ThumbnailFileAccessUri": kept(),
            "ThumbnailTempDownloadUri": kept(),
            "AttachableEx": kept(),
        },
    )

    def shown(self, record: Json, full: bool = True) -> Json:  # noqa: ARG002
        return {name: value for name, value in record.items() if name not in (CONTENT, _TIED_TYPE, _TIED_ID)}

    def kept_over(self) -> tuple[str, ...]:
        return (CONTENT, "Size", "FileAccessUri", "TempDownloadUri", "FileName", "ContentType")

    def completed(self, change: "Change", fields: Json, old: Json | None) -> Json:
        if "Note" not in fields and "FileName" not in fields and old is None:
            raise refusals.missing("Note")
        sent = [tie for tie in fields.get("AttachableRef", []) if tie.get("EntityRef")]
        ties = [{**tie, "EntityRef": _tied(change, tie["EntityRef"])} for tie in sent]
        return findable({**fields, "AttachableRef": ties}) if ties else fields


def findable(record: Json) -> Json:
    """The attachable with the first record that it is tied to beside it, flat, as callers search by it."""
    first = record["AttachableRef"][0]["EntityRef"]
    return {**record, _TIED_TYPE: first["type"], _TIED_ID: first["value"]}


def _tied(change: "Change", to: object) -> Json:
    """The record that it is tied to; 2500 when there is none."""
    wanted = to if isinstance(to, dict) else {}
    kind, id = str(wanted.get("type", "")), str(wanted.get("value", ""))
    known = next((name for name in change.kinds if name.lower() == kind.lower()), None)
    if known is None or change.find(known, id) is None:
        raise refusals.bad_reference(kind, id)
    return {"value": id, "type": known}
