"""Runway's SDK."""

import base64

from PIL import Image

from serving import png
from vitascope.media import recipe, video

SDK = "runwayml"
PROMPT = "a large red ball bounces on snow"
ASKED = {"model": "gen4.5", "prompt_text": PROMPT, "ratio": "1280:720", "duration": 1}


def test_from_prompt_to_file(speak, tmp_path):
    made = speak("make", to=str(tmp_path / "ball.mp4"), **ASKED)
    assert made["status"] == "SUCCEEDED"
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 352, 192)
    assert recipe.read(tmp_path / "ball.mp4").spec.prompt == PROMPT


def test_the_sdks_own_waiting(speak):
    assert speak("wait", **ASKED)["output"][0].startswith("http://127.0.0.1:")


def test_a_picture_sent_beforehand_and_a_still(speak, tmp_path):
    sent = base64.b64encode(png()).decode()
    made = speak("make", to=str(tmp_path / "a.mp4"), kind="image_to_video", upload=sent, **{**ASKED, "model": "gen4"})
    assert made["status"] == "SUCCEEDED", made
    asked = {"model": "gen4_image", "prompt_text": PROMPT, "ratio": "1024:1024"}
    speak("make", to=str(tmp_path / "a.png"), kind="text_to_image", **asked)
    with Image.open(tmp_path / "a.png") as still:
        assert still.size == (256, 256)


def test_cancel_and_credits(speak):
    id = speak("create", **ASKED)["id"]
    speak("delete", id=id)
    assert speak.fails("get", id=id)["kind"] == "NotFoundError"
    assert speak("balance")["credit_balance"] > 0


def test_errors_are_the_sdks_own(speak):
    bad = speak.fails("create", **{**ASKED, "ratio": "wide"})
    assert (bad["kind"], bad["body"]["issues"][0]["path"]) == ("BadRequestError", ["resolution"])
    assert "move a character" in speak.fails("character")["body"]["error"]
    assert speak.fails("get", id="0197a1b2-0000-7000-8000-000000000000")["kind"] == "NotFoundError"
    assert speak.fails("create", key="vs_wrong", **ASKED)["kind"] == "AuthenticationError"
