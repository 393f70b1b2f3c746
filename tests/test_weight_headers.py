"""Headers of weights are read, and nothing in them is trusted; what a file holds is told from names and shapes."""

import json
import struct
import subprocess
import sys

import pytest

import weights
from vitascope.engines.openweights import headers, identify
from vitascope.errors import BadWeights


def test_28_gigabytes_are_looked_at_in_two_seconds_and_little_memory(tmp_path):
    file = weights.safetensors(tmp_path / "wan.safetensors", weights.wan("14b"))
    assert file.stat().st_size > 28e9
    assert file.stat().st_blocks * 512 < 1e6  # a hole
    code = (
        "import sys, time; from pathlib import Path; from vitascope.engines.openweights import identify\n"
        "start = time.process_time(); found = identify.file(Path(sys.argv[1]))\n"
        "seconds, told = time.process_time() - start, Path('/proc/self/status').read_text()\n"
        "print(found.kind, seconds, told.split('VmHWM:')[1].split()[0])"
    )
    done = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    kind, seconds, kilobytes = done.stdout.split()
    assert kind == "t2v"
    assert float(seconds) < 2
    assert int(kilobytes) < 200_000


def bare(told, extra=b""):
    head = told if isinstance(told, bytes) else json.dumps(told).encode()
    return struct.pack("<Q", len(head)) + head + extra


ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
BAD = {
    "empty": b"",
    "short": b"abc",
    "a header longer than the file": struct.pack("<Q", 2**62) + b"{}",
    "no JSON": bare(b"{nonsense"),
    "a list": bare([1, 2]),
    "deep": bare(b"[" * 100_000),
    "no place": bare({"a": {"dtype": "F32", "shape": [1]}}),
    "no shape": bare({"a": {**ONE, "shape": "2"}}, b"\0" * 8),
    "floats": bare({"a": {**ONE, "shape": [2.0]}}, b"\0" * 8),
    "booleans": bare({"a": {**ONE, "shape": [True, 2]}}, b"\0" * 8),
    "negative": bare({"a": {**ONE, "shape": [-2]}}, b"\0" * 8),
    "absurd": bare({"a": {**ONE, "shape": [2**62, 4]}}, b"\0" * 8),
    "many dimensions": bare({"a": {**ONE, "shape": [1] * 9}}, b"\0" * 8),
    "another size": bare({"a": {**ONE, "shape": [3]}}, b"\0" * 8),
    "backwards": bare({"a": {**ONE, "data_offsets": [8, 0]}}, b"\0" * 8),
    "beyond the end": bare({"a": ONE}, b"\0" * 4),
    "one upon the other": bare({"a": ONE, "b": ONE}, b"\0" * 8),
    "an unknown kind": bare({"a": {**ONE, "dtype": "F3"}}, b"\0" * 8),
    "GGUF of version 1": b"GGUF" + struct.pack("<IQQ", 1, 0, 0),
    "GGUF with too many tensors": b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0),
    "GGUF with too many facts": b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60),
    "GGUF with a long name": b"GGUF" + struct.pack("<IQQQ", 3, 1, 0, 2**50),
    "GGUF cut off": b"GGUF" + struct.pack("<IQQ", 3, 1, 0),
    "GGUF with lists in lists": b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"a" + struct.pack("<IIQ", 9, 9, 1) * 9,
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_header_is_refused_in_words(tmp_path, what):
    (tmp_path / "file.safetensors").write_bytes(BAD[what])
    with pytest.raises(BadWeights) as caught:
        headers.read(tmp_path / "file.safetensors")
    assert "file.safetensors" in caught.value.message
    assert str(tmp_path) not in caught.value.message + caught.value.hint
    assert caught.value.hint


def test_random_damage_never_raises_anything_else(tmp_path):
    import random

    chance = random.Random(7)
    files = [
        weights.safetensors(tmp_path / "a.safetensors", weights.wan("tiny")),
        weights.gguf(tmp_path / "b.gguf", {"a.weight": ("Q8_0", (4, 32))}, {"some.list": ["x", "y"], "n": 3}),
    ]
    for file in files:
        whole = file.read_bytes()
        for _ in range(300):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                data[chance.randrange(min(len(data), 2000))] = chance.randrange(256)
            file.write_bytes(data[: chance.choice([len(data), chance.randrange(len(data))])])
            try:
                identify.header(headers.read(file))
            except BadWeights:
                pass


