"""What stands in a picture, and where: portraits of everything it could be are laid over it, and the best fit is it.

The gain of a portrait at a place is how much better it explains the pixels it covers than the empty world does: the sum over them of
(squared difference to the empty world, lit or in shadow) - (squared difference to the portrait). No mask has to be cut out of the
picture, so a white thing on snow is found too. A window that reaches beyond the picture counts what lies within.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from vitascope.exam.backgrounds import SIDES, Array, Setting, empty
from vitascope.exam.portraits import POSES, Guess, Look, Portrait, Row, paint_each, pixel_of, place_of
from vitascope.world.camera import Start
from vitascope.world.scene import COLOURS, MATERIALS

COARSE = 28  # pixels of a portrait's window in the coarse search, of 64
FINE = 56  # in the fine one, of 128
DEPTH = -0.45  # where main things mostly stand; a nearer one looks like a larger one
RADII = (0.45, 0.60, 0.80)
_MORE_TURNS = (("cube", False, 0.35), ("cube", False, 0.785), ("cube", False, 1.3))


@dataclass(frozen=True)
class Found:
    guess: Guess
    gain: float


def evidence(picture: Array, setting: Setting, row: Row) -> Array:
    """(H, W, 5): what the gain of any portrait is computed from (see `_weights`)."""
    height, width, _ = picture.shape
    lit = empty(setting, row[None], width, height)[0]
    dark = empty(setting, row[None], width, height, sunlit=False)[0]
    way = dark - lit
    share = np.clip(((picture - lit) * way).sum(-1) / np.maximum((way * way).sum(-1), 1e-6), 0.0, 1.0)
    unexplained = np.square(picture - lit - share[..., None] * way).sum(-1)
    inside = np.ones_like(unexplained)
    return np.concatenate([(unexplained - np.square(picture).sum(-1))[..., None], picture, inside[..., None]], axis=-1)


def gains(field: Array, portraits: list[Portrait], corners: npt.NDArray[np.intp]) -> Array:
    """Gain (P, C) of each portrait with the upper left of its window at each corner (C, 2) (y, x), which may lie outside."""
    pixels = len(portraits[0].cover)
    padded = np.pad(field, ((pixels, pixels), (pixels, pixels), (0, 0)))
    windows = np.stack([padded[y : y + pixels, x : x + pixels].ravel() for y, x in corners + pixels])
    return np.stack([_weights(portrait).ravel() for portrait in portraits]) @ windows.T


def _weights(portrait: Portrait) -> Array:
    cover, picture = portrait.cover[..., None], portrait.picture
    return np.concatenate([cover, 2 * cover * picture, -cover * np.square(picture).sum(-1, keepdims=True)], axis=-1)


def corners(height: int, width: int) -> npt.NDArray[np.intp]:
    """Upper left corners (C, 2) (y, x) of the coarse search's windows: every other pixel, at least four of the window inside."""
    out = 4 - COARSE
    y, x = np.mgrid[out : height - 4 : 2, out : width - 4 : 2]
    return np.stack([y.ravel(), x.ravel()], axis=1)


@cache
def _gallery(ground: str, sky: str) -> tuple[list[Guess], list[Portrait]]:
    """Everything a thing may be, as seen by a usual camera: for the coarse search."""
    looks = [(colour, material, side) for colour in COLOURS for material in ("matte", "metal") for side in SIDES]
    setting = Setting(ground, sky, SIDES[0])
    guesses, portraits = [], []
    for pose in (pose for pose in POSES if pose not in _MORE_TURNS):
        for radius in RADII:
            guess = Guess(pose, looks[0], radius, (0.0, DEPTH, 0.75))
            guesses += [guess.but(look=look) for look in looks]
            portraits += paint_each(guess, looks, setting, Start().row, COARSE, 64)
    return guesses, portraits


def find_thing(coarse: Array, fine: Array, setting: Setting, row: Row) -> Found:
    """The main thing of a clip's first picture, given at both sizes (64 and 128 pixels on the shorter side)."""
    guesses, colours = _coarsely(coarse, setting, row)
    canvas = _Canvas(fine, setting, row)
    sketches = [canvas.better([guess.but(radius=guess.radius * r) for r in (0.9, 1.0, 1.1)], 2) for guess in guesses]
    best: dict[str, Found] = {}
    for sketch in sorted(sketches, key=lambda sketch: -sketch.gain):
        best.setdefault(sketch.guess.shape, sketch)
    return max((canvas.finished(sketch, colours) for sketch in best.values()), key=lambda found: found.gain)


def _coarsely(picture: Array, setting: Setting, row: Row) -> tuple[list[Guess], list[str]]:
    """First guesses, all about the place that fits best: every pose in its two likeliest looks; and the three likeliest colours."""
    height, width, _ = picture.shape
    guesses, portraits = _gallery(setting.ground, setting.sky)
    places = corners(height, width)
    gain = gains(evidence(picture, setting, row), portraits, places)
    best = places[np.unravel_index(gain.argmax(), gain.shape)[1]]
    gain = np.where(np.abs(places - best).max(axis=1) <= 6, gain, -np.inf)
    top, at = gain.max(axis=1), gain.argmax(axis=1)
    order = np.argsort(-top)
    colours = list(dict.fromkeys(guesses[index].colour for index in order))[:3]
    first: dict[tuple[str, bool, float], list[Guess]] = {}
    for index in order:
        guess, (cy, cx) = guesses[index], places[at[index]] + COARSE / 2
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
        looks = [(colour, material, guess.look[2]) for colour in colours for material in MATERIALS]
        tried = self.tried(guess, looks, 1)
        found = max(tried, key=lambda one: one.gain)
        turns = [found.guess.but(pose=pose) for pose in POSES if pose[:2] == guess.pose[:2] and pose != guess.pose]
        found = max(found, *(self.better([turn], 1) for turn in turns), key=lambda one: one.gain) if turns else found
        for step in (0.06, 0.03):
            sizes = [found.guess.but(radius=found.guess.radius * (1 + s)) for s in (-step, step)]
            found = max(found, self.better(sizes, 1), key=lambda one: one.gain)
        return found

    def better(self, guesses: list[Guess], step: int) -> Found:
        tried = [self.tried(guess, [guess.look], step)[0] for guess in guesses]
        return max(tried, key=lambda one: one.gain)

    def tried(self, guess: Guess, looks: list[Look], step: int) -> list[Found]:
        """The guess in each look, moved by up to two steps of so many pixels to where it fits best."""
        portraits = paint_each(guess, looks, self.setting, self.row, FINE, min(self.height, self.width))
        x, y = pixel_of(self.row, guess.place, self.width, self.height)
        moves = step * np.stack(np.meshgrid(range(-2, 3), range(-2, 3)), axis=-1).reshape(-1, 2)
        gain = gains(self.field, portraits, moves + (round(y - FINE / 2), round(x - FINE / 2)))
        out = []
        for look, row in zip(looks, gain, strict=True):
            dy, dx = moves[row.argmax()]
            place = place_of(self.row, x + dx, y + dy, self.width, self.height, DEPTH)
            out.append(Found(guess.but(look=look, place=place), float(row.max())))
        return out
