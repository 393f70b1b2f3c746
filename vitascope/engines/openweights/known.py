"""Checkpoints that are known: where they lie, what they take and make, and under which licence. One TOML file each."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from vitascope.engines.openweights.identify import MAIN, Found, main_part
from vitascope.engines.openweights.memory import Part, Weights

FOLDER = Path(__file__).parent / "known"
_NEAR = 1.3  # sizes of transformers that differ by no more than this are called the same
WEIGHTLESS = ("tokenizer", "scheduler", "image_processor")


@dataclass(frozen=True)
class Known:
    """`parts`: parameters of each part with weights; `others`: names of those without. `source`: what
    the engine is told beside its files. `modelscope`: what it is called there, where that is not the hub's name.
    `served`: whether an engine here draws it. `card`: as in a model file.
    `unconfirmed`: dotted names of what is said of it that no published source bears out.
    """

    name: str
    title: str
    family: str
    kind: str
    hub: str
    parts: Mapping[str, int]
    others: tuple[str, ...]
    card: Mapping[str, Any]
    names: tuple[str, ...] = ()
    width: int = 0
    layers: int = 1
    served: bool = True
    source: Mapping[str, Any] = field(default_factory=dict)
    memory: tuple[Mapping[str, Any], ...] = ()
    unconfirmed: tuple[str, ...] = ()
    modelscope: str = ""

    @property
    def experts(self) -> int:
        return 2 if "transformer_2" in self.parts else 1

    @property
    def size(self) -> int:
        """About as many bytes as 16 bits for each parameter take."""
        return 2 * sum(self.parts.values())

    @property
    def weights(self) -> Weights:
        """As they are published, in 16 bits."""
        part = {name: Part(count, 2 * count) for name, count in self.parts.items()}
        experts = tuple(part.pop(name) for name in (*MAIN, "transformer_2") if name in part)
        count = sum(part.pop(name).parameters for name in list(part) if name.startswith("text_encoder"))
        encoder, vae = Part(count, 2 * count), part.pop("vae")
        return Weights(
            self.family, self.kind, experts, encoder, vae, tuple(part.values()), self.width, self.layers
        )  # fmt: skip


@cache
def every() -> Mapping[str, Known]:
    """All of them, by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        told = tomllib.loads(path.read_text("utf-8"))
        for key in ("others", "names", "memory", "unconfirmed"):
            told[key] = tuple(told.get(key, ()))
        found[path.stem] = Known(name=path.stem, **told)
    return found


def nearest(found: Found, experts: int, named: str) -> tuple[Known, bool] | None:
    """The known checkpoint that is most like this transformer, and whether it is about as large. `named`: the names of
    the file and its folder, which tell apart what has the same shapes. None: none is of its family and kind.
    """
    alike = [
        one for one in every().values() if one.family == found.family and found.kind in ("", one.kind)
    ]  # fmt: skip
    if not alike:
        return None
    words = named.lower()

    def far(one: Known) -> tuple[int, float, int]:
        ratio = abs(math.log(max(found.parameters, 1) / one.parts[main_part(one.parts)]))
        hits = sum(word in words for word in one.names)
        return (abs(one.experts - experts), 0.0 if ratio < math.log(_NEAR) else ratio, -hits)

    best = min(alike, key=far)
    return best, far(best)[1] == 0.0
