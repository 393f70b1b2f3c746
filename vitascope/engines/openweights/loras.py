"""LoRAs on shared transformers: loaded once, and switched between two runs' steps."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from vitascope.engines.openweights import headers, lora_match
from vitascope.engines.openweights.family import Family, Parts
from vitascope.engines.openweights.headers import PICKLES, Header, Tensor
from vitascope.engines.openweights.source import LoraFile
from vitascope.errors import BadWeights, is_memory

Chosen = tuple[tuple[str, float], ...]  # names of LoRAs with their strengths


class Adapters:
    """The LoRAs of a model. `apply` must be called before each step of a run."""

    def __init__(self, pipeline: Any, family: Family, parts: Parts, loras: Mapping[str, LoraFile]):
        self._keys = {name: f"lora{number}" for number, name in enumerate(loras)}  # a dot in a name is not allowed
        self._on: dict[str, list[str]] = {part: [] for part in family.transformers if parts.get(part) is not None}
        self._now: Chosen = ()
        layers = {part: _header(parts[part]) for part in self._on} if loras else {}  # as they are without any
        for name, lora in loras.items():
            for part in self._experts(name, lora):
                asked = _asked(name, lora.file, layers[part])
                self._load(pipeline, parts[part], part, name, lora.file, asked)
                self._on[part].append(name)
        from peft.tuners.tuners_utils import BaseTunerLayer

        self._layers = {
            part: [layer for layer in parts[part].modules() if isinstance(layer, BaseTunerLayer)] for part in self._on
        }
        self._set(())

    def apply(self, chosen: Chosen) -> None:
        """These LoRAs with their strengths, and no others."""
        if chosen != self._now:
            self._set(chosen)

    def _set(self, chosen: Chosen) -> None:
        for part, layers in self._layers.items():
            weights = {self._keys[name]: weight for name, weight in chosen if weight and name in self._on[part]}
            for layer in layers:
                layer.enable_adapters(bool(weights))
                if weights:
                    layer.set_adapter(list(weights), inference_mode=True)
                for key, weight in weights.items():
                    layer.set_scale(key, weight)
        self._now = chosen

    def _experts(self, name: str, lora: LoraFile) -> list[str]:
        parts = list(self._on)
        if lora.expert == "both" or (lora.expert == "high" and len(parts) == 1):
            return parts
        if len(parts) == 1:
            raise BadWeights(f'The LoRA "{name}" is for a second expert; the model has one.', hint='expert = "both"')
        return [parts[0] if lora.expert == "high" else parts[1]]

    def _load(self, pipeline: Any, transformer: Any, part: str, name: str, file: Path, asked: int) -> None:
        second = {"load_into_transformer_2": True} if part == "transformer_2" else {}
        told = {"use_safetensors": True, "local_files_only": True, "adapter_name": self._keys[name]}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that there are several is meant
                pipeline.load_lora_weights(str(file.parent), weight_name=file.name, **told, **second)
        except Exception as error:  # bare KeyErrors for a layout or model that the library does not know
            if is_memory(error):
                raise
            what = str(error).split("\n")[0][:200]
            raise BadWeights(f'The LoRA "{name}" does not fit the model: {what}', hint=_OTHER_MODEL) from error
        applied = sum(self._keys[name] in getattr(module, "lora_A", {}) for module in transformer.modules())
        if applied < asked:
            raise BadWeights(f'Of the LoRA "{name}" {applied} of {asked} layers fit the model.', hint=_OTHER_MODEL)


_OTHER_MODEL = "It is of another model, or in a layout that is not known; take one made for these weights."


def _asked(name: str, file: Path, model: Header) -> int:
    """How many layers the LoRA in this file changes. Raises BadWeights for one that would not be applied whole. One in
    which no key at all is known may be in a layout that the library turns into its own; what it applies is counted.
    """
    if file.suffix.lower() in PICKLES:
        raise BadWeights(f'The LoRA "{name}" is a pickle, which can run code.', hint="Take a safetensors file.")
    try:
        lora = headers.read(file)
    except (BadWeights, OSError) as error:
        raise BadWeights(f'The LoRA "{name}" cannot be read as safetensors.', hint="Fetch it again.") from error
    layers = lora_match.layers(lora)
    told = lora_match.match(lora, model)
    if told.matched or not layers or told.refused:
        lora_match.check(f'The LoRA "{name}"', told, "the model")
    return layers


def _header(transformer: Any) -> Header:
    """The names and shapes of a loaded transformer's layers, also of quantised ones, whose tensors are packed."""
    shapes = {}
    for name, layer in transformer.named_modules():
        if isinstance(layer, torch.nn.Linear):
            shapes[f"{name}.weight"] = (layer.out_features, layer.in_features)
        elif isinstance(getattr(layer, "weight", None), torch.Tensor):
            shapes[f"{name}.weight"] = tuple(layer.weight.shape)
    nowhere = Path()
    tensors = {name: Tensor("F32", shape, 0, 0, nowhere) for name, shape in shapes.items()}
    return Header(nowhere, "safetensors", tensors, {}, ())
