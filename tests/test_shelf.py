"""Models on disk: what people have is found, written down as a model file, checked and taken away. The weights
are holes.
"""

import json
import os
import tomllib
from pathlib import Path

import pytest

import weights
from vitascope import doctor
from vitascope.cli.app import main
from vitascope.engines import model_file
from vitascope.engines.openweights import comfy, found_model, room, shelf
from vitascope.errors import BadSettings, BadWeights, Conflict


@pytest.fixture
def run(capfd, own_home):
    """The command line; returns its code, output and errors."""

    def command(*words):
        code = main(["models", *(str(word) for word in words)])
        out = capfd.readouterr()
        return code, out.out, out.err

    return command


def written(home, name):
    file = home / "models" / f"{name}.toml"
    model_file.read(file)
    return tomllib.loads(file.read_text("utf-8"))


def snapshot(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_comfyui_folder_becomes_a_model_in_one_command(run, own_home, tmp_path):
    root = weights.comfy(tmp_path / "ComfyUI" / "models")
    before = snapshot(root)
    for folder in [root, *root.iterdir()]:
        folder.chmod(0o555)
    code, out, err = run("add", root, "--name", "my-wan", "--accept-licence")
    assert code == 0, err
    assert snapshot(root) == before  # it may be read-only and shared
    assert Path(out.strip()) == own_home / "models" / "my-wan.toml"
    told = written(own_home, "my-wan")
    files = told["source"]["files"]
    assert {part: Path(file).name for part, file in files.items()} == {
        "transformer": "wan2.1_t2v_1.3B_bf16.safetensors",
        "vae": "wan_2.1_vae.safetensors",
        "text_encoder": "umt5_xxl_fp8_e4m3fn_scaled.safetensors",
    }
    assert "umt5_xxl_fp16" in err  # the other that could be taken
    assert (told["source"]["family"], told["source"]["shift"]) == ("wan", 3.0)
    assert "folder" not in told["source"]
    assert (told["format"]["fps"], told["format"]["group"], told["format"]["steps"]) == (16, 4, 50)
    assert told["limits"].endswith("Not tried here on real weights.")
    record = json.loads((own_home / "models" / "my-wan.json").read_text("utf-8"))
    assert record["licence"]["id"] == "Apache-2.0"
    assert record["licence"]["accepted"].startswith("20")
    code, out, err = run("add", root, "--name", "my-wan", "--accept-licence")
    assert (code, "There is a model" in err) == (1, True)


def test_the_licence_must_be_accepted(run, own_home, tmp_path):
    root = weights.comfy(tmp_path / "models")
    code, _, err = run("add", root, "--name", "my-wan")
    assert code == 1
    assert "Apache-2.0" in err
    assert "--accept-licence" in err
    assert not list((own_home / "models").glob("*"))


def test_two_experts_are_found_by_their_names_and_either_may_be_given(tmp_path):
    names = ("wan2.2_i2v_high_noise_14B_fp8_scaled", "wan2.2_i2v_low_noise_14B_fp8_scaled")
    root = weights.comfy(tmp_path / "models", transformers=names, size="14b", inside=36)
    for given in (root, *(root / "diffusion_models" / f"{name}.safetensors" for name in names)):
        model = found_model.look(given)
        assert model.like.name == "wan2.2-i2v-a14b"
        files = model.source["files"]
        assert ("high" in files["transformer"], "low" in files["transformer_2"]) == (True, True)
        assert "image_encoder" not in files  # 2.2 needs none
    (root / "diffusion_models" / f"{names[0]}.safetensors").unlink()
    with pytest.raises(BadWeights, match=r"Wan 2.2 I2V A14B this is missing: transformer \(28.6 GB"):
        found_model.look(root)


def test_wan_2_1_i2v_takes_the_clip_vision_model_and_its_size_by_name(tmp_path):
    root = weights.comfy(
        tmp_path / "models", transformers=("wan2.1_i2v_720p_14B_bf16",), size="14b", inside=36, picture=True
    )
    model = found_model.look(root)
    assert model.like.name == "wan2.1-i2v-14b-720p"
    assert Path(model.source["files"]["image_encoder"]).name == "clip_vision_h.safetensors"
    (root / "clip_vision" / "clip_vision_h.safetensors").unlink()
    with pytest.raises(BadWeights, match=r"missing: image_encoder \(1.3 GB") as caught:
        found_model.look(root)
    assert "pull wan2.1-i2v-14b-720p --parts image_encoder" in caught.value.hint


def test_the_5b_takes_its_own_vae_and_no_other(tmp_path):
    root = weights.comfy(tmp_path / "models", transformers=("wan2.2_ti2v_5B",), size="5b", inside=48, outside=48)
    with pytest.raises(BadWeights, match=r"missing: vae \(1.4 GB"):
        found_model.look(root)
    weights.safetensors(root / "vae" / "wan2.2_vae.safetensors", weights.wan_vae(48))
    assert Path(found_model.look(root).source["files"]["vae"]).name == "wan2.2_vae.safetensors"
    with pytest.raises(BadWeights, match=r"cannot be the vae of Wan 2\.2 TI2V 5B"):
        found_model.look(root, {"vae": root / "vae" / "wan_2.1_vae.safetensors"})


def test_several_models_are_listed_and_one_must_be_named(tmp_path):
    root = weights.comfy(tmp_path / "models", transformers=("wan_a", "wan_b"))
    weights.safetensors(root / "diffusion_models" / "flux.safetensors", {"double_blocks.0.x": ("BF16", (8, 8))})
    with pytest.raises(BadSettings, match="holds 2 models") as caught:
        found_model.look(root)
    assert "wan_b.safetensors" in caught.value.message
    assert "flux" not in caught.value.message
    assert found_model.look(root / "diffusion_models" / "wan_b.safetensors").like.name == "wan2.1-t2v-1.3b"


def test_extra_model_paths_and_links_are_followed(tmp_path):
    root, other = tmp_path / "ComfyUI" / "models", tmp_path / "other"
    weights.comfy(other / "models")
    for name in ("checkpoints", "loras"):
        (root / name).mkdir(parents=True)
    (root / "vae").symlink_to(other / "models" / "vae")
    (other / "models" / "vae" / "round").symlink_to(other / "models" / "vae")  # a circle
    (root.parent / comfy.EXTRA).write_text(
        "other:\n  base_path: ../other\n  diffusion_models: |\n    models/diffusion_models\n    models/nothing\n"
        "  clip: models/text_encoders/\n  is_default: true\nnot_a_table: 3\n",
        "utf-8",
    )
    model = found_model.look(root.parent)
    assert "other" in model.source["files"]["transformer"]
    assert str(root / "vae") in model.source["files"]["vae"]


@pytest.mark.parametrize("text", ["- a list", "a: [", "a: !!python/object/apply:os.system ['touch /tmp/ran']"])
def test_a_bad_extra_file_is_named_and_runs_nothing(tmp_path, text):
    root = weights.comfy(tmp_path / "models")
    (root.parent / comfy.EXTRA).write_text(text, "utf-8")
    with pytest.raises(BadSettings, match=r"extra_model_paths\.yaml cannot be read"):
        found_model.look(root)
    assert not os.path.exists("/tmp/ran")


def test_a_gguf_of_umt5_is_not_taken_yet(tmp_path):
    root = weights.comfy(tmp_path / "models")
    for file in (root / "text_encoders").iterdir():
        file.unlink()
    tensors = {"enc.blk.0.attn_q.weight": ("Q8_0", (4096, 4096)), "enc.blk.1.attn_rel_b.weight": ("F32", (32, 64))}
    file = weights.gguf(root / "text_encoders" / "umt5.gguf", tensors, {"tokenizer.ggml.tokens": ["a", "b"]})
    with pytest.raises(BadWeights, match="missing: text_encoder"):
        found_model.look(root)
    with pytest.raises(BadWeights, match="GGUF text encoder; those are not loaded yet"):
        found_model.look(root, {"text_encoder": file})


REFUSED = {
    "a VAE": (weights.wan_vae(), "is a part of a model"),
    "an unknown": ({"x.weight": ("BF16", (8, 8))}, "of an unknown family"),
    "all in one": ({**weights.wan("tiny"), "vae.x": ("BF16", (8, 8))}, "several parts in one file"),
    "animate": ({**weights.wan("tiny"), "face_adapter.x": ("BF16", (8, 8))}, "wan animate; that is not served"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_model_is_refused_with_the_reason(tmp_path, what):
    tensors, why = REFUSED[what]
    with pytest.raises(BadWeights, match=why):
        found_model.look(weights.safetensors(tmp_path / "a.safetensors", tensors))


def diffusers(folder, **changed):
    """A diffusers folder of Wan 2.1 1.3B whose weights are holes."""
    index = {
        "_class_name": "WanPipeline",
        "transformer": ["diffusers", "WanTransformer3DModel"],
        "text_encoder": ["transformers", "UMT5EncoderModel"],
        "vae": ["diffusers", "AutoencoderKLWan"],
        "tokenizer": ["transformers", "T5TokenizerFast"],
        "image_encoder": [None, None],
        **changed,
    }
    for name, stem, tensors in (
        ("transformer", "diffusion_pytorch_model", weights.wan("1.3b")),
        ("text_encoder", "model", weights.umt5(tokenizer=False)),
        ("vae", "diffusion_pytorch_model", weights.wan_vae()),
    ):
        weights.safetensors(folder / name / f"{stem}.safetensors", tensors)
        (folder / name / "config.json").write_text("{}", "utf-8")
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "tokenizer.json").write_text("{}", "utf-8")
    (folder / "model_index.json").write_text(json.dumps(index), "utf-8")
    return folder


def test_a_diffusers_folder_becomes_a_model(run, own_home, tmp_path):
    folder = diffusers(tmp_path / "Wan2.1")
    code, _, err = run("add", folder, "--name", "w", "--accept-licence", "--device", "cpu")
    assert code == 0, err
    told = written(own_home, "w")
    assert told["source"] == {"family": "wan", "folder": str(folder)}
    assert told["parameters"] == pytest.approx(1.42e9, rel=0.05)
    assert told["size_bytes"] == found_model.look(folder).size


def test_nothing_that_a_folder_names_is_run(tmp_path):
    folder = diffusers(tmp_path / "a", transformer=["my_code", "Evil"])
    with pytest.raises(BadWeights, match="code of its own"):
        found_model.look(folder)
    folder = diffusers(tmp_path / "b")
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    (folder / "vae" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(BadWeights, match="pickle"):
        found_model.look(folder)
    folder = diffusers(tmp_path / "c")
    (folder / "transformer" / "config.json").write_text('{"quantization_config": {"quant_method": "bitsandbytes"}}')
    with pytest.raises(BadWeights, match="quantised by bitsandbytes"):
        found_model.look(folder)
    folder = diffusers(tmp_path / "d")
    (folder / "model_index.json").write_text("[" * 100_000)
    with pytest.raises(BadWeights, match=r"model_index\.json cannot be read"):
        found_model.look(folder)


def test_one_file_on_the_folder_of_another(tmp_path):
    base = diffusers(tmp_path / "Wan2.1")
    file = weights.safetensors(tmp_path / "tuned.safetensors", weights.scaled(weights.wan("1.3b")))
    model = found_model.look(file, base=base)
    assert model.source["files"] == {"transformer": str(file)}
    assert model.source["folder"] == str(base)
    assert model.parts["transformer"].storage == "fp8_scaled"
    assert found_model.of_source(model.source).size == model.size


def test_what_is_unlike_any_known_checkpoint_is_said(run, own_home, tmp_path):
    root = weights.comfy(tmp_path / "models", transformers=("mini",), size="tiny", text=32)
    code, _, err = run("add", root, "--name", "mini", "--accept-licence")
    assert code == 0, err
    assert "not as large as any known checkpoint" in err
    assert written(own_home, "mini")["title"] == "mini, like Wan 2.1 T2V 1.3B"


def test_check_hashes_once_and_then_finds_what_changed(run, own_home, tmp_path):
    root = weights.comfy(tmp_path / "models", transformers=("mini",), size="tiny", text=32)
    weights.safetensors(root / "text_encoders" / "small.safetensors", weights.umt5(layers=2, width=32))
    run("add", root, "--name", "mini", "--accept-licence")
    code, out, _ = run("check", "mini")
    whole = out.split()[0]
    assert (code, out.split()[1]) == (0, "noted")
    assert written(own_home, "mini")["weights"] == whole
    assert run("check", "mini")[1] == f"{whole}  as before\n"
    with open(root / "vae" / "wan_2.1_vae.safetensors", "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    code, _, err = run("check", "mini")
    assert (code, "1 files differ, such as wan_2.1_vae.safetensors" in err) == (1, True)
    (root / "vae" / "wan_2.1_vae.safetensors").unlink()
    assert "files are missing" in run("check", "mini")[2]


def test_remove_takes_the_model_file_and_never_the_weights_of_others(run, own_home, tmp_path):
    root = weights.comfy(tmp_path / "models")
    run("add", root, "--name", "my-wan", "--accept-licence")
    files = sorted(root.rglob("*"))
    code, _, err = run("remove", "my-wan", "--files")
    assert code == 0
    assert "stay" in err
    assert sorted(root.rglob("*")) == files
    assert not [path for path in (own_home / "models").glob("*") if path.is_file()]
    for name in ("my-wan", "../my-wan", "vitascope-nano"):
        assert run("remove", name)[0] == 1


def test_the_list_says_what_is_here_what_is_known_and_what_fits(run, own_home, tmp_path):
    run("add", weights.comfy(tmp_path / "models"), "--name", "my-wan", "--accept-licence")
    code, brief, _ = run()
    assert code == 0
    assert "my-wan  Wan 2.1 T2V 1.3B" in brief
    assert "wan2.2-i2v-a14b" not in brief  # 69 GB
    code, out, _ = run("--all")
    assert code == 0
    here, known = out.split("Known, and not here")
    assert "my-wan  Wan 2.1 T2V 1.3B" in here
    assert "832x480x81" in here
    assert "wan2.1-t2v-1.3b" not in known
    assert "wan2.2-ti2v-5b" in known
    assert "Tencent Hunyuan Community License, not in EU, GB, KR" in known


def test_a_workflow_without_its_address_is_told_what_it_lacks(run, tmp_path):
    (tmp_path / "fox.json").write_text("{}", "utf-8")
    code, _, said = run("add", str(tmp_path / "fox.json"))
    assert (code, "give --comfy ADDRESS" in said) == (2, True)


def test_a_lora_is_added_with_a_preset_after_it_was_matched(run, own_home, tmp_path):
    root = weights.comfy(tmp_path / "models")
    run("add", root, "--name", "my-wan", "--accept-licence")

    def lora(size):
        width, _, layers = weights.WAN[size]
        tensors = {}
        for layer in range(layers):
            stem = f"diffusion_model.blocks.{layer}.self_attn.q"
            tensors |= {f"{stem}.lora_A.weight": ("BF16", (8, width)), f"{stem}.lora_B.weight": ("BF16", (width, 8))}
        return weights.safetensors(tmp_path / f"{size}.safetensors", tensors)

    preset = ("--preset", "fast", "--shift", "5", "--scheduler", "euler")
    code, _, err = run("add", lora("1.3b"), "--to", "my-wan", "--name", "few", *preset)
    assert code == 0, err
    assert "60 of 60 keys match; made for Wan 1.3B" in err
    told = written(own_home, "my-wan")
    assert (told["loras"], told["presets"]) == (["few"], ["fast"])
    assert told["source"]["loras"]["few"] == {"file": str(tmp_path / "1.3b.safetensors"), "expert": "both"}
    assert told["source"]["presets"]["fast"] == {
        "steps": 4, "guidance": 1.0, "shift": 5.0, "scheduler": "euler", "loras": {"few": 1.0},
    }  # fmt: skip
    before = (own_home / "models" / "my-wan.toml").read_bytes()
    code, _, err = run("add", lora("14b"), "--to", "my-wan")
    assert (code, "0 of 80 keys match; made for Wan 14B" in err) == (1, True)
    assert "my-wan has one expert" in run("add", lora("1.3b"), "--to", "my-wan", "--expert", "low")[2]
    assert (own_home / "models" / "my-wan.toml").read_bytes() == before
    assert "--to MODEL" in run("add", lora("1.3b"), "--name", "x")[2]


def test_names_are_checked_and_nothing_is_left_when_writing_fails(own_home, tmp_path):
    model = found_model.look(weights.comfy(tmp_path / "models"))
    folder = own_home / "models"
    for name in ("", "../x", "Großes", "a/b"):
        with pytest.raises(BadSettings):
            shelf.write(folder, shelf.model_table(name, model), {})
    with pytest.raises(TypeError):
        shelf.write(folder, shelf.model_table("ok", model), {"what": object()})
    assert not list(folder.glob("*"))
    shelf.write(folder, shelf.model_table("ok", model), {})
    with pytest.raises(Conflict):
        shelf.write(folder, shelf.model_table("ok", model), {})


def test_every_known_card_can_be_written_and_read(tmp_path):
    from vitascope.engines.openweights import known

    model = found_model.look(weights.comfy(tmp_path / "models"))
    for one in known.every().values():
        like = found_model.Model(**{**model.__dict__, "like": one})
        path = shelf.write(tmp_path / "own", shelf.model_table(one.name, like, device="cuda"), {})
        card = model_file.read(path).card
        assert card.licence.id == one.card["licence"]["id"]
        assert card.format.steps > 0


def test_odd_texts_survive_the_model_file(tmp_path):
    odd = 'a "quoted" \\ path\n\twith\x7f 影戏 \u2028'
    assert tomllib.loads(shelf.to_toml({"name": odd, "source": {"files": {"a b": odd}}})) == {
        "name": odd,
        "source": {"files": {"a b": odd}},
    }


@pytest.fixture
def card(tmp_path, monkeypatch):
    """A graphics card, as NVIDIA's tool tells of it."""

    def put(*lines):
        tool = tmp_path / "bin" / "nvidia-smi"
        tool.parent.mkdir(exist_ok=True)
        tool.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines), "utf-8")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")

    return put


def test_the_card_with_the_most_free_memory_is_taken(card):
    card("NVIDIA A, with a comma, 24564, 1000", "NVIDIA B, 12282, 12000")
    found = room.here()
    assert (found.name, found.room.device, found.room.vram) == ("NVIDIA B", "cuda", 12000 * 2**20)
    assert 2**30 < found.room.ram < 2**45
    card("Failed to initialize NVML")
    assert room.here().room.device == "cpu"


@pytest.mark.slow
def test_the_doctor_shows_the_device_the_build_of_torch_and_a_plan_for_each_model(run, card, tmp_path):
    card("NVIDIA B, 12282, 12000")
    root = weights.comfy(tmp_path / "models")
    assert run("add", root, "--name", "my-wan", "--accept-licence")[0] == 0
    findings = {one.part: one for one in doctor._open_models(["my-wan"])}
    assert findings["device"].text.startswith("NVIDIA B, 12.6 of 12.9 GB free; RAM ")
    assert findings["torch"].text.startswith("2.")
    assert "my-wan: " in findings["model"].text
    assert "832x480x81: encoder_freed, about 12.1 GB" in findings["model"].text
    (root / "vae" / "wan_2.1_vae.safetensors").unlink()
    findings = {one.part: one for one in doctor._open_models(["my-wan"])}
    assert (findings["model"].good, "wan_2.1_vae.safetensors" in findings["model"].text) == (False, True)
