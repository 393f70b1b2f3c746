"""Where a spec and a model meet: what `ClipFormat.resolve` makes of it, for many models that do not exist."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from doubles import CARD
from vitascope import ask
from vitascope.clip import CameraPath, ClipSpec, Lora, Picture, Recipe, Reference, SourceClip, options
from vitascope.engines.card import ClipFormat, ModelCard, OptionCard, PresetDefaults, Tier
from vitascope.errors import BadSpec

SD, HD = ((832, 480), (480, 832), (608, 608)), ((1280, 720), (720, 1280), (960, 960))


def model(**more):
    form = {name: more.pop(name) for name in list(more) if name in ClipFormat.__dataclass_fields__}
    form = ClipFormat(**{"fps": Fraction(24), "sizes": SD, **form})
    usual = {"name": "made-up", "title": "A made-up model", "modes": ("text", "image", "last_image", "extend", "still")}
    return ModelCard(**{**usual, **more}, format=form)


WAN = model(fps=Fraction(16), group=4, side=16, any_size=True)
LTX = model(fps=Fraction(25), group=8, side=32)
H3 = model(first=5, group=17, min_seconds=Fraction(5), max_seconds=Fraction(15))
VENDOR = model(tiers=(Tier("720p", HD), Tier("480p", SD)), sizes=(), lengths=(Fraction(5), Fraction(10)))
TV = model(fps=Fraction(30000, 1001), group=4)
STILLS = model(max_seconds=Fraction(0), modes=("text", "still"))
SOUNDING = model(sound="optional")
ALL = (CARD, WAN, LTX, H3, VENDOR, TV, model(group=4), SOUNDING)


def spec(**asked):
    return ClipSpec(prompt="a ball", **asked)


def source(frames, size=(832, 480), fps=24):
    return SourceClip("ab", frames, *size, Fraction(fps))


@pytest.mark.parametrize(
    ("card", "seconds", "frames"),
    [
        (CARD, 5, 81),
        (CARD, 0.5, 9),
        (CARD, 0.51, 17),
        (CARD, 5.0625, 89),
        (CARD, 7.3125, 121),
        (CARD, 60, 961),
        (model(group=4), 5, 121),
        (LTX, 5, 129),
        (H3, 5, 124),
        (H3, 15, 362),
        (VENDOR, 5, 121),
        (TV, 5, 153),
        (CARD, 0, 1),
        (model(), 1 / 24, 2),
        (model(), 5 / 24, 6),
    ],
)
def test_the_smallest_count_that_lasts_as_long_as_was_asked(card, seconds, frames):
    assert card.resolve(spec(seconds=seconds)).frames == frames


@given(st.sampled_from(ALL), st.fractions(Fraction(1, 30), 10, max_denominator=1000))
def test_no_clip_is_shorter_than_asked_and_none_has_a_group_too_many(card, seconds):
    form, shape = card.format, card.resolve(spec(seconds=float(seconds)))
    assert shape.seconds >= spec(seconds=float(seconds)).exact_seconds
    assert (shape.frames - form.first) % form.group == 0
    lasting = min((one for one in form.lengths if one >= seconds), default=max(seconds, form.min_seconds))
    assert (shape.frames - form.group - 1) / form.fps < lasting or shape.frames == form.first + form.group * (
        form.first < 2
    )


@given(st.sampled_from((CARD, WAN, LTX, TV)), st.fractions(Fraction(1, 30), 5, max_denominator=1000))
def test_an_extension_counts_all_its_frames(card, seconds):
    size = card.format.sizes[0]
    extend = SourceClip("ab", 33, *size, card.format.fps)
    shape = card.resolve(spec(seconds=float(seconds), extend=extend))
    assert (shape.given, shape.total, shape.size) == (33, 33 + shape.frames, size)
    assert shape.frames % card.format.group == 0
    assert shape.seconds == shape.frames / card.format.fps >= spec(seconds=float(seconds)).exact_seconds


def test_thirty_thousand_a_thousand_and_first_stays_exact():
    shape = TV.resolve(spec(seconds=1.001))
    assert (shape.frames, shape.seconds, str(shape.fps)) == (33, Fraction(32 * 1001, 30000), "30000/1001")


def test_a_length_that_the_model_does_not_have_is_the_next_and_said():
    shape = VENDOR.resolve(spec(seconds=6))
    assert shape.frames == 241
    assert shape.notes == ("6 seconds were asked; 10 are made, the next length that made-up has.",)
    assert H3.resolve(spec(seconds=2)).frames == 124
    assert not CARD.resolve(spec(seconds=5)).notes


def test_a_size_is_that_of_the_tier_and_the_shape():
    assert VENDOR.resolve(spec(seconds=5)).size == (1280, 720)
    assert VENDOR.resolve(spec(seconds=5, aspect="9:16", tier="480p")).size == (480, 832)
    assert VENDOR.resolve(spec(seconds=5, size=(832, 480))).size == (832, 480)
    assert WAN.resolve(spec(size=(512, 320))).size == (512, 320)
    made = CARD.resolve(spec(aspect="4:3"))
    assert made.size == (352, 192)
    assert "4:3 was asked" in made.notes[0]


def test_sound_is_made_when_it_is_asked_for_or_always():
    assert not SOUNDING.resolve(spec()).sound
    assert SOUNDING.resolve(spec(sound=True)).sound
    assert model(sound="always").resolve(spec()).sound
    assert not model(sound="always").resolve(spec(seconds=0)).sound


def test_steps_and_guidance_are_the_models_when_none_are_asked_for():
    card = model(steps=30, max_steps=50, guidance=5.0)
    assert (card.resolve(spec()).steps, card.resolve(spec()).guidance) == (30, 5.0)
    assert (card.resolve(spec(steps=8, guidance=1.0)).steps, card.resolve(spec(guidance=1.0)).guidance) == (8, 1.0)
    without = model().resolve(spec(steps=8, guidance=3.0))
    assert (without.steps, without.guidance) == (0, None)
    assert [note.split(";")[0] for note in without.notes] == [
        "made-up has no steps to choose",
        "made-up has no guidance",
    ]


OPTIONS = (
    OptionCard(name="shift", kind="number", low=0, high=10),
    OptionCard(name="mode", kind="choice", choices=("pro", "std")),
    OptionCard(name="tiled", kind="flag"),
    OptionCard(name="count", kind="integer"),
)


def test_what_a_model_has_is_taken():
    card = model(
        options=OPTIONS, presets=("film",), loras=("grain",), references={"image": 2}, modes=("text", "references")
    )
    card.resolve(
        spec(
            preset="film",
            loras=(Lora("grain", 0.5),),
            options=options({"shift": 3, "mode": "pro", "tiled": True, "count": 2}),
            references=(Reference("image", "0" * 64, "mia"), Reference("image", "1" * 64, "tom")),
        )
    )


@pytest.mark.parametrize(
    ("card", "asked", "field", "said"),
    [
        (CARD, {"seconds": 61}, "seconds", "61 seconds"),
        (H3, {"seconds": 16}, "seconds", "At most 15"),
        (STILLS, {"seconds": 1}, "seconds", "stills only"),
        (model(modes=("text",)), {"seconds": 0}, "seconds", "does not take still"),
        (CARD, {"size": (250, 256)}, "size", "250x256"),
        (WAN, {"size": (500, 320)}, "size", "multiples of 16"),
        (WAN, {"size": (1024, 1024)}, "size", "the area"),
        (LTX, {"tier": "720p"}, "tier", "no tiers"),
        (VENDOR, {"tier": "8k"}, "tier", "720p, 480p"),
        (CARD, {"steps": 65}, "steps", "got 65"),
        (CARD, {"sound": True}, "sound", "makes none"),
        (model(sound="always"), {"sound": False}, "sound", "always makes sound"),
        (SOUNDING, {"sound": True, "seconds": 0}, "sound", "still has no sound"),
        (CARD, {"preset": "film"}, "preset", 'no preset "film"'),
        (CARD, {"loras": (Lora("grain"),)}, "loras", 'no LoRA "grain"'),
        (CARD, {"options": options({"shift": 3})}, "options", 'no option "shift"'),
        (model(options=OPTIONS), {"options": options({"shift": 11})}, "options", "from 0 up to 10"),
        (model(options=OPTIONS), {"options": options({"mode": "free"})}, "options", "pro, std"),
        (model(options=OPTIONS), {"options": options({"tiled": 1})}, "options", "true or false"),
        (model(options=OPTIONS), {"options": options({"count": 1.5})}, "options", "integer"),
        (CARD, {"references": (Reference("image", "0" * 64),)}, "references", "references"),
        (
            model(modes=("text", "references"), references={"image": 1}),
            {"references": (Reference("image", "0" * 64), Reference("image", "1" * 64))},
            "references",
            "1 references of the kind image, got 2",
        ),
        (model(modes=("text",)), {"camera": CameraPath(words="push in")}, "camera", "camera"),
        (CARD, {"image": Picture(b"", 100, 100)}, "image", "100x100"),
        (CARD, {"last_image": Picture(b"", 100, 100)}, "last_image", "100x100"),
        (CARD, {"extend": SourceClip("", 900, 256, 256, Fraction(16))}, "seconds", "60 seconds in all"),
        (LTX, {"extend": source(33)}, "extend", "25"),
        (WAN, {"extend": source(33, (333, 333), 16)}, "size", "333x333"),
    ],
)
def test_what_a_model_cannot_make_is_refused_by_name(card, asked, field, said):
    with pytest.raises(BadSpec) as caught:
        card.resolve(spec(**asked))
    assert said in f"{caught.value.message} {caught.value.hint}"
    assert caught.value.field == field
    assert caught.value.hint


def recipe_of_format_1(**changed):
    """As the first edition wrote them."""
    told = {
        "prompt": "a ball", "negative_prompt": "", "image": None, "last_image": None, "extend": None, "camera": None,
        "seconds": 5.0, "aspect": "1:1", "size": None, "seed": 7, "steps": 4, "guidance": None,
        "model": "vitascope-nano",
    }  # fmt: skip
    model = {"name": "vitascope-nano", "weights": "ab" * 32}
    return {"format": 1, "vitascope": "0.1.0", "model": model, "spec": {**told, **changed}}


PNG = {"png": "aGVsbG8=", "width": 256, "height": 256}


@pytest.mark.parametrize("aspect", ["1:1", "16:9", "9:16"])
@pytest.mark.parametrize(
    ("changed", "frames"),
    [
        ({"seconds": 0.0}, 1),
        ({"seconds": 0.1}, 9),
        ({"seconds": 0.5}, 9),
        ({"seconds": 0.51}, 17),
        ({"seconds": 1.0}, 17),
        ({"seconds": 2.7}, 49),
        ({"seconds": 4.0}, 65),
        ({"seconds": 5.0}, 81),
        ({"seconds": 5.0000000001}, 81),
        ({"seconds": 5.0625}, 89),
        ({"seconds": 7.3125}, 121),
        ({"seconds": 10.0}, 161),
        ({"seconds": 59.9}, 961),
        ({"seconds": 60.0}, 961),
        ({"steps": 1}, 81),
        ({"steps": 64, "guidance": 2.0}, 81),
        ({"negative_prompt": "a cube", "seed": 2**32 - 1}, 81),
        ({"camera": {"words": "orbit left"}}, 81),
        ({"camera": {"points": [[0.0] * 8, [0.5] * 8]}, "seconds": 3.3}, 57),
    ],
)
def test_a_recipe_of_the_first_edition_means_what_it_meant(changed, frames, aspect):
    old = Recipe.from_dict(json.loads(json.dumps(recipe_of_format_1(aspect=aspect, **changed))))
    sizes = {"1:1": (256, 256), "16:9": (352, 192), "9:16": (192, 352)}
    assert (old.shape.frames, old.shape.size, old.shape.fps) == (frames, sizes[aspect], 16)
    again = CARD.resolve(old.spec)
    assert (again.frames, again.size, again.steps) == (frames, sizes[aspect], changed.get("steps", 4))
    assert Recipe.from_dict(old.to_dict()) == old


def test_pictures_and_extensions_of_extensions_of_the_first_edition_mean_what_they_meant():
    with_pictures = Recipe.from_dict(recipe_of_format_1(image=PNG, last_image=PNG))
    assert (with_pictures.spec.image.width, CARD.resolve(with_pictures.spec).frames) == (256, 81)
    first = recipe_of_format_1(seconds=0.51)
    for seconds, added, total in ((0.5, 8, 25), (0.51, 16, 41), (5.0625, 88, 129), (5.0, 80, 209)):
        source = {"sha256": "ab", "frames": total - added, "width": 256, "height": 256, "recipe": first}
        first = recipe_of_format_1(seconds=seconds, extend=source)
        old = Recipe.from_dict(json.loads(json.dumps(first)))
        assert (old.shape.frames, old.shape.given, old.shape.total) == (added, total - added, total)
        assert CARD.resolve(old.spec).total == total
        assert Recipe.from_dict(old.to_dict()) == old


def test_a_preset_has_its_own_usual_steps_and_guidance():
    fast = PresetDefaults(steps=4, guidance=1.0)
    card = model(steps=50, guidance=5.0, presets=("fast", "plain"), preset_defaults={"fast": fast})
    found = {
        (shape.steps, shape.guidance)
        for shape in (
            card.resolve(spec()),
            card.resolve(spec(preset="plain")),
            card.resolve(spec(preset="fast")),
            card.resolve(spec(preset="fast", steps=8, guidance=2.0)),
        )
    }
    assert found == {(50, 5.0), (4, 1.0), (8, 2.0)}


def test_a_clip_of_another_rate_goes_on_at_its_own_where_the_model_can():
    card = model(fps=Fraction(16), group=4, any_rate=True)
    shape = card.resolve(spec(seconds=2, extend=source(33, fps="30000/1001")))
    assert shape.fps == Fraction(30000, 1001)
    assert shape.frames == 60  # two seconds are 59.94 frames
    assert "its own 29.97 frames a second" in shape.notes[0]
    assert card.resolve(spec(seconds=2, extend=source(33, fps=16))).notes == ()
    assert card.resolve(spec(seconds=2)).fps == 16


def test_a_model_that_needs_a_picture_is_not_given_words_alone():
    card = model(modes=("image", "extend"))
    with pytest.raises(BadSpec, match="needs more than words") as caught:
        card.resolve(spec())
    assert caught.value.field == "image"
    assert card.resolve(spec(extend=source(33))).given == 33


def test_a_model_that_takes_only_pictures_says_so_of_words_and_takes_a_picture_that_is_still_to_be_fitted():
    card = ModelCard(name="i2v", title="i2v", modes=("image",), format=ClipFormat(fps=Fraction(16), sizes=((64, 48),)))
    with pytest.raises(BadSpec, match="needs more than words"):
        card.resolve(ClipSpec(prompt="a ball", seconds=1.0))
    assert card.resolve(ClipSpec(prompt="a ball", seconds=1.0), given=["image"]).size == (64, 48)
    with pytest.raises(BadSpec, match="does not take last_image"):
        card.resolve(ClipSpec(prompt="a ball", seconds=1.0), given=["image", "last_image"])
    assert ask.spec("a ball", card, image=Image.new("RGB", (100, 100)), seconds=1.0).image
