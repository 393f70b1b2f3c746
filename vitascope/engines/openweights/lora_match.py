"""Whether a LoRA fits a model, told from both headers before anything is loaded: how many of its keys name a layer that
the model has, in the right widths. Libraries drop what they do not know in silence; here that is a refusal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vitascope.engines.openweights import identify
from vitascope.engines.openweights.headers import Header
from vitascope.errors import BadWeights

#: What stands before a layer's name, longest first: diffusers and PEFT, ComfyUI, kohya.
_PREFIXES = (
    "base_model.model.", "transformer_2.", "transformer.", "model.diffusion_model.", "diffusion_model.", "unet.",
    "lora_unet__", "lora_unet_", "lora_transformer_",
)  # fmt: skip
#: The end of a key, and what it is.
_ENDS = (
    (r"\.lora_A(\.\w+)?\.weight", "down"), (r"\.lora_B(\.\w+)?\.weight", "up"), (r"\.lora_down\.weight", "down"),
    (r"\.lora_up\.weight", "up"), (r"\.lora\.down\.weight", "down"), (r"\.lora\.up\.weight", "up"),
    (r"\.alpha", "alpha"), (r"\.diff_b", "bias"), (r"\.lora_B(\.\w+)?\.bias", "bias"),
)  # fmt: skip
_REFUSED = (
    (".dora_scale", "DoRA"), (".lora_magnitude_vector", "DoRA"), (".lokr_w", "LoKr"), (".hada_w", "LoHa"),
    (".oft_", "OFT"), (".boft_", "BOFT"), (".glora_", "GLoRA"), (".diff", "whole differences (norms or weights)"),
    (".set_weight", "whole weights"),
)  # fmt: skip
#: Wan: a part of a layer's name in diffusers -> in the authors' own files.
_WAN = (
    ("condition_embedder.time_embedder.linear_1", "time_embedding.0"),
    ("condition_embedder.time_embedder.linear_2", "time_embedding.2"),
    ("condition_embedder.text_embedder.linear_1", "text_embedding.0"),
    ("condition_embedder.text_embedder.linear_2", "text_embedding.2"),
    ("condition_embedder.time_proj", "time_projection.1"),
    ("condition_embedder.image_embedder.ff.net.0.proj", "img_emb.proj.1"),
    ("condition_embedder.image_embedder.ff.net.2", "img_emb.proj.3"),
    ("attn1.", "self_attn."), ("attn2.", "cross_attn."), ("to_out.0", "o"), ("add_k_proj", "k_img"),
    ("add_v_proj", "v_img"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("ffn.net.0.proj", "ffn.0"),
    ("ffn.net.2", "ffn.2"),
)  # fmt: skip
_SIZES = {1536: "1.3B", 2048: "2B", 3072: "5B", 5120: "14B", 4096: "13B to 22B"}


@dataclass(frozen=True)
class Match:
    """`matched` of `total` keys fit. `rename`: each key -> "LAYER.PART" with the model's own layer name, where PART is
    down, up, alpha or bias. `rank`: of most layers. `why`: empty if it can be used, else the reason it cannot.
    `refused`: the kind of tensors in it that are not applied.
    """

    matched: int
    total: int
    made_for: str
    rank: int
    why: str = ""
    refused: str = ""
    rename: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"{self.matched} of {self.total} keys match; made for {self.made_for}"


def match(lora: Header, *models: Header) -> Match:
    """Of a LoRA's header and those of the model's transformers (two experts are alike: the first is enough)."""
    own = _layers(models[0])
    loose = {_loose(name): name for name in own}
    rename: dict[str, str] = {}
    rank: list[int] = []
    narrow, strange = 0, 0
    unknown: list[str] = []
    refused = ""
    for key, tensor in lora.tensors.items():
        found = _split(key)
        if found is None:
            refused = refused or next((what for mark, what in _REFUSED if mark in key), "")
            unknown.append(key)
            strange += 1
            continue
        stem, part = found
        name = loose.get(_loose(stem))
        if name is None:
            unknown.append(key)
            continue
        if not _wide(own[name], part, tensor.shape):
            narrow += 1
            continue
        rename[key] = f"{name}.{part}"
        if part == "down":
            rank.append(tensor.shape[0])
    made_for = _made_for(lora)
    most = max(set(rank), key=rank.count) if rank else 0
    told = Match(len(rename), len(lora.tensors), made_for, most, rename=rename)
    why = ""
    if refused:
        why = f"It holds {refused}, which would be left out in silence"
    elif narrow:
        why = f"{narrow} keys have other widths than the model's layers"
    elif not rename:
        why = "None of its keys names a layer of this model"
    elif strange or unknown:
        why = f"{len(unknown)} keys name no layer of this model, such as {unknown[0][:80]}"
    elif lonely := _lonely(rename):
        why = f"{lonely} lacks its other half"
    return Match(**{**told.__dict__, "why": why, "refused": refused})


def layers(lora: Header) -> int:
    """How many layers a LoRA changes, by its own keys."""
    return sum((found := _split(key)) is not None and found[1] == "down" for key in lora.tensors)


def check(name: str, told: Match, model: str) -> None:
    """Raises BadWeights when it cannot be used."""
    if told.why:
        raise BadWeights(f"{name} does not fit {model}: {told}. {told.why}.", hint=f"Take a LoRA for {model}.")


def _split(key: str) -> tuple[str, str] | None:
    """The layer's name without what stands before it, and the part; None: it is no part of a plain LoRA."""
    if any(mark in key for mark, what in _REFUSED if not what.startswith("whole")):
        return None
    for pattern, part in _ENDS:
        if found := re.search(pattern + "$", key):
            stem = key[: found.start()]
            while prefix := next((one for one in _PREFIXES if stem.startswith(one)), ""):
                stem = stem[len(prefix) :]
            return stem, part
    return None


