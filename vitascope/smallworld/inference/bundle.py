"""The embedded model on disk: a manifest and its files. Every byte is verified before use; what the model is, its card
says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vitascope.config import settings
from vitascope.engines import model_file, registry
from vitascope.engines.card import Licence, ModelCard
from vitascope.errors import BadWeights
from vitascope.smallworld.inference.tokens import Tokenizer

FILES = ("text.onnx", "glance.onnx", "layout.onnx", "sketch.onnx", "encoder.onnx", "decoder.onnx")
FIELDS = ("name", "title", "licence", "limits", "parameters", "vocabulary", "channels", "guidance")
DENOISER = "dit.onnx"  # of the first edition's models alone, and what its sampler takes from the manifest
DENOISING = ("steps", "shift", "shortcut", "temperature")
HINT = "Install Vitascope again, or restore the folder from a clean clone."


class Bundle:
    """A verified weights folder. Raises BadWeights, naming the file, if anything is missing, damaged or of another
    vocabulary.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = _manifest(folder)
        for name, meant in self.manifest["files"].items():
            file = folder / name
            if not file.is_file():
                raise BadWeights(f"The model file {file} is missing.", hint=HINT)
            try:
                held = file.read_bytes()
            except OSError as error:
                raise BadWeights(f"The model file {file} cannot be read: {error.strerror}.", hint=HINT) from error
            if hashlib.sha256(held).hexdigest() != meant["sha256"]:
                raise BadWeights(f"The model file {file} is damaged: its hash is not the manifest's.", hint=HINT)
        if self.manifest["vocabulary"] != Tokenizer().vocab_hash:
            raise BadWeights("The model was trained with another vocabulary than this version reads.", hint=HINT)

    @property
    def facts(self) -> dict[str, Any]:
        """What its card says that only its own files know."""
        m = self.manifest
        return {
            "title": m["title"],
            "parameters": m["parameters"],
            "size_bytes": sum(file["bytes"] for file in m["files"].values()),
            "weights": weights_hash(m),
            "licence": m["licence"],
            "limits": m["limits"],
            "scores": m.get("scores", {}),
            "steps": m.get("steps", 0),
            "guidance": m["guidance"],
        }

    @property
    def card(self) -> ModelCard:
        """What the shipped model file and its own files say of it."""
        shipped = model_file.read(registry.SHIPPED / f"{registry.BUILT_IN}.toml").card
        told = self.facts
        form = replace(shipped.format, steps=told.pop("steps"), guidance=told.pop("guidance"))
        return replace(shipped, format=form, **{**told, "licence": Licence(id=told["licence"])})


def weights_folder(source: Mapping[str, Any] | None = None) -> Path:
    """Where the built-in model's files lie: as the model file says, else the settings, else with the package."""
    named = (source or {}).get("folder")
    if named:
        return Path(named).expanduser()
    return settings().weights or Path(__file__).parent.parent / "weights"


def facts(source: Mapping[str, Any]) -> dict[str, Any]:
    """For a model file's card. Raises BadWeights."""
    return Bundle(weights_folder(source)).facts


def weights_hash(manifest: dict[str, Any]) -> str:
    """One SHA-256 for all that decides a model's bytes: its files and how it is sampled."""
    files = {name: file["sha256"] for name, file in manifest["files"].items()}
    sampling = ["guidance", *(DENOISING[1:] if DENOISER in files else ())]
    told = json.dumps([sorted(files.items()), [manifest[name] for name in sampling]])
    return hashlib.sha256(told.encode()).hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_text("utf-8"))
        described = {name for name, file in manifest["files"].items() if {"sha256", "bytes"} <= set(file)}
        fields = FIELDS + (DENOISING if DENOISER in described else ())
        missing = (set(FILES) - described) | (set(fields) - set(manifest))
    except FileNotFoundError as error:
        raise BadWeights(f"There is no model in {folder}.", hint=HINT) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadWeights(f"The manifest {file} cannot be read.", hint=HINT) from error
    if missing:
        raise BadWeights(f"The manifest names no {', '.join(sorted(missing))}.", hint=HINT)
    return manifest
