"""The cut of a film in the studio, in real Chromium on a true server with the embedded model: cutting by hand, how well
the preview keeps in step, and a film that is rendered, handed off and brought back.
"""

import pytest

from browser import Browser, chromium, node, package
from processes import Service, until
from test_on_its_own import needs_weights
from vitascope.server.routes.studio import BUILT

pytestmark = [needs_weights, pytest.mark.slow]
FILM = {
    "title": "A ball goes home",
    "width": 352,
    "height": 192,
    "scene_order": ["s1", "s2"],
    "scenes": {
        "s1": {"heading": "Snow field", "shots": ["k1", "k2", "k3"]},
        "s2": {"heading": "Meadow", "shots": ["k4"]},
    },
    "cast": {"c1": {"name": "Blue cube"}},
    "shots": {
        "k1": {"action": "A red ball rolls right on snow at sunset.", "seconds": "2"},
        "k2": {"action": "A white cube stands on snow at sunset.", "seconds": "2"},
        "k3": {"action": "A red ball bounces on snow at sunset.", "seconds": "2"},
        "k4": {
            "action": "A red ball and a blue cube on grass at noon.",
            "seconds": "2",
            "lines": [{"id": "l1", "speaker": "c1", "text": "Careful. I don't roll."}],
        },
    },
    "cues": {"m1": {"mood": "playful"}},
    "cut": {
        "items": [
            {"id": "k1", "shot": "k1", "seconds": "7/4"},
            {"id": "k2", "shot": "k2", "seconds": "3/2", "source_in": "1/4"},
            {"id": "k3", "shot": "k3", "seconds": "3/2", "source_in": "1/4"},
            {"id": "k4", "shot": "k4", "source_in": "1/4", "seconds": "7/4", "dissolve": "1/4"},
        ]
    },
}


@pytest.fixture(scope="module")
def studio(request):
    """The folder of the built page."""
    folder = request.config.getoption("--studio") or str(BUILT)
    if not (BUILT.__class__(folder) / "index.html").is_file():
        pytest.skip("the studio is not built; `make page` does it")
    package("playwright-core/index.mjs"), package("axe-core/axe.min.js"), node(), chromium()
    return folder


@pytest.fixture(scope="module")
def browser(studio, tmp_path_factory):
    made = Browser(tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def house(studio, browser, tmp_path_factory):
    made = Service(tmp_path_factory.mktemp("house"), engine="true", studio_dir=studio)
    made.serve()
    browser.cookies[made.url] = made.cookie()
    yield made
    made.close()


@pytest.fixture(scope="module")
def made(house):
    """The takes, voice and music of FILM, made once: its id."""
    film = house.get("/v1/films", "POST", {"document": FILM})["id"]
    house.get(f"/v1/films/{film}/make", "POST", {})
    until(lambda: not running(house, film), "the takes", 300)
    states = {one["of"]: one["state"] for one in house.get(f"/v1/films/{film}")["states"] if one["kind"] == "clip"}
    assert set(states.values()) == {"current"}, states
    return film


def running(house, film):
    return [one for one in house.get(f"/v1/films/{film}")["takes"] if one["state"] == "running"]


def test_the_preview_keeps_in_step_with_its_sound(browser, house, made):
    seen = browser.act("cut_drift", house.url, film=made)
    assert len(seen["pieces"]) == 4
    assert seen["median"] < 20, seen
    assert seen["p90"] < 40, seen


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_film_is_cut_by_hand(browser, house, made, theme):
    version = house.get(f"/v1/films/{made}")["version"]
    house.get(f"/v1/films/{made}", "PATCH", {"version": version, "changes": {"cut": FILM["cut"], "gates": None}})
    browser.act("cut", house.url, film=made, theme=theme)
    document = house.get(f"/v1/films/{made}")["document"]
    assert [item["id"] for item in document["cut"]["items"]] == ["k1", "k2", "k3", "k4"]
    assert document["gates"]["cut"]["by"]


def test_a_film_is_rendered_handed_off_and_brought_back(browser, house, made):
    seen = browser.act("cut_handoff", house.url, film=made)
    assert {name.rpartition(".")[2] for name in seen["files"]} == {"otio", "mp4"}
    assert seen["differences"] == 1
    assert float(seen["seconds"]) > 5
