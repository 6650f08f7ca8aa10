"""The stage of the demo: on a terminal a table that fills while the story is told, elsewhere plain lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

WIDEST = 96
CURRENCY = "USD"
HEADINGS = ("Deal", "Customer", "Invoice", f"Total {CURRENCY}", f"Still due {CURRENCY}", "Status")
STYLES = {
    "paid": "green",
    "partially_paid": "cyan",
    "ready_to_send": "yellow",
    "open": "yellow",
    "awaiting_payment": "yellow",
    "overdue": "red",
    "void": "dim",
    "waits for you": "bold magenta",
}
RIGHT = ("Invoice", "Total", "Still due")
INDENT, ANSWER = 3, 5


class Stage:
    """Where the story is told. No control codes go anywhere but to a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, markup=False, emoji=False)
        self.console.width = min(self.console.width, WIDEST) if self.console.is_terminal else WIDEST
        self._rows: list[Sequence[str]] = []
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live = Live(self._foot(), console=self.console, auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        self.console.show_cursor(True)

    @property
    def room(self) -> int:
        """How many characters a line of a command's answer may have."""
        return self.console.width - ANSWER

    def title(self, text: str) -> None:
        self._write(Text(text, style="bold"))

    def chapter(self, number: int, title: str) -> None:
        self._write(Text(""))
        self._write(Text(f"{number}  {title}", style="bold cyan"))

    def say(self, sentence: str) -> None:
        self._write(Text(sentence), INDENT)

    def good(self, sentence: str) -> None:
        self._write(Text.assemble(("✓ ", "green"), sentence), INDENT, hanging=2)

    def bad(self, sentence: str) -> None:
        self._write(Text.assemble(("✗ ", "bold red"), sentence), INDENT, hanging=2)

    def command(self, typed: str, answer: Iterable[str]) -> None:
        """A command of ours, as somebody types it, and what it says."""
        self._write(Text.assemble(("$ ", "dim"), (typed, "bold")), INDENT)
        for line in answer:
            self._line(Text(line, style="dim"), ANSWER)

    def facts(self, rows: Iterable[Sequence[str]]) -> None:
        """A few lines in columns."""
        told = [list(row) for row in rows]
        widths = [max(len(cell) for cell in column) for column in zip(*told, strict=True)]
        for row in told:
            self._line(Text("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))), ANSWER)

    def show(self, rows: Sequence[Sequence[str]]) -> None:
        """What the deals look like now."""
        if list(rows) != self._rows:
            self._rows = list(rows)
            if self._live is not None:
                self._live.update(self._foot(), refresh=True)

    def show_for_good(self) -> None:
        """The table once more, to stay where it is."""
        if self._live is not None:
            self._live.update(Text(""), refresh=True)
        with self.console.capture() as captured:
            self.console.print(self._table())
        self._line(Text(""), 0)
        for line in captured.get().splitlines():
            self._line(Text.from_ansi(line), INDENT)

    def _write(self, text: Text, indent: int = 0, hanging: int = 0) -> None:
        """A paragraph, broken between words; no line ends in blanks."""
        lines = text.wrap(self.console, self.console.width - indent - hanging)
        for place, line in enumerate(lines):
            self._line(line, indent + (hanging if place else 0))

    def _line(self, line: Text, indent: int) -> None:
        line.rstrip()
        indented = Text.assemble(" " * indent, line) if line.plain else line
        self.console.print(indented, no_wrap=True, overflow="ignore", crop=False)

    def _foot(self) -> Group:
        return Group(Text(""), Rule("the deals as the CRM reads them", style="dim"), self._table())

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
        for heading in HEADINGS:
            right = heading.startswith(RIGHT)
            table.add_column(heading, justify="right" if right else "left", no_wrap=heading != "Customer")
        for row in self._rows:
            *cells, status = row
            table.add_row(*(Text(cell) for cell in cells), Text(status, style=STYLES.get(status, "")))
        return table


def money(amount: Any, currency: str = "") -> str:
    """`1,900.00 USD`; nothing where there is no amount."""
    if amount is None:
        return ""
    whole, _, cents = str(amount).partition(".")
    return f"{int(whole):,}{'.' + cents if cents else ''} {currency}".rstrip()


def row_of(name: str, deal: Mapping[str, Any] | None, invoice: Mapping[str, Any] | None) -> tuple[str, ...]:
    """One deal as a row of the table, from what the CRM's views say."""
    if deal is None:
        return (name, "", "", "", "", "")
    if invoice is None:
        return (name, "", "", "", "", "waits for you" if deal["attention"] else "won")
    return (
        name,
        str(invoice["customer_name"]),
        str(invoice["number"]),
        money(invoice["total"]),
        money(deal["amount_due"]),
        str(deal["status"]),
    )
