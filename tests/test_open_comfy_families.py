"""Transformers of other families than Wan in the layout of ComfyUI's files, beside a diffusers folder: which ones are
mapped, and that the others are refused by name. The names are those that the families' own code has; no real file was
tried.
"""

import re

import diffusers
import numpy as np
import pytest
import torch
from diffusers.loaders.single_file_utils import convert_flux_transformer_checkpoint_to_diffusers as converted
from safetensors.torch import load_file, save_file

import tiny_open
import weights
from open_models import drawn, engine, gguf_file, spec
from vitascope.engines.openweights import found_model, identify
from vitascope.errors import BadWeights

#: From diffusers' names to those of ComfyUI's files, by family.
NAMES = {
    "zimage": {
        r"^all_final_layer\.2-1\.": "final_layer.", r"^all_x_embedder\.2-1\.": "x_embedder.",
        r"attention\.to_out\.0\.": "attention.out.", r"attention\.norm_([qk])\.": r"attention.\1_norm.",
    },
    "qwenimage": {},
    "ltx": {r"^time_embed\.": "adaln_single.", r"^proj_in\.": "patchify_proj.", r"norm_([qk])\.": r"\1_norm."},
    "ltx2": {
        r"^time_embed\.": "adaln_single.", r"^audio_time_embed\.": "audio_adaln_single.",
        r"^proj_in\.": "patchify_proj.", r"^audio_proj_in\.": "audio_patchify_proj.",
        r"^av_cross_attn_(video|audio)_scale_shift\.": r"av_ca_\1_scale_shift_adaln_single.",
        r"^av_cross_attn_video_a2v_gate\.": "av_ca_a2v_gate_adaln_single.",
        r"^av_cross_attn_audio_v2a_gate\.": "av_ca_v2a_gate_adaln_single.",
        r"(video|audio)_a2v_cross_attn_scale_shift_table": r"scale_shift_table_a2v_ca_\1",
        r"norm_([qk])\.": r"\1_norm.",
    },
    "flux2": {
        r"^x_embedder\.": "img_in.", r"^context_embedder\.": "txt_in.",
        r"^time_guidance_embed\.timestep_embedder\.linear_1\.": "time_in.in_layer.",
        r"^time_guidance_embed\.timestep_embedder\.linear_2\.": "time_in.out_layer.",
        r"^(double_stream_modulation_img|double_stream_modulation_txt|single_stream_modulation)\.linear\.": r"\1.lin.",
        r"^proj_out\.": "final_layer.linear.", r"^norm_out\.linear\.": "final_layer.adaLN_modulation.1.",
        r"^single_transformer_blocks\.(\d+)\.attn\.to_qkv_mlp_proj\.": r"single_blocks.\1.linear1.",
        r"^single_transformer_blocks\.(\d+)\.attn\.to_out\.": r"single_blocks.\1.linear2.",
        r"^single_transformer_blocks\.(\d+)\.attn\.norm_q\.weight": r"single_blocks.\1.norm.query_norm.scale",
        r"^single_transformer_blocks\.(\d+)\.attn\.norm_k\.weight": r"single_blocks.\1.norm.key_norm.scale",
        r"^transformer_blocks\.": "double_blocks.",
        r"attn\.norm_q\.weight": "img_attn.norm.query_norm.scale",
        r"attn\.norm_k\.weight": "img_attn.norm.key_norm.scale",
        r"attn\.norm_added_q\.weight": "txt_attn.norm.query_norm.scale",
        r"attn\.norm_added_k\.weight": "txt_attn.norm.key_norm.scale",
        r"attn\.to_out\.0\.": "img_attn.proj.", r"attn\.to_add_out\.": "txt_attn.proj.",
        r"\.ff\.linear_in\.": ".img_mlp.0.", r"\.ff\.linear_out\.": ".img_mlp.2.",
        r"\.ff_context\.linear_in\.": ".txt_mlp.0.", r"\.ff_context\.linear_out\.": ".txt_mlp.2.",
    },
}  # fmt: skip
#: Three layers that are one in those files.
FUSED = {
    "zimage": [(("to_q", "to_k", "to_v"), "qkv")],
    "flux2": [
        (("attn.to_q", "attn.to_k", "attn.to_v"), "img_attn.qkv"),
        (("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"), "txt_attn.qkv"),
    ],
}
FORMS = {
    "zimage": (("text", "still"), {"side": 4, "group": 1}, {"seconds": 0}),
    "qwenimage": (("text", "still"), {"side": 8, "group": 1}, {"seconds": 0}),
    "flux2": (("text", "still"), {"side": 4, "group": 1}, {"seconds": 0}),
    "ltx": (("text",), {"side": 4}, {"seconds": 0.5}),
    "ltx2": (("text",), {"side": 2, "group": 2, "sound": "always"}, {"seconds": 0.125}),
}


