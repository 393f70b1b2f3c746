"""The exam of two and three things: the judge counts them, and a thing too few, too many or of other looks is seen."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from vitascope.cli.app import app
from vitascope.engines import registry
from vitascope.errors import BadWeights
from vitascope.smallworld import exam
from vitascope.smallworld.exam import prompts, reconstruction, several
from vitascope.smallworld.exam.judge import MOMENTS
from vitascope.smallworld.exam.several import SeveralSeen, ThingSeen, marks
from vitascope.smallworld.exam.sheet import ALL
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world.facts import facts_of
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import Motion
from vitascope.smallworld.world.stage import set_stage, start_of

SCENE = several.bank(3)[2].scene  # a yellow ball rolls to the right past a pink cone
ALL_RIGHT = {"count": True, "colours": True, "shapes": True, "motion": True}

#: Of the bank: what stands, rolls, slides and is pushed, pale on pale and close together; in `make test` the first, in
#: `make test-all` the others.
SOME = [2, *(pytest.param(number, marks=pytest.mark.slow) for number in (1, 3, 10, 12, 13, 25))]


def judged(stage, shown=SCENE):
    """The marks of a clip of this stage, which should show the scene."""
    seen = several.parse(render(stage[MOMENTS], 256, 256), start_of(shown))
    return marks(seen, facts_of(shown))


@pytest.mark.parametrize("number", SOME)
def test_the_judge_finds_all_things_of_the_world_s_own_clips(number):
    question = several.bank(number + 1)[number]
    assert all(marks(exam.seen(exam.truth(question), question, exam.SEVERAL), question.facts).values())


@pytest.mark.parametrize("number", SOME)
def test_a_clip_with_a_thing_missing_is_wrong(number):
    shown = several.bank(number + 1)[number].scene
    stage = set_stage(shown, 81)
    stage.bodies[:, len(shown.things) - 1] = 0
    found = judged(stage, shown)
    assert (found["count"], found["colours"], found["shapes"]) == (False, False, False)


@pytest.mark.parametrize("number", SOME)
def test_a_clip_with_a_thing_doubled_is_wrong(number):
    shown = several.bank(number + 1)[number].scene
    stage, free = set_stage(shown, 81), len(shown.things)
    stage.bodies[:, free] = stage.bodies[:, free - 1]
    stage.bodies[:, free, 2] += 1.6  # above all others, whole in the picture
    found = judged(stage, shown)
    assert not found["count"]
    assert found["colours"]


def test_an_empty_world_shows_nothing():
    stage = set_stage(SCENE, 81)
    stage.bodies[:] = 0
    assert several.parse(render(stage[MOMENTS], 256, 256), start_of(SCENE)).things == ()


def test_a_clip_run_backwards_moves_wrongly_and_shows_the_same_things():
    assert judged(set_stage(SCENE, 81)[::-1]) == ALL_RIGHT | {"motion": False}


def test_of_a_push_the_thing_that_is_hit_is_judged():
    facts = facts_of(SCENE.moving(Motion("push", "left")))
    hit, other = ThingSeen("pink", "cone", "left"), ThingSeen("yellow", "ball", "right")
    assert marks(SeveralSeen((hit, other)), facts) == ALL_RIGHT
    assert not marks(SeveralSeen((replace(hit, direction=""), replace(other, direction="left"))), facts)["motion"]


def test_colours_and_shapes_of_two_things_that_were_mixed_up_are_wrong():
    mixed = SeveralSeen((ThingSeen("yellow", "cone", "right"), ThingSeen("pink", "ball", "")))
    assert marks(mixed, facts_of(SCENE)) == ALL_RIGHT | {"shapes": False}


def test_two_things_of_one_colour_are_not_taken_for_one_of_them():
    twice = SeveralSeen((ThingSeen("yellow", "ball", "right"), ThingSeen("yellow", "cone", "")))
    assert marks(twice, facts_of(SCENE)) == {"count": True, "colours": False, "shapes": False, "motion": True}


def test_the_bank_is_of_two_and_three_things_by_turns_each_said_in_the_prompt():
    bank = several.bank(24)
    assert bank == several.bank(24)
    assert [len(question.scene.things) for question in bank] == [2, 3] * 12
    assert {question.scene.main.motion.kind for question in bank} == set(several.MOTIONS)
    for question in bank:
        assert question.scene.seed < prompts.SEEDS[1]
        assert question.scene.camera.kind == "still"
        assert reader.read(question.prompt).facts == question.facts


@pytest.mark.slow
def test_the_command_examines_several_things(tmp_path, monkeypatch):
    monkeypatch.setattr(reconstruction, "FRAMES", 9)
    try:
        registry.load()
    except BadWeights as missing:
        pytest.skip(str(missing))
    ran = CliRunner().invoke(app, ["exam", "--several", "--clips", "2", "--json", str(tmp_path / "sheet.json")])
    assert ran.exit_code == 0, ran.output
    assert "2 clips of 1:1 with two or three things" in ran.output
    result = json.loads((tmp_path / "sheet.json").read_text("utf-8"))
    assert list(result["scores"]["model"]) == [*several.SKILLS, ALL]
    assert [len(row["asked"]["things"]) for row in result["parses"]] == [2, 3]
    assert result["scores"]["ground truth"][ALL]["share"] == 1.0
