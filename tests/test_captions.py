"""Captions say exactly the facts they were given, in many wordings; the canonical text says them in one."""

import numpy as np
import pytest

from vitascope.smallworld.world.captions import (
    LANGUAGES,
    Facts,
    ThingFacts,
    canonical,
    caption,
    compose,
    drop,
    facts_of,
)
from vitascope.smallworld.world.facts import MOTION_WORDS
from vitascope.smallworld.world.inflect import verb_forms
from vitascope.smallworld.world.scene import MOTIONS, CameraMove, Motion, Thing, World, sample

SCENE = World(
    things=(
        Thing("ball", "red", "large", "matte", Motion("bounce", "left", "slow")),
        Thing("cube", "blue", "small", "metal"),
    ),
    ground="snow",
    sky="sunset",
    camera=CameraMove("orbit left", "slow"),
    seed=7,
)


def random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_canonical_text_is_frozen_because_weights_are_trained_on_it():
    assert canonical(facts_of(SCENE)) == (
        "large red matte ball bounces left slow, small blue metal cube, on snow, at sunset, camera orbit left slow"
    )


def test_what_is_not_stated_is_left_out_of_the_canonical_text():
    assert canonical(Facts(things=(ThingFacts(shape="ball", motion="roll"),), sky="overcast")) == "ball rolls, overcast"
    assert canonical(Facts(things=(ThingFacts(colour="red"),), camera="zoom in")) == "red, camera zoom in"
    assert canonical(Facts()) == ""


def test_a_thing_turns_into_a_colour():
    turning = ThingFacts("cube", "pink", motion="recolour", to_colour="blue", speed="fast")
    assert canonical(Facts(things=(turning,))) == "pink cube turns blue fast"


def test_every_motion_of_the_world_has_its_canonical_word():
    assert set(MOTION_WORDS) == set(MOTIONS)
    assert len(set(MOTION_WORDS.values())) == len(MOTIONS)


def test_the_canonical_text_of_any_scene_has_at_most_24_words():
    assert max(len(canonical(facts_of(sample(seed))).split()) for seed in range(2000)) <= 24


def test_stillness_has_no_speed():
    still = World((Thing("cone", "white"),), "sand", "noon", CameraMove("still", "fast"), 0)
    assert canonical(facts_of(still)) == "large white matte cone stands, on sand, at noon, camera still"


def test_dropping_keeps_the_main_thing_recognisable_and_three_facts_in_four():
    full = [facts_of(sample(seed)) for seed in range(1500)]
    kept = [drop(facts, random(seed)) for seed, facts in enumerate(full)]
    assert all(facts.things and (facts.things[0].shape or facts.things[0].colour) for facts in kept)
    assert np.mean([bool(facts.things[0].shape and facts.things[0].colour) for facts in kept]) > 0.9
    for name in ("ground", "sky", "camera"):
        assert np.mean([bool(getattr(facts, name)) for facts in kept]) == pytest.approx(0.75, abs=0.05)
    assert np.mean([bool(facts.things[0].motion) for facts in kept]) == pytest.approx(0.75, abs=0.05)


def test_dropping_never_invents_and_never_leaves_a_speed_without_its_motion():
    for seed in range(500):
        full = facts_of(sample(seed))
        kept = drop(full, random(seed))
        assert kept.ground in ("", full.ground)
        assert kept.camera or not kept.camera_speed
        for thing, whole in zip(kept.things, full.things, strict=False):
            assert thing.motion or not (thing.speed or thing.direction or thing.to_colour)
            assert all(value in ("", getattr(whole, name)) for name, value in vars(thing).items())


def test_dropping_never_skips_the_thing_that_is_pushed():
    for seed in range(300):
        full = facts_of(sample(seed, motion="push", things=3))
        kept = drop(full, random(seed))
        for thing, whole in zip(kept.things, full.things, strict=False):
            assert thing.colour in ("", whole.colour)
            assert thing.shape in ("", whole.shape)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_random_source_gives_the_same_caption(language):
    assert caption(SCENE, random(3), language) == caption(SCENE, random(3), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_scene_has_many_captions(language):
    assert len({compose(facts_of(SCENE), random(seed), language) for seed in range(200)}) > 150


def test_captions_are_in_the_language_asked_for():
    for seed in range(100):
        assert caption(sample(seed), random(seed), "en").isascii()
        assert not any(char.isascii() and char.isalpha() for char in caption(sample(seed), random(seed), "zh"))


def test_captions_read_like_this():
    assert compose(facts_of(SCENE), random(5), "en") == (
        "At golden hour, a large red ball with a matte finish bounces along to the left gently, and"
        " there is also a small blue steel cube in the snow, the camera circles to the left gently."
    )
    assert compose(facts_of(SCENE), random(5), "zh") == (
        "夕阳下，积雪上有一个红色的哑光的大球体向左慢慢地弹跳着，旁边是一个蓝色的金属的微小立方体。镜头慢慢地向左环绕。"
    )


@pytest.mark.parametrize(
    ("verb", "s", "ing", "ed"),
    [
        ("bounce", "bounces", "bouncing", "bounced"),
        ("spin", "spins", "spinning", "spun"),
        ("run into", "runs into", "running into", "ran into"),
        ("vanish", "vanishes", "vanishing", "vanished"),
        ("lie", "lies", "lying", "lay"),
        ("carry", "carries", "carrying", "carried"),
    ],
)
def test_english_verbs_bend_at_their_head(verb, s, ing, ed):
    forms = verb_forms(verb)
    assert (forms["s"][0], forms["ing"][0], forms["ed"][0]) == (s, ing, ed)
