"""Flux 2 Klein: words, or words and up to four pictures, to stills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from vitascope.engines.openweights.families.hunyuan15 import QWEN_TOKENIZERS
from vitascope.engines.openweights.family import Asked, Family, Parts, Rule, encode_as_loaded, levels
from vitascope.errors import BadSpec

MOST_PICTURES = 4
LEAST_SIDE, MOST_RATIO = 64, 8  # what its pipeline looks at


class Flux2(Family):
    name = "flux2"
    parts = {  # noqa: RUF012  read only
        "tokenizer": QWEN_TOKENIZERS,
        "text_encoder": ("transformers.Qwen3ForCausalLM",),
        "vae": ("diffusers.AutoencoderKLFlux2",),
        "transformer": ("diffusers.Flux2Transformer2DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
    }
    values = {"is_distilled": bool}  # noqa: RUF012  read only
    lora_pipeline = "Flux2KleinPipeline"

    def rule(self, parts: Parts) -> Rule:
        return Rule(1, 1, 2 * 2 ** (len(parts["vae"].config.block_out_channels) - 1))

    def modes(self, parts: Parts) -> frozenset[str]:
        return frozenset({"text", "still"})

    def references(self, parts: Parts) -> Mapping[str, int]:
        return {"image": MOST_PICTURES}

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        return "Flux2KleinPipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        for width, height in (one.size for one in asked.pictures):
            if min(width, height) < LEAST_SIDE or max(width, height) > MOST_RATIO * min(width, height):
                raise BadSpec(
                    f"A given picture is {width}x{height}.",
                    hint=f"Sides of {LEAST_SIDE} or more, the longer one at most {MOST_RATIO} times the other.",
                    field="references",
                )
        return {"guidance_scale": asked.guidance, "image": list(asked.pictures) or None}

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        side = self.rule(parts).side
        rows = latents[0].T.unflatten(1, (asked.height // side, asked.width // side))
        return self._spread(parts, rows[None])[0].float()[:, None]

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels[:, :, 0].to(vae.dtype)).latent_dist.mode()[0].float()
        return latents

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        vae = parts["vae"]
        yield levels(vae.decode(made[0].to(vae.device, vae.dtype), return_dict=False)[0][:, :, None])

    def _spread(self, parts: Parts, latents: torch.Tensor) -> torch.Tensor:
        """The VAE's latents (1, C, h, w) of normed ones (1, 4 C, h / 2, w / 2)."""
        norm, config = parts["vae"].bn, parts["vae"].config
        mean, variance = (one.view(1, -1, 1, 1).to(latents) for one in (norm.running_mean, norm.running_var))
        latents = latents * torch.sqrt(variance + config.batch_norm_eps) + mean
        return torch.nn.functional.pixel_shuffle(latents, 2)


FAMILY = Flux2()
