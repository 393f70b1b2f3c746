"""What clips mean, as terms kind:value beside their words: how they are kept, asked for and compared. What a prompt
means is said by its model's hook (`engines/hooks.py`); a clip of a model without one has no terms. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol


class Meant(Protocol):
    """What words mean: terms that a clip keeps; of what else was understood, all the words for it; and what was not."""

    @property
    def terms(self) -> tuple[str, ...]: ...

    @property
    def forms(self) -> tuple[tuple[str, ...], ...]: ...

    @property
    def unknown(self) -> tuple[str, ...]: ...


Hooks = Sequence[Callable[[str], Meant]]  # of all models that have one

#: How much two clips have in common that share such a term.
WEIGHTS = {"thing": 3.0, "colour": 2.0, "motion": 2.0, "ground": 2.0, "sky": 2.0, "camera": 1.5}
_OTHER = 0.5  # a size, a material, a way
_WORD = 1.0  # a word that has no meaning here


def kept(terms: Iterable[str]) -> str:
    """As it stands in a clip's row: with a space round each; empty for none."""
    joined = " ".join(dict.fromkeys(terms))
    return f" {joined} " if joined else ""


def of(words: str, hooks: Hooks) -> frozenset[str]:
    """All that these words mean to any model."""
    return frozenset(term for hook in hooks for term in hook(words).terms)


def like(term: str) -> str:
    """A LIKE pattern (escape: backslash) that finds the clips with this term."""
    return f"% {_escaped(term)} %"


def alternatives(kind: str, value: str, hooks: Hooks) -> list[str]:
    """LIKE patterns, of which a clip must fit one. The value is a model's own word or one that means it: ground=雪地 is
    ground:snow. A camera move fits by its beginning: "orbit" finds both ways.
    """
    plain = value.strip().lower().replace("_", " ").replace(" ", "_")
    meant = [next((term for term in hook(value).terms if term.startswith(f"{kind}:")), "") for hook in hooks]
    terms = dict.fromkeys(term or f"{kind}:{plain}" for term in meant or [""])
    return [f"% {_filtered(term)}{'' if kind == 'camera' else ' '}%" for term in terms]


def nearness(asked: Iterable[str], kept: Iterable[str], words: frozenset[str], kept_words: frozenset[str]) -> float:
    """How much a clip has in common with what was asked, 0 to 1: the shared share of their terms, the heavy ones
    counting more, and of the words besides. Of a clip without terms, as all of some models are, the words alone count.
    """
    others = frozenset(kept)
    terms = frozenset(asked) if others else others
    shared = sum(map(_weight, terms & others)) + _WORD * len(words & kept_words)
    either = sum(map(_weight, terms | others)) + _WORD * len(words | kept_words)
    return shared / either if either else 0.0


def _weight(term: str) -> float:
    return WEIGHTS.get(term.partition(":")[0], _OTHER)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _filtered(text: str) -> str:
    return text.replace("\\", "").replace("%", "").replace("_", "\\_")
