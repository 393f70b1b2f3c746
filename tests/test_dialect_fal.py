"""fal's queue: what its arguments mean, what its answers say, its webhooks, and the same over HTTP."""

import base64
import json
import sys
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from serving import png, until
from vendors import ERRORS, FIELD, PICTURE, REFUSED, UNKNOWN, T, call, receiving, view
from vitascope.errors import BadSpec, NotSupported
from vitascope.vendors.callback import Secrets
from vitascope.vendors.fal import dialect as fal
from vitascope.vendors.id_formats import UUID
from vitascope.vendors.view import Fault

APP = "/fal-ai/wan/v2.2-a14b/text-to-video"
PARAMS = {"owner": "fal-ai", "app": "wan/v2.2-a14b/text-to-video"}
SECRETS = Secrets("whsec_", "ab" * 32, b"s" * 32)


def asked(app="wan/v2.2-a14b/text-to-video", query=None, **given):
    arguments = {"prompt": "a ball", **given}
    return fal.parse(call(arguments, params={"owner": "fal-ai", "app": app}, query=query or {}))


def test_arguments_in_the_names_of_several_models():
    kling = asked("kling-video/v2.1/pro/image-to-video", duration="5", image_url="https://x/a", tail_image_url="b")
    assert (kling.model, kling.seconds) == ("fal-ai/kling-video/v2.1/pro/image-to-video", 5.0)
    assert (kling.image, kling.last_image, kling.operation) == ("https://x/a", "b", "image to video")
    wan = asked(num_frames=81, frames_per_second=16, resolution="720p", aspect_ratio="9:16", seed="3")
    assert (wan.seconds, wan.size, wan.seed) == (5.0, (720, 1280), 3)
    veo = asked("veo3.1/extend-video", video_url="https://x/a.mp4", duration="8s", aspect_ratio="auto")
    assert (veo.extend, veo.seconds, veo.operation) == ("https://x/a.mp4", 8.0, "extend")
    assert asked(query={"fal_webhook": "https://x/hook"}).callback_url == "https://x/hook"


def test_pictures_of_a_model_for_pictures():
    flux = asked("flux/dev", image_size="landscape_16_9", num_images=2)
    assert (flux.still, flux.size, flux.n) == (True, (1024, 576), 2)
    assert asked("flux/dev", image_size={"width": 512, "height": 256}).size == (512, 256)
    with pytest.raises(NotSupported):
        asked("flux/dev/image-to-image", image_url="https://x/a.png")


@pytest.mark.parametrize(
    "app",
    ["luma/ray-2/modify", "sync-lipsync/lipsync", "kling-video/v2/elements", "topaz/upscale", "x/reference-to-video"],
)
def test_models_that_do_what_none_here_can_are_refused(app):
    with pytest.raises(NotSupported):
        asked(app)


@pytest.mark.parametrize(
    "given", [{"audio_url": "x"}, {"loras": [{"path": "x"}]}, {"video_url": "x"}, {"image_urls": ["a", "b"]}]
)
def test_what_would_change_the_result_is_refused(given):
    with pytest.raises(NotSupported):
        asked(**given)


@pytest.mark.parametrize(
    "given", [{"prompt": ""}, {"duration": "soon"}, {"resolution": "huge"}, {"width": -1, "height": 9}]
)
def test_nonsense_is_refused_with_its_field(given):
    with pytest.raises(BadSpec) as refused:
        asked(**given)
    assert refused.value.field in ("prompt", "duration", "resolution", "width")


def test_cameras_in_every_makers_way():
    kling = "kling-video/v1/standard/text-to-video"
    assert asked(kling, camera_control="down_back").camera.points
    axis = {"movement_type": "horizontal", "movement_value": 5}
    assert asked(kling, advanced_camera_control=axis).camera.points
    hailuo = asked("minimax/video-01-director", prompt="a ball [Push in]")
    assert (hailuo.prompt, hailuo.camera.words) == ("a ball", "push in")
    assert asked("ltx-2/text-to-video", camera_motion="dolly_in").camera.words == "push in"
    assert asked("pixverse/v4/text-to-video", camera_movement="crane_up").camera.words == "crane up"
    assert asked("luma-dream-machine/ray-2", concepts=[{"key": "push_in"}]).camera.words == "push in"
    for app, given in (("ltx-2", {"camera_motion": "focus_shift"}), ("luma/ray", {"concepts": ["aerial", "push_in"]})):
        with pytest.raises(NotSupported):
            asked(app, **given)
    assert asked(kling, cfg_scale=0.8).guidance == 1.6


def test_what_may_be_left_out_is():
    plain = asked(enable_safety_checker=False, image_url=None, negative_prompt="", cfg_scale=0.5)
    assert plain.image is None
    assert len(plain.notes) == 1  # no cfg_scale
    assert plain.echo["enable_safety_checker"] is False


