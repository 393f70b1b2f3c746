"""OpenRouter: its bodies, its answers, and the same over HTTP."""

import json

import pytest

from serving import until
from vendors import ERRORS, REFUSED, UNKNOWN, T, call, view
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.api import Earlier
from vitascope.vendors.callback import Secrets
from vitascope.vendors.openrouter import dialect as openrouter

SKIN = openrouter.DIALECT.skin
FRAME = {"type": "image_url", "image_url": {"url": "https://x/a.png"}, "frame_type": "first_frame"}


def asked(**given):
    return openrouter.parse(call({"model": "google/veo-3.1", "prompt": "a ball", **given}))


def test_a_body():
    one = asked(duration="5", resolution="1080p", aspect_ratio="9:16", seed=3, callback_url="https://x/h", provider={})
    assert (one.seconds, one.size, one.seed, one.callback_url) == (5.0, (1080, 1920), 3, "https://x/h")
    assert asked(size="1280x720").size == (1280, 720)
    frames = asked(frame_images=[FRAME, {**FRAME, "frame_type": "last_frame"}])
    assert (frames.image, frames.last_image) == ("https://x/a.png", "https://x/a.png")
    assert asked(previous_job_id="gen-vid-7").extend == Earlier("gen-vid-7")
    assert asked(duration=None, frame_images=None, seed=-1).seed is None


@pytest.mark.parametrize(
    "given", [{"input_references": [FRAME]}, {"upscale_factor": 2}, {"input_references": [{"type": "audio_url"}]}]
)
def test_what_cannot_be_done_is_refused(given):
    with pytest.raises(NotSupported):
        asked(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"prompt": ""},
        {"frame_images": [FRAME, FRAME]},
        {"frame_images": [{**FRAME, "frame_type": "middle"}]},
        {"frame_images": "x"},
        {"frame_images": [{"frame_type": "first_frame"}]},
        {"previous_job_id": "x", "frame_images": [FRAME]},
    ],
)
def test_nonsense_is_refused(given):
    with pytest.raises(BadSpec):
        asked(**given)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("queued", "pending"),
        ("running", "in_progress"),
        ("succeeded", "completed"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
    ],
)
def test_states(state, status):
    told = openrouter.generation(call(), view(SKIN, state, expires=T + 9))
    assert (told["status"], told["polling_url"]) == (status, f"http://here/api/v1/videos/{told['id']}")
    assert told["id"].startswith("gen-vid-")
    if state == "succeeded":
        assert told["unsigned_urls"] == [f"{told['polling_url']}/content?index=0"]
        assert (told["urls"], told["usage"]["cost"], told["expires_at"]) == (["http://here/files/ball.mp4"], 2.0, T + 9)
    assert ("error" in told) == (state in ("failed", "cancelled"))


def test_callbacks_are_the_job():
    sent = openrouter.write(view(SKIN, "failed"), "failed", Secrets("whsec_azE=", "", b""), "msg", T)
    assert json.loads(sent.body)["error"] == "It broke. Try again."
    assert sent.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_in_its_form(status):
    told = openrouter.fail(ERRORS[status], None)
    assert told.status == told.body["error"]["code"] == (400 if status in (415, 422) else status)
    assert ERRORS[status].message in told.body["error"]["message"]


def test_a_rule_that_refuses_is_moderation():
    told = openrouter.fail(REFUSED, None)
    assert (told.status, told.body["error"]["metadata"]["reasons"]) == (403, ["no-blood"])
    assert openrouter.fail(UNKNOWN, None).status == 404


@pytest.mark.parametrize("prefix", ["", "/openrouter"])
def test_over_http(server, prefix):
    client = server.client(server.key())
    made = client.post(f"{prefix}/api/v1/videos", json={"model": "google/veo-3.1", "prompt": "a ball", "duration": 1})
    assert made.status_code == 202
    done = until(lambda: (job := client.get(made.json()["polling_url"]).json())["status"] == "completed" and job)
    content = client.get(done["unsigned_urls"][0])
    assert (content.headers["content-type"], content.content) == ("video/mp4", client.get(done["urls"][0]).content)


def test_errors_over_http(server):
    client = server.client(server.key())
    early = client.post("/api/v1/videos", json={"prompt": "a ball", "duration": 60}).json()
    assert client.get(f"{early['polling_url']}/content").json()["error"]["code"] == 409
    assert client.post("/api/v1/videos", json={"prompt": ""}).json()["error"]["metadata"]["field"] == "prompt"
    assert client.get("/api/v1/videos/gen-vid-7").json()["error"]["code"] == 404
    assert client.delete("/api/v1/videos").json()["error"]["code"] == 405
    assert server.client("vs_wrong").get("/api/v1/videos/x").json()["error"]["code"] == 401
    assert client.get("/api/v1/videos/models").json()["data"][0]["id"] == "vitascope-nano"
