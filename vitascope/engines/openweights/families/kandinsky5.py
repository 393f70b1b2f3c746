"""Kandinsky 5: words, or a picture, to video."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.families.hunyuan15 import QWEN_TOKENIZERS
from vitascope.engines.openweights.families.sdxl import CLIP_TOKENIZERS
from vitascope.engines.openweights.family import Asked, Family, Parts, Rule, encode_as_loaded, levels
from vitascope.errors import BadSpec, BadWeights

#: Of words, pictures and clips. Words are all that it is given, and the rest would need torchvision.
_PROCESSORS = ("transformers.Qwen2VLProcessor", "transformers.Qwen2_5_VLProcessor")


class Kandinsky5(Family):
    name = "kandinsky5"
    parts = {  # noqa: RUF012  read only
        "tokenizer": (*_PROCESSORS, *QWEN_TOKENIZERS),
        "tokenizer_2": CLIP_TOKENIZERS,
        "text_encoder": ("transformers.Qwen2_5_VLForConditionalGeneration",),
        "text_encoder_2": ("transformers.CLIPTextModel",),
        "vae": ("diffusers.AutoencoderKLHunyuanVideo",),
        "transformer": ("diffusers.Kandinsky5Transformer3DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
    }
    instead = dict.fromkeys(_PROCESSORS, "transformers.Qwen2Tokenizer")
    lora_pipeline = "Kandinsky5T2VPipeline"

    def rule(self, parts: Parts) -> Rule:
        config, patch = parts["vae"].config, parts["transformer"].config.patch_size
        if patch[0] != 1:
            raise BadWeights(
                "This kind of Kandinsky 5 is not known: its patches have several frames.", hint="Take 5.0."
            )
        return Rule(1, config.temporal_compression_ratio, config.spatial_compression_ratio * patch[1])

    def modes(self, parts: Parts) -> frozenset[str]:
        """With places for a picture it takes one, and draws without one too."""
        return frozenset({"text", "still"}) | (PICTURES if parts["transformer"].config.visual_cond else frozenset())

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        return "Kandinsky5I2VPipeline" if asked.image else "Kandinsky5T2VPipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        group = parts["vae"].config.temporal_compression_ratio
        if asked.image and asked.frames < 1 + LEAST * group:  # its pipeline compares the first four with those after
            raise BadSpec(
                f"From a picture Kandinsky 5 makes no fewer than {1 + LEAST * group} frames, {asked.frames} are asked.",
                hint=f"Ask for {float(LEAST * group / asked.fps):.2f} seconds or more.",
                field="seconds",
            )
        told: dict[str, Any] = {"guidance_scale": asked.guidance}
        return told | ({"image": asked.image} if asked.image else {})

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        return latents[0].float().permute(3, 0, 1, 2)

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()[0, :, 0].float()
        return latents * vae.config.scaling_factor

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        """At once: its decoder keeps no cache."""
        vae = parts["vae"]
        high, wide = (side // vae.config.spatial_compression_ratio for side in (asked.height, asked.width))
        latents = made[0].reshape(1, -1, high, wide, made[0].shape[-1]).permute(0, 4, 1, 2, 3)
        latents = latents.to(vae.device, vae.dtype) / vae.config.scaling_factor
        yield levels(vae.decode(latents, return_dict=False)[0])


LEAST = 4  # latent frames beside the first
PICTURES = frozenset({"image", "extend"})
FAMILY = Kandinsky5()
