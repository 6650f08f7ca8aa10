"""A seeded fuzz of the sandbox: tens of thousands of calls made from the entities' own shapes, right and wrong.

    python tests/sandbox/fuzz.py --requests 50000 [--seed 7] [--country CA] [--multicurrency]

No call may hang, fail with a 5xx, answer something that cannot be read, or leave the books inconsistent.
"""

import argparse
import base64
import gc
import json
import logging
import random
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).parents[2]))

from sandbox import journal
from sandbox.entities import KINDS
from sandbox.entities.kind import Kind
from sandbox.fields import Field, Shape
from sandbox.server import Sandbox

Json = dict[str, Any]
CONNECTIONS = 4
LOG_KEPT = 300
TIMEOUT_S = 20.0
DEEPEST = 3

WORDS = ("Ann's Shop", "ann's shop", "Work", "A", "", " ", "Ännchen", "商店", "☂😀", "x" * 60, "NET 30", "US", "TAX")
ODD_TEXT = (
    "\x00",
    "\x00number:12",
    "\x00number:1.2.3-",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\u202eevil",
    "<script>alert(1)</script>",
    "'; drop table Invoice; --",
    "\\",
    "a\\'b",
    "a:b\tc\nd",
    "%",
    "%" * 40 + "a",
    "%s%n{0}",
    "../../etc/passwd",
    "\ufeff",
    "\ufffe\uffff",
    "\u0661\u0662",
    "\u00b2",
    "z" * 5000,
    "]]>",
    "2026-02-30",
    "NaN",
    "1e400",
    "0x10",
    "AUTO_GENERATE",
)
# Written into the body as they are, because no encoder would.
RAW_NUMBERS = (
    "1e400",
    "-1e400",
    "1e-400",
    "1E99999999",
    "1e999999999999999999999",
    "9" * 400,
    "9" * 5000,
    "0.1",
    "-0",
    "-0.0",
    "00",
    "1e2",
    "NaN",
    "Infinity",
    "-Infinity",
    "0." + "1" * 300,
    "12345678901234567.89",
)


class Hang(Exception):
    """No answer came in time."""


class Found(AssertionError):
    """The fuzz found something; the text says which call of which seed."""


@dataclass(frozen=True)
class Raw:
    """A piece of JSON text that goes out as it is."""

    text: str