@pytest.mark.parametrize("name", ["model.ckpt", "model.pt", "model.bin", "model.pth", "named.safetensors"])
def test_a_pickle_is_not_read_whatever_it_is_called(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04" + b"\0" * 100)
    with pytest.raises(BadWeights, match="pickle") as caught:
        headers.read(tmp_path / name)
    assert "safetensors" in caught.value.hint


def test_shards_are_one_model_and_a_missing_one_is_named(tmp_path):
    every = weights.wan("tiny")
    names = list(every)
    for number, part in enumerate((names[::2], names[1::2]), 1):
        weights.safetensors(tmp_path / f"model-{number}.safetensors", {name: every[name] for name in part})
    told = {name: f"model-{1 + number % 2}.safetensors" for number, name in enumerate(names)}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": told}), "utf-8")
    head = headers.read(index)
    assert set(head.tensors) == set(names)
    assert len(head.files) == 2
    (tmp_path / "model-2.safetensors").unlink()
    with pytest.raises(BadWeights, match="1 of 2 shards are missing, such as model-2"):
        headers.read(index)
    index.write_text(json.dumps({"weight_map": {"a": "../model-1.safetensors"}}), "utf-8")
    with pytest.raises(BadWeights, match="outside"):
        headers.read(index)


WAN_FILES = {
    "t2v-1.3b": (weights.wan("1.3b"), "t2v", "original", "bf16"),
    "ComfyUI's prefix": (weights.wan("14b", prefix="model.diffusion_model."), "t2v", "original", "bf16"),
    "i2v": (weights.wan("14b", inside=36, picture=True), "i2v", "original", "bf16"),
    "i2v of two experts": (weights.wan("14b", inside=36), "i2v-expert", "original", "bf16"),
    "5b": (weights.wan("5b", inside=48, outside=48), "ti2v", "original", "bf16"),
    "fp8": (weights.wan("14b", dtype="F8_E4M3"), "t2v", "original", "fp8"),
    "fp8_scaled": (weights.scaled(weights.wan("14b")), "t2v", "original", "fp8_scaled"),
    "vace": ({**weights.wan("14b"), "vace_blocks.0.x.weight": ("BF16", (1, 1))}, "vace", "original", "bf16"),
}


@pytest.mark.parametrize("what", WAN_FILES)
def test_a_wan_file_says_what_it_is(tmp_path, what):
    tensors, kind, layout, storage = WAN_FILES[what]
    found = identify.file(weights.safetensors(tmp_path / "a.safetensors", tensors))
    assert (found.role, found.family, found.kind, found.layout, found.storage) == (
        "transformer", "wan", kind, layout, storage,
    )  # fmt: skip
    assert found.layers in (30, 40)


def test_a_gguf_says_what_it_is(tmp_path):
    tensors = {
        name: ("Q4_K" if len(shape) == 2 and shape[-1] % 256 == 0 else "F32", shape)
        for name, (_, shape) in weights.wan("14b", inside=36).items()
    }
    shape = tensors["patch_embedding.weight"][1]
    tensors["patch_embedding.weight"] = ("F32", (shape[0] * shape[1], 1, 2, 2))
    file = weights.gguf(
        tmp_path / "wan2.2_i2v_high_noise_14B_Q4_K_M.gguf",
        tensors,
        {"comfy.gguf.orig_shape.patch_embedding.weight": list(shape), "tokens": ["x"] * 1000},
    )
    found = identify.file(file)
    assert (found.family, found.kind, found.storage, found.expert) == ("wan", "i2v-expert", "GGUF Q4_K", "high")
    assert found.size < 0.6 * found.parameters


def layer(**tensors):
    """A Wan transformer with these tensors for one of its layers."""
    name = "blocks.0.self_attn.q"
    return {**weights.wan("tiny"), **{f"{name}.{key}": value for key, value in tensors.items()}}


def note(**told):
    return {"_quantization_metadata": json.dumps({"layers": {"blocks.0.self_attn.q": told}})}


Q = "blocks.0.self_attn.q"
REFUSED = {
    "NVFP4": (layer(weight=("U8", (32, 16)), weight_scale=("F8_E4M3", (32, 2)), weight_scale_2=("F32", ())), None),
    "NVFP4 by its note": (layer(), note(format="nvfp4")),
    "MXFP8": (layer(), note(format="mxfp8")),
    "int8 convrot": (layer(), note(format="int8_tensorwise", convrot=True)),
    "int8_blockwise": (layer(), note(format="int8_blockwise", group_size=128)),
    "int8 with scales": (layer(weight=("I8", (32, 32)), weight_scale=("F32", (1,))), None),
    "W4A8": (layer(qweight=("U8", (32, 16)), wscales=("F32", (1,))), None),
    "bitsandbytes": (layer(**{"weight.absmax": ("F32", (16,))}), None),
    "notes that cannot be read": (layer(), {"_quantization_metadata": "nonsense"}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_draw_nonsense_is_refused_by_name(tmp_path, what):
    tensors, metadata = REFUSED[what]
    with pytest.raises(BadWeights) as caught:
        identify.file(weights.safetensors(tmp_path / "a.safetensors", tensors, metadata))
    assert what.split(" by ")[0] in caught.value.message
    assert "GGUF" in caught.value.hint


def test_comfyui_notes_beside_the_layers_are_read(tmp_path):
    told = json.dumps({"format": "float8_e4m3fn"}).encode()
    tensors = weights.wan("tiny", dtype="F8_E4M3") | {
        f"{Q}.comfy_quant": ("U8", (len(told),)),
        f"{Q}.weight_scale": ("F32", ()),
    }
    file = weights.safetensors(tmp_path / "a.safetensors", tensors, small={f"{Q}.comfy_quant": told})
    assert identify.file(file).storage == "fp8_scaled"
    told = told.replace(b"float8_e4m3fn", b"nvfp4_packed!")
    weights.safetensors(tmp_path / "a.safetensors", tensors, small={f"{Q}.comfy_quant": told})
    with pytest.raises(BadWeights, match="nvfp4_packed!"):
        identify.file(file)


def test_the_other_parts_of_wan(tmp_path):
    def told(tensors):
        found = identify.file(weights.safetensors(tmp_path / "a.safetensors", tensors))
        return found.role, found.kind, found.tokenizer

    assert told(weights.umt5()) == ("text_encoder", "umt5", True)
    assert told(weights.scaled(weights.umt5(tokenizer=False))) == ("text_encoder", "umt5", False)
    assert told(weights.umt5(each=False)) == ("text_encoder", "t5", True)
    assert told(weights.wan_vae(48)) == ("vae", "48 channels", False)
    assert told(weights.clip_h()) == ("image_encoder", "clip-h", False)
    with pytest.raises(BadWeights, match="without its tokenizer"):
        told({"token_embedding.weight": ("BF16", (8, 8)), "blocks.0.attn.q.weight": ("BF16", (8, 8))})


@pytest.mark.slow
@pytest.mark.smoke
def test_every_family_is_known_by_the_names_that_diffusers_gives(tmp_path):
    """The names and shapes of diffusers' own classes, built without weights."""
    torch, diffusers = pytest.importorskip("torch"), pytest.importorskip("diffusers")
    wan = {"num_attention_heads": 2, "attention_head_dim": 12, "num_layers": 2, "ffn_dim": 64}
    classes = {
        "wan t2v": ("WanTransformer3DModel", wan),
        "wan i2v": ("WanTransformer3DModel", {**wan, "in_channels": 36, "image_dim": 4, "added_kv_proj_dim": 24}),
        "wan flf2v": (
            "WanTransformer3DModel",
            {**wan, "in_channels": 36, "image_dim": 4, "added_kv_proj_dim": 24, "pos_embed_seq_len": 8},
        ),
        "wan i2v-expert": ("WanTransformer3DModel", {**wan, "in_channels": 36}),
        "wan ti2v": ("WanTransformer3DModel", {**wan, "in_channels": 48, "out_channels": 48}),
        "wan vace": ("WanVACETransformer3DModel", {**wan, "vace_layers": [0], "vace_in_channels": 96}),
        "ltx t2v": ("LTXVideoTransformer3DModel", {"num_layers": 1}),
        "ltx2 t2v": ("LTX2VideoTransformer3DModel", {"num_layers": 1}),
        "hunyuan15 ": ("HunyuanVideo15Transformer3DModel", {"num_layers": 1, "num_refiner_layers": 1}),
        "zimage t2i": ("ZImageTransformer2DModel", {"n_layers": 1, "n_refiner_layers": 1}),
        "qwenimage t2i": ("QwenImageTransformer2DModel", {"num_layers": 1}),
        "cogvideox t2v": ("CogVideoXTransformer3DModel", {"num_layers": 1}),
        "cogvideox i2v": ("CogVideoXTransformer3DModel", {"num_layers": 1, "in_channels": 32}),
    }
    for what, (name, config) in classes.items():
        with torch.device("meta"):
            model = getattr(diffusers, name)(**config)
        tensors = {name: ("BF16", tuple(one.shape)) for name, one in model.state_dict().items()}
        found = identify.file(weights.safetensors(tmp_path / "a.safetensors", tensors))
        assert (f"{found.family} {found.kind}", found.layout) == (what, "diffusers")
        assert found.width > 0
    with torch.device("meta"):
        vae = diffusers.AutoencoderKLWan(base_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1)
    tensors = {name: ("F32", tuple(one.shape)) for name, one in vae.state_dict().items()}
    found = identify.file(weights.safetensors(tmp_path / "a.safetensors", tensors))
    assert (found.role, found.family, found.kind) == ("vae", "wan", "16 channels")


NAMES = {
    "wan2.2_t2v_high_noise_14B_fp16": "high",
    "Wan2_2-T2V-A14B-LOW_fp8_scaled": "low",
    "wan22_HN_v1": "high",
    "Wan2.2-I2V-A14B-LowNoise-Q4_K_M": "low",
    "wan_flow_slow_14B": "",
    "wan_highres": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_an_expert_is_told_by_its_name(name):
    assert identify.expert(name) == NAMES[name]
