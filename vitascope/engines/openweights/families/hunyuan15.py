"""HunyuanVideo 1.5: words, or a picture, to video."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.family import Asked, Family, Parts, Rule, levels

QWEN_TOKENIZERS = tuple(
    f"transformers.{name}"
    for name in ("Qwen2TokenizerFast", "Qwen2Tokenizer", "PreTrainedTokenizerFast", "TokenizersBackend")
)


class Hunyuan15(Family):
    name = "hunyuan15"
    parts = {  # noqa: RUF012  read only
        "tokenizer": QWEN_TOKENIZERS,
        "text_encoder": ("transformers.Qwen2_5_VLTextModel",),
        "tokenizer_2": ("transformers.ByT5Tokenizer",),
        "text_encoder_2": ("transformers.T5EncoderModel",),
        "vae": ("diffusers.AutoencoderKLHunyuanVideo15",),
        "transformer": ("diffusers.HunyuanVideo15Transformer3DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
        "guider": ("diffusers.ClassifierFreeGuidance",),
        "image_encoder": ("transformers.SiglipVisionModel",),
        "feature_extractor": ("transformers.SiglipImageProcessor", "transformers.SiglipImageProcessorPil"),
    }
    optional = frozenset({"image_encoder", "feature_extractor"})
    max_tokens = 1000

    def rule(self, parts: Parts) -> Rule:
        vae, config = parts["vae"], parts["transformer"].config
        return Rule(1, vae.temporal_compression_ratio, vae.spatial_compression_ratio * config.patch_size)

    def modes(self, parts: Parts) -> frozenset[str]:
        if parts["transformer"].config.task_type == "t2v":
            return frozenset({"text", "still"})
        return frozenset({"image", "extend"}) if parts.get("image_encoder") else frozenset()

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        return "HunyuanVideo15ImageToVideoPipeline" if asked.image else "HunyuanVideo15Pipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        return {"image": asked.image} if asked.image else {}

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        """Guidance is a part of this pipeline, not an argument of its call; the run's own is a copy."""
        if asked.guidance is not None:
            own.__dict__["guider"] = own.guider.new(guidance_scale=asked.guidance)
        if asked.image:  # it would take the size from a list, by the picture's shape
            sizes = own.__dict__["video_processor"] = copy.copy(own.video_processor)
            sizes.calculate_default_height_width = lambda **_: (asked.height, asked.width)

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()[0, :, 0].float()
        return latents * vae.config.scaling_factor

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        """At once: its decoder keeps no cache."""
        vae = parts["vae"]
        latents = made[0].to(vae.device, vae.dtype) / vae.config.scaling_factor
        yield levels(vae.decode(latents, return_dict=False)[0])


FAMILY = Hunyuan15()
