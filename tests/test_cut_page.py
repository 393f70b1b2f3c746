"""The cut of a film in the studio, in real Chromium on a true server with the embedded model: cutting by hand, how well
the preview keeps in step, and a film that is rendered, handed off and brought back.
"""

import json
import urllib.request

import numpy as np
import pytest

import footage
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


ANIMATIC = {
    "title": "Before any take",
    "width": 352,
    "height": 192,
    "scene_order": ["s1"],
    "scenes": {"s1": {"shots": ["k1", "k2"]}},
    "shots": {
        "k1": {
            "action": "A red ball rolls.",
            "seconds": "3/2",
            "lines": [{"id": "l1", "kind": "title", "text": "The next day"}],
        },
        "k2": {"seconds": "2", "lines": [{"id": "l2", "text": "Careful. I don't roll."}]},
    },
    "overlays": {
        "o1": {"text": "9.99", "place": "top left", "height": 0.09},
        "o2": {"text": "Lin, a cube", "place": "bottom left", "height": 0.08, "start": "1/2", "end": "1"},
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


def send(house, path):
    """A file sent beforehand: its id."""
    edge = "edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="content"; filename="own.mp4"\r\n\r\n'
    body = head.encode() + path.read_bytes() + f"\r\n--{edge}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={edge}", "cookie": house.cookie()}
    with urllib.request.urlopen(urllib.request.Request(f"{house.url}/replicate/v1/files", body, headers)) as answer:
        return json.load(answer)["id"]


def running(house, film):
    return [one for one in house.get(f"/v1/films/{film}")["takes"] if one["state"] == "running"]


def test_the_preview_keeps_in_step_with_its_sound(browser, house, made):
    seen = browser.act("cut_drift", house.url, film=made)
    assert len(seen["pieces"]) == 4
    assert seen["median"] < 20, seen
    assert seen["p90"] < 40, seen


def test_a_large_take_is_played_as_its_smaller_copy(browser, house, tmp_path):
    document = {"scene_order": ["s1"], "scenes": {"s1": {"shots": ["k1"]}}, "shots": {"k1": {"seconds": "1"}}}
    film = house.get("/v1/films", "POST", {"document": document})["id"]
    footage.film(tmp_path / "own.mp4", [np.full((768, 1024, 3), 90, np.uint8)] * 16)
    upload_id = f"upl_{send(house, tmp_path / 'own.mp4')}"
    house.get(f"/v1/films/{film}/takes", "POST", {"of": "k1", "kind": "clip", "upload_id": upload_id})
    until(lambda: house.get(f"/v1/films/{film}")["takes"][0]["media"]["proxy_url"], "its smaller copy")
    assert browser.act("cut_proxy", house.url, film=film)["height"] == 720


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("dark", "en", 1440), ("light", "zh", 1440), ("light", "en", 800)]
)
def test_an_animatic_plays_before_any_take(browser, house, theme, language, width):
    film = house.get("/v1/films", "POST", {"document": ANIMATIC})["id"]
    found = browser.act("animatic", house.url, film=film, theme=theme, language=language, width=width)
    seen = [one.split("|") for one in found["seen"]]
    assert {piece for piece, _, _ in seen} == {"k1", "k2"}
    assert {over for _, over, _ in seen} == {"o1", "o1+o2"}
    assert {caption for _, _, caption in seen} == {"", "The next day", "Careful. I don't roll."}
    assert found["drawn"] == [352, 352]


@pytest.mark.parametrize(("theme", "language"), [("dark", "en"), ("light", "zh")])
def test_on_a_phone_the_cut_is_watched_scrubbed_and_approved(browser, house, made, theme, language):
    version = house.get(f"/v1/films/{made}")["version"]
    house.get(f"/v1/films/{made}", "PATCH", {"version": version, "changes": {"cut": FILM["cut"], "gates": None}})
    browser.act("phone", house.url, film=made, theme=theme, language=language)
    assert house.get(f"/v1/films/{made}")["gates"]["cut"] == "passed"


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
