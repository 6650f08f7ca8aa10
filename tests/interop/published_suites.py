"""Runs the integration suites that python-quickbooks and node-quickbooks publish, unchanged, against a sandbox.

    python tests/interop/published_suites.py --python-quickbooks DIR --node-quickbooks DIR

DIR is a checkout of the library; without it the repository is cloned. The libraries and what they need come from PyPI
and npm into a folder that is removed at the end. Exits with 0 when every test of an
entity with full rules passes, and of the others no more fail than may.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stage import CLIENT_ID, CLIENT_SECRET, Sandbox, checkout, environment, npm, python_with

LONGEST_SUITE_S = 240
# Entities whose every published test has to pass, as the suites name them.
FULL_RULES = frozenset(
    (
        *("account", "class", "trackingclass", "companycurrency", "companyinfo", "creditmemo", "customer"),
        *("department", "estimate", "exchangerate", "invoice", "item", "payment", "paymentmethod"),
        *("preferences", "salesreceipt", "taxcode", "taxrate", "term"),
    )
)
# Published tests that cannot pass anywhere, and why.
IMPOSSIBLE = {
    "should create a Charge, get a charge, capture, and refund": "another API, which the library no longer has",
    "should create an Attachable and capture the change": "the library cannot write the time that the test hands it",
    "should fetch ": "made of the empty last line of the suite's list of entities",
}
# The suite names customers and accounts by the second, and counts on books that are not quicker.
SLOWLY = [
    {"match": {"entity": entity, "method": "POST"}, "every": 1, "then": {"kind": "delay", "delay_ms": 1100}}
    for entity in ("customer", "account")
]


@dataclass(frozen=True)
class Outcome:
    """One published test: the entity it is about, in lower case, and why it failed; an empty reason when it passed."""

    entity: str
    name: str
    problem: str

    @property
    def passed(self) -> bool:
        return not self.problem


@dataclass(frozen=True)
class Suite:
    """A published suite: where it is, how it is run, and how many of its tests may fail beside the impossible ones."""

    name: str
    address: str
    run: Callable[[Path, Path, Sandbox], list[Outcome]]
    may_fail: int


def main() -> int:
    wanted = _arguments()
    verdicts = [
        _judge(suite, getattr(wanted, suite.name.replace("-", "_"))) for suite in SUITES if _asked(suite, wanted)
    ]
    return 0 if all(verdicts) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for suite in SUITES:
        parser.add_argument(f"--{suite.name}", type=Path, metavar="DIR", help=f"a checkout of {suite.address}")
    parser.add_argument("--only", choices=[suite.name for suite in SUITES], help="run one of the suites")
    return parser.parse_args()


def _asked(suite: Suite, wanted: argparse.Namespace) -> bool:
    return wanted.only in (None, suite.name)


def _judge(suite: Suite, given: Path | None) -> bool:
    """Run a suite and print what came of it; whether it passes."""
    with tempfile.TemporaryDirectory(prefix="published-") as room, Sandbox() as books:
        folder = Path(room)
        try:
            outcomes = suite.run(checkout(given, suite.address, folder), folder, books)
        except (OSError, subprocess.SubprocessError) as problem:
            print(f"\n{suite.name}: did not come to its end: {problem}")
            return False
    possible = [one for one in outcomes if one.passed or one.name not in IMPOSSIBLE]
    failed = [one for one in possible if not one.passed]
    broken = [one for one in failed if one.entity in FULL_RULES]
    print(f"\n{suite.name}: {len(possible) - len(failed)} of {len(outcomes)} passed.")
    for one in outcomes:
        if not one.passed:
            must = "  (has to pass)" if one in broken else ""
            print(f"  failed  {one.entity}: {one.name}{must}\n          {IMPOSSIBLE.get(one.name, one.problem)}")
    return bool(possible) and len(failed) <= suite.may_fail and not broken


def _python_quickbooks(suite: Path, folder: Path, books: Sandbox) -> list[Outcome]:
    """The suite reads CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN and COMPANY_ID from the environment."""
    # Its author's company has several currencies, the Canadian dollar first.
    grant = books.open_realm(multicurrency=True)
    for rule in SLOWLY:
        requests.post(f"{books.url}/sandbox/faults", json=rule, timeout=10).raise_for_status()
    python = python_with(folder, ["pytest", str(suite)])
    keys = {
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "REFRESH_TOKEN": grant["refresh_token"],
        "COMPANY_ID": grant["realm"],
    }
    told = folder / "outcomes.xml"
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/integration", f"--junitxml={told}"]
    _listen(command, suite, environment(books, **keys))
    return [_python_outcome(case) for case in ElementTree.parse(told).iter("testcase")]


def _python_outcome(case: ElementTree.Element) -> Outcome:
    file = case.get("classname", "").split(".")[-2]
    trouble = next((one for one in case if one.tag in ("failure", "error", "skipped")), None)
    problem = "" if trouble is None else (trouble.get("message") or trouble.tag).strip().splitlines()[0]
    return Outcome(file.removeprefix("test_"), str(case.get("name")), problem)


def _node_quickbooks(suite: Path, folder: Path, books: Sandbox) -> list[Outcome]:
    """The suite reads its own config.js, which is meant to be filled in; each of its files gets a realm of its own."""
    npm(suite)
    # The suite needs moment without saying so, and the library's own bluebird, in whose place its package.json puts
    # a release for development that is too old for the library.
    own = json.loads((suite / "package.json").read_text(encoding="utf-8"))["dependencies"]
    npm(suite, "moment", f"bluebird@{own['bluebird']}")
    outcomes: list[Outcome] = []
    for file in sorted((suite / "test").glob("*.js")):
        _fill_in(suite / "config.js", books.open_realm())
        told = folder / f"{file.stem}.json"
        report = ["--reporter", "json", "--reporter-option", f"output={told}"]
        # Reports are no part of the sandbox.
        _listen(
            ["node_modules/.bin/mocha", "--exit", *report, "--grep", "^Reports", "--invert", str(file)],
            suite,
            environment(books),
        )
        outcomes += [_node_outcome(test) for test in json.loads(told.read_text(encoding="utf-8"))["tests"]]
    return outcomes


def _fill_in(config: Path, grant: dict[str, Any]) -> None:
    values = {
        "consumerKey": CLIENT_ID,
        "consumerSecret": CLIENT_SECRET,
        "token": grant["access_token"],
        "tokenSecret": False,
        "realmId": grant["realm"],
        "useSandbox": True,
        "debug": False,
        "testEmail": "reader@example.com",
        "minorversion": "75",
        "oauthversion": "2.0",
        "refreshToken": grant["refresh_token"],
    }
    config.write_text(f"module.exports = {json.dumps(values)}\n", encoding="utf-8")


def _node_outcome(test: dict[str, object]) -> Outcome:
    title, full = str(test["title"]), str(test["fullTitle"])
    area = full.removesuffix(title).strip().lower()
    entity = title.removeprefix("should fetch ").lower() if area == "query" else area
    error = test["err"]
    problem = str(error.get("message", "failed")) if isinstance(error, dict) and error else ""
    return Outcome(entity, title, problem.splitlines()[0] if problem else "")


def _listen(command: list[str], folder: Path, env: dict[str, str]) -> None:
    """A suite that fails in part answers with an exit code; its report says what failed."""
    log = sys.stderr if os.environ.get("VERBOSE") else subprocess.DEVNULL
    subprocess.run(command, cwd=folder, env=env, check=False, timeout=LONGEST_SUITE_S, stdout=log, stderr=log)


SUITES = (
    Suite("python-quickbooks", "https://github.com/ej2/python-quickbooks", _python_quickbooks, may_fail=15),
    Suite("node-quickbooks", "https://github.com/mcohen01/node-quickbooks", _node_quickbooks, may_fail=1),
)

if __name__ == "__main__":
    sys.exit(main())
