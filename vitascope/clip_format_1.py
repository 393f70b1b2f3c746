"""The rules of the first edition, when there was one model and its facts were everybody's: what a spec of format 1
comes to. Pure, and never changed again, so that an old recipe, job or clip means for ever what it meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

FPS, GROUP = 16, 8
STEPS = 4
ASPECTS = {"1:1": (256, 256), "16:9": (352, 192), "9:16": (192, 352)}  # (width, height)
MODEL = "vitascope-nano"
LATER = ("references", "tier", "sound", "preset", "loras", "options")  # what no spec of then could say


def shape(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The `Shape`, as a dict, of a spec of format 1, as a dict. Raises KeyError, TypeError or ValueError."""
    source = spec.get("extend")
    if source:
        width, height = int(source["width"]), int(source["height"])
    else:
        width, height = spec["size"] if spec.get("size") else ASPECTS[spec.get("aspect", "1:1")]
    seconds = float(spec.get("seconds", 5.0))
    groups = max(1, math.ceil(seconds * FPS / GROUP - 1e-9))
    frames = 1 if seconds == 0 else groups * GROUP + (0 if source else 1)
    return {
        "width": width,
        "height": height,
        "frames": frames,
        "fps": str(FPS),
        "given": int(source["frames"]) if source else 0,
        "steps": int(spec.get("steps", STEPS)),
        "guidance": spec.get("guidance"),
        "sound": False,
        "notes": [],
    }


def aspect_of(size: tuple[int, int]) -> str:
    """The name of the shape that is nearest to this size's."""

    def far(name: str) -> float:
        width, height = ASPECTS[name]
        return abs(math.log(size[0] / size[1]) - math.log(width / height))

    return min(ASPECTS, key=far)


def fields(spec: Mapping[str, Any], shape: Mapping[str, Any], model: str) -> dict[str, Any]:
    """A spec of today as format 1 wrote it, for the fingerprints of orders that were taken before the change. An aspect
    that it names, with what was said of the size then, can only come from a recipe or job of that time.
    """
    aspect, size = spec["aspect"], spec["size"]
    if not aspect:
        made = (int(shape["width"]), int(shape["height"]))
        aspect = aspect_of(made)
        size = None if ASPECTS[aspect] == made else list(made)
    kept = ("prompt", "negative_prompt", "camera", "seconds", "seed", "guidance")
    return {
        **{name: spec[name] for name in kept},
        **{name: _picture(spec[name]) if spec[name] else None for name in ("image", "last_image")},
        "extend": _source(spec["extend"]) if spec["extend"] else None,
        "aspect": aspect,
        "size": size,
        "steps": int(shape["steps"]) or STEPS,
        "model": model,
    }


def _picture(picture: Mapping[str, Any]) -> dict[str, Any]:
    return {name: picture[name] for name in ("png", "width", "height") if name in picture}


def _source(source: Mapping[str, Any]) -> dict[str, Any]:
    recipe = source["recipe"]
    if recipe:
        told = fields(recipe["spec"], recipe["shape"], recipe["model"]["name"])
        recipe = {"format": 1, "vitascope": recipe["vitascope"], "model": recipe["model"], "spec": told}
    return {**{name: source[name] for name in ("sha256", "frames", "width", "height")}, "recipe": recipe}
