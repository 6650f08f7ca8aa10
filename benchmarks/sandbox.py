"""How fast and how big the sandbox is: calls per second empty and full, time until ready, memory.

    python benchmarks/sandbox.py            the real sizes: some minutes, both cores of a small machine
    python benchmarks/sandbox.py --quick    the same in half a minute, to see that it works

The sandbox runs as `dealbooks sandbox`, a process of its own; this process drives it over raw sockets. Every figure
stands beside a bare answer of the same server (`GET /`), for another machine has another speed but about the same
ratio. Rounds on an empty and on a full sandbox alternate, so that a busy moment of the machine hits both.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "sandbox.json"
TOKEN = "benchmark-token"
READS, QUERIES = 0.6, 0.2  # the rest of the mix are creates
PER_BATCH = 30
READY_RUNS = 5
AIMS = {
    "mix_empty_per_s": "above 1,000",
    "full_to_empty": "0.75 or more",
    "ready_s": "below 1",
    "memory_mib": "below 1,229 (1.2 GiB)",
}


@dataclass
class Server:
    """One sandbox in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    ready_s: float
    invoices: dict[str, int] = field(default_factory=dict)

    @classmethod
    def start(cls) -> Server:
        began = time.perf_counter()
        command = [Path(sys.executable).parent / "dealbooks", "sandbox", "--json", "--port", "0", "--token", TOKEN]
        process = subprocess.Popen(
            [*command, "--empty"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        ready_s = time.perf_counter() - began
        if not line:
            raise SystemExit("The sandbox did not start.")
        return cls(process, json.loads(line)["url"], ready_s)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def memory_mib(self) -> tuple[float, str]:
        """Proportional set size where the kernel tells it, else resident set size."""
        try:
            rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text("ascii")
            kib = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
            return kib / 1024, "PSS"
        except (OSError, StopIteration):
            said = subprocess.run(
                ["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True, check=True
            )
            return int(said.stdout) / 1024, "RSS"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call on a connection of its own; the answer's JSON."""
        answers: list[bytes] = []
        drive(self.url, iter([request(method, path, body)]), 1, lambda answer, _: answers.append(answer))
        head, _, text = answers[0].partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise SystemExit(f"{method} {path} was refused: {text[:500]!r}")
        return json.loads(text)

    def prepare(self, realm: str) -> None:
        """A customer and an item that the invoices name."""
        self.call("POST", f"/v3/company/{realm}/customer", {"DisplayName": "Ann's Shop"})
        item = {"Name": "Hour of work", "Type": "Service", "IncomeAccountRef": {"value": "1"}}
        self.call("POST", f"/v3/company/{realm}/item", item)
        self.invoices[realm] = 0

    def load(self, realm: str, until: int) -> float:
        """Add invoices through the API, in batches of thirty, until there are so many; the seconds it took."""
        began = time.perf_counter()
        count = self.invoices[realm]
        sizes = [min(PER_BATCH, until - n) for n in range(count, until, PER_BATCH)]
        drive(self.url, (batch(realm, size) for size in sizes), 4, refuse_failures)
        self.invoices[realm] = until
        return time.perf_counter() - began


@dataclass
class Conversation:
    """One connection: what is still to be sent of the question, and what has come of the answer."""

    connection: socket.socket
    asked_at: float = 0
    left: bytes = b""
    got: bytearray = field(default_factory=bytearray)

    def ask(self, question: bytes) -> None:
        self.asked_at = time.perf_counter()
        self.got.clear()
        sent = self.connection.send(question)
        while sent < len(question):
            # A question is small: should the kernel not take it whole, wait for it.
            selectors_wait(self.connection)
            sent += self.connection.send(question[sent:])

    def listen(self) -> bytes | None:
        """The answer, once it is whole."""
        piece = self.connection.recv(1 << 20)
        if not piece:
            raise SystemExit("The sandbox closed a connection.")
        self.got += piece
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        start = self.got.find(b"content-length: ") + 16
        length = int(self.got[start : self.got.find(b"\r", start)])
        return bytes(self.got) if len(self.got) >= end + 4 + length else None


def selectors_wait(connection: socket.socket) -> None:
    with selectors.DefaultSelector() as chooser:
        chooser.register(connection, selectors.EVENT_WRITE)
        chooser.select()


def drive(url: str, questions: Iterator[bytes], connections: int, answered: Callable[[bytes, float], object]) -> int:
    """Ask over so many kept connections, one question at a time on each, until there are no more; how many."""
    address = urlsplit(url)
    asked = 0
    with selectors.DefaultSelector() as chooser:
        for _ in range(connections):
            question = next(questions, None)
            if question is None:
                break
            connection = socket.create_connection((address.hostname, address.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setblocking(False)
            talk = Conversation(connection)
            chooser.register(connection, selectors.EVENT_READ, talk)
            talk.ask(question)
            asked += 1
        while chooser.get_map():
            for key, _ in chooser.select():
                talk = key.data
                answer = talk.listen()
                if answer is None:
                    continue
                answered(answer, time.perf_counter() - talk.asked_at)
                question = next(questions, None)
                if question is None:
                    chooser.unregister(talk.connection)
                    talk.connection.close()
                else:
                    talk.ask(question)
                    asked += 1
    return asked


def request(method: str, path: str, body: object = None) -> bytes:
    written = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\naccept: application/json\r\n"
        f"content-type: application/json\r\nuser-agent: benchmark\r\ncontent-length: {len(written)}\r\n\r\n"
    )
    return head.encode() + written


def invoice() -> dict[str, object]:
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": 199.9,
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 99.95},
    }
    return {"CustomerRef": {"value": "1"}, "Line": [line], "PrivateNote": "deal 4711"}


def batch(realm: str, size: int) -> bytes:
    items = [{"bId": str(n), "operation": "create", "Invoice": invoice()} for n in range(size)]
    return request("POST", f"/v3/company/{realm}/batch", {"BatchItemRequest": items})


def mix(realm: str, known: int, chance: random.Random, until: float) -> Iterator[bytes]:
    """Reads by Id, queries by number and creates, in chance order, until the time is up."""
    create = request("POST", f"/v3/company/{realm}/invoice", invoice())
    while time.perf_counter() < until:
        draw, n = chance.random(), chance.randint(1, known)
        if draw < READS:
            yield request("GET", f"/v3/company/{realm}/invoice/{n}")
        elif draw < READS + QUERIES:
            text = quote(f"select * from Invoice where DocNumber = '{1000 + n}'")
            yield request("GET", f"/v3/company/{realm}/query?query={text}")
        else:
            yield create


def hello(until: float) -> Iterator[bytes]:
    question = request("GET", "/")
    while time.perf_counter() < until:
        yield question


def refuse_failures(answer: bytes, _seconds: float) -> None:
    if not answer.startswith(b"HTTP/1.1 200 ") or b'"Fault"' in answer:
        raise SystemExit(f"A call was refused: {answer[:1000]!r}")


@dataclass
class Rate:
    """Calls per second of one round, and how long the slowest hundredth of them took at least."""

    per_s: float
    p99_ms: float


def measured(url: str, questions: Iterator[bytes], connections: int) -> Rate:
    took: list[float] = []

    def answered(answer: bytes, seconds: float) -> None:
        refuse_failures(answer, seconds)
        took.append(seconds)

    began = time.perf_counter()
    drive(url, questions, connections, answered)
    spent = time.perf_counter() - began
    return Rate(len(took) / spent, sorted(took)[int(len(took) * 0.99)] * 1000)


@dataclass
class Round:
    bare: Rate
    empty: Rate
    full: Rate


def play(empty: Server, full: Server, number: int, wanted: argparse.Namespace) -> Round:
    """The same load on both, and the bare answer of both beside it."""
    chance = random.Random(number)
    realm = f"9130{number:012}"
    empty.prepare(realm)
    # Something to read: an empty company has none.
    empty.load(realm, 100)
    bare = measured(empty.url, hello(time.perf_counter() + wanted.seconds / 2), wanted.connections)
    rates = []
    for server, where, known in ((empty, realm, 100), (full, FULL, wanted.loaded)):
        until = time.perf_counter() + wanted.seconds
        rates.append(measured(server.url, mix(where, known, chance, until), wanted.connections))
    return Round(bare, *rates)


FULL = "9130999999999999"


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def summed_up(rounds: list[Round]) -> dict[str, Any]:
    return {
        "bare_per_s": spread([one.bare.per_s for one in rounds]),
        "mix_empty_per_s": spread([one.empty.per_s for one in rounds]),
        "mix_full_per_s": spread([one.full.per_s for one in rounds]),
        "full_to_empty": spread([one.full.per_s / one.empty.per_s for one in rounds]),
        "empty_to_bare": spread([one.empty.per_s / one.bare.per_s for one in rounds]),
        "full_to_bare": spread([one.full.per_s / one.bare.per_s for one in rounds]),
        "p99_empty_ms": spread([one.empty.p99_ms for one in rounds]),
        "p99_full_ms": spread([one.full.p99_ms for one in rounds]),
    }


def run(wanted: argparse.Namespace) -> dict[str, Any]:
    ready: list[float] = []
    for _ in range(READY_RUNS):
        server = Server.start()
        ready.append(server.ready_s)
        server.stop()
    empty, full = Server.start(), Server.start()
    try:
        full.prepare(FULL)
        loaded_s = full.load(FULL, wanted.loaded)
        rounds = [play(empty, full, number, wanted) for number in range(1, wanted.rounds + 1)]
        count = f"/v3/company/{FULL}/query?query={quote('select count(*) from Invoice')}"
        full.invoices[FULL] = full.call("GET", count)["QueryResponse"]["totalCount"]
        full.load(FULL, max(wanted.memory, full.invoices[FULL]))
        mib, how = full.memory_mib()
    finally:
        empty.stop()
        full.stop()
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sizes": {name: value for name, value in vars(wanted).items() if name != "quick"},
        "ready_s": spread(ready),
        **summed_up(rounds),
        "load_per_s": wanted.loaded / loaded_s,
        "memory_mib": mib,
        "memory_invoices": full.invoices[FULL],
        "memory_measure": how,
    }


def show(results: dict[str, Any]) -> None:
    print(f"{results['machine']}, Python {results['python']}; {results['sizes']}")
    for name, value in results.items():
        aim = f"   aim: {AIMS[name]}" if name in AIMS else ""
        if isinstance(value, dict) and "median" in value:
            print(f"{name:18} {value['median']:10,.2f}   {value['least']:,.2f} to {value['most']:,.2f}{aim}")
        elif isinstance(value, float | int):
            print(f"{name:18} {value:10,.2f}{aim}")


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--connections", type=int, default=8)
    reader.add_argument("--rounds", type=int, default=5)
    reader.add_argument("--seconds", type=float, default=4, help="of load in a round, on each sandbox")
    reader.add_argument("--loaded", type=int, default=100_000, help="invoices in the full sandbox")
    reader.add_argument("--memory", type=int, default=200_000, help="invoices when its memory is measured")
    reader.add_argument("--quick", action="store_true", help="2 rounds of a second, 2,000 and 4,000 invoices")
    wanted = reader.parse_args()
    if wanted.quick:
        wanted.rounds, wanted.seconds, wanted.loaded, wanted.memory = 2, 1, 2_000, 4_000
    results = run(wanted)
    show(results)
    if not wanted.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
