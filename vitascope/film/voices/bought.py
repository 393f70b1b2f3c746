"""Voices of vendors, by the user's own key: what can be bought, from the files in `offers` or the user's own, and the
speaker that buys. How a line is bought, at most once and within the budgets, is not known here: `buy` does that. Off
until the setting `speech_vendors` names one.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vitascope.errors import BadSettings, NotSupported, TooLarge
from vitascope.film.voices import program, recorded
from vitascope.film.voices.speaker import Said, VoiceCard
from vitascope.film.voices.words import clean, sentences

OFFERS = Path(__file__).with_name("offers")
VENDORS = ("minimax", "volcano")
MOST_CHARACTERS = 1_000  # of a line: the answer carries its sound, and is held in memory
_NAME = re.compile(r"[a-z0-9-]{1,40}/[a-z0-9.-]{1,60}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LINES = {"vendor", "model", "title", "address", "key", "wide_counts", "price", "voices"}


@dataclass(frozen=True)
class Offer:
    """A model of a vendor that speaks. `key`: the name of its key. `price`: micro-dollars for a million characters of
    the vendor's count, None: unknown; `dated`: of what day it is. `wide_counts`: as how many a Chinese one counts.
    """

    vendor: str
    model: str
    title: str
    address: str
    key: str
    wide_counts: int
    price: int | None
    dated: str
    voices: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"{self.vendor}/{self.model}"

    @property
    def host(self) -> str:
        return (urlsplit(self.address).hostname or "")[:120]

    def cost(self, characters: int) -> int | None:
        """Micro-dollars of so many characters as the vendor counts them; None: unknown."""
        return None if self.price is None else -(-characters * self.price // 1_000_000)

    def estimate(self, text: str) -> int | None:
        """What a line costs, before the vendor has counted it."""
        words = clean(text)
        wide = sum(unicodedata.east_asian_width(letter) == "W" and letter.isalpha() for letter in words)
        return self.cost(len(words) + wide * (self.wide_counts - 1))


#: (what is bought, its words, the voice, the speed, the language) -> the sound's file
Buy = Callable[[Offer, str, str, float, str], bytes]


class Bought:
    languages: tuple[str, ...] = ()

    def __init__(self, offer: Offer, buy: Buy | None = None):
        """Without `buy` it tells what there is, and does not speak."""
        self.offer, self._buy = offer, buy
        self.name, self.sends_to = offer.name, offer.host

    def voices(self) -> tuple[VoiceCard, ...]:
        return self._cards

    @cached_property
    def _cards(self) -> tuple[VoiceCard, ...]:
        terms = f"that of {self.sends_to}; each line is paid for"
        return tuple(
            VoiceCard(self.name, voice, language, f"{self.offer.title}, {voice}", terms)
            for voice, language in self.offer.voices
        )

    def say(self, text: str, *, voice: str, speed: float, language: str, target: Path) -> Said:
        """Raises what `buy` raises too."""
        program.check(voice, self.voices())
        sentences(text)  # refuses a line without words before anything is paid
        if len(text) > MOST_CHARACTERS:
            raise TooLarge(
                f"The line has {len(text):,} characters; {self.offer.title} gets {MOST_CHARACTERS:,} at once.",
                hint="Split it into two lines.",
            )
        if not self._buy:
            raise NotSupported(f"{self.offer.title} speaks in films of a server.", hint="vitascope studio")
        sound = self._buy(self.offer, clean(text), voice, speed, language)
        return recorded.whole(self.offer.title, text, target, sound)


def offers(wanted: str) -> tuple[Offer, ...]:
    """Of a setting: names of models here ("minimax/speech-2.8-hd") or files, parted by commas. Raises BadSettings."""
    return tuple(_offer(name.strip()) for name in wanted.split(",") if name.strip())


def _offer(name: str) -> Offer:
    path = Path(name).expanduser() if name.endswith(".toml") else OFFERS / f"{name}.toml"
    if not name.endswith(".toml") and not (_NAME.fullmatch(name) and path.is_file()):
        known = ", ".join(sorted(f"{one.parent.name}/{one.stem}" for one in OFFERS.glob("*/*.toml")))
        raise BadSettings(f'No vendor\'s speech is called "{name[:60]}".', hint=f"One of {known}, or a file .toml.")
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path.name} cannot be read.", hint="docs/voices.md shows such a file.") from error
    try:
        return _read(told)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadSettings(f"{path.name}: {error}.", hint="docs/voices.md shows such a file.") from error


def _read(told: dict[str, Any]) -> Offer:
    """Raises ValueError, which names the line."""
    if unknown := sorted(set(told) - _LINES):
        raise ValueError(f'"{unknown[0]}" means nothing')
    if told.get("vendor") not in VENDORS:
        raise ValueError(f"vendor is one of {', '.join(VENDORS)}")
    for line in ("model", "address"):
        if not isinstance(told.get(line), str) or not told[line]:
            raise ValueError(f"{line} is missing")
    price, voices = told.get("price", {}), told.get("voices", {})
    per_million, counts = price.get("usd_per_million"), told.get("wide_counts", 1)
    if per_million is not None and not (isinstance(per_million, int | float) and 0 <= per_million <= 10_000):
        raise ValueError("usd_per_million is US dollars, 0 to 10,000")
    if counts not in (1, 2, 3):
        raise ValueError("wide_counts is 1, 2 or 3")
    for voice, language in voices.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise ValueError(f'the voice "{voice}" needs a language, such as "en-US"')
    if not voices:
        raise ValueError("it has no voices")
    return Offer(
        vendor=told["vendor"],
        model=told["model"],
        title=str(told.get("title") or told["model"]),
        address=told["address"],
        key=str(told.get("key") or told["vendor"]),
        wide_counts=counts,
        price=None if per_million is None else round(per_million * 1_000_000),
        dated=str(price.get("date") or "an unknown day"),
        voices=tuple(voices.items()),
    )
