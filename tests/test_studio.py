"""The studio's page from the server: at its own names alone, kept by browsers as long as it may be, under a strict
policy; and what it asks for besides clips: frames, times, neighbours and what the judge saw.
"""

import gzip
import re

import pytest

import engines
import made_up
from serving import finished, serving, until
from vitascope.engines.registry import SHIPPED, Registry
from vitascope.server.routes import studio

PAGE = (
    b'<!doctype html><html data-root="./"><meta property="csp-nonce" nonce="__NONCE__"><div id="root"></div>'
    b'<script src="./assets/index-1a2b3c.js"></script>'
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder as Vite leaves it."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "index.html").write_bytes(PAGE)
    (folder / "assets").mkdir()
    (folder / "assets" / "index-1a2b3c.js").write_text("console.log(1)\n" * 500)
    (folder / "assets" / "inter-4d5e6f.woff2").write_bytes(b"font")
    (folder / "assets" / "hit-7f8a9b.mp4").write_bytes(bytes(range(256)) * 8)
    (folder / "early.js").write_text("// early")
    (folder / "worker.js").write_text("// works behind the page")
    (folder / "secret.txt").write_text("not served")
    return folder


@pytest.fixture(scope="module")
def house(tmp_path_factory, built):
    with serving(tmp_path_factory.mktemp("house"), studio_dir=built) as served:
        yield served


@pytest.fixture
def client(house):
    return house.client()


@pytest.mark.parametrize("path", studio.PAGES)
def test_every_page_of_the_studio_is_the_one_page(client, path):
    answer = client.get(path.replace("{id}", "clip_1"), headers={"accept-encoding": "identity"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("public_url", "root"), [("", "/"), ("https://example.org/a/video/", "/a/video/")])
def test_what_the_page_refers_to_lies_below_its_path_wherever_it_is_opened(tmp_path, built, public_url, root):
    with serving(tmp_path, studio_dir=built, public_url=public_url) as served:
        for page in ("/", "/library/clip_1", "/nothing/of/this/name"):
            html = served.stranger().get(page, headers={"accept": "text/html"}).text
            assert f'data-root="{root}"' in html
            assert f'src="{root}assets/index-1a2b3c.js"' in html
            assert served.stranger().get(f"{root}assets/index-1a2b3c.js").status_code == 200


def test_its_policy_allows_its_own_files_and_styles_with_this_answers_nonce(client):
    first, second = client.get("/"), client.get("/")
    policy = dict(part.split(" ", 1) for part in first.headers["content-security-policy"].split("; "))
    nonce = re.search(r'nonce="([\w-]{20,})"', first.text)[1]
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == f"'self' 'nonce-{nonce}'"
    assert "unsafe" not in first.headers["content-security-policy"]
    assert nonce not in second.text
    assert first.headers["x-content-type-options"] == "nosniff"


def test_the_worker_behind_the_page_may_fetch_its_files(client):
    """A worker is held to the policy of its own file."""
    assert "connect-src 'self'" in client.get("/worker.js").headers["content-security-policy"]


def test_hashed_files_are_kept_for_ever_and_packed(client):
    answer = client.get("/assets/index-1a2b3c.js", headers={"accept-encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/javascript")
    plain = client.get("/assets/index-1a2b3c.js", headers={"accept-encoding": "identity"})
    assert plain.text == answer.text
    assert "content-encoding" not in plain.headers
    assert len(gzip.compress(plain.content)) < len(plain.content) / 10
    assert client.get("/assets/inter-4d5e6f.woff2").headers["content-type"] == "font/woff2"
    assert client.head("/assets/index-1a2b3c.js").status_code == 200
    assert client.get("/early.js").headers["cache-control"] == "no-cache"


def test_example_clips_are_given_in_parts(client):
    """Safari plays no video that is not."""
    whole = client.get("/assets/hit-7f8a9b.mp4")
    assert (whole.status_code, whole.headers["content-type"], len(whole.content)) == (200, "video/mp4", 2048)
    assert whole.headers["accept-ranges"] == "bytes"
    assert "immutable" in whole.headers["cache-control"]
    part = client.get("/assets/hit-7f8a9b.mp4", headers={"range": "bytes=0-1"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"\x00\x01", "bytes 0-1/2048")
    assert client.head("/assets/hit-7f8a9b.mp4").headers["content-length"] == "2048"
    assert client.get("/assets/other-7f8a9b.mp4").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/secret.txt", "/assets/missing.js", "/assets/..%2findex.html", "/assets/%2e%2e/index.html", "/library.json"],
)
def test_nothing_else_of_the_folder_is_served(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"]


def test_no_path_of_the_api_is_answered_with_the_page(client):
    for path in ("/v1", "/v1/nothing", "/v2/videos", "/models/x", "/docs/x.css", "/kling/v1/videos/none"):
        answer = client.get(path)
        assert not answer.headers["content-type"].startswith("text/html") or path.startswith("/docs"), path
    assert client.post("/library").status_code == 405


def test_an_address_of_no_page_is_told_in_words_to_who_reads_pages(client):
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = client.get("/nonsense/7", headers=browser)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert client.get("/nonsense/7").json()["error"]["message"] == "There is nothing at /nonsense/7."
    for path in ("/v1/nonsense", "/assets/none-1a2b3c.js"):
        assert client.get(path, headers=browser).headers["content-type"] == "application/json"
    assert client.post("/nonsense", headers=browser).headers["content-type"] == "application/json"


def test_clips_of_another_public_name_may_be_shown(tmp_path, built):
    with serving(tmp_path, studio_dir=built, public_url="https://clips.example.org/vita") as house:
        policy = house.client().get("/").headers["content-security-policy"]
    assert "media-src 'self' https://clips.example.org blob:" in policy


def test_a_page_that_is_not_built_says_what_to_do(tmp_path):
    with serving(tmp_path, studio_dir=tmp_path / "nowhere") as house:
        answer = house.client().get("/library")
    assert answer.status_code == 503
    assert "make studio" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("work"), work=True) as served:
        yield served


def made(client, prompt="a red ball on snow", **more):
    answer = client.post("/v1/videos", json={"prompt": prompt, "seconds": "1", "size": "256x256", **more})
    assert answer.status_code == 200, answer.text
    return finished(client, answer.json()["id"])


def test_a_clip_says_how_it_was_made_and_shows_its_frames(work):
    client = work.client(work.key())
    video = made(client, seed=3, steps=2)
    clip = client.get(f"/v1/library/{video['clip_id']}").json()
    assert (clip["mode"], clip["steps"], clip["draft"], clip["credits"]) == ("text", 2, False, video["credits"])
    assert clip["batch_id"] == video["batch_id"]
    for at in ("first", "last", "0.5"):
        answer = client.get(f"/v1/library/{clip['id']}/frame", params={"at": at})
        assert answer.headers["content-type"] == "image/png", answer.text
    wrong = client.get(f"/v1/library/{clip['id']}/frame", params={"at": "9"})
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "at")
    last = {"clip_id": clip["id"], "at": "last"}
    follows = made(client, "a blue ball", input_reference=last)
    assert (follows["mode"], follows["given"]) == ("image", ["first"])
    given = client.get(f"/v1/videos/{follows['id']}/given")
    assert given.headers["content-type"] == "image/png"
    assert client.get(f"/v1/videos/{follows['id']}/given?which=last").status_code == 404
    other = work.client(work.key())
    assert other.get(f"/v1/library/{clip['id']}/frame").status_code == 404
    assert other.get(f"/v1/library/{clip['id']}/score").status_code == 404
    assert other.get(f"/v1/videos/{follows['id']}/given").status_code == 404


def test_a_library_is_found_by_meaning_in_either_language(work):
    client = work.client(work.key())
    chinese = made(client, "一个红色的球在雪地上弹跳")["clip_id"]
    english = made(client, "a blue cube spins on grass at sunset, camera orbit left")["clip_id"]

    def found(**asked):
        return [clip["id"] for clip in client.get("/v1/library", params=asked).json()["data"]]

    assert found(ground="snow") == found(colour="red", thing="ball") == found(ground="雪地") == [chinese]
    assert found(camera="orbit") == found(sky="sunset") == [english]
    assert found(ground=["snow", "grass"]) == []
    assert found(order="asc") == [chinese, english]
    assert found(still=True) == found(relation="remix") == found(since=4e9) == []
    assert found(q="a red ball bounces on snow") == found(q="red snow") == [chinese]
    assert found(q="草地上旋转的蓝色立方体") == [english]
    counts = client.get("/v1/library/count", params={"q": "草地上旋转的蓝色立方体"}).json()
    assert (counts["clips"], counts["found"]) == (2, 1)
    near = client.get("/v1/library/near", params={"q": "a red ball bounces on sand"}).json()["data"]
    assert [clip["id"] for clip in near] == [chinese]
    for exact in ("blue cube grass", "草地上旋转的蓝色立方体"):
        near = client.get("/v1/library/near", params={"q": exact}).json()["data"]
        assert english not in [clip["id"] for clip in near]  # a search finds it


def test_times_are_measured_and_not_known_before(work, tmp_path):
    with serving(tmp_path) as fresh:
        quote = fresh.client().post("/v1/quote", json={"prompt": "a ball"}).json()
        assert quote["run_seconds"] is quote["wait_seconds"] is None
    client = work.client(work.key())
    made(client)
    short, long = (
        until(lambda s=seconds: client.post("/v1/quote", json={"prompt": "x", "seconds": s}).json()["run_seconds"])
        for seconds in (1, 4)
    )
    assert 0 < short < long
    assert client.post("/v1/quote", json={"prompt": "x"}).json()["wait_seconds"] is not None


def test_an_order_costs_no_more_than_the_button_showed(work):
    client = work.client(work.key())
    asked = {"prompt": "a red ball", "seconds": 2}
    shown = client.post("/v1/quote", json=asked).json()["credits"]
    dearer = client.post("/v1/videos", json={**asked, "n": 2, "max_credits": shown})
    assert (dearer.status_code, dearer.json()["error"]["code"]) == (409, "price_too_high")
    assert client.post("/v1/videos", json={**asked, "max_credits": shown}).json()["credits"] == shown


def test_a_draft_says_what_finishing_costs_and_a_quote_says_the_same(work):
    client = work.client(work.key())
    draft = made(client, draft=True, steps=8)
    asked = {"again": draft["id"], "relation": "finish"}
    assert draft["finish_credits"] == client.post("/v1/quote", json=asked).json()["credits"]
    done = client.post(f"/v1/videos/{draft['id']}/finish").json()
    assert done["credits"] == draft["finish_credits"]
    assert finished(client, done["id"])["charged"] == done["credits"]


def test_what_was_cancelled_can_be_run_again(tmp_path):
    with serving(tmp_path) as house:
        client = house.client()
        video = client.post("/v1/videos", json={"prompt": "a ball", "seed": 5}).json()
        assert client.post(f"/v1/videos/{video['id']}/rerun").status_code == 409
        assert client.post(f"/v1/videos/{video['id']}/cancel").json()["charged"] == 0
        again = client.post(f"/v1/videos/{video['id']}/rerun", json={"seed": 5}).json()
        assert (again["state"], again["seed"], again["prompt"]) == ("queued", 5, "a ball")


def test_projects_show_their_newest_clips(work):
    client = work.client(work.key())
    project = client.post("/v1/library/projects", json={"name": "snow"}).json()
    assert project["covers"] == []
    for _ in range(2):
        made(client, project=project["id"])
    (shown,) = client.get("/v1/library/projects").json()["data"]
    assert len(shown["covers"]) == 2
    assert client.get(shown["covers"][0]).headers["content-type"] == "image/jpeg"


@pytest.mark.slow
def test_the_judge_looks_at_a_clip_and_ranks_takes(work):
    client = work.client(work.key())
    video = made(client, n=2, seconds="3")
    others = client.get("/v1/videos", params={"batch_id": video["batch_id"]}).json()["data"]
    assert len(others) == 2
    clips = [finished(client, other["id"])["clip_id"] for other in others]

    def score(clip):
        found = client.get(f"/v1/library/{clip}/score").json()
        return found if found["state"] != "waiting" else None

    scores = {clip: until(lambda clip=clip: score(clip)) for clip in clips}
    for found in scores.values():  # a drawn disc on nothing: whatever the judge makes of it, it says what was asked
        assert found["state"] == "measured", found
        told = {line["key"] for line in found["lines"]} | {one["key"] for one in found["not_measured"]}
        assert told == {"colour", "shape", "ground"}
        share = None if found["not_measured"] else pytest.approx(100 * found["right"] / found["of"], abs=0.1)
        assert found["overall"] == share  # a disc that may be a ball or a cube has no score
    ranking = client.get("/v1/library/best", params={"batch_id": video["batch_id"]}).json()
    marks = [found["overall"] for found in ranking["scores"]]
    known = [mark for mark in marks if mark is not None]
    assert known == sorted(known, reverse=True)
    assert (ranking["best"] is None) == (None in marks or marks[0] == marks[1])
    kinds = {event["type"] for event in events(client, clips)}
    assert "clip.scored" in kinds
    still = made(client, seconds="0")
    assert until(lambda: score(still["clip_id"]))["reason"] == "still"


def events(client, clips):
    """All that was told of these clips."""
    import json

    with client.stream("GET", "/v1/events", headers={"last-event-id": "0"}) as stream:
        told = []
        for line in stream.iter_lines():
            if line.startswith("data: "):
                told.append(json.loads(line[6:]))
                if {event.get("clip_id") for event in told if event["type"] == "clip.scored"} >= set(clips):
                    return told
    return told


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """A server with the built-in model's card and three made-up ones, and a worker for one of them."""
    folder = tmp_path_factory.mktemp("several")
    models = Registry((SHIPPED, made_up.write(folder / "models")))
    with serving(folder, models=models, work=True, engine=engines.made_up(models.card("ladder"), {})) as served:
        yield served


def test_a_list_of_models_says_all_that_a_choice_needs(several):
    client = several.client(several.key())
    models = {one["id"]: one for one in client.get("/v1/models").json()["data"]}
    assert [name for name, one in models.items() if one["default"]] == ["vitascope-nano"]
    assert [name for name, one in models.items() if "reader" in one["hooks"]] == ["vitascope-nano"]
    assert {name for name, one in models.items() if one["served"]} == {"ladder"}
    murmur, plate = models["murmur"], models["plate"]
    assert (murmur["sound"], murmur["references"], murmur["presets"]) == ("optional", {"image": 4}, ["fast", "best"])
    assert (murmur["needs"], murmur["gigabytes"], murmur["usual_seconds"]) == ("cuda", 22, None)
    assert murmur["licence_terms"]["excluded"] == ["EU", "GB", "KR"]
    assert (plate["modes"], plate["format"]["max_seconds"], plate["needs"]) == (["text", "still"], 0, "cpu")
    made(client, model="ladder", seconds=3, size="352x192")
    usual = until(lambda: client.get("/v1/models/ladder").json()["usual_seconds"])
    assert 0 < usual < 60


def test_quotes_are_those_of_each_alone_and_one_fault_spoils_no_other(several):
    client = several.client(several.key())
    asked = [
        {"prompt": "a ball", "model": "ladder", "seconds": 3},
        {"prompt": "a ball", "model": "murmur", "seconds": 9},
        {"prompt": "a ball", "model": "nobody"},
        {"prompt": "a ball", "model": "plate", "seconds": 0},
    ]
    ladder, murmur, nobody, plate = client.post("/v1/quotes", json={"quotes": asked}).json()["data"]
    for found, one in ((ladder, asked[0]), (plate, asked[3])):
        assert found["error"] is None
        alone = client.post("/v1/quote", json=one).json()
        for name in ("credits", "lines", "size", "seconds", "notes", "model"):  # times are measured anew
            assert found["quote"][name] == alone[name]
    assert (ladder["quote"]["credits"], ladder["quote"]["size"]) == (0.3, "352x192")
    assert plate["quote"]["credits"] == 0.5  # of the standard size class
    assert (murmur["quote"], murmur["error"]["param"]) == (None, "seconds")
    assert nobody["error"]["code"] == "unknown_model"
    for wrong in ([], asked * 26):
        assert client.post("/v1/quotes", json={"quotes": wrong}).status_code == 422


def test_what_is_run_again_costs_no_more_than_was_shown(several):
    client = several.client(several.key())
    video = made(client, model="ladder", seconds=3, size="352x192")
    shown = client.post("/v1/quote", json={"again": video["id"], "relation": "rerun"}).json()["credits"]
    path = f"/v1/videos/{video['id']}/rerun"
    refused = client.post(path, json={"max_credits": shown - 0.01})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "price_too_high")
    assert client.post(path, json={"max_credits": shown}).json()["credits"] == shown
