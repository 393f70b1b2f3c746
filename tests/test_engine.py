"""The embedded engine: the same request gives the same bytes, what is given stays, and long clips are made of windows.

Runs on the committed model where there is one, else on a tiny one that is drawn at random.
"""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sheets import psnr
from vitascope.clip import ASPECTS, CameraPath, ClipSpec, Recipe, Source
from vitascope.engines import weights_folder as committed
from vitascope.media import picture, video
from vitascope.smallworld import engine as embedded
from vitascope.smallworld.engine import CONTEXT, WINDOW, EmbeddedEngine, frames_hash
from vitascope.smallworld.inference import conditions, flow
from vitascope.smallworld.reader import reader
from vitascope.smallworld.world import camera as cameras
from vitascope.smallworld.world.facts import GROUND_WORDS, SKY_WORDS
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import GROUNDS, SKIES, CameraMove, sample
from vitascope.smallworld.world.stage import set_stage

SMALL = (64, 64)


@pytest.fixture(scope="module")
def folder(request):
    if (committed() / "manifest.json").exists():
        return committed()
    return request.getfixturevalue("tiny_weights")


@pytest.fixture(scope="module")
def engine(folder):
    return EmbeddedEngine(folder, threads=1)


def asked(prompt="a large red ball rolls left on snow", *, seed=7, seconds=1.0, size=SMALL, **more):
    return ClipSpec(prompt=prompt, seed=seed, seconds=seconds, size=size, **more)


def finished(engine, spec):
    draft = engine.begin(spec)
    while not draft.done:
        engine.step([draft])
    return draft


def made(engine, spec):
    return np.stack(list(engine.frames(finished(engine, spec))))


def clip_hash(engine, spec):
    return frames_hash(engine.frames(finished(engine, spec)))


@cache
def scene_frames(frames):
    """A rendered clip of the kind that the model knows."""
    return render(set_stage(sample(0, things=1), frames, 20), 64, 64)


def source(folder, frames):
    """A clip on disk to be continued, of which nothing is known but its frames."""
    path = Path(folder) / "source.mp4"
    with video.writing(path, 64, 64) as writer:
        for frame in scene_frames(frames):
            writer.write(frame)
    return Source("0" * 64, frames, 64, 64, None, str(path))


def told(engine, spec, monkeypatch):
    """What the model is given at every step, by name, each with a row for every latent frame; `latents` are those that
    rest, sketch and doubt amount to.
    """
    seen, run = [], engine._dit.run

    def listen(**inputs):
        one = {name: inputs[name][0].copy() for name in ("rest", "t", "camera", "sketch", "doubt")}
        seen.append(one | {"latents": one["sketch"] + one["doubt"] * one["rest"]})
        return run(**inputs)

    monkeypatch.setattr(engine._dit, "run", listen)
    return finished(engine, spec), seen


# The same bytes


def test_the_same_request_gives_the_same_bytes(engine):
    one = clip_hash(engine, asked())
    assert one == clip_hash(engine, asked())
    assert one != clip_hash(engine, asked(seed=8))
    assert one != clip_hash(engine, asked("a small blue cube rolls right on sand"))


def test_the_number_of_threads_changes_no_byte(folder, engine):
    spec = asked(size=(192, 352), seconds=0.5, steps=2)
    assert clip_hash(engine, spec) == clip_hash(EmbeddedEngine(folder, threads=2), spec)


def test_neighbours_that_come_and_go_change_no_byte(engine):
    specs = [asked(), asked(seed=8, steps=2), asked("a cone spins", seconds=0.5), asked(size=(96, 64), steps=7)]
    alone = [clip_hash(engine, spec) for spec in specs]
    drafts = [engine.begin(spec) for spec in specs[:2]]
    engine.step(drafts)
    drafts += [engine.begin(spec) for spec in specs[2:]]  # two join
    while not drafts[3].done:  # the others leave before it
        engine.step(drafts[::-1])
    assert [frames_hash(engine.frames(draft)) for draft in drafts] == alone


