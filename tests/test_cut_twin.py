"""The studio computes the pieces of a cut in TypeScript, so that an edit is seen at once. Its vitest compares them with
this file, and here the file is compared with the server's own timeline. `pytest --regolden` writes it anew.
"""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from vitascope.film import state, wording
from vitascope.film.document import read
from vitascope.film.take import Media, Take
from vitascope.film.timeline import items, timeline

GOLDEN = Path(__file__).parent.parent / "studio/src/films/cut/golden.json"
SHOTS = {
    "k1": {"action": "A ball rolls"},
    "k2": {"action": "It stops, and turns", "transition": "dissolve", "seconds": "7/3"},
    "k3": {"lines": [{"id": "l1", "text": "I am home at last."}]},
    "k4": {"action": "It rests", "transition": "dissolve"},
}
FILM = {
    "title": "Twin",
    "scene_order": ["s1", "s2"],
    "scenes": {"s1": {"shots": ["k1", "k2"]}, "s2": {"shots": ["k3", "k4"]}},
    "shots": SHOTS,
}
FOREIGN = {"clip_9": Media(key="clip_9", seconds=Fraction(10, 3), width=64, height=64, rate=Fraction(30))}


def cases() -> list[dict[str, Any]]:
    dice = random.Random(18)
    return [_case(dice, rate) for rate in ("24", "23.976", "25", "29.97", "30", "60") for _ in range(5)]


def _case(dice: random.Random, rate: str) -> dict[str, Any]:
    def some(*values: Any) -> Any:
        return dice.choice(values)

    listed, count = [], some(0, 0, 3, 6)
    for number in range(count):
        item: dict[str, Any] = {"id": f"i{number}", "shot": some("k1", "k2", "k3", "k4", "k2")}
        if some(*range(6)) == 0:
            item = {"id": f"i{number}", "file": some("clip_9", "clip_none")}
        item |= {
            "source_in": some(None, "1/2", "3/16", "0"),
            "seconds": some(None, "2", "7/5", "1/1000", "3"),
            "speed": some("1", "2", "1/2", "13/10"),
            "gap": some("0", "0", "1/7"),
            "dissolve": some(None, "0", "1/2", "1", "4"),
            "gain": some(0.0, -6.0),
        }
        listed.append(item)
    left_out = [key for key in SHOTS if all(key != item.get("shot") for item in listed) and some(*range(4)) == 0]
    film = read({**FILM, "rate": rate, "cut": {"items": listed, "left_out": left_out}})
    takes = tuple(_take(dice, key, number) for key in SHOTS for number in range(1, some(1, 2, 3)))
    made = timeline(film, takes, foreign=FOREIGN)
    lengths = state.spoken_lengths(film, takes)
    return {
        "document": film.to_dict(),
        "takes": [
            {"id": one.id, "of": one.of, "kind": one.kind, "number": one.number, "media": _media(one.media)}
            for one in takes
        ],
        "foreign": {name: _media(media) for name, media in FOREIGN.items()},
        "lengths": {key: str(wording.shot_seconds(shot, lengths)) for key, shot in film.shots.items()},
        "items": [item.id for item in items(film)],
        "seconds": str(made.seconds),
        "pieces": [
            {
                "id": one.id, "take": one.take, "start": str(one.start), "seconds": str(one.seconds),
                "source_in": str(one.source_in), "speed": str(one.speed), "dissolve": str(one.dissolve),
                "is_still": one.is_still, "muted": one.muted, "gain": one.gain, "text": one.text,
            }
            for one in made.pieces
        ],
        "refused": sum("became a cut" in told for told in made.warnings),
    }  # fmt: skip


def _take(dice: random.Random, shot: str, number: int) -> Take:
    kind = dice.choice(("clip", "clip", "clip", "still"))
    seconds = Fraction(dice.choice((33, 41, 81)), 16)
    begin = Fraction(dice.choice((0, 0, 5)), 16)
    rate = Fraction(0) if kind == "still" else Fraction(16)
    media = Media(key=f"{shot}{number}", seconds=seconds, width=352, height=192, rate=rate, begin=begin)
    return Take(id=f"{shot}-{kind}{number}", of=shot, kind=kind, digest="", media=media, number=number)  # type: ignore[arg-type]


def _media(media: Media | None) -> dict[str, Any]:
    assert media is not None
    told = media.to_dict()
    return {"url": told.pop("key"), "begin": "0", **told}


def test_the_studio_compares_its_cut_with_the_servers_timeline(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--regolden"):
        lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in cases())
        GOLDEN.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    assert json.loads(GOLDEN.read_text(encoding="utf-8")) == json.loads(json.dumps(cases()))
