"""One process: receiver, workers, clock and, if wished, a sandbox, started and stopped together."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy.engine import make_url

from config.settings import Settings, ensure_secret_key
from models.records import companies, connections, lanes, migrate
from models.records.database import OPERATOR, Database
from sandbox.server import Sandbox
from webhooks.app import create_app
from webhooks.cli.common import Refused, told_settings
from webhooks.cli.credentials import hash_of, new_api_key, new_webhook_secret
from webhooks.cli.opening import plain_refusals, told_keys
from webhooks.cli.tying import tie_to_sandbox
from webhooks.listening import CannotListen, address_of, listening_at, why_not
from webhooks.server import Server
from worker.broker import Ring, broker_for, ringing_broker_for
from worker.running import Clock, Work
from worker.wiring import Wiring, wire

THREADS = 8
DEMO = "demo"


@dataclass
class Up:
    """Everything on one machine. `start` migrates first; `stop` lets what is in hand end.

    `data`: the folder (None: the setting). Port 0 takes any free one. `overrides` are settings that win over the
    environment. Once started: `ready` (what the ready line says), `wiring`, `sandbox`.
    """

    data: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    with_sandbox: bool = False
    sandbox_port: int = 9400
    overrides: Mapping[str, Any] = field(default_factory=dict)
    ready: dict[str, Any] = field(init=False, default_factory=dict)
    wiring: Wiring = field(init=False)
    sandbox: Sandbox | None = field(init=False, default=None)
    _started: ExitStack = field(init=False, default_factory=ExitStack)

    def start(self) -> Self:
        """Raises Refused, with nothing left running."""
        try:
            with plain_refusals():
                self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything, what was started last first. Harmless when nothing runs."""
        self._started.pop_all().close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _start(self) -> None:
        told = self._settings("http://sandbox.invalid" if self.with_sandbox else None)
        try:
            at = listening_at(self.host, self.port)
        except CannotListen as error:
            raise Refused(str(error), code="cannot_listen", status=503) from None
        self._started.callback(at.close)
        if self.with_sandbox:
            self.sandbox = self._start_sandbox(Path(told.data_dir) / "sandbox.json")
        settings = self._complete(told, address_of(at))
        keys = told_keys(settings) or (ensure_secret_key(settings.data_dir),)
        bring_up_to_date(settings)
        broker = broker_for(settings.broker_url)
        ring = Ring(ringing_broker_for(settings.broker_url) if settings.broker_url else broker)
        self.wiring = wire(settings, keys=keys, ring=ring, role="dealbooks_worker", threads=2 * THREADS)
        self._started.callback(self.wiring.database.dispose)
        with self.wiring.database.writing(OPERATOR) as session:
            companies.reached_at(session, settings.public_url)
        clock, work = Clock(self.wiring), Work(self.wiring, broker, THREADS)
        server = Server(create_app(self.wiring), at, THREADS)
        for part in (clock, work, server):
            part.start()
            self._started.callback(part.stop)
        self.ready = {"ready": True, "url": settings.public_url, **self._tied(), "database_url": self._database_url()}

    def _settings(self, environment: str | None, **overrides: Any) -> Settings:
        wished = {"quickbooks_environment": environment} if environment else {}
        return told_settings(self.data, **{**overrides, **wished, **self.overrides})

    def _complete(self, told: Settings, reached_at: str) -> Settings:
        """The settings with what only a started process knows, where nobody told otherwise."""
        wished: dict[str, Any] = {"public_url": reached_at}
        if self.sandbox is not None:
            wished |= {"quickbooks_pace": "off", "quickbooks_verifier_tokens": secrets.token_urlsafe(24)}
        missing = {name: value for name, value in wished.items() if not _is_told(told, name)}
        return self._settings(self.sandbox.url if self.sandbox else None, **missing)

    def _start_sandbox(self, file: Path) -> Sandbox:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sandbox = Sandbox(port=self.sandbox_port, file=file)
        try:
            sandbox.start()
        except ValueError as error:
            raise Refused(
                f"{file} holds no books of a sandbox ({error}): move it away, or name another --data."
            ) from None
        except OSError as error:
            sentence = why_not("127.0.0.1", self.sandbox_port, error).replace("another port", "one with --sandbox-port")
            raise Refused(sentence, code="cannot_listen", status=503) from None
        self._started.callback(sandbox.stop)
        return sandbox

    def _tied(self) -> dict[str, Any]:
        """With a sandbox: the company `demo`, and a realm of the sandbox as its default connection."""
        if self.sandbox is None:
            return {}
        webhook_secret, api_key = self._demo_company()
        # The books of the last start, at the same address the same connection.
        kept = next(iter(self.sandbox.world.companies), None)
        tied = tie_to_sandbox(self.wiring, DEMO, self.sandbox.url, realm=kept, make_default=True)
        self._leave_earlier_realms(tied.connection.connection_id)
        return {
            "sandbox_url": self.sandbox.url,
            "company": DEMO,
            "webhook_url": f"{self.wiring.settings.public_url}/webhooks/crm/{DEMO}",
            "webhook_secret": webhook_secret,
            "api_key": api_key,
            "connection": tied.connection.connection_id,
            "realm": tied.realm,
        }

    def _demo_company(self) -> tuple[str, str]:
        """Its webhook secret, the same at every start, and its API key: only a hash of that is stored, so a new one."""
        sealer, api_key = self.wiring.sealer, new_api_key()
        with self.wiring.database.writing(OPERATOR) as session:
            known = companies.find(session, DEMO)
            if known is not None:
                if known.removed_at is not None:
                    raise Refused(f"The company {DEMO} was removed here: name another folder with --data.")
                companies.rotate_key(session, DEMO, hash_of(api_key))
                return sealer.open(known.sealed_secrets[0]), api_key
            webhook_secret = new_webhook_secret()
            companies.add(
                session,
                company_id=DEMO,
                title="Demo",
                sealed_secret=sealer.seal(webhook_secret),
                api_key_hash=hash_of(api_key),
                public_url=self.wiring.settings.public_url,
            )
        return webhook_secret, api_key

    def _leave_earlier_realms(self, connection_id: str) -> None:
        """Nothing is asked any more of a sandbox that listened at another port."""
        with self.wiring.database.writing(OPERATOR) as session:
            for earlier in connections.every(session, DEMO):
                if earlier.connection_id != connection_id and earlier.environment.startswith("http"):
                    lanes.park(session, earlier.lane, "disconnected")

    def _database_url(self) -> str:
        return database_address(self.wiring.settings, with_password=self.with_sandbox)


def bring_up_to_date(settings: Settings) -> str:
    """Migrate the database of these settings as whoever logs in, not as one of our roles; gives the revision.

    Raises Refused where the rights are missing.
    """
    Path(settings.data_dir).mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.database_url)
    try:
        return migrate.upgrade(database)
    finally:
        database.dispose()


def database_address(settings: Settings, *, with_password: bool = False) -> str:
    """The database's address for those who read the views; a file by its whole path."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(Path(url.database).absolute()))
    return url.render_as_string(hide_password=not with_password)


def _is_told(settings: Settings, name: str) -> bool:
    return name in settings.model_fields_set and bool(getattr(settings, name) or name == "quickbooks_pace")