def test_words_in_another_order_of_the_same_meaning_are_the_same_request(engine):
    assert clip_hash(engine, asked("on snow, a large red ball rolls left")) == clip_hash(engine, asked())


# Shapes and steps


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_aspect_has_its_size(engine, aspect):
    spec = asked(size=None, aspect=aspect, seconds=0, steps=1)
    width, height = ASPECTS[aspect]
    assert made(engine, spec).shape == (1, height, width, 3)


@pytest.mark.parametrize(("seconds", "frames"), [(0, 1), (0.5, 9), (1, 17), (5, 81)])
def test_a_clip_has_the_frames_that_were_asked_for(engine, seconds, frames):
    spec = asked(seconds=seconds, steps=1)
    assert spec.new_frames == frames
    assert made(engine, spec).shape == (frames, 64, 64, 3)


@pytest.mark.parametrize("steps", [1, 4, 5])
def test_a_draft_is_done_after_its_steps_and_then_stays(engine, steps):
    draft = engine.begin(asked(steps=steps))
    assert (draft.step_index, draft.step_count, draft.done) == (0, steps, False)
    for number in range(steps):
        assert draft.step_index == number
        engine.step([draft])
    assert draft.done
    before = frames_hash(engine.frames(draft))
    engine.step([draft])
    assert draft.step_index == steps
    assert frames_hash(engine.frames(draft)) == before


def test_more_steps_give_another_clip(engine):
    assert clip_hash(engine, asked(steps=2)) != clip_hash(engine, asked(steps=4))


def test_a_preview_shows_a_frame_of_every_latent_frame_at_any_moment(engine):
    draft = engine.begin(asked(seconds=1, steps=2))
    looks = [engine.preview(draft)]
    while not draft.done:
        engine.step([draft])
        looks.append(engine.preview(draft))
    assert all(look.shape == (3, 32, 32, 3) and look.dtype == np.uint8 for look in looks)


def test_looking_back_through_the_encoder_shows_what_went_in(engine):
    frames = scene_frames(17)[::8]
    seen = engine._encoder.look_back(np.stack([engine._encoder.still(frame) for frame in frames]))
    height, width = seen.shape[1:3]
    small = frames.reshape(3, height, 2, width, 2, 3).mean(axis=(2, 4))
    assert np.abs(seen - small).mean() < 6  # of 255


def test_frames_come_one_by_one(engine):
    frames = engine.frames(finished(engine, asked(seconds=2, steps=1)))
    assert next(frames).shape == (64, 64, 3)
    assert len(list(frames)) == 32


def test_the_reading_says_what_was_understood_and_what_was_not(engine):
    reading = engine.begin(asked("a red ball bounces beside a dragon", steps=1)).reading
    assert {"red", "ball", "bounces"} <= set(" ".join(reading.understood).split())
    assert "dragon" in " ".join(reading.unknown)
    assert "dragon" not in " ".join(reading.understood)


def test_what_nobody_named_is_said(engine):
    chosen = engine.begin(asked("a red ball on sand", steps=1)).reading.chosen
    assert len(chosen) == 1
    assert chosen[0] in SKY_WORDS.values()
    assert engine.begin(asked("a red ball on sand at night", steps=1)).reading.chosen == ()


@pytest.mark.parametrize("seed", range(4))
def test_the_ground_and_the_sky_of_a_given_picture_are_recognised(engine, folder, seed):
    if folder != committed():
        pytest.skip("a model drawn at random recognises nothing")
    scene = sample(seed, things=1)
    given = picture.from_pixels(render(set_stage(scene, 1), 256, 256)[0])
    words = f"a {scene.main.colour} {scene.main.shape}"
    for place in ("image", "last_image"):
        spec = asked(words, seed=seed, size=(256, 256), steps=1, **{place: given})
        assert engine.begin(spec).reading.chosen == (GROUND_WORDS[scene.ground], SKY_WORDS[scene.sky]), place


