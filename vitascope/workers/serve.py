"""`vitascope serve`: the API in this process, its workers in processes of their own beside it, on one database.

A worker's numpy, video and preview work would hold Python's lock for tens of milliseconds at a time, and a fault in a
model's runtime would take the API with it; so each worker is a child (see docs/decisions/0013). The supervisor, which
starts them, only reads the queue: it is a thread here.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn

from vitascope import __version__, config, logs, scratch
from vitascope.config import Settings
from vitascope.engines import registry
from vitascope.errors import BadSettings
from vitascope.orders.retry import DRAIN_SECONDS
from vitascope.runtime import House, open_house_patiently
from vitascope.server.patient import Patient
from vitascope.workers.courier import start_when_needed
from vitascope.workers.device import devices
from vitascope.workers.kept import Kept
from vitascope.workers.supervisor import Supervisor

# Nothing above may import prometheus_client: it decides once, when it is imported, whether processes count together.
KEEP_ALIVE_SECONDS = 75  # clients that poll keep their connection, and proxies drop theirs first
CLOSE_SECONDS = 5  # for answers under way, when asked to end

_log = logs.get(__name__)


def serve(
    settings: Settings,
    *,
    workers: int = 1,
    work_options: Sequence[str] = (),
    drain_seconds: float = DRAIN_SECONDS,
    engine: str = "",
    only: Sequence[str] = (),
    cuda: bool | None = None,
    gigabytes: float | None = None,
    switch_wait: float | None = None,
    when_ready: Callable[[], None] = lambda: None,
) -> None:
    """Until SIGTERM or SIGINT: then nothing new is taken, answers and jobs under way are ended or given back, and it
    returns. A second signal hurries it. `workers`: processes for each model, 0 for none at all; `only`: the models to
    make clips of here, none for all. `when_ready` is called once it answers. Raises BadSettings when the port is taken.
    """

    def ready() -> None:
        _show(settings, workers)
        when_ready()

    listener = _listen(settings.host, settings.port)
    place = contextlib.ExitStack()
    shared = place.enter_context(scratch.settled(settings.home)) / "metrics"
    shared.mkdir()
    config.silence(PROMETHEUS_MULTIPROC_DIR=str(shared))  # before anything is counted, here or in a worker
    supervisor, courier = None, Kept(["courier", "--attached"])
    try:
        house = open_house_patiently(settings)
        models = _models(settings, engine)
        if workers:
            supervisor = Supervisor(
                house,
                models,
                options=work_options,
                only=only,
                first=models.extra[0].name if engine else settings.model,
                engine=engine,
                copies=workers,
                places=devices(cuda=cuda, budget=gigabytes),
                switch_wait=switch_wait,
            )
        app, stopping = _app(settings, house, models)
        server = _Server(
            uvicorn.Config(
                app,
                http=Patient,
                ws="none",
                log_config=None,
                access_log=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=CLOSE_SECONDS,
            ),
            ready=ready,
        )

        def end(*_: Any) -> None:
            hurry = server.force_exit = server.should_exit
            server.should_exit = True
            stopping.set()
            if supervisor and (hurry or not supervisor.draining):
                supervisor.drain()
            courier.end(hurry=hurry)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        if supervisor:  # not before, because loading a model takes all cores
            supervisor.start()
        start_when_needed(courier.start, models, stopping)
        server.run(sockets=[listener])
    finally:
        courier.end()
        if supervisor:
            if not supervisor.draining:
                supervisor.drain()
            supervisor.wait(drain_seconds + 10)
        courier.wait(drain_seconds + 10)
        listener.close()
        place.close()


def _models(settings: Settings, engine: str) -> registry.Registry:
    """Raises BadSettings when the engine cannot be found, UnknownModel when the settings name a model that is not."""
    models = registry.registry()
    if engine:
        models = registry.Registry(models.folders, (registry.card_of(engine),))
    else:
        models.card(settings.model)  # or no word would be said before the first order
    models.on_fault = lambda name, error: _log.warning("a model file cannot be used", file=name, why=error.message)
    return models


def _app(settings: Settings, house: House, models: registry.Registry) -> tuple[Any, threading.Event]:
    from vitascope.server import local
    from vitascope.server.app import create_app
    from vitascope.server.context import Context

    context = Context(
        store=house.store,
        blobs=house.blobs,
        settings=settings,
        plans=house.plans,
        rules=house.rules,
        models=models,
        loopback_only=settings.host in local.LOOPBACK,
    )
    return create_app(context), context.stopping


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # so named, or answers wait 40 ms
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        why = error.strerror or str(error)
        raise BadSettings(f"Cannot listen on {host}:{port}: {why}.", hint="Choose another --port or --host.") from error
    return listener


def _show(settings: Settings, workers: int) -> None:
    from vitascope.server import local

    print(f"Vitascope {__version__} at {settings.base_url}")
    print(f'  openai SDK  OpenAI(base_url="{settings.base_url}/v1", api_key=...)')
    print(f"  Kling       {settings.base_url}            MiniMax, Runway, Replicate, Google, ... the same")
    print(f"  all of them {settings.base_url}/v1/dialects; each under its prefix too, as /kling")
    print("  a key       vitascope keys create --name laptop")
    if why := local.why_shared(settings, settings.host in local.LOOPBACK):
        print(f"  others      are served too ({why}), so everybody logs in or sends a key;")
        print("              the owner's own password: vitascope accounts password --email mia@example.org")
    else:
        print("  yourself    vitascope studio opens it as the owner of this machine, without a password")
        print("              behind a proxy set VITASCOPE_PUBLIC_URL to the address that others use")
    if not workers:
        print("  no worker   start some: vitascope work")
    print(f"  pages       {settings.base_url}/ (the studio), /docs, /metrics; Ctrl-C ends it gracefully", flush=True)


class _Server(uvicorn.Server):
    """Leaves the signals to us, and says when it is ready."""

    def __init__(self, chosen: uvicorn.Config, *, ready: Any):
        super().__init__(chosen)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