def test_addresses_have_owner_and_app_alone():
    told = fal.submitted(call(params=PARAMS), view(UUID)).body
    id = view(UUID).handle
    assert told["status_url"] == f"http://here/fal-ai/wan/requests/{id}/status"
    assert (told["request_id"], told["status"], told["queue_position"]) == (id, "IN_QUEUE", 2)
    assert fal.short_app("workflows/me/mine/x") == "workflows/me/mine"


def test_states():
    here = call(params=PARAMS, query={"logs": "True"})
    assert fal.status(here, view(UUID, "running")).body["status"] == "IN_PROGRESS"
    done = fal.status(here, view(UUID, "succeeded", notes=("smaller",))).body
    assert (done["status"], done["metrics"]["inference_time"]) == ("COMPLETED", 2.0)
    assert done["logs"][0]["message"] == "smaller"
    failed = fal.status(here, view(UUID, "failed")).body
    assert (failed["status"], failed["error"], failed["error_type"]) == (
        "COMPLETED", "It broke.", "internal_server_error",
    )  # fmt: skip


def test_results():
    here = call(params=PARAMS)
    assert fal.result(here, view(UUID, "queued")).status == 400
    good = fal.result(here, view(UUID, "succeeded")).body
    assert (good["video"]["url"], good["video"]["file_size"], good["seed"]) == ("http://here/files/ball.mp4", 1000, 7)
    still = fal.result(here, view(UUID, "succeeded", is_still=True)).body
    assert still["images"][0]["url"] == "http://here/files/first.png"
    assert fal.result(here, view(UUID, "failed")).status == 500
    assert fal.result(here, view(UUID, "cancelled")).status == 499
    blocked = fal.result(here, view(UUID, "failed", error=Fault("safety_output", "policy_refused", "Refused.")))
    assert (blocked.status, blocked.body["detail"][0]["type"]) == (422, "content_policy_violation")


def test_cancelling():
    assert fal.cancelled(call(), view(UUID, "cancelled")).body == {"status": "CANCELLATION_REQUESTED"}
    assert fal.cancelled(call(), view(UUID, "succeeded")).status == 400


def test_webhooks_are_signed_so_that_the_published_key_can_check_them():
    sent = fal.write(view(UUID, "succeeded"), "succeeded", SECRETS, "msg", T)
    told, headers = json.loads(sent.body), sent.headers
    assert (told["status"], told["payload"]["video"]["content_type"]) == ("OK", "video/mp4")
    ids = (headers[f"X-Fal-Webhook-{name}"] for name in ("Request-Id", "User-Id", "Timestamp"))
    covered = "\n".join([*ids, sha256(sent.body).hexdigest()]).encode()
    published = fal.keys(call(), SECRETS).body["keys"][0]
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(published["x"] + "="))
    assert key == Ed25519PrivateKey.from_private_bytes(SECRETS.seed).public_key()
    key.verify(bytes.fromhex(headers["X-Fal-Webhook-Signature"]), covered)
    with pytest.raises(InvalidSignature):
        key.verify(bytes.fromhex(headers["X-Fal-Webhook-Signature"]), covered + b"x")
    failed = json.loads(fal.write(view(UUID, "failed"), "failed", SECRETS, "msg", T).body)
    assert (failed["status"], failed["error"]) == ("ERROR", "It broke.")


def test_without_cryptography_a_signed_callback_is_refused_with_the_command_that_installs_it(monkeypatch, client):
    monkeypatch.setitem(sys.modules, Ed25519PrivateKey.__module__, None)
    asked = {"prompt": "a ball", "duration": 1}
    refused = client.post(APP + "?fal_webhook=https://example.org/told", json=asked)
    assert (refused.status_code, refused.json()["error_type"]) == (501, "feature_not_supported")
    assert "pip install 'vitascope[callbacks]'" in refused.json()["detail"]
    assert client.get("/fal/.well-known/jwks.json").status_code == 501
    assert client.post(APP, json=asked).status_code == 200  # without a callback nothing need be signed


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_in_fals_form(status):
    told = fal.fail(ERRORS[status], None)
    assert told.status == (422 if status == 400 else status)
    assert told.headers["x-fal-error-type"]
    words = told.body["detail"]
    assert ERRORS[status].message in (words if isinstance(words, str) else words[0]["msg"])


def test_errors_of_inputs_have_a_place_and_a_type():
    assert fal.fail(FIELD, None).body["detail"][0]["loc"] == ["body", "seed"]
    assert fal.fail(REFUSED, None).body["detail"][0]["type"] == "content_policy_violation"
    assert fal.fail(PICTURE, None).body["detail"][0]["type"] == "image_load_error"
    assert fal.fail(UNKNOWN, None).body["error_type"] == "app_not_found"


@pytest.fixture(scope="module")
def server(calling_server):
    return calling_server


