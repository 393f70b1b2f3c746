"""How the service bears a crowd: thousands of jobs in the queue, hundreds of clients that poll and list, on this
machine alone, with the true embedded model making stills meanwhile. All is in a folder of its own that is removed.

    python benchmarks/load.py [--jobs 2000] [--clients 200] [--seconds 15] [--database-url postgresql://...]
    python benchmarks/load.py --only beside [--listeners 300] [--films 100]

Each client asks for one of the videos once a second, as the official SDK does, and for the list every tenth time. Shown
are the times from request to the whole answer, in milliseconds, and whether the books were right in the end. Then some
clients ask for one task as fast as they can, in our own form and in two vendors' dialects. Then the same polls are made
beside the listeners of one free account, and beside the export of a library of films. In the end the same requests meet
a short and a long queue, which nobody works on.
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from vitascope.clip import ClipSpec, Recipe
from vitascope.engines import registry
from vitascope.store import accounts, invariants, jobs, library
from vitascope.store.database import Store, file_url
from vitascope.store.folder_blobs import FolderBlobs
from vitascope.store.ids import new_id

PLAIN = {"prompt": "a large red ball", "seconds": "0"}
BATCH = 16  # takes of one request; the packaged rules allow no more


class Client:
    """One connection, kept open. `times`: name of the request -> milliseconds; `bad`: statuses that are not 200."""

    key = ""  # of the owner, once the server is there

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.times: dict[str, list[float]] = {}
        self.bad: list[int] = []

    def ask(self, name: str, method: str, path: str, body: object = None) -> object:
        start = time.perf_counter()
        data = json.dumps(body) if body is not None else None
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.key}"}
        self.connection.request(method, path, data, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        self.times.setdefault(name, []).append(1000 * (time.perf_counter() - start))
        if answer.status != 200:
            self.bad.append(answer.status)
            self.said = text.decode()
        return json.loads(text)


def poll(client: Client, ids: list[str], until: float, number: int) -> None:
    chance = random.Random(number)
    time.sleep(chance.random())
    turn = chance.randrange(10)  # not all want the list at once
    while time.monotonic() < until:
        begun = time.monotonic()
        turn += 1
        if turn % 10:
            client.ask("retrieve", "GET", f"/v1/videos/{chance.choice(ids)}")
        else:
            client.ask("list", "GET", "/v1/videos?limit=20")
        time.sleep(max(0.0, begun + 1 - time.monotonic()))


def order(client: Client, count: int) -> list[str]:
    ids: list[str] = []
    body = {"prompt": "a large red ball on snow", "seconds": "0", "steps": 1}
    for _ in range(min(100, count)):
        ids.append(client.ask("create", "POST", "/v1/videos", body)["id"])  # type: ignore[index]
    while len(ids) < count:
        n = min(BATCH, count - len(ids))
        answer = client.ask(f"create {BATCH} takes", "POST", "/v1/videos", {**body, "n": n})
        assert not client.bad, client.said
        ids += answer["takes"]  # type: ignore[index]
    return ids


def measure(port: int, count: int, clients: int, seconds: float) -> dict[str, object]:
    first = Client(port)
    start = time.monotonic()
    ids = order(first, count)
    ordered = time.monotonic() - start
    crowd = [Client(port) for _ in range(clients)]
    until = time.monotonic() + 1 + seconds
    threads = [threading.Thread(target=poll, args=(client, ids, until, number)) for number, client in enumerate(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    figures: dict[str, object] = {"jobs": len(ids), "clients": clients, "jobs_ordered_per_s": round(count / ordered, 1)}
    for name in ("create", f"create {BATCH} takes", "retrieve", "list"):
        times = sorted(value for client in (first, *crowd) for value in client.times.get(name, ()))
        if len(times) > 1:
            parts = statistics.quantiles(times, n=20)
            figures[name] = {"count": len(times), "p50_ms": round(parts[9], 1), "p95_ms": round(parts[18], 1)}
    polled = sum(len(client.times.get(name, ())) for client in crowd for name in ("retrieve", "list"))
    figures["polls_per_s"] = round(polled / (1 + seconds), 1)
    figures["not_200"] = sorted(status for client in (first, *crowd) for status in client.bad)
    return figures


def compare(port: int, seconds: float, clients: int = 16) -> dict[str, object]:
    """Looks at one task in a second, as fast as some clients can ask: in our own form and in two of the vendors'."""
    first = Client(port)
    id = str(first.ask("create", "POST", "/v1/videos", {"prompt": "a large red ball", "seconds": "0"})["id"])  # type: ignore[index]
    digits = id.removeprefix("video_")
    paths = {
        "native": f"/v1/videos/{id}",
        "kling": f"/v1/videos/text2video/{int(digits, 16)}",
        "ark": f"/api/v3/contents/generations/tasks/cgt-{digits}",
    }
    return {f"polls_per_s_{name}": _rate(port, path, seconds, clients) for name, path in paths.items()}


