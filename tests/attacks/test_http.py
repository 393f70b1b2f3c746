"""HTTP by its own rules: HEAD beside GET, Allow with all methods, entity tags, origins of pages, large numbers."""

import re

import pytest

from serving import finished, serving
from vitascope.server.files import delivery

SITE = "https://app.example.org"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("http"), work=True) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    return server.client(server.key())


@pytest.fixture(scope="module")
def video(client):
    made = client.post("/v1/videos", json={"prompt": "a red ball", "seconds": "0.5"}).json()
    return finished(client, made["id"])["id"]


def test_head_is_get_without_the_body(client, video):
    paths = [f"/v1/videos/{video}/content", f"/v1/videos/{video}", "/v1/models", "/v1/library", "/healthz", "/docs"]
    for path in [*paths, "/openapi.json", "/v1/account", "/v1/library/export"]:
        got, head = client.get(path), client.head(path)
        assert head.status_code == got.status_code == 200, path
        assert head.content == b"", path
        kinds = ("content-type", "etag", "content-length" if "content" in path else "cache-control")
        assert [head.headers.get(name) for name in kinds] == [got.headers.get(name) for name in kinds], path
    assert client.head("/v1/videos/video_" + "0" * 24).status_code == 404
    assert client.head("/v1/keys/x").status_code == 405


def test_head_of_an_endless_stream_ends(client):
    head = client.head("/v1/events", timeout=5)
    assert head.status_code == 200
    assert head.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/videos", "GET, HEAD, POST"),
        ("PUT", "/v1/videos/x", "DELETE, GET, HEAD"),
        ("TRACE", "/v1/library/x", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/v1/keys/x", "DELETE"),
        ("PATCH", "/v1/tasks/x", "DELETE, GET, HEAD"),
        ("OPTIONS", "/v1/account", "DELETE, GET, HEAD, PATCH"),
    ],
)
def test_405_names_all_methods_of_the_path(client, method, path, allowed):
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert allowed in answer.text


def test_if_none_match_may_be_weak_and_a_list(client, video):
    path = f"/v1/videos/{video}/content"
    etag = client.get(path).headers["etag"]
    for header in (etag, f"W/{etag}", f'"other", W/{etag}', f'{etag}, W/"x"', "*"):
        assert client.get(path, headers={"if-none-match": header}).status_code == 304, header
        assert client.head(path, headers={"if-none-match": header}).status_code == 304, header
    for header in ('"other"', etag.strip('"'), '"*"', ""):
        assert client.get(path, headers={"if-none-match": header}).status_code == 200, header
    assert not delivery.has_already('W/"a"', '"b"')


def test_an_origin_that_is_none_is_a_foreign_one(server):
    for origin in ("http://[", "http://[::1", "null", "://", "http://evil.example"):
        assert server.client().get("/v1/models", headers={"origin": origin}).status_code == 403, origin


def test_no_page_of_elsewhere_reads_answers_unless_the_operator_says_so(server):
    ask = {"origin": SITE, "access-control-request-method": "POST"}
    answer = server.client().options("/v1/videos", headers=ask)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_pages_of_allowed_origins_use_the_api_with_a_key(tmp_path):
    with serving(tmp_path, cors_origins=f"{SITE}, https://b.example") as server:
        client = server.client(server.key())
        ask = {
            "origin": SITE,
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization",
        }
        for path in ("/v1/videos", "/kling/v1/videos/text2video"):
            answer = server.client().options(path, headers=ask)
            assert answer.status_code == 204
            assert answer.headers["access-control-allow-origin"] == SITE
            assert "POST" in answer.headers["access-control-allow-methods"]
            assert "authorization" in answer.headers["access-control-allow-headers"]
        answer = client.get("/v1/models", headers={"origin": SITE})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == SITE
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()
        other = client.get("/v1/models", headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
        assert server.client().get("/v1/models", headers={"origin": SITE}).status_code == 403  # not as the owner


@pytest.mark.parametrize("seed", [2**64 - 1, 2**53 + 1, str(2**64 - 1), 2**32, 10**30])
def test_a_seed_out_of_range_is_told_the_range(client, seed):
    answer = client.post("/v1/videos", json={"prompt": "a ball", "seed": seed})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == "seed"
    assert str(seed) in error["message"]
    assert str(2**32 - 1) in error["hint"] or str(2**64) in error["hint"]


@pytest.mark.parametrize("model", ["veo3.1", "seedance2", "hailuo3", "gen4.5", "gen5_turbo"])
def test_runways_callers_may_ask_for_what_runway_offers(client, model):
    asked = {"model": model, "promptText": "a red ball", "ratio": "1280:720", "duration": 5}
    answer = client.post("/runway/v1/text_to_video", json=asked, headers={"x-runway-version": "2024-11-06"})
    assert answer.status_code == 200, answer.text


def test_an_unknown_model_is_answered_with_what_that_caller_may_use(client):
    asked = {"model": "nothing-9", "promptText": "a red ball", "ratio": "1280:720", "duration": 5}
    answer = client.post("/runway/v1/text_to_video", json=asked, headers={"x-runway-version": "2024-11-06"})
    assert answer.status_code in (400, 404)
    assert "veo*" in answer.text
    assert "sora-2*" not in answer.text
    assert "sora-2*" in client.post("/v1/videos", json={"prompt": "a", "model": "nothing-9"}).text


def test_the_page_of_the_api_works_behind_a_path(client):
    """A proxy at /video/ takes that away before it hands on; whatever the page asks for must then stand below it."""
    page = client.get("/docs").text
    links = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert links
    for link in links:
        assert not link.startswith("/"), link
        assert client.get("/" + link).status_code == 200  # as a browser resolves it from /docs
    assert 'fetch("/' not in client.get("/docs/docs.js").text
