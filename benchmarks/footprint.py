"""How many files of the package one order passes through, and how often it goes from one file to another.

    python benchmarks/footprint.py

A native order (`POST /v1/videos`) and one of Kling's are sent to the application in this process, on a database in a
temporary folder. Counted are calls alone (`sys.setprofile`), in all threads, once everything is loaded.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2

import vitascope
from vitascope.config import Settings
from vitascope.engines import registry
from vitascope.runtime import open_house
from vitascope.server import local
from vitascope.server.app import create_app
from vitascope.server.context import Context

PACKAGE = str(Path(vitascope.__file__).parent)
ORDERS = {
    "native": ("/v1/videos", {"prompt": "a red ball bounces on snow", "seconds": 5}),
    "Kling": ("/kling/v1/videos/text2video", {"prompt": "a red ball bounces on snow", "duration": "5"}),
}


class Trace:
    """Files of the package in which a function was called, and the ways between them."""

    def __init__(self) -> None:
        self.counting = False
        self.calls: Counter[str] = Counter()
        self.ways: Counter[tuple[str, str]] = Counter()

    def __call__(self, frame: Any, event: str, argument: Any) -> None:
        if not self.counting or event != "call" or not (callee := self._file(frame)):
            return
        self.calls[callee] += 1
        before = frame.f_back
        while before and not (caller := self._file(before)):
            before = before.f_back
        if before and caller != callee:
            self.ways[caller, callee] += 1

    def _file(self, frame: Any) -> str:
        name = frame.f_code.co_filename
        return name[len(PACKAGE) + 1 :] if name.startswith(PACKAGE) else ""


async def measure(app: Any, headers: dict[str, str], path: str, body: dict[str, Any]) -> Trace:
    trace = Trace()
    threading.setprofile(trace)  # from the start: threads of a pool keep what they were born with
    sys.setprofile(trace)
    transport = httpx2.ASGITransport(app=app, client=("127.0.0.1", 50000))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=headers) as client:
        for trace.counting in (False, False, True):
            (await client.post(path, json=body)).raise_for_status()
        trace.counting = False
    sys.setprofile(None)
    return trace


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        house = open_house(settings)
        context = Context(
            store=house.store,
            blobs=house.blobs,
            settings=settings,
            plans=house.plans,
            rules=house.rules,
            models=registry.registry(),
            loopback_only=True,
        )
        app = create_app(context)
        headers = {"cookie": f"{local.COOKIE}={local.token(context)}"}
        for name, (path, body) in ORDERS.items():
            trace = asyncio.run(measure(app, headers, path, body))
            print(f"{name}: {len(trace.calls)} files, {sum(trace.ways.values())} ways between them")
            for file, count in sorted(trace.calls.items()):
                print(f"  {file:44} {count:5}")


if __name__ == "__main__":
    main()
