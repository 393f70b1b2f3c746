"""Chinese scripts (剧本) as parts: 第1场 and 1-2 日 内 客厅, 场景：, 人物：, △, 小米（低声）：…, 旁白：, 【字幕】.
There is no one standard, so this reads what is common, and keeps the rest as action with a warning. Pure.
"""

from __future__ import annotations

import re
from dataclasses import replace

from vitascope.film.script import vocabulary
from vitascope.film.script.parts import Kind, Listed, Part, Row, Script, rows, speeches

_N = r"[\d一二三四五六七八九十百零〇两]+"
_SCENE = re.compile(
    rf"^(?:第\s*(?P<a>{_N})\s*[场場幕]戏?|(?:场次?|場次?)\s*[:：]?\s*(?P<b>{_N}(?:[-－.]\d+)?))"
    r"(?![\u3400-\u9fff])\s*[:：、.．]?\s*(?P<rest>.*)$"
)
_DOUBLE = re.compile(r"^(?P<number>\d+\s*[-－—–]\s*\d+[A-Za-z]?)\s*[、.．:：]?\s*(?P<rest>.{0,60})$")
_COUNTED = re.compile(r"^(?P<number>\d+)\s*[、.．:：\s]\s*(?P<rest>\S.{0,60})$")
_PLACED = re.compile(
    r"^(?:内景|外景|内外景|内/外景?|INT\.?|EXT\.?|[内外](?=[\s.。、·:：]))[\s.．。、·:：/]*(?P<rest>\S.{0,60})$",
    re.IGNORECASE,
)
_SETTING = re.compile(rf"^(?P<label>场景|场地|地点|地點|时间|時間)\s*(?P<number>\d*|{_N})\s*[:：]\s*(?P<rest>.*)$")
_PRESENT = re.compile(r"^(?:人物|出场人物|出场|角色|演员)\s*[:：]\s*(?P<rest>.*)$")
_EPISODE = re.compile(rf"^(?:第\s*{_N}\s*[集回章]|【第\s*{_N}\s*集】)\s*(?:[:：\s].*)?$")
_TITLE = re.compile(r"^(?:剧名|片名|标题|题目|剧本名?|作品名?)\s*[:：]\s*(?P<title>.+)$")
_BOOK = re.compile(r"^《(?P<title>[^《》]{1,60})》(?:.{0,12})$")
_ACTION = re.compile(r"^[△▲Δ∆▵]\s*")
_BOXED = re.compile(r"^[【\[](?P<inner>[^】\]]{1,200})[】\]]\s*[:：]?\s*")
_SHOT = re.compile(rf"^(?:镜头|分镜|镜)\s*(?P<number>{_N}[A-Za-z]?)\s*[:：、.．]\s*")
_OUTSIDE = r"[^：:（）()【】\[\]，。！？；,!?;△《》“”\"\t|]"
_CUE = re.compile(
    rf"^(?P<name>{_OUTSIDE}{{1,16}}?)\s*(?P<plain>(?:OS|VO|O\.S\.?|V\.O\.?|os|vo|画外音)?)\s*(?P<more>(?:[（(][^（()）]{{0,60}}[）)]\s*)*)"
    rf"(?P<after>(?:OS|VO|os|vo)?)\s*[:：]\s*"
)
_BOXES: dict[str, Kind] = {
    **dict.fromkeys(("字幕", "标题", "片名", "屏幕文字"), "title"),
    **dict.fromkeys(("音效", "声效"), "sound"),
    **dict.fromkeys(("旁白", "画外音", "OS", "VO", "独白", "解说"), "speech"),
}
_OFF_STAGE = re.compile(r"^[（(](?P<who>旁白|画外音|OS|VO|字幕|独白)[）)]\s*[:：]?\s*", re.IGNORECASE)


def read(text: str) -> Script:
    reader = _Reader(text)
    for row in rows(text):
        reader.row(row)
    reader.end()
    return reader.script


def is_heading(bare: str) -> bool:
    """A line that begins a scene, by its number or by what it says of inside and outside."""
    return _scene(bare) is not None


def is_cue(bare: str) -> bool:
    found = _CUE.match(bare)
    name = found["name"].strip().casefold() if found else ""
    return bool(name) and name not in vocabulary.LABELS and vocabulary.says(name)[0] == name and not _TITLE.match(bare)


def _scene(bare: str) -> tuple[str, str] | None:
    """(number, rest)"""
    bare = bare.strip("#*= ")
    found = _SCENE.match(bare)
    if found:
        return found["a"] or found["b"], found["rest"]
    for pattern in (_DOUBLE, _COUNTED):
        found = pattern.match(bare)
        if found and vocabulary.says_time_or_inside(found["rest"]):
            return re.sub(r"\s", "", found["number"]), found["rest"]
    found = _PLACED.match(bare)
    return ("", found["rest"]) if found and not re.search(r"[。！？：:]$", bare) else None


