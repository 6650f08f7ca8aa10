"""The sandbox as a running thing: a server on a port, started and stopped, in a process of its own or in a test's."""

import logging
import socket
import threading
import time
from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox import acts, routes
from sandbox.answers import Answer, Hangup, as_json, fault_answer, with_trace
from sandbox.calls import Call
from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.numbers import Json
from sandbox.refusals import system_failure
from sandbox.savefile import SaveFile
from sandbox.wire import BadRequest, close, drain, read_call, stays_open, write_answer
from sandbox.world import Options, World

log = logging.getLogger(__name__)
BACKLOG = 1024
SAVE_EVERY_S = 3.0
# Saving may take this share of the time; more records are saved less often.
SAVING_SHARE = 0.05


class Sandbox:
    """A QuickBooks Online on this machine.

    `country` and the following are the defaults of new realms; `currency` is the country's unless given.
    `token` opens every realm; `client_id` and `client_secret` are then the only ones accepted.
    `file` is read on start, if it exists, and written on stop and every few seconds when something was written.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        country: str = "US",
        currency: str | None = None,
        multicurrency: bool = False,
        empty: bool = False,
        seed: int | None = None,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        file: str | Path | None = None,
    ) -> None:
        self._options = Options(country, currency, multicurrency, empty, seed, token, client_id, client_secret)
        self._address = (host, port)
        self._file = SaveFile(Path(file)) if file else None
        self._saving: threading.Thread | None = None
        self._stopping = threading.Event()
        self._writes = 0
        self.world = World(self._options)
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash; known once started."""
        host, port = self._address
        return f"http://{host}:{port}"

    @property
    def clock(self) -> Clock:
        return self.world.clock

    def start(self) -> Self:
        """Accept connections from now on; OSError when the port is taken, ValueError when the file is not ours."""
        self._stopping.clear()
        self.world.stopping.clear()
        if self._file:
            self._load(self._file.read())
            self._file.sweep()
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(self._address)
        except OSError:
            listener.close()
            raise
        listener.listen(BACKLOG)
        self._address = (self._address[0], listener.getsockname()[1])
        self._listener = listener
        self._accepting = threading.Thread(target=self._accept, args=(listener,), name="sandbox", daemon=True)
        self._accepting.start()
        if self._file:
            self._saving = threading.Thread(target=self._keep_saving, args=(self._file,), name="sandbox-saving")
            self._saving.daemon = True
            self._saving.start()
        return self

    def stop(self) -> None:
        """End every connection and thread; write the file, if there is one."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        close(listener)
        self._stopping.set()
        self.world.stop()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            close(connection)
        if self._accepting:
            self._accepting.join(timeout=5)
        if self._saving:
            self._saving.join()
        if self._file:
            self._file.write(self.world.export())

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def company(self, realm: str) -> Company:
        """The realm's books, for tests in the same process; KeyError when there is no such realm."""
        return self.world.companies[realm]

    def open_realm(self, **wishes: Any) -> Json:
        """As POST /sandbox/realms: `{"realm", "access_token", "refresh_token", …}`."""
        company = self.world.open_realm(**wishes)
        return {"realm": company.realm, **self.world.oauth.grant(company.realm)}

    def act(self, realm: str, **what: Json) -> Json:
        """As POST /sandbox/realms/<realm>/act: a bookkeeper acts in the books."""
        return acts.act(self.world, self.company(realm), what)

    def wait_until_notified(self, timeout_s: float = 10) -> bool:
        """Until every subscriber has acknowledged everything; False when that takes longer."""
        return self.world.notifications.wait_until_idle(timeout_s)

    def reset(self) -> None:
        """As just started: no realms, tokens, rules, subscriptions; the clock runs as the machine's."""
        old, self.world = self.world, World(self._options)
        old.stop()

    def _load(self, held: Json | None) -> None:
        if held is None:
            return
        try:
            for one in held["realms"]:
                self.world.import_realm(str(one["realm"]), one)
            self.world.oauth.restore(held)
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"This is no export of a sandbox: {problem!r}.") from None

    def _keep_saving(self, file: SaveFile) -> None:
        """So that a killed process loses a few seconds only."""
        saved, pause = self._version(), SAVE_EVERY_S
        while not self._stopping.wait(pause):
            version = self._version()
            if version == saved:
                continue
            began = time.monotonic()
            try:
                file.write(self.world.export())
                saved = version
            except OSError:
                log.exception("sandbox_not_saved file=%s", file.path)
            pause = max(SAVE_EVERY_S, (time.monotonic() - began) / SAVING_SHARE)

    def _version(self) -> tuple[int, int]:
        """Another one after every call that may have changed something."""
        return (self._writes, len(self.world.companies))

    def _accept(self, listener: socket.socket) -> None:
        while self._listener is listener:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._converse, args=(connection,), name="sandbox-call", daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        """Every call of one connection, until somebody ends it."""
        reset = False
        try:
            with connection.makefile("rb") as reader:
                while self._listener is not None:
                    call = read_call(reader, connection)
                    if call is None:
                        break
                    write_answer(connection, self._answer(call), stays_open(call), call.method == "HEAD")
                    if not stays_open(call):
                        break
        except BadRequest as bad:
            self._say_goodbye(connection, bad.status)
        except Hangup as wanted:
            reset = wanted.reset
        except OSError:
            pass
        except Exception:
            log.exception("sandbox_connection_failed")
        finally:
            close(connection, reset)
            with self._lock:
                self._connections.discard(connection)

    def _answer(self, call: Call) -> Answer:
        world = self.world
        try:
            return routes.answer(world, call, self.reset)
        except Hangup:
            raise
        except Exception:
            # A bug of ours: the caller gets Intuit's own system fault, never a stack trace.
            log.exception("sandbox_failed method=%s path=%s", call.method, call.path)
            failed = fault_answer(system_failure(), not call.wants_json, world.clock.now(), UTC)
            return with_trace(failed, 0)
        finally:
            if call.method not in ("GET", "HEAD"):
                with self._lock:
                    self._writes += 1

    def _say_goodbye(self, connection: socket.socket, status: int) -> None:
        try:
            write_answer(connection, as_json({"error": "bad_request"}, status), keep_alive=False)
            drain(connection)
        except OSError:
            pass
