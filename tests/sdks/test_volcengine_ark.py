"""Volcano Ark's SDK: content generation, and pictures."""

import base64
import io

from PIL import Image

from serving import png
from vitascope.media import recipe, video

SDK = "volcengine-ark"
PROMPT = "a large red ball bounces on snow"
ASKED = {"model": "doubao-seedance-1-0-pro-250528", "content": [{"type": "text", "text": PROMPT}], "duration": 1}


def test_from_prompt_to_file(speak, tmp_path):
    made = speak("make", to=str(tmp_path / "ball.mp4"), ratio="16:9", seed=7, return_last_frame=True, **ASKED)
    assert (made["status"], made["seed"], made["ratio"]) == ("succeeded", 7, "16:9")
    assert made["content"]["last_frame_url"].startswith("http://127.0.0.1:")
    assert made["usage"]["completion_tokens"] == 352 * 192 * 17 // 1024
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 352, 192)
    assert recipe.read(tmp_path / "ball.mp4").spec.prompt == PROMPT


def test_a_first_picture_and_switches_in_the_prompt(speak, tmp_path):
    data = "data:image/png;base64," + base64.b64encode(png()).decode()
    content = [
        {"type": "text", "text": f"{PROMPT} --seed 11 --wm false"},
        {"type": "image_url", "image_url": {"url": data}, "role": "first_frame"},
    ]
    made = speak("make", to=str(tmp_path / "a.mp4"), **{**ASKED, "content": content})
    assert (made["status"], made["seed"]) == ("succeeded", 11)
    assert recipe.read(tmp_path / "a.mp4").spec.prompt == PROMPT


def test_a_draft_and_its_finish(speak, tmp_path):
    draft = speak("make", to=str(tmp_path / "a.mp4"), draft=True, ratio="1:1", **ASKED)
    assert draft["draft"]
    content = [{"type": "draft_task", "draft_task": {"id": draft["id"]}}]
    made = speak("make", to=str(tmp_path / "b.mp4"), **{**ASKED, "content": content, "duration": None})
    assert (made["status"], made["draft_task_id"]) == ("succeeded", draft["id"])
    steps = [recipe.read(tmp_path / name).spec.steps for name in ("a.mp4", "b.mp4")]
    assert steps[0] < steps[1]


def test_list_and_delete(speak):
    ids = [speak("create", **ASKED) for _ in range(2)]
    assert speak("listed", page_num=1, page_size=10) == {"total": 2, "ids": ids[::-1]}
    assert speak("listed", task_ids=ids[:1]) == {"total": 1, "ids": ids[:1]}
    speak("delete", id=ids[0])
    # One that was still on its way is cancelled, one that was done is gone.
    answer = speak._answer("get", {"id": ids[0]})
    assert answer.get("raised", answer.get("returned", {})).get("status_code", 404) == 404
    assert answer.get("returned", {"status": "cancelled"})["status"] in ("cancelled", "running")


def test_a_picture(speak):
    made = speak("picture", model="seedream-3", prompt="a large red ball on snow", response_format="b64_json")
    with Image.open(io.BytesIO(base64.b64decode(made["data"][0]["b64_json"]))) as still:
        assert made["data"][0]["size"] == f"{still.width}x{still.height}"


def test_errors_are_the_sdks_own(speak):
    bad = speak.fails("create", **{**ASKED, "content": [{"type": "shout"}]})
    assert (bad["kind"], bad["code"], bad["param"]) == ("ArkBadRequestError", "InvalidParameter", "content[0]")
    reference = {"type": "image_url", "image_url": {"url": "https://a"}, "role": "reference_image"}
    refused = speak.fails("create", **{**ASKED, "content": [reference]})
    assert "reference pictures" in refused["message"]
    assert speak.fails("get", id="cgt-" + "0" * 24)["kind"] == "ArkNotFoundError"
    assert speak.fails("create", key="vs_wrong", **ASKED)["kind"] == "ArkAuthenticationError"
