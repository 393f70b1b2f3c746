"""CogVideoX: words, or a picture, to video."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.families.wan import T5_TOKENIZERS
from vitascope.engines.openweights.family import Asked, Family, Parts, Rule, encode_as_loaded, levels


class CogVideoX(Family):
    name = "cogvideox"
    parts = {  # noqa: RUF012  read only
        "tokenizer": T5_TOKENIZERS,
        "text_encoder": ("transformers.T5EncoderModel",),
        "vae": ("diffusers.AutoencoderKLCogVideoX",),
        "transformer": ("diffusers.CogVideoXTransformer3DModel",),
        "scheduler": ("diffusers.CogVideoXDDIMScheduler", "diffusers.CogVideoXDPMScheduler"),
    }
    lora_pipeline = "CogVideoXPipeline"
    max_tokens = 226

    def rule(self, parts: Parts) -> Rule:
        config = parts["vae"].config
        spatial = 2 ** (len(config.block_out_channels) - 1)
        return Rule(1, config.temporal_compression_ratio, spatial * parts["transformer"].config.patch_size)

    def modes(self, parts: Parts) -> frozenset[str]:
        config = parts["transformer"].config
        return frozenset({"text"} if config.in_channels == config.out_channels else {"image", "extend"})

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        return "CogVideoXImageToVideoPipeline" if asked.image else "CogVideoXPipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        told: dict[str, Any] = {"guidance_scale": asked.guidance}
        return told | ({"image": asked.image} if asked.image else {})

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        return latents[0].float().transpose(0, 1)

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()[0, :, 0].float()
        return latents * vae.config.scaling_factor

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        """Some latent frames at a time, as the VAE does itself; its cache is this clip's own."""
        vae, group = parts["vae"], parts["vae"].config.temporal_compression_ratio
        latents: torch.Tensor = made[0][:, -((asked.frames - 1) // group + 1) :]  # before them lie frames of padding
        hidden = 1 / vae.config.scaling_factor * latents.to(vae.device, vae.dtype).permute(0, 2, 1, 3, 4)
        if vae.use_tiling:  # which are joined frame by frame
            yield levels(vae.decode(hidden, return_dict=False)[0])
            return
        size, cache = vae.num_latent_frames_batch_size, None
        rest, batches = hidden.shape[2] % size, max(hidden.shape[2] // size, 1)
        for number in range(batches):
            piece = hidden[:, :, size * number + (rest if number else 0) : size * (number + 1) + rest]
            if vae.post_quant_conv is not None:
                piece = vae.post_quant_conv(piece)
            pixels, cache = vae.decoder(piece, conv_cache=cache)
            yield levels(pixels)


FAMILY = CogVideoX()
