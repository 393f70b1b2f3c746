"""A Wan model of single safetensors files, as ComfyUI keeps them: transformers, VAE, text encoder and CLIP vision.

Configs follow from the shapes of the tensors. The tokenizer lies in the text encoder's file, as the tensor
`spiece_model`. Scaled fp8 weights of a transformer's blocks stay fp8 in memory and are multiplied by their scale when
they are used; others are multiplied when they are loaded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from accelerate import init_empty_weights
from safetensors import safe_open

from vitascope.engines.openweights import gguf_file
from vitascope.errors import BadWeights

Tensors = dict[str, torch.Tensor]
HEAD_WIDTH = 128  # of every Wan transformer that was published
CLIP_HEAD_WIDTH = 80  # of CLIP ViT-H
_SCALES = (".scale_weight", ".weight_scale")
_LEFT = (".scale_input", ".input_scale")  # for fp8 arithmetic, which is not done here
_MARKS = ("scaled_fp8", "spiece_model")
FP8 = (torch.float8_e4m3fn, torch.float8_e5m2)

#: How the latents of Wan 2.2's VAE of 48 channels are spread: numbers of its architecture, as its authors give them.
WAN22_MEAN = (
    -0.2289, -0.0052, -0.1323, -0.2339, -0.2799, 0.0174, 0.1838, 0.1557, -0.1382, 0.0542, 0.2813, 0.0891,
    0.1570, -0.0098, 0.0375, -0.1825, -0.2246, -0.1207, -0.0698, 0.5109, 0.2665, -0.2108, -0.2158, 0.2502,
    -0.2055, -0.0322, 0.1109, 0.1567, -0.0729, 0.0899, -0.2799, -0.1230, -0.0313, -0.1649, 0.0117, 0.0723,
    -0.2839, -0.2083, -0.0520, 0.3748, 0.0152, 0.1957, 0.1433, -0.2944, 0.3573, -0.0548, -0.1681, -0.0667,
)  # fmt: skip
WAN22_STD = (
    0.4765, 1.0364, 0.4514, 1.1677, 0.5313, 0.4990, 0.4818, 0.5013, 0.8158, 1.0344, 0.5894, 1.0901,
    0.6885, 0.6165, 0.8454, 0.4978, 0.5759, 0.3523, 0.7135, 0.6804, 0.5833, 1.4146, 0.8986, 0.5659,
    0.7069, 0.5338, 0.4889, 0.4917, 0.4069, 0.4999, 0.6866, 0.4093, 0.5709, 0.6065, 0.6415, 0.4944,
    0.5726, 1.2042, 0.5458, 1.6887, 0.3971, 1.0600, 0.3943, 0.5537, 0.5444, 0.4089, 0.7468, 0.7744,
)  # fmt: skip


class ScaledLinear(torch.nn.Linear):
    """A linear layer whose weight is kept in fp8, as `packed`, and multiplied by one scale. `like` is empty; it tells
    LoRAs, which look at `weight`, of which dtype they should be and on which device.
    """

    packed: torch.Tensor
    scale: torch.Tensor
    like: torch.Tensor

    @property
    def weight(self) -> torch.Tensor:
        return self.like

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        weight = self.packed.to(input.dtype) * self.scale.to(input.dtype)
        return torch.nn.functional.linear(input, weight, self.bias)


def load(files: Mapping[str, Path], dtype: torch.dtype) -> tuple[dict[str, Any], dict[str, Any]]:
    """The modules and values of a pipeline, as a folder would have them."""
    from diffusers import UniPCMultistepScheduler

    modules: dict[str, Any] = dict.fromkeys(("image_encoder", "image_processor", "transformer_2"))
    for part in ("transformer", "transformer_2"):
        if part in files:
            modules[part] = transformer(files[part], dtype)
    modules["vae"] = vae(files["vae"])
    modules["text_encoder"], modules["tokenizer"] = text_encoder(files["text_encoder"], dtype)
    if "image_encoder" in files:
        modules["image_encoder"], modules["image_processor"] = image_encoder(files["image_encoder"])
    config = modules["transformer"].config
    pictures, experts = config.in_channels != config.out_channels, modules["transformer_2"] is not None
    wide = modules["vae"].config.z_dim == 48
    shift = 5.0 if wide or (experts and pictures) else 12.0 if experts else 3.0
    modules["scheduler"] = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift
    )
    values: dict[str, Any] = {"expand_timesteps": wide}
    if experts:
        values["boundary_ratio"] = 0.9 if pictures else 0.875
    return modules, values


def transformer(file: Path, dtype: torch.dtype, config: Mapping[str, Any] | None = None) -> Any:
    """`config`: that of a folder, if there is one."""
    import diffusers
    from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers

    if file.suffix == ".gguf":
        return _gguf(file, dtype, config)
    tensors, scales = _read(file)
    if not any(name.startswith("condition_embedder.") for name in tensors):
        tensors = convert_wan_transformer_to_diffusers(tensors)
        scales = convert_wan_transformer_to_diffusers({f"{name}.weight": scale for name, scale in scales.items()})
        scales = {name.removesuffix(".weight"): scale for name, scale in scales.items()}
    config = config or transformer_config({name: tuple(tensor.shape) for name, tensor in tensors.items()})
    kind = diffusers.WanVACETransformer3DModel if "vace_layers" in config else diffusers.WanTransformer3DModel
    with init_empty_weights(include_buffers=False):
        made = kind.from_config(config)
    for name, scale in scales.items():
        if "blocks." in name and tensors[f"{name}.weight"].dtype in FP8:
            layer = made.get_submodule(name)
            del layer.weight
            layer.__class__ = ScaledLinear
            layer.packed = torch.nn.Parameter(tensors.pop(f"{name}.weight"), requires_grad=False)
            layer.register_buffer("like", torch.empty(0, dtype=dtype), persistent=False)
            layer.register_buffer("scale", scale.float(), persistent=False)
            tensors[f"{name}.packed"] = layer.packed
        else:
            tensors[f"{name}.weight"] = tensors[f"{name}.weight"].float() * scale.float()
    exact = kind._keep_in_fp32_modules
    for name, tensor in tensors.items():
        if not name.endswith(".packed"):
            tensors[name] = tensor.to(torch.float32 if any(part in name.split(".") for part in exact) else dtype)
    made.load_state_dict(tensors, strict=True, assign=True)
    return made


def transformer_config(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """From the shapes of the tensors, in the names of diffusers."""
    width, channels, *patch = shapes["patch_embedding.weight"]
    blocks = 1 + max(int(name.split(".")[1]) for name in shapes if name.startswith("blocks."))
    config: dict[str, Any] = {
        "patch_size": tuple(patch),
        "num_attention_heads": width // HEAD_WIDTH,
        "attention_head_dim": HEAD_WIDTH,
        "in_channels": channels,
        "out_channels": shapes["proj_out.weight"][0] // math.prod(patch),
        "text_dim": shapes["condition_embedder.text_embedder.linear_1.weight"][1],
        "freq_dim": shapes["condition_embedder.time_embedder.linear_1.weight"][1],
        "ffn_dim": shapes["blocks.0.ffn.net.0.proj.weight"][0],
        "num_layers": blocks,
        "cross_attn_norm": "blocks.0.norm2.weight" in shapes,
        "qk_norm": "rms_norm_across_heads",
    }
    picture = "condition_embedder.image_embedder"
    if f"{picture}.norm1.weight" in shapes:
        config |= {"image_dim": shapes[f"{picture}.norm1.weight"][0], "added_kv_proj_dim": width}
    if f"{picture}.pos_embed" in shapes:
        config["pos_embed_seq_len"] = shapes[f"{picture}.pos_embed"][1]
    if "vace_patch_embedding.weight" in shapes:
        count = 1 + max(int(name.split(".")[1]) for name in shapes if name.startswith("vace_blocks."))
        config["vace_layers"] = list(range(0, blocks, blocks // count))
        config["vace_in_channels"] = shapes["vace_patch_embedding.weight"][1]
    return config


def vae(file: Path) -> Any:
    """In float32, in which it is exact."""
    from diffusers import AutoencoderKLWan
    from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers

    tensors, _ = _read(file)
    if "encoder.conv1.weight" in tensors:
        tensors = convert_wan_vae_to_diffusers(tensors)
    base = tensors["encoder.conv_in.weight"].shape[0]
    config: dict[str, Any] = {"base_dim": base}
    if tensors["post_quant_conv.weight"].shape[0] == 48:  # of Wan 2.2; its means are the library's for that VAE
        config |= {"z_dim": 48, "in_channels": 12, "out_channels": 12, "is_residual": True, "patch_size": 2}
        config |= {"decoder_base_dim": tensors["decoder.norm_out.gamma"].shape[0], "scale_factor_spatial": 16}
        config |= {"latents_mean": list(WAN22_MEAN), "latents_std": list(WAN22_STD)}
    with init_empty_weights(include_buffers=False):
        made = AutoencoderKLWan(**config)
    made.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=True, assign=True)
    return made


def text_encoder(file: Path, dtype: torch.dtype) -> tuple[Any, Any]:
    """A UMT5 encoder and its tokenizer. Its names are those of transformers."""
    from transformers import T5TokenizerFast, UMT5Config, UMT5EncoderModel

    tensors, scales = _read(file)
    with safe_open(file, "pt") as opened:
        if "spiece_model" not in opened.keys():  # noqa: SIM118  not a dict
            raise BadWeights("The text encoder's file has no tokenizer in it (spiece_model).", hint="Take ComfyUI's.")
        pieces = opened.get_tensor("spiece_model").numpy().tobytes()
    for name, scale in scales.items():
        tensors[f"{name}.weight"] = tensors[f"{name}.weight"].float() * scale.float()
    words, width = tensors["shared.weight"].shape
    first = "encoder.block.0.layer"
    heads = tensors[f"{first}.0.SelfAttention.relative_attention_bias.weight"].shape[1]
    config = UMT5Config(
        vocab_size=words,
        d_model=width,
        d_kv=tensors[f"{first}.0.SelfAttention.q.weight"].shape[0] // heads,
        d_ff=tensors[f"{first}.1.DenseReluDense.wi_0.weight"].shape[0],
        num_layers=1 + max(int(name.split(".")[2]) for name in tensors if name.startswith("encoder.block.")),
        num_heads=heads,
        feed_forward_proj="gated-gelu",
    )
    tensors["encoder.embed_tokens.weight"] = tensors["shared.weight"]
    with init_empty_weights(include_buffers=False):
        encoder = UMT5EncoderModel(config)
    encoder.load_state_dict({name: tensor.to(dtype) for name, tensor in tensors.items()}, strict=True, assign=True)
    with TemporaryDirectory(prefix="vitascope-") as folder:
        (Path(folder) / "spiece.model").write_bytes(pieces)
        tokenizer = T5TokenizerFast.from_pretrained(folder, local_files_only=True, extra_ids=0)
    return encoder, tokenizer


def image_encoder(file: Path) -> tuple[Any, Any]:
    """CLIP ViT-H in float32, and what prepares its pictures."""
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

    tensors, _ = _read(file)
    tensors = {name: tensor.float() for name, tensor in tensors.items() if name.startswith("vision_model.")}
    width, _, patch, _ = tensors["vision_model.embeddings.patch_embedding.weight"].shape
    places = tensors["vision_model.embeddings.position_embedding.weight"].shape[0] - 1
    layers = 1 + max(int(name.split(".")[3]) for name in tensors if name.startswith("vision_model.encoder.layers."))
    side = math.isqrt(places) * patch
    config = CLIPVisionConfig(
        hidden_size=width,
        intermediate_size=tensors["vision_model.encoder.layers.0.mlp.fc1.weight"].shape[0],
        num_hidden_layers=layers,
        num_attention_heads=width // CLIP_HEAD_WIDTH,
        image_size=side,
        patch_size=patch,
        hidden_act="gelu",
    )
    made = CLIPVisionModel(config)
    own = set(made.state_dict())
    named = {name if name in own else name.removeprefix("vision_model."): one for name, one in tensors.items()}
    made.load_state_dict({name: one for name, one in named.items() if not name.endswith("position_ids")}, strict=True)
    return made, CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})


def _read(file: Path) -> tuple[Tensors, Tensors]:
    """The tensors of a file, and the scales of its fp8 weights by their layers' names."""
    tensors: Tensors = {}
    scales: Tensors = {}
    with safe_open(file, "pt") as opened:
        for name in opened.keys():  # noqa: SIM118  not a dict
            bare = name.removeprefix("model.diffusion_model.")
            scale = next((end for end in _SCALES if bare.endswith(end)), None)
            if scale:
                scales[bare.removesuffix(scale)] = opened.get_tensor(name)
            elif bare.endswith(".comfy_quant"):
                _check_format(bytes(opened.get_tensor(name).numpy().tobytes()))
            elif bare not in _MARKS and not bare.endswith(_LEFT):
                tensors[bare] = opened.get_tensor(name)
    odd = next((name for name, one in tensors.items() if not one.dtype.is_floating_point), None)
    if odd and not odd.endswith("position_ids"):
        raise BadWeights(f"{file.name} has weights of a kind that is not read ({odd}).", hint="Take bf16, fp16, fp8.")
    if any(scale.numel() != 1 for scale in scales.values()):
        raise BadWeights(f"{file.name} has more than one scale for a layer.", hint="Take bf16, fp16 or scaled fp8.")
    return tensors, scales


def _check_format(told: bytes) -> None:
    if b'"float8_e4m3fn"' not in told:
        raise BadWeights("A file has weights in a format of ComfyUI that is not read.", hint="Take bf16, fp16 or fp8.")


def _gguf(file: Path, dtype: torch.dtype, config: Mapping[str, Any] | None) -> Any:
    """A quantised transformer. Its names are the authors' own; the config follows from their shapes."""
    import json

    import diffusers
    from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers
    from gguf import GGUFReader

    if not config:
        empty = {
            tensor.name: torch.empty(tuple(int(side) for side in tensor.shape[::-1]), device="meta")
            for tensor in GGUFReader(file).tensors
        }
        named = convert_wan_transformer_to_diffusers(empty)
        config = transformer_config({name: tuple(one.shape) for name, one in named.items()})
    kind = "WanVACETransformer3DModel" if "vace_layers" in config else "WanTransformer3DModel"
    with TemporaryDirectory(prefix="vitascope-") as folder:
        (Path(folder) / "config.json").write_text(json.dumps({**config, "_class_name": kind}), "utf-8")
        return gguf_file.load(getattr(diffusers, kind), file, dtype, config=folder)
