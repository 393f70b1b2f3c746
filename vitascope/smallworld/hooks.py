"""What the service asks the small world without loading it: how it reads a prompt, and which camera moves it knows. The
model file names these hooks; see `engines/hooks.py`. The others are in `search_terms.py` and `judge.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from vitascope.clip import ClipSpec, Shape
from vitascope.engines.hooks import Reading
from vitascope.smallworld.inference import conditions, spelling
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world.scene import CAMERAS

OUTSIDE = "The built-in model knows no thing that the prompt names: it draws solids of its own choice."


def read(prompt: str, language: str = "") -> Reading:
    """The prompt as this model is told of it."""
    found = reader.read(prompt)
    facts, spoken = found.facts, language or found.language
    return Reading(
        language=found.language,
        sentence=reader.describe(found, spoken),
        phrases=tuple(reader.phrases(found, spoken)),
        understood=found.understood,
        unknown=found.unknown,
        left_out=found.left_out,
        too_many=found.too_many,
        suggestions={word: other for word in found.unknown if (other := spelling.meant(word))},
        canonical=found.canonical,
        things=facts.things,
        ground=facts.ground,
        sky=facts.sky,
        camera=facts.camera,
        camera_speed=facts.camera_speed,
        warning=OUTSIDE if found.unknown and not facts.things else "",
    )


class _Cameras:
    moves = CAMERAS

    def knows(self, words: str) -> bool:
        return bool(reader.read(f"[{words}]").facts.camera)

    def path(self, spec: ClipSpec, shape: Shape) -> Sequence[Sequence[float]]:
        rows: list[list[float]] = conditions.camera_path(spec, shape, reader.read(spec.prompt).facts).tolist()
        return rows


cameras = _Cameras()
