"""What a voice is: the protocol of every engine that speaks, and the card of each of its voices."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class VoiceCard:
    """`engine` and `name` are what a film's cast stores. `language`: such as "en-US"; empty: any."""

    engine: str
    name: str
    language: str
    title: str
    licence: str = ""


@dataclass(frozen=True)
class Said:
    """`words`: each word with its start and end in seconds. The borders of sentences are exact; inside a sentence the
    words share its time by their syllables.
    """

    seconds: Fraction
    words: tuple[tuple[str, Fraction, Fraction], ...] = ()


class Speaker(Protocol):
    """An engine that speaks. `languages`: primary tags such as "en"; empty: any. `sends_to`: the host that gets the
    words; empty: they stay on this machine.
    """

    @property
    def name(self) -> str: ...

    @property
    def languages(self) -> tuple[str, ...]: ...

    @property
    def sends_to(self) -> str: ...

    def voices(self) -> tuple[VoiceCard, ...]: ...

    def say(self, text: str, *, voice: str, speed: float, language: str, target: Path) -> Said:
        """Write the words as a WAV file (PCM, 16 bits, 48 kHz, mono). Raises BadSpec when there is nothing to speak or
        no such voice, NotMade and Unavailable when the engine fails.
        """
        ...


def primary(language: str) -> str:
    """The first part of a language tag: "zh" of "zh-CN". "cmn" is Mandarin Chinese, which films call "zh"."""
    tag = language.split("-")[0].lower()
    return "zh" if tag == "cmn" else tag
