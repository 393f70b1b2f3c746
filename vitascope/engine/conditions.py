"""What the model is told beside words: the camera of every latent frame, as the numbers it was trained on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vitascope.clip import GROUP, ClipSpec
from vitascope.engine import reader
from vitascope.world import camera as cameras
from vitascope.world.facts import Facts
from vitascope.world.scene import CameraMove

Rows = npt.NDArray[np.float64]

TAPS = (-4, 0)  # frames of a group at which the camera is told and the encoder looks, before the group's last frame
#: Camera parameters are brought to about unit size: (value - centre) * gain.
CENTRE = np.array([0, 0.24, 2.0, 0, 0, 0.75, 0, 0.70])
GAIN = np.array([2.0, 5.0, 3.0, 1.0, 1.0, 1.5, 3.0, 4.0])


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


def camera_path(spec: ClipSpec, facts: Facts) -> Rows:
    """The camera's row at every frame of the finished clip (frames, 8), that of a continued clip's source included.

    Numbers given win over words given, those over the prompt's; without any the camera stands still. A move that the
    source already made goes on at its pace; another one starts where the source's camera stopped.
    """
    source = spec.extend
    before = _source_path(spec) if source else np.zeros((0, 8))
    if spec.camera and spec.camera.points:
        return np.concatenate([before, np.array(spec.camera.at(spec.frames - len(before)))])
    move = _move(spec, facts)
    if not source:
        return cameras.path(move, spec.frames, start(spec))
    parent = source.recipe.spec if source.recipe else None
    if parent and not parent.camera and not parent.extend and _move(parent, reader.read(parent.prompt).facts) == move:
        return cameras.path(move, spec.frames, start(parent))
    return np.concatenate([before, cameras.path_from(before[-1], move, 1 + spec.frames - len(before))[1:]])


def _source_path(spec: ClipSpec) -> Rows:
    source = spec.extend
    assert source
    if not source.recipe:
        return cameras.path(CameraMove(), source.frames, start(spec))
    parent = source.recipe.spec
    return camera_path(parent, reader.read(parent.prompt).facts)


def _move(spec: ClipSpec, facts: Facts) -> CameraMove:
    if spec.camera and spec.camera.words:
        facts = reader.read(f"[{spec.camera.words}]").facts
    return CameraMove(facts.camera or "still", facts.camera_speed or "slow")


def start(spec: ClipSpec) -> cameras.Start:
    """Where the camera of a clip from words alone stands in its first frame."""
    return cameras.Start.sample(np.random.default_rng([7003, spec.seed or 0]))
