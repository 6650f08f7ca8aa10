"""`dealbooks serve`: the receiver of a production set-up, until somebody stops it."""

from __future__ import annotations

import json

import click

from models.records import companies
from models.records.database import OPERATOR
from webhooks.app import create_app
from webhooks.cli.common import Refused, data_option, json_option
from webhooks.cli.one_process import database_address
from webhooks.cli.production import production_settings, ring_of, wired
from webhooks.cli.stopping import Stopping
from webhooks.listening import CannotListen, address_of, listening_at
from webhooks.server import Server


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Its port; 0: any free.")
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="Requests at once.")
@data_option
@json_option
def serve(host: str, port: int, threads: int, data: str | None, as_json: bool) -> None:
    """Receive deliveries and answer health checks; put a reverse proxy with TLS in front."""
    settings = production_settings(data)
    with (
        Stopping() as stopping,
        wired(settings, role="dealbooks_door", ring=ring_of(settings), threads=threads) as wiring,
    ):
        try:
            at = listening_at(host, port)
        except CannotListen as error:
            raise Refused(str(error), code="cannot_listen", status=503) from None
        url = address_of(at)
        server = Server(create_app(wiring), at, threads)
        try:
            if settings.public_url:
                with wiring.database.writing(OPERATOR) as session:
                    companies.reached_at(session, settings.public_url)
            server.start()
            ready = {"ready": True, "url": url, "database_url": database_address(settings)}
            click.echo(json.dumps(ready) if as_json else f"Receiving at {url}")
            stopping.wait()
        finally:
            server.stop()
            at.close()
