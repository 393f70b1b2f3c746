"""Which model a file holds, from the names and shapes in its header: family, kind, layout, and how its weights are
stored. What would load and silently draw nonsense is refused by name.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitascope.engines.openweights import headers
from vitascope.engines.openweights.headers import Header
from vitascope.errors import BadWeights

#: Families that an engine here draws.
SERVED = (
    "wan", "skyreels", "ltx", "ltx2", "hunyuan15", "cogvideox", "kandinsky5", "zimage", "qwenimage", "sdxl", "flux",
    "flux2",
)  # fmt: skip
MAIN = ("transformer", "unet")  # the part that takes the steps
PREFIXES = ("model.diffusion_model.", "diffusion_model.", "transformer.", "model.")
_SCALES = (".scale_weight", ".weight_scale")
_FP8 = ("F8_E4M3", "F8_E5M2")
_FLOATS = {"BF16": "bf16", "F16": "fp16", "F32": "fp32", "F64": "fp64"}
_OTHER = "Take the same model as bf16, fp16, fp8_scaled or GGUF."


@dataclass(frozen=True)
class Found:
    """`role`: transformer, vae, text_encoder, image_encoder, lora or checkpoint (several in one file). `family`: a
    family of `engines/openweights`, empty if none serves it. `kind`: within the family, such as t2v or i2v. `layout`:
    original (ComfyUI's too) or diffusers. `storage`: bf16, fp16, fp32, fp8, fp8_scaled, or the GGUF kind.
    `width` and `layers`: of a transformer's blocks. `tokenizer`: the file has its own. `expert`: high or low, by name.
    """

    role: str
    family: str
    kind: str
    layout: str
    storage: str
    parameters: int
    size: int
    width: int = 0
    layers: int = 0
    tokenizer: bool = False
    expert: str = ""

    def __str__(self) -> str:
        what = f"{self.family} {self.kind}".strip() or "unknown"
        return f"{what} {self.role}, {self.parameters / 1e9:.2f} B parameters, {self.storage}, {self.size / 1e9:.2f} GB"


def file(path: Path) -> Found:
    """Raises BadWeights for what cannot be read, is damaged, or would load wrongly."""
    return header(headers.read(path))


def header(head: Header) -> Found:
    """The same, of a header that was read already."""
    keys = head.tensors
    if is_lora(keys):
        return _found(head, "lora", "", "", "", "")
    prefix = prefix_of(keys)
    names = {name[len(prefix) :] if name.startswith(prefix) else name: tensor.shape for name, tensor in keys.items()}
    if any(name.startswith(("vae.", "first_stage_model.", "text_encoders.", "cond_stage_model.")) for name in keys):
        family = _transformer(names)[0]
        return _found(head, "checkpoint", family, "", "original", storage(head))
    for look in (_vae, _text_encoder, _image_encoder):
        if part := look(head, names):
            return part
    family, kind, layout, width, layers = _transformer(names)
    if not family:
        return _found(head, "transformer", "", "", "", storage(head))
    found = _found(head, "transformer", family, kind, layout, storage(head))
    named = expert(head.path.name) if (family, kind) in (("wan", "t2v"), ("wan", "i2v-expert")) else ""
    return Found(**{**found.__dict__, "width": width, "layers": layers, "expert": named})


def main_part(parts: Container[str]) -> str:
    """The name of the part that takes the steps; empty: it is not there."""
    return next((name for name in MAIN if name in parts), "")


def is_lora(names: Mapping[str, Any]) -> bool:
    marks = (".lora_A.", ".lora_B.", ".lora_down.", ".lora_up.", ".lokr_w1", ".hada_w1_a", ".oft_blocks", ".diff_b")
    return any(mark in name for name in names for mark in marks)


_EXPERT = re.compile(r"(?<![a-z])(?:(high|low)(?:[-_ ]?noise)?|(h|l)n)(?![a-z])")


def expert(name: str) -> str:
    """ "high" or "low" where a file's name tells which of two experts it is."""
    found = _EXPERT.search(name.lower())
    return (found[1] or {"h": "high", "l": "low"}[found[2]]) if found else ""


def without_expert(name: str) -> str:
    """The name without that word: the same for both files of a pair."""
    return _EXPERT.sub("*", name.lower())


def prefix_of(names: Mapping[str, Any]) -> str:
    """What ComfyUI and others put before all names of a transformer."""
    if not any("blocks." in name or "layers." in name for name in names):
        return ""
    for prefix in PREFIXES:
        hits = sum(name.startswith(prefix) for name in names)
        if hits > len(names) / 2 and not any(name.startswith("model.layers.") for name in names):
            return prefix
    return ""


def storage(head: Header) -> str:
    """How most of the weights are stored. Raises BadWeights for layouts that load and draw nonsense."""
    names = head.tensors
    if head.kind == "gguf":
        kinds = Counter({"": 0})
        for tensor in names.values():
            kinds[tensor.dtype] += tensor.size
        return f"GGUF {kinds.most_common(1)[0][0]}"
    _refuse_formats(head)
    sizes: Counter[str] = Counter()
    for tensor in names.values():
        if len(tensor.shape) > 1:
            sizes[tensor.dtype] += tensor.size
    most = sizes.most_common(1)[0][0] if sizes else "F32"
    if most in ("I8", "U8", "I32", "I16", "F4"):
        raise _refused(head, f"integers ({most}) whose meaning its header does not tell")
    if sizes["F8_E4M3"] + sizes["F8_E5M2"] > 0 and (most in _FP8 or any(name.endswith(_SCALES) for name in names)):
        return "fp8_scaled" if any(name.endswith(_SCALES) for name in names) else "fp8"
    return _FLOATS.get(most, most)


def _refused(head: Header, what: str) -> BadWeights:
    return BadWeights(f"{head.path.name} is stored as {what}; it would load and draw nonsense.", hint=_OTHER)


def _refuse_formats(head: Header) -> None:
    names = head.tensors
    formats: Counter[str] = Counter()
    told = head.metadata.get("_quantization_metadata")
    try:
        layers = json.loads(told)["layers"].values() if told else ()
        notes = [name for name in names if name.endswith(".comfy_quant")]
        for layer in (*layers, *(json.loads(head.small(name)) for name in notes)):
            formats["int8 convrot" if layer.get("convrot") else str(layer["format"])[:40]] += 1
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(head, "quantised weights with notes that cannot be read") from error
    for name in formats:
        if name not in ("float8_e4m3fn", "float8_e5m2"):
            raise _refused(head, {"nvfp4": "NVFP4", "mxfp8": "MXFP8"}.get(name, name))
    marks = {
        ".weight_scale_2": "NVFP4", ".alpha_global": "NVFP4", ".input_global_scale": "NVFP4",
        ".pre_quant_scale": "smoothed weights", ".smooth_factor": "W4A4 (SVDQuant, Nunchaku)", ".wscales": "W4A8",
        ".qweight": "packed 4-bit weights (W4A8, GPTQ or AWQ)", ".weight_packed": "packed 4-bit weights",
        ".absmax": "bitsandbytes 4-bit", ".SCB": "bitsandbytes int8", "._data": "optimum-quanto weights",
        ".convrot": "int8 convrot",
    }  # fmt: skip
    for name in names:
        for mark, what in marks.items():
            if name.endswith(mark):
                raise _refused(head, what)
    int8 = sum(tensor.dtype == "I8" for tensor in names.values())
    if int8 and any(name.endswith(_SCALES) for name in names):
        raise _refused(head, "int8 with scales (ComfyUI's int8, convrot or W8A8)")


def _found(head: Header, role: str, family: str, kind: str, layout: str, stored: str, **more: Any) -> Found:
    counted = [
        tensor.count
        for name, tensor in head.tensors.items()
        if not name.endswith((*_SCALES, ".scale_input", ".input_scale", "scaled_fp8", "spiece_model"))
    ]
    return Found(role, family, kind, layout, stored, sum(counted), head.size, **more)


def _depth(names: Mapping[str, Any], stem: str) -> int:
    found = [int(match[1]) for name in names if (match := re.match(rf"{stem}\.(\d+)\.", name))]
    return max(found) + 1 if found else 0


Shapes = Mapping[str, tuple[int, ...]]


def _transformer(names: Shapes) -> tuple[str, str, str, int, int]:
    """Family, kind, layout, width, layers; all empty for what no family knows."""
    has = names.__contains__
    if has("patch_embedding.weight") and (has("head.modulation") or has("condition_embedder.time_proj.weight")):
        return _wan(names)
    double, single = _depth(names, "double_blocks"), _depth(names, "transformer_blocks")
    if has("audio_patchify_proj.weight") or has("audio_proj_in.weight"):
        original = has("audio_patchify_proj.weight")
        width = names["patchify_proj.weight" if original else "proj_in.weight"][0]
        return "ltx2", "t2v", "original" if original else "diffusers", width, single
    if has("patchify_proj.weight"):
        return "ltx", "t2v", "original", names["patchify_proj.weight"][0], single
    if has("caption_projection.linear_1.weight") and has("time_embed.linear.weight") and has("proj_in.weight"):
        return "ltx", "t2v", "diffusers", names["proj_in.weight"][0], single
    if has("context_embedder_2.linear_1.weight") and has("x_embedder.proj.weight"):
        return "hunyuan15", "", "diffusers", names["x_embedder.proj.weight"][0], single
    if has("txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.weight"):
        newer = any(name.startswith(("byt5_in.", "cond_type_embedding.")) for name in names)
        family, kind = ("hunyuan15", "") if newer else ("hunyuan", "t2v")
        return family, kind, "original", names.get("img_in.proj.weight", (0,))[0], double
    if has("cap_embedder.1.weight") and _depth(names, "noise_refiner"):
        layout = "diffusers" if has("layers.0.attention.to_q.weight") else "original"
        return "zimage", "t2i", layout, names["cap_embedder.1.weight"][0], _depth(names, "layers")
    if has("txt_norm.weight") and has("transformer_blocks.0.img_mod.1.weight"):
        return "qwenimage", "t2i", "diffusers", names.get("img_in.weight", (0,))[0], single
    if has("visual_embeddings.in_layer.weight") and has("pooled_text_embeddings.in_layer.weight"):
        width = names["visual_embeddings.in_layer.weight"][0]
        return "kandinsky5", "", "diffusers", width, _depth(names, "visual_transformer_blocks")
    if has("double_stream_modulation_img.linear.weight"):
        return "flux2", "t2i", "diffusers", names["x_embedder.weight"][0], single
    if has("double_stream_modulation_img.lin.weight") and has("img_in.weight"):
        return "flux2", "t2i", "original", names["img_in.weight"][0], double
    if has("double_blocks.0.img_attn.qkv.weight") and has("vector_in.in_layer.weight") and has("img_in.weight"):
        width, inside = (*names["img_in.weight"], 0)[:2]
        return "flux", "t2i" if inside == 64 else f"{inside} channels in", "original", width, double
    if has("context_embedder.weight") and _depth(names, "single_transformer_blocks"):
        return "flux", "t2i", "diffusers", names["x_embedder.weight"][0], single
    if has("add_embedding.linear_1.weight") and has("conv_in.weight") and names["conv_in.weight"][1] == 4:
        return "sdxl", "t2i", "diffusers", 4 * names["conv_in.weight"][0], _depth(names, "down_blocks")
    if has("patch_embed.proj.weight") and has("transformer_blocks.0.norm1.linear.weight"):
        weight = names["patch_embed.proj.weight"]
        area = 4 if len(weight) == 4 else 1  # newer ones patch in time too, by a linear
        kind = "i2v" if weight[1] >= 2 * _out(names, "proj_out.weight", area) else "t2v"
        return "cogvideox", kind, "diffusers", weight[0], single
    return "", "", "", 0, 0


def _out(names: Shapes, name: str, area: int) -> int:
    """Channels that the last layer gives, of patches of this area."""
    return names.get(name, (0,))[0] // area


def _wan(names: Shapes) -> tuple[str, str, str, int, int]:
    original = "head.modulation" in names
    weight = names["patch_embedding.weight"]
    inside = weight[1] if len(weight) > 1 else 0
    outside = _out(names, "head.head.weight" if original else "proj_out.weight", 4)
    stems = {name.split(".")[0] for name in names}
    picture = "img_emb" in stems or any(name.startswith("condition_embedder.image_embedder.") for name in names)
    ends = "img_emb.emb_pos" in names or "condition_embedder.image_embedder.pos_embed" in names
    if "vace_blocks" in stems:
        kind = "vace"
    elif {"face_adapter", "motion_encoder", "pose_patch_embedding"} & stems:
        kind = "animate"
    elif {"audio_injector", "casual_audio_encoder", "audio_proj"} & stems:
        kind = "s2v"
    elif {"control_adapter", "ref_conv"} & stems:
        kind = "control"
    elif inside == outside:
        kind = "ti2v" if outside >= 48 else "t2v"
    elif inside == 2 * outside + 4:
        kind = "flf2v" if ends else "i2v" if picture else "i2v-expert"
    else:
        kind = f"{inside} channels in"
    return "wan", kind, "original" if original else "diffusers", weight[0], _depth(names, "blocks")


def _vae(head: Header, names: Shapes) -> Found | None:
    if "decoder.middle.0.residual.0.gamma" in names or "decoder.mid_block.resnets.0.norm1.gamma" in names:
        original = "decoder.middle.0.residual.0.gamma" in names
        depth = names.get("conv2.weight" if original else "post_quant_conv.weight", (0,))[0]
        kind = f"{depth} channels"
        return _found(head, "vae", "wan", kind, "original" if original else "diffusers", storage(head))
    if "decoder.conv_in.weight" in names or "decoder.conv_in.conv.weight" in names:
        return _found(head, "vae", "", "", "", storage(head))
    return None


def _text_encoder(head: Header, names: Shapes) -> Found | None:
    bias = "SelfAttention.relative_attention_bias.weight"
    stored = storage(head)
    if f"encoder.block.0.layer.0.{bias}" in names:
        each = f"encoder.block.1.layer.0.{bias}" in names
        tokens = "spiece_model" in names
        kind = "umt5" if each else "t5"
        return _found(head, "text_encoder", "", kind, "diffusers", stored, tokenizer=tokens)
    if "enc.blk.0.attn_q.weight" in names:
        kind = "umt5" if "enc.blk.1.attn_rel_b.weight" in names else "t5"
        tokens = "tokenizer.ggml.tokens" in head.metadata
        return _found(head, "text_encoder", "", kind, "gguf", stored, tokenizer=tokens)
    if "token_embedding.weight" in names and "blocks.0.attn.q.weight" in names:
        raise BadWeights(
            f"{head.path.name} is umt5 in the layout of Wan's own code, without its tokenizer; it is not read.",
            hint="Take ComfyUI's umt5_xxl_fp16, its fp8_scaled, or a GGUF of it.",
        )
    if any(re.match(r"(model\.)?(language_model\.)?(model\.)?layers\.0\.self_attn\.q_proj\.", name) for name in names):
        return _found(head, "text_encoder", "", "language model", "diffusers", stored)
    return None


def _image_encoder(head: Header, names: Shapes) -> Found | None:
    if "vision_model.embeddings.class_embedding" not in names or any(name.startswith("text_model.") for name in names):
        return None
    width = names["vision_model.embeddings.class_embedding"][0]
    return _found(head, "image_encoder", "", "clip-h" if width == 1280 else "clip", "diffusers", storage(head))
