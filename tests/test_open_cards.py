"""A card that `vitascope models` writes for a folder says what its weights can do, and no more: else the model is added
and fails with its first clip.
"""

import json

import pytest

import tiny_open
from open_models import engine
from vitascope.engines.openweights import found_model


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.smoke) if one == "ltx" else one
                                  for one in tiny_open.MAKERS])  # fmt: skip
def test_the_modes_of_a_found_folder_are_those_of_its_weights(name, tmp_path):
    found = found_model.look(tiny_open.folder(name, tmp_path))
    told = found.like.card
    more = {"sound": told.get("sound", "never"), "references": told.get("references", {})}
    engine(name, tmp_path, tuple(told["modes"]), family=found.family, group=8, side=32, **more)  # else it raises


def test_an_ltx_folder_from_before_0_9_5_takes_no_last_picture(tmp_path):
    older, newer = (found_model.look(tiny_open.folder(name, tmp_path)) for name in ("ltx", "ltx_098"))
    assert older.like.card["modes"] == ["text", "image", "extend"]
    assert any("no last picture" in note for note in older.notes)
    assert "last_image" in newer.like.card["modes"]


def test_kandinsky_is_told_apart_by_its_pipeline(tmp_path):
    folder = tiny_open.folder("kandinsky5", tmp_path)
    assert found_model.look(folder).like.name == "kandinsky-5.0-t2v-lite"
    index = json.loads((folder / "model_index.json").read_text("utf-8"))
    (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": "Kandinsky5I2VPipeline"}), "utf-8")
    assert found_model.look(folder).like.name == "kandinsky-5.0-i2v-lite"
