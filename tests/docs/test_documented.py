"""The documentation has a place for everything that is public, and names nothing that is not there."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from sqlalchemy import inspect

from config.settings import PREFIX, Settings, load_settings
from models.domain.mappings import PARTS
from models.domain.statuses import Status
from models.records import crm_views, history, migrate
from models.records.database import Database
from models.records.schema import metadata
from sandbox import acts, faults, switches
from sandbox.calls import Call
from sandbox.controls import _CONTROLS
from sandbox.refusals import WrongControl
from sandbox.world import Options, World
from tests.sandbox import coverage
from webhooks.app import create_app
from webhooks.cli import dealbooks
from webhooks.metrics import REGISTRY
from worker.actions.answer_request import ASKS as ANSWERED_ASKS
from worker.actions.settle_attention import CHOICES
from worker.broker import InProcessBroker, Ring
from worker.crm import generic
from worker.wiring import wire

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PACKAGES = ("config", "models", "worker", "webhooks", "sandbox")
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])

COMMON_OPTIONS = {"--data", "--json", "--help"}
LIST_OPTIONS = {"--company", "--state", "--since", "--limit"}


# ---------------------------------------------------------------- reading the pages


@dataclass(frozen=True)
class Section:
    """A heading, and the text under it down to the next one of any level."""

    level: int
    title: str
    text: str


def sections(page: Path) -> list[Section]:
    found: list[Section] = []
    title, level, lines = "", 0, list[str]()
    fenced = False
    for line in page.read_text("utf-8").splitlines():
        fenced = fenced != line.startswith("```")
        heading = None if fenced else re.match(r"(#{1,6}) (.+)", line)
        if heading is None:
            lines.append(line)
            continue
        found.append(Section(level, title, "\n".join(lines)))
        level, title, lines = len(heading[1]), heading[2].strip().strip("`"), []
    return [*found[1:], Section(level, title, "\n".join(lines))]


def headings(page: str, level: int, beginning: str = "") -> list[str]:
    return [each.title for each in sections(DOCS / page) if each.level == level and each.title.startswith(beginning)]


def under(page: str, title: str) -> str:
    return next(each.text for each in sections(DOCS / page) if each.title == title)


def within(page: str, level: int, title: str) -> list[Section]:
    """The sections below a heading, down to the next of its level."""
    found: list[Section] = []
    inside = False
    for each in sections(DOCS / page):
        if each.level <= level:
            inside = each.title == title
        elif inside:
            found.append(each)
    return found


def first_column(text: str) -> list[str]:
    """The `words` in the first column of the tables of a text."""
    cells = re.findall(r"^\| ([^|]*)\|", text, re.MULTILINE)
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def same(documented: list[str], real: set[str]) -> None:
    """Each stands there once, and nothing else does."""
    assert sorted(documented) == sorted(real)


# ---------------------------------------------------------------- reading the code


def sources(*packages: str) -> Iterator[tuple[Path, ast.Module]]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


def constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def choices_in_the_code() -> dict[str, set[str]]:
    """Every reason a Problem is made with, and what it lets a person choose.

    A refusal of QuickBooks is given reason and choices by the returns of a function.
    """
    found: dict[str, set[str]] = {}
    for path, tree in sources("models", "worker"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem":
                told = {each.arg: each.value for each in node.keywords}
                reason, choices = constant(told["reason"]), told.get("choices")
            elif path.name == "refusals.py" and isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                reason, choices = constant(node.value.elts[0]), node.value.elts[2]
            else:
                continue
            if reason is not None:
                found.setdefault(reason, set()).update(ast.literal_eval(choices) if choices else ("retry", "dismiss"))
    return found


def commands(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield " ".join((*before, name)), command


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('docs')}/dealbooks.sqlite3")
    migrate.upgrade(database)
    yield database
    database.dispose()


# ---------------------------------------------------------------- what is public


def test_every_setting_has_its_heading() -> None:
    same(headings("reference/settings.md", 3), {PREFIX + name.upper() for name in Settings.model_fields})


def test_every_setting_that_a_page_names_exists() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}TEST_DATABASE_URL", f"{PREFIX}TEST_REDIS_URL", f"{PREFIX}TEST_CHROMIUM"}
    for page in PAGES:
        assert set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", page.read_text("utf-8"))) <= known, page.name


def test_every_route_has_its_heading(tmp_path: Path) -> None:
    wiring = wire(load_settings({}, data_dir=tmp_path), keys=("k" * 40,), ring=Ring(InProcessBroker()), role="")
    routes = {
        f"{method} {rule.rule}"
        for rule in create_app(wiring).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    same(headings("reference/routes.md", 3), routes)


def test_every_metric_is_named() -> None:
    text = under("reference/routes.md", "GET /metrics")
    documented = {name.partition("{")[0].removesuffix("_total") for name in first_column(text)}
    assert documented == {metric.name for metric in REGISTRY.collect()}


def test_every_command_has_its_heading() -> None:
    same(headings("reference/commands.md", 3), {f"dealbooks {name}" for name, _ in commands(dealbooks)})


@pytest.mark.parametrize(("name", "command"), [pytest.param(*each, id=each[0]) for each in commands(dealbooks)])
def test_a_command_names_all_of_its_options(name: str, command: click.Command) -> None:
    text = under("reference/commands.md", f"dealbooks {name}")
    options = {
        max(parameter.opts, key=len) for parameter in command.params if isinstance(parameter, click.Option)
    } - COMMON_OPTIONS
    if name.endswith(" list"):
        options -= LIST_OPTIONS
    named = set(re.findall(r"--[a-z][a-z-]*", text))
    assert options <= named, "an option is missing"
    others = {option for _, each in commands(dealbooks) for parameter in each.params for option in parameter.opts}
    assert named <= others, "an option is named that no command has"


def commands_shown(text: str) -> list[tuple[str, str]]:
    """Commands in a line of text, and in blocks: there what follows a `$`, or every line where none does."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    typed = [line for block in blocks if "$ " not in block for line in block.splitlines()]
    typed += re.findall(r"^\$ (.+)", text, re.MULTILINE) + re.findall(r"`(dealbooks [^`]+)`", text)
    matches = (re.search(r"(?:^|\s)dealbooks ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?", each) for each in typed)
    return [(match[1], match[2] or "") for match in matches if match]


