"""Imports point one way, and there is one door for writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("config", "models", "worker", "webhooks", "sandbox")
MAY_IMPORT = {
    "config": {"config"},
    "models": {"config", "models"},
    "worker": {"config", "models", "worker"},
    "webhooks": {"config", "models", "worker", "webhooks"},
    "sandbox": {"sandbox"},
}
COMMAND_LINE = "webhooks/cli/"


def sources(package: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where things come from"
            yield node.module or ""


def top(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("package", OURS)
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    wrong = [
        (path, module)
        for path, tree in sources(package)
        for module in imported(tree)
        if top(module) in OURS and top(module) not in MAY_IMPORT[package]
        if not (path.startswith(COMMAND_LINE) and top(module) == "sandbox")  # only the command line may start it
    ]
    assert wrong == []


def test_the_rules_import_the_standard_library_and_themselves_only() -> None:
    import sys

    wrong = [
        (path, module)
        for path, tree in sources("models/domain")
        for module in imported(tree)
        if top(module) not in sys.stdlib_module_names and not module.startswith("models.domain")
    ]
    assert wrong == []


def test_the_worker_package_itself_is_empty() -> None:
    assert (ROOT / "worker/__init__.py").read_text() == ""


def calls_of(tree: ast.Module, name: str) -> int:
    return sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name
        for node in ast.walk(tree)
    )


def test_only_one_place_in_the_project_writes_to_quickbooks() -> None:
    """`Client.write` is called once, by the books' one door; nothing else posts by the library or by hand."""
    writers = {path: calls_of(tree, "write") for path, tree in sources("worker/quickbooks")}
    assert {path: number for path, number in writers.items() if number} == {"worker/quickbooks/books.py": 1}
    library_writes = ("create_object", "update_object", "delete_object", "misc_operation", "batch_operation", "save")
    found = [
        (path, name)
        for package in ("worker", "webhooks")
        for path, tree in sources(package)
        for name in library_writes
        if calls_of(tree, name)
    ]
    assert found == []


def test_the_door_to_writes_is_called_by_actions_only() -> None:
    callers = [
        path for package in ("worker", "webhooks") for path, tree in sources(package) if calls_of(tree, "perform")
    ]
    assert callers
    assert all(path.startswith("worker/actions/") for path in callers), callers


def test_no_transaction_is_open_while_quickbooks_is_asked() -> None:
    """Nothing inside a `with ...reading/starting/recording/writing` block calls the books or the wire."""
    asking = {"perform", "finish", "query", "read", "write", "batch", "changes_since", "refreshed", "exchange_rate"}
    transactions = {"reading", "starting", "recording", "writing", "_starting", "_recording"}
    wrong = []
    for package in ("worker", "webhooks"):
        for path, tree in sources(package):
            for node in ast.walk(tree):
                if isinstance(node, ast.With) and any(_opens(item, transactions) for item in node.items):
                    wrong += [(path, call) for call in _books_calls(node, asking)]
    assert wrong == []


def _opens(item: ast.withitem, names: set[str]) -> bool:
    call = item.context_expr
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in names


def _books_calls(block: ast.With, asking: set[str]) -> Iterator[str]:
    """Calls such as `books.perform(...)`, `self._client.query(...)`, `oauth.refreshed(...)` within a block."""
    for node in ast.walk(block):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asking:
            owner = ast.unparse(node.func.value)
            if any(word in owner for word in ("books", "client", "oauth", "gate")):
                yield f"{owner}.{node.func.attr}"