@pytest.mark.slow
def test_the_colour_of_the_thing_in_a_given_picture_is_mostly_recognised(engine, folder):
    """Chance would be one of eight, and two of eight by accident."""
    if folder != committed():
        pytest.skip("a model drawn at random recognises nothing")
    right = 0
    for seed in range(8):
        scene = sample(seed, things=1, motion="stand")
        given = picture.from_pixels(render(set_stage(scene, 1), 256, 256)[0])
        bare, named = (
            engine.begin(asked(words, seed=seed, size=(256, 256), steps=1, image=given))
            for words in (f"the {scene.main.shape}", f"the {scene.main.colour} {scene.main.shape}")
        )
        right += np.array_equal(bare.tokens, named.tokens)
    assert right >= 5


# Words


def test_a_negative_prompt_is_heard_where_there_is_guidance(engine):
    assert clip_hash(engine, asked(guidance=2.0)) != clip_hash(engine, asked(guidance=2.0, negative_prompt="a cube"))
    assert clip_hash(engine, asked(guidance=1.0)) == clip_hash(engine, asked(guidance=1.0, negative_prompt="a cube"))


def told_of(prompt, **more):
    return conditions.told(asked(prompt, **more), reader.read(prompt).facts)


def test_a_ground_and_a_sky_that_nobody_names_are_chosen_by_the_seed():
    seeds = range(40)
    chosen = [told_of("a red ball", seed=seed) for seed in seeds]
    assert chosen == [told_of("a red ball", seed=seed) for seed in seeds]
    assert {facts.ground for facts in chosen} == set(GROUNDS)
    assert {facts.sky for facts in chosen} == set(SKIES)
    named = told_of("a red ball on sand at night")
    assert named == reader.read("a red ball on sand at night").facts
    spared = [told_of("a red ball", seed=seed, negative_prompt="snow, at night") for seed in seeds]
    assert {facts.ground for facts in spared} == {*GROUNDS} - {"snow"}
    assert {facts.sky for facts in spared} == {*SKIES} - {"night"}


def test_a_continued_clip_keeps_the_ground_and_sky_of_its_source_and_a_picture_its_own():
    parent = asked("a red ball", seed=3)
    recipe = Recipe(spec=parent, model="vitascope-nano", weights="", version="")
    before = conditions.told(parent, reader.read(parent.prompt).facts)
    after = told_of("it jumps", size=None, seed=4, extend=Source("0" * 64, 17, 64, 64, recipe))
    assert (after.ground, after.sky) == (before.ground, before.sky)
    (ball,) = after.things
    assert (ball.colour, ball.shape) == ("red", "ball")  # what "it" is nobody said again
    given = told_of("a red ball", image=picture.from_pixels(scene_frames(1)[0]))
    assert (given.ground, given.sky) == ("", "")


# Given pictures and clips


def test_given_pictures_are_met_as_they_are(engine):
    """What the codec leaves out of them fades within a group."""
    first, last = scene_frames(33)[[0, 32]]
    given = {"image": picture.from_pixels(first), "last_image": picture.from_pixels(last)}
    draft = finished(engine, asked(seconds=2, steps=1, **given))
    frames = np.stack(list(engine.frames(draft)))
    drawn = np.concatenate(list(engine._decoder.groups(draft.latents)))[7:]
    assert np.array_equal(frames[0], first)
    assert np.array_equal(frames[-1], last)
    assert np.array_equal(frames[8:-8], drawn[8:-8])
    assert 22 < psnr(drawn[0], first) < 45
    off = np.abs(frames.astype(int) - drawn).mean((1, 2, 3))
    assert (np.diff(off[:9]) < 0).all()
    assert (np.diff(off[-9:]) > 0).all()


