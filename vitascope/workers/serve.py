"""`vitascope serve`: the API in this process, its workers in processes of their own beside it, on one database.

A worker's numpy, video and preview work would hold Python's lock for tens of milliseconds at a time, and a fault in a
model's runtime would take the API with it; so each worker is a child (see docs/decisions/0013). It is started again
when it dies, and ends by itself when this process does, however that ends: its standard input is a pipe from here.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from vitascope import __version__, config, logs, scratch
from vitascope.config import Settings
from vitascope.engines import registry
from vitascope.errors import BadSettings
from vitascope.orders.retry import DRAIN_SECONDS
from vitascope.runtime import House, open_house_patiently
from vitascope.server.patient import Patient

# Nothing above may import prometheus_client: it decides once, when it is imported, whether processes count together.
KEEP_ALIVE_SECONDS = 75  # clients that poll keep their connection, and proxies drop theirs first
CLOSE_SECONDS = 5  # for answers under way, when asked to end
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0  # before a worker that died is started again

_log = logs.get(__name__)


def serve(
    settings: Settings,
    *,
    workers: int = 1,
    work_options: Sequence[str] = (),
    drain_seconds: float = DRAIN_SECONDS,
    engine: str = "",
    when_ready: Callable[[], None] = lambda: None,
) -> None:
    """Until SIGTERM or SIGINT: then nothing new is taken, answers and jobs under way are ended or given back, and it
    returns. A second signal hurries it. `when_ready` is called once it answers. Raises BadSettings when the port is
    taken.
    """

    def ready() -> None:
        _show(settings, workers)
        when_ready()

    listener = _listen(settings.host, settings.port)
    place = contextlib.ExitStack()
    shared = place.enter_context(scratch.settled(settings.home)) / "metrics"
    shared.mkdir()
    config.silence(PROMETHEUS_MULTIPROC_DIR=str(shared))  # before anything is counted, here or in a worker
    crew = [Child(["work", "--attached", *work_options]) for _ in range(workers)]
    try:
        app, stopping = _app(settings, open_house_patiently(settings), engine)
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
            for child in crew:
                child.end(hurry=hurry)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        for child in crew:  # not before, because loading a model takes all cores
            child.start()
        server.run(sockets=[listener])
    finally:
        for child in crew:
            child.end()
        for child in crew:
            child.wait(drain_seconds + 10)
        listener.close()
        place.close()


def _app(settings: Settings, house: House, engine: str) -> tuple[Any, threading.Event]:
    from vitascope.server import local
    from vitascope.server.app import create_app
    from vitascope.server.context import Context

    context = Context(
        store=house.store,
        blobs=house.blobs,
        settings=settings,
        plans=house.plans,
        rules=house.rules,
        cards=(registry.card(engine),),
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


@dataclass(eq=False)
class Child:
    """`vitascope ARGUMENTS` as a process beside this one, started again when it dies, until `end`."""

    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    _ending: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        self._spawn()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self, *, hurry: bool = False) -> None:
        """Ask it to end, once; `hurry`: ask again. Safe in a signal's handler."""
        asked = self._ending.is_set()
        self._ending.set()
        if self.process and self.process.returncode is None and (hurry or not asked):
            with contextlib.suppress(OSError):
                self.process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        """Until it has ended; killed when it takes longer."""
        if self._thread:
            self._thread.join(seconds)
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _spawn(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vitascope", *self.arguments],
            stdin=subprocess.PIPE,  # closes when this process ends, in whatever way
            start_new_session=True,  # Ctrl-C in a terminal is for this process, which asks the child to end
        )

    def _watch(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while self.process:
            started = time.monotonic()
            code = self.process.wait()
            if self._ending.is_set():
                return
            if time.monotonic() - started > 2 * LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            _log.error("a worker ended and is started again", code=code, seconds=pause)
            if self._ending.wait(pause):
                return
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._spawn()
