"""Production: what `serve`, `work` and `clock` share — keys that were told, a schema that is there, one role each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dramatiq
from dramatiq.broker import Broker

from config.settings import Settings
from webhooks.cli.common import log_to_stderr, told_settings
from webhooks.cli.opening import plain_refusals, refuse_missing_file, refuse_old_schema
from worker.broker import InProcessBroker, Ring, ringing_broker_for
from worker.wiring import Wiring, wire


class NobodyListens(InProcessBroker):
    """Without a broker between processes a ring reaches nobody: it is dropped, and the workers look by themselves."""

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:  # noqa: ARG002
        return message


def production_settings(data: str | None) -> Settings:
    """The settings, with keys told: what one process seals, the others open. Raises Refused."""
    settings = told_settings(data, required=("secret_keys",))
    log_to_stderr(settings, level="INFO", format="json")
    return settings


@contextmanager
def wired(settings: Settings, *, role: str, ring: Ring, threads: int) -> Iterator[Wiring]:
    """The wiring of a process that waits for nothing: the schema is there, or it refuses."""
    with plain_refusals():
        refuse_missing_file(settings)
        keys = tuple(key.get_secret_value() for key in settings.secret_keys)
        wiring = wire(settings, keys=keys, ring=ring, role=role, threads=threads)
        try:
            refuse_old_schema(wiring)
            yield wiring
        finally:
            wiring.database.dispose()


def ring_of(settings: Settings, listening: Broker | None = None) -> Ring:
    """The bell this process rings: through Redis, else for whoever listens within the process, else for nobody."""
    if settings.broker_url:
        return Ring(ringing_broker_for(settings.broker_url))
    return Ring(listening if listening is not None else NobodyListens(middleware=[]))
