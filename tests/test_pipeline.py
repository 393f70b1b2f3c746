"""The way of a clip, from words to a file and back to words, with a drawn engine in the place of the model."""

import tracemalloc

import numpy as np
import pytest
from PIL import Image

import vitascope
from doubles import CARD, DiscEngine
from vitascope import ask
from vitascope.clip import ClipSpec, Picture
from vitascope.engines import registry, render
from vitascope.errors import BadClip, BadPicture, BadSpec, OutputFailed
from vitascope.media import recipe, video


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    monkeypatch.setattr(registry, "load", lambda name="": DiscEngine())


@pytest.fixture
def ball(tmp_path):
    return render.make(ask.spec("a red ball", CARD, seconds=1, seed=7), DiscEngine(), tmp_path / "ball.mp4")


def test_a_clip_has_frames_a_rate_and_its_recipe():
    clip = vitascope.generate("a red ball", seconds=1, aspect="16:9", seed=7)
    assert (clip.frames.shape, clip.frames.dtype, clip.fps) == ((17, 192, 352, 3), np.uint8, 16)
    assert (clip.recipe.spec.seed, clip.recipe.spec.prompt) == (7, "a red ball")


def test_a_saved_clip_is_the_same_bytes_as_one_made_into_a_file(ball, tmp_path):
    saved = vitascope.generate("a red ball", seconds=1, seed=7).save(tmp_path / "saved.mp4")
    assert saved.read_bytes() == ball.path.read_bytes()
    assert ball.save(tmp_path / "copy.mp4").read_bytes() == ball.path.read_bytes()


def test_a_clip_made_from_its_own_recipe_is_the_same_bytes(ball, tmp_path):
    again = render.make(recipe.read(ball.path).spec, DiscEngine(), tmp_path / "again.mp4")
    assert again.path.read_bytes() == ball.path.read_bytes()


def test_without_a_seed_one_is_drawn_and_written_down():
    first, second = (vitascope.generate("a red ball", seconds=0) for _ in range(2))
    assert first.recipe.spec.seed != second.recipe.spec.seed
    assert np.array_equal(vitascope.generate("a red ball", seconds=0, seed=first.recipe.spec.seed).frames, first.frames)


def test_takes_have_seeds_that_follow_each_other():
    clips = vitascope.generate("a red ball", seconds=0, seed=40, n=3)
    assert [clip.recipe.spec.seed for clip in clips] == [40, 41, 42]


def test_a_still_is_one_frame_and_may_be_a_png(tmp_path):
    clip = vitascope.generate("a red ball", seconds=0, seed=1)
    path = clip.save(tmp_path / "still.png")
    assert np.array_equal(np.asarray(Image.open(path)), clip.frames[0])
    assert recipe.read(path) == clip.recipe
    made = render.make(clip.recipe.spec, DiscEngine(), tmp_path / "made.png")
    assert made.path.read_bytes() == path.read_bytes()
    assert video.probe(made.save(tmp_path / "made.mp4")).frames == 1


def test_a_given_picture_is_the_first_frame_and_is_kept_in_the_recipe(tmp_path):
    Image.new("RGB", (400, 200), (10, 200, 30)).save(tmp_path / "green.png")
    clip = vitascope.generate("it rolls", image=tmp_path / "green.png", seconds=1, seed=3)
    assert clip.frames.shape[1:3] == (192, 352)  # the nearest shape to 2:1
    assert (clip.frames[0] == (10, 200, 30)).all()
    assert recipe.read(clip.save(tmp_path / "clip.mp4")) == clip.recipe


def test_pictures_may_be_arrays_or_pillow_images():
    array = np.full((300, 200, 3), 9, np.uint8)
    for given in (array, Image.fromarray(array)):
        assert isinstance(ask.spec("a ball", CARD, image=given).image, Picture)
        assert CARD.resolve(ask.spec("a ball", CARD, image=given)).size == (192, 352)
    with pytest.raises(BadPicture, match="float64"):
        ask.spec("a ball", CARD, image=array / 255)


def test_a_continued_clip_begins_with_the_frames_of_the_first(ball, tmp_path):
    longer = vitascope.generate("it stops", extend=ball.path, seconds=1, seed=8)
    assert len(longer.frames) == 17 + 16
    assert np.array_equal(longer.frames[:17], ball.frames)
    assert longer.recipe.spec.extend.recipe == ball.recipe


def test_a_clip_in_memory_can_be_continued_and_is_the_same_source(ball):
    held = vitascope.generate("a red ball", seconds=1, seed=7)
    from_memory = vitascope.generate("it stops", extend=held, seconds=1, seed=8)
    assert from_memory.recipe == vitascope.generate("it stops", extend=ball, seconds=1, seed=8).recipe


