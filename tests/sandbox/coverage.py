"""What the sandbox does as QuickBooks does: its kinds, and its rules read off the markers of their tests.

`python tests/sandbox/coverage.py` writes both tables between their marks in docs/reference/sandbox.md.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = (ROOT / "tests" / "sandbox", ROOT / "tests" / "journeys")
PAGE = ROOT / "docs" / "reference" / "sandbox.md"
OPERATIONS = ("create", "update", "delete", "void", "send")
EVIDENCE = ("documented", "recorded", "reported", "assumed")
AREAS = (
    "Tokens and consent",
    "Request ids",
    "Versions",
    "Full and sparse updates",
    "Ids",
    "Document numbers",
    "Validation",
    "Leniency",
    "Arithmetic",
    "Names and masks",
    "Lists",
    "Invoices",
    "Other sales",
    "Payments and credits",
    "Other transactions",
    "Void, delete, send, PDF",
    "Queries",
    "Change data capture",
    "Batches",
    "Limits",
    "Faults on demand",
    "Notifications",
    "Meter",
    "The wire",
    "Clock",
    "Sample business",
    "Store",
    "The bookkeeper's page",
)


@dataclass(frozen=True)
class Behaviour:
    """One rule, and the test that shows it."""

    area: str
    sentence: str
    evidence: str
    switch: str
    path: str
    test: str


def behaviours() -> list[Behaviour]:
    """Every marked rule, in the order of the areas; ValueError for an area or an evidence that does not exist."""
    found = [each for folder in TESTS for path in sorted(folder.glob("test_*.py")) for each in _marked(path)]
    for each in found:
        if each.area not in AREAS or each.evidence not in EVIDENCE:
            raise ValueError(f"{each.path}: {each.test} has no such area or evidence: {each.area!r}, {each.evidence!r}")
    return sorted(found, key=lambda each: AREAS.index(each.area))


def kinds() -> str:
    """The table of what can be written and read, by entity."""
    from sandbox.entities import KINDS

    heads = [*OPERATIONS, "change data capture"]
    lines = [f"| entity | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    for kind in KINDS.values():
        can = [operation in kind.operations for operation in OPERATIONS]
        told = " | ".join("yes" if each else "" for each in (*can, kind.in_cdc))
        lines.append(f"| {kind.name} | {told} |")
    return "\n".join(lines)


def rules() -> str:
    """The table of what is shown by which test, and how sure it is."""
    found = behaviours()
    count = Counter(each.evidence for each in found)
    told = ", ".join(f"{count[evidence]} {evidence}" for evidence in EVIDENCE)
    lines = [f"{len(found)} rules: {told}.", ""]
    for area in AREAS:
        of_area = [each for each in found if each.area == area]
        if of_area:
            lines += [f"#### {area}", "", "| rule | evidence | switch | test |", "|---|---|---|---|"]
            lines += [_row(each) for each in of_area]
            lines.append("")
    return "\n".join(lines).rstrip()


TABLES = {"kinds": kinds, "rules": rules}


def written(page: str) -> str:
    """The page with the tables of today between their marks."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        before, rest = page.split(begin)
        _, after = rest.split(end)
        page = f"{before}{begin}\n{table()}\n{end}{after}"
    return page


def _marked(path: Path) -> Iterator[Behaviour]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.behaviour":
                area, sentence, evidence = (ast.literal_eval(given) for given in mark.args)
                switch = next((ast.literal_eval(given.value) for given in mark.keywords if given.arg == "switch"), None)
                yield Behaviour(area, sentence, evidence, switch or "", str(path.relative_to(ROOT)), node.name)


def _row(each: Behaviour) -> str:
    sentence = re.sub(r"([|<>])", r"\\\1", each.sentence.rstrip("."))
    switch = f"[`{each.switch}`](#{each.switch})" if each.switch else ""
    name = Path(each.path).stem.removeprefix("test_")
    return f"| {sentence} | {each.evidence} | {switch} | [{name}](../../{each.path}) `{each.test}` |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
