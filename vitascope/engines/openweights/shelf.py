"""The models on disk: model files written, changed and taken away, each with a record of what is known of its weights
(`NAME.json` beside `NAME.toml`): the licence and when it was accepted, the files that `pull` brought, their hashes.
Which text of a licence was accepted last outlives the model, so that a pull can tell that it is another one.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vitascope.engines import model_file
from vitascope.engines.openweights import fits, memory, price
from vitascope.engines.openweights.found_model import Model
from vitascope.engines.openweights.hub import is_licence
from vitascope.engines.openweights.memory import Room
from vitascope.errors import BadSettings, BadWeights, Conflict, NotFound
from vitascope.media.atomic_write import written_aside

ENGINE = "vitascope.engines.openweights.engine:open_engine"
FILES = "files"  # the folder of what `pull` brought, in that of the model files
_LICENCES = ".licences.json"  # in that folder: the licences of repositories, as they were accepted last
_ABOUT = "# Written by `vitascope models`; docs/models.md explains every line."
_TOP = (
    "name", "engine", "facts", "title", "modes", "sound", "references", "loras", "presets", "languages", "hints",
    "needs", "gigabytes", "parameters", "size_bytes", "weights", "limits",
)  # fmt: skip
_BLOCK = 2**22

Progress = Callable[[int], None]  # bytes that were read


def model_table(name: str, model: Model, *, device: str = "cpu", rooms: Sequence[Room] = ()) -> dict[str, Any]:
    """The model file as a table: the card of the known checkpoint that it is like, with its own figures. `rooms`: see
    `needed_memory`.
    """
    card = dict(model.like.card)
    form = dict(card.pop("format"))
    licence = dict(card.pop("licence"))
    limits = str(card.pop("limits"))
    if not model.alike:
        limits = f"It is not as large as {model.like.title}, whose card it takes. {limits}"
    title = model.like.title if model.alike else f"{name}, like {model.like.title}"
    needs = needed_memory(model, fits.clip(form), rooms or [Room(device, 0, 0)])
    return {
        "name": name, "engine": ENGINE, "title": title, **card, "needs": device,
        "gigabytes": round(needs / memory.GB, 1), "parameters": model.parameters, "size_bytes": model.size,
        "weights": "", "limits": limits, "format": form, "licence": licence,
        "price": price.price(model.weights, form),
        "source": {**_source(model), **({"device": device} if device != "cpu" else {})},
    }  # fmt: skip


def _source(model: Model) -> dict[str, Any]:
    own = dict(model.like.source)
    if "folder" in model.source:
        own.pop("shift", None)  # the folder's scheduler has it
    return {**model.source, **own}


def needed_memory(model: Model, clip: tuple[tuple[int, int], int], rooms: Sequence[Room]) -> int:
    """Bytes on the device that its longest clip takes in the first of these rooms where it fits, such as what is free
    now and all of the device. Where none does, or the device is not here, what it takes with everything on the device.
    """
    plans = [memory.plan(model.weights, room, *clip) for room in rooms]
    made = next((made for made in plans if made.fits), None) or plans[0].tried[0]
    return made.needs_vram


def write(folder: Path, table: Mapping[str, Any], record: Mapping[str, Any]) -> Path:
    """The model file and its record. Raises Conflict when the name is taken, BadSettings, OutputFailed; then nothing
    is written.
    """
    name = str(table["name"])
    check_free(folder, name)
    target = folder / f"{name}.toml"
    _save(folder, name, table)
    try:
        write_record(folder, name, record)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return target


def check_free(folder: Path, name: str) -> None:
    """Raises BadSettings for what cannot be a name, Conflict when there is a model of that name."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", name):
        raise BadSettings(f'"{name[:80]}" cannot be a name.', hint="Small letters, digits, . _ and -.")
    if (folder / f"{name}.toml").exists():
        raise Conflict(f'There is a model "{name}" already.', hint=f"vitascope models remove {name}, or another name.")


