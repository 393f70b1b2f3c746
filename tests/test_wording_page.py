"""A language model in the studio: it words a prompt and writes a script of an idea, after it was said what leaves."""

import json

import pytest

from browser import Browser, chromium, node, package
from processes import Service
from serving import serving
from test_script_llm import STORY, model, said
from vitascope.server.routes.studio import BUILT

NEW = "A slow push in on a grey cat that walks over a roof at dusk, warm light."


@pytest.fixture(scope="module")
def browser(request, tmp_path_factory):
    folder = request.config.getoption("--studio") or str(BUILT)
    if not (BUILT.__class__(folder) / "index.html").is_file():
        pytest.skip("the studio is not built; `make page` does it")
    package("playwright-core/index.mjs"), package("axe-core/axe.min.js"), node(), chromium()
    made = Browser(tmp_path_factory.mktemp("browser"))
    made.studio = folder
    yield made
    made.close()


@pytest.fixture(scope="module")
def house(browser, tmp_path_factory):
    """A server with a language model that rewrites prompts, and writes a story when it is asked for JSON."""
    with model(lambda body: said(STORY if "response_format" in body else NEW)) as (llm, asked):
        made = Service(
            tmp_path_factory.mktemp("house"), studio_dir=browser.studio, llm_url=llm.url, llm_model=llm.model
        )
        made.serve("--workers", 0)
        browser.cookies[made.url], made.asked = made.cookie(), asked
        yield made
        made.close()


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "language", "width"), [("dark", "en", 1440), ("light", "zh", 390)])
def test_a_prompt_is_worded_for_the_model_when_its_writer_agrees(browser, house, theme, language, width):
    before = len(house.asked)
    browser.act("word_it", house.url, theme=theme, language=language, width=width, new=NEW)
    assert [body["messages"][-1]["content"] for _, _, body in house.asked[before:]] == ["a cat"]


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "language", "width"), [("light", "en", 1440), ("dark", "zh", 390)])
def test_a_film_begins_with_an_idea(browser, house, theme, language, width):
    before = len(house.asked)
    idea = "An old sailor looks at the sea."
    seen = browser.act("idea", house.url, theme=theme, language=language, width=width, idea=idea)
    sent = house.asked[before:]
    assert [body["messages"][-1]["content"] for _, _, body in sent] == [idea]
    assert "30 seconds" in sent[0][2]["messages"][0]["content"]
    document = house.get(f"/v1/films/{seen['film']}")["document"]
    assert document["title"] == "The Sea"
    assert document["source"]["form"] == "adapted"
    assert len(document["shots"]) > 1


def test_only_who_may_ask_the_language_model_is_told_of_it(tmp_path):
    with model(said(STORY)) as (llm, asked), serving(tmp_path, llm_url=llm.url, llm_model="words") as served:
        owner, other = served.owner(), served.client(served.key())
        assert owner.get("/v1/account").json()["writer"] == {"host": "127.0.0.1", "model": "words"}
        assert other.get("/v1/account").json()["writer"] is None
        film = owner.post("/v1/films", json={}).json()["id"]
        idea = {"source": "An old sailor.", "form": "idea"}
        assert owner.post(f"/v1/films/{film}/breakdown", json=idea).json()["error"]["param"] == "by"
        told = owner.post(f"/v1/films/{film}/breakdown", json={**idea, "by": "llm"})
        assert (told.status_code, told.json()["error"]["param"], asked) == (409, "confirm", [])
        found = owner.post(f"/v1/films/{film}/breakdown", json={**idea, "by": "llm", "confirm": True}).json()
        assert (found["form"], found["changes"]["title"]) == ("adapted", "The Sea")
        assert "The sea is calm." in json.dumps(found["document"])


def test_a_server_without_a_language_model_names_none(tmp_path):
    with serving(tmp_path, llm_url="http://127.0.0.1:9/v1") as served:
        assert served.owner().get("/v1/account").json()["writer"] is None
