"""Wan of single files, as ComfyUI keeps them: in the authors' own names, whole or scaled fp8, with the tokenizer inside
the text encoder. The files are made from tiny models, whose names are put back by asking the library what it makes of
each.
"""

import io
import itertools

import numpy as np
import pytest
import sentencepiece
import torch
from safetensors.torch import load_file, save_file

import tiny_open
from open_models import PICTURES, a_picture, as_image, card, drawn, gguf_file, loras, spec
from vitascope.engines.openweights.engine import open_engine
from vitascope.engines.openweights.families import wan_files
from vitascope.errors import BadSettings, BadWeights

WIDTH = 256  # two heads, as wide as the true ones


def own_names(convert, state, candidates):
    """The tensors under the names that the library turns into those of `state`."""
    turned = convert({name: name for name in candidates})
    back = {theirs: own for theirs, own in turned.items() if theirs in state}
    assert set(back) == set(state), sorted(set(state) - set(back))[:5]
    return {back[name]: tensor.clone().contiguous() for name, tensor in state.items()}


def transformer_file(path, transformer, *, fp8=False):
    from diffusers.loaders.single_file_utils import convert_wan_transformer_to_diffusers

    parts = [f"{which}_attn.{what}" for which in ("self", "cross") for what in (*"qkvo", "norm_q", "norm_k")]
    parts += ["cross_attn.k_img", "cross_attn.v_img", "cross_attn.norm_k_img", "norm3", "ffn.0", "ffn.2"]
    names = [f"blocks.{block}.{part}" for block in range(2) for part in parts]
    names += ["patch_embedding", "head.head", "time_projection.1", *(f"img_emb.proj.{place}" for place in (0, 1, 3, 4))]
    names += [f"{what}_embedding.{place}" for what in ("text", "time") for place in (0, 2)]
    names = [f"{name}.{end}" for name in names for end in ("weight", "bias")]
    names += ["head.modulation", "blocks.0.modulation", "blocks.1.modulation"]
    tensors = own_names(convert_wan_transformer_to_diffusers, transformer.state_dict(), names)
    if fp8:
        for name in [name for name in tensors if tensors[name].ndim == 2 and name.endswith("weight")]:
            scale = tensors[name].abs().max() / 448
            tensors[name] = (tensors[name] / scale).to(torch.float8_e4m3fn)
            tensors[name.removesuffix("weight") + "scale_weight"] = scale
        tensors["scaled_fp8"] = torch.zeros(2).to(torch.float8_e4m3fn)
    save_file({f"model.diffusion_model.{name}": tensor for name, tensor in tensors.items()}, path)
    return path


def vae_file(path, vae):
    from diffusers.loaders.single_file_utils import convert_wan_vae_to_diffusers

    ends = [f"residual.{place}.{end}" for place in (0, 2, 3, 6) for end in ("gamma", "weight", "bias")]
    ends += [f"{what}.{end}" for what in ("shortcut", "resample.1", "time_conv") for end in ("weight", "bias")]
    names = [f"encoder.downsamples.{place}.{end}" for place in range(16) for end in ends]
    names += [f"decoder.upsamples.{place}.{end}" for place in range(16) for end in ends]
    for half in ("encoder", "decoder"):
        names += [f"{half}.middle.{place}.{end}" for place in (0, 2) for end in ends]
        names += [f"{half}.middle.1.{end}" for end in ("norm.gamma", "to_qkv.weight", "to_qkv.bias")]
        names += [f"{half}.middle.1.proj.{end}" for end in ("weight", "bias")]
        names += [f"{half}.{end}" for end in ("conv1.weight", "conv1.bias", "head.0.gamma", "head.2.weight")]
        names += [f"{half}.head.2.bias"]
    names += [f"{conv}.{end}" for conv, end in itertools.product(("conv1", "conv2"), ("weight", "bias"))]
    save_file(own_names(convert_wan_vae_to_diffusers, vae.state_dict(), names), path)
    return path


def pieces():
    """A tokenizer of sentencepiece, as a file's bytes."""
    made = io.BytesIO()
    words = [" ".join(np.random.default_rng(number).choice(tiny_open.WORDS, 6)) for number in range(400)]
    told = {"vocab_size": 34, "model_type": "unigram", "character_coverage": 1.0, "minloglevel": 2}
    numbers = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(words), model_writer=made, **told, **numbers)
    return made.getvalue()


