"""HTTP by its own rules: HEAD beside GET, Allow with all methods, entity tags, origins of pages, large numbers."""

import re

import pytest

from doubles import CARD
from processes import LONG
from serving import finished, serving
from vitascope.errors import BadSettings
from vitascope.server import model_aliases
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
    head = client.head("/v1/events", timeout=LONG)
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


NAMES = {  # that the vendors' own SDKs offer while one types, or their guides show, in November 2026
    "openai": ["sora-2", "sora-2-pro", "sora-2-2025-12-08", "sora-2-pro-2025-10-06"],
    "runway": ["gen4.5", "gen4_turbo", "gen3a_turbo", "gen4_aleph", "veo3", "veo3.1", "veo3.1_fast", "act_two"],
    "luma": ["ray-1-6", "ray-2", "ray-flash-2", "photon-1", "photon-flash-1"],
    "gemini": ["veo-2.0-generate-001", "veo-3.0-fast-generate-001", "veo-3.1-generate-preview"],
    "vertex": ["veo-3.1-fast-generate-001"],
    "ark": ["doubao-seedance-1-0-pro-250528", "doubao-seedance-1-5-pro-251215", "seedance-1-0-lite-t2v-250428"],
    "dashscope": ["wan2.5-t2v-preview", "wan2.2-i2v-plus", "wanx2.1-t2v-turbo", "wan2.6-t2v"],
    "kling": ["kling-v1", "kling-v1-6", "kling-v2-1-master", "kling-v2-5-turbo", "kling-v2-6"],
    "minimax": ["MiniMax-Hailuo-02", "MiniMax-Hailuo-2.3-Fast", "T2V-01-Director", "I2V-01-live", "S2V-01"],
    "vidu": ["viduq1", "viduq2-turbo", "viduq3-pro", "vidu2.0", "vidu1.5"],
    "pixverse": ["pixverse-v5", "pixverse-v4.5"],
    "together": ["openai/sora-2", "google/veo-3.0", "ByteDance/Seedance-1.0-pro", "kwaivgI/kling-2.1-master"],
    "openrouter": ["google/veo-3.1", "openai/sora-2-pro", "alibaba/wan-2.6", "x-ai/grok-imagine-video"],
    "replicate": ["wan-video/wan-2.2-t2v-fast", "minimax/hailuo-02", "google/veo-3", "luma/ray", "openai/sora-2"],
    "fal": ["fal-ai/veo3", "fal-ai/kling-video/v2.1/master/text-to-video", "fal-ai/wan/v2.2-a14b/text-to-video"],
    "xai": ["grok-imagine-video"],
    "tencent": ["kling-v2-1", "hunyuan-video", "viduq2"],
}


@pytest.mark.parametrize("dialect", NAMES)
def test_the_names_that_a_vendors_sdk_offers_are_taken(dialect):
    for name in NAMES[dialect]:
        assert model_aliases.resolve(name, [CARD], {}, CARD.name, offered=[CARD], dialect=dialect) is CARD


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


BEHIND = "https://example.org/video"


def test_a_server_behind_a_path_answers_with_it_and_without_it(tmp_path):
    """The proxy may take the path away or leave it; links, cookies and the description tell the address of others."""
    with serving(tmp_path, work=True, public_url=f"{BEHIND}/", signup=1) as running:
        client = running.owner()
        for before in ("", "/video", "//video"):
            assert client.get(f"{before}/v1/models").status_code == 200
            assert client.get(f"{before}/kling/v1/videos/text2video").status_code == 200
            assert client.get(f"{before}/v1/nothing").json()["error"]["message"] == "There is nothing at /v1/nothing."
        assert client.get("/videos/v1/models").status_code == 404
        ordered = client.post("/video/v1/videos", json={"prompt": "a red ball", "seconds": "0"}).json()
        made = finished(client, ordered["id"])
        assert made["url"].startswith(f"{BEHIND}/files/")
        for link in (made["url"].removeprefix("https://example.org"), made["url"].removeprefix(BEHIND)):
            assert running.stranger().get(link).status_code == 200
        assert client.get("/video/openapi.json").json()["servers"] == [{"url": BEHIND}]
        sent = {"email": "mia@example.org", "password": "correct horse battery"}
        answer = running.stranger().post(
            "/video/v1/account/signup", json=sent, headers={"origin": "https://example.org"}
        )
        assert answer.status_code == 201, answer.text
        paths = re.findall(r"(\w+)=[^;]+;.*?[Pp]ath=([^;,]+)", "\n".join(answer.headers.get_list("set-cookie")))
        assert dict(paths) == {"vitascope_session": "/video/", "vitascope_known": "/video/v1/account"}
        dialects = client.get("/v1/dialects").json()["data"]
        assert all(one["base_url"].startswith(BEHIND) for one in dialects)


@pytest.mark.parametrize("wrong", ["https://example.org/v1", "https://example.org/files/here/"])
def test_a_path_of_our_own_is_no_place_for_a_server(tmp_path, wrong):
    with pytest.raises(BadSettings, match="paths of its own"), serving(tmp_path, public_url=wrong):
        pass


@pytest.mark.parametrize(
    "wrong", ["/video", "example.org/video", "https://example.org/a b", "https://example.org//video"]
)
def test_an_address_that_is_none_is_refused(tmp_path, wrong):
    with pytest.raises(BadSettings, match="public_url"), serving(tmp_path, public_url=wrong):
        pass
