"""Choosing among wordings: small helpers of the captions in both languages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def listed(text: str) -> tuple[str, ...]:
    """The words of the text, for tables that read better as a line than as a list."""
    return tuple(text.split())


class Choose:
    """Draws from a random source: `choose(options)` is one of them, `choose.chance(0.3)` is True three times in ten."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def __call__(self, options: Sequence[str]) -> str:
        """One of the options; the first is the plainest and comes up twice as often."""
        at = int(self._rng.integers(len(options) + 1))
        return options[max(at - 1, 0)]

    def chance(self, share: float) -> bool:
        return bool(self._rng.random() < share)


def join(*words: str, by: str = " ") -> str:
    """The words that are not empty."""
    return by.join(word for word in words if word)
