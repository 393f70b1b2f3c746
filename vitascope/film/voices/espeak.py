"""espeak-ng, a small program that speaks a hundred languages mechanically (Debian's package `espeak-ng`).

Chinese goes through pinyin. The voice `cmn` of espeak-ng 1.51 is a trap: it reads 妈 as English "ma-one", which only
phonemes and pitch show. The voice that reads pinyin knows characters too, but one by one: 银行 becomes "yin xing". So
pypinyin (the extra `voice`) writes the syllables by words, with the tones as they are spoken. Languages whose
characters espeak-ng can't read are left out: Japanese, Cantonese, Hakka.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path

from vitascope import config
from vitascope.errors import MissingExtra
from vitascope.film.voices import program, recorded
from vitascope.film.voices.speaker import Said, VoiceCard, primary
from vitascope.film.voices.words import clean

_PINYIN = "cmn-latn-pinyin"
_UNREADABLE = ("cmn", "yue", "hak", "ja", "zh", "variant")
_FIRST = ("en-us", "en-gb", "fr-fr", "pt-br", "es", "vi")  # of several regions, the one to begin with
_VARIANTS = {"": "", "+f2": ", high", "+m3": ", low", "+f4": ", bright", "+m7": ", soft", "+f5": ", old"}
_WORDS_A_MINUTE = 160
_ROW = re.compile(r"^\s*\d+\s+(\S+)\s+\S+\s+(\S+)\s+(\S+)")


class Espeak:
    name = "espeak-ng"
    sends_to = ""

    def __init__(self, path: str):
        self._path = path

    @cached_property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted({primary(card.language) for card in self._cards}))

    def voices(self) -> tuple[VoiceCard, ...]:
        return self._cards

    @cached_property
    def _cards(self) -> tuple[VoiceCard, ...]:
        rows = [found for line in self._listed().splitlines()[1:] if (found := _ROW.match(line))]
        names = {tag: title for tag, title, file in (row.groups() for row in rows) if not file.startswith("mb/")}
        known = [tag for tag in names if tag == _PINYIN or tag.split("-")[0] not in _UNREADABLE]
        if not importlib.util.find_spec("pypinyin"):
            known = [tag for tag in known if tag != _PINYIN]
        known.sort(key=lambda tag: (tag.split("-")[0], tag not in _FIRST, tag))
        return tuple(
            VoiceCard(
                self.name,
                tag + variant,
                "zh" if tag == _PINYIN else tag,
                f"espeak-ng: {names[tag].replace('_', ' ')}{how}",
                "GPL-3.0 (the program; what it says is yours)",
            )
            for tag in known
            for variant, how in _VARIANTS.items()
        )

    def _listed(self) -> str:
        try:
            done = subprocess.run(
                [self._path, "--voices"], env=config.plain_environment(), capture_output=True, timeout=20, check=False,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace")

    def say(self, text: str, *, voice: str, speed: float, language: str, target: Path) -> Said:
        card = program.check(voice, self.voices())
        speak = partial(self._speak, voice=voice, speed=speed, chinese=card.language == "zh")
        return recorded.line(self.name, text, target, speak, speed=speed)

    def _speak(self, sentences: Sequence[str], folder: Path, *, voice: str, speed: float, chinese: bool) -> list[Path]:
        made = []
        for number, sentence in enumerate(sentences):
            file = folder / f"{number}.wav"
            words = clean(sentence)
            command = [self._path, "-v", voice, "-s", str(round(_WORDS_A_MINUTE * speed)), "-b", "1", "--stdin"]
            text = pinyin(words) if chinese else words
            program.run([*command, "-w", str(file)], name=self.name, text=text, folder=folder)
            made.append(file)
        return made


def pinyin(text: str) -> str:
    """Chinese as numbered pinyin, "妈麻" as "ma1 ma2", with the tones as they are spoken together. The rest stays."""
    try:
        from pypinyin import Style, lazy_pinyin
    except ImportError as error:
        raise MissingExtra("Chinese speech", "voice") from error
    syllables = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True)
    marks = str.maketrans("，。！？；：、“”‘’「」『』（）", ",.!?;:," + " " * 10)
    return " ".join(re.sub(r"\s*([,.!?;:])\s*", r"\1 ", " ".join(syllables).translate(marks)).split())
