"""How much a newcomer must read: the files from the door to the books, and how long our functions are.

    python benchmarks/readability.py

Exits 1 where the path no longer holds: each step must still name the next one in its code.
"""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("config", "models", "worker", "webhooks", "sandbox")

PATH = (
    ("webhooks/receivers.py", "receive_from_crm", "parse"),
    ("worker/crm/generic.py", "parse", None),
    ("webhooks/receivers.py", "_accept", "accept"),
    ("webhooks/inbox.py", "accept", "make_due"),
    ("worker/jobs.py", "_job", "drain"),
    ("worker/handling.py", "drain", "handle"),
    ("worker/handling.py", "_run", "run"),
    ("worker/actions/invoice_deal.py", "invoice_deal", "invoice_slot"),
    ("worker/actions/invoice_deal.py", "invoice_slot", "perform"),
    ("worker/quickbooks/books.py", "perform", "_call"),
    ("worker/quickbooks/client.py", "write", None),
)
"""A won deal, step by step: file, function, and what it calls next (None: it gives a value back)."""

WHY_LONG = {
    "parse": "one check after the other over one envelope, each with a fault of its own",
    "draft_invoice": "one line for each rule, so that all problems are seen to be gathered",
    "first_preferences": "one record of the books, field by field",
    "sales_shape": "one table of fields, a line for each",
    "connect": "one transaction, table by table in the order of the locks",
    "_values": "one row, column by column",
    "told": "two guarded updates of one row: the snapshot and the trigger",
    "read_answer": "every meaning an answer can have, in the order they are told apart",
    "raise_all": "one row, column by column",
}


def functions() -> list[tuple[int, str, str]]:
    """Lines, file and name of every function."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    lines = (node.end_lineno or node.lineno) - node.lineno + 1
                    found.append((lines, path.relative_to(ROOT).as_posix(), node.name))
    return found


def calls(file: str, function: str) -> set[str]:
    """The names that a function of a file calls or hands on."""
    for node in ast.walk(ast.parse((ROOT / file).read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == function:
            inner = ast.walk(node)
            return {
                each.attr if isinstance(each, ast.Attribute) else each.id
                for each in inner
                if isinstance(each, ast.Attribute | ast.Name)
            }
    raise LookupError(f"{file} has no function {function}")


def main() -> int:
    broken = [(file, name, nxt) for file, name, nxt in PATH if nxt is not None and nxt not in calls(file, name)]
    for file, name, nxt in broken:
        print(f"The path is broken: {file}:{name} does not call {nxt}.")
    files = list(dict.fromkeys(file for file, _, _ in PATH))
    print(f"Files opened to follow a won deal from the door to the books: {len(files)} (aim 8)")
    for file in files:
        print(f"  {file}")
    all_functions = functions()
    for title, chosen in (
        ("All functions but migrations", [each for each in all_functions if "migrations" not in each[1]]),
        (
            "Without the sandbox",
            [each for each in all_functions if "migrations" not in each[1] and "sandbox/" not in each[1]],
        ),
    ):
        lengths = sorted(lines for lines, _, _ in chosen)
        ninetieth = lengths[int(len(lengths) * 0.9)]
        print(f"{title}: {len(lengths)}, median {statistics.median(lengths):.0f}, 90th percentile {ninetieth} lines")
    print("The five longest:")
    longest = sorted((each for each in all_functions if "migrations" not in each[1]), reverse=True)[:5]
    for lines, file, name in longest:
        print(f"  {lines:4d}  {file}:{name}  {WHY_LONG.get(name, 'no reason is written down')}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