def test_a_line_of_continued_clips_is_made_again_from_the_last_file_alone(ball, tmp_path):
    second = render.make(
        ask.spec("it stops", CARD, extend=ball.path, seconds=0.5, seed=8), DiscEngine(), tmp_path / "2.mp4"
    )
    third = render.make(
        ask.spec("it melts", CARD, extend=second.path, seconds=0.5, seed=9), DiscEngine(), tmp_path / "3.mp4"
    )
    kept = third.path.read_bytes()
    for path in (ball.path, second.path):
        path.unlink()
    (tmp_path / "parents").mkdir()
    spec = render.with_source(recipe.read(third.path).spec, DiscEngine(), tmp_path / "parents")
    assert render.make(spec, DiscEngine(), tmp_path / "again.mp4").path.read_bytes() == kept


def test_a_parent_that_comes_out_differently_is_not_passed_off_as_the_same(ball, tmp_path):
    spec = ask.spec("it stops", CARD, extend=ball.path, seconds=0.5, seed=8)
    second = render.make(spec, DiscEngine(), tmp_path / "2.mp4").path

    class OtherEngine(DiscEngine):
        def frames(self, draft):
            return (255 - frame for frame in super().frames(draft))

    with pytest.raises(BadClip, match="differently") as caught:
        render.with_source(recipe.read(second).spec, OtherEngine(), tmp_path)
    assert "Give the clip itself" in caught.value.hint


def test_the_place_is_tried_before_the_work_begins(tmp_path):
    class NoEngine(DiscEngine):
        def begin(self, spec, shape):
            raise AssertionError("the work began")

    with pytest.raises(OutputFailed):
        render.make(ask.takes(ask.spec("a ball", CARD), 1)[0], NoEngine(), tmp_path / "none" / "clip.mp4")


@pytest.mark.parametrize(("name", "seconds"), [("clip.avi", 1), ("clip", 1), ("clip.png", 1)])
def test_only_files_that_can_hold_the_clip_are_written(tmp_path, name, seconds):
    with pytest.raises(BadSpec, match=name):
        render.make(ask.spec("a ball", CARD, seconds=seconds, seed=1), DiscEngine(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_progress_tells_of_every_step_and_frame(tmp_path):
    told = []
    spec = ask.spec("a red whale", CARD, seconds=0.5, steps=3, seed=1)
    render.make(
        spec,
        DiscEngine(),
        tmp_path / "clip.mp4",
        progress=lambda *what: told.append(what),
        begun=lambda draft: told.append(draft.reading.unknown),
    )
    steps = [("steps", done, 3) for done in range(4)]
    assert told == [("whale",), *steps, *(("frames", done, 9) for done in range(1, 10))]


def test_memory_does_not_grow_with_the_length(tmp_path):
    def peak(seconds):
        spec = ClipSpec(prompt="a ball", seconds=seconds, size=(256, 256), seed=1)
        tracemalloc.start()
        render.make(spec, DiscEngine(), tmp_path / "clip.mp4")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(0.5)  # what is loaded once
    waiting = render.AHEAD * 256 * 256 * 3  # frames drawn ahead: how many there are depends on the machine
    long = min(peak(8) for _ in range(3))  # threads that other tests have left are counted too
    assert long < peak(2) + 2 * waiting + 2**22 < 129 * 256 * 256 * 3


@pytest.mark.parametrize(
    ("camera", "said"),
    [
        ("wobble about", "no camera move"),
        ("none.json", "none.json"),
        ([[1, 2]], "Row 0"),
        ([["a"] * 8], "numbers"),
        (5, "rows"),
    ],
)
def test_a_camera_that_is_none_is_refused(camera, said):
    with pytest.raises(BadSpec, match=said):
        ask.spec("a ball", CARD, camera=camera)


def test_a_camera_is_words_rows_or_a_file(tmp_path):
    rows = [[0.0] * 8, [0.5] * 8]
    (tmp_path / "path.json").write_text(str(rows))
    (tmp_path / "named.json").write_text(f'{{"points": {rows}}}')
    assert ask.spec("a ball", CARD, camera="orbit left").camera.words == "orbit left"
    for camera in (rows, np.array(rows), str(tmp_path / "path.json"), str(tmp_path / "named.json")):
        assert ask.spec("a ball", CARD, camera=camera).camera.points == ((0.0,) * 8, (0.5,) * 8)


def test_files_are_named_after_prompt_and_seed_or_numbered(tmp_path):
    specs = ask.takes(ask.spec("A red ball: 红球!", CARD, seed=5), 2)
    assert [path.name for path in ask.targets(None, specs)] == ["a-red-ball-红球-5.mp4", "a-red-ball-红球-6.mp4"]
    assert ask.targets(str(tmp_path), specs)[0].parent == tmp_path
    assert [path.name for path in ask.targets("out/clip.mp4", specs)] == ["clip-1.mp4", "clip-2.mp4"]
    assert ask.targets("still.png", specs[:1])[0].name == "still.png"
