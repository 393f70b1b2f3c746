"""What is spoken of a text: its sentences, without what no voice can say. Captions keep the text to the letter; a voice
gets it without emoji, markup and the signs by which an engine is given orders.
"""

from __future__ import annotations

import re
import unicodedata

from vitascope.errors import BadSpec, TooLarge

MAX_CHARACTERS = 20_000
LONGEST_SENTENCE = 400  # characters; a longer one is cut at a clause, else at a space
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_END = re.compile(
    r"(?<=[!?。！？…])(?=[^!?。！？…\"'”’」』）)\s])|(?<=[.!?…])[\"'”’)]*\s+|(?<=[。！？…][”’」』）])|\n+"
)
_STOPPED = re.compile(r" +([.,;:!?…。，；：！？])")
_CLAUSE = re.compile(r"(?<=[,;:，；：、])")
_ORDERS = str.maketrans(dict.fromkeys("[]{}<>|\\*_`#~^=@", " "))  # espeak-ng reads phonemes in [[...]]
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": ", ", "–": ", ", "…": ". "})


def sentences(text: str) -> list[str]:
    """In their own words; only those of which something can be spoken. Raises BadSpec when there are none."""
    if len(text) > MAX_CHARACTERS:
        raise TooLarge(f"The line has {len(text):,} characters.", hint=f"At most {MAX_CHARACTERS:,}; split it.")
    found = [part for sentence in _END.split(text) if sentence for part in _short(sentence.strip())]
    spoken = [sentence for sentence in found if any(letter.isalnum() for letter in clean(sentence))]
    if not spoken:
        raise BadSpec("There is nothing to speak in this line.", hint="Write words, or let nobody speak it.")
    return spoken


def clean(sentence: str) -> str:
    """As an engine gets it: letters, digits, punctuation and single spaces, in one line."""
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LMNPZ" or letter in "+%$€£¥°" else " "
        for letter in _TAG.sub(" ", sentence).translate(_ORDERS)
    )
    return " ".join(kept.split()).lstrip("-–— ")


def spoken(text: str) -> str:
    """What is heard of a text, to tell whether a voice still says it: an emoji or a mark of emphasis is not."""
    return "\n".join(filter(None, (_STOPPED.sub(r"\1", clean(row)) for row in text.split("\n"))))


def ascii_words(sentence: str) -> str:
    """For engines that know English letters alone: "café" is said as "cafe", other scripts are left out."""
    plain = unicodedata.normalize("NFKD", clean(sentence).translate(_QUOTES))
    return " ".join(plain.encode("ascii", "ignore").decode().split())


def _short(sentence: str) -> list[str]:
    if len(sentence) <= LONGEST_SENTENCE:
        return [sentence]
    found = [""]
    for clause in _CLAUSE.split(sentence):
        for part in _pieces(clause):
            if len(found[-1]) + len(part) > LONGEST_SENTENCE:
                found.append("")
            found[-1] += part
    return [part for part in found if part.strip()]


def _pieces(clause: str) -> list[str]:
    """At spaces where there are some, else where it must be."""
    found = []
    while len(clause) > LONGEST_SENTENCE:
        at = clause.rfind(" ", 1, LONGEST_SENTENCE) + 1 or LONGEST_SENTENCE
        found.append(clause[:at])
        clause = clause[at:]
    return [*found, clause]
