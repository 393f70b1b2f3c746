"""A ComfyUI `models` folder: which of its folders hold what, with those that its `extra_model_paths.yaml` names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from vitascope.errors import BadSettings, MissingExtra

#: Our name of a kind of folder, and ComfyUI's names of it.
KINDS = {
    "transformer": ("diffusion_models", "unet"),
    "vae": ("vae",),
    "text_encoder": ("text_encoders", "clip"),
    "image_encoder": ("clip_vision",),
    "checkpoint": ("checkpoints",),
    "lora": ("loras",),
}
EXTRA = "extra_model_paths.yaml"
MAX_FILES = 5000
_MAX_YAML = 2**20


def root(path: Path) -> Path | None:
    """The `models` folder that this path is, lies in, or has within it; None: there is none."""
    for one in (path, path / "models", *path.parents):
        kinds = sum((one / name).is_dir() for names in KINDS.values() for name in names)
        if kinds >= 2 or (one.name == "models" and kinds and (one.parent / "main.py").is_file()):
            return one
    return None


def folders(models: Path) -> dict[str, list[Path]]:
    """The folders of each kind: ComfyUI's own, and those of `extra_model_paths.yaml` beside them. Raises BadSettings
    when that file cannot be read.
    """
    found = {kind: [models / name for name in names if (models / name).is_dir()] for kind, names in KINDS.items()}
    for place in (models, models.parent):
        if (place / EXTRA).is_file():
            for kind, more in _extra(place / EXTRA).items():
                found[kind] += [one for one in more if one.is_dir() and one not in found[kind]]
    return found


def files(places: list[Path]) -> Iterator[Path]:
    """All .safetensors and .gguf in these folders and below, links followed, at most MAX_FILES."""
    seen: set[str] = set()
    count = 0
    for place in places:
        for folder, below, names in os.walk(place, followlinks=True):
            true = os.path.realpath(folder)
            if true in seen:
                below.clear()
                continue
            seen.add(true)
            below.sort()
            for name in sorted(names):
                if name.lower().endswith((".safetensors", ".gguf")) and not name.startswith("."):
                    count += 1
                    if count > MAX_FILES:
                        return
                    yield Path(folder) / name


def _extra(file: Path) -> dict[str, list[Path]]:
    try:
        import yaml
    except ImportError as error:
        raise MissingExtra(f"Reading {EXTRA}", "open") from error
    try:
        if file.stat().st_size > _MAX_YAML:
            raise ValueError("it is larger than 1 MB")
        told = yaml.safe_load(file.read_text("utf-8")) or {}
        if not isinstance(told, Mapping):
            raise ValueError("it is no table")
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise BadSettings(f"{EXTRA} cannot be read: {error}", hint="Mend it, or move it away.") from error
    found: dict[str, list[Path]] = {kind: [] for kind in KINDS}
    for section in told.values():
        if not isinstance(section, Mapping):
            continue
        base = Path(os.path.expandvars(str(section.get("base_path") or ""))).expanduser()
        base = Path(os.path.abspath(file.parent / base))
        for kind, names in KINDS.items():
            for name in names:
                lines = section.get(name)
                if isinstance(lines, str):
                    found[kind] += [base / line.strip() for line in lines.splitlines() if line.strip()]
    return found
