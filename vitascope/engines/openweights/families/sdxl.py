"""Stable Diffusion XL: words, or words and a picture, to stills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.families.pictures import Stills
from vitascope.engines.openweights.family import Asked, Parts, Rule, encode_as_loaded, levels

CLIP_TOKENIZERS = tuple(
    f"transformers.{name}"
    for name in ("CLIPTokenizer", "CLIPTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend")
)


class Sdxl(Stills):
    name = "sdxl"
    parts = {  # noqa: RUF012  read only
        "tokenizer": CLIP_TOKENIZERS,
        "tokenizer_2": CLIP_TOKENIZERS,
        "text_encoder": ("transformers.CLIPTextModel",),
        "text_encoder_2": ("transformers.CLIPTextModelWithProjection",),
        "vae": ("diffusers.AutoencoderKL",),
        "unet": ("diffusers.UNet2DConditionModel",),
        "scheduler": (
            "diffusers.EulerDiscreteScheduler", "diffusers.EulerAncestralDiscreteScheduler",
            "diffusers.DPMSolverMultistepScheduler", "diffusers.DDIMScheduler", "diffusers.LCMScheduler",
        ),
    }  # fmt: skip
    values = {"force_zeros_for_empty_prompt": bool}  # noqa: RUF012  read only
    transformers = ("unet",)
    lora_pipeline = "StableDiffusionXLPipeline"
    max_tokens = 76  # and one that begins the text
    words, changed = "StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline"

    def rule(self, parts: Parts) -> Rule:
        return Rule(1, 1, 2 ** (len(parts["vae"].config.block_out_channels) - 1))

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        return {"guidance_scale": asked.guidance, **self.given(asked)}

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)
        own.__dict__["watermark"] = None  # of a package that is not here; ours marks the finished file

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        return latents[0].float()[:, None]

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels[:, :, 0].to(vae.dtype)).latent_dist.mode()[0].float()
        return latents * vae.config.scaling_factor

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        vae = parts["vae"]
        latents = made[0].to(vae.device, vae.dtype) / vae.config.scaling_factor
        yield levels(vae.decode(latents, return_dict=False)[0][:, :, None])


FAMILY = Sdxl()
