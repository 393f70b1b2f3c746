"""`vitascope work`: one model's worker in this process, or a supervisor with a worker process for each model, on the
database and storage of the settings, until asked to end.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from vitascope import config, logs, scratch
from vitascope.config import Settings
from vitascope.engines import registry
from vitascope.errors import EngineFailed, VitascopeError
from vitascope.orders.retry import DRAIN_SECONDS
from vitascope.runtime import House, open_house_patiently
from vitascope.store import serving
from vitascope.workers.device import devices
from vitascope.workers.supervisor import Supervisor

if TYPE_CHECKING:
    from vitascope.workers.worker import Worker

# A worker is imported where it is made: with it comes prometheus_client, which decides when it is imported whether
# processes count together.
_log = logs.get(__name__)


class Asked:
    """What this process was asked from outside: how often to end, and whether to retire."""

    def __init__(self) -> None:
        self.to_end = threading.Semaphore(0)
        self.to_retire = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.to_end.release())

    def listen(self) -> None:
        """The starting process speaks over standard input: a line asks to retire; its end, which also comes when that
        process has died, asks to end.
        """
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        with suppress(OSError):
            while os.read(sys.stdin.fileno(), 64):
                self.to_retire.set()
        self.to_end.release()


def work(
    settings: Settings,
    *,
    engine: str = "",
    slots: int = 4,
    width: int = 1,
    model: str = "",
    needs: Sequence[str] = ("cpu",),
    drain_seconds: float = DRAIN_SECONDS,
    lease_seconds: float = 30.0,
    attached: bool = False,
    metrics_port: int = 0,
) -> None:
    """A worker for one model. SIGTERM or SIGINT: finish or give back, then return; a second one hurries it.
    `attached`: a supervisor started this and speaks over standard input.
    """
    from vitascope.workers.worker import Worker

    asked = Asked()
    if attached:
        asked.listen()
    if metrics_port:
        from prometheus_client import start_http_server

        from vitascope.metrics import registry as counted

        start_http_server(metrics_port, addr=settings.host, registry=counted)
    with ThreadPoolExecutor(1) as pool:  # the engine loads while the database opens
        built = pool.submit(registry.build, engine, model)
        house = open_house_patiently(settings, looked_at=attached)
        try:
            maker = built.result()
        except Exception as error:
            if attached:
                _blame(house, error)
            raise
    worker = Worker(
        house,
        maker,
        slots=slots,
        width=width,
        needs=tuple(dict.fromkeys((*needs, maker.card.needs))),
        drain_seconds=drain_seconds,
        lease_seconds=lease_seconds,
    )
    with scratch.settled(settings.home):
        run_until(worker, asked)


def supervise(
    settings: Settings,
    *,
    models: Sequence[str] = (),
    options: Sequence[str] = (),
    cuda: bool | None = None,
    gigabytes: float | None = None,
    switch_wait: float | None = None,
    drain_seconds: float = DRAIN_SECONDS,
    metrics_port: int = 0,
) -> None:
    """A worker process for each of these models, or of all models, as jobs ask for them. `options`: of the workers."""
    asked = Asked()
    with scratch.settled(settings.home) as place:
        if metrics_port:
            (shared := place / "metrics").mkdir()
            config.silence(PROMETHEUS_MULTIPROC_DIR=str(shared))
            from prometheus_client import CollectorRegistry, multiprocess, start_http_server

            counted = CollectorRegistry()
            multiprocess.MultiProcessCollector(counted, path=str(shared))
            start_http_server(metrics_port, addr=settings.host, registry=counted)
        supervisor = Supervisor(
            open_house_patiently(settings),
            registry.registry(),
            options=options,
            only=models,
            first=settings.model,
            places=devices(cuda=cuda, budget=gigabytes),
            switch_wait=switch_wait,
        )
        supervisor.start()
        give_up = float("inf")
        while supervisor.alive:
            if asked.to_end.acquire(timeout=0.2):
                supervisor.drain()
                give_up = min(give_up, time.monotonic() + drain_seconds + 10)
            if time.monotonic() > give_up:
                supervisor.wait(0)


def run_until(worker: Worker, asked: Asked) -> None:
    """Run it in a thread, because locks and signals do not go together; drain it each time it is asked to end."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            worker.run()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="worker")
    thread.start()
    while thread.is_alive():
        if asked.to_retire.is_set() and not worker.draining:
            _log.info("retiring", worker=worker.id, held=worker.held)
            worker.retire()
        if asked.to_end.acquire(timeout=0.2):
            _log.info("ending", worker=worker.id, held=worker.held)
            worker.drain()
    if failed:
        raise failed[0]


def _blame(house: House, error: Exception) -> None:
    """Let the supervisor know why the model cannot be loaded."""
    why = f"{type(error).__name__}: {error}"
    if isinstance(error, EngineFailed):
        why = error.whole
    elif isinstance(error, VitascopeError):
        why = f"{error.message} {error.hint}"
    with suppress(VitascopeError), house.store.begin() as tx:
        serving.blame(tx, platform.node(), os.getpid(), why.strip(), house.store.clock())
