"""What a model's judge said of one clip: what was asked and what was seen, and reasons for what is not measured. Plain
values, as they are kept and shown; the judge itself is a hook of the model's card (`hooks.py`). Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

JUDGE = 2  # written with each score: which edition of the built-in judge it is of
WHYS = {  # why nothing, or one thing, is measured; the keys are for programs. A judge may also give a sentence
    "other_model": "This clip's model has no judge.",
    "given_picture": "It starts from a given picture, of which it is not known where its camera stood.",
    "continued": "It continues another clip.",
    "still": "The judge looks at clips, not at stills.",
    "too_short": "The clip is too short for it.",
    "nothing_asked": "The prompt asks for nothing that the judge knows.",
    "several_things": "The judge tells the looks and the way of one thing, and the prompt has several.",
    "camera_in_numbers": "The camera's path was given in numbers; the judge follows only moves that have words.",
    "changes": "It looks like one shape at the beginning and like another in the middle.",
    "not_trusted": "For such clips the judge was not found to be right often enough.",
    "unreadable": "The file could not be read.",
}
UNSURE = {"changes", "not_trusted"}  # the judge could be wrong: then there is no figure for the whole


@dataclass(frozen=True)
class ScoreLine:
    """One thing that was asked; `seen` is empty when the judge could not make it out, which is not right."""

    skill: str
    asked: str
    seen: str

    @property
    def right(self) -> bool:
        return self.seen == self.asked


@dataclass(frozen=True)
class Score:
    """`why`: the reason when nothing is measured. `left_out`: skills that were asked and are not measured, and why."""

    lines: tuple[ScoreLine, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    why: str = ""

    @property
    def share(self) -> float | None:
        """Of what was asked, 0 to 1; None when nothing is measured, or the judge may be wrong about a part of it."""
        if UNSURE & set(self.left_out.values()):
            return None
        return sum(line.right for line in self.lines) / len(self.lines) if self.lines else None

    def to_dict(self) -> dict[str, Any]:
        lines = [asdict(line) for line in self.lines]
        return {"judge": JUDGE, "lines": lines, "left_out": dict(self.left_out), "why": self.why}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Score:
        return cls(tuple(ScoreLine(**line) for line in data["lines"]), dict(data["left_out"]), data["why"])


def percent(kept: Mapping[str, Any] | None) -> float | None:
    """How much of what was asked is there, 0 to 100, of a score as it is kept."""
    share = Score.from_dict(kept).share if kept else None
    return None if share is None else round(100 * share, 1)
