"""Weights of the first edition, which end in a denoiser: they still draw what their recipes say."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from vitascope.clip import ClipSpec
from vitascope.errors import BadWeights
from vitascope.media import picture
from vitascope.smallworld.engine import EmbeddedEngine

TEMPERATURE = 0.2


@pytest.fixture
def folder(tiny_weights, tmp_path):
    """Such weights, whose denoiser takes what it sees for noise: each step leaves a part of it."""
    folder = shutil.copytree(tiny_weights, tmp_path / "weights")
    shape = [1, "t", 16, "h", "w"]
    rest, velocity = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("rest", "velocity"))
    graph = helper.make_graph([helper.make_node("Identity", ["rest"], ["velocity"])], "dit", [rest], [velocity])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, folder / "dit.onnx")
    change(folder, steps=4, shift=1.0, shortcut=True, temperature=TEMPERATURE)
    return folder


def change(folder, **more):
    held = (folder / "dit.onnx").read_bytes()
    manifest = json.loads((folder / "manifest.json").read_text()) | more
    manifest["files"]["dit.onnx"] = {"sha256": hashlib.sha256(held).hexdigest(), "bytes": len(held)}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def latents(folder, **more):
    engine = EmbeddedEngine(folder, threads=1)
    spec = ClipSpec(**{"prompt": "a red ball", "seed": 7, "seconds": 1.0, "size": (64, 64)} | more)
    draft = engine.begin(spec, replace(engine.card, format=replace(engine.card.format, any_size=True)).resolve(spec))
    while not draft.done:
        engine.step([draft])
    return draft.latents


def test_one_step_from_noise_to_clean_is_the_renderers_own_picture(folder, tiny_weights):
    assert np.allclose(latents(folder, steps=1), latents(tiny_weights), atol=1e-6)


@pytest.mark.parametrize("steps", [2, 4])
def test_what_its_steps_leave_of_the_noise_is_added_in_doubts(folder, tiny_weights, monkeypatch, steps):
    engine = EmbeddedEngine(tiny_weights, threads=1)
    doubts, sketch = [], type(engine._layouts).sketch
    monkeypatch.setattr(
        type(engine._layouts), "sketch", lambda *given: doubts.append(sketch(*given).doubt) or sketch(*given)
    )
    plain, drawn = latents(tiny_weights), latents(folder, steps=steps)
    noise = np.random.default_rng([7, 0]).standard_normal(plain.shape, dtype=np.float32)
    left = TEMPERATURE * (1 - 1 / steps) ** steps * noise
    assert np.allclose(drawn, plain + doubts[0] * left, atol=1e-4)


def test_what_is_given_stays(folder, tiny_weights):
    given = picture.from_pixels(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    plain, drawn = (latents(each, image=given) for each in (tiny_weights, folder))
    assert np.array_equal(plain[0], drawn[0])
    assert not np.array_equal(plain[1], drawn[1])


def test_its_sampler_is_a_part_of_what_the_weights_are(folder):
    card = EmbeddedEngine(folder, threads=1).card
    assert card.format.steps == 4
    change(folder, temperature=0.3)
    assert EmbeddedEngine(folder, threads=1).card.weights != card.weights


@pytest.mark.parametrize("field", ["steps", "shift", "shortcut", "temperature"])
def test_a_manifest_that_does_not_say_how_it_is_sampled_is_refused(folder, field):
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest[field]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadWeights, match=f"names no {field}"):
        EmbeddedEngine(folder)
