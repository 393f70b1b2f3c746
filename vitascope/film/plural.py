"""Numbers with their words, for people."""

from __future__ import annotations


def counted(number: int, word: str, plural: str = "") -> str:
    """Such as "1 take", "3 takes"; `plural` where an s is not enough."""
    return f"{number} {word if number == 1 else plural or word + 's'}"
