"""A changed script broken down anew: shots that are still there keep their id, what was chosen for them, and what was
changed by hand. What was changed by hand is what differs from a breakdown of the script as it was. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from vitascope.film.document import Cut, Film, Line, Member, Scene, Shot
from vitascope.film.script import Breakdown, Warning, breakdown, form_of, with_shots
from vitascope.film.script.pairing import ALIKE, likeness, pairs, shot_words
from vitascope.film.script.sentences import words

T = TypeVar("T")
_FIELDS = tuple(name for name in Shot.model_fields if name != "lines")
_READ_AS = {"adapted": "fountain", "idea": "plain"}  # forms that no text shows
_CALLED = {"fountain": "Fountain", "screenplay_zh": "剧本", "table": "a table", "plain": "plain text"}


def again(
    film: Film, text: str, *, form: str = "", columns: Mapping[str, str] = {}, used: Iterable[str] = ()
) -> Breakdown:
    """The film of this text in the place of its source. `form`: of the text; "": found by itself, and a warning says
    where it is another than before. `used`: ids that takes hold, so that no new shot gets one. Where a field was
    changed both by hand and in the script, the script's is taken and a warning says so. Raises BadSpec for a text
    without a shot.
    """
    old = film.source.form
    base = breakdown(film.source.text, form=old, language=film.language, columns=columns).film
    found, told = (form, "") if form else _form(film, text)
    new = with_shots(breakdown(text, form=found, language=film.language, columns=columns))
    merge = _Merge(film, base, new.film, used)
    warnings = [Warning(1, told)] if told else []
    return Breakdown(merge.film(), (*warnings, *new.warnings, *merge.warnings), new.form)


def _form(film: Film, text: str) -> tuple[str, str]:
    """In which form the new text is read, and what is told of it. A form that was said against the signs of the old
    text, which nothing else explains, holds for the new one too.
    """
    old, seen = film.source.form, form_of(text)
    reader = _READ_AS.get(old, old)
    if not old or seen == reader:
        return old, ""
    new, before = _CALLED[seen], _CALLED[reader]
    if form_of(film.source.text) != reader:
        return old, f"The text looks like {new}; it is read as {before}, which was said of this film."
    return seen, f"The text is read as {new}, and the one before was {before}. Say the form if it is another."


class _Merge:
    def __init__(self, film: Film, base: Film, new: Film, used: Iterable[str]):
        self._old, self._base, self._new = film, base, new
        self._used = {*film.shots, *film.cast, *film.scenes, *used}
        self._used |= {line.id for shot in film.shots.values() for line in shot.lines}
        self.warnings: list[Warning] = []
        of_base = pairs(film, base, by_place=True)  # base shot -> film shot
        self._base_of = pairs(base, new)  # new shot -> base shot
        self._old_of = {key: of_base[other] for key, other in self._base_of.items() if other in of_base}
        self._origin = {mine: key for key, mine in of_base.items()}  # film shot -> base shot
        self._cast: dict[str, Member] = {}
        self._who: dict[str, str] = {}  # new member -> member
        self._who_was: dict[str, str] = {}  # base member -> member

    def film(self) -> Film:
        self._join_cast()
        shots: dict[str, Shot] = {}
        scenes: dict[str, Scene] = {}
        for key, scene in self._new.scenes.items():
            here: list[str] = []
            for new_id in scene.shots:
                mine = self._old_of.get(new_id)
                base = self._base_of.get(new_id)
                if mine is None and base is not None and self._is_taken_out(base, new_id):
                    continue
                made = mine or self._free("k")
                shots[made] = self._shot(new_id, mine)
                here.append(made)
            scene_id = self._scene_id(here, scene, scenes)
            scenes[scene_id] = self._scene(scene_id, key, here)
        self._keep_added(shots, scenes)
        return self._old.model_copy(
            update={
                "title": _merged(self._old.title, self._base.title, self._new.title),
                "source": self._new.source, "cast": self._cast, "scene_order": tuple(scenes), "scenes": scenes,
                "shots": shots, "cut": self._cut(shots),
            }
        )  # fmt: skip

    def _is_taken_out(self, base: str, new_id: str) -> bool:
        """Whether this shot of the script, unchanged, was taken out of the film by hand with all that is said in it."""
        said = {line.text for line in self._base.shots[base].lines}
        kept = {line.text for shot in self._old.shots.values() for line in shot.lines}
        return shot_words(self._base.shots[base]) == shot_words(self._new.shots[new_id]) and not said & kept

    def _free(self, letter: str) -> str:
        """An id that nothing has, higher than all that were given."""
        numbers = [int(key[1:]) for key in self._used if re.fullmatch(rf"{letter}\d{{1,9}}", key)]
        made = f"{letter}{max(numbers, default=0) + 1}"
        self._used.add(made)
        return made

    def _join_cast(self) -> None:
        known = _by_name(self._old)
        base_names = _by_name(self._base)
        for key, member in self._base.cast.items():
            same = _found(known, member)
            if not same and key in self._old.cast and not _found(base_names, self._old.cast[key]):
                same = key if self._old.cast[key].kind == member.kind else ""  # renamed by hand
            if same:
                self._who_was[key] = same
        for key, member in self._new.cast.items():
            base_id = _found(base_names, member)
            mine = self._who_was.get(base_id, "") or _found(known, member)
            if mine:
                old = self._old.cast[mine]
                was = self._base.cast[base_id].looks if base_id else ""
                aliases = tuple(dict.fromkeys((*old.aliases, *member.aliases)))[:20]
                looks = _merged(old.looks, was, member.looks)
                self._cast[mine] = old.model_copy(update={"looks": looks, "aliases": aliases})
            else:
                mine = self._free("c")
                self._cast[mine] = member
            self._who[key] = mine
        script = set(self._who_was.values())
        for key, old in self._old.cast.items():
            by_hand = key not in script or old.references or old.voice != Member(name="x").voice
            if key not in self._cast and by_hand:
                self._cast[key] = old

    def _shot(self, new_id: str, mine: str | None) -> Shot:
        new = self._as_mine(self._new.shots[new_id], self._who)
        if mine is None:
            lines = tuple(line.model_copy(update={"id": self._free("l")}) for line in new.lines)
            return new.model_copy(update={"lines": lines})
        old, base = self._old.shots[mine], self._as_mine(self._base.shots[self._base_of[new_id]], self._who_was)
        values: dict[str, Any] = {}
        for name in _FIELDS:
            values[name] = _merged(getattr(old, name), getattr(base, name), getattr(new, name))
            changed = getattr(old, name) != getattr(base, name) and getattr(new, name) != getattr(base, name)
            if changed and values[name] != getattr(old, name) and name not in ("cast", "number"):
                where = self._old.label(mine)
                said = f"{where}: its {name} was changed by hand and in the script; the script's is taken."
                self.warnings.append(Warning(1, said))
        values["cast"] = tuple(key for key in values["cast"] if key in self._cast)
        return Shot(lines=self._lines(old.lines, base.lines, new.lines), **values)

    def _as_mine(self, shot: Shot, who: Mapping[str, str]) -> Shot:
        """With the ids of this film's cast."""
        lines = tuple(line.model_copy(update={"speaker": who.get(line.speaker, "")}) for line in shot.lines)
        cast = tuple(who[key] for key in shot.cast if key in who)
        return shot.model_copy(update={"lines": lines, "cast": cast})

    def _lines(self, old: tuple[Line, ...], base: tuple[Line, ...], new: tuple[Line, ...]) -> tuple[Line, ...]:
        mine_of_base = _same_lines(old, base, by_place=True)
        base_of_new = _same_lines(base, new)
        made = []
        for at, line in enumerate(new):
            was = base_of_new.get(at)
            mine = mine_of_base.get(was) if was is not None else None
            if mine is None:
                if was is None or base[was].text != line.text:
                    made.append(line.model_copy(update={"id": self._free("l")}))
                continue  # taken out by hand
            kept = {
                name: _merged(getattr(old[mine], name), getattr(base[was], name), getattr(line, name))  # type: ignore[index]
                for name in ("kind", "speaker", "text", "manner", "spoken_by")
            }
            span = line.span if kept["text"] == line.text else None
            speaker = kept.pop("speaker")
            made.append(Line(id=old[mine].id, span=span, speaker=speaker if speaker in self._cast else "", **kept))
        added = [line for at, line in enumerate(old) if at not in mine_of_base.values()]
        return tuple(made + [line.model_copy(update={"span": None}) for line in added])

    def _scene_id(self, here: list[str], scene: Scene, made: Mapping[str, Scene]) -> str:
        """That of the scene from which most of its shots come, else of one with the same heading."""
        free = {key: old for key, old in self._old.scenes.items() if key not in made}
        shared = {key: len(set(here) & set(old.shots)) for key, old in free.items()}
        most = max(shared, key=lambda key: shared[key], default="")
        if most and shared[most]:
            return most
        for key, old in free.items():
            if scene.heading and scene.heading == old.heading:
                return key
        return self._free("s")

    def _scene(self, scene_id: str, new_id: str, here: list[str]) -> Scene:
        new = self._new.scenes[new_id]
        place = self._who.get(new.place, "")
        mine = self._old.scenes.get(scene_id)
        base = self._base_scene(mine) if mine else None
        if not mine or not base:
            return new.model_copy(update={"shots": tuple(here), "place": place})
        was = base.model_copy(update={"place": self._who_was.get(base.place, "")})
        given = new.model_copy(update={"place": place})
        values = {
            name: _merged(getattr(mine, name), getattr(was, name), getattr(given, name))
            for name in ("heading", "place", "time", "number")
        }
        values["place"] = values["place"] if values["place"] in self._cast else ""
        return Scene(shots=tuple(here), **values)

    def _base_scene(self, mine: Scene) -> Scene | None:
        origins = {self._origin[shot] for shot in mine.shots if shot in self._origin}
        return next((scene for scene in self._base.scenes.values() if origins & set(scene.shots)), None)

    def _keep_added(self, shots: dict[str, Shot], scenes: dict[str, Scene]) -> None:
        """Shots that were added by hand stand behind the shot that they stood behind."""
        for old_scene_id, old_scene in self._old.scenes.items():
            for at, key in enumerate(old_scene.shots):
                if key in self._origin or key in shots:
                    continue
                before = next((shot for shot in reversed(old_scene.shots[:at]) if shot in shots), "")
                home = next((name for name, scene in scenes.items() if before and before in scene.shots), old_scene_id)
                if home not in scenes:
                    scenes[home] = old_scene.model_copy(update={"shots": (), "place": ""})
                here = list(scenes[home].shots)
                here.insert(here.index(before) + 1 if before in here else 0, key)
                scenes[home] = scenes[home].model_copy(update={"shots": tuple(here)})
                shot = self._old.shots[key]
                lines = tuple(
                    line.model_copy(
                        update={"span": None, "speaker": line.speaker if line.speaker in self._cast else ""}
                    )
                    for line in shot.lines
                )
                cast = tuple(one for one in shot.cast if one in self._cast)
                shots[key] = shot.model_copy(update={"lines": lines, "cast": cast})

    def _cut(self, shots: Mapping[str, Shot]) -> Cut:
        cut = self._old.cut
        items = tuple(item for item in cut.items if not item.shot or item.shot in shots)
        return Cut(items=items, left_out=tuple(key for key in cut.left_out if key in shots))


