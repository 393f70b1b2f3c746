"""What lies in an open model's folder is read as data: nothing in it runs, and nothing is fetched for it."""

import json
import pickle
import re
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import tiny_open
from open_models import bytes_of, card, drawn, engine, pipeline, plain, spec
from vitascope.engines import model_file
from vitascope.engines.openweights import load, source
from vitascope.engines.openweights.engine import open_engine
from vitascope.errors import BadSettings, BadWeights, MissingExtra

TABLE = {"family": "wan", "folder": "/x"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("open")


@pytest.fixture
def folder(root, tmp_path):
    """A folder of `wan_t2v` of the test's own."""
    place = tmp_path / "copy" / "wan_t2v"
    shutil.copytree(tiny_open.folder("wan_t2v", root), place)
    return place


def opened(folder, **source):
    return open_engine(card(loras=tuple(source.get("loras", ()))), {"family": "wan", "folder": str(folder), **source})


class Runs:
    """Unpickled, it leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def evil_module(folder, trace):
    (folder / "evil.py").write_text(f"open({str(trace)!r}, 'w').close()\nclass Evil: pass\n", "utf-8")
    return {"auto_map": dict.fromkeys(("AutoConfig", "AutoModel", "AutoTokenizer"), "evil.Evil")}


def test_code_in_a_folder_is_not_run(folder, tmp_path, root):
    trace = tmp_path / "ran"
    for part in ("text_encoder", "transformer", "vae", "tokenizer"):
        remote = evil_module(folder / part, trace)
        name = "tokenizer_config.json" if part == "tokenizer" else "config.json"
        tiny_open.change(folder / part / name, **remote, trust_remote_code=True, custom_pipeline="evil")
    tiny_open.change(folder / "model_index.json", **evil_module(folder, trace), custom_pipeline="evil")
    (folder / "pipeline.py").write_text(f"open({str(trace)!r}, 'w').close()", "utf-8")
    for part in ("text_encoder", "transformer"):  # beside the weights, where a fallback would find it
        (folder / part / "pytorch_model.bin").write_bytes(pickle.dumps(Runs(trace)))
    assert np.array_equal(
        drawn(opened(folder), spec()), bytes_of(plain(pipeline("WanPipeline", "wan_t2v", root), spec()))
    )
    assert not trace.exists()


@pytest.mark.parametrize("part", ["transformer", "text_encoder", "vae"])
@pytest.mark.parametrize("name", ["pytorch_model.bin", "diffusion_pytorch_model.bin", "model.ckpt", "model.pt"])
def test_pickles_are_refused(part, name, folder, tmp_path):
    trace = tmp_path / "ran"
    for file in (folder / part).glob("*.safetensors"):
        file.unlink()
    (folder / part / name).write_bytes(pickle.dumps(Runs(trace)))
    with pytest.raises(BadWeights, match=f"{part}/{name} is a pickle"):
        opened(folder)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("transformer", ["diffusers", "UNet2DModel"]),
        ("transformer", ["evil", "Evil"]),
        ("text_encoder", ["transformers", "AutoModel"]),
        ("tokenizer", ["os", "system"]),
        ("vae", "os.system"),
        ("scheduler", ["builtins", "eval"]),
        ("scheduler", [["a"], {}]),
    ],
)
def test_a_folder_names_no_class_that_its_family_has_not(part, named, folder):
    tiny_open.change(folder / "model_index.json", **{part: named})
    with pytest.raises(BadWeights, match=f"names the class .* for its {part}") as raised:
        opened(folder)
    assert "Taken are" in raised.value.hint


@pytest.mark.parametrize("part", ["transformer", "tokenizer", "vae"])
def test_links_that_leave_the_folder_are_refused(part, folder, tmp_path):
    file = next(file for file in sorted((folder / part).iterdir()) if file.suffix in (".json", ".safetensors"))
    shutil.move(file, tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadWeights, match=f"of the {part} is a link that leaves the folder"):
        opened(folder)


def test_a_part_that_is_a_link_elsewhere_is_refused(folder, tmp_path):
    shutil.move(folder / "vae", tmp_path / "vae")
    (folder / "vae").symlink_to(tmp_path / "vae")
    with pytest.raises(BadWeights, match="a link that leaves the folder"):
        opened(folder)


def test_the_cache_of_the_hub_keeps_its_links(folder, tmp_path):
    """There a snapshot is nothing but links into the store beside it."""
    snapshot, blobs = tmp_path / "models--x" / "snapshots" / "abc", tmp_path / "models--x" / "blobs"
    blobs.mkdir(parents=True)
    for number, file in enumerate(path for path in folder.rglob("*") if path.is_file()):
        shutil.copy(file, blobs / str(number))
        link = snapshot / file.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blobs / str(number))
    assert drawn(opened(snapshot), spec(seconds=0, steps=1)).shape == (1, 32, 32, 3)


@pytest.mark.parametrize("shard", ["../../evil.safetensors", "/etc/passwd", "evil.bin", "absent.safetensors", 5])
def test_a_list_of_shards_names_only_files_beside_it(shard, folder):
    place = folder / "transformer"
    index = {"metadata": {}, "weight_map": {"patch_embedding.weight": shard}}
    (place / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index), "utf-8")
    with pytest.raises(BadWeights, match=r"names the file|is missing"):
        opened(folder)


def test_weights_in_shards_are_the_same(folder, root, monkeypatch):
    whole = drawn(opened(folder), spec())
    place = folder / "transformer"
    model = tiny_open.wan_transformer()
    shutil.rmtree(place)
    model.save_pretrained(place, max_shard_size="30KB")
    assert len(list(place.glob("*.safetensors"))) > 1
    assert np.array_equal(drawn(opened(folder), spec()), whole)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("model_index.json", "{", "model_index.json cannot be read"),
        ("model_index.json", "[]", "model_index.json cannot be read"),
        ("model_index.json", "[" * 100_000, "model_index.json cannot be read"),
        ("transformer/config.json", " " * (load.MAX_JSON_BYTES + 1), "larger than 8 MB"),
        ("transformer/config.json", '{"quantization_config": {"quant_method": "x"}}', "is quantised"),
        ("transformer/config.json", '{"num_layers": "many"}', "transformer cannot be loaded"),
        ("transformer/config.json", '{"num_layers": 1000000000}', "num_layers is 1,000,000,000"),
        ("transformer/diffusion_pytorch_model.safetensors", "nonsense", "transformer cannot be loaded"),
        ("text_encoder/model.safetensors", "\xff" * 20, "text_encoder cannot be loaded"),
        ("tokenizer/tokenizer.json", "{}", "tokenizer cannot be loaded"),
        ("text_encoder/adapter_config.json", "{}", "holds an adapter"),
    ],
)
def test_a_damaged_folder_is_named_in_plain_words(name, text, message, folder):
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(BadWeights, match=message) as raised:
        opened(folder)
    assert str(folder) not in raised.value.message
    assert raised.value.hint


def test_a_config_that_asks_for_more_than_the_weights_have_is_refused(folder):
    tiny_open.change(folder / "transformer" / "config.json", num_layers=4)
    with pytest.raises(BadWeights, match=r"asks for \d+ tensors that its weights do not have, such as blocks\.2"):
        opened(folder)


def test_a_missing_part_is_named(folder):
    shutil.rmtree(folder / "vae")
    with pytest.raises(BadWeights, match="has no vae"):
        opened(folder)
    tiny_open.change(folder / "model_index.json", text_encoder=[None, None])
    with pytest.raises(BadWeights, match="has no text_encoder"):
        opened(folder)
    with pytest.raises(BadWeights, match=r"model_index.json is not there"):
        opened(folder / "nowhere")


def test_no_connection_is_opened(folder, monkeypatch):
    def refused(*_):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    opened(folder)


def test_a_transformer_of_one_file_takes_the_folder_s_config(folder, tmp_path):
    """In the layout of diffusers here; ComfyUI's is converted by the same code of the library."""
    whole = drawn(opened(folder), spec())
    file = tmp_path / "one.safetensors"
    shutil.move(folder / "transformer" / "diffusion_pytorch_model.safetensors", file)
    assert np.array_equal(drawn(opened(folder, files={"transformer": str(file)}), spec()), whole)
    with pytest.raises(BadWeights, match="is not there"):
        opened(folder, files={"transformer": str(tmp_path / "absent.safetensors")})
    shutil.copy(file, tmp_path / "one.ckpt")
    with pytest.raises(BadWeights, match="is a pickle"):
        opened(folder, files={"transformer": str(tmp_path / "one.ckpt")})
    with pytest.raises(BadSettings, match='a single file cannot be the part "vae"'):
        opened(folder, files={"vae": str(file)})


def test_scaled_fp8_is_refused_where_the_library_would_leave_out_the_scales(root, tmp_path):
    file = tmp_path / "one.safetensors"
    save_file({"layers.0.attention.to_q.weight": torch.ones(2, 2), "scaled_fp8": torch.zeros(2)}, file)
    with pytest.raises(BadWeights, match="scaled fp8"):
        engine("zimage", root, family="zimage", side=4, group=1, source={"files": {"transformer": str(file)}})


def lora_file(path, **changed):
    tensors = load_file(tiny_open.lora(path))
    save_file({**tensors, **changed}, path)
    return path


A, B, NAME = torch.randn(4, 24), torch.randn(24, 4), "diffusion_model.blocks.0.self_attn.k"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({f"{NAME}.lora_A.weight": A, f"{NAME}.lora_B.weight": B, f"{NAME}.dora_scale": torch.ones(24)}, "holds DoRA"),
        ({"diffusion_model.blocks.0.norm3.diff": torch.ones(24)}, "holds whole differences"),
        ({"diffusion_model.blocks.0.ffn.0.lokr_w1": torch.ones(2, 2)}, "holds LoKr"),
        ({"diffusion_model.blocks.0.ffn.0.hada_w1_a": torch.ones(2, 2)}, "holds LoHa"),
        ({"something.else": torch.ones(2)}, "such as something.else"),
        ({"diffusion_model.blocks.7.self_attn.q.lora_A.weight": A}, "of 5 layers fit|does not fit"),
        ({f"{NAME}.lora_A.weight": torch.randn(4, 40), f"{NAME}.lora_B.weight": torch.randn(40, 4)}, "does not fit"),
    ],
)
def test_a_lora_that_would_not_be_applied_whole_is_refused(changed, message, folder, tmp_path):
    file = lora_file(tmp_path / "bad.safetensors", **changed)
    with pytest.raises(BadWeights, match=message) as raised:
        opened(folder, loras={"bad": {"file": str(file)}})
    assert str(tmp_path) not in raised.value.message


