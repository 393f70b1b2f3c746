"""`vitascope fleet`: Ray places workers over the nodes of a cluster, each with its share of GPUs and processors, and
starts one again elsewhere when its node dies. Ray places and restarts; what the workers do, they fetch from the
database like every other worker, so a job of a dead node is taken over when its lease ends, and Ray itself may die too.

Ray's usage statistics and dashboard are off.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

from vitascope import config, logs, scratch
from vitascope.config import Settings
from vitascope.errors import BadSettings, MissingExtra, Unavailable
from vitascope.workers.lease import LEASE_SECONDS
from vitascope.workers.worker import DRAIN_SECONDS, SLOTS

RESTARTS = -1  # as often as it takes
LOOK_SECONDS = 1.0
TELL_SECONDS = 30.0  # between two lines about one worker that cannot be started again yet
OFF = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}

_log = logs.get(__name__)


class Placed:
    """A supervisor as an actor of Ray, or with an engine of one's own a worker; runs on the node where Ray puts it.
    `work` returns when it was drained.
    """

    def __init__(self, engine: str, options: dict[str, Any]):
        from vitascope.engines import registry
        from vitascope.runtime import open_house_patiently
        from vitascope.workers import child
        from vitascope.workers.device import devices
        from vitascope.workers.supervisor import Supervisor
        from vitascope.workers.worker import Worker

        settings = config.settings()
        logs.configure(settings.log_format)
        house = open_house_patiently(settings)
        self.worker: Worker | Supervisor
        if engine:
            self.worker = Worker(house, registry.build(engine), **options)
        else:
            places = devices(cuda="cuda" in options.pop("needs"))
            given = child.options(**{"slots": SLOTS, "width": 1, "drain_seconds": DRAIN_SECONDS, **options})
            self.worker = Supervisor(house, registry.registry(), options=given, first=settings.model, places=places)
        self._working = threading.Lock()

    def work(self) -> str:
        with self._working:  # asked again while it works, as after a break in the network: wait with the first
            if not self.worker.draining:
                with scratch.settled(config.settings().home):
                    self.worker.run()
        return self.worker.id

    def drain(self) -> None:
        self.worker.drain()

    def where(self) -> dict[str, Any]:
        import ray

        return {"worker": self.worker.id, "node": ray.get_runtime_context().get_node_id(), "pid": os.getpid()}


class Fleet:
    """Workers placed by Ray. `look` starts again what has ended; `drain` ends them all."""

    def __init__(
        self,
        settings: Settings,
        *,
        workers: int,
        gpus: float = 0,
        cpus: float = 1,
        engine: str = "",
        resources: dict[str, float] | None = None,
        environment: dict[str, str] | None = None,
        **options: Any,
    ):
        import ray

        _refuse_unshared(settings)
        options["needs"] = ("cpu", "cuda") if gpus else ("cpu",)
        placed = ray.remote(Placed).options(
            num_gpus=gpus,
            num_cpus=cpus,
            resources=resources,
            max_restarts=RESTARTS,
            max_concurrency=16,  # `work` takes one, and it must still hear `drain` and `where`
            scheduling_strategy="SPREAD",
            runtime_env={"env_vars": {**config.exported(), **OFF, **(environment or {})}},
        )
        self._actors: list[Any] = [placed.remote(engine, options) for _ in range(workers)]
        self._runs: dict[Any, Any] = {actor.work.remote(): actor for actor in self._actors}
        self._told: dict[Any, float] = {}  # actor -> when its death was last logged
        self._draining = False

    @property
    def running(self) -> int:
        return len(self._runs)

    def look(self, seconds: float = LOOK_SECONDS) -> None:
        """Wait a moment for workers that end. One whose node or process died is asked to work again: Ray starts it
        where there is room, or as soon as there is.
        """
        import ray
        from ray.exceptions import RayActorError, RayError

        ended, _ = ray.wait(list(self._runs), num_returns=len(self._runs), timeout=seconds)
        for run in ended:
            actor = self._runs.pop(run)
            try:
                _log.info("a worker ended", worker=ray.get(run))
                continue
            except RayActorError as error:
                why = str(error).split("\n")[0]
            except RayError as error:
                why = str(error).strip().split("\n")[-1]
            if time.monotonic() - self._told.get(actor, float("-inf")) > TELL_SECONDS:
                self._told[actor] = time.monotonic()
                _log.warning("a worker died", why=why)
            if not self._draining:
                time.sleep(0.2)
                self._runs[actor.work.remote()] = actor

    def where(self, seconds: float = 60) -> list[dict[str, Any]]:
        """Which worker is on which node, of those that are up within so many seconds."""
        import ray
        from ray.exceptions import RayError

        up, _ = ray.wait(
            [actor.where.remote() for actor in self._actors], num_returns=len(self._actors), timeout=seconds
        )
        places = []
        for answer in up:
            with contextlib.suppress(RayError):
                places.append(ray.get(answer))
        return places

    def drain(self) -> None:
        """Once: finish or give back what is under way. Twice: give it back at once."""
        self._draining = True
        for actor in self._actors:
            with contextlib.suppress(Exception):  # a dead one has nothing to drain
                actor.drain.remote()

    def kill(self) -> None:
        import ray

        for actor in self._actors:
            with contextlib.suppress(Exception):
                ray.kill(actor)


def run(
    settings: Settings,
    *,
    workers: int,
    gpus: float = 0,
    cpus: float = 1,
    address: str = "auto",
    engine: str = "",
    slots: int = SLOTS,
    width: int = 1,
    lease_seconds: float = LEASE_SECONDS,
) -> None:
    """Place the workers and watch over them until SIGTERM or SIGINT. Raises MissingExtra, Unavailable, BadSettings."""
    asked = threading.Semaphore(0)
    with connected(address):
        options: dict[str, Any] = {"slots": slots, "width": width, "lease_seconds": lease_seconds}
        fleet = Fleet(settings, workers=workers, gpus=gpus, cpus=cpus, engine=engine, **options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: asked.release())
        for place in fleet.where(seconds=600):
            print(f"worker {place['worker']} on node {place['node'][:12]}", flush=True)
        give_up = float("inf")
        while fleet.running and time.monotonic() < give_up:
            fleet.look()
            if asked.acquire(blocking=False):
                fleet.drain()
                give_up = time.monotonic() + DRAIN_SECONDS + 10
        fleet.kill()


@contextlib.contextmanager
def connected(address: str) -> Iterator[None]:
    """A connection to the cluster at this address ("auto": the one this machine belongs to), or to a small one of its
    own ("local").
    """
    config.silence(**OFF)
    try:
        import ray
    except ImportError as error:
        raise MissingExtra("The fleet", "ray") from error
    try:
        ray.init(
            address=None if address == "local" else address,
            include_dashboard=False if address == "local" else None,
            log_to_driver=True,
            configure_logging=False,
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        hint = "Start one: RAY_USAGE_STATS_ENABLED=0 ray start --head; or try --address local."
        raise Unavailable(f"There is no Ray cluster at {address}: {error}", hint=hint) from error
    try:
        yield
    finally:
        ray.shutdown()


def _refuse_unshared(settings: Settings) -> None:
    """Workers on other machines need a database and a storage that they reach as well."""
    import ray

    hosts = {node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    if len(hosts) > 1 and settings.database.startswith("sqlite"):
        raise BadSettings(
            f"The cluster has {len(hosts)} machines, the database is a file on this one.",
            hint="Set VITASCOPE_DATABASE_URL=postgresql://... and VITASCOPE_STORAGE_URL=s3://...",
        )
