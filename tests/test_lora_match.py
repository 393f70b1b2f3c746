"""A LoRA is matched with a model by their headers, in all the layouts that are about; what cannot be applied whole is
refused.
"""

import pytest

import weights
from vitascope.engines.openweights import headers, lora_match
from vitascope.errors import BadWeights

DIFFUSERS = {
    "self_attn.q": "attn1.to_q", "self_attn.k": "attn1.to_k", "self_attn.v": "attn1.to_v",
    "self_attn.o": "attn1.to_out.0", "cross_attn.q": "attn2.to_q", "ffn.0": "ffn.net.0.proj", "ffn.2": "ffn.net.2",
}  # fmt: skip


def model(folder, size="14b", **kind):
    return headers.read(weights.safetensors(folder / "model.safetensors", weights.wan(size, **kind)))


def lora(
    folder, size="14b", *, form="{layer}.{part}.weight", parts=("lora_A", "lora_B"), names=None, rank=4, more=None
):
    """A LoRA on these layers of each block."""
    width, wide, layers = weights.WAN[size]
    tensors = {}
    for block in range(layers):
        for name in names or DIFFUSERS:
            out, into = {"ffn.0": (wide, width), "ffn.2": (width, wide)}.get(name, (width, width))
            layer = f"blocks.{block}.{name}"
            for part, shape in zip(parts, ((rank, into), (out, rank)), strict=True):
                tensors[form.format(layer=layer, flat=layer.replace(".", "_"), part=part)] = ("BF16", shape)
            for end, shape in (more or {}).items():
                key = form.format(layer=layer, flat=layer.replace(".", "_"), part="!").replace(".!.weight", "")
                tensors[f"{key}.{end}"] = ("F32", shape or (out,))
    return headers.read(weights.safetensors(folder / "lora.safetensors", tensors))


def diffusers(head):
    """The same keys in diffusers' names."""
    for own, theirs in DIFFUSERS.items():
        head = {key.replace(f".{own}.", f".{theirs}."): tensor for key, tensor in head.items()}
    return head


LAYOUTS = {
    "bare": {},
    "ComfyUI": {"form": "diffusion_model.{layer}.{part}.weight"},
    "PEFT": {"form": "base_model.model.{layer}.{part}.default.weight"},
    "kohya": {"form": "lora_unet_{flat}.{part}.weight", "parts": ("lora_down", "lora_up"), "more": {"alpha": ()}},
    "kohya, attention only": {
        "form": "lora_unet_{flat}.{part}.weight",
        "parts": ("lora_down", "lora_up"),
        "names": ("self_attn.q", "self_attn.k"),
    },
    "lightx2v": {
        "form": "diffusion_model.{layer}.{part}.weight",
        "parts": ("lora_down", "lora_up"),
        "more": {"diff_b": None},
    },
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("prefix", ["", "model.diffusion_model."])
def test_every_layout_matches_in_full(tmp_path, layout, prefix):
    made = dict(LAYOUTS[layout])
    if "alpha" in made.get("more", {}):
        made["more"] = {"alpha": (1,)}
    told = lora_match.match(lora(tmp_path, "tiny", **made), model(tmp_path, "tiny", prefix=prefix))
    assert (told.matched, told.why, told.rank) == (told.total, "", 4)
    assert "blocks.1.self_attn.q.down" in told.rename.values()


def test_the_names_of_diffusers_match_on_either_side(tmp_path):
    theirs = {f"transformer.{key}": (one.dtype, one.shape) for key, one in diffusers(lora(tmp_path).tensors).items()}
    adapter = headers.read(weights.safetensors(tmp_path / "d.safetensors", theirs))
    told = lora_match.match(adapter, model(tmp_path))
    assert (told.matched, told.why) == (560, "")
    assert str(told) == "560 of 560 keys match; made for Wan 14B"
    own = diffusers({name: (one.dtype, one.shape) for name, one in model(tmp_path).tensors.items()})
    changed = headers.read(weights.safetensors(tmp_path / "m.safetensors", own))
    told = lora_match.match(lora(tmp_path), changed)
    assert told.why == ""
    assert "blocks.0.attn1.to_out.0.up" in told.rename.values()


def test_a_lora_of_another_model_is_refused_with_its_numbers(tmp_path):
    with pytest.raises(BadWeights, match=r"0 of 420 keys match; made for Wan 1.3B. 420 keys have other widths"):
        lora_match.check("a.safetensors", lora_match.match(lora(tmp_path, "1.3b"), model(tmp_path)), "my-wan")
    names = ("self_attn.q", "cross_attn.k_img")
    told = lora_match.match(lora(tmp_path, names=names), model(tmp_path))
    assert str(told) == "80 of 160 keys match; made for Wan 14B I2V"
    assert told.why.startswith("80 keys name no layer of this model, such as blocks.0.cross_attn.k_img")
    other = {"lora_unet_input_blocks_1_1_proj_in.lora_down.weight": ("F16", (4, 320))}
    stranger = headers.read(weights.safetensors(tmp_path / "sd.safetensors", other))
    told = lora_match.match(stranger, model(tmp_path))
    assert (told.matched, told.made_for) == (0, "Stable Diffusion")
    assert "None" in told.why


@pytest.mark.parametrize(
    ("end", "what"),
    [("dora_scale", "DoRA"), ("lokr_w1", "LoKr"), ("hada_w1_a", "LoHa"), ("diff", "whole differences")],
)
def test_what_would_be_left_out_in_silence_is_a_refusal(tmp_path, end, what):
    told = lora_match.match(lora(tmp_path, "tiny", more={end: (4,)}), model(tmp_path, "tiny"))
    assert what in told.why


def test_half_a_layer_is_refused(tmp_path):
    whole = lora(tmp_path, "tiny").tensors
    half = {key: (one.dtype, one.shape) for key, one in whole.items() if key != "blocks.0.ffn.0.lora_B.weight"}
    told = lora_match.match(
        headers.read(weights.safetensors(tmp_path / "half.safetensors", half)), model(tmp_path, "tiny")
    )
    assert "blocks.0.ffn.0 lacks its other half" in told.why
