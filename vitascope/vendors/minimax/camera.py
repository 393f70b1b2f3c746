"""Hailuo's camera commands, which stand in brackets in the prompt: `[Pan left]`. Up to three in one bracket act
together, brackets act in turn, each for its part of the clip. Pure.

One command alone that has a usual word becomes that word; all others become a path in numbers, which begins where the
camera stands when nothing else is said.
"""

from __future__ import annotations

import math
import re

from vitascope.clip import CameraPath
from vitascope.errors import NotSupported
from vitascope.vendors.cameras import START, swung
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
_RATE = 16  # rows of a path for each second
#: Change over five seconds: angles in radians, push and zoom as logarithms of the ratio, the others in world units.
_PUSH, _PAN, _TILT, _CRANE, _ZOOM, _TRUCK = 0.35, 0.26, 0.14, 0.8, 0.35, 0.8
_SHAKE = 0.012  # radians
Row = tuple[float, ...]  # azimuth, elevation, log distance, target x, y, z, roll, field of view
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
    rows: list[Row] = [START]
    row = rows[0]
    frames = max(2, int(seconds * _RATE / len(steps)) + 1)
    for step in steps:
        for number in range(1, frames):
            changes = [_change(row, command, number / _RATE) for command in step]
            rows.append(_sum(row, *changes))
        row = rows[-1]
    return CameraPath(points=tuple(rows))


def _change(row: Row, command: str, at: float) -> Row:
    """What one command adds to `row`, from which it starts, after `at` seconds."""
    part = at / 5
    azimuth = elevation = log_distance = x = y = z = fov = 0.0
    name, _, way = command.partition(" ")
    eased = part if part < 1 else 1 + 0.5 * math.tanh((part - 1) / 0.5)  # it would run into the ground or the sky
    if command == "shake":
        settled = min(1.0, 4 * at)  # it begins where the camera is
        azimuth = _SHAKE * settled * math.sin(2 * math.pi * 2.3 * at)
        elevation = _SHAKE * settled * math.sin(2 * math.pi * 3.1 * at + 1.0)
    elif name == "truck":
        aside = _TRUCK * part * (-1 if way == "left" else 1)
        x, y = aside * math.cos(row[0]), aside * math.sin(row[0])
    elif name in ("push", "pull"):
        log_distance = eased * (-_PUSH if name == "push" else _PUSH)
    elif name == "zoom":
        fov = row[7] * (math.exp(eased * (-_ZOOM if way == "in" else _ZOOM)) - 1)
    elif name == "pedestal":
        z = eased * (_CRANE if way == "up" else -0.5 * _CRANE)  # there is ground below
    elif name in ("pan", "tilt"):
        if name == "pan":
            azimuth = part * (_PAN if way == "left" else -_PAN)
        else:
            elevation = eased * (-_TILT if way == "up" else _TILT)
        x, y, z = (new - old for new, old in zip(swung(row, azimuth, elevation), row[3:6], strict=True))
    return (azimuth, elevation, log_distance, x, y, z, 0.0, fov)


def _sum(*rows: Row) -> Row:
    return tuple(map(sum, zip(*rows, strict=True)))
