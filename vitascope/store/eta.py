"""How long clips take here, as measured: from jobs that this database has seen end. What was never measured is None,
and is never guessed.

A clip's work is counted in frames x pixels x steps; the frames' decoding and writing count as so many steps more.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection

from vitascope.clip import ClipSpec
from vitascope.store.job import IS_RUNNING, Job
from vitascope.store.schema import clips, jobs, workers

LOOKED_AT = 30  # of the latest jobs
DAYS = 7.0
TAIL = 6.0  # steps that decoding and writing take: 1.7 s, where a step takes 0.27 s (`vitascope bench`)
ALIVE_SECONDS = 30.0
_FIRST_STEPS = 2  # from then on a job's own pace is known better than the usual one


@dataclass(frozen=True)
class Pace:
    """`per_work`: seconds for a unit of work, by model. `usual`: seconds of a whole job. `running`: its jobs' spans."""

    per_work: dict[str, float] = field(default_factory=dict)
    usual: dict[str, float] = field(default_factory=dict)
    workers: int = 0
    running: tuple[tuple[str, float, int, int, int], ...] = ()  # model, started, step, steps, attempts

    def seconds(self, spec: ClipSpec, model: str) -> float | None:
        """How long a clip of this spec takes, once it has begun."""
        rate = self.per_work.get(model)
        return None if rate is None else rate * _work(spec.shape, spec.new_frames, spec.steps)

    def left(self, job: Job, now: float, whole: float | None) -> float | None:
        """Seconds until a running job is done; `whole`: what it takes usually."""
        return _left(job.started_at, job.step, job.steps, job.attempts, now, whole)

    def starts_in(self, position: int, model: str, now: float) -> float | None:
        """Seconds until the job at this place in the line begins; None without a worker or anything measured."""
        usual = self.usual.get(model)
        if usual is None or not self.workers:
            return None
        parts = [
            _left(started, step, steps, attempts, now, self.usual.get(of))
            for of, started, step, steps, attempts in self.running
        ]
        ahead = sum(part or 0.0 for part in parts) + usual * (position - 1)
        return ahead / self.workers if self.running or position > 1 else 0.0


def measured(tx: Connection, now: float) -> Pace:
    """From the latest finished jobs, the jobs that run and the workers that are alive."""
    per_work: dict[str, list[float]] = {}
    usual: dict[str, list[float]] = {}
    steps = jobs.c.spec["steps"].as_integer().label("steps")
    columns = (
        jobs.c.model,
        jobs.c.started_at,
        jobs.c.finished_at,
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
    for row in tx.execute(query.order_by(jobs.c.finished_at.desc()).limit(LOOKED_AT)):
        seconds = row.finished_at - row.started_at
        usual.setdefault(row.model, []).append(seconds)
        per_work.setdefault(row.model, []).append(seconds / _work((row.width, row.height), row.frames, row.steps))
    alive = (
        sa.select(sa.func.count())
        .select_from(workers)
        .where(workers.c.seen_at.between(now - ALIVE_SECONDS, now + ALIVE_SECONDS))
    )
    running = sa.select(jobs.c.model, jobs.c.started_at, jobs.c.step, jobs.c.steps, jobs.c.attempts).where(IS_RUNNING)
    return Pace(
        {model: statistics.median(values) for model, values in per_work.items()},
        {model: statistics.median(values) for model, values in usual.items()},
        tx.scalar(alive) or 0,
        tuple((row.model, row.started_at or now, row.step, row.steps, row.attempts) for row in tx.execute(running)),
    )


def _work(shape: tuple[int, int], frames: int, steps: int) -> float:
    return shape[0] * shape[1] * frames * (steps + TAIL)


def _left(started: float | None, step: int, steps: int, attempts: int, now: float, whole: float | None) -> float | None:
    if not started or not steps:
        return whole
    share = step / (steps + TAIL)
    if step >= _FIRST_STEPS and attempts == 1:
        return max(0.0, (now - started) / share * (1 - share))
    return None if whole is None else max(0.0, whole * (1 - share))
