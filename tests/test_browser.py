"""The studio as a person uses it: real Chromium, the true server, the embedded model. A scenario is a script in
`tests/scenarios/`; what it needs beforehand is made here, through the API.
"""

import base64
import time

import pytest

import made_up
from browser import Browser, chromium, node, package
from footage import CASES
from many import add_clips
from processes import Service, free_port, until
from serving import png
from test_on_its_own import needs_weights
from vitascope.server.routes.studio import BUILT
from vitascope.store.database import file_url

pytestmark = [needs_weights, pytest.mark.slow]
PROMPT = "一个红色的球在雪地上弹跳"
SEED = 41
PAGES = {
    "make": "/",
    "start": "/",  # before anything was made
    "help": "/",
    "you": "/",
    "library": "/library",
    "clip": "/library/{clip}",
    "found": "/library?q=雪地上的红球&is=ground:snow",
    "selected": "/library",
    "compare": "/library",
    "projects": "/projects",
    "models": "/models",
    "usage": "/usage",
    "account": "/account",
    "keys": "/keys",
    "operator": "/operator",
    "signin": "/signin",
    "signup": "/signup",
}
LOOKS = [
    *((theme, language, 1440) for theme in ("dark", "light") for language in ("en", "zh")),
    *(("light", "en", 390), ("dark", "zh", 390)),
]


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
def several(studio, browser, tmp_path_factory):
    """A server with three made-up models beside its own, and workers for two of them."""
    made = Service(tmp_path_factory.mktemp("several"), studio_dir=studio)
    made_up.write(made.folder / "home" / "models")
    made.serve()
    made.run("work", "--model", "plate")
    made.run("work", "--model", "ladder")
    browser.cookies[made.url] = made.cookie()
    yield made
    made.close()


@pytest.fixture
def shared(house, studio, tmp_path):
    """Another server on the same database and storage, where strangers may sign up."""
    home = house.folder / "home"
    places = {"database_url": file_url(home / "vitascope.db"), "storage_url": home / "blobs"}
    made = Service(tmp_path, signup=1, studio_dir=studio, **places)
    made.serve("--workers", 0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def clip(house, tmp_path_factory):
    """A clip of the owner's, and its file."""
    asked = {"prompt": PROMPT, "seconds": "1", "size": "256x256", "seed": SEED}
    video = house.get("/v1/videos", "POST", asked)["id"]
    done = until(lambda: (v := house.video(video))["state"] not in ("queued", "running") and v, "a clip", 300)
    assert done["state"] == "succeeded", done
    file = tmp_path_factory.mktemp("clip") / "clip.mp4"
    file.write_bytes(house.get(f"/v1/videos/{video}/content"))
    return {"id": done["clip_id"], "file": str(file)}


def test_the_first_screen_shows_clips_and_words_to_begin_with(browser, house):
    browser.act("first_screen", house.url)


@pytest.mark.smoke
def test_text_to_video(browser, house):
    browser.act("text_to_video", house.url)


def test_image_to_video(browser, house, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(png(320, 200))
    browser.act("image_to_video", house.url, picture=str(picture))


def test_a_camera_path_and_camera_words(browser, house):
    browser.act("camera_path", house.url)


def test_cancelling_gives_the_credits_back(browser, house):
    browser.act("cancel", house.url)


def test_a_reload_in_the_middle_changes_nothing(browser, house):
    browser.act("reload", house.url)


def test_an_mp4_fills_the_form_again(browser, house, clip):
    browser.act("restore", house.url, clip=clip["file"], prompt=PROMPT, seed=SEED)


def test_the_best_of_two_is_kept(browser, house):
    browser.act("keep_best", house.url)


def test_a_model_is_tried_on_chosen_and_left_again(browser, several):
    browser.act("choose_model", several.url)


def test_who_is_in_the_clip_is_named_and_sent(browser, several, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(png(320, 200))
    browser.act("references", several.url, picture=str(picture))


def test_a_still_is_made_first_and_then_animated(browser, several):
    browser.act("still_first", several.url)


def test_what_is_run_again_costs_what_its_button_says(browser, several):
    browser.act("run_again", several.url)


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("dark", "en", 1440), ("light", "zh", 1440), ("light", "en", 1100), ("dark", "zh", 390)],
)
def test_the_models_to_choose_from_are_good_for_all(browser, several, theme, language, width):
    pages = {"picker": "/", "models": "/models"}
    browser.act("pages", several.url, theme=theme, language=language, width=width, pages=pages)


def test_a_clip_goes_on(browser, house, clip):
    browser.act("extend", house.url, clip=clip["id"])


def test_the_language_is_switched_and_remembered(browser, house):
    browser.act("language", house.url)


def test_a_second_person_sees_nothing_of_the_first_and_leaves_again(browser, shared, clip):
    email = f"mia{time.time_ns()}@example.org"
    browser.act("second_person", shared.url, clip=clip["id"], email=email, password="correct horse battery")


def test_a_library_of_many_clips_costs_what_is_seen_of_it(browser, studio, tmp_path):
    service = Service(tmp_path, studio_dir=studio)
    try:
        service.serve("--workers", 0)
        browser.cookies[service.url] = service.cookie()
        oldest = add_clips(service, 400, png(352, 192, kind="JPEG"))
        browser.act("many_clips", service.url, count=400, oldest=oldest)
    finally:
        service.close()


@pytest.mark.parametrize("onto", ["", "/"], ids=["the path is left", "the path is taken away"])
def test_the_studio_works_behind_a_path_of_a_real_nginx(browser, studio, nginx, tmp_path, onto):
    front = free_port()
    url = f"http://127.0.0.1:{front}/video"
    service = Service(tmp_path, engine="engines:quick", studio_dir=studio, public_url=url, signup=1)
    try:
        service.serve()
        nginx(service.port, "client_max_body_size 100m;", front=front, location="/video/", onto=onto)
        browser.act("behind_a_path", url, email="mia@example.org", password="correct horse battery", direct=service.url)
    finally:
        service.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_clip_with_sound_shows_a_wave_and_plays(browser, house, theme):
    video = "data:video/mp4;base64," + base64.b64encode((CASES / "audio.mp4").read_bytes()).decode()
    asked = {"prompt": PROMPT, "seconds": "0.5", "seed": SEED, "video": video}
    made = house.get("/v1/videos/extensions", "POST", asked)["id"]
    done = until(lambda: (v := house.video(made))["state"] not in ("queued", "running") and v, "a clip", 300)
    assert done["state"] == "succeeded", done
    peaks = house.get(f"/v1/library/{done['clip_id']}/peaks")["peaks"]
    assert len(peaks) == 80
    assert max(peaks) > 0.05
    browser.act("sound", house.url, theme=theme, clip=done["clip_id"])


@pytest.mark.parametrize(("theme", "language", "width"), [pytest.param(*LOOKS[0], marks=pytest.mark.smoke), *LOOKS[1:]])
def test_every_page_is_good_for_all(browser, house, clip, theme, language, width):
    pages = {name: path.format(clip=clip["id"]) for name, path in PAGES.items()}
    browser.act("pages", house.url, theme=theme, language=language, width=width, pages=pages)
