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
from sandbox.numbers import Json, Written, exact
from sandbox.table import Held, Table, by_number, folded, opened, shown

DEFAULT_ROWS, MOST_ROWS = 100, 1000
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<number>-?\d+(?:\.\d+)?(?![\w.]))
    |(?P<word>[A-Za-z_][\w.]*)
    |(?P<op><=|>=|!=|[=<>(),*;]))""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_CHANGED = "MetaData.LastUpdatedTime"
_OPERATORS = ("=", "!=", "<", ">", "<=", ">=")
_KEYWORDS = ("select", "from", "where", "and", "in", "like", "orderby", "order", "startposition", "maxresults")


@dataclass(frozen=True)
class Token:
    """A piece of a query; `at` is its offset in the text."""

    sort: str
    text: str
    at: int

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


def run(company: Company, text: str, now: datetime, as_text: bool = False) -> Json:
    """The QueryResponse. `as_text` leaves packed records as they are, for `write_json`."""
    query = parse(text)
    kind = BY_PATH.get(query.entity.lower())
    if kind is None:
        raise refusals.query_invalid(f"Invalid context declaration: {query.entity}")
    columns = [_column(kind, name) for name in query.columns]
    if columns and not kind.projectable and not query.everything:
        raise refusals.query_invalid(f"Property {query.columns[0]} not found for Entity {kind.name}")
    search = _Search(company, kind, query, now)
    if query.count:
        return {"totalCount": search.count()}
    rows, total = search.page()
    if not rows:
        return {}
    found: list[Json | Written]
    if columns and not query.everything:
        found = [_projected(kind.shown(opened(held)), columns) for held in rows]
    else:
        found = [shown(kind, held, as_text) for held in rows]
    answer: Json = {kind.name: found, "startPosition": query.start, "maxResults": len(found)}
    return {**answer, "totalCount": total} if kind.counted else answer


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise _lexical_error(text, at)
        sort = str(match.lastgroup)
        tokens.append(Token(sort, match.group(sort), match.start(sort)))
        at = match.end()
    tokens.append(Token("end", "<EOF>", len(text)))
    return tokens


