"""How long clips take here, as measured: from jobs that this database has seen end. What was never measured is None,
and is never guessed. `progress` says what follows from it for one job.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import Shape
from vitascope.store import progress, serving
from vitascope.store.job import IS_LOCAL, IS_RUNNING, Job
from vitascope.store.progress import Fit, Progress, Running
from vitascope.store.schema import clips, jobs
from vitascope.store.serving import Served

LOOKED_AT = 30  # of the latest jobs
DAYS = 7.0


@dataclass(frozen=True)
class Pace:
    """`fits`: how long a job takes by its work, by model. `usual`: seconds of a whole job. `running`: the others.
    `served`: who serves which model.
    """

    fits: dict[str, Fit] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)
    served: Mapping[str, Served] = field(default_factory=dict)
    running: tuple[Running, ...] = ()

    def workers(self, model: str) -> int:
        """Living ones that have this model loaded."""
        return self.of_model(model).workers

    def of_model(self, model: str) -> Served:
        return self.served.get(model, Served())

    def seconds(self, shape: Shape, model: str) -> float | None:
        """How long a clip of this shape takes, once it has begun."""
        fit = self.fits.get(model)
        return fit.seconds(progress.work(shape.size, shape.frames, steps_of(shape.steps))) if fit else None

    def progress(self, job: Job) -> Progress:
        """How far this running job is."""
        return self.of(_of(job))

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
        usual, workers = self.usual.get(model), self.workers(model)
        if usual is None or not workers:
            return None
        running = [one for one in self.running if one.model == model]
        parts = [self._alone(one).seconds_left for one in running]
        usuals = [self.usual.get(one.model, 0.0) for one in running]
        left = sum(other if part is None else part for part, other in zip(parts, usuals, strict=True))
        ahead = left + usual * (position - 1)
        return ahead / workers if running or position > 1 else 0.0

    def _alone(self, one: Running) -> Progress:
        return progress.progress(one, self.fits.get(one.model))


def measured(tx: Connection, now: float) -> Pace:
    """From the latest finished jobs, the jobs that run and the workers that are alive."""
    took: dict[str, list[tuple[float, float]]] = {}
    usual: dict[str, list[float]] = {}
    steps = jobs.c.shape["steps"].as_integer().label("steps")
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
        took.setdefault(row.model, []).append(
            (progress.work((row.width, row.height), row.frames, steps_of(row.steps)), seconds)
        )
    fits = {model: progress.fit(found) for model, found in took.items()}
    return Pace(
        {model: found for model, found in fits.items() if found},
        {model: statistics.median(values) for model, values in usual.items()},
        serving.read(tx, now),
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
    """Without their specs, which may be large."""
    columns = (
        jobs.c.id,
        jobs.c.model,
        jobs.c.lease_worker,
        jobs.c.attempts,
        jobs.c.step,
        jobs.c.steps,
        jobs.c.compute_ms,
        jobs.c.shape,
    )
    found = []
    for row in tx.execute(sa.select(*columns).where(IS_RUNNING, IS_LOCAL)):
        if row.shape:  # else a row of another version
            found.append(_running_one(row, Shape.from_dict(row.shape)))
    return tuple(found)


def _of(job: Job) -> Running:
    return _running_one(job, job.resolved)


def _running_one(row: Any, shape: Shape) -> Running:
    asked = steps_of(shape.steps)
    return Running(
        row.id,
        row.model,
        row.lease_worker,
        row.attempts,
        _step(row.step, row.steps, asked),
        asked,
        row.compute_ms / 1000,
        shape.width * shape.height * shape.frames,
    )


def steps_of(steps: int) -> int:
    """Of a model without steps to choose, its work counts as one."""
    return steps or 1


def _step(step: int, steps: int, asked: int) -> float:
    """Of the steps asked for: a long clip makes them once for each of its windows."""
    return step * asked / steps if steps else 0.0
