"""The embedded model on disk: a manifest and its files. Every byte is verified before use; what the model is, its card
says.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from vitascope.clip import ASPECTS, ModelCard
from vitascope.errors import BadWeights
from vitascope.smallworld.inference.tokens import Tokenizer

FILES = ("text.onnx", "glance.onnx", "layout.onnx", "sketch.onnx", "dit.onnx", "encoder.onnx", "decoder.onnx")
FIELDS = (
    "name", "title", "licence", "limits", "parameters", "vocabulary", "channels", "steps", "guidance", "shift",
    "shortcut", "temperature",
)  # fmt: skip
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
    def card(self) -> ModelCard:
        m = self.manifest
        return ModelCard(
            name=m["name"],
            title=m["title"],
            modes=("text", "image", "last_image", "extend", "still", "camera"),
            sizes=tuple(ASPECTS.values()),
            steps=m["steps"],
            parameters=m["parameters"],
            size_bytes=sum(file["bytes"] for file in m["files"].values()),
            weights=weights_hash(m),
            licence=m["licence"],
            limits=m["limits"],
            scores=m.get("scores", {}),
            guidance=m["guidance"],
        )


#: What the sampler takes from the manifest: two models that differ in these alone make different clips.
SAMPLING = ("guidance", "shift", "shortcut", "temperature")


def weights_hash(manifest: dict[str, Any]) -> str:
    """One SHA-256 for all that decides a model's bytes: its files and how it is sampled."""
    files = {name: file["sha256"] for name, file in manifest["files"].items()}
    told = json.dumps([sorted(files.items()), [manifest[name] for name in SAMPLING]])
    return hashlib.sha256(told.encode()).hexdigest()


def _manifest(folder: Path) -> dict[str, Any]:
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_text("utf-8"))
        described = {name for name, file in manifest["files"].items() if {"sha256", "bytes"} <= set(file)}
        missing = (set(FILES) - described) | (set(FIELDS) - set(manifest))
    except FileNotFoundError as error:
        raise BadWeights(f"There is no model in {folder}.", hint=HINT) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadWeights(f"The manifest {file} cannot be read.", hint=HINT) from error
    if missing:
        raise BadWeights(f"The manifest names no {', '.join(sorted(missing))}.", hint=HINT)
    return manifest
