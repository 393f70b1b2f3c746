"""A timeline becomes an mp4: frame by frame, its sound beside it, in memory that does not grow with its length.

The same timeline and files give the same bytes on one machine. Nothing stands at the target until all of it is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vitascope.errors import BadSpec
from vitascope.film import soundtrack
from vitascope.film.captions import Caption
from vitascope.film.document import Captions, Overlay, sized
from vitascope.film.screen import Locate, Screen, Size
from vitascope.film.timeline import Timeline
from vitascope.frames import Frame
from vitascope.media import label, mark, mixdown, provenance, video
from vitascope.media.mixdown import Loudness, Streamed
from vitascope.media.sound import Samples

TRUE_PEAK = -1.5  # dBTP before AAC, which adds up to half a decibel; -1 is the limit
Progress = Callable[[int, int], None]  # frames that are done, of how many


class Cancelled(Exception):
    """The film is not wanted any more. Not a fault; nothing was left behind."""


@dataclass(frozen=True)
class FilmMarks:
    """How a film says that it was generated. Empty: not at all."""

    label: str = ""  # visible in a corner of all frames: "AI" or "AI生成"
    mark: str = ""  # what the invisible mark of all frames stands for, such as the film's id
    c2pa_home: Path | None = None  # a signed manifest in the file; where the certificate lies
    models: tuple[str, ...] = ()  # that made its takes, for the manifest

    def sign(self, path: Path) -> None:
        if self.c2pa_home:
            provenance.sign_film(path, self.models, home=self.c2pa_home)


@dataclass(frozen=True)
class Rendered:
    """`loudness`: LUFS, None when it is silent. `notes`: what is not quite as the timeline has it, as sentences."""

    seconds: Fraction
    frames: int
    loudness: float | None
    notes: tuple[str, ...]


def render(
    timeline: Timeline,
    target: Path,
    *,
    locate: Locate,
    captions: Sequence[Caption] = (),
    style: Captions | None = None,
    overlays: Sequence[Overlay] = (),
    language: str = "en",
    loudness: float = -16.0,
    size: Size | None = None,
    font: Path | None = None,
    animatic: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    recipe_words: str = "",
    marks: FilmMarks | None = None,
) -> Rendered:
    """Write the film. `locate`: where a file lies; for an overlay's picture it is asked with a Media whose key is the
    picture's. `captions`: drawn if the style says "burned". `loudness`: LUFS. `size`: another than the timeline's.
    `animatic`: stills move. `recipe_words`: the mp4's comment.

    Raises BadSpec, BadClip, BadPicture, MissingFont, OutputFailed, Cancelled, and what `progress` raises.
    """
    width, height = sized(size or (timeline.width, timeline.height))
    total = timeline.frames
    if not total:
        raise BadSpec("The film has no pictures.", hint="Give it a shot.")

    def stop() -> None:
        if cancelled and cancelled():
            raise Cancelled

    def follow(done: int) -> None:
        stop()
        if progress:
            progress(done, total)

    style, marks = style or Captions(), marks or FilmMarks()
    screen = Screen(
        timeline,
        locate=locate,
        size=(width, height),
        captions=captions if style.show == "burned" else (),
        style=style,
        overlays=overlays,
        language=language,
        font=font,
        moving_stills=animatic,
    )
    follow(0)
    with closing(screen):
        sound, heard, said = _sound(timeline, locate, loudness, stop)
        frames = _frames(screen, total)
        if marks.label:
            frames = label.labelled(frames, marks.label)
        if marks.mark:
            frames = mark.marked(frames, mark.message_of(marks.mark))
        with video.writing(
            target,
            width,
            height,
            fps=timeline.rate,
            comment=recipe_words,
            sound=sound,
            proxy=animatic,
            sign=marks.sign,
        ) as writer:
            for frame in frames:
                writer.write(frame)
                follow(writer.count)
    notes = (*timeline.warnings, *soundtrack.unheard(timeline), *screen.notes, *said)
    return Rendered(total / timeline.rate, total, None if heard is None else heard.integrated, notes)


def frame_at(
    timeline: Timeline,
    seconds: Fraction,
    *,
    locate: Locate,
    captions: Sequence[Caption] = (),
    style: Captions | None = None,
    overlays: Sequence[Overlay] = (),
    language: str = "en",
    size: Size | None = None,
    font: Path | None = None,
    animatic: bool = False,
) -> Frame:
    """The frame that the render shows at this time; the last one after the end. (H, W, 3) uint8."""
    style = style or Captions()
    screen = Screen(
        timeline,
        locate=locate,
        size=sized(size or (timeline.width, timeline.height)),
        captions=captions if style.show == "burned" else (),
        style=style,
        overlays=overlays,
        language=language,
        font=font,
        moving_stills=animatic,
    )
    with closing(screen):
        return screen.frame(max(0, min(math.floor(seconds * timeline.rate), timeline.frames - 1)))


def _frames(screen: Screen, total: int) -> Iterator[Frame]:
    return (screen.frame(number) for number in range(total))


def _sound(
    timeline: Timeline, locate: Locate, target: float, stop: Callable[[], None]
) -> tuple[Streamed | None, Loudness | None, list[str]]:
    """The track, how loud it is, and what is to be said of it."""
    parts, speech = soundtrack.parts(timeline, locate), soundtrack.speech(timeline)
    total = round(timeline.frames / timeline.rate * mixdown.RATE)

    def mix() -> Iterator[Samples]:
        for block in mixdown.mixed(parts, speech, total):
            stop()
            yield block

    if not parts:
        return None, None, []
    level = mixdown.levelled(mix, target, TRUE_PEAK)
    if level.loudness.is_silent:
        return Streamed(mix()), None, ["The film is silent."]
    missed = level.loudness.integrated - target
    notes = [f"Its loudness is {level.loudness.integrated:.1f} LUFS, not {target:g}."] if abs(missed) > 1 else []
    return Streamed(mixdown.limited(mix(), level.gain, TRUE_PEAK)), level.loudness, notes
