"""The film document of drafted scenes: ids, the cast, and who is in which shot. Pure."""

from __future__ import annotations

import re
from fractions import Fraction

from vitascope.film.document import MAX_CAST, Film, Line, Member, Scene, Shot, Source
from vitascope.film.script import vocabulary
from vitascope.film.script.drafts import DraftScene, DraftShot
from vitascope.film.script.parts import Script
from vitascope.film.script.sentences import LONGEST, is_chinese
from vitascope.film.times import MAX_SECONDS

_FIELDS = {"framing": 60, "angle": 60, "camera": 200, "prompt": LONGEST, "note": LONGEST, "number": 20, "start": 10}


class Assembly:
    """Ids, the cast, and who is in which shot."""

    def __init__(self, script: Script, scenes: list[DraftScene], text: str, form: str, language: str, title: str):
        self._script, self._scenes = script, scenes
        self._text, self._form, self._language, self._title = text, form, language, title
        self._ids: dict[tuple[str, str], str] = {}  # (kind, name) -> id
        self._members: dict[str, Member] = {}
        self._told = False
        self._actions = "\n".join(shot.action for scene in scenes for shot in scene.shots)

    def film(self) -> Film:
        speak = {part.who.casefold() for part in self._script.parts if part.kind == "speech"}
        places = {part.place.casefold() for part in self._script.parts if part.kind == "heading"} - speak
        for part in self._script.parts:
            if part.kind == "looks":
                place = part.member == "character" and part.who.casefold() in places
                key = self._member(part.who, "place" if place else part.member, part.line)
                if key:
                    looks = " ".join(filter(None, (self._members[key].looks, part.text)))[:LONGEST]
                    self._members[key] = self._members[key].model_copy(update={"looks": looks})
            elif part.kind in ("speech", "present") and part.who:
                self._member(part.who, "character", part.line)
            elif part.kind == "heading" and part.place:
                self._member(part.place, "place", part.line)
        self._find_spellings()
        patterns = [(key, _pattern(member)) for key, member in self._members.items() if member.kind != "place"]
        shots: dict[str, Shot] = {}
        scenes: dict[str, Scene] = {}
        lines = 0
        for number, scene in enumerate(self._scenes, 1):
            here = []
            for at, shot in enumerate(scene.shots):
                key = f"k{len(shots) + 1}"
                made = self._lines(shot, lines)
                lines += len(made)
                shots[key] = self._shot(shot, made, patterns, continues=bool(at and _is_continuous(scene)))
                here.append(key)
            scenes[f"s{number}"] = self._scene(scene, here)
        spoken = [line.kind for shot in shots.values() for line in shot.lines if line.is_spoken]
        narrated = bool(spoken) and "dialogue" not in spoken
        return Film(
            title=(self._title or self._script.facts.get("title", "") or "Untitled film")[:200],
            kind="narration" if narrated else "story",
            language=self._language,
            style=self._script.facts.get("style", "")[:LONGEST],
            source=Source(text=self._text, form=self._form),  # type: ignore[arg-type]
            cast=self._members,
            scene_order=tuple(scenes),
            scenes=scenes,
            shots=shots,
        )

    def _member(self, name: str, kind: str, line: int) -> str:
        """The id of this name; "" when there is no room for it."""
        name = " ".join(name.split())[:100]
        found = self._ids.get((kind, name.casefold()))
        if not found and kind == "character":
            found = self._ids.get(("prop", name.casefold()))
        if found or not name:
            return found or ""
        if len(self._members) >= MAX_CAST:
            if not self._told:
                self._script.warn(
                    line, f"A film has at most {MAX_CAST} in its cast; {name} and later ones are left out."
                )
            self._told = True
            return ""
        key = f"c{len(self._members) + 1}"
        self._members[key] = Member(kind=kind, name=self._as_written(name))  # type: ignore[arg-type]
        self._ids[(kind, name.casefold())] = key
        return key

    def _as_written(self, name: str) -> str:
        """A name in capitals as the script writes it elsewhere, else with one capital a word."""
        if name.upper() != name or name.lower() == name:
            return name
        found = re.search(rf"\b{re.escape(name)}\b", self._actions, re.IGNORECASE)
        if found and found[0] != name and found[0] != found[0].lower():
            return found[0]
        name = re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", lambda word: word[0].capitalize(), name)
        return re.sub(r"\b([A-Z]['’])([a-z])", lambda word: word[1] + word[2].upper(), name)

    def _find_spellings(self) -> None:
        """ "MIA" and "Mia" are the same; "mia" could be another word."""
        cues = {part.who for part in self._script.parts if part.who}
        for key, member in self._members.items():
            name = member.name
            if is_chinese(name) or name.upper() == name.lower():
                continue
            written = re.findall(rf"\b{re.escape(name)}\b", self._actions, re.IGNORECASE)
            forms = {*written, *(who for who in cues if who.casefold() == name.casefold())}
            aliases = sorted(form for form in forms if form not in (name, form.lower()))
            self._members[key] = member.model_copy(update={"aliases": tuple(aliases[:20])})

    def _lines(self, shot: DraftShot, count: int) -> tuple[Line, ...]:
        made = []
        for number, part in enumerate(shot.parts, count + 1):
            speaker = self._member(part.who, "character", part.line) if part.kind == "speech" and part.who else ""
            kind = part.kind if part.kind != "speech" else "voice_over" if part.off else "dialogue"
            made.append(
                Line(
                    id=f"l{number}", kind=kind, speaker=speaker, text=part.text, manner=part.manner, span=part.span  # type: ignore[arg-type]
                )
            )  # fmt: skip
        return tuple(made)

    def _shot(
        self, shot: DraftShot, lines: tuple[Line, ...], patterns: list[tuple[str, re.Pattern[str]]], *, continues: bool
    ) -> Shot:
        named = [self._ids.get(("character", " ".join(name.split()).casefold()), "") for name in shot.seen]
        named += [key for key, pattern in patterns if pattern.search(shot.action)]
        cast = [key for key in dict.fromkeys(named) if key and not vocabulary.is_narrator(self._members[key].name)]
        values = {name: shot.fields[name][:limit] for name, limit in _FIELDS.items() if shot.fields.get(name)}
        notes = "\n".join(filter(None, [values.pop("note", ""), *shot.notes]))[:LONGEST]
        values.setdefault("start", "continue" if continues else "new")
        seconds = shot.fields.get("seconds", "")
        return Shot(
            action=shot.action,
            cast=tuple(cast[:20]),
            seconds=min(Fraction(seconds), MAX_SECONDS) if seconds else None,
            lines=lines,
            transition="dissolve" if shot.dissolve else "cut",
            note=notes,
            **values,  # type: ignore[arg-type]
        )

    def _scene(self, scene: DraftScene, shots: list[str]) -> Scene:
        head = scene.heading
        if not head:
            return Scene(shots=tuple(shots))
        place = self._ids.get(("place", " ".join(head.place.split())[:100].casefold()), "")
        return Scene(
            heading=" ".join(head.text.split())[:200], place=place, time=head.time[:200], number=head.number[:20],
            shots=tuple(shots),
        )  # fmt: skip


def _is_continuous(scene: DraftScene) -> bool:
    return bool(scene.heading and scene.heading.continuous)


def _pattern(member: Member) -> re.Pattern[str]:
    names = [name for name in (member.name, *member.aliases) if name]
    return re.compile("|".join(re.escape(name) if is_chinese(name) else rf"\b{re.escape(name)}\b" for name in names))
