"""`dealbooks sandbox`: the QuickBooks Online sandbox alone, until somebody stops it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from config.settings import SettingsInvalid, ensure_secret_key
from sandbox.countries import COUNTRIES, CURRENCIES
from sandbox.server import Sandbox
from webhooks.cli.common import Refused, json_option, log_to_stderr, settings_refused, told_settings
from webhooks.cli.stopping import Stopping
from webhooks.listening import why_not


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=9400, show_default=True, help="Its port; 0: any free.")
@click.option("--country", type=click.Choice(sorted(COUNTRIES)), default="US", show_default=True, help="Of new realms.")
@click.option("--currency", type=click.Choice(list(CURRENCIES)), help="Of new realms.  [default: the country's]")
@click.option("--multicurrency", is_flag=True, help="New realms have several currencies.")
@click.option("--empty", is_flag=True, help="New realms have no sample business.")
@click.option("--seed", type=int, help="The same realms at every start.")
@click.option("--token", metavar="T", help="An access token that opens every realm.")
@click.option("--client-id", help="The only client id accepted.  [default: any]")
@click.option("--client-secret", help="Its secret.")
@click.option("--file", type=click.Path(dir_okay=False), help="Read at the start, if it exists; written at the end.")
@click.option("--data", metavar="DIR", help="Also make the key file there that `up` would make.")
@json_option
def sandbox(
    host: str,
    port: int,
    country: str,
    currency: str | None,
    multicurrency: bool,
    empty: bool,
    seed: int | None,
    token: str | None,
    client_id: str | None,
    client_secret: str | None,
    file: str | None,
    data: str | None,
    as_json: bool,
) -> None:
    """Run books that answer as QuickBooks Online does, for trying things out and for tests."""
    if (client_id is None) != (client_secret is None):
        raise click.UsageError("--client-id and --client-secret go together.")
    settings = told_settings(data, quickbooks_environment="http://sandbox.invalid")
    log_to_stderr(settings)
    if data:
        _make_key(data)
    books = Sandbox(
        host, port, country, currency, multicurrency, empty, seed, token, client_id, client_secret, file=file
    )
    with Stopping() as stopping:
        _start(books, host, port, file)
        try:
            ready = {"ready": True, "url": books.url, "sandbox_url": books.url}
            click.echo(json.dumps(ready) if as_json else _summary(books))
            stopping.wait()
        finally:
            books.stop()


def _start(books: Sandbox, host: str, port: int, file: str | None) -> None:
    try:
        books.start()
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{file} is no export of a sandbox: name another with --file, or move it away.") from None
    except OSError as error:
        if error.filename is not None:
            raise Refused(f"{error.filename} cannot be read: {error.strerror}.") from None
        raise Refused(why_not(host, port, error), code="cannot_listen", status=503) from None


def _make_key(data: str) -> None:
    try:
        ensure_secret_key(Path(data))
    except SettingsInvalid as error:
        raise settings_refused(error) from None


def _summary(books: Sandbox) -> str:
    return (
        f"The sandbox is ready at {books.url}\n"
        f"Connect a company with `dealbooks connections add COMPANY --sandbox {books.url}`. Ctrl-C stops it."
    )
