"""The one door for pictures and clips from outside, however they come: a path, bytes, a Pillow picture or an array.
What comes through it looks as a player or a viewer would show it, at a rate and a size that a model can take, and
what was changed is said in notes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from vitascope.clip import MAX_NAME, Reference
from vitascope.errors import BadClip, BadPicture, BadSpec
from vitascope.frames import Frame
from vitascope.media import picture as pictures
from vitascope.media import sound as sounds
from vitascope.media import video
from vitascope.media.kinds import HEAD_BYTES, Kind, kind_of
from vitascope.media.limits import LOCAL, Limits
from vitascope.media.picture import Fit, fit_note
from vitascope.media.sound import Sound, UnreadableSound
from vitascope.media.upright import Seen, seen
from vitascope.media.video import VideoInfo

Given = str | Path | bytes | Image.Image | Frame | Seen
ROUNDED = 0.0006  # seconds; some containers keep times in thousandths
_REFERENCES = {"picture": "image", "clip": "video", "sound": "audio"}
Size = tuple[int, int]  # (width, height)


@dataclass(frozen=True)
class Footage:
    """A clip that was read from its first to its last frame."""

    path: Path
    name: str
    info: VideoInfo
    limits: Limits


def kind(given: Path | bytes) -> Kind | None:
    """By its first bytes; None for what is not read here, and for a file that cannot be read at all."""
    if isinstance(given, bytes):
        return kind_of(given[:HEAD_BYTES])
    try:
        with open(given, "rb") as file:
            return kind_of(file.read(HEAD_BYTES))
    except OSError:
        return None


def picture(given: Given, *, name: str = "", moment: str = "first", limits: Limits = LOCAL) -> Seen:
    """The picture as it is meant to be seen; of a clip its first or last frame. `name`: what to call it in errors.
    Raises BadPicture, BadClip.
    """
    if isinstance(given, Seen):
        return given
    if isinstance(given, str | Path | bytes):
        given = Path(given) if isinstance(given, str) else given
        name = name or (str(given) if isinstance(given, Path) else "The picture")
        found = kind(given)
        if found and found.what == "clip":
            shown = _moment(given, name, moment, limits)
        else:
            data = given if isinstance(given, bytes) else pictures.file_bytes(given, limits=limits)
            shown = pictures.opened(data, name=name, limits=limits)
        return dataclasses.replace(shown, name=file_name(given.name) if isinstance(given, Path) else "")
    if isinstance(given, Image.Image):
        try:
            return seen(given)
        except Exception as error:  # Pillow's decoders raise many kinds
            raise BadPicture(f"{name or 'The picture'} cannot be read: {error}.", hint="Open it again.") from error
    array = np.asarray(given)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise BadPicture(
            f"An array of {array.dtype} {array.shape} is not a picture.", hint="Give uint8 (height, width, 3)."
        )
    return Seen(Image.fromarray(array))


def clip(path: Path, *, name: str = "", limits: Limits = LOCAL) -> Footage:
    """The clip, when all of it can be read. Raises BadClip."""
    name = name or path.name
    return Footage(path, name, video.probe(path, name=name, limits=limits), limits)


def reference(path: Path, *, kind: str = "", name: str = "", told: str = "", limits: Limits = LOCAL) -> Reference:
    """This file as a reference, when all of it can be read. `kind`: what it must be (image, video, audio), if that is
    said; `name`: how the prompt calls it; `told`: what to call the file in errors. Raises BadSpec, BadPicture, BadClip.
    """
    told = told or str(path)
    try:
        with open(path, "rb") as file:
            found = kind_of(file.read(HEAD_BYTES))
    except OSError as error:
        raise BadPicture(f"Cannot read {told}: {error.strerror or error}.", hint="Check the path.") from error
    what = _REFERENCES[found.what] if found else ""
    if not what or (kind and what != kind):
        is_what = f"is of the kind {what}, not {kind}" if what else "cannot be read: its kind is not known here"
        raise BadSpec(
            f"{told} {is_what}.", hint="Give a picture, a video or a sound, and say its true kind.", field="references"
        )
    if what == "image":
        pictures.opened(pictures.file_bytes(path, limits=limits), name=told, limits=limits)
    elif what == "video":
        video.probe(path, name=told, limits=limits)
    else:
        sounds.read_file(path, name=told)
    return Reference(what, sha256(path), name, file_name(path.name), path=str(path))


def file_name(given: str) -> str:
    """What a file is called, without its folder and without what cannot be shown."""
    name = given.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[-MAX_NAME:]


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fits(footage: Footage, fits_size: Callable[[Size], bool], fps: Fraction) -> bool:
    """Whether it can be taken as it is: what remains to be done to its frames is done whenever they are read."""
    info = footage.info
    return info.steady and abs(info.fps - float(fps)) < 0.01 and fits_size((info.width, info.height))


def notes_on(footage: Footage) -> tuple[str, ...]:
    """What is changed of a clip that is taken as it is."""
    return tuple(note for note in (*footage.info.notes, _sound(footage, footage.info.seconds)[1]) if note)


def conform(
    footage: Footage, target: Path, *, size: Size, fps: Fraction, fit: Fit = "crop", proxy: bool = False
) -> tuple[str, ...]:
    """The clip written anew at this size and rate, its sound with it; what was changed. A frame is shown where it was
    shown before: the times of frames count, not their number. `proxy`: a small copy, whose loss may be seen.
    """
    info, notes, rate = footage.info, [], float(fps)
    total = frames_of(info, fps)
    sound, lost = _sound(footage, float(total / fps))
    drawn = scaled((info.width, info.height), size, fit)
    frames = video.timed_frames(footage.path, name=footage.name, size=drawn, limits=footage.limits)
    with video.writing(target, *size, fps=fps, sound=sound, proxy=proxy) as writer:
        shown: Frame | None = None
        for draw, time in frames:
            late = min(total, int(np.ceil((time - ROUNDED) * rate)))  # frames to be written before this one is shown
            while writer.count < late and shown is not None:
                writer.write(shown)
            if writer.count >= total:
                break
            shown = placed(draw(), size)
        while writer.count < total and shown is not None:
            writer.write(shown)
    if not info.steady or abs(info.fps - rate) >= 0.01:
        uneven = "" if info.steady else " (uneven)"
        notes.append(f"it was converted from {info.fps:.4g}{uneven} to {rate:.5g} frames a second")
    if (info.width, info.height) != size:
        notes.append(f"it was scaled from {info.width}x{info.height} to {size[0]}x{size[1]}")
        notes.append(fit_note((info.width, info.height), size, fit))
    return tuple(note for note in (*info.notes, *notes, lost) if note)


def frames_of(info: VideoInfo, fps: Fraction) -> int:
    """How many frames this clip has at another rate."""
    return max(1, round(info.seconds * fps))


def told(name: str, notes: tuple[str, ...]) -> tuple[str, ...]:
    """Notes as sentences of their own: "The first picture: it was turned upright as its EXIF says."."""
    return tuple(f"{name}: {note}." for note in notes)


def _moment(given: Path | bytes, name: str, moment: str, limits: Limits) -> Seen:
    frames = video.timed_frames(given, name=name, limits=limits)
    wanted = deque(itertools.islice(frames, 1) if moment == "first" else frames, maxlen=1)
    if not wanted:
        raise BadClip(f"{name} holds no frames that can be read.", hint="Give a picture, or a video that plays.")
    notes = (f"it is the {moment} frame of a clip",)
    digest = hashlib.sha256(given).hexdigest() if isinstance(given, bytes) else sha256(given)
    return Seen(Image.fromarray(wanted[0][0]()), notes, digest)


def _sound(footage: Footage, seconds: float) -> tuple[Sound | None, str]:
    """The clip's sound, and what is lost of it."""
    if not footage.info.sound:
        return None, ""
    try:
        sound = video.read_sound(footage.path, name=footage.name, seconds=seconds)
    except UnreadableSound:
        return None, "its sound cannot be read and was left out"
    return sound, "its sound was mixed down to two channels" if footage.info.channels > 2 else ""


def scaled(size: Size, to: Size, fit: Fit) -> Size:
    """The size at which it fills the frame, or at which all of it is in the frame."""
    choose = max if fit == "crop" else min
    scale = choose(to[0] / size[0], to[1] / size[1])
    wide, high = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return (max(wide, to[0]), max(high, to[1])) if fit == "crop" else (min(wide, to[0]), min(high, to[1]))


def placed(frame: Frame, size: Size) -> Frame:
    """The middle of it, or it in the middle of black."""
    high, wide = frame.shape[:2]
    left, top = (wide - size[0]) // 2, (high - size[1]) // 2
    if left >= 0 and top >= 0:
        return frame[top : top + size[1], left : left + size[0]]
    whole = np.zeros((size[1], size[0], 3), np.uint8)
    whole[-top : -top + high, -left : -left + wide] = frame
    return whole
