"""Records how jobs of many kinds go on a real server with the embedded model, to test the progress that is shown.

    python benchmarks/progress.py OUT.json [--busy 2]

Drafts, usual clips, long ones and stills are ordered one after another and then several at once; their rows are read
ten times a second. `--busy N`: so many processes keep the machine's cores busy meanwhile. Everything is in a folder of
its own that is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vitascope.clip import Shape
from vitascope.store import accounts
from vitascope.store.database import Store, file_url
from vitascope.store.schema import jobs

PORT = 8497
PROMPT = "a red ball bounces on snow at sunset, the camera orbits left"
ALONE = (
    {"seconds": 1, "steps": 2}, {"seconds": 5, "steps": 2}, {"seconds": 5}, {"seconds": 0}, {"seconds": 10},
    {"seconds": 5, "aspect": "16:9"}, {"seconds": 5, "steps": 16}, {"seconds": 30},
)  # fmt: skip
TOGETHER = ({"seconds": 5, "n": 3}, {"seconds": 10}, {"seconds": 2, "steps": 2}, {"seconds": 5, "steps": 16})
ENDED = ("succeeded", "failed", "cancelled")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--busy", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environment = {**os.environ, "VITASCOPE_HOME": folder, "VITASCOPE_CREDITS": "0"}
        command = [sys.executable, "-m", "vitascope", "serve", "--port", str(PORT)]
        server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(asked.busy)]
        try:
            _ready()
            store = Store(file_url(next(home.rglob("*.db"))))
            with store.begin() as tx:
                now = time.time()
                key = accounts.create_key(tx, accounts.owner(tx, now).id, "progress", now).key
            found: dict[str, dict[str, Any]] = {}
            for body in ALONE:
                _order(body, key)
                _follow(store, found)
            for body in TOGETHER:
                _order(body, key)
            _follow(store, found)
            store.close()
        finally:
            for process in (server, *busy):
                process.send_signal(signal.SIGTERM)
            server.wait(60)
    rows = sorted(found.values(), key=lambda row: row["started"])
    asked.out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(f"{len(rows)} jobs", file=sys.stderr)


def _ready() -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=1)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server did not start.")


def _order(body: dict[str, Any], key: str) -> None:
    data = json.dumps({"prompt": PROMPT, "seed": 1, **body}).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{PORT}/v1/videos", data, headers)).close()


def _follow(store: Store, found: dict[str, dict[str, Any]]) -> None:
    """Read all jobs again and again until none is on its way; what changed in one becomes a line of its `seen`."""
    while True:
        with store.read() as tx:
            rows = tx.execute(sa.select(jobs)).all()
        now = time.time()
        for row in rows:
            if not row.started_at:
                continue
            shape = Shape.from_dict(row.shape)
            kind = {"width": shape.width, "height": shape.height, "frames": shape.frames, "asked": shape.steps}
            one = found.setdefault(row.id, {**kind, "worker": row.lease_worker, "started": row.started_at, "seen": []})
            line = [row.step, row.steps, row.compute_ms]
            if row.state == "running" and (not one["seen"] or one["seen"][-1][1:] != line):
                one["seen"].append([round(now, 2), *line])
            if row.state in ENDED:
                one |= {"finished": row.finished_at, "compute_ms": row.compute_ms, "state": row.state}
        if all(row.state in ENDED for row in rows):
            return
        time.sleep(0.1)


if __name__ == "__main__":
    main()
