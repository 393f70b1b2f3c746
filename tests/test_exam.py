"""The exam: the judge knows the world's own clips, is not fooled by spoilt ones, and the sheet counts right."""

import json

import numpy as np
import pytest

from vitascope.engines import registry
from vitascope.errors import BadSpec, BadWeights, OutputFailed
from vitascope.smallworld import exam
from vitascope.smallworld.exam import prompts, reconstruction, sheet
from vitascope.smallworld.exam.judge import MOMENTS, SKILLS, Parse, asked, marks, parse
from vitascope.smallworld.exam.sheet import ALL, Score
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world.render import outline, render
from vitascope.smallworld.world.scene import CameraMove, Motion, Thing, World
from vitascope.smallworld.world.stage import Stage, set_stage, start_of

NOTHING = Parse("", "", "", "", "", "")


def scene(thing="ball", colour="red", motion=("slide", "left"), ground="stone", sky="noon", camera="still", seed=5):
    return World((Thing(thing, colour, motion=Motion(*motion)),), ground, sky, CameraMove(camera), seed)


def clip(shown):
    return render(set_stage(shown, 81)[MOMENTS], 256, 256)


@pytest.fixture(scope="module")
def slide():
    return clip(scene())


def one_and_slow(cases):
    """The first in `make test`, the others in `make test-all`."""
    return [cases[0], *(pytest.param(case, marks=pytest.mark.slow) for case in cases[1:])]


def look(frames, shown=None):
    return parse(frames, start_of(shown or scene()))


@pytest.mark.parametrize(
    "question",
    [
        *one_and_slow(prompts.bank(3, first_seed=900_000)),
        *one_and_slow(prompts.bank(2, first_seed=900_100, aspect="16:9")),
    ],
    ids=lambda question: f"{question.aspect} {question.prompt}",
)
def test_the_judge_reads_every_asked_fact_from_the_world_s_own_clips(question):
    assert all(marks(exam.seen(exam.truth(question), question), question.facts).values())


def test_the_judge_says_what_a_clip_shows(slide):
    assert look(slide) == Parse("red", "ball", "stone", "noon", "left", "still")


def test_a_clip_run_backwards_goes_the_other_way(slide):
    assert look(slide[::-1]).direction == "right"


def test_a_frozen_clip_goes_nowhere(slide):
    assert look(np.repeat(slide[:1], len(slide), axis=0)).direction == ""


def test_a_clip_with_red_and_blue_swapped_shows_another_colour(slide):
    assert look(slide[..., ::-1]).colour != "red"


def test_a_mirrored_clip_goes_the_other_way(slide):
    assert look(slide[:, :, ::-1]).direction == "right"


def test_an_empty_world_has_no_colour_and_no_shape():
    stage = set_stage(scene(), 81)[MOMENTS]
    stage.bodies[:] = 0
    seen = look(render(stage, 256, 256))
    assert (seen.colour, seen.shape, seen.ground, seen.sky) == ("", "", "stone", "noon")


def elsewhere(shown, away=(1.7, -1.3), things=True):
    """The scene on the same ground, patterned in another place, as a model that has not learnt the pattern draws it."""
    stage = set_stage(shown, 81)[MOMENTS]
    stage.camera[:, 3:5] += away
    stage.bodies[:, 0, 0:2] += away
    if not things:
        stage.bodies[:] = 0
    return render(stage, 256, 256)


@pytest.mark.parametrize("ground", ["stone", "snow"])
def test_ground_patterned_in_another_place_is_no_thing(ground):
    seen = look(elsewhere(scene(ground=ground), things=False))
    assert (seen.colour, seen.shape, seen.direction, seen.ground) == ("", "", "", ground)


@pytest.mark.parametrize(("camera", "ground"), [("pan left", "snow"), ("orbit right", "stone"), ("still", "grass")])
def test_the_camera_and_the_thing_are_read_although_the_ground_is_patterned_in_another_place(camera, ground):
    shown = scene("cube", "blue", ("slide", "right"), ground, "noon", camera)
    assert look(elsewhere(shown), shown) == Parse("blue", "cube", ground, "noon", "right", camera)


def test_a_shadow_alone_is_no_thing(slide):
    bare = set_stage(scene(), 81)[MOMENTS]
    thing = bare.bodies.copy()
    bare.bodies[:] = 0
    picture, (y, x) = slide.copy(), np.mgrid[0:256, 0:256].astype(np.float32) + np.float32(0.5)
    for frame, empty in zip(range(len(slide)), render(bare, 256, 256), strict=True):
        stage = Stage(thing[frame : frame + 1], bare.look[frame : frame + 1], bare.camera[frame : frame + 1])
        hidden = outline(stage, x.ravel(), y.ravel(), 256, 256).reshape(256, 256)
        hidden = np.max([np.roll(hidden, (i, j), (0, 1)) for i in (-2, 0, 2) for j in (-2, 0, 2)], axis=0)
        picture[frame][hidden] = empty[hidden]
    assert (look(picture).colour, look(picture).shape) == ("", "")


