"""Vendors' ways of moving the camera, as our own: axes become a path in numbers, names become our words. Pure.

The numbers are those of `CameraPath`: azimuth, elevation, log distance, target x, y, z, roll, field of view. A path
here begins where the camera stands when nothing else is said, and looks along +y.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from vitascope.clip import CameraPath
from vitascope.vendors.fields import bad, number, text

#: Where the camera stands in the first frame when nothing else is said.
START = (0.0, 0.24, math.log(7.4), 0.0, 0.0, 0.75, 0.0, 0.70)
_ROWS = 17  # enough for a turn to be round
_FULL = 10.0  # the strongest that an axis may say
_AXES = ("horizontal", "vertical", "pan", "tilt", "roll", "zoom")
_TRUCK, _CRANE, _PAN, _TILT, _ROLL, _ZOOM = 2.0, 1.5, 0.24, 0.50, 0.50, 0.65  # at full strength
#: Moves with a name: what each axis does, in parts of full strength.
_PRESETS: dict[str, dict[str, float]] = {
    "down_back": {"vertical": -0.7, "push": -0.8},
    "forward_up": {"push": 0.8, "vertical": 0.7},
    "right_turn_forward": {"tilt": 0.7, "push": 0.8},
    "left_turn_forward": {"tilt": -0.7, "push": 0.8},
}


def kling(control: Mapping[str, Any]) -> CameraPath | None:
    """Kling's camera_control: {"type", "config": {axis: -10 to 10}}. In its words "pan" looks up and down and "tilt"
    to the sides; a positive zoom widens the view. Raises BadSpec.
    """
    kind, config = text(control, "type").strip().lower(), control.get("config")
    if not isinstance(config, Mapping):
        config = {}
    values = {axis: value for axis in _AXES if (value := number(config, axis))}
    if kind in _PRESETS:
        if values:
            raise bad("camera_control", f"{kind} takes no config.", 'Leave it out, or say "simple".')
        return moved(_PRESETS[kind])
    if kind not in ("", "simple"):
        raise bad("camera_control", f'The camera type is "{kind[:40]}".', f"simple, {', '.join(_PRESETS)}.")
    for axis, value in values.items():
        if abs(value) > _FULL:
            raise bad("camera_control", f"{axis} is {value:g}.", "-10 to 10.")
    if len(values) > 1:
        raise bad("camera_control", f"{', '.join(values)} are not zero.", "Only one axis may be.")
    return moved({axis: value / _FULL for axis, value in values.items()})


def moved(strengths: Mapping[str, float]) -> CameraPath | None:
    """The path of these moves, all at once; each from -1 to 1. Names are Kling's, and "push" goes towards the scene."""
    if not any(strengths.values()):
        return None
    rows = [_row(strengths, index / (_ROWS - 1)) for index in range(_ROWS)]
    return CameraPath(points=tuple(rows))


def _row(strengths: Mapping[str, float], part: float) -> tuple[float, ...]:
    """Where the camera is after this part of the clip."""
    by = {name: value * part for name, value in strengths.items()}
    azimuth, elevation, log_distance, x, y, z, roll, fov = START
    log_distance -= by.get("push", 0.0) * _ZOOM
    side, rise = by.get("horizontal", 0.0) * _TRUCK, by.get("vertical", 0.0)
    x += side
    z += rise * (_CRANE if rise > 0 else _CRANE / 2)  # there is ground below
    turn, lift = by.get("tilt", 0.0) * _TILT, by.get("pan", 0.0) * _PAN
    x, y, z = swung((azimuth, elevation, log_distance, x, y, z), -turn, -lift)
    roll -= by.get("roll", 0.0) * _ROLL
    fov *= math.exp(by.get("zoom", 0.0) * _ZOOM)
    return (azimuth - turn, elevation - lift, log_distance, x, y, z, roll, fov)


def swung(row: tuple[float, ...], azimuth: float, elevation: float) -> tuple[float, float, float]:
    """The target of a camera that stays where it is and turns by these angles."""
    distance = math.exp(row[2])
    before, after = _away(row[0], row[1]), _away(row[0] + azimuth, row[1] + elevation)
    x, y, z = (target + distance * (old - new) for target, old, new in zip(row[3:6], before, after, strict=True))
    return x, y, z


def _away(azimuth: float, elevation: float) -> tuple[float, float, float]:
    """Unit vector from the target to the camera."""
    flat = math.cos(elevation)
    return math.sin(azimuth) * flat, -math.cos(azimuth) * flat, math.sin(elevation)