def test_a_lora_without_its_prefix_is_refused(folder, tmp_path):
    """The library loads nothing of it, and says so in a log only."""
    file = tiny_open.lora(tmp_path / "bare.safetensors", prefix="")
    with pytest.raises(BadWeights, match=r"0 of 4 layers fit|does not fit"):
        opened(folder, loras={"bare": {"file": str(file)}})


def test_a_lora_that_is_a_pickle_or_missing_is_refused(folder, tmp_path):
    trace = tmp_path / "ran"
    (tmp_path / "x.pt").write_bytes(pickle.dumps(Runs(trace)))
    with pytest.raises(BadWeights, match="is a pickle"):
        opened(folder, loras={"x": {"file": str(tmp_path / "x.pt")}})
    (tmp_path / "x.safetensors").write_bytes(pickle.dumps(Runs(trace)))
    for name in ("x", "absent"):
        with pytest.raises(BadWeights, match="cannot be read as safetensors"):
            opened(folder, loras={"x": {"file": str(tmp_path / f"{name}.safetensors")}})
    assert not trace.exists()
    second = {"x": {"file": str(tiny_open.lora(tmp_path / "y.safetensors")), "expert": "low"}}
    with pytest.raises(BadWeights, match="for a second expert"):
        opened(folder, loras=second)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"family": ""}, "family is missing"),
        ({"folder": 5}, "folder is missing"),
        ({"dtype": "int8"}, "dtype must be one of"),
        ({"device": "tpu"}, "device must be one of"),
        ({"colour": 1}, 'unknown "colour"'),
        ({"shift": "high"}, "shift must be a number"),
        ({"files": {"transformer": 1}}, "files is not a table of paths"),
        ({"loras": {"a": {}}}, "loras.a.file is missing"),
        ({"loras": {"a": {"file": "x", "expert": "all"}}}, "expert must be one of both, high, low"),
        ({"presets": {"fast": {"loras": {"a": 1.0}}}}, 'names an unknown "a"'),
        ({"presets": {"fast": {"steps": 0}}}, "steps must be 1 to 1000, got 0"),
        ({"presets": {"fast": {"steps": 1.5}}}, "steps must be an integer"),
        ({"presets": {"fast": {"guidance": float("nan")}}}, "guidance must be a number"),
        ({"presets": {"fast": {"scheduler": "heun"}}}, "scheduler must be one of euler, unipc"),
        ({"presets": {"fast": 5}}, "presets.fast is not a table"),
    ],
)
def test_a_source_that_makes_no_sense_is_refused(changed, message):
    with pytest.raises(BadSettings, match=message) as raised:
        source.read({**TABLE, **changed}, "tiny")
    assert raised.value.hint


