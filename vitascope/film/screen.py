"""What a frame of a film shows: its pieces, fitted and dissolved, then its captions and what else is drawn over it.

Frames are asked for in rising order; of the takes only those are open that are seen in the last frame asked for, which
are two in a dissolve and one elsewhere.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from vitascope.errors import BadClip, MissingFont
from vitascope.film import lettering, slate
from vitascope.film.captions import Caption
from vitascope.film.document import Captions, Overlay
from vitascope.film.lettering import Face
from vitascope.film.take import Media
from vitascope.film.timeline import HOLD, Piece, Timeline
from vitascope.frames import Frame
from vitascope.media import compose
from vitascope.media.compose import Cover, Shown

Size = tuple[int, int]
Locate = Callable[[Media], Path]
_TITLE = 1.5  # times as large as other captions
_DRAWN_SHARE = 4  # a text drawn over the film takes at most one part in so many of where words may stand
_LEAST_SHARE = 2 / 3
_BETWEEN = Fraction(1, 40)  # of the width, between what stands side by side


class Screen:
    """`notes`: what was changed, or is not as the timeline has it, as sentences. Raises MissingFont when a caption
    cannot be drawn, BadClip and BadPicture when a file is missing or cannot be read.
    """

    def __init__(
        self,
        timeline: Timeline,
        *,
        locate: Locate,
        size: Size,
        captions: Sequence[Caption] = (),
        style: Captions | None = None,
        overlays: Sequence[Overlay] = (),
        language: str = "en",
        font: Path | None = None,
        moving_stills: bool = False,
    ):
        self.notes: list[str] = []
        self._timeline, self._size = timeline, size
        self._language, self._font, self._moving = language, font, moving_stills
        self._style = style or Captions()
        self._files = [located(piece.media, piece.name, locate) for piece in timeline.pieces]
        self._open: dict[int, Shown | Image.Image | Frame] = {}
        pieces = timeline.pieces
        tails = [*(piece.dissolve / 2 for piece in pieces[1:]), Fraction(0)]
        self._begins = [self._frames(piece.start - piece.dissolve / 2) for piece in pieces]
        self._ends = [self._frames(piece.end + tail) for piece, tail in zip(pieces, tails, strict=False)]
        self._captions = [caption for caption in captions if caption.text.strip()]
        self._shown = [(self._frames(one.start), self._frames(one.end)) for one in self._captions]
        self._faces = self._choose_faces()
        self._letters = {titles: self._letters_of(titles) for titles in (False, True)}
        self._covers: dict[int, Cover] = {}  # of the captions that are seen now
        drawn = [one for one in overlays if one.picture or one.text.strip()]
        self._overlays = [
            (
                (self._frames(one.start), timeline.frames if one.end is None else self._frames(one.end)),
                overlay_cover(
                    one,
                    size,
                    locate=locate,
                    style=self._style,
                    beside=sharing(one, drawn),
                    language=language,
                    font=font,
                ),
            )
            for one in drawn
        ]

    def frame(self, number: int) -> Frame:
        """(H, W, 3) uint8; not to be written to."""
        frame = self._picture(number)
        for (start, end), cover in self._overlays:
            if start <= number < end:
                frame = cover.laid_on(frame)
        for at, (start, end) in enumerate(self._shown):
            if start <= number < end:
                if at not in self._covers:
                    self._covers[at] = self._drawn(self._captions[at])
                frame = self._covers[at].laid_on(frame)
            else:
                self._covers.pop(at, None)
        return frame

    def close(self) -> None:
        for number in list(self._open):
            self._let_go(number)

    def _picture(self, number: int) -> Frame:
        made: Frame | None = None
        first = bisect.bisect_right(self._ends, number)
        for gone in [one for one in self._open if one < first]:
            self._let_go(gone)
        for at, piece in enumerate(self._timeline.pieces[first:], first):
            begins, length = self._begins[at], self._frames(piece.dissolve)
            if begins > number:
                break
            own = self._own(at, piece, number / self._timeline.rate)
            if made is None or number >= begins + length:
                made = own
            else:  # the middle of a frame's time counts, so that a dissolve is the same forwards and backwards
                made = compose.dissolved(made, own, Fraction(2 * (number - begins) + 1, 2 * length))
        return made if made is not None else np.zeros((self._size[1], self._size[0], 3), np.uint8)

    def _frames(self, seconds: Fraction) -> int:
        """The first frame at or after this time."""
        return math.ceil(seconds * self._timeline.rate)

    def _own(self, number: int, piece: Piece, time: Fraction) -> Frame:
        """What one piece shows at a time of the film."""
        if number not in self._open:
            self._open[number] = self._opened(number, piece)
        found = self._open[number]
        if isinstance(found, Shown):
            seconds = piece.source_in + (time - piece.start) * piece.speed
            frame = found.at(seconds)
            ended = found.ended
            told = piece.media.seconds if piece.media else seconds
            if ended is not None and min(seconds, told) > ended + HOLD:
                self._say(f"{piece.name} ends after {ended:.3g} s already: its last frame is held.")
            return frame
        if isinstance(found, Image.Image):
            share = (time - piece.start + piece.dissolve / 2) / (piece.seconds + piece.dissolve)
            return compose.pushed_in(found, min(share, Fraction(1)))
        return found

    def _opened(self, number: int, piece: Piece) -> Shown | Image.Image | Frame:
        path = self._files[number]
        if path is None:
            return self._slate(piece)
        if piece.is_still:
            image, note = compose.still(path, self._size, name=piece.name)
            found: Shown | Image.Image | Frame = image if self._moving else np.asarray(image)
        else:
            found = Shown(path, self._size, name=piece.name)
            note = found.note
        if note:
            self._say(f"{piece.name}: {note}.")
        return found

    def _slate(self, piece: Piece) -> Frame:
        label, length = piece.name.removesuffix(" -"), f"{float(piece.seconds):.3g} s"

        def face(text: str) -> Face:
            return lettering.face_for(text, language=self._language, font=self._font)

        try:
            return slate.drawn(label, piece.text, length, self._size, face)
        except MissingFont as error:
            self._say(f"The card of {label} is without its words: {error.message}")
            return slate.drawn(label, "", length, self._size, face)

    def _let_go(self, number: int) -> None:
        found = self._open.pop(number, None)
        if isinstance(found, Shown):
            found.close()

    def _say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _choose_faces(self) -> dict[str, Face]:
        """For each text; one for all of them where there is one."""
        texts = [caption.text for caption in self._captions]

        def face(text: str) -> Face:
            return lettering.face_for(text, language=self._language, font=self._font)

        with suppress(MissingFont):
            return dict.fromkeys(texts, face("".join(texts)))
        faces = {}
        for place, caption in enumerate(self._captions):
            try:
                faces[caption.text] = face(caption.text)
            except MissingFont:  # words must be whole; an emoji may be missing
                plain = lettering.without_symbols(caption.text)
                faces[plain] = face(plain)
                self._captions[place] = replace(caption, text=plain)
                self._say("Emoji and other symbols that no font on this machine has are left out of captions.")
        return faces

    def _drawn(self, caption: Caption) -> Cover:
        area, title = lettering.safe_area(self._size), caption.kind == "title"
        lines, pixels = self._fitted(caption, self._letters[title])
        image = lettering.drawn(lines, self._faces[caption.text], pixels, style=self._style.style)
        left = (self._size[0] - image.width) // 2
        if title:
            return Cover.of(image, left, self._size[1] // 4 - image.height // 2)  # above what happens
        return Cover.of(image, left, self._above(caption, left, image.size, area))

    def _fitted(self, caption: Caption, pixels: int) -> tuple[list[str], int]:
        area = lettering.safe_area(self._size)
        width = area.width - pixels  # a box needs room
        return lettering.fitted(caption.text, self._faces[caption.text], pixels, width, area.height // 2)

    def _letters_of(self, titles: bool) -> int:
        """How large the letters of all captions are, or of all titles: as the style says, or smaller by at most a third
        if one of them would not keep its lines otherwise. So they do not change from one to the next.
        """
        wanted = lettering.pixels_for(self._style.size * (_TITLE if titles else 1.0), self._size)
        mine = (one for one in self._captions if (one.kind == "title") == titles)
        sizes = (self._fitted(one, wanted)[1] for one in mine)
        return min((size for size in sizes if size >= wanted * _LEAST_SHARE), default=wanted)

    def _above(self, caption: Caption, left: int, size: Size, area: lettering.Area) -> int:
        """Where a caption begins: at the foot of the picture, or over what is drawn there while it is seen."""
        begins, ends = self._frames(caption.start), self._frames(caption.end)
        top = area.bottom - size[1]
        for (start, end), cover in sorted(self._overlays, key=lambda one: -one[1].top):
            high, wide = cover.alpha.shape[:2]
            beside = cover.left + wide <= left or left + size[0] <= cover.left
            apart = cover.top + high <= top or top + size[1] <= cover.top
            if start < ends and begins < end and not beside and not apart and cover.top > self._size[1] // 2:
                top = cover.top - size[1]
        return max(top, area.top)


def sharing(overlay: Overlay, overlays: Iterable[Overlay]) -> int:
    """How many places of its row are taken while it is seen, its own among them: 1 to 3."""

    def together(other: Overlay) -> bool:
        first, second = sorted((overlay, other), key=lambda one: one.start)
        return _row(overlay) == _row(other) and (first.end is None or second.start < first.end)

    return len({overlay.place, *(other.place for other in overlays if together(other))})


def overlay_cover(
    overlay: Overlay,
    size: Size,
    *,
    locate: Locate,
    style: Captions,
    beside: int = 1,
    language: str = "en",
    font: Path | None = None,
) -> Cover:
    """What is laid over a film of this size, where it stands; made smaller where it has too little room. `beside`: how
    many places of its row are taken (`sharing`). Raises BadClip, BadPicture, MissingFont.
    """
    area = lettering.safe_area(size)
    high = max(1, round(overlay.height * size[1]))
    room = round(area.width * (1 - (beside - 1) * _BETWEEN) / beside)
    if overlay.picture:
        name = f"The picture {overlay.picture[:8]}"
        path = located(Media(key=overlay.picture, seconds=Fraction(0)), name, locate)
        assert path is not None
        image = compose.clear_picture(path, name=name)
        wide = max(1, round(image.width * high / image.height))
        if wide > room:
            wide, high = room, max(1, round(high * room / wide))
        image = image.resize((wide, high), Image.Resampling.LANCZOS)
    else:
        face = lettering.face_for(overlay.text, language=language, font=font)
        tall = area.height if overlay.place == "centre" else area.height // _DRAWN_SHARE
        pixels = max(high, lettering.LEAST_PIXELS)
        _, pixels = lettering.fitted(overlay.text, face, pixels, room, max(tall, high), whole=True)
        wide = room - 2 * lettering.edge(pixels, style.style)  # known only now
        lines, pixels = lettering.fitted(overlay.text, face, pixels, wide, max(tall, high), whole=True)
        side = "left" if "left" in overlay.place else "right" if "right" in overlay.place else "center"
        image = lettering.drawn(lines, face, pixels, style=style.style, align=side)  # type: ignore[arg-type]
    left = (size[0] - image.width) // 2
    left = area.left if "left" in overlay.place else area.right - image.width if "right" in overlay.place else left
    top = {"top": area.top, "centre": (size[1] - image.height) // 2, "bottom": area.bottom - image.height}
    return Cover.of(image, left, top[_row(overlay)])


def _row(overlay: Overlay) -> str:
    return overlay.place.partition(" ")[0]


def located(media: Media | None, name: str, locate: Locate) -> Path | None:
    """Its file, which is there. Where it lies is not told. Raises BadClip."""
    if media is None:
        return None
    path = locate(media)
    if not path.is_file():
        raise BadClip(f"The file of {name} is not here.", hint="Bring it back, choose another take, or make it again.")
    return path
