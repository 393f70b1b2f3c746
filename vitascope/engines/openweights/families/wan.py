"""Wan 2.1 and 2.2: words or pictures to video, with one or two experts; the 5B, which does both; and VACE, which fills
in the frames that it is not given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import PIL.Image
import torch

from vitascope.engines.openweights.family import Asked, Family, Parts, Rule, levels
from vitascope.errors import BadSettings

VACE_CONTEXT = 9  # of a continued clip's last frames
VACE_PICTURES = 3
T5_TOKENIZERS = tuple(
    f"transformers.{name}"
    for name in ("T5TokenizerFast", "T5Tokenizer", "PreTrainedTokenizerFast", "TokenizersBackend")
)


class Wan(Family):
    name = "wan"
    parts = {  # noqa: RUF012  read only
        "tokenizer": T5_TOKENIZERS,
        "text_encoder": ("transformers.UMT5EncoderModel",),
        "image_processor": ("transformers.CLIPImageProcessor", "transformers.CLIPImageProcessorPil"),
        "image_encoder": ("transformers.CLIPVisionModel", "transformers.CLIPVisionModelWithProjection"),
        "vae": ("diffusers.AutoencoderKLWan",),
        "transformer": ("diffusers.WanTransformer3DModel", "diffusers.WanVACETransformer3DModel"),
        "transformer_2": ("diffusers.WanTransformer3DModel", "diffusers.WanVACETransformer3DModel"),
        "scheduler": ("diffusers.UniPCMultistepScheduler", "diffusers.FlowMatchEulerDiscreteScheduler"),
    }
    optional = frozenset({"image_processor", "image_encoder", "transformer_2"})
    values = {"boundary_ratio": (float, int), "expand_timesteps": bool}  # noqa: RUF012  read only
    precise = frozenset({"vae", "image_encoder"})
    transformers: tuple[str, ...] = ("transformer", "transformer_2")
    lora_pipeline = "WanPipeline"
    changed = "WanVideoToVideoPipeline"  # of a clip; empty: there is none

    def single(self, file: Path, dtype: torch.dtype, config: Mapping[str, Any]) -> Any:
        from vitascope.engines.openweights.families import wan_files

        return wan_files.transformer(file, dtype, config)

    def of_files(self, files: Mapping[str, Path], dtype: torch.dtype) -> tuple[dict[str, Any], dict[str, Any]]:
        from vitascope.engines.openweights.families import wan_files

        missing = [part for part in ("transformer", "vae", "text_encoder") if part not in files]
        if missing:
            raise BadSettings(f"The model has no file of the {', '.join(missing)}.", hint="Add it to [source].files.")
        modules, values = wan_files.load(files, dtype)
        if modules["transformer"].config.image_dim is not None and modules["image_encoder"] is None:
            raise BadSettings(
                "Wan 2.1 for pictures needs its image_encoder.", hint="ComfyUI: clip_vision_h.safetensors."
            )
        return modules, values

    def rule(self, parts: Parts) -> Rule:
        config = parts["vae"].config
        patch = parts["transformer"].config.patch_size[1]
        return Rule(1, config.scale_factor_temporal, config.scale_factor_spatial * patch)

    def modes(self, parts: Parts) -> frozenset[str]:
        words, pictures = frozenset({"text", "still"}), frozenset({"image", "extend"})
        if _is_vace(parts):
            return words | pictures | {"last_image"}
        if parts.values.get("expand_timesteps"):  # the 5B; it would leave a last picture out without a word
            return words | pictures
        config = parts["transformer"].config
        if config.in_channels == config.out_channels:
            return words
        one_picture = config.image_dim is not None and not config.pos_embed_seq_len
        return pictures if one_picture else pictures | {"last_image"}

    def references(self, parts: Parts) -> Mapping[str, int]:
        """VACE: what shall be in the clip, and a clip that shows its depth, poses or lines. One expert for words: a
        clip that is changed.
        """
        if _is_vace(parts):
            return {"image": VACE_PICTURES, "video": 1}
        return {"video": 1} if self._changes(parts) else {}

    def options(self, parts: Parts) -> frozenset[str]:
        return frozenset({"strength"}) if self.references(parts) else frozenset()

    def _changes(self, parts: Parts) -> bool:
        one = parts.get("transformer_2") is None and not parts.values.get("expand_timesteps")
        return bool(self.changed) and one and "text" in self.modes(parts)

    def context(self, parts: Parts) -> int:
        return VACE_CONTEXT if _is_vace(parts) else 1

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        if _is_vace(parts):
            return "WanVACEPipeline"
        if asked.video:
            return self.changed
        return "WanImageToVideoPipeline" if asked.image else "WanPipeline"

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        told: dict[str, Any] = {"guidance_scale": 5.0 if asked.guidance is None else asked.guidance}
        if parts.values.get("boundary_ratio") is not None and asked.guidance_low is not None:
            told["guidance_scale_2"] = asked.guidance_low
        if _is_vace(parts):
            told |= _filled_in(asked)
        elif asked.video:
            told |= {"video": list(asked.video), "strength": asked.strength}
        elif asked.image:
            told |= {"image": asked.image, "last_image": asked.last_image}
        return told

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        """Without those of references, which lie before the clip."""
        return latents[0, :, len(asked.pictures) :].float()

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        vae = parts["vae"]
        mean, std = (
            torch.tensor(numbers, device=parts.device).view(-1, 1, 1)
            for numbers in (vae.config.latents_mean, vae.config.latents_std)
        )
        latents: torch.Tensor = vae.encode(pixels.to(vae.dtype)).latent_dist.mode()[0, :, 0]
        return (latents.float() - mean) / std

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        """A latent frame at a time: the decoder is causal and keeps what it needs of those before in a cache, which is
        this clip's own. The numbers are the same as of a whole decoding. In tiles all frames come at once.
        """
        from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify

        vae, config = parts["vae"], parts["vae"].config
        latents: torch.Tensor = made[0][:, :, len(asked.pictures) :].to(parts.device)  # before it lie references
        mean = torch.tensor(config.latents_mean).view(1, -1, 1, 1, 1).to(latents.device, latents.dtype)
        scale = 1.0 / torch.tensor(config.latents_std).view(1, -1, 1, 1, 1).to(latents.device, latents.dtype)
        latents = (latents / scale + mean).to(vae.dtype)
        if vae.use_tiling:
            yield levels(vae.decode(latents, return_dict=False)[0])
            return
        hidden = vae.post_quant_conv(latents)
        cache: list[Any] = [None] * vae._cached_conv_counts["decoder"]
        for number in range(hidden.shape[2]):
            one = hidden[:, :, number : number + 1]
            pixels = vae.decoder(one, feat_cache=cache, feat_idx=[0], first_chunk=number == 0)
            if config.patch_size is not None:
                pixels = unpatchify(pixels, patch_size=config.patch_size)
            yield levels(torch.clamp(pixels, min=-1.0, max=1.0))


def _is_vace(parts: Parts) -> bool:
    return hasattr(parts["transformer"].config, "vace_layers")


def _filled_in(asked: Asked) -> dict[str, Any]:
    """What VACE is told of the frames that are known: they, and a mask that is white where it shall draw."""
    known = dict(enumerate(asked.context or ([asked.image] if asked.image else [])))
    if asked.last_image:
        known[asked.frames - 1] = asked.last_image
    told: dict[str, Any] = {"reference_images": list(asked.pictures) or None}
    if asked.strength is not None:
        told["conditioning_scale"] = asked.strength
    if not known and not asked.video:
        return told
    size, numbers = (asked.width, asked.height), range(asked.frames)
    grey, keep, draw = (PIL.Image.new("RGB", size, (level,) * 3) for level in (128, 0, 255))
    guide = asked.video or (grey,) * asked.frames
    video = [known.get(number, guide[number]) for number in numbers]
    return told | {"video": video, "mask": [keep if number in known else draw for number in numbers]}


FAMILY = Wan()
