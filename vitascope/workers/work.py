"""`vitascope work`: one worker in this process, on the database and storage of the settings, until asked to end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from vitascope import logs, scratch
from vitascope.config import Settings
from vitascope.engines import registry as engines
from vitascope.runtime import open_house_patiently
from vitascope.workers.lease import LEASE_SECONDS
from vitascope.workers.worker import DRAIN_SECONDS, SLOTS, Worker

_log = logs.get(__name__)


def work(
    settings: Settings,
    *,
    engine: str = "",
    slots: int = SLOTS,
    width: int = 1,
    needs: Sequence[str] = ("cpu",),
    drain_seconds: float = DRAIN_SECONDS,
    lease_seconds: float = LEASE_SECONDS,
    attached: bool = False,
    metrics_port: int = 0,
) -> None:
    """SIGTERM or SIGINT: finish or give back, then return; a second one hurries it. `attached`: the end of standard
    input, which comes when whoever started this has died, counts as a signal.
    """
    asked = threading.Semaphore(0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: asked.release())
    if attached:
        threading.Thread(target=_until_closed, args=(asked.release,), daemon=True).start()
    if metrics_port:
        from prometheus_client import start_http_server

        from vitascope.metrics import registry

        start_http_server(metrics_port, addr=settings.host, registry=registry)
    with ThreadPoolExecutor(1) as pool:  # the engine loads while the database opens
        built = pool.submit(engines.build, engine)
        house = open_house_patiently(settings, looked_at=attached)
        maker = built.result()
    worker = Worker(
        house,
        maker,
        slots=slots,
        width=width,
        needs=needs,
        drain_seconds=drain_seconds,
        lease_seconds=lease_seconds,
    )
    with scratch.settled(settings.home):
        run_until(worker, asked)


def run_until(worker: Worker, asked: threading.Semaphore) -> None:
    """Run it in a thread, because locks and signals do not go together; drain it each time `asked` is released."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            worker.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="worker")
    thread.start()
    while thread.is_alive():
        if asked.acquire(timeout=0.2):
            _log.info("ending", worker=worker.id, held=worker.held)
            worker.drain()
    if failed:
        raise failed[0]


def _until_closed(then: Callable[[], Any]) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    then()
