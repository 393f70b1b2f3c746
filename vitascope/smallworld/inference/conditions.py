"""What the model is told beside words, as the numbers it was trained on: the camera of every latent frame, and the
layout: where every thing is, how large, which way up and of what colour and shape, and where the sun stands.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vitascope.clip import ClipSpec, Shape
from vitascope.smallworld.dimensions import GROUP
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.facts import Facts, ThingFacts
from vitascope.smallworld.world.physics import EXTENT, RADIUS
from vitascope.smallworld.world.scene import GROUNDS, SKIES, CameraMove
from vitascope.smallworld.world.stage import BODY, LOOK, PALETTE, QUADRIC, SLOTS, Stage

Rows = npt.NDArray[np.float64]

TAPS = (-4, 0)  # frames of a group at which the camera is told and the encoder looks, before the group's last frame
#: Camera parameters are brought to about unit size: (value - centre) * gain.
CENTRE = np.array([0, 0.24, 2.0, 0, 0, 0.75, 0, 0.70])
GAIN = np.array([2.0, 5.0, 3.0, 1.0, 1.0, 1.5, 3.0, 4.0])

CONTEXT = 4  # latent frames that a window is given from the one before, or from the clip that it continues

#: What is told of a slot at each tap, and once: the first three numbers of a quadric tell the four shapes apart, the
#: second and fourth of a surface the three materials.
MOVING = {"centre": slice(0, 3), "extent": slice(3, 6), "x_axis": slice(6, 9), "y_axis": slice(9, 12)}
LASTING = {"colour": slice(0, 3), "quadric": slice(3, 6), "surface": slice(6, 8), "to_sun": slice(8, 11)}
PER_TAP = 12
LAYOUT_FEATURES = len(TAPS) * PER_TAP + 11
SPECK = 0.1  # extent in world units; what is smaller in a drawn layout is an empty slot
ASIDE = len(TAPS) * PER_TAP + LASTING["to_sun"].start  # where in all of them it stands how far to the right the sun is


def camera_features(rows: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Path rows at both taps of each latent frame (T, 2, 8) -> what the model is told of the camera (T, 17): the last
    says it is known.
    """
    scaled = ((rows - CENTRE) * GAIN).reshape(len(rows), 16)
    return np.concatenate([scaled, np.ones((len(rows), 1))], axis=1).astype(np.float32)


def tap_rows(path: Rows) -> Rows:
    """Rows of the clip's frames (1 + 8k, 8) -> rows at the taps of its latent frames (1 + k, 2, 8)."""
    last = np.arange(0, len(path), GROUP)
    return path[np.maximum(last[:, None] + np.array(TAPS), 0)]


def camera_path(spec: ClipSpec, shape: Shape, facts: Facts) -> Rows:
    """The camera's row at every frame of the finished clip (frames, 8), that of a continued clip's source included.

    Numbers given win over words given, those over the prompt's; without any the camera stands still. A move that the
    source already made goes on at its pace; another one starts where the source's camera stopped.
    """
    source = spec.extend
    before = _source_path(spec) if source else np.zeros((0, 8))
    if spec.camera and spec.camera.points:
        return np.concatenate([before, np.array(spec.camera.at(shape.total - len(before)))])
    move = _move(spec, facts)
    if not source:
        return cameras.path(move, shape.total, start(spec))
    parent = source.recipe.spec if source.recipe else None
    if parent and not parent.camera and not parent.extend and _move(parent, reader.read(parent.prompt).facts) == move:
        return cameras.path(move, shape.total, start(parent))
    return np.concatenate([before, cameras.path_from(before[-1], move, 1 + shape.total - len(before))[1:]])