#: Things that hardly stand out in the first picture, or look like others there: pale on pale, crouching before a
#: leap, half above the upper edge.
FAINT = [
    World((Thing("cylinder", "white", "large", "metal", Motion("slide", "right", "fast")),), "snow", "noon",
          CameraMove("crane down"), 802),
    World((Thing("ball", "white", "small", "shiny", Motion("roll", "left")),), "snow", "sunset", CameraMove(), 253),
    World((Thing("cylinder", "yellow", "small", "shiny", Motion("jump", "right", "fast")),), "grass", "overcast",
          CameraMove("crane up", "fast"), 375),
    World((Thing("cube", "purple", "large", "shiny", Motion("bounce", "left", "fast")),), "stone", "noon",
          CameraMove("crane up", "fast"), 498),
]  # fmt: skip


@pytest.mark.parametrize(
    "shown", one_and_slow(FAINT), ids=lambda shown: f"{shown.main.colour} {shown.main.shape} on {shown.ground}"
)
def test_what_hardly_stands_out_in_the_first_picture_is_seen_too(shown):
    seen, main = look(clip(shown), shown), shown.main
    assert (seen.shape, seen.colour, seen.direction) == (main.shape, main.colour, main.motion.direction)


def test_noise_shows_nothing_that_was_asked():
    noise = np.random.default_rng(0).integers(0, 256, (len(MOMENTS), 256, 256, 3), dtype=np.uint8)
    right = marks(look(noise), prompts.bank(1)[0].facts).values()
    assert sum(right) <= 2


def test_the_judge_is_not_told_the_move_but_finds_it():
    moved = scene(motion=("stand", ""), camera="orbit right", ground="sand", sky="sunset")
    assert look(clip(moved), moved).camera == "orbit right"


def test_the_bank_is_the_same_for_everybody_unseen_in_training_and_names_every_skill():
    bank = prompts.bank(40)
    assert bank == prompts.bank(40)
    assert len({question.scene.seed for question in bank}) == 40
    for question in bank:
        assert question.scene.seed < prompts.SEEDS[1]
        assert reader.read(question.prompt).facts == question.facts
        assert set(asked(question.facts)) >= {"colour", "shape", "ground", "sky", "camera"}
    assert sum("direction" in asked(question.facts) for question in bank) >= 20


def test_a_clip_that_could_not_be_made_out_is_wrong_and_is_counted():
    question = prompts.bank(1)[0]
    score = sheet.scores([marks(NOTHING, question.facts)], SKILLS)
    assert score["colour"] == score[ALL] == Score(0, 1)


def test_all_asked_counts_only_clips_with_nothing_wrong():
    score = sheet.scores([{"colour": True, "camera": True}, {"colour": True, "camera": False}], SKILLS)
    assert (score["colour"], score["camera"], score[ALL]) == (Score(2, 2), Score(1, 2), Score(1, 2))


def test_the_interval_is_wilson_s():
    assert sheet.wilson(0, 0) == (0.0, 1.0)
    assert sheet.wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-3)
    assert sheet.wilson(380, 400) == pytest.approx((0.924, 0.967), abs=1e-3)


def test_a_judge_that_fails_the_ground_truth_is_not_believed():
    good, bad = Score(200, 200), Score(190, 200)
    truth = dict.fromkeys((*SKILLS, ALL), good) | {"camera": bad}
    assert sheet.doubtful(truth) == ["camera"]


def test_psnr_of_a_known_error():
    black = np.zeros((1, 4, 4, 3), np.uint8)
    assert reconstruction.psnr(black + np.uint8(51), black) == pytest.approx(20 * np.log10(5))


def test_a_sheet_that_cannot_be_written_is_said_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "load", lambda name="": pytest.fail("the work has begun"))
    with pytest.raises(OutputFailed, match="the folder does not exist"):
        exam.run(json_path=tmp_path / "none" / "sheet.json")
    with pytest.raises(OutputFailed, match="it is a folder"):
        exam.run(json_path=tmp_path)
    with pytest.raises(BadSpec, match='aspect "4:3"'):
        exam.run(aspect="4:3")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_small_exam_from_prompt_to_sheet(tmp_path, monkeypatch):
    monkeypatch.setattr(reconstruction, "FRAMES", 9)
    try:
        registry.load()
    except BadWeights as missing:
        pytest.skip(str(missing))
    text = exam.run(clips=2, aspect="9:16", json_path=tmp_path / "sheet.json", contact_path=tmp_path / "sheet.png")
    result = json.loads((tmp_path / "sheet.json").read_text("utf-8"))
    assert "ground truth" in text
    assert "2 clips of 9:16" in text
    assert result["scores"]["ground truth"][ALL]["of"] == len(result["parses"]) == 2
    assert (tmp_path / "sheet.png").stat().st_size > 0