def encoder_file(path, encoder, *, fp8=False):
    tensors = {name: tensor.clone() for name, tensor in encoder.state_dict().items() if "embed_tokens" not in name}
    if fp8:
        for name in [name for name in tensors if "SelfAttention" in name and name.endswith(("q.weight", "v.weight"))]:
            scale = tensors[name].abs().max() / 448
            tensors[name] = (tensors[name] / scale).to(torch.float8_e4m3fn)
            tensors[name.removesuffix("weight") + "scale_weight"] = scale
    tensors["spiece_model"] = torch.frombuffer(bytearray(pieces()), dtype=torch.uint8)
    save_file(tensors, path)
    return path


def umt5():
    from transformers import UMT5Config, UMT5EncoderModel

    torch.manual_seed(1)
    sizes = {"vocab_size": 64, "d_model": 32, "d_kv": 8, "d_ff": 37, "num_layers": 2, "num_heads": 4}
    return UMT5EncoderModel(UMT5Config(**sizes, feed_forward_proj="gated-gelu")).eval()


def true_vae():
    return tiny_open.wan_vae(dim_mult=[1, 2, 4, 4], num_res_blocks=2)


def wide(seed=3, **changed):
    return tiny_open.wan_transformer(seed, attention_head_dim=128, ffn_dim=64, **changed)


@pytest.fixture(scope="module")
def parts():
    """The modules that the files are made of."""
    return {"transformer": wide(), "transformer_2": wide(4), "vae": true_vae(), "text_encoder": umt5()}


@pytest.fixture(scope="module")
def files(parts, tmp_path_factory):
    root = tmp_path_factory.mktemp("comfy")
    found = {
        part: transformer_file(root / f"{part}.safetensors", parts[part]) for part in ("transformer", "transformer_2")
    }
    found["vae"] = vae_file(root / "vae.safetensors", parts["vae"])
    found["text_encoder"] = encoder_file(root / "umt5.safetensors", parts["text_encoder"])
    return {part: str(file) for part, file in found.items()}


def opened(files, modes=("text", "still"), **source):
    named = card(modes, loras=tuple(source.get("loras", ())))
    return open_engine(named, {"family": "wan", "files": files, **source})


def compared(maker, parts, **values):
    """A plain pipeline of the very modules that the files were made of."""
    from diffusers import WanPipeline

    made = {name: parts.get(name) for name in ("transformer", "transformer_2", "vae", "text_encoder")}
    return WanPipeline(**made, tokenizer=maker._parts["tokenizer"], scheduler=maker._parts["scheduler"], **values)


def plainly(pipeline, take):
    pipeline.set_progress_bar_config(disable=True)
    told = {"prompt": take.prompt, "negative_prompt": "", "width": 32, "height": 32, "num_frames": 9}
    told |= {"num_inference_steps": 3, "guidance_scale": 5.0, "output_type": "np"}
    made = pipeline(**told, generator=torch.Generator().manual_seed(take.seed)).frames[0]
    return (made * 255).round().astype(np.uint8)


def same(made, expected):
    """To one grey level: what is mapped from a file lies otherwise in memory, so sums may be made in another order."""
    return np.abs(made.astype(int) - expected.astype(int)).max() <= 1


def test_a_comfyui_folder_is_enough_for_one_expert_and_for_two(files, parts):
    one = {name: file for name, file in files.items() if name != "transformer_2"}
    maker = opened(one)
    expected = plainly(compared(maker, {**parts, "transformer_2": None}), spec())
    assert same(drawn(maker, spec()), expected)
    both = opened(files)
    assert both._parts.values["boundary_ratio"] == 0.875
    assert same(drawn(both, spec()), plainly(compared(both, parts, boundary_ratio=0.875), spec()))


def test_the_tokenizer_is_that_of_the_file(files):
    maker = opened({name: file for name, file in files.items() if name != "transformer_2"})
    own = sentencepiece.SentencePieceProcessor(model_proto=pieces())
    for words in ("a red ball rolls on snow", " the  dog", "zebra"):
        assert maker._parts["tokenizer"](words).input_ids == [*own.encode(words), 1]


