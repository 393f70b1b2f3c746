"""The words by which scripts in English and Chinese say what a line is: headings, times of day, shot sizes, voices
that aren't seen, lists of the cast. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vitascope.film.script.parts import Listed

_NUMERAL = r"[\d一二三四五六七八九十百零〇两]+"
NUMBER_ZH = re.compile(_NUMERAL)
_TIMES_ZH = (
    "日景|夜景|清晨|早晨|早上|上午|中午|正午|下午|午后|傍晚|黄昏|夜晚|深夜|凌晨|白天|晚上|半夜|黎明|日出|日落|"
    "日|夜|晨|昏|晚|阴|晴|雨|雪|多云"
)
_INSIDE = "内外景|内/外景|内外|内景|外景|室内|室外|内|外"
_TIME_ZH = re.compile(rf"^(?:{_TIMES_ZH})$")
_INSIDE_ZH = re.compile(rf"^(?:{_INSIDE})$")
_BOTH_ZH = re.compile(rf"^(?:({_TIMES_ZH})({_INSIDE})|({_INSIDE})({_TIMES_ZH}))$")
_PREFIX = re.compile(r"^(INT\.?\s*/\s*EXT|EXT\.?\s*/\s*INT|I\s*/\s*E|INT|EXT|EST)(?:\.\s*|\s+)", re.IGNORECASE)
_RELATIVE = re.compile(
    r"^(?:CONTINUOUS|CONT['’]?D|CONTINUING|SAME(?: TIME)?|LATER|MOMENTS LATER|A MOMENT LATER|连续|同时|接上场|稍后)$",
    re.IGNORECASE,
)
_CONTINUOUS = re.compile(r"\b(?:CONTINUOUS|CONTINUING)\b|连续|接上场|一镜到底", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    place: str
    time: str
    continuous: bool


def heading(text: str) -> Heading:
    """ "INT. HUT - NIGHT" and "日 内 客厅" by their parts. What is relative ("LATER") is no time of day."""
    bare = _PREFIX.sub("", text.strip())
    continuous = bool(_CONTINUOUS.search(text))
    places: list[str] = []
    time = ""
    for piece in re.split(r"\s+[-–—]+\s*|\s*[–—]+\s+", bare):
        piece = piece.strip(" .。")
        if not piece or _RELATIVE.match(piece):
            continue
        if places and re.match(r"^[A-Z' ]+$", piece) and re.search(_TIMES_EN, piece):
            time = piece
            continue
        kept, found = _chinese(piece) if re.search(r"[\u3400-\u9fff]", piece) else (piece, "")
        time = found or time
        if kept:
            places.append(kept)
    return Heading(", ".join(places)[:100], time, continuous)


_TIMES_EN = (
    r"\b(?:DAY|NIGHT|MORNING|EVENING|AFTERNOON|DAWN|DUSK|NOON|MIDNIGHT|SUNRISE|SUNSET|LATE|EARLY|HOUR|"
    r"CLOUDY|OVERCAST|RAIN|STORM|FOG|SUNNY)\b"
)


def _chinese(text: str) -> tuple[str, str]:
    """(place, time)"""
    places: list[str] = []
    time = ""
    for word in re.split(r"[\s·、，,/／|｜．.。\-－:：]+", text):
        both = _BOTH_ZH.match(word)
        if _TIME_ZH.match(word):
            time = word
        elif both:
            time = both[1] or both[4]
        elif word and not _INSIDE_ZH.match(word) and not _RELATIVE.match(word):
            places.append(word)
    return " ".join(places), time


def says_time_or_inside(text: str) -> bool:
    """Whether these words of a Chinese heading tell the time of day, or inside from outside."""
    found = re.split(r"[\s·、，,/／|｜．.。\-－]+", text)
    return any(_TIME_ZH.match(word) or _INSIDE_ZH.match(word) or _BOTH_ZH.match(word) for word in found)


_SIZES = (
    r"EXTREME CLOSE[- ]?UP|ECU|CLOSE[- ]?UP|CLOSE ON|CLOSE SHOT|CU|MEDIUM CLOSE[- ]?UP|MCU|MEDIUM SHOT|MEDIUM WIDE|"
    r"MS|MLS|EXTREME WIDE SHOT|EWS|WIDE SHOT|WIDE ON|WIDE|WS|FULL SHOT|LONG SHOT|LS|ESTABLISHING SHOT|ESTABLISHING|"
    r"TWO[- ]SHOT|OVER THE SHOULDER|OTS|POV|INSERT|AERIAL SHOT|AERIAL"
)
_SIZES_ZH = "大特写|特写|中近景|近景|中景|中全景|全景|大远景|远景|大全景|空镜头?|航拍|俯拍|仰拍|主观镜头"
_FRAMED = re.compile(
    rf"^\s*[【\[（(]?(?P<size>{_SIZES}|{_SIZES_ZH})[】\]）)]?(?:\s*[:：]\s*|\s+[-–—]+\s*|(?<=[】\]）)])\s*|\s*[，,]\s*(?=[\u3400-\u9fff])|"
    rf"(?<=ON)\s+)(?=\S)"
)


def framing(text: str) -> tuple[str, str]:
    """(shot size, the rest), where an action begins with one: "CLOSE ON the ball", "特写：小米". "" where none does.
    The rest begins as a sentence of its own does.
    """
    found = _FRAMED.match(text)
    if not found:
        return "", text
    size = found["size"]
    named = "close-up" if size in ("CLOSE ON", "CU") else "wide shot" if size in ("WIDE ON", "WIDE", "WS") else size
    rest = text[found.end() :]
    return named.lower() if named.isascii() and named != "POV" else named, rest[:1].upper() + rest[1:]


def is_framing(text: str) -> bool:
    return bool(re.fullmatch(rf"(?:{_SIZES}|{_SIZES_ZH})", text.strip()))


_OFF = re.compile(
    r"^(?:V\.?\s?O\.?|O\.?\s?S\.?|O\.?\s?C\.?|VOICE[- ]?OVER|OFF[- ]?SCREEN|旁白|画外音?|独白|内心独白|心声)$", re.I
)
_GOES_ON = re.compile(r"^(?:CONT['’]?D\.?|CONTINUED|CONTINUING|MORE|续)$", re.IGNORECASE)
_NARRATORS = {"narrator", "narration", "voiceover", "voice over", "voice-over", "vo", "v.o.", "os", "o.s.", "announcer",
              "旁白", "画外音", "画外", "解说", "解说词", "解说员", "独白", "内心独白", "内心os", "配音"}  # fmt: skip


def is_narrator(name: str) -> bool:
    return name.strip().casefold() in _NARRATORS


_SAYS = re.compile(
    r"^(.{1,4}?)((?:[轻小大低高冷笑哭急连缓微慢悄][\u3400-\u9fff]{0,4}?)?)(?:说道|说|问道|问|喊道|喊|答道|道)$"
)


def says(name: str) -> tuple[str, str]:
    """(name, manner) of "小安笑着说", which is no name of its own. A pronoun names nobody."""
    found = _SAYS.match(name)
    who, how = (found[1], found[2].rstrip("着地")) if found else (name, "")
    return ("" if who in ("他", "她", "它", "我", "你", "他们", "她们") else who), how


def extension(text: str) -> tuple[str, bool]:
    """(manner, whether the speaker isn't seen) of what stands in brackets behind a name."""
    kept, off = [], False
    for piece in re.split(r"[，,;；/、]", text):
        piece = piece.strip()
        if _OFF.match(piece):
            off = True
        elif piece and not _GOES_ON.match(piece):
            kept.append(piece)
    return ", ".join(kept), off


_TRANSITION = re.compile(
    r"^(?:(?:SMASH |MATCH |HARD |JUMP |TIME )?CUT TO(?: BLACK)?|(?:CROSS[- ]?)?DISSOLVE(?: TO)?|CROSSFADE(?: TO)?|"
    r"FADE (?:IN|OUT|TO BLACK|TO WHITE|UP)|WIPE TO|IRIS (?:IN|OUT)|淡入|淡出|渐显|渐隐|叠化|叠入|溶接|切至?|切换|转场|"
    r"黑场|白场|闪白|闪黑|化入|化出|划像|跳切|硬切)(?:到?[:：.。]?)$",
    re.IGNORECASE,
)
_DISSOLVE = re.compile(r"DISSOLVE|CROSS[- ]?FADE|叠化|叠入|溶|化入|化出", re.IGNORECASE)


def is_transition(text: str) -> bool:
    return bool(_TRANSITION.match(text.strip()))


def is_dissolve(text: str) -> bool:
    return bool(_DISSOLVE.search(text))


SHOWN = re.compile(
    r"^(?:SUPER(?:IMPOSE)?|TITLE(?: CARD)?|CAPTION|ON[- ]SCREEN TEXT|字幕|屏幕文字|标题字幕|片名)\s*[:：]\s*(?=\S)",
    re.I,
)
HEARD = re.compile(r"^(?:SFX|SOUND(?: EFFECT)?|音效|声效|音乐|BGM|MUSIC)\s*[:：]\s*(?=\S)", re.I)
# Names before a colon that are no speakers.
LABELS = {
    "场景", "时间", "地点", "人物", "角色", "出场人物", "字幕", "音效", "声效", "音乐", "bgm", "镜头", "备注",
    "景别", "画面", "运镜", "时长", "道具", "服装", "主题", "注", "提示", "内容", "note", "notes", "sfx", "sound",
    "music", "super", "title", "scene", "location", "time", "http", "https", "cut to", "fade in", "fade out",
    "dissolve to",
}  # fmt: skip

_TITLES: dict[Listed, str] = {
    "character": "cast, characters, cast list, dramatis personae, 人物小传, 人物介绍, 主要人物, 人物表, 人物设定, "
    "角色介绍, 角色表, 角色设定, 主要角色",
    "place": "places, locations, settings, 场景介绍, 场景设定, 场景表",
    "prop": "props, things, 道具, 道具表, 道具设定",
}
_LISTS: dict[str, Listed] = {title: kind for kind, titles in _TITLES.items() for title in titles.split(", ")}
_ITEM = re.compile(
    r"^[-*•·\d.、\s]*(?P<name>[^:：（(—–]{1,60}?)\s*(?P<note>[（(][^（()）]*[）)])?\s*(?:[:：]|\s[-–—]+\s|——)\s*(?P<looks>\S.*)$"
)


def cast_list(text: str) -> Listed | None:
    """What a list under this title holds: "Cast:", "人物小传", "【道具】"."""
    bare = text.strip().strip("#【】[]*= \t").rstrip(":：").strip().casefold()
    return _LISTS.get(bare)


def listed(text: str) -> tuple[str, str] | None:
    """(name, looks) of an entry of such a list, such as "Mia: a small red ball"."""
    found = _ITEM.match(text.strip())
    if not found:
        return None
    note = (found["note"] or "").strip("（()） ")
    looks = found["looks"].strip()
    return found["name"].strip(
        " *_"
    ), f"{note}, {looks}" if note.isascii() and note else f"{note}，{looks}" if note else looks