def as_comfyui_has_it(family, tensors):
    made = dict(tensors)
    for three, one in FUSED.get(family, ()):
        for name in [name for name in made if re.search(rf"\b{three[0]}\.weight$", name)]:
            stem, _, kind = name.rpartition(three[0])
            parts = [made.pop(f"{stem}{part}{kind}") for part in three]
            made[f"{stem}{one}{kind}"] = torch.cat(parts)
    if family == "flux2":  # scale and shift the other way round
        for name in [name for name in made if name.startswith("norm_out.linear.")]:
            scale, shift = made[name].chunk(2)
            made[name] = torch.cat([shift, scale])
    for pattern, new in NAMES[family].items():
        made = {re.sub(pattern, new, name): tensor for name, tensor in made.items()}
    return {name: tensor.contiguous() for name, tensor in made.items()}


every_family = pytest.mark.parametrize(
    "family", ["zimage", *(pytest.param(name, marks=pytest.mark.slow) for name in FORMS if name != "zimage")]
)


@every_family
def test_a_transformer_of_comfyui_draws_the_same_beside_a_folder(family, tmp_path):
    modes, form, asked = FORMS[family]
    own = engine(family, tmp_path, modes, family=family, **form)
    folder = tiny_open.folder(family, tmp_path)
    (weights_file,) = (folder / "transformer").glob("*.safetensors")
    file = tmp_path / "comfy.safetensors"
    save_file(as_comfyui_has_it(family, load_file(weights_file)), file)
    found = identify.file(file)
    assert (found.role, found.family) == ("transformer", family)
    assert found.layout == ("diffusers" if family == "qwenimage" else "original")  # Qwen-Image has one layout
    given = engine(family, tmp_path, modes, family=family, source={"files": {"transformer": str(file)}}, **form)
    before, after = (one._parts["transformer"].state_dict() for one in (own, given))
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    take = spec("a red ball", steps=2, **asked)
    apart = np.abs(drawn(given, take).astype(int) - drawn(own, take))
    assert apart.max() <= 1  # of a second copy of the same weights kernels may round otherwise


@every_family
def test_a_gguf_of_comfyui_is_unpacked_and_draws_nearly_the_same(family, tmp_path):
    """Its learned tokens, tables and biases are packed too (BF16), which the library takes for numbers as they are."""
    modes, form, asked = FORMS[family]
    own = engine(family, tmp_path, modes, family=family, **form)
    (weights_file,) = (tiny_open.folder(family, tmp_path) / "transformer").glob("*.safetensors")
    file = gguf_file(tmp_path / "comfy.gguf", as_comfyui_has_it(family, load_file(weights_file)))
    assert identify.file(file).family == family
    given = engine(family, tmp_path, modes, family=family, source={"files": {"transformer": str(file)}}, **form)
    take = spec("a red ball", steps=2, **asked)
    apart = np.abs(drawn(given, take).astype(int) - drawn(own, take))
    assert apart.mean() < 1


