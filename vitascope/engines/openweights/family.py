"""What is to be known of a family of open models beyond what diffusers knows: one small record each, in `families/`."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from PIL import ImageOps
from PIL.Image import Image, Resampling

from vitascope.engines.openweights.identify import SERVED
from vitascope.errors import BadSettings
from vitascope.media.sound import Sound


@dataclass(frozen=True)
class Parts:
    """The loaded modules of a model, by their names in its folder; `values`: plain settings of its pipeline."""

    modules: Mapping[str, Any]
    values: Mapping[str, Any]
    device: torch.device
    dtype: torch.dtype

    def __getitem__(self, part: str) -> Any:
        return self.modules[part]

    def get(self, part: str) -> Any:
        return self.modules.get(part)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a run asks of a family's pipeline. `frames` are those that the model makes, at its own rate; of a continued
    clip the first ones are its last ones again, which are `context`. Its `image` is then the last of these. `pictures`
    are references, of their own sizes; `video` is one whose frames were fitted to the clip, `frames` of them. `sigmas`:
    noise levels from 1 down, one for each step, of a distilled model. `generator` is the run's own.
    """

    prompt: str
    negative_prompt: str
    width: int
    height: int
    frames: int
    fps: Fraction
    steps: int
    guidance: float | None
    guidance_low: float | None
    image: Image | None
    last_image: Image | None
    context: tuple[Image, ...]
    sound: bool
    pictures: tuple[Image, ...] = ()
    video: tuple[Image, ...] = ()
    strength: float | None = None  # of what is changed of a given picture or clip, 0 to 1
    sigmas: tuple[float, ...] = ()
    generator: torch.Generator = field(default_factory=torch.Generator, compare=False)

    @property
    def still(self) -> bool:
        return self.frames == 1

    @property
    def picture(self) -> Image:
        """The first reference, cut to the size that is asked."""
        return ImageOps.fit(self.pictures[0], (self.width, self.height), method=Resampling.LANCZOS)


@dataclass(frozen=True)
class Rule:
    """Frames are `first` and whole groups of `group`; sides are multiples of `side`."""

    first: int
    group: int
    side: int


class Family:
    """The record. A family says its names and overrides what its pipelines do in their own way."""

    name: str
    #: The classes that a part may have, as "library.Class"; others in a folder's model_index.json are refused.
    parts: Mapping[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()
    #: Classes that are loaded as another, of which no more than that is used.
    instead: Mapping[str, str] = {}
    #: Plain settings of the pipeline that a folder may change, and their kinds.
    values: Mapping[str, type | tuple[type, ...]] = {}
    precise: frozenset[str] = frozenset({"vae"})  # parts that stay in float32
    transformers: tuple[str, ...] = ("transformer",)  # the first is the one that begins
    lora_pipeline: str = ""  # a diffusers class that loads the family's LoRAs
    max_tokens: int = 512  # of a prompt
    reader: str = "tokenizer"  # the part that cuts the prompt to them

    def rule(self, parts: Parts) -> Rule:
        """Which frames and sides these weights make."""
        raise NotImplementedError

    def modes(self, parts: Parts) -> frozenset[str]:
        """Which of the card's modes these weights can do."""
        raise NotImplementedError

    def tokens(self, parts: Parts) -> int:
        """How many tokens of a prompt are read, the one that ends it among them."""
        return self.max_tokens

    def references(self, parts: Parts) -> Mapping[str, int]:
        """How many references of each kind these weights take, at most."""
        return {}

    def options(self, parts: Parts) -> frozenset[str]:
        """Names of the card's options that these weights know."""
        return frozenset()

    def single(self, file: Path, dtype: torch.dtype, config: Mapping[str, Any]) -> Any:
        """A transformer of one file, where the family reads it by itself; None: the library does. `config`: the
        folder's.
        """
        return None

    def of_files(self, files: Mapping[str, Path], dtype: torch.dtype) -> tuple[dict[str, Any], dict[str, Any]]:
        """Modules and values of a model that has no folder. Raises BadSettings where there is no such thing."""
        raise BadSettings(
            f"A model of the family {self.name} needs a folder.", hint="Give folder in [source]: a diffusers folder."
        )

    def context(self, parts: Parts) -> int:
        """How many of a continued clip's last frames the model is given, at most."""
        return 1

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        """The name of the diffusers class that makes this."""
        raise NotImplementedError

    def arguments(self, parts: Parts, asked: Asked) -> dict[str, Any]:
        """Of the pipeline's call, beyond prompts, size, frames, steps and generator, which all get alike."""
        raise NotImplementedError

    def prepare(self, own: Any, parts: Parts, asked: Asked) -> None:
        """What is set on a run's own pipeline before its call."""

    def latents(self, parts: Parts, latents: torch.Tensor, asked: Asked) -> torch.Tensor:
        """Latents as the scheduler sees them, as (C, T, h, w) float32, for a preview."""
        return latents[0].float()

    def encoded(self, parts: Parts, pixels: torch.Tensor) -> torch.Tensor:
        """Pixels (1, 3, 1, H, W) from -1 to 1 as latents (C, h, w), like those that `latents` gives."""
        raise NotImplementedError

    def decoded(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Iterator[torch.Tensor]:
        """What the pipeline gave, decoded a few frames at a time: (T, 3, H, W), from 0 to 1."""
        raise NotImplementedError

    def sound(self, parts: Parts, made: tuple[Any, ...], asked: Asked) -> Sound | None:
        """From the first frame on; None: it makes none."""
        return None


def levels(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels (1, 3, T, H, W) from -1 to 1, as a VAE gives them, as (T, 3, H, W) from 0 to 1."""
    return (pixels[0].transpose(0, 1) * 0.5 + 0.5).clamp(0, 1)


@dataclass(frozen=True)
class _Latents:
    """Encoded pictures, in the numbers that a pipeline computes with."""

    latents: Any
    dtype: torch.dtype

    def sample(self, generator: torch.Generator | None = None) -> torch.Tensor:
        return self.latents.sample(generator).to(self.dtype)

    def mode(self) -> torch.Tensor:
        return self.latents.mode().to(self.dtype)


def encode_as_loaded(own: Any) -> None:
    """Pictures go into this run's VAE in the numbers that it has, and come out in those that they had. Some pipelines
    give it those of the transformer, or turn it into them for good, which would change it for all other runs.
    """
    vae, shared = copy.copy(own.vae), own.vae

    def encode(pixels: torch.Tensor, *more: Any, **named: Any) -> Any:
        latents = shared.encode(pixels.to(shared.dtype), *more, **named).latent_dist
        return SimpleNamespace(latent_dist=_Latents(latents, pixels.dtype))

    vae.__dict__ |= {"encode": encode, "to": lambda *_, **__: vae}
    own.__dict__["vae"] = vae


def family(name: str) -> Family:
    """Raises BadSettings for one that is not known."""
    if name not in SERVED:
        raise BadSettings(f'Unknown family "{name[:40]}".', hint=f"Known: {', '.join(SERVED)}.", field="family")
    found: Family = importlib.import_module(f"vitascope.engines.openweights.families.{name}").FAMILY
    return found
