"""Z-Image: words, or words and a picture, to stills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.families.hunyuan15 import QWEN_TOKENIZERS
from vitascope.engines.openweights.families.pictures import Stills
from vitascope.engines.openweights.family import Asked, Parts, Rule, encode_as_loaded, levels


class ZImage(Stills):
    name = "zimage"
    parts = {  # noqa: RUF012  read only
        "tokenizer": QWEN_TOKENIZERS,
        "text_encoder": ("transformers.Qwen3Model", "transformers.Qwen3ForCausalLM"),
        "vae": ("diffusers.AutoencoderKL",),
        "transformer": ("diffusers.ZImageTransformer2DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
    }
    lora_pipeline = "ZImagePipeline"
    words, changed = "ZImagePipeline", "ZImageImg2ImgPipeline"

    def rule(self, parts: Parts) -> Rule:
        return Rule(1, 1, 2 * 2 ** (len(parts["vae"].config.block_out_channels) - 1))

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        return {"guidance_scale": asked.guidance, **self.given(asked)}

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        return latents[0].float()[:, None] if latents.ndim == 4 else latents[0].float()

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels[:, :, 0].to(vae.dtype)).latent_dist.mode()[0].float()
        return (latents - vae.config.shift_factor) * vae.config.scaling_factor

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        vae = parts["vae"]
        latents = made[0].to(vae.device, vae.dtype) / vae.config.scaling_factor + vae.config.shift_factor
        yield levels(vae.decode(latents, return_dict=False)[0][:, :, None])


FAMILY = ZImage()
