"""Piper, neural voices on the processor. The program is found on PATH, or as the module `piper` beside us (pip install
piper-tts; it is GPL, so it runs as a process of its own). The voices are files that the user brings: NAME.onnx and
NAME.onnx.json in the folder of the setting `voices`.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from vitascope.film.voices import program, recorded
from vitascope.film.voices.speaker import Said, VoiceCard, primary
from vitascope.film.voices.words import clean

_MAX_JSON = 4 * 2**20  # bytes
_MAX_SPEAKERS = 200  # of one file


def found() -> list[str] | None:
    """How Piper is started here; None when it is not."""
    if path := shutil.which("piper-tts") or shutil.which("piper"):
        return [path]
    return [sys.executable, "-m", "piper"] if importlib.util.find_spec("piper") else None


class Piper:
    name = "piper"
    sends_to = ""

    def __init__(self, command: Sequence[str], folder: Path):
        self._command, self._folder = list(command), folder

    @cached_property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted({primary(card.language) for card in self._cards}))

    def voices(self) -> tuple[VoiceCard, ...]:
        return self._cards

    @cached_property
    def _cards(self) -> tuple[VoiceCard, ...]:
        return tuple(card for file in sorted(self._folder.glob("*.onnx")) for card in self._of(file))

    def _of(self, file: Path) -> Iterator[VoiceCard]:
        told = _config(file)
        if told is None:
            return
        given = told.get("language")
        code = str(given.get("code", "")) if isinstance(given, dict) else ""
        code = code or re.split(r"-", file.stem)[0]
        language = code.replace("_", "-")
        count = told.get("num_speakers", 1)
        licence = _licence(file)
        if not isinstance(count, int) or count < 2:
            yield VoiceCard(self.name, file.stem, language, f"Piper {file.stem}", licence)
            return
        for number in range(min(count, _MAX_SPEAKERS)):
            yield VoiceCard(self.name, f"{file.stem}#{number}", language, f"Piper {file.stem}, {number}", licence)

    def say(self, text: str, *, voice: str, speed: float, language: str, target: Path) -> Said:
        program.check(voice, self.voices())
        return recorded.line(self.name, text, target, partial(self._speak, voice=voice, speed=speed), speed=speed)

    def _speak(self, sentences: Sequence[str], folder: Path, *, voice: str, speed: float) -> list[Path]:
        """All in one run, for loading the model takes longer than speaking: each line of its input becomes a file,
        named by the time. Its noise is off, so that the same words give the same sound.
        """
        file, _, speaker = voice.partition("#")
        made = folder / "made"
        made.mkdir()
        model = ["--model", str((self._folder / f"{file}.onnx").absolute()), "--output_dir", str(made)]
        exact = ["--noise_scale", "0", "--noise_w", "0", "--length_scale", f"{1 / speed:.4f}"]
        who = ["--speaker", speaker] if speaker else []
        text = "".join(f"{clean(sentence)}\n" for sentence in sentences)
        program.run([*self._command, *model, *exact, *who], name=self.name, text=text, folder=folder)
        return sorted(made.glob("*.wav"), key=lambda path: (len(path.name), path.name))


def _config(file: Path) -> dict[str, Any] | None:
    path = file.with_name(f"{file.name}.json")
    try:
        if path.stat().st_size > _MAX_JSON:
            return None
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return read if isinstance(read, dict) else None


def _licence(file: Path) -> str:
    """As the voice's card says it, which lies beside it as NAME.MODEL_CARD, or as MODEL_CARD for a single voice."""
    alone = len(list(file.parent.glob("*.onnx"))) == 1
    for card in (file.with_name(f"{file.stem}.MODEL_CARD"), *([file.with_name("MODEL_CARD")] if alone else [])):
        try:
            found = re.search(r"^\W*Licen[cs]e:\s*(.{1,80})$", card.read_text("utf-8")[:20_000], re.MULTILINE)
        except (OSError, ValueError):
            continue
        if found:
            return found[1].strip()
    return "see the voice's card"
