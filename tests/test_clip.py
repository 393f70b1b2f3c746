"""What can be asked for, and that a recipe is the spec in other clothes."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitascope.clip import (
    ASPECTS,
    CAMERA_RANGES,
    MAX_PROMPT,
    MAX_SEED,
    CameraPath,
    ClipSpec,
    ModelCard,
    Picture,
    Recipe,
    Source,
)
from vitascope.errors import BadSpec


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0, 1), (0.1, 9), (0.5, 9), (1, 17), (2.7, 49), (5, 81), (10, 161), (60, 961)]
)
def test_a_clip_is_a_first_frame_and_whole_groups_and_never_shorter_than_asked(seconds, frames):
    assert ClipSpec(prompt="a ball", seconds=seconds).frames == frames


def test_a_continued_clip_keeps_its_shape_and_grows_by_whole_groups():
    spec = ClipSpec(prompt="it rolls on", extend=Source("ab", 81, 352, 192), seconds=5)
    assert (spec.new_frames, spec.frames, spec.shape) == (80, 161, (352, 192))


def test_the_shape_is_the_size_asked_for_or_else_that_of_the_aspect():
    assert ClipSpec(prompt="a ball", aspect="9:16").shape == (192, 352)
    assert ClipSpec(prompt="a ball", aspect="9:16", size=(320, 320)).shape == (320, 320)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"prompt": ""}, "empty"),
        ({"prompt": " \n\t"}, "empty"),
        ({"prompt": "x" * 10_000}, "10,000 characters"),
        ({"negative_prompt": "x" * (MAX_PROMPT + 1)}, "2,001 characters"),
        ({"prompt": "a \ud800 ball"}, "not valid text"),
        ({"seconds": -1}, "-1 seconds"),
        ({"seconds": 61}, "61 seconds"),
        ({"seconds": math.nan}, "nan seconds"),
        ({"aspect": "4:3"}, '"4:3"'),
        ({"size": (250, 256)}, "250x256"),
        ({"size": (0, 256)}, "0x256"),
        ({"size": (-32, 256)}, "-32x256"),
        ({"seed": -1}, "seed -1"),
        ({"seed": MAX_SEED + 1}, "out of range"),
        ({"steps": 0}, "0 steps"),
        ({"guidance": math.nan}, "nan"),
        ({"image": Picture(b"", 100, 100)}, "100x100"),
        ({"image": Picture(b"", 256, 256), "extend": Source("", 81, 256, 256)}, "already has its first"),
        ({"image": Picture(b"", 256, 256), "seconds": 0}, "still"),
        ({"extend": Source("", 900, 256, 256)}, "980 frames"),
    ],
)
def test_what_cannot_be_made_is_refused_with_its_numbers_and_a_hint(asked, said):
    with pytest.raises(BadSpec) as caught:
        ClipSpec(**{"prompt": "a ball", **asked})
    assert said in caught.value.message
    assert caught.value.hint
    assert caught.value.field in {"seconds", *asked}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"words": "push in", "points": ((0.0,) * 8,)},
        {"points": ((0.0,) * 7,)},
        {"points": ((math.inf,) * 8,)},
        {"points": ((1e300, *(0.0,) * 7),)},
        {"points": ((*(0.0,) * 7, 4.0),)},  # a field of view of more than half a turn
        {"points": ((0.0,) * 8,) * 962},
        {"words": "left " * 100},
    ],
)
def test_a_camera_path_is_words_or_rows_of_eight_numbers(asked):
    with pytest.raises(BadSpec):
        CameraPath(**asked)


def test_a_numeric_camera_path_is_spread_evenly_over_the_clip():
    path = CameraPath(points=((0.0,) * 8, (1.0,) * 8, (3.0,) * 8))
    assert [row[0] for row in path.at(5)] == [0, 0.5, 1, 2, 3]
    assert CameraPath(points=((2.0,) * 8,)).at(3) == ((2.0,) * 8,) * 3
    assert path.at(1) == ((0.0,) * 8,)


row = st.tuples(*[st.floats(low, high) for _, low, high in CAMERA_RANGES])
cameras = st.one_of(
    st.builds(CameraPath, words=st.sampled_from(["push in", "orbit left"])),
    st.builds(CameraPath, points=st.lists(row, min_size=1, max_size=3).map(tuple)),
)
plain = {
    "prompt": st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50).filter(str.strip),
    "negative_prompt": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    "camera": st.none() | cameras,
    "seconds": st.floats(0.1, 20),
    "seed": st.none() | st.integers(0, MAX_SEED),
    "steps": st.integers(1, 64),
    "guidance": st.none() | st.floats(0, 20),
}
pictures = st.builds(Picture, st.binary(max_size=40), st.just(256), st.just(256))
fresh = st.builds(ClipSpec, **plain, image=st.none() | pictures, last_image=st.none() | pictures)
recipes = st.builds(
    Recipe, spec=fresh, model=st.text(max_size=8), weights=st.text(max_size=8), version=st.just("0.1.0")
)
sources = st.builds(Source, st.text("0123456789abcdef"), st.integers(1, 500), st.just(256), st.just(256), recipes)
continued = st.builds(ClipSpec, **plain, extend=sources)


@given(st.one_of(fresh, continued))
def test_a_spec_turned_into_json_and_back_is_equal_to_itself(spec):
    assert ClipSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_a_recipe_keeps_the_whole_line_of_its_parents_but_no_path():
    first = Recipe(spec=ClipSpec(prompt="a ball", seed=1), model="m", weights="w", version="0.1.0")
    source = Source("ab", 81, 256, 256, first, path="/home/mia/secret/ball.mp4")
    second = Recipe(spec=ClipSpec(prompt="it stops", seed=2, extend=source), model="m", weights="w", version="0.1.0")
    text = json.dumps(second.to_dict())
    again = Recipe.from_dict(json.loads(text))
    assert again == second
    assert again.spec.extend.recipe == first
    assert "mia" not in text


@pytest.mark.parametrize(
    "data", [None, [], {}, {"prompt": 5}, {"prompt": "a", "novel": 1}, {"prompt": "a", "image": {"png": "%"}}]
)
def test_a_damaged_spec_is_refused_as_such(data):
    with pytest.raises(BadSpec):
        ClipSpec.from_dict(data)


def test_a_recipe_of_a_later_format_is_refused_with_the_way_out():
    data = Recipe(spec=ClipSpec(prompt="a ball"), model="m", weights="w", version="9.0.0").to_dict() | {"format": 2}
    with pytest.raises(BadSpec, match="format 2") as caught:
        Recipe.from_dict(data)
    assert "Update" in caught.value.hint


def test_a_model_says_what_it_cannot_make():
    card = ModelCard(name="small", title="", modes=("text",), sizes=((256, 256),), max_seconds=5)
    card.check(ClipSpec(prompt="a ball"))
    for spec in (
        ClipSpec(prompt="a ball", aspect="16:9"),
        ClipSpec(prompt="a ball", seconds=6),
        ClipSpec(prompt="a ball", seconds=0),
        ClipSpec(prompt="a ball", camera=CameraPath(words="push in")),
        ClipSpec(prompt="a ball", last_image=Picture(b"", *ASPECTS["1:1"])),
    ):
        with pytest.raises(BadSpec, match="small"):
            card.check(spec)
