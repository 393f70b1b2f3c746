"""How long clips take here, as measured: from jobs that this database has seen end. What was never measured is None,
and is never guessed. `progress` says what follows from it for one job.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import ASPECTS, ClipSpec
from vitascope.store import progress
from vitascope.store.job import IS_RUNNING, Job
from vitascope.store.progress import Fit, Progress, Running
from vitascope.store.schema import clips, jobs, workers

LOOKED_AT = 30  # of the latest jobs
DAYS = 7.0
ALIVE_SECONDS = 30.0


@dataclass(frozen=True)
class Pace:
    """`fits`: how long a job takes by its work, by model. `usual`: seconds of a whole job. `running`: the others."""

    fits: dict[str, Fit] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)
    workers: int = 0
    running: tuple[Running, ...] = ()

    def seconds(self, spec: ClipSpec, model: str) -> float | None:
        """How long a clip of this spec takes, once it has begun."""
        fit = self.fits.get(model)
        return fit.seconds(progress.work(spec.shape, spec.new_frames, spec.steps)) if fit else None

    def progress(self, job: Job, spec: ClipSpec) -> Progress:
        """How far this running job is."""
        return self.of(_of(job, spec))

    def of(self, mine: Running) -> Progress:
        """Others that its worker holds and that end sooner are made first."""
        alone = self._alone(mine)
        others = [one for one in self.running if one.id != mine.id and one.worker and one.worker == mine.worker]
        ahead: float | None = 0.0
        for other in others:
            its = self._alone(other)
            if alone.seconds_left is None or its.seconds_left is None:
                ahead = None
            elif ahead is not None and (its.seconds_left, other.id) < (alone.seconds_left, mine.id):
                ahead += its.seconds_left
        turn = any(other.step > 0 for other in others)
        return progress.progress(mine, self.fits.get(mine.model), ahead=ahead, turn=turn)

    def starts_in(self, position: int, model: str) -> float | None:
        """Seconds until the job at this place in the line begins; None without a worker or anything measured."""
        usual = self.usual.get(model)
        if usual is None or not self.workers:
            return None
        parts = [self._alone(one).seconds_left for one in self.running]
        usuals = [self.usual.get(one.model, 0.0) for one in self.running]
        left = sum(other if part is None else part for part, other in zip(parts, usuals, strict=True))
        ahead = left + usual * (position - 1)
        return ahead / self.workers if self.running or position > 1 else 0.0

    def _alone(self, one: Running) -> Progress:
        return progress.progress(one, self.fits.get(one.model))


def measured(tx: Connection, now: float) -> Pace:
    """From the latest finished jobs, the jobs that run and the workers that are alive."""
    took: dict[str, list[tuple[float, float]]] = {}
    usual: dict[str, list[float]] = {}
    steps = jobs.c.spec["steps"].as_integer().label("steps")
    columns = (
        jobs.c.model,
        jobs.c.started_at,
        jobs.c.finished_at,
        jobs.c.compute_ms,
        steps,
        clips.c.width,
        clips.c.height,
        clips.c.frames,
    )
    done = (jobs.c.finished_at > now - DAYS * 86_400, jobs.c.state == "succeeded", jobs.c.attempts == 1)
    told = (jobs.c.started_at.is_not(None), steps.is_not(None))  # rows of other versions may have neither
    query = (
        sa.select(*columns)
        .join(clips, clips.c.id == jobs.c.clip_id)
        .where(*done, *told, jobs.c.relation.is_distinct_from("extend"))
    )
    rows = tx.execute(query.order_by(jobs.c.finished_at.desc()).limit(LOOKED_AT)).all()
    waits = _waits(rows)
    for row in rows:
        seconds = row.finished_at - row.started_at
        usual.setdefault(row.model, []).append(seconds)
        if row.compute_ms:  # without what it waited for others that its worker held
            seconds = min(seconds, row.compute_ms / 1000 + waits[row.model])
        took.setdefault(row.model, []).append((progress.work((row.width, row.height), row.frames, row.steps), seconds))
    fits = {model: progress.fit(found) for model, found in took.items()}
    alive = (
        sa.select(sa.func.count())
        .select_from(workers)
        .where(workers.c.seen_at.between(now - ALIVE_SECONDS, now + ALIVE_SECONDS))
    )
    return Pace(
        {model: found for model, found in fits.items() if found},
        {model: statistics.median(values) for model, values in usual.items()},
        tx.scalar(alive) or 0,
        _running(tx),
    )


def _waits(rows: Any) -> dict[str, float]:
    """What a job that was alone on its worker takes besides the engine's time, by model: the least seen."""
    found: dict[str, float] = {}
    for row in rows:
        if row.compute_ms:
            wait = max(0.0, row.finished_at - row.started_at - row.compute_ms / 1000)
            found[row.model] = min(wait, found.get(row.model, wait))
    return found


def _running(tx: Connection) -> tuple[Running, ...]:
    """Without their specs' pictures, which may be large."""
    spec = jobs.c.spec
    columns = (
        jobs.c.id,
        jobs.c.model,
        jobs.c.lease_worker,
        jobs.c.attempts,
        jobs.c.step,
        jobs.c.steps,
        jobs.c.compute_ms,
        spec["steps"].as_integer().label("asked"),
        spec["seconds"].as_float().label("seconds"),
        spec["aspect"].as_string().label("aspect"),
        spec["size"].label("size"),
        spec["extend"]["width"].as_integer().label("width"),
        spec["extend"]["height"].as_integer().label("height"),
    )
    found = []
    for row in tx.execute(sa.select(*columns).where(IS_RUNNING)):
        if row.asked is None or row.seconds is None:
            continue  # a row of another version
        size = (
            (row.width, row.height) if row.width and row.height else row.size or ASPECTS.get(row.aspect, ASPECTS["1:1"])
        )
        frames = ClipSpec(prompt=".", seconds=row.seconds).new_frames  # one more than an extension has: no matter
        found.append(
            Running(
                row.id,
                row.model,
                row.lease_worker,
                row.attempts,
                _step(row.step, row.steps, row.asked),
                row.asked,
                row.compute_ms / 1000,
                size[0] * size[1] * frames,
            )
        )
    return tuple(found)


def _of(job: Job, spec: ClipSpec) -> Running:
    return Running(
        job.id,
        job.model,
        job.lease_worker,
        job.attempts,
        _step(job.step, job.steps, spec.steps),
        spec.steps,
        job.compute_ms / 1000,
        spec.shape[0] * spec.shape[1] * spec.new_frames,
    )


def _step(step: int, steps: int, asked: int) -> float:
    """Of the steps asked for: a long clip makes them once for each of its windows."""
    return step * asked / steps if steps else 0.0
