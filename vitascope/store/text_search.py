"""How the library finds words: texts are written down in one plain form, and a question becomes patterns over it.

Latin words are found by their beginnings ("bal" finds "a red ball", not "football"). Chinese is not parted into words,
so its signs are found in their order with others between: 红球 finds 红色的球. Pure.
"""

from __future__ import annotations

import re
import unicodedata

MAX_TERMS = 12
_MARKS = ("Mn", "Cf", "Cc")
_RUNS = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]+|[^\s\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]+"
)


def words_of(*texts: str) -> str:
    """What is searched: " a red ball 红色的球 "."""
    return f" {' '.join(_plain(' '.join(texts)))} "


def pattern(words: str) -> list[str]:
    """One LIKE pattern (escape: backslash) for each term of the question; all of them must match."""
    terms = list(dict.fromkeys(_plain(words)))[:MAX_TERMS]
    return [f"%{'%'.join(term)}%" if _is_signs(term) else f"% {term}%" for term in terms]


def _plain(text: str) -> list[str]:
    """Terms of letters and digits, small, without accents and full-width forms; Chinese apart from Latin."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(letter for letter in letters if unicodedata.category(letter) not in _MARKS or letter.isspace())
    spaced = "".join(letter if letter.isalnum() else " " for letter in unicodedata.normalize("NFC", kept))
    return _RUNS.findall(spaced)


def _is_signs(term: str) -> bool:
    return term[0] >= "\u3040"
