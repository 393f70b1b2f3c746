"""A film of 500 shots costs about ten times what one of 50 costs, not a hundred times: no step looks at all shots for
each shot. CPU time is compared with CPU time, the least of five, so that a slow or busy machine changes nothing.
"""

import time
from dataclasses import replace

import pytest

from test_film import made
from vitascope.film import captions, document, edit, handoff, plan, state, timeline
from vitascope.film.handoff.links import beside
from vitascope.film.take import Takes

SMALL, LARGE = 50, 500
MOST = 30  # times as much; 7 to 12 were measured, 18 once on a busy machine
FORMATS = ("otio", "fcpxml", "edl", "mlt", "kdenlive", "csv")  # the others hold pictures or media


def film(shots):
    """Scenes of ten shots; each shot goes on from the one before it, dissolves or speaks."""
    keys = [f"k{number}" for number in range(shots)]
    kinds = (
        {"start": "continue"},
        {"transition": "dissolve"},
        {"lines": [{"id": "l", "kind": "dialogue", "speaker": "c1", "text": "I am home at last."}]},
        {},
    )
    told = {}
    for number, key in enumerate(keys):
        shot = {"action": f"Mia walks to place {number}.", "cast": ["c1"], "seconds": "3", **kinds[number % 4]}
        told[key] = shot | ({"lines": [{**shot["lines"][0], "id": f"l{number}"}]} if "lines" in shot else {})
    scenes = {f"s{at}": {"heading": f"Scene {at}", "shots": keys[10 * at : 10 * at + 10]} for at in range(shots // 10)}
    return {
        "cast": {"c1": {"name": "Mia", "looks": "a red ball"}}, "scene_order": list(scenes), "scenes": scenes,
        "shots": told, "cues": {"m1": {"mood": "calm"}},
    }  # fmt: skip


class Case:
    def __init__(self, shots, folder):
        self.data, self.folder = film(shots), folder
        self.film = document.read(self.data)
        takes = []
        for _, _, key, shot in self.film.in_order():
            takes += [made(self.film, line.id, "voice", 2) for line in shot.lines]
            one = made(self.film, key, seconds=5, takes=tuple(takes[-2:]))
            takes.append(replace(one, media=replace(one.media, key=f"takes/{key}.mp4")))
        self.takes = Takes(takes)
        self.shown = timeline.timeline(self.film, self.takes)
        last = list(self.film.shots)[-1]
        self.patch = {"shots": {last: {"action": "Mia sits down."}}}
        self.middle = list(self.film.shots)[shots // 2]

    def target(self, name):
        return self.folder / f"film.{name}"

    def write(self, name):
        handoff.write(name, self.shown, self.film, media=beside(self.shown), target=self.target(name))

    def back(self, name):
        self.write(name)
        cut = handoff.read(self.target(name), rate=self.film.fps)
        return handoff.compare(self.film, self.takes, self.shown, cut)


STEPS = {
    "read": lambda case: document.read(case.data),
    "write": lambda case: case.film.to_dict(),
    "states": lambda case: state.states(case.film, case.takes),
    "gates": lambda case: [state.seen_at(case.film, case.takes, gate) for gate in state.GATES],
    "plan": lambda case: plan.tasks(case.film, ()),
    "plan of what is made": lambda case: plan.tasks(case.film, case.takes, stale=True),
    "plan of one shot": lambda case: plan.tasks(case.film, case.takes, ids=[case.middle], again=True),
    "timeline": lambda case: timeline.timeline(case.film, case.takes),
    "cut written out": lambda case: timeline.written_out(case.film),
    "captions": lambda case: captions.events(case.shown, case.film.captions, language="en"),
    "edit": lambda case: edit.apply(case.film, case.patch),
    "shot moved": lambda case: edit.move_shot(case.film, case.middle, "s0", 1),
    "shot removed": lambda case: edit.remove_shot(case.film, case.middle),
    "shot split": lambda case: edit.split_shot(case.film, case.middle, lines=0),
    "member renamed": lambda case: edit.rename_member(case.film, "c1", "Lin"),
    "history": lambda case: edit.between(case.film, edit.apply(case.film, case.patch)),
    **{f"export {name}": lambda case, name=name: case.write(name) for name in FORMATS},
    **{f"{name} comes back": lambda case, name=name: case.back(name) for name in ("otio", "fcpxml", "edl")},
}


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return [Case(shots, tmp_path_factory.mktemp("film")) for shots in (SMALL, LARGE)]


def cpu_seconds(step, case):
    """Quick steps are repeated, for clocks are coarse."""
    count = 1
    while True:
        before = time.process_time()
        for _ in range(count):
            step(case)
        took = time.process_time() - before
        if took > 0.005:
            return took / count
        count *= 4


@pytest.mark.parametrize("name", STEPS)
def test_a_step_costs_in_proportion_to_the_films_shots(name, cases):
    found = [[cpu_seconds(STEPS[name], case) for case in cases] for _ in range(5)]
    small, large = min(one for one, _ in found), min(other for _, other in found)
    assert large < MOST * small, f"{large / small:.1f} times as much for ten times the shots"
