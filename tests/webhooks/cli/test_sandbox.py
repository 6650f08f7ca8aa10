"""`dealbooks sandbox`: the books alone."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable

import requests

from tests.webhooks.cli.conftest import Shell
from tests.webhooks.cli.processes import Command

Start = Callable[..., Command]


def test_it_says_where_it_is_and_keeps_its_realms_in_a_file(start: Start) -> None:
    arguments = ("sandbox", "--port", "0", "--file", "books.json", "--token", "sesame", "--json")
    first = start(*arguments)
    ready = first.ready()
    assert ready == {"ready": True, "url": ready["sandbox_url"], "sandbox_url": ready["sandbox_url"]}
    opened = requests.post(f"{ready['url']}/sandbox/realms", json={"realm": "77"}, timeout=10)
    assert opened.status_code == 201
    assert first.stop(signal.SIGTERM) == 0
    assert len(first.lines) == 1
    again = start(*arguments).ready()
    company = requests.get(
        f"{again['url']}/v3/company/77/companyinfo/77",
        headers={"Authorization": "Bearer sesame", "Accept": "application/json"},
        timeout=10,
    )
    assert company.status_code == 200
    assert requests.get(f"{again['url']}/sandbox/realms", timeout=10).json() == [{"realm": "77", "country": "US"}]


def test_what_it_cannot_do_is_a_sentence(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"Port {port} of 127.0.0.1 is taken" in shell.refused("sandbox", "--port", str(port))
    (shell.folder / "books.json").write_text(json.dumps({"realms": [{}]}))
    assert "no export of a sandbox" in shell.refused("sandbox", "--port", "0", "--file", "books.json")
    assert shell("sandbox", "--port", "0", "--client-id", "only").exit_code == 2


def test_it_leaves_no_key_unless_a_folder_is_named(shell: Shell) -> None:
    (shell.folder / "books.json").write_text("no export")
    shell.refused("sandbox", "--port", "0", "--file", "books.json")
    assert sorted(path.name for path in shell.folder.iterdir()) == ["books.json"]
    shell.refused("sandbox", "--port", "0", "--file", "books.json", "--data", "d")
    assert (shell.folder / "d" / "secret.key").stat().st_mode & 0o777 == 0o600
