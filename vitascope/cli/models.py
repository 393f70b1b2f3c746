"""The commands for models: which are here and which are known, and how they come and go."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitascope.cli import model_licence
from vitascope.cli.options import FILE
from vitascope.config import settings
from vitascope.errors import BadSettings, BadWeights, NotAllowed

if TYPE_CHECKING:
    from vitascope.engines.openweights.found_model import Model

ACCEPT = click.option("--accept-licence", is_flag=True, help="Accept the licence without being asked.")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _own() -> Path:
    return settings().home / "models"


@click.group(invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="All that is known of them, also what does not fit here.")
@click.pass_context
def models(context: click.Context, everything: bool) -> None:
    """The models: list them, add files that you have, pull known ones."""
    if context.invoked_subcommand is None:
        from vitascope.cli import model_list

        model_list.show(_own(), everything=everything)


def _pairs(given: tuple[str, ...]) -> dict[str, Path]:
    """Of "vae=FILE"."""
    found = {}
    for text in given:
        part, equals, file = text.partition("=")
        if not equals:
            raise BadSettings(f'"{text}" names no file.', hint="Write --part vae=FILE.")
        found[part] = Path(file)
    return found


@models.command("add")
@click.argument("path", type=FILE, help="A diffusers folder, a .safetensors or .gguf, a ComfyUI folder or workflow.")
@click.option("--name", help="What to call it. [default: as the known checkpoint that it is like]")
@click.option("--part", multiple=True, help="A file for a part, such as vae=FILE.")
@click.option("--base", type=FILE, help="A diffusers folder that has the other parts.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Where it runs. [default: cuda if there is one]")
@click.option("--to", help="The model that a LoRA is for.")
@click.option("--expert", type=click.Choice(["both", "high", "low"]), default="both", help="Of two, for a LoRA.")
@click.option("--preset", help="Also a preset with this LoRA, such as fast.")
@click.option("--weight", default=1.0, help="The LoRA's, in the preset.")
@click.option("--steps", default=4, help="Of the preset.")
@click.option("--guidance", default=1.0, help="Of the preset.")
@click.option("--shift", type=float, help="Of the preset's scheduler.")
@click.option("--scheduler", type=click.Choice(["euler", "unipc"]), help="Of the preset.")
@click.option("--comfy", metavar="ADDRESS", help="The ComfyUI that runs this workflow (a .json in API format).")
@click.option("--key", default="", help="Of that ComfyUI, if it wants one: a file in keys, or env:NAME.")
@click.option("--fps", type=float, help="Of its clips. [default: as its nodes say; so are size and seconds]")
@click.option("--size", default="", metavar="WxH", help="Of its clips.")
@click.option("--seconds", type=float, help="How long its clips are, at most.")
@click.option("--price", type=click.IntRange(0), help="Units a second of its clips; 100 are a credit.")
@ACCEPT
def add(
    path: Path, name: str | None, part: tuple[str, ...], base: Path | None, device: str | None, to: str | None,
    expert: str, preset: str | None, weight: float, steps: int, guidance: float, shift: float | None,
    scheduler: str | None, comfy: str | None, key: str, fps: float | None, size: str, seconds: float | None,
    price: int | None, accept_licence: bool,
) -> None:  # fmt: skip
    """Add a model, a LoRA or a ComfyUI workflow that you have; its files stay where they are."""
    if comfy:
        return _add_workflow(
            path, name or _plain(path.stem), comfy, key=key, fps=fps, size=size, seconds=seconds, price=price
        )
    if path.suffix.lower() == ".json":
        raise BadSettings(f"{path.name} holds no weights.", hint="Is it a ComfyUI workflow? Then give --comfy ADDRESS.")
    from vitascope.engines.openweights import found_model

    if to:
        values = {"steps": steps, "guidance": guidance, "shift": shift, "scheduler": scheduler}
        told = {key: value for key, value in values.items() if value is not None}
        _add_lora(path, to, name or path.stem.lower().replace(" ", "-"), expert, preset, weight, told)
        return
    model = found_model.look(path, _pairs(part), base=base)
    name = name or model.like.name
    _tell(model)
    model_licence.accept(model.like.card["licence"], model.like.title, unasked=accept_licence)
    _write(model, name, device)


def _plain(stem: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("-._") or "workflow"


def _add_workflow(path: Path, name: str, address: str, **told: Any) -> None:
    from vitascope.engines.openweights import shelf
    from vitascope.engines.remote import comfy_file

    shelf.check_free(_own(), name)
    try:
        text = path.expanduser().read_text("utf-8")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadSettings(f"{path} cannot be read: {why}.", hint="Give the workflow that you exported.") from error
    found = comfy_file.look(name, text, address, comfy_file.Told(**told))
    _say(f"ComfyUI {found.version}")
    for fill in found.fills:
        _say(fill)
    form = found.table["format"]
    length = f"{form['max_seconds']:g} s at {form['fps']:g} frames a second"
    _say(f"clips of {', '.join(form['sizes'])}, {'' if form.get('lengths') else 'up to '}{length}")
    for note in found.notes:
        _say(f"note: {note}")
    if told["price"] is None:
        _say("note: it has no price, so accounts that pay with credits cannot order it; see --price")
    print(shelf.write(_own(), found.table, {"comfy": found.version}), flush=True)


def _tell(model: Model) -> None:
    for part, found in model.parts.items():
        file = model.source.get("files", {}).get(part, "")
        _say(f"{part}: {found.parameters / 1e9:.2f} B, {found.storage}, {found.size / 1e9:.2f} GB  {file}")
    _say(f"like: {model.like.title}")
    for note in model.notes:
        _say(f"note: {note}")


def _write(model: Model, name: str, device: str | None, **record: Any) -> None:
    from vitascope.engines.openweights import fits, memory, room, shelf

    machine = room.here()
    device = device or ("cuda" if machine.room.device == "cuda" else "cpu")
    rooms = [memory.Room(device, 0, machine.room.ram)]
    if device == machine.room.device:  # other models may be on it now; the supervisor puts them off
        rooms = [machine.room, memory.Room(device, machine.total, machine.room.ram)]
    table = shelf.model_table(name, model, device=device, rooms=rooms)
    hashes = record.get("hashes")
    if hashes:
        table["weights"] = shelf.over(hashes)
    if text := record.get("licence", {}).get("sha256"):
        table["licence"] = {**table["licence"], "sha256": text}
    told = {"like": model.like.name, "licence": shelf.accepted(model.like.card["licence"]), **record}
    written = shelf.write(_own(), table, told)
    _say(f"{name}: {fits.said(model.weights, table['format'], machine.room)}")
    print(written, flush=True)


def _add_lora(
    path: Path, to: str, name: str, expert: str, preset: str | None, weight: float, values: Mapping[str, Any]
) -> None:
    from vitascope.engines.openweights import headers, lora_match, shelf

    path = path.expanduser().absolute()
    table = shelf.read(_own(), to)
    source = table.get("source", {})
    told = lora_match.match(headers.read(path), _transformer(source))
    lora_match.check(path.name, told, to)
    if name in source.get("loras", {}):
        raise BadSettings(f'{to} has a LoRA "{name}" already.', hint="Give another --name.")
    if expert != "both" and "transformer_2" not in _parts(source):
        raise BadSettings(f"{to} has one expert.", hint="Leave --expert out.")

    def change(table: dict[str, Any]) -> None:
        own = table["source"]
        own.setdefault("loras", {})[name] = {"file": str(path), "expert": expert}
        table["loras"] = [*table.get("loras", []), name]
        if preset:
            one = own.setdefault("presets", {}).setdefault(preset, {})
            one.update({**values, "loras": {**one.get("loras", {}), name: weight}})
            table["presets"] = list(dict.fromkeys([*table.get("presets", []), preset]))

    shelf.change(_own(), to, change)
    _say(f"{told}; rank {told.rank}")
    print(f"--lora {name}" + (f", or --preset {preset}" if preset else ""), flush=True)


def _parts(source: Mapping[str, Any]) -> set[str]:
    folder = Path(str(source.get("folder", "")))
    below = {one.name for one in folder.iterdir() if one.is_dir()} if source.get("folder") else set()
    return {*source.get("files", {}), *below}


def _transformer(source: Mapping[str, Any]) -> Any:
    from vitascope.engines.openweights import headers, identify

    file = source.get("files", {}).get("transformer")
    if file:
        return headers.read(Path(file))
    folder = Path(str(source["folder"]))
    return headers.folder(folder / (identify.main_part([one.name for one in folder.iterdir()]) or "transformer"))


@models.command("remove")
@click.argument("name", help="A model of yours.")
@click.option("--files", is_flag=True, help="Also the weights that `pull` brought; no others.")
def remove(name: str, files: bool) -> None:
    """Take a model off the list."""
    from vitascope.engines.openweights import shelf

    brought = bool(shelf.record(_own(), name).get("brought"))
    freed = shelf.remove(_own(), name, files=files)
    _say(f"{name} is removed; {freed / 1e9:.1f} GB are free again." if freed else f"{name} is removed.")
    if files and not brought:
        _say("note: its weights are files of yours, and stay.")
    elif brought and not files:
        _say(f"note: its weights stay in {_own() / shelf.FILES / name}")


@models.command("check")
@click.argument("name", help="A model of yours.")
def check(name: str) -> None:
    """Hash a model's files, and compare with the hashes of the first time."""
    from vitascope.engines.openweights import shelf

    first = not shelf.record(_own(), name).get("hashes")
    size = sum(file.stat().st_size for file in shelf.files_of(shelf.read(_own(), name)["source"]) if file.is_file())
    with _Bar(size) as bar:
        whole, wrong = shelf.check(_own(), name, lambda done: bar({"bytes": done}))
    if wrong:
        raise BadWeights(
            f"{name} is not what it was: {len(wrong)} files differ, such as {wrong[0]}.",
            hint="Bring the old files back, or remove the model and add it anew.",
        )
    print(f"{whole}  {'noted' if first else 'as before'}", flush=True)


