"""A prompt cut into clauses, each with the terms of its own dictionary: of the camera, or of things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vitascope.smallworld.reader.lexicon import CAMERA, THING, Hit, lex, words_of
from vitascope.smallworld.world.inflect import verb_forms
from vitascope.smallworld.world.wording import listed

_STOPS = frozenset(".;!?。\n|]】")

#: Camera verbs that no thing does, so that "zoom in" needs no "the camera"; the last two only with their way.
_EVIDENT = frozenset(
    form for verb in ("zoom", "pan", "tilt", "dolly", "crane", "jib", "pedestal", "boom", "push", "pull")
    for forms in verb_forms(verb).values() for form in forms
)  # fmt: skip
_EVIDENT_ENDS = frozenset(("in", "out", "back", "away"))
_EVIDENT_CHINESE = frozenset(
    listed("推近 推进 拉远 拉近 变焦 摇摄 环拍 绕拍 摇镜 水平摇镜 垂直摇镜 变焦放大 变焦缩小 变焦推近 变焦拉远")
)
_OF_THINGS = frozenset(("shape", "pronoun", "motion", "passive", "recolour"))


@dataclass(frozen=True)
class Clause:
    """`opener`: how it is joined to the one before: stop, comma, and, while, or "" where it runs on."""

    opener: str
    mode: str
    hits: tuple[Hit, ...]


def clauses(prompt: str) -> Iterator[Clause]:
    """The clauses in order. A camera clause goes on over a comma until something is said of a thing."""
    mode = THING
    for opener, words in _pieces(words_of(prompt)):
        if opener == "stop":
            mode = THING
        for part_mode, part in _parts(words, mode if opener != "bracket" else "bracket"):
            yield Clause(opener if opener != "bracket" else "stop", part_mode, tuple(lex(part, part_mode)))
            opener, mode = "", part_mode


def _pieces(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    """(opener, words) of each piece between marks and joints. "[Push in]" is a direction to the camera."""
    opener = "stop"
    piece: list[str] = []
    for hit in lex(words, THING):
        follows = _opener(hit)
        if follows and piece:
            yield opener, piece
            opener, piece = follows, []
        elif follows and (opener != "stop" or follows == "bracket"):
            opener = follows
        elif not follows:
            piece.extend(words[hit.start : hit.end])
    if piece:
        yield opener, piece


def _opener(hit: Hit) -> str:
    if hit.role == "joint":
        return hit.value
    if hit.role != "mark":
        return ""
    return "stop" if hit.text in _STOPS else "bracket" if hit.text in "[【" else "comma"


def _parts(words: list[str], mode: str) -> Iterator[tuple[str, list[str]]]:
    """(mode, words): what is said of things, then what is said of the camera, then of things again."""
    if mode == "bracket":
        yield CAMERA, words
        return
    start = _camera_start(words)
    if start is None:
        goes_on = mode == CAMERA and not any(hit.role in _OF_THINGS for hit in lex(words, CAMERA))
        yield (CAMERA if goes_on else THING), words
        return
    end = start + _camera_length(words[start:])
    for part_mode, part in ((THING, words[:start]), (CAMERA, words[start:end])):
        if part:
            yield part_mode, part
    if words[end:]:
        yield from _parts(words[end:], THING)


def _camera_start(words: list[str]) -> int | None:
    """Where the part that speaks of the camera begins: at its name or a verb of its own, or what describes them."""
    named = next((hit for hit in lex(words, THING) if hit.role in ("camera", "still shot")), None)
    if named is None:
        return _evident_start(words)
    moves_after = any(hit.role == "move" for hit in lex(words[named.end :], CAMERA)) or named.role == "still shot"
    roles = {"speed", "de", "article", "filler"} if moves_after else {"speed", "de", "article", "filler", "move", "way"}
    return _back_over(lex(words[: named.start], CAMERA), roles, named.start)


def _evident_start(words: list[str]) -> int | None:
    hits = lex(words, CAMERA)
    has_thing = any(hit.role == "shape" for hit in hits)
    for i, hit in enumerate(hits):
        following = hits[i + 1].role if i + 1 < len(hits) else ""
        if hit.role != "move" or not _evident(hit, following, hits[:i], has_thing):
            continue
        return _back_over(hits[:i], {"speed", "de", "article", "filler"}, hit.start)
    return None


def _evident(hit: Hit, following: str, before: list[Hit], has_thing: bool) -> bool:
    if hit.chinese:
        return hit.text in _EVIDENT_CHINESE
    head, _, tail = hit.text.partition(" ")
    if hit.value == "orbit":  # a thing goes round a thing, not to a side
        no_subject = hit.form == "base" and not any(other.role == "shape" for other in before)
        return (following == "way" and not has_thing) or no_subject  # "orbit left", "orbit around a cube"
    if head not in _EVIDENT:
        return False
    if head.startswith(("push", "pull")):
        return tail in _EVIDENT_ENDS
    return bool(tail) or following == "way" or not before or before[-1].role == "speed"


def _back_over(hits: list[Hit], roles: set[str], start: int) -> int:
    """Where the run of such terms that ends at `start` begins. An adverb belongs to what is before it."""
    for hit in reversed(hits):
        if hit.role not in roles or (
            hit.role == "speed" and "move" not in roles and _adverb(hit) and hit is not hits[0]
        ):
            break
        start = hit.start
    return start


def _adverb(hit: Hit) -> bool:
    return hit.text.endswith("ly") or " " in hit.text


def _camera_length(words: list[str]) -> int:
    """How many words speak of the camera: up to a verb that is no camera's or to a thing that does something."""
    moved = seen_thing = False
    hits = lex(words, CAMERA)
    for i, hit in enumerate(hits):
        follows_de = i + 1 < len(hits) and hits[i + 1].role == "de"
        if hit.role == "camera" and hit.value == "of":
            return hit.end
        goes_round = hit.chinese and hit.value == "roll" and hits[i - 1].role in ("shape", "way")  # 围绕红球旋转
        is_verb = hit.role == "move" and not (goes_round and not follows_de)
        if hit.role in ("motion", "passive", "recolour") or (is_verb and (seen_thing or (moved and follows_de))):
            return _back_over(hits[:i], {"speed"} if moved or seen_thing else set(), hit.start)
        if hit.role == "article" and moved:
            return hit.start
        moved = moved or hit.role in ("move", "still shot")
        seen_thing = seen_thing or hit.role == "shape"
    return len(words)