def test_what_is_given_is_clean_at_every_step(engine, monkeypatch):
    first, last = scene_frames(33)[[0, 32]]
    given = {"image": picture.from_pixels(first), "last_image": picture.from_pixels(last)}
    draft, seen = told(engine, asked(**given), monkeypatch)
    for one in seen:
        assert (one["t"][[0, -1]] == 0).all()
        assert np.allclose(one["latents"][0], engine._encoder.still(first), atol=1e-4)
        assert np.allclose(one["latents"][-1], engine._encoder.still(last), atol=1e-4)
    assert [one["t"][1] for one in seen] == pytest.approx(flow.timesteps(4, engine._manifest["shift"])[:-1])
    assert np.array_equal(draft.latents[-1], engine._encoder.still(last))


def test_what_is_asked_begins_as_noise_of_the_seed(engine, monkeypatch):
    _, seen = told(engine, asked(), monkeypatch)
    first = seen[0]
    assert (first["t"] == 1).all()
    assert first["rest"].mean() == pytest.approx(0, abs=0.1)
    assert first["rest"].std() == pytest.approx(engine._manifest["temperature"], rel=0.1)
    same, other = (engine.begin(asked(seed=seed)).rest for seed in (7, 8))
    assert np.array_equal(same, first["rest"])
    assert abs(np.corrcoef(same.ravel(), other.ravel())[0, 1]) < 0.1


