"""Shot lists and 分镜 tables: CSV, TSV and Markdown, with headers in English or Chinese. A row is a shot. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from vitascope.errors import BadSpec
from vitascope.film.script import vocabulary
from vitascope.film.script.cells import Cell, Record, fused, markdown
from vitascope.film.script.cells import read as records_of
from vitascope.film.script.parts import Listed, Part, Script, rows, speeches, stripped
from vitascope.film.times import MAX_SECONDS

#: What a column may hold, and the headers by which it is known.
FIELDS: dict[str, tuple[str, ...]] = {
    field: tuple(names.split(", "))
    for field, names in {
        "number": "shot, shot no, shot number, shot #, no, #, nr, 镜号, "
        "序号, 编号, 镜头号, 镜头序号, 分镜, 分镜号, 镜次",
        "scene": "scene, scene no, scene number, sc, 场, 场次, 场号, 幕",
        "place": "place, location, set, setting, 地点, 场景, 场地, 环境",
        "time": "time of day, day/night, 日夜, 时间段",
        "framing": "size, shot size, framing, shot type, frame, 景别, 镜别",
        "angle": "angle, camera angle, 角度, 机位, 拍摄角度, 视角",
        "camera": "move, movement, camera, camera move, camera movement, 运镜, 镜头运动, "
        "运动, 摄法, 镜头技巧, 拍摄手法, 运镜方式",
        "action": "picture, action, description, visual, visuals, image, video, content, 画面, "
        "画面内容, 画面描述, 内容, 动作, 描述, 镜头内容, 画面说明",
        "line": "line, lines, dialogue, dialog, spoken, words, audio, script, "
        "台词, 对白, 对话, 台词/旁白, 对白/旁白, 台词旁白",
        "voice_over": "voice over, voiceover, voice-over, vo, v.o., narration, narrator, 旁白, "
        "解说, 解说词, 配音, 口播, 文案, 画外音",
        "who": "who, speaker, spoken by, 说话人, 说话者, 角色, 台词角色",
        "cast": "cast, characters, character, people, talent, 人物, 出镜, 出场人物, 演员, 主体",
        "seconds": "seconds, secs, sec, s, duration, length, 时长, 秒数, 秒, 时长/秒, 时长/s, 长度",
        "sound": "sound, sfx, sound effects, sound effect, effects, 音效, 声效, 声音",
        "music": "music, bgm, 音乐, 配乐, 背景音乐",
        "title": "title, caption, captions, super, text, on-screen text, on screen text, "
        "subtitle, 字幕, 屏幕文字, 花字, 标题",
        "transition": "transition, 转场, 转场方式, 过渡",
        "start": "start, starts from, chain, 衔接, 起始, 接镜, 首帧",
        "prompt": "prompt, 提示词, 视频提示词, 画面提示词",
        "note": "note, notes, remark, remarks, comment, comments, 备注, 说明, 注",
    }.items()
}  # fmt: skip
_KNOWN = {name: field for field, names in FIELDS.items() for name in names}
#: Headers that mean the first when all cells are numbers (of seconds), else the second.
_EITHER = {
    "time": ("seconds", "time"), "时间": ("seconds", "time"), "镜头": ("number", "camera"), "镜": ("number", "camera"),
    "scene": ("scene", "place"), "set": ("scene", "place"), "场景": ("scene", "place"), "shot": ("number", "framing"),
}  # fmt: skip
_NUMBER = re.compile(r"\w{0,3}\d+[\w.\-]{0,6}|[一二三四五六七八九十]+")
_NOTHING = {"", "-", "--", "—", "——", "/", "无", "none", "n/a", "na", "null", "–", "\\", "空"}
NAMED = re.compile(
    r"^(?P<name>[^：:（()）\n，。！？,!?\"“]{1,30})\s*(?:[（(](?P<more>[^（()）]*)[）)])?\s*[:：]\s*(?=\S)"
)
_STARTS = {"new": "new", "新": "new", "still": "still", "静帧": "still", "首帧图": "still"} | dict.fromkeys(
    ("continue", "continues", "continuous", "chain", "last frame", "接", "承接", "接上", "接上镜", "接上一镜", "连续",
     "尾帧", "接尾帧", "同上"), "continue",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """`field`: one of FIELDS, or "" when its cells are kept as notes."""

    header: str
    field: str
    example: str


def mapping(text: str, corrections: Mapping[str, str] = {}) -> tuple[Column, ...]:
    """Which column of the table is read as what. `corrections`: headers and their fields, "" for none. Empty when the
    text holds no table.
    """
    records = records_of(text)
    return _columns([record for record in records if record.table == 0], corrections) if records else ()


def is_table(text: str) -> bool:
    """Whether its first row names at least two things that a shot has, one of them what is seen or said."""
    fields = {column.field for column in mapping(text)} - {""}
    return len(fields) > 1 and bool(fields & {"action", "line", "voice_over", "prompt", "title"})


def _columns(records: list[Record], corrections: Mapping[str, str]) -> tuple[Column, ...]:
    for field in corrections.values():
        if field and field not in FIELDS:
            raise BadSpec(f'A shot has no "{field[:40]}".', hint=f"Fields: {', '.join(FIELDS)}.", field="columns")
    found: list[Column] = []
    for at, cell in enumerate(records[0].cells):
        header = " ".join(cell.text.strip("*_ ").split())
        values = [record.cells[at].text for record in records[1:] if at < len(record.cells)]
        field = corrections.get(header, _field(header, values)) if header else ""
        if field and header not in corrections and any(one.field == field for one in found):
            field = ""
        found.append(Column(header, field, next((value for value in values if value), "")[:80]))
    return tuple(found)


def _field(header: str, values: list[str]) -> str:
    name = header.casefold().replace("_", " ")
    filled = [value for value in values if value.strip()]
    if name in _EITHER:
        first, second = _EITHER[name]
        if first == "seconds":
            counted = filled and all(_seconds(value) is not None for value in filled)
        else:
            counted = filled and all(
                re.fullmatch(r"[\w]{0,3}\d+[\w.\-]{0,6}|[一二三四五六七八九十]+", value.strip()) for value in filled
            )
        return first if counted else second
    if name in _KNOWN:
        return _KNOWN[name]
    bare = re.sub(r"\s*[（(\[].*?[）)\]]\s*", "", name).strip()
    return _KNOWN.get(bare, "")


def _range(text: str) -> tuple[Fraction, Fraction] | None:
    found = re.fullmatch(r"\s*(.+?)\s*(?:[-–—~～至到])\s*(.+?)\s*", text)
    ends = (_one(found[1]), _one(found[2])) if found else (None, None)
    return (ends[0], ends[1]) if ends[0] is not None and ends[1] is not None and ends[0] < ends[1] else None


def _one(text: str) -> Fraction | None:
    bare = text.strip().casefold()
    clock = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2}(?:\.\d{1,3})?)", bare.replace("：", ":"))
    if clock:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + Fraction(clock[3])
    plain = re.fullmatch(r"(\d{1,5}(?:\.\d{1,4}|,\d{1,2})?)\s*(?:s|sec|secs|seconds?|秒钟?|″|\")?", bare)
    return Fraction(plain[1].replace(",", ".")) if plain else None  # many spreadsheets write 2,5


def _seconds(text: str) -> Fraction | None:
    one = _one(text)
    both = _range(text)
    return one if one is not None else both[1] - both[0] if both else None


def read(text: str, corrections: Mapping[str, str] = {}) -> Script:
    script = Script()
    records = records_of(text)
    if not records:
        script.warn(1, "No table was found.")
    for number in sorted({record.table for record in records}):
        rows_of = [record for record in records if record.table == number]
        _Reader(script, text, rows_of, _columns(rows_of, corrections)).run()
    _around(script, text, records)
    return script


def _around(script: Script, text: str, records: list[Record]) -> None:
    """What stands outside a Markdown table: its title, and lists of the cast."""
    inside = {record.line for record in records}
    kind: Listed | None = None
    for row in rows(text) if markdown(text) else []:
        bare = row.bare
        if not bare or row.number in inside or (row.number - 1 in inside and "|" in bare):
            continue
        item = vocabulary.listed(bare) if kind else None
        kind = vocabulary.cast_list(bare) or (kind if item else None)
        if item and kind:
            script.parts.append(Part(kind="looks", who=item[0], text=item[1], member=kind, line=row.number))
        elif not kind and bare.startswith("#") and "title" not in script.facts:
            script.facts["title"] = bare.strip("#* 《》")
        elif not kind:
            script.warn(row.number, "This line stands outside the table and is left out.")


class _Reader:
    def __init__(self, script: Script, text: str, records: list[Record], columns: tuple[Column, ...]):
        self._script, self._text, self._records = script, text, records[1:]
        self._columns = columns
        self._scene: tuple[str, str, str] | None = None
        self._ranges = self._are_places_in_time()

    def run(self) -> None:
        for column in self._columns:
            if column.header and not column.field:
                self._script.warn(1, f'The column "{column.header[:40]}" is not known; its cells are kept as notes.')
        for record in self._records:
            cells: dict[str, Cell] = {}
            extra: list[str] = []
            for at, cell in enumerate(record.cells):
                column = self._columns[at] if at < len(self._columns) else Column("", "", "")
                if cell.text.strip().casefold() in _NOTHING:
                    continue
                if fused(cell.text) != cell.text:
                    cell = Cell(cell.text[1:], (cell.span[0] + 1, cell.span[1]) if cell.span else None)
                if column.field:
                    cells[column.field] = cell
                else:
                    extra.append(f"{column.header}: {cell.text}" if column.header else cell.text)
            if cells or extra:
                self._row(record.line, cells, extra)

    def _are_places_in_time(self) -> bool:
        """Whether the lengths are ranges that go on from each other: 0-3, 3-8, 8-15."""
        at = next((number for number, column in enumerate(self._columns) if column.field == "seconds"), None)
        if at is None:
            return False
        ranges = [_range(record.cells[at].text) for record in self._records if at < len(record.cells)]
        found = [one for one in ranges if one]
        return bool(found) and all(one[1] == other[0] for one, other in pairwise(found))

    def _row(self, line: int, cells: dict[str, Cell], extra: list[str]) -> None:
        said = {field: cell.text.strip() for field, cell in cells.items()}
        self._heading(line, said)
        fields: dict[str, str] = {
            name: said[name]
            for name in ("number", "framing", "angle", "camera", "prompt", "transition")
            if name in said
        }
        if "start" in said:
            fields["start"] = _STARTS.get(said["start"].casefold(), "")
            if not fields["start"]:
                self._script.warn(line, f'A shot cannot start by "{said["start"][:40]}"; it starts anew.')
        if "seconds" in said:
            seconds = self._length(said["seconds"])
            if seconds is not None and 0 < seconds <= MAX_SECONDS:
                fields["seconds"] = str(seconds)
            else:
                self._script.warn(line, f'"{said["seconds"][:40]}" is not a number of seconds.')
                extra.append(said["seconds"])
        notes = [said[name] for name in ("note", "music") if name in said] + extra
        if notes:
            fields["note"] = "\n".join(notes)
        first = len(self._script.parts)
        self._add(Part(kind="shot", fields=fields, line=line))
        for name in _names(said.get("cast", "")) + _names(said.get("who", "")):
            if not vocabulary.is_narrator(name):
                self._add(Part(kind="present", who=name, line=line))
        if "action" in said:
            self._add(Part(kind="action", text=said["action"], line=line))
        present = _names(said.get("cast", ""))
        who = _names(said.get("who", "")) or (present if len(present) == 1 else [])
        for field in ("line", "voice_over"):
            if field in cells:
                self._lines(line, cells[field], who if field == "line" else [], off=field == "voice_over")
        for kind in ("title", "sound"):
            if kind in cells:
                self._say(cells[kind], Part(kind=kind, line=line))
        seen = {part.kind for part in self._script.parts[first:] if not part.off}
        if "prompt" not in said and not seen & {"action", "speech"}:
            self._script.warn(line, "This row has no description: nothing says what is seen.")

    def _add(self, part: Part) -> None:
        self._script.parts.append(part)

    def _length(self, text: str) -> Fraction | None:
        both = _range(text)
        return (both[1] - both[0] if self._ranges else (both[0] + both[1]) / 2) if both else _one(text)

    def _heading(self, line: int, said: dict[str, str]) -> None:
        """A scene begins where its number, place or time changes. Empty cells go on."""
        before = self._scene or ("", "", "")
        number, place, time = said.get("scene", before[0]), said.get("place", before[1]), said.get("time", before[2])
        if (number, place, time) == before and self._scene is not None:
            return
        self._scene = (number, place, time)
        if not any(self._scene):
            return
        counted = _NUMBER.fullmatch(number)
        told = vocabulary.heading(place or ("" if counted else number))
        shown = " ".join(part for part in (place or ("" if counted else number), time) if part) or number
        self._add(
            Part(
                kind="heading", text=shown, number=number if counted else "", place=told.place,
                time=time or told.time, line=line, continuous=told.continuous,
            )
        )  # fmt: skip

    def _lines(self, line: int, cell: Cell, who: list[str], *, off: bool) -> None:
        """A cell may hold several lines, each with its own name before a colon."""
        first = who[0] if who else ""
        at = 0
        for piece in re.split(r"(\n)", cell.text):
            start, end = stripped(cell.text, at, at + len(piece))
            at += len(piece)
            words = cell.text[start:end]
            if not words:
                continue
            named = NAMED.match(words)
            named = named if named and named["name"].strip().casefold() not in vocabulary.LABELS else None
            manner, hidden = vocabulary.extension(named["more"] or "") if named else ("", False)
            speaker = named["name"].strip() if named else first
            unseen = off or hidden or vocabulary.is_narrator(speaker)
            start += named.end() if named else 0
            span = (cell.span[0] + start, cell.span[0] + end) if cell.span else None
            part = Part(kind="speech", who=speaker, manner=manner, off=unseen, line=line)
            self._say(Cell(cell.text[start:end], span), part)

    def _say(self, cell: Cell, part: Part) -> None:
        if cell.span:
            found = speeches(self._text, cell.span, part, brackets=part.kind == "speech")
        else:  # written with escapes, so nothing points into the source
            made = speeches(cell.text, (0, len(cell.text)), part, brackets=part.kind == "speech")
            found = [replace(one, span=None) for one in made]
        for one in found or [Part(kind="action", text=cell.text.strip(), line=part.line)]:
            if one.text:
                self._add(one)


def _names(text: str) -> list[str]:
    return [name for name in (piece.strip() for piece in re.split(r"[、，,;；/&\n]|\band\b", text)) if name][:20]
