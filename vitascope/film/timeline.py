"""The timeline: what is shown and heard when. It is computed from the document and what was made, never stored; the
player, the renderer, the captions and every export read it and nothing else.

Times are exact fractions of a second and lie on frames of the film's edit rate. A dissolve is centred on its cut: with
length d it begins d/2 before the piece starts, and both takes must have d/2 to spare there (handles).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from vitascope.errors import NotSupported
from vitascope.film import state, wording
from vitascope.film.document import Cut, CutItem, Film, Line
from vitascope.film.take import Media, Take, chosen
from vitascope.film.times import frames, snapped

HOLD = Fraction(1, 10)  # a take that is shorter by so much is told of; its last frame is held


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One piece of picture. `media` is None: nothing is made yet, a slate with the shot's words stands there."""

    id: str
    shot: str  # empty: a foreign clip
    name: str  # "S02-03 t2": it stands in every export, and finds the way back
    text: str  # what is to be seen, for slates and lists
    take: str
    media: Media | None
    is_still: bool
    start: Fraction  # in the film
    seconds: Fraction
    source_in: Fraction = Fraction(0)  # in the take
    speed: Fraction = Fraction(1)
    dissolve: Fraction = Fraction(0)  # into it, centred on `start`
    gain: float = 0.0  # of its own sound, in dB
    muted: bool = False  # a made voice speaks instead of the take

    @property
    def end(self) -> Fraction:
        return self.start + self.seconds

    @property
    def source_out(self) -> Fraction:
        return self.source_in + self.seconds * self.speed


@dataclass(frozen=True, kw_only=True)
class Sounding:
    """Something heard: the voice of a line, or a cue."""

    id: str
    name: str
    of: str
    media: Media
    start: Fraction
    seconds: Fraction
    source_in: Fraction = Fraction(0)
    gain: float = 0.0
    duck: bool = False  # lower while somebody speaks
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)

    @property
    def end(self) -> Fraction:
        return self.start + self.seconds


@dataclass(frozen=True, kw_only=True)
class Spoken:
    """When a line is said or shown. `words`: when each word begins and ends in the film, if the voice told."""

    line: Line
    speaker: str  # the name
    start: Fraction
    seconds: Fraction
    words: tuple[tuple[str, Fraction, Fraction], ...] = ()

    @property
    def end(self) -> Fraction:
        return self.start + self.seconds


@dataclass(frozen=True)
class Marker:
    at: Fraction
    name: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    title: str
    rate: Fraction  # frames a second
    width: int
    height: int
    seconds: Fraction
    pieces: tuple[Piece, ...]
    voices: tuple[Sounding, ...]
    music: tuple[Sounding, ...]  # and sound effects
    spoken: tuple[Spoken, ...]
    markers: tuple[Marker, ...]
    warnings: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        return frames(self.seconds, self.rate)

    @property
    def media(self) -> tuple[Media, ...]:
        """All that is seen or heard, each file once."""
        found = [piece.media for piece in self.pieces if piece.media]
        found += [sound.media for sound in (*self.voices, *self.music)]
        return tuple({one.key: one for one in found}.values())


def items(film: Film) -> tuple[CutItem, ...]:
    """The cut's items, whole: shots that it does not name stand behind the shot before them."""
    listed = list(film.cut.items)
    named = {item.shot for item in listed} | set(film.cut.left_out)
    shown, taken = {item.shot for item in listed}, {item.id for item in listed}
    previous = ""
    behind: int | None = 0  # the place behind the last item of the shot before; None: it is to be looked for
    for _, _, shot_id, _ in film.in_order():
        if shot_id not in named:
            if behind is None:
                behind = max(at for at, item in enumerate(listed) if item.shot == previous) + 1
            new = CutItem(id=_free(shot_id, taken), shot=shot_id)
            listed.insert(behind, new)
            taken.add(new.id)
            previous, behind = shot_id, behind + 1
        elif shot_id in shown:
            previous, behind = shot_id, None
    return tuple(listed)


def written_out(film: Film) -> Cut:
    """The cut with every item in it, as the first edit of a cut writes it."""
    return film.cut.model_copy(update={"items": items(film)})


def _free(wanted: str, taken: set[str]) -> str:
    number, name = 2, wanted
    while name in taken:
        name, number = f"{wanted[:26]}_{number}", number + 1
    return name