def flux(inside=64):
    """Names and shapes of a Flux 1 with one block of each kind, as ComfyUI has them."""
    wide, mlp = 3072, 4 * 3072
    shapes = {
        "img_in.weight": (wide, inside), "img_in.bias": (wide,), "txt_in.weight": (wide, 4096), "txt_in.bias": (wide,),
        "final_layer.linear.weight": (64, wide), "final_layer.linear.bias": (64,),
        "final_layer.adaLN_modulation.1.weight": (2 * wide, wide), "final_layer.adaLN_modulation.1.bias": (2 * wide,),
    }  # fmt: skip
    for name, width in (("time_in", 256), ("vector_in", 768), ("guidance_in", 256)):
        shapes |= {f"{name}.in_layer.weight": (wide, width), f"{name}.in_layer.bias": (wide,)}
        shapes |= {f"{name}.out_layer.weight": (wide, wide), f"{name}.out_layer.bias": (wide,)}
    layers = {"single_blocks.0.linear1": (3 * wide + mlp, wide), "single_blocks.0.linear2": (wide, wide + mlp)}
    layers["single_blocks.0.modulation.lin"] = (3 * wide, wide)
    norms = ["single_blocks.0.norm"]
    for side in ("img", "txt"):
        stem = f"double_blocks.0.{side}"
        layers |= {f"{stem}_mod.lin": (6 * wide, wide), f"{stem}_attn.qkv": (3 * wide, wide)}
        layers |= {f"{stem}_attn.proj": (wide, wide), f"{stem}_mlp.0": (mlp, wide), f"{stem}_mlp.2": (wide, mlp)}
        norms.append(f"{stem}_attn.norm")
    for name, shape in layers.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    for name in norms:
        shapes |= {f"{name}.query_norm.scale": (128,), f"{name}.key_norm.scale": (128,)}
    return shapes


def test_flux_of_comfyui_has_the_names_that_the_library_turns_into_its_own(tmp_path):
    """Names and shapes alone: the library's code has the width of the real one, which is too large to be drawn here."""
    with torch.device("meta"):
        model = diffusers.FluxTransformer2DModel(num_layers=1, num_single_layers=1, guidance_embeds=True)
        given = {name: torch.empty(shape) for name, shape in flux().items()}
    names = {name: tuple(one.shape) for name, one in converted(given).items()}
    assert names == {name: tuple(one.shape) for name, one in model.state_dict().items()}


def header(path, shapes, dtype="BF16", **more):
    return weights.safetensors(path, {**{name: (dtype, shape) for name, shape in shapes.items()}, **more})


def test_a_flux_file_says_which_parts_it_needs_and_where_they_are_from(tmp_path):
    file = header(tmp_path / "flux1-dev.safetensors", {f"model.diffusion_model.{k}": v for k, v in flux().items()})
    found = identify.file(file)
    assert (found.family, found.kind, found.layout, found.width) == ("flux", "t2i", "original", 3072)
    with pytest.raises(BadWeights, match=r"is missing: .*text_encoder_2") as caught:
        found_model.look(file)
    assert "ComfyUI's files of these are not read" in caught.value.hint
    assert re.search(r"models pull flux\.1-\w+ --parts .*then add with --base", caught.value.hint)
    with pytest.raises(BadWeights, match=r"flux 384 channels in .* is like no known checkpoint"):
        found_model.look(header(tmp_path / "flux1-fill.safetensors", flux(384)))


def of_class(name, **config):
    with torch.device("meta"):
        model = getattr(diffusers, name)(**config)
    return {name: tuple(one.shape) for name, one in model.state_dict().items()}


def test_what_cannot_be_mapped_is_refused_by_name_with_what_is_missing(tmp_path):
    small = of_class("HunyuanVideo15Transformer3DModel", num_layers=1, num_refiner_layers=1)
    own = {"txt_in.individual_token_refiner.blocks.0.adaLN_modulation.1.weight": (8, 8), "img_in.proj.weight": (8, 65)}
    own |= {"byt5_in.fc1.weight": (8, 8), "double_blocks.0.img_attn_qkv.weight": (8, 8)}
    for shapes in (small, own):
        with pytest.raises(BadWeights, match=r"HunyuanVideo 1.5") as caught:
            found_model.look(header(tmp_path / "hunyuan15_fp16.safetensors", shapes))
        assert "text_encoder" in caught.value.message
        assert "models pull hunyuanvideo-1.5" in caught.value.hint
    cog = of_class("CogVideoXTransformer3DModel", num_layers=1)
    with pytest.raises(BadWeights, match=r"as one file. Of this family that is not read"):
        found_model.look(header(tmp_path / "cog.safetensors", cog))


def test_scaled_fp8_of_another_family_is_refused_before_it_is_added(tmp_path):
    shapes = of_class("ZImageTransformer2DModel", n_layers=1, n_refiner_layers=1)
    scales = {f"{name}_scale": ("F32", (1,)) for name in shapes if name.endswith("to_q.weight")}
    with pytest.raises(BadWeights, match=r"scaled fp8 weights. Of a model like Z-Image"):
        found_model.look(header(tmp_path / "z.safetensors", shapes, "F8_E4M3", **scales))
