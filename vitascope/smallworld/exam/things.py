"""What stands in a clip's first pictures, and where: portraits of everything it could be are laid over them, and what
explains them best is it. First roughly and everywhere in small pictures, then ever more closely where it fits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from vitascope.smallworld.exam.backgrounds import SIDES, Array, Setting
from vitascope.smallworld.exam.evidence import MARGIN, evidence, gains, gains_of_all, weights, without
from vitascope.smallworld.exam.portraits import TURNS, Guess, Look, Portrait, Pose, Row, paint, pixel_of, place_of
from vitascope.smallworld.world.camera import Start
from vitascope.smallworld.world.scene import COLOURS, MATERIALS

COARSE, FINE = 32, 96  # pixels of the shorter side of the picture in the coarse search and in the fine one
WINDOW = 14  # pixels of a portrait in the coarse search; in the fine one it is cut closely
DEPTH = -0.45  # where main things mostly stand; a nearer one looks like a larger one
RADII = (0.34, 0.45, 0.60, 0.80)  # a small thing far away to a large one near
PLAIN = 10.0  # gain, of a thing that is seen well
FAINTEST = 1.0  # gain: what has less is none; twice that where the ground's pattern may be taken for a thing
POSES: tuple[Pose, ...] = tuple((*kind, turn) for kind, turns in TURNS.items() for turn in turns)
EDGE = 3.0  # gain, of what a portrait does not quite cover of a thing
NEAR = 0.85  # of the sum of their radii: nearer than that is no thing of its own
MOVES = np.stack(np.meshgrid(range(-2, 3), range(-2, 3)), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Found:
    guess: Guess
    gain: float


def find_thing(coarse: Array, fine: Array, setting: Setting, misplaced: float, rows: Row) -> Found | None:
    """The main thing of a clip, from its first pictures (F, H, W, 3), given at both sizes, and their cameras (F, 8).

    What is not plain to see in the first is made out in each alone, and is what then explains all of them best.
    """
    canvas = _Canvas(coarse[0], fine[0], setting, misplaced, rows[0])
    made_out = canvas.made_out(canvas.guesses)
    if _is_plain(made_out):
        return made_out[0]
    canvases = [canvas, *(_Canvas(coarse[f], fine[f], setting, misplaced, rows[f]) for f in range(1, len(rows)))]
    seen = [(canvas, canvas.made_out(canvas.guesses_of_all_sizes())) for canvas in canvases]
    found = []
    for canvas, made_out in seen:
        elsewhere = [other.again(made_out) for other, _ in seen if other is not canvas]
        for one, *again in zip(made_out, *elsewhere, strict=True):
            found.append(Found(one.guess, sum(each.gain for each in (one, *again))))
    best = max(found, key=_gain)
    return best if best.gain >= FAINTEST * (1 + misplaced) else None


def find_all(coarse: Array, fine: Array, setting: Setting, misplaced: float, row: Row, most: int) -> list[Guess]:
    """Up to `most` things of one picture (H, W, 3), given at both sizes, and its camera (8,); the plainest first. Where
    one has been found no other is looked for, so one that is hidden by it is missed.
    """
    found, edges = list[Guess](), list[Guess]()
    while len(found) < most and len(edges) <= most:
        canvas = _Canvas(coarse, fine, setting, misplaced, row, found + edges)
        made_out = canvas.made_out(canvas.guesses)
        if not _is_plain(made_out):
            made_out = canvas.made_out(canvas.guesses_of_all_sizes())
        best, gain = made_out[0].guess, made_out[0].gain
        if gain < FAINTEST * (1 + misplaced):
            break
        # A portrait does not quite cover what it is of, so a faint thing that touches another is what is left of that.
        at_an_edge = gain < EDGE and any(_touch(best, other) for other in found)
        (edges if at_an_edge else found).append(best)
    return found


def _touch(one: Guess, other: Guess) -> bool:
    return math.dist(one.place, other.place) < NEAR * (one.radius + other.radius)


def _is_plain(made_out: list[Found]) -> bool:
    """Whether the best, which comes first, stands out well and nothing else comes near it."""
    best, *others = (one.gain for one in made_out)
    return best >= PLAIN and all(other < 0.9 * best for other in others)


def corners(height: int, width: int, window: int) -> npt.NDArray[np.intp]:
    """Upper left corners (H * W, 2) (y, x) of all windows of so many pixels whose middle is inside."""
    half = window // 2
    y, x = np.mgrid[-half : height - half, -half : width - half]
    return np.stack([y.ravel(), x.ravel()], axis=1)


@cache
def _gallery(ground: str, sky: str) -> tuple[list[Guess], Array]:
    """Everything a thing may be, and the weights of its portraits by a usual camera: for the coarse search."""
    looks: list[Look] = [(c, material, side) for c in COLOURS for material in ("matte", "metal") for side in SIDES]
    setting = Setting(ground, sky, SIDES[0])
    guesses, portraits = [], []
    for pose in POSES:
        for radius in RADII:
            guess = Guess(pose, looks[0], radius, (0.0, DEPTH, 0.75))
            guesses += [guess.but(look=look) for look in looks]
            portraits += paint(guesses[-len(looks) :], setting, Start().row, WINDOW, COARSE, fine=2)
    return guesses, weights(portraits)


class _Canvas:
    """A picture on which guesses are tried: roughly in its small version, then at full care."""

    def __init__(
        self, coarse: Array, fine: Array, setting: Setting, misplaced: float, row: Row, known: Sequence[Guess] = ()
    ):
        self.setting, self.misplaced, self.row, self.known = setting, misplaced, row, known
        self.height, self.width, _ = fine.shape
        self.field = self._unknown(fine, edge=2)
        self.guesses, self.colours = self._sketched(coarse)

    def _sketched(self, picture: Array) -> tuple[list[Guess], list[str]]:
        """First guesses, all about the place that fits best: every pose in its two likeliest looks; likeliest
        colours.
        """
        height, width, _ = picture.shape
        guesses, weighed = _gallery(self.setting.ground, self.setting.sky)
        field, places = self._unknown(picture, edge=1), corners(height, width, WINDOW)
        some = places[(places % 2 == 0).all(axis=1)]  # every other place is enough to see about where
        best = some[gains_of_all(field, weighed, (WINDOW, WINDOW), some).max(axis=0).argmax()]
        places = places[np.abs(places - best).max(axis=1) <= 4]
        gain = gains_of_all(field, weighed, (WINDOW, WINDOW), places)
        order, at = np.argsort(-gain.max(axis=1)), gain.argmax(axis=1)
        first: dict[Pose, list[Guess]] = {}
        for index in order:
            guess, (y, x) = guesses[index], places[at[index]] + WINDOW / 2
            tried = first.setdefault(guess.pose, [])
            if len(tried) < 2 and guess.look[:2] not in [other.look[:2] for other in tried]:
                tried.append(guess.but(place=place_of(self.row, x, y, width, height, DEPTH)))
        colours = list(dict.fromkeys(guesses[index].colour for index in order))[:3]
        return [guess for tried in first.values() for guess in tried], colours

    def _unknown(self, picture: Array, edge: int) -> Array:
        """The evidence of a picture without what known things cover, and so many pixels round them."""
        height, width, _ = picture.shape
        field = evidence(picture, self.setting, self.row, self.misplaced)
        for guess in self.known:
            pixels = min(max(24, 2 * round(guess.radius * min(height, width))), MARGIN)
            (portrait,) = paint([guess], self.setting, self.row, pixels, min(height, width))
            x, y = pixel_of(self.row, guess.place, width, height)
            field = without(field, portrait, (round(y - pixels / 2), round(x - pixels / 2)), edge)
        return field

    def guesses_of_all_sizes(self) -> list[Guess]:
        return [guess.but(radius=radius) for guess in self.guesses for radius in RADII]

    def made_out(self, guesses: list[Guess]) -> list[Found]:
        """What may be there: the likeliest things, at most one of each shape, in their best looks, size and turn."""
        families: dict[tuple[str, bool], Found] = {}
        for rough in sorted(self.tried(guesses, step=2), key=_gain, reverse=True):
            families.setdefault(rough.guess.pose[:2], rough)
        drawn = self.climbed(_promising(families.values(), 0.5), 0.12, 0.2)
        drawn = _promising(drawn, 0.25)[:3]
        drawn = self.best([[one.guess.but(look=(c, *one.guess.look[1:])) for c in self.colours] for one in drawn])
        lights = [(material, side) for material in MATERIALS for side in SIDES]
        drawn = self.best([[one.guess.but(look=(one.guess.colour, *light)) for light in lights] for one in drawn])
        return sorted(self.climbed(drawn, 0.05, 0.08), key=_gain, reverse=True)

    def again(self, found: list[Found]) -> list[Found]:
        """What was made out in another picture, looked for in this one, where it may have moved to."""
        places = {guess.pose[:2]: guess.place for guess in reversed(self.guesses)}
        moved = [[one.guess.but(place=places[one.guess.pose[:2]])] for one in found]
        near = self.best([[one.guess] for one in self.best(moved, step=2)])
        return self.climbed(near, 0.05, 0.08)

    def climbed(self, found: list[Found], size_step: float, turn_step: float) -> list[Found]:
        """Each guess larger, smaller or turned, by steps, as long as it fits better. All are led at once: many rays
        cost hardly more than a few.
        """
        found, climbing = list(found), list(range(len(found)))
        while climbing:
            better = self.best([_varied(found[number].guess, size_step, turn_step) for number in climbing])
            better_of = dict(zip(climbing, better, strict=True))
            climbing = [number for number in climbing if better_of[number].gain > found[number].gain]
            for number in climbing:
                found[number] = better_of[number]
        return found

    def best(self, groups: list[list[Guess]], step: int = 1) -> list[Found]:
        """The best of each group."""
        tried = iter(self.tried([guess for group in groups for guess in group], step))
        return [max(islice(tried, len(group)), key=_gain) for group in groups]

    def tried(self, guesses: list[Guess], step: int = 1) -> list[Found]:
        """Each guess moved by up to two steps of so many pixels to where it fits best."""
        pixels = 6 + 2 * round(max(guess.radius for guess in guesses) * FINE / 4)  # a cube seen over its edge just fits
        pixels = min(pixels, MARGIN)
        portraits = paint(guesses, self.setting, self.row, pixels, min(self.height, self.width))
        return [self._placed(*each, pixels, step) for each in zip(guesses, portraits, strict=True)]

    def _placed(self, guess: Guess, portrait: Portrait, pixels: int, step: int) -> Found:
        x, y = pixel_of(self.row, guess.place, self.width, self.height)
        places = step * MOVES + np.array([round(y - pixels / 2), round(x - pixels / 2)])
        gain = gains(self.field, portrait, places)
        dy, dx = step * MOVES[gain.argmax()]
        return Found(
            guess.but(place=place_of(self.row, x + dx, y + dy, self.width, self.height, DEPTH)), float(gain.max())
        )


def _varied(guess: Guess, size_step: float, turn_step: float) -> list[Guess]:
    shape, lying, turn = guess.pose
    near = [guess.but(radius=guess.radius * way) for way in (1 + size_step, 1 / (1 + size_step))]
    near = [one for one in near if 0.8 * RADII[0] < one.radius < 1.6 * RADII[-1]]
    if not lying:
        near += [guess.but(pose=(shape, lying, turn + way)) for way in (turn_step, -turn_step)]
    return near


def _promising(found: Iterable[Found], behind: float) -> list[Found]:
    """Those not too far behind the best, which comes first: by this share of its gain, or by little at all."""
    ranked = sorted(found, key=_gain, reverse=True)
    best = ranked[0].gain
    return [one for one in ranked if one.gain >= best - max(4.0, behind * best)]


def _gain(found: Found) -> float:
    return found.gain
