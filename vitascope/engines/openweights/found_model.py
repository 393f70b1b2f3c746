"""From a path to a whole model: a diffusers folder, one file of a transformer, or a ComfyUI folder, with the other
parts that it needs found beside it. Reads headers alone and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vitascope.engines.openweights import comfy, diffusers_folder, identify, known
from vitascope.engines.openweights.headers import PICKLES, pickle
from vitascope.engines.openweights.identify import MAIN, SERVED, Found, main_part
from vitascope.engines.openweights.known import Known
from vitascope.engines.openweights.memory import Part, Weights
from vitascope.errors import BadSettings, BadWeights, VitascopeError

#: Kinds of a family that are recognised, and that nothing here draws.
_UNSERVED = ("animate", "s2v", "control")
_TEXT = {"wan": "umt5", "cogvideox": "t5", "ltx": "t5"}  # the text encoder of a family, where it tells itself
_SINGLE = ("wan",)  # families whose other parts may be single files too
#: Families whose transformer may be one file beside a diffusers folder: the library knows what its tensors are called
#: there and in ComfyUI's files.
_ONE_FILE = (*_SINGLE, "ltx", "ltx2", "zimage", "qwenimage", "flux", "flux2")


@dataclass(frozen=True)
class Model:
    """`source`: for the model file. `files`: every file that it reads. `like`: the known checkpoint whose card it
    takes, `alike` whether it is about as large.
    """

    family: str
    like: Known
    alike: bool
    parts: Mapping[str, Found]
    source: Mapping[str, Any]
    files: tuple[Path, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts.values())

    @property
    def parameters(self) -> int:
        return sum(part.parameters for name, part in self.parts.items() if name.startswith(MAIN))

    @property
    def weights(self) -> Weights:
        """For a memory plan."""
        part = {name: Part(one.parameters, one.size, one.storage) for name, one in self.parts.items()}
        experts = tuple(part.pop(name) for name in (*MAIN, "transformer_2") if name in part)
        main = self.parts[main_part(self.parts)]
        # scales are multiplied in when it is loaded
        count = sum(part.pop(name).parameters for name in list(part) if name.startswith("text_encoder"))
        words, vae = Part(count, 2 * count), part.pop("vae", Part(0, 0))
        return Weights(
            self.family, self.like.kind, experts, words, vae, tuple(part.values()), main.width, main.layers or 1
        )  # fmt: skip


def look(path: Path, given: Mapping[str, Path] | None = None, *, base: Path | None = None) -> Model:
    """What this path holds. `given`: files of parts, by part, that come before what is found. `base`: a diffusers
    folder that has the other parts. Raises BadWeights and BadSettings, which say what is missing, with its size.
    """
    path, given = path.expanduser().absolute(), dict(given or {})
    if path.suffix.lower() in PICKLES:
        raise pickle(path)
    if not path.exists():
        raise BadWeights(f"There is no {path}.", hint="Give a folder, a .safetensors or a .gguf.")
    if path.is_dir():
        if diffusers_folder.is_one(path):
            return _of_folder(path, given)
        models = comfy.root(path)
        if models is None:
            raise BadWeights(
                f"{path.name} is neither a diffusers folder nor a ComfyUI folder.",
                hint=f"The first has a {diffusers_folder.INDEX}, the second diffusion_models, vae, text_encoders.",
            )
        return _of_file(_only_one(models), given, base, models)
    return _of_file(path, given, base)


def of_source(source: Mapping[str, Any]) -> Model:
    """The model that a model file's source names. Raises BadWeights when something of it is not there any more."""
    files = {part: Path(str(file)) for part, file in dict(source.get("files", {})).items()}
    folder = Path(str(source.get("folder", "")))
    if "folder" in source and "transformer" not in files and any((folder / main).is_dir() for main in MAIN):
        return _of_folder(folder, files)
    absent = [file.name for file in files.values() if not file.is_file()]
    if absent or "transformer" not in files:
        raise BadWeights(f"Its files are not there any more: {', '.join(absent) or 'transformer'}.", hint="Bring them.")
    base = folder if "folder" in source else None
    return _of_file(files["transformer"], {part: one for part, one in files.items() if part != "transformer"}, base)


def transformers(models: Path) -> dict[Path, Found | VitascopeError]:
    """The transformers in a ComfyUI folder that are served, and the files that cannot be used, with the reason."""
    found: dict[Path, Found | VitascopeError] = {}
    for path in comfy.files(comfy.folders(models)["transformer"]):
        try:
            one = identify.file(path)
            if one.role == "transformer" and one.family in SERVED and one.kind not in _UNSERVED:
                found[path] = one
        except VitascopeError as error:
            found[path] = error
    return found


