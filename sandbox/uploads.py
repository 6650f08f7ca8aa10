"""Files that are attached: reading a multipart upload, and handing a file back by a link that needs no token."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from sandbox import refusals
from sandbox.answers import Answer, as_json, fault_json
from sandbox.calls import Call
from sandbox.company import Company
from sandbox.entities import KINDS
from sandbox.entities.attachable import CONTENT
from sandbox.numbers import Json, read_json
from sandbox.refusals import Refusal
from sandbox.world import World
from sandbox.writes import operation_of, perform

FILES = "files"
PLAIN = "text/plain;charset=UTF-8"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """One part of a multipart body; `name` is the form's, as file_content_01."""

    name: str
    headers: dict[str, str]
    content: bytes

    @property
    def number(self) -> str:
        """What ties a file to its metadata: the digits behind the last underscore."""
        return self.name.rpartition("_")[2]

    @property
    def file_name(self) -> str:
        return _said(self.headers, "filename")


def store(world: World, company: Company, call: Call) -> list[Json]:
    """The AttachableResponse: an Attachable, or a Fault, for each file by itself. Raises 6041 for what is no upload."""
    parts = read_parts(call)
    metadata = {part.number: part for part in parts if part.name.startswith("file_metadata")}
    files = [part for part in parts if part.name.startswith("file_content")]
    if not files:
        raise refusals.bad_upload()
    return [_stored(world, company, call, file, metadata.get(file.number)) for file in files]


def link(company: Company, id: str, base: str) -> Answer:
    """Where a file can be fetched for a while, as plain text; 610 when there is none."""
    record = company.find("Attachable", id)
    if record is None or CONTENT not in record:
        raise refusals.not_found()
    return Answer(200, f"{base}{_path(company, record)}".encode(), PLAIN)


def fetch(world: World, call: Call) -> Answer:
    """The file behind a link: /files/<realm>/<id>/<key>/<name>."""
    parts = call.parts
    company = world.companies.get(parts[1]) if len(parts) == 5 else None
    record = company.find("Attachable", parts[2]) if company else None
    if company is None or record is None or CONTENT not in record or parts[3] != _key(company, record):
        return as_json({"error": "not_found"}, 404)
    sort = record.get("ContentType", "application/octet-stream")
    return Answer(200, base64.b64decode(record[CONTENT]), sort.replace("\r", "").replace("\n", ""))


def read_parts(call: Call) -> list[Part]:
    """The parts of a multipart body; published clients end their lines with or without a carriage return."""
    found = _BOUNDARY.search(call.headers.get("content-type", ""))
    if found is None:
        raise refusals.bad_upload()
    pieces = call.body.split(b"--" + found.group(1).encode("latin-1", "replace"))
    # What stands before the first boundary and behind the last is not a part.
    parts = [_part(piece) for piece in pieces[1:] if not piece.startswith(b"--")]
    return [part for part in parts if part is not None]


def _part(piece: bytes) -> Part | None:
    ended = re.search(rb"\r?\n[ \t]*\r?\n", piece)
    if ended is None:
        return None
    lines = piece[: ended.start()].decode("utf-8", "replace").splitlines()
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}
    content = re.sub(rb"\r?\n\Z", b"", piece[ended.end() :])
    if headers.get("content-transfer-encoding", "").lower() == "base64":
        content = _decoded(content)
    return Part(_said(headers, "name"), headers, content)


def _said(headers: dict[str, str], name: str) -> str:
    """What a part's disposition says under a name; what stands in quotes may hold a semicolon."""
    found = re.search(rf'\b{name}=(?:"([^"]*)"|([^";]+))', headers.get("content-disposition", ""), re.IGNORECASE)
    return (found.group(1) or found.group(2) or "") if found else ""


def _decoded(content: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(content.split()), validate=True)
    except binascii.Error:
        raise refusals.bad_upload() from None


def _stored(world: World, company: Company, call: Call, file: Part, metadata: Part | None) -> Json:
    kind = KINDS["Attachable"]
    try:
        told = _told(file, metadata)
        with company.lock:
            change = world.change(company)
            done = perform(change, kind, operation_of(kind, told, call.params), told)
            held = change.get(kind.name, done["Id"])
            content = base64.b64encode(file.content).decode()
            uri = f"/v3/company/{company.realm}/download/{held['Id']}"
            temporary = f"{call.base}{_path(company, held)}"
            own = {"Size": Decimal(len(file.content)), "FileAccessUri": uri, "TempDownloadUri": temporary}
            kept = change.touch(kind, held, **own, **{CONTENT: content})
            world.commit(change)
    except Refusal as refusal:
        return {"Fault": fault_json(refusal)}
    return {kind.name: kind.shown(kept)}


def _told(file: Part, metadata: Part | None) -> Json:
    """What the caller tells of a file; what its metadata leave out, its part says."""
    try:
        told = read_json(metadata.content.decode("utf-8")) if metadata else {}
    except (ValueError, RecursionError):
        raise refusals.malformed("The metadata is not JSON") from None
    if not isinstance(told, dict):
        raise refusals.malformed("Can not deserialize instance of Attachable")
    named = {name: value for name, value in told.items() if value not in (None, "")}
    return {"FileName": file.file_name or "file", "ContentType": file.headers.get("content-type"), **named}


def _path(company: Company, record: Json) -> str:
    name = quote(record.get("FileName", "file"), safe="")
    return f"/{FILES}/{company.realm}/{record['Id']}/{_key(company, record)}/{name}"


def _key(company: Company, record: Json) -> str:
    """Hard to guess for nobody here; it only has to look like a signed link and be the same each time."""
    told = f"{company.realm}/{record['Id']}/{record['MetaData']['CreateTime']}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]