def _place(text: str, at: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
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
                return tuple(columns), False, everything

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
            if self._next.sort != "number" or "." in self._next.text:
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
        line, column = _place(self._text, token.at)
        return refusals.query_unparsable(f"Encountered {_encountered(token)} at line {line}, column {column}.")


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
    """Only the properties asked for, with the marks that every row has."""
    row: Json = {}
    for name, value in record.items():
        inside = [column.partition(".")[2] for column in columns if column.partition(".")[0] == name]
        if inside:
            row[name] = value if "" in inside else {part: value[part] for part in inside if part in value}
    return {**row, "domain": "QBO", "sparse": True}


Test = Callable[[Json], bool]


def _searched(company: Company, kind: Kind, query: Query, now: datetime) -> Table:
    """The records to look through: what is stored, or what the kind works out for this query."""
    asked = {_column(kind, one.name): one.values[0] for one in query.conditions if one.operator == "="}
    worked_out = kind.worked_out(company, asked, now)
    if worked_out is None:
        return company.table(kind)
    table = Table(kind)
    for record in worked_out:
        table.put(record, now)
    return table


class _Search:
    """One query at work: which records it has to look at, which of them fit, and in which order."""

    def __init__(self, company: Company, kind: Kind, query: Query, now: datetime) -> None:
        self._company = company
        self._kind = kind
        self._query = query
        self._now = now
        self._table = _searched(company, kind, query, now)
        self._tests: list[Test] = []
        # Ids that an index gives; None when every record has to be looked at.
        self._ids: list[str] | None = None
        self._hides_inactive = kind.hides_inactive
        for condition in query.conditions:
            self._read(condition)
        self._orders = [(_searchable(kind, order.name), order.descending) for order in query.orders]

    def count(self) -> int:
        if self._ids is None and not self._tests:
            return self._table.active() if self._hides_inactive else len(self._table)
        return len(self._matching())

    def page(self) -> tuple[list[Held], int]:
        """The rows of the page, and how many rows all pages have."""
        first = self._query.start - 1
        if self._ids is None and not self._tests and not self._hides_inactive:
            ids = self._all_in_order()
            if ids is not None:
                page = ids[first : first + self._query.rows]
                return [held for id in page if (held := self._table.held(id)) is not None], len(ids)
        matching = self._matching()
        ids = self._in_order(matching)
        pinned = [id for id in ids if id in self._kind.pinned] if self._kind.pinned else []
        if pinned:
            ids = [id for id in ids if id not in pinned]
        page = pinned + ids[first : first + self._query.rows]
        return [matching[id] for id in page], len(ids) + len(pinned)

    def _read(self, condition: Condition) -> None:
        name = _searchable(self._kind, condition.name)
        self._hides_inactive = self._hides_inactive and name != "Active"
        if name == "Id" and condition.operator in ("=", "in"):
            wanted = dict.fromkeys(condition.values)
            self._tests.append(lambda record: record["Id"] in wanted)
            if self._ids is None or len(wanted) < len(self._ids):
                self._ids = list(wanted)
            return
        self._tests.append(_test(self._company, self._kind, name, condition, self._now))
        ids = self._indexed(name, condition)
        if ids is not None and (self._ids is None or len(ids) < len(self._ids)):
            self._ids = ids

    def _indexed(self, name: str, condition: Condition) -> list[str] | None:
        """The Ids of all records that may fit a condition, if an index knows them."""
        if name == _CHANGED and condition.operator in (">=", ">", "="):
            moment = _wanted(self._company, "time", condition.values[0], self._kind, name, self._now)
            return self._table.changed_since(moment)
        if not self._table.indexes(name) or condition.operator not in ("=", "in"):
            return None
        sort = self._kind.shape.fields[name].sort
        wanted = [_wanted(self._company, sort, value, self._kind, name, self._now) for value in condition.values]
        # An index does not know who has no value.
        return None if None in wanted else self._table.having(name, wanted)

    def _matching(self) -> dict[str, Held]:
        ids = self._table.ids() if self._ids is None else self._ids
        found: dict[str, Held] = {}
        for id in ids:
            held = self._table.held(id)
            if held is not None and self._fits(held):
                found[id] = held
        return found

    def _fits(self, held: Held) -> bool:
        if not self._tests and not self._hides_inactive:
            return True
        record = opened(held)
        if self._hides_inactive and record.get("Active") is False:
            return False
        return all(test(record) for test in self._tests)

    def _all_in_order(self) -> list[str] | None:
        """Every Id in the order asked for, where the table itself knows that order."""
        table = self._table
        if not self._orders and not self._kind.listed_by:
            return table.by_change()[::-1]
        if len(self._orders) != 1:
            return None
        name, descending = self._orders[0]
        if name == _CHANGED:
            ids = table.by_change()
        elif name == "Id" and table.ids_ascend:
            ids = table.ids()
        else:
            return None
        return ids[::-1] if descending else ids

    def _in_order(self, rows: dict[str, Held]) -> list[str]:
        """As asked; otherwise lists by name and transactions by their last change, newest first: recorded live."""
        ids = list(rows)
        if self._orders:
            for name, descending in reversed(self._orders):
                ids.sort(key=self._sort_key(rows, name), reverse=descending)
            return ids
        if self._kind.listed_by:
            return sorted(ids, key=lambda id: str(opened(rows[id]).get(self._kind.listed_by, "")).lower())
        return self._table.in_order_of_change(ids)[::-1]

    def _sort_key(self, rows: dict[str, Held], name: str) -> Callable[[str], Any]:
        if name == "Id":
            return by_number
        read = _reader(self._company, self._kind.shape.fields[name].sort, name)

        def key(id: str) -> tuple[bool, Any]:
            value = read(opened(rows[id]))
            return (value is not None, value if value is not None else 0)

        return key


def _test(company: Company, kind: Kind, name: str, condition: Condition, now: datetime) -> Test:
    sort = kind.shape.fields[name].sort
    if name == "Id":
        raise refusals.query_invalid(f"Operator {condition.operator} is not supported for property Id")
    if condition.operator == "like":
        return _like(name, sort, condition.values[0])
    read = _reader(company, sort, name)
    wanted = [_wanted(company, sort, value, kind, name, now) for value in condition.values]
    if condition.operator == "in":
        any_of = frozenset(wanted)
        return lambda record: read(record) in any_of
    compare = _COMPARE[condition.operator]
    return lambda record: compare(read(record), wanted[0])


def _like(name: str, sort: str, pattern: str) -> Test:
    """Only % is a wildcard."""
    if sort not in ("text", "part", "ref", "choice"):
        raise refusals.query_invalid(f"Operator LIKE is not supported for property {name}")
    pieces = pattern.lower().split("%")
    return lambda record: _reads_as(folded(record.get(name)) or "", pieces)


def _reads_as(value: str, pieces: list[str]) -> bool:
    """Whether the pieces follow each other in the value, from its start to its end, with anything between two of them.

    Not a regular expression: one with many wildcards can take hours over a name, and holds up every other call.
    """
    if len(pieces) == 1:
        return value == pieces[0]
    first, *between, last = pieces
    at, end = len(first), len(value) - len(last)
    if end < at or not value.startswith(first) or not value.endswith(last):
        return False
    for piece in between:
        found = value.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: left is not None and right is not None and compare(left, right)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    # Not on Intuit's page of operators, but in a suite that is published as run against live sandboxes.
    "!=": lambda left, right: left != right,
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
    return lambda record: folded(record.get(name))


def _wanted(company: Company, sort: str, value: str, kind: Kind, name: str, now: datetime) -> Any:
    value = kind.meant(name, value)
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
    return folded(value) if value.strip() else None


def _moment(text: str | None, company: Company) -> datetime | None:
    return read_moment(text, company.zone) if text else None
