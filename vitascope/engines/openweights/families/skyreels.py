"""SkyReels V2: Wan's transformer and VAE with weights of its own, from words or from a picture."""

from __future__ import annotations

from vitascope.engines.openweights.families.wan import Wan
from vitascope.engines.openweights.family import Asked, Parts


class SkyReels(Wan):
    name = "skyreels"
    parts = {  # noqa: RUF012  read only
        **Wan.parts,
        "transformer": ("diffusers.SkyReelsV2Transformer3DModel",),
        "transformer_2": (),
    }
    values = {}  # noqa: RUF012  read only
    transformers = ("transformer",)
    lora_pipeline = "SkyReelsV2Pipeline"
    changed = ""

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        return "SkyReelsV2ImageToVideoPipeline" if asked.image else "SkyReelsV2Pipeline"


FAMILY = SkyReels()
