"""Which of several takes is the best, as far as can be measured. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction

from vitascope.film import state, wording
from vitascope.film.document import Film
from vitascope.film.take import Take


def suggested(film: Film, takes: tuple[Take, ...], current: Collection[str]) -> Iterator[tuple[str, str]]:
    """(shot, take): the best of several current takes of a shot that has none chosen. By defects, the seam, and how
    near its length is to the shot's; never by a judge that knows another model's world.
    """
    lengths = state.spoken_lengths(film, takes)
    for _, scene, shot_id, shot in film.in_order():
        if shot.take or shot_id not in current:
            continue
        digest = state.of_clip(film, takes, shot_id, scene, shot)
        mine = [take for take in takes if (take.of, take.kind) == (shot_id, "clip") and take.media]
        fitting = [take for take in mine if take.own or take.digest == digest]
        if len(fitting) < 2:
            continue
        needed = wording.shot_seconds(shot, lengths)

        def rank(take: Take, needed: Fraction = needed) -> tuple[int, float, Fraction, int]:
            assert take.media
            lasts = take.media.seconds - take.media.begin
            return len(take.defects), take.seam or 0.0, max(Fraction(0), needed - lasts), -take.number

        yield shot_id, min(fitting, key=rank).id
