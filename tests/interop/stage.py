"""What the checks with published clients share: a sandbox, a folder, and an environment where Intuit is the sandbox."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
REDIRECT = Path(__file__).resolve().parent / "redirect"
sys.path.insert(0, str(PROJECT))

from sandbox.server import Sandbox  # noqa: E402

CLIENT_ID, CLIENT_SECRET = "published-client", "published-secret"
LONGEST_INSTALL_S = 600

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "PROJECT", "Sandbox", "checkout", "environment", "npm", "python_with", "run"]


def environment(books: Sandbox, **more: str) -> dict[str, str]:
    """The environment of a client that means Intuit and reaches the sandbox, in Python and in Node."""
    own = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    hook = f"--require {REDIRECT / 'redirect.cjs'}"
    return {**own, "SANDBOX_URL": books.url, "PYTHONPATH": str(REDIRECT), "NODE_OPTIONS": hook, **more}


def checkout(given: Path | None, address: str, folder: Path) -> Path:
    """A copy of a checkout that may be written to: of the folder given, or cloned. SystemExit when neither works."""
    wanted = folder / "checkout"
    source = ["cp", "-r", str(given), str(wanted)] if given else ["git", "clone", "--depth", "1", address, str(wanted)]
    if subprocess.run(source, check=False).returncode:
        raise SystemExit(f"There is no copy of {given or address}; name a checkout of your own.")
    return wanted


def python_with(folder: Path, packages: Iterable[str]) -> Path:
    """The interpreter of a new environment in which these are installed, by name or from a folder."""
    home = folder / "python"
    run([sys.executable, "-m", "venv", str(home)], folder)
    python = home / "bin" / "python"
    run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], folder)
    return python


def npm(folder: Path, *packages: str) -> None:
    """Installs what the folder's package.json asks for, or these packages beside it, not saved."""
    run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--no-save", *packages], folder)


def run(command: list[str], folder: Path, env: Mapping[str, str] | None = None) -> None:
    """Raises CalledProcessError when the command fails, TimeoutExpired when it does not end."""
    subprocess.run(command, cwd=folder, env=env, check=True, timeout=LONGEST_INSTALL_S, stdout=sys.stderr)
