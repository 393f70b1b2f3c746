"""What families of stills have in common: a still from words, or from a picture that is changed by so much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitascope.engines.openweights.family import Asked, Family, Parts


class Stills(Family):
    """`words` and `changed`: the pipelines from words, and from a picture besides."""

    words: str
    changed: str

    def modes(self, parts: Parts) -> frozenset[str]:
        return frozenset({"text", "still"})

    def references(self, parts: Parts) -> Mapping[str, int]:
        return {"image": 1}

    def options(self, parts: Parts) -> frozenset[str]:
        return frozenset({"strength"})

    def pipeline(self, parts: Parts, asked: Asked) -> str:
        return self.changed if asked.pictures else self.words

    def given(self, asked: Asked) -> dict[str, Any]:
        """The picture that is changed, as an argument; none: empty."""
        return {"image": asked.picture, "strength": asked.strength} if asked.pictures else {}
