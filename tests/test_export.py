"""Export: torch and the exported files agree, or nothing is written; and a folder that was tampered with is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import tiny
from doubles import ANY_SIZE
from vitascope.clip import ClipSpec
from vitascope.config import cores
from vitascope.errors import BadWeights
from vitascope.smallworld.engine import EmbeddedEngine
from vitascope.smallworld.inference.bundle import FILES, Bundle
from vitascope.smallworld.inference.conditions import ASIDE, LAYOUT_FEATURES
from vitascope.smallworld.inference.session import Session
from vitascope.smallworld.inference.tokens import Tokenizer
from vitascope.smallworld.training import export, unpack
from vitascope.smallworld.training.data import load_codec
from vitascope.smallworld.training.layout import Layout
from vitascope.smallworld.training.renderer import Renderer
from vitascope.smallworld.world.stage import SLOTS

TASKS = Path("/proc/self/task")
WEIGHTS = Path(export.__file__).parents[1] / "weights"


@pytest.fixture
def folder(tiny_weights, tmp_path):
    """A copy of the weights folder, to be damaged."""
    return shutil.copytree(tiny_weights, tmp_path / "weights")


def test_the_engine_runs_from_an_exported_folder(tiny_weights):
    engine = EmbeddedEngine(tiny_weights, threads=1)
    spec = ClipSpec(prompt="a red ball rolls left", seed=1, seconds=0.5, size=(64, 64), steps=1)
    draft = engine.begin(spec, ANY_SIZE.resolve(spec))
    while not draft.done:
        engine.step([draft])
    assert len(list(engine.frames(draft))) == 9


def test_the_card_says_what_was_exported(tiny_weights, tiny_codec, tiny_layout, tiny_renderer):
    card = Bundle(tiny_weights).card
    assert card.name == "vitascope-nano"
    assert card.parameters == sum(p.numel() for m in (tiny_codec, tiny_layout, tiny_renderer) for p in m.parameters())
    assert card.size_bytes == sum((tiny_weights / name).stat().st_size for name in FILES)
    assert len(card.weights) == 64
    assert "not known" in card.limits


@pytest.mark.parametrize(("h", "w"), [(2, 5), (5, 2)])
def test_the_renderer_and_its_files_agree_on_shapes_that_were_not_exported(tiny_weights, tiny_renderer, h, w):
    noise = torch.Generator().manual_seed(3)
    tokens = torch.from_numpy(Tokenizer().encode("small blue cube jumps, at night"))[None]
    camera = torch.randn((1, 11, 17), generator=noise)
    layout = 0.2 + torch.rand((1, 11, SLOTS, LAYOUT_FEATURES), generator=noise)
    layout[..., ASIDE:] = torch.tensor([-0.6, 0.0, 0.8])
    with torch.no_grad():
        meant = tiny_renderer(camera, tiny_renderer.text(tokens)[1], layout, h, w)
    text = Session(tiny_weights / "text.onnx", 1).run(tokens=tokens.numpy())
    shape = np.zeros((11, tiny.RENDERER.channels, h, w), np.float32)
    look = {"x": shape, "camera": camera.numpy(), "layout": layout.numpy(), **text}
    session = Session(tiny_weights / "sketch.onnx", 1)
    made = session.run(**look)
    assert np.allclose(made["world"][..., :ASIDE], layout[0, ..., :ASIDE], atol=1e-3)  # a layout has units of its own
    for name, each in zip(("sketch", "doubt"), meant, strict=True):
        assert export.difference(each[0].numpy(), made[name]) < export.TOLERANCE, name
    assert meant[0].std() > 0.05
    between = look["layout"].copy()
    between[..., ASIDE] = -0.1  # a sun that stands between its two sides stands on the nearer one
    assert np.allclose(session.run(**look | {"layout": between})["sketch"], made["sketch"])


@pytest.mark.parametrize("frames", [1, 11])
def test_the_layout_and_its_file_agree(tiny_weights, tiny_layout, frames):
    noise = torch.Generator().manual_seed(3)
    given = {
        "x": torch.randn((2, frames, SLOTS, LAYOUT_FEATURES), generator=noise),
        "known": torch.randn((2, frames, SLOTS, LAYOUT_FEATURES), generator=noise),
        "t": torch.rand((2, frames), generator=noise) * (torch.arange(frames) != 1),
        "index": torch.arange(frames),
        "continues": torch.ones(2),
        "camera": torch.randn((2, frames, 17), generator=noise),
        "tokens": torch.from_numpy(np.stack([Tokenizer().encode(words) for words in ("small blue cube jumps", "")])),
    }
    with torch.no_grad():
        meant = [each.numpy() for each in tiny_layout(**given)]
    session = Session(tiny_weights / "layout.onnx", 1)
    made = session.run(**{name: value.numpy() for name, value in given.items()})
    assert list(made) == ["velocity", "mean", "deviation"]
    assert all(export.difference(*pair) < export.TOLERANCE for pair in zip(meant, made.values(), strict=True))
    assert meant[0].std() > 0.05


@pytest.mark.parametrize("k", [1, 3])
def test_the_glance_and_its_file_agree_and_the_file_has_the_sun_on_both_sides(tiny_weights, tiny_layout, k):
    noise = torch.Generator().manual_seed(3)
    given = {
        "tokens": torch.from_numpy(Tokenizer().encode("small blue cube jumps"))[None],
        "given": torch.randn((1, k, tiny.RENDERER.channels, 3, 5), generator=noise),
        "index": torch.arange(k),
        "camera": torch.randn((1, k, 17), generator=noise),
    }
    with torch.no_grad():
        meant = tiny_layout.look(**given)[0].numpy()
    session = Session(tiny_weights / "glance.onnx", 1)
    made = session.run(**{name: value.numpy() for name, value in given.items()})
    right, left = made["layouts"]
    assert (right[..., ASIDE] > left[..., ASIDE]).all()
    meant[..., ASIDE] = right[..., ASIDE] = left[..., ASIDE] = 0
    assert export.difference(meant, right) < export.TOLERANCE
    assert np.array_equal(right, left)
    assert meant.std() > 0.05


def test_exported_weights_are_unpacked_to_train_on(tiny_weights, tiny_layout, tiny_renderer):
    for kind, model, empty in (
        ("layout", tiny_layout, Layout(tiny.LAYOUT)),
        ("renderer", tiny_renderer, Renderer(tiny.RENDERER)),
    ):
        unpack.fill(empty, kind, tiny_weights)
        for (name, value), again in zip(model.state_dict().items(), empty.state_dict().values(), strict=True):
            assert torch.allclose(value, again, rtol=1e-3, atol=1e-6), name


def test_the_built_in_weights_are_unpacked_to_checkpoints(tmp_path):
    unpack.main(["--out", str(tmp_path)])
    codec = load_codec(tmp_path / "codec", "cpu")
    taps = np.random.default_rng(0).random((1, 6, 64, 64), dtype=np.float32)
    (meant,) = Session(WEIGHTS / "encoder.onnx", 1).run(taps=taps).values()
    with torch.no_grad():
        assert export.difference(meant, codec.encode(torch.from_numpy(taps)[None])[0].numpy()) < 1e-4
    assert {folder.name for folder in tmp_path.iterdir()} == {"codec", "layout", "renderer"}


def test_graphs_of_another_version_are_not_unpacked(folder):
    shutil.copy(folder / "encoder.onnx", folder / "glance.onnx")
    with pytest.raises(ValueError, match=r"hold no centre, spread, .*: they are another version's"):
        unpack.fill(Layout(tiny.LAYOUT), "layout", folder)


def test_an_exams_scores_are_recorded_for_the_weights_that_sat_it(folder):
    weights = Bundle(folder).card.weights
    sat = {
        "weights": weights,
        "aspect": "1:1",
        "scores": {"model": {"colour": {"share": 0.85}, "shape": {"share": 0.4251}}},
    }
    export.record_scores(folder, sat)
    card = Bundle(folder).card
    assert card.scores == {"colour": 85.0, "shape": 42.5}
    assert card.weights == weights  # recipes stay good
    with pytest.raises(ValueError, match="other weights"):
        export.record_scores(folder, sat | {"weights": "0" * 64})
    with pytest.raises(ValueError, match="of 16:9"):
        export.record_scores(folder, sat | {"aspect": "16:9"})


def test_the_manifest_tells_how_near_each_file_came(tiny_weights):
    manifest = json.loads((tiny_weights / "manifest.json").read_text())
    assert set(manifest["files"]) == set(FILES) == set(manifest["difference_from_torch"])
    assert all(0 < off < export.TOLERANCE for off in manifest["difference_from_torch"].values())
    assert sorted(path.name for path in tiny_weights.iterdir()) == sorted([*FILES, "manifest.json"])


def test_large_weights_are_stored_in_half_precision(tiny_weights, tiny_codec):
    for name in FILES:
        for tensor in onnx.load(tiny_weights / name).graph.initializer:
            if np.prod(tensor.dims) > export.SMALL:
                assert tensor.data_type != onnx.TensorProto.FLOAT, tensor.name
    decoder = sum(p.numel() for part in (tiny_codec.base, tiny_codec.detail) for p in part.parameters())
    assert (tiny_weights / "decoder.onnx").stat().st_size < 2.2 * decoder + 2**19  # and the graph itself


@pytest.mark.parametrize("by", [1.3, float("nan")])
def test_an_export_that_differs_from_torch_is_refused_and_the_old_folder_stays(
    folder, tiny_codec, tiny_layout, tiny_renderer, monkeypatch, by
):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    halved = export.halved

    def spoilt(model):
        model = halved(model)
        for tensor in model.graph.initializer:
            if tensor.data_type == onnx.TensorProto.FLOAT16:
                values = onnx.numpy_helper.to_array(tensor) * np.float16(by)
                tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
        return model

    monkeypatch.setattr(export, "halved", spoilt)
    with pytest.raises(ValueError, match=r"\.onnx differs from torch"):
        export.export(tiny_codec, tiny_layout, tiny_renderer, folder, {})
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["weights"]


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(BadWeights, match=f"{name} is damaged"):
        EmbeddedEngine(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BadWeights, match=f"{name} is missing"):
        EmbeddedEngine(folder)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(BadWeights, match="There is no model in"):
        EmbeddedEngine(tmp_path)


def rewrite(folder, change):
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text())
    change(manifest)
    file.write_text(json.dumps(manifest))


def test_a_model_of_another_vocabulary_is_refused(folder):
    rewrite(folder, lambda manifest: manifest.update(vocabulary="0" * 64))
    with pytest.raises(BadWeights, match="another vocabulary"):
        EmbeddedEngine(folder)


def test_a_manifest_that_names_too_little_is_refused(folder):
    rewrite(folder, lambda manifest: manifest["files"].pop("layout.onnx"))
    with pytest.raises(BadWeights, match=r"names no layout\.onnx"):
        EmbeddedEngine(folder)


@pytest.mark.parametrize("field", ["vocabulary", "channels", "guidance"])
def test_a_manifest_that_says_too_little_is_refused(folder, field):
    rewrite(folder, lambda manifest: manifest.pop(field))
    with pytest.raises(BadWeights, match=f"names no {field}"):
        EmbeddedEngine(folder)


def test_a_file_that_may_not_be_read_is_said(folder, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(BadWeights, match=r"onnx cannot be read: Permission denied"):
        EmbeddedEngine(folder)


@pytest.mark.skipif(not TASKS.exists(), reason="threads are counted where Linux lists them")
def test_ten_thousand_threads_are_no_more_than_a_few_for_each_core(folder):
    before = len(list(TASKS.iterdir()))
    session = Session(folder / "text.onnx", threads=10_000)
    assert session.inputs
    assert len(list(TASKS.iterdir())) - before <= 4 * cores()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}'])
def test_a_manifest_that_cannot_be_read_is_refused(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(BadWeights, match="cannot be read"):
        EmbeddedEngine(folder)


def test_every_refusal_tells_what_to_do(tmp_path):
    with pytest.raises(BadWeights) as caught:
        EmbeddedEngine(tmp_path)
    assert "Install Vitascope again" in caught.value.hint


def test_a_file_that_is_no_model_is_refused_by_the_runtime(tmp_path):
    (tmp_path / "layout.onnx").write_bytes(b"not a model")
    with pytest.raises(BadWeights, match=r"layout\.onnx cannot be opened"):
        Session(tmp_path / "layout.onnx", 1)
