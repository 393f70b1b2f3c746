"""How the models on Replicate and fal are told to move the camera, each in its maker's way. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vitascope.clip import CameraPath
from vitascope.errors import NotSupported
from vitascope.vendors import cameras
from vitascope.vendors.common import many
from vitascope.vendors.fields import Fields, flag, structure, text
from vitascope.vendors.luma import dialect as luma
from vitascope.vendors.minimax import camera as hailuo_camera
from vitascope.vendors.pixverse import dialect as pixverse
from vitascope.vendors.request import DEFAULT_SECONDS

_MOTIONS = {
    "dolly_in": "push in",
    "dolly_out": "pull out",
    "jib_up": "crane up",
    "jib_down": "crane down",
    "static": "still",
}  # of LTX


def read(given: Fields, model: str, prompt: str, seconds: float | None) -> tuple[str, CameraPath | None]:
    """(the prompt without its commands, the camera). Raises NotSupported for moves that none here can make."""
    if flag(given, "camera_fixed"):
        return prompt, CameraPath(words="still")
    if "kling" in model:
        return prompt, _kling(given)
    if "minimax" in model or "hailuo" in model:
        return hailuo_camera.read(prompt, seconds or DEFAULT_SECONDS)
    if "luma" in model:
        return prompt, _named(luma.CONCEPTS, *(_key(one) for one in many(given, "concepts")))
    if "pixverse" in model:
        return prompt, pixverse.camera(text(given, "camera_movement", limit=60).strip().lower())
    motion = text(given, "camera_motion", limit=60).strip().lower()
    return prompt, _named(_MOTIONS, *([motion] if motion not in ("", "none") else []))


def _kling(given: Fields) -> CameraPath | None:
    """A preset by its name, or one axis and how far; or both as Kling itself has them."""
    control, advanced = structure(given, "camera_control"), structure(given, "advanced_camera_control")
    if isinstance(control, Mapping):
        return cameras.kling(control)
    if isinstance(advanced, Mapping):
        axis = text(advanced, "movement_type", limit=20).strip().lower()
        return cameras.kling({"type": "simple", "config": {axis: advanced.get("movement_value")}})
    return cameras.kling({"type": control}) if isinstance(control, str) else None


def _named(known: Mapping[str, str], *wanted: str) -> CameraPath | None:
    if not wanted:
        return None
    if len(wanted) > 1 or wanted[0] not in known:
        what = f"make {len(wanted)} moves at once" if len(wanted) > 1 else f'move the camera as "{wanted[0][:60]}"'
        raise NotSupported(f"No model here can {what}.", hint=f"One of {', '.join(known)}.")
    return CameraPath(words=known[wanted[0]])


def _key(concept: object) -> str:
    return str(concept.get("key", "")) if isinstance(concept, Mapping) else str(concept)
