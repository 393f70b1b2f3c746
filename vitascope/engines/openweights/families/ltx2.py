"""LTX-2: words, or pictures at one end or both, to video with sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from vitascope.engines.openweights.family import Asked, Family, Parts, Rule, encode_as_loaded, levels
from vitascope.errors import BadWeights
from vitascope.media.sound import Sound


class Ltx2(Family):
    name = "ltx2"
    parts = {  # noqa: RUF012  read only
        "tokenizer": tuple(
            f"transformers.{name}"
            for name in ("GemmaTokenizerFast", "GemmaTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend")
        ),
        "text_encoder": ("transformers.Gemma3ForConditionalGeneration",),
        "connectors": ("ltx2.LTX2TextConnectors",),
        "vae": ("diffusers.AutoencoderKLLTX2Video",),
        "audio_vae": ("diffusers.AutoencoderKLLTX2Audio",),
        "vocoder": ("ltx2.LTX2Vocoder", "ltx2.LTX2VocoderWithBWE"),
        "transformer": ("diffusers.LTX2VideoTransformer3DModel",),
        "scheduler": ("diffusers.FlowMatchEulerDiscreteScheduler",),
    }
    precise = frozenset({"vae", "audio_vae", "vocoder"})
    lora_pipeline = "LTX2Pipeline"
    max_tokens = 1024

    def rule(self, parts: Parts) -> Rule:
        vae, config = parts["vae"], parts["transformer"].config
        if vae.config.timestep_conditioning or (config.patch_size, config.patch_size_t) != (1, 1):
            raise BadWeights(
                "This kind of LTX-2 is not known: its VAE is conditioned on a timestep, or it has patches."
            )
        return Rule(1, vae.temporal_compression_ratio, vae.spatial_compression_ratio)

    def modes(self, parts: Parts) -> frozenset[str]:
        return frozenset({"text", "image", "last_image", "extend"})

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        if asked.last_image:
            return "LTX2ConditionPipeline"
        return "LTX2ImageToVideoPipeline" if asked.image else "LTX2Pipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        told: dict[str, Any] = {"frame_rate": float(asked.fps)}
        if asked.sigmas:
            told["sigmas"] = list(asked.sigmas)
        if asked.last_image:
            told["conditions"] = _ends(asked, self.rule(parts))
        elif asked.image:
            told["image"] = asked.image
        if asked.guidance is not None:
            told["guidance_scale"] = asked.guidance
            if asked.guidance <= 1:  # of a distilled model: one pass, so none of the other guidances either
                told |= dict.fromkeys(("audio_guidance_scale", "modality_scale", "audio_modality_scale"), 1.0)
                told |= {"stg_scale": 0.0, "audio_stg_scale": 0.0}
        return told

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        encode_as_loaded(own)

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        if latents.ndim == 5:  # with a picture: of the frames after it
            return latents[0].float()
        rule = self.rule(parts)
        high, wide, long = asked.height // rule.side, asked.width // rule.side, (asked.frames - 1) // rule.group + 1
        return latents[0, : long * high * wide].float().T.unflatten(1, (long, high, wide))  # a last picture follows

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        latents: torch.Tensor = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()[0, :, 0].float()
        mean, std = (numbers.view(-1, 1, 1).to(latents) for numbers in (vae.latents_mean, vae.latents_std))
        return (latents - mean) * vae.config.scaling_factor / std

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        """At once: a frame of this decoder looks at those after it."""
        vae = parts["vae"]
        yield levels(vae.decode(made[0].to(vae.device, vae.dtype), None, return_dict=False)[0])

    def sound(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Sound:
        vae, vocoder = parts["audio_vae"], parts["vocoder"]
        spectrograms = vae.decode(made[1].to(vae.device, vae.dtype), return_dict=False)[0]
        samples = vocoder(spectrograms)[0].float().clamp(-1, 1).T.cpu().numpy()
        return Sound(samples, int(vocoder.config.output_sampling_rate))


def _ends(asked: Asked, rule: Rule) -> list[Any]:
    """Of latent frames: a picture at one that is not there would be left out with a line in a log."""
    from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition

    last = (asked.frames - rule.first) // rule.group
    return [LTX2VideoCondition(asked.image, 0), LTX2VideoCondition(asked.last_image, last)]


FAMILY = Ltx2()
