"""DashScope's SDK, in both its ways of calling."""

from serving import png
from vitascope.media import recipe, video

SDK = "dashscope"
PROMPT = "a large red ball bounces on snow"
ASKED = {"model": "wan2.5-t2v-preview", "prompt": PROMPT, "duration": 1}


def test_from_prompt_to_file(speak, tmp_path):
    asked = {**ASKED, "size": "1280*720", "seed": 7, "negative_prompt": "rain", "prompt_extend": False}
    made = speak("make", to=str(tmp_path / "ball.mp4"), **asked)
    assert (made["output"]["task_status"], made["usage"]["size"]) == ("SUCCEEDED", "352*192")
    info = video.probe(tmp_path / "ball.mp4")
    assert (info.frames, info.width, info.height) == (17, 352, 192)
    spec = recipe.read(tmp_path / "ball.mp4").spec
    assert (spec.prompt, spec.negative_prompt, spec.seed) == (PROMPT, "rain", 7)


def test_local_files_are_sent_and_used(speak, tmp_path):
    (tmp_path / "first.png").write_bytes(png(64, 64, colour=(200, 30, 30)))
    (tmp_path / "last.png").write_bytes(png(64, 64, colour=(30, 30, 200)))
    frames = {name: f"file://{tmp_path}/{name}.png" for name in ("first", "last")}
    asked = {"first_frame_url": frames["first"], "last_frame_url": frames["last"]}
    made = speak("make", to=str(tmp_path / "a.mp4"), **{**ASKED, "model": "wan2.2-kf2v-flash", **asked})
    assert made["output"]["task_status"] == "SUCCEEDED", made
    spec = recipe.read(tmp_path / "a.mp4").spec
    assert spec.image.png != spec.last_image.png


def test_the_second_versions_client(speak, tmp_path):
    listed = speak("generate", to=str(tmp_path / "a.mp4"), ratio="16:9", resolution="720P", **ASKED)
    assert len(listed) == 1
    assert video.probe(tmp_path / "a.mp4").width == 352
    (tmp_path / "first.png").write_bytes(png(64, 64, colour=(200, 30, 30)))
    (tmp_path / "last.png").write_bytes(png(64, 64, colour=(30, 30, 200)))
    media = [{"type": f"{name}_frame", "url": f"file://{tmp_path}/{name}.png"} for name in ("first", "last")]
    speak("generate", to=str(tmp_path / "b.mp4"), media=media, **{**ASKED, "model": "wan2.7-i2v"})
    spec = recipe.read(tmp_path / "b.mp4").spec
    assert spec.image.png != spec.last_image.png
    assert speak("fetch", id=listed[0]) == "SUCCEEDED"
    assert speak.fails("fetch", key="vs_wrong", id=listed[0])["status_code"] == 401


def test_list_cancel_and_pictures(speak):
    id = speak("create", **ASKED)["output"]["task_id"]
    assert speak("cancel", id=id)["status"] == 200
    assert speak("get", id=id)["output"]["task_status"] in ("CANCELED", "SUCCEEDED", "RUNNING")
    assert speak("listed", page_no=1, page_size=5)["status"] == 200
    drawn = speak("picture", model="wan2.2-t2i-flash", prompt=PROMPT, n=1, size="1024*1024")
    assert drawn["output"]["results"][0]["url"].startswith("http://127.0.0.1:")


def test_errors_are_the_sdks_own(speak):
    bad = speak("create", **{**ASKED, "duration": "long"})
    assert (bad["status"], bad["code"]) == (400, "InvalidParameter")
    refused = speak("create", **ASKED, audio_url="https://example.org/a.mp3")
    assert "take a sound" in refused["message"]
    assert speak("get", id="0197a1b2-0000-7000-8000-000000000000")["output"]["task_status"] == "UNKNOWN"
    wrong = speak("create", key="vs_wrong", **ASKED)
    assert (wrong["status"], wrong["code"]) == (401, "InvalidApiKey")