@pytest.fixture
def receiver():
    with receiving() as (url, came):
        yield url, came


@pytest.fixture
def client(server):
    client = server.client()
    client.headers["authorization"] = f"Key {server.key()}"
    return client


def completed(client, made):
    return until(lambda: client.get(made["status_url"]).json()["status"] == "COMPLETED")


@pytest.mark.parametrize("prefix", ["", "/fal"])
def test_submit_poll_and_get(client, prefix):
    made = client.post(prefix + APP, json={"prompt": "a ball", "num_frames": 17}).json()
    assert made["status_url"].startswith(f"{client.base_url}{prefix}/fal-ai/wan/requests/".replace("//fal", "/fal"))
    assert completed(client, made)
    result = client.get(made["response_url"]).json()
    assert client.get(result["video"]["url"]).content[4:8] == b"ftyp"
    long = f"{prefix}{APP}/requests/{made['request_id']}"  # what some ask for, and the real one does not know
    assert client.get(long).json()["seed"] == result["seed"]


def test_the_synchronous_call_and_the_stream(client):
    assert client.post(f"/fal/run{APP}", json={"prompt": "a ball", "duration": 1}).json()["video"]["num_frames"] == 17
    made = client.post(APP, json={"prompt": "a ball", "duration": 1}).json()
    with client.stream("GET", made["status_url"] + "/stream") as lines:
        told = [json.loads(line[6:]) for line in lines.iter_lines() if line]
    assert told[-1]["status"] == "COMPLETED"


def test_the_webhook_comes_signed(client, receiver):
    url, came = receiver
    made = client.post(APP, params={"fal_webhook": url}, json={"prompt": "a ball", "duration": 1}).json()
    headers, body = until(lambda: came and came[-1])
    told, public = json.loads(body), client.get("/fal/.well-known/jwks.json").json()["keys"][0]["x"]
    assert (told["request_id"], told["status"]) == (made["request_id"], "OK")
    assert client.get(told["payload"]["video"]["url"]).content[4:8] == b"ftyp"
    ids = (headers[f"X-Fal-Webhook-{name}"] for name in ("Request-Id", "User-Id", "Timestamp"))
    covered = "\n".join([*ids, sha256(body).hexdigest()]).encode()
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(public + "="))
    key.verify(bytes.fromhex(headers["X-Fal-Webhook-Signature"]), covered)


def test_cancel(client):
    made = client.post(APP, json={"prompt": "a ball", "duration": 60}).json()
    assert client.put(made["cancel_url"]).json() == {"status": "CANCELLATION_REQUESTED"}
    assert completed(client, made)
    assert client.get(made["response_url"]).json()["error_type"] == "client_cancelled"


def test_storage(client):
    told = client.post("/storage/upload/initiate?storage_type=gcs", json={"file_name": "a.png"}).json()
    assert client.put(told["upload_url"], content=png(), headers={"content-type": "image/png"}).status_code == 200
    token = client.post("/fal/storage/auth/token?storage_type=fal-cdn-v3", json={}).json()
    bearer = {"authorization": f"{token['token_type']} {token['token']}", "content-type": "image/png"}
    second = client.post("/fal/files/upload", content=png(), headers=bearer).json()["access_url"]
    body = {"prompt": "a ball", "duration": 1, "image_url": told["file_url"], "end_image_url": second}
    made = client.post(APP, json=body).json()
    assert completed(client, made)
    assert "video" in client.get(made["response_url"]).json()


def test_a_strangers_path_stays_the_houses(server, client):
    """Only callers with fal's kind of key speak fal at the root, and no path of another house is a model's."""
    assert "error" in server.client(server.key()).post("/fal-ai/wan", json={}).json()
    assert client.post("/v1/videos", json={"prompt": "a ball"}).json()["object"] == "video"
    assert client.post("/v1/nothing/here", json={}).json()["error"]["code"] == "not_found"


def test_errors_over_http(server, client):
    assert client.post(APP, json={}).json()["detail"][0]["loc"] == ["body", "prompt"]
    assert client.post(APP, content=b"{").status_code == 422
    assert client.post("/nobody/nothing", json={"prompt": "a"}).json()["error_type"] == "app_not_found"
    unknown = client.get("/fal-ai/wan/requests/01a20d10-32e0-72d7-85ab-8bf541b0dc71")
    assert (unknown.status_code, unknown.json()["error_type"]) == (404, "not_found")
    assert client.get("/fal/fal-ai/wan/requests/7/status").status_code == 404
    wrong = server.client()
    wrong.headers["authorization"] = "Key vs_wrong"
    assert wrong.post(APP, json={"prompt": "a"}).json()["error_type"] == "unauthorized"


def test_the_public_key_asks_for_no_key(server):
    assert server.client().get("/fal/.well-known/jwks.json").json()["keys"][0]["crv"] == "Ed25519"
