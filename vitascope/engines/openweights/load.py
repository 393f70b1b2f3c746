"""From a diffusers folder to modules, without running anything that lies in it.

Weights are safetensors alone (diffusers and transformers would fall back to pickles by themselves); a folder names a
class only from its family's list; `auto_map`, pickles, links that leave the folder and everything else that could
bring code along is left out or refused. No connection is opened: the hub is switched off.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from vitascope.engines.openweights import gguf_file
from vitascope.engines.openweights.family import Family, Parts
from vitascope.engines.openweights.headers import PICKLES
from vitascope.engines.openweights.source import Source
from vitascope.errors import BadSettings, BadWeights, VitascopeError, is_memory

os.environ["HF_HUB_OFFLINE"] = "1"  # before the libraries below read it
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import diffusers
import huggingface_hub.constants
import transformers

huggingface_hub.constants.HF_HUB_OFFLINE = True  # when somebody imported it before
for _library in (diffusers, transformers):
    _library.utils.logging.set_verbosity_error()
    _library.utils.logging.disable_progress_bar()

MAX_LAYERS = 1000  # of a config: building so many takes for ever
MAX_JSON_BYTES = 8 << 20  # of a config, or of the list of a sharded model's tensors
#: Where the classes lie, by the names that model_index.json gives to places.
_LIBRARIES = {
    "diffusers": "diffusers",
    "transformers": "transformers",
    "ltx2": "diffusers.pipelines.ltx2",
}
#: Keys of a config that could bring code or another library along.
_LEFT_OUT = ("auto_map", "custom_pipelines", "attn_implementation", "_attn_implementation", "trust_remote_code")


def load(family: Family, source: Source, device: torch.device) -> Parts:
    """The parts in RAM; `place.py` moves them. Raises BadWeights for files that cannot be used, BadSettings for a part
    that is none here.
    """
    wide = torch.float32 if device.type == "cpu" else torch.bfloat16
    dtype: torch.dtype = getattr(torch, source.dtype) if source.dtype else wide
    modules, values = (
        _of_folder(family, source.folder, source, dtype) if source.folder else _of_files(family, source, dtype)
    )
    for module in modules.values():
        if isinstance(module, torch.nn.Module):
            module.eval().requires_grad_(False)
    return Parts(modules, values, device, dtype)


def _of_files(family: Family, source: Source, dtype: torch.dtype) -> tuple[dict[str, Any], dict[str, Any]]:
    for part, file in source.files.items():
        _check_file(part, file)
    with _said("model", *source.files.values()):
        return family.of_files(source.files, dtype)


def _of_folder(
    family: Family, folder: Path, source: Source, dtype: torch.dtype
) -> tuple[dict[str, Any], dict[str, Any]]:
    index = _json(folder, "model_index.json")
    for part, file in source.files.items():
        if part not in family.transformers:
            known = ", ".join(family.transformers)
            raise BadSettings(
                f'Beside a folder, a single file cannot be the part "{part}" of {family.name}.', hint=f"Known: {known}."
            )
        _check_file(part, file)
    modules: dict[str, Any] = {}
    for part, classes in family.parts.items():
        named = index.get(part)
        if not named or not named[0]:
            if part not in family.optional:
                raise BadWeights(f"The model's folder has no {part}.", hint="Fetch the missing part.")
            modules[part] = None
            continue
        kind = _class(part, named, classes, family.instead)
        precise = torch.float32 if part in family.precise else dtype
        single = source.files.get(part)
        with _said(part, folder, *([single] if single else [])):
            own = family.single(single, dtype, _json(folder, f"{part}/config.json")) if single else None
            modules[part] = own or _part(kind, folder, part, precise, single)
            _check_filled(part, modules[part])
    return modules, _values(family, index)


@contextmanager
def _said(part: str, *places: Path) -> Iterator[None]:
    """Whatever the libraries raise on files that are not what they say, in words and without a path."""
    try:
        yield
    except VitascopeError:
        raise
    except Exception as error:
        if is_memory(error):
            raise
        what = str(error) or type(error).__name__
        for place in places:
            what = what.replace(str(place), "")
        what = " ".join(what.split())[:300]
        raise BadWeights(f"The {part} cannot be loaded: {what}", hint="Fetch it again.") from error


def _check_filled(part: str, module: Any) -> None:
    """Libraries leave what the files do not have without numbers, and say nothing."""
    if not isinstance(module, torch.nn.Module):
        return
    empty = [name for name, value in module.named_parameters() if value.is_meta]
    if empty:
        raise BadWeights(
            f"The {part}'s config asks for {len(empty)} tensors that its weights do not have, such as {empty[0]}.",
            hint="Fetch config.json and the weights again.",
        )


def _check_layers(part: str, config: dict[str, Any]) -> None:
    for name, value in config.items():
        if name.endswith("layers") and isinstance(value, int) and value > MAX_LAYERS:
            raise BadWeights(
                f"The config of the {part} says {name} is {value:,}.", hint=f"At most {MAX_LAYERS}. Fetch it again."
            )


def _check_file(part: str, file: Path) -> None:
    if not file.is_file():
        raise BadWeights(f"The file of the {part} is not there.", hint="Correct [source].files of the model file.")
    if file.suffix.lower() not in (".safetensors", ".gguf"):
        raise _pickle(file.name)


def device_of(named: str) -> torch.device:
    """Of this name; empty: the best that there is. Raises BadSettings for one that is not here."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if named and not there[named]:
        raise BadSettings(f'The device "{named}" is not here.', hint="Leave device out to take the best there is.")
    return torch.device(named or next(name for name in there if there[name]))


