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


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("dark", "en", 1440), ("light", "zh", 1440), ("light", "en", 1100), ("dark", "en", 800), ("dark", "zh", 390)],
)
def test_the_pages_of_films_are_good_for_all(browser, house, theme, language, width):
    film = house.get("/v1/films", "POST", {"document": DOCUMENT})["id"]
    pages = {name: path.format(film=film) for name, path in PAGES.items()}
    browser.act("pages", house.url, theme=theme, language=language, width=width, pages=pages)
