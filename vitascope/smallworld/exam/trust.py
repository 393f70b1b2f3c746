"""Where the judge may be believed about a single clip: for each aspect and shape, how often what it saw was what was
asked, in true clips and in those that the model drew. A table beside this file; it knows no clip.

    python -m vitascope.smallworld.exam.trust --aspect 16:9 [--clips 20] [--contact FOLDER]

measures one aspect anew, on unseen scenes, and writes it into the table. A figure is believed where both shares are at
least 95 %: below that, either the drawing or the judge is wrong too often to tell which. What was not measured is not
believed.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vitascope.smallworld.world.scene import SHAPES

if TYPE_CHECKING:
    from vitascope.smallworld.exam.prompts import Question

TABLE = Path(__file__).with_name("trust.json")
ENOUGH = 0.95
SECONDS = 2.0  # of the clips that are measured
FIRST_SEED = 500_000  # of scenes that no exam shows

Counts = dict[str, list[int]]  # skill -> right, of so many that were shown: in true clips and in drawn ones


def trusted(skill: str, *, aspect: str, shape: str) -> bool:
    """Whether the judge may be believed. `shape` "": not said, so it must be right about all of them."""
    by_shape = _table().get(aspect, {})
    return all(_enough(by_shape.get(one, {}).get(skill)) for one in ([shape] if shape else SHAPES))


def _enough(counts: list[int] | None) -> bool:
    if counts is None:
        return False
    true, true_of, drawn, drawn_of = counts
    return true_of > 0 and drawn_of > 0 and true >= ENOUGH * true_of and drawn >= ENOUGH * drawn_of


@cache
def _table() -> dict[str, dict[str, Counts]]:
    table: dict[str, dict[str, Counts]] = json.loads(TABLE.read_text("utf-8"))["right"]
    return table


def measure(aspect: str, shape: str, clips: int, contact: Path | None = None) -> Counts:
    """The counts of one shape."""
    from vitascope.engines import registry
    from vitascope.engines import render as drawing
    from vitascope.smallworld.exam import single
    from vitascope.smallworld.exam.contact import save_contact
    from vitascope.smallworld.exam.judge import MOMENTS, asked
    from vitascope.smallworld.world.render import render
    from vitascope.smallworld.world.stage import set_stage

    maker = registry.load(registry.BUILT_IN)
    right, of = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    shown = []
    for question in _questions(aspect, shape, clips):
        spec = question.spec(seconds=SECONDS)
        drawn = drawing.draw(spec, maker).frames
        moments, want = MOMENTS[len(drawn) > MOMENTS], asked(question.facts)
        true = np.zeros_like(drawn)
        true[moments] = render(
            set_stage(question.scene, len(drawn))[moments], *maker.card.resolve(spec).size
        )  # the others are not seen
        for number, frames in enumerate((true, drawn)):
            for line in single.judged(spec, len(drawn), question.facts, frames, want, {}).lines:
                of[line.skill, number] += 1
                right[line.skill, number] += line.right
        shown.append(drawn[moments])
    if contact:
        save_contact(contact / f"{aspect.replace(':', 'x')}-{shape}.png", shown)
    return {s: [right[s, 0], of[s, 0], right[s, 1], of[s, 1]] for s in sorted({skill for skill, _ in of})}


def _questions(aspect: str, shape: str, clips: int) -> list[Question]:
    from vitascope.smallworld.exam.prompts import bank

    for number in count(1):
        found = [one for one in bank(clips * 8 * number, FIRST_SEED, aspect) if one.scene.main.shape == shape]
        if len(found) >= clips:
            break
    return found[:clips]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--aspect", default="1:1")
    parser.add_argument("--shape", choices=SHAPES, action="append", help="only this one")
    parser.add_argument("--clips", type=int, default=20, help="of each shape")
    parser.add_argument("--contact", type=Path, help="a folder for pictures of the drawn clips")
    given = parser.parse_args()
    for shape in given.shape or SHAPES:
        found = measure(given.aspect, shape, given.clips, given.contact)
        print(given.aspect, shape, found, flush=True)
        data = json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {"right": {}}
        data["command"] = "python -m vitascope.smallworld.exam.trust --aspect ASPECT --clips CLIPS"
        data["counts"] = "right, of so many that were shown: of true clips and of drawn ones"
        data["right"].setdefault(given.aspect, {})[shape] = found
        TABLE.write_text(json.dumps(data, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