@pytest.mark.parametrize("frames", [1, 9, 25, 30, 41])
def test_a_continued_clip_is_given_its_end_and_yields_only_what_is_new(engine, tmp_path, monkeypatch, frames):
    extend = source(tmp_path, frames)
    draft, seen = told(engine, asked(size=None, seconds=1, extend=extend), monkeypatch)
    context = min(CONTEXT, 1 + (frames - 1 + 7) // 8)
    tail = engine._encoder.clip(video.tail(extend.path, frames))[-context:]
    assert draft.context == context
    for one in seen:
        assert (one["t"][:context] == 0).all()
        assert (one["t"][context:] > 0).all()
        assert np.allclose(one["latents"][:context], tail, atol=1e-4)
    assert np.array_equal(draft.latents[:context], tail)
    assert len(list(engine.frames(draft))) == 16


def test_a_continued_clip_says_whether_it_began_before_what_is_given(engine, tmp_path):
    assert engine.begin(asked(size=None, extend=source(tmp_path, 33))).continues
    assert not engine.begin(asked(size=None, extend=source(tmp_path, 25))).continues


def test_a_continued_clip_is_decoded_in_the_memory_of_its_source_and_fades_from_its_last_frame(engine, tmp_path):
    """Its first new frame is not drawn as the beginning of a clip, and nothing jumps where the two meet."""
    extend = source(tmp_path, 33)
    draft = finished(engine, asked(size=None, extend=extend, steps=1))
    frames = np.stack(list(engine.frames(draft))).astype(float)
    drawn = np.stack(list(engine._decoder.groups(draft.latents))).astype(float)[draft.context - 1 :]
    off = video.tail(Path(extend.path), 1)[0] - drawn[0, -1]
    assert np.abs(off).mean() > 0.5
    for number, share in ((0, 7 / 8), (3, 4 / 8), (7, 0)):
        meant = np.clip(drawn[1, number] + share * off, 0, 255)
        assert np.abs(frames[number] - meant).max() <= 0.51, number
    assert np.array_equal(frames[8:], drawn[2])
    alone = next(engine._decoder.groups(draft.latents[draft.context :]))[7]
    assert not np.array_equal(frames[7], alone)


def written(engine, folder, spec, mirrored=False):
    """A clip of this model on disk with its recipe, to be continued; and how it was laid out."""
    draft = finished(engine, spec)
    before = video.tail(Path(spec.extend.path), spec.extend.frames) if spec.extend else ()
    path = folder / f"{spec.seed}.mp4"
    with video.writing(path, *spec.shape) as writer:
        for frame in (*before, *engine.frames(draft)):
            writer.write(frame[:, ::-1].copy() if mirrored else frame)
    recipe = Recipe(spec=spec, model=engine.card.name, weights=engine.card.weights, version="")
    return Source("0" * 64, spec.frames, *spec.shape, recipe, str(path)), draft


def test_a_clip_of_the_same_model_goes_on_from_how_it_was_laid_out(engine, folder, tmp_path):
    """Not from what can be made out in its pictures; also what is not named of its things is known from there."""
    if folder != committed():
        pytest.skip("a model drawn at random draws nothing like its sketch")
    parent, first = written(engine, tmp_path, asked("a ball rolls left", size=(256, 256), steps=1))
    child, second = written(engine, tmp_path, asked("it jumps", size=None, seed=8, steps=1, extend=parent))
    third = engine.begin(asked("it jumps", size=None, seed=9, steps=1, extend=child))
    assert np.array_equal(second.layout[:3], first.layout)
    assert np.array_equal(third.layout[:CONTEXT], second.layout[-CONTEXT:])
    for draft in (second, third):
        (ball,) = draft.told.things
        assert (ball.shape, bool(ball.colour), bool(ball.size)) == ("ball", True, True)
        assert (draft.told.ground, draft.told.sky) == (first.told.ground, first.told.sky)
    assert third.told.things == second.told.things


@pytest.mark.parametrize("why", ["another model", "cut", "mirrored"])
def test_a_recipe_that_does_not_tell_of_the_frames_is_not_followed(engine, folder, tmp_path, why):
    if folder != committed():
        pytest.skip("a model drawn at random draws nothing like its sketch")
    spec = asked("a large red ball rolls left fast on snow", size=(256, 256), steps=1)
    parent, first = written(engine, tmp_path, spec, mirrored=why == "mirrored")
    if why == "another model":
        parent = replace(parent, recipe=replace(parent.recipe, weights="1" * 64))
    if why == "cut":
        with video.writing(tmp_path / "cut.mp4", 256, 256) as writer:
            for frame in video.read_frames(Path(parent.path), frames=parent.frames):
                if writer.count < 9:
                    writer.write(frame)
        parent = replace(parent, frames=9, path=str(tmp_path / "cut.mp4"))
    draft = engine.begin(asked("it jumps", size=None, seed=8, steps=1, extend=parent))
    known = min(draft.context, len(first.layout))
    assert not np.array_equal(draft.layout[:known], first.layout[:known])
    assert not np.array_equal(draft.layout[:known], first.layout[-known:])


# Long clips


@pytest.mark.parametrize("context", [0, CONTEXT])
def test_windows_cover_a_clip_of_any_length_and_hold_on_to_what_came_before(context):
    for total in range(1, 2 + 60 * 2 + context):
        starts = embedded._windows(total, context)
        size = min(WINDOW, total)
        assert starts[0] == 0
        assert starts[-1] + size == total
        assert all(CONTEXT <= a + size - b < size for a, b in pairwise(starts))


def test_a_long_clip_is_made_window_by_window(engine):
    spec = asked(seconds=8, steps=2)
    draft = engine.begin(spec)
    assert draft.starts == [0, 6]
    assert draft.step_count == 4
    for _ in range(2):
        engine.step([draft])
    first = draft.latents[:WINDOW].copy()
    assert engine.preview(draft).shape[0] == WINDOW
    while not draft.done:
        engine.step([draft])
    assert np.array_equal(draft.latents[:WINDOW], first)  # what a later window is given, it leaves as it was
    assert (draft.latents[WINDOW:].std(axis=(1, 2, 3)) > 0).all()
    assert sum(1 for _ in engine.frames(draft)) == 129


def test_later_windows_are_given_the_end_of_the_one_before(engine, monkeypatch):
    draft, seen = told(engine, asked(seconds=8, steps=1), monkeypatch)
    first, last = seen
    noises = first["rest"][-1].ravel(), last["rest"][-1].ravel()
    assert abs(np.corrcoef(*noises)[0, 1]) < 0.3  # each has noise of its own
    given = WINDOW - draft.starts[1]
    assert (last["t"][:given] == 0).all()
    assert (last["t"][given:] == 1).all()
    assert np.allclose(last["latents"][:given], draft.latents[draft.starts[1] : WINDOW], atol=1e-4)


def test_the_end_of_a_long_clip_is_its_last_picture(engine):
    last = scene_frames(1)[0]
    draft = finished(engine, asked(seconds=8, steps=1, last_image=picture.from_pixels(last)))
    assert np.array_equal(draft.latents[-1], engine._encoder.still(last))


# Cameras


def test_the_engine_tells_the_camera_as_training_does(engine, monkeypatch):
    """A window of the training data and a clip of the same move and start: the same numbers, frame by frame."""
    data = pytest.importorskip("vitascope.smallworld.training.data", reason="needs torch", exc_type=ImportError)
    scene = sample(0, camera="orbit left")
    window = data.Window(0, 0, "1:1")
    path = data.stage_at(scene, window.tap_frames())[1]
    trained_on = conditions.camera_features(path.reshape(-1, 2, 8))
    spec = asked(f"a ball, the camera orbits left {'quickly' if scene.camera.speed == 'fast' else 'slowly'}", seconds=5)
    monkeypatch.setattr(conditions, "start", lambda spec: data.start_of(scene))
    _, seen = told(engine, spec, monkeypatch)
    assert np.allclose(seen[0]["camera"], trained_on, atol=1e-5)


def test_camera_words_win_over_the_prompt_and_numbers_over_words(engine):
    rows = cameras.path(CameraMove("crane up", "fast"), 17)
    by_numbers = asked("a ball, the camera orbits left", camera=CameraPath(points=tuple(map(tuple, rows.tolist()))))
    by_words = asked("a ball, the camera orbits left", camera=CameraPath(words="push in"))
    facts = engine.begin(by_words).reading.facts
    assert np.allclose(conditions.camera_path(by_numbers, facts), rows)
    pushed = conditions.camera_path(by_words, facts)
    assert np.ptp(pushed[:, cameras.LOG_DISTANCE]) > 0.02
    assert np.ptp(pushed[:, cameras.AZIMUTH]) == 0
    alone = conditions.camera_path(asked("a ball, the camera orbits left"), facts)
    assert np.ptp(alone[:, cameras.AZIMUTH]) > 0.02


def continued(before, prompt, seconds=1):
    """The camera's path of a clip that goes on from the clip of the spec `before`."""
    recipe = Recipe(spec=before, model="vitascope-nano", weights="", version="")
    extend = Source("0" * 64, before.frames, 64, 64, recipe)
    return conditions.camera_path(asked(prompt, size=None, seconds=seconds, extend=extend), reader.read(prompt).facts)


def test_another_move_begins_where_the_source_stopped():
    path = continued(asked("a ball, the camera orbits left", seconds=2), "a ball, the camera pushes in")
    steps = np.diff(path, axis=0)
    assert path.shape == (49, 8)
    assert np.abs(steps).max() < 0.05  # no jump
    assert (steps[:32, cameras.AZIMUTH] < 0).all()
    assert (steps[32:, cameras.AZIMUTH] == 0).all()
    assert (steps[32:, cameras.LOG_DISTANCE] < 0).all()


def test_a_move_that_goes_on_is_that_of_one_long_clip():
    for prompt in ("a ball, the camera orbits left", "a ball, the camera pushes in"):
        whole = conditions.camera_path(asked(prompt, seconds=9), reader.read(prompt).facts)
        assert np.allclose(continued(asked(prompt, seconds=5), prompt, seconds=4), whole)