def test_every_command_that_a_page_shows_exists() -> None:
    known = {name for name, _ in commands(dealbooks)}
    nouns = {name.partition(" ")[0] for name in known}
    shown = set()
    for page in PAGES:
        for noun, verb in commands_shown(page.read_text("utf-8")):
            shown.add(noun)
            assert noun in nouns, f"{page.name}: dealbooks {noun}"
            assert noun in known or f"{noun} {verb}" in known or not verb, f"{page.name}: dealbooks {noun} {verb}"
    assert {"up", "deals", "attention", "proof"} <= shown


def test_the_options_that_commands_share_are_told_once() -> None:
    told = set(first_column(under("reference/commands.md", "Common options")))
    assert {option.partition(" ")[0] for option in told} == (COMMON_OPTIONS | LIST_OPTIONS) - {"--help"}


def test_every_part_of_a_mapping_is_named() -> None:
    text = under("reference/commands.md", "dealbooks mapping set")
    parts = next(line for line in text.splitlines() if line.startswith("Parts: "))
    same(re.findall(r"`([a-z_]+)`", parts), set(PARTS))


@pytest.mark.parametrize("view", crm_views.VIEWS)
def test_every_column_of_a_view_is_told(view: str, database: Database) -> None:
    columns = {column["name"] for column in inspect(database.engine).get_columns(view)}
    tables = under("reference/views.md", view).split("\n\n")
    documented = next(first_column(table) for table in tables if table.startswith("| column"))
    same(documented, columns)


def test_every_view_has_its_heading(database: Database) -> None:
    same(headings("reference/views.md", 2), set(inspect(database.engine).get_view_names()))


