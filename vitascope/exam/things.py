"""What stands in a picture, and where: portraits of everything it could be are laid over it, and the best fit is it.

The gain of a portrait at a place is how much better it explains the pixels it covers than the empty world does: the sum
over them of (squared difference to the empty world) - (squared difference to the portrait). No mask is cut out of
the picture, so a white thing on snow is found too. Shadows, and ground whose pattern is not quite in its place, are
mostly excused. A window that reaches beyond the picture counts what lies within.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from vitascope.exam.backgrounds import SIDES, Array, Setting, empty
from vitascope.exam.portraits import TURNS, Guess, Look, Portrait, Pose, Row, paint_each, pixel_of, place_of
from vitascope.world.camera import Start
from vitascope.world.scene import COLOURS, MATERIALS

COARSE, FINE = 32, 96  # pixels of the shorter side of the picture in the coarse search and in the fine one
WINDOW = 14  # pixels of a portrait in the coarse search; in the fine one it is cut closely
DEPTH = -0.45  # where main things mostly stand; a nearer one looks like a larger one
EXCUSE_PRICE = 0.2  # of what a shadow, or the ground's pattern in another place, explains: no thing may pass for it
RADII = (0.45, 0.60, 0.80)
#: The turns that the coarse search tries.
USUAL = tuple((*kind, turn) for kind, turns in TURNS.items() for turn in turns[: 2 if kind[0] == "cube" else 1])


@dataclass(frozen=True)
class Found:
    guess: Guess
    gain: float


def evidence(picture: Array, setting: Setting, row: Row) -> Array:
    """(H, W, 5): what the gain of any portrait is computed from (see `_weights`)."""
    height, width, _ = picture.shape
    lit = empty(setting, row[None], width, height)[0]
    dark = empty(setting, row[None], width, height, sunlit=False)[0]
    near, far = (empty(setting, row[None], width, height, plain=plain)[0] for plain in ("near", "far"))
    exact = np.square(picture - lit).sum(-1)
    excused = np.minimum(_squared_distance(picture, lit, dark), _squared_distance(picture, near, far))
    unexplained = excused + EXCUSE_PRICE * (exact - excused)
    inside = np.ones_like(unexplained)
    return np.concatenate([(unexplained - np.square(picture).sum(-1))[..., None], picture, inside[..., None]], axis=-1)


def _squared_distance(picture: Array, one: Array, other: Array) -> Array:
    """(H, W): of each pixel to the nearest mixture of two pictures."""
    way = other - one
    share = np.clip(((picture - one) * way).sum(-1) / np.maximum(np.square(way).sum(-1), 1e-6), 0.0, 1.0)
    return np.square(picture - one - share[..., None] * way).sum(-1)


def gains(field: Array, portraits: list[Portrait], corners: npt.NDArray[np.intp]) -> Array:
    """Gain (P, C) of each portrait with its window's upper left at each corner (C, 2) (y, x), which may lie outside."""
    pixels = len(portraits[0].cover)
    padded = np.pad(field, ((pixels, pixels), (pixels, pixels), (0, 0)))
    windows = sliding_window_view(padded, (pixels, pixels), axis=(0, 1))[corners[:, 0] + pixels, corners[:, 1] + pixels]
    return np.stack([_weights(portrait) for portrait in portraits]) @ windows.reshape(len(corners), -1).T


def _weights(portrait: Portrait) -> Array:
    """What each of the five numbers of a pixel counts for, (5 * N * N,)."""
    cover, picture = portrait.cover[None], np.moveaxis(portrait.picture, -1, 0)
    return np.concatenate([cover, 2 * cover * picture, -cover * np.square(picture).sum(0, keepdims=True)]).ravel()


def corners(height: int, width: int) -> npt.NDArray[np.intp]:
    """Upper left corners (C, 2) (y, x) of the coarse search's windows, the middle of each inside."""
    half = WINDOW // 2
    y, x = np.mgrid[-half : height - half, -half : width - half]
    return np.stack([y.ravel(), x.ravel()], axis=1)


@cache
def _gallery(ground: str, sky: str) -> tuple[list[Guess], list[Portrait]]:
    """Everything a thing may be, as seen by a usual camera: for the coarse search."""
    looks = [(colour, material, side) for colour in COLOURS for material in ("matte", "metal") for side in SIDES]
    setting = Setting(ground, sky, SIDES[0])
    guesses, portraits = [], []
    for pose in USUAL:
        for radius in RADII:
            guess = Guess(pose, looks[0], radius, (0.0, DEPTH, 0.75))
            guesses += [guess.but(look=look) for look in looks]
            portraits += paint_each(guess, looks, setting, Start().row, WINDOW, COARSE, fine=2)
    return guesses, portraits


