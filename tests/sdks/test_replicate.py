"""Replicate's SDK: `run` and its waiting, polling, files among the inputs, cancelling, listing, errors, callbacks."""

import time

from serving import png, until
from vendors import view
from vitascope.media import recipe, video
from vitascope.vendors.callback import Secrets
from vitascope.vendors.id_formats import HEX
from vitascope.vendors.replicate import dialect as replicate

SDK = "replicate"
PROMPT = "a large red ball bounces on snow"


def test_run_waits_and_its_output_can_be_read(speak, tmp_path):
    url = speak("run", to=str(tmp_path / "ball.mp4"), prompt=PROMPT, duration=1, aspect_ratio="16:9", seed=7)
    assert url.startswith("http://127.0.0.1:")
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 352, 192)
    assert recipe.read(tmp_path / "ball.mp4").spec.seed == 7


def test_run_with_a_version_asks_for_the_version_too(speak, tmp_path):
    speak("run", to=str(tmp_path / "ball.mp4"), version="5b8f" * 16, prompt=PROMPT, num_frames=17, fps=16)
    assert video.probe(tmp_path / "ball.mp4").frames == 17


def test_polling_sees_where_it_is(speak):
    done = speak("poll", prompt=PROMPT, duration=1)
    assert (done["status"], done["model"], done["part"]) == ("succeeded", "wan-video/wan-2.2-t2v-fast", 1.0)
    assert done["output"].split("?")[0].endswith(".mp4")
    assert set(done["seen"]) <= {"starting", "processing", "succeeded"}
    assert (done["input"], done["error"]) == ({"prompt": PROMPT, "duration": 1}, None)


def test_a_file_among_the_inputs_is_the_first_picture(speak):
    done = speak("from_a_file", prompt=PROMPT, duration=1, png=png(128, 128).hex())
    assert done["status"] == "succeeded", done["error"]
    assert "/uploads/" in done["input"]["image"]


def test_cancel_get_and_list(speak):
    ids = [speak("create", prompt=PROMPT, duration=30)["id"] for _ in range(2)]
    assert speak("listed") == ids[::-1]
    speak("cancel", id=ids[0])
    assert until(lambda: speak("get", id=ids[0])["status"] == "canceled")
    speak("cancel", id=ids[1])


def test_a_model_is_described(speak):
    assert speak("about", owner="vitascope", name="vitascope-nano")["version"] == "vitascope-nano"


def test_errors_are_replicates(speak):
    bad = speak.fails("create", duration=1)
    assert (bad["kind"], bad["status"], bad["title"]) == ("ReplicateError", 422, "Input validation failed")
    assert "prompt is empty" in bad["detail"]
    assert speak.fails("create", prompt=PROMPT, video="https://example.org/a.mp4")["status"] == 422
    assert speak.fails("get", id="0" * 24)["status"] == 404
    wrong = speak.fails("create", key="vs_wrong", prompt=PROMPT)
    assert (wrong["status"], wrong["title"]) == (401, "Unauthenticated")


def test_callbacks_are_signed_as_the_sdk_wants_it(speak, house, key):
    whsec = house.client(key).get("/v1/webhooks/default/secret").json()["key"]
    sent = replicate.write(view(HEX, "succeeded"), "succeeded", Secrets(whsec, "", b""), "msg_1", time.time())
    headers, body = dict(sent.headers), sent.body.decode()
    assert speak("verify", headers=headers, body=body) is None
    assert speak.fails("verify", headers=headers, body=body + " ")["kind"] == "InvalidSignatureError"
