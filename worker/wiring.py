"""The wiring: everything a process works with, put together in one place from its settings."""

from __future__ import annotations

from dataclasses import dataclass

from config.secrets import Sealer
from config.settings import Settings
from models.records.database import Database
from worker.broker import Ring
from worker.quickbooks.books import Gate
from worker.quickbooks.client import Http
from worker.quickbooks.oauth import OAuth
from worker.quickbooks.tokens import Tokens


@dataclass(frozen=True)
class Wiring:
    """What actions, jobs and receivers share within one process."""

    settings: Settings
    database: Database
    sealer: Sealer
    gate: Gate
    ring: Ring


def wire(settings: Settings, *, keys: tuple[str, ...], ring: Ring, role: str, threads: int = 8) -> Wiring:
    """Put a process together. `role` is the database role it works as: dealbooks_door or dealbooks_worker."""
    database = Database(settings.database_url, role=role, pool_size=threads + 8)
    sealer = Sealer(keys)
    secret = settings.quickbooks_client_secret
    oauth = OAuth(
        client_id=settings.quickbooks_client_id or "dealbooks",
        client_secret=secret.get_secret_value() if secret else "dealbooks",
        endpoints=settings.quickbooks_endpoints,
    )
    gate = Gate(
        database=database,
        http=Http(pool_size=threads * 2),
        sealer=sealer,
        tokens=Tokens(database, sealer, oauth),
        base_url=settings.quickbooks_api_base,
        environment=settings.environment_name,
        pace=settings.quickbooks_pace,
        repeat_after_s=settings.quickbooks_repeat_after,
        repeat_within_s=settings.quickbooks_repeat_within,
    )
    return Wiring(settings, database, sealer, gate, ring)
