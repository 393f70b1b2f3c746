"""The `[source]` table of an open model's file, checked. Pure: no torch."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from vitascope.engines.openweights.memory import RUNGS
from vitascope.errors import BadSettings

DTYPES = ("bfloat16", "float16", "float32")
DEVICES = ("cuda", "mps", "cpu")
SCHEDULERS = ("euler", "unipc")
EXPERTS = ("both", "high", "low")


@dataclass(frozen=True, kw_only=True)
class LoraFile:
    """A LoRA that requests may name. `expert`: which of two transformers it is for; `high` is the one that begins."""

    file: Path
    expert: str = "both"


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Settings that belong together, such as those of a LoRA for few steps. None: as without the preset."""

    loras: Mapping[str, float] = field(default_factory=dict)
    steps: int | None = None
    guidance: float | None = None
    guidance_low: float | None = None  # of the low-noise expert, where there are two
    shift: float | None = None
    scheduler: str | None = None
    sigmas: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """`folder`: a diffusers folder. `files`: single files by part, in the place of the folder's, or without one."""

    family: str
    folder: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    dtype: str = ""  # empty: bfloat16 on a GPU, float32 on a processor
    device: str = ""  # empty: the best there is
    memory: str = ""  # a rung of `memory.RUNGS`; empty: the plan says which
    loras: Mapping[str, LoraFile] = field(default_factory=dict)
    presets: Mapping[str, Preset] = field(default_factory=dict)
    guidance_low: float | None = None
    shift: float | None = None
    sigmas: tuple[float, ...] = ()  # noise levels of a distilled model; used when as many steps are asked


def read(table: Mapping[str, Any], model: str) -> Source:
    """Raises BadSettings, which names the model and the key, never a path."""

    def bad(what: str, hint: str) -> BadSettings:
        return BadSettings(f"The [source] of {model}: {what}.", hint=hint)

    def only(given: Any, known: Any, where: str) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            raise bad(f"{where} is not a table", f"[source.{where}]" if where else "[source]")
        names = tuple(one.name for one in fields(known))
        for key in given:
            if key not in names:
                raise bad(f'{where} has an unknown "{key}"'.strip(), f"Known: {', '.join(names)}.")
        return dict(given)

    def number(table: dict[str, Any], key: str, where: str, low: float, high: float) -> None:
        value = table.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value != value):
            raise bad(f"{where}{key} must be a number, got {str(value)[:40]!r}", f"{low:g} to {high:g}.")
        if value is not None and not low <= value <= high:
            raise bad(f"{where}{key} must be {low:g} to {high:g}, got {value:g}", "Leave it out for the usual.")

    def choice(table: dict[str, Any], key: str, known: tuple[str, ...], where: str = "") -> None:
        if table.get(key) and table[key] not in known:
            raise bad(f'{where}{key} must be one of {", ".join(known)}, got "{str(table[key])[:40]}"', "Correct it.")

    def levels(table: dict[str, Any], where: str = "") -> tuple[float, ...]:
        found = table.get("sigmas", [])
        good = isinstance(found, list) and all(type(one) in (int, float) and 0 < one <= 1 for one in found)
        if not good or any(after >= before for before, after in itertools.pairwise(found)):
            raise bad(f"{where}sigmas must be numbers that fall from at most 1 towards 0", "sigmas = [1.0, 0.75, 0.5]")
        return tuple(map(float, found))

    given = only(table, Source, "")
    files = given.get("files", {})
    for key in ("family", "folder"):
        absent = key not in given and (key == "family" or not files)
        if absent or not isinstance(given.get(key, "x"), str) or not given.get(key, "x"):
            raise bad(f"{key} is missing", 'family = "wan", folder = "/models/..."')
    if not isinstance(files, Mapping) or not all(isinstance(path, str) for path in files.values()):
        raise bad("files is not a table of paths", 'files = { transformer = "/models/..." }')
    choice(given, "dtype", DTYPES)
    choice(given, "device", DEVICES)
    choice(given, "memory", RUNGS)
    for key in ("guidance_low", "shift"):
        number(given, key, "", 0, 100)
    loras = {}
    for name, one in dict(given.get("loras", {})).items():
        lora = only(one, LoraFile, f"loras.{name}")
        choice(lora, "expert", EXPERTS, f"loras.{name}.")
        if not isinstance(lora.get("file"), str):
            raise bad(f"loras.{name}.file is missing", 'file = "/models/loras/....safetensors"')
        loras[name] = LoraFile(**{**lora, "file": Path(lora["file"]).expanduser()})
    presets = {}
    for name, one in dict(given.get("presets", {})).items():
        preset = only(one, Preset, f"presets.{name}")
        where = f"presets.{name}."
        choice(preset, "scheduler", SCHEDULERS, where)
        number(preset, "steps", where, 1, 1000)
        if isinstance(preset.get("steps"), float):
            raise bad(f"{where}steps must be an integer, got {preset['steps']:g}", "Such as 4.")
        for key in ("guidance", "guidance_low", "shift"):
            number(preset, key, where, 0, 100)
        weights = dict(preset.get("loras", {}))
        for lora in weights:
            number(weights, lora, f"{where}loras.", -4, 4)
            if lora not in loras:
                raise bad(f'{where}loras names an unknown "{lora}"', f"Known: {', '.join(loras) or 'none'}.")
        presets[name] = Preset(**{**preset, "loras": weights, "sigmas": levels(preset, where)})
    places = {part: Path(path).expanduser() for part, path in files.items()}
    folder = Path(given["folder"]).expanduser() if "folder" in given else None
    changed = {"folder": folder, "files": places, "loras": loras, "presets": presets, "sigmas": levels(given)}
    return Source(**{**given, **changed})
