"""SkyReels V2: Wan's transformer and VAE with weights of its own, from words or from a picture. Weights of diffusion
forcing tell each frame how noisy it is, so they go on from the last frames of a clip as well.
"""

from __future__ import annotations

from typing import Any

from vitascope.engines.openweights.families.wan import Wan
from vitascope.engines.openweights.family import Asked, Parts

CONTEXT = 17  # of a continued clip's last frames, as its makers have it
_FORCING = "SkyReelsV2DiffusionForcing"


class SkyReels(Wan):
    name = "skyreels"
    parts = {  # noqa: RUF012  read only
        **Wan.parts,
        "transformer": ("diffusers.SkyReelsV2Transformer3DModel",),
        "transformer_2": (),
    }
    values = {"_class_name": str}  # noqa: RUF012  which tells diffusion forcing; names and shapes do not
    transformers = ("transformer",)
    lora_pipeline = "SkyReelsV2Pipeline"
    changed = ""

    def modes(self, parts: Parts) -> frozenset[str]:
        return frozenset({"text", "image", "extend"}) if _forces(parts) else super().modes(parts)

    def context(self, parts: Parts) -> int:
        return CONTEXT if _forces(parts) else 1

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        if not _forces(parts):
            return "SkyReelsV2ImageToVideoPipeline" if asked.image else "SkyReelsV2Pipeline"
        if asked.context:
            return f"{_FORCING}VideoToVideoPipeline"
        return f"{_FORCING}ImageToVideoPipeline" if asked.image else f"{_FORCING}Pipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        told = super().arguments(parts, asked)
        if not _forces(parts):
            return told
        if asked.context:
            told |= {"video": list(asked.context), "overlap_history": len(asked.context), "image": None}
        # one pass: more of them would be more steps than were asked
        told |= {"base_num_frames": asked.frames, "fps": round(asked.fps), "callback_on_step_end": _seen}
        return told


def _forces(parts: Parts) -> bool:
    return str(parts.values.get("_class_name", "")).startswith(_FORCING)


def _seen(pipeline: Any, step: int, time: Any, made: dict[str, Any]) -> dict[str, Any]:
    """Each frame has a copy of the scheduler, so what they make is kept here."""
    pipeline.scheduler.seen = made["latents"]
    return {}


FAMILY = SkyReels()
