"""In which language a line is spoken, by its letters: a voice of another script would leave them out, or spell them.
Pure. Languages of one script are not told apart: a French line of an English film is spoken as English.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

from vitascope.film.voices.speaker import primary

#: By the first word of its letters' names in Unicode: who writes with this script, the likeliest first.
_WRITTEN = {
    "CJK": ("zh", "ja", "yue", "hak", "ko"),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "HANGUL": ("ko",),
    "CYRILLIC": ("ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "tg", "tt", "ba", "cv", "mn"),
    "GREEK": ("el", "grc"),
    "HEBREW": ("he", "yi"),
    "ARABIC": ("ar", "fa", "ur", "ug", "sd", "ps"),
    "DEVANAGARI": ("hi", "mr", "ne", "sa", "kok", "bpy"),
    "BENGALI": ("bn", "as"),
    "THAI": ("th",),
}
_ELSEWHERE = frozenset(language for languages in _WRITTEN.values() for language in languages)
_BOTH = ("sr", "tt", "kk")  # are written in Latin letters too


def language_of(text: str, language: str) -> str:
    """`language`, that of the film, where most of the text is written in a script of it or in one that is not known
    here; else the likeliest language of that script. A Chinese character counts as much as a word of letters.
    """
    counts: Counter[str] = Counter()
    before = ""
    for letter in text:
        script = _script(letter)
        if script and (script != before or script in ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")):
            counts[script] += 1
        before = script
    if not counts:
        return language
    if counts["HIRAGANA"] + counts["KATAKANA"]:  # Japanese has both, and the characters are its own
        counts["HIRAGANA"] += counts.pop("KATAKANA", 0) + counts.pop("CJK", 0)
    script = counts.most_common(1)[0][0]
    if writes(language, script):
        return language
    return "en" if script == "LATIN" else _WRITTEN[script][0]


def speaks(voice: str, language: str) -> bool:
    """Whether a voice of this language ("": of any) knows the letters of that one."""
    if not voice or primary(voice) == primary(language):
        return True
    scripts = [*_WRITTEN, "LATIN"]
    return any(writes(voice, script) and writes(language, script) for script in scripts)


def writes(language: str, script: str) -> bool:
    """Whether this language is written so. One that is not known here has Latin letters."""
    tag = primary(language)
    if script == "LATIN":
        return tag not in _ELSEWHERE or tag in _BOTH
    return tag in _WRITTEN[script]


def _script(letter: str) -> str:
    """ "" of what is no letter, or one of a script that is not known here."""
    if not letter.isalpha():
        return ""
    script = unicodedata.name(letter, "").split(" ")[0]
    return script if script == "LATIN" or script in _WRITTEN else ""