class _Reader:
    def __init__(self, text: str):
        self.script = Script()
        self._text = text
        self._marked = bool(re.search(r"^\s*[△▲Δ∆▵]", text, re.MULTILINE))  # actions have their sign here
        self._head: Part | None = None  # a heading whose place and time may still come
        self._list: Listed | None = None
        self._open: Part | None = None  # a cue whose words stand on the next lines
        self._answered = False  # it has words
        self._begun = False

    def _add(self, part: Part) -> None:
        if self._head and part.kind != "heading":
            self._close_heading()
        self._begun = True
        self.script.parts.append(part)

    def _close_heading(self) -> None:
        if self._head:
            head, self._head = self._head, None
            self.script.parts.append(head)

    def end(self) -> None:
        if self._open and not self._answered:
            self.script.warn(self._open.line, f"{self._open.who} says nothing.")
        self._close_heading()

    def row(self, row: Row) -> None:
        bare = row.bare
        if not bare:
            self._open = None if self._answered else self._open
            return
        if self._heading(row, bare) or self._is_fact(row, bare):
            self._open = None
            return
        if self._list and self._listed(row, bare):
            return
        if not (self._boxed(row, bare) or self._marked_row(row, bare) or self._speech(row)):
            self._unmarked(row, bare)

    def _heading(self, row: Row, bare: str) -> bool:
        found = _scene(bare)
        if not found:
            return False
        told = vocabulary.heading(found[1])
        if self._head and not found[0] and not told.place:  # a second line of the same heading: 内 夜
            self._head = replace(self._head, time=told.time or self._head.time)
            return True
        self._close_heading()
        self._list, self._begun = None, True
        self._head = Part(
            kind="heading", text=bare.strip("#*= "), line=row.number, number=found[0], place=told.place, time=told.time,
            continuous=told.continuous,
        )  # fmt: skip
        return True

    def _is_fact(self, row: Row, bare: str) -> bool:
        """Title, episode, place, time and people: what stands around the scenes."""
        title = (
            None if "title" in self.script.facts else _TITLE.match(bare) or (None if self._begun else _BOOK.match(bare))
        )
        if title:
            self.script.facts["title"] = title["title"].strip("《》 ")
            return True
        kind = vocabulary.cast_list(bare)
        if kind:
            self._list = kind
            return True
        if _EPISODE.match(bare):
            self.script.parts.append(Part(kind="note", text=bare, line=row.number))
            return True
        setting = _SETTING.match(bare)
        if setting:
            told = vocabulary.heading(setting["rest"])
            if self._head and not (setting["label"] == "场景" and self._head.place):
                if setting["label"] in ("时间", "時間"):
                    self._head = replace(self._head, time=setting["rest"].strip())
                else:
                    self._head = replace(self._head, place=told.place, time=told.time or self._head.time)
            elif setting["label"] in ("场景", "场地", "地点", "地點"):
                self._close_heading()
                self._list = None
                self._head = Part(
                    kind="heading", text=bare, line=row.number, number=setting["number"], place=told.place,
                    time=told.time, continuous=told.continuous,
                )  # fmt: skip
            else:
                self._add(Part(kind="note", text=bare, line=row.number))
            return True
        present = _PRESENT.match(bare)
        if present:
            self._list = None if present["rest"].strip() else "character"
            for name, looks in _people(present["rest"]):
                self._add(Part(kind="present", who=name, line=row.number))
                if looks:
                    self._add(Part(kind="looks", who=name, text=looks, line=row.number))
            return True
        return False

    def _listed(self, row: Row, bare: str) -> bool:
        item = None if _ACTION.match(bare) or bare.startswith("【") else vocabulary.listed(bare)
        if not item or not self._list:
            self._list = None
            return False
        self._add(Part(kind="looks", who=item[0], text=item[1], member=self._list, line=row.number))
        return True

    def _boxed(self, row: Row, bare: str) -> bool:
        """【字幕】三年后 and 【字幕：三年后】, 【叠化】, 【特写】小米."""
        found = _BOXED.match(bare)
        if not found:
            return self._labelled(row, row.span[0], bare)
        inner, rest = found["inner"].strip(), bare[found.end() :]
        start = row.span[0] + found.end()
        label = re.split("[:：]", inner)[0].strip()
        words = inner[len(re.split("[:：]", inner)[0]) + 1 :]
        inner_end = row.span[0] + found.start("inner") + len(found["inner"].rstrip())
        where = (inner_end - len(words), inner_end) if words.strip() else (start, row.span[1])
        if label in _BOXES:
            kind = _BOXES[label]
            who = label if kind == "speech" else ""
            self._say(where, Part(kind=kind, who=who, off=True, line=row.number))
            if words.strip() and rest:
                self._act(row, rest)
        elif vocabulary.is_transition(inner):
            self._add(Part(kind="transition", text=inner, line=row.number))
            if rest:
                self._act(row, rest)
        elif vocabulary.is_framing(inner) and rest:
            self._add(Part(kind="action", text=bare, line=row.number))
        elif label in ("画面", "动作", "镜头"):
            self._act(row, words.strip() or rest)
        elif re.match(r"^(?:闪回|回忆|回到现实|现实|梦境|插入|蒙太奇|空镜|片头|片尾|音乐|BGM)", label):
            self._add(Part(kind="note", text=inner, line=row.number))
            if rest:
                self._act(row, rest)
        else:
            self.script.warn(row.number, f"【{inner[:40]}】 is not known; it is kept as action.")
            self._act(row, bare)
        return True

    def _labelled(self, row: Row, at: int, bare: str) -> bool:
        """字幕：三年后 and 音效：雷声, without brackets."""
        for kind, pattern in (("title", vocabulary.SHOWN), ("sound", vocabulary.HEARD)):
            found = pattern.match(bare)
            if found:
                self._say((at + found.end(), row.span[1]), Part(kind=kind, line=row.number))  # type: ignore[arg-type]
                return True
        stage = _OFF_STAGE.match(bare)
        if stage and stage.end() < len(bare):
            kind = "title" if stage["who"] == "字幕" else "speech"
            who = stage["who"] if kind == "speech" else ""
            self._say((at + stage.end(), row.span[1]), Part(kind=kind, who=who, off=True, line=row.number))  # type: ignore[arg-type]
            return True
        return False

    def _marked_row(self, row: Row, bare: str) -> bool:
        action, shot = _ACTION.match(bare), _SHOT.match(bare)
        if action:
            self._act(row, bare[action.end() :])
        elif shot:
            size, rest = vocabulary.framing(bare[shot.end() :])
            self._add(Part(kind="shot", fields={"number": shot["number"], "framing": size}, line=row.number))
            self._act(row, rest)
        elif vocabulary.is_transition(bare):
            self._add(Part(kind="transition", text=bare, line=row.number))
        else:
            return False
        self._open = None
        return True

    def _act(self, row: Row, text: str) -> None:
        if text.strip():
            self._add(Part(kind="action", text=text.strip(), line=row.number))

    def _speech(self, row: Row) -> bool:
        bare, at = row.bare, row.span[0]
        found = _CUE.match(bare)
        if not found or found["name"].strip().casefold() in vocabulary.LABELS:
            return self._continued(row)
        name, how = vocabulary.says(found["name"].strip())
        told = [vocabulary.extension(text) for text in re.findall(r"[（(]([^（()）]*)[）)]", found["more"])]
        off = bool(found["plain"] or found["after"] or any(one[1] for one in told) or vocabulary.is_narrator(name))
        manner = ", ".join(filter(None, (how, *(one[0] for one in told))))
        part = Part(kind="speech", who=name, manner=manner, off=off, line=row.number)
        self._open = None
        if found.end() < len(bare):
            self._say((at + found.end(), row.span[1]), part)
        else:
            self._open, self._answered = part, False
        return True

    def _continued(self, row: Row) -> bool:
        """The lines below a cue that has no words of its own."""
        if not self._open:
            return False
        self._say(row.span, self._open)
        self._answered = True
        return True

    def _say(self, span: tuple[int, int], part: Part) -> None:
        found = speeches(self._text, span, part, brackets=part.kind == "speech")
        for one in found:
            self._add(one)
        if not found:
            self.script.warn(part.line, "Nothing is said here; it is kept as action.")
            self._add(Part(kind="action", text=self._text[span[0] : span[1]].strip() or part.who, line=part.line))

    def _unmarked(self, row: Row, bare: str) -> None:
        last = self.script.parts[-1] if self.script.parts else None
        if self._marked and not self._head and last and last.kind == "speech":
            self.script.warn(row.number, "This line has neither △ nor a name; it is read as action.")
        self._add(Part(kind="action", text=bare, line=row.number))


def _people(text: str) -> list[tuple[str, str]]:
    """(name, looks) of "小米（8岁，红裙）、老王"."""
    found = []
    for match in re.finditer(r"([^、，,;；（）()\s/]{1,20})\s*(?:[（(]([^（()）]*)[）)])?", text):
        name = match[1].strip()
        if name and name not in ("等", "等人", "若干", "无"):
            found.append((name, (match[2] or "").strip()))
    return found
