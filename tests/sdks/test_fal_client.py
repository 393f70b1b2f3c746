"""fal's SDK: the queue, subscribing, the synchronous call, its storage, cancelling and errors."""

import httpx2
import pytest

from serving import png

SDK = "fal-client"
PROMPT = "a large red ball bounces on snow"


def mp4(result):
    data = httpx2.get(result["video"]["url"]).content
    assert (data[4:8], len(data)) == (b"ftyp", result["video"]["file_size"])
    return result["video"]


@pytest.mark.parametrize("root", [False, True])
def test_submit_poll_and_get(root, speak):
    made = speak("make", root=root, prompt=PROMPT, num_frames=17, resolution="720p", aspect_ratio="16:9", seed=7)
    assert [status["kind"] for status in made["seen"]][-1] == "Completed"
    assert made["seen"][-1]["metrics"]["inference_time"] > 0
    assert "1280x720 was asked" in made["seen"][-1]["logs"][0]["message"]
    assert (mp4(made["result"])["num_frames"], made["result"]["seed"]) == (17, 7)
    assert made["again"]["video"]["url"] == made["result"]["video"]["url"]


def test_subscribe_hears_of_every_state(speak):
    done = speak("subscribe", prompt=PROMPT, duration="1s")
    assert mp4(done["result"])
    assert done["seen"][-1] == "Completed"


def test_the_synchronous_call(speak):
    assert mp4(speak("run", prompt=PROMPT, duration="1"))["duration"] == 1.0


def test_pictures_are_sent_beforehand(speak):
    made = speak("upload_and_make", prompt=PROMPT, duration="1", png=png(128, 128).hex())
    assert (mp4(made)["width"], mp4(made)["height"]) == (256, 256)


def test_a_result_goes_on(speak):
    assert mp4(speak("extend", prompt=PROMPT, duration=1))["duration"] == 2.0


def test_a_picture_alone(speak):
    made = speak("make", app="fal-ai/flux/dev", prompt=PROMPT, image_size="landscape_16_9")["result"]
    assert httpx2.get(made["images"][0]["url"]).content[:4] == b"\x89PNG"


def test_cancel(speak):
    done = speak("cancel", prompt=PROMPT, duration=30)
    assert (done["kind"], done["error_type"]) == ("Completed", "client_cancelled")
    assert speak.fails("result", id=done["id"])["status_code"] == 499


def test_errors_are_fals(speak):
    bad = speak.fails("create", duration=1)
    assert (bad["kind"], bad["status_code"], bad["error_type"]) == ("FalClientHTTPError", 422, "value_error")
    assert bad["message"][0]["loc"] == ["body", "prompt"]
    edit = speak.fails("create", app="fal-ai/luma-dream-machine/ray-2/modify", prompt=PROMPT)
    assert (edit["status_code"], edit["error_type"]) == (422, "feature_not_supported")
    assert speak.fails("create", app="nobody/nothing", prompt=PROMPT)["error_type"] == "app_not_found"
    assert speak.fails("result", id="01a20d10-32e0-72d7-85ab-8bf541b0dc71")["status_code"] == 404
    wrong = speak.fails("create", key="vs_wrong", prompt=PROMPT)
    assert (wrong["status_code"], wrong["error_type"]) == (401, "unauthorized")
