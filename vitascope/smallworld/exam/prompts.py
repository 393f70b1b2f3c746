"""The exam's questions: unseen scenes of the world's grammar with one thing each, and the words that ask for them.

A question's scene is also its ground truth: rendered, it is the clip that a perfect model would make. Its seed is
below every training seed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vitascope.clip import ClipSpec
from vitascope.smallworld.world import captions
from vitascope.smallworld.world import scene as scenes
from vitascope.smallworld.world.facts import Facts, facts_of

SEEDS = (0, 1_000_000)  # of exams and tests; training begins where they end
WAYS = ("roll", "slide", "bounce", "jump")  # motions that can go left or right with one thing in the scene
_SPEAKS_OF_ANOTHER = ("orbit", "push")


@dataclass(frozen=True)
class Question:
    scene: scenes.World
    facts: Facts  # what the prompt says
    prompt: str
    language: str
    aspect: str = "1:1"

    def spec(self, **asked: Any) -> ClipSpec:
        """The clip to be made. The scene's seed is the clip's, so that the camera of both starts at the same place."""
        return ClipSpec(prompt=self.prompt, seed=self.scene.seed, aspect=self.aspect, **asked)


def bank(count: int, first_seed: int = 0, aspect: str = "1:1") -> list[Question]:
    """`count` questions, the same ones for everybody. Every other one pins a motion that can go left or right."""
    questions: list[Question] = []
    seed = first_seed
    while len(questions) < count:
        if seed >= SEEDS[1]:
            raise ValueError(f"{count} questions do not fit below seed {SEEDS[1]:,}")
        pinned = WAYS[len(questions) // 2 % len(WAYS)] if len(questions) % 2 == 0 else None
        scene = scenes.sample(seed, things=1, motion=pinned)
        if scene.main.motion.kind not in _SPEAKS_OF_ANOTHER:
            questions.append(replace(question(scene), aspect=aspect))
        seed += 1
    return questions


def question(scene: scenes.World) -> Question:
    """Colours, shapes, motion, ground, sky and camera are always said; the main thing's size and material and all
    speeds half of the time.
    """
    rng = np.random.default_rng([7200, scene.seed])
    said = facts_of(scene)
    main, *others = said.things

    def maybe(word: str) -> str:
        return word if rng.random() < 0.5 else ""

    main = replace(main, size=maybe(main.size), material=maybe(main.material), speed=maybe(main.speed))
    others = [replace(other, size="", material="") for other in others]
    facts = replace(said, things=(main, *others), camera_speed=maybe(said.camera_speed))
    language = captions.LANGUAGES[int(rng.integers(2))]
    return Question(scene, facts, captions.compose(facts, rng, language), language)