def test_scaled_fp8_stays_fp8_and_means_the_same(files, parts, tmp_path):
    """As if each weight had been multiplied by its scale when it was loaded."""
    one = {name: file for name, file in files.items() if name != "transformer_2"}
    file = transformer_file(tmp_path / "fp8.safetensors", parts["transformer"], fp8=True)
    encoder = encoder_file(tmp_path / "umt5_fp8.safetensors", parts["text_encoder"], fp8=True)
    maker = opened({**one, "transformer": str(file), "text_encoder": str(encoder)})
    layer = maker._parts["transformer"].blocks[0].attn1.to_q
    assert layer.packed.dtype == torch.float8_e4m3fn
    assert maker._parts["transformer"].dtype == torch.float32
    assert maker._parts["transformer"].condition_embedder.time_proj.weight.dtype == torch.float32

    multiplied = wide()
    state = multiplied.state_dict()
    for name, tensor in state.items():
        if tensor.ndim == 2 and name.endswith("weight"):
            scale = tensor.abs().max() / 448
            state[name] = (tensor / scale).to(torch.float8_e4m3fn).float() * scale
    multiplied.load_state_dict(state)
    both = {**parts, "transformer": multiplied, "transformer_2": None, "text_encoder": maker._parts["text_encoder"]}
    assert same(drawn(maker, spec()), plainly(compared(maker, both), spec()))
    assert not same(drawn(maker, spec()), drawn(opened(one), spec()))
    groups = opened({**one, "transformer": str(file), "text_encoder": str(encoder)}, memory="fp8")
    assert groups.rung == "group_offload"  # fp8 is no rung of its own for what is fp8
    assert np.array_equal(drawn(groups, spec()), drawn(maker, spec()))
    encoded = load_file(encoder)
    name = "encoder.block.0.layer.0.SelfAttention.q"
    wanted = encoded[f"{name}.weight"].float() * encoded[f"{name}.scale_weight"]
    assert torch.equal(maker._parts["text_encoder"].state_dict()[f"{name}.weight"], wanted)


@pytest.mark.slow
def test_a_lora_on_scaled_fp8(files, parts, tmp_path):
    one = {name: file for name, file in files.items() if name != "transformer_2"}
    file = transformer_file(tmp_path / "fp8.safetensors", parts["transformer"], fp8=True)
    lora = {"x": {"file": str(tiny_open.lora(tmp_path / "x.safetensors", wide=WIDTH))}}
    take = spec(loras=loras(("x", 0.1)))
    quantised, whole = opened({**one, "transformer": str(file)}, loras=lora), opened(one, loras=lora)
    assert not np.array_equal(drawn(quantised, take), drawn(quantised, spec()))
    apart = np.abs(drawn(quantised, take).astype(int) - drawn(whole, take)).mean()
    without = np.abs(drawn(quantised, spec()).astype(int) - drawn(whole, spec())).mean()
    assert apart < without + 1


@pytest.mark.slow
def test_pictures_need_clip_vision(files, parts, tmp_path):
    from transformers import CLIPVisionConfig, CLIPVisionModel

    torch.manual_seed(5)
    sizes = {"hidden_size": 160, "projection_dim": 4, "num_hidden_layers": 2, "num_attention_heads": 2}
    clip = CLIPVisionModel(
        CLIPVisionConfig(**sizes, image_size=32, intermediate_size=16, patch_size=8, hidden_act="gelu")
    )
    state = clip.state_dict()
    named = {name if name.startswith("vision_model.") else f"vision_model.{name}": one for name, one in state.items()}
    save_file({**named, "visual_projection.weight": torch.ones(4, 160)}, tmp_path / "clip.safetensors")
    drawing = wide(in_channels=36, image_dim=160, added_kv_proj_dim=WIDTH)
    one = {name: file for name, file in files.items() if name != "transformer_2"}
    one["transformer"] = str(transformer_file(tmp_path / "i2v.safetensors", drawing))
    with pytest.raises(BadSettings, match="needs its image_encoder"):
        opened(one, PICTURES)
    maker = opened({**one, "image_encoder": str(tmp_path / "clip.safetensors")}, PICTURES)
    from diffusers import WanImageToVideoPipeline

    names = ("tokenizer", "scheduler", "image_processor")
    plain = WanImageToVideoPipeline(
        **{name: maker._parts[name] for name in names}, text_encoder=parts["text_encoder"], vae=parts["vae"],
        transformer=drawing, image_encoder=clip.eval(),
    )  # fmt: skip
    plain.set_progress_bar_config(disable=True)
    take = spec(image=a_picture())
    made = plain(
        as_image(take.image), take.prompt, "", 32, 32, 9, 3, 5.0,
        generator=torch.Generator().manual_seed(1), output_type="np",
    ).frames[0]  # fmt: skip
    assert same(drawn(maker, take), (made * 255).round())