def find_thing(coarse: Array, fine: Array, setting: Setting, row: Row) -> Found:
    """The main thing of a clip's first picture, given at both sizes."""
    guesses, colours = _coarsely(coarse, setting, row)
    canvas = _Canvas(fine, setting, row)
    families: dict[tuple[str, bool], Found] = {}
    for sketch in sorted((canvas.best(guess, step=2) for guess in guesses), key=_gain, reverse=True):
        families.setdefault(sketch.guess.pose[:2], sketch)
    drawn = _promising([canvas.sized(sketch, 0.12) for sketch in _promising(list(families.values()), 0.5)], 0.25)
    return max((canvas.finished(one, colours) for one in drawn[:3]), key=_gain)


def _promising(found: list[Found], behind: float) -> list[Found]:
    """Those not too far behind the best, which comes first: by this share of its gain, or by little at all."""
    best = max(one.gain for one in found)
    kept = [one for one in found if one.gain >= best - max(4.0, behind * best)]
    return sorted(kept, key=_gain, reverse=True)


def _coarsely(picture: Array, setting: Setting, row: Row) -> tuple[list[Guess], list[str]]:
    """First guesses, all about the place that fits best: every pose in its two likeliest looks; likeliest colours."""
    height, width, _ = picture.shape
    guesses, portraits = _gallery(setting.ground, setting.sky)
    places = corners(height, width)
    gain = gains(evidence(picture, setting, row), portraits, places)
    best = places[np.unravel_index(gain.argmax(), gain.shape)[1]]
    gain = np.where(np.abs(places - best).max(axis=1) <= 3, gain, -np.inf)
    top, at = gain.max(axis=1), gain.argmax(axis=1)
    order = np.argsort(-top)
    colours = list(dict.fromkeys(guesses[index].colour for index in order))[:3]
    first: dict[Pose, list[Guess]] = {}
    for index in order:
        guess, (cy, cx) = guesses[index], places[at[index]] + WINDOW / 2
        tried = first.setdefault(guess.pose, [])
        if len(tried) < 2 and guess.look[:2] not in [other.look[:2] for other in tried]:
            tried.append(guess.but(place=place_of(row, cx, cy, width, height, DEPTH)))
    return [guess for tried in first.values() for guess in tried], colours


class _Canvas:
    """The picture on which guesses are tried at full care."""

    def __init__(self, picture: Array, setting: Setting, row: Row):
        self.setting, self.row = setting, row
        self.height, self.width, _ = picture.shape
        self.field = evidence(picture, setting, row)

    def finished(self, sketch: Found, colours: list[str]) -> Found:
        """The sketch in its best colour and material, then its best turn, size and place."""
        guess = sketch.guess
        _, material, side = guess.look
        found = self.best(guess, [(colour, material, side) for colour in colours])
        lights = [(material, side) for material in MATERIALS for side in SIDES]
        found = self.best(found.guess, [(found.guess.colour, *light) for light in lights])
        shape, lying, now = guess.pose
        turns = [found.guess.but(pose=(shape, lying, turn)) for turn in TURNS[shape, lying] if turn != now]
        found = max([found, *(self.best(turn) for turn in turns)], key=_gain)
        return self.sized(self.sized(found, 0.06), 0.03)

    def sized(self, found: Found, step: float) -> Found:
        """The guess made larger or smaller by steps of this share as long as it fits better."""
        for way in (1 + step, 1 / (1 + step)):
            begun = found.gain
            while (again := self.best(found.guess.but(radius=found.guess.radius * way))).gain > found.gain:
                found = again
            if found.gain > begun:
                break
        return found

    def best(self, guess: Guess, looks: list[Look] | None = None, step: int = 1) -> Found:
        """The guess in the best of the looks, moved by up to two steps of so many pixels to where it fits best."""
        looks = looks or [guess.look]
        pixels = 6 + 2 * round(guess.radius * 24)  # a cube seen over its edge just fits
        portraits = paint_each(guess, looks, self.setting, self.row, pixels, min(self.height, self.width))
        x, y = pixel_of(self.row, guess.place, self.width, self.height)
        moves = step * np.stack(np.meshgrid(range(-2, 3), range(-2, 3)), axis=-1).reshape(-1, 2)
        gain = gains(self.field, portraits, moves + np.array([round(y - pixels / 2), round(x - pixels / 2)]))
        which, where = np.unravel_index(gain.argmax(), gain.shape)
        dy, dx = moves[where]
        place = place_of(self.row, x + dx, y + dy, self.width, self.height, DEPTH)
        return Found(guess.but(look=looks[which], place=place), float(gain.max()))


def _gain(found: Found) -> float:
    return found.gain
