"""The query language: from text to rows, with the errors that QuickBooks answers for what it does not understand."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox import refusals
from sandbox.clock import day, read_moment
from sandbox.company import Company
from sandbox.entities import BY_PATH
from sandbox.entities.kind import Kind
from sandbox.numbers import Json, exact

DEFAULT_ROWS, MOST_ROWS = 100, 1000
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    |(?P<word>[A-Za-z_][\w.]*)
    |(?P<op><=|>=|!=|[=<>(),*;]))""",
    re.VERBOSE | re.DOTALL,
)
_OPERATORS = ("=", "<", ">", "<=", ">=")
_KEYWORDS = ("select", "from", "where", "and", "in", "like", "orderby", "order", "startposition", "maxresults")


@dataclass(frozen=True)
class Token:
    """A piece of a query; `column` counts from 1."""

    sort: str
    text: str
    column: int
    line: int = 1

    @property
    def word(self) -> str:
        return self.text.lower() if self.sort in ("word", "op") else ""


@dataclass(frozen=True)
class Condition:
    name: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    name: str
    descending: bool


@dataclass
class Query:
    """A query as it was asked; names are not checked yet."""

    entity: str
    columns: tuple[str, ...] = ()
    count: bool = False
    everything: bool = False
    conditions: list[Condition] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    start: int = 1
    rows: int = DEFAULT_ROWS


def entity_of(text: str) -> str:
    """The entity that a query names, in lower case; empty when it names none."""
    found = re.search(r"\bfrom\s+(\w+)", text, re.IGNORECASE)
    return found.group(1).lower() if found else ""


def parse(text: str) -> Query:
    """Raises 4000 where the text is not a query, 4001 for positions out of range."""
    return _Parser(_tokens(text), text).query()


def run(company: Company, text: str, now: datetime) -> Json:
    """The QueryResponse."""
    query = parse(text)
    kind = BY_PATH.get(query.entity.lower())
    if kind is None:
        raise refusals.query_invalid(f"Invalid context declaration: {query.entity}")
    columns = [_column(kind, name) for name in query.columns]
    if columns and not kind.projectable and not query.everything:
        raise refusals.query_invalid(f"Property {query.columns[0]} not found for Entity {kind.name}")
    found = _matching(company, kind, query, now)
    if query.count:
        return {"totalCount": len(found)}
    found = _sorted(company, kind, query, found)
    page = found[query.start - 1 : query.start - 1 + query.rows]
    if not page:
        return {}
    shown = [kind.shown(record) for record in page]
    if columns and not query.everything:
        shown = [_projected(record, columns) for record in shown]
    answer: Json = {kind.name: shown, "startPosition": query.start, "maxResults": len(shown)}
    return {**answer, "totalCount": len(found)} if kind.counted else answer


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if not text[at:].strip():
            break
        match = _TOKEN.match(text, at)
        if match is None:
            raise _lexical_error(text, at)
        sort = str(match.lastgroup)
        line, column = _place(text, match.start(sort))
        tokens.append(Token(sort, match.group(sort), column, line))
        at = match.end()
    line, column = _place(text, len(text))
    tokens.append(Token("end", "<EOF>", column, line))
    return tokens


def _place(text: str, at: int) -> tuple[int, int]:
    before = text[:at]
    return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


def _lexical_error(text: str, at: int) -> refusals.Refusal:
    at += len(text[at:]) - len(text[at:].lstrip())
    if text[at] == "'":
        line, column = _place(text, len(text))
        return refusals.query_unparsable(
            f'Lexical error at line {line}, column {column}.  Encountered: <EOF> after : "{text[at:]}"'
        )
    line, column = _place(text, at)
    return refusals.query_unparsable(
        f'Lexical error at line {line}, column {column}.  Encountered: "{text[at]}" ({ord(text[at])}), after : ""'
    )


