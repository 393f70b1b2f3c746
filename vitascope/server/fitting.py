"""What is asked, in the terms of the model that makes it: its nearest size, its steps, its sound, its camera moves, and
the words that say what was changed. Pure: vendors' clients ask for 1280x720 or 4:3 whatever the model makes, so the
nearest shape is taken and told, never claimed to be the other.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from vitascope import ask
from vitascope.clip import CameraPath, ClipSpec, Size
from vitascope.engines.card import ModelCard
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.fields import bad
from vitascope.vendors.request import DEFAULT_SECONDS, Asked

DRAFT_STEPS = 4  # a draft is drawn in a fourth of the steps


def bare(asked: Asked, card: ModelCard) -> ClipSpec:
    """Without a size, pictures and a camera."""
    usual = min(DEFAULT_SECONDS, ask.default_seconds(card))
    return ClipSpec(
        prompt=asked.prompt,
        negative_prompt=asked.negative_prompt,
        seconds=0.0 if asked.still else usual if asked.seconds is None else asked.seconds,
        seed=asked.seed,
        steps=steps(card, asked.steps, asked.draft),
        guidance=asked.guidance,
        **extras(asked),
    )


def nearest(
    card: ModelCard, size: Size | None, aspect: str, *, given: Size | None = None, tier: str = ""
) -> tuple[Size, str]:
    """(width, height) that the model makes, and a note when that is not what was asked (else empty).

    `given`: the size of a picture to start from, whose shape counts when nothing else is said.
    """
    form = card.format
    if size:
        chosen = form.nearest(size)
        note = f"{size[0]}x{size[1]} was asked; {card.name} makes {chosen[0]}x{chosen[1]}, the nearest it can."
        return chosen, "" if chosen == size else note
    if aspect in ("", "auto", "adaptive"):
        return (form.nearest(given, tier) if given else form.of_tier(tier)[0]), ""
    try:
        chosen, alike = form.of_aspect(aspect, tier)
    except BadSpec as error:
        raise bad("aspect", error.message, error.hint) from error
    note = f"{aspect} was asked; {card.name} makes {chosen[0]}x{chosen[1]}, the nearest shape it can."
    return chosen, "" if alike else note


def heard(asked: Asked, card: ModelCard) -> Asked:
    """With what a vendor's own flag for sound comes to with this model. Raises NotSupported for one that is needed."""
    flag = asked.sound_flag
    if not flag or asked.sound is not None:
        return asked
    makes = card.sound != "never" and not asked.still
    if flag.on and makes:
        return dataclasses.replace(asked, sound=True)
    if flag.on and flag.needed:
        raise NotSupported(
            f"{card.name} cannot make sound ({flag.field}).", hint=f"Leave {flag.field} out.", field=flag.field
        )
    if not flag.on and card.sound == "optional":
        return dataclasses.replace(asked, sound=False)
    note = ""
    if flag.on:
        note = f"No sound is made; {flag.field} was left out."
    elif makes:
        note = f"{card.name} always makes sound; {flag.field} was left out."
    return dataclasses.replace(asked, notes=(*asked.notes, note)) if note else asked


def extras(asked: Asked) -> dict[str, Any]:
    """What only some models have, as far as it is asked for."""
    found = {"sound": asked.sound, "preset": asked.preset, "loras": asked.loras, "options": asked.options}
    return {name: value for name, value in found.items() if value not in (None, "", ())}


def steps(card: ModelCard, steps: int | None, draft: bool) -> int | None:
    """A draft is drawn in a part of the steps, with a model that has some."""
    if not draft or not card.format.steps:
        return steps
    return max(1, (steps or card.format.steps) // DRAFT_STEPS)


def camera(path: CameraPath | None, card: ModelCard) -> CameraPath | None:
    """The path, if its words are ones that this model knows."""
    try:
        return ask.camera_path(path, card)
    except BadSpec as error:
        raise bad("camera", error.message, error.hint) from error
