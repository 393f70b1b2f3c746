"""LTX-Video 0.9.x: words, pictures at both ends, or the end of a clip, to video."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.families.wan import T5_TOKENIZERS
from vitascope.engines.openweights.family import Asked, Family, Parts, Rule, encode_as_loaded, levels

CONTEXT = 9  # of a continued clip's last frames
#: Of VAEs that are told how noisy their latents are (0.9.1 and later): as the model's page says.
DECODE_TIMESTEP, DECODE_NOISE = 0.05, 0.025
_CONDITIONED = "LTXConditionPipeline"


class Ltx(Family):
    name = "ltx"
    parts = {  # noqa: RUF012  read only
        "tokenizer": T5_TOKENIZERS,
        "text_encoder": ("transformers.T5EncoderModel",),
        "vae": ("diffusers.AutoencoderKLLTXVideo",),
        "transformer": ("diffusers.LTXVideoTransformer3DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
    }
    values = {"_class_name": str}  # noqa: RUF012  which tells 0.9.5 and later from those before
    lora_pipeline = "LTXPipeline"
    max_tokens = 256

    def rule(self, parts: Parts) -> Rule:
        vae, config = parts["vae"], parts["transformer"].config
        return Rule(1, vae.temporal_compression_ratio, vae.spatial_compression_ratio * config.patch_size)

    def modes(self, parts: Parts) -> frozenset[str]:
        some = frozenset({"text", "image", "extend"})
        return some | {"last_image"} if _conditioned(parts) else some

    def context(self, parts: Parts) -> int:
        return CONTEXT if _conditioned(parts) else 1

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        if _conditioned(parts):
            return _CONDITIONED
        return "LTXImageToVideoPipeline" if asked.image else "LTXPipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        told: dict[str, Any] = {"guidance_scale": asked.guidance, "frame_rate": float(asked.fps)}
        told["max_sequence_length"] = self.max_tokens
        if asked.sigmas:
            told["timesteps"] = [1000 * sigma for sigma in asked.sigmas]
        if _conditioned(parts):
            told["conditions"] = _conditions(asked)
        elif asked.image:
            told["image"] = asked.image
        return told

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        """Of what is drawn; tokens of given frames lie before it."""
        if latents.ndim == 5:  # with a first picture: of the frames after it
            return latents[0].float()
        side, group = parts["vae"].spatial_compression_ratio, parts["vae"].temporal_compression_ratio
        high, wide, long = asked.height // side, asked.width // side, (asked.frames - 1) // group + 1
        return latents[0, -long * high * wide :].float().T.unflatten(1, (long, high, wide))

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()[0, :, 0].float()
        mean, std = (numbers.view(-1, 1, 1).to(latents) for numbers in (vae.latents_mean, vae.latents_std))
        return (latents - mean) * vae.config.scaling_factor / std

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        """At once: a frame of this decoder looks at those after it."""
        vae = parts["vae"]
        latents = made[0].to(vae.device)
        if latents.ndim == 3:  # the older pipelines give tokens
            latents = self.latents(parts, latents, asked)[None].to(latents.dtype)
        mean, std = (numbers.view(1, -1, 1, 1, 1).to(latents) for numbers in (vae.latents_mean, vae.latents_std))
        latents, timestep = latents * std / vae.config.scaling_factor + mean, None
        if vae.config.timestep_conditioning:
            noise = torch.randn(latents.shape, generator=asked.generator.clone_state()).to(latents)
            latents = (1 - DECODE_NOISE) * latents + DECODE_NOISE * noise
            timestep = torch.tensor([DECODE_TIMESTEP]).to(vae.device, vae.dtype)
        yield levels(vae.decode(latents.to(vae.dtype), timestep, return_dict=False)[0])


def _conditioned(parts: Parts) -> bool:
    return parts.values.get("_class_name") == _CONDITIONED


def _conditions(asked: Asked) -> list[Any] | None:
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition

    known = []
    if asked.context:
        known.append(LTXVideoCondition(video=list(asked.context), frame_index=0))
    elif asked.image:
        known.append(LTXVideoCondition(image=asked.image, frame_index=0))
    if asked.last_image:
        known.append(LTXVideoCondition(image=asked.last_image, frame_index=asked.frames - 1))
    return known or None


FAMILY = Ltx()
