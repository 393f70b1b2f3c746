"""Together's SDK: create, poll, download, frames, errors."""

import base64

import httpx2

from serving import png
from vitascope.media import recipe, video

SDK = "together"
PROMPT = "a large red ball bounces on snow"
FRAME = {"input_image": "data:image/png;base64," + base64.b64encode(png()).decode()}


def test_from_prompt_to_file(speak, tmp_path):
    made = speak("make", prompt=PROMPT, seconds="1", width=1280, height=720, seed=7)
    assert (made["object"], made["status"], made["seconds"], made["size"]) == ("video", "completed", "1", "352x192")
    file = tmp_path / "ball.mp4"
    file.write_bytes(httpx2.get(made["outputs"]["video_url"]).content)
    assert video.probe(file).frames == 17
    assert recipe.read(file).spec.seed == 7


def test_a_first_and_a_last_picture(speak):
    assert speak("make", prompt=PROMPT, seconds="1", media={"frame_images": [FRAME, FRAME]})["status"] == "completed"


def test_errors_are_the_sdks_own(speak):
    bad = speak.fails("create", seconds="1")
    assert (bad["kind"], bad["status_code"]) == ("BadRequestError", 400)
    refused = speak.fails("create", prompt=PROMPT, media={"reference_images": ["https://example.org/a.png"]})
    assert refused["kind"] == "UnprocessableEntityError"
    assert speak.fails("create", model="nobody/nothing", prompt=PROMPT)["kind"] == "NotFoundError"
    assert speak.fails("get", id="video_" + "0" * 24)["kind"] == "NotFoundError"
    assert speak.fails("get", key="vs_wrong", id="video_" + "0" * 24)["kind"] == "AuthenticationError"
