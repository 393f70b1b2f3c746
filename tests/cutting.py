"""Films with a cut, made up without any file: for exports, and for cuts that come back."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from test_film import made
from vitascope.film import times
from vitascope.film.document import Cut, CutItem, read
from vitascope.film.take import Media
from vitascope.film.timeline import timeline

NASTY = "Küche & 客厅 #2 <b>"


def film(shots=4, **fields):
    """A scene with so many shots; the last one speaks."""
    keys = [f"k{number}" for number in range(1, shots + 1)]
    data = {
        "title": f"小米 & the #1 {NASTY}",
        "cast": {"c1": {"name": "小米"}},
        "scene_order": ["s1"],
        "scenes": {"s1": {"heading": f"INT. {NASTY}", "shots": keys}},
        "shots": {key: {"action": f"=Mia walks, {key} {NASTY}", "seconds": "4"} for key in keys},
        "cues": {"m1": {"kind": "music", "file": "song", "gain": -9, "fade_in": "1/2", "fade_out": "1"}},
    }
    data["shots"][keys[-1]]["lines"] = [{"id": "l1", "speaker": "c1", "text": "我回来了 & happy."}]
    return read(data | fields)


def takes_of(source, seconds=10, *, rate=16, sound=True, still=()):
    found = []
    for key in source.shots:
        one = made(source, key, "still" if key in still else "clip", seconds)
        frame = Fraction(0) if key in still else Fraction(rate)
        name = f"takes/{key}.{'png' if key in still else 'mp4'}"
        found.append(replace(one, media=replace(one.media, key=name, rate=frame, sound=sound and key not in still)))
    voices = [line.id for shot in source.shots.values() for line in shot.lines]
    for key in voices:
        voice = made(source, key, "voice", 2)
        found.append(replace(voice, media=Media(key=f"voice/{key}.wav", seconds=Fraction(2), sound=True)))
    return tuple(found)


SONG = {"song": Media(key="music/song.wav", seconds=Fraction(60), sound=True)}


def shown(source, takes):
    return timeline(source, takes, foreign=SONG)


def cut(source, *items, left_out=()):
    return source.model_copy(update={"cut": Cut(items=items, left_out=left_out)})


@st.composite
def films(draw, rates=tuple(times.RATES)):
    """A film with any cut, and its takes."""
    source = film(rate=draw(st.sampled_from(rates)))
    halves = st.integers(0, 12).map(lambda count: Fraction(count, 4))
    items = [
        CutItem(
            id=f"i{number}",
            shot=draw(st.sampled_from(sorted(source.shots))),
            source_in=draw(st.none() | halves | st.fractions(0, 3, max_denominator=500)),
            seconds=draw(st.none() | halves | st.fractions(0, 5, max_denominator=500)),
            speed=draw(st.sampled_from(["1", "1", "1", "1/2", "2", "3/4", "37/100", "10/3", "9"])),
            gap=draw(st.sampled_from(["0", "0", "0", "1/2", "1/3"])),
            dissolve=draw(st.none() | st.sampled_from(["0", "1/2", "1/3", "1"])),
        )
        for number in range(draw(st.integers(1, 7)))
    ]
    named = {item.shot for item in items}
    left_out = tuple(sorted(set(source.shots) - named)) if draw(st.booleans()) else ()
    still = ("k2",) if draw(st.booleans()) else ()
    missing = draw(st.sampled_from(["", "", "k3"]))
    rate = draw(st.sampled_from([16, 24, 25, 30, Fraction(30000, 1001)]))
    found = takes_of(source, draw(st.sampled_from([5, 10, 40])), rate=rate, still=still)
    return cut(source, *items, left_out=left_out), tuple(take for take in found if take.of != missing)
