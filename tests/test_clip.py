"""What can be asked for, and that a recipe is the spec in other clothes."""

import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitascope.clip import (
    CAMERA_RANGES,
    MAX_PROMPT,
    MAX_SEED,
    CameraPath,
    ClipSpec,
    Lora,
    Picture,
    Recipe,
    Reference,
    Shape,
    SourceClip,
    options,
)
from vitascope.errors import BadSpec


def source(frames, recipe=None, **more):
    return SourceClip("ab", frames, 256, 256, Fraction(16), recipe, **more)


def shape(**more):
    return Shape(**{"width": 256, "height": 256, "frames": 81, "fps": Fraction(16), "steps": 4, **more})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"prompt": ""}, "empty"),
        ({"prompt": " \n\t"}, "empty"),
        ({"prompt": "x" * 10_000}, "10,000 characters"),
        ({"negative_prompt": "x" * (MAX_PROMPT + 1)}, "2,001 characters"),
        ({"prompt": "a \ud800 ball"}, "not valid text"),
        ({"seconds": -1}, "got -1"),
        ({"seconds": 601}, "got 601"),
        ({"seconds": math.nan}, "got nan"),
        ({"aspect": "wide"}, '"wide"'),
        ({"aspect": "1:0"}, '"1:0"'),
        ({"aspect": "1:900"}, '"1:900"'),
        ({"size": (0, 256)}, "0x256"),
        ({"size": (-32, 256)}, "-32x256"),
        ({"size": (256, 5000)}, "256x5000"),
        ({"seed": -1}, "got -1"),
        ({"seed": MAX_SEED + 1}, "seed must be"),
        ({"steps": 0}, "got 0"),
        ({"guidance": math.nan}, "nan"),
        ({"image": Picture(b"", 256, 256), "extend": source(81)}, "already has its first"),
        ({"image": Picture(b"", 256, 256), "seconds": 0}, "still"),
        ({"references": (Reference("image", "0" * 64, "mia"),) * 2}, "same name"),
        ({"references": (Reference("image", "0" * 64),) * 17}, "17 references"),
        ({"loras": (Lora("film"),) * 9}, "9 LoRAs"),
        ({"options": (("x" * 101, 1),)}, "too long"),
        ({"options": (("shift", math.inf),)}, "not a finite number"),
        ({"tier": "x" * 101}, "101 characters"),
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
        {"points": ((0.0,) * 8,) * 36_002},
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
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | words
references = st.builds(Reference, st.sampled_from(["image", "audio"]), st.just("ab" * 32))
plain = {
    "prompt": st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50).filter(str.strip),
    "negative_prompt": words,
    "camera": st.none() | cameras,
    "references": st.lists(references, max_size=2).map(tuple),
    "seconds": st.floats(0.1, 20),
    "aspect": st.sampled_from(["", "16:9", "2.39:1"]),
    "tier": st.sampled_from(["", "720p"]),
    "sound": st.none() | st.booleans(),
    "preset": words,
    "loras": st.lists(st.builds(Lora, st.just("film"), st.floats(-1, 1)), max_size=2).map(tuple),
    "options": st.dictionaries(words, values, max_size=3).map(options),
    "seed": st.none() | st.integers(0, MAX_SEED),
    "steps": st.none() | st.integers(1, 64),
    "guidance": st.none() | st.floats(0, 20),
}
pictures = st.builds(Picture, st.binary(max_size=40), st.just(256), st.just(256))
fresh = st.builds(ClipSpec, **plain, image=st.none() | pictures, last_image=st.none() | pictures)
shapes = st.builds(
    Shape,
    width=st.integers(1, 4096),
    height=st.integers(1, 4096),
    frames=st.integers(1, 999),
    fps=st.fractions(1, 60, max_denominator=1001),
    given=st.integers(0, 99),
    steps=st.integers(0, 64),
    guidance=st.none() | st.floats(0, 9),
    sound=st.booleans(),
)
text = st.text(max_size=8)
recipes = st.builds(Recipe, spec=fresh, shape=shapes, model=text, weights=text, version=st.just("0.1.0"))
sources = st.builds(
    SourceClip,
    st.text("0123456789abcdef"),
    st.integers(1, 500),
    st.just(256),
    st.just(256),
    st.fractions(1, 60, max_denominator=1001),
    recipes,
)
continued = st.builds(ClipSpec, **plain, extend=sources)


@given(st.one_of(fresh, continued))
def test_a_spec_turned_into_json_and_back_is_equal_to_itself(spec):
    assert ClipSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


@given(shapes)
def test_a_shape_turned_into_json_and_back_is_equal_to_itself(made):
    assert Shape.from_dict(json.loads(json.dumps(made.to_dict()))) == made


def test_a_recipe_keeps_the_whole_line_of_its_parents_but_no_path():
    kept = {"shape": shape(), "model": "m", "weights": "w", "version": "0.1.0"}
    first = Recipe(spec=ClipSpec(prompt="a ball", seed=1), **kept)
    extend = source(81, first, path="/home/mia/secret/ball.mp4")
    second = Recipe(spec=ClipSpec(prompt="it stops", seed=2, extend=extend), **kept)
    text = json.dumps(second.to_dict())
    again = Recipe.from_dict(json.loads(text))
    assert again == second
    assert again.spec.extend.recipe == first
    assert "mia" not in text


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"prompt": 5},
        {"prompt": "a", "novel": 1},
        {"prompt": "a", "image": {"png": "%"}},
        {"prompt": "a", "options": {"x": [1]}},
        {"prompt": "a", "loras": [5]},
        {"prompt": "a", "extend": {"sha256": "0" * 64, "frames": 9, "width": 8, "height": 8, "fps": "1/0"}},
        {"prompt": "a", "extend": {"sha256": "0" * 64, "frames": 9, "width": 8, "height": 8, "fps": "1e9999999"}},
        {"prompt": "a", "extend": {"sha256": "0" * 64, "frames": math.inf, "width": 8, "height": 8}},
        {"prompt": "a", "references": [{"kind": "smell", "sha256": "0" * 64}]},
    ],
)
def test_a_damaged_spec_is_refused_as_such(data):
    with pytest.raises(BadSpec):
        ClipSpec.from_dict(data)


@pytest.mark.parametrize(
    "data", [None, {}, {"width": 2}, *({**shape().to_dict(), "fps": fps} for fps in ("1/0", "1e9999999"))]
)
def test_a_damaged_shape_is_refused_as_such(data):
    with pytest.raises(BadSpec):
        Shape.from_dict(data)


def test_a_recipe_of_a_later_format_is_refused_with_the_way_out():
    recipe = Recipe(spec=ClipSpec(prompt="a ball"), shape=shape(), model="m", weights="w", version="9.0.0")
    with pytest.raises(BadSpec, match="format 3") as caught:
        Recipe.from_dict(recipe.to_dict() | {"format": 3})
    with pytest.raises(BadSpec, match="cannot be read"):
        Recipe.from_dict(recipe.to_dict() | {"format": math.inf})
    assert "Update" in caught.value.hint
