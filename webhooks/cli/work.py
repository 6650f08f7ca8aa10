"""`dealbooks work`: the workers of a production set-up, until somebody stops them."""

from __future__ import annotations

import click

from webhooks.cli.common import data_option
from webhooks.cli.production import production_settings, ring_of, wired
from webhooks.cli.stopping import Stopping
from worker.broker import QUEUES, broker_for
from worker.running import Work


def _queues(_ctx: click.Context, _param: click.Parameter, told: str) -> tuple[str, ...]:
    wished = tuple(dict.fromkeys(name.strip() for name in told.split(",") if name.strip()))
    unknown = [name for name in wished if name not in QUEUES]
    if unknown or not wished:
        raise click.BadParameter(f"the queues are {', '.join(QUEUES)}.")
    return wished


@click.command()
@click.option("--threads", type=click.IntRange(1, 256), default=8, show_default=True, help="Streams at once.")
@click.option("--queues", default=",".join(QUEUES), show_default=True, callback=_queues, help="Which to work on.")
@data_option
def work(threads: int, queues: tuple[str, ...], data: str | None) -> None:
    """Decide what is due and write to the books. A first signal lets what is in hand end; a second ends at once."""
    settings = production_settings(data)
    broker = broker_for(settings.broker_url)
    with (
        Stopping() as stopping,
        wired(settings, role="dealbooks_worker", ring=ring_of(settings, broker), threads=threads) as wiring,
    ):
        crew = Work(wiring, broker, threads, queues)
        crew.start()
        try:
            stopping.wait()
        finally:
            crew.stop()