@models.command("pull")
@click.argument("known_name", metavar="NAME", help="A known checkpoint; see `vitascope models`.")
@click.option("--from", "source", type=click.Choice(["hub", "modelscope"]), default="hub", help="Where it is taken.")
@click.option("--name", help="What to call it here. [default: the same]")
@click.option("--parts", help="Only the weights of these parts, such as text_encoder,vae.")
@click.option("--device", type=click.Choice(["cpu", "cuda"]), help="Where it runs. [default: cuda if there is one]")
@click.option("--yes", is_flag=True, help="Do not ask about size and room.")
@ACCEPT
def pull(
    known_name: str, source: str, name: str | None, parts: str | None, device: str | None, yes: bool,
    accept_licence: bool,
) -> None:  # fmt: skip
    """Bring a known checkpoint from the hub of Hugging Face, or from ModelScope."""
    from vitascope.engines.openweights import known, shelf
    from vitascope.engines.openweights import pull as puller
    from vitascope.engines.openweights.hub import is_licence

    one = known.every().get(known_name)
    if one is None:
        raise BadSettings(f'No checkpoint is known as "{known_name}".', hint=f"Known: {', '.join(known.every())}.")
    if not one.served:
        raise BadSettings(f"No engine here draws {one.title} yet.", hint="`vitascope models` lists the others.")
    name = name or one.name
    shelf.check_free(_own(), name)
    only = tuple(part.strip() for part in parts.split(",")) if parts else ()
    listed = puller.look(one, only, source=source)
    to = _own() / shelf.FILES / name
    _ask_about_size(listed, to, yes)
    licence = model_licence.of_pull(_own(), one, listed, to, _Bar(0), unasked=accept_licence)
    with _Bar(sum(file["size"] for file in listed["files"])) as bar:
        hashes = puller.fetch(listed, to, bar)
    if only:
        _say(f"{', '.join(only)} of {one.title} are here; use them with: models add FILE --base {to}")
        print(to, flush=True)
        return
    from vitascope.engines.openweights import found_model

    brought = {source: listed["repository"], "commit": listed["commit"]}
    full = {str(to / path): digest for path, digest in hashes.items() if not is_licence(path)}
    model = replace(found_model.look(to), like=one)  # many have the same shapes
    _write(model, name, device, licence=licence, brought=brought, hashes=full)


