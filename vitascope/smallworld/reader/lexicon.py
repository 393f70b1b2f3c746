"""From a prompt to terms: the reader's dictionary in both languages and the longest match in it.

A word may mean one thing of a thing and another of the camera ("rolls"), so there are two dictionaries over one
common stock.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from vitascope.smallworld.reader import stopwords
from vitascope.smallworld.world import words as w
from vitascope.smallworld.world.inflect import plural, verb_forms

THING, CAMERA = "thing", "camera"
_OF_THE_WORLD = ("shape", "colour", "size", "material", "motion", "recolour", "ground", "sky", "speed", "direction",
                 "move", "camera")  # fmt: skip
Add = Callable[..., None]  # (phrase, role, value, form)


@dataclass(frozen=True)
class Lexeme:
    """What a word or phrase is to the reader. `form` of an English verb: base, s, ing, ed; of a word otherwise ""."""

    role: str
    value: str = ""
    form: str = ""


_STRANGE = Lexeme("unknown")
#: A picture in the text, with its skin, its kind and what it is joined to.
_PICTURE = "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff]"
_EMOJI = f"{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*)*"


@dataclass(frozen=True)
class Hit:
    """A lexeme found in the prompt, with the words it was found in: words[start:end]."""

    lexeme: Lexeme
    text: str
    start: int
    end: int

    @property
    def role(self) -> str:
        return self.lexeme.role

    @property
    def value(self) -> str:
        return self.lexeme.value

    @property
    def form(self) -> str:
        return self.lexeme.form

    @property
    def chinese(self) -> bool:
        return not self.text.isascii()


def words_of(prompt: str) -> list[str]:
    """The prompt as English words, numbers, single Chinese characters and punctuation, in plain lower case."""
    text = unicodedata.normalize("NFKC", prompt).replace("\u2019", "'").translate(stopwords.TRADITIONAL).lower()
    text = re.sub(r"(?<=\w)'s\b", "", text)
    return re.findall(
        rf"{_EMOJI}|[a-z]+(?:'[a-z]+)?|\d+[a-z]*|[\u3400-\u9fff]|[^\W\d_a-z\u3400-\u9fff]+|\n|[^\w\s]",
        text.replace("-", " "),
    )


def lex(words: list[str], mode: str) -> list[Hit]:
    """The words as terms of the mode's dictionary, longest first; what is in none has the role "unknown"."""
    table, longest = _dictionary(mode)
    hits: list[Hit] = []
    at = 0
    while at < len(words):
        for size in range(min(longest, len(words) - at), 0, -1):
            lexeme = table.get(tuple(words[at : at + size]))
            if lexeme:
                break
        text = spell(words[at : at + size])
        if not lexeme:
            emoji = re.match(_PICTURE, words[at])
            lexeme = Lexeme("emoji" if emoji else "unknown" if words[at].isalnum() else "mark")
        if (
            lexeme == _STRANGE
            and hits
            and hits[-1].lexeme == _STRANGE
            and not (text.isascii() or hits[-1].text.isascii())
        ):
            hits[-1] = Hit(
                _STRANGE, hits[-1].text + text, hits[-1].start, at + 1
            )  # Chinese characters in no word of the dictionary run together
        else:
            hits.append(Hit(lexeme, text, at, at + size))
        at += size
    return hits


def words_for(roles: tuple[str, ...] = _OF_THE_WORLD) -> set[str]:
    """Every single English word that says something of the world."""
    tables = (_dictionary(mode)[0] for mode in (THING, CAMERA))
    return {key[0] for table in tables for key, lexeme in table.items() if len(key) == 1 and lexeme.role in roles
            and key[0].isascii()}  # fmt: skip


def spell(words: list[str]) -> str:
    """The words as they are written: English with spaces, Chinese without."""
    return re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "", " ".join(words))


@cache
def _dictionary(mode: str) -> tuple[dict[tuple[str, ...], Lexeme], int]:
    table: dict[tuple[str, ...], Lexeme] = {}

    def add(phrase: str, role: str, value: str = "", form: str = "") -> None:
        for spelling in {phrase, phrase.replace("the camera", "camera")}:
            table.setdefault(tuple(words_of(spelling)), Lexeme(role, value, form))  # the first meaning given stays

    def add_verb(phrase: str, role: str, value: str) -> None:
        if not phrase.isascii():
            return add(phrase, role, value)
        for form, spellings in verb_forms(phrase).items():
            for spelling in spellings:
                add(spelling, role, value, form)

    if mode == CAMERA:
        _add_camera(add, add_verb)
    _add_common(add)
    _add_motions(add, add_verb)
    return table, max(len(key) for key in table)


