"""How long a job takes and how far it is, from what finished jobs took. It knows no database and no clock: `pace` reads
the rows, and what was said of a job is remembered, so that no number ever runs backwards.

A job takes `fixed + per_work * work` seconds. Its work is frames x pixels x steps, where decoding and writing count as
so many steps more. The countdown and the share are one estimate: `seconds_left = whole * (1 - share)`, and what waits
in front of it on the same worker.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

TAIL = 6.0  # steps that decoding and writing take: 1.7 s, where a step takes 0.27 s (`vitascope bench`)
SPREAD = 1.5  # how much larger the largest job must be than the smallest to tell the fixed part from the rest
REACH = 4.0  # how far beyond the measured works a time is still told, as a multiple of their spread
ALIKE = 1.1  # works that differ by less are one
OWN_STEPS = 2  # from then on a job's own machine time says how long it takes where nothing was measured
LATE_SECONDS, LATE_SHARE = 5.0, 0.5  # so much longer than was said: then no time is told

Stage = Literal["turn", "starting", "steps", "writing"]


@dataclass(frozen=True)
class Fit:
    """Seconds of a job by its work, and the works that it was measured for."""

    fixed: float
    per_work: float
    least: float
    most: float

    def seconds(self, work: float) -> float | None:
        """None for a job too unlike all that were measured."""
        reach = REACH * self.most / self.least
        if not self.least / reach <= work <= self.most * reach:
            return None
        return self.fixed + self.per_work * work


def work(shape: tuple[int, int], frames: int, steps: float) -> float:
    return shape[0] * shape[1] * frames * (steps + TAIL)


def fit(took: Iterable[tuple[float, float]]) -> Fit | None:
    """Through (work, seconds) of finished jobs, so that the relative errors are small; neither part is below 0.

    Jobs of one work count by the middle of them, so that a single slow one changes nothing.
    """
    levels = _levels(sorted(took))
    if not levels:
        return None
    least, most = levels[0][0], levels[-1][0]
    if most < SPREAD * least:  # all alike: what is fixed in it cannot be told apart
        rate = statistics.median(seconds / size for size, seconds, _ in levels)
        return Fit(0.0, rate, least, most)
    # weighted least squares of fixed + rate * work = seconds, each equation divided by its seconds
    weights = [count / seconds**2 for _, seconds, count in levels]
    total = sum(weights)
    mean_work = sum(w * size for w, (size, _, _) in zip(weights, levels, strict=True)) / total
    mean_seconds = sum(w * seconds for w, (_, seconds, _) in zip(weights, levels, strict=True)) / total
    terms = [(w, size - mean_work, seconds) for w, (size, seconds, _) in zip(weights, levels, strict=True)]
    rate = sum(w * d * seconds for w, d, seconds in terms) / sum(w * d * d for w, d, _ in terms)
    rate = max(0.0, rate)
    fixed = mean_seconds - rate * mean_work
    if fixed < 0:
        fixed = 0.0
        rate = sum(w * size * s for w, (size, s, _) in zip(weights, levels, strict=True)) / sum(
            w * size**2 for w, (size, _, _) in zip(weights, levels, strict=True)
        )
    return Fit(fixed, rate, least, most)


def _levels(took: Sequence[tuple[float, float]]) -> list[tuple[float, float, int]]:
    """(work, the middle of the seconds, how many) of each group of jobs of about the same work; the smallest first."""
    groups: list[list[tuple[float, float]]] = []
    for size, seconds in took:
        if size <= 0 or seconds <= 0:
            continue
        if groups and size <= ALIKE * groups[-1][0][0]:
            groups[-1].append((size, seconds))
        else:
            groups.append([(size, seconds)])
    middles = (
        (statistics.median(s for s, _ in group), statistics.median(t for _, t in group), len(group)) for group in groups
    )
    return list(middles)


@dataclass(frozen=True)
class Running:
    """A job under way, as its row says. `machine`: seconds of the engine that it had."""

    id: str
    model: str
    worker: str | None
    attempts: int
    step: float  # of `steps`
    steps: int
    machine: float
    pixels: float  # frames x width x height


@dataclass(frozen=True)
class Progress:
    """`share`: 0 to 1. `seconds_left` None: not known, or `late`, which is longer than was said before."""

    share: float
    seconds_left: float | None
    stage: Stage
    late: bool = False
    said: float | None = None  # the smallest time that was told so far


def progress(one: Running, fit: Fit | None, *, ahead: float | None = 0.0, turn: bool = False) -> Progress:
    """Without what was said before. `ahead`: seconds that others of its worker take first (None: not known);
    `turn`: one of them is being made while this one has not begun.
    """
    whole = fit.seconds(one.pixels * (one.steps + TAIL)) if fit else None
    share = _share(one, fit, whole)
    left = own = _own_left(one)
    if whole is not None:  # its own pace only counts where it is slower: `steadily` says that it is late
        left = max(whole * (1 - share), own or 0.0)
    if left is not None:
        left = None if ahead is None else left + ahead
    stage: Stage = "steps" if one.step < one.steps else "writing"
    if not one.step and (not one.machine or one.attempts > 1):
        stage = "turn" if turn else "starting"
    return Progress(share, left, stage)


def steadily(new: Progress, said: Progress | None) -> Progress:
    """What may be shown of it after what was said: the share never falls and the time never rises. When it turns out to
    take much longer than was said, no time is told until it has caught up.
    """
    if said is None:
        return Progress(new.share, new.seconds_left, new.stage, said=new.seconds_left)
    share = max(new.share, said.share)
    if new.seconds_left is None or said.said is None:
        return Progress(share, new.seconds_left, new.stage, said=new.seconds_left if said.said is None else said.said)
    least = min(new.seconds_left, said.said)
    late = new.seconds_left - least > (0 if said.late else max(LATE_SECONDS, LATE_SHARE * least))
    return Progress(share, None if late else least, new.stage, late, least)


def again(said: Progress) -> Progress:
    """What was said of a job, for its next attempt: the share stays, the time is told anew."""
    return Progress(said.share, None, said.stage)


def _share(one: Running, fit: Fit | None, whole: float | None) -> float:
    """By the machine time it had, but never before the steps that are made nor beyond the one that is being made."""
    if not one.steps:
        return 0.0
    if fit is None or whole is None:
        return min(0.99, one.step / (one.steps + TAIL))
    begin, step = fit.fixed / 2, fit.per_work * one.pixels  # half of what is fixed comes before the first step
    low = 0.0 if not one.step else (begin + one.step * step) / whole
    high = (begin + (one.step + 1) * step) / whole if one.step < one.steps else 0.99
    had = one.machine / whole if one.attempts == 1 else 0.0
    return min(0.99, max(low, min(had, high)))


def _own_left(one: Running) -> float | None:
    """By the machine time of its own steps; that of an earlier attempt would count to it."""
    if one.step < OWN_STEPS or one.attempts != 1 or one.machine <= 0 or one.step == one.steps:
        return None
    return one.machine / one.step * (one.steps + TAIL - one.step)
