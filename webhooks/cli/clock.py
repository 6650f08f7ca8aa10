"""`dealbooks clock`: the clock of a production set-up, until somebody stops it; several are harmless."""

from __future__ import annotations

import click
import structlog

from webhooks.cli.common import data_option
from webhooks.cli.production import production_settings, ring_of, wired
from webhooks.cli.stopping import Stopping
from worker.running import Clock

log = structlog.get_logger(__name__)


@click.command()
@data_option
def clock(data: str | None) -> None:
    """Find what is due and was not heard of, and ring for it."""
    settings = production_settings(data)
    with (
        Stopping() as stopping,
        wired(settings, role="dealbooks_worker", ring=ring_of(settings), threads=1) as wiring,
    ):
        ticking = Clock(wiring)
        ticking.start()
        log.info("clock_started")
        try:
            stopping.wait()
        finally:
            ticking.stop()
            log.info("clock_stopped")
