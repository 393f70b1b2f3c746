"""Which engine a worker runs: the model of the settings, or one's own, named by an import path `module:factory`.

A factory is called without arguments and gives an engine (see `engine/protocol.py`). If it carries a `card`, as a class
with one does, the server can show the model without building the engine.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, cast

from vitascope import engines
from vitascope.clip import ModelCard
from vitascope.config import settings
from vitascope.engines.protocol import Engine
from vitascope.errors import BadSettings, UnknownModel


def build(path: str = "") -> Engine[Any]:
    """The engine, ready to draw. Raises BadSettings for a path that leads nowhere, BadWeights for damaged files."""
    return _factory(path)() if path else engines.load(settings().model)


def card(path: str = "") -> ModelCard:
    """The model's card; for the built-in one no runtime is loaded. Raises as `build`."""
    if path:
        factory = _factory(path)
        return cast(ModelCard, getattr(factory, "card", None) or factory().card)
    from vitascope.smallworld.inference.bundle import Bundle

    if settings().model not in engines.names():
        raise UnknownModel(settings().model, engines.names())
    return Bundle(engines.weights_folder()).card


def _factory(path: str) -> Callable[[], Engine[Any]]:
    module, _, name = path.partition(":")
    hint = "Give module:factory, such as my_models.big:engine."
    if not module or not name:
        raise BadSettings(f'"{path}" is no import path.', hint=hint)
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise BadSettings(f'The engine "{path}" cannot be found: {error}', hint=hint) from error
    if not callable(found):
        raise BadSettings(f'"{path}" is not a factory.', hint=hint)
    return cast(Callable[[], Engine[Any]], found)
