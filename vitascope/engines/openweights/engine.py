"""The door: `open_engine`, which a model file names. Only here it is decided whether the extra is installed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from vitascope.engines.card import ModelCard
from vitascope.errors import BadSettings, MissingExtra

if TYPE_CHECKING:
    from vitascope.engines.openweights.step_engine import OpenEngine

DIFFUSERS = "0.42"  # the one minor version whose pipelines are known here
_NEEDED = ("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors", "greenlet", "ftfy")


def open_engine(card: ModelCard, source: Mapping[str, Any]) -> OpenEngine:
    """The engine of a model file whose `source` names a family and where its files lie (docs/open-weights.md).

    Raises MissingExtra, BadSettings for a source that makes no sense, BadWeights for files that cannot be used.
    """
    if not all(find_spec(name) for name in _NEEDED):
        raise MissingExtra(f'The model "{card.name}"', "open")
    found = version("diffusers")
    if not found.startswith(f"{DIFFUSERS}."):
        raise BadSettings(
            f"diffusers {found} is installed; open models run with {DIFFUSERS}.",
            hint="pip install 'vitascope[open]', which has the right one.",
        )
    made: OpenEngine = importlib.import_module("vitascope.engines.openweights.step_engine").OpenEngine(card, source)
    return made
