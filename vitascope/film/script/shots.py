"""From the parts of a script to scenes and shots by rules: one sentence of action, or one spoken line, is one shot.
A voice that isn't seen speaks over the picture before it. Pure.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from vitascope.film.document import MAX_SCENES, Film
from vitascope.film.script import vocabulary
from vitascope.film.script.assembly import Assembly
from vitascope.film.script.drafts import DraftScene, DraftShot, fitted
from vitascope.film.script.parts import Part, Script, Span
from vitascope.film.script.sentences import LONGEST, actions, is_chinese, spoken_pieces
from vitascope.film.wording import speech_seconds

LONGEST_SPEECH = 10.0  # seconds of speech in one shot; models make clips of 5 to 10


def film(script: Script, *, text: str, form: str, language: str, title: str) -> Film:
    """The film of these parts. Warnings are added to the script's."""
    builder = _Builder(script)
    for part in script.parts:
        builder.add(part)
    builder.end()
    return Assembly(script, fitted(builder.scenes, script), text, form, language, title).film()


class _Builder:
    def __init__(self, script: Script):
        self._script = script
        self.scenes: list[DraftScene] = []
        self._waiting: list[Part] = []  # words without a picture yet
        self._notes: list[str] = []
        self._dissolve = False
        self._table_row = False  # what comes belongs to the shot that was begun

    @property
    def _scene(self) -> DraftScene:
        if not self.scenes:
            self.scenes.append(DraftScene())
        return self.scenes[-1]

    def add(self, part: Part) -> None:
        getattr(self, f"_{part.kind}")(part)

    def end(self) -> None:
        self._show_waiting()
        if self._notes:
            shot = self._scene.shots[-1] if self._scene.shots else self._new()
            shot.notes += self._notes
            self._notes = []

    def _new(self) -> DraftShot:
        shot = DraftShot(notes=self._notes, dissolve=self._dissolve, parts=self._waiting)
        self._notes, self._dissolve, self._waiting = [], False, []
        self._scene.shots.append(shot)
        return shot

    def _show_waiting(self) -> None:
        """Words that no picture came for speak over the one before them, in shots of their own."""
        if self._waiting:
            last = self._scene.shots[-1] if self._scene.shots else DraftShot()
            shot = self._new()
            shot.action = last.action  # the picture goes on
            pieces, shot.parts = shot.parts, []
            for piece in pieces:
                if piece.kind == "speech" and any(part.kind == "speech" for part in shot.parts):
                    shot = self._new()
                    shot.action = last.action
                shot.parts.append(piece)

    def _heading(self, part: Part) -> None:
        self._show_waiting()
        self._table_row = False
        if len(self.scenes) >= MAX_SCENES:
            self._script.warn(part.line, f"A film has at most {MAX_SCENES} scenes; this heading is read as action.")
            return self._action(part)
        self.scenes.append(DraftScene(part))

    def _shot(self, part: Part) -> None:
        self._show_waiting()
        shot = self._new()
        shot.fields |= dict(part.fields)
        shot.dissolve |= vocabulary.is_dissolve(part.fields.get("transition", ""))
        self._table_row = True

    def _action(self, part: Part) -> None:
        if self._table_row:
            shot = self._scene.shots[-1]
            shot.action = f"{shot.action} {part.text}".strip()[:LONGEST]
            return
        if part.who and self._scene.shots:  # what a speaker does at the end of a line
            shot = self._scene.shots[-1]
            shot.action = f"{shot.action} {part.who}{'' if is_chinese(part.who) else ' '}{part.text}".strip()[:LONGEST]
            return
        size, rest = vocabulary.framing(part.text)
        for number, sentence in enumerate(actions(rest)):
            shot = self._new()
            shot.action = sentence
            if size and not number:
                shot.fields["framing"] = size

    def _speech(self, part: Part) -> None:
        pieces = _pieces(part)
        if self._table_row:
            self._scene.shots[-1].parts += pieces
            return
        last = self._scene.shots[-1] if self._scene.shots else None
        if part.off:
            if last and not self._waiting and self._fits(last, part):
                last.parts.append(pieces[0])
                for piece in pieces[1:]:  # the picture goes on
                    shot = self._new()
                    shot.action, shot.parts, shot.fields = last.action, [piece], dict(last.fields)
            else:
                self._waiting += pieces
            return
        if part.beside and last and not self._waiting and any(one.kind == "speech" for one in last.parts):
            last.parts += pieces
            last.seen.append(part.who)
            return
        self._show_waiting_speech()
        for piece in pieces:
            shot = self._new()
            shot.parts.append(piece)
            if part.who:
                shot.seen.append(part.who)

    @staticmethod
    def _fits(shot: DraftShot, part: Part) -> bool:
        """Whether this voice may still speak over the shot: nobody else does, and it doesn't get too long."""
        said = [one for one in shot.parts if one.kind == "speech"]
        if not said:
            return True
        same = all(one.off and one.who == part.who for one in said)
        return same and float(sum(speech_seconds(one.text) for one in [*said, part])) <= LONGEST_SPEECH

    def _show_waiting_speech(self) -> None:
        """A voice that isn't seen does not share the shot of somebody who speaks."""
        if any(part.kind == "speech" for part in self._waiting):
            self._show_waiting()

    def _title(self, part: Part) -> None:
        shots = self._scene.shots
        if shots and (self._table_row or not self._waiting):
            shots[-1].parts += _pieces(part)
        else:
            self._waiting += _pieces(part)

    _sound = _title

    def _transition(self, part: Part) -> None:
        self._show_waiting_speech()
        if vocabulary.is_dissolve(part.text):
            self._dissolve = True
        elif not re.fullmatch(r"(?:CUT TO|切至?|切换)[:：.]?", part.text.strip(), re.IGNORECASE):
            ends = re.match(r"FADE (?:OUT|TO)|IRIS OUT|淡出|渐隐|化出", part.text.strip(), re.IGNORECASE)
            last = self._scene.shots[-1:] if ends else []
            (last[0].notes if last else self._notes).append(part.text)

    def _note(self, part: Part) -> None:
        if self._table_row:
            self._scene.shots[-1].notes.append(part.text)
        else:
            self._notes.append(part.text)

    def _looks(self, part: Part) -> None:
        pass  # the assembly looks at them

    def _present(self, part: Part) -> None:
        if self._table_row:  # else in the scene, which says nothing of one shot
            self._scene.shots[-1].seen.append(part.who)


def _pieces(part: Part) -> list[Part]:
    """The same words in pieces that one shot can hold."""
    limit = LONGEST_SPEECH if part.kind == "speech" else math.inf
    found = []
    for start, end in spoken_pieces(part.text, limit):
        span: Span | None = (part.span[0] + start, part.span[0] + end) if part.span else None
        found.append(replace(part, text=part.text[start:end], span=span))
    return found or [part]
