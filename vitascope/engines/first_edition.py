"""Engines of the first edition, `--engine module:factory`: their `begin(spec)` took one argument, a spec that told its
own sizes and frames. They keep working for a release; a model of one's own is better described by a file
(docs/models.md).

A factory is called without arguments and gives an engine. If it carries a `card`, as a class with one does, the server
can show the model without building the engine.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

from vitascope import clip, clip_format_1
from vitascope.clip import ClipSpec, Shape, Size
from vitascope.engines.card import ClipFormat, Licence, ModelCard
from vitascope.engines.model_file import load
from vitascope.engines.protocol import Frame, Frames, StepEngine, at_work
from vitascope.errors import BadSettings


def build(path: str) -> StepEngine[Any]:
    """Raises BadSettings for a path that leads nowhere, EngineFailed."""
    factory = _factory(path)
    with at_work(path):
        engine = factory()
    if len(inspect.signature(engine.begin).parameters) >= 2:
        return cast(StepEngine[Any], engine)
    return Adapter(engine)


def card(path: str) -> ModelCard:
    factory = _factory(path)
    return _card(getattr(factory, "card", None) or factory().card)


def model_card(*, name: str, title: str, modes: tuple[str, ...], sizes: tuple[Size, ...], **told: Any) -> ModelCard:
    """A card as the first edition wrote them: `max_seconds`, `fps`, `steps` and `guidance` stood beside the rest."""
    format = ClipFormat(
        fps=Fraction(told.pop("fps", clip_format_1.FPS)),
        group=clip_format_1.GROUP,
        side=32,
        sizes=tuple(sizes),
        max_seconds=Fraction(told.pop("max_seconds", 60)),
        max_total_seconds=Fraction(60),
        steps=told.pop("steps", clip_format_1.STEPS),
        max_steps=64,
        guidance=told.pop("guidance", None),
    )
    licence = told.pop("licence", "Apache-2.0")
    told = {"pictures_in_recipe": True, **told}
    return ModelCard(name=name, title=title, modes=modes, format=format, licence=Licence(id=str(licence)), **told)


class Adapter:
    """An engine of the first edition as one of today."""

    def __init__(self, engine: Any):
        self._engine = engine
        self.card = _card(engine.card)

    def begin(self, spec: ClipSpec, shape: Shape) -> Any:
        return self._engine.begin(_FirstSpec(spec, shape, self.card.name))

    def step(self, runs: list[Any]) -> None:
        self._engine.step(runs)

    def preview(self, run: Any) -> Frames:
        return cast(Frames, self._engine.preview(run))

    def sound(self, run: Any) -> None:
        return None

    def frames(self, run: Any) -> Iterator[Frame]:
        return cast(Iterator[Frame], self._engine.frames(run))


class _FirstSpec:
    """A spec that answers as those of the first edition did."""

    def __init__(self, spec: ClipSpec, shape: Shape, model: str):
        self._spec = spec
        self.model, self.shape, self.size = model, shape.size, shape.size
        self.new_frames, self.frames = shape.frames, shape.total
        self.steps = shape.steps or clip_format_1.STEPS
        self.guidance = spec.guidance
        self.aspect = clip_format_1.aspect_of(shape.size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._spec, name)


def _card(given: Any) -> ModelCard:
    if isinstance(given, ModelCard):
        return replace(given, first_edition=True)
    raise BadSettings("The engine has no card.", hint="Give it a ModelCard: docs/models.md.")


def _factory(path: str) -> Callable[[], Any]:
    old = {
        "ModelCard": model_card,
        "FPS": clip_format_1.FPS,
        "GROUP": clip_format_1.GROUP,
        "ASPECTS": clip_format_1.ASPECTS,
    }
    vars(clip).update(old)  # where engines of the first edition import them from
    found = load(path)
    if not callable(found):
        raise BadSettings(f'"{path}" is not a factory.', hint="Give module:factory, such as my_models.big:engine.")
    return cast(Callable[[], Any], found)