def shows_nothing(film: Film) -> NotSupported:
    """What is said of a timeline without pieces."""
    if film.shots:
        return NotSupported("The cut shows no shot.", hint="Bring a shot back that was left out of the cut.")
    return NotSupported("The film has no shot yet.", hint="Bring a script in, or add a shot.")


def timeline(film: Film, takes: tuple[Take, ...], *, foreign: dict[str, Media] | None = None) -> Timeline:
    """`foreign`: the media of clips and sounds that are no takes, by the id under which the document names them.
    Takes of no shot are foreign too.
    """
    brought = {take.id: take.media for take in takes if not take.of and take.media}
    foreign, rate = brought | (foreign or {}), film.fps
    lengths = state.spoken_lengths(film, takes)
    warnings: list[str] = []
    pieces = _pieces(film, takes, foreign, lengths, warnings)
    pieces = _with_dissolves(film, pieces, warnings)
    voices, spoken = _speech(film, takes, pieces, lengths)
    end = pieces[-1].end if pieces else Fraction(0)
    return Timeline(
        title=film.title,
        rate=rate,
        width=film.width,
        height=film.height,
        seconds=end,
        pieces=tuple(pieces),
        voices=tuple(voices),
        music=tuple(_music(film, takes, foreign, end)),
        spoken=tuple(spoken),
        markers=tuple(_markers(film, pieces)),
        warnings=tuple(warnings),
    )


def cue_seconds(film: Film, cue_id: str, end: Fraction) -> Fraction:
    """How long a cue plays in a film of that length."""
    cue = film.cues[cue_id]
    return max(Fraction(0), snapped(min(cue.end if cue.end is not None else end, end), film.fps) - cue.start)


def _pieces(
    film: Film,
    takes: tuple[Take, ...],
    foreign: dict[str, Media],
    lengths: dict[str, Fraction],
    warnings: list[str],
) -> list[Piece]:
    rate, at, made = film.fps, Fraction(0), []
    for item in items(film):
        shot = film.shots.get(item.shot)
        take = chosen(takes, item.shot, "clip", item.take or (shot.take if shot else "")) if shot else None
        still = chosen(takes, item.shot, "still", shot.still) if shot and not take else None
        media = (take or still).media if (take or still) else foreign.get(item.file)  # type: ignore[union-attr]
        if shot:
            wanted = item.seconds if item.seconds is not None else wording.shot_seconds(shot, lengths)
        else:
            wanted = item.seconds if item.seconds is not None else (media.seconds if media else Fraction(2))
        seconds = max(Fraction(1), Fraction(frames(wanted, rate))) / rate
        label = film.label(item.shot) if shot else item.id
        start = snapped(at + item.gap, rate)
        muted = bool(shot) and any(
            line.is_spoken and line.spoken_by == "voice" for line in (shot.lines if shot else ())
        )
        made.append(
            Piece(
                id=item.id,
                shot=item.shot,
                name=f"{label} {take.name if take else 'still' if still else '-'}".strip() if shot else label,
                text=shot.action or " / ".join(line.text for line in shot.lines) if shot else "",
                take=(take or still).id if (take or still) else item.file,  # type: ignore[union-attr]
                media=media,
                is_still=bool(media) and media.rate == 0,  # type: ignore[union-attr]
                start=start,
                seconds=seconds,
                source_in=item.source_in if item.source_in is not None else media.begin if media else Fraction(0),
                speed=item.speed,
                dissolve=_wanted_dissolve(film, item),
                gain=item.gain,
                muted=muted,
            )
        )
        at = start + seconds
    return made


def _wanted_dissolve(film: Film, item: CutItem) -> Fraction:
    if item.dissolve is not None:
        return item.dissolve
    shot = film.shots.get(item.shot)
    return film.dissolve if shot and shot.transition == "dissolve" else Fraction(0)