def _ask_about_size(listed: Mapping[str, Any], to: Path, yes: bool) -> None:
    import shutil

    there = next(place for place in (to, *to.parents) if place.exists())
    size, free = sum(file["size"] for file in listed["files"]), shutil.disk_usage(there).free
    have = sum(file["size"] for file in listed["files"] if (to / file["path"]).is_file())
    whole, came = f"{size / 1e9:.2f} GB", f"{have / 1e9:.2f} GB"
    _say(f"{listed['repository']}: {len(listed['files'])} files, {whole}, of which {came} are here")
    _say(f"to: {to}, where {free / 1e9:.1f} GB are free")
    if listed.get("gated"):
        _say("It is gated: its terms must have been accepted on its page, by the account of HF_TOKEN.")
    if not yes and sys.stdin.isatty() and not click.confirm("Get it?", default=True, err=True):
        raise NotAllowed("Nothing was pulled.", hint="--parts gets a part of it.")


class _Bar:
    """How much has come; silent where there is no terminal."""

    def __init__(self, total: int):
        self._total = total
        self._bar: Any = None

    def __enter__(self) -> _Bar:
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=self._total, unit="B", unit_scale=True, leave=False)
        return self

    def __call__(self, told: Mapping[str, Any]) -> None:
        if told.get("waiting"):
            _say("Another pull is under way; waiting for it.")
        if self._bar is not None and "bytes" in told:
            self._bar.update(told["bytes"] - self._bar.n)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()
