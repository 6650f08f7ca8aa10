"""HTTP/1.1 on a raw socket: one call in, one answer out, or the connection cut in the ways that faults ask for."""

import re
import socket
import struct
from http import HTTPStatus
from io import BufferedReader

from sandbox.answers import Answer
from sandbox.calls import Call

LONGEST_LINE = 65_536
MOST_HEADERS = 200
LARGEST_BODY = 32 * 1024 * 1024
DRAIN_S = 2.0
LARGEST_IMPORT = 1024 * 1024 * 1024
_CONTENT_LENGTH = re.compile(r"[0-9]{1,15}")
_CHUNK_LENGTH = re.compile(rb"[0-9A-Fa-f]{1,15}")


class BadRequest(Exception):
    """The bytes are not HTTP that we take; the connection ends after the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def read_call(reader: BufferedReader, connection: socket.socket) -> Call | None:
    """The next call on a connection; None when the caller has gone."""
    line = reader.readline(LONGEST_LINE)
    while line in (b"\r\n", b"\n"):
        line = reader.readline(LONGEST_LINE)
    if not line:
        return None
    if len(line) == LONGEST_LINE:
        raise BadRequest(414)
    try:
        method, target, version = line.decode("latin-1").split()
    except ValueError:
        raise BadRequest(400) from None
    if not version.startswith("HTTP/1."):
        raise BadRequest(505)
    headers = _read_headers(reader)
    if version == "HTTP/1.0":
        headers.setdefault("connection", "close")
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    # A whole realm comes back through a control.
    body = _read_body(reader, headers, LARGEST_IMPORT if target.startswith("/sandbox/") else LARGEST_BODY)
    path, _, query = target.partition("?")
    if path.startswith("http://"):
        path = "/" + path[7:].partition("/")[2]
    return Call(method.upper(), path, query, headers, body)


def write_answer(connection: socket.socket, answer: Answer, keep_alive: bool, head_only: bool = False) -> None:
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Status"
    lines = [f"HTTP/1.1 {answer.status} {reason}", f"content-type: {answer.content_type}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    lines += [f"content-length: {len(answer.body)}", f"connection: {'keep-alive' if keep_alive else 'close'}"]
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    connection.sendall(head if head_only else head + answer.body)


def stays_open(call: Call) -> bool:
    return call.headers.get("connection", "").lower() != "close"


def drain(connection: socket.socket) -> None:
    """Take what the caller still sends, so that closing does not reset the connection under the answer."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(DRAIN_S)
    left = LARGEST_BODY
    while left > 0:
        taken = connection.recv(LONGEST_LINE)
        if not taken:
            return
        left -= len(taken)


def close(connection: socket.socket, reset: bool = False) -> None:
    """End a connection: orderly, or with RST so that the caller sees a reset."""
    try:
        if reset:
            # Lingering for zero seconds makes close() send RST instead of FIN.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


def _read_headers(reader: BufferedReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MOST_HEADERS):
        line = reader.readline(LONGEST_LINE)
        if line in (b"\r\n", b"\n"):
            return headers
        if len(line) == LONGEST_LINE:
            raise BadRequest(431)
        if not line.endswith(b"\n"):
            # The caller went away in the middle: half a call is none.
            raise BadRequest(400)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequest(400)
        headers[name.strip().lower()] = value.strip()
    raise BadRequest(431)


def _read_body(reader: BufferedReader, headers: dict[str, str], largest: int) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _read_chunks(reader, largest)
    length = headers.get("content-length", "0")
    if not _CONTENT_LENGTH.fullmatch(length):
        raise BadRequest(400)
    if int(length) > largest:
        raise BadRequest(413)
    body = reader.read(int(length))
    if len(body) < int(length):
        raise BadRequest(400)
    return body


def _read_chunks(reader: BufferedReader, largest: int) -> bytes:
    body = bytearray()
    while True:
        written = reader.readline(LONGEST_LINE).split(b";")[0].strip()
        if not _CHUNK_LENGTH.fullmatch(written):
            raise BadRequest(400)
        size = int(written, 16)
        if len(body) + size > largest:
            raise BadRequest(413)
        body += reader.read(size)
        if not size:
            # The trailers, which nobody here reads.
            _read_headers(reader)
            return bytes(body)
        reader.readline(LONGEST_LINE)
