"""`bench --model`: figures of an open model, kept as its usual time, begun again where they broke off."""

import dataclasses

import pytest

import tiny_open
from vitascope import bench
from vitascope.config import settings
from vitascope.engines import measured, registry

MODEL = """
name = "tiny-wan"
engine = "vitascope.engines.openweights.engine:open_engine"
weights = "{weights}"
[source]
family = "wan"
folder = "{folder}"
[format]
fps = 16
group = 4
side = 16
sizes = ["32x32"]
max_seconds = 0.5
steps = 3
guidance = 5.0
"""


@pytest.fixture
def model(root, own_home, monkeypatch):
    monkeypatch.setattr(registry, "LOOK_SECONDS", 0)  # somebody may have looked just before the file is there
    (own_home / "models").mkdir(exist_ok=True)
    text = MODEL.format(folder=tiny_open.folder("wan_t2v", root), weights="a" * 64)
    (own_home / "models" / "tiny-wan.toml").write_text(text, "utf-8")


def measure(**changed):
    told = {"seconds": None, "steps": None, "rounds": 2, "minutes": 9.0}
    return bench.measure_model("tiny-wan", "a red ball", **{**told, **changed})


def test_figures_are_kept_as_the_usual_time(model, own_home):
    figures = measure()
    assert figures["complete"]
    assert (figures["size"], figures["frames"], figures["steps"], figures["memory"]) == ("32x32", 9, 3, "resident")
    assert len(figures["rounds_s"]) == 2
    assert figures["step_s"] > 0
    assert figures["load_s"] > 0
    card = registry.card("tiny-wan")
    assert measured.usual_seconds(settings().home, card) == figures["prompt_to_file_s"]
    others = dataclasses.replace(card, weights="b" * 64)
    assert measured.usual_seconds(settings().home, others) is None


def test_it_goes_on_where_it_broke_off(model, monkeypatch):
    first = measure(rounds=3, minutes=0)  # the first round is always made
    assert (first["complete"], len(first["rounds_s"])) == (False, 1)
    last = measure(rounds=3)
    assert last["complete"]
    assert last["rounds_s"][0] == first["rounds_s"][0]
    assert len(last["rounds_s"]) == 3
    monkeypatch.setattr(registry, "load", lambda name: pytest.fail("nothing is left to be measured"))
    assert measure(rounds=3) == last
    assert measured.usual_seconds(settings().home, registry.card("tiny-wan")) == last["prompt_to_file_s"]


def test_another_clip_than_the_usual_one_is_no_usual_time(model):
    assert measure(rounds=1, steps=2)["steps"] == 2
    assert measured.usual_seconds(settings().home, registry.card("tiny-wan")) is None


def test_a_damaged_file_is_measured_anew(model, own_home):
    path = measured.path_of(own_home, "tiny-wan")
    path.parent.mkdir()
    path.write_text('{"rounds_s": [[', "utf-8")
    assert measured.usual_seconds(own_home, registry.card("tiny-wan")) is None
    assert len(measure(rounds=1)["rounds_s"]) == 1
