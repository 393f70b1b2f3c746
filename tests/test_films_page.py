"""The pages of films as a person uses them: real Chromium, the true server, the embedded model."""

import pytest

from browser import Browser, chromium, node, package
from processes import Service
from test_on_its_own import needs_weights
from vitascope.server.routes.studio import BUILT

pytestmark = [needs_weights, pytest.mark.slow]
DOCUMENT = {
    "title": "The red ball",
    "width": 352,
    "height": 192,
    "source": {"text": "EXT. SNOW - DAY\n\nA red ball rolls.\n\nBALL\nHome is down.\n", "form": "fountain"},
    "cast": {"c1": {"name": "Ball"}, "c2": {"kind": "place", "name": "Snow"}},
    "scene_order": ["s1"],
    "scenes": {"s1": {"heading": "EXT. SNOW - DAY", "place": "c2", "shots": ["k1", "k2"]}},
    "shots": {
        "k1": {"action": "A red ball rolls.", "cast": ["c1"], "seconds": "2"},
        "k2": {"lines": [{"id": "l1", "text": "Home is down.", "speaker": "c1"}], "start": "continue"},
    },
}
PAGES = {
    "films": "/films",
    "film": "/films/{film}",
    "shot": "/films/{film}?shot=k2",
    "cast": "/films/{film}?tab=cast",
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


@pytest.mark.smoke
def test_a_script_becomes_a_board_and_its_takes_are_made_and_chosen(browser, house):
    browser.act("films", house.url)


def test_the_board_of_a_long_film_costs_what_is_seen_of_it(browser, house):
    film = house.get("/v1/films", "POST", {"document": long_film(scenes=50, shots=10)})["id"]
    found = browser.act("many_shots", house.url, film=film, last="k500")
    for when in ("open", "keys", "change", "scroll"):
        assert 5 < found[when]["cards"] <= 60, found
        assert found[when]["nodes"] < 20 * 60, found
    assert found["most"] <= 60, found
    assert len(found["heights"]) == 1, f"the board moves while it is scrolled: {found}"


def long_film(scenes, shots):
    """Titles of one and two rows, lines, and shots that go on from the one before."""
    ids = [[f"k{scene * shots + at + 1}" for at in range(shots)] for scene in range(scenes)]
    described = {}
    for number, shot in enumerate((shot for scene in ids for shot in scene), 1):
        action = f"Number {number}: a red ball rolls over snow" + ", and stops beside a white cube near a wood" * (
            number % 3 == 0
        )
        described[shot] = {"action": action, "seconds": "2", "start": "new" if number % 2 else "continue"}
        if number % 2:
            described[shot]["lines"] = [{"id": f"l{number}", "text": f"Line {number}: home is down."}]
    rows = {f"s{at}": {"heading": f"EXT. FIELD {at} - DAY", "shots": row} for at, row in enumerate(ids, 1)}
    film = {"title": "Very long", "width": 352, "height": 192, "scene_order": list(rows)}
    return {**film, "scenes": rows, "shots": described}


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("dark", "en", 1440), ("light", "zh", 1440), ("light", "en", 1100), ("dark", "en", 800), ("dark", "zh", 390)],
)
def test_the_pages_of_films_are_good_for_all(browser, house, theme, language, width):
    film = house.get("/v1/films", "POST", {"document": DOCUMENT})["id"]
    pages = {name: path.format(film=film) for name, path in PAGES.items()}
    browser.act("pages", house.url, theme=theme, language=language, width=width, pages=pages)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_script_s_file_is_read_or_refused_and_the_board_says_what_is_not_there(browser, house, language):
    text = "INT. KITCHEN - DAY\n\nMia opens the door and looks.\n\nMIA\nI have nothing.\n\nTOM\n我也没有。\n"
    silent = DOCUMENT | {"language": "tlh"}  # nobody speaks it
    film = house.get("/v1/films", "POST", {"document": silent})["id"]
    given = {"film": film, "text": text, "bytes": text.encode("gb18030").hex(), "found": "en"}
    browser.act("script_file", house.url, language=language, narrow=False, video="0000002066747970" * 40, **given)
    browser.act("script_file", house.url, language=language, narrow=True, film=film)
