"""Defects: true clips of the world pass, whatever they show; made defects are found."""

import functools

import numpy as np
import pytest

from doubles import ANY_SIZE, FORMAT
from vitascope.clip import CameraPath, ClipSpec, SourceClip
from vitascope.media import picture, video
from vitascope.media.defects import Watch, inspect
from vitascope.smallworld.judge import judge
from vitascope.smallworld.world.captions import caption
from vitascope.smallworld.world.render import render
from vitascope.smallworld.world.scene import sample
from vitascope.smallworld.world.stage import set_stage

SIZE = (64, 64)
FRAMES = 9
asks_motion = judge.asks_motion
COUNTS = [20, pytest.param(100, marks=pytest.mark.slow)]  # of true clips; a hundred take ten seconds to draw


def spec(prompt="a red ball rolls on grass", **more):
    return ClipSpec(prompt=prompt, **{"size": SIZE, "seconds": 0.5, **more})


@functools.cache
def world(seed, size=SIZE):
    """A true clip: nine moments spread over a scene's five seconds."""
    return render(set_stage(sample(seed), 81)[::10], *size)


def kinds(asked, frames):
    watch = Watch(asked, ANY_SIZE.resolve(asked), asks_motion(asked))
    for _ in watch.through(frames):
        pass
    return [defect.kind for defect in watch.defects()]


def found(path, asked):
    return inspect(path, asked, ANY_SIZE.resolve(asked), asks_motion(asked))


@functools.cache
def true_clip(seed):
    """Its frames, and captions in both languages."""
    return world(seed), [caption(sample(seed), np.random.default_rng(seed), tongue) for tongue in ("en", "zh")]


@pytest.mark.parametrize("count", COUNTS)
def test_no_true_clip_is_called_defective(count):
    nights = stills = 0
    for seed in range(count):
        frames, captions = true_clip(seed)
        for words in captions:
            assert kinds(spec(words), frames) == [], (seed, words)
        nights += sample(seed).sky == "night"
        stills += np.array_equal(frames[0], frames[-1])
    assert nights > count / 10
    assert stills > 0


def test_a_very_dark_night_is_not_black():
    dark = [true_clip(seed)[0] for seed in range(20) if sample(seed).sky == "night"]
    assert dark
    for frames in dark:
        assert kinds(spec(), (frames * 0.15).astype(np.uint8)) == []


@pytest.mark.parametrize("count", COUNTS)
def test_every_true_clip_frozen_or_blackened_is_caught(count):
    for frames, captions in map(true_clip, range(count)):
        if asks_motion(spec(captions[0])):
            assert kinds(spec(captions[0]), np.repeat(frames[:1], FRAMES, 0)) == ["frozen"]
        assert kinds(spec(captions[0]), (frames * 0.03).astype(np.uint8)) == ["black"]


@pytest.mark.parametrize("count", COUNTS)
def test_the_limits_are_far_from_true_clips(count):
    changes, brightest = [], []
    for frames, captions in map(true_clip, range(count)):
        asked = spec(captions[0])
        watch = Watch(asked, ANY_SIZE.resolve(asked))
        for frame in frames:
            watch.see(frame)
        if asks_motion(asked):
            changes.append(watch._change)
        brightest.append(frames.reshape(len(frames), -1).max(1).min())
    assert min(changes) > 7, "twice the limit"
    assert min(brightest) > 60


@pytest.mark.parametrize(
    "prompt",
    [
        "a red ball stands still on snow",
        "a red ball on snow, the camera is still",
        "a still picture of a cone",
        "a blue ball spins",
        "a woman in a garden",
        "the ball does not move",
        "雪地上一个静止不动的红球",
        "一个红球，镜头静止",
    ],
)
def test_a_still_clip_is_no_defect_when_stillness_was_asked(prompt):
    assert not asks_motion(spec(prompt))
    assert kinds(spec(prompt), np.repeat(world(5)[:1], FRAMES, 0)) == []


@pytest.mark.parametrize(
    "asked",
    [
        spec("a red ball bounces on snow"),
        spec("一个红球在雪地上弹跳"),
        spec("a red ball on snow, the camera pans left"),
        spec("a red ball", camera=CameraPath(words="orbit left")),
        spec("a red ball", camera=CameraPath(points=((0,) * 8, (1,) * 8))),
        spec("a red cube spins"),
    ],
)
def test_a_still_clip_is_a_defect_when_motion_was_asked(asked):
    frames = np.repeat(world(5)[:1], FRAMES, 0)
    noisy = np.clip(frames + np.random.default_rng(0).normal(0, 2, frames.shape), 0, 255).astype(np.uint8)
    assert kinds(asked, frames) == ["frozen"]
    assert kinds(asked, noisy) == ["frozen"], "the grain of a codec is no motion"


