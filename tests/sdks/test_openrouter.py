"""OpenRouter's SDK: create, poll, download, go on, models, errors."""

import base64

import httpx2

from serving import png
from vitascope.media import recipe, video

SDK = "openrouter"
PROMPT = "a large red ball bounces on snow"
FRAME = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(png()).decode()}}


def test_from_prompt_to_file(speak, tmp_path):
    to = str(tmp_path / "ball.mp4")
    made = speak("make", to=to, prompt=PROMPT, duration=1, resolution="720p", aspect_ratio="9:16", seed=7)
    assert (made["status"], len(made["urls"]), made["usage"]["cost"] >= 0) == ("completed", 1, True)
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 192, 352)
    assert recipe.read(tmp_path / "ball.mp4").spec.seed == 7
    assert httpx2.get(made["urls"][0]).content == (tmp_path / "ball.mp4").read_bytes()


def test_frames_and_going_on(speak, tmp_path):
    frames = [{**FRAME, "frame_type": "first_frame"}, {**FRAME, "frame_type": "last_frame"}]
    first = speak("make", prompt=PROMPT, duration=1, frame_images=frames)
    to = str(tmp_path / "longer.mp4")
    longer = speak("make", to=to, prompt="it rolls on", duration=1, previous_job_id=first["id"])
    assert longer["status"] == "completed"
    assert video.probe(tmp_path / "longer.mp4").frames == 33


def test_models_say_what_they_can(speak):
    (model,) = speak("models")
    assert model["id"] == "vitascope-nano"
    assert (model["generate_audio"], model["supported_frame_images"]) == (False, ["first_frame", "last_frame"])


def test_errors_are_openrouters(speak):
    bad = speak.fails("create", prompt="", duration=1)
    assert (bad["kind"], bad["status_code"]) == ("BadRequestResponseError", 400)
    assert "prompt is empty" in bad["message"]
    refused = speak.fails("create", prompt=PROMPT, input_references=[FRAME])
    assert (refused["kind"], "reference pictures" in refused["message"]) == ("BadRequestResponseError", True)
    assert speak.fails("create", model="nobody/nothing", prompt=PROMPT)["kind"] == "NotFoundResponseError"
    assert speak.fails("get", id="gen-vid-" + "0" * 24)["kind"] == "NotFoundResponseError"
    assert speak.fails("create", key="vs_wrong", prompt=PROMPT)["kind"] == "UnauthorizedResponseError"
    early = speak("create", prompt=PROMPT, duration=30)
    assert speak.fails("content", id=early["id"])["kind"] == "ConflictResponseError"