def _every(words: w.Words) -> tuple[str, ...]:
    return (*words.en, *words.zh, *words.heard)


def _add_common(add: Add) -> None:
    for joint, joints in stopwords.JOINTS.items():
        for word in joints:
            add(word, "joint", joint)
    for word in _every(w.CAMERA_NAMES):
        add(word, "camera", "")
        if word.isascii():
            add(f"{word} of", "camera", "of")  # "a static shot of a red ball"
    for word in _every(w.STILL_SHOTS):
        add(word, "still shot", "still")
    for role, table in (("shape", w.SHAPE_WORDS), ("colour", w.COLOUR_WORDS), ("size", w.SIZE_WORDS),
                        ("material", w.MATERIAL_WORDS), ("speed", w.SPEED_WORDS)):  # fmt: skip
        for term, words in table.items():
            for word in _every(words):
                add(word, role, term)
                if role == "shape":
                    add(plural(word), role, term)
    for word in _every(w.NAMELESS):
        add(word, "shape", "")
        add(plural(word), "shape", "")
    for role, table in (("ground", w.GROUND_PHRASES), ("sky", w.SKY_PHRASES)):
        for term, words in table.items():
            for phrase in _every(words):
                add(phrase, role, term)
    for word in w.PLACES:
        add(word, "place")
    for word in _every(w.BESIDE):
        add(word, "beside")
    for word in ("它", "it", "they"):
        add(word, "pronoun")
    for word in ("that", "which", "who"):
        add(word, "relative")
    for word in (
        "finish",
        "texture",
        "coating",
        "look",
        "colour",
        "color",
        "sheen",
        "made of",
        "made from",
        "made out of",
        "表面",
    ):
        add(word, "aspect")
    for word in (*stopwords.NEGATIONS, *stopwords.NEGATION_PHRASES):
        add(word, "negation")
    for word in stopwords.OR:
        add(word, "or")
    add("把", "object marker")
    add("将", "object marker")
    add("被", "agent marker")
    add("的", "de")
    for count, numbers in stopwords.COUNTS.items():
        for word in numbers:
            add(word, "count", str(count))
    for word in stopwords.INDEFINITE:
        add(word, "article", "a")
    for word in stopwords.DEFINITE:
        add(word, "article", "the")
    for word in stopwords.FILLERS:
        add(word, "filler")
    for word in stopwords.SCENERY:
        add(word, "scenery")
    for word in stopwords.CLOSERS:
        add(word, "closer")
    for word in (
        "snow falls",
        "falling snow",
        "snow falling",
        "close up",
        "slow motion",
        "wide shot",
        "drone shot",
        *stopwords.STRANGERS,
    ):
        add(word, "unknown", "stranger")


def _add_motions(add: Add, add_verb: Add) -> None:
    for kind, words in w.MOTION_VERBS.items():
        for phrase in _every(words):
            if kind in ("push", "orbit") and phrase.isascii():
                for past in verb_forms(phrase)["ed"]:
                    add(f"{past} by", "passive", kind)
            add_verb(phrase, "motion", kind)
    for word in w.STILL_ADJECTIVES:
        add(word, "motion", "stand", "ing")
    for phrase in _every(w.RECOLOUR_TO):
        add_verb(phrase, "recolour", "to")
    for phrase in ("turn", "change", "fade", "shift", "go", *w.RECOLOUR.en, "change its colour", "change its color"):
        add_verb(f"{phrase} from", "recolour", "from")
    for phrase in _every(w.RECOLOUR):
        add_verb(phrase, "recolour", "")
    for phrase in w.SPIN_OR_ORBIT:
        add_verb(phrase, "motion", "spin or orbit")
    for phrase in w.SLIDE_IF_SIDEWAYS:
        add_verb(phrase, "motion", "move")
    for term, words in w.DIRECTION_PHRASES.items():
        for phrase in _every(words):
            add(phrase, "direction", term)
    for phrase in ("up and down", "back and forth", "up", "down"):
        add(phrase, "closer")


def _add_camera(add: Add, add_verb: Add) -> None:
    for term, words in w.CAMERA_PHRASES.items():
        for phrase in _every(words):
            add_verb(phrase, "move", term)
    for base, words in w.CAMERA_VERBS.items():
        for phrase in _every(words):
            add_verb(phrase, "move", base)
    for word in w.STILL_ADJECTIVES:
        add(word, "move", "still", "ing")
    for way, words in w.CAMERA_WAYS.items():
        for phrase in _every(words):
            add(phrase, "way", way)