def _only_one(models: Path) -> Path:
    every = transformers(models)
    usable = {path: one for path, one in every.items() if isinstance(one, Found)}
    heads = [path for path, one in usable.items() if one.expert != "low" or not _sibling(path, one, "high")]
    if len(heads) == 1:
        return heads[0]
    if heads:
        names = "\n".join(f"  {path.relative_to(models) if path.is_relative_to(models) else path}" for path in heads)
        raise BadSettings(
            f"The folder holds {len(heads)} models:\n{names}", hint="models add FILE --name NAME, for one."
        )
    faults = [one.message for one in every.values() if isinstance(one, VitascopeError)]
    why = f" {faults[0]}" if faults else ""
    raise BadWeights(f"The folder holds no model that can be used.{why}", hint=f"Served are {', '.join(SERVED)}.")


def _check_served(found: Found, name: str) -> None:
    if found.role == "lora":
        raise BadSettings(f"{name} is a LoRA.", hint=f"vitascope models add {name} --to MODEL")
    if found.role == "checkpoint":
        raise BadWeights(
            f"{name} holds several parts in one file; that is not read.",
            hint="Take the transformer, VAE and text encoder as files of their own, or the diffusers folder.",
        )
    if found.role != "transformer":
        raise BadWeights(f"{name} is a part of a model ({found.role}), not a model.", hint="Give the transformer.")
    if found.family not in SERVED or found.kind in _UNSERVED:
        what = f"{found.family} {found.kind}".strip() or "of an unknown family"
        raise BadWeights(f"{name} is {what}; that is not served.", hint=f"Served are {', '.join(SERVED)}.")


def _like(found: Found, experts: int, named: str) -> tuple[Known, bool, list[str]]:
    near = known.nearest(found, experts, named)
    if near is None:
        raise BadWeights(f"{found} is like no known checkpoint.", hint="Write its model file by hand: docs/models.md.")
    like, alike = near
    if not like.served:
        raise BadWeights(f"It is like {like.title}; no engine here draws that yet.", hint="`vitascope models`")
    notes = []
    if not alike:
        notes.append(f"It is not as large as any known checkpoint; it takes the card of {like.title}.")
    return like, alike, notes


def _without_end(like: Known, pipeline: str) -> tuple[Known, list[str]]:
    """The same without last pictures, where the folder's pipeline has no place for one."""
    if like.family != "ltx" or pipeline == "LTXConditionPipeline":
        return like, []
    modes = [mode for mode in like.card["modes"] if mode != "last_image"]
    return replace(like, card={**like.card, "modes": modes}), ["It is older than 0.9.5: it takes no last picture."]


def _of_folder(path: Path, given: dict[str, Path]) -> Model:
    folder = diffusers_folder.read(path)
    part = main_part(folder.parts)
    main = folder.parts[part]
    _check_served(main, f"{path.name}/{part}")
    like, alike, notes = _like(main, 1 + ("transformer_2" in folder.parts), path.name)
    like, more = _without_end(like, folder.pipeline)
    source: dict[str, Any] = {"family": main.family, "folder": str(path)}
    parts, files = dict(folder.parts), list(folder.files)
    for name, file in given.items():
        parts[name] = identify.file(file)
        files.append(file)
        source.setdefault("files", {})[name] = str(file)
    return Model(main.family, like, alike, parts, source, tuple(files), (*notes, *more))