def _save(folder: Path, name: str, table: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with written_aside(folder / f"{name}.toml") as aside:
        aside.write_text(to_toml(table), "utf-8")
        model_file.read(aside)


def change(folder: Path, name: str, how: Callable[[dict[str, Any]], None]) -> None:
    """Rewrites a model file of the home folder. Raises NotFound when there is none."""
    table = read(folder, name)
    how(table)
    _save(folder, name, table)


def read(folder: Path, name: str) -> dict[str, Any]:
    path = folder / f"{name}.toml"
    if name != Path(name).name or not path.is_file():
        raise NotFound(f'No model file of yours is called "{name}".', hint="`vitascope models` lists them.")
    model_file.read(path)
    return tomllib.loads(path.read_text("utf-8"))


def record(folder: Path, name: str) -> dict[str, Any]:
    """Empty where there is none."""
    try:
        told = json.loads((folder / f"{name}.json").read_text("utf-8"))
        return told if isinstance(told, dict) else {}
    except (OSError, ValueError):
        return {}


def write_record(folder: Path, name: str, told: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with written_aside(folder / f"{name}.json") as aside:
        aside.write_text(json.dumps(told, indent=1), "utf-8")


def accepted(licence: Mapping[str, Any]) -> dict[str, Any]:
    """A licence as it was shown, with the time at which it was accepted."""
    return {**licence, "accepted": datetime.now(UTC).isoformat(timespec="seconds")}


def licence_before(folder: Path, repository: str) -> dict[str, Any]:
    """The licence of this repository as it was accepted last; empty: it never was."""
    return dict(_licences(folder).get(repository, {}))


def keep_licence(folder: Path, repository: str, licence: Mapping[str, Any]) -> None:
    """`licence`: as `accepted` gives it."""
    path = folder / FILES / _LICENCES
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_aside(path) as aside:
        aside.write_text(json.dumps({**_licences(folder), repository: licence}, indent=1), "utf-8")


def _licences(folder: Path) -> dict[str, Any]:
    try:
        told = json.loads((folder / FILES / _LICENCES).read_text("utf-8"))
        return told if isinstance(told, dict) else {}
    except (OSError, ValueError):
        return {}


def remove(folder: Path, name: str, *, files: bool = False) -> int:
    """Takes the model file away; with `files` also those that `pull` brought, no others. Returns the bytes freed."""
    path = folder / f"{name}.toml"
    if name != Path(name).name or not path.is_file():
        raise NotFound(f'No model file of yours is called "{name}".', hint="`vitascope models` lists them.")
    told, freed = record(folder, name), 0
    path.unlink()
    (folder / f"{name}.json").unlink(missing_ok=True)
    if files and told.get("brought"):
        brought = folder / FILES / name
        freed = sum(file.lstat().st_size for file in brought.rglob("*") if file.is_file())
        shutil.rmtree(brought, ignore_errors=True)
    return freed


def files_of(source: Mapping[str, Any]) -> list[Path]:
    """What a model reads: the files that its source names, and weights and settings in its folder."""
    own = {part: Path(str(file)) for part, file in dict(source.get("files", {})).items()}
    found = [own[part] for part in sorted(own)]
    if "folder" in source:
        folder = Path(str(source["folder"]))
        kinds = (".safetensors", ".gguf", ".json", ".model", ".txt", ".jinja")
        below = sorted(file for file in folder.rglob("*") if file.suffix in kinds and ".cache" not in file.parts)
        inside = [(file, file.relative_to(folder)) for file in below if file.is_file()]
        found += [file for file, at in inside if at.parts[0] not in own and not is_licence(str(at))]
    return found


def check(folder: Path, name: str, progress: Progress = lambda done: None) -> tuple[str, list[str]]:
    """Hashes what the model reads; the first time the hashes are kept, later they are compared. Returns the hash over
    all files, and what is wrong: names of files that changed, came or went.
    """
    table, told = read(folder, name), record(folder, name)
    files = files_of(table.get("source", {}))
    absent = [file for file in files if not file.is_file()]
    if absent or not files:
        what = f"{len(absent)} of {len(files)} files are missing, such as {absent[0].name}" if absent else "no files"
        raise BadWeights(f"{name}: {what}.", hint="Bring them back, or remove the model.")
    done = 0
    now: dict[str, str] = {}
    for file in files:
        digest = hashlib.sha256()
        with open(file, "rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
                done += len(block)
                progress(done)
        now[str(file)] = digest.hexdigest()
    whole = over(now)
    before = told.get("hashes")
    if before:
        wrong = sorted(Path(file).name for file in {**before, **now} if before.get(file) != now.get(file))
        return whole, wrong
    write_record(folder, name, {**told, "hashes": now})
    change(folder, name, lambda one: one.update(weights=whole))
    return whole, []


def over(hashes: Mapping[str, str]) -> str:
    """One SHA-256 over those of the files, in the order of their names."""
    return hashlib.sha256("".join(hashes[file] for file in sorted(hashes)).encode()).hexdigest()


def to_toml(table: Mapping[str, Any]) -> str:
    """A model file's text. Tables within tables as deep as model files have them."""
    lines = [_ABOUT, *(f"{key} = {_value(table[key])}" for key in _TOP if key in table)]
    for key, value in table.items():
        if key == "options":
            for one in value:
                lines += ["", "[[options]]", *(f"{name} = {_value(what)}" for name, what in one.items())]
        elif key not in _TOP:
            lines += _table(key, value)
    return "\n".join(lines) + "\n"


def _table(path: str, table: Mapping[str, Any]) -> list[str]:
    deep = {key: value for key, value in table.items() if path == "source" and key in ("loras", "presets")}
    lines = ["", f"[{path}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items() if key not in deep)]
    for key, value in deep.items():
        for name, one in value.items():
            lines += _table(f"{path}.{key}.{_key(name)}", one)
    return lines


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return str(value)
