"""The commands that start the service: serve, work, fleet. As in `app`, an option becomes a setting or an argument
here; the rest is done elsewhere.
"""

from __future__ import annotations

import click

_ENGINE = click.option(
    "--engine",
    default="",
    show_default=False,
    help="Your own engine: module:factory. [default: the settings' model]",
)
_SLOTS = click.option(
    "--slots", type=click.IntRange(1), default=4, help="Jobs a worker holds at once, so that short ones overtake."
)
_WIDTH = click.option(
    "--batch", "width", type=click.IntRange(1), default=1, help="Drafts the engine steps at once; for GPUs."
)
_CUDA = click.option(
    "--cuda/--no-cuda",
    default=None,
    show_default=False,
    help="Also take jobs that need a GPU. [default: when nvidia-smi shows one]",
)
_MODEL = click.option(
    "--model", "models", multiple=True, help="Make clips of this model alone; may be repeated. [default: all that fit]"
)
_GIGABYTES = click.option(
    "--gigabytes",
    type=click.FloatRange(0, min_open=True),
    help="Memory that models may take: of the GPU, or without one of the machine. [default: what is free]",
)
_SWITCH = click.option(
    "--switch-wait",
    type=click.FloatRange(0),
    help="Seconds that jobs wait while others keep the memory that their model needs. "
    "[default: four loads of the model, at most 300]",
)
_DRAIN = click.option(
    "--drain-seconds", type=click.FloatRange(0), default=20.0, help="For jobs under way when asked to end."
)
_LEASE = click.option(
    "--lease-seconds",
    type=click.FloatRange(1),
    default=30.0,
    help="How long a job of a worker that died waits for another.",
)


@click.command()
@click.option("--host", help="Address to listen on. [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port. [default: 8410]")
@click.option("--workers", type=click.IntRange(0), default=1, help="Worker processes for each model; 0: only the API.")
@_SLOTS
@_WIDTH
@_CUDA
@_MODEL
@_GIGABYTES
@_SWITCH
@_DRAIN
@_LEASE
@_ENGINE
def serve(
    host: str | None,
    port: int | None,
    workers: int,
    slots: int,
    width: int,
    cuda: bool | None,
    models: tuple[str, ...],
    gigabytes: float | None,
    switch_wait: float | None,
    drain_seconds: float,
    lease_seconds: float,
    engine: str,
) -> None:
    """Start the service: API and workers, database and storage of the settings."""
    from vitascope import logs
    from vitascope.config import override
    from vitascope.workers import child
    from vitascope.workers import serve as serving

    settings = override(host=host, port=port)
    logs.configure(settings.log_format)
    serving.serve(
        settings,
        workers=workers,
        work_options=child.options(slots=slots, width=width, drain_seconds=drain_seconds, lease_seconds=lease_seconds),
        drain_seconds=drain_seconds,
        engine=engine,
        only=models,
        cuda=cuda,
        gigabytes=gigabytes,
        switch_wait=switch_wait,
    )


@click.command()
@_SLOTS
@_WIDTH
@_CUDA
@_ENGINE
@_MODEL
@_GIGABYTES
@_SWITCH
@_DRAIN
@_LEASE
@click.option("--metrics-port", default=0, help="Show the metrics of this command's processes there; 0: nowhere.")
@click.option("--attached", is_flag=True, hidden=True)
def work(
    slots: int,
    width: int,
    cuda: bool | None,
    engine: str,
    models: tuple[str, ...],
    gigabytes: float | None,
    switch_wait: float | None,
    drain_seconds: float,
    lease_seconds: float,
    metrics_port: int,
    attached: bool,
) -> None:
    """Add workers to the service on the same database and storage: one for each model that jobs ask for."""
    from vitascope import logs
    from vitascope.config import settings
    from vitascope.workers import child
    from vitascope.workers import work as working

    logs.configure(settings().log_format)
    if not engine and len(models) != 1:
        working.supervise(
            settings(),
            models=models,
            options=child.options(slots=slots, width=width, drain_seconds=drain_seconds, lease_seconds=lease_seconds),
            cuda=cuda,
            gigabytes=gigabytes,
            switch_wait=switch_wait,
            drain_seconds=drain_seconds,
            metrics_port=metrics_port,
        )
        return
    working.work(
        settings(),
        engine=engine,
        model="".join(models),
        slots=slots,
        width=width,
        needs=("cpu", "cuda") if cuda else ("cpu",),
        drain_seconds=drain_seconds,
        lease_seconds=lease_seconds,
        attached=attached,
        metrics_port=metrics_port,
    )


@click.command()
@click.option("--workers", type=click.IntRange(1), required=True, help="How many.")
@click.option(
    "--gpus-per-worker", "gpus", type=click.FloatRange(0), default=0.0, help="GPUs for each; parts are possible."
)
@click.option("--cpus-per-worker", "cpus", type=click.FloatRange(0), default=1.0, help="Processors for each.")
@click.option("--address", default="auto", help="auto: the Ray cluster of this machine; local: one just for this.")
@_SLOTS
@_WIDTH
@_LEASE
@_ENGINE
def fleet(
    workers: int,
    gpus: float,
    cpus: float,
    address: str,
    slots: int,
    width: int,
    lease_seconds: float,
    engine: str,
) -> None:
    """Place workers over the nodes of a Ray cluster; needs the extra `ray`."""
    from vitascope import logs
    from vitascope.config import settings
    from vitascope.workers import ray as rays

    logs.configure(settings().log_format)
    rays.run(
        settings(),
        workers=workers,
        gpus=gpus,
        cpus=cpus,
        address=address,
        slots=slots,
        width=width,
        lease_seconds=lease_seconds,
        engine=engine,
    )