def _of_file(path: Path, given: dict[str, Path], base: Path | None, models: Path | None = None) -> Model:
    main = identify.file(path)
    _check_served(main, path.name)
    paths, parts = {"transformer": path}, {"transformer": main}
    if main.expert:
        other = _sibling(path, main, "low" if main.expert == "high" else "high")
        both = {main.expert: path, ("low" if main.expert == "high" else "high"): other}
        for part, expert in (("transformer", "high"), ("transformer_2", "low")):
            file = given.pop(part, None) or both[expert]
            if file:
                paths[part], parts[part] = file, identify.file(file)
            else:
                paths.pop(part, None)
                parts.pop(part, None)
    like, alike, notes = _like(
        main, 2 if main.expert or main.kind == "i2v-expert" else 1, f"{path.parent.name}/{path.name}"
    )
    _check_one_file(main, path.name, like)
    for part, file in given.items():
        file = file.expanduser().absolute()
        paths[part], parts[part] = file, _checked(identify.file(file), part, like, file.name)
    wanted = [part for part in like.parts if part not in parts]
    if lacking := [part for part in wanted if part.startswith("transformer")]:
        raise _missing(like, lacking)
    if base:
        rest = diffusers_folder.read_parts(base, [*wanted, *like.others])
        absent = [part for part in wanted if part not in rest.parts]
        if absent:
            raise _missing(like, absent)
        like, more = _without_end(like, rest.pipeline)
        source = {"family": main.family, "folder": str(base), "files": {name: str(one) for name, one in paths.items()}}
        files = (*paths.values(), *rest.files)
        return Model(main.family, like, alike, {**rest.parts, **parts}, source, files, (*notes, *more))
    if main.family not in _SINGLE:
        raise _missing(like, wanted)
    models = models or comfy.root(path.parent)
    places = comfy.folders(models) if models else {kind: [path.parent] for kind in comfy.KINDS}
    for part in list(wanted):
        fits = _fitting(part, like, places)
        if fits:
            paths[part], parts[part] = fits[0]
            wanted.remove(part)
            if len(fits) > 1:
                others = ", ".join(str(one[0].name) for one in fits[1:4])
                notes.append(f"{part}: {fits[0][0].name}, the smallest; also there: {others} (--part {part}=FILE).")
    if wanted:
        raise _missing(like, wanted)
    if not parts["text_encoder"].tokenizer:
        raise BadWeights(
            f"{paths['text_encoder'].name} has no tokenizer in it.",
            hint="ComfyUI's own umt5 files have one (spiece_model).",
        )
    source = {"family": main.family, "files": {name: str(one) for name, one in paths.items()}}
    return Model(main.family, like, alike, parts, source, tuple(paths.values()), tuple(notes))


def _check_one_file(main: Found, name: str, like: Known) -> None:
    """Raises BadWeights for a transformer that cannot be loaded from a file of its own."""
    if main.family not in _ONE_FILE:
        rest = ", ".join(part for part in (*like.parts, *like.others) if part not in MAIN)
        raise BadWeights(
            f"{name} is the transformer of a model like {like.title}, as one file. Of this family that is not read: "
            f"what its tensors are called in diffusers is not known here, and it has no {rest}.",
            hint=f"Take the diffusers folder: vitascope models pull {like.name}",
        )
    if main.storage == "fp8_scaled" and main.family not in _SINGLE:
        raise BadWeights(
            f"{name} has scaled fp8 weights. Of a model like {like.title} these are not read: it would draw nonsense.",
            hint="Take the same model as bf16, fp16, fp8 or GGUF.",
        )


def _missing(like: Known, parts: list[str]) -> BadWeights:
    told = ", ".join(f"{part} ({2 * like.parts[part] / 1e9:.1f} GB in 16 bits)" for part in parts)
    pull = f"vitascope models pull {like.name} --parts {','.join(parts)}, then add with --base."
    files = "Put the files into the ComfyUI folder, give them with --part, or get them: "
    return BadWeights(
        f"For a model like {like.title} this is missing: {told}.",
        hint=f"{files}{pull}" if like.family in _SINGLE else f"ComfyUI's files of these are not read. Get them: {pull}",
    )


def _sibling(path: Path, found: Found, expert: str) -> Path | None:
    """The file of the other expert: in the same folder, with the same name but for the word."""
    bare = identify.without_expert(path.name)
    for one in sorted(path.parent.iterdir()):
        if one != path and one.suffix == path.suffix and identify.without_expert(one.name) == bare:
            other = identify.file(one)
            if other.expert == expert and (other.family, other.kind, other.width) == (
                found.family, found.kind, found.width,
            ):  # fmt: skip
                return one
    return None


def _fitting(part: str, like: Known, places: Mapping[str, list[Path]]) -> list[tuple[Path, Found]]:
    """Files that can be this part, the smallest first."""
    found = []
    for path in comfy.files(places.get(part, [])):
        try:
            one = identify.file(path)
            found.append((path, _checked(one, part, like, path.name)))
        except VitascopeError:
            continue  # of another model, or not usable
    return sorted(found, key=lambda item: (item[1].size, item[0].name))


def _checked(found: Found, part: str, like: Known, name: str) -> Found:
    """The same, if it can be this part of this model. Raises BadWeights."""
    wanted = {"transformer_2": "transformer"}.get(part, part)
    good = found.role == wanted
    if part == "text_encoder":
        if found.layout == "gguf":
            raise BadWeights(f"{name} is a GGUF text encoder; those are not loaded yet.", hint="Take a safetensors.")
        good = good and found.kind == _TEXT.get(like.family, found.kind)
    if part == "vae" and like.family == "wan":
        good = (
            good and found.family == "wan" and found.kind == ("48 channels" if like.kind == "ti2v" else "16 channels")
        )
    if part == "image_encoder":
        good = good and found.kind == "clip-h"
    if not good:
        raise BadWeights(f"{name} ({found}) cannot be the {part} of {like.title}.", hint="Give another file.")
    return found