def _merged(mine: T, base: T, new: T) -> T:
    """The script's where the script has changed, else what is there."""
    return new if new != base else mine


def _by_name(film: Film) -> dict[tuple[bool, str], str]:
    """(whether it is a place, name) -> id"""
    found: dict[tuple[bool, str], str] = {}
    for key, member in film.cast.items():
        for name in (member.name, *member.aliases):
            found.setdefault((member.kind == "place", name.casefold()), key)
    return found


def _found(known: Mapping[tuple[bool, str], str], member: Member) -> str:
    names = (member.name, *member.aliases)
    return next((known[place] for name in names if (place := (member.kind == "place", name.casefold())) in known), "")


def _same_lines(old: tuple[Line, ...], new: tuple[Line, ...], *, by_place: bool = False) -> dict[int, int]:
    """Places in `new`, each with that of the same line in `old`."""
    found: dict[int, int] = {}
    for least in (1.0, ALIKE):
        for at, line in enumerate(new):
            said = tuple(words(line.text))
            for other, mine in enumerate(old):
                free = at not in found and other not in found.values()
                if free and likeness(tuple(words(mine.text)), said) >= least:
                    found[at] = other
    if by_place and len(old) == len(new):
        found |= {at: at for at in range(len(new)) if at not in found and at not in found.values()}
    return found
