"""What `vitascope bench --model` measured of a model on this machine: one JSON file for each, in the home folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vitascope.engines.card import ModelCard

FOLDER = "bench"


def path_of(home: Path, model: str) -> Path:
    return home / FOLDER / f"{model.replace('/', '--')}.json"


def read(path: Path) -> dict[str, Any]:
    """Empty where there is none, or none that can be read."""
    try:
        told = json.loads(path.read_text("utf-8"))
        return told if isinstance(told, dict) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def usual_seconds(home: Path, card: ModelCard) -> float | None:
    """Of its usual clip, prompt to file, with these weights. None: not measured."""
    told = read(path_of(home, card.name))
    seconds = told.get("prompt_to_file_s")
    same = told.get("weights") == card.weights[:16] and told.get("usual") is True
    return float(seconds) if same and isinstance(seconds, int | float) and seconds > 0 else None
