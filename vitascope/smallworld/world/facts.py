"""What a text says of a scene: facts, some of them unstated, and the one plain wording the model's text encoder reads.

Captions state facts, the prompt reader finds them again, and `canonical` writes them in fixed words and a fixed order:
`large red matte ball bounces left slow, small blue metal cube, on snow, at sunset, camera orbit left slow`.
Weights are trained on these exact words: changing one of them makes every trained model deaf to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vitascope.smallworld.world.scene import CAMERAS, COLOURS, GROUNDS, MATERIALS, SHAPES, SIZES, SPEEDS, Thing, World

#: Motion kind -> its word in the canonical text. "turns" is followed by the colour that is turned into.
MOTION_WORDS = {
    "stand": "stands",
    "roll": "rolls",
    "slide": "slides",
    "bounce": "bounces",
    "drop": "drops",
    "jump": "jumps",
    "spin": "spins",
    "orbit": "orbits",
    "push": "pushes",
    "approach": "approaches",
    "recede": "recedes",
    "inflate": "inflates",
    "squash": "squashes",
    "melt": "melts",
    "grow": "grows",
    "shrink": "shrinks",
    "recolour": "turns",
    "split": "splits",
    "vanish": "vanishes",
}
DIRECTION_WORDS = ("left", "right")
GROUND_WORDS = {ground: f"on {ground}" for ground in GROUNDS}
SKY_WORDS = {"noon": "at noon", "sunset": "at sunset", "night": "at night", "overcast": "overcast"}
CAMERA_WORD = "camera"


@dataclass(frozen=True)
class ThingFacts:
    """What is said of one thing; "" where nothing is said. Direction, speed and to_colour belong to a motion."""

    shape: str = ""
    colour: str = ""
    size: str = ""
    material: str = ""
    motion: str = ""
    direction: str = ""
    speed: str = ""
    to_colour: str = ""


@dataclass(frozen=True)
class Facts:
    """What is said of a scene; the main thing comes first. "" where nothing is said."""

    things: tuple[ThingFacts, ...] = ()
    ground: str = ""
    sky: str = ""
    camera: str = ""
    camera_speed: str = ""


def facts_of(scene: World) -> Facts:
    """Everything that can be said of the scene. Stillness has no speed, and only the main thing's motion is told."""
    motion = scene.main.motion
    speed = "" if motion.kind == "stand" else motion.speed
    main = replace(
        _looks(scene.main), motion=motion.kind, direction=motion.direction, speed=speed, to_colour=motion.to_colour
    )
    camera_speed = "" if scene.camera.kind == "still" else scene.camera.speed
    things = (main, *(_looks(thing) for thing in scene.things[1:]))
    return Facts(things, scene.ground, scene.sky, scene.camera.kind, camera_speed)


def _looks(thing: Thing) -> ThingFacts:
    return ThingFacts(thing.shape, thing.colour, thing.size, thing.material)


def canonical(facts: Facts) -> str:
    """The facts in fixed words and order, what is unstated left out; "" when nothing is stated."""
    clauses = [_thing_words(thing) for thing in facts.things]
    clauses += [GROUND_WORDS.get(facts.ground, ""), SKY_WORDS.get(facts.sky, "")]
    if facts.camera:
        clauses.append(_join(CAMERA_WORD, facts.camera, facts.camera_speed))
    return ", ".join(clause for clause in clauses if clause)


def _thing_words(thing: ThingFacts) -> str:
    looks = _join(thing.size, thing.colour, thing.material, thing.shape)
    if not thing.motion:
        return looks
    return _join(looks, MOTION_WORDS[thing.motion], thing.to_colour, thing.direction, thing.speed)


def _join(*words: str) -> str:
    return " ".join(word for word in words if word)


def canonical_words() -> tuple[str, ...]:
    """Every word `canonical` can write, each once and always in the same order: the tokenizer's vocabulary."""
    phrases = (
        *(",", *SIZES, *COLOURS, *MATERIALS, *SHAPES, *MOTION_WORDS.values(), *DIRECTION_WORDS, *SPEEDS),
        *(*GROUND_WORDS.values(), *SKY_WORDS.values(), CAMERA_WORD, *CAMERAS),
    )
    return tuple(dict.fromkeys(word for phrase in phrases for word in phrase.split()))


#: How likely a fact is kept, in a talkative and in a terse text: people write both. About 0.74 on the whole.
_TALKATIVE, _TERSE, _TERSE_SHARE = 0.82, 0.4, 0.2
LOOKS_KEPT = 0.97  # a text that does not name a thing's shape or colour is rare


def drop(facts: Facts, rng: np.random.Generator, looks: float = LOOKS_KEPT) -> Facts:
    """Some of the facts, at random, as one text would state them. Every thing is named, or a model that learns from
    such texts would put things beside the one that is asked for; `looks`: how likely its shape and its colour are kept.
    """
    rate = _TERSE if rng.random() < _TERSE_SHARE else _TALKATIVE

    def keep(value: str, chance: float = rate) -> str:
        return value if rng.random() < chance else ""

    def thin(thing: ThingFacts) -> ThingFacts:
        shape, colour = keep(thing.shape, looks), keep(thing.colour, looks)
        kept = ThingFacts(shape or ("" if colour else thing.shape), colour, keep(thing.size), keep(thing.material))
        motion, direction = keep(thing.motion), keep(thing.direction)
        speed, to_colour = keep(thing.speed), keep(thing.to_colour)
        if not motion:
            return kept
        return replace(kept, motion=motion, direction=direction, speed=speed, to_colour=to_colour)

    camera = keep(facts.camera)
    speed = keep(facts.camera_speed) if camera else ""
    return Facts(tuple(thin(thing) for thing in facts.things), keep(facts.ground), keep(facts.sky), camera, speed)
