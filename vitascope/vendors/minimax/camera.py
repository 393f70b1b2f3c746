"""Hailuo's camera commands, which stand in brackets in the prompt: `[Pan left]`. Up to three in one bracket act
together, brackets act in turn, each for its part of the clip. Pure.

One command that the world's cameras have a word for becomes that word; all others become a path in numbers, made of the
same moves.
"""

from __future__ import annotations

import math
import re

import numpy as np

from vitascope.clip import CameraPath
from vitascope.errors import NotSupported
from vitascope.smallworld.world import camera
from vitascope.smallworld.world.scene import FPS, CameraMove
from vitascope.vendors.fields import bad

TOGETHER = 3  # commands in one bracket, at most
MOST = 16  # brackets
WORDS = {
    "pan left": "pan left", "pan right": "pan right", "push in": "push in", "pull out": "pull out",
    "pedestal up": "crane up", "pedestal down": "crane down", "tilt up": "tilt up", "tilt down": "tilt down",
    "zoom in": "zoom in", "zoom out": "zoom out", "static shot": "still",
}  # fmt: skip
CHINESE = {
    "左移": "truck left", "右移": "truck right", "左摇": "pan left", "右摇": "pan right", "推进": "push in",
    "拉远": "pull out", "上升": "pedestal up", "下降": "pedestal down", "上摇": "tilt up", "下摇": "tilt down",
    "变焦推近": "zoom in", "变焦拉远": "zoom out", "晃动": "shake", "跟随": "tracking shot", "固定": "static shot",
}  # fmt: skip
COMMANDS = (*WORDS, "truck left", "truck right", "shake", "tracking shot")
_TRUCK = 0.8  # world units in five seconds, as far as a slow crane goes up
_SHAKE = 0.012  # radians
_BRACKET = re.compile(r"\[([^\[\]]*)\]")


def read(prompt: str, seconds: float) -> tuple[str, CameraPath | None]:
    """The prompt without its commands, and the camera they ask for. Brackets with other words are left to the prompt.

    Raises NotSupported for following a thing, BadSpec for more commands than are taken.
    """
    brackets = [(found[0], _commands(found[1])) for found in _BRACKET.finditer(prompt)]
    steps = [commands for _, commands in brackets if commands]
    for whole, commands in brackets:
        if commands:
            prompt = prompt.replace(whole, " ", 1)
    if not steps:
        return prompt, None
    if len(steps) > MOST or max(map(len, steps)) > TOGETHER:
        raise bad("prompt", "There are too many camera commands.", f"{TOGETHER} in a bracket, {MOST} brackets.")
    if any("tracking shot" in step for step in steps):
        raise NotSupported("No model here can follow a thing ([Tracking shot]).", hint="[Truck left] goes beside it.")
    return re.sub(r"\s+", " ", prompt).strip(), _path(steps, seconds)


def _commands(inside: str) -> tuple[str, ...]:
    """The commands in one bracket; none when it holds anything else."""
    parts = [" ".join(part.split()).lower() for part in re.split(r"[,，、;+]", inside)]
    named = tuple(CHINESE.get(part, part) for part in parts if part)
    return named if named and all(name in COMMANDS for name in named) else ()


def _path(steps: list[tuple[str, ...]], seconds: float) -> CameraPath:
    if len(steps) == 1 and len(steps[0]) == 1 and steps[0][0] in WORDS:
        return CameraPath(words=WORDS[steps[0][0]])
    row, rows = camera.Start().row, [camera.Start().row]
    frames = max(2, int(seconds * FPS / len(steps)) + 1)
    for step in steps:
        moved = row + sum(_change(row, command, frames) for command in step)
        rows.extend(moved[1:])
        row = moved[-1]
    return CameraPath(points=tuple(tuple(float(value) for value in each) for each in rows))


def _change(row: np.ndarray, command: str, frames: int) -> np.ndarray:
    """What one command adds to the row (8,) in each of these frames: (frames, 8), 0 in the first."""
    if word := WORDS.get(command):
        return camera.path_from(row, CameraMove(word, "slow"), frames) - row
    change = np.zeros((frames, 8))
    at = np.arange(frames) / FPS
    if command == "shake":
        settled = np.minimum(1.0, 4 * at)  # it begins where the camera is
        change[:, camera.AZIMUTH] = _SHAKE * settled * np.sin(2 * math.pi * 2.3 * at)
        change[:, camera.ELEVATION] = _SHAKE * settled * np.sin(2 * math.pi * 3.1 * at + 1.0)
        return change
    way = _TRUCK * at / 5 * (-1 if command == "truck left" else 1)
    right = np.array([math.cos(row[camera.AZIMUTH]), math.sin(row[camera.AZIMUTH])])
    change[:, camera.TARGET_X : camera.TARGET_Y + 1] = way[:, None] * right
    return change
