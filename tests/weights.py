"""Files of weights for tests: true headers, and holes where the weights would be, so 28 GB take a few kilobytes."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

BITS = {"F32": 32, "BF16": 16, "F16": 16, "F8_E4M3": 8, "I8": 8, "U8": 8}
#: GGUF: name -> (number, weights in a block, bytes of one)
GGUF = {"F32": (0, 1, 4), "F16": (1, 1, 2), "Q4_K": (12, 256, 144), "Q8_0": (8, 32, 34)}


def safetensors(path, tensors, metadata=None, small=None):
    """`tensors`: name -> (dtype, shape). `small`: name -> bytes that are really written."""
    told, at = {}, 0
    for name, (dtype, shape) in tensors.items():
        size = math.prod(shape) * BITS[dtype] // 8
        told[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    if metadata:
        told["__metadata__"] = metadata
    head = json.dumps(told).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for name, data in (small or {}).items():
            file.seek(8 + len(head) + told[name]["data_offsets"][0])
            file.write(data)
        file.truncate(8 + len(head) + at)
    return path


def gguf(path, tensors, facts=None):
    """`tensors`: name -> (kind, shape in torch's order). `facts`: name -> str, int or list of str."""
    facts = {"general.architecture": "wan", **(facts or {})}

    def text(value):
        return struct.pack("<Q", len(value.encode())) + value.encode()

    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    for name, value in facts.items():
        head += text(name)
        if isinstance(value, str):
            head += struct.pack("<I", 8) + text(value)
        elif isinstance(value, int):
            head += struct.pack("<II", 4, value)
        elif value and isinstance(value[0], int):
            head += struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)
        else:
            head += struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(one) for one in value)
    at = 0
    for name, (kind, shape) in tensors.items():
        number, block, size = GGUF[kind]
        head += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape[::-1])
        head += struct.pack("<IQ", number, at)
        at += -(-(math.prod(shape) // block * size) // 32) * 32
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(head)
        file.truncate(-(-len(head) // 32) * 32 + at)
    return path


#: Width, feed-forward, layers.
WAN = {"1.3b": (1536, 8960, 30), "14b": (5120, 13824, 40), "5b": (3072, 14336, 30), "tiny": (128, 256, 2)}


def wan(size="14b", *, inside=16, outside=16, picture=False, dtype="BF16", prefix="", text=4096):
    """Names and shapes of a Wan transformer as its authors and ComfyUI have them."""
    width, wide, layers = WAN[size]
    names = {
        "patch_embedding.weight": (width, inside, 1, 2, 2),
        "patch_embedding.bias": (width,),
        "text_embedding.0.weight": (width, text),
        "text_embedding.2.weight": (width, width),
        "time_embedding.0.weight": (width, 256),
        "time_embedding.2.weight": (width, width),
        "time_projection.1.weight": (6 * width, width),
        "head.head.weight": (4 * outside, width),
        "head.modulation": (1, 2, width),
    }
    for layer in range(layers):
        block = f"blocks.{layer}."
        for attention in ("self_attn", "cross_attn"):
            images = ("k_img", "v_img") if picture and attention == "cross_attn" else ()
            for one in ("q", "k", "v", "o", *images):
                names[f"{block}{attention}.{one}.weight"] = (width, width)
                names[f"{block}{attention}.{one}.bias"] = (width,)
            names[f"{block}{attention}.norm_q.weight"] = names[f"{block}{attention}.norm_k.weight"] = (width,)
        names[f"{block}ffn.0.weight"], names[f"{block}ffn.2.weight"] = (wide, width), (width, wide)
        names[f"{block}norm3.weight"], names[f"{block}modulation"] = (width,), (1, 6, width)
    if picture:
        names |= {"img_emb.proj.1.weight": (1280, 1280), "img_emb.proj.3.weight": (width, 1280)}
    plain = ("modulation", "norm")
    return {
        prefix + name: ("F32" if dtype.startswith("F8") and any(word in name for word in plain) else dtype, shape)
        for name, shape in names.items()
    }


def scaled(tensors):
    """The same as ComfyUI's fp8_scaled."""
    found = {}
    for name, (_, shape) in tensors.items():
        big = len(shape) == 2 and name.endswith(".weight")
        found[name] = ("F8_E4M3" if big else "U8" if name == "spiece_model" else "F32", shape)
        if big:
            found[name.removesuffix("weight") + "scale_weight"] = ("F32", (1,))
    return {**found, "scaled_fp8": ("F8_E4M3", (2,))}


def umt5(*, layers=24, width=4096, dtype="F16", tokenizer=True, each=True):
    names = {"shared.weight": (256384, width), "encoder.final_layer_norm.weight": (width,)}
    for layer in range(layers):
        block = f"encoder.block.{layer}.layer."
        for one in "qkvo":
            names[f"{block}0.SelfAttention.{one}.weight"] = (width, width)
        if each or not layer:
            names[f"{block}0.SelfAttention.relative_attention_bias.weight"] = (32, 64)
        for one, shape in {"wi_0": (10240, width), "wi_1": (10240, width), "wo": (width, 10240)}.items():
            names[f"{block}1.DenseReluDense.{one}.weight"] = shape
    found = {name: (dtype, shape) for name, shape in names.items()}
    return {**found, "spiece_model": ("U8", (4096,))} if tokenizer else found


def wan_vae(depth=16, dtype="F16"):
    return {
        "conv2.weight": (dtype, (depth, depth, 1, 1, 1)),
        "decoder.middle.0.residual.0.gamma": (dtype, (384, 1, 1, 1)),
        "decoder.conv1.weight": (dtype, (384, depth, 3, 3, 3)),
        "encoder.conv1.weight": (dtype, (96, 3, 3, 3, 3)),
    }


def clip_h(dtype="F16"):
    names = {"vision_model.embeddings.class_embedding": (1280,), "visual_projection.weight": (1024, 1280)}
    for layer in range(32):
        names[f"vision_model.encoder.layers.{layer}.self_attn.q_proj.weight"] = (1280, 1280)
    return {name: (dtype, shape) for name, shape in names.items()}


def comfy(root: Path, *, transformers=("wan2.1_t2v_1.3B_bf16",), size="1.3b", **kind):
    """A ComfyUI `models` folder with what Wan needs."""
    for name in transformers:
        safetensors(root / "diffusion_models" / f"{name}.safetensors", wan(size, **kind))
    safetensors(root / "text_encoders" / "umt5_xxl_fp16.safetensors", umt5())
    safetensors(root / "text_encoders" / "umt5_xxl_fp8_e4m3fn_scaled.safetensors", scaled(umt5()))
    safetensors(root / "vae" / "wan_2.1_vae.safetensors", wan_vae())
    safetensors(root / "clip_vision" / "clip_vision_h.safetensors", clip_h())
    return root
