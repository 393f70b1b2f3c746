"""The score sheet: counts to shares with their intervals, as text for people and as plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CERTAIN = 0.98  # of the ground truth must be judged right, or the judge is wrong
ALL = "all asked"


@dataclass(frozen=True)
class Score:
    """`right` of `of` clips."""

    right: int
    of: int

    @property
    def share(self) -> float:
        return self.right / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.of)

    def to_dict(self) -> dict[str, float]:
        low, high = self.interval
        return {"right": self.right, "of": self.of, "share": self.share, "low": low, "high": high}


def wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Where the true share lies, 95 times in 100 (Wilson's interval)."""
    if not of:
        return 0.0, 1.0
    p, zz = right / of, z * z
    middle = (p + zz / (2 * of)) / (1 + zz / of)
    half = z / (1 + zz / of) * math.sqrt(p * (1 - p) / of + zz / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def scores(marks: Sequence[Mapping[str, bool]], skills: Sequence[str]) -> dict[str, Score]:
    """One score for each skill over the clips asked for it, and one for the clips with nothing wrong at all."""
    out = {}
    for skill in skills:
        given = [mark[skill] for mark in marks if skill in mark]
        out[skill] = Score(sum(given), len(given))
    out[ALL] = Score(sum(all(mark.values()) for mark in marks), len(marks))
    return out


def doubtful(truth: Mapping[str, Score]) -> list[str]:
    """The skills in which the judge is not to be trusted: it fails clips that are right by construction."""
    return [skill for skill, score in truth.items() if skill != ALL and score.of and score.share < CERTAIN]


def table(columns: Mapping[str, Mapping[str, Score]]) -> str:
    """Skills down, columns across; every share with its 95 % interval and the number of clips."""
    lines = [f"{'':<10} {'clips':>6}  " + "  ".join(f"{name:<22}" for name in columns)]
    for skill in next(iter(columns.values())):
        cells = [_cell(column[skill]) for column in columns.values()]
        count = max(column[skill].of for column in columns.values())
        lines.append(f"{skill:<10} {count:>6}  " + "  ".join(f"{cell:<22}" for cell in cells))
    return "\n".join(line.rstrip() for line in lines)


def _cell(score: Score) -> str:
    if not score.of:
        return "-"
    low, high = score.interval
    return f"{100 * score.share:5.1f} % ({100 * low:.0f} to {100 * high:.0f})"


def text(result: Mapping[str, Any], columns: Mapping[str, Mapping[str, Score]]) -> str:
    """The whole sheet as it is printed."""
    seeds, codec = result["seeds"], result["codec"]
    lines = [
        f"Exam of {result['model']} (weights {result['weights'][:12]}, Vitascope {result['vitascope']})",
        f"{result['clips']} clips of {result['aspect']} with {result['things']}, scene seeds {seeds[0]} to {seeds[1]}, "
        "none seen in training",
        "",
        table(columns),
        "",
        "In brackets: 95 % interval. The judge reads pixels and never sees the prompt; chance is the share that",
        "the same clips reach with one another's prompts.",
    ]
    if codec:
        lines.append(
            f"Codec: PSNR {codec['mean']:.2f} dB on {codec['clips']} unseen clips (worst {codec['worst']:.2f} dB)."
        )
    if result["doubtful"]:
        doubts = ", ".join(result["doubtful"])
        lines.append(f"NOT VALID for {doubts}: the judge is right on less than {CERTAIN:.0%} of the ground truth.")
    return "\n".join(lines)
