"""Engines by name. The engine itself is loaded when it is asked for, so that listing and importing stay quick."""

from __future__ import annotations

from pathlib import Path

from vitascope.clip import ModelCard
from vitascope.config import settings
from vitascope.engines.protocol import Engine
from vitascope.errors import UnknownModel

EMBEDDED = "vitascope-nano"


def names() -> list[str]:
    return [EMBEDDED]


def weights_folder() -> Path:
    return settings().weights or Path(__file__).parent.parent / "smallworld" / "weights"


def load(name: str) -> Engine:
    """The engine of this model, its files checked. Raises UnknownModel or BadWeights."""
    if name not in names():
        raise UnknownModel(name, names())
    from vitascope.smallworld.engine import EmbeddedEngine

    return EmbeddedEngine(weights_folder(), threads=settings().threads)


def models() -> list[ModelCard]:
    return [load(name).card for name in names()]
