"""flite, a small program that speaks English clearly (Debian's package `flite`)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from vitascope.film.voices import program, recorded
from vitascope.film.voices.speaker import Said, VoiceCard
from vitascope.film.voices.words import ascii_words

#: The voices that Debian's flite has inside, the clearest first. Left out: `kal`, which is `kal16` at half the rate,
#: and `awb_time`, which knows the words of the clock alone.
_INSIDE = {
    "slt": ("en-US", "a woman, American"),
    "rms": ("en-US", "a man, American"),
    "awb": ("en-GB", "a man, Scottish"),
    "kal16": ("en-US", "a man, American, mechanical"),
}


class Flite:
    name = "flite"
    languages: tuple[str, ...] = ("en",)
    sends_to = ""

    def __init__(self, path: str):
        self._path = path

    def voices(self) -> tuple[VoiceCard, ...]:
        return tuple(
            VoiceCard(self.name, name, language, f"flite {name}: {title}", "BSD-like (Carnegie Mellon University)")
            for name, (language, title) in _INSIDE.items()
        )

    def say(self, text: str, *, voice: str, speed: float, language: str, target: Path) -> Said:
        program.check(voice, self.voices())
        return recorded.line(self.name, text, target, partial(self._speak, voice=voice, speed=speed), speed=speed)

    def _speak(self, sentences: Sequence[str], folder: Path, *, voice: str, speed: float) -> list[Path]:
        made = []
        for number, sentence in enumerate(sentences):
            words, file = folder / "words.txt", folder / f"{number}.wav"
            made.append(file)
            plain = ascii_words(sentence)
            if not any(letter.isalnum() for letter in plain):
                continue  # of its stop alone flite makes a blip; without a file nothing was said
            words.write_text(plain + "\n", "ascii")
            stretch = ["--setf", f"duration_stretch={1 / speed:.4f}"]
            command = [self._path, "-voice", voice, *stretch, "-f", str(words), "-o", str(file)]
            program.run(command, name=self.name, text=plain, folder=folder)
        return made