def test_an_unknown_family_or_device_is_refused(root):
    with pytest.raises(BadSettings, match='Unknown family "wann"'):
        engine("wan_t2v", root, family="wann")
    if not torch.cuda.is_available():
        with pytest.raises(BadSettings, match='The device "cuda" is not here'):
            engine("wan_t2v", root, source={"device": "cuda"})


def test_the_model_file_of_the_page_can_be_read(tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "open-weights.md").read_text("utf-8")
    whole, *rest = re.findall(r"```toml\n(.*?)```", page, re.S)
    more = next(block for block in rest if "presets" in block)
    names = [line for line in more.splitlines() if line.startswith(("loras = [", "presets"))]
    (tmp_path / "wan.toml").write_text("\n".join([*names, whole, more.split("\n", 2)[2]]), "utf-8")
    found = model_file.read(tmp_path / "wan.toml")
    read = source.read(found.source, found.card.name)
    assert found.card.preset_defaults["fast"].steps == 4
    assert read.presets["fast"].shift == 5.0
    assert read.loras["lightning-low"].expert == "low"
    assert (read.family, found.card.resolve(spec(size=None, seconds=5)).frames) == ("wan", 81)


def test_without_the_extra_it_says_so(monkeypatch, root):
    from vitascope.engines.openweights import engine as door

    monkeypatch.setattr(door, "find_spec", lambda name: None if name == "peft" else object())
    with pytest.raises(MissingExtra) as raised:
        engine("wan_t2v", root)
    assert "vitascope[open]" in raised.value.hint
    monkeypatch.undo()
    monkeypatch.setattr(door, "version", lambda name: "0.43.0")
    with pytest.raises(BadSettings, match=r"diffusers 0\.43\.0 is installed; open models run with 0\.42"):
        engine("wan_t2v", root)


def test_half_precision_keeps_the_decoder_exact(root):
    maker = engine("wan_t2v", root, source={"dtype": "bfloat16"})
    assert maker._parts["transformer"].blocks[0].attn1.to_q.weight.dtype == torch.bfloat16
    assert maker._parts["vae"].dtype == torch.float32
    exact = drawn(engine("wan_t2v", root), spec()).astype(int)
    rounded = drawn(maker, spec()).astype(int)
    assert 0 < np.abs(exact - rounded).mean() < 3
