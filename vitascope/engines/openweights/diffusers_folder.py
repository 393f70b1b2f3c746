"""A folder in diffusers' layout, looked at as data: `model_index.json` names its parts, and none of the classes that it
names is loaded here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vitascope.engines.openweights import headers, identify
from vitascope.engines.openweights.identify import Found
from vitascope.errors import BadWeights

INDEX = "model_index.json"
_MAX_JSON = 2**20
_LIBRARIES = ("diffusers", "transformers", "ltx2")  # the last: a pipeline of diffusers with parts of its own


@dataclass(frozen=True)
class Folder:
    """`parts`: what was found in each part that has weights. `files`: all files of weights."""

    path: Path
    pipeline: str
    parts: dict[str, Found]
    files: tuple[Path, ...]


def is_one(path: Path) -> bool:
    return (path / INDEX).is_file()


def read(path: Path) -> Folder:
    """Raises BadWeights: damaged, incomplete, a pickle, or something that would need code of its own."""
    index = _json(path / INDEX)
    parts: dict[str, Found] = {}
    files: list[Path] = []
    for name, told in sorted(index.items()):
        if name.startswith("_") or not isinstance(told, list) or not all(isinstance(one, str) for one in told):
            continue  # settings of the pipeline, and parts that are left out ([null, null])
        library = told[0]
        if library.split(".")[0] not in _LIBRARIES:
            raise BadWeights(
                f'{INDEX} wants code of its own for "{name[:40]}" ({library[:40]}); it is not run.',
                hint="Only parts of diffusers and transformers are loaded.",
            )
        if name != Path(name).name or not (path / name).is_dir():
            raise BadWeights(f"The folder has no {name[:40]}, which its {INDEX} names.", hint="Get what is missing.")
        if not (path / name).resolve().is_relative_to(path.resolve()):
            raise BadWeights(f"{name[:40]} is a link that leaves the folder.", hint="Copy its folder there.")
        if _has_weights(path / name):
            head = headers.folder(path / name)
            files += head.files
            parts[name] = _part(path / name, name, head)
    main = identify.main_part(parts)
    if not main:
        raise BadWeights(f"{path.name} has no transformer with weights.", hint="Get what is missing.")
    pipeline = str(index.get("_class_name", ""))
    forcing = pipeline.startswith("SkyReelsV2DiffusionForcing")
    kind = "df" if forcing else "i2v" if re.search("ImageToVideo|I2V", pipeline) else "t2v"
    found = parts[main]
    if found.family and not found.kind:
        parts[main] = replace(found, kind=kind)
    if found.family == "wan" and pipeline.startswith("SkyReelsV2"):  # the same names and shapes, other weights
        parts[main] = replace(found, family="skyreels", kind=kind)
    return Folder(path, pipeline, parts, tuple(files))


def read_parts(path: Path, wanted: list[str]) -> Folder:
    """Of a folder whose transformer lies elsewhere: those of the wanted parts that it has."""
    parts: dict[str, Found] = {}
    files: list[Path] = []
    for name in wanted:
        if (path / name).is_dir() and _has_weights(path / name):
            head = headers.folder(path / name)
            files += head.files
            parts[name] = _part(path / name, name, head)
    return Folder(path, str(_json(path / INDEX).get("_class_name", "")), parts, tuple(files))


def _has_weights(folder: Path) -> bool:
    names = [file.name for file in folder.iterdir()]
    weights = (".safetensors", ".safetensors.index.json", ".gguf", *headers.PICKLES)
    return any(name.endswith(weights) for name in names)


def _part(folder: Path, name: str, head: headers.Header) -> Found:
    if (folder / "config.json").is_file():
        config = _json(folder / "config.json")
        method = config.get("quantization_config")
        if isinstance(method, dict):
            raise BadWeights(
                f"{name} is quantised by {str(method.get('quant_method', 'a package'))[:40]}; that is not read.",
                hint="Take the same model as bf16, fp16, fp8_scaled or GGUF.",
            )
    if name.startswith(identify.MAIN):
        return identify.header(head)
    sort = {"vae": "vae", "image_encoder": "image_encoder"}.get(name, "text_encoder" if "text" in name else name)
    count = sum(tensor.count for tensor in head.tensors.values())
    return Found(sort, "", "", "diffusers", identify.storage(head), count, head.size)


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_JSON:
            raise ValueError("it is larger than 1 MB")
        told = json.loads(path.read_text("utf-8"))
        if not isinstance(told, dict):
            raise ValueError("it is no table")
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise BadWeights(f"{path.name} cannot be read: {why}.", hint="Get the file again.") from error
    return told
