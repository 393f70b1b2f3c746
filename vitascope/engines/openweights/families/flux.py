"""Flux 1: words, or words and a picture, to stills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.families.pictures import Stills
from vitascope.engines.openweights.families.sdxl import CLIP_TOKENIZERS
from vitascope.engines.openweights.families.wan import T5_TOKENIZERS
from vitascope.engines.openweights.family import Asked, Parts, Rule, encode_as_loaded, levels


class Flux(Stills):
    name = "flux"
    parts = {  # noqa: RUF012  read only
        "tokenizer": CLIP_TOKENIZERS,
        "tokenizer_2": T5_TOKENIZERS,
        "text_encoder": ("transformers.CLIPTextModel",),
        "text_encoder_2": ("transformers.T5EncoderModel",),
        "vae": ("diffusers.AutoencoderKL",),
        "transformer": ("diffusers.FluxTransformer2DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
    }
    lora_pipeline = "FluxPipeline"
    reader = "tokenizer_2"  # CLIP sums up, T5 reads
    words, changed = "FluxPipeline", "FluxImg2ImgPipeline"

    def rule(self, parts: Parts) -> Rule:
        return Rule(1, 1, 2 * 2 ** (len(parts["vae"].config.block_out_channels) - 1))

    def tokens(self, parts: Parts) -> int:
        return 512 if parts["transformer"].config.guidance_embeds else 256  # that for few steps has read less

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        """Its guidance is a number that the transformer is told. What is not wanted takes a second pass, of which
        there is one strength for all.
        """
        told = {"guidance_scale": asked.guidance, "max_sequence_length": self.tokens(parts), **self.given(asked)}
        if asked.negative_prompt:
            told["true_cfg_scale"] = NEGATIVE_SCALE
        return told

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        return self._unpacked(parts, latents, asked)[0].float()[:, None]

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels[:, :, 0].to(vae.dtype)).latent_dist.mode()[0].float()
        return (latents - vae.config.shift_factor) * vae.config.scaling_factor

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        vae = parts["vae"]
        latents = self._unpacked(parts, made[0], asked).to(vae.device, vae.dtype)
        latents = latents / vae.config.scaling_factor + vae.config.shift_factor
        yield levels(vae.decode(latents, return_dict=False)[0][:, :, None])

    def _unpacked(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        """(1, C, h, w) of places of two by two latents each, in rows."""
        side = self.rule(parts).side
        high, wide = asked.height // side, asked.width // side
        return latents.view(1, high, wide, -1, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(1, -1, 2 * high, 2 * wide)


NEGATIVE_SCALE = 4.0
FAMILY = Flux()
