"""`dealbooks up`: everything in one process, until somebody stops it."""

from __future__ import annotations

import json
from typing import Any

import click

from webhooks.cli.common import data_option, json_option, log_to_stderr, told_settings
from webhooks.cli.one_process import Up
from webhooks.cli.stopping import Stopping


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address the receiver listens at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Its port; 0: any free.")
@click.option("--sandbox", is_flag=True, help="Also start a QuickBooks Online sandbox, tied to a company `demo`.")
@click.option(
    "--sandbox-port", type=click.IntRange(0, 65535), default=9400, show_default=True, help="Its port; 0: any free."
)
@data_option
@json_option
def up(host: str, port: int, sandbox: bool, sandbox_port: int, data: str | None, as_json: bool) -> None:
    """Run receiver, workers and clock in one process on this machine."""
    environment = {"quickbooks_environment": "http://sandbox.invalid"} if sandbox else {}
    log_to_stderr(told_settings(data, **environment), level="INFO", format="json" if as_json else "console")
    with Stopping() as stopping, Up(data, host, port, sandbox, sandbox_port) as running:
        click.echo(json.dumps(running.ready) if as_json else summary(running.ready))
        stopping.wait()


def summary(ready: dict[str, Any]) -> str:
    """What runs where, for people."""
    lines = [f"dealbooks is ready at {ready['url']}"]
    lines += [f"  {name.replace('_', ' '):<15} {told}" for name, told in ready.items() if name not in ("ready", "url")]
    if "company" in ready:
        lines.append(f"Post a deal with `dealbooks deals post FILE --company {ready['company']}`.")
    else:
        lines.append("Add a company with `dealbooks companies add NAME`.")
    return "\n".join([*lines, "Ctrl-C stops it."])