class _Parser:
    """Reads the tokens left to right; `take` moves on."""

    def __init__(self, tokens: list[Token], text: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._text = text

    def query(self) -> Query:
        self._keyword("select")
        columns, count, everything = self._selection()
        self._keyword("from")
        query = Query(self._name(), columns, count, everything)
        if self._take_if("where"):
            query.conditions.append(self._condition())
            while self._take_if("and"):
                query.conditions.append(self._condition())
        if self._order_follows():
            query.orders.append(self._order())
            while self._take_if(","):
                query.orders.append(self._order())
        self._paging(query)
        self._take_if(";")
        if self._next.sort != "end":
            raise self._unexpected()
        return query

    def _selection(self) -> tuple[tuple[str, ...], bool, bool]:
        columns: list[str] = []
        everything = False
        while True:
            if self._take_if("*"):
                everything = True
            elif self._next.word == "count" and self._tokens[self._at + 1].text == "(":
                self._at += 2
                self._keyword("*")
                self._keyword(")")
                return (), True, False
            else:
                columns.append(self._name())
            if not self._take_if(","):
                return tuple(name for name in columns if name != "*"), False, everything

    def _condition(self) -> Condition:
        name = self._name()
        if self._take_if("in"):
            self._keyword("(")
            values = [self._value()]
            while self._take_if(","):
                values.append(self._value())
            self._keyword(")")
            return Condition(name, "in", tuple(values))
        if self._take_if("like"):
            if self._next.sort != "string":
                raise self._unexpected()
            return Condition(name, "like", (self._value(),))
        if self._next.text not in _OPERATORS:
            raise self._unexpected()
        operator = self._take().text
        return Condition(name, operator, (self._value(),))

    def _value(self) -> str:
        token = self._next
        if token.sort == "string":
            self._take()
            return re.sub(r"\\(.)", lambda found: found.group(1), token.text[1:-1], flags=re.DOTALL)
        if token.sort == "number" or token.word in ("true", "false", "current_date"):
            self._take()
            return token.text
        raise self._unexpected()

    def _order_follows(self) -> bool:
        if self._take_if("orderby"):
            return True
        if self._next.word == "order" and self._tokens[self._at + 1].word == "by":
            self._at += 2
            return True
        return False

    def _order(self) -> Order:
        name = self._name()
        descending = self._take_if("desc")
        if not descending:
            self._take_if("asc")
        return Order(name, descending)

    def _paging(self, query: Query) -> None:
        """STARTPOSITION and MAXRESULTS, in either order as recorded live."""
        while self._next.word in ("startposition", "maxresults"):
            wanted = self._take().word
            if self._next.sort != "number":
                raise self._unexpected()
            number = self._take().text
            rows = int(Decimal(number))
            if rows < 1:
                raise refusals.query_invalid(f"value {number} is too small. Min allowed value is 1")
            if wanted == "maxresults" and rows > MOST_ROWS:
                raise refusals.query_invalid(f"value {number} is too large. Max allowed value is {MOST_ROWS}")
            if wanted == "startposition":
                query.start = rows
            else:
                query.rows = rows

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _take_if(self, word: str) -> bool:
        if self._next.word != word:
            return False
        self._at += 1
        return True

    def _keyword(self, word: str) -> None:
        if not self._take_if(word):
            raise self._unexpected()

    def _name(self) -> str:
        token = self._next
        if token.sort != "word" or token.word in _KEYWORDS:
            raise self._unexpected()
        return self._take().text

    def _unexpected(self) -> refusals.Refusal:
        token = self._next
        written = _encountered(token)
        return refusals.query_unparsable(f"Encountered {written} at line {token.line}, column {token.column}.")


def _encountered(token: Token) -> str:
    """As the parser of QuickBooks names a token: a live answer was `" <IDENTIFIER> "TxnDate ""`."""
    if token.sort == "end":
        return '"<EOF>"'
    sorts = {"word": "IDENTIFIER", "string": "STRING", "number": "INTEGER"}
    if token.sort == "op" or token.word in _KEYWORDS:
        return f'" "{token.text}" "{token.text} ""'
    return f'" <{sorts[token.sort]}> "{token.text} ""'


def _column(kind: Kind, name: str) -> str:
    """The property's own spelling; 4001 when the entity has none of that name."""
    for known in kind.shape.fields:
        if known.lower() == name.lower():
            return known
    raise refusals.query_invalid(f"Property {name} not found for Entity {kind.name}")


def _searchable(kind: Kind, name: str) -> str:
    known = _column(kind, name)
    if not kind.shape.fields[known].search:
        raise refusals.query_invalid(f"property '{known}' is not queryable")
    return known


def _projected(record: Json, columns: list[str]) -> Json:
    wanted = {column.split(".")[0] for column in columns}
    return {**{k: v for k, v in record.items() if k in wanted}, "domain": "QBO", "sparse": True}


Test = Callable[[Json], bool]


def _matching(company: Company, kind: Kind, query: Query, now: datetime) -> list[Json]:
    tests: list[Test] = []
    ids: set[str] | None = None
    names = set()
    for condition in query.conditions:
        name = _searchable(kind, condition.name)
        names.add(name)
        if name == "Id" and condition.operator in ("=", "in"):
            wanted = set(condition.values)
            ids = wanted if ids is None else ids & wanted
        else:
            tests.append(_test(company, kind, name, condition, now))
    if kind.hides_inactive and "Active" not in names:
        tests.append(lambda record: record.get("Active") is not False)
    if ids is None:
        rows = company.all(kind.name)
    else:
        rows = [row for row in (company.find(kind.name, id) for id in ids) if row is not None]
    return [row for row in rows if all(test(row) for test in tests)]


def _test(company: Company, kind: Kind, name: str, condition: Condition, now: datetime) -> Test:
    sort = kind.shape.fields[name].sort
    if name == "Id":
        raise refusals.query_invalid(f"Operator {condition.operator} is not supported for property Id")
    if condition.operator == "like":
        return _like(name, sort, condition.values[0])
    read = _reader(company, sort, name)
    wanted = [_wanted(company, sort, value, kind, name, now) for value in condition.values]
    if condition.operator == "in":
        return lambda record: read(record) in wanted
    compare = _COMPARE[condition.operator]
    return lambda record: compare(read(record), wanted[0])


def _like(name: str, sort: str, pattern: str) -> Test:
    """Only % is a wildcard."""
    if sort not in ("text", "part", "ref", "choice"):
        raise refusals.query_invalid(f"Operator LIKE is not supported for property {name}")
    matcher = re.compile(".*".join(re.escape(piece) for piece in pattern.split("%")), re.IGNORECASE | re.DOTALL)
    return lambda record: matcher.fullmatch(_as_text(record.get(name)) or "") is not None


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: left is not None and right is not None and compare(left, right)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": _compared(lambda left, right: left < right),
    ">": _compared(lambda left, right: left > right),
    "<=": _compared(lambda left, right: left <= right),
    ">=": _compared(lambda left, right: left >= right),
}