def test_two_given_pictures_that_differ_ask_for_motion():
    first, last = (picture.from_pixels(world(seed)[0]) for seed in (1, 2))
    assert asks_motion(spec("a scene", image=first, last_image=last))
    assert not asks_motion(spec("a scene", image=first, last_image=first))
    assert not asks_motion(spec("a scene", image=first))


def test_a_camera_that_is_still_does_not_hide_a_frozen_ball():
    still = CameraPath(words="still")
    frames = np.repeat(world(5)[:1], FRAMES, 0)
    assert kinds(spec("a ball bounces", camera=still), frames) == ["frozen"]
    assert kinds(spec("a ball stands still", camera=still), frames) == []


def test_a_clip_of_the_wrong_length_or_size_says_so():
    assert kinds(spec(), world(3)[:-1]) == ["length"]
    assert kinds(spec(), np.concatenate([world(3), world(3)])) == ["length"]
    assert kinds(spec(), []) == ["length"]
    assert kinds(spec(), world(3, (96, 64))) == ["broken"]


def test_one_colour_and_noise_are_broken():
    rng = np.random.default_rng(0)
    for level in (40, 128, 255):
        flat = np.full((FRAMES, 64, 64, 3), level, np.uint8)
        assert kinds(spec(), flat) == ["broken"]
    assert kinds(spec(), rng.integers(0, 256, (FRAMES, 64, 64, 3), dtype=np.uint8)) == ["broken"]
    mixed = world(3) * 0.15 + 0.85 * rng.normal(128, 60, (FRAMES, 64, 64, 3))
    assert kinds(spec(), np.clip(mixed, 0, 255).astype(np.uint8)) == ["broken"]


def test_a_short_flash_or_a_fade_is_no_defect():
    frames = world(3).copy()
    frames[4] = 255
    assert kinds(spec(), frames) == []
    fade = (world(3) * np.linspace(1, 0, FRAMES)[:, None, None, None]).astype(np.uint8)
    assert kinds(spec(), fade) == []


def test_a_black_picture_that_was_given_is_not_held_against_the_clip():
    black = np.zeros((FRAMES, 64, 64, 3), np.uint8)
    given = picture.from_pixels(black[0])
    assert kinds(spec(), black) == ["black"]
    assert kinds(spec("a scene", image=given), black) == []


def test_only_the_new_part_of_a_continued_clip_is_judged():
    asked = ClipSpec(prompt="a red ball rolls", extend=SourceClip("ab", len(world(3)), *SIZE, FORMAT.fps), seconds=0.5)
    new = np.repeat(world(3)[-1:], ANY_SIZE.resolve(asked).frames, 0)
    assert kinds(asked, np.concatenate([world(3), new])) == ["frozen"]
    assert kinds(asked, np.concatenate([new[:1].repeat(FRAMES, 0), world(3)[1:]])) == []


def test_a_file_is_judged_as_it_lies_on_the_disk(tmp_path):
    for seed in range(10):
        frames, captions = true_clip(seed)
        path = tmp_path / f"{seed}.mp4"
        with video.writing(path, *SIZE, fps=FORMAT.fps) as writer:
            for frame in frames:
                writer.write(frame)
        assert found(path, spec(captions[0])) == ()
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert next(defect.kind for defect in found(path, spec())) in ("broken", "length")
    path.write_bytes(b"no video")
    (defect,) = found(path, spec())
    assert (defect.kind, "cannot be read" in defect.message) == ("broken", True)
    frozen = tmp_path / "frozen.mp4"
    with video.writing(frozen, *SIZE, fps=FORMAT.fps) as writer:
        for _ in range(FRAMES):
            writer.write(world(3)[0])
    assert [defect.kind for defect in found(frozen, spec())] == ["frozen"]


def test_a_still_is_judged_too(tmp_path):
    path = tmp_path / "still.png"
    picture.save(path, world(3)[0])
    assert found(path, spec(seconds=0)) == ()
    picture.save(path, np.zeros((64, 64, 3), np.uint8))
    assert [defect.kind for defect in found(path, spec(seconds=0))] == ["black"]
