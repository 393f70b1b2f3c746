"""What the models of a host with many (fal, Replicate) call the same few fields. Each model has a schema of its own, so
the names come from its model file; nothing is sent under a name that is not there. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vitascope.vendors.client import Refused, TaskOrder
from vitascope.vendors.task_client import aspect as aspect_of
from vitascope.vendors.task_client import data_url, seconds, tier


@dataclass(frozen=True, kw_only=True)
class FieldNames:
    """Empty: the model has no such field. `length`: how it wants the seconds, as 5, "5", "5s", or in frames. Of
    `aspects` and `resolutions` it takes one each.
    """

    prompt: str = "prompt"
    negative_prompt: str = ""
    image: str = ""
    last_image: str = ""
    seed: str = ""
    sound: str = ""
    seconds: str = ""
    length: Literal["number", "text", "suffixed", "frames"] = "number"
    aspect: str = ""
    resolution: str = ""
    aspects: tuple[str, ...] = ("16:9", "9:16", "1:1")
    resolutions: tuple[str, ...] = ("480p", "720p", "1080p")

    def fill(self, order: TaskOrder) -> dict[str, Any]:
        """Raises Refused for what the model has no field for."""
        spec, shape = order.spec, order.shape
        pictures = {"image": spec.image, "last_image": spec.last_image}
        asked: dict[str, Any] = {name: data_url(picture) for name, picture in pictures.items() if picture}
        if spec.negative_prompt:
            asked["negative_prompt"] = spec.negative_prompt
        if spec.sound is not None and (spec.sound or self.sound):
            asked["sound"] = spec.sound
        elif self.sound:
            asked["sound"] = False
        told: dict[str, Any] = {self.prompt: spec.prompt}
        for name, value in asked.items():
            if not getattr(self, name):
                raise Refused("input", f"it cannot be told {name}")
            told[getattr(self, name)] = value
        if self.seed and spec.seed is not None:
            told[self.seed] = spec.seed % 2**31
        if self.seconds:
            told[self.seconds] = shape.frames if self.length == "frames" else self._length(seconds(order))
        if self.aspect and not (spec.image or spec.last_image):
            told[self.aspect] = aspect_of(shape, *self.aspects)
        if self.resolution:
            told[self.resolution] = tier(shape, *self.resolutions)
        return told

    def _length(self, whole: int) -> int | str:
        return {"text": str(whole), "suffixed": f"{whole}s"}.get(self.length, whole)


def read(table: Mapping[str, Any]) -> FieldNames:
    """Of a model file's `fields`. Raises ValueError, which names the line."""
    known = FieldNames.__dataclass_fields__
    for name, value in table.items():
        listed = name in ("aspects", "resolutions")
        good = name in known and (isinstance(value, list) if listed else isinstance(value, str))
        good = good and (not listed or all(isinstance(one, str) for one in value))
        if not good or (name == "length" and value not in ("number", "text", "suffixed", "frames")):
            raise ValueError(name)
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    return FieldNames(**values)
