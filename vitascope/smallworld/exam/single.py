"""What one clip of a library shows of what its prompt asked: the exam's judge, let loose on a single clip.

Only what was asked is judged, and only where the judge has been found to be right about clips that are right by
construction. Whatever else there is to say of a clip is "not measured", with the reason; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from vitascope.clip import ClipSpec, Recipe, aspect_of
from vitascope.engines import registry
from vitascope.engines.score import Score, ScoreLine
from vitascope.frames import Frame
from vitascope.smallworld.exam import trust
from vitascope.smallworld.exam.backgrounds import find_setting
from vitascope.smallworld.exam.judge import MOMENTS, SKILLS, VIEW, Parse, asked, parse, pixels, shape_later
from vitascope.smallworld.inference import conditions
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world.facts import Facts, ThingFacts

OF_THINGS = ("colour", "shape", "direction")
#: Motions in which a thing looks in the middle of the clip as it is: it neither lies, nor melts, nor parts.
KEEPS_ITS_SHAPE = ("", "stand", "slide", "bounce", "drop", "jump", "spin", "recolour", "approach", "recede")
#: Frames from which on the judge is right about nearly all true clips; measured, see docs/studio.md.
ENOUGH_FRAMES = {"colour": 17, "shape": 17, "ground": 17, "sky": 17, "direction": 33, "camera": 17}


def score(recipe: Recipe, frames: Iterable[Frame]) -> Score:
    """Of the clip with this recipe. `frames` are read only when there is something to measure."""
    spec, facts = recipe.spec, _facts(recipe.spec)
    if why := _why_nothing(recipe):
        return Score(why=why)
    wanted = asked(facts) if facts.things else asked(replace(facts, things=(ThingFacts(),)))
    left_out = {skill: why for skill in wanted if (why := _why_not(skill, recipe, facts))}
    shape = wanted.get("shape", "")
    aspect = aspect_of(recipe.shape.size)
    left_out |= {
        skill: "not_trusted"
        for skill in wanted
        if skill not in left_out and not trust.trusted(skill, aspect=aspect, shape=shape)
    }
    return judged(spec, recipe.shape.total, facts, frames, wanted, left_out)


def judged(
    spec: ClipSpec, total: int, facts: Facts, frames: Iterable[Frame], wanted: dict[str, str], left_out: dict[str, str]
) -> Score:
    """What the judge says of what is wanted and not left out, of a clip of `total` frames."""
    left_out = dict(left_out)
    measured = [skill for skill in SKILLS if skill in wanted and skill not in left_out]
    if not measured:
        return Score(left_out=left_out, why=next(iter(left_out.values()), "nothing_asked"))
    if spec.camera and spec.camera.points:
        setting = find_setting(pixels(next(iter(frames)), VIEW), np.array(spec.camera.at(1)[0]))
        seen = Parse("", "", setting.ground, setting.sky, "", "")
    else:
        moments = MOMENTS[total > MOMENTS]
        looked, start = np.stack(list(_at(frames, moments))), conditions.start(spec)
        seen = parse(looked, start, moments)
        keeps = "shape" in measured and bool(facts.things) and facts.things[0].motion in KEEPS_ITS_SHAPE
        if keeps and shape_later(looked, start, moments) != seen.shape:  # at first a cube, later perhaps a cylinder
            measured.remove("shape")
            left_out["shape"] = "changes"
    return Score(tuple(ScoreLine(skill, wanted[skill], getattr(seen, skill)) for skill in measured), left_out)


def _facts(spec: ClipSpec) -> Facts:
    """What was asked: by the prompt, and by camera words beside it."""
    facts = reader.read(spec.prompt).facts
    if spec.camera and spec.camera.words:
        given = reader.read(f"[{spec.camera.words}]").facts
        facts = replace(facts, camera=given.camera, camera_speed=given.camera_speed)
    return facts


def _why_nothing(recipe: Recipe) -> str:
    spec = recipe.spec
    if recipe.model != registry.BUILT_IN:
        return "other_model"
    if spec.extend:
        return "continued"
    if spec.image or spec.last_image:
        return "given_picture"
    if spec.is_still:
        return "still"
    return "" if recipe.shape.total >= min(ENOUGH_FRAMES.values()) else "too_short"


def _why_not(skill: str, recipe: Recipe, facts: Facts) -> str:
    if skill in OF_THINGS and len(facts.things) > 1:
        return "several_things"
    if skill not in ("ground", "sky") and recipe.spec.camera and recipe.spec.camera.points:
        return "camera_in_numbers"
    return "" if recipe.shape.total >= ENOUGH_FRAMES[skill] else "too_short"


def _at(frames: Iterable[Frame], moments: Iterable[int]) -> Iterator[Frame]:
    wanted = set(map(int, moments))
    last = max(wanted)
    for number, frame in enumerate(frames):
        if number in wanted:
            yield frame
        if number == last:
            return
