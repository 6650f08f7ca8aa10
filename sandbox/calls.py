"""One HTTP call as it came in."""

from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from sandbox.query import entity_of


@dataclass(frozen=True)
class Call:
    """Header names are in lower case; `query` is the raw text behind the question mark."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @cached_property
    def parts(self) -> list[str]:
        return [unquote(part) for part in self.path.split("/") if part]

    @property
    def realm(self) -> str:
        """The realm of a call to /v3/company; empty for others."""
        parts = self.parts
        return parts[2] if len(parts) > 2 and parts[:2] == ["v3", "company"] else ""

    @cached_property
    def entity(self) -> str:
        """What a call is about, in lower case: the path's entity, or the one that a query names."""
        parts = self.parts
        if not self.realm or len(parts) < 4:
            return ""
        named = parts[3].lower()
        return entity_of(self.query_text) or named if named == "query" else named

    @property
    def query_text(self) -> str:
        """The text of a query: of the URL, or else the body."""
        return self.params.get("query") or self.body.decode("utf-8", "replace")

    @property
    def request_id(self) -> str:
        return self.params.get("requestid", "")

    @property
    def wants_json(self) -> bool:
        return "json" in self.headers.get("accept", "").lower()

    @property
    def base(self) -> str:
        return f"http://{self.headers.get('host', 'localhost')}"