def _loose(name: str) -> str:
    """One spelling for what diffusers, the authors and kohya call the same layer."""
    for theirs, own in _WAN:
        name = name.replace(theirs, own)
        name = name.replace(theirs.replace(".", "_"), own.replace(".", "_"))
    return name.replace(".", "_")


def _layers(model: Header) -> dict[str, tuple[int, ...]]:
    """Names of the layers that have a weight of two or more dimensions, and its shape."""
    prefix = identify.prefix_of(model.tensors)
    return {
        name.removeprefix(prefix).removesuffix(".weight"): tensor.shape
        for name, tensor in model.tensors.items()
        if name.endswith(".weight") and len(tensor.shape) >= 2
    }


def _wide(weight: tuple[int, ...], part: str, shape: tuple[int, ...]) -> bool:
    if part == "down":
        return len(shape) >= 2 and shape[1] == weight[1]
    if part == "up":
        return len(shape) >= 2 and shape[0] == weight[0]
    return part == "alpha" or shape == (weight[0],)


def _lonely(rename: Mapping[str, str]) -> str:
    """A layer that has only one of its two halves; empty: none."""
    parts: dict[str, set[str]] = {}
    for name in rename.values():
        layer, _, part = name.rpartition(".")
        parts.setdefault(layer, set()).add(part)
    return next((layer for layer, one in parts.items() if ("down" in one) != ("up" in one)), "")


def _made_for(lora: Header) -> str:
    """What its own keys and widths say: family, size, and whether it takes pictures."""
    stems = {found[0]: tensor for key, tensor in lora.tensors.items() if (found := _split(key)) and found[1] == "down"}
    if any("input_blocks" in stem or "down_blocks" in stem or "lora_te" in stem for stem in stems):
        return "Stable Diffusion"
    names = {_loose(stem): tensor for stem, tensor in stems.items()}
    width = next((tensor.shape[1] for stem, tensor in names.items() if stem.endswith("self_attn_q")), 0)
    if width:
        picture = any("k_img" in stem for stem in names)
        return f"Wan {_SIZES.get(width, f'{width} wide')}{' I2V' if picture else ''}"
    for mark, family in (
        ("audio_attn", "LTX-2"), ("img_mlp", "Qwen-Image"), ("double_blocks", "HunyuanVideo or Flux"),
        ("attention_to_q", "Z-Image"), ("attention_qkv", "Z-Image"), ("transformer_blocks", "LTX or CogVideoX"),
    ):  # fmt: skip
        if any(mark in stem for stem in names):
            return family
    return "an unknown model"
