"""xAI: its bodies, its answers, how it is told from OpenAI at the same paths, and the same over HTTP."""

import pytest

from serving import finished, until
from vendors import ERRORS, call, view
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.xai import dialect as xai


def asked(**given):
    return xai.parse(call({"model": "grok-imagine-video", "prompt": "a ball", **given}))


def test_a_body():
    one = asked(duration=5, aspect_ratio="9:16", resolution="480p", image={"url": "https://x/a"}, last_frame="b")
    assert (one.seconds, one.size, one.image, one.last_image) == (5.0, (480, 854), "https://x/a", "b")
    bare = asked(image=None, generate_audio="false")
    assert (bare.seconds, bare.aspect, bare.image, bare.notes) == (8.0, "16:9", None, ())
    longer = xai.parse_extension(call({"prompt": "on", "video": {"url": "https://x/a.mp4"}, "duration": 3}))
    assert (longer.extend, longer.seconds) == ("https://x/a.mp4", 3.0)


def test_what_cannot_be_done_or_read_is_refused():
    for given in ({"reference_images": [{"url": "a"}]}, {"reference_audios": [{"voice_id": "a"}]}):
        with pytest.raises(NotSupported):
            asked(**given)
    for given in ({"prompt": ""}, {"image": {"file": "x"}}, {"duration": "soon"}):
        with pytest.raises(BadSpec):
            asked(**given)
    with pytest.raises(BadSpec):
        xai.parse_extension(call({"prompt": "on"}))


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        ("queued", "pending", 202),
        ("running", "pending", 202),
        ("succeeded", "done", 200),
        ("failed", "failed", 200),
        ("cancelled", "failed", 200),
    ],
)
def test_states(state, status, code):
    told = xai.shown(call(), view(UUID, state))
    assert (told.status, told.body["status"]) == (code, status)
    clip = {"url": "http://here/files/ball.mp4", "duration": 1.0, "respect_moderation": True}
    assert told.body.get("video") == (clip if state == "succeeded" else None)
    assert ("error" in told.body) == (status == "failed")


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_in_its_form(status):
    told = xai.fail(ERRORS[status], None)
    assert told.status == (400 if status in (415, 422) else status)
    assert set(told.body) == {"code", "error"}
    assert ERRORS[status].message in told.body["error"]


def done(client, id, prefix=""):
    return until(lambda: (job := client.get(f"{prefix}/v1/videos/{id}").json())["status"] != "pending" and job)


@pytest.mark.parametrize("prefix", ["", "/xai", "/proxy/xai"])
def test_over_http(server, prefix):
    client, place = server.client(server.key()), f"{prefix}/v1/videos"
    id = client.post(f"{place}/generations", json={"prompt": "a ball", "duration": 1}).json()["request_id"]
    first = done(client, id, prefix)
    assert client.get(first["video"]["url"]).content[4:8] == b"ftyp"
    longer = {"prompt": "on", "duration": 1, "video": {"url": first["video"]["url"]}}
    id = client.post(f"{place}/extensions", json=longer).json()["request_id"]
    assert done(client, id, prefix)["video"]["duration"] == 2.0


def test_openai_keeps_the_paths_that_both_have(server):
    client = server.client(server.key())
    video = client.post("/v1/videos", json={"prompt": "a ball", "seconds": "1"}).json()
    assert finished(client, video["id"])["object"] == "video"
    longer = client.post("/v1/videos/extensions", data={"prompt": "on", "seconds": "1", "video[id]": video["id"]})
    assert longer.json()["object"] == "video"
    assert client.post("/v1/videos/edits", json={"prompt": "x", "video": {"id": video["id"]}}).json()["error"]["code"]
    assert client.get("/v1/videos/video_7").json()["error"]["code"] == "not_found"


def test_errors_over_http(server):
    client = server.client(server.key())
    edit = client.post("/v1/videos/edits", json={"prompt": "x", "video": {"url": "https://x/a.mp4"}})
    assert (edit.status_code, "change a given clip" in edit.json()["error"]) == (400, True)
    assert client.post("/v1/videos/generations", json={}).json()["code"] == "Client specified an invalid argument"
    assert client.put("/v1/videos/generations").status_code == 405
    unknown = client.get("/v1/videos/01a20d10-32e0-72d7-85ab-8bf541b0dc71")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "Some requested entity was not found")
    assert server.client("vs_wrong").post("/v1/videos/generations", json={"prompt": "a"}).status_code == 401