@dataclass(frozen=True)
class Request:
    """`whole` replaces everything: bytes that are perhaps no HTTP at all."""

    method: str = "GET"
    target: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bytes = b""

    def __bytes__(self) -> bytes:
        if self.whole:
            return self.whole
        lines = [f"{self.method} {self.target} HTTP/1.1", "host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"content-length: {len(self.body)}")
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """One keep-alive connection, opened again when the server has ended it."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._rest = b""

    def ask(self, request: Request) -> Reply | None:
        """None when the server ended the connection without an answer. Raises Hang."""
        if self._socket is None:
            self._socket, self._rest = socket.create_connection(self._address, timeout=TIMEOUT_S), b""
        try:
            self._socket.sendall(bytes(request))
            if request.whole:
                self._socket.shutdown(socket.SHUT_WR)
            reply = self._read(request.method == "HEAD")
        except TimeoutError:
            raise Hang(f"no answer within {TIMEOUT_S} s") from None
        except OSError:
            reply = None
        if reply is None or request.whole or reply.headers.get("connection") == "close":
            self.close()
        return reply

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _read(self, head_only: bool) -> Reply | None:
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if head_only else int(headers.get("content-length", "0"))
        while len(self._rest) < length:
            more = self._receive()
            if not more:
                return None
            self._rest += more
        body, self._rest = self._rest[:length], self._rest[length:]
        return Reply(int(first.split()[1]), headers, body)

    def _until(self, mark: bytes) -> bytes | None:
        while mark not in self._rest:
            more = self._receive()
            if not more:
                return None
            self._rest += more
        head, _, self._rest = self._rest.partition(mark)
        return head

    def _receive(self) -> bytes:
        assert self._socket is not None
        return self._socket.recv(262144)


class Failures(logging.Handler):
    """What the server logged as gone wrong; a caller that closed its connection sees nothing of it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(logging.Formatter().format(record))


class Values:
    """Values for fields: mostly of their sort, sometimes of another, sometimes hardly a value."""

    def __init__(self, chance: random.Random, ids: dict[str, list[str]]) -> None:
        self.chance = chance
        self.ids = ids

    def body(self, kind: Kind) -> Json:
        """A whole entity; often with what a usable one of its kind needs."""
        sent: Json = {}
        if self.chance.random() < 0.5:
            sent.update(self._usable(kind))
        names = [name for name in kind.shape.fields if "." not in name]
        for name in self.chance.sample(names, min(len(names), self.chance.choice((0, 0, 1, 2, 3, 8)))):
            sent[name] = self.of(kind.shape.fields[name], 0)
        if self.chance.random() < 0.04:
            sent[self.text()] = self.anything(0)
        return sent

    def of(self, field: Field, depth: int) -> Any:
        if self.chance.random() < 0.15:
            return self.anything(depth)
        match field.sort:
            case "text":
                return self.text()
            case "number":
                return self.number()
            case "flag":
                return self.chance.choice((True, False, "true", "false", "yes", 1))
            case "date":
                return self.date()
            case "time":
                return self.date() + self.chance.choice(("", "T10:00:00-08:00", "T25:00:00Z"))
            case "ref":
                return self.ref()
            case "email":
                return self.chance.choice(("a@example.com", "a@example.com,b@example.com", "a@", self.text()))
            case "choice":
                return self.chance.choice((*field.choices, self.text()))
            case "part":
                return self.part(field.shape, depth)
            case "parts":
                many = self.chance.choice((0, 1, 1, 2, 3, 40))
                return [self.part(field.shape, depth) for _ in range(many if depth == 0 else min(many, 2))]
        return self.anything(depth)

    def part(self, shape: Shape | None, depth: int) -> Any:
        if shape is None or depth >= DEEPEST:
            return {}
        names = [name for name in shape.fields if "." not in name]
        chosen = self.chance.sample(names, min(len(names), self.chance.choice((1, 2, 4, 6))))
        return {name: self.of(shape.fields[name], depth + 1) for name in chosen}

    def anything(self, depth: int) -> Any:
        pick = self.chance.randrange(12)
        if pick < 3:
            return self.text()
        if pick < 5:
            return self.number()
        if pick == 5:
            return Raw(self.chance.choice(RAW_NUMBERS))
        if pick == 6:
            return None
        if pick == 7:
            return self.chance.choice((True, False))
        if pick == 8:
            deep = self.chance.choice((5, 100, 400, 900, 990, 1100))
            return Raw("[" * deep + "]" * deep)
        if pick == 9:
            deep = self.chance.choice((5, 100, 400, 900))
            return Raw('{"a":' * deep + "1" + "}" * deep)
        if depth >= DEEPEST:
            return []
        if pick == 10:
            return [self.anything(depth + 1) for _ in range(self.chance.randrange(3))]
        return {self.text(): self.anything(depth + 1), "value": self.anything(depth + 1)}

    def text(self) -> str:
        if self.chance.random() < 0.3:
            return self.chance.choice(ODD_TEXT)
        if self.chance.random() < 0.4:
            return f"{self.chance.choice(WORDS)} {self.chance.randrange(10**6)}"
        return self.chance.choice(WORDS)

    def number(self) -> Any:
        return self.chance.choice(
            (0, 1, -1, 2.5, 100, 0.005, 1e14, 99999999999, "12.50", "", "-", "1,5", self.chance.randrange(5000) / 100)
        )

    def date(self) -> str:
        year = self.chance.choice((1, 1899, 1999, 2025, 2026, 2026, 2027, 2200, 9999))
        return f"{year:04}-{self.chance.randrange(14):02}-{self.chance.randrange(33):02}"

    def ref(self) -> Any:
        kind = self.chance.choice(list(self.ids) or [""])
        wanted = self.chance.choice((self.id_of(kind), self.id_of(kind), "1", "TAX", "NON", "USD", "EUR", self.text()))
        return self.chance.choice(({"value": wanted}, {"value": wanted}, {"value": wanted, "name": "x"}, wanted, {}))

    def id_of(self, kind: str) -> str:
        known = self.ids.get(kind)
        if known and self.chance.random() < 0.9:
            return self.chance.choice(known)
        return self.chance.choice(("0", "1", "-1", "999999", "x", "1e3", "\u0661", "9" * 30))

    def _usable(self, kind: Kind) -> Json:
        amount = self.chance.randrange(1, 100000) / 100
        customer, item = {"value": self.id_of("Customer")}, {"value": self.id_of("Item")}
        detail = {"ItemRef": item, "TaxCodeRef": {"value": self.chance.choice(("TAX", "NON"))}}
        lines = [{"DetailType": "SalesItemLineDetail", "Amount": amount, "SalesItemLineDetail": detail}]
        name = f"Fuzz {self.chance.randrange(10**9)}"
        if kind.name in ("Invoice", "Estimate", "CreditMemo", "SalesReceipt", "RefundReceipt"):
            return {"CustomerRef": customer, "Line": lines}
        if kind.name == "Payment":
            link = {"TxnId": self.id_of("Invoice"), "TxnType": "Invoice"}
            applied = [{"Amount": amount, "LinkedTxn": [link]}] if self.chance.random() < 0.7 else []
            return {"CustomerRef": customer, "TotalAmt": amount, "Line": applied}
        return {"DisplayName": name, "Name": name, "Type": "Service"} if kind.name == "Item" else {"DisplayName": name}


class Calls:
    """Calls of every sort, weighted by how much of the sandbox they walk through."""

    def __init__(self, chance: random.Random, realm: str, token: str, refresh_token: str) -> None:
        self.chance = chance
        self.realm = realm
        self.token = token
        self.refresh_token = refresh_token
        self.ids: dict[str, list[str]] = {}
        self.tokens: dict[tuple[str, str], str] = {}
        self.values = Values(chance, self.ids)
        self._makers: tuple[tuple[Callable[[], Request], int], ...] = (
            (self.write, 34),
            (self.read, 16),
            (self.query, 22),
            (self.batch, 6),
            (self.cdc, 4),
            (self.send_or_print, 4),
            (self.oauth, 5),
            (self.control, 4),
            (self.page, 4),
            (self.upload, 1),
            (self.astray, 3),
            (self.not_http, 2),
        )

    def next(self) -> Request:
        makers, weights = zip(*self._makers, strict=True)
        maker: Callable[[], Request] = self.chance.choices(makers, weights)[0]
        return maker()

    def learn(self, answer: Any) -> None:
        """Ids and SyncTokens that answers name, for calls that hit something."""
        if not isinstance(answer, dict):
            return
        for name, value in answer.items():
            if name in KINDS:
                for one in value if isinstance(value, list) else [value]:
                    self._learn_one(name, one)
            elif name == "QueryResponse":
                for group in value if isinstance(value, list) else [value]:
                    self.learn(group)

    def _learn_one(self, name: str, one: Any) -> None:
        if not isinstance(one, dict) or not isinstance(one.get("Id"), str):
            return
        known = self.ids.setdefault(name, [])
        if one["Id"] not in known:
            known.append(one["Id"])
            del known[:-40]
        self.tokens[(name, one["Id"])] = str(one.get("SyncToken", "0"))

    def write(self) -> Request:
        kind = self._kind()
        params: dict[str, str] = {}
        body = self.values.body(kind)
        if self.chance.random() < 0.45:
            id = self.values.id_of(kind.name)
            body["Id"] = id
            body["SyncToken"] = self.tokens.get((kind.name, id), "0")
            if self.chance.random() < 0.6:
                body["sparse"] = True
        if self.chance.random() < 0.2:
            params["operation"] = self.chance.choice(("delete", "void", "update", "merge", "DELETE", ""))
        if self.chance.random() < 0.15:
            params["include"] = self.chance.choice(("void", "allowduplicatedocnum", "invoiceLink", "\x00"))
        if self.chance.random() < 0.3:
            params["requestid"] = self.chance.choice((str(self.chance.randrange(300)), "r" * 51, "\u2602", ""))
        return self._call("POST", self._path(kind.path), params, self._bytes(body))

    def read(self) -> Request:
        kind = self._kind()
        path = self._path(kind.path, self.values.id_of(kind.name))
        return self._call(self.chance.choice(("GET", "GET", "GET", "GET", "HEAD", "OPTIONS")), path, {})

    def query(self) -> Request:
        text = self._mutated(self._query_text()) if self.chance.random() < 0.3 else self._query_text()
        raw = text.encode("utf-8", "replace")
        if self.chance.random() < 0.5:
            return self._call("POST", self._path("query"), {}, raw, {"content-type": "application/text"})
        return self._call(self.chance.choice(("GET", "POST")), self._path("query"), {"query": text})

    def batch(self) -> Request:
        items = [self._batch_item(n) for n in range(self.chance.choice((0, 1, 2, 3, 5, 30, 31)))]
        params = {"requestid": str(self.chance.randrange(50))} if self.chance.random() < 0.2 else {}
        body: Any = {"BatchItemRequest": self.chance.choice((items, items, items, items, {}, None))}
        return self._call("POST", self._path("batch"), params, self._bytes(body))

    def cdc(self) -> Request:
        names = self.chance.sample(sorted(KINDS), 3)
        since = self.chance.choice(
            ("2026-11-01", "2026-11-21T00:00:00Z", "0001-01-01", "9999-12-31", self.values.text())
        )
        entities = self.chance.choice((",".join(names), ", ".join(names), ",", self.values.text(), "invoice"))
        return self._call("GET", self._path("cdc"), {"entities": entities, "changedSince": since})

    def send_or_print(self) -> Request:
        kind = self.chance.choice([one for one in KINDS.values() if "send" in one.operations])
        id = self.values.id_of(kind.name)
        # Drawing costs as much as a hundred other calls.
        if self.chance.random() < 0.08:
            return self._call("GET", self._path(kind.path, id, "pdf"), {}, headers={"accept": "application/pdf"})
        to = {"sendTo": self.chance.choice(("a@example.com", "x", self.values.text()))}
        return self._call("POST", self._path(kind.path, id, "send"), to)

    def oauth(self) -> Request:
        basic = {"authorization": "Basic " + base64.b64encode(b"id:secret").decode()}
        pick = self.chance.randrange(7)
        if pick == 0:
            return Request("GET", "/.well-known/openid_configuration")
        if pick == 1:
            headers = {"authorization": f"Bearer {self.token}"}
            return Request(self.chance.choice(("GET", "POST")), "/v1/openid_connect/userinfo", headers)
        if pick == 2:
            body = self._bytes({"token": self.values.anything(2)})
            return Request("POST", "/v2/oauth2/tokens/revoke", {**basic, "content-type": "application/json"}, body)
        if pick == 3:
            asked = {name: self.values.text() for name in ("client_id", "redirect_uri", "scope", "state", "nonce")}
            asked["response_type"] = self.chance.choice(("code", "token", ""))
            if self.chance.random() < 0.6:
                asked.update(client_id="id", redirect_uri="http://localhost/back", response_type="code")
            return Request("GET", "/connect/oauth2?" + _encoded(asked))
        form = {
            "grant_type": self.chance.choice(("refresh_token", "authorization_code", self.values.text())),
            "refresh_token": self.chance.choice((self.refresh_token, self.values.text())),
            "code": self.values.text(),
        }
        given = self.chance.choice((basic, basic, {"authorization": "Basic ???"}, {}))
        return Request("POST", "/oauth2/v1/tokens/bearer", given, _encoded(form).encode())

    def control(self) -> Request:
        """Those that leave the sandbox as it is: wrong ones, and looks."""
        pick = self.chance.randrange(6)
        if pick == 0:
            return Request("GET", self.chance.choice(("/sandbox/switches", "/sandbox/clock", "/sandbox/meter", "/")))
        if pick == 1:
            return Request("GET", "/sandbox/requests?limit=" + self.chance.choice(("0", "3", "-1", "x", "9" * 5000)))
        paths = (
            "/realms",
            "/faults",
            "/clock",
            "/switches",
            "/webhooks",
            f"/realms/{self.realm}/act",
            "/realms/1/import",
        )
        body = self.chance.choice(
            (
                self._bytes(self.values.anything(1)),
                self._bytes({"then": {"kind": self.values.anything(2)}, "match": self.values.anything(2)}),
                self._bytes({"wrong": self.values.anything(1)}),
                self._bytes({"records": self.values.anything(1), "country": "US", "currency": "USD"}),
                b"[" * 100_000,
            )
        )
        return Request("POST", "/sandbox" + self.chance.choice(paths), {}, body if body.strip() else b"[]")

    def page(self) -> Request:
        """What a bookkeeper's browser asks for and posts."""
        kind = self.chance.choice(("invoice", "customer", "payment", "estimate", "creditmemo", "x"))
        id = self.values.id_of({"creditmemo": "CreditMemo"}.get(kind, kind.title()))
        record = f"/app/companies/{self.realm}/{quote(kind)}/{quote(id.encode('utf-8', 'replace'), safe='')}"
        pick = self.chance.randrange(5)
        if pick == 0:
            query = _encoded({"search": self.values.text(), "page": self.chance.choice(("1", "0", "x", "9" * 5000))})
            section = self.chance.choice(("", "/customers", "/payments", "/connection", "/estimates"))
            return Request("GET", f"/app/companies/{self.realm}{section}?{query}", {"accept": "text/html"})
        if pick == 1:
            asked = {"txnId": id, "nameId": id, "companyId": self.chance.choice((self.realm, "x"))}
            name = self.chance.choice(("invoice", "customerdetail", "recvpayment", "spaceship"))
            return Request("GET", f"/app/{name}?{_encoded(asked)}", {"accept": "text/html"})
        if pick == 2:
            act = self.chance.choice(("pay", "edit", "send", "void", "delete", "dance"))
            form = {name: self.values.text() for name in ("amount", "date", "to", "due_date", "note", "email", "qty_1")}
            return Request("POST", f"{record}/{act}", {"accept": "text/html"}, _encoded(form).encode())
        return Request(
            "GET", record + self.chance.choices(("", "/pdf", "?done=pay"), (8, 1, 4))[0], {"accept": "text/html"}
        )

    def upload(self) -> Request:
        boundary, name = "b" * 8, self.chance.choice(("file_metadata_01", "file_content_01", "x"))
        content = self._bytes({"FileName": self.values.text(), "AttachableRef": self.values.anything(1)})
        part = f'content-disposition: form-data; name="{name}"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\n'
        body = b"--" + boundary.encode() + b"\r\n" + part.encode() + content + b"\r\n--" + boundary.encode() + b"--\r\n"
        headers = {"content-type": f"multipart/form-data; boundary={self.chance.choice((boundary, 'c', ''))}"}
        return self._call("POST", self._path("upload"), {}, body, headers)

    def astray(self) -> Request:
        """Wrong tokens, realms, methods and paths."""
        path = self.chance.choice(
            (
                f"/v3/company/{self.realm}",
                f"/v3/company/{self.realm}/",
                f"/v3/company/{self.realm}/spaceship/1",
                f"/v3/company/{self.realm}/invoice/1/2/3/4",
                f"/v3/company/{self.realm}/%00%ff/..",
                "/v3/company//invoice/1",
                "/v3/company/12/invoice/1",
                "/%zz",
                "//",
                "/v3",
                "/x" * 3000,
                f"/v3/company/{self.realm}/query?query=" + "a" * 20000,
                "http://elsewhere/",
                "*",
            )
        )
        method = self.chance.choice(("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "get"))
        bearer = self.chance.choice((self.token, "x", "", self.token + "x", "\xff\xfe"))
        accept = self.chance.choice(("application/json", "application/xml", "*/*", "", "\xff"))
        return Request(method, path, {"authorization": f"Bearer {bearer}", "accept": accept})

    def not_http(self) -> Request:
        line = b"POST /v3/company/1/invoice HTTP/1.1\r\n"
        return Request(
            whole=self.chance.choice(
                (
                    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                    b"\x00" * 100,
                    b"GET\r\n\r\n",
                    b"GET / HTTP/2.0\r\n\r\n",
                    line + b"content-length: -5\r\n\r\n12345",
                    line + b"content-length: 10\r\n\r\n123",
                    line + b"content-length: " + b"9" * 5000 + b"\r\n\r\n",
                    line + b"transfer-encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n",
                    line + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
                    line + b"transfer-encoding: chunked\r\n\r\n5\r\nab",
                    line + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 6000 + b"\r\n",
                    line + b"no colon\r\n\r\n",
                    line + b"a: b\r\n" * 500 + b"\r\n",
                    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                    b"GET / HTTP/1.1\r\nx: " + b"a" * 100_000 + b"\r\n\r\n",
                    b"GET / HTTP/1.1\r\nhost: x",
                    self.chance.randbytes(200),
                )
            )
        )

    def _kind(self) -> Kind:
        if self.chance.random() < 0.4:
            return KINDS[self.chance.choice(("Invoice", "Customer", "Payment", "Item"))]
        return self.chance.choice(list(KINDS.values()))

    def _path(self, *parts: str) -> str:
        written = "/".join(quote(part.encode("utf-8", "replace"), safe="") for part in parts)
        return f"/v3/company/{self.realm}/{written}"

    def _call(
        self, method: str, path: str, params: dict[str, str], body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Request:
        accept = self.chance.choices(("application/json", "application/xml", "*/*"), (90, 5, 5))[0]
        known = {"authorization": f"Bearer {self.token}", "accept": accept, **(headers or {})}
        query = _encoded({**params, "minorversion": "75"})
        if self.chance.random() < 0.02:
            body = self.chance.choice(
                (body[: len(body) // 2], b"\xff\xfe" + body, b'{"a":1,"a":2}', b"[" * 100_000, b"")
            )
        return Request(method, f"{path}?{query}", known, body)

    def _bytes(self, value: Any) -> bytes:
        return _written(value).encode("utf-8", self.chance.choice(("replace", "replace", "surrogatepass")))

    def _batch_item(self, number: int) -> Any:
        pick = self.chance.randrange(5)
        if pick == 0:
            return {"bId": str(number), "Query": self._query_text()}
        if pick == 1:
            return {"bId": str(number), "CDCQuery": self.values.anything(1)}
        if pick == 2:
            return self.values.anything(1)
        kind = self._kind()
        operation = self.chance.choice(("create", "create", "update", "delete", "void", self.values.text()))
        return {"bId": str(number), "operation": operation, kind.name: self.values.body(kind)}

    def _query_text(self) -> str:
        kind = self._kind()
        names = list(kind.shape.fields)
        columns = self.chance.choice(("*", "*", "*", "count(*)", ", ".join(self.chance.sample(names, 2)), "*, Sku"))
        text = f"select {columns} from {kind.name}"
        wheres = [self._condition(kind, names) for _ in range(self.chance.choice((0, 0, 1, 1, 2)))]
        if wheres:
            text += " where " + " and ".join(wheres)
        if self.chance.random() < 0.3:
            text += f" {self.chance.choice(('orderby', 'order by'))} {self.chance.choice(names)}"
            text += self.chance.choice(("", " desc", " ASC"))
        if self.chance.random() < 0.4:
            text += f" startposition {self.chance.choice((0, 1, 2, 50, '9' * 30, '1e9999999', '1.5'))}"
        if self.chance.random() < 0.4:
            text += f" maxresults {self.chance.choice((0, 1, 5, 1000, 1001, '9' * 30))}"
        return text

    def _condition(self, kind: Kind, names: list[str]) -> str:
        name = self.chance.choice((*names, "Id", "Id", "MetaData.LastUpdatedTime"))
        value = self.values.of(kind.shape.fields.get(name, Field("text")), 0)
        literal = self.chance.choice((self.values.id_of(kind.name), "2026-11-21", self.values.text(), str(value)))
        quoted = "'" + literal.replace("\\", "\\\\").replace("'", "\\'") + "'"
        match self.chance.randrange(4):
            case 0:
                return f"{name} in ({', '.join([quoted] * self.chance.choice((1, 2, 200)))})"
            case 1:
                return f"{name} like '%{quoted[1:-1]}%'"
        return f"{name} {self.chance.choice(('=', '<', '>', '<=', '>=', '!='))} {quoted}"

    def _mutated(self, text: str) -> str:
        at = self.chance.randrange(len(text) + 1)
        match self.chance.randrange(5):
            case 0:
                return text[:at]
            case 1:
                return text[:at] + self.values.text() + text[at:]
            case 2:
                return text[:at] + self.chance.choice("'\"();,*=\x00\n\\") + text[at:]
            case 3:
                return text[:at] + text[at + 3 :]
        return text[::-1]


def _encoded(params: dict[str, str]) -> str:
    return urlencode({name: value.encode("utf-8", "replace") for name, value in params.items()})


def _written(value: Any) -> str:
    """JSON in which raw pieces stand as they are."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(k))}:{_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(one) for one in value) + "]"
    # A surrogate goes out as an escape or as itself, by chance of the text.
    return json.dumps(value, ensure_ascii=isinstance(value, str) and len(value) % 2 == 0)


@dataclass
class Outcome:
    """What a run showed."""

    requests: int
    seconds: float
    statuses: Counter[int]
    middle_mib: float
    end_mib: float
    longest_s: float


def run(requests: int, seed: int, go_on: bool = False, country: str = "US", multicurrency: bool = False) -> Outcome:
    """Raises Found, naming seed and call, at the first thing that must not be; with `go_on` prints calls found."""
    # With the log as long as usual the memory would be measured of the log alone.
    usual, journal.KEPT = journal.KEPT, LOG_KEPT
    threads_before, failures = set(threading.enumerate()), Failures()
    logging.getLogger("sandbox").addHandler(failures)
    try:
        with Sandbox(seed=seed, country=country, multicurrency=multicurrency) as books:
            outcome = _drive(books, requests, seed, go_on)
            _check_books(books, seed)
    finally:
        logging.getLogger("sandbox").removeHandler(failures)
        journal.KEPT = usual
    if failures.texts:
        raise Found(f"seed {seed}: {len(failures.texts)} failures were logged, the first: {failures.texts[0]}")
    _check_threads(threads_before, seed)
    return outcome


def _drive(books: Sandbox, requests: int, seed: int, go_on: bool) -> Outcome:
    chance = random.Random(seed)
    grant = books.open_realm()
    calls = Calls(chance, grant["realm"], grant["access_token"], grant["refresh_token"])
    host, port = books.url.removeprefix("http://").split(":")
    wires = [Wire((host, int(port))) for _ in range(CONNECTIONS)]
    for kind in KINDS.values():
        reply = wires[0].ask(calls._call("GET", calls._path("query"), {"query": f"select * from {kind.name}"}))
        if reply and reply.headers.get("content-type", "").startswith("application/json"):
            calls.learn(json.loads(reply.body))
    # The libraries that draw a PDF are loaded by the first.
    wires[0].ask(calls._call("GET", calls._path("invoice", calls.ids["Invoice"][0], "pdf"), {}))
    statuses: Counter[int] = Counter()
    middle, longest, began = _memory(), 0.0, time.monotonic()
    for number in range(requests):
        request = calls.next()
        asked = time.monotonic()
        try:
            reply = wires[number % CONNECTIONS].ask(request)
        except Hang as hang:
            raise _found(seed, number, request, str(hang)) from None
        took = time.monotonic() - asked
        longest = max(longest, took)
        if took > TIMEOUT_S:
            raise _found(seed, number, request, f"the answer took {took:.0f} s")
        if reply is None:
            if not request.whole:
                raise _found(seed, number, request, "the connection ended without an answer")
            continue
        statuses[reply.status] += 1
        try:
            _check(seed, number, request, reply, calls)
        except Found as found:
            if not go_on:
                raise
            print(found, file=sys.stderr)
        if number == requests // 2:
            middle = _memory()
    for wire in wires:
        wire.close()
    return Outcome(requests, time.monotonic() - began, statuses, middle, _memory(), longest)


def _check(seed: int, number: int, request: Request, reply: Reply, calls: Calls) -> None:
    if reply.status >= 500 and not (reply.status == 505 and request.whole):
        raise _found(seed, number, request, f"status {reply.status}: {reply.body[:500]!r}")
    kind = reply.headers.get("content-type", "")
    try:
        if kind.startswith("application/json") and reply.body:
            answer = json.loads(reply.body)
            if b'"10000"' in reply.body:
                raise _found(seed, number, request, f"a system fault: {reply.body[:500]!r}")
            calls.learn(answer)
        elif kind.startswith("application/xml") and reply.body:
            ElementTree.fromstring(reply.body)
    except (ValueError, RecursionError, ElementTree.ParseError) as problem:
        raise _found(seed, number, request, f"unreadable {kind}: {problem}: {reply.body[:500]!r}") from None


def _check_books(books: Sandbox, seed: int) -> None:
    """Balances hold in every realm: what is open of an invoice, and what each customer owes."""
    for realm in [one for one in books.world.companies if one != "1"]:
        company = books.company(realm)
        owed: Counter[str] = Counter()
        for invoice in company.all("Invoice"):
            if not 0 <= invoice["Balance"] <= invoice["TotalAmt"]:
                raise Found(f"seed {seed}: Invoice {invoice['Id']}: {invoice['Balance']} of {invoice['TotalAmt']} open")
            owed[invoice["CustomerRef"]["value"]] += invoice["Balance"]
        for payment in company.all("Payment"):
            owed[payment["CustomerRef"]["value"]] -= payment["UnappliedAmt"]
        for credit in company.all("CreditMemo"):
            owed[credit["CustomerRef"]["value"]] -= credit["RemainingCredit"]
        for customer in company.all("Customer"):
            expected = owed[customer["Id"]]
            if Decimal(customer["Balance"]) != expected:
                raise Found(f"seed {seed}: Customer {customer['Id']} owes {customer['Balance']}, not {expected}")


def _check_threads(before: set[threading.Thread], seed: int) -> None:
    until = time.monotonic() + 5
    while left := [one for one in threading.enumerate() if one not in before and one.name.startswith("sandbox")]:
        if time.monotonic() > until:
            raise Found(f"seed {seed}: threads left over: {left}")
        left[0].join(timeout=0.1)


def _found(seed: int, number: int, request: Request, what: str) -> Found:
    sent = bytes(request)
    shown = repr(sent if len(sent) < 3000 else sent[:1500] + b" ... " + sent[-200:])
    return Found(f"seed {seed}, call {number}: {what}\nsent: {shown}")


def _memory() -> float:
    """Resident, in MiB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description="Fuzz a sandbox of this process.")
    parser.add_argument("--requests", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--go-on", action="store_true", help="print every call found instead of ending at the first")
    parser.add_argument("--country", default="US")
    parser.add_argument("--multicurrency", action="store_true")
    asked = parser.parse_args()
    outcome = run(asked.requests, asked.seed, asked.go_on, asked.country, asked.multicurrency)
    print(
        f"{outcome.requests} calls in {outcome.seconds:.1f} s, seed {asked.seed}; "
        f"statuses {dict(sorted(outcome.statuses.items()))}; longest {outcome.longest_s:.2f} s; "
        f"resident {outcome.middle_mib:.0f} MiB in the middle, {outcome.end_mib:.0f} MiB at the end"
    )


if __name__ == "__main__":
    main()