def _rate(port: int, path: str, seconds: float, clients: int) -> float:
    counts = [0] * clients
    until = time.monotonic() + seconds

    def ask(number: int) -> None:
        client = Client(port)
        while time.monotonic() < until:
            client.ask("look", "GET", path)
            counts[number] += 1
        assert not client.bad, client.said

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(sum(counts) / seconds, 1)


def deep(port: int, database: str, depths: Sequence[int], seconds: float) -> dict[str, object]:
    """The same requests at a short and at a long queue, on a server without workers: how much slower they get."""
    figures: dict[str, object] = {}
    store = Store(database)
    with store.begin() as tx:  # a crowd, of which one looks: nobody may have all of a long queue
        crowd_ids = [
            accounts.sign_up(
                tx, email=f"{n}-{time.time_ns()}@example.org", password=None, plan="unlimited", now=time.time()
            ).id
            for n in range(20)
        ]
        Client.key = accounts.create_key(tx, crowd_ids[0], "load", time.time()).key
    client = Client(port)
    first = str(client.ask("create", "POST", "/v1/videos", PLAIN)["id"])  # type: ignore[index]
    spec, card = ClipSpec(prompt="a large red ball", seconds=0.0), registry.card()
    shape = card.resolve(spec)
    for depth in depths:
        with store.begin() as tx:
            for number in range(depth - jobs.count(tx)):
                now, whose = time.time(), crowd_ids[number % len(crowd_ids)]
                jobs.enqueue(
                    tx,
                    account_id=whose,
                    spec=spec,
                    shape=shape,
                    model=card.name,
                    units=0,
                    batch_id=new_id("bat_", now),
                    now=now,
                )
        crowd = [Client(port) for _ in range(8)]
        until = time.monotonic() + seconds

        def ask(one: Client, until: float = until) -> None:
            turn = 0
            while time.monotonic() < until:
                turn += 1
                if turn % 10 == 0:
                    one.ask("create", "POST", "/v1/videos", PLAIN)
                elif turn % 2:
                    one.ask("list", "GET", "/v1/videos?limit=20")
                else:
                    one.ask("retrieve", "GET", f"/v1/videos/{first}")

        threads = [threading.Thread(target=ask, args=(one,)) for one in crowd]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name in ("create", "list", "retrieve"):
            times = sorted(value for one in crowd for value in one.times.get(name, ()))
            if times:
                figures[f"{name}_{depth}_queued"] = {
                    "count": len(times),
                    "p50_ms": round(times[len(times) // 2], 1),
                    "p95_ms": round(times[int(len(times) * 0.95)], 1),
                }
        assert not any(one.bad for one in crowd), crowd[0].said
    store.close()
    return figures


def beside(port: int, pid: int, home: Path, database: str, asked: argparse.Namespace) -> dict[str, object]:
    """What others notice of one free account with hundreds of listeners, and how an export goes beside others."""
    store = Store(database)
    with store.begin() as tx:
        free = accounts.sign_up(tx, email="free@example.org", password=None, plan="free", now=time.time()).id
        key = accounts.create_key(tx, free, "load", time.time()).key
    size_mb = fill(store, home, free, asked.films)
    store.close()
    ids = order(Client(port), 100)
    polled(port, pid, ids, asked)  # until all is warm
    figures: dict[str, object] = {"polls": polled(port, pid, ids, asked)}
    lines = [listener(port, key) for _ in range(asked.listeners)]
    held = sum(status == 200 for _, status in lines)
    figures[f"polls_beside_{asked.listeners}_listeners"] = {**polled(port, pid, ids, asked), "held": held}
    for line, _ in lines:
        line.close()
    figures["export_mb"] = size_mb
    figures["export"] = exported(port, key)
    crowd = threading.Thread(target=lambda: figures.update(polls_beside_export=polled(port, pid, ids, asked)))
    crowd.start()
    time.sleep(2)
    figures["export_beside_polls"] = exported(port, key)
    crowd.join()
    return figures


def fill(store: Store, home: Path, account_id: str, films: int, size_bytes: int = 400_000) -> float:
    """A library of so many films that cannot be packed; its size in MB."""
    kept = FolderBlobs(home / "blobs")
    spec = ClipSpec(prompt="a large red ball", seed=1)
    recipe = Recipe(spec=spec, shape=registry.card().resolve(spec), model="vitascope-nano", weights="", version="0")
    for _ in range(films):
        now, data = time.time(), random.randbytes(size_bytes)
        clip_id, digest = new_id("clip_", now), hashlib.sha256(data).hexdigest()
        kept.put(library.key(clip_id, "video.mp4"), data)
        with store.begin() as tx:
            made = {"recipe": recipe, "size_bytes": size_bytes, "sha256": digest, "clip_id": clip_id}
            library.add(tx, account_id=account_id, now=now, **made)  # type: ignore[arg-type]
    return films * size_bytes / 1e6


def polled(port: int, pid: int, ids: list[str], asked: argparse.Namespace) -> dict[str, object]:
    """Times of polls, and what one costs the server's process: on a busy machine that says more."""
    cpu = cpu_seconds(pid)
    crowd = [Client(port) for _ in range(asked.clients)]
    until = time.monotonic() + 1 + asked.seconds
    threads = [threading.Thread(target=poll, args=(client, ids, until, number)) for number, client in enumerate(crowd)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(value for client in crowd for all in client.times.values() for value in all)
    parts = statistics.quantiles(times, n=20)
    bad = [status for client in crowd for status in client.bad]
    cost = round(1000 * (cpu_seconds(pid) - cpu) / len(times), 1)
    return {
        "count": len(times),
        "cpu_ms": cost,
        "p50_ms": round(parts[9], 1),
        "p95_ms": round(parts[18], 1),
        "not_200": bad,
    }


def cpu_seconds(pid: int) -> float:
    """Of a process, so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def listener(port: int, key: str) -> tuple[http.client.HTTPConnection, int]:
    """A connection that waits for events, and how that was answered."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/v1/events", headers={"authorization": f"Bearer {key}"})
    return line, line.getresponse().status


def exported(port: int, key: str) -> dict[str, object]:
    begun = time.monotonic()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=300)) as line:
        line.request("GET", "/v1/library/export", headers={"authorization": f"Bearer {key}"})
        answer = line.getresponse()
        answer.read(1)
        first = time.monotonic() - begun
        size = 1
        while piece := answer.read(1 << 16):
            size += len(piece)
    return {"first_byte_s": round(first, 2), "all_s": round(time.monotonic() - begun, 2), "mb": round(size / 1e6, 1)}


