"""Qwen-Image: words, or words and a picture, to stills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.families.hunyuan15 import QWEN_TOKENIZERS
from vitascope.engines.openweights.families.pictures import Stills
from vitascope.engines.openweights.family import Asked, Parts, Rule, encode_as_loaded, levels


class QwenImage(Stills):
    name = "qwenimage"
    parts = {  # noqa: RUF012  read only
        "tokenizer": QWEN_TOKENIZERS,
        "text_encoder": ("transformers.Qwen2_5_VLForConditionalGeneration",),
        "vae": ("diffusers.AutoencoderKLQwenImage",),
        "transformer": ("diffusers.QwenImageTransformer2DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
    }
    lora_pipeline = "QwenImagePipeline"
    max_tokens = 512
    words, changed = "QwenImagePipeline", "QwenImageImg2ImgPipeline"

    def rule(self, parts: Parts) -> Rule:
        return Rule(1, 1, 2 * 2 ** len(parts["vae"].temperal_downsample))

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        """Its pipeline guides only when there is something that is not wanted, so that is never empty."""
        told = {"true_cfg_scale": asked.guidance, "negative_prompt": asked.negative_prompt or " "}
        return told | self.given(asked)

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        return self._unpacked(parts, latents, asked)[0].float()

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()[0, :, 0].float()
        mean, std = (
            torch.tensor(numbers, device=latents.device).view(-1, 1, 1)
            for numbers in (vae.config.latents_mean, vae.config.latents_std)
        )
        return (latents - mean) / std

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        vae = parts["vae"]
        latents = self._unpacked(parts, made[0], asked).to(vae.device, vae.dtype)
        mean = torch.tensor(vae.config.latents_mean).view(1, -1, 1, 1, 1).to(latents)
        scale = 1.0 / torch.tensor(vae.config.latents_std).view(1, -1, 1, 1, 1).to(latents)
        yield levels(vae.decode(latents / scale + mean, return_dict=False)[0][:, :, :1])

    def _unpacked(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        """(1, C, 1, h, w) of places of two by two latents each, in rows."""
        side = self.rule(parts).side
        high, wide = asked.height // side, asked.width // side
        return latents.view(1, high, wide, -1, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(1, -1, 1, 2 * high, 2 * wide)


FAMILY = QwenImage()