def told(spec: ClipSpec, facts: Facts, before: Facts | None = None) -> Facts:
    """What the model is told of a prompt. A ground, a sky and looks that nobody names are those of the clip that is
    continued (`before`: what the model was told of that one, if it is known); of a new clip the seed chooses ground and
    sky from what is not unwanted: of grounds in general there is no sketch. Those of given frames are left to be
    recognised.
    """
    if before:
        default = before
    elif spec.extend:
        parent = spec.extend.recipe.spec if spec.extend.recipe else None
        default = told(parent, reader.read(parent.prompt).facts) if parent else Facts()
    elif spec.image or spec.last_image:
        default = Facts()
    else:
        unwanted = reader.unwanted(spec.prompt, spec.negative_prompt).facts
        rng = np.random.default_rng([7004, spec.seed or 0])
        ground, sky = (
            str(rng.choice([word for word in words if word != never]))
            for words, never in ((GROUNDS, unwanted.ground), (SKIES, unwanted.sky))
        )
        default = Facts(ground=ground, sky=sky)
    things = facts.things
    if len(things) == len(default.things):
        things = tuple(_looking_like(*pair) for pair in zip(things, default.things, strict=True))
    return replace(facts, things=things, ground=facts.ground or default.ground, sky=facts.sky or default.sky)


def _looking_like(thing: ThingFacts, before: ThingFacts) -> ThingFacts:
    """What is not said of a thing's looks is as it was."""
    was = {name: getattr(before, name) for name in ("shape", "colour", "size", "material")}
    was["colour"] = before.to_colour or was["colour"]
    return replace(thing, **{name: getattr(thing, name) or value for name, value in was.items()})


def _source_path(spec: ClipSpec) -> Rows:
    source = spec.extend
    assert source
    if not source.recipe:
        return cameras.path(CameraMove(), source.frames, start(spec))
    parent = source.recipe.spec
    return camera_path(parent, source.recipe.shape, reader.read(parent.prompt).facts)


def _move(spec: ClipSpec, facts: Facts) -> CameraMove:
    if spec.camera and spec.camera.words:
        facts = reader.read(f"[{spec.camera.words}]").facts
    return CameraMove(facts.camera or "still", facts.camera_speed or "slow")


def start(spec: ClipSpec) -> cameras.Start:
    """Where the camera of a clip from words alone stands in its first frame."""
    return cameras.Start.sample(np.random.default_rng([7003, spec.seed or 0]))


def layout_of(stage: Stage) -> np.ndarray:
    """What a stage of frames at taps (2 * T) shows, as (T, SLOTS, LAYOUT_FEATURES) float32. An empty slot has no
    extent.
    """
    bodies = stage.bodies.reshape(-1, len(TAPS), SLOTS, stage.bodies.shape[-1])
    rotation = bodies[..., BODY["rotation"]].reshape(*bodies.shape[:-1], 3, 3)
    moving = np.concatenate(
        [bodies[..., BODY["centre"]], bodies[..., BODY["extent"]], rotation[..., 0], rotation[..., 1]], axis=-1
    )
    there = bodies[:, -1]
    sun = np.broadcast_to(stage.look[len(TAPS) - 1 :: len(TAPS), None, LOOK["to_sun"]], (*there.shape[:2], 3))
    quadric, surface = there[..., BODY["quadric"]][..., :3], there[..., BODY["surface"]][..., 1::2]
    lasting = [there[..., BODY["colour"]], quadric, surface, sun]
    return np.concatenate([moving.swapaxes(1, 2).reshape(*there.shape[:2], -1), *lasting], axis=-1).astype(np.float32)


def looks_of(slot: npt.NDArray[np.floating]) -> dict[str, str]:
    """The colour, shape and size that a slot's numbers in a layout (LAYOUT_FEATURES,) mean. Where a glance is not sure
    of a colour it makes out a paler one, so colours are told by which way from their mean they lie.
    """
    moving, lasting = slot[PER_TAP : len(TAPS) * PER_TAP], slot[len(TAPS) * PER_TAP :]
    colours = np.array(list(PALETTE.values()))
    ways = colours - colours.mean(0)
    along = ways @ (lasting[LASTING["colour"]] - colours.mean(0)) / np.linalg.norm(ways, axis=1)
    quadrics = np.array(list(QUADRIC.values()))[:, :3]
    shape = list(QUADRIC)[np.square(quadrics - lasting[LASTING["quadric"]]).sum(1).argmin()]
    radius = np.log(np.maximum(moving[MOVING["extent"]], 1e-3) / EXTENT[shape]).mean()
    size = min(RADIUS, key=lambda name: abs(math.log(RADIUS[name]) - radius))
    return {"colour": list(PALETTE)[along.argmax()], "shape": shape, "size": size}
