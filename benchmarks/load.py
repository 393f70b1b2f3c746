"""How the service bears a crowd: thousands of jobs in the queue, hundreds of clients that poll and list, on this
machine alone, with the true embedded model making stills meanwhile. All is in a folder of its own that is removed.

    python benchmarks/load.py [--jobs 2000] [--clients 200] [--seconds 15] [--database-url postgresql://...]

Each client asks for one of the videos once a second, as the official SDK does, and for the list every tenth time. Shown
are the times from request to the whole answer, in milliseconds, and whether the books were right in the end. Then some
clients ask for one task as fast as they can, in our own form and in two vendors' dialects.
"""

from __future__ import annotations

import argparse
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
from contextlib import closing
from pathlib import Path

from vitascope.store import accounts, invariants, jobs
from vitascope.store.database import Store, file_url

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


def main(arguments: list[str]) -> dict[str, object]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--database-url", default="")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args(arguments)
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="vitascope-load-") as home:
        environment = {**os.environ, "VITASCOPE_HOME": home, "VITASCOPE_DATABASE_URL": asked.database_url}
        with open(Path(home) / "log", "wb") as log:
            serve = [sys.executable, "-m", "vitascope", "serve", "--port", str(port), "--drain-seconds", "1"]
            server = subprocess.Popen(serve, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert server.stdout
            start = time.monotonic()
            for line in server.stdout:
                if "Ctrl-C" in line:
                    break
            ready = round(time.monotonic() - start, 2)
            store = Store(asked.database_url or file_url(Path(home) / "vitascope.db"))
            with store.begin() as tx:
                Client.key = accounts.create_key(tx, accounts.owner(tx, time.time()).id, "load", time.time()).key
            store.close()
            figures = {"ready_s": ready, **measure(port, asked.jobs, asked.clients, asked.seconds)}
            figures |= compare(port, asked.seconds / 3)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
        store = Store(asked.database_url or file_url(Path(home) / "vitascope.db"))
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
