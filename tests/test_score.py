"""One clip, looked at by the judge: only what was asked, only where the judge can be trusted, and never a guess."""

import json
from dataclasses import replace

import numpy as np
import pytest

from doubles import recipe_of
from vitascope.clip import CameraPath, ClipSpec, Picture, SourceClip
from vitascope.engines.score import WHYS, Score
from vitascope.smallworld.exam import judge, prompts, single, trust
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import SHAPES, Motion
from vitascope.smallworld.world.stage import set_stage

MODEL = "vitascope-nano"


@pytest.fixture(autouse=True)
def all_measured(monkeypatch):
    """As if the judge had been right about everything that was measured."""
    counts = {skill: [20, 20, 20, 20] for skill in judge.SKILLS}
    table = {aspect: dict.fromkeys(SHAPES, counts) for aspect in ("1:1", "16:9", "9:16")}
    monkeypatch.setattr(trust, "_table", lambda: table)


def recipe(prompt="a red ball rolls left on snow", **asked):
    model = asked.pop("model", MODEL)
    return of(ClipSpec(prompt=prompt, **{"seed": 7, **asked}), model)


def of(spec, model=MODEL):
    return recipe_of(spec, model=model, weights="w", version="0")


def never():
    raise AssertionError("looked at")
    yield


def truth(question, frames=81):
    """What a perfect model would make."""
    return render(set_stage(question.scene, frames), 128, 128)


def test_a_true_clip_has_all_that_was_asked():
    question = prompts.bank(6, first_seed=900)[4]
    found = single.score(of(question.spec()), iter(truth(question)))
    assert [line.skill for line in found.lines if line.right] == [line.skill for line in found.lines]
    assert {"colour", "shape", "ground", "sky", "camera"} <= {line.skill for line in found.lines}
    assert found.share == 1.0
    assert Score.from_dict(found.to_dict()) == found


def test_a_clip_of_something_else_does_not():
    asked, shown = prompts.bank(8, first_seed=900)[4:6]
    found = single.score(of(asked.spec()), iter(truth(shown)))
    assert found.share < 0.7
    assert all(line.asked for line in found.lines)


def test_only_what_was_asked_is_judged():
    question = prompts.bank(6, first_seed=900)[4]
    thing = question.facts.things[0]
    words = f"a {thing.colour} {thing.shape}"
    found = single.score(recipe(words, seed=question.scene.seed), iter(truth(question)))
    assert [(line.skill, line.right) for line in found.lines] == [("colour", True), ("shape", True)]


def test_camera_words_beside_the_prompt_are_asked_too():
    question = prompts.bank(6, first_seed=900)[4]
    camera = CameraPath(words=question.scene.camera.kind)
    found = single.score(recipe("a thing", camera=camera, seed=question.scene.seed), iter(truth(question)))
    assert [(line.skill, line.right) for line in found.lines] == [("camera", True)]


PICTURE = Picture(b"", 256, 256)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"model": "another"}, "other_model"),
        ({"image": PICTURE}, "given_picture"),
        ({"last_image": PICTURE}, "given_picture"),
        ({"extend": SourceClip("0" * 64, 17, 256, 256, 16)}, "continued"),
        ({"seconds": 0}, "still"),
        ({"seconds": 0.5}, "too_short"),
        ({"prompt": "a dragon laughs"}, "nothing_asked"),
        ({"prompt": "a red ball and a blue cube"}, "several_things"),
    ],
)
def test_what_cannot_be_measured_is_not_looked_at_and_says_why(given, why):
    found = single.score(recipe(**given), never())
    assert (found.share, found.lines, found.why) == (None, (), why)
    assert WHYS[why]


def test_of_several_things_only_the_rest_is_measured():
    frames = truth(prompts.bank(1)[0])
    found = single.score(recipe("a red ball and a blue cube on snow at night"), iter(frames))
    assert [line.skill for line in found.lines] == ["ground", "sky"]
    assert found.left_out == {"colour": "several_things", "shape": "several_things"}


def test_a_camera_given_in_numbers_leaves_ground_and_sky():
    question = prompts.bank(6, first_seed=900)[4]
    stage = set_stage(question.scene, 81)
    points = tuple(tuple(map(float, row)) for row in stage.camera[::8])
    found = single.score(of(question.spec(camera=CameraPath(points=points))), iter(truth(question)))
    assert [line.skill for line in found.lines if line.right] == ["ground", "sky"]
    assert set(found.left_out.values()) == {"camera_in_numbers"}


def test_frames_behind_the_last_judged_one_are_not_read():
    def frames():
        yield from np.zeros((81, 64, 64, 3), np.uint8)
        raise AssertionError("read on")

    assert single.score(recipe(seconds=8), frames()).lines


def two_shapes(first, then, frames=49):
    """A clip that shows one shape at the beginning and another one from its fourth group on."""
    scene = prompts.bank(6, first_seed=900)[4].scene
    still = replace(scene.main, motion=Motion("stand", "", "slow"), size="large", colour="red")
    made = [replace(scene, things=(replace(still, shape=shape),)) for shape in (first, then)]
    start, end = (render(set_stage(one, frames), 128, 128) for one in made)
    return scene, np.concatenate([start[:24], end[24:]])


def test_a_cube_that_becomes_a_cylinder_is_not_said_to_be_as_asked():
    scene, frames = two_shapes("cube", "cylinder")
    asked = recipe("a red cube", seed=scene.seed, seconds=3)
    found = single.score(asked, iter(frames))
    assert [line.skill for line in found.lines] == ["colour"]
    assert found.left_out == {"shape": "changes"}
    assert found.left_out["shape"] in WHYS
    assert found.share is None  # no "as asked 100"
    _, whole = two_shapes("cube", "cube")
    assert [line.skill for line in single.score(asked, iter(whole)).lines] == ["colour", "shape"]


def test_what_the_judge_is_wrong_about_too_often_is_not_measured(monkeypatch):
    counts = {"shape": [20, 20, 18, 20], "colour": [20, 20, 19, 20]}
    monkeypatch.setattr(trust, "_table", lambda: {"1:1": {"cube": counts}})
    assert not trust.trusted("shape", aspect="1:1", shape="cube")  # 18 of 20 is less than 95 %
    assert trust.trusted("colour", aspect="1:1", shape="cube")
    assert not trust.trusted("colour", aspect="1:1", shape="")  # it may be a ball, of which nothing is known
    scene, frames = two_shapes("cube", "cube")
    found = single.score(recipe("a red cube", seed=scene.seed, seconds=3), iter(frames))
    assert ([line.skill for line in found.lines], found.left_out) == (["colour"], {"shape": "not_trusted"})


def test_the_table_says_how_it_was_made():
    data = json.loads(trust.TABLE.read_text("utf-8"))
    assert data["command"].startswith("python -m vitascope.smallworld.exam.trust")
    for by_shape in data["right"].values():
        for counts in by_shape.values():
            assert all(0 <= true <= of and 0 <= drawn <= out_of for true, of, drawn, out_of in counts.values())


@pytest.mark.parametrize(("aspect", "shape"), [("9:21", "cube"), ("1:1", "pyramid")])
def test_where_nothing_was_measured_nothing_is_scored(aspect, shape):
    assert not any(trust.trusted(skill, aspect=aspect, shape=shape) for skill in judge.SKILLS)
