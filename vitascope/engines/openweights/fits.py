"""Whether a model fits this machine, in one line for lists and `doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.engines.openweights import found_model, memory
from vitascope.engines.openweights.memory import GB, Room, Weights
from vitascope.errors import VitascopeError


def clip(form: Mapping[str, Any]) -> tuple[tuple[int, int], int]:
    """The first size of a card's format and the frames of its longest clip: what memory is planned for."""
    width, height = str(form["sizes"][0]).split("x")
    seconds, rate, group = float(form.get("max_seconds", 10)), float(form["fps"]), int(form.get("group", 1))
    return (int(width), int(height)), 1 + round(seconds * rate / group) * group


def said(weights: Weights, form: Mapping[str, Any], room: Room) -> str:
    """How its longest clip is made here, and if it does not fit, which shorter one does. `form`: a card's format."""
    size, frames = clip(form)
    made = memory.plan(weights, room, size, frames)
    if made.fits:
        return memory.sentence(made, size, frames)
    group = int(form.get("group", 1))
    shorter = memory.largest(weights, room, [size], range(1, frames, group))
    return f"does not fit: {memory.sentence(made, size, frames)}" + (f"; {shorter[1]} frames fit" if shorter else "")


def of_source(source: Mapping[str, Any], room: Room) -> tuple[str, bool]:
    """The same of a model file's source, and whether the model is whole and fits."""
    try:
        model = found_model.of_source(source)
    except VitascopeError as error:
        return error.message, False
    told = said(model.weights, model.like.card["format"], room)
    return f"{model.size / GB:.1f} GB; {told}", not told.startswith("does not fit")