def test_what_cannot_be_used_is_named(files, tmp_path):
    with pytest.raises(BadSettings, match="no file of the vae, text_encoder"):
        opened({"transformer": files["transformer"]})
    bare = {name: one for name, one in load_file(files["text_encoder"]).items() if name != "spiece_model"}
    save_file(bare, tmp_path / "bare.safetensors")
    one = {name: file for name, file in files.items() if name != "transformer_2"}
    with pytest.raises(BadWeights, match="no tokenizer in it"):
        opened({**one, "text_encoder": str(tmp_path / "bare.safetensors")})
    short = dict(itertools.islice(load_file(files["vae"]).items(), 60))
    save_file(short, tmp_path / "short.safetensors")
    with pytest.raises(BadWeights, match="cannot be loaded") as raised:
        opened({**one, "vae": str(tmp_path / "short.safetensors")})
    assert str(tmp_path) not in raised.value.message
    packed = load_file(files["transformer"])
    packed["model.diffusion_model.blocks.0.ffn.0.comfy_quant"] = torch.frombuffer(
        bytearray(b'{"format": "nvfp4"}'), dtype=torch.uint8
    )
    save_file(packed, tmp_path / "packed.safetensors")
    with pytest.raises(BadWeights, match="format of ComfyUI that is not read"):
        opened({**one, "transformer": str(tmp_path / "packed.safetensors")})
    with pytest.raises(BadSettings, match="family zimage needs a folder"):
        open_engine(card(), {"family": "zimage", "files": one})


@pytest.mark.slow
def test_a_gguf_transformer_alone_and_with_a_folder(files, parts, tmp_path):
    tensors = load_file(files["transformer"])
    named = {name.removeprefix("model.diffusion_model."): tensor for name, tensor in tensors.items()}
    path = gguf_file(tmp_path / "wan.gguf", named)
    one = {name: file for name, file in files.items() if name != "transformer_2"}
    exact = drawn(opened(one), spec()).astype(int)
    rounded = drawn(opened({**one, "transformer": str(path)}), spec()).astype(int)
    assert 0 < np.abs(exact - rounded).mean() < 2
    groups = opened({**one, "transformer": str(path)}, memory="fp8")
    assert groups.rung == "group_offload"
    assert np.array_equal(drawn(groups, spec()), rounded)


def test_the_config_follows_from_the_shapes():
    """Of the true 14B for pictures and of VACE, by their published sizes."""
    from accelerate import init_empty_weights
    from diffusers import WanTransformer3DModel, WanVACETransformer3DModel

    vace = {"in_channels": 16, "vace_layers": list(range(0, 40, 5)), "vace_in_channels": 96}
    large = {"num_attention_heads": 40, "attention_head_dim": 128, "ffn_dim": 13824, "num_layers": 40}
    for kind, told in (
        (WanTransformer3DModel, large | {"in_channels": 36, "image_dim": 1280, "added_kv_proj_dim": 5120}),
        (WanTransformer3DModel, large | {"in_channels": 16}),
        (
            WanVACETransformer3DModel,
            large | vace,
        ),
    ):
        with init_empty_weights():
            made = kind(**told, out_channels=16)
        found = wan_files.transformer_config({name: tuple(one.shape) for name, one in made.state_dict().items()})
        wanted = {name: made.config[name] for name in found}
        assert {name: list(one) if isinstance(one, tuple) else one for name, one in found.items()} == {
            name: list(one) if isinstance(one, tuple) else one for name, one in wanted.items()
        }