def test_everything_that_history_tells_is_told() -> None:
    """Of a line of history, `what` stands in a tuple's first place or is given by name."""
    told = {"created", "needs_attention"}  # given from outside of the module
    for node in ast.walk(ast.parse(Path(history.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
            told |= _texts(node.value.elts[0])
        elif isinstance(node, ast.keyword) and node.arg == "what":
            told |= _texts(node.value)
        elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
            told |= {constant(pair.elts[1]) or "" for pair in node.iter.elts if isinstance(pair, ast.Tuple)}
        elif isinstance(node, ast.FunctionDef):
            told |= {
                constant(default) or ""
                for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
                if argument.arg == "first" and default is not None
            }
    tables = under("reference/views.md", "crm_history").split("\n\n")
    same(next(first_column(table) for table in tables if table.startswith("| what")), told)


def _texts(node: ast.expr) -> set[str]:
    """A text, or either of the two that an `if` chooses between."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) | _texts(node.orelse)
    text = constant(node)
    return {text} if text is not None else set()


def test_every_table_has_its_heading() -> None:
    same(headings("reference/tables.md", 3), set(metadata.tables))


def test_every_status_has_its_place_in_the_order_and_its_heading() -> None:
    same(headings("reference/statuses.md", 3), set(Status))
    assert sorted(first_column(under("reference/statuses.md", "Statuses"))) == sorted(Status)


def test_every_type_of_event_has_its_heading() -> None:
    same(headings("reference/events.md", 3), set(generic.TYPES))


def test_every_ask_is_told_and_only_those_that_are_answered_are_promised() -> None:
    text = under("reference/events.md", "crm.invoice.requested")
    rows = re.findall(r"^\| (`[^|]*`) \| ([^|]*)\|", text, re.MULTILINE)
    asks = {ask: "attention" not in answer for cell, answer in rows for ask in re.findall(r"`([a-z_]+)`", cell)}
    del asks["ask"]
    assert asks == {ask: ask in ANSWERED_ASKS for ask in generic.ASKS}


def test_every_fault_of_an_event_is_told() -> None:
    codes = {code for code, _ in generic._WORDS.values()}
    for node in ast.walk(ast.parse(Path(generic.__file__).read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "_refuse":
                codes.add(constant(node.args[0]) or "")
            elif node.func.id == "Fault" and len(node.args) == 3:
                codes.add(constant(node.args[1]) or "")
    same(first_column(under("reference/events.md", "Faults")), codes - {""})


def test_every_reason_for_attention_has_its_heading() -> None:
    reasons = set(choices_in_the_code())
    assert {"product_not_linked", "customer_name_taken"} <= reasons
    same(headings("how-to/settle-attention.md", 3), reasons)


@pytest.mark.parametrize(("reason", "choices"), choices_in_the_code().items())
def test_the_choices_of_a_reason_are_told(reason: str, choices: set[str]) -> None:
    text = under("how-to/settle-attention.md", reason)
    assert choices <= set(CHOICES)
    same(re.findall(r"`([a-z]+)`", text.rpartition("Choices: ")[2]), choices)


def test_every_choice_is_told() -> None:
    options = first_column(under("how-to/settle-attention.md", "The choices"))
    same(options, set(CHOICES))


# ---------------------------------------------------------------- the sandbox


def test_every_switch_of_the_sandbox_has_its_heading_and_its_settings() -> None:
    found = within("reference/sandbox.md", 2, "Switches")
    same([each.title for each in found], {*switches.SETTINGS, switches.LIFETIME})
    for section in found:
        assert "Evidence" in section.text or "recorded" in section.text, section.title
        for setting in switches.SETTINGS.get(section.title, ()):
            assert f"`{setting}`" in section.text, f"{section.title}: {setting}"


def test_every_switch_is_told_what_hangs_on_it() -> None:
    text = (DOCS / "explanation/guarantees.md").read_text("utf-8")
    # Nothing of ours hangs on these: we send no tax amounts and make no vendors.
    unrelated = {"tax_rounding", "cdc_beyond_30_days", "explicit_tax", "vendor_currency"}
    for name in {*switches.SETTINGS, switches.LIFETIME} - unrelated:
        assert f"sandbox.md#{name}" in text, name


def test_the_tables_of_the_sandbox_are_those_of_today() -> None:
    """`make docs` writes them."""
    page = coverage.PAGE.read_text("utf-8")
    assert coverage.written(page) == page


def test_every_area_of_the_sandbox_has_rules_and_every_switch_has_a_test() -> None:
    rules = coverage.behaviours()
    assert {rule.area for rule in rules} == set(coverage.AREAS)
    assert {rule.switch for rule in rules if rule.switch} == {*switches.SETTINGS, switches.LIFETIME}


def test_every_control_of_the_sandbox_has_its_heading() -> None:
    documented = set(headings("reference/sandbox.md", 3, "GET ")) | set(headings("reference/sandbox.md", 3, "POST "))
    documented |= set(headings("reference/sandbox.md", 3, "DELETE "))
    assert {f"{method} /sandbox/{path}" for method, path in _CONTROLS} <= documented


def test_every_control_that_is_told_answers() -> None:
    """Asked for with a body that makes no sense, a control that is there refuses the body, or just answers."""
    from sandbox import routes

    world = World(Options("US", None, False, True, None, None, None, None))
    realm = world.open_realm(None, None, None, None, None).realm
    told = [each.title for each in within("reference/sandbox.md", 2, "Controls")]
    assert len(told) > len(_CONTROLS)
    try:
        for title in told:
            method, _, path = title.partition(" ")
            call = _call(method, path.replace("<realm>", realm), b"[]" if method == "POST" else b"")
            assert routes.answer(world, call, lambda: None).status in (200, 201, 400), title
    finally:
        world.stop()


def _call(method: str, path: str, body: bytes) -> Call:
    return Call(method=method, path=path, query="", headers={}, body=body)


def test_every_kind_of_fault_and_every_act_is_told() -> None:
    same(first_column(under("reference/sandbox.md", "POST /sandbox/faults")), {"then.kind", *faults.KINDS})
    acted = under("reference/sandbox.md", "POST /sandbox/realms/<realm>/act")
    assert re.findall(r"^\| `([a-z]+)`", acted, re.MULTILINE) == list(acts.ACTS)


def test_a_fault_rule_in_the_documentation_is_one() -> None:
    text = under("reference/sandbox.md", "POST /sandbox/faults")
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert examples
    for example in examples:
        try:
            faults.read_rule(json.loads(example))
        except WrongControl as wrong:
            pytest.fail(str(wrong))


# ---------------------------------------------------------------- rules, links, and what must not stand anywhere


def test_every_rule_that_a_comment_names_is_told() -> None:
    told = {title.split()[0] for title in headings("explanation/rules-of-the-spine.md", 2)}
    assert told == {f"R{number}" for number in range(1, 25)}
    named: set[str] = set()
    for package in (*PACKAGES, "tests"):
        for path in (ROOT / package).rglob("*.py"):
            named |= set(re.findall(r"\bR[1-9][0-9]?\b", path.read_text("utf-8")))
    assert "R5" in named
    assert named <= told


def test_every_rule_says_why() -> None:
    for section in sections(DOCS / "explanation/rules-of-the-spine.md"):
        if section.level == 2:
            assert "*Why:*" in section.text, section.title


def anchors(page: Path) -> set[str]:
    """As a reader of Markdown on the web makes them: small letters, no punctuation, dashes for blanks."""
    titles = [re.sub(r"[`*]", "", section.title) for section in sections(page)]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://", target):
            continue
        name, _, anchor = target.partition("#")
        leads_to = (page.parent / name).resolve() if name else page
        assert leads_to.exists(), target
        assert leads_to.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(leads_to), target


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    for page in DOCS.rglob("*.md"):
        if page != DOCS / "README.md":
            assert f"({page.relative_to(DOCS).as_posix()})" in index, page.name


# Written in pieces, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a registry's host": r"\b(pypi\.org|files\.python" + r"hosted\.org|index-" + r"url)\b",
    "a folder of one machine": r"(?<![\w.])/(work|root|tmp/[a-z]|Users)/" + r"\w",
    "a neighbouring folder": r"\.\./" + r"shared\b",
    "something left to do": r"\b(TO" + r"DO|FIX" + r"ME|lorem ipsum)\b",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_holds_nothing_that_must_not_be_told(page: Path) -> None:
    text = page.read_text("utf-8")
    for what, pattern in FORBIDDEN.items():
        assert not re.search(pattern, text), what


def test_nothing_is_told_of_what_this_version_does_not_have() -> None:
    missing = (
        r"Pipedrive|HubSpot|/api/v1|make (chaos|bench)|connections invite|--restored|dealbooks (notices|budget|drift)"
    )
    for page in PAGES:
        assert not re.search(missing, page.read_text("utf-8")), page.name


def test_the_version_in_the_changelog_is_that_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_command_of_make_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in PAGES:
        assert set(re.findall(r"`make ([a-z]+)`", page.read_text("utf-8"))) <= targets, page.name