def _with_dissolves(film: Film, pieces: list[Piece], warnings: list[str]) -> list[Piece]:
    """Dissolves an even number of frames long, where both sides have what they need; elsewhere a cut, and a warning."""
    rate, given = film.fps, {item.id: item.source_in for item in items(film)}
    made = list(pieces)
    for at, piece in enumerate(made):
        half = Fraction(frames(piece.dissolve / 2, rate)) / rate
        before = made[at - 1] if at else None
        if before:  # two dissolves of one piece may meet in its middle, and not overlap
            half = min(half, Fraction(int(min(before.seconds, piece.seconds) * rate / 2)) / rate)
        if before is None or half == 0 or before.end != piece.start:
            made[at] = replace(piece, dissolve=Fraction(0))
            continue
        head = half * piece.speed
        inside = piece.source_in
        if given.get(piece.id) is None and _long_enough(piece, head + piece.seconds * piece.speed):
            inside = max(inside, head)  # begin later in the take, so that its first frames show in the dissolve
        lacks, slack = "", 1 / (2 * rate)  # a cut that comes back from an editor is rounded to frames
        tail = before.source_out + half * before.speed - slack * max(Fraction(1), before.speed)
        if not before.is_still and before.media and not _long_enough(before, tail):
            lacks = before.name
        elif not piece.is_still and piece.media and inside < head - slack * max(Fraction(1), piece.speed):
            lacks = piece.name
        if lacks:
            warnings.append(
                f"The dissolve into {piece.name.removesuffix(' -')} became a cut: {lacks} has no frames to spare there."
            )
            made[at] = replace(piece, dissolve=Fraction(0))
        else:
            made[at] = replace(piece, dissolve=2 * half, source_in=inside)
    for piece in made:
        if piece.media and not piece.is_still and not _long_enough(piece, piece.source_out - HOLD):
            warnings.append(
                f"{piece.name} lasts {float(piece.media.seconds):g} s and is shown to {float(piece.source_out):g} s: "
                "its last frame is held."
            )
    return made


def _long_enough(piece: Piece, until: Fraction) -> bool:
    return piece.media is None or piece.media.rate == 0 or piece.media.seconds >= until


def _speech(
    film: Film, takes: tuple[Take, ...], pieces: list[Piece], lengths: dict[str, Fraction]
) -> tuple[list[Sounding], list[Spoken]]:
    voices, spoken, seen = [], [], set()
    for piece in pieces:
        shot = film.shots.get(piece.shot)
        if not shot or piece.shot in seen:  # a shot that is split or shown twice speaks once
            continue
        seen.add(piece.shot)
        at = piece.start + wording.PAUSE
        for number, line in enumerate(shot.lines, 1):
            if line.kind == "sound":
                continue
            voice = chosen(takes, line.id, "voice") if line.is_spoken and line.spoken_by == "voice" else None
            shown = line.kind == "title" or not wording.speech_seconds(line.text)
            if shown:
                seconds = piece.seconds - 2 * wording.PAUSE
                start = piece.start + wording.PAUSE
            else:
                seconds = lengths.get(line.id) or wording.speech_seconds(line.text)
                start = at
            start = snapped(start, film.fps)
            words: tuple[tuple[str, Fraction, Fraction], ...] = ()
            if voice and voice.media and line.id in lengths:
                voices.append(
                    Sounding(
                        id=voice.id, name=f"{film.label(piece.shot)} line {number} v{voice.number}", of=line.id,
                        media=voice.media, start=start, seconds=voice.media.seconds,
                    )
                )  # fmt: skip
                words = tuple((word, start + begins, start + ends) for word, begins, ends in voice.words)
            who = film.cast[line.speaker].name if line.speaker in film.cast else ""
            spoken.append(Spoken(line=line, speaker=who, start=start, seconds=seconds, words=words))
            if not shown:
                at = start + seconds + wording.PAUSE
    return voices, spoken


def _music(film: Film, takes: tuple[Take, ...], foreign: dict[str, Media], end: Fraction) -> list[Sounding]:
    found = []
    for key, cue in film.cues.items():
        take = chosen(takes, key, "music")
        media = foreign.get(cue.file) if cue.file else take.media if take else None
        seconds = cue_seconds(film, key, end)
        if not media or seconds <= 0:
            continue
        found.append(
            Sounding(
                id=key, name=f"{cue.kind} {key}", of=key, media=media, start=snapped(cue.start, film.fps),
                seconds=min(seconds, max(media.seconds - cue.offset, Fraction(0))), source_in=cue.offset, gain=cue.gain,
                duck=cue.duck, fade_in=cue.fade_in, fade_out=cue.fade_out,
            )
        )  # fmt: skip
    return found


def _markers(film: Film, pieces: list[Piece]) -> list[Marker]:
    found = []
    for number, scene_id in enumerate(film.scene_order, 1):
        scene = film.scenes[scene_id]
        first = next((piece for piece in pieces if piece.shot in scene.shots), None)
        if first:
            found.append(Marker(first.start, f"S{number:02} {scene.heading}".strip()))
    return found
