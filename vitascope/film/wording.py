"""What a shot comes to in words: the prompt of its still and of its take, and how long it wants to be."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from vitascope.film.document import Film, Line, Scene, Shot

SYLLABLES_A_SECOND = 4.2  # of spoken English
CHARACTERS_A_SECOND = 4.5  # of spoken Chinese, Japanese and Korean
PAUSE = Fraction(1, 4)  # before, between and after spoken lines, in seconds
SHORTEST = Fraction(2)
TITLE = Fraction(3)  # the shortest shot with words to read
_HALF = Fraction(1, 2)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\d+", re.UNICODE)
_VOWELS = re.compile(r"[aeiouyàáâäæèéêëìíîïòóôöœùúûü]+", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;.!?，；。！？、…]+")
_STOPS = re.compile(r"[,;:，；：、]")
_ENDS = re.compile(r"[.!?。！？…]+")


def speech_seconds(text: str) -> Fraction:
    """About how long these words take to say, in seconds, by syllables and pauses."""
    return Fraction(math.ceil(10 * exact_speech_seconds(text)), 10)


def exact_speech_seconds(text: str) -> float:
    """The same without rounding up, so that it can be asked of single words."""
    syllables = sum(max(1, len(_VOWELS.findall(word))) for word in _WORD.findall(text))
    spoken = syllables / SYLLABLES_A_SECOND + len(_CJK.findall(text)) / CHARACTERS_A_SECOND
    pauses = 0.15 * len(_STOPS.findall(text)) + 0.3 * max(0, len(_ENDS.findall(text)) - 1)
    return spoken + pauses


def action_seconds(text: str) -> Fraction:
    """About how long it takes to see it: 2 seconds, and half a second for each clause after the first."""
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip()]
    return SHORTEST + _HALF * max(0, len(clauses) - 1)


def shot_seconds(shot: Shot, spoken: dict[str, Fraction]) -> Fraction:
    """The length of a shot. `spoken`: lengths of lines that have been spoken, by line id. Speech lengthens a shot and
    never shortens it; a length that was asked for is kept otherwise.
    """
    said = [spoken.get(line.id) or speech_seconds(line.text) for line in shot.lines if line.is_spoken]
    needed = sum(said, PAUSE * (len(said) + 1)) if said else Fraction(0)
    read = [max(TITLE, speech_seconds(line.text)) for line in shot.lines if line.kind == "title"]
    wanted = shot.seconds if shot.seconds is not None else max(action_seconds(shot.action), *read, Fraction(0))
    longest = max(wanted, needed)
    return longest if shot.seconds is not None and longest == wanted else _HALF * math.ceil(longest / _HALF)


def takes_words(film: Film, shot: Shot) -> list[Line]:
    """Lines that the take itself must speak."""
    return [line for line in shot.lines if line.is_spoken and line.spoken_by == "take"]


def prompt(film: Film, scene: Scene, shot: Shot, *, still: bool = False) -> str:
    """The words for the model: the user's own, or what the shot shows, with the looks of who is in it."""
    if shot.prompt.strip():
        return shot.prompt.strip()
    parts = [_sentence(shot.action or _speaks(film, shot) or scene.heading)]
    framing = ", ".join(part for part in (shot.framing, shot.angle, "" if still else shot.camera) if part)
    parts.append(_sentence(framing))
    seen = [film.cast[key] for key in shot.cast if key in film.cast]
    if scene.place and film.cast[scene.place] not in seen:
        seen.append(film.cast[scene.place])
    parts += [_sentence(f"{member.name}: {member.looks}") for member in seen if member.looks]
    if scene.place and shot.action and not film.cast[scene.place].looks:
        parts.append(_sentence(film.cast[scene.place].name))
    if scene.time:
        parts.append(_sentence(scene.time))
    if not still:
        for line in takes_words(film, shot):
            who = film.cast[line.speaker].name if line.speaker in film.cast else ""
            parts.append(_sentence(f'{who or "A voice"} says: "{line.text}"'))
    parts.append(_sentence(film.style))
    return " ".join(part for part in parts if part)


def is_described(film: Film, scene: Scene, shot: Shot) -> bool:
    """Whether anything says what is seen: a prompt, an action, somebody who speaks, or for words alone the place that
    they are spoken in or shown over. Without it a model would draw anything.
    """
    return bool(shot.prompt.strip() or shot.action.strip() or _speaks(film, shot) or (shot.lines and scene.place))


def _speaks(film: Film, shot: Shot) -> str:
    """What is seen of a shot that has only words: who says them."""
    speech = [line for line in shot.lines if line.kind == "dialogue"]
    who = list(dict.fromkeys(film.cast[line.speaker].name for line in speech if line.speaker))
    if not speech:
        return ""
    if film.language.startswith("zh"):
        return f"{'、'.join(who) or '有人'}在说话"
    return f"{' and '.join(who) or 'Somebody'} {'speak' if len(who) > 1 else 'speaks'}"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return ""
    return text if _ENDS.search(text[-1:]) or text[-1] in "”\"'」" else text + ("。" if _CJK.search(text[-1]) else ".")


def without_names(film: Film, text: str) -> str:
    """The text with the ids of the cast in place of names, so that a new name changes no digest."""
    names = sorted(
        ((name, key) for key, member in film.cast.items() for name in (member.name, *member.aliases) if name),
        key=lambda pair: -len(pair[0]),
    )
    for name, key in names:
        if name in text:  # a long film asks for many names in many texts
            text = re.sub(name_pattern(name), f"\x01{key}\x02", text)
    return text


def name_pattern(name: str) -> str:
    """A regular expression that finds this name in a text, as a whole word where the script has words."""
    latin = re.fullmatch(r"[\w .'-]+", name) and not _CJK.search(name)
    return rf"\b{re.escape(name)}\b" if latin else re.escape(name)


def called(prompt: str, name: str, as_name: str) -> str:
    """The prompt with the first mention of this name as "@name"; one that is not mentioned is added."""
    found, count = re.subn(name_pattern(name), lambda _: f"@{as_name}", prompt, count=1)
    return found if count else f"{prompt} @{as_name}"
