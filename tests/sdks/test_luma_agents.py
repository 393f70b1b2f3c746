"""Luma's SDK for its Agents."""

import base64

from PIL import Image

from serving import png
from vitascope.media import recipe, video

SDK = "luma-agents"
PROMPT = "a large red ball bounces on snow"
ASKED = {"model": "ray-3.2", "type": "video", "prompt": PROMPT, "aspect_ratio": "16:9"}


def test_from_prompt_to_file_and_on(speak, tmp_path):
    first = speak("make", to=str(tmp_path / "ball.mp4"), video={"duration": "1s", "resolution": "720p"}, **ASKED)
    assert first["state"] == "completed", first
    assert video.probe(tmp_path / "ball.mp4").frames == 17
    assert recipe.read(tmp_path / "ball.mp4").spec.prompt == PROMPT
    going_on = {"duration": "1s", "start_frame": {"generation_id": first["id"]}}
    speak("make", to=str(tmp_path / "on.mp4"), video=going_on, **ASKED)
    assert video.probe(tmp_path / "on.mp4").frames == 33


def test_a_still_and_a_file(speak, tmp_path):
    speak("make", to=str(tmp_path / "a.png"), model="uni-1", type="image", prompt=PROMPT)
    with Image.open(tmp_path / "a.png") as still:
        assert still.size == (256, 256)
    asked = {**ASKED, "png": base64.b64encode(png()).decode()}
    told = speak("make_of_file", to=str(tmp_path / "a.mp4"), **asked)
    assert (told["states"], told["bytes"], told["listed"]) == (["pending", "ready"], len(png()), True)
    assert told["made"]["state"] == "completed", told


def test_errors_are_the_sdks_own(speak):
    assert speak.fails("create", **{**ASKED, "aspect_ratio": "wide"})["kind"] == "BadRequestError"
    assert "HDR" in speak.fails("create", video={"hdr": True}, **ASKED)["body"]["detail"]
    assert speak.fails("get", id="0197a1b2-0000-7000-8000-000000000000")["kind"] == "NotFoundError"
    assert speak.fails("create", key="vs_wrong", **ASKED)["kind"] == "AuthenticationError"