def _reader(company: Company, sort: str, name: str) -> Callable[[Json], Any]:
    """How a record's value is compared: text without case, numbers by value, times as moments."""
    if sort == "time":
        part = name.split(".")[1]
        return lambda record: _moment(record.get("MetaData", {}).get(part), company)
    if sort == "number":
        return lambda record: None if record.get(name) is None else exact(record[name])
    if sort == "flag":
        return lambda record: bool(record.get(name, False))
    return lambda record: _folded(_as_text(record.get(name)))


def _wanted(company: Company, sort: str, value: str, kind: Kind, name: str, now: datetime) -> Any:
    if value.lower() == "current_date":
        value = day(now, company.zone).isoformat()
    try:
        if sort == "time":
            return read_moment(value, company.zone)
        if sort == "number":
            return exact(value) if value.strip() else None
        if sort == "flag":
            return {"true": True, "false": False}[value.lower()]
        if sort == "date":
            return read_moment(value, company.zone).date().isoformat() if value.strip() else None
    except (ValueError, KeyError):
        raise refusals.query_invalid(f"Invalid value '{value}' for property {name} of Entity {kind.name}") from None
    # A blank string stands for "no value".
    return _folded(value) if value.strip() else None


def _moment(text: str | None, company: Company) -> datetime | None:
    return read_moment(text, company.zone) if text else None


def _as_text(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("value", value.get("Address"))
    return None if value is None else str(value)


def _folded(value: str | None) -> str | None:
    return None if value is None else value.lower()


def _sorted(company: Company, kind: Kind, query: Query, rows: list[Json]) -> list[Json]:
    """As asked; otherwise lists by name and transactions by their last change, newest first: recorded live."""
    if query.orders:
        for order in reversed(query.orders):
            name = _searchable(kind, order.name)
            rows = sorted(rows, key=_sort_key(company, kind, name), reverse=order.descending)
        return rows
    if kind.listed_by:
        return sorted(rows, key=lambda row: str(row.get(kind.listed_by, "")).lower())
    changed = company.changed

    def place(row: Json) -> int:
        at = changed.get((kind.name, row["Id"]))
        return at[1] if at else 0

    return sorted(rows, key=place, reverse=True)


def _sort_key(company: Company, kind: Kind, name: str) -> Callable[[Json], tuple[bool, Any]]:
    if name == "Id":
        return lambda row: (True, (row["Id"].isdigit(), int(row["Id"]) if row["Id"].isdigit() else 0, row["Id"]))
    read = _reader(company, kind.shape.fields[name].sort, name)

    def key(row: Json) -> tuple[bool, Any]:
        value = read(row)
        return (value is not None, value if value is not None else 0)

    return key