@contextmanager
def serving(home: Path, database_url: str, *options: str) -> Iterator[tuple[int, float, int]]:
    """(port, seconds until it was ready, id of the process) of a server with a key for `Client`."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    environment = {**os.environ, "VITASCOPE_HOME": str(home), "VITASCOPE_DATABASE_URL": database_url}
    with open(home / "log", "ab") as log:
        serve = [sys.executable, "-m", "vitascope", "serve", "--port", str(port), "--drain-seconds", "1", *options]
        server = subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout
        start = time.monotonic()
        for line in server.stdout:
            if "Ctrl-C" in line:
                break
        ready = round(time.monotonic() - start, 2)
        store = Store(database_url or file_url(home / "vitascope.db"))
        with store.begin() as tx:
            Client.key = accounts.create_key(tx, accounts.owner(tx, time.time()).id, "load", time.time()).key
        store.close()
        yield port, ready, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def main(arguments: list[str]) -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--database-url", default="")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--listeners", type=int, default=300, help="of one free account")
    parser.add_argument("--films", type=int, default=100, help="of the library that is exported")
    parser.add_argument("--only", choices=("crowd", "beside", "deep"), help="one part of the three")
    parser.add_argument("--depth", type=int, default=10_000, help="of the long queue in the end")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vitascope-load-") as home:
        database = asked.database_url or file_url(Path(home) / "vitascope.db")
        with serving(Path(home), asked.database_url) as (port, ready, _):
            figures: dict[str, object] = {"ready_s": ready}
            if asked.only in (None, "crowd"):
                figures |= measure(port, asked.jobs, asked.clients, asked.seconds)
                figures |= compare(port, asked.seconds / 3)
        if asked.only in (None, "beside"):
            with serving(Path(home), asked.database_url, "--workers", "0") as (port, _, pid):
                figures |= beside(port, pid, Path(home), database, asked)
        long = Path(home) / "long"
        long.mkdir()
        if asked.only in (None, "deep"):
            with serving(long, asked.database_url, "--workers", "0") as (port, _, _):
                figures |= deep(
                    port, asked.database_url or file_url(long / "vitascope.db"), (10, asked.depth), asked.seconds / 2
                )
        store = Store(database)
        with store.read() as tx:
            figures["jobs_made"] = jobs.count(tx, states=("succeeded",))
            figures["rules_broken"] = invariants.broken(tx)
        store.close()
    for name, value in figures.items():
        print(f"{name:<20} {value}")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return figures


if __name__ == "__main__":
    main(sys.argv[1:])
