"""Exact numbers from text that somebody else wrote. `Fraction("1e9999999")` computes for half a minute and more, so a
power of ten that no length, rate or price has is refused before. Pure.
"""

from __future__ import annotations

from fractions import Fraction

MOST_CHARACTERS = 60
_MOST_DIGITS = 2  # of a power of ten


def exact(text: str) -> Fraction:
    """ "3/8", "2.5" or "1e-3" as an exact number. Raises ValueError for everything else, also for NaN and infinity."""
    power = text.lower().partition("e")[2].strip().lstrip("+-0_")
    if len(text) > MOST_CHARACTERS or len(power) > _MOST_DIGITS:
        raise ValueError("the number is too long")
    try:
        return Fraction(text)
    except ZeroDivisionError as error:
        raise ValueError("the number is divided by zero") from error