def _values(family: Family, index: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for name, kind in family.values.items():
        value = index.get(name)
        if value is not None:
            if not isinstance(value, kind):
                raise BadWeights(f"model_index.json says {name} is {str(value)[:40]!r}.", hint="Fetch it again.")
            values[name] = value
    return values


def _class(part: str, named: Any, classes: tuple[str, ...], instead: Mapping[str, str]) -> Any:
    wanted = ".".join(str(one) for one in named) if isinstance(named, list) else str(named)
    if wanted not in classes:
        raise BadWeights(
            f"The model's folder names the class {wanted[:80]} for its {part}.",
            hint=f"Taken are {', '.join(classes)}. Is it of another family?",
        )
    library, name = instead.get(wanted, wanted).split(".")
    return getattr(importlib.import_module(_LIBRARIES[library]), name)


def _part(kind: Any, folder: Path, part: str, dtype: torch.dtype, single: Path | None) -> Any:
    _check_inside(folder, folder / part)
    place = folder / part
    if not issubclass(kind, torch.nn.Module) and hasattr(kind, "from_config"):  # a scheduler or guider: numbers alone
        return kind.from_config(_json(folder, f"{part}/{kind.config_name}"))
    if not issubclass(kind, torch.nn.Module):  # a tokenizer, or what prepares pictures
        return kind.from_pretrained(place, local_files_only=True, trust_remote_code=False)
    config = _json(folder, f"{part}/config.json")
    _check_layers(part, config)
    if config.get("quantization_config"):
        raise BadWeights(f"The {part} is quantised in its folder, which is not read here.", hint="Take bfloat16 files.")
    if single:
        return _single(kind, single, folder, part, dtype)
    _check_weights(place, part)
    told = {"use_safetensors": True, "local_files_only": True}
    if issubclass(kind, diffusers.ModelMixin):
        return kind.from_pretrained(place, dtype=dtype, **told)
    clean = kind.config_class.from_dict({key: value for key, value in config.items() if key not in _LEFT_OUT})
    return kind.from_pretrained(place, config=clean, dtype=dtype, trust_remote_code=False, **told)


def _single(kind: Any, file: Path, folder: Path, part: str, dtype: torch.dtype) -> Any:
    """A transformer of one safetensors or GGUF file, with the config of the folder: never guessed from its shapes, for
    which the library would ask the hub.
    """
    if file.suffix == ".gguf":
        return gguf_file.load(kind, file, dtype, config=str(folder), subfolder=part)
    from safetensors import safe_open

    with safe_open(file, "pt") as opened:
        names = list(opened.keys())
    scaled = next((name for name in names if name.endswith((".scale_weight", "scaled_fp8", ".weight_scale"))), None)
    if scaled:  # the library would load it without the scales, and draw wrong pictures without an error
        raise BadWeights(
            f"The file of the {part} has scaled fp8 or int8 weights, which are not read yet.", hint="GGUF."
        )
    return kind.from_single_file(
        str(file), config=str(folder), subfolder=part, dtype=dtype, local_files_only=True
    )  # fmt: skip


def _check_weights(place: Path, part: str) -> None:
    names = sorted(file.name for file in place.iterdir())
    if "adapter_config.json" in names:  # transformers would apply it unasked
        raise BadWeights(f"The folder of the {part} holds an adapter beside its weights.", hint="Move it elsewhere.")
    if not any(name.endswith(".safetensors") for name in names):
        pickle = next((name for name in names if name.endswith(PICKLES)), None)
        if pickle:
            raise _pickle(f"{part}/{pickle}")
        raise BadWeights(f"The folder of the {part} has no weights.", hint="Fetch them.")
    for index in (name for name in names if name.endswith(".safetensors.index.json")):
        for shard in set(_json(place, index).get("weight_map", {}).values()):
            if not isinstance(shard, str) or Path(shard).name != shard or not shard.endswith(".safetensors"):
                raise BadWeights(f'{part}/{index} names the file "{str(shard)[:80]}".', hint="Fetch it again.")
            if shard not in names:
                raise BadWeights(f"{part}/{shard} is missing.", hint="Fetch it.")


def _pickle(name: str) -> BadWeights:
    return BadWeights(
        f"{name} is a pickle, which can run code when it is read; only safetensors and GGUF are.",
        hint="Take the model's safetensors files, or convert it on a machine that may be lost.",
    )


def _check_inside(folder: Path, place: Path) -> None:
    """Every file of this part lies in the folder; in the cache of the hub, in the store of the same repository."""
    root = folder.resolve()
    homes = [root]
    if root.parent.name == "snapshots":
        homes.append(root.parent.parent / "blobs")
    if not place.is_dir():
        raise BadWeights(f"The model's folder has no {place.name}.", hint="Fetch the missing part.")
    for file in _walked(place):
        if not any(file.resolve().is_relative_to(home) for home in homes):
            raise BadWeights(
                f"{file.name} of the {place.name} is a link that leaves the folder.", hint="Copy it there."
            )


def _walked(place: Path) -> Iterator[Path]:
    yield place
    yield from place.iterdir()


def _json(folder: Path, name: str) -> dict[str, Any]:
    """Raises BadWeights, which names the file, not its folder."""
    try:
        if (folder / name).stat().st_size > MAX_JSON_BYTES:
            raise BadWeights(f"{name} is larger than {MAX_JSON_BYTES >> 20} MB.", hint="Fetch it again.")
        data = json.loads((folder / name).read_text("utf-8"))
    except OSError as error:
        raise BadWeights(
            f"The model's {name} is not there: {error.strerror}.", hint="Give a diffusers folder."
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadWeights(f"The model's {name} cannot be read.", hint="Fetch it again.") from error
    if not isinstance(data, dict):
        raise BadWeights(f"The model's {name} cannot be read.", hint="Fetch it again.")
    return data
